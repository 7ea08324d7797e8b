//! The quantities that are measured on a trained network.

use crate::spec::metric::MetricQuantity;

/// The outputs of a network on some rows: finite outputs beside their targets, row after row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Score {
    outputs: Vec<f32>,
    targets: Vec<f32>,
    width: usize,
    /// The mean logarithm of the predictive density, if it is known.
    density: Option<f64>,
}

impl Score {
    /// `None` when an output is not finite: then no row is right or wrong.
    pub(crate) fn of(outputs: Vec<f32>, width: usize, targets: &[f32]) -> Option<Self> {
        let finite = outputs.iter().all(|output| output.is_finite());
        finite.then(|| Self {
            outputs,
            targets: targets.to_vec(),
            width,
            density: None,
        })
    }

    /// The same with the mean logarithm of the predictive density.
    pub(crate) fn with_density(self, density: Option<f64>) -> Self {
        Self { density, ..self }
    }

    /// The value of one quantity, if it is defined on these rows.
    pub(crate) fn value(&self, quantity: MetricQuantity) -> Option<f64> {
        let percent = |count: usize| 100.0 * count as f64 / self.rows() as f64;
        let correct = || {
            self.pairs()
                .filter(|(chosen, class)| chosen == class)
                .count()
        };
        let value = match quantity {
            MetricQuantity::Accuracy => percent(correct()),
            MetricQuantity::Error => percent(self.rows() - correct()),
            MetricQuantity::Correct => correct() as f64,
            MetricQuantity::Top5 => percent(self.top(5)),
            MetricQuantity::F1 => self.f1(),
            MetricQuantity::Auc => self.auc()?,
            MetricQuantity::Mcc => self.mcc(),
            MetricQuantity::LogLikelihood => self.log_likelihood(),
            MetricQuantity::GaussianLogLikelihood => self.density?,
            MetricQuantity::Mse => self.mean(|error| error * error),
            MetricQuantity::Rmse => self.mean(|error| error * error).sqrt(),
            MetricQuantity::Mae => self.mean(f64::abs),
            MetricQuantity::R2 => self.r2()?,
            MetricQuantity::SquaredErrorPercentage => 100.0 * self.mean(|error| error * error),
        };
        value.is_finite().then_some(value)
    }

    fn rows(&self) -> usize {
        self.outputs.len() / self.width
    }

    /// The outputs and targets of each row.
    fn each(&self) -> impl Iterator<Item = (&[f32], &[f32])> {
        self.outputs
            .chunks_exact(self.width)
            .zip(self.targets.chunks_exact(self.width))
    }

    /// The chosen class and the class of each row.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.each()
            .map(|(outputs, targets)| (largest(outputs), largest(targets)))
    }

    fn mean(&self, of: impl Fn(f64) -> f64) -> f64 {
        let errors = self.outputs.iter().zip(&self.targets);
        let sum: f64 = errors.map(|(o, t)| of(f64::from(*o) - f64::from(*t))).sum();
        sum / self.outputs.len() as f64
    }

    fn top(&self, places: usize) -> usize {
        let is_in = |(outputs, targets): &(&[f32], &[f32])| {
            let class = largest(targets);
            let before = outputs.iter().enumerate().filter(|(index, output)| {
                **output > outputs[class] || (**output == outputs[class] && *index < class)
            });
            before.count() < places
        };
        self.each().filter(is_in).count()
    }

    /// For each class: the rows of it that were chosen right, the rows chosen, the rows of it.
    fn counts(&self) -> Vec<[f64; 3]> {
        let mut counts = vec![[0.0; 3]; self.width];
        for (chosen, class) in self.pairs() {
            counts[class][0] += f64::from(u8::from(chosen == class));
            counts[chosen][1] += 1.0;
            counts[class][2] += 1.0;
        }
        counts
    }

    fn f1(&self) -> f64 {
        let counts = self.counts();
        let one = |[right, chosen, of_class]: &[f64; 3]| {
            if chosen + of_class > 0.0 {
                2.0 * right / (chosen + of_class)
            } else {
                0.0
            }
        };
        counts.iter().map(one).sum::<f64>() / counts.len() as f64
    }

    fn mcc(&self) -> f64 {
        let (counts, rows) = (self.counts(), self.rows() as f64);
        let sum = |of: fn(&[f64; 3]) -> f64| counts.iter().map(of).sum::<f64>();
        let covariance = rows * sum(|c| c[0]) - sum(|c| c[1] * c[2]);
        let spread = (rows * rows - sum(|c| c[1] * c[1])) * (rows * rows - sum(|c| c[2] * c[2]));
        if spread > 0.0 {
            covariance / spread.sqrt()
        } else {
            0.0
        }
    }

    fn auc(&self) -> Option<f64> {
        if self.width != 2 {
            return None;
        }
        let order = |(outputs, targets): (&[f32], &[f32])| {
            (
                f64::from(outputs[1]) - f64::from(outputs[0]),
                largest(targets),
            )
        };
        let mut rows: Vec<(f64, usize)> = self.each().map(order).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut below, mut wins) = (0.0, 0.0);
        for equal in rows.chunk_by(|a, b| a.0 == b.0) {
            let second = equal.iter().filter(|(_, class)| *class == 1).count() as f64;
            let first = equal.len() as f64 - second;
            wins += second * (below + first / 2.0);
            below += first;
        }
        let pairs = below * (rows.len() as f64 - below);
        (pairs > 0.0).then(|| wins / pairs)
    }

    fn log_likelihood(&self) -> f64 {
        let logarithm =
            |(outputs, targets): (&[f32], &[f32])| f64::from(outputs[largest(targets)]).ln();
        self.each().map(logarithm).sum::<f64>() / self.rows() as f64
    }

    fn r2(&self) -> Option<f64> {
        let rows = self.rows() as f64;
        let of = |output: usize| {
            let pairs = || {
                self.each()
                    .map(|(o, t)| (f64::from(o[output]), f64::from(t[output])))
            };
            let mean = pairs().map(|(_, t)| t).sum::<f64>() / rows;
            let all: f64 = pairs().map(|(_, t)| (t - mean).powi(2)).sum();
            let left: f64 = pairs().map(|(o, t)| (o - t).powi(2)).sum();
            (all > 0.0).then(|| 1.0 - left / all)
        };
        let shares = (0..self.width).map(of).collect::<Option<Vec<f64>>>()?;
        Some(shares.iter().sum::<f64>() / self.width as f64)
    }
}

/// The index of the first largest number.
pub(crate) fn largest(numbers: &[f32]) -> usize {
    let mut best = 0;
    for (index, number) in numbers.iter().enumerate() {
        if *number > numbers[best] {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::metric::Metric;

    #[test]
    fn names_of_the_table_are_the_names_shown() {
        for (name, metric) in Metric::TABLE {
            assert_eq!(metric.to_string(), *name);
        }
        assert_eq!(Metric::usual(true).len(), 8);
    }

    fn score(outputs: &[f32], width: usize, classes: &[usize]) -> Score {
        let mut targets = vec![0.0; outputs.len()];
        for (row, class) in classes.iter().enumerate() {
            targets[row * width + class] = 1.0;
        }
        Score::of(outputs.to_vec(), width, &targets).unwrap()
    }

    fn assert_close(score: &Score, quantity: MetricQuantity, expected: f64) {
        let found = score.value(quantity).unwrap();
        assert!(
            (found - expected).abs() < 1e-7,
            "{quantity:?}: {found} {expected}"
        );
    }

    #[test]
    fn scores_of_two_classes_by_hand() {
        let score = score(&[0.9, 0.1, 0.5, 0.5, 0.2, 0.8, 1.0, 0.0], 2, &[0, 1, 1, 1]);
        assert_close(&score, MetricQuantity::Correct, 2.0);
        assert_close(&score, MetricQuantity::Accuracy, 50.0);
        assert_close(&score, MetricQuantity::Error, 50.0);
        let mse = (2.0 * 0.01 + 2.0 * 0.25 + 2.0 * 0.04 + 2.0) / 8.0;
        assert_close(&score, MetricQuantity::Mse, mse);
        assert_close(&score, MetricQuantity::Rmse, f64::sqrt(mse));
        assert_close(&score, MetricQuantity::SquaredErrorPercentage, 100.0 * mse);
        assert_close(&score, MetricQuantity::Mae, (0.2 + 1.0 + 0.4 + 2.0) / 8.0);
        // Chosen 0, 0, 1, 0 for 0, 1, 1, 1: F1 of the classes 2/4 and 2/4.
        assert_close(&score, MetricQuantity::F1, 0.5);
        // (TP TN - FP FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)) with TP 1, TN 1, FP 0, FN 2.
        assert_close(
            &score,
            MetricQuantity::Mcc,
            1.0 / f64::sqrt(1.0 * 3.0 * 1.0 * 3.0),
        );
        // Class 1 has differences 0, 0.6, -1 and class 0 has -0.8: two of three pairs are right.
        assert_close(&score, MetricQuantity::Auc, 2.0 / 3.0);
        let logarithms = f64::ln(0.9) + f64::ln(0.5) + f64::ln(0.8);
        assert_eq!(score.value(MetricQuantity::LogLikelihood), None);
        let sure = score_without_last(&score);
        assert_close(&sure, MetricQuantity::LogLikelihood, logarithms / 3.0);
        assert_eq!(Score::of(vec![f32::NAN, 0.0], 2, &[1.0, 0.0]), None);
    }

    fn score_without_last(score: &Score) -> Score {
        Score::of(score.outputs[..6].to_vec(), 2, &score.targets[..6]).unwrap()
    }

    #[test]
    fn scores_of_values_and_of_many_classes_by_hand() {
        let values = Score::of(vec![1.0, 2.0, 4.0], 1, &[1.0, 3.0, 5.0]).unwrap();
        assert_close(&values, MetricQuantity::R2, 1.0 - 2.0 / 8.0);
        assert_eq!(values.value(MetricQuantity::Auc), None);
        let constant = Score::of(vec![1.0, 2.0], 1, &[1.0, 1.0]).unwrap();
        assert_eq!(constant.value(MetricQuantity::R2), None);
        let outputs = [6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
        let six = score(&[outputs, outputs].concat(), 6, &[4, 5]);
        assert_close(&six, MetricQuantity::Top5, 50.0);
        assert_close(&six, MetricQuantity::Mcc, 0.0);
    }
}
