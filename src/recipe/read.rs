//! From YAML text to a [`Recipe`].

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::Assumed;
use super::error::RecipeError;
use super::language::{
    Activation, Batch, DataPlan, Distribution, Fold, Initial, Loss, Model, Optimiser, Recipe,
    RowOrder, Split, Standardise, Training, Visit,
};
use super::metrics::Metric;
use super::node::{Document, Fields, Node};
use super::placeholders;

const KEYS: &[&str] = &[
    "recipe", "title", "data", "model", "initial", "loss", "training", "metrics",
];

impl Recipe {
    /// Reads a recipe. `origin` is its name in messages; `values` are the configuration's values,
    /// which replace the placeholders `"{name}"`.
    ///
    /// # Errors
    /// Text that is no YAML, an unknown or missing key, a value out of range, a placeholder
    /// without value, a value without placeholder. Each names the path of the key.
    pub fn parse(
        text: &str,
        origin: &str,
        values: &BTreeMap<String, Value>,
    ) -> Result<Self, RecipeError> {
        let mut tree: Value =
            serde_yaml::from_str(text).map_err(|error| syntax_error(origin, &error))?;
        placeholders::fill(&mut tree, origin, values)?;
        let document = Document::new(origin);
        let mut recipe = read(document.root(&tree), origin)?;
        recipe.assumed = document.into_assumed();
        Ok(recipe)
    }

    /// The defaults that were taken because the recipe does not state them, in order of reading.
    pub fn assumed(&self) -> &[Assumed] {
        &self.assumed
    }

    /// The names of the metrics that a run of this recipe gives.
    pub fn metrics(&self) -> Vec<String> {
        self.metrics.iter().map(Metric::to_string).collect()
    }
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

fn read(root: Node<'_>, origin: &str) -> Result<Recipe, RecipeError> {
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
    let model = model(fields.required("model")?, loss)?;
    let initial = initial(&fields.required("initial")?.fields(&["weights", "biases"])?)?;
    let training = training(&fields.required("training")?.fields(&[
        "optimiser",
        "batch",
        "order",
        "epochs",
    ])?)?;
    let metrics = match fields.optional("metrics") {
        Some(node) => node
            .list()?
            .into_iter()
            .map(|item| item.named("metric", &Metric::TABLE))
            .collect::<Result<Vec<Metric>, _>>()?,
        None => Metric::TABLE.iter().map(|(_, metric)| *metric).collect(),
    };
    Ok(Recipe {
        origin: origin.to_owned(),
        title,
        data,
        model,
        initial,
        loss,
        training,
        metrics,
        assumed: Vec::new(),
    })
}

fn data(node: Node<'_>) -> Result<DataPlan, RecipeError> {
    let fields = node.fields(&[
        "name",
        "format",
        "label",
        "classes",
        "features",
        "ignore",
        "split",
        "standardise",
    ])?;
    fields.or_assume("format", (), "csv", |node| {
        node.named("format", &[("csv", ())])
    })?;
    let list = |key: &str| fields.optional(key).map(|node| node.texts()).transpose();
    Ok(DataPlan {
        name: fields.required("name")?.text()?,
        label: fields.required("label")?.text()?,
        classes: list("classes")?,
        features: list("features")?,
        ignore: list("ignore")?.unwrap_or_default(),
        split: split(fields.required("split")?)?,
        standardise: fields.or_assume("standardise", Standardise::None, "none", |node| {
            node.named(
                "way to standardise",
                &[
                    ("none", Standardise::None),
                    ("train-mean-sd", Standardise::TrainMeanSd),
                    ("train-range", Standardise::TrainRange),
                ],
            )
        })?,
    })
}

fn split(node: Node<'_>) -> Result<Split, RecipeError> {
    let place = node.place();
    let (kind, settings) = node.choice("split", &["marks", "folds", "fraction"])?;
    let settings = settings.ok_or_else(|| RecipeError::MissingKey {
        at: place,
        key: match kind {
            "marks" => "column",
            "folds" => "count",
            _ => "test",
        }
        .to_owned(),
    })?;
    match kind {
        "marks" => {
            let fields = settings.fields(&["file", "column", "train", "test"])?;
            let mark = |key: &str| {
                fields.or_assume(key, key.to_owned(), format!("`{key}`"), |node| node.text())
            };
            Ok(Split::Marks {
                file: fields
                    .optional("file")
                    .map(|node| node.text())
                    .transpose()?,
                column: fields.required("column")?.text()?,
                train: mark("train")?,
                test: mark("test")?,
            })
        }
        "folds" => folds(&settings.fields(&["count", "fold", "order", "seed"])?),
        _ => {
            let fields = settings.fields(&["test", "order", "seed"])?;
            let test = fields
                .required("test")?
                .number("a number between 0 and 1", |value| {
                    value > 0.0 && value < 1.0
                })?;
            Ok(Split::Fraction {
                test,
                order: row_order(&fields)?,
            })
        }
    }
}

fn folds(fields: &Fields<'_>) -> Result<Split, RecipeError> {
    let folds = fields.required("count")?.count(2)?;
    let node = fields.required("fold")?;
    let fold = if node.is_text("by-seed") {
        Fold::BySeed
    } else {
        match node.whole().and_then(|number| usize::try_from(number).ok()) {
            Some(number) if (1..=folds).contains(&number) => Fold::Number(number),
            _ => return Err(node.unexpected(&format!("`by-seed` or a number from 1 to {folds}"))),
        }
    };
    Ok(Split::Folds {
        folds,
        fold,
        order: row_order(fields)?,
    })
}

/// `order: file`, or `order: shuffled` with `seed: run` or a number.
fn row_order(fields: &Fields<'_>) -> Result<RowOrder, RecipeError> {
    let shuffled = fields
        .required("order")?
        .named("order", &[("file", false), ("shuffled", true)])?;
    match (shuffled, fields.optional("seed")) {
        (false, None) => Ok(RowOrder::File),
        (false, Some(seed)) => Err(seed.conflict("the order `file` takes no seed")),
        (true, None) => Err(fields.missing("seed")),
        (true, Some(seed)) if seed.is_text("run") => Ok(RowOrder::ShuffledByRun),
        (true, Some(seed)) => match seed.whole() {
            Some(number) => Ok(RowOrder::Shuffled(number)),
            None => Err(seed.unexpected("`run` or a whole number of at least 0")),
        },
    }
}

const ACTIVATIONS: &[(&str, Activation)] = &[
    ("identity", Activation::Identity),
    ("sigmoid", Activation::Sigmoid),
    ("tanh", Activation::Tanh),
    ("relu", Activation::Relu),
];

fn model(node: Node<'_>, loss: Loss) -> Result<Model, RecipeError> {
    let place = node.place();
    let (kind, settings) = node.choice("model", &["mlp"])?;
    let settings = settings.ok_or_else(|| RecipeError::MissingKey {
        at: place,
        key: kind.to_owned(),
    })?;
    let fields = settings.fields(&["hidden", "activation", "output"])?;
    let hidden = widths(&fields.required("hidden")?)?;
    // A network without hidden layers has no use for their activation.
    let activation = match fields.optional("activation") {
        Some(node) => node.named("activation", ACTIVATIONS)?,
        None if hidden.is_empty() => Activation::Identity,
        None => fields
            .required("activation")?
            .named("activation", ACTIVATIONS)?,
    };
    let output = fields.or_assume("output", Activation::Identity, "identity", |node| {
        let output = node.named("activation", ACTIVATIONS)?;
        if loss == Loss::CrossEntropy && output != Activation::Identity {
            return Err(node_conflict_with_softmax(&fields));
        }
        Ok(output)
    })?;
    Ok(Model::Mlp {
        hidden,
        activation,
        output,
    })
}

fn node_conflict_with_softmax(fields: &Fields<'_>) -> RecipeError {
    fields
        .node()
        .conflict("`cross-entropy` applies softmax itself: the output must be `identity`")
}

/// A list of widths; one number stands for one layer and 0 for none.
fn widths(node: &Node<'_>) -> Result<Vec<usize>, RecipeError> {
    if node.is_list() {
        return node.list()?.iter().map(|width| width.count(1)).collect();
    }
    match node.whole() {
        Some(0) => Ok(Vec::new()),
        Some(_) => Ok(vec![node.count(1)?]),
        None => Err(node.unexpected("a list of widths or one whole number")),
    }
}

const DISTRIBUTIONS: &[&str] = &[
    "zero",
    "uniform",
    "normal",
    "xavier-uniform",
    "xavier-normal",
    "kaiming-uniform",
    "kaiming-normal",
    "pytorch",
];

fn initial(fields: &Fields<'_>) -> Result<Initial, RecipeError> {
    let weights = distribution(fields.required("weights")?)?;
    let biases = fields.or_assume("biases", weights, "as the weights", |node| {
        if node.is_text("as-weights") {
            Ok(weights)
        } else {
            distribution(node)
        }
    })?;
    Ok(Initial { weights, biases })
}

fn distribution(node: Node<'_>) -> Result<Distribution, RecipeError> {
    let place = node.place();
    let (kind, settings) = node.choice("distribution", DISTRIBUTIONS)?;
    let keys: &[&str] = match kind {
        "uniform" => &["low", "high"],
        "normal" => &["mean", "sd"],
        _ => &[],
    };
    let fields = match settings {
        Some(settings) => Some(settings.fields(keys)?),
        None => None,
    };
    let number = |key: &str| match &fields {
        Some(fields) => fields.required(key)?.number("a number", |_| true),
        None => Err(RecipeError::MissingKey {
            at: place.clone(),
            key: key.to_owned(),
        }),
    };
    Ok(match kind {
        "zero" => Distribution::Zero,
        "uniform" => {
            let (low, high) = (number("low")?, number("high")?);
            if low > high {
                return Err(RecipeError::Conflict {
                    at: place,
                    message: format!("`low` {low} is above `high` {high}"),
                });
            }
            Distribution::Uniform { low, high }
        }
        "normal" => Distribution::Normal {
            mean: number("mean")?,
            sd: number("sd")?.abs(),
        },
        "xavier-uniform" => Distribution::XavierUniform,
        "xavier-normal" => Distribution::XavierNormal,
        "kaiming-uniform" => Distribution::KaimingUniform,
        "kaiming-normal" => Distribution::KaimingNormal,
        _ => Distribution::Pytorch,
    })
}

fn loss(node: Node<'_>) -> Result<Loss, RecipeError> {
    let (kind, settings) = node.choice(
        "loss",
        &["half-squared-error", "mean-squared-error", "cross-entropy"],
    )?;
    let keys: &[&str] = if kind == "cross-entropy" {
        &[]
    } else {
        &["dead_zone"]
    };
    let zone = match settings {
        Some(settings) => settings.fields(keys)?.optional("dead_zone"),
        None => None,
    };
    let dead_zone = match zone {
        Some(zone) => zone.number("a number of at least 0", |value| value >= 0.0)?,
        None => 0.0,
    };
    Ok(match kind {
        "half-squared-error" => Loss::HalfSquaredError { dead_zone },
        "mean-squared-error" => Loss::MeanSquaredError { dead_zone },
        _ => Loss::CrossEntropy,
    })
}

fn training(fields: &Fields<'_>) -> Result<Training, RecipeError> {
    Ok(Training {
        optimiser: optimiser(fields.required("optimiser")?)?,
        batch: batch(&fields.required("batch")?)?,
        order: fields.or_assume("order", Visit::Shuffled, "shuffled", |node| {
            node.named(
                "order",
                &[("shuffled", Visit::Shuffled), ("fixed", Visit::Fixed)],
            )
        })?,
        epochs: fields.required("epochs")?.count(1)?,
    })
}

fn batch(node: &Node<'_>) -> Result<Batch, RecipeError> {
    match node.whole() {
        Some(1..) => Ok(Batch::Of(node.count(1)?)),
        _ if node.is_text("full") => Ok(Batch::Full),
        _ => Err(node.unexpected("`full` or a whole number of at least 1")),
    }
}

fn optimiser(node: Node<'_>) -> Result<Optimiser, RecipeError> {
    let place = node.place();
    let (kind, settings) = node.choice("optimiser", &["sgd"])?;
    let settings = settings.ok_or_else(|| RecipeError::MissingKey {
        at: place,
        key: format!("{kind}.learning_rate"),
    })?;
    let fields = settings.fields(&["learning_rate", "momentum"])?;
    Ok(Optimiser::Sgd {
        learning_rate: fields
            .required("learning_rate")?
            .number("a number above 0", |rate| rate > 0.0)?,
        momentum: fields.or_assume("momentum", 0.0, "0", |node| {
            node.number("a number from 0 to below 1", |value| {
                (0.0..1.0).contains(&value)
            })
        })?,
    })
}
