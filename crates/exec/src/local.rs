//! Runs on this machine: workers side by side, one run or group of seeds each.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError, mpsc};

use super::capacity::Capacity;
use super::executor_config::{ExecutorConfig, ExecutorError, ExecutorRequest, Machines};
use super::{Executor, PendingSeeds, Record, RunContext, Workload};
use reprove_model::event::Event;
use reprove_model::plan::{Configuration, Plan};
use reprove_model::seeds::RunSeed;

/// Number of workers on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jobs {
    /// The capacity of the machine.
    Automatic,
    /// A fixed number.
    Count(NonZeroUsize),
}

impl Jobs {
    /// The number of workers on this machine, ≥ 1.
    pub fn count(self, capacity: Capacity) -> usize {
        match self {
            Self::Count(count) => count.get(),
            Self::Automatic => capacity.runs(),
        }
    }
}

/// Makes runs on this machine.
#[derive(Debug, Clone, Copy)]
pub struct LocalExecutor {
    /// How many workers, ≥ 1.
    pub workers: usize,
}

impl ExecutorConfig for Jobs {
    fn machines(&self) -> Machines {
        Machines::This
    }

    fn executor(&self, request: ExecutorRequest<'_>) -> Result<Box<dyn Executor>, ExecutorError> {
        Ok(Box::new(LocalExecutor {
            workers: self.count(request.capacity),
        }))
    }
}

impl Executor for LocalExecutor {
    fn repeat(
        &mut self,
        workload: &dyn Workload,
        configuration: &Configuration,
        seed: RunSeed,
        context: &RunContext<'_>,
    ) -> Option<Record> {
        workload.run(configuration, &[seed], context).pop()
    }

    /// No effect: no run goes on after [`execute`](Self::execute).
    fn finish(&mut self, _: &Plan, _: &RunContext<'_>) {}

    fn execute(
        &mut self,
        workload: &dyn Workload,
        units: &[PendingSeeds<'_>],
        context: &RunContext<'_>,
        sink: &mut dyn FnMut(Record),
    ) {
        let workers = self.workers.max(1);
        let queue = Mutex::new(pieces(workload, units, workers));
        let (sender, receiver) = mpsc::channel::<Record>();
        std::thread::scope(|scope| {
            for _ in 0..workers {
                let (sender, queue) = (sender.clone(), &queue);
                scope.spawn(move || {
                    while !context.is_interrupted() {
                        let next = queue
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .pop_front();
                        let Some((configuration, seeds)) = next else {
                            break;
                        };
                        for record in workload.run(configuration, &seeds, context) {
                            // The receiver lives as long as the scope.
                            let _ = sender.send(record);
                        }
                    }
                });
            }
            drop(sender);
            for record in receiver {
                (context.observer)(Event::RunEnded {
                    configuration: record.configuration.clone(),
                    seed: record.seed,
                    outcome: record.outcome.code().to_string(),
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
    units: &[PendingSeeds<'p>],
    workers: usize,
) -> VecDeque<(&'p Configuration, Vec<RunSeed>)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scarcest_resource_says_how_many_runs_fit() {
        let count = |by_cores, by_memory, by_gpu| {
            Jobs::Automatic.count(Capacity {
                by_cores,
                by_memory,
                by_gpu,
            })
        };
        assert_eq!(count(16, None, None), 16);
        assert_eq!(count(16, Some(3), None), 3);
        assert_eq!(count(16, Some(30), Some(1)), 1);
        // More threads than cores, or more memory than there is: one run at a time is tried.
        assert_eq!(count(0, Some(0), None), 1);
        let typed = Jobs::Count(NonZeroUsize::new(5).unwrap());
        let none = Capacity {
            by_cores: 1,
            by_memory: None,
            by_gpu: None,
        };
        assert_eq!(typed.count(none), 5);
    }
}
