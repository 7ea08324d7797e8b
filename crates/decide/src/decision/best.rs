//! A reported best of several runs: compared with the best of as many fresh seeds, never with a mean.

use super::analysis_plan::AnalysisPlan;
use super::judge::{Verdict, judge_identical};
use super::look::Look;
use super::reason::{Reason, Side};
use crate::reported::EquivalenceMargin;
use crate::sample::{RerunSummary, Runs};
use reprove_model::manifest::Better;
use reprove_stats::{Interval, Result, Summary, best_of};

impl AnalysisPlan {
    /// Completes a look at a reported best of `of` runs.
    ///
    /// The claim is reproduced if the interval of the median best of `of` fresh seeds (exact for normal
    /// data) lies inside the tolerance. It is refuted if the chance that the best of `of` fresh seeds
    /// lies on the inner side of a bound is below the level of the look; a tolerance with two ends
    /// splits that level over them, so that both refutations together err at it.
    pub(super) fn look_at_best(
        &self,
        mut look: Look,
        rerun: &RerunSummary,
        of: u32,
        runs: &Runs,
    ) -> Result<Look> {
        let (Some(mean), Some(noise)) = (rerun.mean, rerun.noise) else {
            return Ok(look);
        };
        if noise.is_zero() {
            self.compare_identical_best(&mut look, mean, rerun.n());
        } else {
            // Mirrored where lower is better: there the best is the lowest.
            let sign = self.best_sign();
            let reruns = Summary::new(rerun.n(), sign * mean, noise.sd)?;
            self.compare_best(&mut look, &reruns, of, sign)?;
        }
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

    /// 1 where the highest value is the best, -1 where the lowest is.
    pub(super) fn best_sign(&self) -> f64 {
        match self.better {
            Some(Better::Lower) => -1.0,
            Some(Better::Higher) | None => 1.0,
        }
    }

    /// The verdict where every run gave one value: the best of any number of fresh seeds is that value.
    fn compare_identical_best(&self, look: &mut Look, value: f64, runs: usize) {
        let interpretation = &self.interpretations[0];
        let difference = interpretation.difference(value);
        let half_unit = interpretation.half_unit;
        look.estimate = Some(difference);
        look.interval = Some(Interval::around(difference, 0.0));
        look.verdict = judge_identical(difference, &self.margin, half_unit, interpretation.value);
        look.reason = match look.verdict {
            Verdict::Reproduced => Reason::IdenticalInside { runs, difference },
            Verdict::NotReproduced | Verdict::Inconclusive => {
                Reason::IdenticalOutside { runs, difference }
            }
        };
    }

    /// The verdict on reruns with noise; `reruns` are multiplied by `sign`.
    fn compare_best(&self, look: &mut Look, reruns: &Summary, of: u32, sign: f64) -> Result<()> {
        let interpretation = &self.interpretations[0];
        let reported = sign * interpretation.value;
        let margin = mirrored(self.margin, sign);
        let k = u64::from(of);
        let expected = best_of::median_interval(reruns, k, look.level)?;
        let ends = Interval {
            lo: expected.lo - reported,
            hi: expected.hi - reported,
        };
        // In the metric's own direction.
        let shown = match sign < 0.0 {
            true => Interval {
                lo: -ends.hi,
                hi: -ends.lo,
            },
            false => ends,
        };
        look.interval = Some(shown);
        let median = best_of::median_of_best(k)? * reruns.sd() + reruns.mean();
        look.estimate = Some(sign * (median - reported));
        let h = interpretation.half_unit;
        let reached = |value: f64| match value.is_finite() {
            true => best_of::p_reached(reruns, value, k),
            false => Ok(if value < 0.0 { 1.0 } else { 0.0 }),
        };
        let reaches_low = reached(reported + margin.low - h)?;
        let stays_below_high = 1.0 - reached(reported + margin.high + h)?;
        let (p_side, is_low) = match reaches_low <= stays_below_high {
            true => (reaches_low, true),
            false => (stays_below_high, false),
        };
        let ends_of_margin = [margin.low, margin.high];
        let sides = ends_of_margin.iter().filter(|end| end.is_finite()).count();
        let p_value = (p_side * sides as f64).min(1.0);
        let Interval { lo: low, hi: high } = shown;
        (look.verdict, look.reason) = if ends.lo > margin.low && ends.hi < margin.high {
            (Verdict::Reproduced, Reason::BestInside { of, low, high })
        } else if p_value < look.level {
            let side = match is_low == (sign > 0.0) {
                true => Side::Below,
                false => Side::Above,
            };
            let reason = Reason::BestOutside { of, side, p_value };
            (Verdict::NotReproduced, reason)
        } else if ends.hi < margin.low || ends.lo > margin.high {
            let is_below = (ends.hi < margin.low) == (sign > 0.0);
            let side = if is_below { Side::Below } else { Side::Above };
            let reason = Reason::BestNotExcluded { of, side, p_value };
            (Verdict::Inconclusive, reason)
        } else {
            (Verdict::Inconclusive, Reason::IntervalTooWide { low, high })
        };
        Ok(())
    }
}

/// The margin of values multiplied by `sign`, which is 1 or -1.
fn mirrored(margin: EquivalenceMargin, sign: f64) -> EquivalenceMargin {
    match sign < 0.0 {
        true => EquivalenceMargin {
            low: -margin.high,
            high: -margin.low,
        },
        false => margin,
    }
}
