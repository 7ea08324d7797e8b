//! The losses.

use candle_core::{D, Result, Tensor};

use crate::nn::activation::softplus;
use crate::spec::loss::Loss;

/// The loss of a batch, summed over the seeds: seeds share no parameter, so the gradient of each
/// seed's parameters is that of its own loss. `outputs` and `targets` are (seeds, rows, out).
pub(crate) fn loss(loss: &Loss, outputs: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let (_, rows, width) = outputs.dims3()?;
    let mean = |values: Tensor| values.sum_all()? * (1.0 / (rows * width) as f64);
    match loss {
        Loss::HalfSquaredError { dead_zone } => {
            errors(outputs, targets, *dead_zone)?.sqr()?.sum_all()? * 0.5
        }
        Loss::MeanSquaredError { dead_zone } => mean(errors(outputs, targets, *dead_zone)?.sqr()?),
        Loss::MeanAbsoluteError => {
            let errors = (outputs - targets)?;
            mean((&errors * errors.detach().sign()?)?)
        }
        Loss::Huber { delta } => {
            // With c = e cut to ±δ, c e - ½ c² is the loss and c its slope.
            let errors = (outputs - targets)?;
            let cut = errors.detach().clamp(-*delta, *delta)?;
            mean(((&errors * &cut)? - (cut.sqr()? * 0.5)?)?)
        }
        Loss::CrossEntropy { weights, smoothing } => {
            let smooth = targets.affine(1.0 - smoothing, smoothing / width as f64)?;
            let smooth = if *smoothing == 0.0 { targets } else { &smooth };
            let logarithms = candle_nn::ops::log_softmax(outputs, D::Minus1)?;
            likelihood(&logarithms, smooth, targets, weights.as_deref())
        }
        Loss::NegativeLogLikelihood { weights } => {
            likelihood(outputs, targets, targets, weights.as_deref())
        }
        Loss::BinaryCrossEntropy => mean((softplus(outputs)? - (outputs * targets)?)?),
    }
}

/// `outputs - targets`, with the errors inside the dead zone set to 0.
fn errors(outputs: &Tensor, targets: &Tensor, dead_zone: f64) -> Result<Tensor> {
    let errors = (outputs - targets)?;
    if dead_zone == 0.0 {
        return Ok(errors);
    }
    let counts = errors.detach().abs()?.ge(dead_zone)?;
    errors * counts.to_dtype(outputs.dtype())?
}

/// -Σ weight · share · logarithm, by the number of rows or by the sum of the weights of the rows'
/// classes.
fn likelihood(
    logarithms: &Tensor,
    shares: &Tensor,
    classes: &Tensor,
    weights: Option<&[f64]>,
) -> Result<Tensor> {
    let (_, rows, width) = logarithms.dims3()?;
    let sums = (shares * logarithms)?;
    let Some(weights) = weights else {
        return sums.sum_all()? * (-1.0 / rows as f64);
    };
    let weights = Tensor::from_slice(weights, (1, 1, width), logarithms.device())?;
    let weights = weights.to_dtype(logarithms.dtype())?;
    let of_rows = classes.broadcast_mul(&weights)?.sum((1, 2))?;
    let of_seeds = sums.broadcast_mul(&weights)?.sum((1, 2))?;
    (of_seeds / of_rows)?.sum_all()?.neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    fn value(kind: &Loss, outputs: &[f64], targets: &[f64]) -> (f64, Vec<f64>) {
        let shape = (1, outputs.len() / 3, 3);
        let outputs = Var::from_slice(outputs, shape, &Device::Cpu).unwrap();
        let targets = Tensor::from_slice(targets, shape, &Device::Cpu).unwrap();
        let loss = loss(kind, &outputs, &targets).unwrap();
        let gradients = loss.backward().unwrap();
        let gradient = gradients.get(&outputs).unwrap().flatten_all().unwrap();
        (loss.to_scalar().unwrap(), gradient.to_vec1().unwrap())
    }

    #[test]
    fn a_sample_inside_the_dead_zone_moves_nothing() {
        let kind = Loss::HalfSquaredError { dead_zone: 0.2 };
        let (_, gradient) = value(&kind, &[0.81, 0.21, 0.79], &[1.0, 0.0, 1.0]);
        assert_eq!(gradient[0], 0.0);
        assert!((gradient[1] - 0.21).abs() < 1e-12 && (gradient[2] + 0.21).abs() < 1e-12);
    }

    #[test]
    fn values_by_hand() {
        let errors = [0.5, -3.0, 0.0];
        let zero = [0.0; 3];
        let close = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        };
        let (absolute, slopes) = value(&Loss::MeanAbsoluteError, &errors, &zero);
        close(absolute, 3.5 / 3.0);
        assert_eq!(slopes, [1.0 / 3.0, -1.0 / 3.0, 0.0]);
        let (huber, slopes) = value(&Loss::Huber { delta: 2.0 }, &errors, &zero);
        close(huber, (0.125 + 2.0 * (3.0 - 1.0)) / 3.0);
        close(slopes[0], 0.5 / 3.0);
        close(slopes[1], -2.0 / 3.0);
        // Two rows of classes 0 and 2; softmax of equal outputs is 1/3 each.
        let classes = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        let outputs = [0.0, 0.0, 0.0, 2f64.ln(), 0.0, 0.0];
        let weighted = |smoothing| Loss::CrossEntropy {
            weights: Some(vec![1.0, 5.0, 3.0]),
            smoothing,
        };
        let (loss, _) = value(&weighted(0.0), &outputs, &classes);
        close(loss, (3f64.ln() + 3.0 * 4f64.ln()) / 4.0);
        // Smoothing 0.3 gives each class 0.1 more; log probabilities -ln 3 and -ln 2, -ln 4, -ln 4.
        let (loss, _) = value(&weighted(0.3), &outputs, &classes);
        let (third, half, quarter) = (3f64.ln(), 2f64.ln(), 4f64.ln());
        let first = third * (0.8 + 0.5 + 0.3);
        let second = 0.1 * half + 0.5 * quarter + 0.8 * 3.0 * quarter;
        close(loss, (first + second) / 4.0);
    }

    #[test]
    fn binary_cross_entropy_is_stable() {
        let targets = [1.0, 0.0, 1.0];
        let (loss, slopes) = value(
            &Loss::BinaryCrossEntropy,
            &[-1000.0, -1000.0, 0.0],
            &targets,
        );
        assert!((loss - (1000.0 + 2f64.ln()) / 3.0).abs() < 1e-9);
        for (slope, expected) in slopes.iter().zip([-1.0, 0.0, -0.5]) {
            assert!((slope - expected / 3.0).abs() < 1e-15, "{slopes:?}");
        }
    }
}
