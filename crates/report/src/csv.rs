//! The report as CSV: a line a claim, numbers in full precision, an empty cell for what is not known.

use super::RenderError;
use super::format_spec::{FormatSpec, Input};
use super::markup::spreadsheet;
use super::{ClaimReport, Report, number, recomputation, text};

const COLUMNS: [&str; 25] = [
    "claim",
    "verdict",
    "reason",
    "metric",
    "configuration",
    "reported",
    "reported_sd",
    "reported_runs",
    "tolerance_low",
    "tolerance_high",
    "rerun_n",
    "rerun_mean",
    "rerun_sd",
    "rerun_failed",
    "rerun_diverged",
    "difference",
    "difference_low",
    "difference_high",
    "level",
    "target",
    "refuted_after_correction",
    "warnings",
    "recomputed",
    "recomputed_value",
    "source",
];

/// CSV.
pub(super) const FORMAT: FormatSpec = FormatSpec {
    name: "csv",
    summary: "a line for each claim",
    extensions: &["csv"],
    input: Input::Visible,
    render: |report, _| render(report).map_err(RenderError::failed(&FORMAT)),
};

/// The report as CSV.
fn render(report: &Report) -> Result<String, ::csv::Error> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for claim in &report.claims {
        writer.write_record(line(claim, report))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn line(claim: &ClaimReport, report: &Report) -> [String; COLUMNS.len()] {
    let cell = |value: Option<f64>| value.map_or_else(String::new, number::full);
    let reported = claim.reported.as_ref();
    let difference = claim.difference.as_ref();
    let warnings: Vec<&str> = claim.warnings.iter().map(|w| w.text.as_str()).collect();
    [
        spreadsheet(&claim.id),
        text::code(claim.verdict).to_owned(),
        spreadsheet(claim.reason.code.code()),
        spreadsheet(&claim.metric),
        spreadsheet(claim.configuration.as_deref().unwrap_or_default()),
        cell(reported.map(|reported| reported.value)),
        cell(reported.and_then(|reported| reported.sd)),
        reported
            .and_then(|reported| reported.runs)
            .map_or_else(String::new, |runs| runs.to_string()),
        cell(claim.tolerance.low),
        cell(claim.tolerance.high),
        claim.rerun.n.to_string(),
        cell(claim.rerun.mean),
        cell(claim.rerun.sd),
        claim.rerun.failed.to_string(),
        claim.rerun.diverged.to_string(),
        cell(difference.map(|difference| difference.estimate)),
        cell(difference.and_then(|difference| difference.low)),
        cell(difference.and_then(|difference| difference.high)),
        cell(difference.map(|difference| difference.level)),
        claim.basis.target.name().to_owned(),
        match &report.refuted_after_correction {
            None => "",
            Some(ids) if ids.contains(&claim.id) => "true",
            Some(_) => "false",
        }
        .to_owned(),
        spreadsheet(&warnings.join("; ")),
        recomputation::word(claim).to_owned(),
        cell(claim.recomputation.value),
        spreadsheet(&text::source(claim).unwrap_or_default()),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::{fixture, visible};
    use super::*;

    #[test]
    fn the_example_as_csv() {
        insta::assert_snapshot!(render(&visible::report(&fixture::example())).unwrap());
    }

    #[test]
    fn every_line_has_every_column_and_no_cell_is_a_formula() {
        let mut report = fixture::example();
        report.claims[0].id = "=HYPERLINK(\"x\")".to_owned();
        let text = render(&visible::report(&report)).unwrap();
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), report.claims.len());
        assert_eq!(&records[0][0], "'=HYPERLINK(\"x\")");
        assert_eq!(
            records[1][15].parse::<f64>().ok(),
            report.claims[1].difference.as_ref().map(|d| d.estimate)
        );
    }
}
