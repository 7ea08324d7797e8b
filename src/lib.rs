//! Decides whether a reported machine-learning result reproduces.
//!
//! Data flows one way, a module a stage:
//!
//! ```text
//! manifest → pins → plan → runs → evidence → verdict → report
//! ```
//!
//! [`verify`] is that walk as one function. [`stats`], [`digest`], [`event`] and [`visible`] are leaves: every
//! stage may use them and they use no stage. [`recipe`] is the in-process trainer that `runs` calls. [`attest`]
//! keeps what a verification rests on for others, and checks what others kept.

pub mod attest;
pub mod calibration;
pub mod cli;
pub mod decide;
pub mod digest;
pub mod event;
pub mod evidence;
pub mod manifest;
pub mod pins;
pub mod plan;
pub mod recipe;
pub mod report;
pub mod runs;
pub mod stats;
pub mod verdict;
pub mod verify;
pub mod visible;
