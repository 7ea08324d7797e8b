//! Files of the Proben1 collection (Prechelt 1994): seven counts, then numbers.

use std::fs;
use std::path::Path;

use crate::error::RecipeError;
use crate::error::table_error;

/// The content of a `.dt` file.
#[derive(Debug, PartialEq)]
pub(crate) struct Proben1 {
    /// The numbers of rows that train, validate and test, in the file's order.
    pub(crate) parts: [usize; 3],
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// Whether the outputs mark one class of at least two in every row.
    pub(crate) classes: bool,
    /// Inputs and outputs, row after row.
    pub(crate) rows: Vec<Vec<f64>>,
}

const COUNTS: [&str; 7] = [
    "bool_in",
    "real_in",
    "bool_out",
    "real_out",
    "training_examples",
    "validation_examples",
    "test_examples",
];

/// The largest count that is believed: it bounds what a broken file can ask for.
const LARGEST: usize = 100_000_000;

impl Proben1 {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read, a count that is missing or no number, a row with too few or too
    /// many numbers, more or fewer rows than counted.
    pub(crate) fn read(file: &Path) -> Result<Self, RecipeError> {
        let text = fs::read_to_string(file).map_err(|error| RecipeError::Unreadable {
            file: file.to_owned(),
            message: error.to_string(),
        })?;
        let mut lines = (1_u64..).zip(text.lines());
        let mut counts = [0; 7];
        for (count, name) in counts.iter_mut().zip(COUNTS) {
            let (line, text) = lines.next().unwrap_or((1, ""));
            let value = text
                .trim()
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('='));
            let value = value.and_then(|value| value.trim().parse().ok());
            *count = value.filter(|value| *value <= LARGEST).ok_or_else(|| {
                cell(
                    file,
                    line,
                    &format!("`{name}=` and a count"),
                    format!("`{}`", text.trim()),
                )
            })?;
        }
        let [bool_in, real_in, bool_out, real_out, parts @ ..] = counts;
        let (inputs, outputs) = (bool_in + real_in, bool_out + real_out);
        let mut rows = Vec::new();
        for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
            rows.push(row(file, line, text, inputs + outputs)?);
        }
        let expected: usize = parts.iter().sum();
        if rows.len() != expected || inputs == 0 || outputs == 0 {
            let found = rows.len();
            let message = format!(
                "expected {expected} rows of at least one input and one output, found {found} rows of {inputs} and {outputs}"
            );
            return Err(table_error(file, message));
        }
        let marks_one = |row: &Vec<f64>| {
            let outputs = &row[inputs..];
            outputs
                .iter()
                .all(|output| *output == 0.0 || *output == 1.0)
                && outputs.iter().sum::<f64>() == 1.0
        };
        Ok(Self {
            parts,
            inputs,
            outputs,
            classes: real_out == 0 && bool_out >= 2 && rows.iter().all(marks_one),
            rows,
        })
    }
}

fn row(file: &Path, line: u64, text: &str, width: usize) -> Result<Vec<f64>, RecipeError> {
    let number = |text: &str| match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(cell(file, line, "a finite number", format!("`{text}`"))),
    };
    let row = text
        .split_whitespace()
        .map(number)
        .collect::<Result<Vec<f64>, _>>()?;
    if row.len() == width {
        Ok(row)
    } else {
        Err(cell(
            file,
            line,
            &format!("{width} numbers"),
            row.len().to_string(),
        ))
    }
}

fn cell(file: &Path, line: u64, expected: &str, found: String) -> RecipeError {
    RecipeError::Cell {
        file: file.to_owned(),
        line,
        column: None,
        expected: expected.to_owned(),
        found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "bool_in=0\nreal_in=2\nbool_out=2\nreal_out=0\ntraining_examples=1\nvalidation_examples=1\ntest_examples=1\n";

    fn read(text: &str) -> Result<Proben1, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.dt");
        fs::write(&file, text).unwrap();
        let shown = |error: RecipeError| error.to_string();
        let cut = |text: String| text.replace(&format!("{}/", folder.path().display()), "");
        Proben1::read(&file).map_err(shown).map_err(cut)
    }

    #[test]
    fn counts_and_rows_are_read() {
        let found = read(&format!("{HEAD}0.5 1 1 0\n2 3e-1 0 1 \n4 5 1 0\n")).unwrap();
        assert_eq!(
            (found.parts, found.inputs, found.outputs),
            ([1, 1, 1], 2, 2)
        );
        assert!(found.classes);
        assert_eq!(found.rows[1], [2.0, 0.3, 0.0, 1.0]);
        assert!(
            !read(&format!("{HEAD}0 1 1 1\n2 3 0 1\n4 5 1 0\n"))
                .unwrap()
                .classes
        );
    }

    #[test]
    fn every_broken_file_gets_one_clear_message() {
        let cases = [
            ("", "a.dt:1: expected `bool_in=` and a count, found ``"),
            (
                "bool_in=0\nreal_in=x\n",
                "a.dt:2: expected `real_in=` and a count, found `real_in=x`",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).unwrap_err(), expected);
        }
        let cases = [
            ("1 2 1 0\n1 2 1\n", "a.dt:9: expected 4 numbers, found 3"),
            (
                "1 2 1 nan\n",
                "a.dt:8: expected a finite number, found `nan`",
            ),
            (
                "1 2 1 0\n",
                "a.dt: expected 3 rows of at least one input and one output, found 1 rows of 2 and 2",
            ),
        ];
        for (rows, expected) in cases {
            assert_eq!(read(&format!("{HEAD}{rows}")).unwrap_err(), expected);
        }
    }
}
