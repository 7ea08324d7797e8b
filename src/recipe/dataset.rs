//! The data of a recipe, read and checked, and the rows of one run, scaled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::arrays;
use super::columns;
use super::error::{Place, RecipeError};
use super::inputs;
use super::language::{
    Aim, DataPlan, Measured, Reading, Recipe, Source, Split, Standardise, Stopping,
};
use super::metrics::{Metric, Part};
use super::network::{self, Begun, Ends};
use super::pretrained;
use super::proben1::Proben1;
use super::split::{self, Partition};
use super::table::{Table, table_error};

/// The rows of a recipe's data: finite inputs, and for each row a class or target values.
///
/// There are at least one input column, one output, one training row and one test row.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    pub(super) features: Vec<String>,
    /// At least two, or none when the targets are values.
    pub(super) classes: Vec<String>,
    /// The number of targets of a row: the classes, or the values.
    pub(super) outputs: usize,
    /// Row after row.
    pub(super) inputs: Vec<f64>,
    /// Row after row: 1 for the row's class and 0 for the others, or the values.
    pub(super) targets: Vec<f32>,
    /// The partition that marks or the file give, if they give it.
    pub(super) marked: Option<Partition>,
    /// Values with which parameters begin.
    pub(super) begun: Begun,
}

/// The rows of one part of one run, scaled and rounded to `f32`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows {
    pub(super) count: usize,
    /// Row after row.
    pub(super) inputs: Vec<f32>,
    pub(super) targets: Vec<f32>,
}

/// The rows of one run; those that validate may be none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parts {
    pub(super) train: Rows,
    pub(super) validation: Rows,
    pub(super) test: Rows,
}

/// Reads the data that a recipe names; `files` are the manifest's data, name to file.
///
/// # Errors
/// A name that the manifest does not have, a file that cannot be read or whose content is not what
/// the recipe says, a split with an empty part, a model or loss that does not take such data.
pub fn load(recipe: &Recipe, files: &BTreeMap<String, PathBuf>) -> Result<Dataset, RecipeError> {
    let plan = &recipe.data;
    let file = file_of(recipe, files, "data.name", &plan.name)?;
    let mut dataset = match &plan.source {
        Source::Csv { .. } => {
            let table = Table::read(file)?;
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
            columns::dataset(plan, &table, marks.as_ref())?
        }
        Source::Proben1 => of_proben1(Proben1::read(file)?),
        Source::Arrays { format, parts } => arrays::dataset(file, *format, parts)?,
    };
    if plan.aim == Aim::Inputs {
        dataset.classes = Vec::new();
        dataset.outputs = dataset.features.len();
        dataset.targets = dataset.inputs.iter().map(|value| *value as f32).collect();
    }
    check(recipe, &dataset, file)?;
    inputs::check(recipe, &dataset)?;
    if let Some(plan) = &recipe.pretrained {
        let file = file_of(recipe, files, "initial.read.data", &plan.data)?;
        dataset.begun = pretrained::read(recipe, plan, file, dataset.ends())?;
    }
    Ok(dataset)
}

fn of_proben1(content: Proben1) -> Dataset {
    let names = |count: usize| (1..=count).map(|number| number.to_string()).collect();
    let (inputs, outputs) = (content.inputs, content.outputs);
    let targets = content.rows.iter().flat_map(|row| &row[inputs..]);
    Dataset {
        features: names(inputs),
        classes: if content.classes {
            names(outputs)
        } else {
            Vec::new()
        },
        outputs,
        targets: targets.map(|target| *target as f32).collect(),
        inputs: content
            .rows
            .iter()
            .flat_map(|row| row[..inputs].to_vec())
            .collect(),
        marked: Some(Partition::consecutive(content.parts)),
        begun: Begun::new(),
    }
}

/// One-hot targets of classes.
pub(super) fn one_hot(labels: &[usize], classes: usize) -> Vec<f32> {
    let mut targets = vec![0.0; labels.len() * classes];
    for (row, label) in labels.iter().enumerate() {
        targets[row * classes + label] = 1.0;
    }
    targets
}

/// Refuses what a recipe asks of data that do not have it.
fn check(recipe: &Recipe, dataset: &Dataset, file: &Path) -> Result<(), RecipeError> {
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
    if let Some(weights) = recipe.loss.class_weights()
        && weights.len() != ends.outputs
    {
        let message = format!("expected {} weights, found {}", ends.outputs, weights.len());
        return Err(conflict("loss".to_owned(), message));
    }
    let has_classes = !dataset.classes.is_empty();
    let reads_classes = matches!(
        recipe.loss.reading(),
        Reading::Softmax | Reading::Exponential
    );
    if reads_classes && !has_classes {
        return Err(conflict(
            "loss".to_owned(),
            "the loss needs classes".to_owned(),
        ));
    }
    let along = recipe.curve.iter().flat_map(|curve| &curve.metrics);
    let along = along.map(|metric| ("curve.metrics", metric));
    let asked: Vec<(&str, &Metric)> = recipe
        .metrics
        .iter()
        .map(|metric| ("metrics", metric))
        .chain(along)
        .collect();
    let mut unfit = asked
        .iter()
        .filter(|(_, metric)| metric.quantity.needs_classes());
    if let Some((path, metric)) = unfit.next().filter(|_| !has_classes) {
        let message = format!("`{metric}` needs classes, the data have values");
        return Err(conflict((*path).to_owned(), message));
    }
    // The sizes of the parts do not depend on the seed, so one look suffices.
    let Some(partition) = dataset.partition(&recipe.data.split, 0) else {
        let rows = dataset.rows();
        let message = format!("the split leaves no rows to train or to test on, of {rows}");
        return Err(table_error(file, message));
    };
    let training = &recipe.training;
    let mut measures_it = asked
        .iter()
        .filter(|(_, metric)| metric.part == Part::Validation);
    let path = if training.stopping != Stopping::Never {
        "training.stopping"
    } else if training.measured == Measured::BestValidation {
        "training.measured"
    } else if let Some((path, _)) = measures_it.next() {
        path
    } else {
        return Ok(());
    };
    if partition.validation.is_empty() {
        return Err(conflict(
            path.to_owned(),
            "the split leaves no validation rows".to_owned(),
        ));
    }
    Ok(())
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

impl Dataset {
    /// The names of the input columns, in order.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// The classes, in the order of the network's outputs; none when the targets are values.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The number of rows of all parts.
    pub fn rows(&self) -> usize {
        self.targets.len() / self.outputs
    }

    /// The widths of a network's ends.
    pub(super) fn ends(&self) -> Ends {
        Ends {
            inputs: self.features.len(),
            outputs: self.outputs,
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
            train: self.scaled(&partition.train, &scales, plan.aim),
            validation: self.scaled(&partition.validation, &scales, plan.aim),
            test: self.scaled(&partition.test, &scales, plan.aim),
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

    fn scaled(&self, rows: &[usize], scales: &[Scale], aim: Aim) -> Rows {
        let width = self.features.len();
        let mut inputs = Vec::with_capacity(rows.len() * width);
        for &row in rows {
            let values = &self.inputs[row * width..(row + 1) * width];
            inputs.extend(values.iter().zip(scales).map(|(v, scale)| scale.apply(*v)));
        }
        if aim == Aim::Inputs {
            let (count, targets) = (rows.len(), inputs.clone());
            return Rows {
                count,
                inputs,
                targets,
            };
        }
        let targets = rows.iter().flat_map(|&row| {
            let begin = row * self.outputs;
            &self.targets[begin..begin + self.outputs]
        });
        Rows {
            count: rows.len(),
            inputs,
            targets: targets.copied().collect(),
        }
    }

    /// The number of test rows of a run whose inputs are, bit for bit, also those of a training
    /// row: a network may have learnt them by heart.
    pub fn repeated_test_rows(&self, recipe: &Recipe, seed: u64) -> usize {
        let Some(partition) = self.partition(&recipe.data.split, seed) else {
            return 0;
        };
        let width = self.features.len();
        let bits = |&row: &usize| -> Vec<u64> {
            let values = &self.inputs[row * width..(row + 1) * width];
            values.iter().map(|value| value.to_bits()).collect()
        };
        let trained: BTreeSet<Vec<u64>> = partition.train.iter().map(bits).collect();
        let test = partition.test.iter();
        test.filter(|row| trained.contains(&bits(row))).count()
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
        assert_eq!(data.rows(), 3);
        assert_eq!(data.targets, [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
        let marked = data.marked.unwrap();
        assert_eq!((marked.train, marked.test), (vec![0, 1], vec![2]));
    }

    #[test]
    fn listed_columns_classes_and_a_file_of_marks_are_used() {
        let settings = "label: class, classes: [y, x], features: [b], split: {marks: {file: m, column: part, train: '1', test: '2'}}";
        let marks = "part\n2\n1\n1\n";
        let data = loaded(settings, &[("d", GOOD), ("m", marks)]).unwrap();
        assert_eq!(data.features(), ["b"]);
        assert_eq!(data.targets, [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
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
                source: Source::Proben1,
                aim: Aim::Targets,
                split: Split::Marks {
                    file: None,
                    column: String::new(),
                    train: String::new(),
                    validation: None,
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

    #[test]
    fn values_and_validation_rows_are_found() {
        let settings = "targets: [b], features: [a], split: {marks: {column: split, validation: val}}, standardise: train-mean-sd";
        let content = "a,b,split\n1,2,train\n3,4.5,train\n5,9,val\n3,8,test\n";
        let data = loaded(settings, &[("d", content)]).unwrap();
        assert_eq!(data.targets, [2.0, 4.5, 9.0, 8.0]);
        assert!(data.classes().is_empty());
        let marked = data.marked.unwrap();
        assert_eq!((marked.validation, marked.test), (vec![2], vec![3]));
    }

    #[test]
    fn repeated_test_rows_are_counted() {
        let content =
            "a,b,class,split\n1,2,x,train\n3,4,y,train\n3,4,x,test\n1,3,x,test\n3,4,y,test\n";
        let data = loaded(MARKS, &[("d", content)]).unwrap();
        let text = format!(
            "{{recipe: 1, data: {{name: d, {MARKS}}}, model: {{mlp: {{hidden: 0}}}}, initial: {{weights: zero}}, loss: mean-squared-error, training: {{optimiser: rprop, batch: 1, epochs: 1}}}}"
        );
        let recipe = Recipe::parse(&text, "r.yaml", &BTreeMap::new()).unwrap();
        assert_eq!(data.repeated_test_rows(&recipe, 1), 2);
    }

    #[test]
    fn what_the_data_do_not_have_is_refused() {
        let refused = |model: &str, loss: &str, training: &str, data: &str| {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("d.csv");
            fs::write(
                &file,
                "a,b,class,split\n1,2,5,train\n3,4,6,train\n5,9,5,test\n",
            )
            .unwrap();
            let text = format!(
                "{{recipe: 1, data: {{name: d, {data}}}, model: {model}, initial: {{weights: zero}}, loss: {loss}, training: {{optimiser: rprop, batch: 1, epochs: 1{training}}}}}"
            );
            let recipe = Recipe::parse(&text, "r.yaml", &BTreeMap::new()).unwrap();
            let files = BTreeMap::from([("d".to_owned(), file)]);
            load(&recipe, &files).unwrap_err().to_string()
        };
        let mlp = "{mlp: {hidden: 0}}";
        let values = "targets: [class], split: {marks: {column: split}}";
        assert_eq!(
            refused("{sequential: [{linear: 3}]}", "cross-entropy", "", MARKS),
            "r.yaml: model.sequential: the last layer gives (3) numbers a row, expected (2)"
        );
        assert_eq!(
            refused(
                "{sequential: [relu, {conv1d: {channels: 1, kernel: 1}}]}",
                "cross-entropy",
                "",
                MARKS
            ),
            "r.yaml: model.sequential[1]: expected the shape (channels, length), found (2)"
        );
        assert_eq!(
            refused(mlp, "{cross-entropy: {weights: [1]}}", "", MARKS),
            "r.yaml: loss: expected 2 weights, found 1"
        );
        assert_eq!(
            refused(mlp, "cross-entropy", "", values),
            "r.yaml: loss: the loss needs classes"
        );
        let patience = ", stopping: {patience: 1}, measured: last";
        assert_eq!(
            refused(mlp, "cross-entropy", patience, MARKS),
            "r.yaml: training.stopping: the split leaves no validation rows"
        );
    }
}
