//! The training loop: one network a seed, all seeds of a group in one graph.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use sha2::{Digest, Sha256};

use super::dataset::{Dataset, Parts, Rows};
use super::error::RecipeError;
use super::language::{Batch, Model, Optimiser, Recipe, Visit};
use super::metrics::{Part, Score};
use super::network::{Ends, Network, Parameter, loss};
use super::random::{Purpose, Stream};
use super::split;

/// What became of one seed.
#[derive(Debug, Clone, PartialEq)]
pub enum SeedOutcome {
    /// Training came to its end.
    Finished {
        /// The recipe's metrics by name.
        metrics: BTreeMap<String, f64>,
        /// SHA-256, in hex, of the final parameters: for each in the order of the layers its name,
        /// a zero byte and its values as little-endian `f32`.
        weights_sha256: String,
    },
    /// A parameter or an output was no longer a finite number.
    Diverged {
        /// The epoch after which this was first seen, from 1.
        epoch: usize,
    },
}

/// How far a call of [`train`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The number of seeds that train together.
    pub seeds: usize,
    /// The epochs that these seeds have finished.
    pub epoch: usize,
    /// The epochs that they will have finished.
    pub epochs: usize,
}

/// How many elements the largest tensor of a group may have. From 65,536 on, candle spreads an
/// operation over threads, which costs more than it gains at this size; and a larger working set
/// leaves the cache.
const GROUP_ELEMENTS: usize = 60_000;

/// The largest group: beyond it the cost per seed hardly falls.
const LARGEST_GROUP: usize = 32;

/// How many rows are put through a network at once when it is measured.
const ROWS_AT_ONCE: usize = 1024;

/// How many seeds to give [`train`] in one call so that the time per seed is short: many for small
/// networks, whose operations cost less than their dispatch, one for large ones. The results do
/// not depend on it.
pub fn preferred_group(recipe: &Recipe, data: &Dataset) -> usize {
    let Model::Mlp { hidden, .. } = &recipe.model;
    let batch = match recipe.training.batch {
        Batch::Of(count) => count.min(data.rows()),
        Batch::Full => data.rows(),
    };
    let mut fan_in = data.features().len();
    let mut largest = 1;
    for &fan_out in hidden.iter().chain([&data.classes().len()]) {
        largest = largest.max(fan_in * fan_out).max(batch * fan_in);
        fan_in = fan_out;
    }
    (GROUP_ELEMENTS / largest).clamp(1, LARGEST_GROUP)
}

/// Trains one network for each seed and measures it; outcomes come in the order of `seeds`.
///
/// All seeds train in one graph (seeds whose training parts differ in size: one graph a size).
/// Each outcome is bit-identical to that of a call with its seed alone, for any number of threads.
/// `progress` is told after each epoch, `cancelled` is asked before each update.
///
/// # Errors
/// [`RecipeError::Cancelled`], and a tensor operation that fails (memory, device). A run that
/// diverges is an outcome, not an error.
pub fn train(
    recipe: &Recipe,
    data: &Dataset,
    seeds: &[u64],
    device: &Device,
    progress: &(dyn Fn(Progress) + Sync),
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<SeedOutcome>, RecipeError> {
    let mut outcomes = BTreeMap::new();
    for group in groups(recipe, data, seeds)? {
        let run = GroupRun::new(recipe, data, group, device)?;
        let (group, finished) = run.train(progress, cancelled)?;
        outcomes.extend(group.positions.into_iter().zip(finished));
    }
    Ok(outcomes.into_values().collect())
}

/// Seeds that train in one graph.
struct Group {
    /// Where the seeds stand in the caller's list.
    positions: Vec<usize>,
    seeds: Vec<u64>,
    /// The rows of each seed, or one set of rows for all.
    parts: Vec<Parts>,
}

impl Group {
    fn parts_of(&self, index: usize) -> &Parts {
        &self.parts[index.min(self.parts.len() - 1)]
    }

    /// The index of a seed's first training row among the stacked training rows.
    fn first_row(&self, index: usize) -> usize {
        if self.parts.len() == 1 {
            0
        } else {
            index * self.train_rows()
        }
    }

    fn train_rows(&self) -> usize {
        self.parts[0].train.labels.len()
    }
}

fn groups(recipe: &Recipe, data: &Dataset, seeds: &[u64]) -> Result<Vec<Group>, RecipeError> {
    let shared = split::is_shared(&recipe.data.split);
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    for (position, &seed) in seeds.iter().enumerate() {
        let first = groups.values_mut().next();
        if let Some(group) = first.filter(|_| shared) {
            group.positions.push(position);
            group.seeds.push(seed);
            continue;
        }
        // `load` has checked that no part is empty, and sizes do not depend on the seed's order.
        let parts = data
            .parts(&recipe.data, seed)
            .ok_or_else(|| candle_core::Error::Msg("the data belong to another recipe".into()))?;
        let group = groups.entry(parts.train.labels.len()).or_insert(Group {
            positions: Vec::new(),
            seeds: Vec::new(),
            parts: Vec::new(),
        });
        group.positions.push(position);
        group.seeds.push(seed);
        group.parts.push(parts);
    }
    Ok(groups.into_values().collect())
}

/// One group at work.
struct GroupRun<'r> {
    recipe: &'r Recipe,
    group: Group,
    ends: Ends,
    device: &'r Device,
    /// The training rows of all seeds (rows, in) and their targets (rows, out).
    inputs: Tensor,
    targets: Tensor,
    network: Network,
    parameters: Vec<Parameter>,
    update: Update,
}

impl<'r> GroupRun<'r> {
    fn new(
        recipe: &'r Recipe,
        data: &Dataset,
        group: Group,
        device: &'r Device,
    ) -> Result<Self, RecipeError> {
        let ends = Ends {
            inputs: data.features().len(),
            outputs: data.classes().len(),
        };
        let stacked: Vec<&Rows> = group.parts.iter().map(|parts| &parts.train).collect();
        let (inputs, targets) = tensors(&stacked, ends, device)?;
        let (network, parameters) = Network::new(
            &recipe.model,
            &recipe.initial,
            ends,
            &group.seeds,
            DType::F32,
            device,
        )?;
        Ok(Self {
            recipe,
            group,
            ends,
            device,
            inputs,
            targets,
            network,
            update: Update::new(recipe.training.optimiser, &parameters)?,
            parameters,
        })
    }

    fn train(
        mut self,
        progress: &(dyn Fn(Progress) + Sync),
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<(Group, Vec<SeedOutcome>), RecipeError> {
        let seeds = self.group.seeds.len();
        let epochs = self.recipe.training.epochs;
        let mut diverged: Vec<Option<usize>> = vec![None; seeds];
        for epoch in 1..=epochs {
            let visits = self.visits(epoch)?;
            let mut begin = 0;
            while begin < visits.dim(0)? {
                if cancelled() {
                    return Err(RecipeError::Cancelled);
                }
                begin += self.step(&visits, begin)?;
            }
            self.note_divergence(epoch, &mut diverged)?;
            progress(Progress {
                seeds,
                epoch,
                epochs,
            });
            if diverged.iter().all(Option::is_some) {
                break;
            }
        }
        let outcomes = diverged
            .iter()
            .enumerate()
            .map(|(index, diverged)| match diverged {
                Some(epoch) => Ok(SeedOutcome::Diverged { epoch: *epoch }),
                None => self.measured(index),
            })
            .collect::<Result<Vec<SeedOutcome>, RecipeError>>()?;
        Ok((self.group, outcomes))
    }

    fn batch(&self) -> usize {
        match self.recipe.training.batch {
            Batch::Of(count) => count.min(self.group.train_rows()),
            Batch::Full => self.group.train_rows(),
        }
    }

    /// The rows of an epoch in the order of use: batch after batch, in a batch seed after seed.
    fn visits(&self, epoch: usize) -> Result<Tensor, RecipeError> {
        let rows = self.group.train_rows();
        let orders: Vec<Vec<usize>> = self
            .group
            .seeds
            .iter()
            .map(|&seed| match self.recipe.training.order {
                Visit::Fixed => (0..rows).collect(),
                Visit::Shuffled => {
                    Stream::new(seed, Purpose::Shuffle, &epoch.to_string()).order(rows)
                }
            })
            .collect();
        let mut visits = Vec::with_capacity(rows * orders.len());
        for begin in (0..rows).step_by(self.batch()) {
            let end = (begin + self.batch()).min(rows);
            for (index, order) in orders.iter().enumerate() {
                let first = self.group.first_row(index);
                visits.extend(order[begin..end].iter().map(|&row| (first + row) as u32));
            }
        }
        let count = visits.len();
        Ok(Tensor::from_vec(visits, count, self.device)?)
    }

    /// One update of all seeds on the batch that begins at `begin`; returns how many visits it took.
    fn step(&mut self, visits: &Tensor, begin: usize) -> Result<usize, RecipeError> {
        let seeds = self.group.seeds.len();
        let left = visits.dim(0)? - begin;
        let rows = self.batch().min(left / seeds);
        let batch = visits.narrow(0, begin, seeds * rows)?;
        let pick = |tensor: &Tensor, width: usize| {
            tensor
                .index_select(&batch, 0)?
                .reshape((seeds, rows, width))
        };
        let inputs = pick(&self.inputs, self.ends.inputs)?;
        let targets = pick(&self.targets, self.ends.outputs)?;
        let outputs = self.network.forward(&inputs)?;
        let gradients = loss(self.recipe.loss, &outputs, &targets)?.backward()?;
        self.update.apply(&self.parameters, &gradients)?;
        Ok(seeds * rows)
    }

    fn note_divergence(
        &self,
        epoch: usize,
        diverged: &mut [Option<usize>],
    ) -> Result<(), RecipeError> {
        for parameter in &self.parameters {
            let values = parameter.variable.flatten_all()?.to_vec1::<f32>()?;
            let size = values.len() / diverged.len();
            for (values, diverged) in values.chunks_exact(size).zip(diverged.iter_mut()) {
                if diverged.is_none() && !values.iter().all(|value| value.is_finite()) {
                    *diverged = Some(epoch);
                }
            }
        }
        Ok(())
    }

    /// The outcome of a seed whose parameters are finite.
    fn measured(&self, index: usize) -> Result<SeedOutcome, RecipeError> {
        let network = self.network.of_seed(index)?;
        let parts = self.group.parts_of(index);
        let train = self.score(&network, &parts.train)?;
        let test = self.score(&network, &parts.test)?;
        let (Some(train), Some(test)) = (train, test) else {
            return Ok(SeedOutcome::Diverged {
                epoch: self.recipe.training.epochs,
            });
        };
        let value = |metric: &super::Metric| match metric.part {
            Part::Train => train.value(metric.quantity),
            Part::Test => test.value(metric.quantity),
        };
        let metrics = self.recipe.metrics.iter();
        Ok(SeedOutcome::Finished {
            metrics: metrics.map(|m| (m.to_string(), value(m))).collect(),
            weights_sha256: self.digest(index)?,
        })
    }

    fn score(&self, network: &Network, rows: &Rows) -> Result<Option<Score>, RecipeError> {
        let (inputs, _) = tensors(&[rows], self.ends, self.device)?;
        let mut outputs = Vec::with_capacity(rows.labels.len() * self.ends.outputs);
        for begin in (0..rows.labels.len()).step_by(ROWS_AT_ONCE) {
            let count = ROWS_AT_ONCE.min(rows.labels.len() - begin);
            let out = network.forward(&inputs.narrow(0, begin, count)?.unsqueeze(0)?)?;
            let out = match self.recipe.loss {
                super::Loss::CrossEntropy => candle_nn::ops::softmax(&out, candle_core::D::Minus1)?,
                _ => out,
            };
            outputs.extend(out.flatten_all()?.to_vec1::<f32>()?);
        }
        Ok(Score::of(&outputs, self.ends.outputs, &rows.labels))
    }

    fn digest(&self, index: usize) -> Result<String, RecipeError> {
        let mut digest = Sha256::new();
        for parameter in &self.parameters {
            digest.update(parameter.name.as_bytes());
            digest.update(b"\0");
            let values = parameter.variable.get(index)?.flatten_all()?;
            for value in values.to_vec1::<f32>()? {
                digest.update(value.to_le_bytes());
            }
        }
        let bytes = digest.finalize();
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Inputs (rows, in) and one-hot targets (rows, out).
fn tensors(parts: &[&Rows], ends: Ends, device: &Device) -> candle_core::Result<(Tensor, Tensor)> {
    let inputs: Vec<f32> = parts.iter().flat_map(|rows| rows.inputs.clone()).collect();
    let labels = || parts.iter().flat_map(|rows| &rows.labels);
    let count = labels().count();
    let mut targets = vec![0_f32; count * ends.outputs];
    for (row, &label) in labels().enumerate() {
        targets[row * ends.outputs + label as usize] = 1.0;
    }
    Ok((
        Tensor::from_vec(inputs, (count, ends.inputs), device)?,
        Tensor::from_vec(targets, (count, ends.outputs), device)?,
    ))
}

/// The optimiser with its state.
struct Update {
    learning_rate: f64,
    momentum: f64,
    /// A velocity for each parameter; none without momentum.
    velocities: Vec<Tensor>,
}

impl Update {
    fn new(optimiser: Optimiser, parameters: &[Parameter]) -> Result<Self, RecipeError> {
        let Optimiser::Sgd {
            learning_rate,
            momentum,
        } = optimiser;
        let velocities = if momentum > 0.0 {
            parameters
                .iter()
                .map(|parameter| parameter.variable.zeros_like())
                .collect::<candle_core::Result<Vec<Tensor>>>()?
        } else {
            Vec::new()
        };
        Ok(Self {
            learning_rate,
            momentum,
            velocities,
        })
    }

    fn apply(
        &mut self,
        parameters: &[Parameter],
        gradients: &candle_core::backprop::GradStore,
    ) -> Result<(), RecipeError> {
        for (index, Parameter { name, variable }) in parameters.iter().enumerate() {
            // A parameter without gradient would silently stay as it began.
            let gradient = gradients
                .get(variable)
                .ok_or_else(|| candle_core::Error::Msg(format!("`{name}` has no gradient")))?;
            let direction = match self.velocities.get_mut(index) {
                Some(velocity) => {
                    *velocity = ((&*velocity * self.momentum)? + gradient)?;
                    velocity.clone()
                }
                None => gradient.clone(),
            };
            variable.set(&(variable.as_tensor() - (direction * self.learning_rate)?)?)?;
        }
        Ok(())
    }
}
