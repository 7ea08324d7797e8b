//! States of Slurm's tasks.

use reprove_model::failure::FailureKind;

/// The state of one task of a job array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskState {
    /// It waits for resources; Slurm's reason.
    Queued(String),
    /// It waits and will not start by itself; Slurm's reason.
    Held(String),
    /// It is at work, or on its way in or out.
    Running,
    /// It ended; whether with a result its status file says.
    Ended(Ending),
}

/// How Slurm says that a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Its program ended with status 0.
    Completed,
    /// Its program ended otherwise, or could not be started.
    Failed,
    /// It ran into its time limit.
    TimedOut,
    /// It was cancelled.
    Cancelled,
    /// Its node went down.
    NodeLost,
    /// It used more memory than it was given.
    OutOfMemory,
    /// It had to make way for another job.
    Preempted,
    /// Slurm does not know it any more.
    Vanished,
}

/// Reasons for which a waiting task does not start by itself.
const HELD: [&str; 6] = [
    "JobHeldUser",
    "JobHeldAdmin",
    "launch_failed_requeued_held",
    "job_requeued_in_held_state",
    "DependencyNeverSatisfied",
    "BadConstraints",
];

impl TaskState {
    /// Reads a state as `squeue`, `scontrol` and `sacct` write it, with its reason.
    pub fn read(word: &str, reason: &str) -> Self {
        // `sacct` writes `CANCELLED by 0`; `+` marks a name that was cut short.
        let word = word.split_whitespace().next().unwrap_or_default();
        match word.trim_end_matches('+') {
            // Slurm writes underscores or spaces in a reason, by version.
            "PENDING" if HELD.contains(&reason.replace(' ', "_").as_str()) => {
                Self::Held(reason.to_owned())
            }
            "PENDING" | "REQUEUED" => Self::Queued(reason.to_owned()),
            "SPECIAL_EXIT" | "REQUEUE_HOLD" => Self::Held(reason.to_owned()),
            "COMPLETED" => Self::Ended(Ending::Completed),
            "FAILED" | "LAUNCH_FAILED" | "RECONFIG_FAIL" => Self::Ended(Ending::Failed),
            "TIMEOUT" | "DEADLINE" => Self::Ended(Ending::TimedOut),
            "CANCELLED" | "REVOKED" => Self::Ended(Ending::Cancelled),
            "NODE_FAIL" | "BOOT_FAIL" => Self::Ended(Ending::NodeLost),
            "OUT_OF_MEMORY" => Self::Ended(Ending::OutOfMemory),
            "PREEMPTED" => Self::Ended(Ending::Preempted),
            // COMPLETING, CONFIGURING, SUSPENDED, STAGE_OUT and what later versions add: it is
            // not over, and the job's own time limit bounds it.
            _ => Self::Running,
        }
    }

    /// How the task ended, if it did.
    pub(super) fn ending(&self) -> Option<Ending> {
        if let Self::Ended(ending) = self {
            Some(*ending)
        } else {
            None
        }
    }
}

impl Ending {
    /// The kind of failure of a run whose task ended so and left no result.
    pub fn kind(self) -> FailureKind {
        match self {
            Self::Completed | Self::Vanished => FailureKind::Vanished,
            Self::Failed => FailureKind::Crashed,
            Self::TimedOut => FailureKind::TimedOut,
            Self::Cancelled => FailureKind::Cancelled,
            Self::NodeLost => FailureKind::NodeLost,
            Self::OutOfMemory => FailureKind::OutOfMemory,
            Self::Preempted => FailureKind::Preempted,
        }
    }

    /// What happened, as the rest of a sentence about a task.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Completed => "ended without a result",
            Self::Failed => "failed without a result",
            Self::TimedOut => "ran into the time limit",
            Self::Cancelled => "was cancelled",
            Self::NodeLost => "lost its node",
            Self::OutOfMemory => "used more memory than it was given",
            Self::Preempted => "was preempted",
            Self::Vanished => "is not known to Slurm any more and left no result",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_states_that_were_seen_are_told_apart() {
        use Ending::*;
        let queued = |reason: &str| TaskState::Queued(reason.to_owned());
        let held = |reason: &str| TaskState::Held(reason.to_owned());
        let rows = [
            ("COMPLETED", "None", TaskState::Ended(Completed)),
            ("FAILED", "NonZeroExitCode", TaskState::Ended(Failed)),
            ("FAILED", "JobLaunchFailure", TaskState::Ended(Failed)),
            ("CANCELLED", "None", TaskState::Ended(Cancelled)),
            ("CANCELLED by 0", "", TaskState::Ended(Cancelled)),
            ("CANCELLED+", "", TaskState::Ended(Cancelled)),
            ("TIMEOUT", "TimeLimit", TaskState::Ended(TimedOut)),
            ("NODE_FAIL", "NodeDown", TaskState::Ended(NodeLost)),
            (
                "OUT_OF_MEMORY",
                "OutOfMemory",
                TaskState::Ended(OutOfMemory),
            ),
            ("PREEMPTED", "None", TaskState::Ended(Preempted)),
            ("PENDING", "BeginTime", queued("BeginTime")),
            ("PENDING", "Resources", queued("Resources")),
            ("PENDING", "JobHeldUser", held("JobHeldUser")),
            (
                "PENDING",
                "launch failed requeued held",
                held("launch failed requeued held"),
            ),
            (
                "PENDING",
                "DependencyNeverSatisfied",
                held("DependencyNeverSatisfied"),
            ),
            ("RUNNING", "None", TaskState::Running),
            ("COMPLETING", "None", TaskState::Running),
            ("", "", TaskState::Running),
        ];
        for (word, reason, state) in rows {
            assert_eq!(TaskState::read(word, reason), state, "{word} {reason}");
        }
    }
}
