//! The part of a recipe that says where the rows come from.

use crate::error::RecipeError;
use crate::spec::data::{
    ArrayFormat, ArrayPair, ArrayParts, ArrayTarget, Columns, DataPlan, DataSource, Fill, Missing,
    OneHot, Split, Standardise, TableFormat, TargetColumns, TargetKind, Unknown,
};
use crate::spec::read::node::{NodeFields, RecipeNode};
use crate::spec::read::split::split;

/// The formats of named columns.
const TABLES: &[&str] = &["csv", "parquet"];

/// The keys of `data`, each with the formats that have a use for it; none: all.
const KEYS: &[(&str, &[&str])] = &[
    ("name", &["csv", "parquet", "proben1", "npz", "safetensors"]),
    ("format", &[]),
    ("label", TABLES),
    ("target", &[]),
    ("targets", TABLES),
    ("classes", TABLES),
    ("features", TABLES),
    ("ignore", TABLES),
    ("one_hot", TABLES),
    ("missing", TABLES),
    ("arrays", &["npz", "safetensors", "npy", "idx"]),
    ("split", &[]),
    ("standardise", &[]),
];

const FORMATS: [(&str, &str); 7] = [
    ("csv", "csv"),
    ("parquet", "parquet"),
    ("proben1", "proben1"),
    ("npz", "npz"),
    ("safetensors", "safetensors"),
    ("npy", "npy"),
    ("idx", "idx"),
];

pub(crate) fn data(node: RecipeNode<'_>) -> Result<DataPlan, RecipeError> {
    let keys: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
    let fields = node.fields(&keys)?;
    let format = fields.or_assume("format", "csv", "csv", |node| {
        node.named("format", &FORMATS)
    })?;
    let unused = KEYS
        .iter()
        .filter(|(_, formats)| !formats.is_empty() && !formats.contains(&format))
        .find_map(|(key, _)| fields.optional(key));
    if let Some(node) = unused {
        return Err(node.conflict(format!("the format `{format}` has no use for it")));
    }
    // Without a word the network gives what the data have for it.
    let aim = match fields.optional("target") {
        Some(node) => node.named("target", &[("inputs", TargetKind::Inputs)])?,
        None => TargetKind::Targets,
    };
    let source = source(&fields, format, aim)?;
    let is_one_array =
        matches!(&source, DataSource::Arrays { format, .. } if format.is_one_array());
    Ok(DataPlan {
        name: match is_one_array {
            true => None,
            false => Some(fields.required("name")?.text()?),
        },
        split: split_of(&fields, &source)?,
        source,
        aim,
        standardise: fields.or_assume("standardise", Standardise::None, "none", standardise)?,
    })
}

fn standardise(node: RecipeNode<'_>) -> Result<Standardise, RecipeError> {
    let known = ["none", "train-mean-sd", "train-range", "divide"];
    let (way, settings) = node.choice("way to standardise", &known)?;
    match (way, settings) {
        ("divide", Some(by)) => {
            let by = by.number("a number above 0", |by| by > 0.0)?;
            Ok(Standardise::Divide(by))
        }
        ("divide", None) => Err(node.unexpected("`{divide: NUMBER}`")),
        (_, Some(settings)) => Err(settings.conflict(format!("`{way}` takes no settings"))),
        ("train-mean-sd", None) => Ok(Standardise::TrainMeanSd),
        ("train-range", None) => Ok(Standardise::TrainRange),
        _ => Ok(Standardise::None),
    }
}

fn source(
    fields: &NodeFields<'_>,
    format: &str,
    aim: TargetKind,
) -> Result<DataSource, RecipeError> {
    let format = match format {
        "csv" => return table(fields, TableFormat::Csv, aim),
        "parquet" => return table(fields, TableFormat::Parquet, aim),
        "proben1" => return Ok(DataSource::Proben1),
        "npz" => ArrayFormat::Npz,
        "npy" => ArrayFormat::Npy,
        "idx" => ArrayFormat::Idx,
        _ => ArrayFormat::Safetensors,
    };
    let parts = arrays(fields.required("arrays")?)?;
    Ok(DataSource::Arrays { format, parts })
}

/// The split, which data that say it themselves do not need.
fn split_of(fields: &NodeFields<'_>, source: &DataSource) -> Result<Split, RecipeError> {
    let says_it = match source {
        DataSource::Table { .. } => false,
        DataSource::Proben1 => true,
        DataSource::Arrays { parts, .. } => matches!(parts, ArrayParts::Given(_)),
    };
    let Some(node) = fields.optional("split") else {
        return match says_it {
            true => Ok(Split::Given),
            false => Err(fields.missing("split")),
        };
    };
    match (node.is_text("given"), says_it) {
        (true, true) => Ok(Split::Given),
        (true, false) if matches!(source, DataSource::Table { .. }) => {
            Err(node.conflict("a table does not say which rows train"))
        }
        (true, false) => Err(node.conflict("the arrays do not say which rows train")),
        (false, true) => Err(node.conflict("the file says which rows train: write `given`")),
        (false, false) => split(node, source),
    }
}

fn table(
    fields: &NodeFields<'_>,
    format: TableFormat,
    aim: TargetKind,
) -> Result<DataSource, RecipeError> {
    let columns = columns(fields, aim)?;
    Ok(DataSource::Table { format, columns })
}

fn columns(fields: &NodeFields<'_>, aim: TargetKind) -> Result<Columns, RecipeError> {
    let list = |key: &str| fields.optional(key).map(distinct_texts).transpose();
    let target = match (fields.optional("label"), fields.optional("targets")) {
        (Some(_), Some(targets)) => {
            return Err(targets.conflict("`label` says what the network shall give already"));
        }
        (None, Some(targets)) => match list("targets")? {
            Some(columns) if !columns.is_empty() => TargetColumns::Values(columns),
            _ => return Err(targets.unexpected("at least one column")),
        },
        (None, None) if aim == TargetKind::Inputs => TargetColumns::Values(Vec::new()),
        _ => TargetColumns::Class {
            column: fields.required("label")?.text()?,
            classes: list("classes")?,
        },
    };
    let features = list("features")?;
    if let Some(node) = fields.optional("features") {
        no_target(&node, features.as_deref().unwrap_or_default(), &target)?;
    }
    let one_hot = one_hot(fields, &target, features.as_deref())?;
    Ok(Columns {
        target,
        features,
        ignore: list("ignore")?.unwrap_or_default(),
        one_hot,
        missing: fields.optional("missing").map(missing).transpose()?,
    })
}

/// Refuses a target among the inputs.
fn no_target(
    node: &RecipeNode<'_>,
    inputs: &[String],
    target: &TargetColumns,
) -> Result<(), RecipeError> {
    let (targets, what) = match target {
        TargetColumns::Class { column, .. } => (std::slice::from_ref(column), "label"),
        TargetColumns::Values(columns) => (columns.as_slice(), "target"),
    };
    match inputs.iter().find(|name| targets.contains(name)) {
        None => Ok(()),
        Some(both) => Err(node.conflict(format!("the {what} column `{both}` cannot be an input"))),
    }
}

/// `{columns: [colour, shape], unknown: zero}`, or the list of columns alone.
fn one_hot(
    fields: &NodeFields<'_>,
    target: &TargetColumns,
    features: Option<&[String]>,
) -> Result<OneHot, RecipeError> {
    let Some(node) = fields.optional("one_hot") else {
        return Ok(OneHot {
            columns: Vec::new(),
            unknown: Unknown::Refused,
        });
    };
    let settings = node.fields(&["columns", "unknown"])?;
    let list = settings.required("columns")?;
    let columns = list.texts()?;
    no_target(&list, &columns, target)?;
    let stranger =
        features.and_then(|features| columns.iter().find(|name| !features.contains(name)));
    if let Some(name) = stranger {
        return Err(list.conflict(format!("`{name}` is not among `features`")));
    }
    Ok(OneHot {
        columns: distinct_texts(list)?,
        unknown: settings.or_assume("unknown", Unknown::Refused, "refused", |node| {
            let known = [("refused", Unknown::Refused), ("zero", Unknown::Zero)];
            node.named("use of unknown categories", &known)
        })?,
    })
}

/// `{as: ["?", NA, ""], then: mean}`.
fn missing(node: RecipeNode<'_>) -> Result<Missing, RecipeError> {
    let fields = node.fields(&["as", "then"])?;
    let list = fields.required("as")?;
    if list.texts()?.is_empty() {
        return Err(list.unexpected("at least one text"));
    }
    Ok(Missing {
        marks: distinct_texts(list)?,
        then: fields.required("then")?.named(
            "use of missing values",
            &[
                ("drop", Fill::Drop),
                ("mean", Fill::Mean),
                ("median", Fill::Median),
                ("zero", Fill::Zero),
                ("indicator", Fill::Indicator),
            ],
        )?,
    })
}

/// `{train: {inputs: x, labels: y}, test: {inputs: x_test, labels: y_test}}`, or `{all: …}`.
fn arrays(node: RecipeNode<'_>) -> Result<ArrayParts, RecipeError> {
    let fields = node.fields(&["train", "validation", "test", "all"])?;
    if let Some(all) = fields.optional("all") {
        let others = ["train", "validation", "test"];
        return match others.iter().find_map(|key| fields.optional(key)) {
            Some(other) => Err(other.conflict("`all` names the arrays of all rows already")),
            None => Ok(ArrayParts::All(pair(all)?)),
        };
    }
    let train = pair(fields.required("train")?)?;
    let is_labels = matches!(train.target, ArrayTarget::Labels(_));
    let like = |node: RecipeNode<'_>| -> Result<ArrayPair, RecipeError> {
        let place = node.conflict("expected `labels` or `targets` as in `train`");
        let pair = pair(node)?;
        match matches!(pair.target, ArrayTarget::Labels(_)) == is_labels {
            true => Ok(pair),
            false => Err(place),
        }
    };
    let validation = fields.optional("validation").map(like).transpose()?;
    let test = like(fields.required("test")?)?;
    Ok(ArrayParts::Given([Some(train), validation, Some(test)]))
}

fn pair(node: RecipeNode<'_>) -> Result<ArrayPair, RecipeError> {
    let fields = node.fields(&["inputs", "labels", "targets"])?;
    let target = match (fields.optional("labels"), fields.optional("targets")) {
        (Some(_), Some(targets)) => {
            return Err(targets.conflict("`labels` says what the network shall give already"));
        }
        (None, Some(targets)) => ArrayTarget::Values(targets.text()?),
        _ => ArrayTarget::Labels(fields.required("labels")?.text()?),
    };
    Ok(ArrayPair {
        inputs: fields.required("inputs")?.text()?,
        target,
    })
}

fn distinct_texts(node: RecipeNode<'_>) -> Result<Vec<String>, RecipeError> {
    let texts = node.texts()?;
    let twice = texts
        .iter()
        .enumerate()
        .find(|(index, text)| texts[..*index].contains(text));
    match twice {
        None => Ok(texts),
        Some((_, text)) => Err(node.conflict(format!("`{text}` stands there twice"))),
    }
}
