//! Kinds of failure of a run: one list of the codes that JSON has and of their words.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Declares the kinds with their code and their words.
macro_rules! failure_kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:literal, $words:literal;)+) => {
        /// Kind of failure of a run. None of them speaks for or against the claim.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FailureKind {
            $($(#[$doc])* $kind,)+
        }

        impl FailureKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// The stable code, as in JSON.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$kind => $code,)+
                }
            }

            /// The kind in words.
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$kind => $words,)+
                }
            }
        }
    };
}

failure_kinds! {
    /// The program ended with an error of no other kind.
    Crashed = "crashed", "crashed";
    /// A program, module or library that it needs is missing.
    DependencyMissing = "dependency_missing", "dependency missing";
    /// It needs an accelerator and found none.
    NoGpu = "no_gpu", "no GPU";
    /// A file that it needs is not where it looked.
    DataMissing = "data_missing", "data missing";
    /// It needs the network, which runs do not have.
    NoNetwork = "no_network", "no network";
    /// It reached the time limit.
    TimedOut = "timed_out", "timed out";
    /// It reached the limit of its memory, or of the accelerator's.
    OutOfMemory = "out_of_memory", "out of memory";
    /// It reached the limit of processes and threads.
    TooManyProcesses = "too_many_processes", "too many processes";
    /// It reached the limit of its output.
    TooMuchOutput = "too_much_output", "too much output";
    /// It ended well, but its metric is not where the manifest says.
    NoMetric = "no_metric", "no metric";
    /// It was asked to end.
    Interrupted = "interrupted", "interrupted";
    /// The sandbox or the run's folder could not be set up.
    Sandbox = "sandbox", "sandbox";
    /// The data changed while it ran.
    DataChanged = "data_changed", "data changed";
    /// Its output is a copy of another run's, and its seed does not determine it.
    NotIndependent = "not_independent", "not independent";
    /// The machine of the task is not like the one that submitted it.
    WrongMachine = "wrong_machine", "wrong machine";
    /// The task ended before this run.
    EndedEarly = "ended_early", "ended early";
    /// The task was held in the queue for too long.
    Held = "held", "held";
    /// The task ended without a result, or the scheduler lost it.
    Vanished = "vanished", "vanished";
    /// The task was cancelled.
    Cancelled = "cancelled", "cancelled";
    /// The task lost its node.
    NodeLost = "node_lost", "node lost";
    /// The task was preempted.
    Preempted = "preempted", "preempted";
    /// The scheduler's controller gave no answer.
    ControllerUnreachable = "controller_unreachable", "controller unreachable";
    /// The scheduler refused the job.
    SubmissionRefused = "submission_refused", "submission refused";
    /// The scheduler's commands are missing.
    NoSlurm = "no_slurm", "no Slurm";
    /// The shared folder cannot be used.
    SharedFolder = "shared_folder", "shared folder";
    /// The time for a round is over.
    NotFinished = "not_finished", "not finished";
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Error of a code that no kind of failure has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of failure `{0}`")]
pub struct UnknownFailureKind(String);

impl FromStr for FailureKind {
    type Err = UnknownFailureKind;

    fn from_str(code: &str) -> Result<Self, UnknownFailureKind> {
        let mut all = Self::ALL.iter().copied();
        all.find(|kind| kind.code() == code)
            .ok_or_else(|| UnknownFailureKind(code.to_owned()))
    }
}

impl Serialize for FailureKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for FailureKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_and_is_its_words() {
        for kind in FailureKind::ALL {
            assert_eq!(kind.code().parse(), Ok(*kind));
            assert_eq!(kind.words().to_lowercase().replace(' ', "_"), kind.code());
        }
        assert!("sandboxed".parse::<FailureKind>().is_err());
    }
}
