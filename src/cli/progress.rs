//! Progress on standard error: a bar on a terminal, nothing elsewhere.

use std::io::{IsTerminal, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use reprove_model::event::{Event, Stage};

/// Steps of the bar a run, so that a long run is seen to move.
const STEPS: f64 = 1000.0;

/// Shows events as they come.
pub struct ProgressLine {
    bar: ProgressBar,
    runs: Mutex<Runs>,
}

/// What is known of the runs.
#[derive(Debug, Default)]
struct Runs {
    /// Runs that have ended, and shares of those at work.
    done: f64,
    ended: usize,
    at_most: usize,
    /// Whether some could not be kept.
    are_lost: bool,
}

/// Whether progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressDisplay {
    /// On a terminal.
    OnTerminal,
    /// Never.
    Never,
}

impl ProgressLine {
    /// A line that is drawn only where standard error is a terminal.
    pub fn new(shown: ProgressDisplay) -> Self {
        let visible = shown == ProgressDisplay::OnTerminal && stderr().is_terminal();
        let target = if visible {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        if visible {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self {
            bar,
            runs: Mutex::default(),
        }
    }

    /// Takes an event; from any thread.
    pub fn take(&self, event: Event) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Stage(stage) => self.bar.set_message(match stage {
                Stage::Pins => "checking the pins",
                Stage::Prepare => "preparing a clean checkout",
                Stage::Runs => "running",
                Stage::Decide => "deciding",
            }),
            Event::Round { at_most, .. } => {
                runs.at_most = at_most;
                runs.done = runs.ended as f64;
                self.start_bar(&runs);
            }
            Event::RunProgress { share } => {
                runs.done += share;
                self.bar.set_position((runs.done * STEPS) as u64);
            }
            Event::RunEnded { .. } => {
                runs.ended += 1;
                runs.done = runs.done.max(runs.ended as f64);
                self.bar.set_position((runs.done * STEPS) as u64);
                self.bar.set_message(counted(&runs));
            }
            Event::NotKept(problem) => {
                runs.are_lost = true;
                let problem = format!("a run is not kept: {problem}");
                self.bar
                    .suspend(|| super::screen::print_error(&problem, None));
            }
            // A bar that is not drawn prints nothing, and a note matters in a log file too.
            Event::Note(text) => self.bar.suspend(|| super::screen::note(&text)),
        }
    }

    fn start_bar(&self, runs: &Runs) {
        let template = "{spinner} {msg} [{bar:30}] {percent}% · {elapsed} · at most {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("=> "));
        }
        self.bar.set_length((runs.at_most as f64 * STEPS) as u64);
        self.bar.set_message(counted(runs));
    }

    /// Whether a run could not be kept.
    pub fn has_lost_runs(&self) -> bool {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.are_lost
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn counted(runs: &Runs) -> String {
    format!("{} of at most {} runs", runs.ended, runs.at_most)
}
