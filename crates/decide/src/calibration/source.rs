//! The distributions that the values of runs are drawn from.

use reprove_stats::random::RandomStream;

/// Where the values of the runs come from; each has mean 0 and standard deviation 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CalibrationSource {
    /// Normal.
    Normal,
    /// Student's t with 3 degrees of freedom.
    HeavyTails,
    /// Correct answers of 500 at a chance of 0.99.
    Counts500,
    /// Correct answers of 100 at a chance of 0.99.
    Counts100,
    /// An accuracy whose error is lognormal with this sigma.
    LognormalError(f64),
    /// Normal, and a tenth of the runs five standard deviations lower.
    Collapse,
}

impl CalibrationSource {
    /// All that the grid has.
    pub const ALL: [Self; 7] = [
        Self::Normal,
        Self::HeavyTails,
        Self::Counts500,
        Self::Counts100,
        Self::LognormalError(0.2),
        Self::LognormalError(0.6),
        Self::Collapse,
    ];

    /// A short name.
    pub fn name(self) -> String {
        match self {
            Self::Normal => "normal".into(),
            Self::HeavyTails => "t3".into(),
            Self::Counts500 => "binom500".into(),
            Self::Counts100 => "binom100".into(),
            Self::LognormalError(sigma) => format!("lognormal {sigma}"),
            Self::Collapse => "collapse".into(),
        }
    }

    /// One value.
    pub fn draw(self, rng: &mut RandomStream) -> f64 {
        match self {
            Self::Normal => standard(rng),
            Self::HeavyTails => {
                let squares: f64 = (0..3).map(|_| standard(rng).powi(2)).sum();
                standard(rng) / (squares / 3.0).sqrt() / 3f64.sqrt()
            }
            Self::Counts500 => counts(500, rng),
            Self::Counts100 => counts(100, rng),
            Self::LognormalError(sigma) => {
                let mean = (sigma * sigma / 2.0).exp();
                let sd = mean * (sigma * sigma).exp_m1().sqrt();
                (mean - (sigma * standard(rng)).exp()) / sd
            }
            Self::Collapse => {
                let shift = if rng.open_unit() < 0.1 { -5.0 } else { 0.0 };
                // Mean -0.5, variance 1 + 25 · 0.09.
                (standard(rng) + shift + 0.5) / 3.25f64.sqrt()
            }
        }
    }

    /// The resolution of a count in the units of [`CalibrationSource::draw`].
    pub(super) fn resolution(self) -> Option<f64> {
        match self {
            Self::Counts500 => Some(1.0 / counts_sd(500)),
            Self::Counts100 => Some(1.0 / counts_sd(100)),
            Self::Normal | Self::HeavyTails | Self::LognormalError(_) | Self::Collapse => None,
        }
    }
}

/// A standard normal number (Box and Muller 1958), from the open unit interval as in the committed
/// tables.
fn standard(rng: &mut RandomStream) -> f64 {
    let radius = (-2.0 * rng.open_unit().ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.open_unit()).cos()
}

/// Correct answers of `total` at a chance of 0.99, centred and scaled.
fn counts(total: u32, rng: &mut RandomStream) -> f64 {
    // Gaps between wrong answers are geometric: a few draws instead of one an answer.
    let mut wrong = 0;
    let mut at = 0.0;
    loop {
        at += (rng.open_unit().ln() / 0.99f64.ln()).floor() + 1.0;
        if at > f64::from(total) {
            break;
        }
        wrong += 1;
    }
    (0.01 * f64::from(total) - f64::from(wrong)) / counts_sd(total)
}

fn counts_sd(total: u32) -> f64 {
    (f64::from(total) * 0.99 * 0.01).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reprove_stats::Sample;
    use reprove_stats::random::StreamKey;

    #[test]
    fn sources_are_centred_and_scaled() {
        for source in CalibrationSource::ALL {
            let mut rng = StreamKey::from_bytes([3; 32]).stream();
            let n = 200_000;
            let values: Vec<f64> = (0..n).map(|_| source.draw(&mut rng)).collect();
            let sample = Sample::new(values).unwrap();
            assert!(sample.mean().abs() < 0.02, "{source:?}");
            assert!((sample.sd().unwrap() - 1.0).abs() < 0.15, "{source:?}");
        }
    }
}
