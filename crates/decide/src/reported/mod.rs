//! Reported values: the forms in which papers print a result, interpreted as numbers with their
//! uncertainty, and the equivalence margin around them.

mod forms;
mod interpretation;
mod margin;

pub use forms::{interpret, sd_of_t_interval};
pub use interpretation::{Interpretation, NormaliseError, Uncertainty};
pub use margin::{EquivalenceMargin, margin};
