//! Runs on this machine: workers side by side, one run or group of seeds each.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError, mpsc};

use super::{Executor, Record, Unit, Watch, Workload};
use crate::event::Event;
use crate::plan::Configuration;

/// How many workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jobs {
    /// One a processor core that this process may use.
    Automatic,
    /// So many.
    Count(NonZeroUsize),
}

impl Jobs {
    /// The number of workers on this machine, ≥ 1.
    pub fn count(self) -> usize {
        match self {
            Self::Count(count) => count.get(),
            Self::Automatic => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        }
    }
}

/// Makes runs on this machine.
#[derive(Debug, Clone, Copy)]
pub struct LocalExecutor {
    /// How many workers.
    pub jobs: Jobs,
}

impl Executor for LocalExecutor {
    fn execute(
        &mut self,
        workload: &dyn Workload,
        units: &[Unit<'_>],
        watch: &Watch<'_>,
        sink: &mut dyn FnMut(Record),
    ) {
        let workers = self.jobs.count();
        let queue = Mutex::new(pieces(workload, units, workers));
        let (sender, receiver) = mpsc::channel::<Record>();
        std::thread::scope(|scope| {
            for _ in 0..workers {
                let (sender, queue) = (sender.clone(), &queue);
                scope.spawn(move || {
                    while !watch.is_interrupted() {
                        let next = queue
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .pop_front();
                        let Some((configuration, seeds)) = next else {
                            break;
                        };
                        for record in workload.run(configuration, &seeds, watch) {
                            // The receiver lives as long as the scope.
                            let _ = sender.send(record);
                        }
                    }
                });
            }
            drop(sender);
            for record in receiver {
                (watch.observer)(Event::RunEnded {
                    configuration: record.configuration.clone(),
                    seed: record.seed,
                    outcome: record.outcome.word().to_owned(),
                    wall: std::time::Duration::from_secs_f64(record.usage.wall_seconds.max(0.0)),
                });
                sink(record);
            }
        });
    }
}

/// Cuts the units into pieces of at most the workload's group, and of no more than an even share a
/// worker, so that all workers have something to do. Costly configurations are unknown beforehand;
/// the manifest's tables tend to list small models first, so the last ones start first.
fn pieces<'p>(
    workload: &dyn Workload,
    units: &[Unit<'p>],
    workers: usize,
) -> VecDeque<(&'p Configuration, Vec<u64>)> {
    let mut pieces = VecDeque::new();
    for unit in units.iter().rev() {
        let share = (unit.seeds.len() * units.len())
            .div_ceil(workers)
            .min(unit.seeds.len());
        let size = workload.group(unit.configuration).min(share).max(1);
        // Even pieces: 30 seeds in groups of at most 16 are 15 and 15, not 16 and 14.
        let count = unit.seeds.len().div_ceil(size);
        for piece in unit.seeds.chunks(unit.seeds.len().div_ceil(count)) {
            pieces.push_back((unit.configuration, piece.to_vec()));
        }
    }
    pieces
}
