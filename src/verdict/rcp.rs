//! The reference convergence point rule of MLPerf training, as a named check beside the verdict.
//!
//! It asks only whether a submission converges *faster* than the reference logs; passing is absence
//! of significance, so that fewer or noisier runs pass more easily. It is offered for comparison with
//! MLPerf's own checker and is no evidence of reproduction.

use crate::stats::{Result, StatsError, students_t};

/// The one-sided level of the rule.
const LEVEL: f64 = 0.05;

/// Reference runs to convergence at one batch size, trimmed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reference {
    /// Mean after the lowest and highest values are dropped.
    pub mean: f64,
    /// Standard deviation of all values, divisor n.
    pub sd: f64,
    /// Values that remain after dropping.
    pub kept: usize,
}

/// The comparison of a submission with its reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RcpCheck {
    /// Mean of the submission after dropping.
    pub mean: f64,
    /// Mean of the reference after dropping.
    pub reference: f64,
    /// The lowest acceptable mean.
    pub lowest_acceptable: f64,
    /// The outcome.
    pub outcome: RcpOutcome,
}

/// What the rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RcpOutcome {
    /// Not significantly faster than the reference.
    Passed,
    /// Significantly faster than the reference.
    TooFast,
    /// More runs did not converge than are dropped.
    InsufficientConvergence,
}

impl Reference {
    /// From the runs at one batch size; `dropped` values are left out at either end for the mean (1,
    /// or 4 for unet3d), none for the standard deviation.
    ///
    /// # Errors
    /// Too few values, or one that is not finite.
    pub fn new(runs: &[f64], dropped: usize) -> Result<Self> {
        let (mean, kept) = trimmed_mean(runs, dropped)?;
        let all = crate::stats::Sample::new(runs)?;
        let n = all.len() as f64;
        let variance = all.variance().unwrap_or(0.0) * (n - 1.0) / n;
        Ok(Self {
            mean,
            sd: variance.sqrt(),
            kept,
        })
    }

    /// The point between two references by linear interpolation of mean and standard deviation, for
    /// a batch size that has none; `runs` is the number of runs of a submission.
    pub fn between(low: (f64, Self), high: (f64, Self), batch: f64, runs: usize) -> Self {
        let share = (batch - low.0) / (high.0 - low.0);
        let mix = |a: f64, b: f64| a + share * (b - a);
        Self {
            mean: mix(low.1.mean, high.1.mean),
            sd: mix(low.1.sd, high.1.sd),
            kept: 2 * runs,
        }
    }

    /// The lowest acceptable mean of a submission of `kept` runs after dropping: the pooled t test
    /// with the reference's standard deviation on both sides.
    ///
    /// # Errors
    /// Fewer than three runs in all.
    pub fn lowest_acceptable(&self, kept: usize) -> Result<f64> {
        let (a, b) = (self.kept as f64, kept as f64);
        let t = students_t::isf(LEVEL, a + b - 2.0)?;
        Ok(self.mean - t * self.sd * (1.0 / a + 1.0 / b).sqrt())
    }
}

/// Compares a submission's runs to convergence with the reference. A run that did not converge is a
/// value that is not finite; as many as `dropped` are forgiven.
///
/// # Errors
/// Too few runs to drop any.
pub fn check(reference: &Reference, runs: &[f64], dropped: usize) -> Result<RcpCheck> {
    let lost = runs.iter().filter(|v| !v.is_finite()).count();
    if lost > dropped {
        return Ok(RcpCheck {
            mean: f64::INFINITY,
            reference: reference.mean,
            lowest_acceptable: f64::NAN,
            outcome: RcpOutcome::InsufficientConvergence,
        });
    }
    let never = |v: &f64| if v.is_finite() { *v } else { f64::MAX };
    let (mean, kept) = trimmed_mean(&runs.iter().map(never).collect::<Vec<_>>(), dropped)?;
    let lowest_acceptable = reference.lowest_acceptable(kept)?;
    Ok(RcpCheck {
        mean,
        reference: reference.mean,
        lowest_acceptable,
        outcome: if mean >= lowest_acceptable {
            RcpOutcome::Passed
        } else {
            RcpOutcome::TooFast
        },
    })
}

fn trimmed_mean(values: &[f64], dropped: usize) -> Result<(f64, usize)> {
    if values.len() <= 2 * dropped {
        return Err(StatsError::TooFew {
            what: "a mean without its extremes",
            needed: 2 * dropped + 1,
            found: values.len(),
        });
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let kept = &sorted[dropped..sorted.len() - dropped];
    Ok((crate::stats::sample::mean(kept), kept.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: [f64; 10] = [40.0, 41.0, 39.0, 40.0, 42.0, 38.0, 40.0, 41.0, 39.0, 40.0];

    #[test]
    fn only_the_fast_side_fails() {
        let reference = Reference::new(&REFERENCE, 1).unwrap();
        assert_eq!((reference.mean, reference.kept), (40.0, 8));
        assert!((reference.sd - 1.2f64.sqrt()).abs() < 1e-12);
        let outcome = |runs: &[f64]| check(&reference, runs, 1).unwrap().outcome;
        assert_eq!(outcome(&[40.0, 40.0, 40.0, 40.0, 40.0]), RcpOutcome::Passed);
        assert_eq!(outcome(&[90.0, 90.0, 90.0, 90.0, 90.0]), RcpOutcome::Passed);
        assert_eq!(
            outcome(&[38.0, 38.0, 38.0, 38.0, 38.0]),
            RcpOutcome::TooFast
        );
    }

    #[test]
    fn the_bound_is_the_pooled_t_test_with_one_sd() {
        // mean - t(0.95, 8 + 3 - 2) sd sqrt(1/8 + 1/3), t(0.95, 9) = 1.8331129326536335.
        let reference = Reference::new(&REFERENCE, 1).unwrap();
        let by_hand = 40.0 - 1.833_112_932_653_633_5 * (1.2 * (1.0 / 8.0 + 1.0 / 3.0_f64)).sqrt();
        assert!((reference.lowest_acceptable(3).unwrap() - by_hand).abs() < 1e-9);
    }

    #[test]
    fn one_run_may_fail_to_converge() {
        let reference = Reference::new(&REFERENCE, 1).unwrap();
        let one = [40.0, f64::INFINITY, 40.0, 40.0, 40.0];
        assert_eq!(
            check(&reference, &one, 1).unwrap().outcome,
            RcpOutcome::Passed
        );
        let two = [40.0, f64::INFINITY, f64::NAN, 40.0, 40.0];
        let outcome = check(&reference, &two, 1).unwrap().outcome;
        assert_eq!(outcome, RcpOutcome::InsufficientConvergence);
    }
}
