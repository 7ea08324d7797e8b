//! The spread, the interval and the number of runs of a value.

use std::collections::HashSet;

use compact_str::{CompactString, ToCompactString};

use super::column::{Column, ColumnRole};
use super::found::{FoundSpread, FoundUnit};
use crate::cells::{Aside, CellReading, CellValue, Decimal, Numeral, RefusalReason};
use crate::options::{ImportOptions, ParenthesisMeaning};
use crate::words::{AsideMeaning, ClauseWords, CountUnit, Said, SpreadWord, TableWords, clauses};

/// What a spread is called in what is found.
pub(crate) fn found_spread(word: SpreadWord) -> FoundSpread {
    match word {
        SpreadWord::Deviation => FoundSpread::Sd,
        SpreadWord::Error => FoundSpread::Sem,
        SpreadWord::Interval95 => FoundSpread::Ci95,
        SpreadWord::Quartiles => FoundSpread::Iqr,
        SpreadWord::Other => FoundSpread::Unknown,
    }
}

/// The spread of a value, in plain decimal numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SpreadFacts {
    /// The number after `±` or in parentheses.
    pub spread: Option<CompactString>,
    /// The ends of an interval.
    pub interval: Option<Box<[CompactString; 2]>>,
    /// The word of a header for it.
    pub word: Option<SpreadWord>,
}

/// A number as plain decimal text.
pub(crate) fn plain(number: &Numeral) -> CompactString {
    if is_plain(&number.plain) {
        return number.plain.clone();
    }
    number.decimal().map_or_else(
        || number.plain.clone(),
        |decimal| decimal.to_compact_string(),
    )
}

/// Whether a number is written as a [`Decimal`] is shown: `90.40`, not `090.4`, `9e1`, `-0`.
fn is_plain(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let leads_with_zero =
        whole.starts_with('0') && (whole.len() > 1 || digits.len() < number.len());
    are_digits(whole) && are_digits(fraction) && !leads_with_zero
}

/// What the words say for the cells of one row and column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CellWords {
    /// The kind of spreads.
    pub spread: Option<FoundSpread>,
    /// Whether passages disagree about it.
    pub spread_differs: bool,
    /// The number of runs, and what it counts.
    pub runs: Option<(u32, FoundUnit)>,
    /// Whether passages disagree about it.
    pub runs_differ: bool,
    /// Of how many runs the values are the best.
    pub best_of: Option<u32>,
    /// What stands in parentheses.
    pub aside: Option<AsideMeaning>,
    /// Whether spreads are over documents and the like.
    pub sampling: bool,
    /// Whether values are medians.
    pub median: bool,
    /// Whether values are in percent.
    pub percent: bool,
    /// Whether higher values are better.
    pub higher: Option<bool>,
}

impl CellWords {
    /// What the passages say for cells with these labels.
    pub fn of(words: &TableWords<'_>, labels: &HashSet<String>) -> Self {
        let spread = words.said(labels, |clause| {
            clause
                .spreads
                .iter()
                .map(|(word, range)| (found_spread(*word), range.clone()))
                .collect()
        });
        let (runs, runs_differ) = runs(words, labels);
        let once = |pick: fn(&ClauseWords) -> Option<AsideMeaning>| {
            words
                .said(labels, |clause| {
                    pick(clause)
                        .map(|value| (value, 0..0))
                        .into_iter()
                        .collect()
                })
                .once()
        };
        let flag = |pick: fn(&ClauseWords) -> bool| {
            words.said(labels, |clause| {
                pick(clause).then_some(((), 0..0)).into_iter().collect()
            }) != Said::Nothing
        };
        CellWords {
            spread_differs: spread == Said::Differs,
            spread: spread.once(),
            runs,
            runs_differ,
            best_of: words
                .said(labels, |clause| {
                    clause
                        .best_of
                        .iter()
                        .map(|best| (best.number, best.range.clone()))
                        .collect()
                })
                .once(),
            aside: once(|clause| clause.aside),
            sampling: flag(|clause| clause.sampling.is_some()),
            median: flag(|clause| clause.median),
            percent: flag(|clause| clause.percent.is_some()),
            higher: words
                .said(labels, |clause| {
                    clause
                        .higher
                        .map(|higher| (higher, 0..0))
                        .into_iter()
                        .collect()
                })
                .once(),
        }
    }

    /// The same with what the labels of a row or a column say, which goes before the passages.
    pub fn with_labels(mut self, labels: &[String]) -> Self {
        for label in labels.iter().filter(|label| may_say(label)) {
            for clause in clauses(label) {
                if let Some(best) = &clause.best_of {
                    self.best_of = Some(best.number);
                } else if let Some(count) = clause.counts.first() {
                    let unit = match count.unit {
                        CountUnit::Run => FoundUnit::Run,
                        CountUnit::Fold => FoundUnit::Fold,
                        CountUnit::Episode => FoundUnit::Episode,
                    };
                    self.runs = Some((count.number, unit));
                    self.best_of = None;
                }
                if let [(word, _)] = clause.spreads.as_slice() {
                    self.spread = Some(found_spread(*word));
                    self.spread_differs = false;
                    self.aside = Some(AsideMeaning::Spread);
                }
            }
        }
        self
    }

    /// The same with what the user says, which goes before everything.
    pub fn with_options(mut self, options: &ImportOptions) -> Self {
        if let Some(spread) = options.spread {
            (self.spread, self.spread_differs, self.sampling) = (Some(spread), false, false);
        }
        if let Some(runs) = options.runs {
            let unit = options.unit.unwrap_or(FoundUnit::Run);
            (self.runs, self.runs_differ) = (Some((runs, unit)), false);
        }
        if let (Some(unit), Some((number, _))) = (options.unit, self.runs) {
            self.runs = Some((number, unit));
        }
        self.best_of = options.best_of.or(self.best_of);
        self.aside = match options.parentheses {
            Some(ParenthesisMeaning::Spread) => Some(AsideMeaning::Spread),
            Some(ParenthesisMeaning::LastDigits) => Some(AsideMeaning::LastDigits),
            Some(ParenthesisMeaning::Other) => Some(AsideMeaning::Rank),
            None => self.aside,
        };
        self
    }
}

/// The number of runs, folds or episodes, and whether passages disagree about it.
fn runs(words: &TableWords<'_>, labels: &HashSet<String>) -> (Option<(u32, FoundUnit)>, bool) {
    let count = |unit: CountUnit| {
        words.said(labels, |clause| {
            let counts = clause.counts.iter().filter(|count| count.unit == unit);
            counts
                .map(|count| (count.number, count.range.clone()))
                .collect()
        })
    };
    let (runs, folds, episodes) = (
        count(CountUnit::Run),
        count(CountUnit::Fold),
        count(CountUnit::Episode),
    );
    let both = runs != Said::Nothing && folds != Said::Nothing;
    if both || runs == Said::Differs || folds == Said::Differs {
        return (None, true);
    }
    let unit = |said: Said<u32>, unit: FoundUnit| said.once().map(|number| (number, unit));
    let said = unit(runs, FoundUnit::Run)
        .or(unit(folds, FoundUnit::Fold))
        .or(unit(episodes, FoundUnit::Episode));
    (said, false)
}

/// Whether a label is worth reading as words: most are names.
pub(crate) fn may_say(label: &str) -> bool {
    label.contains(['(', '[', '±', ',']) || label.contains(" of ") || label.contains(" over ") || {
        let lower = label.to_lowercase();
        ["seed", "run", "fold", "trial", "std", "mean", "best"]
            .iter()
            .any(|word| lower.contains(word))
    }
}

/// The spread within a cell.
///
/// # Errors
/// When a number in parentheses has more than one reading.
pub(crate) fn in_cell(
    value: &CellValue,
    meaning: Option<AsideMeaning>,
    is_siunitx: bool,
    all_alike: bool,
    says_spread: bool,
) -> Result<SpreadFacts, RefusalReason> {
    let mut facts = SpreadFacts {
        spread: value.spread.as_ref().map(plain),
        interval: value
            .interval
            .as_ref()
            .map(|ends| Box::new([plain(&ends[0]), plain(&ends[1])])),
        word: None,
    };
    if let Some([upper, lower]) = value.distances.as_deref() {
        facts.interval = ends(&value.value, upper, lower);
    }
    let Some(aside) = &value.aside else {
        return Ok(facts);
    };
    if value.spread.is_some() {
        // The spread is printed: what else stands in parentheses is none.
        return Ok(facts);
    }
    let is_digits = is_siunitx && aside.is_adjacent && aside.number.printed_decimals() == 0;
    match meaning {
        Some(AsideMeaning::LastDigits) => facts.spread = last_digits(value, aside),
        _ if is_digits => facts.spread = last_digits(value, aside),
        Some(AsideMeaning::Spread) => {
            let short = aside.is_adjacent
                && aside.number.printed_decimals() == 0
                && value.value.printed_decimals() > 0;
            if short {
                return Err(RefusalReason::Parenthesis);
            }
            facts.spread = Some(plain(&aside.number));
        }
        Some(AsideMeaning::Gain | AsideMeaning::Rank) => {}
        None if all_alike || (says_spread && same_digits(value, aside)) => {
            facts.spread = Some(plain(&aside.number));
        }
        None => return Err(RefusalReason::Parenthesis),
    }
    Ok(facts)
}

/// Whether a number in parentheses has the value's digits after the point.
fn same_digits(value: &CellValue, aside: &Aside) -> bool {
    let decimals = value.value.printed_decimals();
    decimals > 0 && aside.number.printed_decimals() == decimals
}

/// The ends of an interval given by its distances.
fn ends(value: &Numeral, upper: &Numeral, lower: &Numeral) -> Option<Box<[CompactString; 2]>> {
    let value = value.decimal()?;
    let distance = |number: &Numeral| Decimal::parse(number.plain.trim_start_matches('-'));
    let (up, down) = match upper.plain.starts_with('-') {
        true => (lower, upper),
        false => (upper, lower),
    };
    let low = value.minus(distance(down)?)?;
    let high = value.plus(distance(up)?)?;
    Some(Box::new([
        low.to_compact_string(),
        high.to_compact_string(),
    ]))
}

fn last_digits(value: &CellValue, aside: &Aside) -> Option<CompactString> {
    if aside.number.printed_decimals() > 0 {
        return Some(plain(&aside.number));
    }
    let spread = aside
        .number
        .decimal()?
        .in_last_digits_of(value.value.decimal()?)?;
    Some(spread.to_compact_string())
}

/// Whether all values of a column have a number in parentheses with the value's digits after the point.
pub(crate) fn all_alike<'r>(readings: impl Iterator<Item = &'r CellReading>) -> bool {
    let mut any = false;
    for reading in readings {
        if let CellReading::Value(value) = reading {
            let Some(aside) = &value.aside else {
                return false;
            };
            if !same_digits(value, aside) {
                return false;
            }
            any = true;
        }
    }
    any
}

/// The spread in columns of its own, by the readings of the row's cells.
pub(crate) fn in_columns<'r>(
    columns: &[Column],
    value: usize,
    reading: impl Fn(usize) -> Option<&'r CellReading>,
) -> SpreadFacts {
    let mut facts = SpreadFacts::default();
    let mut ends = [None, None];
    for (index, column) in columns.iter().enumerate() {
        if column.of != Some(value) {
            continue;
        }
        let number = match reading(index) {
            Some(CellReading::Value(cell)) => Some(plain(&cell.value)),
            Some(CellReading::Aside(aside)) => Some(plain(&aside.number)),
            Some(CellReading::Bounds(bounds)) => {
                facts.interval = Some(Box::new([plain(&bounds[0]), plain(&bounds[1])]));
                None
            }
            Some(
                CellReading::Blank
                | CellReading::Missing
                | CellReading::Text
                | CellReading::Refused(_),
            )
            | None => None,
        };
        let word = match column.role {
            ColumnRole::Spread(word) => {
                if facts.spread.is_none() {
                    facts.spread = number;
                }
                word
            }
            ColumnRole::Interval(word) => {
                if facts.interval.is_none() && facts.spread.is_none() {
                    facts.spread = number;
                }
                Some(word)
            }
            ColumnRole::Low(word) => {
                ends[0] = number;
                Some(word)
            }
            ColumnRole::High(word) => {
                ends[1] = number;
                Some(word)
            }
            ColumnRole::Label
            | ColumnRole::Dataset
            | ColumnRole::MetricNames
            | ColumnRole::Value
            | ColumnRole::Difference
            | ColumnRole::OneRun
            | ColumnRole::Runs
            | ColumnRole::RunIndex
            | ColumnRole::Direction
            | ColumnRole::PValue
            | ColumnRole::BestOverEpochs
            | ColumnRole::Ignored
            | ColumnRole::Setup => continue,
        };
        facts.word = facts.word.or(word);
    }
    if let [Some(low), Some(high)] = ends {
        facts.interval = Some(Box::new([low, high]));
    }
    facts
}
