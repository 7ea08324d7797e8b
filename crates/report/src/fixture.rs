//! The one literal report that the renderers' tests draw from.

use super::Report;

/// A report of schema version 1 with every verdict, every shape of tolerance and hostile text.
pub fn example() -> Report {
    serde_json::from_str(include_str!("../../../fixtures/reports/example.json")).unwrap()
}
