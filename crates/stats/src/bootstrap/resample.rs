//! Drawing replicates with replacement.

use super::super::error::{Result, StatsError};
use super::super::random::{StreamKey, SubStream};
use super::super::sample::Sample;
use super::indices::Indices;
use super::replicates::{Replicates, acceleration};
use super::statistic::Statistic;

/// Replicates of one sample's statistic.
///
/// # Errors
/// `count` is 0.
pub fn one_sample(
    x: &Sample,
    statistic: Statistic,
    count: usize,
    key: StreamKey,
) -> Result<Replicates> {
    let values = x.values();
    let observed = statistic.of(&mut values.to_vec());
    let n = values.len();
    let replicates = if statistic == Statistic::Mean {
        let sums = TupleSums::new(values, x.mean());
        key.fill_chunks(count, |stream, out| {
            out.fill(x.mean());
            sums.add_sums(stream, 1.0 / n as f64, out);
        })
    } else {
        let indices = Indices::below(n);
        key.fill_chunks(count, |stream, out| {
            let mut drawn = vec![0.0; n];
            for slot in out {
                let mut next = drawn.iter_mut();
                indices.draw(stream, n, |i| {
                    if let Some(place) = next.next() {
                        *place = values[i];
                    }
                });
                *slot = statistic.of(&mut drawn);
            }
        })
    };
    Replicates::new(observed, replicates)
}

/// Replicates of the difference of means `x - y`, the samples drawn independently.
///
/// # Errors
/// `count` is 0.
pub fn mean_difference(x: &Sample, y: &Sample, count: usize, key: StreamKey) -> Result<Replicates> {
    let (mean_x, mean_y) = (x.mean(), y.mean());
    let (n, m) = (x.len() as f64, y.len() as f64);
    let (xs, ys) = (
        TupleSums::new(x.values(), mean_x),
        TupleSums::new(y.values(), mean_y),
    );
    let observed = mean_x - mean_y;
    let replicates = key.fill_chunks(count, |stream, out| {
        out.fill(observed);
        xs.add_sums(stream, 1.0 / n, out);
        ys.add_sums(stream, -1.0 / m, out);
    });
    Replicates::new(observed, replicates)
}

/// The acceleration of BCa for one sample's statistic.
///
/// # Errors
/// Fewer than two values.
pub fn acceleration_of(x: &Sample, statistic: Statistic) -> Result<f64> {
    at_least_two(&[x])?;
    Ok(acceleration(&[&statistic.influence(x.values())]))
}

/// The acceleration of BCa for the difference of means `x - y`.
///
/// # Errors
/// Fewer than two values in either sample.
pub fn acceleration_of_difference(x: &Sample, y: &Sample) -> Result<f64> {
    at_least_two(&[x, y])?;
    let of_x = Statistic::Mean.influence(x.values());
    // A greater y lowers the difference.
    let of_y: Vec<f64> = Statistic::Mean
        .influence(y.values())
        .iter()
        .map(|u| -u)
        .collect();
    Ok(acceleration(&[&of_x, &of_y]))
}

fn at_least_two(samples: &[&Sample]) -> Result<()> {
    match samples.iter().find(|s| s.len() < 2) {
        Some(short) => Err(StatsError::TooFew {
            what: "a BCa interval",
            needed: 2,
            found: short.len(),
        }),
        None => Ok(()),
    }
}

/// Entries that stay in the fastest cache.
const TABLE: usize = 4096;

/// Sums of resamples of one sample, less their mean.
///
/// Drawing `n` values one by one and drawing them as tuples from the table of all tuple sums is
/// the same experiment; for ten values five pairs come out of one random word.
struct TupleSums {
    tuples: Vec<f64>,
    draw_tuples: usize,
    from_tuples: Indices,
    singles: Vec<f64>,
    draw_singles: usize,
    from_singles: Indices,
}

impl TupleSums {
    fn new(values: &[f64], centre: f64) -> Self {
        let singles: Vec<f64> = values.iter().map(|v| v - centre).collect();
        let n = singles.len();
        let length = best_length(n);
        let mut tuples = singles.clone();
        for _ in 1..length {
            tuples = tuples
                .iter()
                .flat_map(|a| singles.iter().map(move |b| a + b))
                .collect();
        }
        Self {
            draw_tuples: n / length,
            draw_singles: n % length,
            from_tuples: Indices::below(tuples.len()),
            from_singles: Indices::below(n),
            tuples,
            singles,
        }
    }

    /// Adds to every slot `scale` times a fresh sum.
    fn add_sums(&self, stream: &mut SubStream, scale: f64, out: &mut [f64]) {
        let tuples = (&self.tuples[..], scale);
        self.from_tuples
            .add_sums(stream, self.draw_tuples, tuples, out);
        let singles = (&self.singles[..], scale);
        self.from_singles
            .add_sums(stream, self.draw_singles, singles, out);
    }
}

/// The length of tuples that needs the fewest random words, the shortest of equals.
fn best_length(n: usize) -> usize {
    let words = |length: usize, entries: usize| {
        Indices::below(entries).words(n / length) + Indices::below(n).words(n % length)
    };
    let (mut best, mut fewest) = (1, words(1, n));
    let (mut length, mut entries) = (2, n * n);
    while n > 1 && length <= n && entries <= TABLE {
        if words(length, entries) < fewest {
            (best, fewest) = (length, words(length, entries));
        }
        (length, entries) = (length + 1, entries * n);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::super::t_tests;
    use super::*;

    fn sample() -> Sample {
        Sample::new([90.12, 90.35, 89.97, 90.28, 90.41, 90.05, 90.22]).unwrap()
    }

    #[test]
    fn replicates_of_the_mean_have_its_plug_in_error() {
        let x = sample();
        let r = one_sample(&x, Statistic::Mean, 200_000, StreamKey::from_number(3)).unwrap();
        let n = x.len() as f64;
        let plug_in = x.sd().unwrap() * ((n - 1.0) / n).sqrt() / n.sqrt();
        assert!((r.standard_error() / plug_in - 1.0).abs() < 0.01);
        let y = Sample::new((0..100).map(f64::from).collect::<Vec<_>>()).unwrap();
        let r = one_sample(&y, Statistic::Mean, 100_000, StreamKey::from_number(3)).unwrap();
        assert!(
            (r.standard_error() / (y.sd().unwrap() * 0.99_f64.sqrt() / 10.0) - 1.0).abs() < 0.01
        );
    }

    #[test]
    fn large_samples_agree_with_t() {
        let values = |shift: f64| -> Vec<f64> {
            (0..200)
                .map(|i| f64::from(i * 37 % 101) / 101.0 + shift)
                .collect()
        };
        let (x, y) = (
            Sample::new(values(0.3)).unwrap(),
            Sample::new(values(0.0)).unwrap(),
        );
        let replicates = mean_difference(&x, &y, 50_000, StreamKey::from_number(5)).unwrap();
        let acceleration = acceleration_of_difference(&x, &y).unwrap();
        let ci = replicates.bca(0.9, acceleration).unwrap();
        let welch = t_tests::welch(&x.summary().unwrap(), &y.summary().unwrap()).unwrap();
        let t = welch.interval(0.9).unwrap();
        assert!((ci.lo - t.lo).abs() < 0.002 && (ci.hi - t.hi).abs() < 0.002);
    }

    #[test]
    fn threads_do_not_change_the_numbers() {
        let x = sample();
        let draw = || one_sample(&x, Statistic::Iqm, 9000, StreamKey::from_number(1)).unwrap();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        assert_eq!(draw(), pool.install(draw));
    }

    #[test]
    fn a_single_value_is_an_error() {
        let one = Sample::new([1.0]).unwrap();
        assert!(acceleration_of(&one, Statistic::Mean).is_err());
    }
}
