//! A reported best of several runs: compared with the best of as many fresh seeds, never with a mean.

use super::analysis_plan::AnalysisPlan;
use super::judge::Verdict;
use super::look::Look;
use super::reason::Reason;
use crate::reported::EquivalenceMargin;
use crate::sample::{RerunSummary, Runs};
use reprove_model::manifest::Better;
use reprove_stats::{Interval, Result, Sample, best_of};

impl AnalysisPlan {
    /// Completes a look: the interval of the median best of `of` fresh seeds (exact for normal data)
    /// inside the tolerance reproduces; a chance below the level that the best of `of` fresh seeds
    /// reaches the near end of the tolerance refutes.
    pub(super) fn look_at_best(
        &self,
        mut look: Look,
        rerun: &RerunSummary,
        of: u32,
        runs: &Runs,
    ) -> Result<Look> {
        if rerun.noise.is_none_or(|noise| noise.is_zero()) {
            if rerun.first.len() >= 2 {
                look.reason = Reason::IntervalTooWide {
                    low: f64::NEG_INFINITY,
                    high: f64::INFINITY,
                };
            }
            return Ok(look);
        }
        let mirrored = self.better == Some(Better::Lower);
        let sign = if mirrored { -1.0 } else { 1.0 };
        let values: Vec<f64> = rerun.first.iter().map(|v| sign * v).collect();
        let reruns = Sample::new(values)?.summary()?;
        let interpretation = &self.interpretations[0];
        let reported = sign * interpretation.value;
        let margin = match mirrored {
            false => self.margin,
            true => EquivalenceMargin {
                low: -self.margin.high,
                high: -self.margin.low,
            },
        };
        let k = u64::from(of);
        let expected = best_of::median_interval(&reruns, k, look.level)?;
        let (low, high) = (expected.lo - reported, expected.hi - reported);
        look.interval = Some(if mirrored {
            Interval {
                lo: -high,
                hi: -low,
            }
        } else {
            Interval { lo: low, hi: high }
        });
        look.estimate =
            Some(sign * (best_of::median_of_best(k)? * reruns.sd() + reruns.mean() - reported));
        let h = interpretation.half_unit;
        let reached = |value: f64| match value.is_finite() {
            true => best_of::p_reached(&reruns, value, k),
            false => Ok(if value < 0.0 { 1.0 } else { 0.0 }),
        };
        let too_high = reached(reported + margin.low - h)?;
        let too_low = 1.0 - reached(reported + margin.high + h)?;
        let p_value = too_high.min(too_low);
        let Interval { lo, hi } = expected;
        (look.verdict, look.reason) = if low > margin.low && high < margin.high {
            let ends = look.interval.unwrap_or(expected);
            (
                Verdict::Reproduced,
                Reason::BestInside {
                    of,
                    low: ends.lo,
                    high: ends.hi,
                },
            )
        } else if p_value < look.level {
            (Verdict::NotReproduced, Reason::BestOutside { of, p_value })
        } else {
            (
                Verdict::Inconclusive,
                Reason::IntervalTooWide {
                    low: lo - reported,
                    high: hi - reported,
                },
            )
        };
        let tally = runs.tally(self.failure);
        if tally.lost() > 0 {
            let excluding = look.verdict;
            look.verdict = Verdict::Inconclusive;
            look.reason = Reason::Divergence {
                lost: tally.lost(),
                runs: tally.finished,
                excluding,
                imputing: None,
            };
        }
        Ok(look)
    }
}
