//! The readers of metrics, predictions and curves.

use crate::error::RecipeError;
use crate::nn::layer::LayerOps;
use crate::nn::layers::Layer;
use crate::spec::evaluation::CurvePlan;
use crate::spec::evaluation::Prediction;
use crate::spec::loss::Loss;
use crate::spec::metric::{Metric, MetricQuantity};
use crate::spec::model::Model;
use crate::spec::read::node::RecipeNode;

/// `{monte-carlo-dropout: {passes: 100, precision: 10}}`.
pub(crate) fn prediction(node: &RecipeNode<'_>, model: &Model) -> Result<Prediction, RecipeError> {
    let (kind, settings) = node.choice("prediction", &["one-pass", "monte-carlo-dropout"])?;
    let settings = match (kind, settings) {
        ("one-pass", None) => return Ok(Prediction::OnePass),
        ("one-pass", Some(settings)) => return Err(settings.conflict("takes no settings")),
        (_, Some(settings)) => settings,
        (_, None) => node.empty_mapping(kind),
    };
    if !has_dropout(&model.layers(1)) {
        return Err(settings.conflict("the model has no dropout"));
    }
    let fields = settings.fields(&["passes", "precision"])?;
    Ok(Prediction::MonteCarloDropout {
        passes: fields.required("passes")?.count(1)?,
        precision: match fields.optional("precision") {
            Some(node) => Some(node.number("a number above 0", |value| value > 0.0)?),
            None => None,
        },
    })
}

fn has_dropout(layers: &[Layer]) -> bool {
    let mut layers = layers.iter();
    layers.any(|layer| layer.properties().has_dropout)
}

/// `{every: 1, metrics: [test_accuracy]}`.
pub(crate) fn curve(node: RecipeNode<'_>, loss: &Loss) -> Result<CurvePlan, RecipeError> {
    let fields = node.fields(&["every", "metrics"])?;
    Ok(CurvePlan {
        every: fields.or_assume("every", 1, "1", |node| node.count(1))?,
        metrics: match fields.optional("metrics") {
            Some(node) => metrics(&node, loss, Prediction::OnePass)?,
            None => Vec::new(),
        },
    })
}

/// The metrics of a list, each of which goes with the loss and the prediction.
pub(crate) fn metrics(
    node: &RecipeNode<'_>,
    loss: &Loss,
    prediction: Prediction,
) -> Result<Vec<Metric>, RecipeError> {
    let items = node.list()?;
    if items.is_empty() {
        return Err(node.unexpected("at least one metric"));
    }
    let has_precision = matches!(
        prediction,
        Prediction::MonteCarloDropout {
            precision: Some(_),
            ..
        }
    );
    items
        .into_iter()
        .map(|item| {
            let metric = item.named("metric", Metric::TABLE)?;
            if !metric.quantity.goes_with(loss) {
                let is_density = metric.quantity == MetricQuantity::GaussianLogLikelihood;
                let needed = match is_density {
                    true => "values",
                    false => "probabilities of classes",
                };
                let message = format!("`{metric}` needs a loss with {needed}");
                Err(item.conflict(message))
            } else if metric.quantity == MetricQuantity::GaussianLogLikelihood && !has_precision {
                let message =
                    format!("`{metric}` needs `prediction.monte-carlo-dropout.precision`");
                Err(item.conflict(message))
            } else {
                Ok(metric)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::recipe::Recipe;
    use reprove_model::diagnostics::Hint as _;
    use std::collections::BTreeMap;

    fn parse(rest: &str) -> Result<Recipe, String> {
        let text = format!(
            "{{recipe: 1, data: {{name: d, targets: [y], split: {{marks: {{column: s}}}}}}, model: {{sequential: [{{linear: 3}}, {{dropout: 0.1}}, {{linear: 1}}]}}, initial: {{weights: pytorch}}, loss: mean-squared-error, training: {{optimiser: {{sgd: {{learning_rate: 1}}}}, batch: 1, epochs: 1}}, {rest}}}"
        );
        crate::spec::read::document::read_text(&text, "r.yaml", &BTreeMap::new()).map_err(|error| {
            match error.hint() {
                Some(hint) => format!("{error}\nhint: {hint}"),
                None => error.to_string(),
            }
        })
    }

    #[test]
    fn predictions_and_curves_are_read() {
        let recipe = parse("prediction: {monte-carlo-dropout: {passes: 100, precision: 0.5}}, metrics: [test_gaussian_log_likelihood], curve: {metrics: [train_rmse]}").unwrap();
        let expected = Prediction::MonteCarloDropout {
            passes: 100,
            precision: Some(0.5),
        };
        assert_eq!(recipe.prediction, expected);
        let curve = recipe.curve.as_ref().unwrap();
        assert_eq!((curve.every, curve.metrics.len()), (1, 1));
        assert!(recipe.assumed().iter().any(|a| a.path == "curve.every"));
        let plain = parse("title: x").unwrap();
        assert_eq!((plain.prediction, plain.curve), (Prediction::OnePass, None));
    }

    #[test]
    fn every_broken_evaluation_gets_one_clear_message() {
        let cases = [
            (
                "prediction: {monte-carlo: {passes: 1}}",
                "r.yaml: prediction: unknown prediction `monte-carlo`\nhint: expected one of `one-pass`, `monte-carlo-dropout`",
            ),
            (
                "prediction: monte-carlo-dropout",
                "r.yaml: prediction.monte-carlo-dropout: `passes` is missing",
            ),
            (
                "prediction: {monte-carlo-dropout: {passes: 9, precision: 0}}",
                "r.yaml: prediction.monte-carlo-dropout.precision: expected a number above 0, found `0`",
            ),
            (
                "metrics: [test_gaussian_log_likelihood]",
                "r.yaml: metrics[0]: `test_gaussian_log_likelihood` needs `prediction.monte-carlo-dropout.precision`",
            ),
            (
                "curve: {evry: 1}",
                "r.yaml: curve: unknown key `evry`\nhint: did you mean `every`?",
            ),
            (
                "curve: {every: 0}",
                "r.yaml: curve.every: expected a whole number of at least 1, found `0`",
            ),
            (
                "curve: {metrics: [train_los]}",
                "r.yaml: curve.metrics[0]: unknown metric `train_los`\nhint: did you mean `train_f1`?",
            ),
        ];
        for (rest, expected) in cases {
            assert_eq!(parse(rest).unwrap_err(), expected, "{rest}");
        }
        let without = parse("title: x").unwrap();
        assert!(has_dropout(&without.model.layers(1)));
    }
}
