//! Self-attention.

use candle_core::{DType, Device, Result, Tensor};

use crate::nn::activation::activate;
use crate::nn::blueprint::AttentionParams;
use crate::nn::forward::ForwardPass;
use crate::nn::ops::matmul::matmul;
use crate::nn::sequence::Mask;
use crate::spec::recipe::Activation;

impl ForwardPass<'_> {
    /// (seeds, rows, length, width) of the same.
    pub(crate) fn attention(&self, heads: &AttentionParams, values: &Tensor) -> Result<Tensor> {
        let (seeds, rows, length, width) = values.dims4()?;
        let (count, each) = (heads.count, width / heads.count);
        let flat = values.reshape((seeds, rows * length, width))?;
        let projected = self.affine(heads.into, &flat)?;
        // Queries, keys and values apart, and the heads of all rows as one batch.
        let parts = [seeds, rows, length, 3, count, each];
        let parts = projected.reshape(&parts[..])?.permute([3, 0, 1, 4, 2, 5])?;
        let parts = parts.contiguous()?;
        let batch = seeds * rows * count;
        let part = |index: usize| parts.narrow(0, index, 1)?.reshape((batch, length, each));
        let (queries, keys, contents) = (part(0)?, part(1)?, part(2)?);
        let queries = (queries * (1.0 / (each as f64).sqrt()))?;
        let mut scores = matmul(&queries, &keys.transpose(1, 2)?.contiguous()?)?;
        if heads.mask == Mask::Causal {
            scores = scores.broadcast_add(&earlier(length, scores.dtype(), scores.device())?)?;
        }
        let mut weights = activate(Activation::Softmax, &scores)?;
        let (name, share) = &heads.dropout;
        if *share > 0.0 {
            weights = self.dropped(weights, name, *share)?;
        }
        let mixed = matmul(&weights, &contents)?.reshape((seeds, rows, count, length, each))?;
        let mixed = mixed.transpose(2, 3)?.contiguous()?;
        let mixed = mixed.reshape((seeds, rows * length, width))?;
        let result = self.affine(heads.out, &mixed)?;
        result.reshape((seeds, rows, length, width))
    }
}

/// Added to scores (…, length, length): 0 where a step may look and -∞ where it may not.
fn earlier(length: usize, kind: DType, device: &Device) -> Result<Tensor> {
    let allowed = |index: usize| {
        let (from, to) = (index / length, index % length);
        if to <= from { 0.0 } else { f64::NEG_INFINITY }
    };
    let mask: Vec<f64> = (0..length * length).map(allowed).collect();
    let mask = Tensor::from_vec(mask, (1, length, length), &Device::Cpu)?;
    mask.to_dtype(kind)?.to_device(device)
}
