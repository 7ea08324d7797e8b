//! The one literal report that the renderers' tests draw from.

use super::Report;

/// A report with every verdict, every shape of tolerance and hostile text.
pub fn example() -> Report {
    Report::from_json(include_bytes!("../../../fixtures/reports/example.json")).unwrap()
}
