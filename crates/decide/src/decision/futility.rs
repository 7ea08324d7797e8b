//! Futility: a stop where no verdict is to be expected by the last look.

use super::analysis_plan::{AnalysisPlan, Schedule};
use super::judge::{Comparison, Target};
use super::reason::Reason;
use crate::sample::RerunSummary;
use reprove_stats::{Result, normal, students_t};

/// Futility is not looked for before this many runs.
const FUTILITY_FROM: usize = 6;

/// The chance of any verdict below which more runs are futile.
const FUTILE_BELOW: f64 = 0.02;

impl AnalysisPlan {
    /// Predicts the last look as if the present mean and sd were the truth; a reason to stop when no
    /// verdict is to be expected there.
    pub(super) fn futile(&self, rerun: &RerunSummary, n: usize) -> Result<Option<Reason>> {
        let Schedule::Sequential(looks) = &self.schedule else {
            return Ok(None);
        };
        let (Some(last), Some(noise), Some(mean)) = (looks.last(), rerun.noise, rerun.mean) else {
            return Ok(None);
        };
        if n < FUTILITY_FROM || n >= last.n || noise.is_zero() {
            return Ok(None);
        }
        let interpretation = &self.interpretations[0];
        let (s, total) = (noise.sd, last.n as f64);
        let reported = Comparison::new(rerun, interpretation)?.map_or(0.0, |c| c.reported.0);
        let multiplier = students_t::isf(last.level, total - 1.0)?;
        let rerun_error = s * self.overlap(last.n) / total.sqrt();
        let both = multiplier * rerun_error.hypot(reported) + interpretation.half_unit;
        let own = match self.target {
            Target::Printed => multiplier * rerun_error,
            Target::Process => both,
        };
        let to_come = s * (1.0 / n as f64 - 1.0 / total).sqrt();
        let below = |bound: f64| normal::cdf((bound - (mean - interpretation.value)) / to_come);
        let inside = (below(self.margin.high - own) - below(self.margin.low + own)).max(0.0);
        let outside = 1.0 - below(self.margin.high + both) + below(self.margin.low - both);
        let chance = inside + outside;
        let runs = last.n;
        Ok((chance < FUTILE_BELOW).then_some(Reason::Futile { chance, runs }))
    }
}
