//! The ledger: every run that ended, kept so that it is never made again.
//!
//! One append-only text file an experiment, one line a run:
//!
//! ```text
//! {"v":1,"key":"<RunKey>","record":{…},"sum":"<16 hexadecimal digits>"}
//! ```
//!
//! `sum` is the beginning of the SHA-256 of all that stands before `,"sum"`. A line counts when it
//! ends in a line feed and its sum is right, and [`Ledger::append`] returns only when the system
//! says that the line is on the disk. What a crash leaves behind is told apart: an unfinished last
//! line is cut off, a damaged line elsewhere is passed over and reported.
//!
//! Several processes may use one ledger at once: each holds the file's lock while it reads or
//! writes, never while a run is made.

mod line;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use self::line::{Line, parse, render};
use super::{Outcome, Record, RunKey, RunKeys};
use reprove_files::{FileLock, LockKind, PrivateFolderError, has_no_locks, private_folder};
use reprove_model::diagnostics::Hint;
use reprove_model::plan::{Configuration, Plan};
use reprove_model::seeds::RunSeed;

/// Bytes looked at in one step when the end of the last whole line is searched for.
const STEP: usize = 64 * 1024;

/// The runs of an experiment that ended, by key, and the file that keeps them.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: File,
    /// How much of the file has been read, in bytes and in lines.
    read: (u64, u64),
    entries: BTreeMap<RunKey, Record>,
    findings: Findings,
    lock_kind: LockKind,
}

/// What was wrong with a ledger's file, or is worth knowing of its runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Bytes of an unfinished last line, left by a crash, that were cut off.
    pub torn_bytes: u64,
    /// Lines, counted from 1, whose sum or form is wrong; they were passed over.
    pub damaged: Vec<u64>,
    /// Lines that a newer version of the program wrote; they were passed over.
    pub newer: usize,
    /// Runs that were made more than once and did not give the same result.
    pub differing: Vec<RunKey>,
}

/// Why a ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The system refused an operation on the file or its folder.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a verb.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A link, a pipe, a device or a folder stands in the place of the file.
    #[error("{}: expected a regular file, found something else, which is not followed", path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Other users can write a folder of the store.
    #[error("{}: {problem}", path.display())]
    Exposed {
        /// The folder.
        path: PathBuf,
        /// Who can write it.
        problem: String,
    },
    /// The file system refused a lock.
    #[error("{}: cannot lock: {source}", path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A record holds what JSON cannot express.
    #[error("{}: a record of seed {seed} cannot be written: {source}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// The record's seed.
        seed: RunSeed,
        /// What JSON cannot express.
        source: serde_json::Error,
    },
}

impl LedgerError {
    /// The error of a folder of the store.
    pub(crate) fn of_folder(path: &Path, error: PrivateFolderError) -> Self {
        let path = path.to_owned();
        match error {
            PrivateFolderError::Io(source) => Self::Io {
                path,
                action: "make the folder",
                source,
            },
            PrivateFolderError::Exposed(problem) => Self::Exposed { path, problem },
        }
    }
}

impl Hint for LedgerError {
    fn hint(&self) -> Option<String> {
        let is_full = match self {
            Self::Io { source, .. } => source.kind() == io::ErrorKind::StorageFull,
            Self::NotAFile { .. }
            | Self::Exposed { .. }
            | Self::Lock { .. }
            | Self::Record { .. } => false,
        };
        is_full.then(|| "free some space and start again: what had finished is kept".to_owned())
    }
}

/// The folder of the user's store: `$XDG_STATE_HOME/reprove`, else `~/.local/state/reprove`; none
/// when neither variable names an absolute path.
pub fn user_store() -> Option<PathBuf> {
    store_from(std::env::var_os("XDG_STATE_HOME"), std::env::var_os("HOME"))
}

/// [`user_store`] with the variables' values given.
fn store_from(state_home: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute =
        |value: Option<OsString>| value.map(PathBuf::from).filter(|path| path.is_absolute());
    let base =
        absolute(state_home).or_else(|| absolute(home).map(|home| home.join(".local/state")))?;
    Some(base.join("reprove"))
}

impl Ledger {
    /// Opens the ledger `runs/NAME.jsonl` of a store, makes it when it is not there, and reads it.
    ///
    /// # Errors
    /// What the system says when the file cannot be made, locked or read.
    pub fn open(store: &Path, name: &str) -> Result<Self, LedgerError> {
        let folder = Self::folder(store)?;
        let path = folder.join(format!("{name}.jsonl"));
        let file = open_file(&path)?;
        // The file's name must be as lasting as its lines.
        reprove_files::sync_folder(&folder).map_err(failed(&folder, "sync"))?;
        let mut ledger = Self {
            path,
            file,
            read: (0, 0),
            entries: BTreeMap::new(),
            findings: Findings::default(),
            lock_kind: LockKind::Kernel,
        };
        ledger.refresh()?;
        Ok(ledger)
    }

    /// Makes the folder of the ledgers of a store.
    fn folder(store: &Path) -> Result<PathBuf, LedgerError> {
        let folder = store.join("runs");
        for folder in [store, &folder] {
            private_folder(folder).map_err(|error| LedgerError::of_folder(folder, error))?;
        }
        Ok(folder)
    }

    /// Makes the folder of the ledgers of a store, and tries to write in it.
    ///
    /// # Errors
    /// What the system says, or that other users can write it.
    pub(crate) fn check_folders(store: &Path) -> Result<(), LedgerError> {
        let folder = Self::folder(store)?;
        let probe = tempfile::tempfile_in(&folder);
        probe
            .map(drop)
            .map_err(failed(&folder, "write to the folder"))
    }

    /// [`open`](Self::open) where there is such a ledger; nothing is made where there is none.
    ///
    /// # Errors
    /// What the system says when the file cannot be locked or read.
    pub fn open_existing(store: &Path, name: &str) -> Result<Option<Self>, LedgerError> {
        if store.join("runs").join(format!("{name}.jsonl")).exists() {
            Self::open(store, name).map(Some)
        } else {
            Ok(None)
        }
    }

    /// All runs that are kept, failed ones included, in the order of their keys.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.entries.values()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How the file is locked.
    pub fn lock_kind(&self) -> LockKind {
        self.lock_kind
    }

    /// What was wrong with the file so far, or is worth knowing of its runs.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Reads what other processes have added since the last look.
    ///
    /// # Errors
    /// What the system says when the file cannot be locked or read.
    pub fn refresh(&mut self) -> Result<(), LedgerError> {
        self.locked(|ledger| {
            ledger.cut_torn_line()?;
            ledger.read_on()
        })
    }

    /// Keeps a run that ended; it is on the disk when this returns. A run that is kept already is
    /// replaced, unless the new one failed.
    ///
    /// # Errors
    /// What the system says when the line cannot be written; the file is then as it was before.
    pub fn append(&mut self, key: RunKey, record: &Record) -> Result<(), LedgerError> {
        let line = render(key, record).map_err(|source| LedgerError::Record {
            path: self.path.clone(),
            seed: record.seed,
            source,
        })?;
        self.locked(|ledger| {
            let end = ledger.cut_torn_line()?;
            if let Err(error) = reprove_files::append(&mut ledger.file, &line) {
                // Should this fail too, the next look cuts the torn line.
                let _ = reprove_files::cut(&ledger.file, end);
                return Err(failed(&ledger.path, "append")(error));
            }
            ledger.read_on()
        })
    }

    /// Whether this very run is stored: the outcome, and all that was measured with it.
    pub fn holds(&self, key: RunKey, record: &Record) -> bool {
        self.get(key).is_some_and(|kept| {
            let named = Record {
                configuration: record.configuration.clone(),
                source: record.source,
                ..kept.clone()
            };
            named == *record
        })
    }

    /// The stored run with this key, if it ended with a result.
    pub fn get(&self, key: RunKey) -> Option<&Record> {
        self.entries.get(&key).filter(|r| r.outcome.is_final())
    }

    /// The plan's runs that are kept and need not be made: those that finished with all metrics
    /// that claims need, and those that diverged. Failed ones are not among them.
    pub fn known(&self, plan: &Plan, keys: &RunKeys) -> Vec<Record> {
        let mut known = Vec::new();
        for configuration in &plan.configurations {
            for seed in &plan.seeds {
                let key = keys.get(configuration, *seed);
                let record = key.and_then(|key| self.known_run(configuration, key));
                known.extend(record.map(|record| Record {
                    // The same run may have had another name in an earlier manifest.
                    configuration: configuration.name.clone(),
                    ..record.clone()
                }));
            }
        }
        known
    }

    /// The kept run with this key, if it need not be made for this configuration.
    pub fn known_run(&self, configuration: &Configuration, key: RunKey) -> Option<&Record> {
        let record = self.get(key)?;
        let is_whole = match &record.outcome {
            Outcome::Finished { metrics } => {
                let mut needed = configuration.metrics.iter();
                needed.all(|metric| metrics.contains_key(metric))
            }
            Outcome::Diverged { .. } | Outcome::Failed { .. } => true,
        };
        is_whole.then_some(record)
    }

    /// Does something while no other process reads or writes.
    fn locked<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let refused = |path: PathBuf| |source| LedgerError::Lock { path, source };
        let lease = match reprove_files::wait_for(&self.file) {
            Err(error) if has_no_locks(&error) => {
                self.lock_kind = LockKind::Lease;
                let path = self.path.with_extension("lock");
                FileLock::take(&path, &|| false).map_err(refused(path))?
            }
            locked => {
                locked.map_err(refused(self.path.clone()))?;
                None
            }
        };
        let done = work(self);
        drop(lease);
        // The lock goes with the file at the latest.
        let _ = self.file.unlock();
        done
    }

    /// Cuts off a last line without a line feed and gives the length of the file. Under the lock
    /// nobody is writing, so such a line was left by a crash and never counted.
    fn cut_torn_line(&mut self) -> Result<u64, LedgerError> {
        let cut = || {
            let length = self.file.metadata()?.len();
            let end = end_of_last_line(&self.file, length)?;
            if end < length {
                reprove_files::cut(&self.file, end)?;
            }
            Ok((end, length - end))
        };
        let (end, torn) = cut().map_err(failed(&self.path, "repair the last line"))?;
        self.findings.torn_bytes += torn;
        Ok(end)
    }

    /// Reads the lines from the last look to the end of the file.
    fn read_on(&mut self) -> Result<(), LedgerError> {
        let length = self.file.metadata().map(|m| m.len());
        let length = length.map_err(failed(&self.path, "read"))?;
        if length < self.read.0 {
            // Somebody has shortened the file: what is known of it is void.
            self.read = (0, 0);
            self.entries.clear();
        }
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.read.0))
            .map_err(failed(&self.path, "read"))?;
        let mut reader = BufReader::with_capacity(STEP, file.take(length - self.read.0));
        let mut line = Vec::new();
        loop {
            line.clear();
            let bytes = reader.read_until(b'\n', &mut line);
            let bytes = bytes.map_err(failed(&self.path, "read"))? as u64;
            if bytes == 0 {
                return Ok(());
            }
            self.read = (self.read.0 + bytes, self.read.1 + 1);
            match parse(&line) {
                Line::Run(key, record) => keep(&mut self.entries, &mut self.findings, key, *record),
                Line::Newer => self.findings.newer += 1,
                Line::Damaged => self.findings.damaged.push(self.read.1),
            }
        }
    }
}

/// Takes a run in: the last one with a result counts, a failed one only while there is no other.
fn keep(
    entries: &mut BTreeMap<RunKey, Record>,
    findings: &mut Findings,
    key: RunKey,
    record: Record,
) {
    if let Some(earlier) = entries.get(&key).filter(|r| r.outcome.is_final()) {
        if !record.outcome.is_final() {
            return;
        }
        let is_same = earlier.outcome == record.outcome && earlier.digest == record.digest;
        if !is_same && !findings.differing.contains(&key) {
            findings.differing.push(key);
        }
    }
    entries.insert(key, record);
}

/// Opens the file of a ledger, which is made when it is not there. A link in its place is not followed:
/// a torn last line is cut off, and that must not happen to a file elsewhere.
fn open_file(path: &Path) -> Result<File, LedgerError> {
    let is_other = |found: &Metadata| !found.is_file();
    let not_a_file = || LedgerError::NotAFile {
        path: path.to_owned(),
    };
    // A pipe would be waited for.
    if path.symlink_metadata().is_ok_and(|found| is_other(&found)) {
        return Err(not_a_file());
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    options.custom_flags(libc::O_NOFOLLOW);
    let file = reprove_files::open(path, &options).map_err(failed(path, "open"))?;
    let found = file.metadata().map_err(failed(path, "open"))?;
    if is_other(&found) {
        return Err(not_a_file());
    }
    Ok(file)
}

fn failed(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> LedgerError {
    move |source| LedgerError::Io {
        path: path.to_owned(),
        action,
        source,
    }
}

/// The offset after the last line feed of a file of this length, 0 when it has none.
fn end_of_last_line(file: &File, length: u64) -> io::Result<u64> {
    let mut end = length;
    let mut buffer = vec![0; STEP];
    // Nearly always the first byte looked at is the line feed.
    let mut step = 1;
    while end > 0 {
        let size = end.min(step as u64) as usize;
        let start = end - size as u64;
        file.read_exact_at(&mut buffer[..size], start)?;
        if let Some(place) = buffer[..size].iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + place as u64 + 1);
        }
        (end, step) = (start, STEP);
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_core::{Rng, SeedableRng};
    use reprove_files::faults::{self, Fault};
    use reprove_model::digest::Sha256Digest;
    use reprove_model::manifest::Device;
    use reprove_model::record::RecordSource;
    use std::collections::BTreeSet;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    fn key(seed: u64) -> RunKey {
        Sha256Digest::of(&seed.to_le_bytes())
            .to_string()
            .parse()
            .unwrap()
    }

    fn record(seed: u64, outcome: Outcome) -> Record {
        Record::ended(None, RunSeed(seed), outcome)
    }

    fn finished(seed: u64, value: f64) -> Record {
        let metrics = [("accuracy".into(), value)].into();
        record(seed, Outcome::Finished { metrics })
    }

    fn failed_run(seed: u64) -> Record {
        let outcome = Outcome::Failed {
            kind: reprove_model::failure::FailureKind::TimedOut,
            message: "took 10 min".to_owned(),
            log_tail: Vec::new(),
        };
        record(seed, outcome)
    }

    fn open(store: &Path) -> Ledger {
        Ledger::open(store, "test").unwrap()
    }

    #[test]
    fn what_was_appended_is_found_again() {
        let store = tempfile::tempdir().unwrap();
        let mut ledger = open(store.path());
        ledger.append(key(1), &finished(1, 0.1)).unwrap();
        ledger.append(key(2), &failed_run(2)).unwrap();
        for ledger in [ledger, open(store.path())] {
            let found = ledger.get(key(1)).unwrap();
            assert_eq!(found.source, RecordSource::Stored);
            assert_eq!(found.outcome, finished(1, 0.1).outcome);
            assert_eq!(ledger.get(key(2)), None, "a failed run is made again");
            assert_eq!(*ledger.findings(), Findings::default());
        }
    }

    #[test]
    fn a_run_is_told_from_another_with_its_key() {
        let store = tempfile::tempdir().unwrap();
        let mut ledger = open(store.path());
        let run = finished(1, 0.1);
        assert!(!ledger.holds(key(1), &run));
        ledger.append(key(1), &run).unwrap();
        let renamed = Record {
            configuration: Some("other".into()),
            ..run.clone()
        };
        assert!(ledger.holds(key(1), &run) && ledger.holds(key(1), &renamed));
        let mut slower = run;
        slower.usage.wall_seconds += 1.0;
        assert!(!ledger.holds(key(1), &slower) && !ledger.holds(key(1), &finished(1, 0.2)));
    }

    #[test]
    fn the_last_result_counts_and_a_difference_is_told() {
        let store = tempfile::tempdir().unwrap();
        let mut ledger = open(store.path());
        for (seed, run) in [
            (1, finished(1, 0.1)),
            (1, finished(1, 0.2)),
            (1, failed_run(1)),
        ] {
            ledger.append(key(seed), &run).unwrap();
        }
        ledger.append(key(2), &finished(2, 0.1)).unwrap();
        ledger.append(key(2), &finished(2, 0.1)).unwrap();
        assert_eq!(
            ledger.get(key(1)).unwrap().outcome,
            finished(1, 0.2).outcome
        );
        assert_eq!(ledger.findings().differing, [key(1)]);
    }

    #[test]
    fn a_link_or_a_pipe_in_the_place_of_the_file_is_refused() {
        let store = tempfile::tempdir().unwrap();
        let precious = store.path().join("precious");
        std::fs::write(&precious, "no line feed").unwrap();
        let path = store.path().join("runs/x.jsonl");
        std::fs::create_dir(store.path().join("runs")).unwrap();
        for target in [precious.as_path(), Path::new("nowhere")] {
            std::os::unix::fs::symlink(target, &path).unwrap();
            let error = Ledger::open(store.path(), "x").err().unwrap();
            assert!(matches!(error, LedgerError::NotAFile { .. }), "{error}");
            std::fs::remove_file(&path).unwrap();
        }
        assert_eq!(std::fs::read(&precious).unwrap(), b"no line feed");
        let made = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let error = Ledger::open(store.path(), "x").err().unwrap();
        assert!(matches!(error, LedgerError::NotAFile { .. }), "{error}");
    }

    #[test]
    fn a_torn_line_is_cut_and_a_damaged_one_passed_over() {
        let store = tempfile::tempdir().unwrap();
        let mut ledger = open(store.path());
        for seed in 1..=3 {
            ledger.append(key(seed), &finished(seed, 0.5)).unwrap();
        }
        let path = ledger.path().to_owned();
        let whole = std::fs::read(&path).unwrap();
        let ends: Vec<usize> = (0..whole.len()).filter(|i| whole[*i] == b'\n').collect();
        for cut in ends[1] + 1..=ends[2] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let mut ledger = open(store.path());
            assert_eq!(ledger.findings().torn_bytes, (cut - ends[1] - 1) as u64);
            assert!(ledger.get(key(2)).is_some() && ledger.get(key(3)).is_none());
            ledger.append(key(3), &finished(3, 0.5)).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), whole);
        }
        let mut damaged = whole.clone();
        damaged[ends[0] + 40] ^= 1;
        std::fs::write(&path, damaged).unwrap();
        let ledger = open(store.path());
        assert_eq!(ledger.findings().damaged, [2]);
        assert!(ledger.get(key(1)).is_some() && ledger.get(key(3)).is_some());
        assert_eq!(ledger.get(key(2)), None);
    }

    /// Runs that were appended with success under a fault, then what another process finds.
    fn under_a_fault(fault: Fault, at: usize) -> (Vec<u64>, Vec<u64>, Findings, bool) {
        let store = tempfile::tempdir().unwrap();
        let mut ledger = open(store.path());
        ledger.append(key(1), &finished(1, 0.5)).unwrap();
        drop(ledger);
        let (mut kept, is_reached) = faults::inject(fault, at, || {
            let mut kept = Vec::new();
            for seeds in [2..5, 5..7] {
                let Ok(mut ledger) = Ledger::open(store.path(), "test") else {
                    continue;
                };
                kept.extend(seeds.filter(|seed| {
                    let appended = ledger.append(key(*seed), &finished(*seed, 0.5));
                    assert_eq!(ledger.get(key(*seed)).is_some(), appended.is_ok());
                    appended.is_ok()
                }));
            }
            kept
        });
        kept.insert(0, 1);
        let mut ledger = open(store.path());
        for seed in kept.iter().copied() {
            assert_eq!(
                ledger.get(key(seed)).unwrap().outcome,
                finished(seed, 0.5).outcome
            );
        }
        let found = (1..7)
            .filter(|seed| ledger.get(key(*seed)).is_some())
            .collect();
        let findings = ledger.findings().clone();
        ledger.append(key(9), &finished(9, 0.5)).unwrap();
        assert!(
            open(store.path()).get(key(9)).is_some(),
            "it can be used again"
        );
        (kept, found, findings, is_reached)
    }

    #[test]
    fn no_fault_of_storage_loses_a_kept_run_or_shows_half_of_one() {
        for fault in [Fault::Refused, Fault::Torn, Fault::Lasting] {
            let mut at = 0;
            loop {
                let (kept, found, findings, is_reached) = under_a_fault(fault, at);
                assert_eq!(findings.damaged, [0; 0], "{fault:?} at {at}");
                if !is_reached {
                    assert_eq!(found, [1, 2, 3, 4, 5, 6]);
                    break;
                }
                // Of a run whose append failed, nothing counts; the whole line may have reached the disk.
                let more = found.iter().filter(|seed| !kept.contains(seed)).count();
                assert!(more <= 1, "{fault:?} at {at}: {kept:?} {found:?}");
                at += 1;
            }
            assert!(at > 10, "{fault:?}: only {at} steps");
        }
    }

    #[test]
    fn version_1_stays_readable() {
        let store = tempfile::tempdir().unwrap();
        let runs = store.path().join("runs");
        std::fs::create_dir(&runs).unwrap();
        let fixture =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/ledgers/version-1.jsonl");
        std::fs::copy(fixture, runs.join("test.jsonl")).unwrap();
        let ledger = open(store.path());
        let expected = Findings {
            torn_bytes: 21,
            damaged: vec![4],
            newer: 1,
            differing: Vec::new(),
        };
        assert_eq!(*ledger.findings(), expected);
        let found = ledger.get(key(1)).unwrap();
        assert_eq!(found.configuration.as_deref(), Some("h12"));
        assert_eq!(found.usage.max_rss_bytes, Some(1 << 24));
        let metrics = [("test_accuracy".into(), 84.615_384_615_384_61)].into();
        assert_eq!(found.outcome, Outcome::Finished { metrics });
        assert_eq!(
            ledger.get(key(2)).unwrap().outcome.code().code(),
            "diverged"
        );
        assert_eq!(ledger.get(key(3)), None);
    }

    #[test]
    fn known_runs_have_the_plan_s_names_and_all_its_metrics() {
        let configuration = |name: &str, hidden: i64, metric: &str| Configuration {
            name: Some(name.into()),
            values: [(
                "hidden".to_owned(),
                reprove_model::manifest::Scalar::Integer(hidden),
            )]
            .into(),
            metrics: [metric.into()].into(),
        };
        let plan = Plan {
            configurations: vec![
                configuration("new name", 12, "accuracy"),
                configuration("more metrics", 24, "loss"),
            ],
            seeds: [3, 1].map(RunSeed).to_vec(),
            reported_seeds: Vec::new(),
            seed_source: reprove_model::seeds::SeedSource::Stated,
            is_deterministic: false,
            rounds: vec![2],
            claims: Vec::new(),
            device: Device::Cpu,
            decision: reprove_model::manifest::Decision::default(),
        };
        let keys = RunKeys::of(&plan, &crate::identity::tests::recipe());
        let store = tempfile::tempdir().unwrap();
        let mut ledger = open(store.path());
        for configuration in &plan.configurations {
            for seed in [1, 3, 4] {
                let key = keys
                    .get(configuration, RunSeed(seed))
                    .unwrap_or_else(|| key(seed));
                ledger.append(key, &finished(seed, 0.5)).unwrap();
            }
        }
        let known = ledger.known(&plan, &keys);
        let runs: Vec<_> = known
            .iter()
            .map(|r| (r.configuration.as_deref(), r.seed.0))
            .collect();
        assert_eq!(runs, [(Some("new name"), 3), (Some("new name"), 1)]);
    }

    #[test]
    fn threads_that_append_at_once_lose_nothing() {
        let store = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let store = store.path();
                scope.spawn(move || {
                    let mut ledger = open(store);
                    for seed in 0..50 {
                        let seed = worker * 50 + seed;
                        ledger.append(key(seed), &finished(seed, 0.5)).unwrap();
                    }
                });
            }
        });
        let ledger = open(store.path());
        assert!((0..200).all(|seed| ledger.get(key(seed)).is_some()));
        assert_eq!(*ledger.findings(), Findings::default());
    }

    /// Appends runs that are not there yet and says so of each on its output: the child process of
    /// the test below, and nothing when it is run as a test.
    #[test]
    fn child_appends_until_killed() {
        let Some(store) = std::env::var_os("REPROVE_TEST_STORE") else {
            return;
        };
        let mut ledger = open(Path::new(&store));
        for seed in 0..100_000 {
            if ledger.get(key(seed)).is_none() {
                ledger.append(key(seed), &finished(seed, 0.5)).unwrap();
                println!("\nkept {seed}");
            }
        }
    }

    #[test]
    fn a_process_killed_at_any_point_loses_no_kept_run_and_makes_none_twice() {
        let store = tempfile::tempdir().unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(20_260_101);
        let mut kept = Vec::new();
        for _ in 0..50 {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "--nocapture",
                    "ledger::tests::child_appends_until_killed",
                ])
                .env("REPROVE_TEST_STORE", store.path())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_micros(u64::from(random.next_u32()) % 60_000));
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            // A kill may cut the last line; a seed without its line feed was not told.
            let lines = text
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'));
            kept.extend(
                lines.filter_map(|line| line.trim().strip_prefix("kept ")?.parse::<u64>().ok()),
            );
            let ledger = open(store.path());
            assert!(kept.iter().all(|seed| ledger.get(key(*seed)).is_some()));
        }
        assert!(kept.len() > 50, "only {} runs were kept", kept.len());
        let distinct: BTreeSet<&u64> = kept.iter().collect();
        assert_eq!(distinct.len(), kept.len(), "a run was made twice");
        let text = std::fs::read_to_string(open(store.path()).path()).unwrap();
        let keys: BTreeSet<&str> = text.lines().map(|line| &line[8..80]).collect();
        assert_eq!(keys.len(), text.lines().count(), "a run is kept twice");
    }

    #[test]
    fn the_user_s_store_follows_the_xdg_rules() {
        let store = |state: &str| store_from(Some(state.into()), Some("/h".into()));
        assert_eq!(store("/s"), Some("/s/reprove".into()));
        assert_eq!(store("relative"), Some("/h/.local/state/reprove".into()));
        assert_eq!(store_from(None, None), None);
    }
}
