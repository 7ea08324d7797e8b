//! Workloads that another machine has described, made on this one.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::data_guard::DataGuard;
use crate::execute::data_changed;
use crate::folders::{RunFolders, RunInputs};
use crate::output::KeptFiles;
use crate::programs::ProgramRuns;
use crate::recipe;
use crate::workload_description::{SharedData, SharedProgram, WorkloadDescription};
use crate::{Artifacts, RunContext, Workload};
use reprove_model::digest;
use reprove_model::manifest::Device;
use reprove_model::plan::Configuration;
use reprove_model::record::Record;
use reprove_model::seeds::RunSeed;
use reprove_sandbox::scratch::Scratch;
use reprove_sandbox::{Launcher, TierRequest};

impl WorkloadDescription {
    /// Makes the workload of a configuration. The data are hashed again: the path may lead elsewhere
    /// on this machine, and a run on other data is worse than none. Runs that end after the data changed
    /// have failed.
    ///
    /// # Errors
    /// In one line, what is not as it was where the workload was described.
    pub fn workload(&self, configuration: &Configuration) -> Result<Box<dyn Workload>, String> {
        let data = match self {
            Self::Program(program) => &program.data,
            Self::Recipe { data, .. } => data,
        };
        let paths = data.iter().map(|(name, shared)| (name, &shared.path));
        let data = DataGuard::before_check(paths);
        let (runs, folder) = match self {
            Self::Program(program) => program.workload()?,
            Self::Recipe {
                text,
                origin,
                data,
                device,
            } => {
                let files = checked(data)?;
                let device = parse_device(device)?;
                let runs = recipe::workload(text, origin, device, &files, configuration)?;
                (runs, None)
            }
        };
        Ok(Box::new(GuardedRuns {
            runs,
            data,
            _folder: folder,
        }))
    }
}

/// Runs that fail when their data changed before they ended.
struct GuardedRuns {
    runs: Box<dyn Workload>,
    data: DataGuard,
    /// The folder that the runs are made in, which goes with them.
    _folder: Option<Scratch>,
}

impl Workload for GuardedRuns {
    fn group(&self, configuration: &Configuration) -> usize {
        self.runs.group(configuration)
    }

    fn run(
        &self,
        configuration: &Configuration,
        seeds: &[RunSeed],
        context: &RunContext<'_>,
    ) -> Vec<Record> {
        let records = self.runs.run(configuration, seeds, context);
        match self.data.check() {
            Ok(()) => records,
            Err(change) => records
                .iter()
                .map(|record| data_changed(record, &change))
                .collect(),
        }
    }
}

impl SharedProgram {
    /// Makes the runs on this machine, with the folder of their own that they are made in.
    fn workload(&self) -> Result<(Box<dyn Workload>, Option<Scratch>), String> {
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
        Ok((Box::new(runs), Some(folder)))
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
    use reprove_model::digest::Sha256Digest;

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
}
