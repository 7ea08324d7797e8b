//! The rows of a CSV file.

use std::collections::{BTreeMap, BTreeSet};

use super::dataset::{Dataset, one_hot};
use super::error::RecipeError;
use super::language::{DataPlan, Source, Split, Target};
use super::split::Partition;
use super::table::{Table, table_error};

/// The data of a table, with the table of marks if they stand in another file.
///
/// # Errors
/// A column that is missing, a cell that is no number or no class, marks that do not fit the rows.
pub(super) fn dataset(
    plan: &DataPlan,
    table: &Table,
    marks: Option<&Table>,
) -> Result<Dataset, RecipeError> {
    let Source::Csv {
        target,
        features,
        ignore,
    } = &plan.source
    else {
        return Err(table_error(
            table.file(),
            "not the format that was asked for",
        ));
    };
    let targets: Vec<usize> = match target {
        Target::Class { column, .. } => vec![table.column(column)?],
        Target::Values(columns) => {
            let columns = columns.iter().map(|name| table.column(name));
            columns.collect::<Result<_, _>>()?
        }
    };
    let marked_here = match &plan.split {
        Split::Marks { column, .. } if marks.is_none() => Some(column.as_str()),
        _ => None,
    };
    let columns = feature_columns(table, features.as_deref(), ignore, &targets, marked_here)?;
    let (classes, values) = match target {
        Target::Class {
            classes: listed, ..
        } => {
            let classes = classes(table, targets[0], listed.as_deref())?;
            let labels = labels(table, targets[0], &classes)?;
            (classes, labels)
        }
        Target::Values(_) => {
            let values = inputs(table, &targets)?;
            (
                Vec::new(),
                values.into_iter().map(|value| value as f32).collect(),
            )
        }
    };
    let name = |&column: &usize| table.header()[column].clone();
    Ok(Dataset {
        inputs: inputs(table, &columns)?,
        targets: values,
        features: columns.iter().map(name).collect(),
        outputs: if classes.is_empty() {
            targets.len()
        } else {
            classes.len()
        },
        classes,
        marked: marked(plan, table, marks)?,
        begun: BTreeMap::new(),
    })
}

/// The columns that are inputs: those listed, or all that have no other use.
fn feature_columns(
    table: &Table,
    listed: Option<&[String]>,
    ignore: &[String],
    targets: &[usize],
    marks: Option<&str>,
) -> Result<Vec<usize>, RecipeError> {
    if let Some(names) = listed {
        return names.iter().map(|name| table.column(name)).collect();
    }
    let mut other: BTreeSet<usize> = targets.iter().copied().collect();
    for name in ignore {
        other.insert(table.column(name)?);
    }
    if let Some(column) = marks {
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

fn classes(
    table: &Table,
    label: usize,
    listed: Option<&[String]>,
) -> Result<Vec<String>, RecipeError> {
    let classes = match listed {
        Some(classes) => classes.to_vec(),
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
                table.header()[label]
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

/// One-hot targets.
fn labels(table: &Table, label: usize, classes: &[String]) -> Result<Vec<f32>, RecipeError> {
    let known: BTreeMap<&str, usize> = classes.iter().map(String::as_str).zip(0..).collect();
    let labels = table
        .cells(label)
        .enumerate()
        .map(|(row, cell)| {
            known.get(cell).copied().ok_or_else(|| {
                let expected = format!("one of {}", super::error::quoted(classes));
                table.cell_error(row, label, &expected)
            })
        })
        .collect::<Result<Vec<usize>, RecipeError>>()?;
    Ok(one_hot(&labels, classes.len()))
}

fn marked(
    plan: &DataPlan,
    table: &Table,
    marks: Option<&Table>,
) -> Result<Option<Partition>, RecipeError> {
    let Split::Marks {
        column,
        train,
        validation,
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
        validation: Vec::new(),
        test: Vec::new(),
    };
    for (row, mark) in marks.cells(column).enumerate() {
        if mark == train {
            partition.train.push(row);
        } else if mark == test {
            partition.test.push(row);
        } else if Some(mark) == validation.as_deref() {
            partition.validation.push(row);
        } else {
            let expected = format!("`{train}` or `{test}`");
            return Err(marks.cell_error(row, column, &expected));
        }
    }
    Ok(Some(partition))
}
