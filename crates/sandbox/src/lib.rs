//! Runs an untrusted program in isolation, and measures it.
//!
//! A verification starts the tool's own executable again as `reprove __sandbox`: a process with one
//! thread, which sets up the isolation of the requested [`SandboxTier`], starts the program, enforces
//! its limits, and leaves no process of it alive. [`Launcher`] starts it; `launcher` is that process.
//!
//! ```text
//! reprove ── Job as JSON ──▶ launcher ── fork ──▶ supervisor ── fork ──▶ pid 1 ── fork ──▶ the program
//!         ◀── Reply as JSON ─────────────────── (records, kills)      (reaps orphans)
//! ```
//!
//! The launcher forks a supervisor for each job. In tier `landlock` and tier `none` there is no pid
//! namespace: the supervisor is the program's parent, and orphans come back to it.
//!
//! A program that runs as root is never root inside: the launcher gives it one of a pool of 512 user ids.

mod finished;
mod launch;
pub mod launcher;
mod limitations;
mod policy;
mod process;
mod public_network;
pub mod remove;
pub mod scratch;
mod wire;

pub use finished::{ExitCause, FinishedProcess};
pub use launch::{Capabilities, Launcher, SandboxError, TierSupport};
pub use limitations::Limitation;
pub use policy::{
    DeviceAccess, MemoryControl, NetworkAccess, ResourceLimits, SandboxPolicy, SandboxTier,
    SandboxedCommand, TierRequest, base_environment,
};
pub use public_network::{NetworkTool, NetworkToolKind, is_public};
