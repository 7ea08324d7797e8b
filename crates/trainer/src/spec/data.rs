//! The data of a recipe: source, targets, split and scaling.
//!

/// Where the rows come from and what they mean.
#[derive(Debug, Clone, PartialEq)]
pub struct DataPlan {
    /// The name of an entry of the manifest's `data`; `None` where each array is an entry.
    pub name: Option<String>,
    /// The format of the file and the meaning of its parts.
    pub(crate) source: DataSource,
    /// The targets of the network.
    pub(crate) aim: TargetKind,
    /// The split into training, validation and test rows.
    pub(crate) split: Split,
    /// The scaling of the inputs.
    pub(crate) standardise: Standardise,
}

/// The targets of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetKind {
    /// The classes or values that the data have for it.
    Targets,
    /// The inputs, scaled as they are: an autoencoder.
    Inputs,
}

/// A format with the meaning of its parts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DataSource {
    /// A file of named columns.
    Table {
        /// The file's format, and that of a second file with the marks of a split.
        format: TableFormat,
        /// The meaning of the columns.
        columns: Columns,
    },
    /// A `.dt` file of the Proben1 collection (Prechelt 1994). Its outputs are classes, named from
    /// `1`, when they mark one of at least two in every row, and else values.
    Proben1,
    /// Arrays whose first dimension is the rows.
    Arrays {
        /// The files' format.
        format: ArrayFormat,
        /// The arrays.
        parts: ArrayParts,
    },
}

impl DataSource {
    /// Whether the targets are known to be values before any row is read.
    pub(crate) fn gives_values(&self) -> bool {
        let pair = match self {
            Self::Table { columns, .. } => {
                return matches!(columns.target, TargetColumns::Values(_));
            }
            Self::Proben1 => return false,
            Self::Arrays { parts, .. } => match parts {
                ArrayParts::Given(pairs) => pairs.iter().flatten().next(),
                ArrayParts::All(pair) => Some(pair),
            },
        };
        pair.is_some_and(|pair| matches!(pair.target, ArrayTarget::Values(_)))
    }
}

/// A file format of named columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableFormat {
    /// CSV with a header.
    Csv,
    /// Apache Parquet, of columns of numbers, texts and truth values; a null is an empty cell. Read
    /// by builds with the feature `parquet`.
    Parquet,
}

/// The meaning of the columns of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Columns {
    /// The targets of the network.
    pub(crate) target: TargetColumns,
    /// The columns that are inputs; `None`: all that are not otherwise used, in the file's order.
    pub(crate) features: Option<Vec<String>>,
    /// Columns that are ignored.
    pub(crate) ignore: Vec<String>,
    /// Input columns of categories, each of which becomes an input of 0 or 1.
    pub(crate) one_hot: OneHot,
    /// The marks of missing values and their replacement; `None`: missing values are refused.
    pub(crate) missing: Option<Missing>,
}

/// Input columns of categories. A category is an input if any row has it; those of a training row
/// are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OneHot {
    /// The columns.
    pub(crate) columns: Vec<String>,
    /// The treatment of categories that no training row has.
    pub(crate) unknown: Unknown,
}

/// The treatment of categories that no training row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// The data are refused.
    Refused,
    /// All inputs of its column are 0.
    Zero,
}

/// Missing values of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    /// The cells that say that a value is missing, blanks around them cut off.
    pub(crate) marks: Vec<String>,
    /// The replacement of a missing value.
    pub(crate) then: Fill,
}

/// The replacement of a missing input. In a column of categories all inputs are 0, except for `Drop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    /// The row is left out, before the split. Only this allows missing targets.
    Drop,
    /// The mean of the column's training rows.
    Mean,
    /// The median of the column's training rows, of an even number the mean of the middle two.
    Median,
    /// 0, before scaling.
    Zero,
    /// The mean, and one more input a column with missing values: 1 where the value is missing,
    /// else 0.
    Indicator,
}

/// A file format of arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArrayFormat {
    /// NumPy's `.npz`, a file of named arrays.
    Npz,
    /// safetensors, a file of named arrays.
    Safetensors,
    /// NumPy's `.npy`: each array is a file of the manifest.
    Npy,
    /// IDX as of the MNIST files, also compressed by gzip: each array is a file of the manifest.
    Idx,
}

impl ArrayFormat {
    /// Whether a file is one array, so that an array's name is that of an entry of the manifest.
    pub(crate) fn is_one_array(self) -> bool {
        matches!(self, Self::Npy | Self::Idx)
    }
}

/// The arrays of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArrayParts {
    /// The rows that train, validate and test have arrays of their own.
    Given([Option<ArrayPair>; 3]),
    /// All rows are in these arrays; a split cuts them.
    All(ArrayPair),
}

/// The names of the arrays of some rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArrayPair {
    /// The inputs; further dimensions are laid out in a row.
    pub(crate) inputs: String,
    /// The targets of the network.
    pub(crate) target: ArrayTarget,
}

/// The name of the array of targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArrayTarget {
    /// Classes as whole numbers from 0.
    Labels(String),
    /// Numbers, of one or more columns.
    Values(String),
}

/// The targets of the network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TargetColumns {
    /// The class of a row.
    Class {
        /// The column that holds it.
        column: String,
        /// The classes in the order of the network's outputs; `None`: sorted by their text.
        classes: Option<Vec<String>>,
    },
    /// The numbers of these columns; at least one, unless the inputs are what the network shall give.
    Values(Vec<String>),
}

/// The split of the rows into training, validation and test rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Split {
    /// The file says it.
    Given,
    /// A column says it, of the same file or of a second file with as many rows in the same order.
    Marks {
        /// The manifest's name of the second file; `None`: the same file.
        file: Option<String>,
        /// The column of marks.
        column: String,
        /// The mark of a training row.
        train: String,
        /// The mark of a validation row, if there are some.
        validation: Option<String>,
        /// The mark of a test row.
        test: String,
    },
    /// One of k parts tests, the others train and, if asked, validate. The parts are consecutive
    /// stretches of the ordered rows whose sizes differ by at most one, the larger ones first.
    Folds {
        /// The number of parts, at least 2.
        folds: usize,
        /// The number of repetitions, each with a new order of the rows; at least 1.
        repeats: usize,
        /// The part that tests.
        fold: Fold,
        /// The part of the other rows that validates, from 0 to below 1, rounded to nearest: the
        /// last ones of the order.
        validation: f64,
        /// The order that is cut.
        order: RowOrder,
        /// The balance of the parts.
        balance: Balance,
    },
    /// The first rows of the order train, the next ones validate and the last ones test.
    Fraction {
        /// The part that tests, between 0 and 1; its count of rows is rounded to nearest.
        test: f64,
        /// The part that validates, from 0 to 1, rounded likewise.
        validation: f64,
        /// The order that is cut.
        order: RowOrder,
        /// The balance of the parts.
        balance: Balance,
    },
}

impl Split {
    /// The balance of the parts, where the split cuts the rows itself.
    pub(crate) fn balance(&self) -> Option<&Balance> {
        match self {
            Self::Given | Self::Marks { .. } => None,
            Self::Folds { balance, .. } | Self::Fraction { balance, .. } => Some(balance),
        }
    }
}

/// The balance of the parts of a split: properties that they share besides their size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Balance {
    /// Nothing.
    Rows,
    /// Each has the same share of each class, to within one row.
    Classes,
    /// Rows with the same cell in this column are in the same part; sizes are as near to those
    /// asked for as a greedy choice of whole groups makes them.
    Groups(String),
}

/// The part that tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    /// This one, from 1.
    Number(usize),
    /// Part `1 + seed mod folds`, so that consecutive seeds walk through the parts and then, where
    /// there are some, through the repeats.
    BySeed,
}

/// The order of rows that a split cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowOrder {
    /// As they stand in the file.
    File,
    /// Shuffled by this seed, the same for every run.
    Shuffled(u64),
    /// Shuffled by the run's own seed.
    ShuffledByRun,
}

/// The scaling of the inputs, column by column; inputs of categories and indicators stay 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Standardise {
    /// They stay as they are.
    None,
    /// Divided by this number above 0, as pixels by 255.
    Divide(f64),
    /// Minus mean, by standard deviation (divisor n) of the training rows; a constant column
    /// becomes 0.
    TrainMeanSd,
    /// The training rows' range becomes 0 to 1; a constant column becomes 0.
    TrainRange,
}
