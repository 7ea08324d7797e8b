//! What is measured on a trained network.

use std::fmt;

/// A quantity measured at the end of training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// On which rows.
    pub part: Part,
    /// What.
    pub quantity: Quantity,
}

/// The rows that a metric is measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The training rows.
    Train,
    /// The test rows.
    Test,
}

/// What is measured. A row is right when the output of its class is the largest; of equal largest
/// outputs the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// The right rows in percent, 0 to 100.
    Accuracy,
    /// The wrong rows in percent, 0 to 100.
    Error,
    /// The number of right rows.
    Correct,
    /// (o - t)² averaged over outputs and rows, without any dead zone; with cross-entropy the
    /// outputs are the probabilities of softmax.
    Mse,
}

impl Metric {
    /// Every metric with its name in recipes and manifests.
    pub const TABLE: [(&'static str, Metric); 8] = [
        ("train_accuracy", Self::new(Part::Train, Quantity::Accuracy)),
        ("train_error", Self::new(Part::Train, Quantity::Error)),
        ("train_correct", Self::new(Part::Train, Quantity::Correct)),
        ("train_mse", Self::new(Part::Train, Quantity::Mse)),
        ("test_accuracy", Self::new(Part::Test, Quantity::Accuracy)),
        ("test_error", Self::new(Part::Test, Quantity::Error)),
        ("test_correct", Self::new(Part::Test, Quantity::Correct)),
        ("test_mse", Self::new(Part::Test, Quantity::Mse)),
    ];

    const fn new(part: Part, quantity: Quantity) -> Self {
        Self { part, quantity }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::Train => "train",
            Part::Test => "test",
        };
        let quantity = match self.quantity {
            Quantity::Accuracy => "accuracy",
            Quantity::Error => "error",
            Quantity::Correct => "correct",
            Quantity::Mse => "mse",
        };
        write!(f, "{part}_{quantity}")
    }
}

/// What a network did on some rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Score {
    rows: usize,
    correct: usize,
    mse: f64,
}

impl Score {
    /// Scores outputs (row after row, one value a class) against the rows' classes.
    ///
    /// `None` when an output is not finite: then no row is right or wrong.
    pub(super) fn of(outputs: &[f32], classes: usize, labels: &[u32]) -> Option<Self> {
        let mut correct = 0;
        let mut squares = 0.0;
        for (row, &label) in outputs.chunks_exact(classes).zip(labels) {
            let mut best = 0;
            for (class, &output) in row.iter().enumerate() {
                let target = if class == label as usize { 1.0 } else { 0.0 };
                squares += (f64::from(output) - target).powi(2);
                if output > row[best] {
                    best = class;
                }
            }
            correct += usize::from(best == label as usize);
        }
        let mse = squares / outputs.len() as f64;
        mse.is_finite().then_some(Self {
            rows: labels.len(),
            correct,
            mse,
        })
    }

    /// The value of one quantity.
    pub(super) fn value(&self, quantity: Quantity) -> f64 {
        let percent = |count: usize| 100.0 * count as f64 / self.rows as f64;
        match quantity {
            Quantity::Accuracy => percent(self.correct),
            Quantity::Error => percent(self.rows - self.correct),
            Quantity::Correct => self.correct as f64,
            Quantity::Mse => self.mse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_table_are_the_names_shown() {
        for (name, metric) in Metric::TABLE {
            assert_eq!(metric.to_string(), name);
        }
    }

    #[test]
    fn scores_by_hand() {
        let score = Score::of(&[0.9, 0.1, 0.5, 0.5, 0.2, 0.8, 1.0, 0.0], 2, &[0, 1, 1, 1]).unwrap();
        assert_eq!(score.value(Quantity::Correct), 2.0);
        assert_eq!(score.value(Quantity::Accuracy), 50.0);
        assert_eq!(score.value(Quantity::Error), 50.0);
        let squares = 2.0 * 0.01 + 2.0 * 0.25 + 2.0 * 0.04 + 2.0;
        assert!((score.value(Quantity::Mse) - squares / 8.0).abs() < 1e-7);
        assert_eq!(Score::of(&[f32::NAN, 0.0], 2, &[0]), None);
    }
}
