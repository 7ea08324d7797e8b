//! The columns of a section and their roles.

use super::column::{Column, ColumnRole};
use super::column_names::{NamedRole, named_role};
use super::label::{label, push_label};
use super::owners::join;
use super::sections::Section;
use crate::cells::CellReading;
use crate::grid::{ColumnHint, Grid};
use crate::names::{metric_in, whole_metric};
use crate::words::SpreadWord;

/// What the cells of a column are, counted.
#[derive(Clone, Copy, Debug, Default)]
struct Content {
    values: usize,
    asides: usize,
    bounds: usize,
    refused: usize,
    text: usize,
    signs: usize,
    arrows: usize,
    metrics: usize,
    whole: usize,
}

/// The columns of a section.
pub(crate) fn columns(grid: &Grid, readings: &[CellReading], section: &Section) -> Vec<Column> {
    let paths = paths(grid, section);
    let contents: Vec<Content> = (0..grid.width())
        .map(|column| content(grid, readings, section, column))
        .collect();
    let mut columns: Vec<Column> = paths
        .into_iter()
        .zip(&contents)
        .enumerate()
        .map(|(index, (path, content))| Column {
            role: role(grid, index, &path, content),
            path,
            of: None,
        })
        .collect();
    settle_labels(&mut columns, &contents, &grid.hints);
    settle_companions(&mut columns);
    join(&mut columns);
    columns
}

/// The labels above each column.
fn paths(grid: &Grid, section: &Section) -> Vec<Vec<String>> {
    let texts: Vec<Vec<String>> = section
        .header
        .iter()
        .map(|row| {
            (0..grid.width())
                .map(|column| {
                    grid.cell(*row, column)
                        .map_or(String::new(), |cell| label(&cell.text))
                })
                .collect()
        })
        .collect();
    (0..grid.width())
        .map(|column| {
            let mut path = Vec::new();
            for (level, row) in texts.iter().enumerate() {
                let text = match row[column].is_empty() {
                    false => row[column].clone(),
                    true => inherited(&texts, level, column),
                };
                push_label(&mut path, text);
            }
            path
        })
        .collect()
}

/// The label to the left of a blank header cell that has a label below it, as Markdown writes spans.
fn inherited(texts: &[Vec<String>], level: usize, column: usize) -> String {
    let below = texts[level + 1..].iter().any(|row| !row[column].is_empty());
    if !below {
        return String::new();
    }
    let left = (1..column)
        .rev()
        .find(|left| !texts[level][*left].is_empty());
    left.filter(|left| {
        let has_label_below =
            |column: usize| texts[level + 1..].iter().any(|row| !row[column].is_empty());
        (*left..column).all(has_label_below)
    })
    .map_or(String::new(), |left| texts[level][left].clone())
}

fn content(grid: &Grid, readings: &[CellReading], section: &Section, column: usize) -> Content {
    let mut content = Content::default();
    for body in &section.body {
        let Some(cell) = grid.rows[body.row].slots[column] else {
            continue;
        };
        let text = grid.cells[cell].text.as_str().trim();
        match &readings[cell] {
            CellReading::Value(value) => {
                content.values += 1;
                let is_whole =
                    value.value.printed_decimals() == 0 && value.spread.is_none() && !value.percent;
                content.whole += usize::from(is_whole);
            }
            CellReading::Aside(_) => content.asides += 1,
            CellReading::Bounds(_) => content.bounds += 1,
            CellReading::Refused(_) => content.refused += 1,
            CellReading::Text if text == "±" => content.signs += 1,
            CellReading::Text if matches!(text, "↑" | "↓" | "⇑" | "⇓") => {
                content.arrows += 1
            }
            CellReading::Text => {
                content.text += 1;
                content.metrics += usize::from(text.len() < 60 && whole_metric(text).is_some());
            }
            CellReading::Blank | CellReading::Missing => {}
        }
    }
    content
}

fn role(grid: &Grid, index: usize, path: &[String], content: &Content) -> ColumnRole {
    if let Some(Some(hint)) = grid.hints.get(index) {
        return match hint {
            ColumnHint::Row => ColumnRole::Label,
            ColumnHint::Dataset => ColumnRole::Dataset,
            ColumnHint::Metric => ColumnRole::MetricNames,
            ColumnHint::Value => ColumnRole::Value,
            ColumnHint::Spread => ColumnRole::Spread(None),
            ColumnHint::Direction => ColumnRole::Direction,
            ColumnHint::Setup => ColumnRole::Setup,
        };
    }
    let numbers = content.values + content.refused;
    if content.signs > 0 && numbers == 0 {
        return ColumnRole::Ignored;
    }
    if content.arrows > 0 && numbers == 0 && content.text == 0 {
        return ColumnRole::Direction;
    }
    if content.asides > numbers + content.text {
        return ColumnRole::Spread(None);
    }
    let is_text = content.text > numbers + content.asides + content.bounds;
    // A single row is a metric only where no header names its label.
    let is_single = content.metrics == 1 && content.text == 1 && path.is_empty();
    let are_several = content.metrics > 1 || index > 0 || is_single;
    if is_text && content.metrics * 5 >= content.text * 3 && are_several {
        return ColumnRole::MetricNames;
    }
    let named = named_role(path).filter(|named| {
        // One letter is a size or a name: `k` with whole numbers, `S` with others.
        let is_short = path.last().is_some_and(|label| label.chars().count() <= 1);
        !(*named == NamedRole::Setup && is_short && content.whole < content.values)
    });
    if content.bounds > numbers && !matches!(named, Some(NamedRole::Setup)) {
        let word = if let Some(NamedRole::Interval(word)) = named {
            word
        } else {
            SpreadWord::Other
        };
        return ColumnRole::Interval(word);
    }
    let role = named.map(by_name);
    let names = matches!(role, Some(ColumnRole::Label | ColumnRole::MetricNames));
    if is_text {
        let kept = [
            ColumnRole::MetricNames,
            ColumnRole::RunIndex,
            ColumnRole::Setup,
        ];
        let role =
            role.filter(|role| kept.contains(role) && !(*role == ColumnRole::Setup && index == 0));
        return role.unwrap_or(ColumnRole::Label);
    }
    if names {
        let is_first = index == 0;
        return if is_first {
            ColumnRole::Label
        } else {
            ColumnRole::Value
        };
    }
    role.unwrap_or(ColumnRole::Value)
}

fn by_name(named: NamedRole) -> ColumnRole {
    match named {
        NamedRole::Spread(word) => ColumnRole::Spread(word),
        NamedRole::Runs => ColumnRole::Runs,
        NamedRole::Low(word) => ColumnRole::Low(word),
        NamedRole::High(word) => ColumnRole::High(word),
        NamedRole::Interval(word) => ColumnRole::Interval(word),
        NamedRole::PValue => ColumnRole::PValue,
        // Settled when it is known whether a mean stands beside it.
        NamedRole::Companion => ColumnRole::Ignored,
        NamedRole::Difference => ColumnRole::Difference,
        NamedRole::RunIndex => ColumnRole::RunIndex,
        NamedRole::OneRun => ColumnRole::OneRun,
        NamedRole::MetricNames => ColumnRole::MetricNames,
        NamedRole::Labels => ColumnRole::Label,
        NamedRole::Setup => ColumnRole::Setup,
        NamedRole::BestOverEpochs => ColumnRole::BestOverEpochs,
    }
}

/// The first column labels the rows; text after the values is a note.
fn settle_labels(columns: &mut [Column], contents: &[Content], hints: &[Option<ColumnHint>]) {
    let is_hinted = |index: usize| hints.get(index).is_some_and(Option::is_some);
    let has_labels = columns.iter().any(|column| {
        matches!(
            column.role,
            ColumnRole::Label | ColumnRole::Dataset | ColumnRole::RunIndex
        )
    });
    let has_text = columns
        .iter()
        .skip(1)
        .any(|column| column.role == ColumnRole::Label);
    if let (Some(first), false) = (columns.first_mut(), is_hinted(0)) {
        let names_metric = first.path.iter().any(|label| metric_in(label).is_some());
        let numeric = matches!(
            first.role,
            ColumnRole::Value
                | ColumnRole::Setup
                | ColumnRole::Ignored
                | ColumnRole::Runs
                | ColumnRole::OneRun
                | ColumnRole::Spread(_)
                | ColumnRole::PValue
                | ColumnRole::Interval(_)
        );
        let is_index = first.role == ColumnRole::Setup && has_text;
        let is_value = first.role == ColumnRole::Value && names_metric && !has_labels;
        if numeric && !is_index && !is_value && contents.len() > 1 {
            first.role = ColumnRole::Label;
        }
    }
    let first_value = columns
        .iter()
        .position(|column| matches!(column.role, ColumnRole::Value | ColumnRole::OneRun));
    for (index, column) in columns.iter_mut().enumerate() {
        let after = first_value.is_some_and(|first| index > first);
        let named = matches!(named_role(&column.path), Some(NamedRole::Labels));
        if column.role == ColumnRole::Label && after && !named && !is_hinted(index) {
            column.role = ColumnRole::Ignored;
        }
    }
}

/// Minima, maxima and medians are results only where no mean stands beside them.
fn settle_companions(columns: &mut [Column]) {
    let has_mean = columns.iter().any(|column| {
        let is_spread =
            matches!(column.role, ColumnRole::Spread(word) if word != Some(SpreadWord::Quartiles));
        let says_mean = column.path.last().is_some_and(|label| is_mean(label));
        is_spread || (column.role == ColumnRole::Value && says_mean)
    });
    let is_companion = |column: &Column| named_role(&column.path) == Some(NamedRole::Companion);
    for column in columns.iter_mut() {
        if is_companion(column) && column.role == ColumnRole::Ignored && !has_mean {
            column.role = ColumnRole::Value;
        }
    }
    // A range beside a mean is no value, and a count beside a mean is a number of runs.
    let counts = columns
        .iter_mut()
        .filter(|column| column.role == ColumnRole::Setup && has_mean);
    for column in counts {
        let name = column.path.last().map(|label| label.to_lowercase());
        if name.is_some_and(|name| ["count", "nobs"].contains(&name.as_str())) {
            column.role = ColumnRole::Runs;
        }
    }
    // Correct answers of a total are counts, not the share.
    let is_named = |column: &Column, name: &str| {
        column
            .path
            .last()
            .is_some_and(|label| label.eq_ignore_ascii_case(name))
    };
    if columns.iter().any(|column| is_named(column, "total")) {
        for column in columns
            .iter_mut()
            .filter(|column| is_named(column, "correct"))
        {
            column.role = ColumnRole::Setup;
        }
    }
    let runs = columns
        .iter()
        .filter(|column| column.role == ColumnRole::OneRun)
        .count();
    if runs == 1 {
        for column in columns
            .iter_mut()
            .filter(|column| column.role == ColumnRole::OneRun)
        {
            column.role = ColumnRole::Value;
        }
    }
}

/// Whether a label says that the values are means.
pub(crate) fn is_mean(label: &str) -> bool {
    let lower = label.to_lowercase();
    lower
        .split(|char: char| !char.is_alphanumeric())
        .any(|word| {
            [
                "mean",
                "avg",
                "average",
                "mittel",
                "mittelwert",
                "moyenne",
                "averaged",
                "media",
            ]
            .contains(&word)
        })
}
