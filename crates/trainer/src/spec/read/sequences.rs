//! The layers for sequences and the layers around trained parts, as a recipe writes them.

use crate::error::RecipeError;
use crate::nn::layer::{Bias, Layer};
use crate::nn::sequence::{Attention, Cell, Direction, End, Mask, Positions, Recurrent, Returns};
use crate::spec::read::model::bias;
use crate::spec::read::node::{Fields, Node};

/// The most lists that an embedding can have: indices travel as 32-bit numbers with 24 exact bits.
const LARGEST_EMBEDDING: u64 = 1 << 24;

/// The most recurrent networks along each other.
const MOST_LAYERS: u64 = 100;

/// `embedding: {count: 50, width: 8}`.
pub(crate) fn embedding(settings: Node<'_>) -> Result<Layer, RecipeError> {
    let fields = settings.fields(&["count", "width"])?;
    let count = fields.required("count")?;
    match count.whole() {
        Some(1..=LARGEST_EMBEDDING) => Ok(Layer::Embedding {
            count: count.count(1)?,
            width: fields.required("width")?.count(1)?,
        }),
        _ => Err(count.unexpected(&format!("a whole number from 1 to {LARGEST_EMBEDDING}"))),
    }
}

/// `gru: 64`, or `gru: {width: 64, layers: 2, direction: both, returns: sequence, bias: none}`.
pub(crate) fn recurrent(kind: &str, settings: Node<'_>) -> Result<Layer, RecipeError> {
    let mut keys = vec!["width", "layers", "direction", "returns", "bias"];
    if kind == "rnn" {
        keys.push("activation");
    }
    let width = settings.whole().map(|_| settings.count(1)).transpose()?;
    let fields = match width {
        Some(_) => settings.without_entries().fields(&keys)?,
        None => settings.fields(&keys)?,
    };
    let cell = match kind {
        "gru" => Cell::Gru,
        "lstm" => Cell::Lstm,
        _ => fields.or_assume("activation", Cell::Tanh, "tanh", |node| {
            node.named("activation", &[("tanh", Cell::Tanh), ("relu", Cell::Relu)])
        })?,
    };
    Ok(Layer::Recurrent(Recurrent {
        cell,
        width: match width {
            Some(width) => width,
            None => fields.required("width")?.count(1)?,
        },
        layers: fields.or_assume("layers", 1, "1", |node| match node.whole() {
            Some(1..=MOST_LAYERS) => node.count(1),
            _ => Err(node.unexpected(&format!("a whole number from 1 to {MOST_LAYERS}"))),
        })?,
        direction: direction(&fields)?,
        returns: fields.or_assume("returns", Returns::Last, "last", |node| {
            let names = [("last", Returns::Last), ("sequence", Returns::Sequence)];
            node.named("part to return", &names)
        })?,
        bias: bias(&fields)?,
    }))
}

fn direction(fields: &Fields<'_>) -> Result<Direction, RecipeError> {
    fields.or_assume("direction", Direction::Forward, "forward", |node| {
        let names = [("forward", Direction::Forward), ("both", Direction::Both)];
        node.named("direction", &names)
    })
}

/// `attention: {heads: 4, mask: causal, dropout: 0.1, bias: added}`.
pub(crate) fn attention(settings: Node<'_>) -> Result<Layer, RecipeError> {
    let fields = settings.fields(&["heads", "mask", "dropout", "bias"])?;
    Ok(Layer::Attention(Attention {
        heads: fields.required("heads")?.count(1)?,
        mask: fields.or_assume("mask", Mask::None, "none", |node| {
            node.named("mask", &[("none", Mask::None), ("causal", Mask::Causal)])
        })?,
        dropout: fields.or_assume("dropout", 0.0, "0", |node| {
            node.number("a number from 0 to below 1", |share| {
                (0.0..1.0).contains(&share)
            })
        })?,
        bias: bias(&fields)?,
    }))
}

/// `positions: learned`.
pub(crate) fn positions(settings: Node<'_>) -> Result<Layer, RecipeError> {
    let names = [
        ("learned", Positions::Learned),
        ("sinusoidal", Positions::Sinusoidal),
    ];
    Ok(Layer::Positions(settings.named("positions", &names)?))
}

/// `step: last`.
pub(crate) fn step(settings: Node<'_>) -> Result<Layer, RecipeError> {
    let names = [("first", End::First), ("last", End::Last)];
    Ok(Layer::Step(settings.named("step", &names)?))
}

/// `lora: {rank: 4, alpha: 8}` of a linear layer.
pub(crate) fn low_rank(settings: Node<'_>, width: usize, bias: Bias) -> Result<Layer, RecipeError> {
    let fields = settings.fields(&["rank", "alpha"])?;
    Ok(Layer::LowRank {
        width,
        bias,
        rank: fields.required("rank")?.count(1)?,
        alpha: fields
            .required("alpha")?
            .number("a number above 0", |value| value > 0.0)?,
    })
}

/// The index of the first layer that holds an embedding whose inputs are no longer the data.
pub(crate) fn misplaced_embedding(layers: &[Layer]) -> Option<usize> {
    let mut data = Flowing::Data;
    layers.iter().position(|layer| !fits(layer, &mut data))
}

/// What flows through the layers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flowing {
    /// The inputs as they are, in whatever shape.
    Data,
    /// Numbers that a layer has made.
    Results,
}

fn fits(layer: &Layer, flowing: &mut Flowing) -> bool {
    let inner =
        |layers: &[Layer], flowing: &mut Flowing| layers.iter().all(|layer| fits(layer, flowing));
    match layer {
        Layer::Reshape(_) | Layer::Flatten => true,
        Layer::Frozen(layers) => inner(layers, flowing),
        Layer::Residual(layers) | Layer::Concatenate(layers) => {
            *flowing = Flowing::Results;
            inner(layers, flowing)
        }
        Layer::Embedding { .. } => std::mem::replace(flowing, Flowing::Results) == Flowing::Data,
        _ => {
            *flowing = Flowing::Results;
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Model, Recipe};
    use std::collections::BTreeMap;

    fn parse(layers: &str) -> Result<Recipe, RecipeError> {
        let text = format!(
            "{{recipe: 1, data: {{name: d, label: c, split: {{marks: {{column: s}}}}}}, model: {{sequential: {layers}}}, initial: {{weights: pytorch}}, loss: cross-entropy, training: {{optimiser: {{sgd: {{learning_rate: 1}}}}, batch: 1, epochs: 1}}}}"
        );
        Recipe::parse(&text, "r.yaml", &BTreeMap::new())
    }

    #[test]
    fn layers_of_sequences_are_read_with_their_defaults() {
        let recipe = parse(
            "[{embedding: {count: 9, width: 4}}, {positions: sinusoidal}, {residual: [layer-norm, {attention: {heads: 2, mask: causal}}]}, {gru: 3}, {linear: {width: 2, lora: {rank: 1, alpha: 2}}}]",
        )
        .unwrap();
        let Model::Sequential(layers) = &recipe.model else {
            panic!("{:?}", recipe.model);
        };
        let gru = Recurrent {
            cell: Cell::Gru,
            width: 3,
            layers: 1,
            direction: Direction::Forward,
            returns: Returns::Last,
            bias: Bias::Added,
        };
        assert_eq!(layers[0], Layer::Embedding { count: 9, width: 4 });
        assert_eq!(layers[1], Layer::Positions(Positions::Sinusoidal));
        assert_eq!(layers[3], Layer::Recurrent(gru));
        let adapted = Layer::LowRank {
            width: 2,
            bias: Bias::Added,
            rank: 1,
            alpha: 2.0,
        };
        assert_eq!(layers[4], adapted);
        let assumed: Vec<String> = recipe.assumed().iter().map(|a| a.path.clone()).collect();
        for path in [
            "model.sequential[2].residual[1].attention.dropout",
            "model.sequential[3].gru.returns",
            "model.sequential[3].gru.direction",
        ] {
            assert!(assumed.contains(&path.to_owned()), "{path}: {assumed:?}");
        }
    }

    #[test]
    fn every_broken_layer_gets_one_clear_message() {
        let cases = [
            (
                "[{embeding: {count: 3, width: 2}}]",
                "r.yaml: model.sequential[0]: unknown layer `embeding`\nhint: did you mean `embedding`?",
            ),
            (
                "[{embedding: {count: 0, width: 2}}]",
                "r.yaml: model.sequential[0].embedding.count: expected a whole number from 1 to 16777216, found `0`",
            ),
            (
                "[{linear: 3}, {embedding: {count: 3, width: 2}}]",
                "r.yaml: model.sequential[1]: an embedding reads the inputs themselves: only `reshape` and `flatten` may stand before it",
            ),
            (
                "[{gru: {widht: 3}}]",
                "r.yaml: model.sequential[0].gru: unknown key `widht`\nhint: did you mean `width`?",
            ),
            (
                "[{gru: {width: 3, activation: relu}}]",
                "r.yaml: model.sequential[0].gru: unknown key `activation`\nhint: expected one of `width`, `layers`, `direction`, `returns`, `bias`",
            ),
            (
                "[{lstm: {width: 3, returns: all}}]",
                "r.yaml: model.sequential[0].lstm.returns: unknown part to return `all`\nhint: expected one of `last`, `sequence`",
            ),
            (
                "[{attention: {mask: causal}}]",
                "r.yaml: model.sequential[0].attention: `heads` is missing",
            ),
            (
                "[attention]",
                "r.yaml: model.sequential[0]: `attention` is missing",
            ),
            (
                "[{positions: learnt}]",
                "r.yaml: model.sequential[0].positions: unknown positions `learnt`\nhint: did you mean `learned`?",
            ),
            (
                "[{linear: {width: 3, lora: {rank: 0, alpha: 1}}}]",
                "r.yaml: model.sequential[0].linear.lora.rank: expected a whole number of at least 1, found `0`",
            ),
            (
                "[{frozen: []}]",
                "r.yaml: model.sequential[0].frozen: expected at least one layer, found a list",
            ),
            (
                "[{frozen: [softmax]}]",
                "r.yaml: model.sequential[0]: `cross-entropy` applies softmax itself: the output must be `identity`",
            ),
        ];
        for (layers, expected) in cases {
            let error = parse(layers).unwrap_err();
            let found = match error.hint() {
                Some(hint) => format!("{error}\nhint: {hint}"),
                None => error.to_string(),
            };
            assert_eq!(found, expected, "{layers}");
        }
    }
}
