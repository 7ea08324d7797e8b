//! Multi-head self-attention (Vaswani and others 2017), as PyTorch's `MultiheadAttention`: each step
//! becomes a mean of the values of all steps, weighted by softmax(q kᵀ / √d) of each head of d numbers.
//! Queries, keys and values are affine functions of the steps, and the output is one of the heads'
//! results behind each other.

use candle_core::{DType, Device, Tensor};

use crate::error::RecipeError;
use crate::nn::activation::{Activation, activate};
use crate::nn::bias::Bias;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::init::Initialiser;
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::ops::matmul::matmul;
use crate::nn::parameter::AffineParams;
use crate::nn::shape::{ShapeError, sequence, shape_text};
use crate::spec::initial::Distribution;
use crate::spec::read::common::below_one;

/// `attention: {heads: 4, mask: causal, dropout: 0.1, bias: added}`, for (length, width).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Attention {
    /// The number of heads, at least 1, which divides the width.
    pub(crate) heads: usize,
    pub(crate) mask: Mask,
    /// The probability of dropout of the weights.
    pub(crate) dropout: f64,
    /// Whether the affine functions have biases.
    pub(crate) bias: Bias,
}

/// The steps that a step attends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mask {
    /// All steps.
    None,
    /// The step itself and those before it.
    Causal,
}

impl ReadLayer for Attention {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("attention", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        let keys = ["heads", "mask", "dropout", "bias"];
        let fields = written.settings()?.fields(&keys)?;
        Ok(Self {
            heads: fields.required("heads")?.count(1)?,
            mask: fields.or_assume("mask", Mask::None, "none", |node| {
                node.named("mask", &[("none", Mask::None), ("causal", Mask::Causal)])
            })?,
            dropout: fields.or_assume("dropout", 0.0, "0", |node| below_one(&node))?,
            bias: Bias::read(&fields)?,
        })
    }
}

impl LayerOps for Attention {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let (_, width) = sequence(shape)?;
        if width.is_multiple_of(self.heads) {
            Ok(shape.to_vec())
        } else {
            let heads = self.heads;
            Err(ShapeError::new(format!(
                "expected a width that {heads} heads divide, found {}",
                shape_text(shape)
            )))
        }
    }

    /// PyTorch's initial values: the weights into the heads by Glorot and Bengio, those out of them
    /// uniform within ±1 / sqrt(width), and all biases 0.
    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        let width = shape[shape.len() - 1];
        builder.begin_layer();
        let initial = builder.initial();
        let initialisers = |weights, fan_out| {
            let initialiser = |distribution| Initialiser {
                distribution,
                fan_in: width,
                fan_out,
            };
            let of = |own, pytorch| {
                if own == Distribution::Pytorch {
                    pytorch
                } else {
                    own
                }
            };
            let weights = initialiser(of(initial.weights, weights));
            [weights, initialiser(of(initial.biases, Distribution::Zero))]
        };
        let into = initialisers(Distribution::XavierUniform, 3 * width);
        let out = initialisers(Distribution::Pytorch, width);
        let names = ["in_proj_weight", "in_proj_bias"];
        let into = builder.affine_with(names, &[3 * width, width], self.bias, into);
        let names = ["out_proj.weight", "out_proj.bias"];
        let out = builder.affine_with(names, &[width, width], self.bias, out);
        Ok(Box::new(AttentionStep {
            settings: *self,
            dropout: builder.dropout(),
            into,
            out,
        }))
    }

    fn largest_tensor(&self, batch: usize, shape: &[usize], _after: &[usize]) -> usize {
        let (inputs, last) = (shape.iter().product::<usize>(), shape[shape.len() - 1]);
        let weights = batch * self.heads * shape[0] * shape[0];
        weights.max(3 * last * last).max(3 * batch * inputs)
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.compute();
    }

    fn properties(&self) -> Properties {
        Properties {
            has_dropout: self.dropout > 0.0,
            ..Properties::RAW
        }
    }
}

struct AttentionStep {
    settings: Attention,
    /// The name of the dropout.
    dropout: String,
    /// Queries, keys and values behind each other.
    into: AffineParams,
    out: AffineParams,
}

impl LayerStep for AttentionStep {
    /// (seeds, rows, length, width) of the same.
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let (seeds, rows, length, width) = values.dims4()?;
        let (count, each) = (self.settings.heads, width / self.settings.heads);
        let flat = values.reshape((seeds, rows * length, width))?;
        let projected = pass.affine(self.into, &flat)?;
        // Queries, keys and values apart, and the heads of all rows as one batch.
        let parts = [seeds, rows, length, 3, count, each];
        let parts = projected.reshape(&parts[..])?.permute([3, 0, 1, 4, 2, 5])?;
        let parts = parts.contiguous()?;
        let batch = seeds * rows * count;
        let part = |index: usize| parts.narrow(0, index, 1)?.reshape((batch, length, each));
        let (queries, keys, contents) = (part(0)?, part(1)?, part(2)?);
        let queries = (queries * (1.0 / (each as f64).sqrt()))?;
        let mut scores = matmul(&queries, &keys.transpose(1, 2)?.contiguous()?)?;
        if self.settings.mask == Mask::Causal {
            let mask = causal_mask(length, scores.dtype(), scores.device())?;
            scores = scores.broadcast_add(&mask)?;
        }
        let mut weights = activate(Activation::Softmax, &scores)?;
        if self.settings.dropout > 0.0 {
            weights = pass.dropout(weights, &self.dropout, self.settings.dropout)?;
        }
        let mixed = matmul(&weights, &contents)?.reshape((seeds, rows, count, length, each))?;
        let mixed = mixed.transpose(2, 3)?.contiguous()?;
        let mixed = mixed.reshape((seeds, rows * length, width))?;
        let result = pass.affine(self.out, &mixed)?;
        result.reshape((seeds, rows, length, width))
    }
}

/// The summand of scores (…, length, length): 0 where a step attends, and else -∞.
fn causal_mask(length: usize, kind: DType, device: &Device) -> candle_core::Result<Tensor> {
    let allowed = |index: usize| {
        let (from, to) = (index / length, index % length);
        if to <= from { 0.0 } else { f64::NEG_INFINITY }
    };
    let mask: Vec<f64> = (0..length * length).map(allowed).collect();
    let mask = Tensor::from_vec(mask, (1, length, length), &Device::Cpu)?;
    mask.to_dtype(kind)?.to_device(device)
}
