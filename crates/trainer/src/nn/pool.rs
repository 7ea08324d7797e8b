//! Pooling: one number of each window of each channel.

use candle_core::{D, Tensor};

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep, full_shape};
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::ops::gather::Windows;
use crate::nn::shape::ShapeError;
use crate::nn::window::{Order, Window, per_axis};

/// `max-pool2d: 2`, or `max-pool2d: {size: 3, stride: 2}`; the stride is the size by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pool {
    pub(crate) kind: Pooling,
    /// The windows, without padding.
    pub(crate) window: Window,
}

/// The number that stands for a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// The largest; of equal ones the first gets the gradient.
    Max,
    /// The mean.
    Mean,
}

impl ReadLayer for Pool {
    type Form = (Pooling, usize);

    fn names() -> Vec<(&'static str, (Pooling, usize))> {
        vec![
            ("max-pool1d", (Pooling::Max, 1)),
            ("max-pool2d", (Pooling::Max, 2)),
            ("avg-pool1d", (Pooling::Mean, 1)),
            ("avg-pool2d", (Pooling::Mean, 2)),
        ]
    }

    fn read(
        (kind, axes): (Pooling, usize),
        written: WrittenLayer<'_, '_>,
    ) -> Result<Self, RecipeError> {
        let settings = written.settings()?;
        let (size, stride) = if settings.whole().is_some() || settings.is_list() {
            let size = per_axis(&settings, axes, 1)?;
            (size.clone(), size)
        } else {
            let fields = settings.fields(&["size", "stride"])?;
            let size = per_axis(&fields.required("size")?, axes, 1)?;
            let stride = fields.or_assume("stride", size.clone(), "the size", |node| {
                per_axis(&node, axes, 1)
            })?;
            (size, stride)
        };
        let window = Window {
            size,
            stride,
            padding: vec![0; axes],
            dilation: vec![1; axes],
        };
        Ok(Self { kind, window })
    }
}

impl LayerOps for Pool {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        self.window.shape(shape, shape[0])
    }

    fn build(
        &self,
        _builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        Ok(Box::new(PoolStep::new(
            self.kind,
            &self.window,
            shape,
            after,
        )))
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

/// The forward pass of pooling.
pub(crate) struct PoolStep {
    kind: Pooling,
    windows: Windows,
    /// The shape of a row afterwards, channels first.
    shape: Vec<usize>,
}

impl PoolStep {
    pub(crate) fn new(kind: Pooling, window: &Window, shape: &[usize], after: &[usize]) -> Self {
        let indices = window.indices(shape, Order::WindowsInChannel);
        Self {
            kind,
            windows: Windows::new(indices, window.places()),
            shape: after.to_vec(),
        }
    }
}

impl LayerStep for PoolStep {
    fn forward(&self, _pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let shape = full_shape(&values, &self.shape)?;
        let rows = shape[0] * shape[1];
        let values = values.reshape((rows, ()))?;
        let pooled = match self.kind {
            Pooling::Max => self.windows.largest(&values)?,
            Pooling::Mean => {
                let each = (rows, self.windows.count(), self.windows.size());
                self.windows
                    .gather(&values)?
                    .reshape(each)?
                    .mean(D::Minus1)?
            }
        };
        pooled.reshape(shape)
    }
}
