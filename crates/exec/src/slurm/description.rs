//! How a workload is made again on another machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Task;
use crate::build::Build;
use crate::folders::{RunFolders, RunInputs};
use crate::output::KeptFiles;
use crate::programs::ProgramRuns;
use crate::recipe;
use crate::{Artifacts, RunContext, Workload};
use reprove_model::digest::{self, Sha256Digest};
use reprove_model::manifest::{Device, Program};
use reprove_model::plan::Configuration;
use reprove_model::record::Record;
use reprove_model::seeds::RunSeed;
use reprove_sandbox::scratch::Scratch;
use reprove_sandbox::{Launcher, SandboxTier, TierRequest};

/// All that a task needs, beside its configuration and seeds, to make the workload again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Description {
    /// A recipe that is trained in the task's process.
    Recipe {
        /// Its text, placeholders not yet filled.
        text: String,
        /// Its name in messages.
        origin: String,
        /// The data, by the name that the recipe uses.
        data: BTreeMap<String, SharedData>,
        /// The device, as the manifest writes it.
        device: String,
    },
    /// A program, built where all nodes see it.
    Program(Box<SharedProgram>),
}

/// A built program on the shared file system.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SharedProgram {
    /// The program as the manifest states it.
    pub program: Program,
    /// The program as it was built.
    pub built: Build,
    /// The data, by the name that the command uses.
    pub data: BTreeMap<String, SharedData>,
    /// The device, as the manifest writes it.
    pub device: String,
    /// Threads a run, ≥ 1.
    pub threads: u32,
    /// The store, which keeps what the runs write.
    pub store: PathBuf,
    /// How tightly runs are held: on every node as where they were submitted.
    pub tier: SandboxTier,
}

/// Data on the shared file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedData {
    /// Where they are, absolute.
    pub path: PathBuf,
    /// Their pinned digest.
    pub sha256: Sha256Digest,
}

impl Description {
    /// Makes the workload of a task. The data are hashed again: the path may lead elsewhere on
    /// another machine, and a run on other data is worse than none.
    ///
    /// # Errors
    /// In one line, what is not as it was where the task was submitted.
    pub fn workload(&self, task: &Task) -> Result<Box<dyn Workload>, String> {
        let (text, origin, data, device) = match self {
            Self::Program(program) => return program.workload(),
            Self::Recipe {
                text,
                origin,
                data,
                device,
            } => (text, origin, data, device),
        };
        let files = checked(data)?;
        recipe::workload(text, origin, parse_device(device)?, &files, task)
    }
}

impl SharedProgram {
    /// Makes the runs on this machine: in a folder of its own, which goes when they have ended.
    fn workload(&self) -> Result<Box<dyn Workload>, String> {
        let built = self.built.clone().locked().map_err(|error| {
            let checkout = self.built.checkout.display();
            format!("the built program on this machine: {checkout}: {error}")
        })?;
        let launcher = Launcher::current().map_err(|error| error.to_string())?;
        let folder = Scratch::new().map_err(|error| format!("a temporary folder: {error}"))?;
        let data = checked(&self.data)?;
        let begun = RunInputs::of(&built, &data);
        let runs = ProgramRuns {
            launcher,
            program: self.program.clone(),
            folders: RunFolders::new(folder.path().join("runs"), begun, Artifacts::Remove),
            built,
            data,
            device: parse_device(&self.device)?,
            threads: self.threads,
            tier: TierRequest::Exactly(self.tier),
            kept: Some(KeptFiles::of_store(&self.store)),
        };
        Ok(Box::new(EphemeralRuns {
            runs,
            _folder: folder,
        }))
    }
}

/// Runs in a folder that goes with them.
struct EphemeralRuns {
    runs: ProgramRuns,
    _folder: Scratch,
}

impl Workload for EphemeralRuns {
    fn group(&self, configuration: &Configuration) -> usize {
        self.runs.group(configuration)
    }

    fn run(
        &self,
        configuration: &Configuration,
        seeds: &[RunSeed],
        context: &RunContext<'_>,
    ) -> Vec<Record> {
        self.runs.run(configuration, seeds, context)
    }
}

fn parse_device(text: &str) -> Result<Device, String> {
    Device::parse(text).ok_or_else(|| format!("device `{text}`: unknown"))
}

/// Where the data are, each with its pinned digest on this machine.
fn checked(data: &BTreeMap<String, SharedData>) -> Result<BTreeMap<String, PathBuf>, String> {
    let mut files = BTreeMap::new();
    for (name, shared) in data {
        check(name, shared)?;
        files.insert(name.clone(), shared.path.clone());
    }
    Ok(files)
}

/// Whether the data have their pinned digest on this machine.
fn check(name: &str, shared: &SharedData) -> Result<(), String> {
    let told = |problem: String| format!("`data.{name}` on this machine: {problem}");
    let path = fs::canonicalize(&shared.path)
        .map_err(|error| told(format!("{}: {error}", shared.path.display())))?;
    let found = if path.is_dir() {
        digest::folder(&path).map(|folder| folder.digest)
    } else {
        digest::file(&path).map(|file| file.digest)
    };
    let found = found.map_err(|error| told(error.to_string()))?;
    if found == shared.sha256 {
        return Ok(());
    }
    Err(told(format!(
        "{}: expected the digest {}, found {found}",
        shared.path.display(),
        shared.sha256
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::instruction_set;
    use crate::slurm::batch::Batch;
    use crate::slurm::task_main;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn data_that_differ_on_the_node_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.csv");
        std::fs::write(&path, "other").unwrap();
        let shared = SharedData {
            path: path.clone(),
            sha256: Sha256Digest::of(b"data"),
        };
        let message = check("sonar", &shared).unwrap_err();
        let start = format!("`data.sonar` on this machine: {}: expected", path.display());
        assert!(message.starts_with(&start), "{message}");
        std::fs::write(&path, "data").unwrap();
        assert_eq!(check("sonar", &shared), Ok(()));
        std::fs::remove_file(&path).unwrap();
        assert!(check("sonar", &shared).is_err());
    }

    #[cfg(feature = "recipe")]
    #[test]
    fn a_task_gives_the_bits_that_this_process_gives() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("d.csv");
        let mut csv = "a,b,class\n".to_owned();
        for row in 0..40 {
            csv += &format!("{},{},{}\n", row % 7, row % 3, row % 2);
        }
        std::fs::write(&file, &csv).unwrap();
        let description = Description::Recipe {
            text: "
recipe: 1
data: {name: d, label: class, split: {fraction: {test: 0.25, order: file}}}
model: {mlp: {hidden: [\"{hidden}\"], activation: sigmoid, output: sigmoid}}
initial: {weights: {uniform: {low: -0.3, high: 0.3}}}
loss: {half-squared-error: {dead_zone: 0.2}}
training: {optimiser: {sgd: {learning_rate: 0.5, momentum: 0.5}}, batch: 1, order: shuffled, epochs: 2}
"
            .to_owned(),
            origin: "r.yaml".to_owned(),
            data: [(
                "d".to_owned(),
                SharedData {
                    path: file,
                    sha256: Sha256Digest::of(csv.as_bytes()),
                },
            )]
            .into(),
            device: "cpu".to_owned(),
        };
        let key = "ab".repeat(32).parse().unwrap();
        let task = Task {
            name: Some("h3".to_owned()),
            values: [(
                "hidden".to_owned(),
                reprove_model::manifest::Scalar::Integer(3),
            )]
            .into(),
            metrics: std::collections::BTreeSet::new(),
            seeds: vec![(RunSeed(1), key), (RunSeed(2), key)],
        };
        let interrupted = AtomicBool::new(false);
        let context = RunContext {
            observer: &|_| (),
            interrupted: &interrupted,
        };
        let here = description.workload(&task).unwrap();
        let here = here.run(&task.configuration(), &[RunSeed(1), RunSeed(2)], &context);

        let workload = serde_json::to_value(&description).unwrap();
        let batch = Batch::create(folder.path(), &workload, instruction_set(), vec![task]).unwrap();
        task_main(&batch.folder, 0, &interrupted).unwrap();
        let there = batch.status(0).unwrap();
        assert_eq!((there.problem, there.records.len()), (None, 2));
        for (here, there) in here.iter().zip(there.records) {
            assert!(here.digest.is_some());
            assert_eq!(
                (&here.digest, &here.outcome),
                (&there.digest, &there.outcome)
            );
        }
    }
}
