//! Devices that networks train on, opened without a panic.
//!
//! candle's CUDA back end looks for the driver when it is first used and panics where there is none.
//! The panic is caught here and becomes an error. No object is half made at that time.

use std::panic::{self, UnwindSafe};

use candle_core::Device;
use reprove_model::diagnostics::Hint;
use reprove_model::manifest;

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

/// Device on which networks train.
#[derive(Debug, Clone)]
pub struct TrainingDevice(pub(crate) Device);

impl TrainingDevice {
    /// The processor.
    pub fn cpu() -> Self {
        Self(Device::Cpu)
    }

    /// Opens a device of this machine.
    ///
    /// # Errors
    /// A build without the feature `cuda` or `metal`, a machine without such a device or its driver.
    pub fn open(device: manifest::Device) -> Result<Self, DeviceError> {
        let opened = match device {
            manifest::Device::Cpu => Device::Cpu,
            manifest::Device::Cuda(ordinal) => open_cuda(ordinal as usize)?,
            manifest::Device::Metal => open_metal()?,
        };
        Ok(Self(opened))
    }
}

fn open_cuda(ordinal: usize) -> Result<Device, DeviceError> {
    if !candle_core::utils::cuda_is_available() {
        return Err(DeviceError::NotBuilt {
            device: "CUDA",
            feature: "cuda",
        });
    }
    open("CUDA", ordinal, move || Device::new_cuda(ordinal))
}

fn open_metal() -> Result<Device, DeviceError> {
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
        let error = TrainingDevice::open(manifest::Device::Cuda(0)).unwrap_err();
        assert_eq!(error.to_string(), "this build has no CUDA back end");
        assert_eq!(
            error.hint().as_deref(),
            Some("build with `--features cuda`, or take the device `cpu`")
        );
    }
}
