//! The statistics alone, for people who already have the values of their reruns.
//!
//! What is typed becomes a [`Claim`] and a [`Decision`], the file becomes [`Runs`]; the decision and
//! its report are those of a verification.

mod error;
mod reported;
mod tolerance;
mod values;

use std::path::{Path, PathBuf};

pub use error::DecideError;
pub use reported::{Typed, parse_reported};
pub use tolerance::parse_tolerance;
pub use values::{read_runs, read_seeded_runs};

use reprove_decide::claims::{self, ClaimError};
use reprove_decide::sample::{Observation, Runs, SeedRun};
use reprove_metrics::RunQuery;
use reprove_model::manifest::{
    Better, Claim, Criterion, Decision, FailureThreshold, ObservationUnit, Pairing, Quantity,
    ReportedForm,
};
use reprove_model::name::MetricName;
use reprove_report::{ClaimReport, claims as report};
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
    /// Which values of the files are meant.
    pub query: RunQuery,
    /// The same of the file that is subtracted, where it differs.
    pub minus_filters: Option<Vec<(String, String)>>,
    /// What the values are multiplied by to be in the unit of the reported one, finite and above 0,
    /// when it is stated.
    pub scale: Option<f64>,
    /// The name of the metric, for the report.
    pub metric: MetricName,
    /// The better direction.
    pub better: Option<Better>,
    /// Digits after the point as printed, where they differ from those typed.
    pub decimals: Option<u32>,
    /// Resolution of the metric.
    pub resolution: Option<f64>,
    /// Values beyond which a run counts as collapsed.
    pub failure: Option<FailureThreshold>,
    /// Whether a tolerance that nothing can fail is accepted.
    pub even_if_vacuous: bool,
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

/// Decides a request: the analysis plan is made from the claim alone, before the runs are read.
///
/// # Errors
/// A value or tolerance that cannot be read, a file without values, a claim that cannot be locked.
pub fn decide(request: &Request) -> Result<ClaimReport, DecideError> {
    let claim = claim(request)?;
    let analysis_plan =
        claims::prespecify_claim(&claim, &request.decision, None).map_err(of_claim)?;
    if !request.even_if_vacuous
        && let Some(vacuity) = analysis_plan.vacuity()
    {
        return Err(DecideError::Vacuous { vacuity });
    }
    let runs = runs(request)?;
    let decision = claims::decide_claim(&analysis_plan, &runs).map_err(of_claim)?;
    Ok(report::claim(&claim, &analysis_plan, &decision))
}

/// The error of the only claim, whose id nobody chose.
fn of_claim(error: ClaimError) -> DecideError {
    error.error.into()
}

fn runs(request: &Request) -> Result<Runs, DecideError> {
    let is_paired = request.minus.is_some() && request.pairing == Pairing::BySeed;
    let of = |file: &Path, query: &RunQuery| -> Result<_, DecideError> {
        let mut runs = match is_paired {
            true => read_seeded_runs(file, query)?,
            false => read_runs(file, query)?,
        };
        if let Some(scale) = request.scale {
            for run in &mut runs {
                *run = run.scaled(scale);
            }
        }
        Ok(runs)
    };
    Ok(match &request.minus {
        None => Runs::Single(of(&request.runs, &request.query)?),
        Some(file) => {
            let mut query = request.query.clone();
            if let Some(filters) = &request.minus_filters {
                query.filters.clone_from(filters);
            }
            Runs::Difference {
                of: of(&request.runs, &request.query)?,
                minus: of(file, &query)?,
                pairing: request.pairing,
            }
        }
    })
}

fn claim(request: &Request) -> Result<Claim, DecideError> {
    let mut better = request.better;
    let reported = match &request.reported {
        None => None,
        Some(text) => {
            let typed = parse_reported(text)?;
            if better.is_some() && typed.better.is_some() && better != typed.better {
                return Err(DecideError::Direction {
                    reported: text.clone(),
                });
            }
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
    let quantity = match &request.minus {
        None => Quantity::Metric {
            configuration: None,
            metric,
        },
        Some(minus) => Quantity::Difference {
            of: request.runs.display().to_string().into(),
            minus: minus.display().to_string().into(),
            metric,
            pairing: request.pairing,
        },
    };
    let test_size = match reported.as_ref().map(|reported| &reported.form) {
        Some(ReportedForm::Proportion { total, .. }) => Some(*total as f64),
        _ => None,
    };
    Ok(Claim {
        facts: reprove_model::manifest::MetricFacts::default(),
        test_train_ratio: None,
        failure_rate: None,
        id: "decide".to_owned(),
        quantity,
        reported,
        criterion,
        better,
        unit: ObservationUnit::Run,
        failure: request.failure,
        // A count of correct answers is compared as a percentage.
        resolution: request.resolution.or(test_size.map(|size| 100.0 / size)),
    })
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
        Observation::Value(epochs) => mlperf::SubmittedRun::Converged(epochs),
        _ => mlperf::SubmittedRun::Failed,
    };
    let runs: Vec<mlperf::SubmittedRun> = read_runs(&request.runs, &request.query)?
        .into_iter()
        .map(run)
        .collect();
    Ok(mlperf::check(&reference, &runs, trim)?)
}
