//! What is measured on the networks of a group.

use std::rc::Rc;

use candle_core::D;
use sha2::{Digest, Sha256};

use super::super::dataset::Rows;
use super::super::error::RecipeError;
use super::super::language::Reading;
use super::super::metrics::{Metric, Part, Score};
use super::super::network::{Network, Pass};
use super::{GroupRun, SeedOutcome, tensors};

/// How many rows are put through a network at once when it is measured.
const ROWS_AT_ONCE: usize = 1024;

impl GroupRun<'_> {
    /// The outcome of a seed whose parameters are finite: of the network that was kept, or of that
    /// of the end.
    pub(super) fn measured(
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
