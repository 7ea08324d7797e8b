//! The rows of a table.

use std::collections::{BTreeMap, BTreeSet};

use crate::data::dataset::{Dataset, one_hot};
use crate::data::encoding::{Categories, Coding, EncodedInputs};
use crate::data::split::Partition;
use crate::data::table::DataTable;
use crate::error::table_error;
use crate::error::{RecipeError, quoted};
use crate::spec::data::{Balance, Columns, Fill, Split, TargetColumns};

/// The data of a table, with the table of marks if they stand in another file.
///
/// # Errors
/// A column that is missing, a cell that is no number or no class, marks that do not fit the rows.
pub(crate) fn dataset(
    meaning: &Columns,
    split: &Split,
    table: &DataTable,
    marks: Option<&DataTable>,
) -> Result<Dataset, RecipeError> {
    let targets: Vec<usize> = match &meaning.target {
        TargetColumns::Class { column, .. } => vec![table.column(column)?],
        TargetColumns::Values(columns) => {
            let columns = columns.iter().map(|name| table.column(name));
            columns.collect::<Result<_, _>>()?
        }
    };
    let columns = feature_columns(meaning, split, table, marks, &targets)?;
    let kept = kept(meaning, table, &columns, &targets)?;
    let reading = TableRows {
        meaning,
        table,
        rows: &kept,
    };
    let (classes, values) = match &meaning.target {
        TargetColumns::Class { classes, .. } => {
            let classes = reading.classes(targets[0], classes.as_deref())?;
            let labels = reading.labels(targets[0], &classes)?;
            (classes, labels)
        }
        TargetColumns::Values(_) => (Vec::new(), reading.values(&targets)?),
    };
    let groups = match split.balance() {
        Some(Balance::Groups(column)) => reading.groups(table.column(column)?)?,
        Some(Balance::Rows | Balance::Classes) | None => Vec::new(),
    };
    let (features, inputs) = reading.inputs(&columns)?;
    Ok(Dataset {
        features,
        inputs,
        targets: values,
        outputs: if classes.is_empty() {
            targets.len()
        } else {
            classes.len()
        },
        classes,
        marked: marked(split, table, marks, &kept)?,
        groups,
        pretrained_weights: BTreeMap::new(),
    })
}

/// The columns that are inputs: those listed, or all that have no other use.
fn feature_columns(
    meaning: &Columns,
    split: &Split,
    table: &DataTable,
    marks: Option<&DataTable>,
    targets: &[usize],
) -> Result<Vec<usize>, RecipeError> {
    for name in &meaning.one_hot.columns {
        table.column(name)?;
    }
    if let Some(names) = &meaning.features {
        return names.iter().map(|name| table.column(name)).collect();
    }
    let mut other: BTreeSet<usize> = targets.iter().copied().collect();
    for name in &meaning.ignore {
        other.insert(table.position(name)?);
    }
    if let (Split::Marks { column, .. }, None) = (split, marks) {
        other.insert(table.column(column)?);
    }
    if let Some(Balance::Groups(column)) = split.balance() {
        other.insert(table.column(column)?);
    }
    let columns: Vec<usize> = (0..table.header().len())
        .filter(|column| !other.contains(column))
        .collect();
    if columns.is_empty() {
        return Err(table_error(table.file(), "no column is left as an input"));
    }
    for column in &columns {
        table.check_cells(*column)?;
    }
    Ok(columns)
}

/// The rows that are not dropped.
fn kept(
    meaning: &Columns,
    table: &DataTable,
    columns: &[usize],
    targets: &[usize],
) -> Result<Vec<usize>, RecipeError> {
    let drops = |missing: &crate::spec::data::Missing| missing.then == Fill::Drop;
    if !meaning.missing.as_ref().is_some_and(drops) {
        return Ok((0..table.len()).collect());
    }
    let is_whole = |row: &usize| {
        let mut used = columns.iter().chain(targets);
        used.all(|column| !meaning.is_missing(table.cell(*row, *column)))
    };
    let kept: Vec<usize> = (0..table.len()).filter(is_whole).collect();
    match kept.is_empty() {
        true => Err(table_error(table.file(), "every row has a missing value")),
        false => Ok(kept),
    }
}

impl Columns {
    /// Whether a cell says that its value is missing.
    fn is_missing(&self, cell: &str) -> bool {
        let marks = self.missing.iter().flat_map(|missing| &missing.marks);
        marks.into_iter().any(|mark| mark == cell)
    }
}

/// Rows of a table with what their columns mean.
struct TableRows<'r> {
    meaning: &'r Columns,
    table: &'r DataTable,
    rows: &'r [usize],
}

impl TableRows<'_> {
    /// Refuses a target that is missing: nothing can stand for it.
    fn target(&self, row: usize, column: usize, what: &str) -> Result<&str, RecipeError> {
        let cell = self.table.cell(row, column);
        if !self.meaning.is_missing(cell) {
            return Ok(cell);
        }
        let expected = format!("{what}, which `missing` with `then: drop` alone can do without");
        Err(self.table.cell_error(row, column, &expected))
    }

    fn classes(&self, label: usize, listed: Option<&[String]>) -> Result<Vec<String>, RecipeError> {
        let classes = match listed {
            Some(classes) => classes.to_vec(),
            None => {
                let cells = self
                    .rows
                    .iter()
                    .map(|row| self.target(*row, label, "a class"));
                let found = cells.collect::<Result<BTreeSet<&str>, RecipeError>>()?;
                found.into_iter().map(str::to_owned).collect()
            }
        };
        if classes.len() < 2 {
            let name = &self.table.header()[label];
            let message = format!("the label column `{name}` has fewer than two classes");
            return Err(table_error(self.table.file(), message));
        }
        Ok(classes)
    }

    /// One-hot targets.
    fn labels(&self, label: usize, classes: &[String]) -> Result<Vec<f32>, RecipeError> {
        let known: BTreeMap<&str, usize> = classes.iter().map(String::as_str).zip(0..).collect();
        let labels = self.rows.iter().map(|&row| {
            let cell = self.target(row, label, "a class")?;
            known.get(cell).copied().ok_or_else(|| {
                let expected = format!("one of {}", quoted(classes));
                self.table.cell_error(row, label, &expected)
            })
        });
        let labels = labels.collect::<Result<Vec<usize>, RecipeError>>()?;
        Ok(one_hot(&labels, classes.len()))
    }

    fn values(&self, columns: &[usize]) -> Result<Vec<f32>, RecipeError> {
        let mut values = Vec::with_capacity(self.rows.len() * columns.len());
        for &row in self.rows {
            for &column in columns {
                self.target(row, column, "a number")?;
                values.push(self.table.number(row, column)? as f32);
            }
        }
        Ok(values)
    }

    /// The group of each row, numbered in the order of their names.
    fn groups(&self, column: usize) -> Result<Vec<usize>, RecipeError> {
        let name = |row: &usize| match self.table.cell(*row, column) {
            cell if cell.is_empty() || self.meaning.is_missing(cell) => {
                Err(self.table.cell_error(*row, column, "a group"))
            }
            cell => Ok(cell),
        };
        let names = self.rows.iter().map(name);
        let names = names.collect::<Result<Vec<&str>, RecipeError>>()?;
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        let numbers: BTreeMap<&str, usize> = distinct.into_iter().zip(0..).collect();
        Ok(names.into_iter().map(|name| numbers[name]).collect())
    }

    /// The inputs with their names: each column a number, or one flag a category, and at the end the
    /// indicators.
    fn inputs(&self, columns: &[usize]) -> Result<(Vec<String>, EncodedInputs), RecipeError> {
        let (mut names, mut found, mut categories) = (Vec::new(), Vec::new(), Vec::new());
        let mut missing = BTreeMap::new();
        for &column in columns {
            let name = &self.table.header()[column];
            if self.meaning.one_hot.columns.contains(name) {
                let (own, flags) = self.categories(column);
                names.extend(own.iter().map(|category| format!("{name}={category}")));
                categories.push(Categories {
                    column: name.clone(),
                    first: found.len(),
                    names: own,
                });
                found.extend(flags);
            } else {
                let (values, without) = self.numbers(column)?;
                if !without.is_empty() {
                    missing.insert(found.len(), without);
                }
                names.push(name.clone());
                found.push(values);
            }
        }
        let fill = self
            .meaning
            .missing
            .as_ref()
            .map_or(Fill::Drop, |missing| missing.then);
        let mut indicators = BTreeSet::new();
        if fill == Fill::Indicator {
            for (input, without) in &missing {
                names.push(format!("{} is missing", names[*input]));
                indicators.insert(found.len());
                let flag = |row: usize| f64::from(u8::from(without.contains(&row)));
                found.push((0..self.rows.len()).map(flag).collect());
            }
        }
        let width = found.len();
        let rows = 0..self.rows.len();
        let values = rows.flat_map(|row| found.iter().map(move |values: &Vec<f64>| values[row]));
        let mut inputs = EncodedInputs::numbers(width, values.collect());
        if !(categories.is_empty() && missing.is_empty()) {
            inputs.coding = Some(Coding {
                file: self.table.file().to_owned(),
                names: names.clone(),
                lines: self.rows.iter().map(|row| self.table.line(*row)).collect(),
                categories,
                unknown: self.meaning.one_hot.unknown,
                indicators,
                missing,
                fill,
            });
        }
        Ok((names, inputs))
    }

    /// The numbers of a column, 0 where one is missing, and the rows where it is.
    fn numbers(&self, column: usize) -> Result<(Vec<f64>, BTreeSet<usize>), RecipeError> {
        let mut missing = BTreeSet::new();
        let mut values = Vec::with_capacity(self.rows.len());
        for (place, &row) in self.rows.iter().enumerate() {
            if self.meaning.is_missing(self.table.cell(row, column)) {
                missing.insert(place);
                values.push(0.0);
            } else {
                values.push(self.table.number(row, column)?);
            }
        }
        Ok((values, missing))
    }

    /// The categories of a column in the order of their names, and a flag for each and each row; a
    /// row whose category is missing has none.
    fn categories(&self, column: usize) -> (Vec<String>, Vec<Vec<f64>>) {
        let cells = || self.rows.iter().map(|row| self.table.cell(*row, column));
        let names: BTreeSet<&str> = cells()
            .filter(|cell| !self.meaning.is_missing(cell))
            .collect();
        let flags = |name: &&str| {
            cells()
                .map(|cell| f64::from(u8::from(cell == *name)))
                .collect()
        };
        let found = names.iter().map(flags).collect();
        (names.into_iter().map(str::to_owned).collect(), found)
    }
}

/// The partition that marks say, of the rows that are kept.
fn marked(
    split: &Split,
    table: &DataTable,
    marks: Option<&DataTable>,
    kept: &[usize],
) -> Result<Option<Partition>, RecipeError> {
    let Split::Marks {
        column,
        train,
        validation,
        test,
        ..
    } = split
    else {
        return Ok(None);
    };
    let marks = marks.unwrap_or(table);
    if marks.len() != table.len() {
        return Err(table_error(
            marks.file(),
            format!(
                "expected a mark for each of the {} rows, found {}",
                table.len(),
                marks.len()
            ),
        ));
    }
    let column = marks.column(column)?;
    let mut partition = Partition {
        train: Vec::new(),
        validation: Vec::new(),
        test: Vec::new(),
    };
    for (place, &row) in kept.iter().enumerate() {
        let mark = marks.cell(row, column);
        if mark == train {
            partition.train.push(place);
        } else if mark == test {
            partition.test.push(place);
        } else if Some(mark) == validation.as_deref() {
            partition.validation.push(place);
        } else {
            let expected = format!("`{train}` or `{test}`");
            return Err(marks.cell_error(row, column, &expected));
        }
    }
    Ok(Some(partition))
}
