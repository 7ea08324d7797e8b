//! Ranks: the exact Mann-Whitney test and the probability of improvement.

use super::error::{Result, StatsError};
use super::sample::Sample;

/// An exact test of two samples: the statistic and its three p-values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExactTest {
    /// The observed statistic.
    pub statistic: f64,
    /// Twice the smaller one-sided p-value, at most 1.
    pub p_two_sided: f64,
    /// Probability of a statistic at least as large.
    pub p_greater: f64,
    /// Probability of a statistic at most as large.
    pub p_less: f64,
}

impl ExactTest {
    /// From the one-sided p-values.
    pub(super) fn new(statistic: f64, p_greater: f64, p_less: f64) -> Self {
        Self {
            statistic,
            p_two_sided: (2.0 * p_greater.min(p_less)).min(1.0),
            p_greater,
            p_less,
        }
    }
}

/// Additions that the exact distribution may take, about a second.
const LARGEST: f64 = 4e8;

/// The U statistic of `x` over `y`: pairs with `x > y`, and half of those with `x = y`.
#[must_use]
pub fn u_statistic(x: &Sample, y: &Sample) -> f64 {
    let sorted = y.sorted();
    let above = |v: &f64| {
        let below = sorted.partition_point(|w| w < v);
        let at_most = sorted.partition_point(|w| w <= v);
        (below + at_most) as f64 / 2.0
    };
    x.values().iter().map(above).sum()
}

/// P(X > Y) + P(X = Y)/2 in the samples, `U / (n m)`.
#[must_use]
pub fn probability_of_improvement(x: &Sample, y: &Sample) -> f64 {
    u_statistic(x, y) / (x.len() as f64 * y.len() as f64)
}

/// The exact Mann-Whitney test over all assignments of the observed ranks, ties included.
///
/// Without ties this is the classical exact distribution (Mann and Whitney 1947). `greater` means
/// that `x` tends to be greater than `y`.
///
/// # Errors
/// Samples so large that the exact distribution would take longer than about a second.
pub fn mann_whitney(x: &Sample, y: &Sample) -> Result<ExactTest> {
    let u = u_statistic(x, y);
    let doubled = doubled_midranks(x, y);
    let pick = x.len().min(y.len());
    let total: usize = doubled.iter().sum();
    let size = doubled.len() as f64 * pick as f64 * total as f64;
    // Above a thousand values the counts leave the range of f64.
    if size > LARGEST || doubled.len() > 1000 {
        return Err(StatsError::TooLarge {
            what: "the exact Mann-Whitney test",
            size,
            limit: LARGEST,
        });
    }
    let counts = rank_sum_counts(&doubled, pick, total);
    // Doubled rank sum of x, and from it that of the smaller group.
    let n = x.len() as f64;
    let of_x = (2.0 * u + n * (n + 1.0)).round() as usize;
    let swapped = x.len() > y.len();
    let observed = if swapped { total - of_x } else { of_x };
    let all: f64 = counts.iter().sum();
    let at_least = counts[observed..].iter().sum::<f64>() / all;
    let at_most = counts[..=observed].iter().sum::<f64>() / all;
    let (greater, less) = if swapped {
        (at_most, at_least)
    } else {
        (at_least, at_most)
    };
    Ok(ExactTest::new(u, greater, less))
}

/// Twice the midrank of each value in the joint sample: whole numbers even with ties.
fn doubled_midranks(x: &Sample, y: &Sample) -> Vec<usize> {
    let mut all = x.sorted();
    all.extend(y.sorted());
    all.sort_by(f64::total_cmp);
    let rank = |v: &f64| {
        let below = all.partition_point(|w| w < v);
        let at_most = all.partition_point(|w| w <= v);
        below + at_most + 1
    };
    all.iter().map(rank).collect()
}

/// How many choices of `pick` ranks have each sum.
fn rank_sum_counts(ranks: &[usize], pick: usize, total: usize) -> Vec<f64> {
    let mut ways = vec![vec![0.0; total + 1]; pick + 1];
    ways[0][0] = 1.0;
    for (seen, &rank) in ranks.iter().enumerate() {
        for chosen in (1..=pick.min(seen + 1)).rev() {
            let (fewer, more) = ways.split_at_mut(chosen);
            let from = &fewer[chosen - 1];
            for (to, add) in more[0][rank..].iter_mut().zip(from) {
                *to += add;
            }
        }
    }
    ways.swap_remove(pick)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(values: &[f64]) -> Sample {
        Sample::new(values).unwrap()
    }

    #[test]
    fn smallest_case_by_hand() {
        // Three against three, perfectly separated: one of twenty assignments.
        let test = mann_whitney(&sample(&[4.0, 5.0, 6.0]), &sample(&[1.0, 2.0, 3.0])).unwrap();
        assert_eq!(test.statistic, 9.0);
        assert!((test.p_greater - 0.05).abs() < 1e-15 && test.p_less == 1.0);
    }

    #[test]
    fn ties_count_half() {
        let (x, y) = (sample(&[1.0, 2.0]), sample(&[2.0, 2.0]));
        assert_eq!(u_statistic(&x, &y), 1.0);
        let equal = mann_whitney(&sample(&[1.0, 1.0]), &sample(&[1.0, 1.0])).unwrap();
        assert_eq!((equal.p_greater, equal.p_less), (1.0, 1.0));
        assert_eq!(probability_of_improvement(&x, &x), 0.5);
    }

    #[test]
    fn too_many_values_are_refused() {
        let many = sample(&(0..600).map(f64::from).collect::<Vec<_>>());
        assert!(mann_whitney(&many, &many).is_err());
    }

    proptest! {
        #[test]
        fn swapping_the_samples_mirrors_the_test(
            x in prop::collection::vec(0..6i32, 1..7),
            y in prop::collection::vec(0..6i32, 1..7),
        ) {
            let to = |v: &[i32]| Sample::new(v.iter().map(|i| f64::from(*i)).collect::<Vec<_>>()).unwrap();
            let (a, b) = (to(&x), to(&y));
            let (ab, ba) = (mann_whitney(&a, &b).unwrap(), mann_whitney(&b, &a).unwrap());
            prop_assert!((ab.p_greater - ba.p_less).abs() < 1e-12);
            prop_assert_eq!(ab.statistic + ba.statistic, (x.len() * y.len()) as f64);
        }
    }
}
