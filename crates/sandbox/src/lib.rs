//! Runs a stranger's program behind walls, and measures it.
//!
//! A verification starts the tool's own executable again as `reprove __sandbox`: a process with one
//! thread, which puts up the walls of the asked [`Tier`], starts the program, watches its limits,
//! and leaves nothing of it alive. [`Launcher`] is the side that asks; `launcher` is that process.
//!
//! ```text
//! reprove ── Job as JSON ──▶ launcher ── fork ──▶ watcher ── fork ──▶ pid 1 of the box ── fork ──▶ the program
//!         ◀── Reply as JSON ─────────────────── (records, kills)      (reaps orphans)
//! ```
//!
//! The launcher forks a watcher for each job that it is handed. In tier `landlock` and tier `none`
//! there is no box: the watcher is the program's parent, and orphans come back to it.
//!
//! A program that runs as root is never root inside: the launcher lends it one of 512 user ids.

mod holes;
pub mod launcher;
mod parent;
mod policy;
pub mod remove;
pub mod scratch;
mod wire;

pub use parent::{Capabilities, Error, Launcher, TierSupport};
pub use policy::{
    Command, Devices, End, Finished, Limits, MemoryControl, Network, Policy, Tier, TierRequest,
    base_environment,
};
