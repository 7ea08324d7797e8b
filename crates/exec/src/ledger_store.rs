//! The runs of a plan that are kept from one verification to the next.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::claims::{ClaimFolder, RunClaim};
use super::ledger::Findings;
use super::{KeyInputs, Ledger, LedgerError, Record, RunKeys, Store};
use reprove_files::LockKind;
use reprove_model::event::{Event, Observer};
use reprove_model::plan::{Configuration, Plan};
use reprove_model::seeds::RunSeed;

/// Whether runs of earlier verifications are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResumePolicy {
    /// A run that finished is not made again (the default).
    Resume,
    /// Every run is made again; the new ones replace the old.
    Fresh,
}

/// Makes the folders of a store, and tries whether this user, and no other, can write them.
///
/// # Errors
/// What the system says, or that other users can write a folder.
pub fn check_store(folder: &Path) -> Result<(), LedgerError> {
    Ledger::check_folders(folder)?;
    ClaimFolder::open(folder).map(drop)
}

/// The ledger, open for the runs of one plan.
pub struct LedgerStore<'p> {
    state: Mutex<LedgerState>,
    claims: ClaimFolder,
    keys: RunKeys,
    plan: &'p Plan,
    reuse: ResumePolicy,
    observer: Observer<'p>,
}

/// The ledger, and what the user has been told of it.
struct LedgerState {
    ledger: Ledger,
    told: Findings,
    /// Whether the user knows that runs cannot be claimed.
    has_told_of_claims: bool,
}

impl<'p> LedgerStore<'p> {
    /// Opens the ledger in `folder` for a plan.
    ///
    /// # Errors
    /// What the system says when it cannot be opened or read.
    pub fn open(
        folder: &Path,
        reuse: ResumePolicy,
        plan: &'p Plan,
        determinants: &KeyInputs,
        observer: Observer<'p>,
    ) -> Result<Self, LedgerError> {
        let ledger = Ledger::open(folder, &determinants.store_name())?;
        let claims = ClaimFolder::open(folder)?;
        if ledger.lock_kind() == LockKind::Lease {
            observer(Event::Note(without_locks(folder)));
        }
        let kept = Self {
            state: Mutex::new(LedgerState {
                ledger,
                told: Findings::default(),
                has_told_of_claims: false,
            }),
            claims,
            keys: RunKeys::of(plan, determinants),
            plan,
            reuse,
            observer,
        };
        kept.tell(&mut kept.state());
        tell_of_former(folder, determinants, observer)?;
        Ok(kept)
    }

    fn state(&self) -> MutexGuard<'_, LedgerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the user what was found in the ledger since they were last told.
    fn tell(&self, state: &mut LedgerState) {
        let found = state.ledger.findings();
        if *found == state.told {
            return;
        }
        for text in sentences(&state.told, found) {
            let path = state.ledger.path().display();
            (self.observer)(Event::Note(format!("{path}: {text}")));
        }
        state.told = found.clone();
    }

    /// Reads what other processes have added. What is known already still counts when the file cannot
    /// be read on.
    fn refresh(&self, state: &mut LedgerState) {
        if let Err(error) = state.ledger.refresh() {
            (self.observer)(Event::Note(error.to_string()));
        }
        self.tell(state);
    }

    /// The claim of a run whose lock cannot be taken: it is made all the same.
    fn unclaimed(&self, error: &io::Error) -> RunClaim {
        if !std::mem::replace(&mut self.state().has_told_of_claims, true) {
            let folder = self.claims.path().display();
            (self.observer)(Event::Note(format!(
                "{folder}: a run cannot be claimed, so that another verification may make it too: {error}"
            )));
        }
        RunClaim::unshared()
    }
}

impl Store for LedgerStore<'_> {
    fn known(&self) -> Vec<Record> {
        if self.reuse == ResumePolicy::Fresh {
            return Vec::new();
        }
        let mut state = self.state();
        self.refresh(&mut state);
        state.ledger.known(self.plan, &self.keys)
    }

    fn claim(&self, configuration: &Configuration, seed: RunSeed) -> Option<RunClaim> {
        let Some(key) = self.keys.get(configuration, seed) else {
            return Some(RunClaim::unshared());
        };
        let claim = match self.claims.claim(key) {
            Ok(claim) => claim?,
            Err(error) => self.unclaimed(&error),
        };
        if self.reuse == ResumePolicy::Fresh {
            return Some(claim);
        }
        // Its last holder may have kept the run since the ledger was last read.
        let mut state = self.state();
        self.refresh(&mut state);
        let is_known = state.ledger.known_run(configuration, key).is_some();
        (!is_known).then_some(claim)
    }

    /// A run that cannot be kept still counts now; the user is told that it will not count later.
    fn keep(&self, record: &Record) {
        let key = self.keys.find(record.configuration.as_ref(), record.seed);
        let Some(key) = key else { return };
        let mut state = self.state();
        // Two verifications that wait for one job array are both given its runs.
        self.refresh(&mut state);
        if self.reuse == ResumePolicy::Resume && state.ledger.holds(key, record) {
            return;
        }
        if let Err(error) = state.ledger.append(key, record) {
            (self.observer)(Event::NotKept(error.to_string()));
        }
        self.tell(&mut state);
    }
}

/// Says that there are runs whose keys have an older form. They are not used: the older form does not
/// hold all that determines a run.
fn tell_of_former(
    folder: &Path,
    determinants: &KeyInputs,
    observer: Observer<'_>,
) -> Result<(), LedgerError> {
    let Some(name) = determinants.former_store_name() else {
        return Ok(());
    };
    if let Some(former) = Ledger::open_existing(folder, &name)? {
        let (path, count) = (former.path().display(), former.records().count());
        observer(Event::Note(format!(
            "{path}: runs whose key has an older form, which did not hold the state of the interpreter: {count}; they are not used"
        )));
    }
    Ok(())
}

/// Store that keeps no run.
pub struct NullStore;

impl Store for NullStore {
    fn known(&self) -> Vec<Record> {
        Vec::new()
    }

    fn claim(&self, _: &Configuration, _: RunSeed) -> Option<RunClaim> {
        Some(RunClaim::unshared())
    }

    fn keep(&self, _: &Record) {}
}

/// That a store's file system has no locks, and what follows.
fn without_locks(folder: &Path) -> String {
    format!(
        "{}: the file system has no file locks (`flock`), so that leases take their place: a run whose process was killed on another machine is made again a minute later. Lustre has locks when it is mounted with `-o flock`",
        folder.display()
    )
}

/// What is new in `found`, one sentence a kind.
fn sentences(told: &Findings, found: &Findings) -> Vec<String> {
    let mut sentences = Vec::new();
    if found.torn_bytes > told.torn_bytes {
        sentences.push(
            "the last line was not finished, as a crash leaves it: its run is made again"
                .to_owned(),
        );
    }
    if found.damaged.len() > told.damaged.len() {
        let lines: Vec<String> = found.damaged[told.damaged.len()..]
            .iter()
            .map(u64::to_string)
            .collect();
        let lines = lines.join(", ");
        sentences.push(format!(
            "damaged and not used: line {lines}; the runs there are made again"
        ));
    }
    if found.newer > told.newer {
        let count = found.newer - told.newer;
        sentences.push(format!(
            "{count} lines are of a newer version of reprove and are not used"
        ));
    }
    if found.differing.len() > told.differing.len() {
        let count = found.differing.len();
        sentences.push(format!(
            "runs that were made again and did not give the same result: {count}"
        ));
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use reprove_model::seeds::RunSeed;

    #[test]
    fn each_finding_is_told_once() {
        let none = Findings::default();
        assert_eq!(sentences(&none, &none), [""; 0]);
        let found = Findings {
            torn_bytes: 21,
            damaged: vec![4, 9],
            newer: 1,
            differing: Vec::new(),
        };
        let told = sentences(&none, &found);
        assert_eq!(
            told,
            [
                "the last line was not finished, as a crash leaves it: its run is made again",
                "damaged and not used: line 4, 9; the runs there are made again",
                "1 lines are of a newer version of reprove and are not used",
            ]
        );
        assert_eq!(sentences(&found, &found), [""; 0]);
    }

    #[test]
    fn runs_under_an_older_form_of_the_key_are_told_and_not_used() {
        let store = tempfile::tempdir().unwrap();
        let program = crate::identity::tests::program();
        let former = program.former_store_name().unwrap();
        assert_ne!(former, program.store_name());
        assert_eq!(crate::identity::tests::recipe().former_store_name(), None);
        let mut ledger = Ledger::open(store.path(), &former).unwrap();
        let metrics = [("accuracy".into(), 0.9)].into();
        let outcome = crate::Outcome::Finished { metrics };
        let key = program.key(&std::collections::BTreeMap::new(), RunSeed(1));
        ledger
            .append(key, &Record::ended(None, RunSeed(1), outcome))
            .unwrap();
        let notes = std::sync::Mutex::new(Vec::new());
        let observer = |event: Event| {
            if let Event::Note(text) = event {
                notes.lock().unwrap().push(text);
            }
        };
        tell_of_former(store.path(), &program, &observer).unwrap();
        let notes = notes.into_inner().unwrap();
        assert!(
            notes[0].ends_with("interpreter: 1; they are not used"),
            "{notes:?}"
        );
    }
}
