//! Kinds of failure of a run: one list of the codes that JSON has and of their words.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codes::UnknownCode;

/// Declares the kinds with their code and their words.
macro_rules! failure_kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:literal, $words:literal;)+) => {
        crate::codes! {
            /// Kind of failure of a run. None of them speaks for or against the claim.
            pub enum FailureKind {
                $($(#[$doc])* $kind = $code,)+
            }
        }

        impl FailureKind {
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

/// Outcome of a run as a code: `finished`, `diverged`, or the code of its failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutcomeCode {
    /// It gave its metrics, all finite.
    Finished,
    /// Training left the finite numbers.
    Diverged,
    /// It gave no result.
    Failed(FailureKind),
}

impl OutcomeCode {
    /// The stable code, as in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Diverged => "diverged",
            Self::Failed(kind) => kind.code(),
        }
    }

    /// The outcome in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Finished | Self::Diverged => self.code(),
            Self::Failed(kind) => kind.words(),
        }
    }
}

impl fmt::Display for OutcomeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for OutcomeCode {
    type Err = UnknownCode;

    fn from_str(code: &str) -> Result<Self, UnknownCode> {
        let mut well = [Self::Finished, Self::Diverged].into_iter();
        match well.find(|outcome| outcome.code() == code) {
            Some(outcome) => Ok(outcome),
            None => code.parse().map(Self::Failed),
        }
    }
}

impl Serialize for OutcomeCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for OutcomeCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for OutcomeCode {
    fn schema_name() -> Cow<'static, str> {
        "OutcomeCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let failed = FailureKind::ALL.iter().copied().map(Self::Failed);
        let all = [Self::Finished, Self::Diverged].into_iter().chain(failed);
        let codes: Vec<&str> = all.map(Self::code).collect();
        json_schema!({ "enum": codes })
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

    #[test]
    fn codes_of_outcomes_are_read_back() {
        let failed = FailureKind::ALL.iter().copied().map(OutcomeCode::Failed);
        for outcome in [OutcomeCode::Finished, OutcomeCode::Diverged]
            .into_iter()
            .chain(failed)
        {
            assert_eq!(outcome.code().parse(), Ok(outcome));
        }
        let error = "ended".parse::<OutcomeCode>().unwrap_err();
        assert_eq!(error.to_string(), "unknown code `ended`");
    }
}
