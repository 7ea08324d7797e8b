//! The report as JUnit XML: a test case a claim and a test case a pin.
//!
//! JUnit has no third state; an undecided claim is an `<error type="inconclusive">`, so that no CI
//! takes it for a success, unless the caller wants it skipped.

use quick_junit::{NonSuccessKind, SerializeError, TestCase, TestCaseStatus, TestSuite, XmlString};

use super::RenderError;
use super::format_spec::{FormatSpec, Input};
use super::{
    ClaimReport, ClaimVerdict, FailureReport, Pin, RenderOptions, Report, Undecided, failed_runs,
    headline, recomputation, text,
};

/// So many kinds of failed runs are listed with a claim.
const FAILED_RUNS: usize = 5;

/// JUnit XML.
pub(super) const FORMAT: FormatSpec = FormatSpec {
    name: "junit",
    summary: "JUnit XML, for CI systems",
    extensions: &["xml"],
    input: Input::Visible,
    render: |report, options| render(report, options).map_err(RenderError::failed(&FORMAT)),
};

/// The report as JUnit XML.
fn render(report: &Report, options: &RenderOptions) -> Result<String, SerializeError> {
    let mut junit = quick_junit::Report::new("reprove");
    let mut claims = TestSuite::new(text::title(report));
    claims.add_test_cases(
        report
            .claims
            .iter()
            .map(|claim| case(claim, report, options)),
    );
    claims.add_property(("manifest", report.manifest.file.as_str()));
    claims.add_property(("manifest_sha256", report.manifest.sha256.as_str()));
    if let Some(corrected) = text::corrected_refutations(report) {
        claims.add_property(("refuted_after_correction", corrected.as_str()));
    }
    for remark in headline::remarks(report) {
        claims.add_property(("remark", remark.as_str()));
    }
    claims.add_property(("trust", text::trust(report).as_str()));
    claims.add_property(("program", text::program(report).as_str()));
    junit.add_test_suite(claims);
    if !report.pins.is_empty() {
        let mut pins = TestSuite::new("pins");
        pins.add_test_cases(report.pins.iter().map(pin));
        junit.add_test_suite(pins);
    }
    if let Some(failure) = &report.failure {
        let mut preparation = TestSuite::new("preparation");
        preparation.add_test_case(unready(failure));
        junit.add_test_suite(preparation);
    }
    junit.to_string()
}

fn case(claim: &ClaimReport, report: &Report, options: &RenderOptions) -> TestCase {
    let word = text::code(claim.verdict);
    let mut status = match (claim.verdict, options.undecided) {
        (ClaimVerdict::Reproduced, _) => TestCaseStatus::success(),
        (ClaimVerdict::NotReproduced, _) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        (ClaimVerdict::Inconclusive, Undecided::Skipped) => TestCaseStatus::skipped(),
        (ClaimVerdict::Inconclusive | ClaimVerdict::CouldNotVerify, _) => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
    };
    if claim.verdict != ClaimVerdict::Reproduced {
        status.set_type(word);
        status.set_message(claim.reason.text.as_str());
        status.set_description(description(claim, report));
    }
    let mut case = TestCase::new(claim.id.as_str(), status);
    case.set_classname(text::title(report));
    if claim.verdict == ClaimVerdict::Reproduced {
        case.set_system_out(XmlString::new(description(claim, report)));
    }
    case
}

fn description(claim: &ClaimReport, report: &Report) -> String {
    let mut lines = vec![
        text::finding(claim),
        format!("reported: {}", text::reported(claim)),
        format!("rerun: {}", text::rerun(claim)),
        format!("tolerance: {}", text::tolerance(claim)),
    ];
    lines.extend(text::source(claim).map(|source| format!("printed at: {source}")));
    lines.extend(text::difference(claim).map(|text| format!("difference: {text}")));
    lines.push(format!("reason: {}", claim.reason.text));
    lines.extend(
        claim
            .runs_needed
            .iter()
            .map(|needed| format!("to decide: {}", needed.text)),
    );
    lines.extend(recomputation::answer(claim).map(|answer| format!("recomputed: {answer}")));
    let warnings = claim.warnings.iter();
    lines.extend(warnings.map(|warning| format!("warning: {}", warning.text)));
    let groups = failed_runs::of_claim(claim, report);
    if !groups.is_empty() {
        lines.push("runs without a value:".to_owned());
    }
    lines.extend(
        groups
            .iter()
            .take(FAILED_RUNS)
            .flat_map(failed_runs::FailedRuns::lines),
    );
    lines.join("\n")
}

fn unready(failure: &FailureReport) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type(failure.kind.code());
    status.set_message(failed_runs::failure(failure));
    let hint = failure.hint.iter().map(|hint| format!("hint: {hint}"));
    let lines = failed_runs::tail(&failure.log_tail).into_iter().chain(hint);
    status.set_description(lines.collect::<Vec<_>>().join("\n"));
    let mut case = TestCase::new("experiment", status);
    case.set_classname("preparation");
    case
}

fn pin(pin: &Pin) -> TestCase {
    let status = if text::is_broken(pin) {
        let found = pin.found.as_deref().unwrap_or("nothing");
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type(pin.status.to_string());
        status.set_message(format!("expected {}, found {found}", pin.expected));
        status
    } else {
        TestCaseStatus::success()
    };
    let mut case = TestCase::new(format!("{} {}", pin.kind, pin.name), status);
    case.set_classname("pins");
    case
}

#[cfg(test)]
mod tests {
    use super::super::{fixture, visible};
    use super::*;

    #[test]
    fn the_example_as_junit() {
        let report = visible::report(&fixture::example());
        insta::assert_snapshot!(render(&report, &RenderOptions::default()).unwrap());
    }

    /// Lines that open an error of this type.
    fn errors(text: &str, word: &str) -> usize {
        let word = format!("type=\"{word}\"");
        text.lines()
            .filter(|line| line.contains("<error ") && line.contains(&word))
            .count()
    }

    #[test]
    fn undecided_claims_may_be_skipped() {
        let report = visible::report(&fixture::example());
        let text = render(&report, &RenderOptions::default()).unwrap();
        assert_eq!(errors(&text, "inconclusive"), 2);
        assert_eq!(text.matches("<failure ").count(), 1);
        let options = RenderOptions {
            undecided: Undecided::Skipped,
            ..RenderOptions::default()
        };
        let text = render(&report, &options).unwrap();
        assert_eq!(text.matches("type=\"inconclusive\"").count(), 2);
        assert_eq!(text.matches("<skipped").count(), 2);
        assert!(!text.contains("<script"));
    }
}
