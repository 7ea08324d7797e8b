//! What the manifest requires of the machine, checked against what was observed.

use std::fmt;

use super::compute_capability::ComputeCapability;
use super::environment::{Gpu, ObservedEnvironment};
use super::{Pin, PinKind, PinStatus};
use reprove_model::manifest::ByteSize;

/// What the manifest requires; what is absent is not required.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineRequirements {
    /// The least memory of the GPU.
    pub gpu_memory: Option<ByteSize>,
    /// The least compute capability of the GPU.
    pub compute_capability: Option<ComputeCapability>,
    /// The least memory that runs can use.
    pub memory: Option<ByteSize>,
    /// Instruction sets, by the kernel's names.
    pub cpu_features: Vec<String>,
}

/// Checks each requirement; `gpu` is the index of the GPU that the runs use, as in `cuda:1`.
pub fn check(required: &MachineRequirements, here: &ObservedEnvironment, gpu: u32) -> Vec<Pin> {
    let gpu = here.gpus.iter().find(|candidate| candidate.index == gpu);
    let mut pins = Vec::new();
    if let Some(least) = required.gpu_memory {
        pins.push(at_least_of_gpu("gpu_memory", least, gpu, |gpu| {
            gpu.memory_bytes
        }));
    }
    if let Some(least) = required.compute_capability {
        pins.push(at_least_of_gpu("compute_capability", least, gpu, |gpu| {
            gpu.compute_capability
        }));
    }
    if let Some(least) = required.memory {
        pins.push(at_least("memory", least, here.usable_memory()));
    }
    pins.extend(
        required
            .cpu_features
            .iter()
            .map(|feature| cpu_feature(feature, here)),
    );
    pins
}

fn at_least<T: PartialOrd + fmt::Display>(name: &str, least: T, found: Option<T>) -> Pin {
    let expected = format!("at least {least}");
    let (status, found) = match found {
        Some(found) if found >= least => (PinStatus::Holds, found.to_string()),
        Some(found) => (PinStatus::Broken, found.to_string()),
        None => (
            PinStatus::Unknown,
            "that the machine does not say".to_owned(),
        ),
    };
    Pin::unmet(PinKind::Hardware, name, status, expected, found)
}

fn at_least_of_gpu<T: PartialOrd + fmt::Display>(
    name: &str,
    least: T,
    gpu: Option<&Gpu>,
    property: impl Fn(&Gpu) -> Option<T>,
) -> Pin {
    match gpu {
        Some(gpu) => at_least(name, least, property(gpu)),
        None => Pin::unmet(
            PinKind::Hardware,
            name,
            PinStatus::Missing,
            format!("at least {least}"),
            "no such GPU",
        ),
    }
}

fn cpu_feature(feature: &str, here: &ObservedEnvironment) -> Pin {
    let (status, found) = if here.cpu.features.contains(feature) {
        (PinStatus::Holds, format!("`{feature}`"))
    } else {
        (PinStatus::Broken, "a processor without it".to_owned())
    };
    Pin::unmet(
        PinKind::Hardware,
        "cpu_features",
        status,
        format!("`{feature}`"),
        found,
    )
}

#[cfg(test)]
mod tests {
    use super::super::environment::{Arithmetic, Cpu};
    use super::*;

    fn machine() -> ObservedEnvironment {
        ObservedEnvironment {
            architecture: "x86_64".into(),
            os: None,
            kernel: None,
            cpu: Cpu {
                model: None,
                logical: 2,
                physical: None,
                features: ["avx2".to_owned()].into(),
                arithmetic: Arithmetic::Avx2Fma,
                l1d: None,
            },
            memory_bytes: Some(ByteSize(16 << 30)),
            memory_limit_bytes: Some(ByteSize(4 << 30)),
            gpus: vec![Gpu {
                index: 1,
                name: "A100".into(),
                memory_bytes: Some(ByteSize(80 << 30)),
                compute_capability: None,
                driver: None,
            }],
        }
    }

    fn lines(required: &MachineRequirements, gpu: u32) -> Vec<String> {
        check(required, &machine(), gpu)
            .iter()
            .map(|pin| format!("{:?}: {pin}", pin.status))
            .collect()
    }

    #[test]
    fn each_requirement_is_answered() {
        let required = MachineRequirements {
            gpu_memory: Some(ByteSize(40 << 30)),
            compute_capability: Some("8.0".parse().unwrap()),
            memory: Some(ByteSize(8 << 30)),
            cpu_features: vec!["avx2".into(), "amx_tile".into()],
        };
        assert_eq!(
            lines(&required, 1),
            [
                "Holds: hardware `gpu_memory`: 80 GiB",
                "Unknown: hardware `compute_capability`: expected at least 8.0, found that the machine does not say",
                "Broken: hardware `memory`: expected at least 8 GiB, found 4 GiB",
                "Holds: hardware `cpu_features`: `avx2`",
                "Broken: hardware `cpu_features`: expected `amx_tile`, found a processor without it",
            ]
        );
        assert_eq!(
            lines(&required, 0)[0],
            "Missing: hardware `gpu_memory`: expected at least 40 GiB, found no such GPU"
        );
        assert_eq!(lines(&MachineRequirements::default(), 0), [""; 0]);
    }

    #[test]
    fn compute_capabilities_are_ordered_by_generation() {
        let read = |text: &str| text.parse::<ComputeCapability>();
        assert!(read("8.6").unwrap() < read("8.10").unwrap());
        assert!(read("10.0").unwrap() > read("9.0").unwrap());
        for text in ["8", "8.", ".0", "8.x", "+8.0", ""] {
            let message = read(text).unwrap_err().to_string();
            assert_eq!(
                message,
                format!("expected a compute capability such as `8.0`, found `{text}`")
            );
        }
    }
}
