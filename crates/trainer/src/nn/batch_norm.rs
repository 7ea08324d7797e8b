//! Batch normalisation (Ioffe and Szegedy 2015): minus mean, by standard deviation of the batch (divisor
//! n), for each channel, then a trained factor and summand. Measuring uses the running mean and variance
//! (divisor n - 1): running ← (1 - momentum) · running + momentum · batch.

use candle_core::Tensor;

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep, Mode};
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::normalisation::{moments, normalisation_parameters, standardise};
use crate::nn::shape::ShapeError;
use crate::spec::read::common::epsilon;

/// `batch-norm`, or `batch-norm: {epsilon: 1e-5, momentum: 0.1}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BatchNorm {
    /// The summand of the variance, above 0.
    pub(crate) epsilon: f64,
    /// The weight of the newest batch in the running statistics, in (0, 1].
    pub(crate) momentum: f64,
}

impl ReadLayer for BatchNorm {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("batch-norm", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        let settings = written.settings_or_defaults();
        let fields = settings.fields(&["epsilon", "momentum"])?;
        Ok(Self {
            epsilon: epsilon(&fields, 1e-5)?,
            momentum: fields.or_assume("momentum", 0.1, "0.1", |node| {
                node.number("a number above 0 and up to 1", |value| {
                    value > 0.0 && value <= 1.0
                })
            })?,
        })
    }
}

impl LayerOps for BatchNorm {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(shape.to_vec())
    }

    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        let statistics = builder.statistics(shape[0]);
        Ok(Box::new(BatchNormStep {
            settings: *self,
            affine: normalisation_parameters(builder, shape[0], 1),
            statistics,
        }))
    }

    fn largest_tensor(&self, _batch: usize, _shape: &[usize], _after: &[usize]) -> usize {
        0
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.compute();
    }

    fn properties(&self) -> Properties {
        Properties::RAW
    }
}

struct BatchNormStep {
    settings: BatchNorm,
    /// The factor and the summand.
    affine: [usize; 2],
    /// The index of the running statistics.
    statistics: usize,
}

impl LayerStep for BatchNormStep {
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let BatchNorm { epsilon, momentum } = self.settings;
        let shape = values.shape();
        let (seeds, rows, channels) = (values.dim(0)?, values.dim(1)?, values.dim(2)?);
        // (seeds, channels, rows · places), so that each channel's numbers lie in one stretch.
        let by_channel = values.reshape((seeds, rows, channels, ()))?;
        let places = by_channel.dim(3)?;
        let by_channel = by_channel.transpose(1, 2)?.contiguous()?;
        let by_channel = by_channel.reshape((seeds, channels, rows * places))?;
        let [running_mean, running_variance] = &mut pass.statistics[self.statistics];
        let scaled = match pass.mode {
            Mode::Measuring | Mode::Sampling { .. } => {
                standardise(&by_channel, running_mean, running_variance, epsilon)?
            }
            Mode::Training { .. } => {
                let (mean, variance) = moments(&by_channel)?;
                let count = (rows * places) as f64;
                let unbiased = (variance.detach() * (count / (count - 1.0).max(1.0)))?;
                let mix =
                    |old: &Tensor, new: &Tensor| (old * (1.0 - momentum))? + (new * momentum)?;
                *running_mean = mix(running_mean, &mean.detach())?;
                *running_variance = mix(running_variance, &unbiased)?;
                standardise(&by_channel, &mean, &variance, epsilon)?
            }
        };
        let scaled = pass.scale_and_shift(&scaled, self.affine)?;
        let scaled = scaled.reshape((seeds, channels, rows, places))?;
        scaled.transpose(1, 2)?.contiguous()?.reshape(shape)
    }
}
