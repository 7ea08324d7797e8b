//! The value column that a spread, an interval, a difference belongs to.

use super::column::{Column, ColumnRole};

/// Finds the value column that each spread, interval and difference belongs to.
pub(crate) fn join(columns: &mut [Column]) {
    for index in 0..columns.len() {
        if columns[index].role.belongs_to_values() {
            columns[index].of = owner(columns, index);
        }
    }
}

fn owner(columns: &[Column], index: usize) -> Option<usize> {
    let is_value = |at: &usize| columns[*at].role == ColumnRole::Value;
    let stem = stem(&columns[index].path);
    let named = (0..columns.len())
        .filter(is_value)
        .find(|at| !stem.is_empty() && self::stem(&columns[*at].path) == stem);
    let left = (0..index).rev().find(is_value);
    let values = || (0..columns.len()).filter(is_value);
    // One column of numbers of runs may be for all value columns.
    if columns[index].role == ColumnRole::Runs {
        return named.or_else(|| left.filter(|_| values().count() == 1));
    }
    named.or(left).or_else(|| values().next())
}

/// The words of a path without those for means and spreads.
fn stem(path: &[String]) -> Vec<String> {
    const STATISTICS: &[&str] = &[
        "mean",
        "avg",
        "average",
        "std",
        "sd",
        "stdev",
        "stddev",
        "sem",
        "se",
        "stderr",
        "ste",
        "ci",
        "95",
        "ci95",
        "low",
        "high",
        "lower",
        "upper",
        "lo",
        "hi",
        "value",
        "deviation",
        "standard",
        "dev",
        "σ",
        "n",
        "runs",
        "seeds",
        "count",
        "median",
        "iqr",
        "q1",
        "q3",
        "err",
        "pm",
        "num",
    ];
    let words = path.iter().flat_map(|label| crate::names::tokens(label));
    words
        .into_iter()
        .map(|token| token.word)
        .filter(|word| !STATISTICS.contains(&word.as_str()))
        .collect()
}
