//! The training loop: one network a seed, all seeds of a group in one graph.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::rc::Rc;

use candle_core::{DType, Device, Tensor};

use crate::data::dataset::{Dataset, Rows};
use crate::device::TrainingDevice;
use crate::error::RecipeError;
use crate::nn::blueprint::IoWidths;
use crate::nn::forward::Mode;
use crate::nn::network::{NeuralNetwork, largest_tensor};
use crate::random::{Purpose, Stream};
use crate::spec::recipe::Recipe;
use crate::spec::training::{BatchOrder, BatchSize, Length, MeasuredEpoch, Stopping};
use crate::train::group::{Group, groups};
use crate::train::loss::loss;
use crate::train::seed_state::{SeedState, empty_curve};
use crate::train::update::{Update, rate_factor};
use reprove_model::name::MetricName;
use reprove_model::record::Curve;
use reprove_model::seeds::RunSeed;

/// The outcome of one seed.
#[derive(Debug, Clone, PartialEq)]
pub enum SeedOutcome {
    /// Training came to its end.
    Finished {
        /// The recipe's metrics by name.
        metrics: BTreeMap<MetricName, f64>,
        /// SHA-256, in hex, of the final parameters: for each in the order of the layers its name,
        /// a zero byte and its values as little-endian `f32`.
        weights_sha256: String,
        /// The curve over the epochs, if the recipe has one.
        curve: Option<Curve>,
    },
    /// A parameter or an output was no longer a finite number.
    Diverged {
        /// The epoch after which this was first seen, from 1.
        epoch: usize,
    },
}

/// The progress of a call of [`train`].
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

/// How many seeds to give [`train`] in one call so that the time per seed is short: many for small
/// networks, whose operations cost less than their dispatch, one for large ones. The results do
/// not depend on it.
pub fn preferred_group(recipe: &Recipe, data: &Dataset) -> usize {
    let batch = match recipe.training.batch {
        BatchSize::Of(count) => count.min(data.rows()),
        BatchSize::Full => data.rows(),
    };
    let largest = largest_tensor(&recipe.model, data.widths(), batch);
    (GROUP_ELEMENTS / largest).clamp(1, LARGEST_GROUP)
}

/// Trains one network for each seed and measures it. Each outcome comes with its seed, in the order of
/// `seeds`.
///
/// All seeds train in one graph (seeds whose training parts differ in size: one graph a size).
/// Each outcome is bit-identical to that of a call with its seed alone, for any number of threads.
/// `progress` is called after each epoch, `cancelled` before each update.
///
/// ```
/// use std::collections::BTreeMap;
/// use reprove_model::seeds::RunSeed;
/// use reprove_trainer::{Recipe, SeedOutcome, TrainingDevice, load, train};
///
/// let recipe = r#"
/// recipe: 1
/// data: {name: table, label: class, standardise: none, split: {fraction: {test: 0.5, order: file}}}
/// model: {mlp: {hidden: 0, output: identity}}
/// initial: {weights: zero, biases: zero}
/// loss: cross-entropy
/// training: {optimiser: {sgd: {learning_rate: 1, momentum: 0}}, batch: full, order: fixed, epochs: 5}
/// "#;
/// let recipe = Recipe::parse(recipe, "recipe.yaml", &BTreeMap::new())?;
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("table.csv");
/// std::fs::write(&file, "x,class\n0.5,a\n-0.5,b\n0.25,a\n-0.25,b\n")?;
/// let data = load(&recipe, &BTreeMap::from([("table".to_owned(), file)]))?;
/// let device = TrainingDevice::cpu();
/// let outcomes = train(&recipe, &data, &[RunSeed(1), RunSeed(2)], &device, &|_| (), &|| false)?;
/// let (RunSeed(1), SeedOutcome::Finished { metrics, .. }) = &outcomes[0] else {
///     unreachable!("a network this small does not diverge");
/// };
/// assert_eq!(metrics["test_accuracy"], 100.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`RecipeError::Cancelled`], and a tensor operation that fails (memory, device). A run that
/// diverges is an outcome, not an error.
pub fn train(
    recipe: &Recipe,
    data: &Dataset,
    seeds: &[RunSeed],
    device: &TrainingDevice,
    progress: &(dyn Fn(Progress) + Sync),
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<(RunSeed, SeedOutcome)>, RecipeError> {
    let mut outcomes = BTreeMap::new();
    for group in groups(recipe, data, seeds)? {
        let run = GroupRun::new(recipe, data, group, &device.0)?;
        let (group, finished) = run.train(progress, cancelled)?;
        let seeds = group.seeds.into_iter().map(RunSeed);
        outcomes.extend(group.positions.into_iter().zip(seeds.zip(finished)));
    }
    Ok(outcomes.into_values().collect())
}

/// The training of one group.
pub(crate) struct GroupRun<'r> {
    pub(crate) recipe: &'r Recipe,
    pub(crate) group: Group,
    pub(crate) widths: IoWidths,
    pub(crate) device: &'r Device,
    /// The training rows of all seeds (rows, in) and their targets (rows, out).
    pub(crate) inputs: Tensor,
    pub(crate) targets: Tensor,
    pub(crate) network: NeuralNetwork,
    pub(crate) update: Update,
    /// The number of updates made.
    pub(crate) updates: usize,
}

impl<'r> GroupRun<'r> {
    fn new(
        recipe: &'r Recipe,
        data: &Dataset,
        group: Group,
        device: &'r Device,
    ) -> Result<Self, RecipeError> {
        let widths = data.widths();
        let stacked: Vec<&Rows> = group.parts.iter().map(|parts| &parts.train).collect();
        let (inputs, targets) = tensors(&stacked, widths, device)?;
        let network = NeuralNetwork::new(
            &recipe.model,
            &recipe.initial,
            &data.pretrained_weights,
            widths,
            &group.seeds,
            DType::F32,
            device,
        )?;
        Ok(Self {
            recipe,
            widths,
            device,
            inputs,
            targets,
            update: Update::new(&recipe.training, network.parameters(), &group.seeds)?,
            updates: 0,
            group,
            network,
        })
    }

    fn train(
        mut self,
        progress: &(dyn Fn(Progress) + Sync),
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<(Group, Vec<SeedOutcome>), RecipeError> {
        let seeds = self.group.seeds.len();
        let epochs = self.epochs();
        let curve = self.recipe.curve.as_ref().map(empty_curve);
        let mut states = vec![SeedState::new(curve); seeds];
        for epoch in 1..=epochs {
            let visits = self.visits(epoch)?;
            let mut begin = 0;
            let mut errors = vec![0.0; seeds];
            while begin < visits.dim(0)? && self.may_update() {
                if cancelled() {
                    return Err(RecipeError::Cancelled);
                }
                begin += self.step(&visits, begin, epoch, &mut errors)?;
            }
            self.note_divergence(epoch, &mut states)?;
            let at_work: Vec<bool> = states.iter().map(|state| !state.is_settled()).collect();
            self.judge(epoch, epochs, &errors, &mut states)?;
            let losses = self.epoch_losses(errors, begin / seeds);
            for (index, state) in states.iter_mut().enumerate().filter(|(i, _)| at_work[*i]) {
                self.note_curve(index, epoch, epochs, losses[index], state)?;
            }
            progress(Progress {
                seeds,
                epoch,
                epochs,
            });
            if states.iter().all(SeedState::is_settled) {
                break;
            }
        }
        let states = states.into_iter().enumerate();
        let outcomes = states
            .map(|(index, state)| match state.diverged {
                Some(epoch) => Ok(SeedOutcome::Diverged { epoch }),
                None => self.measured(index, state.kept, state.curve),
            })
            .collect::<Result<Vec<SeedOutcome>, RecipeError>>()?;
        Ok((self.group, outcomes))
    }

    /// Notes the training errors of an epoch and looks at the validation errors when it is time.
    fn judge(
        &self,
        epoch: usize,
        last: usize,
        errors: &[f64],
        states: &mut [SeedState],
    ) -> Result<(), RecipeError> {
        let training = &self.recipe.training;
        let (rule, measured) = (&training.stopping, training.measured);
        if *rule == Stopping::Never && measured == MeasuredEpoch::Last {
            return Ok(());
        }
        for (index, state) in states.iter_mut().enumerate() {
            if state.is_settled() {
                continue;
            }
            state.history.note(errors[index]);
            if !rule.looks(epoch, last) {
                continue;
            }
            let mut network = self.network.of_seed(index)?;
            let error = self.error(&mut network, &self.group.parts_of(index).validation)?;
            let finding = state.history.judge(rule, epoch, error);
            let keeps = match measured {
                MeasuredEpoch::BestValidation => finding.is_best,
                MeasuredEpoch::Last => finding.stops,
            };
            if keeps {
                state.kept = Some(Rc::new(network));
            }
            state.stopped = finding.stops;
        }
        Ok(())
    }

    /// The number of epochs, the last of them perhaps cut short.
    pub(crate) fn epochs(&self) -> usize {
        match self.recipe.training.length {
            Length::Epochs(epochs) => epochs,
            Length::Updates(updates) => {
                updates.div_ceil(self.group.train_rows().div_ceil(self.batch()))
            }
        }
    }

    fn may_update(&self) -> bool {
        match self.recipe.training.length {
            Length::Epochs(_) => true,
            Length::Updates(updates) => self.updates < updates,
        }
    }

    fn batch(&self) -> usize {
        match self.recipe.training.batch {
            BatchSize::Of(count) => count.min(self.group.train_rows()),
            BatchSize::Full => self.group.train_rows(),
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
                BatchOrder::Fixed => (0..rows).collect(),
                BatchOrder::Shuffled => {
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
    fn step(
        &mut self,
        visits: &Tensor,
        begin: usize,
        epoch: usize,
        errors: &mut [f64],
    ) -> Result<usize, RecipeError> {
        let seeds = self.group.seeds.len();
        let left = visits.dim(0)? - begin;
        let rows = self.batch().min(left / seeds);
        let batch = visits.narrow(0, begin, seeds * rows)?;
        let pick = |tensor: &Tensor, width: usize| {
            tensor
                .index_select(&batch, 0)?
                .reshape((seeds, rows, width))
        };
        let inputs = pick(&self.inputs, self.widths.inputs)?;
        let targets = pick(&self.targets, self.widths.outputs)?;
        self.updates += 1;
        let mode = Mode::Training {
            seeds: &self.group.seeds,
            update: self.updates,
        };
        let outputs = self.network.forward(&inputs, mode)?;
        let gradients = loss(&self.recipe.loss, &outputs, &targets)?.backward()?;
        let quotients = matches!(self.recipe.training.stopping, Stopping::Prechelt { .. });
        if quotients || self.recipe.curve.is_some() {
            for (index, error) in errors.iter_mut().enumerate() {
                let of = |tensor: &Tensor| tensor.detach().narrow(0, index, 1);
                *error += self.exact_loss(&of(&outputs)?, &of(&targets)?, rows)?;
            }
        }
        let training = &self.recipe.training;
        let factor = rate_factor(training, self.updates, epoch - 1, self.epochs());
        self.update
            .apply(self.network.parameters(), &gradients, factor)?;
        Ok(seeds * rows)
    }

    /// The loss in `f64`, for losses that are means times the number of rows.
    fn exact_loss(
        &self,
        outputs: &Tensor,
        targets: &Tensor,
        rows: usize,
    ) -> Result<f64, RecipeError> {
        let (outputs, targets) = (outputs.to_dtype(DType::F64)?, targets.to_dtype(DType::F64)?);
        let value = loss(&self.recipe.loss, &outputs, &targets)?.to_scalar::<f64>()?;
        Ok(match self.recipe.loss.is_sum() {
            true => value,
            false => value * rows as f64,
        })
    }

    /// The losses of an epoch of so many rows, of sums over its batches.
    fn epoch_losses(&self, sums: Vec<f64>, rows: usize) -> Vec<f64> {
        match self.recipe.loss.is_sum() {
            true => sums,
            false => sums.into_iter().map(|sum| sum / rows as f64).collect(),
        }
    }

    /// Adds a point to a seed's curve, when the recipe wants one of this epoch.
    fn note_curve(
        &self,
        index: usize,
        epoch: usize,
        last: usize,
        loss: f64,
        state: &mut SeedState,
    ) -> Result<(), RecipeError> {
        let (Some(plan), Some(curve)) = (&self.recipe.curve, &mut state.curve) else {
            return Ok(());
        };
        if !epoch.is_multiple_of(plan.every) && epoch != last && !state.stopped {
            return Ok(());
        }
        let mut network = self.network.of_seed(index)?;
        let values = self.values(&mut network, index, &plan.metrics)?;
        curve.epochs.push(epoch);
        curve.training_loss.push(loss.is_finite().then_some(loss));
        for (metric, value) in plan.metrics.iter().zip(values) {
            curve
                .metrics
                .entry(metric.metric_name())
                .or_default()
                .push(value);
        }
        Ok(())
    }

    /// The loss of a network on some rows, in `f64`.
    fn error(&self, network: &mut NeuralNetwork, rows: &Rows) -> Result<f64, RecipeError> {
        let (inputs, targets) = tensors(&[rows], self.widths, self.device)?;
        let outputs = network.forward(&inputs.unsqueeze(0)?, Mode::Measuring)?;
        self.exact_loss(&outputs, &targets.unsqueeze(0)?, rows.count)
    }

    fn note_divergence(&self, epoch: usize, states: &mut [SeedState]) -> Result<(), RecipeError> {
        for parameter in self.network.parameters() {
            let values = parameter.variable.flatten_all()?.to_vec1::<f32>()?;
            let size = values.len() / states.len();
            for (values, state) in values.chunks_exact(size).zip(states.iter_mut()) {
                if !state.is_settled() && !values.iter().all(|value| value.is_finite()) {
                    state.diverged = Some(epoch);
                }
            }
        }
        Ok(())
    }
}

/// Inputs (rows, in) and targets (rows, out).
pub(crate) fn tensors(
    parts: &[&Rows],
    widths: IoWidths,
    device: &Device,
) -> candle_core::Result<(Tensor, Tensor)> {
    let count = parts.iter().map(|rows| rows.count).sum::<usize>();
    let inputs: Vec<f32> = parts.iter().flat_map(|rows| rows.inputs.clone()).collect();
    let targets: Vec<f32> = parts.iter().flat_map(|rows| rows.targets.clone()).collect();
    Ok((
        Tensor::from_vec(inputs, (count, widths.inputs), device)?,
        Tensor::from_vec(targets, (count, widths.outputs), device)?,
    ))
}
