//! The statistics alone, for people who already have the values of their reruns.
//!
//! What is typed becomes a [`Claim`] and a [`Decision`], the file becomes [`Runs`]; the decision and
//! its report are those of a verification.

mod error;
mod reported;
mod tolerance;
mod values;

use std::path::PathBuf;

pub use error::DecideError;
pub use reported::{Typed, parse_reported};
pub use tolerance::parse_tolerance;
pub use values::{Column, read_runs};

use reprove_decide::decision::AnalysisPlan;
use reprove_decide::sample::{Observation, Runs, SeedRun};
use reprove_model::manifest::{
    Better, Claim, Criterion, Decision, FailureThreshold, Pairing, Quantity, Reported,
    ReportedForm, Unit,
};
use reprove_report::{ClaimReport, claims};
use reprove_stats::Sample;
use reprove_stats::mlperf::{self, Convergence, Reference, Trim};

/// What is to be decided.
#[derive(Debug, Clone)]
pub struct Request {
    /// The reported value as typed; not needed for a bound or a ranking.
    pub reported: Option<String>,
    /// What counts as the same result.
    pub criterion: Asked,
    /// The file of the reruns; `-` is standard input.
    pub runs: PathBuf,
    /// The file of an arm that is subtracted.
    pub minus: Option<PathBuf>,
    /// Whether equal seeds of the arms are compared.
    pub pairing: Pairing,
    /// The column or key of the values.
    pub column: Column,
    /// What the values are multiplied by to be in the unit of the reported one, finite and above 0,
    /// when it is stated.
    pub scale: Option<f64>,
    /// The name of the metric, for the report.
    pub metric: String,
    /// The better direction.
    pub better: Option<Better>,
    /// Digits after the point as printed, where they differ from those typed.
    pub decimals: Option<u32>,
    /// Resolution of the metric.
    pub lattice: Option<f64>,
    /// Values beyond which a run counts as collapsed.
    pub failure: Option<FailureThreshold>,
    /// How the decision is taken.
    pub decision: Decision,
}

/// What counts as the same result, as typed.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Within a tolerance.
    Tolerance(String),
    /// At least this much.
    AtLeast(f64),
    /// Greater than zero, for a difference.
    Greater,
}

/// Decides a request.
///
/// # Errors
/// A value or tolerance that cannot be read, a file without values, a claim that cannot be locked.
pub fn decide(request: &Request) -> Result<ClaimReport, DecideError> {
    let runs = runs(request)?;
    let claim = claim(request, &runs)?;
    let planned = u32::try_from(runs.len()).unwrap_or(u32::MAX);
    let mut analysis_plan =
        AnalysisPlan::new(&in_units_of(&claim, &runs), &request.decision, planned)?;
    analysis_plan.form = claim.reported.as_ref().map(|r| r.form.clone());
    let decision = analysis_plan.decide(&runs)?;
    Ok(claims::claim(&claim, &analysis_plan, &decision))
}

fn runs(request: &Request) -> Result<Runs, DecideError> {
    let of = |file| -> Result<_, DecideError> {
        let mut runs = read_runs(file, &request.column)?;
        if let Some(scale) = request.scale {
            for run in &mut runs {
                *run = run.scaled(scale);
            }
        }
        Ok(runs)
    };
    Ok(match &request.minus {
        None => Runs::Single(of(&request.runs)?),
        Some(file) => Runs::Difference {
            of: of(&request.runs)?,
            minus: of(file)?,
            pairing: request.pairing,
        },
    })
}

fn claim(request: &Request, runs: &Runs) -> Result<Claim, DecideError> {
    let mut better = request.better;
    let reported = match &request.reported {
        None => None,
        Some(text) => {
            let typed = parse_reported(text)?;
            better = better.or(typed.better);
            let mut reported = typed.reported;
            reported.decimals = request.decimals.or(reported.decimals);
            Some(reported)
        }
    };
    let criterion = match &request.criterion {
        Asked::Tolerance(text) => Criterion::Within(parse_tolerance(text)?),
        Asked::AtLeast(bound) => Criterion::AtLeast(*bound),
        Asked::Greater => Criterion::Greater,
    };
    if reported.is_none() && matches!(criterion, Criterion::Within(_)) {
        return Err(DecideError::NothingReported);
    }
    let metric = request.metric.clone();
    let quantity = match runs {
        Runs::Single(_) => Quantity::Metric {
            configuration: None,
            metric,
        },
        Runs::Difference { pairing, .. } => Quantity::Difference {
            of: request.runs.display().to_string(),
            minus: request
                .minus
                .as_ref()
                .map_or_else(String::new, |f| f.display().to_string()),
            metric,
            pairing: *pairing,
        },
    };
    Ok(Claim {
        id: "decide".to_owned(),
        quantity,
        reported,
        criterion,
        better,
        unit: Unit::Run,
        failure: request.failure,
        lattice: request.lattice,
    })
}

/// A count of correct answers is a percentage of the test set; reruns that are shares want it as a
/// share. Either way its size is the resolution of the metric.
fn in_units_of(claim: &Claim, runs: &Runs) -> Claim {
    let Some(ReportedForm::Proportion { correct, total }) =
        claim.reported.as_ref().map(|r| r.form.clone())
    else {
        return claim.clone();
    };
    let (Runs::Single(arm) | Runs::Difference { of: arm, .. }) = runs;
    let is_share = |run: &SeedRun| match run.observed {
        Observation::Value(v) => (-1.0..=1.0).contains(&v),
        _ => true,
    };
    let scale = if arm.iter().all(is_share) { 1.0 } else { 100.0 };
    let form = ReportedForm::Bare {
        value: scale * correct as f64 / total as f64,
        runs: Some(1),
    };
    Claim {
        reported: Some(Reported {
            form,
            decimals: None,
        }),
        lattice: claim.lattice.or(Some(scale / total as f64)),
        ..claim.clone()
    }
}

/// Applies MLPerf's convergence rule: reported values are the reference's epochs to converge.
///
/// # Errors
/// A reference that is no list of values, or too few runs.
pub fn mlperf_rcp(request: &Request, trim: Trim) -> Result<Convergence, DecideError> {
    let text = request
        .reported
        .as_ref()
        .ok_or(DecideError::NothingReported)?;
    let ReportedForm::Values(reference) = parse_reported(text)?.reported.form else {
        return Err(DecideError::RuleNeedsValues);
    };
    let reference = Reference::from_runs(&Sample::new(reference)?, trim)?;
    let run = |run: SeedRun| match run.observed {
        Observation::Value(epochs) => mlperf::Run::Converged(epochs),
        _ => mlperf::Run::Failed,
    };
    let runs: Vec<mlperf::Run> = read_runs(&request.runs, &request.column)?
        .into_iter()
        .map(run)
        .collect();
    Ok(mlperf::check(&reference, &runs, trim)?)
}
