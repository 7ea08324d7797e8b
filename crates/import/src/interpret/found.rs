//! What is found in a table.

use std::sync::Arc;

use compact_str::CompactString;
use serde::Serialize;

use crate::source::SourceFiles;
use crate::text::CellText;

/// The kind of a printed spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundSpread {
    /// Standard deviation over runs.
    Sd,
    /// Standard error of the mean.
    Sem,
    /// 95 % interval, or its half width.
    Ci95,
    /// Quartiles.
    Iqr,
    /// Not said.
    Unknown,
}

/// The scale of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundScale {
    /// All right is 100.
    Percent,
    /// All right is 1.
    Fraction,
    /// Not said, or the metric has no such scale.
    Unknown,
}

/// Which values are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundDirection {
    /// Higher values.
    Higher,
    /// Lower values.
    Lower,
    /// Not said, and the metric is not known.
    Unknown,
}

/// What is repeated to give several observations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundUnit {
    /// Runs with seeds of their own.
    Run,
    /// Folds of a cross-validation.
    Fold,
    /// Episodes of one trained model.
    Episode,
    /// Documents or test cases of one evaluation: no repetition of a run.
    Document,
}

/// What a value is in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundRole {
    /// A reported value.
    Reported,
    /// The value of one run among several.
    Run,
    /// A value that the file says is someone's rerun, beside the reported one.
    Rerun,
    /// A difference to another row.
    Difference,
}

/// A value with everything that the file says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundClaim {
    /// The table, counted from 1; 0 for text outside tables.
    pub table: usize,
    /// The labels of its row, the outermost first.
    #[serde(serialize_with = "list")]
    pub row: Arc<[String]>,
    /// The labels of its column, the outermost first.
    #[serde(serialize_with = "list")]
    pub column: Arc<[String]>,
    /// The metric; `unknown` where the file names none.
    #[serde(serialize_with = "text")]
    pub metric: Arc<str>,
    /// The value as printed.
    pub value: CompactString,
    /// The value as a plain decimal number.
    pub number: CompactString,
    /// The spread as a plain decimal number.
    pub spread: Option<CompactString>,
    /// What the spread, or the interval, is.
    pub spread_kind: Option<FoundSpread>,
    /// The ends of the interval, as plain decimal numbers.
    pub interval: Option<Box<[CompactString; 2]>>,
    /// The number of runs, folds or episodes.
    pub runs: Option<u32>,
    /// What `runs` counts.
    pub unit: FoundUnit,
    /// Of how many runs the value is the best.
    pub best_of: Option<u32>,
    /// The scale.
    pub scale: FoundScale,
    /// Which values are better.
    pub direction: FoundDirection,
    /// What the value is.
    pub role: FoundRole,
    /// Whether the value is a median.
    pub median: bool,
    /// The values of the runs behind a mean, as plain decimal numbers.
    pub values: Vec<CompactString>,
    /// The line of the value, counted from 1.
    pub line: usize,
    /// The column of the value in characters, counted from 1.
    pub col: usize,
    /// The file.
    #[serde(serialize_with = "text")]
    pub file: Arc<str>,
    /// The text of the file from the value on, with the spread where both stand together, white space as
    /// one space each; empty where the file does not print the value as it is read.
    #[serde(skip)]
    pub printed: CompactString,
    /// The data set, where a column, a heading or the file's structure names it.
    #[serde(skip)]
    pub dataset: Option<Arc<str>>,
    /// The labels of the column that belong to the configuration: data sets, methods.
    #[serde(skip)]
    pub column_key: Arc<[String]>,
    /// Whether the spread is over test items of one run, not over runs.
    #[serde(skip)]
    pub is_sampled: bool,
    /// The labels that all runs of a value share.
    #[serde(skip)]
    pub run_key: Arc<[String]>,
    /// Whether the runs of a value stand in columns.
    #[serde(skip)]
    pub run_is_column: bool,
    /// The row that a difference is taken to.
    #[serde(skip)]
    pub baseline: Option<Arc<[String]>>,
}

/// A number that is not taken for a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedCell {
    /// The table, counted from 1; 0 for text outside tables.
    pub table: usize,
    /// The labels of its row.
    #[serde(serialize_with = "list")]
    pub row: Arc<[String]>,
    /// The labels of its column.
    #[serde(serialize_with = "list")]
    pub column: Arc<[String]>,
    /// The cell as printed.
    pub printed: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub col: usize,
    /// The file.
    #[serde(serialize_with = "text")]
    pub file: Arc<str>,
    /// Why, a lowercase fragment.
    pub why: String,
}

/// Numbers of a table that are no results: settings, costs, counts, values during training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// The table, counted from 1.
    pub table: usize,
    /// The labels of the column or row; empty for a whole table.
    #[serde(serialize_with = "list")]
    pub labels: Arc<[String]>,
    /// How many numbers there are.
    pub numbers: usize,
    /// The line of the first, counted from 1.
    pub line: usize,
    /// The column of the first in characters, counted from 1.
    pub col: usize,
    /// The file.
    #[serde(serialize_with = "text")]
    pub file: Arc<str>,
    /// What they are, a lowercase fragment.
    pub why: String,
}

/// Something that the file does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenQuestion {
    /// The table, counted from 1.
    pub table: usize,
    /// What is not known.
    pub asked: Asked,
    /// The question's reason, a lowercase fragment; empty where the name says it all.
    pub because: String,
}

/// Numbers of a file that do not agree with each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportWarning {
    /// The table, counted from 1.
    pub table: usize,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub col: usize,
    /// The file.
    #[serde(serialize_with = "text")]
    pub file: Arc<str>,
    /// What does not agree, a lowercase fragment.
    pub text: String,
}

/// What a file may leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    /// What the values measure.
    Metric,
    /// What ± is.
    Spread,
    /// The number of runs.
    Runs,
    /// Which values are better.
    Direction,
    /// Percent or fraction.
    Scale,
    /// What stands in parentheses.
    Parentheses,
    /// The names of two values in a cell.
    Pair,
    /// What a comma is.
    Comma,
}

/// All that is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// The values.
    pub found: Vec<FoundClaim>,
    /// The numbers that are no values.
    pub refused: Vec<RefusedCell>,
    /// The numbers that are no results, one entry a column, row or table.
    pub passed_over: Vec<PassedOver>,
    /// Numbers that do not agree with each other.
    pub warnings: Vec<ImportWarning>,
    /// What is not known.
    pub questions: Vec<OpenQuestion>,
    /// The number of cells with a dash or a word for a missing value.
    pub missing: usize,
}

/// Entries of the same column or row are looked for among so many before.
const MOST_OPEN_ENTRIES: usize = 64;

impl Findings {
    /// Counts a number that is no result; `entry` is made where its column or row has none yet.
    pub(crate) fn pass_over(
        &mut self,
        files: &SourceFiles,
        text: &CellText,
        entry: impl FnOnce() -> PassedOver,
    ) {
        let mut entry = entry();
        let mut open = self.passed_over.iter_mut().rev().take(MOST_OPEN_ENTRIES);
        let same = open.find(|other| {
            (other.table, &other.labels, &other.why) == (entry.table, &entry.labels, &entry.why)
        });
        if let Some(same) = same {
            same.numbers += entry.numbers;
            return;
        }
        let start = text.len() - text.as_str().trim_start().len();
        if let Some(origin) = text.origin(start) {
            let place = files.place(origin.file, origin.offset);
            (entry.line, entry.col) = (place.line, place.column);
            entry.file = Arc::from(place.file);
        }
        self.passed_over.push(entry);
    }

    /// Notes a question of a table, once.
    pub(crate) fn ask(&mut self, table: usize, asked: Asked, because: &str) {
        let is_asked = self
            .questions
            .iter()
            .any(|question| question.table == table && question.asked == asked);
        if !is_asked {
            self.questions.push(OpenQuestion {
                table,
                asked,
                because: because.to_owned(),
            });
        }
    }
}

fn list<S: serde::Serializer>(labels: &Arc<[String]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(labels.iter())
}

fn text<S: serde::Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}
