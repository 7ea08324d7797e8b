//! Convolution, as PyTorch's `Conv1d` and `Conv2d` have it: cross-correlation, padding with zeros.

use candle_core::Tensor;

use crate::error::RecipeError;
use crate::nn::bias::Bias;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep, full_shape};
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::ops::convolution::convolution;
use crate::nn::ops::gather::Windows;
use crate::nn::parameter::AffineParams;
use crate::nn::shape::ShapeError;
use crate::nn::window::{Order, Window, per_axis};

/// `conv2d: {channels: 16, kernel: 3, stride: 1, padding: 1, dilation: 1, bias: added}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Convolution {
    /// The number of output channels, at least 1.
    pub(crate) channels: usize,
    /// The places of the kernel.
    pub(crate) window: Window,
    /// Whether each channel has a bias.
    pub(crate) bias: Bias,
}

impl ReadLayer for Convolution {
    type Form = usize;

    fn names() -> Vec<(&'static str, usize)> {
        vec![("conv1d", 1), ("conv2d", 2)]
    }

    fn read(axes: usize, written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        let keys = [
            "channels", "kernel", "stride", "padding", "dilation", "bias",
        ];
        let fields = written.settings()?.fields(&keys)?;
        let of = |key: &str, default: usize, least: u64| {
            fields.or_assume(key, vec![default; axes], default.to_string(), |node| {
                per_axis(&node, axes, least)
            })
        };
        Ok(Self {
            channels: fields.required("channels")?.count(1)?,
            window: Window {
                size: per_axis(&fields.required("kernel")?, axes, 1)?,
                stride: of("stride", 1, 1)?,
                padding: of("padding", 0, 0)?,
                dilation: of("dilation", 1, 1)?,
            },
            bias: Bias::read(&fields)?,
        })
    }
}

impl LayerOps for Convolution {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        self.window.shape(shape, self.channels)
    }

    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        let pytorch = [&[after[0], shape[0]][..], &self.window.size].concat();
        let indices = self.window.indices(shape, Order::ChannelsInWindow);
        builder.begin_layer();
        Ok(Box::new(ConvolutionStep {
            kernel: builder.affine(&pytorch, self.bias),
            windows: Windows::new(indices, shape[0] * self.window.places()),
            shape: after.to_vec(),
        }))
    }

    fn largest_tensor(&self, batch: usize, shape: &[usize], after: &[usize]) -> usize {
        let window = shape[0] * self.window.places();
        let windows: usize = after[1..].iter().product();
        (window * after[0]).max(batch * window * windows)
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.compute();
    }

    fn properties(&self) -> Properties {
        Properties::RAW
    }
}

struct ConvolutionStep {
    kernel: AffineParams,
    windows: Windows,
    /// The shape of a row afterwards, channels first.
    shape: Vec<usize>,
}

impl LayerStep for ConvolutionStep {
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let shape = full_shape(&values, &self.shape)?;
        let weight = pass.parameter(self.kernel.weight);
        let bias = self.kernel.bias.map(|bias| pass.parameter(bias));
        let values = values.reshape((shape[0], shape[1], ()))?;
        convolution(&values, &weight, bias.as_ref(), &self.windows)?.reshape(shape)
    }
}
