//! The positional encoding: numbers that tell the position of a step are added to it.

use candle_core::{Device, Tensor};

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::shape::{ShapeError, sequence};

/// `positions: learned`, for (length, width).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Positions {
    /// A trained number for each position and each number of a step.
    Learned,
    /// sin(p / 10000^(2i / w)) for the number 2i and cos of the same for the number 2i + 1 of the
    /// step p, both from 0, of width w (Vaswani and others 2017).
    Sinusoidal,
}

impl Positions {
    /// The sinusoidal numbers of so many steps.
    pub(crate) fn waves(length: usize, width: usize) -> Vec<f64> {
        let wave = |index: usize| {
            let (step, number) = (index / width, index % width);
            let exponent = (number / 2 * 2) as f64 / width as f64;
            let angle = step as f64 / 10_000_f64.powf(exponent);
            if number.is_multiple_of(2) {
                angle.sin()
            } else {
                angle.cos()
            }
        };
        (0..length * width).map(wave).collect()
    }
}

impl ReadLayer for Positions {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("positions", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        let names = [("learned", Self::Learned), ("sinusoidal", Self::Sinusoidal)];
        written.settings()?.named("positions", &names)
    }
}

impl LayerOps for Positions {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        sequence(shape).map(|_| shape.to_vec())
    }

    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        let (length, width) = sequence(shape)?;
        Ok(match self {
            Self::Learned => Box::new(AddLearned(builder.table(length, width))),
            Self::Sinusoidal => Box::new(AddFixed {
                values: Self::waves(length, width),
                shape: [length, width],
            }),
        })
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

/// Adds a parameter (length, width) to each row.
struct AddLearned(usize);

impl LayerStep for AddLearned {
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let positions = pass.parameter(self.0).unsqueeze(1)?;
        values.broadcast_add(&positions)
    }
}

/// Adds fixed numbers (length, width) to each row.
struct AddFixed {
    values: Vec<f64>,
    shape: [usize; 2],
}

impl LayerStep for AddFixed {
    fn forward(&self, _pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let waves = Tensor::from_slice(&self.values, self.shape.as_slice(), &Device::Cpu)?;
        let waves = waves.to_dtype(values.dtype())?.to_device(values.device())?;
        values.broadcast_add(&waves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_sines_and_cosines_of_their_place() {
        let waves = Positions::waves(2, 4);
        let expected = [
            0.0,
            1.0,
            0.0,
            1.0,
            1f64.sin(),
            1f64.cos(),
            0.01f64.sin(),
            0.01f64.cos(),
        ];
        for (found, expected) in waves.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{waves:?}");
        }
    }
}
