//! The blueprint of a network: its steps and the specifications of its parameters.

use std::rc::Rc;

use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::LayerStep;
use crate::nn::layer::build_all;
use crate::nn::parameter::ParameterSpec;
use crate::nn::shape::ShapeError;
use crate::spec::initial::Initial;
use crate::spec::model::Model;

/// The numbers of inputs and outputs of a network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IoWidths {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

/// The parts of a network; the same for all its seeds.
pub(crate) struct Blueprint {
    pub(crate) steps: Rc<Vec<Box<dyn LayerStep>>>,
    /// The specifications of the parameters in the order of the layers.
    pub(crate) parameters: Vec<ParameterSpec>,
    /// The number of channels of each batch normalisation.
    pub(crate) channels: Vec<usize>,
}

impl Blueprint {
    /// The blueprint of a model.
    ///
    /// # Errors
    /// Shapes that a layer does not take.
    pub(crate) fn new(
        model: &Model,
        initial: &Initial,
        widths: IoWidths,
    ) -> Result<Self, ShapeError> {
        let mut builder = BlueprintBuilder::new(initial);
        let layers = model.layers(widths.outputs);
        let steps = build_all(&layers, &mut builder, vec![widths.inputs])?;
        let (parameters, channels) = builder.finish();
        Ok(Self {
            steps: Rc::new(steps),
            parameters,
            channels,
        })
    }
}
