//! Handles SIGINT, SIGTERM and SIGHUP: the first asks for an orderly end, the second ends the process
//! at once.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Becomes true with the first interruption.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Listens for interruptions of this process and gives the flag that they set.
pub fn listen() -> &'static AtomicBool {
    static LISTENING: AtomicBool = AtomicBool::new(false);
    if LISTENING.swap(true, Ordering::Relaxed) {
        return &INTERRUPTED;
    }
    let mut handled = vec![SIGINT, SIGTERM];
    if !is_ignored(SIGHUP) {
        handled.push(SIGHUP);
    }
    if let Ok(mut signals) = Signals::new(handled) {
        std::thread::spawn(move || {
            for _ in signals.forever() {
                if INTERRUPTED.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
                // A stream that is gone must not end this thread.
                let _ = std::io::stderr().write_all(
                    b"interrupted: finishing what is at work; press Ctrl-C again to stop at once\n",
                );
            }
        });
    }
    &INTERRUPTED
}

/// Whether this process was started with the signal ignored, as `nohup` does.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored(&status, signal)
}

fn ignored(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signals_that_are_ignored_are_known() {
        let status = "Name:\treprove\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000004002\n";
        assert!(ignored(status, SIGHUP) && ignored(status, 13));
        assert!(!ignored(status, SIGINT) && !ignored("", SIGHUP));
    }
}
