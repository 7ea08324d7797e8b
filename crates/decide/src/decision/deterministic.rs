//! Programs of which the manifest asserts that they have no randomness: one value, compared exactly.
//!
//! A repeat proves that a run can be repeated and not that there is no chance in it. A verdict therefore
//! stands only where nothing contradicts the manifest: no spread and no several runs in the claim, no seed
//! that the program sets, no repeat with other metrics.

use super::analysis_plan::{AnalysisPlan, BasisReason, Schedule};
use super::determinism::Determinism;
use super::judge::{Target, Verdict, judge_identical};
use super::look::Look;
use super::reason::Reason;
use crate::sample::RerunSummary;
use reprove_model::manifest::{Criterion, ReportedForm};
use reprove_model::record::Repeat;
use reprove_stats::Interval;

impl AnalysisPlan {
    /// The same plan for a program that the manifest calls deterministic: one look at one run.
    pub(crate) fn of_deterministic(self) -> Self {
        Self {
            target: Target::Printed,
            basis_reason: BasisReason::Deterministic,
            schedule: Schedule::Fixed,
            max_runs: Some(1),
            determinism: Some(Determinism::default()),
            ..self
        }
    }

    /// The same plan with what the run of a deterministic program showed.
    pub(crate) fn with_determinism(&self, determinism: Determinism) -> Self {
        Self {
            determinism: self.determinism.as_ref().map(|_| determinism),
            ..self.clone()
        }
    }

    /// Compares the one value of a deterministic program; the ends of the tolerance count as inside.
    pub(super) fn look_at_value(&self, mut look: Look, rerun: &RerunSummary) -> Look {
        let Some(mean) = rerun.mean else {
            return look;
        };
        let interpretation = &self.interpretations[0];
        let difference = interpretation.difference(mean);
        look.estimate = Some(difference);
        look.interval = Some(Interval::around(difference, 0.0));
        let (half_unit, value) = (interpretation.half_unit, interpretation.value);
        look.verdict = match self.criterion {
            Criterion::Greater if difference > 0.0 => Verdict::Reproduced,
            Criterion::Greater => Verdict::NotReproduced,
            Criterion::Within(_) | Criterion::AtLeast(_) => {
                judge_identical(difference, &self.margin, half_unit, value)
            }
        };
        look.reason = match look.verdict {
            Verdict::Reproduced => Reason::ValueInside { difference },
            Verdict::NotReproduced | Verdict::Inconclusive => Reason::ValueOutside { difference },
        };
        look
    }

    /// The reason why no verdict rests on one value, if there is one.
    pub(super) fn doubt_of_determinism(&self, determinism: &Determinism) -> Option<Reason> {
        match determinism.repeat {
            Some(Repeat::Different) => return Some(Reason::RepeatDiffers),
            None => return Some(Reason::NotRepeated),
            Some(Repeat::Same) => {}
        }
        if !determinism.seed_calls.is_empty() {
            let places = determinism.seed_calls.clone();
            return Some(Reason::SeedInSource { places });
        }
        let reports_chance = self.form.as_ref().is_some_and(reports_chance);
        reports_chance.then_some(Reason::ChanceReported)
    }
}

/// Whether a reported value has a spread, or is over more than one run.
fn reports_chance(form: &ReportedForm) -> bool {
    match form {
        ReportedForm::Bare { runs, .. } => runs.is_some_and(|runs| runs > 1),
        ReportedForm::Best { of, .. } => *of > 1,
        ReportedForm::Values(values) => values.len() > 1,
        ReportedForm::Std { .. }
        | ReportedForm::Sem { .. }
        | ReportedForm::Ci95 { .. }
        | ReportedForm::PlusMinus { .. }
        | ReportedForm::Median { .. } => true,
        ReportedForm::Proportion { .. } => false,
    }
}
