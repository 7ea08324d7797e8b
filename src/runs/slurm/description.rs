//! How a workload is made again on another machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Task;
use crate::digest::{self, Sha256Digest};
use crate::manifest::Device;
use crate::recipe::Recipe;
use crate::runs::prepare::{device as candle_device, yaml};
use crate::runs::{RecipeRuns, Workload};

/// All that a task needs, beside its configuration and seeds, to make the workload again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
        let Self::Recipe {
            text,
            origin,
            data,
            device,
        } = self;
        let mut files = BTreeMap::new();
        for (name, shared) in data {
            check(name, shared)?;
            files.insert(name.clone(), shared.path.clone());
        }
        let device = Device::parse(device).ok_or_else(|| format!("device `{device}`: unknown"))?;
        let device = candle_device(device).map_err(|error| error.to_string())?;
        let values = task.values.iter().map(|(k, v)| (k.clone(), yaml(v)));
        let recipe =
            Recipe::parse(text, origin, &values.collect()).map_err(|error| error.to_string())?;
        let runs = RecipeRuns::load(vec![(task.name.clone(), recipe)], &files, device)
            .map_err(|error| error.to_string())?;
        Ok(Box::new(runs))
    }
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
