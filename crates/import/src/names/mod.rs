//! Names: known metrics, labels as tokens, identifiers of a manifest.

mod metric_list;
mod metrics;
mod slug;
mod tokens;

pub(crate) use metrics::{KnownMetric, MetricKind, metric_in, metrics_in, whole_metric};
pub(crate) use slug::slug;
pub(crate) use tokens::tokens;
