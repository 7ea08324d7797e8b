//! What happens while long work is done, told to one observer; only the terminal front end prints.

use crate::name::ConfigurationId;
use crate::seeds::RunSeed;
use std::time::Duration;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A stage began.
    Stage(Stage),
    /// The runs of a round begin: this many more, of this many at most.
    Round {
        /// Runs of this round.
        runs: usize,
        /// Runs that the whole verification makes at most, those of earlier rounds included.
        at_most: usize,
    },
    /// A run moved on.
    RunProgress {
        /// Share of the run that is done, 0 to 1, added to what was told before for the same run.
        share: f64,
    },
    /// A run ended.
    RunEnded {
        /// Its configuration, where the manifest has any.
        configuration: Option<ConfigurationId>,
        /// Its seed.
        seed: RunSeed,
        /// How it ended, in a word.
        outcome: String,
        /// How long it took.
        wall: Duration,
    },
    /// A run that ended could not be kept, and why: it counts now and will be made again.
    NotKept(String),
    /// Something that the user should know now rather than at the end.
    Note(String),
}

/// The stages that take time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Data are hashed, the commit is read.
    Pins,
    /// The commit is exported and built.
    Prepare,
    /// Runs are made.
    Runs,
    /// Claims are decided.
    Decide,
}

/// Observer of events; called from several threads.
pub type Observer<'a> = &'a (dyn Fn(Event) + Sync);
