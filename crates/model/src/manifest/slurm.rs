//! What the manifest asks of Slurm, where runs are made through it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::Problem;
use super::scalar::Scalar;

/// The resources of each Slurm task, where the command line states no other.
///
/// Further arguments of `sbatch` are the user's alone to give: they can name files to write and
/// users to run as, and a manifest is a stranger's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Slurm {
    /// The partition.
    pub partition: Option<String>,
    /// The account that is charged.
    pub account: Option<String>,
    /// The time limit of a task, as Slurm reads it.
    pub time: Option<String>,
    /// Memory of a task, as Slurm reads it.
    pub memory: Option<String>,
    /// GPUs of a task, as Slurm's `--gres` reads it.
    pub gpus: Option<String>,
    /// Tasks of one array at most, ≥ 1.
    pub array_width: Option<u32>,
}

/// The part of the manifest as it is written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SlurmDoc {
    /// The partition.
    partition: Option<Scalar>,
    /// The account that is charged.
    account: Option<Scalar>,
    /// The time limit of a task, as `sbatch` takes it.
    #[schemars(example = &"2:00:00")]
    time: Option<Scalar>,
    /// Memory of a task, as `sbatch` takes it.
    #[schemars(example = &"8G")]
    memory: Option<Scalar>,
    /// GPUs of a task, as `--gres` of `sbatch` takes them.
    #[schemars(example = &"gpu:a100:1")]
    gpus: Option<Scalar>,
    /// Tasks of an array side by side.
    #[schemars(range(min = 1))]
    array_width: Option<u32>,
}

/// The part of the manifest whose rules hold.
pub(super) fn slurm(doc: SlurmDoc) -> Result<Slurm, Problem> {
    if doc.array_width == Some(0) {
        let text = "expected 1 task or more, found 0".to_owned();
        return Err(Problem::at("slurm.array_width", text));
    }
    Ok(Slurm {
        partition: value(doc.partition, "partition")?,
        account: value(doc.account, "account")?,
        time: value(doc.time, "time")?,
        memory: value(doc.memory, "memory")?,
        gpus: value(doc.gpus, "gpus")?,
        array_width: doc.array_width,
    })
}

/// A value of one of `sbatch`'s options: the characters that Slurm's own names and amounts have.
fn value(found: Option<Scalar>, key: &str) -> Result<Option<String>, Problem> {
    let Some(found) = found else { return Ok(None) };
    let text = found.to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.:,+/=".contains(c);
    if !text.is_empty() && text.len() <= 200 && text.chars().all(is_plain) {
        return Ok(Some(text));
    }
    Err(Problem::at(
        format!("slurm.{key}"),
        format!(
            "expected letters, digits and `_-.:,+/=`, found `{}`",
            text.escape_default()
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Slurm, String> {
        let doc: SlurmDoc = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        slurm(doc).map_err(|problem| format!("{}: {}", problem.path, problem.text))
    }

    #[test]
    fn wishes_are_read_as_slurm_writes_them() {
        let read = read(
            "{partition: gpu, time: 1-02:00:00, memory: 8G, gpus: 'gpu:a100:1', array_width: 50}",
        )
        .unwrap();
        assert_eq!(read.partition.as_deref(), Some("gpu"));
        assert_eq!(read.time.as_deref(), Some("1-02:00:00"));
        assert_eq!(read.gpus.as_deref(), Some("gpu:a100:1"));
        assert_eq!(read.array_width, Some(50));
    }

    #[test]
    fn what_is_no_wish_is_refused() {
        assert_eq!(
            read("{partition: 'a b'}").unwrap_err(),
            "slurm.partition: expected letters, digits and `_-.:,+/=`, found `a b`"
        );
        assert!(read("{array_width: 0}").is_err());
        assert!(read("{args: [--uid=0]}").is_err());
    }
}
