//! Root mean square normalisation (Zhang and Sennrich 2019): by √(mean of squares + ε) along the last
//! dimension, then a trained factor for each of its places.

use candle_core::{D, Tensor};

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::normalisation::normalisation_factor;
use crate::nn::shape::ShapeError;
use crate::spec::read::common::epsilon;

/// `rms-norm`, or `rms-norm: {epsilon: 1e-6}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RmsNorm {
    /// The summand of the mean of squares, above 0.
    pub(crate) epsilon: f64,
}

/// PyTorch's summand: the distance from 1 to the next number of single precision.
const EPSILON: f64 = f32::EPSILON as f64;

impl ReadLayer for RmsNorm {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("rms-norm", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        let settings = written.settings_or_defaults();
        Ok(Self {
            epsilon: epsilon(&settings.fields(&["epsilon"])?, EPSILON)?,
        })
    }
}

impl LayerOps for RmsNorm {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(shape.to_vec())
    }

    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        Ok(Box::new(RmsNormStep {
            factor: normalisation_factor(builder, 1, shape[shape.len() - 1]),
            epsilon: self.epsilon,
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

struct RmsNormStep {
    factor: usize,
    epsilon: f64,
}

impl LayerStep for RmsNormStep {
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let (seeds, width) = (values.dim(0)?, values.dim(D::Minus1)?);
        let rows = values.reshape((seeds, (), width))?;
        let square = rows.sqr()?.mean_keepdim(D::Minus1)?;
        let scaled = rows.broadcast_div(&(square + self.epsilon)?.sqrt()?)?;
        scaled
            .broadcast_mul(&pass.parameter(self.factor))?
            .reshape(values.shape())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::nn::blueprint::IoWidths;
    use crate::nn::forward::Mode;
    use crate::nn::layers::Layer;
    use crate::nn::network::NeuralNetwork;
    use crate::nn::parameter::PretrainedWeights;
    use crate::spec::initial::{Distribution, Initial};
    use crate::spec::model::Model;

    /// Expected values: `[v / math.sqrt(math.fsum(u * u for u in x) / 4 + 2**-23) for v in x]` of Python,
    /// the formula of `torch.nn.RMSNorm(4)`.
    #[test]
    fn numbers_are_divided_by_their_root_mean_square() {
        let model = Model::Sequential(vec![Layer::RmsNorm(RmsNorm { epsilon: EPSILON })]);
        let widths = IoWidths {
            inputs: 4,
            outputs: 4,
        };
        let inputs = [1.0, 2.0, 3.0, 4.0, 0.0, -1e-4, 2e-4, 0.0];
        let inputs = Tensor::from_slice(&inputs, (1, 2, 4), &Device::Cpu).unwrap();
        // The factor of a normalisation begins with 1 whatever the recipe says.
        let initial = Initial {
            weights: Distribution::Zero,
            biases: Distribution::Zero,
        };
        let mut network = NeuralNetwork::new(
            &model,
            &initial,
            &PretrainedWeights::new(),
            widths,
            &[1],
            DType::F64,
            &Device::Cpu,
        )
        .unwrap();
        let outputs = network.forward(&inputs, Mode::Measuring).unwrap();
        let outputs = outputs.flatten_all().unwrap().to_vec1::<f64>().unwrap();
        let expected = [
            0.3651483687681722,
            0.7302967375363444,
            1.0954451063045167,
            1.4605934750726888,
            0.0,
            -0.27554453153649855,
            0.5510890630729971,
            0.0,
        ];
        for (output, expected) in outputs.iter().zip(expected) {
            assert!((output - expected).abs() < 1e-14, "{output} {expected}");
        }
    }
}
