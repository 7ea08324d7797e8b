//! Tests of the layers for sequences, as a recipe writes them.

use super::*;
use crate::nn::bias::Bias;
use crate::nn::embedding::Embedding;
use crate::nn::linear::Linear;
use crate::nn::low_rank::LowRank;
use crate::nn::ops::recurrence::RecurrentCell;
use crate::nn::positions::Positions;
use crate::nn::recurrent::Direction;
use crate::nn::recurrent::Recurrent;
use crate::nn::recurrent::Returns;
use crate::spec::model::Model;
use crate::spec::recipe::Recipe;
use reprove_model::diagnostics::Hint;
use std::collections::BTreeMap;

fn parse(layers: &str) -> Result<Recipe, RecipeError> {
    let text = format!(
        "{{recipe: 1, data: {{name: d, label: c, split: {{marks: {{column: s}}}}}}, model: {{sequential: {layers}}}, initial: {{weights: pytorch}}, loss: cross-entropy, training: {{optimiser: {{sgd: {{learning_rate: 1}}}}, batch: 1, epochs: 1}}}}"
    );
    crate::spec::read::document::read_text(&text, "r.yaml", &BTreeMap::new())
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
        cell: RecurrentCell::Gru,
        width: 3,
        layers: 1,
        direction: Direction::Forward,
        returns: Returns::Last,
        bias: Bias::Added,
    };
    assert_eq!(
        layers[0],
        Layer::Embedding(Embedding { count: 9, width: 4 })
    );
    assert_eq!(layers[1], Layer::Positions(Positions::Sinusoidal));
    assert_eq!(layers[3], Layer::Recurrent(gru));
    let adapted = Layer::Linear(Linear {
        width: 2,
        bias: Bias::Added,
        adapter: Some(LowRank {
            rank: 1,
            alpha: 2.0,
        }),
    });
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
