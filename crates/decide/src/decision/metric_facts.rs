//! What is known of a metric: the values that it can take, and which of them are better.

use super::analysis_error::AnalysisError;
use crate::reported::Interpretation;
use reprove_model::manifest::{Better, Claim, Criterion, Quantity, ReportedForm};

/// The part of a range's width by which values may lie beyond it, for rounding in the program.
const ROUNDING: f64 = 1e-6;

/// Names of metrics that are shares, from 0 to 1 or from 0 to 100, of which more is better.
const SHARES: [&str; 18] = [
    "acc",
    "accuracy",
    "auc",
    "auroc",
    "dice",
    "em",
    "f1",
    "iou",
    "jaccard",
    "map",
    "miou",
    "ndcg",
    "precision",
    "recall",
    "sensitivity",
    "specificity",
    "top1",
    "top5",
];

/// Names of other metrics of which more is better.
const HIGHER: [&str; 7] = ["bleu", "elo", "psnr", "r2", "reward", "rouge", "ssim"];

/// Names of metrics of which less is better.
const LOWER: [&str; 22] = [
    "bpb",
    "bpc",
    "brier",
    "cer",
    "ece",
    "eer",
    "err",
    "error",
    "fid",
    "hinge",
    "logloss",
    "loss",
    "mae",
    "mape",
    "mse",
    "nll",
    "perplexity",
    "ppl",
    "rmse",
    "smape",
    "ter",
    "wer",
];

/// What the name of a metric says of it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct NamedMetric {
    /// The better direction, when none is stated.
    pub better: Option<Better>,
    /// The highest value of a share, where the reported value lies beyond it or below 0 and no range is stated.
    pub exceeded: Option<f64>,
}

impl NamedMetric {
    pub(super) fn of(claim: &Claim, reported: &Interpretation) -> Self {
        match &claim.quantity {
            Quantity::Metric { metric, .. } => Self {
                better: better(claim, metric),
                exceeded: exceeded_share(claim, metric, reported),
            },
            // The arm that is subtracted may be the better one.
            Quantity::Difference { .. } => Self::default(),
        }
    }
}

/// The values that the number of a claim can take, where they are known: the stated range, a share of a
/// test set whose size is stated, or a metric that is a share by its name, as a percentage where the reported
/// value can only be one. A difference of values within a stated range lies within its width.
pub(super) fn range(claim: &Claim, value: f64) -> Option<(f64, f64)> {
    match (&claim.quantity, claim.facts.range) {
        (Quantity::Metric { .. }, Some(range)) => return Some(range),
        (Quantity::Difference { .. }, Some((low, high))) => return Some((low - high, high - low)),
        (Quantity::Metric { .. } | Quantity::Difference { .. }, None) => {}
    }
    let Quantity::Metric { metric, .. } = &claim.quantity else {
        return None;
    };
    let is_count = matches!(
        claim.reported.as_ref().map(|reported| &reported.form),
        Some(ReportedForm::Proportion { .. })
    );
    let is_share = claim.resolution.is_some() || is_count || is_named(metric, &SHARES);
    let is_percentage = is_count || value > 1.0;
    let high = if is_percentage { 100.0 } else { 1.0 };
    let is_possible = (0.0..=high).contains(&value);
    // A value that no share has does not say which range is meant, and the name says that there is one.
    (is_share && (is_possible || is_named(metric, &SHARES))).then_some((0.0, high))
}

/// The highest value of a share by its name, where the reported value cannot be one.
fn exceeded_share(claim: &Claim, metric: &str, reported: &Interpretation) -> Option<f64> {
    const WHOLE: f64 = 100.0;
    let (value, half_unit) = (reported.value, reported.half_unit);
    let is_share = claim.facts.range.is_none() && is_named(metric, &SHARES);
    let is_beyond = value < -half_unit || value > WHOLE + half_unit;
    (is_share && is_beyond).then_some(WHOLE)
}

/// The better direction by the metric's name, where none is stated.
fn better(claim: &Claim, metric: &str) -> Option<Better> {
    if claim.better.is_some() {
        None
    } else if is_named(metric, &SHARES) || is_named(metric, &HIGHER) {
        Some(Better::Higher)
    } else if is_named(metric, &LOWER) {
        Some(Better::Lower)
    } else {
        None
    }
}

/// Whether the last word of a metric's name is one of these, as in `test/accuracy` or `val_f1`.
fn is_named(metric: &str, names: &[&str]) -> bool {
    let name = metric.to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    words.next_back().is_some_and(|word| names.contains(&word))
}

/// Whether a value lies beyond a range by more than rounding.
pub(super) fn is_beyond(value: f64, (low, high): (f64, f64)) -> bool {
    let slack = ROUNDING * (high - low);
    value < low - slack || value > high + slack
}

/// Refuses a reported value beyond the stated range of its metric.
///
/// # Errors
/// Such a value.
pub(super) fn refuse_reported(
    claim: &Claim,
    interpretations: &[Interpretation],
) -> Result<(), AnalysisError> {
    let (Criterion::Within(_), Quantity::Metric { .. }, Some((low, high))) =
        (claim.criterion, &claim.quantity, claim.facts.range)
    else {
        return Ok(());
    };
    let is_beyond = |i: &&Interpretation| {
        let value = i.value;
        value < low - i.half_unit || value > high + i.half_unit
    };
    match interpretations.iter().find(is_beyond) {
        Some(found) => Err(AnalysisError::BeyondRange {
            value: found.value,
            low,
            high,
        }),
        None => Ok(()),
    }
}
