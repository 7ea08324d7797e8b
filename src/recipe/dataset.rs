//! The data of a recipe, read and checked, and the rows of one run, scaled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::error::{Place, RecipeError};
use super::language::{DataPlan, Recipe, Split, Standardise};
use super::network::{self, Ends};
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
    check_model(recipe, &dataset)?;
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

/// Refuses a model whose layers do not take the data or do not give the outputs.
fn check_model(recipe: &Recipe, dataset: &Dataset) -> Result<(), RecipeError> {
    let conflict = |path: String, message: String| RecipeError::Conflict {
        at: Place {
            origin: recipe.origin.clone(),
            path,
        },
        message,
    };
    let ends = dataset.ends();
    network::fit(&recipe.model, ends)
        .map_err(|misfit| conflict(format!("model.sequential{}", misfit.path), misfit.message))?;
    match recipe.loss.class_weights() {
        Some(weights) if weights.len() != ends.outputs => Err(conflict(
            "loss".to_owned(),
            format!("expected {} weights, found {}", ends.outputs, weights.len()),
        )),
        _ => Ok(()),
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

    /// The widths of a network's ends.
    pub(super) fn ends(&self) -> Ends {
        Ends {
            inputs: self.features.len(),
            outputs: self.classes.len(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const GOOD: &str = "a,b,class,split\n1,2,x,train\n3,4,y,train\n5,9,x,test\n";

    /// Loads files of these contents with these settings in `data`, or gives the message and hint.
    fn loaded(settings: &str, contents: &[(&str, &str)]) -> Result<Dataset, String> {
        let folder = tempfile::tempdir().unwrap();
        let mut files = BTreeMap::new();
        for (name, content) in contents {
            let file = folder.path().join(format!("{name}.csv"));
            fs::write(&file, content).unwrap();
            files.insert((*name).to_owned(), file);
        }
        let text = format!(
            "{{recipe: 1, data: {{name: d, {settings}}}, model: {{mlp: {{hidden: 0}}}}, initial: {{weights: zero}}, loss: mean-squared-error, training: {{optimiser: {{sgd: {{learning_rate: 1}}}}, batch: 1, epochs: 1}}}}"
        );
        let recipe = Recipe::parse(&text, "r.yaml", &BTreeMap::new()).unwrap();
        load(&recipe, &files).map_err(|error| {
            let folder = format!("{}/", folder.path().display());
            let text = match error.hint() {
                Some(hint) => format!("{error}\nhint: {hint}"),
                None => error.to_string(),
            };
            text.replace(&folder, "")
        })
    }

    const MARKS: &str = "label: class, split: {marks: {column: split}}";

    #[test]
    fn columns_classes_and_parts_are_found() {
        let data = loaded(MARKS, &[("d", GOOD)]).unwrap();
        assert_eq!(data.features(), ["a", "b"]);
        assert_eq!(data.classes(), ["x", "y"]);
        assert_eq!((data.rows(), data.labels), (3, vec![0, 1, 0]));
        let marked = data.marked.unwrap();
        assert_eq!((marked.train, marked.test), (vec![0, 1], vec![2]));
    }

    #[test]
    fn listed_columns_classes_and_a_file_of_marks_are_used() {
        let settings = "label: class, classes: [y, x], features: [b], split: {marks: {file: m, column: part, train: '1', test: '2'}}";
        let marks = "part\n2\n1\n1\n";
        let data = loaded(settings, &[("d", GOOD), ("m", marks)]).unwrap();
        assert_eq!(data.features(), ["b"]);
        assert_eq!(data.labels, [1, 0, 1]);
        assert_eq!(data.marked.unwrap().test, [0]);
    }

    #[test]
    fn scales_come_from_the_training_rows_only() {
        let scaled = |how: &str| {
            let settings = format!("{MARKS}, standardise: {how}");
            let data = loaded(&settings, &[("d", GOOD)]).unwrap();
            let plan = DataPlan {
                standardise: match how {
                    "train-range" => Standardise::TrainRange,
                    _ => Standardise::TrainMeanSd,
                },
                name: String::new(),
                label: String::new(),
                classes: None,
                features: None,
                ignore: Vec::new(),
                split: Split::Marks {
                    file: None,
                    column: String::new(),
                    train: String::new(),
                    test: String::new(),
                },
            };
            let parts = data.parts(&plan, 1).unwrap();
            (parts.train.inputs, parts.test.inputs)
        };
        assert_eq!(
            scaled("train-mean-sd"),
            (vec![-1.0, -1.0, 1.0, 1.0], vec![3.0, 6.0])
        );
        assert_eq!(
            scaled("train-range"),
            (vec![0.0, 0.0, 1.0, 1.0], vec![2.0, 3.5])
        );
    }

    #[test]
    fn every_broken_file_gets_one_clear_message() {
        let cases = [
            (
                "a,b,clas,split\n1,2,x,train\n",
                "d.csv: the header has no column `class`\nhint: did you mean `clas`?",
            ),
            (
                "a,b,class,split\n1,2,x,train\n1,2,x\n",
                "d.csv:3: expected 4 cells as in the header, found 3",
            ),
            (
                "a,b,class,split\n1,2,x,train\n1,oops,y,test\n",
                "d.csv:3: column `b`: expected a finite number, found `oops`",
            ),
            (
                "a,b,class,split\n1,2,x,train\n1,,y,test\n",
                "d.csv:3: column `b`: expected a finite number, found an empty cell",
            ),
            (
                "a,b,class,split\n1,inf,x,train\n1,2,y,test\n",
                "d.csv:2: column `b`: expected a finite number, found `inf`",
            ),
            (
                "a,b,class,split\n1,2,x,train\n1,2,y,valid\n",
                "d.csv:3: column `split`: expected `train` or `test`, found `valid`",
            ),
            (
                "a,b,class,split\n1,2,x,train\n1,2,y,train\n",
                "d.csv: the split leaves no rows to train or to test on, of 2",
            ),
            (
                "a,b,class,split\n1,2,x,train\n1,2,x,test\n",
                "d.csv: the label column `class` has fewer than two classes",
            ),
            ("a,a,class,split\n", "d.csv: two columns are named `a`"),
            (
                "class,split\nx,train\ny,test\n",
                "d.csv: no column is left as an input",
            ),
            (
                "a,class,split\n",
                "d.csv: the file has a header and no rows",
            ),
            ("", "d.csv: the file is empty"),
        ];
        for (content, expected) in cases {
            assert_eq!(loaded(MARKS, &[("d", content)]).unwrap_err(), expected);
        }
        let classes = "label: class, classes: [x, z], split: {marks: {column: split}}";
        assert_eq!(
            loaded(classes, &[("d", GOOD)]).unwrap_err(),
            "d.csv:3: column `class`: expected one of `x`, `z`, found `y`"
        );
        assert_eq!(
            loaded(MARKS, &[("data", GOOD)]).unwrap_err(),
            "r.yaml: data.name: unknown data of the manifest `d`\nhint: expected one of `data`"
        );
        let marks = "label: class, ignore: [split], split: {marks: {file: m, column: split}}";
        assert_eq!(
            loaded(marks, &[("d", GOOD), ("m", "split\ntrain\n")]).unwrap_err(),
            "m.csv: expected a mark for each of the 3 rows, found 1"
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let recipe = Recipe::parse(
            "{recipe: 1, data: {name: d, label: c, split: {marks: {column: s}}}, model: {mlp: {hidden: 0}}, initial: {weights: zero}, loss: cross-entropy, training: {optimiser: {sgd: {learning_rate: 1}}, batch: full, epochs: 1}}",
            "r.yaml",
            &BTreeMap::new(),
        );
        let files = BTreeMap::from([("d".to_owned(), PathBuf::from("no/such.csv"))]);
        let error = load(&recipe.unwrap(), &files).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no/such.csv: cannot be read: No such file or directory (os error 2)"
        );
    }
}
