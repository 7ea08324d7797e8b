//! Workflow commands that GitHub shows beside a change: a line a claim and a line a broken pin.

use super::format_spec::{FormatSpec, Input};
use super::markup::{workflow_message, workflow_property};
use super::{ClaimVerdict, Overall, Report, failed_runs, headline, recomputation, text};

/// Annotations; their files end in `.txt` as text does.
pub(super) const FORMAT: FormatSpec = FormatSpec {
    name: "annotations",
    summary: "workflow commands of GitHub",
    extensions: &[],
    input: Input::Visible,
    render: |report, _| Ok(render(report)),
};

/// The report as workflow commands, the verdict on all claims last.
fn render(report: &Report) -> String {
    let mut text = String::new();
    for claim in &report.claims {
        let title = format!("{}: {}", text::verdict(claim.verdict), claim.id);
        let mut message = format!(
            "{} Reported {}, rerun {}. Reason: {}.",
            text::finding(claim),
            text::reported(claim),
            text::rerun(claim),
            claim.reason.text,
        );
        if let Some(source) = text::source(claim) {
            message += &format!(" Printed at {source}.");
        }
        if let Some(answer) = recomputation::answer(claim) {
            message += &format!(" Recomputed: {answer}.");
        }
        for warning in &claim.warnings {
            message += &format!(" Warning: {}.", warning.text);
        }
        text += &line(
            level(claim.verdict),
            &report.manifest.file,
            &title,
            &message,
        );
    }
    for pin in report.pins.iter().filter(|pin| text::is_broken(pin)) {
        let title = format!("{} {}: {}", pin.kind, pin.name, pin.status);
        let found = pin.found.as_deref().unwrap_or("nothing");
        let message = format!("expected {}, found {found}", pin.expected);
        text += &line("error", &report.manifest.file, &title, &message);
    }
    if let Some(failure) = &report.failure {
        let message = failed_runs::failure(failure);
        text += &line("error", &report.manifest.file, "not made ready", &message);
    }
    let verdict = text::as_claim(report.verdict);
    let level = match report.verdict {
        Overall::Reproduced => "notice",
        Overall::NotReproduced | Overall::Inconclusive | Overall::CouldNotVerify => level(verdict),
    };
    let mut message = format!(
        "{} {}; {}.",
        text::overall_meaning(report),
        text::counts(&report.counts),
        text::trust(report)
    );
    if let Some(corrected) = text::corrected_refutations(report) {
        message += &format!(" {corrected}");
    }
    for remark in headline::remarks(report) {
        message += &format!(" {remark}");
    }
    text + &line(
        level,
        &report.manifest.file,
        text::verdict(verdict),
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
