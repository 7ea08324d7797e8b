//! Faults of storage that a test injects into the calling thread.
//!
//! Every step that changes a lasting file asks here before it is taken. A program that injects nothing
//! pays for one look at a thread-local value.

use std::cell::Cell;
use std::io;

/// Step that changes a lasting file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageStep {
    /// A file is made.
    Create,
    /// Bytes are written.
    Write,
    /// A file or folder is brought to the disk.
    Sync,
    /// A file gets its final name.
    Rename,
    /// A file is cut to a length.
    Cut,
    /// A file or folder is removed.
    Remove,
    /// A file is locked.
    Lock,
}

/// Fault of storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// One step fails without an effect; later steps succeed.
    Refused,
    /// One write stores the first half of its bytes and fails, any other step is refused; later steps
    /// succeed.
    Torn,
    /// One step fails, after half of its bytes if it is a write, and so do all later steps: the disk
    /// is full, or the process was killed.
    Lasting,
    /// Every lock is refused, as on a file system without locks; other steps succeed.
    NoLocks,
}

/// Fault that is injected, and the steps seen so far.
#[derive(Debug, Clone, Copy)]
struct Plan {
    fault: Option<Fault>,
    at: usize,
    seen: usize,
}

thread_local! {
    static PLAN: Cell<Option<Plan>> = const { Cell::new(None) };
}

/// Does `work` with a fault at step `at` of this thread, counted from 0. Gives its result and whether the
/// step was reached. Steps of locks are not counted, and only [`Fault::NoLocks`] concerns them.
pub fn inject<T>(fault: Fault, at: usize, work: impl FnOnce() -> T) -> (T, bool) {
    let (result, seen) = with_plan(Some(fault), at, work);
    (result, seen > at)
}

/// Does `work` and counts the steps of this thread, locks left out.
pub fn count<T>(work: impl FnOnce() -> T) -> (T, usize) {
    with_plan(None, 0, work)
}

fn with_plan<T>(fault: Option<Fault>, at: usize, work: impl FnOnce() -> T) -> (T, usize) {
    /// Ends the injection, also where `work` panics.
    struct Restored(Option<Plan>);
    impl Drop for Restored {
        fn drop(&mut self) {
            PLAN.set(self.0);
        }
    }
    let _restored = Restored(PLAN.get());
    PLAN.set(Some(Plan { fault, at, seen: 0 }));
    let result = work();
    (result, PLAN.get().map_or(0, |plan| plan.seen))
}

/// The fault of the step that comes now, if any.
pub(crate) fn next(step: StorageStep) -> Option<Fault> {
    let mut plan = PLAN.get()?;
    if step == StorageStep::Lock {
        return plan.fault.filter(|fault| *fault == Fault::NoLocks);
    }
    let at = plan.seen;
    plan.seen += 1;
    PLAN.set(Some(plan));
    match plan.fault? {
        fault @ (Fault::Refused | Fault::Torn) => (at == plan.at).then_some(fault),
        fault @ Fault::Lasting => (at >= plan.at).then_some(fault),
        Fault::NoLocks => None,
    }
}

/// Fails if a fault is injected into the step that comes now.
pub(crate) fn check(step: StorageStep) -> io::Result<()> {
    next(step).map_or(Ok(()), |fault| Err(error(fault)))
}

/// The error of a fault, as Linux has it.
pub(crate) fn error(fault: Fault) -> io::Error {
    match fault {
        Fault::Refused => rustix::io::Errno::IO.into(),
        Fault::Torn | Fault::Lasting => rustix::io::Errno::NOSPC.into(),
        Fault::NoLocks => rustix::io::Errno::NOLCK.into(),
    }
}
