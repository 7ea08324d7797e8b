//! The values that a metric can take.

use reprove_model::manifest::{Claim, Quantity, ReportedForm};

/// Names of metrics that are shares, from 0 to 1 or from 0 to 100.
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

/// The values that the metric of a claim can take, where they are known: the stated range, a share of a
/// test set whose size is stated, or a metric that is a share by its name, as a percentage where the reported value can only
/// be one.
pub(super) fn range(claim: &Claim, value: f64) -> Option<(f64, f64)> {
    if claim.facts.range.is_some() {
        return claim.facts.range;
    }
    let Quantity::Metric { metric, .. } = &claim.quantity else {
        return None;
    };
    let is_count = matches!(
        claim.reported.as_ref().map(|reported| &reported.form),
        Some(ReportedForm::Proportion { .. })
    );
    let is_share = claim.resolution.is_some() || is_count || is_named_share(metric);
    let is_percentage = is_count || value > 1.0;
    let high = if is_percentage { 100.0 } else { 1.0 };
    (is_share && (0.0..=high).contains(&value)).then_some((0.0, high))
}

/// Whether the last word of a metric's name is that of a share, as in `test/accuracy` or `val_f1`.
fn is_named_share(metric: &str) -> bool {
    let name = metric.to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    words.next_back().is_some_and(|word| SHARES.contains(&word))
}
