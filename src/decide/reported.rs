//! A reported value as typed.

use std::path::Path;

use super::DecideError;
use super::values::read_numbers;
use reprove_metrics::RunQuery;
use reprove_model::manifest::{Better, Reported, ReportedForm};

/// A reported value with what its form says of the better direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// The value.
    pub reported: Reported,
    /// `max(…)` and `min(…)` say it.
    pub better: Option<Better>,
    /// Another reading of the same text: `20/30` may be 20 of 30 correct, or 20 over 30 runs.
    pub other: Option<Reported>,
}

/// Reads `90.4`, `90.4/10`, `90.4±1.8/10` (also `+-`, `+/-`; `sd` or `se` after the spread),
/// `90.4[89.1,91.7]/10` (a 95 % interval), `median 90.4[89,91]/10`, `best 91.2/5`, `max(91.2)/5`,
/// `min(8.1)/5`, `94 of 104` (correct answers of a test set), `94/104` (the same, or a mean over 104 runs) and
/// `@values.csv:column`.
///
/// # Errors
/// Anything else, with what is wrong; a file without values.
pub fn parse_reported(text: &str) -> Result<Typed, DecideError> {
    let bad = |problem: String| DecideError::Reported {
        text: text.to_owned(),
        problem,
    };
    let plain = text
        .trim()
        .replace("+/-", "±")
        .replace("+-", "±")
        .replace('−', "-");
    if let Some(place) = plain.strip_prefix('@') {
        return Ok(Typed::of(ReportedForm::Values(from_file(place)?), None));
    }
    if let Some(form) = counted(&plain) {
        return Ok(Typed::of(form, None));
    }
    let (body, runs) = split_runs(&plain).map_err(bad)?;
    let body = body.to_lowercase();
    let typed = match best(&body, runs).map_err(bad)? {
        Some(typed) => typed,
        None => value(&body, runs).map_err(bad)?,
    };
    Ok(typed)
}

impl Typed {
    /// A value whose form says nothing of the better direction.
    fn of(form: ReportedForm, decimals: Option<u32>) -> Self {
        Self {
            reported: Reported { form, decimals },
            better: None,
            other: None,
        }
    }
}

/// What stands after a word or in brackets behind it; nothing without the word.
fn called<'t>(body: &'t str, word: &str) -> Option<&'t str> {
    let inner = body.strip_prefix(word)?.trim();
    let bracketed = inner.strip_prefix('(').and_then(|i| i.strip_suffix(')'));
    Some(bracketed.unwrap_or(inner))
}

/// The best of some runs; none where the text is of another form.
fn best(body: &str, runs: Option<u32>) -> Result<Option<Typed>, String> {
    let words = [
        ("best", None),
        ("max", Some(Better::Higher)),
        ("min", Some(Better::Lower)),
    ];
    for (word, better) in words {
        if let Some(inner) = called(body, word) {
            let best = number(inner)?;
            let of = runs.ok_or("the best of how many runs? expected `/N`")?;
            let typed = Typed::of(ReportedForm::Best { best, of }, decimals(inner));
            return Ok(Some(Typed { better, ..typed }));
        }
    }
    Ok(None)
}

/// A mean or median with or without its spread, a proportion or a plain number.
fn value(body: &str, runs: Option<u32>) -> Result<Typed, String> {
    let median = called(body, "median");
    let body = median.unwrap_or(body);
    let form = if let Some((mean, ends)) = body.split_once('[') {
        let (low, high) = interval(ends)?;
        let value = number(mean)?;
        if !(low <= value && value <= high) {
            return Err(format!("expected {value} between {low} and {high}"));
        }
        match median {
            Some(_) => ReportedForm::Median {
                median: value,
                quartiles: (low, high),
                runs,
            },
            None => ReportedForm::Ci95 {
                mean: value,
                low,
                high,
                runs,
            },
        }
    } else if let Some((mean, spread)) = body.split_once('±') {
        spread_form(number(mean)?, spread, runs)?
    } else if let Some((correct, total)) = count(body, runs) {
        let mean = ReportedForm::Bare {
            value: number(body)?,
            runs,
        };
        let other = Some(Reported {
            form: mean,
            decimals: Some(0),
        });
        let counted = Typed::of(ReportedForm::Proportion { correct, total }, None);
        return Ok(Typed { other, ..counted });
    } else {
        ReportedForm::Bare {
            value: number(body)?,
            runs,
        }
    };
    let head = body.split(['[', '±']).next().unwrap_or(body);
    Ok(Typed::of(form, decimals(head)))
}

/// The values of a file, whose name may be followed by `:` and a column.
fn from_file(place: &str) -> Result<Vec<f64>, DecideError> {
    let (file, column) = place_of(place);
    let query = RunQuery {
        column: column.map(str::to_owned),
        filters: Vec::new(),
    };
    read_numbers(file.as_ref(), &query)
}

/// The file of a place and the column behind it. Both can have colons: the longest name that a file has is
/// that of the file.
pub(super) fn place_of(place: &str) -> (&str, Option<&str>) {
    let splits = place.rmatch_indices(':');
    let splits = splits.map(|(at, _)| (&place[..at], Some(&place[at + 1..])));
    let all: Vec<(&str, Option<&str>)> = [(place, None)].into_iter().chain(splits).collect();
    let is_there = |(file, _): &&(&str, Option<&str>)| Path::new(file).is_file();
    // Where no file is there, the shortest name of one is what the message is about.
    let chosen = all.iter().find(is_there).or(all.last());
    chosen.copied().unwrap_or((place, None))
}

/// Correct answers of a test set, as `94 of 104`; nothing where the text is of another form.
fn counted(text: &str) -> Option<ReportedForm> {
    let (correct, total) = text.split_once(" of ")?;
    let total: u32 = total.trim().parse().ok()?;
    let (correct, total) = count(correct, Some(total))?;
    Some(ReportedForm::Proportion { correct, total })
}

/// The number of runs after the last slash.
fn split_runs(text: &str) -> Result<(&str, Option<u32>), String> {
    let Some((body, runs)) = text.rsplit_once('/') else {
        return Ok((text, None));
    };
    match runs.trim().parse::<u32>() {
        Ok(n) if n >= 1 => Ok((body.trim(), Some(n))),
        _ => Err(format!(
            "expected a number of runs after `/`, found `{}`",
            runs.trim()
        )),
    }
}

/// Correct answers of a test set: two whole numbers, the first at most the second.
fn count(body: &str, total: Option<u32>) -> Option<(u64, u64)> {
    let correct: u64 = body.trim().parse().ok()?;
    let total = u64::from(total?);
    (correct <= total).then_some((correct, total))
}

fn spread_form(mean: f64, spread: &str, runs: Option<u32>) -> Result<ReportedForm, String> {
    let spread = spread.trim();
    let value = |text: &str| -> Result<f64, String> {
        let value = number(text)?;
        if value < 0.0 {
            Err(format!("expected a spread of at least 0, found {value}"))
        } else {
            Ok(value)
        }
    };
    for name in ["sd", "std"] {
        if let Some(text) = spread.strip_suffix(name) {
            return Ok(ReportedForm::Std {
                mean,
                std: value(text)?,
                runs,
                ddof: None,
            });
        }
    }
    for name in ["se", "sem"] {
        if let Some(text) = spread.strip_suffix(name) {
            return Ok(ReportedForm::Sem {
                mean,
                sem: value(text)?,
                runs,
            });
        }
    }
    Ok(ReportedForm::PlusMinus {
        mean,
        spread: value(spread)?,
        runs,
    })
}

fn interval(ends: &str) -> Result<(f64, f64), String> {
    let inner = ends
        .trim()
        .strip_suffix(']')
        .ok_or("expected `]` after the interval")?;
    let (low, high) = inner
        .split_once([',', ';'])
        .ok_or("expected two ends of the interval, as `[89.1,91.7]`")?;
    Ok((number(low)?, number(high)?))
}

fn number(text: &str) -> Result<f64, String> {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(format!("expected a finite number, found `{text}`")),
    }
}

/// Digits after the point as written; none for a number with an exponent.
fn decimals(text: &str) -> Option<u32> {
    let text = text.trim();
    if text.contains(['e', 'E']) {
        return None;
    }
    Some(
        text.split_once('.')
            .map_or(0, |(_, digits)| digits.len() as u32),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (ReportedForm, Option<u32>) {
        let typed = parse_reported(text).unwrap();
        (typed.reported.form, typed.reported.decimals)
    }

    #[test]
    fn each_form_is_read() {
        let (mean, runs) = (90.4, Some(10));
        assert_eq!(
            read("90.4"),
            (
                ReportedForm::Bare {
                    value: 90.4,
                    runs: None
                },
                Some(1)
            )
        );
        let unknown = ReportedForm::PlusMinus {
            mean,
            spread: 1.8,
            runs,
        };
        for text in ["90.4±1.8/10", "90.4 +- 1.8 / 10", "90.4+/-1.8/10"] {
            assert_eq!(read(text).0, unknown, "{text}");
        }
        assert_eq!(
            read("90.4±1.8sd/10").0,
            ReportedForm::Std {
                mean,
                std: 1.8,
                runs,
                ddof: None
            }
        );
        assert_eq!(
            read("90.4±0.6se/10").0,
            ReportedForm::Sem {
                mean,
                sem: 0.6,
                runs
            }
        );
        let ci = ReportedForm::Ci95 {
            mean,
            low: 89.1,
            high: 91.7,
            runs,
        };
        assert_eq!(read("90.4[89.1,91.7]/10"), (ci, Some(1)));
        let median = ReportedForm::Median {
            median: 90.4,
            quartiles: (89.0, 91.0),
            runs,
        };
        assert_eq!(read("median 90.4 [89, 91]/10").0, median);
        assert_eq!(
            read("best 91.2/5"),
            (ReportedForm::Best { best: 91.2, of: 5 }, Some(1))
        );
        assert_eq!(
            parse_reported("min(8.10)/5").unwrap().better,
            Some(Better::Lower)
        );
        assert_eq!(
            read("94 of 104").0,
            ReportedForm::Proportion {
                correct: 94,
                total: 104
            }
        );
        let both = parse_reported("94/104").unwrap();
        assert_eq!(both.reported.form, read("94 of 104").0);
        let mean = ReportedForm::Bare {
            value: 94.0,
            runs: Some(104),
        };
        assert_eq!(both.other.unwrap().form, mean);
        assert_eq!(read("90/10").0, ReportedForm::Bare { value: 90.0, runs });
        assert_eq!(read("-1.5e-3").1, None);
    }

    #[test]
    fn nonsense_is_refused_in_one_line() {
        let texts = [
            "",
            "x",
            "nan",
            "90±",
            "90±-1",
            "90[1,2]",
            "90[80]",
            "90[80,100",
            "best 9",
            "90/0",
            "90/x",
            "inf",
            "±3",
            "@",
            "@no-such-file.csv:c",
        ];
        for text in texts {
            let error = parse_reported(text).unwrap_err().to_string();
            assert!(!error.contains('\n'), "{text}: {error}");
        }
    }
}
