//! Checks of what is found against itself: they warn, and correct nothing.

use std::collections::HashMap;

use crate::interpret::{FoundClaim, FoundRole, FoundScale, ImportWarning, is_mean};

/// What rounding in binary may add to a sum of printed numbers.
const ROUNDING: f64 = 1e-9;

/// Numbers of a file that do not agree with each other.
pub(crate) fn warnings(found: &[FoundClaim]) -> Vec<ImportWarning> {
    let mut warnings: Vec<ImportWarning> = found.iter().filter_map(mean).collect();
    let is_error = |found: &FoundClaim| is_error(&found.metric);
    if found
        .iter()
        .any(|found| found.role == FoundRole::Difference || is_error(found))
    {
        let rows = Rows::of(found);
        warnings.extend(found.iter().filter_map(|found| difference(found, &rows)));
        let errors = found.iter().filter(|found| is_error(found));
        warnings.extend(errors.filter_map(|found| complement(found, &rows)));
    }
    warnings
}

/// The reported values by table, row and metric; a key of several values has none.
struct Rows<'f>(HashMap<(usize, &'f [String], &'f str), Option<&'f FoundClaim>>);

impl<'f> Rows<'f> {
    fn of(found: &'f [FoundClaim]) -> Self {
        let mut rows = HashMap::new();
        let is_reported = |found: &&FoundClaim| found.role == FoundRole::Reported;
        for found in found.iter().filter(is_reported) {
            let key = (found.table, &*found.row, &*found.metric);
            rows.entry(key)
                .and_modify(|value| *value = None)
                .or_insert(Some(found));
        }
        Rows(rows)
    }

    /// The one value of a row and a metric in the table of another value.
    fn value(
        &self,
        of: &'f FoundClaim,
        row: &'f [String],
        metric: &'f str,
    ) -> Option<&'f FoundClaim> {
        self.0.get(&(of.table, row, metric)).copied().flatten()
    }
}

/// A printed number, and half a unit of its last digit; `None` for one with an exponent.
fn printed(number: &str) -> Option<(f64, f64)> {
    let decimals = match number.split_once('.') {
        _ if number.contains(['e', 'E']) => return None,
        Some((_, decimals)) => i32::try_from(decimals.len()).ok()?,
        None => 0,
    };
    Some((number.parse().ok()?, 0.5 * 10f64.powi(-decimals)))
}

fn warning(found: &FoundClaim, text: String) -> ImportWarning {
    ImportWarning {
        table: found.table,
        line: found.line,
        col: found.col,
        file: found.file.clone(),
        text,
    }
}

/// A mean beside the values of its runs that is not their mean.
fn mean(found: &FoundClaim) -> Option<ImportWarning> {
    // Most values have none beside them: their labels need not be read.
    if found.values.len() < 2 || found.median || found.best_of.is_some() {
        return None;
    }
    let mut labels = found.column.iter().chain(found.row.iter());
    if !labels.any(|label| is_mean(label)) {
        return None;
    }
    let values: Option<Vec<(f64, f64)>> = found.values.iter().map(|value| printed(value)).collect();
    let values = values?;
    let (stated, half) = printed(&found.number)?;
    let count = values.len() as f64;
    let derived = values.iter().map(|(value, _)| value).sum::<f64>() / count;
    let rounding = half + values.iter().map(|(_, half)| half).sum::<f64>() / count;
    let differs = (derived - stated).abs() > rounding + ROUNDING * stated.abs().max(1.0);
    differs.then(|| {
        let text = format!(
            "the mean of the {} values beside it is {derived:.4}, printed is {}",
            values.len(),
            found.number
        );
        warning(found, text)
    })
}

/// A difference to another row that is not that of the values.
fn difference<'f>(found: &'f FoundClaim, rows: &Rows<'f>) -> Option<ImportWarning> {
    if found.role != FoundRole::Difference {
        return None;
    }
    let value = |row| rows.value(found, row, &found.metric);
    let (own, base) = (value(&found.row)?, value(found.baseline.as_deref()?)?);
    let (own_value, own_half) = printed(&own.number)?;
    let (base_value, base_half) = printed(&base.number)?;
    let (stated, half) = printed(&found.number)?;
    let derived = own_value - base_value;
    let rounding = half + own_half + base_half + ROUNDING * own_value.abs().max(1.0);
    // Papers print gains of errors without their sign.
    let differs = (derived - stated).abs() > rounding && (derived + stated).abs() > rounding;
    differs.then(|| {
        let text = format!(
            "{} minus {} of {}:{} is {derived:.4}, printed is {}",
            own.number, base.number, base.line, base.col, found.number
        );
        warning(found, text)
    })
}

fn is_error(metric: &str) -> bool {
    accuracy_of(metric).is_some()
}

/// The accuracy that an error is the complement of.
fn accuracy_of(metric: &str) -> Option<&'static str> {
    Some(match metric {
        "error" | "error rate" | "classification error" => "accuracy",
        "top-1 error" => "top-1 accuracy",
        "top-5 error" => "top-5 accuracy",
        _ => return None,
    })
}

/// An error in percent that is not 100 less the accuracy of its row.
fn complement<'f>(found: &'f FoundClaim, rows: &Rows<'f>) -> Option<ImportWarning> {
    let accuracy = rows.value(found, &found.row, accuracy_of(&found.metric)?)?;
    let are_percent = [found, accuracy]
        .iter()
        .all(|found| found.scale == FoundScale::Percent);
    let is_one = rows.value(found, &found.row, &found.metric).is_some();
    if !are_percent || !is_one {
        return None;
    }
    let (error, half) = printed(&found.number)?;
    let (value, other_half) = printed(&accuracy.number)?;
    let differs = (error + value - 100.0).abs() > half + other_half + ROUNDING * 100.0;
    differs.then(|| {
        let text = format!(
            "error {} and accuracy {} of {}:{} do not add up to 100",
            found.number, accuracy.number, accuracy.line, accuracy.col
        );
        warning(found, text)
    })
}
