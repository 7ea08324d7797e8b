//! Pure statistics on `f64`: imports nothing from the rest of the crate.
