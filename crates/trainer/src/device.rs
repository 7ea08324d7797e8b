//! The devices that a run can have, opened without a panic.
//!
//! candle's CUDA back end looks for the driver when it is first used and panics where there is none.
//! Here the panic is caught and told as a message; it leaves nothing half done, because nothing was
//! made yet.

use reprove_model::diagnostics::Hint;
use std::panic::{self, UnwindSafe};

use candle_core::Device;

/// A device that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// This binary was built without the back end.
    #[error("this build has no {device} back end")]
    NotBuilt {
        /// `CUDA` or `Metal`.
        device: &'static str,
        /// The cargo feature that has it.
        feature: &'static str,
    },
    /// The machine has no such device, or no driver for it.
    #[error("{device} device {ordinal} cannot be used: {message}")]
    Unusable {
        /// `CUDA` or `Metal`.
        device: &'static str,
        /// Its number, from 0.
        ordinal: usize,
        /// The message of the back end.
        message: String,
    },
}

impl Hint for DeviceError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotBuilt { feature, .. } => Some(format!(
                "build with `--features {feature}`, or take the device `cpu`"
            )),
            Self::Unusable { .. } => None,
        }
    }
}

/// Opens the CUDA device of this number.
///
/// # Errors
/// A build without the feature `cuda`, a machine without driver or device.
pub fn open_cuda(ordinal: usize) -> Result<Device, DeviceError> {
    if !candle_core::utils::cuda_is_available() {
        return Err(DeviceError::NotBuilt {
            device: "CUDA",
            feature: "cuda",
        });
    }
    open("CUDA", ordinal, move || Device::new_cuda(ordinal))
}

/// Opens the Metal device.
///
/// # Errors
/// A build without the feature `metal`, a machine without such a device.
pub fn open_metal() -> Result<Device, DeviceError> {
    if !candle_core::utils::metal_is_available() {
        return Err(DeviceError::NotBuilt {
            device: "Metal",
            feature: "metal",
        });
    }
    open("Metal", 0, || Device::new_metal(0))
}

fn open(
    device: &'static str,
    ordinal: usize,
    make: impl FnOnce() -> candle_core::Result<Device> + UnwindSafe,
) -> Result<Device, DeviceError> {
    // The message that the panic would print says less than ours. Devices are opened before any other
    // thread runs that could panic.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(make);
    panic::set_hook(hook);
    let message = match result {
        Ok(Ok(device)) => return Ok(device),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the driver is missing or broken".to_owned(),
    };
    Err(DeviceError::Unusable {
        device,
        ordinal,
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_back_end_that_panics_or_fails_is_told_as_a_message() {
        let shown = |result: Result<Device, DeviceError>| result.unwrap_err().to_string();
        let panics = open("CUDA", 1, || panic!("no libcuda"));
        assert_eq!(
            shown(panics),
            "CUDA device 1 cannot be used: the driver is missing or broken"
        );
        let fails = open("CUDA", 0, || candle_core::bail!("out of memory"));
        assert!(shown(fails).starts_with("CUDA device 0 cannot be used: out of memory"));
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_build_without_cuda_says_so() {
        let error = open_cuda(0).unwrap_err();
        assert_eq!(error.to_string(), "this build has no CUDA back end");
        assert_eq!(
            error.hint().as_deref(),
            Some("build with `--features cuda`, or take the device `cpu`")
        );
    }
}
