//! Neural networks: layers, their parameters, and the forward pass.
//!
//! Each layer has a file of its own; [`layer`] has the interface and the steps to add one.

pub(crate) mod activation;
pub(crate) mod attention;
pub(crate) mod batch_norm;
pub(crate) mod bias;
pub(crate) mod block;
pub(crate) mod blueprint;
pub(crate) mod builder;
pub(crate) mod concatenate;
pub(crate) mod convolution;
pub(crate) mod dropout;
pub(crate) mod embedding;
pub(crate) mod flatten;
pub(crate) mod forward;
pub(crate) mod frozen;
pub(crate) mod global_pool;
pub(crate) mod init;
pub(crate) mod layer;
pub(crate) mod layer_norm;
pub(crate) mod layers;
pub(crate) mod linear;
pub(crate) mod low_rank;
pub(crate) mod network;
pub(crate) mod normalisation;
pub(crate) mod ops;
pub(crate) mod parameter;
pub(crate) mod pool;
pub(crate) mod positions;
pub(crate) mod pretrained;
pub(crate) mod recurrent;
pub(crate) mod reshape;
pub(crate) mod residual;
pub(crate) mod rms_norm;
pub(crate) mod select_step;
pub(crate) mod shape;
pub(crate) mod transpose;
pub(crate) mod window;
