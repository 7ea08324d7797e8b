//! The interface of a layer.
//!
//! # Adding a layer
//! 1. Write `nn/NAME.rs`: a struct with the settings, its [`ReadLayer`] (the names in recipes and
//!    the settings' YAML), its [`LayerOps`] (shape rule, parameters, size) and its
//!    [`LayerStep`] (the forward pass).
//! 2. Declare the file in `nn/mod.rs`.
//! 3. Add a row to the table in `nn/layers.rs`.
//!
//! The compiler names each missing method, and a layer that is not in the table is dead code, which
//! the build refuses. A layer with parameters also gets a case in `fixtures/torch`, and each layer
//! a paragraph in `models.md`.

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::LayerStep;
use crate::nn::shape::{ShapeError, of_moderate_size};
use crate::spec::read::node::RecipeNode;

/// The rules of a layer, given its settings.
pub(crate) trait LayerOps {
    /// The shape of a row after the layer.
    ///
    /// # Errors
    /// A shape that the layer does not take.
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError>;

    /// Adds the layer's parameters to the blueprint and gives its forward pass, for rows of the
    /// shape `shape` before the layer and `after` after it.
    ///
    /// # Errors
    /// A shape that the layer does not take.
    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError>;

    /// The number of elements of the layer's largest tensor besides its inputs, of one seed and a
    /// batch of so many rows; 0 if no tensor is larger than the inputs and outputs.
    fn largest_tensor(&self, batch: usize, shape: &[usize], after: &[usize]) -> usize;

    /// Follows the inputs of the network through the layer.
    fn trace(&self, trace: &mut InputTrace);

    /// Further properties of the layer.
    fn properties(&self) -> Properties;
}

/// The names of a layer in recipes and the YAML of its settings.
pub(crate) trait ReadLayer: LayerOps + Sized {
    /// What a name decides about the settings.
    type Form: Copy + 'static;

    /// The layer's names.
    fn names() -> Vec<(&'static str, Self::Form)>;

    /// Reads the settings.
    ///
    /// # Errors
    /// Settings that are missing, unknown or out of range.
    fn read(form: Self::Form, written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError>;
}

/// A layer of any kind, for blocks that hold other layers.
pub(crate) trait AnyLayer: LayerOps + Sized {
    /// Reads a layer of any kind.
    ///
    /// # Errors
    /// A name that no layer has, and the errors of [`ReadLayer::read`].
    fn read_any(node: &RecipeNode<'_>) -> Result<Self, RecipeError>;
}

/// Properties of a layer that rules of the whole model look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Properties {
    /// Whether the layer drops numbers in training.
    pub(crate) has_dropout: bool,
    /// The kind of numbers that the layer gives.
    pub(crate) output: OutputKind,
}

/// The kind of numbers that a layer gives, as far as losses distinguish them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputKind {
    /// Numbers without an activation.
    Raw,
    /// Logarithms of probabilities.
    LogProbabilities,
    /// Numbers of another activation.
    Activated,
}

impl Properties {
    /// No dropout, and numbers without an activation.
    pub(crate) const RAW: Self = Self {
        has_dropout: false,
        output: OutputKind::Raw,
    };
}

/// A layer as a recipe writes it: a name alone, or a name with settings.
pub(crate) struct WrittenLayer<'n, 'd> {
    node: &'n RecipeNode<'d>,
    name: &'static str,
    settings: Option<RecipeNode<'d>>,
}

impl<'n, 'd> WrittenLayer<'n, 'd> {
    pub(crate) fn new(
        node: &'n RecipeNode<'d>,
        name: &'static str,
        settings: Option<RecipeNode<'d>>,
    ) -> Self {
        Self {
            node,
            name,
            settings,
        }
    }

    /// The settings.
    ///
    /// # Errors
    /// A name alone.
    pub(crate) fn settings(self) -> Result<RecipeNode<'d>, RecipeError> {
        self.settings.ok_or_else(|| RecipeError::MissingKey {
            at: self.node.place(),
            key: self.name.to_owned(),
        })
    }

    /// The settings, or an empty mapping after a name alone.
    pub(crate) fn settings_or_defaults(self) -> RecipeNode<'d> {
        self.settings
            .unwrap_or_else(|| self.node.empty_mapping(self.name))
    }

    /// Checks that the name stands alone.
    ///
    /// # Errors
    /// A name with settings.
    pub(crate) fn without_settings(self) -> Result<(), RecipeError> {
        match self.settings {
            None => Ok(()),
            Some(settings) => Err(settings.conflict("takes no settings")),
        }
    }

    /// The layers of a block.
    ///
    /// # Errors
    /// No list, an empty list, and the errors of the layers.
    pub(crate) fn layers<L: AnyLayer>(self) -> Result<Vec<L>, RecipeError> {
        let settings = self.settings()?;
        let layers = settings.list()?;
        if layers.is_empty() {
            return Err(settings.unexpected("at least one layer"));
        }
        layers.iter().map(L::read_any).collect()
    }
}

/// The inputs of a network on their way through its layers. An embedding reads them as indices, which
/// only works while no layer has computed with them.
pub(crate) struct InputTrace {
    /// Whether the numbers are still the inputs, in any shape.
    is_input: bool,
    /// The path of the layer at work.
    path: String,
    /// The path of the layer that reads the inputs as indices, and the number of indices.
    indices: Option<(String, usize)>,
    /// Whether a layer reads results of other layers as indices.
    is_misplaced: bool,
}

impl InputTrace {
    fn new() -> Self {
        Self {
            is_input: true,
            path: String::new(),
            indices: None,
            is_misplaced: false,
        }
    }

    /// Notes that a layer computes with the numbers.
    pub(crate) fn compute(&mut self) {
        self.is_input = false;
    }

    /// Notes that a layer of this name reads the numbers as indices from 0 to below `count`.
    pub(crate) fn read_indices(&mut self, name: &str, count: usize) {
        if self.is_input {
            self.indices = Some((format!("{}.{name}", self.path), count));
        } else {
            self.is_misplaced = true;
        }
        self.is_input = false;
    }

    /// Follows the inputs through the layers of a block of this name.
    pub(crate) fn block<L: LayerOps>(&mut self, name: &str, layers: &[L]) {
        let outside = self.path.len();
        self.path.push('.');
        self.path.push_str(name);
        for (index, layer) in layers.iter().enumerate() {
            self.layer(index, layer);
        }
        self.path.truncate(outside);
    }

    fn layer<L: LayerOps>(&mut self, index: usize, layer: &L) {
        let outside = self.path.len();
        self.path.push_str(&format!("[{index}]"));
        layer.trace(self);
        self.path.truncate(outside);
    }
}

/// The index of the first layer that reads results of other layers as indices, or that holds one.
pub(crate) fn misplaced_embedding<L: LayerOps>(layers: &[L]) -> Option<usize> {
    let mut trace = InputTrace::new();
    layers.iter().enumerate().position(|(index, layer)| {
        trace.layer(index, layer);
        trace.is_misplaced
    })
}

/// The path of the layer that reads the inputs as indices, and the number of indices.
pub(crate) fn index_inputs<L: LayerOps>(layers: &[L]) -> Option<(String, usize)> {
    let mut trace = InputTrace::new();
    for (index, layer) in layers.iter().enumerate() {
        trace.layer(index, layer);
    }
    trace.indices
}

/// The shape of a row after these layers.
///
/// # Errors
/// A shape that a layer does not take; the error has the path of the layer.
pub(crate) fn shape_after<L: LayerOps>(
    layers: &[L],
    shape: &[usize],
) -> Result<Vec<usize>, ShapeError> {
    let mut shape = shape.to_vec();
    for (index, layer) in layers.iter().enumerate() {
        let after = layer.shape(&shape).and_then(of_moderate_size);
        shape = after.map_err(|error| error.at(index))?;
    }
    Ok(shape)
}

/// The forward passes of these layers, for rows of this shape.
///
/// # Errors
/// A shape that a layer does not take.
pub(crate) fn build_all<L: LayerOps>(
    layers: &[L],
    builder: &mut BlueprintBuilder<'_>,
    mut shape: Vec<usize>,
) -> Result<Vec<Box<dyn LayerStep>>, ShapeError> {
    let mut steps = Vec::new();
    for layer in layers {
        let after = layer.shape(&shape)?;
        steps.push(layer.build(builder, &shape, &after)?);
        shape = after;
    }
    Ok(steps)
}

/// The number of elements of the largest tensor of these layers, of one seed and a batch.
pub(crate) fn largest_of_all<L: LayerOps>(
    layers: &[L],
    batch: usize,
    mut shape: Vec<usize>,
) -> usize {
    let mut most = 1;
    for layer in layers {
        let Ok(after) = layer.shape(&shape) else {
            return most;
        };
        let inputs = batch * shape.iter().product::<usize>();
        most = most
            .max(layer.largest_tensor(batch, &shape, &after))
            .max(inputs);
        shape = after;
    }
    most
}
