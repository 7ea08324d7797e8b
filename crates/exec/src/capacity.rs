//! The capacity of a machine for runs side by side.

use std::num::NonZeroUsize;

use reprove_model::manifest::{Device, Experiment, Manifest};
use reprove_model::plan::Plan;
use reprove_pins::environment::ObservedEnvironment;

/// Number of runs that the machine can make side by side, by each of its resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// By the cores that this process may use and the threads of a run.
    pub by_cores: usize,
    /// By the memory that the manifest says a run needs; none where it does not say.
    pub by_memory: Option<u64>,
    /// By the GPU's memory: one run where the manifest does not say how much it needs; none without a GPU.
    pub by_gpu: Option<u64>,
}

impl Capacity {
    /// The capacity of this machine for runs of the plan. What a run needs is what the manifest requires of the
    /// machine (`hardware.require`) or allows its program (`experiment.limits.memory`).
    pub fn here(manifest: &Manifest, plan: &Plan, here: &ObservedEnvironment) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let allowed = match &manifest.experiment {
            Experiment::Program(program) => program.limits.memory,
            Experiment::Recipe(_) => None,
        };
        let require = &manifest.hardware.require;
        let shares = |all: Option<u64>, one: Option<u64>| Some(all? / one?.max(1));
        let gpu = match plan.device {
            Device::Cpu => None,
            Device::Cuda(index) => {
                let gpu = here.gpus.iter().find(|gpu| gpu.index == index);
                let memory = gpu.and_then(|gpu| gpu.memory_bytes).map(|size| size.0);
                Some(shares(memory, require.gpu_memory.map(|size| size.0)).unwrap_or(1))
            }
            Device::Metal => Some(1),
        };
        Self {
            by_cores: cores / manifest.hardware.threads.max(1) as usize,
            by_memory: shares(
                here.usable_memory().map(|size| size.0),
                require.memory.max(allowed).map(|size| size.0),
            ),
            by_gpu: gpu,
        }
    }

    /// The number of runs, ≥ 1.
    pub(super) fn runs(self) -> usize {
        let least = self.by_memory.into_iter().chain(self.by_gpu).min();
        let least = least.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        self.by_cores.min(least).max(1)
    }
}
