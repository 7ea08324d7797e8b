//! Neural networks: layers, their parameters, and the forward pass.

pub(crate) mod activation;
pub(crate) mod attention;
pub(crate) mod blueprint;
pub(crate) mod forward;
pub(crate) mod init;
pub(crate) mod layer;
pub(crate) mod network;
pub(crate) mod ops;
pub(crate) mod pretrained;
pub(crate) mod recurrent;
pub(crate) mod sequence;
