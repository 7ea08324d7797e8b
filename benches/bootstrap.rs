//! Times the bootstrap on the problems that `bootstrap_peers.sh` gives to SciPy and rliable.
//!
//! Prints one line a problem: its name, the median wall time and the median processor time of the
//! repetitions in seconds, and the interval. Plain timing, no framework.

use std::hint::black_box;
use std::time::Instant;

use reprove::stats::bootstrap::resample::{acceleration_of_difference, mean_difference};
use reprove::stats::bootstrap::stratified::{Aggregate, Resampling, Tasks};
use reprove::stats::bootstrap::studentized::{ResampledMean, beta_t};
use reprove::stats::random::StreamKey;
use reprove::stats::{Interval, Sample};

const REPETITIONS: usize = 15;

/// Deterministic values in [0, 1), the same in the script beside this file.
fn values(n: usize, start: u64) -> Vec<f64> {
    let mut state = start;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..n).map(|_| next()).collect()
}

fn sample(n: usize, start: u64) -> Sample {
    Sample::new(values(n, start)).expect("the values are finite")
}

/// Processor seconds of all threads of this process, where the system tells.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let own: f64 = stat.split(' ').next()?.parse().ok()?;
    let mut total = 0.0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let line = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        total += line.split(' ').next()?.parse::<f64>().ok()?;
    }
    Some(total.max(own) / 1e9)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn time(name: &str, problem: impl Fn(u64) -> Interval) {
    let (mut wall, mut processor) = (Vec::new(), Vec::new());
    let mut found = problem(0);
    for repetition in 0..REPETITIONS {
        let before = processor_seconds();
        let start = Instant::now();
        found = black_box(problem(repetition as u64));
        wall.push(start.elapsed().as_secs_f64());
        if let (Some(before), Some(after)) = (before, processor_seconds()) {
            processor.push(after - before);
        }
    }
    let processor = if processor.is_empty() {
        f64::NAN
    } else {
        median(processor)
    };
    println!(
        "{name} {:.6} {processor:.6} {:.5} {:.5}",
        median(wall),
        found.lo,
        found.hi
    );
}

fn main() {
    for n in [10, 1000] {
        let (x, y) = (sample(n, 1), sample(n, 2));
        time(&format!("bca_{n}+{n}"), |seed| {
            let replicates = mean_difference(&x, &y, 100_000, StreamKey::from_number(seed));
            let acceleration = acceleration_of_difference(&x, &y).expect("two samples");
            replicates
                .and_then(|replicates| replicates.bca(0.95, acceleration))
                .expect("two samples with spread")
        });
    }
    let rows: Vec<Vec<f64>> = values(5 * 26, 3).chunks(26).map(<[f64]>::to_vec).collect();
    let tasks = Tasks::from_rows(&rows).expect("a table of finite scores");
    time("iqm_5x26", |seed| {
        tasks
            .replicates(
                Aggregate::Iqm,
                Resampling::Plain,
                50_000,
                StreamKey::from_number(seed),
            )
            .and_then(|replicates| replicates.percentile(0.95))
            .expect("finite scores")
    });
    let ten = sample(10, 1);
    time("beta_t_10", |seed| {
        let arms = [ResampledMean::of_values(ten.values()).expect("ten values")];
        let (exact, key) = (ResampledMean::Exact, StreamKey::from_number(seed));
        let found = beta_t(ten.mean(), &arms, &exact, 0.9, 9999, key);
        found.expect("a sample with spread").arms
    });
}
