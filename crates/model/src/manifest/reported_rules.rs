//! The rules of what a paper reports: its form, its numbers, and the file that holds them.

use super::claim::{Reported, ReportedForm};
use super::common::{Context, finite, required, spread};
use super::document::ReportedDoc;
use super::error::Problem;
use super::value_document::{ReportedFields, ValuesCsv};
use crate::diagnostics::nearest_hint;

/// The forms by their keys: those that a form needs, and those that it may have.
pub(super) const FORMS: &[(&[&str], &[&str])] = &[
    (&["mean"], &["runs"]),
    (&["value"], &["runs"]),
    (&["mean", "std"], &["runs", "ddof"]),
    (&["mean", "sem"], &["runs"]),
    (&["mean", "ci95"], &["runs"]),
    (&["mean", "plus_minus"], &["runs"]),
    (&["median", "iqr"], &["runs"]),
    (&["values"], &[]),
    (&["values_csv"], &[]),
    (&["best", "of"], &[]),
    (&["correct", "total"], &[]),
];

/// The reported value with the digits that it was printed with.
pub(super) fn reported(
    doc: ReportedDoc,
    decimals: Option<u32>,
    claim: &str,
    context: &Context<'_>,
) -> Result<Reported, Problem> {
    let path = format!("{claim}.reported");
    if decimals.is_some_and(|d| d > 15) {
        return Err(Problem::at(
            format!("{claim}.decimals"),
            "expected at most 15 decimals, found more",
        ));
    }
    let (form, key) = match doc {
        ReportedDoc::Bare(value) => (
            ReportedForm::Bare {
                value: finite(value, &path)?,
                runs: None,
            },
            path,
        ),
        ReportedDoc::Form(fields) => {
            let (form, key) = form(*fields, &path, context)?;
            (form, format!("{path}.{key}"))
        }
    };
    let exact = matches!(
        form,
        ReportedForm::Values(_) | ReportedForm::Proportion { .. }
    );
    let as_written = || context.locations.scalar(&key).and_then(printed_decimals);
    Ok(Reported {
        form,
        decimals: if exact {
            decimals
        } else {
            decimals.or_else(as_written)
        },
    })
}

/// Digits after the decimal point of a number as it is written: 2 for `84.70`, 3 for `1.5e-2`.
fn printed_decimals(text: &str) -> Option<u32> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let digits = mantissa
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len() as i64);
    // Beyond the smallest f64 a digit more changes nothing.
    u32::try_from(digits.saturating_sub(exponent).clamp(0, 400)).ok()
}

/// The form that the given keys make, and the key whose digits count: the first.
fn form(
    f: ReportedFields,
    path: &str,
    context: &Context<'_>,
) -> Result<(ReportedForm, &'static str), Problem> {
    let given = given(&f);
    let runs = f.runs;
    if runs == Some(0) {
        return Err(Problem::at(
            format!("{path}.runs"),
            "expected at least 1 run, found 0",
        ));
    }
    let number =
        |value: Option<f64>, key: &str| finite(value.unwrap_or(f64::NAN), &format!("{path}.{key}"));
    let width =
        |value: Option<f64>, key: &str| spread(value.unwrap_or(f64::NAN), &format!("{path}.{key}"));
    let form = match given[..] {
        ["mean"] | ["value"] => ReportedForm::Bare {
            value: number(f.mean.or(f.value), given[0])?,
            runs,
        },
        ["mean", "std"] | ["mean", "std", "ddof"] => std_form(&f, path)?,
        ["mean", "sem"] => ReportedForm::Sem {
            mean: number(f.mean, "mean")?,
            sem: width(f.sem, "sem")?,
            runs,
        },
        ["mean", "plus_minus"] => ReportedForm::PlusMinus {
            mean: number(f.mean, "mean")?,
            spread: width(f.plus_minus, "plus_minus")?,
            runs,
        },
        ["mean", "ci95"] => {
            let mean = number(f.mean, "mean")?;
            let (low, high) = ordered(f.ci95, mean, path, "ci95")?;
            ReportedForm::Ci95 {
                mean,
                low,
                high,
                runs,
            }
        }
        ["median", "iqr"] => {
            let median = number(f.median, "median")?;
            let quartiles = ordered(f.iqr, median, path, "iqr")?;
            ReportedForm::Median {
                median,
                quartiles,
                runs,
            }
        }
        _ if runs.is_some() => return Err(unknown_form(&given, runs, path)),
        ["values"] => ReportedForm::Values(values(f.values.unwrap_or_default(), path)?),
        ["values_csv"] => {
            let at = format!("{path}.values_csv");
            let csv = required(f.values_csv, path, "values_csv", "`{file, column}`")?;
            ReportedForm::Values(values_csv(csv, &at, context)?)
        }
        ["best", "of"] => ReportedForm::Best {
            best: number(f.best, "best")?,
            of: at_least_one(f.of, &format!("{path}.of"))?,
        },
        ["correct", "total"] => proportion(f.correct, f.total, path)?,
        _ => return Err(unknown_form(&given, runs, path)),
    };
    Ok((form, given[0]))
}

fn std_form(f: &ReportedFields, path: &str) -> Result<ReportedForm, Problem> {
    if let Some(ddof) = f.ddof.filter(|d| *d > 1) {
        return Err(Problem::at(
            format!("{path}.ddof"),
            format!("expected 0 (divided by n) or 1 (divided by n − 1), found {ddof}"),
        ));
    }
    if f.runs == Some(1) {
        return Err(Problem::at(
            format!("{path}.runs"),
            "expected at least 2 runs for a standard deviation, found 1",
        ));
    }
    Ok(ReportedForm::Std {
        mean: finite(f.mean.unwrap_or(f64::NAN), &format!("{path}.mean"))?,
        std: spread(f.std.unwrap_or(f64::NAN), &format!("{path}.std"))?,
        runs: f.runs,
        ddof: f.ddof,
    })
}

fn values(values: Vec<f64>, path: &str) -> Result<Vec<f64>, Problem> {
    if values.is_empty() {
        return Err(Problem::at(
            format!("{path}.values"),
            "expected at least one value, found none",
        ));
    }
    for (index, value) in values.iter().enumerate() {
        finite(*value, &format!("{path}.values[{index}]"))?;
    }
    Ok(values)
}

fn at_least_one(count: Option<u32>, path: &str) -> Result<u32, Problem> {
    count
        .filter(|count| *count >= 1)
        .ok_or_else(|| Problem::at(path, "expected at least 1 run, found 0"))
}

fn proportion(
    correct: Option<u64>,
    total: Option<u64>,
    path: &str,
) -> Result<ReportedForm, Problem> {
    match (correct, total) {
        (Some(correct), Some(total)) if total >= 1 && correct <= total => {
            Ok(ReportedForm::Proportion { correct, total })
        }
        (Some(correct), Some(total)) => Err(Problem::at(
            path,
            format!("expected `correct` of at most `total`, found {correct} of {total}"),
        )),
        _ => Err(Problem::at(path, "expected `correct` and `total`")),
    }
}

fn given(f: &ReportedFields) -> Vec<&'static str> {
    [
        ("mean", f.mean.is_some()),
        ("value", f.value.is_some()),
        ("std", f.std.is_some()),
        ("ddof", f.ddof.is_some()),
        ("sem", f.sem.is_some()),
        ("ci95", f.ci95.is_some()),
        ("plus_minus", f.plus_minus.is_some()),
        ("values", f.values.is_some()),
        ("values_csv", f.values_csv.is_some()),
        ("best", f.best.is_some()),
        ("of", f.of.is_some()),
        ("median", f.median.is_some()),
        ("iqr", f.iqr.is_some()),
        ("correct", f.correct.is_some()),
        ("total", f.total.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, is_given)| is_given.then_some(key))
    .collect()
}

fn unknown_form(given: &[&str], runs: Option<u32>, path: &str) -> Problem {
    let mut given = given.to_vec();
    given.extend(runs.map(|_| "runs"));
    let keys = if given.is_empty() {
        "none of them".to_owned()
    } else {
        format!("`{}`", given.join("`, `"))
    };
    let problem = Problem::at(path, format!("expected the keys of one form, found {keys}"));
    let has = |key: &&str| given.contains(key);
    let missing = match given.first() {
        _ if has(&"best") && given.len() == 1 => {
            Some("add `of`, the number of runs of which it is the best")
        }
        _ if has(&"median") && !has(&"iqr") => {
            Some("add `iqr`, the quartiles, as in `iqr: [89, 91]`")
        }
        _ if has(&"correct") != has(&"total") => Some("write both `correct` and `total`"),
        Some(&("std" | "sem" | "ci95" | "plus_minus")) => Some("add `mean`"),
        _ => None,
    };
    if let Some(hint) = missing {
        return problem.hint(hint);
    }
    problem.hint(
        "the forms are {mean, std, runs}, {mean, sem, runs}, {mean, ci95, runs}, {mean, plus_minus, runs}, {values}, \
         {values_csv}, {best, of}, {median, iqr, runs}, {correct, total}, {mean}, or a bare number",
    )
}

fn ordered(
    pair: Option<(f64, f64)>,
    centre: f64,
    path: &str,
    key: &str,
) -> Result<(f64, f64), Problem> {
    match pair {
        Some((low, high))
            if low.is_finite() && high.is_finite() && low <= centre && centre <= high =>
        {
            Ok((low, high))
        }
        Some((low, high)) => Err(Problem::at(
            format!("{path}.{key}"),
            format!("expected [low, high] around {centre}, found [{low}, {high}]"),
        )
        .maybe_hint((high <= centre && centre <= low).then(|| format!("write `[{high}, {low}]`")))),
        None => Err(Problem::at(format!("{path}.{key}"), "expected [low, high]")),
    }
}

/// The values of a column of a CSV file beside the manifest.
fn values_csv(doc: ValuesCsv, path: &str, context: &Context<'_>) -> Result<Vec<f64>, Problem> {
    let file = required(doc.file, path, "file", "the CSV file")?;
    let column = required(doc.column, path, "column", "the name of the column")?;
    let at = format!("{path}.file");
    if file.is_empty() || file.contains('\0') {
        return Err(Problem::at(&at, "expected the path of a CSV file"));
    }
    // Not an inner path: the values often lie in a folder beside the manifest's.
    let full = context.folder.join(&file);
    let unreadable =
        |error: &dyn std::fmt::Display| Problem::at(&at, format!("{}: {error}", full.display()));
    if !full.is_file() {
        return Err(unreadable(&"no such file"));
    }
    let mut reader = csv::Reader::from_path(&full).map_err(|error| unreadable(&error))?;
    let headers = reader
        .headers()
        .map_err(|error| unreadable(&error))?
        .clone();
    let Some(index) = headers.iter().position(|h| h.trim() == column) else {
        let text = format!("no column is named `{column}`");
        return Err(Problem::at(format!("{path}.column"), text)
            .maybe_hint(nearest_hint(&column, headers.iter())));
    };
    let mut values = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| unreadable(&error))?;
        let cell = record.get(index).unwrap_or_default().trim();
        match cell.parse::<f64>() {
            Ok(value) if value.is_finite() => values.push(value),
            _ => {
                let line = row + 2;
                return Err(unreadable(&format!(
                    "line {line}, column `{column}`: expected a number, found `{}`",
                    cell.escape_default()
                )));
            }
        }
    }
    if values.is_empty() {
        Err(unreadable(&"the column has no values"))
    } else {
        Ok(values)
    }
}
