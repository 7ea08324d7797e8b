//! Claims in a terminal: a table with a line each, and a block with all that was found of one.

use unicode_width::UnicodeWidthStr;

use super::super::{
    ClaimReport, ClaimVerdict, Role, TestReport, headline, number, recomputation, text,
};
use super::page::{Emphasis, Page, cut, padded};
use super::scale;

/// Columns of a scale in the table.
const TABLE_SCALE: usize = 21;
/// Columns of a scale in a block.
const BLOCK_SCALE: usize = 49;
/// Columns of the longest verdict.
const VERDICT: usize = 16;
/// The column of ids is never cut below this.
const LEAST_ID: usize = 12;
/// Columns of the names of the facts in a block.
const NAMES: usize = 10;

/// A line a claim: id, reported, rerun, the scale where it fits, and the verdict.
pub fn table(claims: &[ClaimReport], page: &mut Page) {
    let rows: Vec<[String; 3]> = claims.iter().map(row).collect();
    let widest = |column: usize| {
        rows.iter()
            .map(|row| row[column].width())
            .max()
            .unwrap_or(0)
            .max(8)
    };
    let (reported, rerun) = (widest(1).min(12), widest(2).min(16));
    let left = page
        .width()
        .saturating_sub(2 + 2 + reported + 2 + rerun + 2 + VERDICT);
    let scale = if left >= TABLE_SCALE + 2 + LEAST_ID {
        TABLE_SCALE + 2
    } else {
        0
    };
    let id = widest(0).min(left - scale);
    let line = |cells: [&str; 4], verdict: &str| {
        format!(
            "  {}  {}  {}  {}{verdict}",
            padded(&cut(cells[0], id), id),
            padded(&cut(cells[1], reported), reported),
            padded(&cut(cells[2], rerun), rerun),
            padded(&cut(cells[3], scale), scale),
        )
    };
    let head = line(
        ["claim", "reported", "rerun", "within tolerance?"],
        "verdict",
    );
    let head = page.emphasise(&head, Emphasis::Faint);
    page.line(&head);
    for (claim, [name, paper, seen]) in claims.iter().zip(&rows) {
        let drawn = scale::draw(claim, TABLE_SCALE).unwrap_or_default();
        let verdict = page.emphasise(
            text::verdict(claim.verdict),
            Emphasis::Verdict(claim.verdict),
        );
        page.line(&line([name, paper, seen, &drawn], &verdict));
    }
    if scale > 0 {
        page.paragraph("  ", scale::LEGEND, Emphasis::Faint);
    }
}

/// The texts of a claim's line.
fn row(claim: &ClaimReport) -> [String; 3] {
    let reported = text::reported_value(claim).unwrap_or_else(|| "-".to_owned());
    [claim.id.clone(), reported, short_rerun(claim)]
}

/// Mean and spread, or how many runs gave no value.
fn short_rerun(claim: &ClaimReport) -> String {
    match claim.rerun.mean {
        Some(_) => text::rerun_short(claim),
        None => "none".to_owned(),
    }
}

/// All that was found of a claim.
pub fn block(claim: &ClaimReport, page: &mut Page) {
    let verdict = page.emphasise(
        text::verdict(claim.verdict),
        Emphasis::Verdict(claim.verdict),
    );
    page.paragraph("", &claim.id, Emphasis::Heading);
    page.line(&format!("  {verdict}"));
    page.paragraph("  ", &text::finding(claim), Emphasis::Plain);
    for remark in headline::of_claim(claim) {
        page.paragraph("  ", &format!("Note: {remark}."), Emphasis::Plain);
    }
    if let Some(drawn) = scale::draw(claim, BLOCK_SCALE) {
        page.line(&format!("  {drawn}"));
    }
    numbers(claim, page);
    targets(claim, page);
    tests_and_warnings(claim, page);
}

/// The numbers of a claim and the reason of its verdict.
fn numbers(claim: &ClaimReport, page: &mut Page) {
    let mut fact = |name: &str, value: &str| page.fact(2, name, NAMES, value);
    fact("metric", &metric(claim));
    fact("reported", text::reported(claim));
    if let Some(source) = text::source(claim) {
        fact("printed at", &source);
    }
    fact("rerun", &text::rerun(claim));
    fact("tolerance", &tolerance(claim));
    if let Some(difference) = text::difference(claim) {
        fact("difference", &difference);
    }
    if let Some(method) = method(claim) {
        fact("", &method);
    }
    fact("reason", &claim.reason.text);
    if let Some(needed) = &claim.runs_needed {
        fact("to decide", &needed.text);
    }
    if let Some(answer) = recomputation::answer(claim) {
        fact("recomputed", &answer);
    }
}

/// The target that the verdict is about, and the verdict on the other one.
fn targets(claim: &ClaimReport, page: &mut Page) {
    if claim.verdict == ClaimVerdict::CouldNotVerify {
        return;
    }
    let basis = &claim.basis;
    let text = format!("{}: {}", text::target(basis.target), basis.why);
    page.fact(2, "target", NAMES, &text);
    let others = claim.targets.iter();
    for other in others.filter(|other| other.target != basis.target) {
        let said = text::verdict(other.verdict);
        let text = format!("(for {}: {said})", text::target(other.target));
        page.fact(2, "", NAMES, &text);
    }
}

/// Tests, looks, measures beside the verdict, and warnings.
fn tests_and_warnings(claim: &ClaimReport, page: &mut Page) {
    let mut fact = |name: &str, value: &str| page.fact(2, name, NAMES, value);
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
    for text in warnings(claim) {
        fact("warning", text);
    }
}

/// The method of the interval, with its level where it has an error rate.
fn method(claim: &ClaimReport) -> Option<String> {
    let difference = claim.difference.as_ref()?;
    let level = number::percent(difference.level);
    Some(match claim.error_rate {
        Some(_) => format!("(level {level}, {})", difference.method),
        None => format!("({})", difference.method),
    })
}

/// The warnings that do not stand beside the verdict.
fn warnings(claim: &ClaimReport) -> impl Iterator<Item = &str> {
    let others = claim.warnings.iter().filter(|w| !headline::is_weighty(w));
    others.map(|warning| warning.text.as_str())
}

fn metric(claim: &ClaimReport) -> String {
    match &claim.configuration {
        Some(configuration) => format!("{} of {configuration}", claim.metric),
        None => claim.metric.to_string(),
    }
}

fn tolerance(claim: &ClaimReport) -> String {
    let text = text::tolerance(claim);
    match text::tolerance_ends(claim) {
        Some(ends) if !text.starts_with("between") => format!("{text} ({ends})"),
        _ => text,
    }
}

/// `equivalence (TOST), process target: statistic=4.2, df=18, p=0.031`.
fn test_words(test: &TestReport) -> String {
    let numbers = [
        test.statistic
            .map(|value| format!("statistic={}", number::plain(value))),
        test.df.map(|value| format!("df={}", number::plain(value))),
        test.p_value
            .map(|value| format!("p{}", number::p_value(value))),
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
