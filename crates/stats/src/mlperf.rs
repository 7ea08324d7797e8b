//! The convergence rule of MLPerf Training ("reference convergence points"), as a named
//! compatibility check beside the verdict.
//!
//! A submission passes when its trimmed mean number of epochs is not significantly below the
//! reference's: one-sided pooled t test at 5 %, with the reference's standard deviation on both
//! sides. Only being faster can fail, and fewer or noisier runs pass more easily, so that passing
//! is no evidence of reproduction. Rule: `mlperf_logging`, `rcp_checker` (MLCommons, 2026).

use std::collections::BTreeMap;

use super::dist::students_t;
use super::error::{Result, StatsError, non_negative};
use super::sample::{Sample, mean};

/// The significance level of the rule.
const LEVEL: f64 = 0.05;

/// How many runs are dropped at either end before a mean is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trim {
    /// One best and one worst: every benchmark but one.
    One,
    /// Four and four: 3D U-Net.
    Four,
}

impl Trim {
    fn runs(self) -> usize {
        match self {
            Self::One => 1,
            Self::Four => 4,
        }
    }
}

/// A reference at one batch size: its trimmed mean, spread and the runs behind them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reference {
    /// Mean epochs to converge, best and worst dropped.
    pub mean: f64,
    /// Standard deviation of all runs with divisor `n`.
    pub sd: f64,
    /// Runs that the t test counts.
    pub runs: usize,
}

impl Reference {
    /// From the epochs of the reference runs.
    ///
    /// # Errors
    /// No run left after trimming.
    pub fn from_runs(epochs: &Sample, trim: Trim) -> Result<Self> {
        let kept = olympic(epochs, trim)?;
        let centre = epochs.mean();
        let squares: f64 = epochs
            .values()
            .iter()
            .map(|v| (v - centre) * (v - centre))
            .sum();
        Ok(Self {
            mean: mean(&kept),
            sd: (squares / epochs.len() as f64).sqrt(),
            runs: kept.len(),
        })
    }

    /// The smallest trimmed mean that a submission of `runs` runs may have:
    /// `mean - t(0.95, df) sd sqrt(1/n_ref + 1/n_sub)`, the closed form of the rule's search.
    ///
    /// # Errors
    /// Too few runs, or a spread that is negative or not finite.
    pub fn smallest_mean(&self, runs: usize, trim: Trim) -> Result<f64> {
        non_negative("reference sd", self.sd)?;
        if runs <= 2 * trim.runs() {
            return Err(too_few(2 * trim.runs() + 1, runs));
        }
        // The rule counts two runs fewer whatever the trimming drops.
        let counted = runs - 2;
        if self.runs == 0 || self.runs + counted < 3 {
            return Err(too_few(2 * trim.runs() + 1, runs));
        }
        if self.sd == 0.0 {
            return Ok(self.mean);
        }
        let (reference, submission) = (self.runs as f64, counted as f64);
        let t = students_t::isf(LEVEL, reference + submission - 2.0)?;
        Ok(self.mean - t * self.sd * (1.0 / reference + 1.0 / submission).sqrt())
    }
}

fn too_few(needed: usize, found: usize) -> StatsError {
    StatsError::TooFew {
        what: "the MLPerf convergence rule",
        needed,
        found,
    }
}

/// The values less the best and the worst ones.
fn olympic(epochs: &Sample, trim: Trim) -> Result<Vec<f64>> {
    let cut = trim.runs();
    if epochs.len() <= 2 * cut {
        return Err(too_few(2 * cut + 1, epochs.len()));
    }
    Ok(epochs.sorted()[cut..epochs.len() - cut].to_vec())
}

/// One run of a submission.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SubmittedRun {
    /// Converged after this many epochs.
    Converged(f64),
    /// Did not reach the target.
    Failed,
}

/// What the rule says of a submission.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Convergence {
    /// Not significantly faster than the reference.
    Passed {
        /// Trimmed mean of the submission.
        mean: f64,
        /// The smallest mean that passes.
        smallest: f64,
    },
    /// Significantly faster than the reference.
    TooFast {
        /// Trimmed mean of the submission.
        mean: f64,
        /// The smallest mean that passes.
        smallest: f64,
    },
    /// More runs failed to converge than trimming drops.
    Insufficient {
        /// Runs that did not converge.
        failed: usize,
    },
    /// The batch size is above every reference.
    NoReference,
}

/// Applies the rule to a submission against one reference. A failed run counts as the slowest.
///
/// # Errors
/// Too few runs for trimming, or epochs that are not finite.
pub fn check(reference: &Reference, runs: &[SubmittedRun], trim: Trim) -> Result<Convergence> {
    let failed = runs
        .iter()
        .filter(|run| **run == SubmittedRun::Failed)
        .count();
    if failed > trim.runs() {
        return Ok(Convergence::Insufficient { failed });
    }
    // Failed runs are dropped by the trimming, so that any value above the others stands for them.
    let epochs: Vec<f64> = runs
        .iter()
        .map(|run| match run {
            SubmittedRun::Converged(epochs) => *epochs,
            SubmittedRun::Failed => f64::MAX,
        })
        .collect();
    let mean = mean(&olympic(&Sample::new(epochs)?, trim)?);
    let smallest = reference.smallest_mean(runs.len(), trim)?;
    Ok(if mean >= smallest {
        Convergence::Passed { mean, smallest }
    } else {
        Convergence::TooFast { mean, smallest }
    })
}

/// References of one benchmark by batch size.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct References {
    by_batch: BTreeMap<u64, Reference>,
}

impl References {
    /// From the reference at each batch size.
    #[must_use]
    pub fn new(by_batch: BTreeMap<u64, Reference>) -> Self {
        Self { by_batch }
    }

    /// The references that the rule keeps by default: none at a batch size below that of the
    /// fastest, and none slower than the line between its neighbours.
    #[must_use]
    pub fn pruned(&self) -> Self {
        let fastest = self
            .by_batch
            .iter()
            .min_by(|(_, a), (_, b)| a.mean.total_cmp(&b.mean))
            .map_or(0, |(batch, _)| *batch);
        let mut kept: Vec<(u64, Reference)> = self
            .by_batch
            .range(fastest..)
            .map(|(b, r)| (*b, *r))
            .collect();
        let mut middle = 1;
        while middle + 1 < kept.len() {
            let line = between(kept[middle - 1], kept[middle + 1], kept[middle].0);
            if kept[middle].1.mean > line.mean {
                kept.remove(middle);
                // The neighbour before has a new neighbour after.
                middle = middle.saturating_sub(1).max(1);
            } else {
                middle += 1;
            }
        }
        Self::new(kept.into_iter().collect())
    }

    /// The reference for a batch size and a submission of `runs` runs: that at the size, the line
    /// between the neighbours (counted as twice the submission's runs), or the smallest size when
    /// all are larger; none when all are smaller.
    #[must_use]
    pub fn at(&self, batch: u64, runs: usize) -> Option<Reference> {
        if let Some(exact) = self.by_batch.get(&batch) {
            return Some(*exact);
        }
        let (above, high) = self.by_batch.range(batch..).next()?;
        let Some((below, low)) = self.by_batch.range(..batch).next_back() else {
            return Some(*high);
        };
        let line = between((*below, *low), (*above, *high), batch);
        Some(Reference {
            runs: 2 * runs,
            ..line
        })
    }

    /// Applies the rule at a batch size.
    ///
    /// # Errors
    /// As [`check`].
    pub fn check(&self, batch: u64, runs: &[SubmittedRun], trim: Trim) -> Result<Convergence> {
        match self.at(batch, runs.len()) {
            Some(reference) => check(&reference, runs, trim),
            None => Ok(Convergence::NoReference),
        }
    }
}

/// Mean and spread on the line between two references.
fn between(low: (u64, Reference), high: (u64, Reference), batch: u64) -> Reference {
    let share = (batch - low.0) as f64 / (high.0 - low.0) as f64;
    let line = |a: f64, b: f64| a + share * (b - a);
    Reference {
        mean: line(low.1.mean, high.1.mean),
        sd: line(low.1.sd, high.1.sd),
        runs: low.1.runs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference() -> Reference {
        let epochs: Vec<f64> = (0..10).map(|i| 40.0 + f64::from(i)).collect();
        Reference::from_runs(&Sample::new(epochs).unwrap(), Trim::One).unwrap()
    }

    fn converged(epochs: &[f64]) -> Vec<SubmittedRun> {
        epochs.iter().map(|e| SubmittedRun::Converged(*e)).collect()
    }

    #[test]
    fn the_mean_is_trimmed_and_the_spread_is_not() {
        let r = reference();
        assert_eq!((r.mean, r.runs), (44.5, 8));
        assert!((r.sd - 8.25_f64.sqrt()).abs() < 1e-14);
    }

    #[test]
    fn the_closed_form_has_the_level_of_the_test() {
        let r = reference();
        let smallest = r.smallest_mean(5, Trim::One).unwrap();
        let t = (r.mean - smallest) / (r.sd * (1.0 / 8.0 + 1.0 / 3.0_f64).sqrt());
        assert!((students_t::sf(t, 9.0).unwrap() - 0.05).abs() < 1e-12);
        let flat = Reference { sd: 0.0, ..r };
        assert_eq!(flat.smallest_mean(5, Trim::One).unwrap(), r.mean);
    }

    #[test]
    fn only_the_fast_side_fails() {
        let r = reference();
        let says = |runs: &[SubmittedRun]| check(&r, runs, Trim::One).unwrap();
        assert!(matches!(
            says(&converged(&[30.0; 5])),
            Convergence::TooFast { .. }
        ));
        assert!(matches!(
            says(&converged(&[90.0; 5])),
            Convergence::Passed { .. }
        ));
        let mut runs = converged(&[44.0, 45.0, 46.0, 44.0]);
        runs.push(SubmittedRun::Failed);
        assert!(matches!(says(&runs), Convergence::Passed { .. }));
        runs.push(SubmittedRun::Failed);
        assert_eq!(says(&runs), Convergence::Insufficient { failed: 2 });
        assert!(check(&r, &converged(&[40.0, 41.0]), Trim::One).is_err());
    }

    #[test]
    fn batch_sizes_between_references_lie_on_the_line() {
        let at = |mean: f64| Reference {
            mean,
            ..reference()
        };
        let all = References::new(BTreeMap::from([
            (64, at(41.0)),
            (128, at(40.0)),
            (256, at(50.0)),
            (512, at(44.0)),
        ]));
        let pruned = all.pruned();
        // 64 is slower than the fastest at 128; 256 lies above the line from 128 to 512.
        assert_eq!(
            pruned.by_batch.keys().copied().collect::<Vec<_>>(),
            [128, 512]
        );
        let middle = pruned.at(320, 5).unwrap();
        assert_eq!((middle.mean, middle.runs), (42.0, 10));
        assert_eq!(pruned.at(32, 5).unwrap().mean, 40.0);
        assert_eq!(
            pruned
                .check(1024, &converged(&[1.0; 5]), Trim::One)
                .unwrap(),
            Convergence::NoReference
        );
    }
}
