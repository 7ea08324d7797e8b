//! The report as LaTeX: macros for the numbers, then a booktabs table.
//!
//! A paper says `\input{reprove.tex}` after `\usepackage{booktabs,textcomp}`; a macro's name is the
//! claim's id in letters (`h12-test` gives `\reproveHOneTwoTestMean`).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::markup::latex as safe;
use super::{ClaimReport, ClaimVerdict, Report, words};

/// The report as LaTeX.
pub(super) fn render(report: &Report) -> String {
    let verdict = words::as_claim(report.verdict);
    let mut text = format!(
        "% Written by {}; needs \\usepackage{{booktabs,textcomp}} and \\usepackage[T1]{{fontenc}}\n",
        comment(&words::program(report)),
    );
    define("reproveVerdict", words::verdict(verdict), &mut text);
    define("reproveCounts", &words::counts(&report.counts), &mut text);
    if let Some(accusations) = words::accusations(report) {
        define("reproveAccusations", &accusations, &mut text);
    }
    define("reproveManifest", &report.manifest.sha256, &mut text);
    for (claim, name) in report.claims.iter().zip(macro_names(&report.claims)) {
        let difference = words::difference(claim).unwrap_or_else(|| "none".to_owned());
        for (part, value) in [
            ("Verdict", words::verdict(claim.verdict)),
            ("Reported", &words::reported_short(claim)),
            ("Mean", &words::rerun_short(claim)),
            ("Runs", &claim.rerun.n.to_string()),
            ("Difference", &difference),
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
    let _ = writeln!(text, "\\newcommand{{\\{name}}}{{{}}}", safe(value));
}

/// A name of letters a claim: parts capitalised, digits in words, a claim's place where two are the
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
        safe(words::verdict(words::as_claim(report.verdict))),
        safe(words::title(report)),
        safe(&words::counts(&report.counts)),
    );
    *text += "\\begin{tabular}{@{}p{0.24\\linewidth}llrlp{0.2\\linewidth}@{}}\n\\toprule\n\
              Claim & Reported & Rerun & Runs & Tolerance & Verdict \\\\\n\\midrule\n";
    for claim in &report.claims {
        let _ = writeln!(
            text,
            "{} & {} & {} & {} & {} & {} \\\\",
            // Long ids have no spaces at which TeX could break a line.
            safe(&cut(&claim.id, 60)),
            safe(&words::reported_short(claim)),
            safe(&words::rerun_short(claim)),
            claim.rerun.n,
            safe(&words::tolerance_short(claim)),
            verdict(claim.verdict),
        );
    }
    *text += "\\bottomrule\n\\end{tabular}\n\\end{table}\n";
}

fn verdict(verdict: ClaimVerdict) -> String {
    match verdict {
        ClaimVerdict::NotReproduced => {
            format!("\\textbf{{{}}}", words::verdict(verdict).to_lowercase())
        }
        _ => words::verdict(verdict).to_lowercase(),
    }
}

fn cut(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
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
