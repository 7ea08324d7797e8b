//! The spine: one function, one line a stage.
