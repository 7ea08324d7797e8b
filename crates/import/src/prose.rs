//! Values in sentences.

use std::sync::{Arc, LazyLock};

use compact_str::CompactString;
use regex::Regex;

use crate::cells::{CellReading, Comma, NumberStyle, read_cell};
use crate::document::TableDocument;
use crate::interpret::{
    Findings, FoundClaim, FoundDirection, FoundRole, FoundScale, FoundSpread, FoundUnit,
    RefusedCell, printed,
};
use crate::names::{KnownMetric, MetricKind, metrics_in};
use crate::source::SourceFiles;
use crate::text::CellText;
use crate::words::{CountUnit, SpreadWord, clauses};

/// A number, its percent sign and its spread.
const NUMBER: &str = r"(?P<value>[-−]?\d+(?:\.\d+)?)\s?(?P<percent>%)?(?:\s?(?:±|\+/-|\+-)\s?(?P<spread>\d+(?:\.\d+)?)\s?%?)?";

/// Words between a number and its metric.
const BETWEEN: &str = r"(?:\s+(?:in|mean|average|overall|final|test|top-1|top-5|validation|val|dev|held-out|classification|on|the|set))*\s*";

/// `90.4 ± 0.3 test accuracy`.
static BEFORE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!(r"^{NUMBER}{BETWEEN}$")).expect("the pattern is valid"));

/// `accuracy of 90.4`, `loss: 1.47`, `mean ± std: 91.02% ± 0.03%`.
static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"^\s*(?:\([^)]*\)\s*)?(?:on [\w -]{{1,30}}?\s)?(?:of|is|was|at|:|=|reaches|to)?\s*{NUMBER}"
    ))
    .expect("the pattern is valid")
});

/// A line that sums up the rows above it.
static SUMMARY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"^\s*(?P<label>(?:mean|average|avg\.?|overall)(?:\s*(?:±|\+/-|\+-|and|\()\s*(?:std|sd|sem|stderr|standard deviation|standard error|s\.d\.)[^:=]{{0,24}})?)\s*[:=]\s*{NUMBER}"
    ))
    .expect("the pattern is valid")
});

/// Words that make a number an approximation or a bound.
const VAGUE: &[&str] = &[
    "about",
    "around",
    "roughly",
    "approximately",
    "nearly",
    "almost",
    "over",
    "above",
    "below",
    "under",
    "~",
    "≈",
    ">",
    "<",
    "up to",
    "more than",
    "less than",
    "at least",
];

/// The value of a sentence.
struct Spoken<'p> {
    text: &'p CellText,
    /// The bytes of the number, of its spread.
    value: std::ops::Range<usize>,
    spread: Option<std::ops::Range<usize>>,
    percent: bool,
    /// The bytes after which words about the value stand.
    end: usize,
}

/// Reads the values in sentences: lines that sum up the table above them, and sentences of a file without
/// tables.
pub(crate) fn read(files: &SourceFiles, document: &TableDocument, findings: &mut Findings) {
    let has_tables = !document.grids.is_empty();
    for text in &document.prose {
        if has_tables {
            read_summary(files, text, findings);
        } else {
            read_sentences(files, text, findings);
        }
    }
}

/// `mean ± std: 91.02% ± 0.03%` after rows of runs: the claim is the mean, the rows are its values.
fn read_summary(files: &SourceFiles, text: &CellText, findings: &mut Findings) {
    let Some(found) = SUMMARY.captures(text.as_str()) else {
        return;
    };
    let (Some(value), Some(label)) = (found.name("value"), found.name("label")) else {
        return;
    };
    let line = text
        .origin(value.start())
        .map(|origin| files.file(origin.file).line(origin.offset));
    let above = |claim: &&FoundClaim| {
        claim.role == FoundRole::Run && line.is_some_and(|line| claim.line < line)
    };
    let Some(last) = findings.found.iter().rev().find(above).cloned() else {
        return;
    };
    let is_same = |claim: &FoundClaim| claim.role == FoundRole::Run && claim.table == last.table;
    let runs: Vec<FoundClaim> = findings
        .found
        .iter()
        .filter(|claim| is_same(claim))
        .cloned()
        .collect();
    if runs.iter().any(|claim| claim.metric != last.metric) {
        return;
    }
    let spoken = Spoken {
        text,
        value: value.range(),
        spread: found.name("spread").map(|spread| spread.range()),
        percent: found.name("percent").is_some(),
        end: text.len(),
    };
    let word = clauses(label.as_str())
        .into_iter()
        .flat_map(|clause| clause.spreads)
        .map(|(word, _)| word)
        .next();
    let Some(mut claim) = claim(files, &spoken, None, word) else {
        return;
    };
    findings.found.retain(|claim| !is_same(claim));
    claim.table = last.table;
    claim.row = Arc::from([label.as_str().trim().to_owned()]);
    claim.column = last.column;
    claim.metric = last.metric;
    claim.direction = last.direction;
    claim.runs = u32::try_from(runs.len()).ok();
    claim.values = runs.into_iter().map(|run| run.number).collect();
    if claim.scale == FoundScale::Unknown {
        claim.scale = last.scale;
    }
    findings.found.push(claim);
}

/// Numbers beside the name of a metric.
fn read_sentences(files: &SourceFiles, text: &CellText, findings: &mut Findings) {
    let string = text.as_str();
    let mut end = 0;
    for metric in metrics_in(string) {
        if metric.range.start < end {
            continue;
        }
        let spoken = before(text, &metric, end).or_else(|| after(text, &metric));
        let Some(spoken) = spoken else {
            continue;
        };
        end = spoken.end;
        let vague = is_vague(&string[..spoken.value.start]);
        let Some(found) = claim(files, &spoken, Some(&metric), None) else {
            continue;
        };
        match vague {
            true => findings.refused.push(RefusedCell {
                table: 0,
                row: Arc::from([]),
                column: Arc::from([]),
                printed: found.value.into_string(),
                line: found.line,
                col: found.col,
                file: found.file,
                why: "an approximation or a bound".to_owned(),
            }),
            false => findings.found.push(found),
        }
    }
}

fn is_vague(before: &str) -> bool {
    let before = before.trim_end().to_lowercase();
    VAGUE.iter().any(|word| before.ends_with(word))
}

/// A number before the metric, not farther back than `from`.
fn before<'p>(text: &'p CellText, metric: &KnownMetric, from: usize) -> Option<Spoken<'p>> {
    let string = text.as_str();
    let start = string[..metric.range.start]
        .rfind([',', ';', '(', '\n'])
        .map_or(0, |at| at + 1)
        .max(from);
    let window = string.get(start..metric.range.start)?;
    let starts = window
        .char_indices()
        .filter(|(at, char)| {
            let is_start = char.is_ascii_digit() || matches!(char, '-' | '−');
            is_start
                && window[..*at]
                    .chars()
                    .next_back()
                    .is_none_or(|before| before.is_whitespace() || matches!(before, '*' | '~'))
        })
        .map(|(at, _)| at);
    starts
        .into_iter()
        .find_map(|at| Some((at, BEFORE.captures(&window[at..])?)))
        .and_then(|(at, found)| spoken(text, start + at, &found, metric.range.end))
}

/// A number after the metric.
fn after<'p>(text: &'p CellText, metric: &KnownMetric) -> Option<Spoken<'p>> {
    let rest = &text.as_str()[metric.range.end..];
    // Only a word or a sign of equality joins a metric to the number after it.
    let joined = rest.trim_start().starts_with([':', '=', '('])
        || ["of ", "is ", "was ", "at ", "reaches ", "on ", "to "]
            .iter()
            .any(|word| rest.trim_start().starts_with(word));
    let found = AFTER.captures(rest).filter(|_| joined)?;
    let end = metric.range.end + found.get(0)?.end();
    // `accuracy of 3 models` counts models.
    let next = text.as_str()[end..].trim_start().chars().next();
    let decimal = found.name("value")?.as_str().contains('.') || found.name("percent").is_some();
    if next.is_some_and(char::is_alphanumeric) && !decimal {
        return None;
    }
    spoken(text, metric.range.end, &found, end)
}

fn spoken<'p>(
    text: &'p CellText,
    offset: usize,
    found: &regex::Captures<'_>,
    end: usize,
) -> Option<Spoken<'p>> {
    let value = found.name("value")?;
    let shift = |range: std::ops::Range<usize>| range.start + offset..range.end + offset;
    Some(Spoken {
        text,
        value: shift(value.range()),
        spread: found.name("spread").map(|spread| shift(spread.range())),
        percent: found.name("percent").is_some(),
        end,
    })
}

fn claim(
    files: &SourceFiles,
    spoken: &Spoken<'_>,
    metric: Option<&KnownMetric>,
    word: Option<SpreadWord>,
) -> Option<FoundClaim> {
    let string = spoken.text.as_str();
    let origin = spoken.text.origin(spoken.value.start)?;
    let file = files.file(origin.file);
    let number = plain(&string[spoken.value.clone()])?;
    let spread = spoken
        .spread
        .clone()
        .and_then(|range| plain(&string[range]));
    let spread_end = spoken.spread.as_ref().map(|range| range.end);
    let end = spread_end.unwrap_or(spoken.value.end);
    let words = about(&string[spoken.end..]);
    let clause = clauses(words).into_iter().next();
    let clause = clause.as_ref();
    let word = word.or_else(|| {
        clause
            .and_then(|clause| clause.spreads.first())
            .map(|(word, _)| *word)
    });
    let count = clause.and_then(|clause| {
        clause
            .counts
            .iter()
            .find(|count| count.unit == CountUnit::Run)
    });
    let scale = scale(spoken.percent, metric, &number);
    Some(FoundClaim {
        table: 0,
        row: Arc::from([]),
        column: Arc::from([]),
        metric: Arc::from(metric.map_or("unknown", |metric| metric.name.as_str())),
        value: string[spoken.value.clone()].into(),
        printed: printed(spoken.text, spoken.value.clone(), end, files),
        number: number.into(),
        spread_kind: spread.as_ref().map(|_| kind(word)),
        spread: spread.map(CompactString::from),
        interval: None,
        runs: count.map(|count| count.number),
        unit: FoundUnit::Run,
        best_of: clause
            .and_then(|clause| clause.best_of.as_ref())
            .map(|best| best.number),
        scale,
        direction: match metric.and_then(|metric| metric.higher) {
            Some(true) => FoundDirection::Higher,
            Some(false) => FoundDirection::Lower,
            None => FoundDirection::Unknown,
        },
        role: FoundRole::Reported,
        median: false,
        values: Vec::new(),
        line: file.line(origin.offset),
        col: file.column(origin.offset),
        file: file.name.clone(),
        dataset: None,
        column_key: Arc::from([]),
        is_sampled: false,
        run_key: Arc::from([]),
        run_is_column: false,
        baseline: None,
    })
}

/// The scale of a number that is spoken of.
fn scale(is_percent: bool, metric: Option<&KnownMetric>, number: &str) -> FoundScale {
    let above_one = crate::cells::Decimal::parse(number).is_some_and(|number| number.exceeds_one());
    match (is_percent, metric.map(|metric| metric.kind)) {
        (true, _) => FoundScale::Percent,
        (false, Some(MetricKind::Share)) if above_one => FoundScale::Percent,
        (false, Some(MetricKind::Share | MetricKind::Fraction)) if !above_one => {
            FoundScale::Fraction
        }
        (false, _) => FoundScale::Unknown,
    }
}

/// The parenthesis that follows a value at once; what else follows is about other values.
fn about(rest: &str) -> &str {
    let rest = rest.trim_start();
    let end = rest.strip_prefix('(').and_then(|inner| inner.find(')'));
    end.map_or("", |end| &rest[1..=end])
}

fn kind(word: Option<SpreadWord>) -> FoundSpread {
    match word {
        Some(SpreadWord::Deviation) => FoundSpread::Sd,
        Some(SpreadWord::Error) => FoundSpread::Sem,
        Some(SpreadWord::Interval95) => FoundSpread::Ci95,
        Some(SpreadWord::Quartiles) => FoundSpread::Iqr,
        Some(SpreadWord::Other) | None => FoundSpread::Unknown,
    }
}

/// A printed number as plain decimal text.
fn plain(printed: &str) -> Option<String> {
    let style = NumberStyle {
        comma: Comma::Thousands,
        spaces: false,
    };
    let text = CellText::literal(crate::source::FileId(0), 0, printed);
    let CellReading::Value(value) = read_cell(&text, style) else {
        return None;
    };
    Some(value.value.decimal()?.to_string())
}
