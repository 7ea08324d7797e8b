//! Values that the metric cannot take, by its stated range.

use super::analysis_plan::AnalysisPlan;
use super::judge::Verdict;
use super::look::Look;
use super::metric_facts::is_beyond;
use super::reason::Reason;
use crate::sample::Runs;

impl AnalysisPlan {
    /// Withdraws a verdict on runs of which some have values beyond the stated range: they are in another
    /// unit, or of something else.
    pub(super) fn check_range(&self, look: Look, runs: &Runs) -> Look {
        let Some((low, high)) = self.stated_range else {
            return look;
        };
        let mut values = runs.values().map(|(value, _)| value);
        match values.find(|value| is_beyond(*value, (low, high))) {
            None => look,
            Some(value) => Look {
                verdict: Verdict::Inconclusive,
                reason: Reason::BeyondRange { value, low, high },
                ..look
            },
        }
    }
}
