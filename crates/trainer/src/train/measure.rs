//! The measuring of the networks of a group.

use std::rc::Rc;

use candle_core::D;
use sha2::{Digest, Sha256};

use crate::data::dataset::{Rows, SplitParts};
use crate::error::RecipeError;
use crate::nn::forward::Mode;
use crate::nn::network::NeuralNetwork;
use crate::spec::evaluation::Prediction;
use crate::spec::loss::OutputTransform;
use crate::spec::metric::{Metric, SplitPart};
use crate::train::run::{GroupRun, SeedOutcome, tensors};
use crate::train::score::Score;
use reprove_model::record::Curve;

/// How many rows are put through a network at once when it is measured.
const ROWS_AT_ONCE: usize = 1024;

impl GroupRun<'_> {
    /// The outcome of a seed whose parameters are finite: of the network that was kept, or of that
    /// of the end.
    pub(crate) fn measured(
        &self,
        index: usize,
        kept: Option<Rc<NeuralNetwork>>,
        curve: Option<Curve>,
    ) -> Result<SeedOutcome, RecipeError> {
        let mut network = match kept {
            Some(kept) => kept.of_seed(0)?,
            None => self.network.of_seed(index)?,
        };
        let parts = self.group.parts_of(index);
        let mut scores = Vec::new();
        for part in [SplitPart::Train, SplitPart::Validation, SplitPart::Test] {
            let rows = rows_of(parts, part);
            let asked = self.recipe.metrics.iter().any(|metric| metric.part == part);
            let score = match self.recipe.prediction {
                Prediction::MonteCarloDropout { passes, precision } if asked => {
                    let seed = self.group.seeds[index];
                    self.sampled(&mut network, seed, part, rows, (passes, precision))?
                }
                Prediction::MonteCarloDropout { .. } | Prediction::OnePass => {
                    // Training and test outputs are measured in any case: they tell divergence.
                    if !asked && part == SplitPart::Validation {
                        continue;
                    }
                    self.score(&mut network, rows)?
                }
            };
            let Some(score) = score else {
                return Ok(SeedOutcome::Diverged {
                    epoch: self.epochs(),
                });
            };
            scores.push((part, score));
        }
        let value = |metric: &Metric| {
            let (_, score) = scores.iter().find(|(part, _)| *part == metric.part)?;
            Some((metric.metric_name(), score.value(metric.quantity)?))
        };
        Ok(SeedOutcome::Finished {
            metrics: self.recipe.metrics.iter().filter_map(value).collect(),
            weights_sha256: digest(&network)?,
            curve,
        })
    }

    /// The metrics of a seed's network while it trains, of one pass without dropout.
    pub(crate) fn values(
        &self,
        network: &mut NeuralNetwork,
        index: usize,
        metrics: &[Metric],
    ) -> Result<Vec<Option<f64>>, RecipeError> {
        let parts = self.group.parts_of(index);
        let mut scores: Vec<(SplitPart, Option<Score>)> = Vec::new();
        for metric in metrics {
            if !scores.iter().any(|(part, _)| *part == metric.part) {
                let score = self.score(network, rows_of(parts, metric.part))?;
                scores.push((metric.part, score));
            }
        }
        let value = |metric: &Metric| {
            let (_, score) = scores.iter().find(|(part, _)| *part == metric.part)?;
            score.as_ref()?.value(metric.quantity)
        };
        Ok(metrics.iter().map(value).collect())
    }

    fn score(
        &self,
        network: &mut NeuralNetwork,
        rows: &Rows,
    ) -> Result<Option<Score>, RecipeError> {
        let outputs = self.outputs(network, rows, None)?;
        Ok(Score::of(outputs, self.widths.outputs, &rows.targets))
    }

    /// The score of the mean of passes with dropout at work, with its log predictive density when
    /// the precision of the noise is given.
    fn sampled(
        &self,
        network: &mut NeuralNetwork,
        seed: u64,
        part: SplitPart,
        rows: &Rows,
        (passes, precision): (usize, Option<f64>),
    ) -> Result<Option<Score>, RecipeError> {
        let width = self.widths.outputs;
        let mut sums = vec![0.0; rows.count * width];
        let mut densities = vec![LogSum::default(); rows.count];
        for pass in 1..=passes {
            let draw = format!("{} {pass}", part.name());
            let outputs = self.outputs(network, rows, Some((seed, &draw)))?;
            for (sum, output) in sums.iter_mut().zip(&outputs) {
                *sum += f64::from(*output);
            }
            if let Some(precision) = precision {
                let rows = outputs.chunks(width).zip(rows.targets.chunks(width));
                for (density, (outputs, targets)) in densities.iter_mut().zip(rows) {
                    density.add(-0.5 * precision * squares(outputs, targets));
                }
            }
        }
        let means = sums
            .iter()
            .map(|sum| (sum / passes as f64) as f32)
            .collect();
        let density = precision.map(|precision| {
            let sum: f64 = densities.iter().map(|density| density.value()).sum();
            let scale = 0.5 * width as f64 * (precision / std::f64::consts::TAU).ln();
            sum / rows.count as f64 - (passes as f64).ln() + scale
        });
        let score = Score::of(means, width, &rows.targets);
        Ok(score.map(|score| score.with_density(density)))
    }

    /// The outputs as the metrics read them, row after row, with dropout at work if it has a seed
    /// and a name.
    fn outputs(
        &self,
        network: &mut NeuralNetwork,
        rows: &Rows,
        sampling: Option<(u64, &str)>,
    ) -> Result<Vec<f32>, RecipeError> {
        let (inputs, _) = tensors(&[rows], self.widths, self.device)?;
        let mut outputs = Vec::with_capacity(rows.count * self.widths.outputs);
        for begin in (0..rows.count).step_by(ROWS_AT_ONCE) {
            let count = ROWS_AT_ONCE.min(rows.count - begin);
            let some = inputs.narrow(0, begin, count)?.unsqueeze(0)?;
            let out = match sampling {
                None => network.forward(&some, Mode::Measuring)?,
                Some((seed, draw)) => {
                    let draw = format!("{draw} {begin}");
                    network.forward(&some, Mode::Sampling { seed, draw: &draw })?
                }
            };
            let out = match self.recipe.loss.output_transform() {
                OutputTransform::Identity => out,
                OutputTransform::Softmax => candle_nn::ops::softmax(&out, D::Minus1)?,
                OutputTransform::Sigmoid => candle_nn::ops::sigmoid(&out)?,
                OutputTransform::Exp => out.exp()?,
            };
            outputs.extend(out.flatten_all()?.to_vec1::<f32>()?);
        }
        Ok(outputs)
    }
}

fn rows_of(parts: &SplitParts, part: SplitPart) -> &Rows {
    match part {
        SplitPart::Train => &parts.train,
        SplitPart::Validation => &parts.validation,
        SplitPart::Test => &parts.test,
    }
}

/// Σ (o - t)².
fn squares(outputs: &[f32], targets: &[f32]) -> f64 {
    let pairs = outputs.iter().zip(targets);
    pairs
        .map(|(o, t)| (f64::from(*o) - f64::from(*t)).powi(2))
        .sum()
}

/// log Σ exp of numbers that come one by one, without overflow.
#[derive(Debug, Clone, Copy)]
struct LogSum {
    largest: f64,
    /// The sum divided by exp of the largest.
    sum: f64,
}

impl Default for LogSum {
    fn default() -> Self {
        Self {
            largest: f64::NEG_INFINITY,
            sum: 0.0,
        }
    }
}

impl LogSum {
    fn add(&mut self, value: f64) {
        if value <= self.largest {
            self.sum += (value - self.largest).exp();
        } else {
            self.sum = self.sum * (self.largest - value).exp() + 1.0;
            self.largest = value;
        }
    }

    fn value(&self) -> f64 {
        self.largest + self.sum.ln()
    }
}

/// SHA-256 of the parameters of a network of one seed.
fn digest(network: &NeuralNetwork) -> Result<String, RecipeError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_of_sums_neither_overflow_nor_vanish() {
        let of = |values: &[f64]| {
            let mut sum = LogSum::default();
            values.iter().for_each(|value| sum.add(*value));
            sum.value()
        };
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12);
        close(of(&[0.5]), 0.5);
        close(of(&[-1000.0, -1000.0 + 3f64.ln()]), -1000.0 + 4f64.ln());
        close(
            of(&[1000.0, 999.0, 1001.0]),
            1001.0 + (1.0 + (-1f64).exp() + (-2f64).exp()).ln(),
        );
    }
}
