//! A verification that an interruption ends at once while it has made no run.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::interrupt;
use super::progress::ProgressLine;
use crate::verify::{self, VerifyError, VerifyOptions, VerifyOutcome};
use reprove_exec::RunContext;
use reprove_model::event::{Event, Stage};
use reprove_pins::fetch;

/// Stack of the thread of a verification, in bytes: that of a main thread.
const STACK: usize = 8 << 20;

/// Time between two looks for an interruption.
const LOOK: Duration = Duration::from_millis(50);

/// Time in which an interrupted verification without runs may end by itself.
const GRACE: Duration = Duration::from_millis(500);

/// Cause why a verification has no outcome.
pub enum NoOutcome {
    /// It was interrupted before its first run.
    Interrupted,
    /// Its thread could not be started; what the system said.
    NoThread(std::io::Error),
}

/// Verifies a manifest in a thread of its own. Where the user interrupts and no run was begun, nothing is
/// waited for that cannot be interrupted, such as the hashing of large files: the thread is left behind and
/// ends with the process, which leaves no more than a kill does.
pub fn verify(
    manifest: &Path,
    options: &Arc<VerifyOptions>,
    line: &Arc<ProgressLine>,
) -> Result<Result<VerifyOutcome, VerifyError>, NoOutcome> {
    let interrupted = interrupt::listen();
    let has_runs = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = channel();
    let work = {
        let (manifest, options) = (manifest.to_owned(), Arc::clone(options));
        let (line, has_runs) = (Arc::clone(line), Arc::clone(&has_runs));
        move || {
            let observer = |event| {
                if event == Event::Stage(Stage::Runs) {
                    has_runs.store(true, Ordering::Relaxed);
                }
                line.take(event);
            };
            let context = RunContext {
                observer: &observer,
                interrupted,
            };
            // The receiver is gone when nobody waits any more.
            let _ = sender.send(verify::verify(&manifest, &options, &context));
        }
    };
    let name = thread::Builder::new().name("verify".to_owned());
    let thread = name.stack_size(STACK).spawn(work);
    let thread = thread.map_err(NoOutcome::NoThread)?;
    let mut since = None;
    loop {
        match receiver.recv_timeout(LOOK) {
            Ok(outcome) => return Ok(outcome),
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Ok(()) => return Err(NoOutcome::Interrupted),
                Err(panic) => std::panic::resume_unwind(panic),
            },
            Err(RecvTimeoutError::Timeout) => {}
        }
        if !interrupted.load(Ordering::Relaxed) {
            continue;
        }
        fetch::cancel_fetches();
        let since: &Instant = since.get_or_insert_with(Instant::now);
        if since.elapsed() >= GRACE && !has_runs.load(Ordering::Relaxed) {
            return Err(NoOutcome::Interrupted);
        }
    }
}
