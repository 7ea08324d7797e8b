//! Runs that diverged or collapsed: never dropped silently.

use super::analysis_plan::AnalysisPlan;
use super::judge::{Level, Verdict};
use super::look::{IntervalMethod, Look};
use super::reason::Reason;
use crate::sample::{MissingDataPolicy, Observation, Runs};
use reprove_model::manifest::{Better, FailureThreshold, Method};
use reprove_stats::Result;
use reprove_stats::proportions::Count;

impl AnalysisPlan {
    /// A verdict stands only if it is the same with every lost run counted as the worst value.
    pub(super) fn check_lost_runs(&self, look: &mut Look, runs: &Runs, level: Level) -> Result<()> {
        let tally = runs.tally(self.failure);
        if tally.lost() == 0 || self.check_failure_rate(look, runs)? {
            return Ok(());
        }
        let is_decided = look.verdict != Verdict::Inconclusive;
        if is_decided && self.is_within_failure_rate(look.level, runs)? {
            return Ok(());
        }
        let half = match self.method {
            Method::Both => IntervalMethod::Both,
            Method::T => IntervalMethod::T,
        };
        let mut imputing = None;
        for worst in self.worst_values(runs) {
            let rerun = self.summarize(runs, MissingDataPolicy::Impute(worst))?;
            let verdicts = self.target_verdicts(&rerun, level, self.target, half)?;
            imputing = match (imputing, verdicts.verdict()) {
                (None, verdict) => Some(verdict),
                (Some(other), verdict) if other == verdict => Some(verdict),
                (Some(_), _) => Some(Verdict::Inconclusive),
            };
        }
        if imputing == Some(look.verdict) {
            return Ok(());
        }
        let excluding = std::mem::replace(&mut look.verdict, Verdict::Inconclusive);
        look.reason = Reason::Divergence {
            lost: tally.lost(),
            runs: tally.finished,
            excluding,
            imputing,
        };
        Ok(())
    }

    /// Refutes a claim that states how many runs may diverge if the lower bound of their share is above
    /// that, from at least as many seeds as the first look needs; says whether it did.
    pub(super) fn check_failure_rate(&self, look: &mut Look, runs: &Runs) -> Result<bool> {
        let tally = runs.tally(self.failure);
        let Some(allowed) = self.failure_rate.filter(|_| runs.ended() >= self.min_runs) else {
            return Ok(false);
        };
        let count = Count::new(tally.lost() as u64, tally.finished as u64)?;
        let lower = count.clopper_pearson(2.0 * look.level)?.lo;
        let exceeds = lower > allowed;
        if exceeds {
            look.verdict = Verdict::NotReproduced;
            look.reason = Reason::DivergesTooOften {
                lost: tally.lost(),
                runs: tally.finished,
                lower,
                allowed,
            };
        }
        Ok(exceeds)
    }

    /// Whether the upper bound of the share of runs that are lost is at most the share that the claim allows: the
    /// claim is then about the others.
    fn is_within_failure_rate(&self, level: f64, runs: &Runs) -> Result<bool> {
        let Some(allowed) = self.failure_rate else {
            return Ok(false);
        };
        let tally = runs.tally(self.failure);
        let count = Count::new(tally.lost() as u64, tally.finished as u64)?;
        Ok(count.clopper_pearson(2.0 * level)?.hi <= allowed)
    }

    /// That so many runs were lost that the others do not show how much runs vary.
    pub(super) fn nothing_left(&self, runs: &Runs) -> Option<Reason> {
        let tally = runs.tally(self.failure);
        (tally.lost() > 0).then_some(Reason::NothingLeft {
            diverged: tally.diverged,
            collapsed: tally.collapsed,
            runs: tally.finished,
        })
    }

    /// The values that a lost run could count as at worst, when they are known: the worse end of the metric's
    /// range, both where the better direction is not known, or the worst value beyond the failure threshold.
    fn worst_values(&self, runs: &Runs) -> Vec<f64> {
        let Runs::Single(runs) = runs else {
            return Vec::new();
        };
        let is_stated = self.stated_range.is_some() || self.resolution.is_some();
        if let Some((low, high)) = self.range.filter(|_| is_stated) {
            return match self.better.or(self.named.better) {
                Some(Better::Lower) => vec![high],
                Some(Better::Higher) => vec![low],
                None => vec![low, high],
            };
        }
        let mut values = Vec::new();
        for run in runs {
            match run.observed {
                Observation::Value(v) => values.push(v),
                Observation::Diverged => return Vec::new(),
                Observation::Failed => {}
            }
        }
        let worst = match self.failure {
            None => None,
            Some(FailureThreshold::Below(_)) => values.into_iter().reduce(f64::min),
            Some(FailureThreshold::Above(_)) => values.into_iter().reduce(f64::max),
        };
        worst.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::units::tests::take_looks;
    use super::*;
    use reprove_model::manifest::{Criterion, Tolerance};
    use reprove_model::record::NumberUnit;

    #[test]
    fn runs_that_are_all_lost_are_the_reason() {
        let within = Criterion::Within(Tolerance::Absolute(1.0));
        let of = |values: &[f64]| {
            let (verdict, reason) = take_looks(90.0, within, values, NumberUnit::Stated);
            assert_eq!(verdict, Verdict::Inconclusive);
            reason
        };
        let nothing_left = |diverged, runs| Reason::NothingLeft {
            diverged,
            collapsed: 0,
            runs,
        };
        assert_eq!(of(&[f64::NAN; 3]), nothing_left(3, 3));
        assert_eq!(of(&[f64::NAN, 90.0, f64::INFINITY]), nothing_left(2, 3));
        assert_eq!(of(&[90.0]), Reason::OneRun);
    }
}
