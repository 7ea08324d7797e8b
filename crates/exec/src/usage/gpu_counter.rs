//! The energy counter of an NVIDIA GPU, through the library of its driver (NVML).

#[cfg(feature = "nvml")]
use nvml_wrapper::Nvml;

/// Energy counter of a GPU.
#[cfg(feature = "nvml")]
#[derive(Debug)]
pub(super) struct GpuCounter {
    nvml: Nvml,
    index: u32,
}

#[cfg(feature = "nvml")]
impl GpuCounter {
    /// The counter of the GPU of this index, as `nvidia-smi` counts; none without the driver's library.
    pub(super) fn open(index: u32) -> Option<Self> {
        let nvml = Nvml::init().ok()?;
        Some(Self { nvml, index })
    }

    /// Joules since the driver was loaded; none for a GPU that does not count.
    pub(super) fn joules(&self) -> Option<f64> {
        let device = self.nvml.device_by_index(self.index).ok()?;
        Some(device.total_energy_consumption().ok()? as f64 * 1e-3)
    }
}

/// Energy counter of a GPU; a build without the feature `nvml` has none.
#[cfg(not(feature = "nvml"))]
#[derive(Debug)]
pub(super) enum GpuCounter {}

#[cfg(not(feature = "nvml"))]
impl GpuCounter {
    /// None, as on a machine without the driver's library.
    pub(super) fn open(_: u32) -> Option<Self> {
        None
    }

    /// The reading of a counter, of which there is none.
    pub(super) fn joules(&self) -> Option<f64> {
        match *self {}
    }
}
