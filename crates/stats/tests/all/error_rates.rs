//! Simulated error rates of the statistics that decide, with fixed seeds: a reduced form of the
//! calibration, whose full form is a program of its own.

use reprove_stats::bootstrap::studentized::{self, ResampledMean};
use reprove_stats::random::{StreamKey, SubStream};
use reprove_stats::sequential::{LookBoundary, Spending, every_run};
use reprove_stats::t_tests::one_sample;
use reprove_stats::{Interval, Sample};

/// A distribution with mean 0 and standard deviation 1.
#[derive(Clone, Copy)]
enum Noise {
    Normal,
    /// Student's t with 3 degrees of freedom over the root of 3.
    HeavyTailed,
}

impl Noise {
    fn draw(self, stream: &mut SubStream) -> f64 {
        match self {
            Self::Normal => stream.polar_normal(),
            Self::HeavyTailed => stream.polar_normal() / stream.chi_squared(3).sqrt(),
        }
    }
}

/// Shares of 90 % intervals that lie wholly above, and wholly below, the true mean 0.
fn misses(
    noise: Noise,
    n: usize,
    repetitions: u32,
    interval: impl Fn(&Sample, u64) -> Interval,
) -> (f64, f64) {
    let (mut above, mut below) = (0, 0);
    let mut stream = StreamKey::from_number(20).sub_stream(n as u64);
    for repetition in 0..repetitions {
        let values: Vec<f64> = (0..n).map(|_| noise.draw(&mut stream)).collect();
        let ci = interval(&Sample::new(values).unwrap(), u64::from(repetition));
        above += u32::from(ci.lo > 0.0);
        below += u32::from(ci.hi < 0.0);
    }
    let share = |count: u32| f64::from(count) / f64::from(repetitions);
    (share(above), share(below))
}

fn t(sample: &Sample) -> Interval {
    let estimate = one_sample(&sample.summary().unwrap()).unwrap();
    estimate.interval(0.9).unwrap()
}

/// The beta-weighted bootstrap-t interval.
fn beta_t(sample: &Sample, seed: u64) -> Interval {
    let arms = [ResampledMean::of_values(sample.values()).unwrap()];
    let key = StreamKey::from_number(seed);
    let exact = ResampledMean::Exact;
    let found = studentized::beta_t(sample.mean(), &arms, &exact, 0.9, 999, key);
    found.unwrap().arms
}

/// Both methods must agree to decide: the union of t and beta-weighted bootstrap-t.
fn both(sample: &Sample, seed: u64) -> Interval {
    t(sample).union(&beta_t(sample, seed))
}

#[test]
fn the_union_of_both_intervals_errs_at_most_as_stated() {
    let repetitions = 3000;
    let room = 3.0 * (0.05 * 0.95 / f64::from(repetitions)).sqrt();
    for noise in [Noise::Normal, Noise::HeavyTailed] {
        for n in [3, 5, 10] {
            let (above, below) = misses(noise, n, repetitions, both);
            assert!(
                above <= 0.05 + room && below <= 0.05 + room,
                "{n}: {above} {below}"
            );
        }
    }
}

#[test]
fn beta_weighted_intervals_cover_normal_means() {
    // Coverage measured for the design with 10 000 repetitions: .881, .898, .911.
    for (n, expected) in [(3, 0.881), (5, 0.898), (10, 0.911)] {
        let (above, below) = misses(Noise::Normal, n, 4000, beta_t);
        let coverage = 1.0 - above - below;
        assert!((coverage - expected).abs() < 0.02, "{n}: {coverage}");
    }
}

/// The verdicts of sequential t studies: shares inside and outside the tolerance 1, and the mean
/// number of runs.
fn studies(looks: &[LookBoundary], sd: f64, difference: f64, repetitions: u32) -> (f64, f64, f64) {
    let multipliers: Vec<f64> = looks
        .iter()
        .map(|look| look.multiplier(look.n as f64 - 1.0).unwrap())
        .collect();
    let mut stream = StreamKey::from_number(21).sub_stream(0);
    let (mut inside, mut outside, mut runs) = (0, 0, 0);
    for _ in 0..repetitions {
        let mut values = Vec::new();
        for (look, multiplier) in looks.iter().zip(&multipliers) {
            while values.len() < look.n {
                values.push(difference + sd * stream.polar_normal());
            }
            let sample = Sample::new(values.as_slice()).unwrap();
            let ci = one_sample(&sample.summary().unwrap())
                .unwrap()
                .interval_with(*multiplier);
            let (is_in, is_out) = (ci.lo > -1.0 && ci.hi < 1.0, ci.lo > 1.0 || ci.hi < -1.0);
            if is_in || is_out || look.n == looks[looks.len() - 1].n {
                inside += u32::from(is_in);
                outside += u32::from(is_out);
                runs += look.n as u32;
                break;
            }
        }
    }
    let share = |count: u32| f64::from(count) / f64::from(repetitions);
    (share(inside), share(outside), share(runs))
}

#[test]
fn sequential_studies_keep_their_error_and_stop_early() {
    let looks = every_run(Spending::new(0.05, 30).unwrap(), 3).unwrap();
    let repetitions = 6000;
    let room = 3.0 * (0.05 * 0.95 / f64::from(repetitions)).sqrt();
    let (inside, outside, _) = studies(&looks, 0.5, 1.0, repetitions);
    assert!(
        inside <= 0.05 + room && outside <= 0.05 + room,
        "{inside} {outside}"
    );
    let (inside, _, runs) = studies(&looks, 0.5, 0.0, 2000);
    // Measured for the design: 1.000 and 7.7 runs.
    assert!(
        inside > 0.998 && (runs - 7.7).abs() < 0.3,
        "{inside} {runs}"
    );
    let (_, outside, runs) = studies(&looks, 1.0, 2.0, 2000);
    assert!(
        outside > 0.995 && (runs - 11.8).abs() < 0.5,
        "{outside} {runs}"
    );
}
