//! Outcomes of runs.

use super::entry::{Meaning, meanings};
use reprove_model::failure::{FailureKind, OutcomeCode};

/// What the outcome of a run means.
pub(super) fn outcome(code: OutcomeCode) -> Meaning {
    match code {
        OutcomeCode::Finished => Meaning {
            cause: "The run ended well and gave its metrics.",
            cure: "Nothing is needed.",
        },
        OutcomeCode::Diverged => Meaning {
            cause: "A metric of the run is not a finite number: training left the finite numbers.",
            cure: "Diverged runs are counted. State `failed: {rate: …}` if they belong to the procedure.",
        },
        OutcomeCode::Failed(kind) => failure(kind),
    }
}

meanings! {
    /// What the failure of a run means. It speaks neither for nor against a claim.
    fn failure(FailureKind) {
        Crashed: "The program ended with an error.", "Read the last lines of its log in the report; `--keep` keeps the run's folder.";
        DependencyMissing: "A program, module or library that the run needs is missing.", "Add it to the lock file of the environment, or install it where the environment is `none`.";
        NoGpu: "The run needs an accelerator and found none.", "Verify on a machine with a GPU, and state `hardware: {device: cuda}`.";
        DataMissing: "A file that the run needs is not where it looked.", "Pin the file under `data` and hand its path over by `{data.NAME}`.";
        NoNetwork: "The run needs the network, which runs do not have.", "Pin what it loads under `data`; `network: always` opens the network as a deviation.";
        TimedOut: "The run reached its limit of time.", "Raise `experiment.limits.time`.";
        OutOfMemory: "The run reached its limit of memory, or of the accelerator's.", "Raise `experiment.limits.memory`, or make fewer runs side by side with `--jobs`.";
        TooManyProcesses: "The run reached its limit of processes and threads.", "Raise `experiment.limits.processes`, or let the program start fewer threads.";
        TooMuchOutput: "The run reached its limit of output.", "Raise `experiment.limits.output`, or let the program write less.";
        NoMetric: "The run ended well, but its metric is not where the manifest says.", "Check `experiment.metrics`: the file, the path or column, the pattern. The report says what was found there.";
        Interrupted: "The run was asked to end.", "Verify again: finished runs are kept.";
        Sandbox: "The sandbox or the folder of the run could not be set up.", "`reprove doctor` says what the machine can do.";
        DataChanged: "The data changed while the run was made.", "Keep others from writing to the data, and verify again.";
        NotIndependent: "The output is a copy of another run's, and its seed does not determine it.", "Let each run write to `{out}` alone, and keep no state between runs.";
        WrongMachine: "The machine of the task is not like the one that submitted it.", "Choose a partition of machines of one kind.";
        EndedEarly: "The task ended before this run began.", "Raise the time limit of the task; the same command makes the missing runs.";
        Held: "The task was held in the queue for too long.", "Look at the reason in `squeue`; the same command goes on.";
        Vanished: "The task ended without a result, or the scheduler lost it.", "Look at the scheduler's log; the same command makes the run again.";
        Cancelled: "The task was cancelled.", "The same command makes the run again.";
        NodeLost: "The task lost its node.", "The same command makes the run again.";
        Preempted: "The task was preempted by another job.", "The same command makes the run again; another partition may not preempt.";
        ControllerUnreachable: "The controller of the scheduler gave no answer.", "Try again when `scontrol ping` answers.";
        SubmissionRefused: "The scheduler refused the job.", "Check partition, account and limits; the report has its words.";
        NoSlurm: "The commands of Slurm are missing.", "Verify on a machine that can submit jobs, or leave out `--executor slurm`.";
        SharedFolder: "The folder that all nodes share cannot be used.", "Give `--store` a folder that every node can write.";
        NotFinished: "The time for a round of runs is over.", "The same command collects the runs later.";
    }
}
