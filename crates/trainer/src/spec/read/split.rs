//! The part of a recipe that says which rows train and which test.

use crate::error::RecipeError;
use crate::spec::data::{Balance, DataSource, Fold, RowOrder, Split};
use crate::spec::read::node::{NodeFields, RecipeNode};

pub(crate) fn split(node: RecipeNode<'_>, source: &DataSource) -> Result<Split, RecipeError> {
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
    let is_table = matches!(source, DataSource::Table { .. });
    match kind {
        "marks" if !is_table => Err(settings.conflict("the arrays have no column of marks")),
        "marks" => marks(&settings.fields(&["file", "column", "train", "validation", "test"])?),
        "folds" => {
            let keys = [
                "count",
                "repeats",
                "fold",
                "validation",
                "order",
                "seed",
                "stratify",
                "group",
            ];
            folds(&settings.fields(&keys)?, source)
        }
        _ => {
            let keys = ["test", "validation", "order", "seed", "stratify", "group"];
            let fields = settings.fields(&keys)?;
            let test = fields
                .required("test")?
                .number("a number between 0 and 1", |value| {
                    value > 0.0 && value < 1.0
                })?;
            Ok(Split::Fraction {
                test,
                validation: validation(&fields)?,
                order: row_order(&fields)?,
                balance: balance(&fields, source)?,
            })
        }
    }
}

fn marks(fields: &NodeFields<'_>) -> Result<Split, RecipeError> {
    let mark =
        |key: &str| fields.or_assume(key, key.to_owned(), format!("`{key}`"), |node| node.text());
    Ok(Split::Marks {
        file: fields
            .optional("file")
            .map(|node| node.text())
            .transpose()?,
        column: fields.required("column")?.text()?,
        train: mark("train")?,
        validation: fields
            .optional("validation")
            .map(|node| node.text())
            .transpose()?,
        test: mark("test")?,
    })
}

fn folds(fields: &NodeFields<'_>, source: &DataSource) -> Result<Split, RecipeError> {
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
    let order = row_order(fields)?;
    let repeats = match fields.optional("repeats") {
        None => 1,
        Some(node) => {
            let repeats = node.count(1)?;
            if fold != Fold::BySeed {
                return Err(node.conflict("the repeats need `fold: by-seed`"));
            }
            if !matches!(order, RowOrder::Shuffled(_)) {
                return Err(
                    node.conflict("the repeats need `order: shuffled` with a seed of its own")
                );
            }
            repeats
        }
    };
    Ok(Split::Folds {
        folds,
        repeats,
        fold,
        validation: validation(fields)?,
        order,
        balance: balance(fields, source)?,
    })
}

/// The part that validates; none where nothing is said of it.
fn validation(fields: &NodeFields<'_>) -> Result<f64, RecipeError> {
    match fields.optional("validation") {
        Some(node) => node.number("a number from 0 to below 1", |value| {
            (0.0..1.0).contains(&value)
        }),
        None => Ok(0.0),
    }
}

/// `stratify: classes`, or `group: COLUMN`.
fn balance(fields: &NodeFields<'_>, source: &DataSource) -> Result<Balance, RecipeError> {
    match (fields.optional("stratify"), fields.optional("group")) {
        (None, None) => Ok(Balance::Rows),
        (Some(_), Some(group)) => Err(group.conflict("rows are stratified already")),
        (Some(node), None) if source.gives_values() => {
            Err(node.conflict("the targets are values, not classes"))
        }
        (Some(node), None) => node
            .named("way to stratify", &[("classes", ())])
            .map(|()| Balance::Classes),
        (None, Some(node)) if !matches!(source, DataSource::Table { .. }) => {
            Err(node.conflict("the arrays have no column of groups"))
        }
        (None, Some(node)) => Ok(Balance::Groups(node.text()?)),
    }
}

/// `order: file`, or `order: shuffled` with `seed: run` or a number.
fn row_order(fields: &NodeFields<'_>) -> Result<RowOrder, RecipeError> {
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
