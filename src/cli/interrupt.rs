//! Ctrl-C: the first asks for an orderly end, the second ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

/// Becomes true with the first interruption.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Listens for interruptions of this process and gives the flag that they set.
pub fn listen() -> &'static AtomicBool {
    // A handler that is already there can only be this very one.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("interrupted: finishing what is at work; press Ctrl-C again to stop at once");
    });
    &INTERRUPTED
}
