//! Keys that stand for others.

use super::key_names::{belongs, synonym};
use crate::diagnostics::nearest;

/// Whether a key that is not known stands for `key`, so that `key` is not missing too.
pub(super) fn stands_for(parent: &str, found: &str, key: &str) -> bool {
    synonym(parent, found, &[]) == Some(key)
        || belongs(found).is_some_and(|place| place == format!("under `{key}`"))
        || split_at_colon(found).is_some_and(|(name, _)| name == key)
        || nearest(found, [key]).is_some()
}

/// `mean:90` in braces is a key without a value.
pub(super) fn split_at_colon(found: &str) -> Option<(&str, &str)> {
    found
        .split_once(':')
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
}
