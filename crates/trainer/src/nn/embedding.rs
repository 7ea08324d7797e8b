//! The embedding: each index becomes its trained vector, as a further dimension.

use candle_core::{DType, Tensor};

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::shape::ShapeError;

/// The largest number of vectors: indices travel as 32-bit numbers with 24 exact bits.
const LARGEST: u64 = 1 << 24;

/// `embedding: {count: 50, width: 8}`. The indices are the inputs of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Embedding {
    /// The number of vectors, at least 1; indices are whole numbers from 0 to below it.
    pub(crate) count: usize,
    /// The length of a vector, at least 1.
    pub(crate) width: usize,
}

impl ReadLayer for Embedding {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("embedding", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        let fields = written.settings()?.fields(&["count", "width"])?;
        let count = fields.required("count")?;
        match count.whole() {
            Some(1..=LARGEST) => Ok(Self {
                count: count.count(1)?,
                width: fields.required("width")?.count(1)?,
            }),
            _ => Err(count.unexpected(&format!("a whole number from 1 to {LARGEST}"))),
        }
    }
}

impl LayerOps for Embedding {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok([shape, &[self.width]].concat())
    }

    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        _shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        Ok(Box::new(EmbeddingStep {
            table: builder.table(self.count, self.width),
        }))
    }

    fn largest_tensor(&self, _batch: usize, _shape: &[usize], _after: &[usize]) -> usize {
        self.count * self.width
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.read_indices("embedding", self.count);
    }

    fn properties(&self) -> Properties {
        Properties::RAW
    }
}

struct EmbeddingStep {
    table: usize,
}

impl LayerStep for EmbeddingStep {
    /// (seeds, rows, …, width) of indices (seeds, rows, …).
    fn forward(&self, pass: &mut ForwardPass<'_>, indices: Tensor) -> candle_core::Result<Tensor> {
        let table = pass.parameter(self.table);
        let (seeds, count, width) = table.dims3()?;
        let first: Vec<u32> = (0..seeds).map(|seed| (seed * count) as u32).collect();
        let first = Tensor::from_vec(first, (seeds, 1), indices.device())?;
        let at = indices.to_dtype(DType::U32)?.reshape((seeds, ()))?;
        let at = at.broadcast_add(&first)?.flatten_all()?;
        let vectors = table
            .reshape((seeds * count, width))?
            .index_select(&at, 0)?;
        vectors.reshape([indices.dims(), &[width]].concat())
    }
}
