//! The report as LaTeX: macros for the numbers, then a booktabs table.
//!
//! A paper says `\input{reprove.tex}` after `\usepackage{booktabs,textcomp}`; a macro's name is the
//! claim's id in letters (`h12-test` gives `\reproveHOneTwoTestMean`).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::format_spec::{FormatSpec, Input};
use super::markup::latex as escape;
use super::text::cut;
use super::{
    ClaimReport, ClaimVerdict, Report, failed_runs, headline, recomputation, sources, text,
};

/// So many kinds of failed runs, and so many metrics, are said below the table.
const NOTES: usize = 20;
/// So many last lines of a log are.
const LOG_LINES: usize = 5;
/// Characters of such a line.
const COLUMNS: usize = 120;

/// LaTeX.
pub(super) const FORMAT: FormatSpec = FormatSpec {
    name: "latex",
    summary: "a booktabs table and a macro for each number",
    extensions: &["tex"],
    input: Input::Visible,
    render: |report, _| Ok(render(report)),
};

/// The report as LaTeX.
fn render(report: &Report) -> String {
    let verdict = text::as_claim(report.verdict);
    let mut text = format!(
        "% Written by {}; needs \\usepackage{{booktabs,textcomp}} and \\usepackage[T1]{{fontenc}}\n",
        comment(&text::program(report)),
    );
    define("reproveVerdict", text::verdict(verdict), &mut text);
    define("reproveCounts", &text::counts(&report.counts), &mut text);
    if let Some(corrected) = text::corrected_refutations(report) {
        define("reproveCorrected", &corrected, &mut text);
    }
    if let Some(failure) = &report.failure {
        define("reproveFailure", &failed_runs::failure(failure), &mut text);
    }
    define("reproveTrust", &text::trust(report), &mut text);
    let remarks = headline::remarks(report).join(" ");
    define("reproveRemarks", &remarks, &mut text);
    define("reproveManifest", &report.manifest.sha256, &mut text);
    for (claim, name) in report.claims.iter().zip(macro_names(&report.claims)) {
        let difference = text::difference(claim).unwrap_or_else(|| "none".to_owned());
        for (part, value) in [
            ("Verdict", text::verdict(claim.verdict)),
            ("Reported", &text::reported_short(claim)),
            ("Mean", &text::rerun_short(claim)),
            ("Runs", &claim.rerun.n.to_string()),
            ("Difference", &difference),
            ("Recomputed", recomputation::word(claim)),
        ] {
            define(&format!("reprove{name}{part}"), value, &mut text);
        }
    }
    table(report, &mut text);
    text
}

/// `%` would end nothing and a line feed cannot occur: the text went through `visible`.
fn comment(text: &str) -> String {
    text.replace(|character: char| !character.is_ascii(), "?")
}

fn define(name: &str, value: &str, text: &mut String) {
    let _ = writeln!(text, "\\newcommand{{\\{name}}}{{{}}}", escape(value));
}

/// A name of letters a claim: parts capitalised, digits in text, a claim's place where two are the
/// same or nothing is left.
fn macro_names(claims: &[ClaimReport]) -> Vec<String> {
    const DIGITS: [&str; 10] = [
        "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine",
    ];
    let mut taken = BTreeSet::new();
    let spelled = |number: usize| -> String {
        number
            .to_string()
            .bytes()
            .map(|digit| DIGITS[usize::from(digit - b'0')])
            .collect()
    };
    let mut names = Vec::with_capacity(claims.len());
    for (place, claim) in claims.iter().enumerate() {
        let mut name = String::new();
        let mut starts = true;
        for character in claim.id.chars() {
            match character.to_digit(10) {
                Some(digit) => name += DIGITS[digit as usize],
                None if character.is_ascii_alphabetic() && starts => {
                    name.push(character.to_ascii_uppercase());
                }
                None if character.is_ascii_alphabetic() => name.push(character),
                None => {}
            }
            starts = !character.is_ascii_alphabetic();
        }
        if name.is_empty() || name.len() > 60 || !taken.insert(name.clone()) {
            name = format!("Claim{}", spelled(place + 1));
            taken.insert(name.clone());
        }
        names.push(name);
    }
    names
}

fn table(report: &Report, text: &mut String) {
    *text += "\\begin{table}\n\\centering\n\\small\n";
    let _ = writeln!(
        text,
        "\\caption{{{}: {}. {}.}}",
        escape(text::verdict(text::as_claim(report.verdict))),
        escape(text::title(report)),
        escape(&text::counts(&report.counts)),
    );
    *text += "\\begin{tabular}{@{}p{0.24\\linewidth}llrlp{0.2\\linewidth}@{}}\n\\toprule\n\
              Claim & Reported & Rerun & Runs & Tolerance & Verdict \\\\\n\\midrule\n";
    for claim in &report.claims {
        let _ = writeln!(
            text,
            "{} & {} & {} & {} & {} & {} \\\\",
            // Long ids have no spaces at which TeX could break a line.
            escape(&cut(&claim.id, 60)),
            escape(&text::reported_short(claim)),
            escape(&text::rerun_short(claim)),
            claim.rerun.n,
            escape(&text::tolerance_short(claim)),
            verdict(claim.verdict),
        );
    }
    *text += "\\bottomrule\n\\end{tabular}\n";
    notes(report, text);
    *text += "\\end{table}\n";
}

/// Below the table, a line each: why no run could be made, runs without a value, and where the
/// numbers were read.
fn notes(report: &Report, text: &mut String) {
    let mut lines = Vec::new();
    if let Some(failure) = &report.failure {
        lines.push(format!("Not made ready: {}", failed_runs::failure(failure)));
        lines.extend(log(&failure.log_tail));
    }
    lines.extend(recomputation::answers(&report.claims));
    let warnings = text::warnings(&report.claims);
    lines.extend(warnings.iter().map(|line| format!("Warning, {line}")));
    lines.extend(text::sources(&report.claims));
    let groups = failed_runs::groups(&report.runs);
    for lost in groups.iter().take(NOTES) {
        lines.push(format!("No value from {}: {}", lost.who(), lost.how()));
        lines.extend(log(&lost.tail()));
    }
    let sources = sources::sources(report);
    for source in sources.iter().take(NOTES) {
        let (name, place) = (source.name(), source.place(COLUMNS));
        lines.push(format!("Read from, {name}: {place}"));
    }
    let more = groups.len().saturating_sub(NOTES) + sources.len().saturating_sub(NOTES);
    if more > 0 {
        lines.push(format!("and {more} more such lines, in the JSON"));
    }
    if lines.is_empty() {
        return;
    }
    *text += "\\par\\smallskip\\raggedright\\footnotesize\n";
    for line in lines {
        let _ = writeln!(text, "{}\\par", escape(&line));
    }
}

/// The very last lines of a log: more would not fit on the page of a paper.
fn log(lines: &[String]) -> Vec<String> {
    let first = lines.len().saturating_sub(LOG_LINES);
    let line = |line: &String| format!("| {}", cut(line, COLUMNS));
    lines[first..].iter().map(line).collect()
}

fn verdict(verdict: ClaimVerdict) -> String {
    match verdict {
        ClaimVerdict::NotReproduced => {
            format!("\\textbf{{{}}}", text::verdict(verdict).to_lowercase())
        }
        ClaimVerdict::Reproduced | ClaimVerdict::Inconclusive | ClaimVerdict::CouldNotVerify => {
            text::verdict(verdict).to_lowercase()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{fixture, visible};
    use super::*;

    #[test]
    fn the_example_as_latex() {
        insta::assert_snapshot!(render(&visible::report(&fixture::example())));
    }

    #[test]
    fn macros_are_letters_and_each_has_its_own_name() {
        let mut claims = fixture::example().claims;
        claims.truncate(4);
        for (claim, id) in claims
            .iter_mut()
            .zip(["h12-test", "h12_Test", "例", "row 7"])
        {
            claim.id = id.to_owned();
        }
        assert_eq!(
            macro_names(&claims),
            ["HOneTwoTest", "ClaimTwo", "ClaimThree", "RowSeven"]
        );
    }
}
