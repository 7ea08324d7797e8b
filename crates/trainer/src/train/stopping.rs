//! Early stopping and the best epoch, seed by seed.

use crate::spec::training::Stopping;

/// The validation errors of one seed so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct ValidationHistory {
    /// The lowest validation error and its epoch.
    best: Option<(f64, usize)>,
    /// The training errors of the current strip.
    strip: Vec<f64>,
}

/// The decision after an epoch of a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StopDecision {
    /// The validation error is the lowest so far.
    pub(crate) is_best: bool,
    /// Training shall stop.
    pub(crate) stops: bool,
}

impl Stopping {
    /// Whether the validation error is looked at after this epoch.
    pub(crate) fn looks(&self, epoch: usize, last: usize) -> bool {
        epoch == last || epoch.is_multiple_of(self.strip())
    }

    fn strip(&self) -> usize {
        match self {
            Self::Prechelt { strip, .. } => *strip,
            Self::Never | Self::Patience(_) => 1,
        }
    }
}

impl ValidationHistory {
    /// Notes the training error of an epoch.
    pub(crate) fn note(&mut self, training: f64) {
        self.strip.push(training);
    }

    /// Judges the validation error after an epoch.
    pub(crate) fn judge(&mut self, rule: &Stopping, epoch: usize, validation: f64) -> StopDecision {
        let is_best = self.best.is_none_or(|(best, _)| validation < best);
        if is_best {
            self.best = Some((validation, epoch));
        }
        let (lowest, at) = self.best.unwrap_or((validation, epoch));
        let stops = match *rule {
            Stopping::Never => false,
            Stopping::Patience(patience) => epoch - at >= patience,
            Stopping::Prechelt {
                generalisation_loss,
                progress,
                ..
            } => {
                let loss = 100.0 * (validation / lowest - 1.0);
                let strip = std::mem::take(&mut self.strip);
                let least = strip.iter().copied().fold(f64::INFINITY, f64::min);
                let mean = strip.iter().sum::<f64>() / strip.len() as f64;
                loss > generalisation_loss || 1000.0 * (mean / least - 1.0) < progress
            }
        };
        StopDecision { is_best, stops }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_counts_epochs_without_a_new_best() {
        let mut course = ValidationHistory::default();
        let rule = Stopping::Patience(2);
        let errors = [3.0, 2.0, 2.0, 1.0, 1.5, 1.0];
        let found: Vec<(bool, bool)> = errors
            .iter()
            .zip(1..)
            .map(|(error, epoch)| course.judge(&rule, epoch, *error))
            .map(|finding| (finding.is_best, finding.stops))
            .collect();
        let expected = [
            (true, false),
            (true, false),
            (false, false),
            (true, false),
            (false, false),
            (false, true),
        ];
        assert_eq!(found, expected);
    }

    /// Strips of two epochs; the loss of generality is 100 (E / E_opt - 1) and the progress is
    /// 1000 (mean / min - 1) of the strip's training errors.
    #[test]
    fn prechelts_quotients_by_hand() {
        let rule = Stopping::Prechelt {
            strip: 2,
            generalisation_loss: 5.0,
            progress: 0.1,
        };
        assert!(!rule.looks(1, 9) && rule.looks(2, 9) && rule.looks(9, 9));
        let run = |strips: &[([f64; 2], f64)]| {
            let mut course = ValidationHistory::default();
            let mut last = None;
            for (index, (training, validation)) in strips.iter().enumerate() {
                training.iter().for_each(|error| course.note(*error));
                last = Some(course.judge(&rule, 2 * (index + 1), *validation));
            }
            last.unwrap().stops
        };
        assert!(!run(&[([3.0, 2.0], 1.0)]));
        assert!(!run(&[([3.0, 2.0], 1.0), ([2.0, 1.9], 1.04)]));
        assert!(run(&[([3.0, 2.0], 1.0), ([2.0, 1.9], 1.06)]));
        // Progress 1000 (2.0001 / 2 - 1) = 0.05 and 1000 (2.0003 / 2 - 1) = 0.15.
        assert!(run(&[([2.0002, 2.0], 1.0)]));
        assert!(!run(&[([2.0006, 2.0], 1.0)]));
    }
}
