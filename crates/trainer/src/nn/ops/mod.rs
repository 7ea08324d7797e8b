//! Tensor operators with fixed orders of summation.

pub(crate) mod affine;
pub(crate) mod convolution;
pub(crate) mod gather;
pub(crate) mod matmul;
pub(crate) mod operator;
pub(crate) mod recurrence;
