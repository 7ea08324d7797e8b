//! One thread for each run of a recipe.
//!
//! candle reads from the environment how many threads to use, at each product anew and without it from
//! the system's list of processors, and its own threads spin while they wait. Runs go side by side and
//! need one thread each; with candle's defaults a step of a middling network takes twice the processor
//! time. As a program cannot safely change its own environment, it starts itself again with another one,
//! in the same process.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What candle and rayon read.
const READ_BY_CANDLE: [&str; 2] = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"];

/// How many threads our own parallel work has, once the program was started again.
const OWN: &str = "REPROVE_THREADS";

/// Gives candle one thread and our own work all of them; returns when nothing is left to do. Nothing is
/// changed where the environment has its own numbers, or where the program cannot be started again.
pub fn reexec_single_threaded() {
    if let Some(threads) = number(OWN) {
        // An error would mean that the pool exists already: then it keeps its size.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global();
        return;
    }
    let asks = std::env::args_os()
        .skip(1)
        .any(|word| trains(word.as_os_str()));
    let (Ok(program), true) = (std::env::current_exe(), asks && !is_chosen()) else {
        return;
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // It returns only if it fails, and then all goes on more slowly.
    let _ = Command::new(program)
        .args(std::env::args_os().skip(1))
        .envs(READ_BY_CANDLE.map(|name| (name, "1")))
        .env(OWN, threads.to_string())
        .exec();
}

/// Whether a word of the command line names a command that trains.
fn trains(word: &OsStr) -> bool {
    word == "verify" || word == "__task"
}

fn is_chosen() -> bool {
    READ_BY_CANDLE
        .iter()
        .any(|name| std::env::var_os(name).is_some())
}

fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}
