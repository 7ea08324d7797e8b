//! The interpretation of a reported value: a number with its uncertainty, and the errors of values that
//! cannot be interpreted.

use reprove_model::diagnostics::Hint;
use reprove_stats::students_t;
use serde::{Deserialize, Serialize};

/// One way to read a printed result. `value` is finite, `half_unit` ≥ 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interpretation {
    /// How the form was read, as `± is the standard deviation`.
    pub label: String,
    /// The number that the reruns are compared with.
    pub value: f64,
    /// Half a unit of its last printed digit; 0 when it is exact.
    pub half_unit: f64,
    /// What is known of its noise.
    pub spread: Uncertainty,
    /// The values of the single runs, when printed.
    pub values: Option<Vec<f64>>,
    /// The standard deviation of a run as printed (not rounded up), for tolerances in its units.
    pub printed_sd: Option<f64>,
}

/// What is known of the noise of a printed value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uncertainty {
    /// A threshold that somebody set: it has no noise.
    Exact,
    /// Unknown: the value counts as the mean of this many runs that vary as the reruns do, and at least
    /// as much as reported.
    Unknown {
        /// Number of runs, 1 where the paper does not say.
        runs: u32,
        /// Reported standard deviation of one run, when printed without the number of runs.
        sd: Option<f64>,
    },
    /// The standard error of the printed value.
    Known {
        /// Its standard error, ≥ 0.
        standard_error: f64,
        /// Degrees of freedom of that error, > 0.
        df: f64,
        /// Standard deviation of one run, when the number of runs is known.
        sd: Option<f64>,
        /// Number of runs, when known.
        runs: Option<u32>,
    },
}

impl Interpretation {
    /// The t interval of the value, each end with an error of `alpha`; none where the noise is not known
    /// or the interval has no end.
    pub fn interval(&self, alpha: f64) -> Option<(f64, f64)> {
        let Uncertainty::Known {
            standard_error, df, ..
        } = self.spread
        else {
            return None;
        };
        let half = students_t::isf(alpha, df).ok()? * standard_error;
        half.is_finite()
            .then_some((self.value - half, self.value + half))
    }
}

impl Interpretation {
    /// A rerun's value minus the reported one: 0 where they differ by rounding in binary alone.
    pub fn difference(&self, rerun: f64) -> f64 {
        let difference = rerun - self.value;
        let rounding = 4.0 * f64::EPSILON * rerun.abs().max(self.value.abs());
        if difference.abs() <= rounding {
            0.0
        } else {
            difference
        }
    }
}

impl Uncertainty {
    /// The standard deviation of one run and the number of runs, where both are known.
    pub fn of_runs(self) -> Option<(f64, u32)> {
        match self {
            Self::Known { sd, runs, .. } => sd.zip(runs),
            Self::Exact | Self::Unknown { .. } => None,
        }
    }
}

/// Why a printed value or its tolerance is no number.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NormaliseError {
    /// A tolerance without a printed value.
    #[error("a tolerance needs a reported value, found none")]
    NothingReported,
    /// A number that is not finite or has the wrong sign.
    #[error("reported {what} is `{value}`, expected {expected}")]
    BadNumber {
        /// Which number.
        what: &'static str,
        /// The number.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// A relative tolerance around zero.
    #[error("a relative tolerance of a reported value of 0 is empty")]
    RelativeToZero,
    /// A relative tolerance of the whole value or more.
    #[error("a relative tolerance of `{0}` is as wide as the reported value itself")]
    RelativeOfWhole(f64),
    /// A tolerance in standard deviations without one.
    #[error("a tolerance in standard deviations needs a reported standard deviation, found none")]
    NoSd,
    /// A tolerance in standard deviations with several candidates.
    #[error("a tolerance in standard deviations needs to know what `±` is")]
    AmbiguousSd,
    /// A tolerance of the printed digits of an exact value.
    #[error("a tolerance of the printed digits needs a rounded value, found an exact one")]
    NoDigits,
    /// A tolerance that is not above zero.
    #[error("tolerance is `{0}`, expected a finite number above 0")]
    BadTolerance(f64),
}

impl Hint for NormaliseError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::RelativeToZero => Some("give an absolute tolerance"),
            Self::RelativeOfWhole(_) => Some(
                "a number is a fraction of the reported value: 2 % is `2%` in text and `0.02` as a number; a wider tolerance is stated as an absolute one",
            ),
            Self::NoSd => Some("give an absolute tolerance, or the reported standard deviation"),
            Self::AmbiguousSd => Some("say `std` or `sem` instead of `±`"),
            Self::NoDigits => Some("give `decimals`, the digits after the point as printed"),
            Self::NothingReported | Self::BadNumber { .. } | Self::BadTolerance(_) => None,
        };
        hint.map(str::to_owned)
    }
}

impl Interpretation {
    /// A threshold without noise, such as `at_least`.
    pub fn exact(value: f64) -> Self {
        Self::new("a threshold", value, 0.0, Uncertainty::Exact)
    }

    /// A mean of `runs` ≥ 2 runs with the standard deviation `sd` (divisor n − 1).
    pub fn from_sd(label: &str, value: f64, half_unit: f64, sd: f64, runs: u32) -> Self {
        let n = f64::from(runs);
        let spread = Uncertainty::Known {
            standard_error: sd / n.sqrt(),
            df: n - 1.0,
            sd: Some(sd),
            runs: Some(runs),
        };
        Self {
            printed_sd: Some(sd),
            ..Self::new(label, value, half_unit, spread)
        }
    }

    pub(super) fn new(label: &str, value: f64, half_unit: f64, spread: Uncertainty) -> Self {
        Self {
            label: label.to_string(),
            value,
            half_unit,
            spread,
            values: None,
            printed_sd: None,
        }
    }

    pub(super) fn with_printed_sd(self, sd: f64) -> Self {
        Self {
            printed_sd: Some(sd),
            ..self
        }
    }
}
