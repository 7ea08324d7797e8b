//! From YAML text to a [`Recipe`]: the document.

use std::collections::BTreeMap;

use serde_yaml::Value;

use crate::error::RecipeError;
use crate::spec::assumed::Assumed;
use crate::spec::data::TargetKind;
use crate::spec::evaluation::Prediction;
use crate::spec::metric::Metric;
use crate::spec::read::data::data;
use crate::spec::read::evaluation::{curve, metrics, prediction};
use crate::spec::read::initial::initial;
use crate::spec::read::initial::pretrained;
use crate::spec::read::loss::loss;
use crate::spec::read::model::model;
use crate::spec::read::node::{RecipeDocument, RecipeNode};
use crate::spec::read::placeholders;
use crate::spec::read::training::{TRAINING_KEYS, training};
use crate::spec::recipe::Recipe;
use reprove_model::name::MetricName;

const KEYS: &[&str] = &[
    "recipe",
    "title",
    "data",
    "model",
    "initial",
    "loss",
    "training",
    "metrics",
    "prediction",
    "curve",
];

impl Recipe {
    /// Reads a recipe. `origin` is its name in messages; `values` are the configuration's values,
    /// which replace the placeholders `"{name}"`.
    ///
    /// # Errors
    /// Text that is no YAML, an unknown or missing key, a value out of range, a placeholder
    /// without value, a value without placeholder. Each names the position and the path of the key.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// let text = r#"
    /// recipe: 1
    /// data: {name: table, label: class, split: {fraction: {test: 0.5, order: file}}}
    /// model: {mlp: {hidden: "{hidden}", activation: tanh}}
    /// initial: {weights: pytorch}
    /// loss: cross-entropy
    /// training: {optimiser: {sgd: {learning_rate: 0.1}}, batch: full, epochs: 10}
    /// "#;
    /// let values = BTreeMap::from([("hidden".to_owned(), 6.into())]);
    /// let recipe = reprove_trainer::Recipe::parse(text, "recipe.yaml", &values)?;
    /// assert!(recipe.metrics().contains(&"test_accuracy".into()));
    ///
    /// let error = reprove_trainer::Recipe::parse("recipe: 2", "recipe.yaml", &BTreeMap::new());
    /// let message = error.unwrap_err().to_string();
    /// assert!(message.starts_with("recipe.yaml:1:1: recipe: expected"), "{message}");
    /// # Ok::<(), reprove_trainer::RecipeError>(())
    /// ```
    pub fn parse(
        text: &str,
        origin: &str,
        values: &BTreeMap<String, Value>,
    ) -> Result<Self, RecipeError> {
        let recipe = read_text(text, origin, values).map_err(|error| error.located(text))?;
        Ok(Self {
            text: text.to_owned(),
            ..recipe
        })
    }

    /// The defaults that were taken because the recipe does not state them, in order of reading.
    pub fn assumed(&self) -> &[Assumed] {
        &self.assumed
    }

    /// The names of the metrics that a run of this recipe gives.
    pub fn metrics(&self) -> Vec<MetricName> {
        self.metrics.iter().map(Metric::metric_name).collect()
    }
}

/// Reads a recipe whose messages do not locate keys in the text.
pub(crate) fn read_text(
    text: &str,
    origin: &str,
    values: &BTreeMap<String, Value>,
) -> Result<Recipe, RecipeError> {
    let mut tree: Value =
        serde_yaml::from_str(text).map_err(|error| syntax_error(origin, &error))?;
    placeholders::fill(&mut tree, origin, values)?;
    let document = RecipeDocument::new(origin);
    let mut recipe = read(document.root(&tree), origin)?;
    recipe.assumed = document.into_assumed();
    Ok(recipe)
}

fn syntax_error(origin: &str, error: &serde_yaml::Error) -> RecipeError {
    let (line, column) = error
        .location()
        .map_or((1, 1), |place| (place.line(), place.column()));
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    RecipeError::Syntax {
        origin: origin.to_owned(),
        line,
        column,
        message: message.to_owned(),
    }
}

fn read(root: RecipeNode<'_>, origin: &str) -> Result<Recipe, RecipeError> {
    let fields = root.fields(KEYS)?;
    let version = fields.required("recipe")?;
    if version.whole() != Some(1) {
        return Err(version.unexpected("the version of the recipe language, `1`"));
    }
    let title = fields
        .optional("title")
        .map(|node| node.text())
        .transpose()?;
    let data = data(fields.required("data")?)?;
    let loss = loss(fields.required("loss")?)?;
    let model = model(fields.required("model")?, &loss)?;
    let start = fields.required("initial")?;
    let start = start.fields(&["weights", "biases", "read"])?;
    let initial = initial(&start)?;
    let pretrained = start.optional("read").map(pretrained).transpose()?;
    let training = training(&fields.required("training")?.fields(TRAINING_KEYS)?)?;
    let prediction = match fields.optional("prediction") {
        Some(node) => prediction(&node, &model)?,
        None => Prediction::OnePass,
    };
    let gives_values = data.aim == TargetKind::Inputs || data.source.gives_values();
    let metrics = match fields.optional("metrics") {
        Some(node) => metrics(&node, &loss, prediction)?,
        None => Metric::usual(!gives_values),
    };
    let noted = fields.optional("curve");
    let noted = noted.map(|node| curve(node, &loss)).transpose()?;
    Ok(Recipe {
        origin: origin.to_owned(),
        text: String::new(),
        title,
        data,
        model,
        initial,
        pretrained,
        loss,
        training,
        metrics,
        prediction,
        curve: noted,
        assumed: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::data::{Balance, Fold, RowOrder, Split};
    use crate::spec::model::Model;
    use reprove_model::diagnostics::Hint as _;

    const RECIPE: &str = "
recipe: 1
data: {name: sonar, label: class, split: {marks: {column: split}}}
model: {mlp: {hidden: 3, activation: sigmoid, output: sigmoid}}
initial: {weights: {uniform: {low: -0.3, high: 0.3}}}
loss: {half-squared-error: {dead_zone: 0.2}}
training: {optimiser: {sgd: {learning_rate: 2.0}}, batch: 1, epochs: 300}
";

    fn parse(text: &str) -> Result<Recipe, RecipeError> {
        read_text(text, "r.yaml", &BTreeMap::new())
    }

    /// The message for the recipe with one piece of text changed, and its hint.
    fn message(from: &str, to: &str) -> String {
        assert!(RECIPE.contains(from), "{from}");
        let error = parse(&RECIPE.replace(from, to)).unwrap_err();
        match error.hint() {
            Some(hint) => format!("{error}\nhint: {hint}"),
            None => error.to_string(),
        }
    }

    #[test]
    fn errors_have_the_line_and_column_of_their_key() {
        let text = "recipe: 1\ndata:\n  name: d\n  label: c\n  split: {fraction: {test: 2, order: file}}\n";
        let error = Recipe::parse(text, "r.yaml", &BTreeMap::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "r.yaml:5:22: data.split.fraction.test: expected a number between 0 and 1, found `2`"
        );
        let error = Recipe::parse("recipe: 1\ndata:\n  nam: d\n", "r.yaml", &BTreeMap::new());
        assert_eq!(
            error.unwrap_err().to_string(),
            "r.yaml:2:1: data: unknown key `nam`"
        );
        let error = Recipe::parse("recipe: 1\ntitle: \"{t}\"\n", "r.yaml", &BTreeMap::new());
        assert_eq!(
            error.unwrap_err().to_string(),
            "r.yaml:2:1: title: the configuration has no value for `{t}`"
        );
    }

    #[test]
    fn defaults_are_taken_and_listed() {
        let recipe = parse(RECIPE).unwrap();
        let assumed: Vec<String> = recipe
            .assumed()
            .iter()
            .map(|assumed| format!("{}: {}", assumed.path, assumed.value))
            .collect();
        assert_eq!(
            assumed,
            [
                "data.format: csv",
                "data.split.marks.train: `train`",
                "data.split.marks.test: `test`",
                "data.standardise: none",
                "initial.biases: as the weights",
                "training.optimiser.sgd.momentum: 0",
                "training.order: shuffled",
            ]
        );
        assert_eq!(recipe.metrics().len(), 8);
    }

    #[test]
    fn every_broken_recipe_gets_one_clear_message() {
        let cases = [
            (
                "epochs: 300",
                "epoch: 300",
                "r.yaml: training: unknown key `epoch`\nhint: did you mean `epochs`?",
            ),
            (
                "epochs: 300",
                "epochs: 0",
                "r.yaml: training.epochs: expected a whole number of at least 1, found `0`",
            ),
            (", epochs: 300", "", "r.yaml: training: `epochs` is missing"),
            (
                "batch: 1",
                "batch: all",
                "r.yaml: training.batch: expected `full` or a whole number of at least 1, found the text `all`",
            ),
            (
                "learning_rate: 2.0",
                "learning_rate: .nan",
                "r.yaml: training.optimiser.sgd.learning_rate: expected a number above 0, found `.nan`",
            ),
            (
                "{learning_rate: 2.0}",
                "{learning_rate: 2, momentum: 1}",
                "r.yaml: training.optimiser.sgd.momentum: expected a number from 0 to below 1, found `1`",
            ),
            (
                "{sgd: {learning_rate: 2.0}}",
                "sgd",
                "r.yaml: training.optimiser: `sgd.learning_rate` is missing",
            ),
            (
                "sgd:",
                "adm:",
                "r.yaml: training.optimiser: unknown optimiser `adm`\nhint: did you mean `adam`?",
            ),
            (
                "hidden: 3, activation: sigmoid",
                "hidden: 3, activation: sigmod",
                "r.yaml: model.mlp.activation: unknown activation `sigmod`\nhint: did you mean `sigmoid`?",
            ),
            (
                "hidden: 3",
                "hidden: [3, 0]",
                "r.yaml: model.mlp.hidden[1]: expected a whole number of at least 1, found `0`",
            ),
            (
                "hidden: 3",
                "hidden: {hidden}",
                "r.yaml: model.mlp.hidden: expected a list of widths or one whole number, found a placeholder without quotes, `{hidden}`\nhint: put quotes around the placeholder: YAML reads bare braces as a mapping",
            ),
            (
                "hidden: 3",
                "hidden: '{hidden}'",
                "r.yaml: model.mlp.hidden: the configuration has no value for `{hidden}`\nhint: add `hidden` to the configuration",
            ),
            (
                "activation: sigmoid, ",
                "",
                "r.yaml: model.mlp: `activation` is missing",
            ),
            (
                "half-squared-error: {dead_zone: 0.2}",
                "cross-entropy: {}",
                "r.yaml: model.mlp: `cross-entropy` applies softmax itself: the output must be `identity`",
            ),
            (
                "half-squared-error",
                "half-square-error",
                "r.yaml: loss: unknown loss `half-square-error`\nhint: did you mean `half-squared-error`?",
            ),
            (
                "dead_zone: 0.2",
                "dead_zone: -1",
                "r.yaml: loss.half-squared-error.dead_zone: expected a number of at least 0, found `-1`",
            ),
            (
                "low: -0.3, ",
                "",
                "r.yaml: initial.weights.uniform: `low` is missing",
            ),
            (
                "low: -0.3",
                "low: 1",
                "r.yaml: initial.weights: `low` 1 is above `high` 0.3",
            ),
            (
                "marks: {column: split}",
                "folds: {count: 13, fold: 14, order: file}",
                "r.yaml: data.split.folds.fold: expected `by-seed` or a number from 1 to 13, found `14`",
            ),
            (
                "marks: {column: split}",
                "folds: {count: 13, fold: 1, order: shuffled}",
                "r.yaml: data.split.folds: `seed` is missing",
            ),
            (
                "marks: {column: split}",
                "fraction: {test: 1.5, order: file}",
                "r.yaml: data.split.fraction.test: expected a number between 0 and 1, found `1.5`",
            ),
            (
                "marks: {column: split}",
                "fraction: {test: 0.5, order: file, seed: 1}",
                "r.yaml: data.split.fraction.seed: the order `file` takes no seed",
            ),
            (
                "{marks: {column: split}}",
                "marks",
                "r.yaml: data.split: `column` is missing",
            ),
            (
                "label: class",
                "label: class, classes: [a, b, a]",
                "r.yaml: data.classes: `a` stands there twice",
            ),
            (
                "label: class",
                "label: class, features: [a, class]",
                "r.yaml: data.features: the label column `class` cannot be an input",
            ),
            (
                "recipe: 1",
                "recipe: 2",
                "r.yaml: recipe: expected the version of the recipe language, `1`, found `2`",
            ),
            (
                "recipe: 1",
                "recipe: 1\nmetrics: [test_acuracy]",
                "r.yaml: metrics[0]: unknown metric `test_acuracy`\nhint: did you mean `test_accuracy`?",
            ),
            (
                "recipe: 1",
                "recipe: 1\nmetrics: []",
                "r.yaml: metrics: expected at least one metric, found a list",
            ),
            (
                "label: class",
                "targets: [class], label: class",
                "r.yaml: data.targets: `label` says what the network shall give already",
            ),
            (
                "label: class",
                "label: class, format: proben1",
                "r.yaml: data.label: the format `proben1` has no use for it",
            ),
            (
                "split: {marks: {column: split}}",
                "split: given",
                "r.yaml: data.split: a table does not say which rows train",
            ),
            (
                "label: class, split: {marks: {column: split}}",
                "format: npz",
                "r.yaml: data: `arrays` is missing",
            ),
            (
                "label: class",
                "label: class, format: parket",
                "r.yaml: data.format: unknown format `parket`\nhint: did you mean `parquet`?",
            ),
            (
                "recipe: 1",
                "recipe: 1\nmetrics: [test_log_likelihood]",
                "r.yaml: metrics[0]: `test_log_likelihood` needs a loss with probabilities of classes",
            ),
            (
                "recipe: 1",
                "recipe: [1",
                "r.yaml:3:5: did not find expected ',' or ']'",
            ),
        ];
        for (from, to, expected) in cases {
            assert_eq!(message(from, to), expected, "{from} -> {to}");
        }
    }

    #[test]
    fn every_broken_word_on_data_gets_one_clear_message() {
        const NAMED: &str = "name: sonar, label: class, split: {marks: {column: split}}";
        let cases = [
            (
                "label: class",
                "label: class, one_hots: [a]",
                "r.yaml: data: unknown key `one_hots`\nhint: did you mean `one_hot`?",
            ),
            (
                "label: class",
                "label: class, one_hot: {columns: [class]}",
                "r.yaml: data.one_hot.columns: the label column `class` cannot be an input",
            ),
            (
                "label: class",
                "label: class, features: [a], one_hot: {columns: [b]}",
                "r.yaml: data.one_hot.columns: `b` is not among `features`",
            ),
            (
                "label: class",
                "label: class, missing: {as: ['?'], then: men}",
                "r.yaml: data.missing.then: unknown use of missing values `men`\nhint: did you mean `mean`?",
            ),
            (
                "label: class",
                "label: class, missing: {as: [], then: mean}",
                "r.yaml: data.missing.as: expected at least one text, found a list",
            ),
            (
                "label: class",
                "label: class, standardise: {divide: 0}",
                "r.yaml: data.standardise.divide: expected a number above 0, found `0`",
            ),
            (
                "label: class",
                "label: class, standardise: divide",
                "r.yaml: data.standardise: expected `{divide: NUMBER}`, found the text `divide`",
            ),
            (
                "marks: {column: split}",
                "folds: {count: 3, fold: 1, order: file, stratify: class}",
                "r.yaml: data.split.folds.stratify: unknown way to stratify `class`\nhint: did you mean `classes`?",
            ),
            (
                "marks: {column: split}",
                "fraction: {test: 0.5, order: file, stratify: classes, group: g}",
                "r.yaml: data.split.fraction.group: rows are stratified already",
            ),
            (
                "marks: {column: split}",
                "folds: {count: 3, fold: 1, order: file, repeats: 2}",
                "r.yaml: data.split.folds.repeats: the repeats need `fold: by-seed`",
            ),
            (
                "marks: {column: split}",
                "folds: {count: 3, fold: by-seed, order: shuffled, seed: run, repeats: 2}",
                "r.yaml: data.split.folds.repeats: the repeats need `order: shuffled` with a seed of its own",
            ),
            (
                "label: class, split: {marks: {column: split}}",
                "format: idx, arrays: {all: {inputs: a, labels: b}}",
                "r.yaml: data.name: the format `idx` has no use for it",
            ),
            (
                NAMED,
                "format: npy, arrays: {all: {inputs: a, labels: b}}",
                "r.yaml: data: `split` is missing",
            ),
            (
                NAMED,
                "format: npy, arrays: {all: {inputs: a, labels: b}}, split: given",
                "r.yaml: data.split: the arrays do not say which rows train",
            ),
            (
                NAMED,
                "format: npy, arrays: {all: {inputs: a, targets: b}}, split: {fraction: {test: 0.5, order: file, stratify: classes}}",
                "r.yaml: data.split.fraction.stratify: the targets are values, not classes",
            ),
            (
                NAMED,
                "format: npy, arrays: {all: {inputs: a, labels: b}}, split: {fraction: {test: 0.5, order: file, group: g}}",
                "r.yaml: data.split.fraction.group: the arrays have no column of groups",
            ),
            (
                NAMED,
                "format: npy, arrays: {train: {inputs: a, labels: b}, test: {inputs: c, targets: d}}",
                "r.yaml: data.arrays.test: expected `labels` or `targets` as in `train`",
            ),
            (
                NAMED,
                "format: npy, arrays: {all: {inputs: a, labels: b}, test: {inputs: c, labels: d}}",
                "r.yaml: data.arrays.test: `all` names the arrays of all rows already",
            ),
        ];
        for (from, to, expected) in cases {
            assert_eq!(message(from, to), expected, "{from} -> {to}");
        }
    }

    #[test]
    fn values_of_the_configuration_reach_their_places() {
        let text = RECIPE.replace("hidden: 3", "hidden: '{hidden}'");
        let widths = |value: &str| {
            let value = serde_yaml::from_str(value).unwrap();
            let values = BTreeMap::from([("hidden".to_owned(), value)]);
            match read_text(&text, "r.yaml", &values).unwrap().model {
                Model::Mlp { hidden, .. } => hidden,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(widths("0"), Vec::<usize>::new());
        assert_eq!(widths("12"), [12]);
        assert_eq!(widths("[4, 2]"), [4, 2]);
    }

    #[test]
    fn a_split_may_depend_on_the_run() {
        let split = |text: &str| {
            parse(&RECIPE.replace("marks: {column: split}", text))
                .unwrap()
                .data
                .split
        };
        assert_eq!(
            split("folds: {count: 13, fold: by-seed, order: shuffled, seed: 7}"),
            Split::Folds {
                folds: 13,
                repeats: 1,
                fold: Fold::BySeed,
                validation: 0.0,
                order: RowOrder::Shuffled(7),
                balance: Balance::Rows,
            }
        );
        assert_eq!(
            split("fraction: {test: 0.25, order: shuffled, seed: run}"),
            Split::Fraction {
                test: 0.25,
                validation: 0.0,
                order: RowOrder::ShuffledByRun,
                balance: Balance::Rows,
            }
        );
    }
}
