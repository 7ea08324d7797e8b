//! The statistics that can be resampled.

/// A location statistic of one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The arithmetic mean.
    Mean,
    /// The middle value, or the mean of the two middle ones.
    Median,
    /// The interquartile mean: the mean after cutting `floor(n / 4)` values at either end.
    Iqm,
}

impl Statistic {
    /// The statistic of `values`, whose order it may change; NaN for none.
    pub fn of(self, values: &mut [f64]) -> f64 {
        let n = values.len();
        if n == 0 {
            return f64::NAN;
        }
        match self {
            Self::Mean => values.iter().sum::<f64>() / n as f64,
            Self::Median => {
                let (_, upper, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
                let upper = *upper;
                if n % 2 == 1 {
                    return upper;
                }
                let lower = values[..n / 2]
                    .iter()
                    .copied()
                    .fold(f64::NEG_INFINITY, f64::max);
                f64::midpoint(lower, upper)
            }
            Self::Iqm => {
                let cut = n / 4;
                if cut > 0 {
                    values.select_nth_unstable_by(cut, f64::total_cmp);
                    values[cut..].select_nth_unstable_by(n - 2 * cut - 1, f64::total_cmp);
                }
                Self::Mean.of(&mut values[cut..n - cut])
            }
        }
    }

    /// The statistic without each value in turn.
    #[must_use]
    pub fn jackknife(self, values: &[f64]) -> Vec<f64> {
        let n = values.len();
        if self == Self::Mean {
            let sum: f64 = values.iter().sum();
            return values
                .iter()
                .map(|v| (sum - v) / (n as f64 - 1.0))
                .collect();
        }
        let mut rest = Vec::with_capacity(n);
        let mut without = |i: usize| {
            rest.clear();
            rest.extend_from_slice(&values[..i]);
            rest.extend_from_slice(&values[i + 1..]);
            self.of(&mut rest)
        };
        (0..n).map(&mut without).collect()
    }

    /// The influence of each value up to a common factor: the mean of the jackknife values less
    /// the jackknife value. For the mean this is the deviation, which needs no jackknife.
    #[must_use]
    pub fn influence(self, values: &[f64]) -> Vec<f64> {
        let n = values.len() as f64;
        if self == Self::Mean {
            let mean = values.iter().sum::<f64>() / n;
            return values.iter().map(|v| (v - mean) / (n - 1.0)).collect();
        }
        let without = self.jackknife(values);
        let centre = without.iter().sum::<f64>() / n;
        without.iter().map(|v| centre - v).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_by_hand() {
        let of = |s: Statistic, v: &[f64]| s.of(&mut v.to_vec());
        assert_eq!(of(Statistic::Mean, &[1.0, 2.0, 6.0]), 3.0);
        assert_eq!(of(Statistic::Median, &[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(of(Statistic::Median, &[9.0, 1.0, 2.0, 4.0]), 3.0);
        assert_eq!(of(Statistic::Iqm, &[100.0, 1.0, 2.0, 4.0, 0.0]), 7.0 / 3.0);
        assert_eq!(of(Statistic::Iqm, &[5.0, 1.0, 3.0]), 3.0);
        assert!(of(Statistic::Median, &[]).is_nan() && of(Statistic::Iqm, &[]).is_nan());
    }

    #[test]
    fn influence_of_the_mean_is_its_jackknife() {
        let values = [1.0, 5.0, 2.5, 7.0];
        let without = Statistic::Mean.jackknife(&values);
        let centre = without.iter().sum::<f64>() / 4.0;
        for (u, w) in Statistic::Mean.influence(&values).iter().zip(&without) {
            assert!((u - (centre - w)).abs() < 1e-14);
        }
    }
}
