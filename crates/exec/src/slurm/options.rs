//! What is asked of Slurm, and how long its answers are waited for.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::batch::Batch;
use reprove_model::manifest::{ByteSize, Device, Experiment, Limits, Manifest};

/// Tasks of one array at most, unless something else is asked: Slurm's own default allows so many.
pub const ARRAY_WIDTH: u32 = 1000;

/// What is asked of Slurm for each task, and how arrays are cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlurmOptions {
    /// The partition; Slurm's default when absent.
    pub partition: Option<String>,
    /// The account that is charged.
    pub account: Option<String>,
    /// The time limit of a task, as Slurm reads it: `10`, `1:00:00`, `2-0`.
    pub time: Option<String>,
    /// Memory of a task, as Slurm reads it: `4G`.
    pub memory: Option<String>,
    /// GPUs of a task, as Slurm's `--gres` reads it: `gpu:1`.
    pub gpus: Option<String>,
    /// Processors of a task, ≥ 1.
    pub threads: u32,
    /// Tasks of one array at most, ≥ 1; `ARRAY_WIDTH` when absent.
    pub array_width: Option<u32>,
    /// Tasks of one array that run at once at most; no limit when absent.
    pub at_once: Option<u32>,
    /// Further arguments of `sbatch`, as they are.
    pub extra: Vec<String>,
}

impl Default for SlurmOptions {
    fn default() -> Self {
        Self {
            partition: None,
            account: None,
            time: None,
            memory: None,
            gpus: None,
            threads: 1,
            array_width: None,
            at_once: None,
            extra: Vec::new(),
        }
    }
}

/// How long to wait for what may come or may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Time between two looks, at first and at most.
    pub look: (Duration, Duration),
    /// For a controller that does not answer.
    pub unreachable: Duration,
    /// For a job that is held.
    pub held: Duration,
    /// For the status of a task that has ended: network file systems show files late.
    pub settle: Duration,
    /// For all of a round's tasks together; for ever when absent, since queues may be long.
    pub total: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            look: (Duration::from_millis(500), Duration::from_secs(15)),
            unreachable: Duration::from_secs(30 * 60),
            held: Duration::from_secs(60 * 60),
            settle: Duration::from_secs(10),
            total: None,
        }
    }
}

impl SlurmOptions {
    /// These options, and what the manifest says where they say nothing: under `slurm`, else what
    /// one run of its program is allowed and the device that it needs.
    #[must_use]
    pub fn or(self, manifest: &Manifest, device: Device) -> Self {
        let wish = manifest.slurm.clone();
        let limits = match &manifest.experiment {
            Experiment::Program(program) => program.limits.clone(),
            Experiment::Recipe(_) => Limits::default(),
        };
        // sbatch reads whole minutes; a run that ends in time also has to be set up and written.
        let minutes = |time: Duration| time.as_secs().div_ceil(60) + 5;
        // reprove itself needs some memory beside the program.
        let mebibytes = |size: ByteSize| (size.0 >> 20) + 256;
        let gpu = || match device {
            Device::Cuda(_) => Some("gpu:1".to_owned()),
            Device::Cpu | Device::Metal => None,
        };
        Self {
            partition: self.partition.or(wish.partition),
            account: self.account.or(wish.account),
            time: (self.time.or(wish.time))
                .or_else(|| limits.time.map(|time| minutes(time).to_string())),
            memory: (self.memory.or(wish.memory))
                .or_else(|| limits.memory.map(|size| format!("{}M", mebibytes(size)))),
            gpus: self.gpus.or(wish.gpus).or_else(gpu),
            threads: manifest.hardware.threads,
            array_width: self.array_width.or(wish.array_width),
            ..self
        }
    }

    /// The arguments of `sbatch` for an array of so many tasks.
    pub(super) fn arguments(&self, batch: &Batch, count: usize, script: &Path) -> Vec<OsString> {
        let at_once = self.at_once.map_or(String::new(), |n| format!("%{n}"));
        let mut arguments: Vec<OsString> = vec![
            "--parsable".into(),
            format!("--job-name={}", batch.content.name).into(),
            format!("--comment={}", batch.content.name).into(),
            format!("--array=0-{}{at_once}", count - 1).into(),
            // A task that Slurm starts again by itself would hide that a node was lost.
            "--no-requeue".into(),
            "--kill-on-invalid-dep=yes".into(),
            // What the user's shell happens to hold is no part of a run.
            "--export=HOME,PATH".into(),
            "--nodes=1".into(),
            "--ntasks=1".into(),
            format!("--cpus-per-task={}", self.threads.max(1)).into(),
        ];
        let mut path = |option: &str, path: &Path| {
            let mut argument = OsString::from(option);
            argument.push(path);
            arguments.push(argument);
        };
        path("--chdir=", &batch.folder);
        path("--output=", &batch.log_file("%a"));
        let given = [
            ("--partition=", &self.partition),
            ("--account=", &self.account),
            ("--time=", &self.time),
            ("--mem=", &self.memory),
            ("--gres=", &self.gpus),
        ];
        for (option, value) in given {
            arguments.extend(value.iter().map(|value| format!("{option}{value}").into()));
        }
        arguments.extend(self.extra.iter().map(OsString::from));
        arguments.push(script.into());
        arguments
    }
}
