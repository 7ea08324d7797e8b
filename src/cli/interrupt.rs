//! Ctrl-C: once to stop in good order, twice to stop at once.

use std::sync::atomic::{AtomicBool, Ordering};

/// Exit status of an interrupted program: 128 and the number of SIGINT.
pub const INTERRUPTED_STATUS: i32 = 130;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on the first Ctrl-C (or SIGTERM, or SIGHUP) makes the returned flag true, and says on
/// stderr what happens next; the second ends the program with [`INTERRUPTED_STATUS`].
///
/// # Errors
/// The system refuses a handler, or there is one already.
pub fn watch() -> Result<&'static AtomicBool, ctrlc::Error> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED_STATUS);
        }
        eprintln!("interrupted: what is finished is kept; press Ctrl-C again to stop at once");
    })?;
    Ok(&INTERRUPTED)
}
