//! The bootstrap half of the rule: the beta-weighted bootstrap-t (Owen 2025, arXiv 2508.10083) of
//! one or two rerun arms against the reported side, which is a list, a summary or nothing.
//!
//! A resample draws weights w ~ Beta(1/2, 3/2) for the values of each arm. With weighted mean and
//! variance, t* = Σ (weighted mean − mean) / sqrt(Σ weighted variance / (n − 1)), and the interval is
//! [d − Q(1 − a) se, d − Q(a) se] with the same standard error of the data.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use super::judge::{Comparison, Intervals, Level};
use crate::evidence::{Reading, Seen, Spread};
use crate::stats::{Interval, Result};

/// Resamples at least; more for small levels, so that 40 of them lie beyond the quantile.
const RESAMPLES: usize = 9999;

/// Degrees of freedom above which a reported variance does not vary.
const CERTAIN_DF: f64 = 1e6;

/// The seed of one look: a digest of the lock and the number of values.
pub(super) fn seed(lock: &[u8; 32], seen: &Seen) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(lock);
    digest.update((seen.n() as u64).to_le_bytes());
    digest.finalize().into()
}

/// The bootstrap-t intervals of the difference; those of Student's t where the values do not vary.
///
/// # Errors
/// A level outside (0, 1).
pub(super) fn intervals(
    seen: &Seen,
    reading: &Reading,
    comparison: &Comparison,
    level: Level,
    seed: [u8; 32],
) -> Result<Intervals> {
    let arms: Vec<Arm> = std::iter::once(&seen.first)
        .chain(seen.second.as_ref())
        .map(|values| Arm::new(values))
        .collect();
    let printed_se = sum_of_squares(arms.iter().map(|arm| arm.variance));
    if printed_se == 0.0 {
        return comparison.intervals(level);
    }
    let nominal = level.nominal(comparison.printed.1)?;
    let count = RESAMPLES.max((40.0 / nominal).ceil().min(1e6) as usize);
    let reported = Reported::new(reading);
    let process_se = printed_se.hypot(reported.standard_error());
    let mut rng = ChaCha8Rng::from_seed(seed);
    let mut printed = Vec::with_capacity(count);
    let mut process = Vec::with_capacity(count);
    for _ in 0..count {
        let (mut shift, mut variance) = (0.0, 0.0);
        for (place, arm) in arms.iter().enumerate() {
            let (s, v) = arm.draw(&mut rng);
            shift += if place == 0 { s } else { -s };
            variance += v;
        }
        printed.push(shift / variance.sqrt());
        if let Some((s, v)) = reported.draw(&mut rng) {
            process.push((shift - s) / (variance + v).sqrt());
        }
    }
    let d = comparison.difference;
    let own = interval(d, printed_se, &mut printed, nominal);
    let both = match reported {
        Reported::Nothing if comparison.printed.0 > 0.0 => {
            // As many runs as reported, that vary as the reruns do: the same shape, wider.
            let ratio = comparison.process.0 / comparison.printed.0;
            Interval {
                lo: d - (d - own.lo) * ratio,
                hi: d + (own.hi - d) * ratio,
            }
        }
        Reported::Nothing => own,
        _ => interval(d, process_se, &mut process, nominal),
    };
    Ok(Intervals {
        printed: own,
        process: both,
    })
}

fn interval(d: f64, standard_error: f64, t: &mut [f64], level: f64) -> Interval {
    Interval {
        lo: d - quantile(t, 1.0 - level) * standard_error,
        hi: d - quantile(t, level) * standard_error,
    }
}

/// The type 7 quantile (Hyndman and Fan 1996) without a full sort.
fn quantile(values: &mut [f64], p: f64) -> f64 {
    let at = p * (values.len() - 1) as f64;
    let below = at.floor() as usize;
    let (_, low, rest) = values.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    let high = rest.iter().copied().fold(f64::INFINITY, f64::min);
    if high.is_finite() {
        low + (at - below as f64) * (high - low)
    } else {
        low
    }
}

fn sum_of_squares(variances: impl Iterator<Item = f64>) -> f64 {
    variances.sum::<f64>().sqrt()
}

/// One arm: its values less their mean, in ascending order, and the variance of the mean.
struct Arm {
    deviations: Vec<f64>,
    variance: f64,
}

impl Arm {
    fn new(values: &[f64]) -> Self {
        let mean = crate::stats::sample::mean(values);
        let mut deviations: Vec<f64> = values.iter().map(|v| v - mean).collect();
        deviations.sort_by(f64::total_cmp);
        let n = deviations.len() as f64;
        let squares: f64 = deviations.iter().map(|d| d * d).sum();
        Self {
            variance: squares / (n * (n - 1.0)),
            deviations,
        }
    }

    /// A weighted mean's shift from the mean, and its variance.
    fn draw(&self, rng: &mut ChaCha8Rng) -> (f64, f64) {
        let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
        for d in &self.deviations {
            let w = weight(rng);
            total += w;
            first += w * d;
            second += w * d * d;
        }
        let shift = first / total;
        // Deviations are centred, so that little is lost in this difference.
        let variance = (second / total - shift * shift).max(0.0);
        (shift, variance / (self.deviations.len() as f64 - 1.0))
    }
}

/// The reported side of a resample.
enum Reported {
    Nothing,
    List(Arm),
    Summary { variance: f64, df: f64 },
}

impl Reported {
    fn new(reading: &Reading) -> Self {
        match (&reading.values, reading.spread) {
            (Some(values), _) if values.len() >= 2 => Self::List(Arm::new(values)),
            (
                _,
                Spread::Known {
                    standard_error, df, ..
                },
            ) => Self::Summary {
                variance: standard_error * standard_error,
                df,
            },
            _ => Self::Nothing,
        }
    }

    fn standard_error(&self) -> f64 {
        match self {
            Self::Nothing => 0.0,
            Self::List(arm) => arm.variance.sqrt(),
            Self::Summary { variance, .. } => variance.sqrt(),
        }
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> Option<(f64, f64)> {
        match self {
            Self::Nothing => None,
            Self::List(arm) => Some(arm.draw(rng)),
            Self::Summary { variance, df } => {
                let shift = variance.sqrt() * normal(rng);
                let ratio = if *df < CERTAIN_DF {
                    chi_squared(*df, rng) / df
                } else {
                    1.0
                };
                Some((shift, variance * ratio))
            }
        }
    }
}

/// A number in (-1, 1).
fn signed_unit(rng: &mut ChaCha8Rng) -> f64 {
    ((rng.next_u64() >> 11) as f64 + 0.5) * 2f64.powi(-52) - 1.0
}

/// Beta(1/2, 3/2): the square of the abscissa of a uniform point in the unit disc, which is one
/// coordinate of a uniform point on the sphere in four dimensions.
fn weight(rng: &mut ChaCha8Rng) -> f64 {
    let word = rng.next_u64();
    let mut halves = (word as u32, (word >> 32) as u32);
    loop {
        let scale = 2f64.powi(-31);
        let x = (f64::from(halves.0) + 0.5) * scale - 1.0;
        let y = (f64::from(halves.1) + 0.5) * scale - 1.0;
        if x * x + y * y < 1.0 {
            return x * x;
        }
        let word = rng.next_u64();
        halves = (word as u32, (word >> 32) as u32);
    }
}

/// A standard normal number (polar method, Marsaglia and Bray 1964).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    loop {
        let (x, y) = (signed_unit(rng), signed_unit(rng));
        let r = x * x + y * y;
        if r > 0.0 && r < 1.0 {
            return x * (-2.0 * r.ln() / r).sqrt();
        }
    }
}

/// A chi-squared number with `df` ≥ 1 (Marsaglia and Tsang 2000; Johnk's boost below shape 1).
fn chi_squared(df: f64, rng: &mut ChaCha8Rng) -> f64 {
    let shape = df / 2.0;
    let boosted = if shape < 1.0 { shape + 1.0 } else { shape };
    let d = boosted - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    let unit = |rng: &mut ChaCha8Rng| f64::midpoint(signed_unit(rng), 1.0);
    let gamma = loop {
        let z = normal(rng);
        let v = (1.0 + c * z).powi(3);
        if v > 0.0 && unit(rng).ln() < 0.5 * z * z + d - d * v + d * v.ln() {
            break d * v;
        }
    };
    let boost = if shape < 1.0 {
        unit(rng).powf(1.0 / shape)
    } else {
        1.0
    };
    2.0 * gamma * boost
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(mut draw: impl FnMut(&mut ChaCha8Rng) -> f64) -> (f64, f64) {
        let mut rng = ChaCha8Rng::from_seed([7; 32]);
        let n = 200_000;
        let values: Vec<f64> = (0..n).map(|_| draw(&mut rng)).collect();
        let mean = values.iter().sum::<f64>() / f64::from(n);
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(n);
        (mean, variance)
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        let close = |(m, v): (f64, f64), (mean, variance): (f64, f64)| {
            assert!((m - mean).abs() < 0.02 * variance.sqrt(), "{m} {mean}");
            assert!((v / variance - 1.0).abs() < 0.05, "{v} {variance}");
        };
        // Beta(a, b): mean a / (a + b), variance ab / ((a + b)² (a + b + 1)).
        close(moments(weight), (0.25, 0.0625));
        close(moments(normal), (0.0, 1.0));
        close(moments(|rng| chi_squared(1.0, rng)), (1.0, 2.0));
        close(moments(|rng| chi_squared(9.0, rng)), (9.0, 18.0));
    }

    #[test]
    fn quantiles_interpolate() {
        let mut values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(quantile(&mut values, 0.5), 2.5);
        assert_eq!(quantile(&mut values, 1.0), 4.0);
    }
}
