//! The rules of the hardware.

use super::common::size;
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
            .hint("`cuda` is the first GPU, `cuda:1` the second")
        })),
    };
    let threads = problems.keep(match doc.threads.unwrap_or(1) {
        threads @ 1..=4096 => Ok(threads),
        threads => Err(Problem::at(
            "hardware.threads",
            format!("expected 1 to 4096 threads a run, found {threads}"),
        )),
    });
    let require = doc.require.unwrap_or_default();
    let compute_capability = require.compute_capability.map(|text| capability(&text));
    let compute_capability = problems.keep(compute_capability.transpose());
    let gpu_memory = problems.keep(size(require.gpu_memory, "hardware.require.gpu_memory"));
    let memory = problems.keep(size(require.memory, "hardware.require.memory"));
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
