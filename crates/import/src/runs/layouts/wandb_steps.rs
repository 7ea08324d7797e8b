//! Numbers of W&B that stand for all steps of a run.

use crate::runs::error::MetricRefusal;
use crate::runs::found::FoundRun;

/// The parts of a summary that stand for all steps, as `define_metric(summary=…)` writes them.
const SUMMARIES: [&str; 4] = [".max", ".min", ".mean", ".best"];

/// Refuses the numbers of a summary that stand for all steps.
pub(super) fn refuse_summaries(run: &mut FoundRun) {
    for (name, series) in &mut run.metrics {
        if SUMMARIES.iter().any(|end| name.ends_with(end)) {
            series.refusal = Some(MetricRefusal::SummaryOfSteps);
        }
    }
}
