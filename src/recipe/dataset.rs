//! The data of a recipe, read and checked, and the rows of one run, scaled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::error::{Place, RecipeError};
use super::language::{DataPlan, Recipe, Split, Standardise};
use super::split::{self, Partition};
use super::table::{Table, table_error};

/// The rows of a recipe's data: finite inputs and a class for each row.
///
/// There are at least one input column, two classes, one training row and one test row.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    features: Vec<String>,
    classes: Vec<String>,
    /// Row after row.
    inputs: Vec<f64>,
    labels: Vec<u32>,
    /// The partition that the marks give, if marks give it.
    marked: Option<Partition>,
}

/// The rows of one part of one run, scaled and rounded to `f32`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows {
    /// Row after row.
    pub(super) inputs: Vec<f32>,
    pub(super) labels: Vec<u32>,
}

/// The training and test rows of one run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parts {
    pub(super) train: Rows,
    pub(super) test: Rows,
}

/// Reads the data that a recipe names; `files` are the manifest's data, name to file.
///
/// # Errors
/// A name that the manifest does not have, a file that cannot be read, a column that is missing,
/// a ragged row, a cell that is no number, a split with an empty part.
pub fn load(recipe: &Recipe, files: &BTreeMap<String, PathBuf>) -> Result<Dataset, RecipeError> {
    let plan = &recipe.data;
    let table = Table::read(file_of(recipe, files, "data.name", &plan.name)?)?;
    let marks = match &plan.split {
        Split::Marks {
            file: Some(name), ..
        } => Some(Table::read(file_of(
            recipe,
            files,
            "data.split.marks.file",
            name,
        )?)?),
        _ => None,
    };
    let label = table.column(&plan.label)?;
    let columns = feature_columns(plan, &table, label, marks.is_some())?;
    let classes = classes(plan, &table, label)?;
    let dataset = Dataset {
        inputs: inputs(&table, &columns)?,
        labels: labels(&table, label, &classes)?,
        features: columns
            .iter()
            .map(|&column| table.header()[column].clone())
            .collect(),
        classes,
        marked: marked(plan, &table, marks.as_ref())?,
    };
    // The sizes of the parts do not depend on the seed, so one look suffices.
    match dataset.partition(&plan.split, 0) {
        Some(_) => Ok(dataset),
        None => Err(table_error(
            table.file(),
            format!(
                "the split leaves no rows to train or to test on, of {}",
                table.len()
            ),
        )),
    }
}

fn file_of<'f>(
    recipe: &Recipe,
    files: &'f BTreeMap<String, PathBuf>,
    path: &str,
    name: &str,
) -> Result<&'f PathBuf, RecipeError> {
    files.get(name).ok_or_else(|| RecipeError::UnknownName {
        at: Place {
            origin: recipe.origin.clone(),
            path: path.to_owned(),
        },
        what: "data of the manifest",
        name: name.to_owned(),
        known: files.keys().cloned().collect(),
    })
}

/// The columns that are inputs: those listed, or all that have no other use.
fn feature_columns(
    plan: &DataPlan,
    table: &Table,
    label: usize,
    marks_elsewhere: bool,
) -> Result<Vec<usize>, RecipeError> {
    if let Some(names) = &plan.features {
        return names.iter().map(|name| table.column(name)).collect();
    }
    let mut other = BTreeSet::from([label]);
    for name in &plan.ignore {
        other.insert(table.column(name)?);
    }
    if let Split::Marks { column, .. } = &plan.split
        && !marks_elsewhere
    {
        other.insert(table.column(column)?);
    }
    let columns: Vec<usize> = (0..table.header().len())
        .filter(|column| !other.contains(column))
        .collect();
    if columns.is_empty() {
        return Err(table_error(table.file(), "no column is left as an input"));
    }
    Ok(columns)
}

fn classes(plan: &DataPlan, table: &Table, label: usize) -> Result<Vec<String>, RecipeError> {
    let classes = match &plan.classes {
        Some(classes) => classes.clone(),
        None => {
            let found: BTreeSet<&str> = table.cells(label).collect();
            found.into_iter().map(str::to_owned).collect()
        }
    };
    if classes.len() < 2 {
        return Err(table_error(
            table.file(),
            format!(
                "the label column `{}` has fewer than two classes",
                plan.label
            ),
        ));
    }
    Ok(classes)
}

fn inputs(table: &Table, columns: &[usize]) -> Result<Vec<f64>, RecipeError> {
    let mut inputs = Vec::with_capacity(table.len() * columns.len());
    for row in 0..table.len() {
        for &column in columns {
            inputs.push(table.number(row, column)?);
        }
    }
    Ok(inputs)
}

fn labels(table: &Table, label: usize, classes: &[String]) -> Result<Vec<u32>, RecipeError> {
    let known: BTreeMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
    table
        .cells(label)
        .enumerate()
        .map(|(row, cell)| {
            known.get(cell).copied().ok_or_else(|| {
                let expected = format!("one of {}", super::error::quoted(classes));
                table.cell_error(row, label, &expected)
            })
        })
        .collect()
}

fn marked(
    plan: &DataPlan,
    table: &Table,
    marks: Option<&Table>,
) -> Result<Option<Partition>, RecipeError> {
    let Split::Marks {
        column,
        train,
        test,
        ..
    } = &plan.split
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
        test: Vec::new(),
    };
    for (row, mark) in marks.cells(column).enumerate() {
        if mark == train {
            partition.train.push(row);
        } else if mark == test {
            partition.test.push(row);
        } else {
            let expected = format!("`{train}` or `{test}`");
            return Err(marks.cell_error(row, column, &expected));
        }
    }
    Ok(Some(partition))
}

impl Dataset {
    /// The names of the input columns, in order.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// The classes, in the order of the network's outputs.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The number of rows, training and test together.
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    fn partition(&self, split: &Split, seed: u64) -> Option<Partition> {
        match &self.marked {
            Some(marked) if marked.train.is_empty() || marked.test.is_empty() => None,
            Some(marked) => Some(marked.clone()),
            None => split::cut(split, self.rows(), seed),
        }
    }

    /// The rows of one run.
    pub(super) fn parts(&self, plan: &DataPlan, seed: u64) -> Option<Parts> {
        let partition = self.partition(&plan.split, seed)?;
        let scales: Vec<Scale> = (0..self.features.len())
            .map(|column| self.scale(plan.standardise, column, &partition.train))
            .collect();
        Some(Parts {
            train: self.scaled(&partition.train, &scales),
            test: self.scaled(&partition.test, &scales),
        })
    }

    fn scale(&self, standardise: Standardise, column: usize, train: &[usize]) -> Scale {
        let width = self.features.len();
        let values = || train.iter().map(|row| self.inputs[row * width + column]);
        let count = train.len() as f64;
        match standardise {
            Standardise::None => Scale {
                centre: 0.0,
                width: 1.0,
            },
            Standardise::TrainMeanSd => {
                let centre = values().sum::<f64>() / count;
                let squares: f64 = values().map(|value| (value - centre).powi(2)).sum();
                Scale {
                    centre,
                    width: (squares / count).sqrt(),
                }
            }
            Standardise::TrainRange => {
                let low = values().fold(f64::INFINITY, f64::min);
                let high = values().fold(f64::NEG_INFINITY, f64::max);
                Scale {
                    centre: low,
                    width: high - low,
                }
            }
        }
    }

    fn scaled(&self, rows: &[usize], scales: &[Scale]) -> Rows {
        let width = self.features.len();
        let mut inputs = Vec::with_capacity(rows.len() * width);
        for &row in rows {
            let values = &self.inputs[row * width..(row + 1) * width];
            inputs.extend(values.iter().zip(scales).map(|(v, scale)| scale.apply(*v)));
        }
        Rows {
            inputs,
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
        }
    }
}

/// Maps a column's values: minus `centre`, by `width`.
struct Scale {
    centre: f64,
    width: f64,
}

impl Scale {
    fn apply(&self, value: f64) -> f32 {
        if self.width > 0.0 {
            ((value - self.centre) / self.width) as f32
        } else {
            0.0
        }
    }
}
