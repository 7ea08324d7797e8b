//! The compute capability of a CUDA GPU.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A GPU's compute capability, ordered by generation: `8.6` is less than `8.10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComputeCapability {
    /// The generation.
    pub major: u32,
    /// The revision within it.
    pub minor: u32,
}

/// Why a text is no compute capability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a compute capability such as `8.0`, found `{}`", found.escape_debug())]
pub struct ParseComputeCapabilityError {
    /// The whole text.
    pub found: String,
}

impl FromStr for ComputeCapability {
    type Err = ParseComputeCapabilityError;

    fn from_str(text: &str) -> Result<Self, ParseComputeCapabilityError> {
        let digits = |part: &str| {
            part.parse()
                .ok()
                .filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        text.split_once('.')
            .and_then(|(major, minor)| {
                Some(Self {
                    major: digits(major)?,
                    minor: digits(minor)?,
                })
            })
            .ok_or_else(|| ParseComputeCapabilityError {
                found: text.to_owned(),
            })
    }
}

impl fmt::Display for ComputeCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Serialize for ComputeCapability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ComputeCapability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
