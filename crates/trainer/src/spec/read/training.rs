//! The parts of a recipe that say how it is trained: initial values, loss, training.

use crate::error::RecipeError;
use crate::spec::read::common::below_one;
use crate::spec::read::common::epsilon;
use crate::spec::read::common::not_negative;
use crate::spec::read::common::pair;
use crate::spec::read::common::positive;
use crate::spec::read::node::{NodeFields, RecipeNode};
use crate::spec::training::{
    BatchOrder, BatchSize, Clipping, Decay, LearningRateSchedule, Length, MeasuredEpoch, Momentum,
    Optimiser, RpropVariant, Stopping, Training,
};

pub(crate) const TRAINING_KEYS: &[&str] = &[
    "optimiser",
    "schedule",
    "warm_up",
    "clipping",
    "batch",
    "order",
    "epochs",
    "updates",
    "stopping",
    "measured",
];

pub(crate) fn training(fields: &NodeFields<'_>) -> Result<Training, RecipeError> {
    Ok(Training {
        optimiser: optimiser(fields.required("optimiser")?)?,
        // Without a word of them there is none: a text that has them says so.
        schedule: match fields.optional("schedule") {
            Some(node) => schedule(node)?,
            None => LearningRateSchedule::Constant,
        },
        warm_up: match fields.optional("warm_up") {
            Some(node) => node.count(0)?,
            None => 0,
        },
        clipping: match fields.optional("clipping") {
            Some(node) => clipping(node)?,
            None => Clipping::None,
        },
        batch: batch(&fields.required("batch")?)?,
        order: fields.or_assume("order", BatchOrder::Shuffled, "shuffled", |node| {
            node.named(
                "order",
                &[
                    ("shuffled", BatchOrder::Shuffled),
                    ("fixed", BatchOrder::Fixed),
                ],
            )
        })?,
        length: length(fields)?,
        stopping: match fields.optional("stopping") {
            Some(node) => stopping(&node)?,
            None => Stopping::Never,
        },
        measured: measured(fields)?,
    })
}

/// Whoever stops early must say which network is measured.
fn measured(fields: &NodeFields<'_>) -> Result<MeasuredEpoch, RecipeError> {
    let node = match fields.optional("measured") {
        None if fields.optional("stopping").is_none() => return Ok(MeasuredEpoch::Last),
        _ => fields.required("measured")?,
    };
    node.named(
        "network to measure",
        &[
            ("last", MeasuredEpoch::Last),
            ("best-validation", MeasuredEpoch::BestValidation),
        ],
    )
}

/// `{patience: 10}`, or `{prechelt: {strip: 5, generalisation_loss: 5, progress: 0.1}}`.
fn stopping(node: &RecipeNode<'_>) -> Result<Stopping, RecipeError> {
    let (kind, settings) = node.choice("rule to stop", &["patience", "prechelt"])?;
    let settings = settings.ok_or_else(|| RecipeError::MissingKey {
        at: node.place(),
        key: kind.to_owned(),
    })?;
    if kind == "patience" {
        return Ok(Stopping::Patience(settings.count(1)?));
    }
    let fields = settings.fields(&["strip", "generalisation_loss", "progress"])?;
    Ok(Stopping::Prechelt {
        strip: fields.required("strip")?.count(1)?,
        generalisation_loss: not_negative(&fields.required("generalisation_loss")?)?,
        progress: not_negative(&fields.required("progress")?)?,
    })
}

fn length(fields: &NodeFields<'_>) -> Result<Length, RecipeError> {
    match (fields.optional("epochs"), fields.optional("updates")) {
        (Some(_), Some(updates)) => Err(updates.conflict("`epochs` says how long already")),
        (None, Some(updates)) => Ok(Length::Updates(updates.count(1)?)),
        (Some(epochs), None) => Ok(Length::Epochs(epochs.count(1)?)),
        (None, None) => Err(fields.missing("epochs")),
    }
}

fn batch(node: &RecipeNode<'_>) -> Result<BatchSize, RecipeError> {
    match node.whole() {
        Some(1..) => Ok(BatchSize::Of(node.count(1)?)),
        _ if node.is_text("full") => Ok(BatchSize::Full),
        _ => Err(node.unexpected("`full` or a whole number of at least 1")),
    }
}

fn schedule(node: RecipeNode<'_>) -> Result<LearningRateSchedule, RecipeError> {
    let (kind, settings) =
        node.choice("schedule", &["constant", "step", "milestones", "cosine"])?;
    let keys: &[&str] = match kind {
        "step" => &["every", "factor"],
        "milestones" => &["epochs", "factor"],
        "cosine" => &["floor"],
        _ => &[],
    };
    let fields = settings
        .unwrap_or_else(|| node.empty_mapping(kind))
        .fields(keys)?;
    Ok(match kind {
        "step" => LearningRateSchedule::Step {
            every: fields.required("every")?.count(1)?,
            factor: positive(&fields.required("factor")?)?,
        },
        "milestones" => {
            let list = fields.required("epochs")?;
            let epochs = list.list()?;
            let epochs: Vec<usize> = epochs
                .iter()
                .map(|e| e.count(1))
                .collect::<Result<_, _>>()?;
            if !epochs.is_sorted() {
                return Err(list.conflict("the epochs must rise"));
            }
            LearningRateSchedule::Milestones {
                epochs,
                factor: positive(&fields.required("factor")?)?,
            }
        }
        "cosine" => LearningRateSchedule::Cosine {
            floor: fields.or_assume("floor", 0.0, "0", |node| below_one(&node))?,
        },
        _ => LearningRateSchedule::Constant,
    })
}

fn clipping(node: RecipeNode<'_>) -> Result<Clipping, RecipeError> {
    let place = node.place();
    let (kind, settings) = node.choice("clipping", &["value", "norm"])?;
    let settings = settings.ok_or_else(|| RecipeError::MissingKey {
        at: place,
        key: kind.to_owned(),
    })?;
    let bound = positive(&settings)?;
    Ok(match kind {
        "value" => Clipping::Value(bound),
        _ => Clipping::Norm(bound),
    })
}

fn optimiser(node: RecipeNode<'_>) -> Result<Optimiser, RecipeError> {
    let (kind, settings) =
        node.choice("optimiser", &["sgd", "adam", "adamw", "rmsprop", "rprop"])?;
    if kind == "rprop" {
        return rprop(settings.unwrap_or_else(|| node.empty_mapping(kind)));
    }
    let settings = settings.ok_or_else(|| RecipeError::MissingKey {
        at: node.place(),
        key: format!("{kind}.learning_rate"),
    })?;
    let fields = settings.fields(match kind {
        "sgd" => &["learning_rate", "momentum", "nesterov", "weight_decay"],
        "rmsprop" => &[
            "learning_rate",
            "alpha",
            "epsilon",
            "momentum",
            "weight_decay",
        ],
        _ => &["learning_rate", "betas", "epsilon", "weight_decay"],
    })?;
    let learning_rate = positive(&fields.required("learning_rate")?)?;
    let momentum = || fields.or_assume("momentum", 0.0, "0", |node| below_one(&node));
    let weight_decay = match fields.optional("weight_decay") {
        Some(node) => not_negative(&node)?,
        // AdamW is named for its decay; the others have none unless a text says so.
        None if kind == "adamw" => fields.or_assume("weight_decay", 0.01, "0.01", |_| Ok(0.01))?,
        None => 0.0,
    };
    match kind {
        "sgd" => Ok(Optimiser::Sgd {
            learning_rate,
            momentum: momentum()?,
            kind: match fields.optional("nesterov") {
                Some(node) => node.named(
                    "momentum",
                    &[("yes", Momentum::Nesterov), ("no", Momentum::Classic)],
                )?,
                None => Momentum::Classic,
            },
            weight_decay,
        }),
        "rmsprop" => Ok(Optimiser::RmsProp {
            learning_rate,
            alpha: fields.or_assume("alpha", 0.99, "0.99", |node| below_one(&node))?,
            epsilon: epsilon(&fields, 1e-8)?,
            momentum: momentum()?,
            weight_decay,
        }),
        _ => Ok(Optimiser::Adam {
            learning_rate,
            betas: fields.or_assume("betas", (0.9, 0.999), "[0.9, 0.999]", |node| {
                pair(&node, below_one)
            })?,
            epsilon: epsilon(&fields, 1e-8)?,
            decay: if kind == "adamw" {
                Decay::Weights(weight_decay)
            } else {
                Decay::Gradient(weight_decay)
            },
        }),
    }
}

fn rprop(settings: RecipeNode<'_>) -> Result<Optimiser, RecipeError> {
    let fields = settings.fields(&["variant", "first", "up", "down", "least", "most"])?;
    let variant = fields.or_assume(
        "variant",
        RpropVariant::Backtracking,
        "backtracking",
        |node| {
            node.named(
                "variant",
                &[
                    ("backtracking", RpropVariant::Backtracking),
                    ("waiting", RpropVariant::Waiting),
                    ("plain", RpropVariant::Plain),
                ],
            )
        },
    )?;
    let first = fields.or_assume("first", (0.1, 0.1), "[0.1, 0.1]", |node| {
        let (low, high) = pair(&node, positive)?;
        if low > high {
            return Err(node.conflict(format!("{low} is above {high}")));
        }
        Ok((low, high))
    })?;
    Ok(Optimiser::Rprop {
        variant,
        first,
        up: fields.or_assume("up", 1.2, "1.2", |node| {
            node.number("a number above 1", |value| value > 1.0)
        })?,
        down: fields.or_assume("down", 0.5, "0.5", |node| {
            node.number("a number between 0 and 1", |value| {
                value > 0.0 && value < 1.0
            })
        })?,
        least: fields.or_assume("least", 0.0, "0", |node| not_negative(&node))?,
        most: fields.or_assume("most", 50.0, "50", |node| positive(&node))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::loss::Loss;
    use crate::spec::recipe::Recipe;
    use std::collections::BTreeMap;

    fn parse(loss: &str, training: &str) -> Result<Recipe, RecipeError> {
        let text = format!(
            "{{recipe: 1, data: {{name: d, label: c, split: {{marks: {{column: s}}}}}}, model: {{mlp: {{hidden: 0}}}}, initial: {{weights: pytorch}}, loss: {loss}, training: {{batch: 1, order: fixed, {training}}}}}"
        );
        crate::spec::read::document::read_text(&text, "r.yaml", &BTreeMap::new())
    }

    #[test]
    fn optimisers_take_the_defaults_of_pytorch_and_list_them() {
        let of = |text: &str| {
            let text = format!("optimiser: {text}, epochs: 1");
            let recipe = parse("cross-entropy", &text).unwrap();
            let assumed: Vec<String> = recipe
                .assumed()
                .iter()
                .filter(|assumed| assumed.path.starts_with("training"))
                .map(|assumed| format!("{}: {}", assumed.path, assumed.value))
                .collect();
            (recipe.training.optimiser, assumed)
        };
        let (optimiser, assumed) = of("{adam: {learning_rate: 0.01}}");
        let adam = Optimiser::Adam {
            learning_rate: 0.01,
            betas: (0.9, 0.999),
            epsilon: 1e-8,
            decay: Decay::Gradient(0.0),
        };
        assert_eq!(optimiser, adam);
        let paths = [
            "training.optimiser.adam.betas: [0.9, 0.999]",
            "training.optimiser.adam.epsilon: 1e-8",
        ];
        assert_eq!(assumed, paths);
        let (optimiser, _) = of("{adamw: {learning_rate: 1}}");
        assert!(matches!(
            optimiser,
            Optimiser::Adam {
                decay: Decay::Weights(0.01),
                ..
            }
        ));
        let (optimiser, assumed) = of("rprop");
        let rprop = Optimiser::Rprop {
            variant: RpropVariant::Backtracking,
            first: (0.1, 0.1),
            up: 1.2,
            down: 0.5,
            least: 0.0,
            most: 50.0,
        };
        assert_eq!(optimiser, rprop);
        assert_eq!(assumed.len(), 6);
    }

    #[test]
    fn schedules_clipping_and_length_are_read() {
        let recipe = parse(
            "{huber: {delta: 0.5}}",
            "optimiser: {sgd: {learning_rate: 1, momentum: 0.9, nesterov: yes}}, schedule: {milestones: {epochs: [30, 60], factor: 0.1}}, warm_up: 5, clipping: {norm: 2}, updates: 8000",
        )
        .unwrap();
        assert_eq!(recipe.loss, Loss::Huber { delta: 0.5 });
        let training = recipe.training;
        let schedule = LearningRateSchedule::Milestones {
            epochs: vec![30, 60],
            factor: 0.1,
        };
        assert_eq!(training.schedule, schedule);
        assert_eq!(
            (training.warm_up, training.clipping),
            (5, Clipping::Norm(2.0))
        );
        assert_eq!(training.length, Length::Updates(8000));
        assert!(matches!(
            training.optimiser,
            Optimiser::Sgd {
                kind: Momentum::Nesterov,
                ..
            }
        ));
    }

    #[test]
    fn every_broken_training_gets_one_clear_message() {
        let sgd = "optimiser: {sgd: {learning_rate: 1}}, epochs: 1";
        let cases = [
            (
                "cross-entropy",
                "optimiser: {adam: {learning_rate: 1, betas: [0.9]}}, epochs: 1".to_owned(),
                "r.yaml: training.optimiser.adam.betas: expected a list of two numbers, found a list",
            ),
            (
                "cross-entropy",
                "optimiser: {rprop: {first: [0.2, 0.1]}}, epochs: 1".to_owned(),
                "r.yaml: training.optimiser.rprop.first: 0.2 is above 0.1",
            ),
            (
                "cross-entropy",
                format!("{sgd}, updates: 4"),
                "r.yaml: training.updates: `epochs` says how long already",
            ),
            (
                "cross-entropy",
                format!("{sgd}, schedule: {{milestones: {{epochs: [3, 2], factor: 1}}}}"),
                "r.yaml: training.schedule.milestones.epochs: the epochs must rise",
            ),
            (
                "cross-entropy",
                format!("{sgd}, schedule: {{step: {{every: 0, factor: 1}}}}"),
                "r.yaml: training.schedule.step.every: expected a whole number of at least 1, found `0`",
            ),
            (
                "cross-entropy",
                format!("{sgd}, clipping: norm"),
                "r.yaml: training.clipping: `norm` is missing",
            ),
            (
                "cross-entropy",
                format!("{sgd}, stopping: {{patience: 3}}"),
                "r.yaml: training: `measured` is missing",
            ),
            (
                "cross-entropy",
                format!("{sgd}, stopping: {{prechelt: {{strip: 0}}}}, measured: last"),
                "r.yaml: training.stopping.prechelt.strip: expected a whole number of at least 1, found `0`",
            ),
            (
                "{cross-entropy: {smoothing: 1}}",
                sgd.to_owned(),
                "r.yaml: loss.cross-entropy.smoothing: expected a number from 0 to below 1, found `1`",
            ),
            (
                "{mean-absolute-error: {delta: 1}}",
                sgd.to_owned(),
                "r.yaml: loss.mean-absolute-error: unknown key `delta`",
            ),
        ];
        for (loss, training, expected) in cases {
            let error = parse(loss, &training).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
