//! The runs: prepared from a clean checkout, executed, their metrics read.
//!
//! [`prepare`] makes an experiment ready, [`execute`] makes the rounds of a plan. After each round the
//! caller says which configurations are still wanted: the only callback from the decision stage.

pub mod build;
mod capacity;
mod claimed_workload;
mod claims;
mod data_guard;
pub mod estimate;
mod execute;
mod execution;
mod executor_config;
mod folders;
pub mod identity;
pub mod ledger;
mod ledger_store;
mod local;
mod log_tail;
mod model;
pub mod output;
mod prepare;
pub mod program;
pub mod programs;
mod python;
pub mod recipe;
mod remote_workload;
mod repeats;
mod seed_calls;
mod shared_rows;
pub mod slurm;
pub mod usage;
mod workload_description;

pub use capacity::Capacity;
pub use claims::RunClaim;
pub use data_guard::{DataChanged, DataGuard};
pub use execute::execute;
pub use execution::{Execution, ExecutionEnd};
pub use executor_config::{ExecutorConfig, ExecutorError, ExecutorRequest, Machines};
pub use folders::Artifacts;
pub use identity::{KeyInputs, RunKey, RunKeys, WorkloadIdentity};
pub use ledger::{Ledger, LedgerError};
pub use ledger_store::{LedgerStore, NullStore, ResumePolicy, check_store};
pub use local::{Jobs, LocalExecutor};
pub use model::{Executor, PendingSeeds, RunContext, Store, Workload};
pub use prepare::{
    EntryPointError, ErrorClass, Isolation, PrepareContext, PrepareError, Prepared, SandboxMode,
    check_entry_point, prepare, read_experiment,
};
pub use python::undeclared_imports;
pub use repeats::{PAUSE as REPEAT_PAUSE, unrepeatable};
pub use reprove_model::record::{Outcome, Record, RecordSource, Records, Repeat, Usage};
pub use workload_description::{SharedData, SharedProgram, WorkloadDescription};
