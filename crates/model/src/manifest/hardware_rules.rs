//! The rules of the hardware.

use super::common::size;
use super::document::HardwareDoc;
use super::error::Problem;
use super::hardware::{Device, Hardware, Require};

/// The hardware that is asked for.
pub(super) fn hardware(doc: HardwareDoc) -> Result<Hardware, Problem> {
    let device = match doc.device {
        None => Device::Cpu,
        Some(text) => Device::parse(&text).ok_or_else(|| {
            Problem::at(
                "hardware.device",
                format!("expected `cpu`, `cuda`, `cuda:N` or `metal`, found `{text}`"),
            )
        })?,
    };
    let threads = doc.threads.unwrap_or(1);
    if threads == 0 || threads > 4096 {
        return Err(Problem::at(
            "hardware.threads",
            format!("expected 1 to 4096 threads a run, found {threads}"),
        ));
    }
    let require = doc.require.unwrap_or_default();
    let compute_capability = require
        .compute_capability
        .map(|text| capability(&text))
        .transpose()?;
    Ok(Hardware {
        device,
        threads,
        require: Require {
            gpu_memory: size(require.gpu_memory, "hardware.require.gpu_memory")?,
            compute_capability,
            memory: size(require.memory, "hardware.require.memory")?,
            cpu_features: require.cpu_features.unwrap_or_default(),
        },
        reported: doc
            .reported
            .unwrap_or_default()
            .into_iter()
            .map(|(k, v)| (k, v.to_string()))
            .collect(),
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
