//! The data of a recipe, read and checked, and the rows of one run, scaled.

use std::collections::BTreeSet;

use crate::data::encoding::{Column, EncodedInputs};
use crate::data::split::{self, Kinds, Partition};
use crate::error::RecipeError;
use crate::nn::blueprint::IoWidths;
use crate::nn::parameter::PretrainedWeights;
use crate::spec::data::{Balance, Split, TargetKind};
use crate::spec::recipe::Recipe;
use reprove_model::digest::Sha256Digest;
use reprove_model::seeds::RunSeed;

/// The rows of a recipe's data: finite inputs, and for each row a class or target values.
///
/// There are at least one input column, one output, one training row and one test row.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    pub(crate) features: Vec<String>,
    /// At least two, or none when the targets are values.
    pub(crate) classes: Vec<String>,
    /// The number of targets of a row: the classes, or the values.
    pub(crate) outputs: usize,
    pub(crate) inputs: EncodedInputs,
    /// Row after row: 1 for the row's class and 0 for the others, or the values.
    pub(crate) targets: Vec<f32>,
    /// The partition that marks or the file give, if they give it.
    pub(crate) marked: Option<Partition>,
    /// The group of each row, where the split keeps groups together.
    pub(crate) groups: Vec<usize>,
    /// Values with which parameters begin.
    pub(crate) pretrained_weights: PretrainedWeights,
}

/// How many test rows have the inputs of a training row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeated {
    /// Those that have.
    pub rows: usize,
    /// All test rows.
    pub of: usize,
    /// The seed of the run whose rows these are; `None`: every run has the same.
    pub seed: Option<RunSeed>,
}

/// The rows of one part of one run, scaled and rounded to `f32`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rows {
    pub(crate) count: usize,
    /// Row after row.
    pub(crate) inputs: Vec<f32>,
    pub(crate) targets: Vec<f32>,
}

/// The rows of one run; those that validate may be none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SplitParts {
    pub(crate) train: Rows,
    pub(crate) validation: Rows,
    pub(crate) test: Rows,
}

/// One-hot targets of classes.
pub(crate) fn one_hot(labels: &[usize], classes: usize) -> Vec<f32> {
    let mut targets = vec![0.0; labels.len() * classes];
    for (row, label) in labels.iter().enumerate() {
        targets[row * classes + label] = 1.0;
    }
    targets
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

    /// Whether the targets are classes.
    pub(crate) fn has_classes(&self) -> bool {
        !self.classes.is_empty()
    }

    /// The number of rows of all parts.
    pub fn rows(&self) -> usize {
        self.targets.len() / self.outputs
    }

    /// The numbers of inputs and outputs of a network for these data.
    pub(crate) fn widths(&self) -> IoWidths {
        IoWidths {
            inputs: self.features.len(),
            outputs: self.outputs,
        }
    }

    pub(crate) fn partition(&self, split: &Split, seed: u64) -> Option<Partition> {
        let labels: Vec<usize>;
        let kinds = match split.balance() {
            Some(Balance::Classes) => {
                labels = self.labels();
                Kinds::Classes(&labels)
            }
            Some(Balance::Groups(_)) => Kinds::Groups(&self.groups),
            Some(Balance::Rows) | None => Kinds::None,
        };
        match &self.marked {
            Some(marked) if marked.train.is_empty() || marked.test.is_empty() => None,
            Some(marked) => Some(marked.clone()),
            None => split::cut(split, self.rows(), seed, kinds),
        }
    }

    /// The class of each row, where there are classes.
    fn labels(&self) -> Vec<usize> {
        let rows = self.targets.chunks_exact(self.outputs);
        rows.map(|row| row.iter().position(|target| *target == 1.0).unwrap_or(0))
            .collect()
    }

    /// The rows of one run.
    ///
    /// # Errors
    /// A split that leaves a part without rows, inputs that the training rows say nothing of.
    pub(crate) fn parts(&self, recipe: &Recipe, seed: u64) -> Result<SplitParts, RecipeError> {
        let plan = &recipe.data;
        let partition = self.partition(&plan.split, seed).ok_or_else(|| {
            let message = format!("with seed {seed} it leaves no rows to train or to test on");
            recipe.conflict("data.split", message)
        })?;
        let columns = self.inputs.columns(plan.standardise, &partition)?;
        Ok(SplitParts {
            train: self.of(&partition.train, &columns, plan.aim),
            validation: self.of(&partition.validation, &columns, plan.aim),
            test: self.of(&partition.test, &columns, plan.aim),
        })
    }

    fn of(&self, rows: &[usize], columns: &[Column<'_>], aim: TargetKind) -> Rows {
        let count = rows.len();
        let inputs = self.inputs.of(rows, columns);
        if aim == TargetKind::Inputs {
            return Rows {
                count,
                targets: inputs.clone(),
                inputs,
            };
        }
        let targets = rows.iter().flat_map(|&row| {
            let begin = row * self.outputs;
            &self.targets[begin..begin + self.outputs]
        });
        Rows {
            count,
            inputs,
            targets: targets.copied().collect(),
        }
    }

    /// The test rows whose inputs are, bit for bit, also those of a training row: the
    /// model may have memorised them. Of runs that are cut each in its own way, that with the most of them.
    pub fn repeated_test_rows(&self, recipe: &Recipe, seeds: &[RunSeed]) -> Repeated {
        let split = &recipe.data.split;
        // Digests stand for the rows: the bits of 60,000 images would not fit everywhere twice.
        let digests: Vec<Sha256Digest> = (0..self.rows())
            .map(|row| Sha256Digest::of(&self.inputs.bytes(row)))
            .collect();
        let of_run = |seed: &RunSeed| {
            let partition = self.partition(split, seed.0)?;
            let digest = |row: &usize| digests[*row];
            let trained: BTreeSet<Sha256Digest> = partition.train.iter().map(digest).collect();
            let test = partition.test.iter();
            Some(Repeated {
                rows: test.filter(|row| trained.contains(&digest(row))).count(),
                of: partition.test.len(),
                seed: (!split::is_shared(split)).then_some(*seed),
            })
        };
        let looked_at = if split::is_shared(split) {
            1
        } else {
            seeds.len()
        };
        let found = seeds.iter().take(looked_at).filter_map(of_run);
        let none = Repeated {
            rows: 0,
            of: 0,
            seed: None,
        };
        found.fold(
            none,
            |most, own| if own.rows > most.rows { own } else { most },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::load::load;
    use reprove_model::diagnostics::Hint as _;
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::PathBuf;

    const GOOD: &str = "a,b,class,split\n1,2,x,train\n3,4,y,train\n5,9,x,test\n";

    /// A recipe with these settings in `data`.
    fn recipe(settings: &str) -> Recipe {
        let text = format!(
            "{{recipe: 1, data: {{name: d, {settings}}}, model: {{mlp: {{hidden: 0}}}}, initial: {{weights: zero}}, loss: mean-squared-error, training: {{optimiser: {{sgd: {{learning_rate: 1}}}}, batch: 1, epochs: 1}}}}"
        );
        crate::spec::read::document::read_text(&text, "r.yaml", &BTreeMap::new()).unwrap()
    }

    #[cfg(not(feature = "parquet"))]
    #[test]
    fn a_build_without_parquet_says_so() {
        assert_eq!(
            loaded(&format!("format: parquet, {MARKS}"), &[("d", GOOD)]).unwrap_err(),
            "d.csv: this build does not read Parquet files\nhint: build with `--features parquet`"
        );
    }

    /// Loads files of these contents with these settings in `data`, or gives the message and hint.
    fn loaded(settings: &str, contents: &[(&str, &str)]) -> Result<Dataset, String> {
        let folder = tempfile::tempdir().unwrap();
        let mut files = BTreeMap::new();
        for (name, content) in contents {
            let file = folder.path().join(format!("{name}.csv"));
            fs::write(&file, content).unwrap();
            files.insert((*name).to_owned(), file);
        }
        load(&recipe(settings), &files).map_err(|error| {
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
            let parts = data.parts(&recipe(&settings), 1).unwrap();
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
                "d.csv:3: column `b`: expected a finite number, found an empty cell\nhint: if the value is missing, say what stands for it: `missing: {as: [\"\"], then: mean}`",
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
        let recipe = crate::spec::read::document::read_text(
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
        let found = |settings: &str| {
            let data = loaded(settings, &[("d", content)]).unwrap();
            data.repeated_test_rows(&recipe(settings), &[1, 2, 3].map(RunSeed))
        };
        assert_eq!(
            found(MARKS),
            Repeated {
                rows: 2,
                of: 3,
                seed: None
            }
        );
        let by_run =
            "label: class, ignore: [split], split: {folds: {count: 5, fold: by-seed, order: file}}";
        assert_eq!(
            found(by_run),
            Repeated {
                rows: 1,
                of: 1,
                seed: Some(RunSeed(1))
            }
        );
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
            let recipe =
                crate::spec::read::document::read_text(&text, "r.yaml", &BTreeMap::new()).unwrap();
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

    /// The rows of the run with this seed: train, validation and test inputs.
    fn inputs(settings: &str, content: &str, seed: u64) -> Result<[Vec<f32>; 3], String> {
        let data = loaded(settings, &[("d", content)])?;
        let parts = data.parts(&recipe(settings), seed).unwrap();
        Ok([
            parts.train.inputs,
            parts.validation.inputs,
            parts.test.inputs,
        ])
    }

    const HOLES: &str =
        "a,b,class,split\n1,2,x,train\n?,4,y,train\n3, NA ,x,train\n8,8,y,train\n?,9,x,test\n";

    #[test]
    fn missing_values_are_filled_from_the_training_rows_only() {
        let filled = |then: &str| {
            let settings = format!("{MARKS}, missing: {{as: ['?', NA], then: {then}}}");
            inputs(&settings, HOLES, 1).unwrap()
        };
        let [train, _, test] = filled("mean");
        assert_eq!(train, [1.0, 2.0, 4.0, 4.0, 3.0, 14.0 / 3.0, 8.0, 8.0]);
        assert_eq!(test, [4.0, 9.0]);
        let [train, _, test] = filled("median");
        assert_eq!((train[2], train[5], test[0]), (3.0, 4.0, 3.0));
        assert_eq!(filled("zero")[2], [0.0, 9.0]);
        let dropped = format!("{MARKS}, missing: {{as: ['?', NA], then: drop}}");
        assert_eq!(
            inputs(&dropped, HOLES, 1).unwrap_err(),
            "d.csv: the split leaves no rows to train or to test on, of 2"
        );
    }

    #[test]
    fn a_row_that_is_dropped_takes_its_mark_along() {
        let content = "a,class,split\n?,x,train\n1,y,train\n2,x,test\n3,?,test\n4,x,train\n";
        let settings = format!("{MARKS}, missing: {{as: ['?'], then: drop}}");
        let [train, _, test] = inputs(&settings, content, 1).unwrap();
        assert_eq!((train, test), (vec![1.0, 4.0], vec![2.0]));
        let kept = settings.replace("drop", "mean");
        assert_eq!(
            inputs(&kept, content, 1).unwrap_err(),
            "d.csv:5: column `class`: expected a class, which `missing` with `then: drop` alone can do without, found `?`"
        );
    }

    #[test]
    fn indicators_say_what_is_missing_and_are_not_scaled() {
        let settings = format!(
            "{MARKS}, missing: {{as: ['?', NA], then: indicator}}, standardise: train-range"
        );
        let data = loaded(&settings, &[("d", HOLES)]).unwrap();
        assert_eq!(data.features(), ["a", "b", "a is missing", "b is missing"]);
        let [train, _, test] = inputs(&settings, HOLES, 1).unwrap();
        assert_eq!(train[..4], [0.0, 0.0, 0.0, 0.0]);
        assert_eq!(train[4..8], [3.0 / 7.0, 1.0 / 3.0, 1.0, 0.0]);
        assert_eq!(test, [3.0 / 7.0, 7.0 / 6.0, 1.0, 0.0]);
    }

    const COLOURS: &str = "c,a,class,split\nred,1,x,train\nblue,2,y,train\nred,3,x,train\nred,4,y,test\ngreen,5,x,test\n";

    #[test]
    fn categories_become_inputs_of_which_the_training_rows_know() {
        let settings = format!("{MARKS}, one_hot: {{columns: [c], unknown: zero}}");
        let data = loaded(&settings, &[("d", COLOURS)]).unwrap();
        assert_eq!(data.features(), ["c=blue", "c=green", "c=red", "a"]);
        let [train, _, test] = inputs(&settings, COLOURS, 1).unwrap();
        assert_eq!(train[..8], [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 2.0]);
        assert_eq!(test, [0.0, 0.0, 1.0, 4.0, 0.0, 0.0, 0.0, 5.0]);
        let refused = settings.replace("zero", "refused");
        assert_eq!(
            inputs(&refused, COLOURS, 1).unwrap_err(),
            "d.csv:6: column `c`: expected a category of a training row, `blue`, `red`, found `green`"
        );
        let marked = format!("{settings}, missing: {{as: [blue], then: mean}}");
        assert_eq!(
            inputs(&marked, COLOURS, 1).unwrap()[0][3..6],
            [0.0, 0.0, 2.0]
        );
    }

    #[test]
    fn a_column_without_any_training_value_is_refused() {
        let content = "a,b,class,split\n?,2,x,train\n?,4,y,train\n1,5,x,test\n";
        let settings = format!("{MARKS}, missing: {{as: ['?'], then: median}}");
        assert_eq!(
            inputs(&settings, content, 1).unwrap_err(),
            "d.csv: no training row has a value in the column `a`"
        );
        let all = "a,class,split\n?,x,train\n?,y,test\n";
        assert_eq!(
            inputs(&settings.replace("median", "drop"), all, 1).unwrap_err(),
            "d.csv: every row has a missing value"
        );
    }

    #[test]
    fn groups_and_strata_of_a_table_are_kept() {
        let mut content = "a,who,class\n".to_owned();
        for row in 0..40 {
            let class = if row % 4 == 0 { "x" } else { "y" };
            content += &format!("{row},p{},{class}\n", row / 5);
        }
        let at = |split: &str| {
            let settings = format!(
                "label: class, features: [a], split: {{folds: {{count: 4, fold: by-seed, order: shuffled, seed: 3, {split}}}}}"
            );
            let data = loaded(&settings, &[("d", &content)]).unwrap();
            (
                data.features().to_vec(),
                data.parts(&recipe(&settings), 1).unwrap(),
            )
        };
        let (features, parts) = at("group: who");
        assert_eq!(features, ["a"]);
        let people = |inputs: &[f32]| -> BTreeSet<u32> {
            inputs.iter().map(|row| *row as u32 / 5).collect()
        };
        assert_eq!(people(&parts.test.inputs).len(), 2);
        assert!(people(&parts.test.inputs).is_disjoint(&people(&parts.train.inputs)));
        let (_, parts) = at("stratify: classes");
        let first: f32 = parts.test.targets.chunks(2).map(|row| row[0]).sum();
        assert!((2.0..=3.0).contains(&first), "{first}");
        let settings =
            "label: class, ignore: [who], split: {fraction: {test: 0.5, order: file, group: what}}";
        assert_eq!(
            loaded(settings, &[("d", &content)]).unwrap_err(),
            "d.csv: the header has no column `what`\nhint: did you mean `who`?"
        );
    }
}
