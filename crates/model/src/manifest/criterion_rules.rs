//! The rules of what counts as the same result.

use super::claim::{Criterion, Reported, ReportedForm, Tolerance};
use super::common::{finite, positive};
use super::document::{Share, ToleranceDoc};
use super::error::Problem;

/// The criterion of a claim that states exactly one of `tolerance`, `at_least` and `greater`; it fits
/// the reported value.
pub(super) fn criterion(
    (tolerance, at_least, greater): (Option<ToleranceDoc>, Option<f64>, Option<bool>),
    reported: Option<&Reported>,
    path: &str,
    id: &str,
) -> Result<Criterion, Problem> {
    let tolerance = tolerance
        .map(|doc| self::tolerance(doc, &format!("{path}.tolerance")))
        .transpose()?;
    let criterion = one_of(tolerance, at_least, greater, path, id)?;
    if let Criterion::Within(tolerance) = &criterion {
        check_tolerance(tolerance, reported, path)?;
    }
    Ok(criterion)
}

fn one_of(
    tolerance: Option<Tolerance>,
    at_least: Option<f64>,
    greater: Option<bool>,
    path: &str,
    id: &str,
) -> Result<Criterion, Problem> {
    match (tolerance, at_least, greater) {
        (Some(tolerance), None, None) => Ok(Criterion::Within(tolerance)),
        (None, Some(value), None) => Ok(Criterion::AtLeast(finite(
            value,
            &format!("{path}.at_least"),
        )?)),
        (None, None, Some(true)) => Ok(Criterion::Greater),
        (None, None, Some(false)) => Err(Problem::at(
            format!("{path}.greater"),
            "expected `true`, found false",
        )
        .hint("swap `of` and `minus` to claim the opposite ranking")),
        (None, None, None) => Err(
            Problem::at(path, format!("claim `{id}` has no `tolerance`")).hint(
                "add `tolerance`, the largest difference that you would still call the same result",
            ),
        ),
        _ => Err(Problem::at(
            path,
            "expected exactly one of `tolerance`, `at_least`, `greater`",
        )),
    }
}

/// Refuses a tolerance that does not fit the reported value.
fn check_tolerance(
    tolerance: &Tolerance,
    reported: Option<&Reported>,
    path: &str,
) -> Result<(), Problem> {
    let Some(reported) = reported else {
        return Err(Problem::at(path, "the key `reported` is missing")
            .hint("a tolerance is a distance from the reported value: add `reported`"));
    };
    match tolerance {
        Tolerance::Relative(_) if reported.form.value() == 0.0 => Err(Problem::at(
            format!("{path}.tolerance.relative"),
            "a fraction of a reported 0 is no distance",
        )
        .hint("give `absolute` instead")),
        Tolerance::Sd(_) => check_deviation(&reported.form, path),
        Tolerance::Digits if reported.decimals.is_none() => Err(Problem::at(
            format!("{path}.tolerance.digits"),
            "the reported value has no printed digits",
        )),
        Tolerance::Absolute(_)
        | Tolerance::Relative(_)
        | Tolerance::Below(_)
        | Tolerance::Above(_)
        | Tolerance::Digits
        | Tolerance::Exact => Ok(()),
    }
}

/// Refuses a tolerance in standard deviations of a reported value without one above 0.
fn check_deviation(form: &ReportedForm, path: &str) -> Result<(), Problem> {
    let problem = match form {
        ReportedForm::Bare { .. } | ReportedForm::Best { .. } | ReportedForm::Proportion { .. } => {
            "the reported value has no standard deviation"
        }
        ReportedForm::Std { std: 0.0, .. } => "the reported standard deviation is 0",
        ReportedForm::Std { .. }
        | ReportedForm::Sem { .. }
        | ReportedForm::Ci95 { .. }
        | ReportedForm::PlusMinus { .. }
        | ReportedForm::Values(_)
        | ReportedForm::Median { .. } => return Ok(()),
    };
    let problem = Problem::at(format!("{path}.tolerance.sd"), problem);
    Err(problem.hint("give `absolute` or `relative` instead"))
}

fn tolerance(doc: ToleranceDoc, path: &str) -> Result<Tolerance, Problem> {
    type Make = fn(f64) -> Tolerance;
    let sized: [(&str, Option<f64>, Make); 5] = [
        ("absolute", doc.absolute, Tolerance::Absolute),
        (
            "relative",
            doc.relative.map(|share| share.0),
            Tolerance::Relative,
        ),
        ("sd", doc.sd, Tolerance::Sd),
        ("below", doc.below, Tolerance::Below),
        ("above", doc.above, Tolerance::Above),
    ];
    if let Some(Share(share)) = doc.relative.filter(|share| share.0 >= 1.0) {
        let problem = format!("expected less than 1 (100 %), found {share}");
        let problem = Problem::at(format!("{path}.relative"), problem);
        return Err(if share < 100.0 {
            problem.hint(format!("{share} percent is written `{share}%`"))
        } else {
            problem
        });
    }
    let mut found = Vec::new();
    for (key, value, make) in sized {
        if let Some(value) = value {
            found.push(make(positive(value, &format!("{path}.{key}"))?));
        }
    }
    for (key, flag, kind) in [
        ("exact", doc.exact, Tolerance::Exact),
        ("digits", doc.digits, Tolerance::Digits),
    ] {
        match flag {
            Some(true) => found.push(kind),
            Some(false) => {
                return Err(Problem::at(
                    format!("{path}.{key}"),
                    "expected `true`, found false",
                ));
            }
            None => {}
        }
    }
    match found[..] {
        [one] => Ok(one),
        _ => Err(Problem::at(
            path,
            format!(
                "expected exactly one of `absolute`, `relative`, `sd`, `below`, `above`, `exact`, `digits`, found {}",
                found.len()
            ),
        )),
    }
}
