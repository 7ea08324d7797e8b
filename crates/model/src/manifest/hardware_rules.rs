//! The rules of the hardware.

use super::byte_size::ByteSize;
use super::common::size_of_at_least;
use super::document::HardwareDoc;
use super::error::{Problem, Problems};
use super::hardware::{Device, Hardware, Require};

/// The hardware that is asked for.
pub(super) fn hardware(doc: HardwareDoc, problems: &mut Problems) -> Option<Hardware> {
    let device = match doc.device {
        None => Some(Device::Cpu),
        Some(text) => problems.keep(Device::parse(&text).ok_or_else(|| {
            Problem::at(
                "hardware.device",
                format!("expected `cpu`, `cuda`, `cuda:N` or `metal`, found `{text}`"),
            )
            .hint(device_hint(&text))
        })),
    };
    let threads = problems.keep(match doc.threads.unwrap_or(1) {
        threads @ 1..=4096 => Ok(threads),
        threads => Err(Problem::at(
            "hardware.threads",
            format!("expected 1 to 4096 threads a run, found {threads}"),
        )
        .hint("leave `threads` out for 1")),
    });
    let require = doc.require.unwrap_or_default();
    let compute_capability = require.compute_capability.map(|text| capability(&text));
    let compute_capability = problems.keep(compute_capability.transpose());
    let gpu_memory = size_of_at_least(
        LEAST_MEMORY,
        require.gpu_memory,
        "hardware.require.gpu_memory",
    );
    let gpu_memory = problems.keep(gpu_memory);
    let memory = size_of_at_least(LEAST_MEMORY, require.memory, "hardware.require.memory");
    let memory = problems.keep(memory);
    let reported = doc.reported.unwrap_or_default().into_iter();
    Some(Hardware {
        device: device?,
        threads: threads?,
        require: Require {
            gpu_memory: gpu_memory?,
            compute_capability: compute_capability?,
            memory: memory?,
            cpu_features: require.cpu_features.unwrap_or_default(),
        },
        reported: reported.map(|(k, v)| (k, v.to_string())).collect(),
    })
}

/// The least memory that a machine has.
const LEAST_MEMORY: ByteSize = ByteSize(1 << 20);

/// Suggested fix of a text that names no device.
fn device_hint(text: &str) -> String {
    let lower = text.to_lowercase();
    let number = lower.trim_start_matches(|c: char| !c.is_ascii_digit());
    let is_gpu = ["cuda", "gpu", "nvidia"]
        .iter()
        .any(|name| lower.starts_with(name));
    match (lower.as_str(), number.parse::<u32>()) {
        ("cpu" | "processor" | "auto", _) => "write `cpu`".to_owned(),
        ("mps", _) => "write `metal`".to_owned(),
        (_, Ok(number)) if is_gpu => format!("write `cuda:{number}`"),
        _ => "write `cuda` for the first GPU, `cuda:1` for the second".to_owned(),
    }
}

/// A compute capability, as `8.0`.
fn capability(text: &str) -> Result<(u32, u32), Problem> {
    text.split_once('.')
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)))
        .ok_or_else(|| {
            Problem::at(
                "hardware.require.compute_capability",
                format!("expected a version such as \"8.0\", found `{text}`"),
            )
        })
}
