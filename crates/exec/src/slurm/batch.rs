//! The folder of one job array: what its tasks are to do, and what each of them did.
//!
//! ```text
//! batches/000001/
//!   batch.json       the name of the job, how its workload is made, the tasks
//!   launch.sh        what Slurm runs
//!   job              the job's id, once Slurm has given one
//!   status/000003    what task 3 did; put there by rename, and the truth
//!   log/3            what task 3 wrote
//!   awaited          locked by every process that waits for the array
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::shared_store::SharedStore;
use crate::RunKey;
use reprove_files::write_whole;
use reprove_model::digest::Sha256Digest;
use reprove_model::manifest::Scalar;
use reprove_model::name::{ConfigurationId, MetricName};
use reprove_model::plan::Configuration;
use reprove_model::record::Record;
use reprove_model::seeds::RunSeed;

/// The version of the files that this program writes and reads.
const VERSION: u32 = 1;

/// Lines of a task's log that a failed run keeps.
const LOG_LINES: usize = 20;

/// Bytes of a task's log that are looked at for them.
const LOG_BYTES: u64 = 16 * 1024;

/// One task of a job array: a configuration and the seeds that it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The configuration's name, where the manifest has any.
    pub name: Option<ConfigurationId>,
    /// The configuration's values.
    pub values: BTreeMap<String, Scalar>,
    /// The metrics that claims need of it.
    pub metrics: BTreeSet<MetricName>,
    /// The seeds, each with the key of its run.
    pub seeds: Vec<(RunSeed, RunKey)>,
}

impl Task {
    /// The configuration.
    pub fn configuration(&self) -> Configuration {
        Configuration {
            name: self.name.clone(),
            values: self.values.clone(),
            metrics: self.metrics.clone(),
        }
    }
}

/// What all tasks of a job array read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Content {
    v: u32,
    /// The job's name, which no other job has.
    pub name: String,
    /// How the workload is made, as the caller describes it.
    pub workload: serde_json::Value,
    /// The class of instructions that the keys state.
    pub instruction_set: String,
    /// The store in which tasks claim and keep their runs; none for repeats, and in arrays of earlier
    /// versions.
    #[serde(default)]
    pub store: Option<SharedStore>,
    /// The tasks, by their number in the array.
    pub tasks: Vec<Task>,
}

/// What a task did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Status {
    v: u32,
    /// The machine it ran on.
    pub host: String,
    /// The runs, in the order of its seeds; fewer when it was ended early.
    pub records: Vec<Record>,
    /// Why it could not make its runs.
    pub problem: Option<String>,
}

/// A job array and its folder.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub folder: PathBuf,
    pub content: Content,
    /// The id that Slurm gave it; none when that is not known.
    pub job: Option<u64>,
}

impl Batch {
    /// Says that this process waits for the array, for as long as the file is kept.
    ///
    /// # Errors
    /// What the system says, as where the file system has no locks.
    pub fn await_it(&self) -> io::Result<File> {
        let file = File::create(self.folder.join("awaited"))?;
        file.lock_shared()?;
        Ok(file)
    }

    /// Whether any process waits for the array.
    ///
    /// # Errors
    /// What the system says.
    pub fn is_awaited(&self) -> io::Result<bool> {
        let file = File::create(self.folder.join("awaited"))?;
        match file.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Makes the folder of a new job array in `batches`, under the next free number.
    pub fn create(
        batches: &Path,
        workload: &serde_json::Value,
        instruction_set: &str,
        store: Option<SharedStore>,
        tasks: Vec<Task>,
    ) -> io::Result<Self> {
        fs::create_dir_all(batches)?;
        let mut number = folders(batches)?
            .last_key_value()
            .map_or(1, |(number, _)| number + 1);
        let folder = loop {
            let folder = batches.join(format!("{number:06}"));
            match fs::create_dir(&folder) {
                Ok(()) => break folder,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        };
        fs::create_dir(folder.join("status"))?;
        // Slurm fails a task without a word when the folder of its output is missing.
        fs::create_dir(folder.join("log"))?;
        let content = Content {
            v: VERSION,
            name: job_name(&folder),
            workload: workload.clone(),
            instruction_set: instruction_set.to_owned(),
            store,
            tasks,
        };
        write_whole(&folder.join("batch.json"), &serde_json::to_vec(&content)?)?;
        Ok(Self {
            folder,
            content,
            job: None,
        })
    }

    /// Reads a job array's folder.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let content: Content = serde_json::from_slice(&fs::read(folder.join("batch.json"))?)?;
        if content.v != VERSION {
            let message = format!("expected version {VERSION}, found {}", content.v);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let job = fs::read_to_string(folder.join("job")).ok();
        Ok(Self {
            folder: folder.to_owned(),
            content,
            job: job.and_then(|text| text.trim().parse().ok()),
        })
    }

    /// All job arrays in `batches`, oldest first. A folder that a crash left half made is none.
    pub fn all(batches: &Path) -> io::Result<Vec<Self>> {
        let folders = folders(batches)?;
        Ok(folders
            .into_values()
            .filter_map(|folder| Self::read(&folder).ok())
            .collect())
    }

    /// Writes the script that Slurm runs, and gives its path.
    pub fn write_script(&self, launcher: &[String]) -> io::Result<PathBuf> {
        let folder = self.folder.display().to_string();
        let words = launcher.iter().chain([&folder]).map(|word| quoted(word));
        let command = words.collect::<Vec<_>>().join(" ");
        let path = self.folder.join("launch.sh");
        let text = format!("#!/bin/sh\nexec {command} \"$SLURM_ARRAY_TASK_ID\"\n");
        write_whole(&path, text.as_bytes())?;
        Ok(path)
    }

    /// Keeps the id that Slurm gave.
    pub fn submitted(&mut self, job: u64) -> io::Result<()> {
        self.job = Some(job);
        write_whole(&self.folder.join("job"), format!("{job}\n").as_bytes())
    }

    /// The tasks that have left a status.
    pub fn ended(&self) -> io::Result<BTreeSet<usize>> {
        let mut ended = BTreeSet::new();
        for entry in fs::read_dir(self.folder.join("status"))? {
            // A file that is still being written has a name that is no number.
            ended.extend(
                entry?
                    .file_name()
                    .to_str()
                    .and_then(|n| n.parse::<usize>().ok()),
            );
        }
        Ok(ended)
    }

    /// What a task did; none when it has left no status that can be read.
    pub fn status(&self, index: usize) -> Option<Status> {
        let bytes = fs::read(self.status_file(index)).ok()?;
        let status: Status = serde_json::from_slice(&bytes).ok()?;
        (status.v == VERSION).then_some(status)
    }

    /// [`status`](Self::status) as the file server has it, not as this machine remembers it: a
    /// network file system asks the server again about a folder in which a file was just made.
    pub fn status_now(&self, index: usize) -> Option<Status> {
        let probe = tempfile::Builder::new()
            .prefix("probe-")
            .tempfile_in(self.folder.join("status"));
        drop(probe);
        self.status(index)
    }

    /// Leaves a task's status.
    pub fn leave(
        &self,
        index: usize,
        records: Vec<Record>,
        problem: Option<String>,
    ) -> io::Result<()> {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let status = Status {
            v: VERSION,
            host: host.trim().to_owned(),
            records,
            problem,
        };
        write_whole(&self.status_file(index), &serde_json::to_vec(&status)?)
    }

    /// The last lines that a task wrote, control characters escaped.
    pub fn log_tail(&self, index: usize) -> Vec<String> {
        use std::io::{Read, Seek, SeekFrom};
        let tail = || -> io::Result<Vec<u8>> {
            let mut file = fs::File::open(self.log_file(&index.to_string()))?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LOG_BYTES)))?;
            let mut bytes = Vec::new();
            file.take(LOG_BYTES).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let text = String::from_utf8_lossy(&tail().unwrap_or_default()).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..]
            .iter()
            .map(|line| line.escape_debug().to_string())
            .collect()
    }

    /// The log of a task, or its pattern with Slurm's `%a`.
    pub fn log_file(&self, index: &str) -> PathBuf {
        self.folder.join("log").join(index)
    }

    fn status_file(&self, index: usize) -> PathBuf {
        self.folder.join("status").join(format!("{index:06}"))
    }
}

/// The numbered folders, in order.
fn folders(batches: &Path) -> io::Result<BTreeMap<u64, PathBuf>> {
    let entries = match fs::read_dir(batches) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut folders = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        let number = path
            .file_name()
            .and_then(|name| name.to_str()?.parse().ok());
        folders.extend(number.map(|number| (number, path)));
    }
    Ok(folders)
}

/// A name that no other job has, not even one of a folder that was removed and made again: job ids
/// are given out anew when a controller is restarted, so only the name tells whose job it is.
fn job_name(folder: &Path) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanoseconds = now.map_or(0, |now| now.as_nanos());
    let text = format!(
        "{}\n{nanoseconds}\n{}",
        folder.display(),
        std::process::id()
    );
    format!(
        "reprove-{}",
        &Sha256Digest::of(text.as_bytes()).to_string()[..16]
    )
}

/// A word as the shell reads it back.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(folder: &Path) -> Batch {
        let task = Task {
            name: None,
            values: [("rate".to_owned(), Scalar::Number(0.1))].into(),
            metrics: BTreeSet::new(),
            seeds: vec![(RunSeed(7), "ab".repeat(32).parse().unwrap())],
        };
        Batch::create(
            folder,
            &serde_json::json!({"a": 1}),
            "x86_64",
            None,
            vec![task],
        )
        .unwrap()
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let batches = folder.path().join("batches");
        assert!(Batch::all(&batches).unwrap().is_empty());
        let mut first = batch(&batches);
        first.submitted(42).unwrap();
        let second = batch(&batches);
        std::fs::create_dir(batches.join("000003")).unwrap();
        let all = Batch::all(&batches).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].job, all[1].job), (Some(42), None));
        assert_eq!(all[1].content.tasks, second.content.tasks);
        assert_ne!(all[0].content.name, all[1].content.name);
        assert!(batch(&batches).folder.ends_with("000004"));
    }

    #[test]
    fn a_status_is_whole_or_absent() {
        let folder = tempfile::tempdir().unwrap();
        let batch = batch(folder.path());
        std::fs::write(batch.folder.join("status/writing-x"), "{").unwrap();
        assert!(batch.ended().unwrap().is_empty());
        assert!(batch.status(0).is_none());
        batch
            .leave(0, Vec::new(), Some("no data".to_owned()))
            .unwrap();
        assert_eq!(batch.ended().unwrap(), [0].into());
        assert_eq!(batch.status(0).unwrap().problem.as_deref(), Some("no data"));
    }

    #[test]
    fn the_log_s_last_lines_are_kept_and_escaped() {
        let folder = tempfile::tempdir().unwrap();
        let batch = batch(folder.path());
        assert!(batch.log_tail(0).is_empty());
        let text: String = (0..3000).map(|i| format!("line {i}\x1b\n")).collect();
        std::fs::write(batch.log_file("0"), text).unwrap();
        let tail = batch.log_tail(0);
        assert_eq!(tail.len(), LOG_LINES);
        assert_eq!(tail.last().unwrap(), "line 2999\\u{1b}");
    }

    #[test]
    fn the_script_quotes_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let batch = batch(&folder.path().join("it's"));
        let script = batch.write_script(&["/bin/a b".to_owned(), "__task".to_owned()]);
        let text = std::fs::read_to_string(script.unwrap()).unwrap();
        assert!(text.starts_with("#!/bin/sh\nexec '/bin/a b' '__task' '"));
        assert!(
            text.ends_with("it'\\''s/000001' \"$SLURM_ARRAY_TASK_ID\"\n"),
            "{text}"
        );
    }
}
