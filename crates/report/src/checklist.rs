//! The items of the NeurIPS paper checklist on reproducibility, as far as the evidence answers them.
//!
//! Items 4 to 8 and 12 of the checklist (neurips.cc, paper checklist) ask about reproducibility,
//! code and data, settings, error bars, compute and licences. An answer here is about the
//! verification, not about the paper: what only the authors know is said to be theirs.

use std::fmt::Write as _;

use super::format_spec::{FormatSpec, Input};
use super::markup::markdown as escape;
use super::{ClaimReport, Overall, PinKind, Report, headline, number, recomputation, text};
use reprove_model::seeds::RunSeed;

/// What the evidence says about an item.
enum Answer {
    /// It supports a yes.
    Supported,
    /// It answers a part.
    Partly,
    /// It does not answer it.
    Authors,
}

impl Answer {
    fn text(&self) -> &'static str {
        match self {
            Self::Supported => "supported by this evidence",
            Self::Partly => "answered in part",
            Self::Authors => "not answered by this evidence; the authors must",
        }
    }
}

/// The checklist; its files end in `.md` as Markdown does.
pub(super) const FORMAT: FormatSpec = FormatSpec {
    name: "checklist",
    summary: "the NeurIPS paper checklist",
    extensions: &[],
    input: Input::Visible,
    render: |report, _| Ok(render(report)),
};

/// The report as a checklist in Markdown.
fn render(report: &Report) -> String {
    let mut text = format!(
        "# Reproducibility checklist: {}\n\n{}: {}; {}. Manifest SHA-256 {}.\n\n",
        escape(text::title(report)),
        text::verdict(text::as_claim(report.verdict)),
        text::counts(&report.counts),
        escape(&text::trust(report)),
        escape(&report.manifest.sha256),
    );
    reproducibility(report, &mut text);
    access(report, &mut text);
    settings(report, &mut text);
    error_bars(report, &mut text);
    compute(report, &mut text);
    item(
        "12. Licenses for existing assets",
        Answer::Authors,
        &[
            "the manifest pins code and data by digest and says nothing of their licences"
                .to_owned(),
        ],
        &mut text,
    );
    item(
        "Items 1 to 3, 9 to 11 and 13 to 16",
        Answer::Authors,
        &["claims, limits, proofs, ethics, impact, safeguards and human subjects are no matter of \
           a rerun"
            .to_owned()],
        &mut text,
    );
    text
}

fn item(heading: &str, answer: Answer, lines: &[String], text: &mut String) {
    let _ = writeln!(text, "## {heading}\n\n**{}**\n", answer.text());
    for line in lines {
        let _ = writeln!(text, "- {}", escape(line));
    }
    text.push('\n');
}

fn reproducibility(report: &Report, text: &mut String) {
    let answer = match report.verdict {
        Overall::Reproduced => Answer::Supported,
        Overall::NotReproduced | Overall::Inconclusive | Overall::CouldNotVerify => Answer::Partly,
    };
    let mut lines: Vec<String> = report
        .claims
        .iter()
        .map(|claim| {
            format!(
                "{}: {}. {}",
                claim.id,
                text::verdict(claim.verdict),
                text::finding(claim)
            )
        })
        .collect();
    lines.extend(text::corrected_refutations(report));
    lines.extend(headline::remarks(report));
    lines.extend(recomputation::answers(&report.claims));
    lines.extend(text::sources(&report.claims));
    let warnings = text::warnings(&report.claims);
    lines.extend(warnings.iter().map(|line| format!("warning: {line}")));
    lines.extend(
        report
            .repeat
            .iter()
            .map(|command| format!("to repeat: {command}")),
    );
    item(
        "4. Experimental result reproducibility",
        answer,
        &lines,
        text,
    );
}

fn access(report: &Report, text: &mut String) {
    let mut lines: Vec<String> = report
        .pins
        .iter()
        .filter(|pin| matches!(pin.kind, PinKind::Commit | PinKind::Tree | PinKind::Data))
        .map(|pin| format!("{} {} {}: {}", pin.kind, pin.name, pin.status, pin.expected))
        .collect();
    lines.push("whether others may read code and data is not tested".to_owned());
    item(
        "5. Open access to data and code",
        Answer::Partly,
        &lines,
        text,
    );
}

fn settings(report: &Report, text: &mut String) {
    let mut lines = vec![format!("seeds of the reruns: {}", seeds(report))];
    lines.extend(
        report
            .defaults
            .iter()
            .map(|(name, value)| format!("default {name} = {value}")),
    );
    lines.extend(
        report
            .deviations
            .iter()
            .map(|deviation| format!("deviation: {}", deviation.text)),
    );
    lines.push("how hyperparameters were chosen is not known".to_owned());
    item(
        "6. Experimental setting/details",
        Answer::Partly,
        &lines,
        text,
    );
}

/// The seeds in use: `1 to 30 (30 seeds)`.
fn seeds(report: &Report) -> String {
    let seeds: std::collections::BTreeSet<RunSeed> =
        report.runs.iter().map(|run| run.seed).collect();
    match (seeds.first(), seeds.last()) {
        (Some(first), Some(last)) => {
            format!("{first} to {last} ({})", number::count(seeds.len(), "seed"))
        }
        _ => "none".to_owned(),
    }
}

fn error_bars(report: &Report, text: &mut String) {
    let with_spread = |claim: &&ClaimReport| claim.rerun.sd.is_some();
    let mut lines: Vec<String> = report
        .claims
        .iter()
        .filter(with_spread)
        .map(|claim| {
            let method = claim
                .difference
                .as_ref()
                .map_or("none", |difference| &difference.method);
            format!(
                "{}: rerun {}; interval by {method}",
                claim.id,
                text::rerun(claim)
            )
        })
        .collect();
    let answer = if lines.is_empty() {
        Answer::Authors
    } else {
        Answer::Supported
    };
    lines.push(
        "± after a rerun is the standard deviation of one run (n − 1) over seeds, not the standard \
         error of the mean"
            .to_owned(),
    );
    lines.push(
        "what else than the seed varied in the paper's own error bars is not known".to_owned(),
    );
    item(
        "7. Experiment statistical significance",
        answer,
        &lines,
        text,
    );
}

fn compute(report: &Report, text: &mut String) {
    let mut lines: Vec<String> = text::cost(&report.cost)
        .into_iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    lines.extend(
        report
            .environment
            .iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    lines.push(
        "this is the cost of the reruns; what the whole project cost is not known".to_owned(),
    );
    item(
        "8. Experiments compute resources",
        Answer::Supported,
        &lines,
        text,
    );
}

#[cfg(test)]
mod tests {
    use super::super::{fixture, visible};
    use super::*;

    #[test]
    fn the_example_as_a_checklist() {
        insta::assert_snapshot!(render(&visible::report(&fixture::example())));
    }

    #[test]
    fn without_runs_the_error_bars_are_the_authors() {
        let mut report = fixture::example();
        report.runs.clear();
        report.claims.retain(|claim| claim.rerun.sd.is_none());
        let text = render(&report);
        assert!(text.contains("seeds of the reruns: none"));
        assert!(text.contains("significance\n\n**not answered"));
    }
}
