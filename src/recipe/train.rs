//! The training loop: one network a seed, all seeds of a group in one graph.

use std::collections::BTreeMap;
use std::rc::Rc;

use candle_core::{D, DType, Device, Tensor};
use sha2::{Digest, Sha256};

use super::dataset::{Dataset, Rows};
use super::error::RecipeError;
use super::group::{Group, groups};
use super::language::{Batch, Length, Loss, Measured, Reading, Recipe, Stopping, Visit};
use super::loss::loss;
use super::metrics::{Metric, Part, Score};
use super::network::{Ends, Network, Pass, largest_tensor};
use super::random::{Purpose, Stream};
use super::stopping::Course;
use super::update::{Update, rate_factor};

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
    let batch = match recipe.training.batch {
        Batch::Of(count) => count.min(data.rows()),
        Batch::Full => data.rows(),
    };
    let largest = largest_tensor(&recipe.model, data.ends(), batch);
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
    update: Update,
    /// The number of updates made.
    updates: usize,
}

impl<'r> GroupRun<'r> {
    fn new(
        recipe: &'r Recipe,
        data: &Dataset,
        group: Group,
        device: &'r Device,
    ) -> Result<Self, RecipeError> {
        let ends = data.ends();
        let stacked: Vec<&Rows> = group.parts.iter().map(|parts| &parts.train).collect();
        let (inputs, targets) = tensors(&stacked, ends, device)?;
        let network = Network::new(
            &recipe.model,
            &recipe.initial,
            ends,
            &group.seeds,
            DType::F32,
            device,
        )?;
        Ok(Self {
            recipe,
            ends,
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
        let mut fates = vec![Fate::default(); seeds];
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
            self.note_divergence(epoch, &mut fates)?;
            self.judge(epoch, epochs, &errors, &mut fates)?;
            progress(Progress {
                seeds,
                epoch,
                epochs,
            });
            if fates.iter().all(Fate::is_settled) {
                break;
            }
        }
        let fates = fates.into_iter().enumerate();
        let outcomes = fates
            .map(|(index, fate)| match fate.diverged {
                Some(epoch) => Ok(SeedOutcome::Diverged { epoch }),
                None => self.measured(index, fate.kept),
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
        fates: &mut [Fate],
    ) -> Result<(), RecipeError> {
        let training = &self.recipe.training;
        let (rule, measured) = (&training.stopping, training.measured);
        if *rule == Stopping::Never && measured == Measured::Last {
            return Ok(());
        }
        for (index, fate) in fates.iter_mut().enumerate() {
            if fate.is_settled() {
                continue;
            }
            fate.course.note(errors[index]);
            if !rule.looks(epoch, last) {
                continue;
            }
            let mut network = self.network.of_seed(index)?;
            let error = self.error(&mut network, &self.group.parts_of(index).validation)?;
            let finding = fate.course.judge(rule, epoch, error);
            let keeps = match measured {
                Measured::BestValidation => finding.is_best,
                Measured::Last => finding.stops,
            };
            if keeps {
                fate.kept = Some(Rc::new(network));
            }
            fate.stopped = finding.stops;
        }
        Ok(())
    }

    /// The number of epochs, the last of them perhaps cut short.
    fn epochs(&self) -> usize {
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
        let inputs = pick(&self.inputs, self.ends.inputs)?;
        let targets = pick(&self.targets, self.ends.outputs)?;
        self.updates += 1;
        let pass = Pass::Training {
            seeds: &self.group.seeds,
            update: self.updates,
        };
        let outputs = self.network.forward(&inputs, pass)?;
        let gradients = loss(&self.recipe.loss, &outputs, &targets)?.backward()?;
        if matches!(self.recipe.training.stopping, Stopping::Prechelt { .. }) {
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
        Ok(match self.recipe.loss {
            Loss::HalfSquaredError { .. } => value,
            _ => value * rows as f64,
        })
    }

    /// The loss of a network on some rows, in `f64`.
    fn error(&self, network: &mut Network, rows: &Rows) -> Result<f64, RecipeError> {
        let (inputs, targets) = tensors(&[rows], self.ends, self.device)?;
        let outputs = network.forward(&inputs.unsqueeze(0)?, Pass::Measuring)?;
        self.exact_loss(&outputs, &targets.unsqueeze(0)?, rows.count)
    }

    fn note_divergence(&self, epoch: usize, fates: &mut [Fate]) -> Result<(), RecipeError> {
        for parameter in self.network.parameters() {
            let values = parameter.variable.flatten_all()?.to_vec1::<f32>()?;
            let size = values.len() / fates.len();
            for (values, fate) in values.chunks_exact(size).zip(fates.iter_mut()) {
                if !fate.is_settled() && !values.iter().all(|value| value.is_finite()) {
                    fate.diverged = Some(epoch);
                }
            }
        }
        Ok(())
    }

    /// The outcome of a seed whose parameters are finite: of the network that was kept, or of that
    /// of the end.
    fn measured(
        &self,
        index: usize,
        kept: Option<Rc<Network>>,
    ) -> Result<SeedOutcome, RecipeError> {
        let mut network = match kept {
            Some(kept) => kept.of_seed(0)?,
            None => self.network.of_seed(index)?,
        };
        let parts = self.group.parts_of(index);
        let mut scores = Vec::new();
        for (part, rows) in [
            (Part::Train, &parts.train),
            (Part::Validation, &parts.validation),
            (Part::Test, &parts.test),
        ] {
            let asked = self.recipe.metrics.iter().any(|metric| metric.part == part);
            // Training and test outputs are looked at in any case: they tell divergence.
            if asked || part != Part::Validation {
                let Some(score) = self.score(&mut network, rows)? else {
                    return Ok(SeedOutcome::Diverged {
                        epoch: self.epochs(),
                    });
                };
                scores.push((part, score));
            }
        }
        let value = |metric: &Metric| {
            let (_, score) = scores.iter().find(|(part, _)| *part == metric.part)?;
            Some((metric.to_string(), score.value(metric.quantity)?))
        };
        Ok(SeedOutcome::Finished {
            metrics: self.recipe.metrics.iter().filter_map(value).collect(),
            weights_sha256: digest(&network)?,
        })
    }

    fn score(&self, network: &mut Network, rows: &Rows) -> Result<Option<Score>, RecipeError> {
        let (inputs, _) = tensors(&[rows], self.ends, self.device)?;
        let mut outputs = Vec::with_capacity(rows.count * self.ends.outputs);
        for begin in (0..rows.count).step_by(ROWS_AT_ONCE) {
            let count = ROWS_AT_ONCE.min(rows.count - begin);
            let some = inputs.narrow(0, begin, count)?.unsqueeze(0)?;
            let out = network.forward(&some, Pass::Measuring)?;
            let out = match self.recipe.loss.reading() {
                Reading::AsTheyAre => out,
                Reading::Softmax => candle_nn::ops::softmax(&out, D::Minus1)?,
                Reading::Sigmoid => candle_nn::ops::sigmoid(&out)?,
                Reading::Exponential => out.exp()?,
            };
            outputs.extend(out.flatten_all()?.to_vec1::<f32>()?);
        }
        Ok(Score::of(outputs, self.ends.outputs, &rows.targets))
    }
}

/// What is known of one seed while its group trains.
#[derive(Clone, Default)]
struct Fate {
    /// The epoch after which a parameter was not finite.
    diverged: Option<usize>,
    /// Whether its training has stopped; the others of its group may go on.
    stopped: bool,
    course: Course,
    /// The network to measure, when it is not that of the end.
    kept: Option<Rc<Network>>,
}

impl Fate {
    fn is_settled(&self) -> bool {
        self.stopped || self.diverged.is_some()
    }
}

/// SHA-256 of the parameters of a network of one seed.
fn digest(network: &Network) -> Result<String, RecipeError> {
    let mut digest = Sha256::new();
    for parameter in network.parameters() {
        digest.update(parameter.name.as_bytes());
        digest.update(b"\0");
        let values = parameter.variable.get(0)?.flatten_all()?;
        for value in values.to_vec1::<f32>()? {
            digest.update(value.to_le_bytes());
        }
    }
    let bytes = digest.finalize();
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Inputs (rows, in) and targets (rows, out).
fn tensors(parts: &[&Rows], ends: Ends, device: &Device) -> candle_core::Result<(Tensor, Tensor)> {
    let count = parts.iter().map(|rows| rows.count).sum::<usize>();
    let inputs: Vec<f32> = parts.iter().flat_map(|rows| rows.inputs.clone()).collect();
    let targets: Vec<f32> = parts.iter().flat_map(|rows| rows.targets.clone()).collect();
    Ok((
        Tensor::from_vec(inputs, (count, ends.inputs), device)?,
        Tensor::from_vec(targets, (count, ends.outputs), device)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Forty rows of three numbers in two overlapping classes.
    fn rows() -> Vec<([f64; 3], usize)> {
        let mut stream = Stream::new(11, Purpose::Split, "rows");
        (0..40)
            .map(|row| {
                let class = row % 2;
                let shift = class as f64 * 0.8;
                ([0; 3].map(|_| stream.normal() * 0.5 + shift), class)
            })
            .collect()
    }

    /// A recipe whose settings are `changes` of the default ones, and its data.
    fn experiment(changes: &[(&str, &str)]) -> (Recipe, Dataset) {
        let mut text = "
recipe: 1
data: {name: d, label: class, split: {fraction: {test: 0.25, order: file}}}
model: {mlp: {hidden: [5], activation: sigmoid, output: sigmoid}}
initial: {weights: {uniform: {low: -0.3, high: 0.3}}}
loss: {half-squared-error: {dead_zone: 0.2}}
training: {optimiser: {sgd: {learning_rate: 0.5, momentum: 0.5}}, batch: 1, order: shuffled, epochs: 4}
"
        .to_owned();
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("d.csv");
        let mut csv = "a,b,c,class\n".to_owned();
        for ([a, b, c], class) in rows() {
            csv += &format!("{a},{b},{c},{class}\n");
        }
        fs::write(&file, csv).unwrap();
        let recipe = Recipe::parse(&text, "r.yaml", &BTreeMap::new()).unwrap();
        let files = BTreeMap::from([("d".to_owned(), file)]);
        let data = super::super::load(&recipe, &files).unwrap();
        (recipe, data)
    }

    fn outcomes((recipe, data): &(Recipe, Dataset), seeds: &[u64]) -> Vec<SeedOutcome> {
        train(recipe, data, seeds, &Device::Cpu, &|_| (), &|| false).unwrap()
    }

    const VARIANTS: [&[(&str, &str)]; 12] = [
        &[],
        &[("hidden: [5]", "hidden: 0")],
        &[("hidden: [5]", "hidden: [7, 4]"), ("batch: 1", "batch: 8")],
        &[
            ("batch: 1", "batch: full"),
            ("activation: sigmoid", "activation: tanh"),
        ],
        // Wider than what the own operator takes: candle's product.
        &[
            ("hidden: [5]", "hidden: [300, 300]"),
            ("epochs: 4", "epochs: 1"),
        ],
        &[
            ("{half-squared-error: {dead_zone: 0.2}}", "cross-entropy"),
            ("output: sigmoid", "output: identity"),
        ],
        &[(
            "{test: 0.25, order: file}",
            "{test: 0.25, order: shuffled, seed: run}",
        )],
        // 40 rows in 7 folds: two sizes of training part.
        &[(
            "fraction: {test: 0.25, order: file}",
            "folds: {count: 7, fold: by-seed, order: shuffled, seed: 3}",
        )],
        &[
            (
                "mlp: {hidden: [5], activation: sigmoid, output: sigmoid}",
                "sequential: [{linear: 6}, batch-norm, relu, {residual: [{linear: 6}, {dropout: 0.3}]}, layer-norm, {linear: 2}]",
            ),
            ("batch: 1", "batch: 7, clipping: {norm: 0.5}, warm_up: 3"),
        ],
        &[
            (
                "mlp: {hidden: [5], activation: sigmoid, output: sigmoid}",
                "sequential: [{reshape: [1, 3]}, {conv1d: {channels: 4, kernel: 2}}, gelu, {max-pool1d: 2}, flatten, {linear: 2}]",
            ),
            (
                "sgd: {learning_rate: 0.5, momentum: 0.5}",
                "adam: {learning_rate: 0.05}",
            ),
            ("batch: 1", "batch: 8, schedule: cosine"),
        ],
        // Seeds that stop at different epochs, and the network of the best one.
        &[
            ("test: 0.25", "test: 0.25, validation: 0.2"),
            (
                "epochs: 4",
                "epochs: 30, stopping: {patience: 2}, measured: best-validation",
            ),
        ],
        &[
            ("test: 0.25", "test: 0.25, validation: 0.2"),
            ("batch: 1", "batch: full"),
            (
                "sgd: {learning_rate: 0.5, momentum: 0.5}",
                "rprop: {first: [0.005, 0.02]}",
            ),
            (
                "epochs: 4",
                "epochs: 60, stopping: {prechelt: {strip: 5, generalisation_loss: 2, progress: 3}}, measured: last",
            ),
        ],
    ];

    #[test]
    fn a_seed_trains_to_the_same_bits_alone_and_together_and_in_any_order() {
        for changes in VARIANTS {
            let experiment = experiment(changes);
            let seeds: Vec<u64> = (1..=9).collect();
            let together = outcomes(&experiment, &seeds);
            let alone: Vec<SeedOutcome> = seeds
                .iter()
                .flat_map(|&seed| outcomes(&experiment, &[seed]))
                .collect();
            assert_eq!(together, alone, "{changes:?}");
            let mut backwards: Vec<u64> = seeds.clone();
            backwards.reverse();
            let mut reversed = outcomes(&experiment, &backwards);
            reversed.reverse();
            assert_eq!(together, reversed, "{changes:?}");
            assert_ne!(together[0], together[1], "{changes:?}");
        }
    }

    #[test]
    fn threads_side_by_side_change_no_bit() {
        let experiment = experiment(&[("hidden: [5]", "hidden: [24]")]);
        let quiet = outcomes(&experiment, &[1, 2, 3]);
        std::thread::scope(|scope| {
            let side: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| outcomes(&experiment, &[1, 2, 3])))
                .collect();
            for thread in side {
                assert_eq!(thread.join().unwrap(), quiet);
            }
        });
    }

    /// One hidden layer, sigmoids, one sample at a time, in f64 and written out by hand.
    fn by_hand(recipe: &Recipe, seed: u64) -> f64 {
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let network = Network::new(
            &recipe.model,
            &recipe.initial,
            Ends {
                inputs: 3,
                outputs: 2,
            },
            &[seed],
            DType::F64,
            &Device::Cpu,
        )
        .unwrap();
        let mut w: Vec<Vec<f64>> = network
            .parameters()
            .iter()
            .map(|parameter| parameter.variable.flatten_all().unwrap().to_vec1().unwrap())
            .collect();
        let mut v: Vec<Vec<f64>> = w.iter().map(|values| vec![0.0; values.len()]).collect();
        let rows = rows();
        let forward = |w: &[Vec<f64>], x: &[f64; 3]| {
            let hidden: Vec<f64> = (0..5)
                .map(|j| sigmoid(w[1][j] + (0..3).map(|i| x[i] * w[0][i * 5 + j]).sum::<f64>()))
                .collect();
            let out: Vec<f64> = (0..2)
                .map(|k| {
                    sigmoid(w[3][k] + (0..5).map(|j| hidden[j] * w[2][j * 2 + k]).sum::<f64>())
                })
                .collect();
            (hidden, out)
        };
        for epoch in 1..=4 {
            for row in Stream::new(seed, Purpose::Shuffle, &epoch.to_string()).order(30) {
                let (x, class) = rows[row];
                let (hidden, out) = forward(&w, &x);
                let delta: Vec<f64> = (0..2)
                    .map(|k| {
                        let error = out[k] - f64::from(u8::from(k == class));
                        let error = if error.abs() < 0.2 { 0.0 } else { error };
                        error * out[k] * (1.0 - out[k])
                    })
                    .collect();
                let below: Vec<f64> = (0..5)
                    .map(|j| {
                        let sum: f64 = (0..2).map(|k| delta[k] * w[2][j * 2 + k]).sum();
                        sum * hidden[j] * (1.0 - hidden[j])
                    })
                    .collect();
                let gradients = [
                    (0..15).map(|n| x[n / 5] * below[n % 5]).collect(),
                    below,
                    (0..10).map(|n| hidden[n / 2] * delta[n % 2]).collect(),
                    delta,
                ];
                for ((w, v), gradient) in w.iter_mut().zip(&mut v).zip::<[Vec<f64>; 4]>(gradients) {
                    for ((w, v), gradient) in w.iter_mut().zip(v).zip(gradient) {
                        *v = 0.5 * *v + gradient;
                        *w -= 0.5 * *v;
                    }
                }
            }
        }
        let squares = rows[30..].iter().map(|(x, class)| {
            let (_, out) = forward(&w, x);
            (0..2)
                .map(|k| (out[k] - f64::from(u8::from(k == *class))).powi(2))
                .sum::<f64>()
        });
        squares.sum::<f64>() / 20.0
    }

    #[test]
    fn training_follows_back_propagation_written_by_hand() {
        let experiment = experiment(&[]);
        for (seed, outcome) in [1, 2, 3].into_iter().zip(outcomes(&experiment, &[1, 2, 3])) {
            let SeedOutcome::Finished { metrics, .. } = outcome else {
                panic!("{outcome:?}");
            };
            let expected = by_hand(&experiment.0, seed);
            assert!(
                (metrics["test_mse"] - expected).abs() < 1e-6,
                "{metrics:?} {expected}"
            );
        }
    }

    #[test]
    fn a_diverging_seed_is_an_outcome_and_leaves_the_others_alone() {
        let changes = [
            (
                "activation: sigmoid, output: sigmoid",
                "activation: identity, output: identity",
            ),
            ("learning_rate: 0.5, momentum: 0.5", "learning_rate: 1.0e30"),
        ];
        let all = outcomes(&experiment(&changes), &[1, 2]);
        assert_eq!(
            all,
            [
                SeedOutcome::Diverged { epoch: 1 },
                SeedOutcome::Diverged { epoch: 1 }
            ]
        );
        // At this rate some seeds of a linear network leave the finite numbers and others do not.
        let changes = [
            (
                "activation: sigmoid, output: sigmoid",
                "activation: identity, output: identity",
            ),
            ("learning_rate: 0.5, momentum: 0.5", "learning_rate: 0.42"),
            ("epochs: 4", "epochs: 3"),
        ];
        let experiment = experiment(&changes);
        let seeds: Vec<u64> = (1..=30).collect();
        let together = outcomes(&experiment, &seeds);
        let lost = together
            .iter()
            .filter(|o| matches!(o, SeedOutcome::Diverged { .. }))
            .count();
        assert!((1..30).contains(&lost), "{lost}");
        for (seed, outcome) in seeds.iter().zip(&together) {
            assert_eq!(&outcomes(&experiment, &[*seed])[0], outcome);
        }
    }

    #[test]
    fn progress_is_told_and_cancelling_stops() {
        let (recipe, data) = experiment(&[]);
        let told = std::sync::Mutex::new(Vec::new());
        let tell = |progress: Progress| told.lock().unwrap().push(progress.epoch);
        train(&recipe, &data, &[1], &Device::Cpu, &tell, &|| false).unwrap();
        assert_eq!(told.into_inner().unwrap(), [1, 2, 3, 4]);
        let asked = AtomicUsize::new(0);
        let cancelled = || asked.fetch_add(1, Ordering::Relaxed) == 50;
        let error = train(&recipe, &data, &[1], &Device::Cpu, &|_| (), &cancelled).unwrap_err();
        assert_eq!(error.to_string(), "training was cancelled");
        assert_eq!(asked.into_inner(), 51);
    }

    #[test]
    fn small_networks_are_grouped_and_large_ones_are_not() {
        let (recipe, data) = experiment(&[]);
        assert_eq!(preferred_group(&recipe, &data), LARGEST_GROUP);
        let (recipe, data) = experiment(&[("[5]", "[60000]")]);
        assert_eq!(preferred_group(&recipe, &data), 1);
    }
}
