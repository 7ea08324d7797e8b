//! The rules of what counts as the same result.

use super::claim::{Criterion, Reported, ReportedForm, Tolerance};
use super::common::{finite, positive};

use super::error::Problem;
use super::value_document::{Share, ToleranceDoc};

/// What a claim states as its criterion: `tolerance`, `at_least`, `greater`.
type Stated = (Option<ToleranceDoc>, Option<f64>, Option<bool>);

/// The criterion of a claim that states exactly one of `tolerance`, `at_least` and `greater`; it fits
/// the reported value.
pub(super) fn criterion(
    stated: Stated,
    reported: Option<&Reported>,
    path: &str,
    id: Option<&str>,
) -> Result<Criterion, Problem> {
    let criterion = criterion_alone(stated, path, id)?;
    if let Criterion::Within(tolerance) = &criterion {
        check_tolerance(tolerance, reported, path)?;
    }
    Ok(criterion)
}

/// The criterion of a claim whose reported value is wrong.
pub(super) fn criterion_alone(
    (tolerance, at_least, greater): Stated,
    path: &str,
    id: Option<&str>,
) -> Result<Criterion, Problem> {
    let tolerance = tolerance
        .map(|doc| self::tolerance(doc, &format!("{path}.tolerance")))
        .transpose()?;
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
        (None, None, None) => {
            let claim = id.map_or_else(|| "the claim".to_owned(), |id| format!("claim `{id}`"));
            let mut problem = Problem::missing(path, "tolerance");
            problem.text = format!("{claim} has no `tolerance`");
            Err(problem.hint(
                "add `tolerance`, the largest difference that you would still call the same result, as \
                 `tolerance: {absolute: 0.5}`",
            ))
        }
        (tolerance, at_least, greater) => {
            let stated = [
                ("`tolerance`", tolerance.is_some()),
                ("`at_least`", at_least.is_some()),
                ("`greater`", greater.is_some()),
            ];
            let stated = stated.iter().filter(|(_, is_stated)| *is_stated);
            let stated: Vec<&str> = stated.map(|(key, _)| *key).collect();
            let problem = format!(
                "expected exactly one of `tolerance`, `at_least`, `greater`, found {}",
                stated.join(" and ")
            );
            Err(Problem::at(path, problem)
                .hint("keep the one that the paper claims; state the other as a claim of its own"))
        }
    }
}

/// Refuses a tolerance that does not fit the reported value.
fn check_tolerance(
    tolerance: &Tolerance,
    reported: Option<&Reported>,
    path: &str,
) -> Result<(), Problem> {
    let Some(reported) = reported else {
        return Err(Problem::missing(path, "reported")
            .hint("add `reported`, the value from which the tolerance is a distance"));
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
            let sign =
                (value < 0.0).then(|| "leave out the sign: a distance holds both ways".to_owned());
            let hint = match value == 0.0 {
                true => Some("write `{exact: true}` for the value itself".to_owned()),
                false => sign,
            };
            let checked = positive(value, &format!("{path}.{key}"));
            found.push(make(checked.map_err(|problem| problem.maybe_hint(hint))?));
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
        )
        .hint("write the one that you mean, as in `{absolute: 0.5}`")),
    }
}
