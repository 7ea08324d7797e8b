//! Waiting for a controller that does not answer.

use std::time::{Duration, Instant};

use super::commands::CommandError;
use super::error::SlurmError;
use super::options::Timeouts;
use crate::RunContext;
use reprove_model::event::Event;

/// Asks again while the controller does not answer.
pub(super) fn retry<T>(
    timeouts: &Timeouts,
    context: &RunContext<'_>,
    mut ask: impl FnMut() -> Result<T, CommandError>,
) -> Result<T, SlurmError> {
    let begin = Instant::now();
    let mut pause = timeouts.look.0;
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(error @ CommandError::Unreachable { .. }) => {
                if begin.elapsed() > timeouts.unreachable {
                    return Err(error.into());
                }
                if pause == timeouts.look.0 {
                    (context.observer)(Event::Note(format!("waiting for Slurm: {error}")));
                }
            }
            Err(error @ (CommandError::Start { .. } | CommandError::Refused { .. })) => {
                return Err(error.into());
            }
        }
        sleep(pause, context);
        if context.is_interrupted() {
            return Err(SlurmError::Interrupted);
        }
        pause = (pause * 3 / 2).min(timeouts.look.1);
    }
}

/// Sleeps, but not on when the user interrupts.
pub(super) fn sleep(pause: Duration, context: &RunContext<'_>) {
    let end = Instant::now() + pause;
    while !context.is_interrupted() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(Duration::from_millis(100)));
    }
}
