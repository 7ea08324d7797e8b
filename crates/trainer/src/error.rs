//! The errors of the trainer, and the keys of recipes that their messages name.

use std::fmt;
use std::path::{Path, PathBuf};

use reprove_model::diagnostics::{Hint, SourceLocation, YamlLocations, nearest};

/// A key of a recipe: the file as the user knows it, the position in its text, and the path of the
/// key, `training.epochs`. The path is empty when the whole document is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPath {
    /// The recipe's name as it is shown, for example `recipes/sonar.yaml`.
    pub origin: Box<str>,
    /// The position of the key, or of its nearest parent in the text; `None` if it is not known.
    pub location: Option<Box<SourceLocation>>,
    /// The path of the key, for example `training.optimiser.sgd.momentum`.
    pub path: String,
}

impl KeyPath {
    /// Sets the position of the key in the text of the recipe.
    pub(crate) fn locate(&mut self, text: &str) {
        self.location = YamlLocations::read(text).location(&self.path).map(Box::new);
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.origin)?;
        if let Some(location) = &self.location {
            let SourceLocation { line, column } = **location;
            write!(f, ":{line}:{column}")?;
        }
        if self.path.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.path)
        }
    }
}

/// An error of the trainer: a recipe or data that cannot be used, or a tensor
/// operation that failed. A run that diverges is not an error but a [`SeedOutcome`].
///
/// [`SeedOutcome`]: crate::SeedOutcome
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// The text is no YAML.
    #[error("{origin}:{line}:{column}: {message}")]
    Syntax {
        /// The recipe's name as it is shown.
        origin: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The message of the YAML parser.
        message: String,
    },
    /// A key that the recipe language does not have.
    #[error("{at}: unknown key `{key}`")]
    UnknownKey {
        /// Where it stands.
        at: KeyPath,
        /// The key as written.
        key: String,
        /// The keys that may stand there.
        known: Vec<String>,
    },
    /// A key that must be there is not.
    #[error("{at}: `{key}` is missing")]
    MissingKey {
        /// The mapping that lacks it.
        at: KeyPath,
        /// The missing key.
        key: String,
    },
    /// A value of another kind or outside its range.
    #[error("{at}: expected {expected}, found {found}")]
    Unexpected {
        /// Where it stands.
        at: KeyPath,
        /// The values that are allowed.
        expected: String,
        /// The value that is there.
        found: String,
    },
    /// A name that is none of the names that may stand there.
    #[error("{at}: unknown {what} `{name}`")]
    UnknownName {
        /// Where it stands.
        at: KeyPath,
        /// The kind of name: `loss`, `metric`, `column`.
        what: &'static str,
        /// The name as written.
        name: String,
        /// The names that may stand there.
        known: Vec<String>,
    },
    /// Two parts of the recipe that exclude each other.
    #[error("{at}: {message}")]
    Conflict {
        /// Where the second of them stands.
        at: KeyPath,
        /// The reason why they exclude each other.
        message: String,
    },
    /// A placeholder for which the configuration has no value.
    #[error("{at}: the configuration has no value for `{{{name}}}`")]
    PlaceholderWithoutValue {
        /// Where it stands.
        at: KeyPath,
        /// Its name.
        name: String,
        /// The names that the configuration has.
        known: Vec<String>,
    },
    /// A value of the configuration that no placeholder uses.
    #[error("{origin}: the configuration's value `{name}` is used nowhere")]
    UnusedValue {
        /// The recipe's name as it is shown.
        origin: String,
        /// The name of the value.
        name: String,
    },
    /// A data file that cannot be read.
    #[error("{}: cannot be read: {message}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The message of the operating system.
        message: String,
    },
    /// A data file whose header or size is not what the recipe needs.
    #[error("{}: {message}", file.display())]
    Table {
        /// The file.
        file: PathBuf,
        /// The problem.
        message: String,
        /// The columns that the file has, when a column is what is missing.
        name: Option<(String, Vec<String>)>,
    },
    /// A column of values that no cell can hold, as dates and lists, which the recipe uses.
    #[error("{}: column `{column}`: expected numbers, texts or truth values, found {found}", file.display())]
    NoCells {
        /// The file.
        file: PathBuf,
        /// The column's name.
        column: String,
        /// The value that is there.
        found: &'static str,
    },
    /// A data file of a format that this binary was built without.
    #[error("{}: this build does not read {format} files", file.display())]
    NotBuilt {
        /// The file.
        file: PathBuf,
        /// The format.
        format: &'static str,
        /// The cargo feature that has it.
        feature: &'static str,
    },
    /// A row or cell of a data file that is not what it must be.
    #[error("{}:{line}: {}expected {expected}, found {found}", file.display(), column_text(column))]
    Cell {
        /// The file.
        file: PathBuf,
        /// Line of the file, from 1; the header is line 1. For a Parquet file the row, from 1.
        line: u64,
        /// The column's name, unless the whole row is meant.
        column: Option<String>,
        /// The values that are allowed.
        expected: String,
        /// The value that is there.
        found: String,
    },
    /// A tensor operation failed: a device without memory, a backend that is not there.
    #[error("training: {0}")]
    Tensor(#[from] candle_core::Error),
    /// The caller asked to stop.
    #[error("training was cancelled")]
    Cancelled,
}

impl RecipeError {
    /// Whether the caller asked to stop.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }
}

fn column_text(column: &Option<String>) -> String {
    column
        .as_ref()
        .map_or_else(String::new, |name| format!("column `{name}`: "))
}

/// The error of a data file whose header, size or content is not what the recipe needs.
pub(crate) fn table_error(file: &Path, message: impl Into<String>) -> RecipeError {
    RecipeError::Table {
        file: file.to_owned(),
        message: message.into(),
        name: None,
    }
}

impl RecipeError {
    /// The same error with the position of its key in the text of the recipe.
    pub(crate) fn located(mut self, text: &str) -> Self {
        match &mut self {
            Self::UnknownKey { at, .. }
            | Self::MissingKey { at, .. }
            | Self::Unexpected { at, .. }
            | Self::UnknownName { at, .. }
            | Self::Conflict { at, .. }
            | Self::PlaceholderWithoutValue { at, .. } => at.locate(text),
            Self::Syntax { .. }
            | Self::UnusedValue { .. }
            | Self::Unreadable { .. }
            | Self::Table { .. }
            | Self::NoCells { .. }
            | Self::NotBuilt { .. }
            | Self::Cell { .. }
            | Self::Tensor(_)
            | Self::Cancelled => {}
        }
        self
    }
}

impl Hint for RecipeError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { key, known, .. } => Some(suggest(key, known)),
            Self::UnknownName { name, known, .. } => Some(suggest(name, known)),
            Self::Table {
                name: Some((name, known)),
                ..
            } => Some(suggest(name, known)),
            Self::NotBuilt { feature, .. } => Some(format!("build with `--features {feature}`")),
            Self::PlaceholderWithoutValue { name, known, .. } if !known.is_empty() => {
                Some(suggest(name, known))
            }
            Self::PlaceholderWithoutValue { name, .. } => {
                Some(format!("add `{name}` to the configuration"))
            }
            Self::UnusedValue { name, .. } => Some(format!(
                "write `\"{{{name}}}\"` in the recipe where the value belongs, or remove `{name}` from the configuration"
            )),
            Self::Cell {
                column: Some(_),
                expected,
                found,
                ..
            } if expected == FINITE => {
                let mark = match found.as_str() {
                    "an empty cell" => "",
                    text => text.trim_matches('`').trim(),
                };
                USUAL_MARKS.contains(&mark).then(|| {
                    format!("if the value is missing, say what stands for it: `missing: {{as: [\"{mark}\"], then: mean}}`")
                })
            }
            Self::Unexpected { found, .. } if found.starts_with("a placeholder") => Some(
                "put quotes around the placeholder: YAML reads bare braces as a mapping".into(),
            ),
            Self::Syntax { .. }
            | Self::MissingKey { .. }
            | Self::Unexpected { .. }
            | Self::Conflict { .. }
            | Self::Unreadable { .. }
            | Self::Table { .. }
            | Self::NoCells { .. }
            | Self::Cell { .. }
            | Self::Tensor(_)
            | Self::Cancelled => None,
        }
    }
}

/// What a cell of numbers must be.
pub(crate) const FINITE: &str = "a finite number";

/// How missing values are usually written.
const USUAL_MARKS: [&str; 9] = ["", "?", "NA", "N/A", "NaN", "nan", "null", "-", "."];

/// Names the nearest known name, or all of them when none is near.
fn suggest(name: &str, known: &[String]) -> String {
    match nearest(name, known.iter().map(String::as_str)) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("expected one of {}", quoted(known)),
    }
}

/// `a`, `b`, `c`, each in backticks.
pub(crate) fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(key: &str) -> RecipeError {
        RecipeError::UnknownKey {
            at: KeyPath {
                origin: "r.yaml".into(),
                location: None,
                path: "training".into(),
            },
            key: key.into(),
            known: vec!["batch".into(), "epochs".into()],
        }
    }

    #[test]
    fn hints_name_the_nearest_key_or_all_of_them() {
        assert_eq!(
            unknown("epoch").to_string(),
            "r.yaml: training: unknown key `epoch`"
        );
        assert_eq!(
            unknown("epoch").hint().as_deref(),
            Some("did you mean `epochs`?")
        );
        assert_eq!(
            unknown("zzz").hint().as_deref(),
            Some("expected one of `batch`, `epochs`")
        );
    }

    #[test]
    fn a_cell_is_named_by_file_line_and_column() {
        let error = RecipeError::Cell {
            file: "a.csv".into(),
            line: 7,
            column: Some("V3".into()),
            expected: "a number".into(),
            found: "`x`".into(),
        };
        assert_eq!(
            error.to_string(),
            "a.csv:7: column `V3`: expected a number, found `x`"
        );
    }
}
