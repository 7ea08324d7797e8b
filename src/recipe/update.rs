//! The optimisers: how a gradient moves the parameters.

use candle_core::Tensor;
use candle_core::backprop::GradStore;

use super::error::RecipeError;
use super::language::Optimiser;
use super::network::Parameter;

/// The optimiser with its state.
pub(super) struct Update {
    learning_rate: f64,
    momentum: f64,
    /// A velocity for each parameter; none without momentum.
    velocities: Vec<Tensor>,
}

impl Update {
    pub(super) fn new(optimiser: Optimiser, parameters: &[Parameter]) -> Result<Self, RecipeError> {
        let Optimiser::Sgd {
            learning_rate,
            momentum,
        } = optimiser;
        let velocities = if momentum > 0.0 {
            parameters
                .iter()
                .map(|parameter| parameter.variable.zeros_like())
                .collect::<candle_core::Result<Vec<Tensor>>>()?
        } else {
            Vec::new()
        };
        Ok(Self {
            learning_rate,
            momentum,
            velocities,
        })
    }

    pub(super) fn apply(
        &mut self,
        parameters: &[Parameter],
        gradients: &GradStore,
    ) -> Result<(), RecipeError> {
        for (index, Parameter { name, variable }) in parameters.iter().enumerate() {
            // A parameter without gradient would silently stay as it began.
            let gradient = gradients
                .get(variable)
                .ok_or_else(|| candle_core::Error::Msg(format!("`{name}` has no gradient")))?;
            let direction = match self.velocities.get_mut(index) {
                Some(velocity) => {
                    *velocity = ((&*velocity * self.momentum)? + gradient)?;
                    velocity.clone()
                }
                None => gradient.clone(),
            };
            variable.set(&(variable.as_tensor() - (direction * self.learning_rate)?)?)?;
        }
        Ok(())
    }
}
