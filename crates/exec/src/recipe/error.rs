//! Errors of recipes in a build without the trainer.

use reprove_model::diagnostics::Hint;

/// Error of a recipe; a build without the trainer has none.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {}

impl Hint for RecipeError {
    fn hint(&self) -> Option<String> {
        match *self {}
    }
}
