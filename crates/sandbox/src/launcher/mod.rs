//! The launcher process, `reprove __sandbox`: one thread, which forks a process for each job, so that
//! a job costs no start of this program.
//!
//! `serve` takes jobs, `job` runs one, `root`, `confine` and `filter` isolate it,
//! `supervisor` enforces its limits.

mod cgroup;
mod confine;
mod error;
mod filter;
mod job;
mod output;
mod outside;
mod root;
mod routes;
mod serve;
mod supervisor;
mod sys;
mod tree;
mod types;
mod uid_pool;

pub use serve::main;
