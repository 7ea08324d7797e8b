//! Runs on a cluster that Slurm manages, as job arrays.
//!
//! Each task of an array runs this program's hidden launcher ([`task_main`]), which leaves its
//! records in the array's folder by rename. That file is the truth: Slurm is asked only what became
//! of tasks that have left none, because it forgets jobs after minutes and gives ids out anew.
//!
//! A task claims each of its runs in the store before it makes it and keeps it there before the claim ends,
//! as a verification on one machine does, so that both together make each run once.
//!
//! The folder lies on a file system that all nodes share. It outlives this process: a verification
//! that was stopped finds its arrays there and waits for them instead of submitting them again.

mod batch;
mod commands;
mod config;
mod error;
mod executor;
mod open;
mod options;
mod pending;
mod publish;
mod retry;
mod shared_runs;
mod shared_store;
mod state;
mod task;
#[cfg(test)]
mod tests;

pub use batch::Task;
pub use commands::{CommandError, Commands};
pub use error::SlurmError;
pub use executor::{ExistingJobs, SlurmExecutor};
pub use options::{SlurmOptions, Timeouts};
pub use publish::publish;
pub use state::{Ending, TaskState};
pub use task::{Make, run_task, task_main};
