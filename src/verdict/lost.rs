//! Runs that diverged or collapsed: never dropped silently.

use super::judge::{Level, Verdict};
use super::lock::Lock;
use super::look::{Half, Look};
use super::reason::Reason;
use crate::evidence::{Observation, Runs, Treatment};
use crate::manifest::{Better, FailureThreshold, Method};
use crate::stats::Result;

impl Lock {
    /// A verdict stands only if it is the same with every lost run counted as the worst value.
    pub(super) fn heed_lost_runs(&self, look: &mut Look, runs: &Runs, level: Level) -> Result<()> {
        let tally = runs.tally(self.failure);
        if tally.lost() == 0 {
            return Ok(());
        }
        let half = match self.method {
            Method::Both => Half::Both,
            Method::T => Half::T,
        };
        let imputing = match self.worst_value(runs) {
            None => None,
            Some(worst) => {
                let seen = runs.seen(self.failure, Treatment::Impute(worst), self.lattice)?;
                Some(self.weigh(&seen, level, self.target, half)?.verdict())
            }
        };
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

    /// The worst value that a lost run could count as, when one is known: the end of the scale of a
    /// metric that counts correct answers, or the worst value beyond the failure threshold.
    fn worst_value(&self, runs: &Runs) -> Option<f64> {
        let Runs::Single(runs) = runs else {
            return None;
        };
        if self.lattice.is_some() {
            let percent = self.readings[0].value.abs() > 1.0;
            return Some(match self.better {
                Some(Better::Lower) if percent => 100.0,
                Some(Better::Lower) => 1.0,
                _ => 0.0,
            });
        }
        let mut values = Vec::new();
        for run in runs {
            match run.observed {
                Observation::Value(v) => values.push(v),
                Observation::Diverged => return None,
                Observation::Failed => {}
            }
        }
        match self.failure? {
            FailureThreshold::Below(_) => values.into_iter().reduce(f64::min),
            FailureThreshold::Above(_) => values.into_iter().reduce(f64::max),
        }
    }
}
