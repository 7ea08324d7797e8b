//! From a request to a decided claim.

use std::path::Path;

use super::error::DecideError;
use super::reported::{Typed, parse_reported};
use super::request::{Asked, Request};
use super::tolerance::parse_tolerance;
use super::values::{name, read_runs, read_seeded_runs};
use reprove_decide::claims::{self, ClaimError};
use reprove_decide::decision::{Flag, Reason};
use reprove_decide::sample::{Runs, SeedRun};
use reprove_metrics::RunQuery;
use reprove_model::manifest::{
    Claim, Criterion, MetricFacts, ObservationUnit, Pairing, Quantity, Reported, ReportedForm,
};
use reprove_report::{ClaimReport, claims as report};

/// The factors between fractions and percentages.
const UNITS: [f64; 3] = [1.0, 100.0, 0.01];

/// Decides a request: the analysis plan is made from the claim alone, before the runs are read.
///
/// # Errors
/// A value or tolerance that cannot be read, a file without values, a claim that cannot be locked.
pub fn decide(request: &Request) -> Result<ClaimReport, DecideError> {
    let typed = request
        .reported
        .as_deref()
        .map(parse_reported)
        .transpose()?;
    let claim = claim(request, typed.as_ref())?;
    let analysis_plan =
        claims::prespecify_claim(&claim, &request.decision, None).map_err(of_claim)?;
    if !request.even_if_vacuous
        && let Some(vacuity) = analysis_plan.vacuity()
    {
        return Err(DecideError::Vacuous { vacuity });
    }
    let Arms {
        runs,
        are_seeded,
        no_newline,
    } = runs(request)?;
    let mut decision = claims::decide_claim(&analysis_plan, &runs).map_err(of_claim)?;
    decision.flags.extend(no_newline);
    if let Some(other) = typed.and_then(|typed| typed.other) {
        let label = "a mean over so many runs".to_owned();
        let other = with_reported(&claim, other, request);
        // A reading that makes no claim is none.
        if let Ok(plan) = claims::prespecify_claim(&other, &request.decision, None) {
            let verdict = claims::decide_claim(&plan, &runs)
                .map_err(of_claim)?
                .verdict;
            if verdict != decision.verdict {
                let counted = ("correct answers of a test set".to_owned(), decision.verdict);
                decision = decision.withdrawn(Reason::AmbiguousReported {
                    interpretations: vec![counted, (label, verdict)],
                });
            }
        }
    }
    if let Some(factor) = request.scale.filter(|scale| !UNITS.contains(scale)) {
        decision.flags.push(Flag::Rescaled { factor });
    }
    let unpaired = runs.unpaired();
    if !unpaired.is_empty() {
        let paired = runs.len();
        let seeds = unpaired;
        decision.flags.push(Flag::Unpaired { seeds, paired });
    }
    if !are_seeded {
        for flag in &mut decision.flags {
            if let Flag::Identical { seeds, .. } = flag {
                *seeds = None;
            }
        }
    }
    Ok(report::claim(&claim, &analysis_plan, &decision))
}

/// The runs of a request.
struct Arms {
    runs: Runs,
    /// Whether the runs of every file have seeds.
    are_seeded: bool,
    /// The warning of a file that ends with a number.
    no_newline: Option<Flag>,
}

/// The claim with another reading of its reported value.
fn with_reported(claim: &Claim, reported: Reported, request: &Request) -> Claim {
    Claim {
        reported: Some(reported),
        resolution: request.resolution,
        ..claim.clone()
    }
}

/// The error of the only claim, whose id nobody chose.
fn of_claim(error: ClaimError) -> DecideError {
    error.error.into()
}

fn runs(request: &Request) -> Result<Arms, DecideError> {
    let is_paired = request.minus.is_some() && request.pairing == Pairing::BySeed;
    let (mut are_seeded, mut no_newline) = (true, None);
    let mut of = |file: &Path, query: &RunQuery| -> Result<Vec<SeedRun>, DecideError> {
        let mut found = match is_paired {
            true => read_seeded_runs(file, query)?,
            false => read_runs(file, query)?,
        };
        if let Some(scale) = request.scale {
            for run in &mut found.runs {
                *run = run.scaled(scale);
            }
        }
        are_seeded &= found.are_seeded;
        if found.is_open {
            no_newline = Some(Flag::NoNewline {
                open: 1,
                runs: found.runs.len(),
            });
        }
        Ok(found.runs)
    };
    let runs = match &request.minus {
        None => Runs::Single(of(&request.runs, &request.query)?),
        Some(file) => {
            let mut query = request.query.clone();
            if let Some(filters) = &request.minus_filters {
                query.filters.clone_from(filters);
            }
            if query.filters == request.query.filters && is_same_file(&request.runs, file) {
                return Err(DecideError::SameArms(file.display().to_string()));
            }
            let runs = Runs::Difference {
                of: of(&request.runs, &request.query)?,
                minus: of(file, &query)?,
                pairing: request.pairing,
            };
            if is_paired && runs.is_empty() {
                return Err(DecideError::NoPairs {
                    of: name(&request.runs),
                    minus: name(file),
                });
            }
            runs
        }
    };
    Ok(Arms {
        runs,
        are_seeded,
        no_newline,
    })
}

/// Whether two paths lead to one file; standard input is none.
fn is_same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        (Ok(_) | Err(_), _) => false,
    }
}

fn claim(request: &Request, typed: Option<&Typed>) -> Result<Claim, DecideError> {
    let mut better = request.better;
    let reported = match (&request.reported, typed) {
        (Some(text), Some(typed)) => {
            if better.is_some() && typed.better.is_some() && better != typed.better {
                return Err(DecideError::Direction {
                    reported: text.clone(),
                });
            }
            better = better.or(typed.better);
            let mut reported = typed.reported.clone();
            reported.decimals = request.decimals.or(reported.decimals);
            Some(reported)
        }
        (Some(_) | None, _) => None,
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
    let mut test_size = None;
    if let Some(Reported {
        form: ReportedForm::Proportion { total, .. },
        ..
    }) = reported
    {
        test_size = Some(total as f64);
    }
    Ok(Claim {
        facts: MetricFacts {
            chance: None,
            range: request.range,
        },
        test_train_ratio: None,
        failure_rate: None,
        source: None,
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
