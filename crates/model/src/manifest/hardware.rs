//! The hardware that a manifest asks for.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::byte_size::ByteSize;

/// The hardware that the manifest asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hardware {
    /// The device of every run.
    pub device: Device,
    /// Threads a run, ≥ 1.
    pub threads: u32,
    /// What the machine must have.
    pub require: Require,
    /// What the paper used, in its words.
    pub reported: BTreeMap<String, String>,
}

/// What the machine must have; a requirement that is absent is not checked.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Require {
    /// Memory of one GPU.
    pub gpu_memory: Option<ByteSize>,
    /// CUDA compute capability, as `8.0`.
    pub compute_capability: Option<(u32, u32)>,
    /// Main memory.
    pub memory: Option<ByteSize>,
    /// Names as `/proc/cpuinfo` gives them.
    pub cpu_features: Vec<String>,
}

/// A device of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// The processor.
    Cpu,
    /// The CUDA device of this ordinal.
    Cuda(u32),
    /// Apple's Metal.
    Metal,
}

impl Device {
    /// Reads `cpu`, `cuda`, `cuda:1` or `metal`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "cpu" => Some(Self::Cpu),
            "cuda" => Some(Self::Cuda(0)),
            "metal" => Some(Self::Metal),
            _ => text.strip_prefix("cuda:")?.parse().ok().map(Self::Cuda),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(0) => f.write_str("cuda"),
            Self::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}
