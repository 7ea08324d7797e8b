//! Files that last: whole writes, locks between processes, and the faults that tests inject.
//!
//! Ledger, build cache, evidence bundle and reports write through this crate alone, so that a test can
//! fail each of their writes in turn ([`faults`]).

pub mod faults;
mod lease;
mod lock;
mod private;
mod whole;

pub use lock::{
    FileLock, LockKind, has_no_locks, unlock, wait_for, wait_for_exclusive, wait_for_shared,
};
pub use private::{PrivateFolderError, private_folder, readable_folder};
pub use whole::{
    append, cut, make_folder, open, remove_file, remove_folder, replace_whole, sync_all_of,
    sync_folder, write_new, write_whole,
};
