//! The one literal report that the renderers' tests draw from.

use super::{ClaimReport, Report, RunReport};

/// A report of schema version 1 with every verdict, every shape of tolerance and hostile text.
pub fn example() -> Report {
    serde_json::from_str(include_str!("../../fixtures/reports/example.json")).unwrap()
}

/// The example with so many claims, and so many runs of each configuration.
pub fn large(claims: usize, runs: usize) -> Report {
    let mut report = example();
    let pattern = report.claims.clone();
    report.claims = (0..claims)
        .map(|number| ClaimReport {
            id: format!("claim-{number}"),
            ..pattern[number % 3].clone()
        })
        .collect();
    let pattern = report.runs.clone();
    report.runs = (0..runs)
        .map(|number| RunReport {
            seed: number as u64,
            ..pattern[number % 20].clone()
        })
        .collect();
    report
}
