//! Workflow commands that GitHub shows beside a change: a line a claim and a line a broken pin.

use super::markup::{workflow_message, workflow_property};
use super::{ClaimVerdict, Overall, Report, words};

/// The report as workflow commands, the verdict on all claims last.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    for claim in &report.claims {
        let title = format!("{}: {}", words::verdict(claim.verdict), claim.id);
        let message = format!(
            "{} Reported {}, rerun {}. Reason: {}.",
            words::finding(claim),
            words::reported(claim),
            words::rerun(claim),
            claim.reason.text,
        );
        text += &line(
            level(claim.verdict),
            &report.manifest.file,
            &title,
            &message,
        );
    }
    for pin in report.pins.iter().filter(|pin| words::is_broken(pin)) {
        let title = format!("{} {}: {}", pin.kind, pin.name, pin.status);
        let found = pin.found.as_deref().unwrap_or("nothing");
        let message = format!("expected {}, found {found}", pin.expected);
        text += &line("error", &report.manifest.file, &title, &message);
    }
    if let Some(failure) = &report.failure {
        let message = words::failure(failure);
        text += &line("error", &report.manifest.file, "not made ready", &message);
    }
    let verdict = words::as_claim(report.verdict);
    let level = match report.verdict {
        Overall::Reproduced => "notice",
        _ => level(verdict),
    };
    let mut message = format!(
        "{} {}",
        words::overall_meaning(report),
        words::counts(&report.counts)
    );
    if let Some(accusations) = words::accusations(report) {
        message += &format!(". {accusations}");
    }
    text + &line(
        level,
        &report.manifest.file,
        words::verdict(verdict),
        &message,
    )
}

fn level(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Reproduced => "notice",
        ClaimVerdict::Inconclusive => "warning",
        ClaimVerdict::NotReproduced | ClaimVerdict::CouldNotVerify => "error",
    }
}

fn line(level: &str, file: &str, title: &str, message: &str) -> String {
    format!(
        "::{level} file={},title={}::{}\n",
        workflow_property(file),
        workflow_property(title),
        workflow_message(message),
    )
}

#[cfg(test)]
mod tests {
    use super::super::{fixture, visible};
    use super::*;

    #[test]
    fn the_example_as_annotations() {
        let text = render(&visible::report(&fixture::example()));
        insta::assert_snapshot!(text);
        assert!(text.lines().all(|line| line.starts_with("::")));
        assert!(
            text.lines()
                .all(|line| line[2..].splitn(2, "::").count() == 2)
        );
    }
}
