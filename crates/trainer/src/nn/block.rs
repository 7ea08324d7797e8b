//! Blocks: inner layers whose outputs are combined with the inputs of the block.

use std::marker::PhantomData;

use candle_core::Tensor;

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{
    AnyLayer, InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer, build_all, largest_of_all,
    shape_after,
};
use crate::nn::shape::ShapeError;

/// Combination of the inputs x of a block with the outputs f(x) of its layers.
pub(crate) trait Combination: 'static {
    /// Name of the block in a recipe.
    const NAME: &'static str;

    /// The shape of the combination.
    ///
    /// # Errors
    /// Shapes that cannot be combined.
    fn shape(inputs: &[usize], outputs: Vec<usize>) -> Result<Vec<usize>, ShapeError>;

    /// The combination of inputs with outputs.
    ///
    /// # Errors
    /// A tensor operation that fails.
    fn combine(inputs: Tensor, outputs: Tensor) -> candle_core::Result<Tensor>;
}

/// `NAME: [LAYER, …]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block<L, C>(Vec<L>, PhantomData<C>);

impl<L, C> Block<L, C> {
    /// A block of these layers.
    pub(crate) fn of(layers: Vec<L>) -> Self {
        Self(layers, PhantomData)
    }
}

impl<L: AnyLayer, C: Combination> ReadLayer for Block<L, C> {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![(C::NAME, ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        written.layers().map(Self::of)
    }
}

impl<L: LayerOps, C: Combination> LayerOps for Block<L, C> {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let outputs = shape_after(&self.0, shape).map_err(|error| error.inside(C::NAME))?;
        C::shape(shape, outputs)
    }

    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        let steps = build_all(&self.0, builder, shape.to_vec())?;
        Ok(Box::new(BlockStep::<C>(steps, PhantomData)))
    }

    fn largest_tensor(&self, batch: usize, shape: &[usize], _after: &[usize]) -> usize {
        largest_of_all(&self.0, batch, shape.to_vec())
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.compute();
        trace.block(C::NAME, &self.0);
    }

    fn properties(&self) -> Properties {
        Properties {
            has_dropout: self.0.iter().any(|layer| layer.properties().has_dropout),
            ..Properties::RAW
        }
    }
}

struct BlockStep<C>(Vec<Box<dyn LayerStep>>, PhantomData<C>);

impl<C: Combination> LayerStep for BlockStep<C> {
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let outputs = pass.through(&self.0, values.clone())?;
        C::combine(values, outputs)
    }
}
