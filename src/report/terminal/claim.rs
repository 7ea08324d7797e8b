//! Claims in a terminal: a table with a line each, and a block with all that was found of one.

use unicode_width::UnicodeWidthStr;

use super::super::{ClaimReport, ClaimVerdict, Role, Test, number, words};
use super::page::{Ink, Page, cut, padded};
use super::scale;

/// Columns of a scale in the table, of one in a block.
const SCALES: (usize, usize) = (25, 49);
/// Widest column of ids in the table on 80 columns.
const ID_WIDTH: usize = 18;
/// Columns of the names of the facts in a block.
const NAMES: usize = 10;

/// A line a claim: id, reported, rerun, the scale and the verdict.
pub fn table(claims: &[ClaimReport], page: &mut Page) {
    let rows: Vec<[String; 3]> = claims
        .iter()
        .map(|claim| {
            [
                claim.id.clone(),
                words::reported_short(claim),
                short_rerun(claim),
            ]
        })
        .collect();
    let spare = page.width() - 80_usize.min(page.width());
    let widest = |column: usize, most: usize| {
        rows.iter()
            .map(|row| row[column].width())
            .max()
            .unwrap_or(0)
            .clamp(8, most)
    };
    let id_width = widest(0, ID_WIDTH + spare);
    let (reported, rerun) = (widest(1, 12), widest(2, 14));
    let scaled = 2 + id_width + 1 + reported + 1 + rerun + 2 + SCALES.0 + 2 + 16 <= page.width();
    let head = format!(
        "  {} {} {}  {}verdict",
        padded("claim", id_width),
        padded("reported", reported),
        padded("rerun", rerun),
        if scaled {
            padded("rerun in the tolerance", SCALES.0 + 2)
        } else {
            String::new()
        },
    );
    let head = page.ink(&head, Ink::Faint);
    page.line(&head);
    for (claim, [id, paper, seen]) in claims.iter().zip(&rows) {
        let drawn = scale::draw(claim, SCALES.0).unwrap_or_default();
        let verdict = page.ink(words::verdict(claim.verdict), Ink::Verdict(claim.verdict));
        let line = format!(
            "  {} {} {}  {}{verdict}",
            padded(&cut(id, id_width), id_width),
            padded(&cut(paper, reported), reported),
            padded(&cut(seen, rerun), rerun),
            if scaled {
                padded(&drawn, SCALES.0 + 2)
            } else {
                String::new()
            },
        );
        page.line(&line);
    }
    if scaled {
        page.paragraph("  ", scale::LEGEND, Ink::Faint);
    }
}

/// Mean and spread, or how many runs gave no value.
fn short_rerun(claim: &ClaimReport) -> String {
    match claim.rerun.mean {
        Some(_) => words::rerun_short(claim),
        None => "none".to_owned(),
    }
}

/// All that was found of a claim.
pub fn block(claim: &ClaimReport, page: &mut Page) {
    let verdict = page.ink(words::verdict(claim.verdict), Ink::Verdict(claim.verdict));
    page.paragraph("", &claim.id, Ink::Heading);
    page.line(&format!("  {verdict}"));
    page.paragraph("  ", &words::finding(claim), Ink::Plain);
    if let Some(drawn) = scale::draw(claim, SCALES.1) {
        page.line(&format!("  {drawn}"));
    }
    let mut fact = |name: &str, value: &str| page.fact(2, name, NAMES, value);
    fact("metric", &metric(claim));
    fact("reported", words::reported(claim));
    fact("rerun", &words::rerun(claim));
    fact("tolerance", &tolerance(claim));
    if let Some(difference) = words::difference(claim) {
        fact("difference", &difference);
    }
    fact("reason", &claim.reason.text);
    if let Some(needed) = &claim.runs_needed {
        fact("to decide", &needed.text);
    }
    if claim.verdict != ClaimVerdict::CouldNotVerify {
        fact(
            "target",
            &format!(
                "{}: {}",
                words::target(&claim.basis.target),
                claim.basis.why
            ),
        );
        for other in claim
            .targets
            .iter()
            .filter(|other| other.target != claim.basis.target)
        {
            let said = words::verdict(other.verdict);
            fact(
                "",
                &format!("(for {}: {said})", words::target(&other.target)),
            );
        }
    }
    for test in claim.tests.iter().filter(|test| test.role == Role::Decides) {
        fact("test", &test_words(test));
    }
    if let Some(looks) = looks(claim) {
        fact("looks", &looks);
    }
    for measure in &claim.secondary {
        fact("also", &format!("{} {}", measure.name, measure.text));
    }
    for test in claim
        .tests
        .iter()
        .filter(|test| test.role == Role::Supports)
    {
        fact("also", &test_words(test));
    }
    for flag in &claim.flags {
        fact("warning", flag);
    }
}

fn metric(claim: &ClaimReport) -> String {
    match &claim.configuration {
        Some(configuration) => format!("{} of {configuration}", claim.metric),
        None => claim.metric.clone(),
    }
}

fn tolerance(claim: &ClaimReport) -> String {
    let text = words::tolerance(claim);
    match words::tolerance_ends(claim) {
        Some(ends) if !text.starts_with("between") => format!("{text} ({ends})"),
        _ => text,
    }
}

/// `TOST, Welch: t = 4.2, df = 18, p = 0.031`.
fn test_words(test: &Test) -> String {
    let numbers = [
        test.statistic
            .map(|value| format!("statistic = {}", number::fixed(value, 2))),
        test.df
            .map(|value| format!("df = {}", number::fixed(value, 1))),
        test.p_value
            .map(|value| format!("p {}", number::p_value(value))),
    ];
    let numbers: Vec<String> = numbers.into_iter().flatten().collect();
    match numbers.is_empty() {
        true => test.name.clone(),
        false => format!("{}: {}", test.name, numbers.join(", ")),
    }
}

/// How often the data were looked at, where it was more than once.
fn looks(claim: &ClaimReport) -> Option<String> {
    let (first, last) = (claim.looks.first()?, claim.looks.last()?);
    (claim.looks.len() > 1).then(|| {
        format!(
            "{}, after {} to {}; the error rate holds for all of them together",
            number::count(claim.looks.len(), "look"),
            first.n,
            number::count(last.n, "run"),
        )
    })
}
