//! The number of runs that a verdict needs.

use super::analysis_plan::AnalysisPlan;
use super::judge::Verdict;
use super::look::Look;
use super::reason::Reason;
use crate::sample::Runs;
use reprove_model::manifest::{Criterion, Tolerance};

impl AnalysisPlan {
    /// Withdraws a verdict from fewer runs than the plan states at least.
    ///
    /// Failed runs are no results, and of a difference the arm that has fewer counts. A value that has to be
    /// exact is refuted by a single run, and the one value of a deterministic program is all that there is.
    pub(super) fn check_run_count(&self, look: Look, runs: &Runs) -> Look {
        let is_exact = self.criterion == Criterion::Within(Tolerance::Exact);
        let ended = runs.ended();
        let is_short = ended < self.min_runs && !is_exact && self.determinism.is_none();
        let is_said = matches!(
            look.reason,
            Reason::NoRuns | Reason::OneRun | Reason::NothingLeft { .. }
        );
        if !is_short || is_said {
            return look;
        }
        Look {
            verdict: Verdict::Inconclusive,
            reason: Reason::BeforeFirstLook {
                runs: ended,
                first: self.min_runs,
            },
            ..look
        }
    }
}
