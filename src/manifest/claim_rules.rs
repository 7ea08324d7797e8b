//! The rules of claims and of the decision.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::claim::{
    Basis, Better, Claim, Criterion, Decision, FailureThreshold, Looks, Method, Pairing, Quantity,
    Reported, ReportedForm, Tolerance, Unit,
};
use super::document::{
    ClaimDoc, DecisionDoc, DifferenceDoc, FailedDoc, ReportedDoc, ReportedFields, Scalar,
    ToleranceDoc, ValuesCsv,
};
use super::error::{Problem, nearest};
use super::rules::{Context, name, required, word};

type Configurations = IndexMap<String, BTreeMap<String, Scalar>>;

/// The claims in the order of the manifest.
pub(super) fn claims(
    docs: Vec<ClaimDoc>,
    configurations: &Configurations,
    context: &Context<'_>,
) -> Result<Vec<Claim>, Problem> {
    if docs.is_empty() {
        return Err(
            Problem::at("claims", "expected at least one claim, found none")
                .hint("add `claims`, a list of `{id, metric, reported, tolerance}`"),
        );
    }
    let mut ids = BTreeSet::new();
    let mut claims = Vec::new();
    for (index, doc) in docs.into_iter().enumerate() {
        let path = format!("claims[{index}]");
        let claim = claim(doc, &path, configurations, context)?;
        if !ids.insert(claim.id.clone()) {
            return Err(Problem::at(
                format!("{path}.id"),
                format!("the id `{}` stands twice", claim.id),
            ));
        }
        claims.push(claim);
    }
    Ok(claims)
}

fn claim(
    doc: ClaimDoc,
    path: &str,
    configurations: &Configurations,
    context: &Context<'_>,
) -> Result<Claim, Problem> {
    let id = required(doc.id, path, "id", "a short unique name")?;
    name(&id, &format!("{path}.id"))?;
    let quantity = match doc.difference {
        None => Quantity::Metric {
            configuration: configuration(doc.configuration, path, configurations)?,
            metric: required(
                doc.metric,
                path,
                "metric",
                "the name of the metric, as `test_accuracy`",
            )?,
        },
        Some(difference) => {
            let strays = [
                ("configuration", doc.configuration.is_some()),
                ("metric", doc.metric.is_some()),
            ];
            if let Some((key, _)) = strays.into_iter().find(|(_, stray)| *stray) {
                return Err(Problem::at(
                    format!("{path}.{key}"),
                    format!("`{key}` does not go with `difference`"),
                )
                .hint("a difference is written `{of, minus, metric}`"));
            }
            self::difference(difference, &format!("{path}.difference"), configurations)?
        }
    };
    let reported = doc
        .reported
        .map(|r| reported(r, doc.decimals, path, context))
        .transpose()?;
    let tolerance = doc
        .tolerance
        .map(|t| tolerance(t, &format!("{path}.tolerance")))
        .transpose()?;
    let criterion = criterion(tolerance, doc.at_least, doc.greater, path, &id)?;
    check_pair(&criterion, reported.as_ref(), path)?;
    let better = [("higher", Better::Higher), ("lower", Better::Lower)];
    let units = [
        ("run", Unit::Run),
        ("fold", Unit::Fold),
        ("episode", Unit::Episode),
    ];
    Ok(Claim {
        id,
        quantity,
        reported,
        criterion,
        better: doc
            .better
            .map(|text| word(&text, &format!("{path}.better"), &better))
            .transpose()?,
        unit: word(
            doc.unit.as_deref().unwrap_or("run"),
            &format!("{path}.unit"),
            &units,
        )?,
        failure: failure(doc.failed, &format!("{path}.failed"))?,
        lattice: lattice(doc.test_size, doc.scale, path)?,
    })
}

/// The values beyond which a run counts as failed.
fn failure(doc: Option<FailedDoc>, path: &str) -> Result<Option<FailureThreshold>, Problem> {
    let Some(doc) = doc else { return Ok(None) };
    match (doc.below, doc.above) {
        (Some(value), None) => finite(value, &format!("{path}.below"))
            .map(|value| Some(FailureThreshold::Below(value))),
        (None, Some(value)) => finite(value, &format!("{path}.above"))
            .map(|value| Some(FailureThreshold::Above(value))),
        _ => Err(Problem::at(
            path,
            "expected exactly one of `below`, `above`",
        )),
    }
}

/// The step between possible values of a proportion over a test set; `scale` is the metric's value
/// when all is right, 100 for percent (the default) or 1.
fn lattice(test_size: Option<u64>, scale: Option<f64>, path: &str) -> Result<Option<f64>, Problem> {
    let scale = positive(scale.unwrap_or(100.0), &format!("{path}.scale"))?;
    match test_size {
        Some(0) => Err(Problem::at(
            format!("{path}.test_size"),
            "expected at least 1, found 0",
        )),
        Some(size) => Ok(Some(scale / size as f64)),
        None => Ok(None),
    }
}

fn configuration(
    found: Option<String>,
    path: &str,
    configurations: &Configurations,
) -> Result<Option<String>, Problem> {
    match found {
        None if configurations.is_empty() => Ok(None),
        None => Err(Problem::at(path, "the key `configuration` is missing")
            .hint(format!("name one of {}", list(configurations)))),
        Some(found) => known(found, &format!("{path}.configuration"), configurations).map(Some),
    }
}

fn list(configurations: &Configurations) -> String {
    let names: Vec<String> = configurations
        .keys()
        .take(12)
        .map(|n| format!("`{n}`"))
        .collect();
    let more = if configurations.len() > 12 {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", names.join(", "))
}

fn known(found: String, path: &str, configurations: &Configurations) -> Result<String, Problem> {
    if configurations.contains_key(&found) {
        return Ok(found);
    }
    let problem = Problem::at(
        path,
        format!("no configuration is named `{}`", found.escape_default()),
    );
    Err(
        match nearest(&found, configurations.keys().map(String::as_str)) {
            Some(name) => problem.hint(format!("the nearest is `{name}`")),
            None if configurations.is_empty() => {
                problem.hint("the manifest has no `configurations`")
            }
            None => problem.hint(format!("there are {}", list(configurations))),
        },
    )
}

fn difference(
    doc: DifferenceDoc,
    path: &str,
    configurations: &Configurations,
) -> Result<Quantity, Problem> {
    let of = required(
        doc.of,
        path,
        "of",
        "the configuration that counts positively",
    )?;
    let minus = required(
        doc.minus,
        path,
        "minus",
        "the configuration that is subtracted",
    )?;
    let of = known(of, &format!("{path}.of"), configurations)?;
    let minus = known(minus, &format!("{path}.minus"), configurations)?;
    if of == minus {
        return Err(Problem::at(
            path,
            format!("`of` and `minus` are both `{of}`"),
        ));
    }
    let pairing = if doc.paired == Some(true) {
        Pairing::BySeed
    } else {
        Pairing::Independent
    };
    Ok(Quantity::Difference {
        of,
        minus,
        metric: required(doc.metric, path, "metric", "the name of the metric")?,
        pairing,
    })
}

fn criterion(
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

/// A criterion must fit what is reported.
fn check_pair(
    criterion: &Criterion,
    reported: Option<&Reported>,
    path: &str,
) -> Result<(), Problem> {
    let Criterion::Within(tolerance) = criterion else {
        return Ok(());
    };
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
        Tolerance::Sd(_)
            if matches!(
                reported.form,
                ReportedForm::Bare { .. }
                    | ReportedForm::Best { .. }
                    | ReportedForm::Proportion { .. }
            ) =>
        {
            Err(Problem::at(
                format!("{path}.tolerance.sd"),
                "the reported value has no standard deviation",
            )
            .hint("give `absolute` or `relative` instead"))
        }
        Tolerance::Sd(_) if matches!(reported.form, ReportedForm::Std { std: 0.0, .. }) => {
            Err(Problem::at(
                format!("{path}.tolerance.sd"),
                "the reported standard deviation is 0",
            )
            .hint("give `absolute` or `relative` instead"))
        }
        Tolerance::Digits if reported.decimals.is_none() => Err(Problem::at(
            format!("{path}.tolerance.digits"),
            "the reported value has no printed digits",
        )),
        _ => Ok(()),
    }
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

fn finite(value: f64, path: &str) -> Result<f64, Problem> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Problem::at(
            path,
            format!("expected a finite number, found {value}"),
        ))
    }
}

fn positive(value: f64, path: &str) -> Result<f64, Problem> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(Problem::at(
            path,
            format!("expected a number greater than 0, found {value}"),
        ))
    }
}

fn spread(value: f64, path: &str) -> Result<f64, Problem> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(Problem::at(
            path,
            format!("expected a number of at least 0, found {value}"),
        ))
    }
}

fn reported(
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
    Problem::at(path, format!("expected the keys of one form, found {keys}")).hint(
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
        )),
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
        let problem = Problem::at(
            format!("{path}.column"),
            format!("no column is named `{column}`"),
        );
        return Err(match nearest(&column, headers.iter()) {
            Some(name) => problem.hint(format!("the nearest is `{name}`")),
            None => problem,
        });
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

/// The decision with its defaults, and the defaults that the manifest does not state, as text.
pub(super) fn decision(
    doc: DecisionDoc,
    seeds: usize,
) -> Result<(Decision, BTreeMap<String, String>), Problem> {
    let default = Decision::default();
    let alpha = doc.alpha.unwrap_or(default.alpha);
    if !(alpha > 0.0 && alpha < 0.5) {
        return Err(Problem::at(
            "decision.alpha",
            format!("expected a number between 0 and 0.5, found {alpha}"),
        ));
    }
    let looks = match (doc.sequential, doc.open_ended) {
        (Some(false), Some(true)) => {
            return Err(Problem::at(
                "decision.open_ended",
                "an open-ended decision is sequential",
            ));
        }
        (_, Some(true)) => Looks::OpenEnded,
        (Some(false), _) => Looks::Fixed,
        _ => Looks::Sequential,
    };
    let bounds = Bounds {
        seeds,
        min_runs: doc.min_runs,
        max_runs: doc.max_runs,
    };
    let (min_runs, max_runs) = bounds.checked(default.min_runs)?;
    let bases = [
        ("auto", Basis::Auto),
        ("process", Basis::Process),
        ("printed", Basis::Printed),
    ];
    let methods = [("both", Method::Both), ("t", Method::T)];
    let mut defaults = BTreeMap::new();
    let mut default_of = |key: &str, stated: bool, value: String| {
        if !stated {
            defaults.insert(format!("decision.{key}"), value);
        }
    };
    default_of("alpha", doc.alpha.is_some(), alpha.to_string());
    default_of(
        "sequential",
        doc.sequential.is_some() || doc.open_ended.is_some(),
        "true".into(),
    );
    default_of("min_runs", doc.min_runs.is_some(), min_runs.to_string());
    default_of("max_runs", doc.max_runs.is_some(), format!("{seeds}"));
    default_of(
        "max_failed",
        doc.max_failed.is_some(),
        default.max_failed.to_string(),
    );
    default_of("basis", doc.basis.is_some(), "auto".into());
    default_of("method", doc.method.is_some(), "both".into());
    let decision = Decision {
        alpha,
        looks,
        min_runs,
        max_runs,
        max_failed: doc.max_failed.unwrap_or(default.max_failed),
        basis: word(
            doc.basis.as_deref().unwrap_or("auto"),
            "decision.basis",
            &bases,
        )?,
        method: word(
            doc.method.as_deref().unwrap_or("both"),
            "decision.method",
            &methods,
        )?,
    };
    Ok((decision, defaults))
}

/// Runs at least and at most, against the seeds that there are.
struct Bounds {
    seeds: usize,
    min_runs: Option<u32>,
    max_runs: Option<u32>,
}

impl Bounds {
    fn checked(&self, default_min: u32) -> Result<(u32, Option<u32>), Problem> {
        if let Some(max) = self.max_runs {
            if max == 0 {
                return Err(Problem::at(
                    "decision.max_runs",
                    "expected at least 1 run, found 0",
                ));
            }
            if max as usize > self.seeds {
                return Err(Problem::at(
                    "decision.max_runs",
                    format!(
                        "expected at most the {} seeds that there are, found {max}",
                        self.seeds
                    ),
                )
                .hint("raise `seeds.count`, or lower `max_runs`"));
            }
        }
        let most = self.max_runs.map_or(self.seeds, |max| max as usize);
        match self.min_runs {
            None => Ok((default_min, self.max_runs)),
            Some(min) if min < 2 => Err(Problem::at(
                "decision.min_runs",
                format!("expected at least 2 runs, found {min}"),
            )),
            Some(min) if min as usize > most => Err(Problem::at(
                "decision.min_runs",
                format!("expected at most {most}, the runs that there are, found {min}"),
            )),
            Some(min) => Ok((min, self.max_runs)),
        }
    }
}
