//! The one error type of the statistics.

use thiserror::Error;

/// Why a statistic has no value.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum StatsError {
    /// A sample has no values.
    #[error("sample is empty, expected at least one value")]
    Empty,
    /// A value is NaN or infinite.
    #[error("value {index} of the sample is `{value}`, expected a finite number")]
    NotFinite {
        /// Zero-based place of the value.
        index: usize,
        /// The value itself.
        value: f64,
    },
    /// The statistic needs more values than there are.
    #[error("{what} needs at least {needed} values, found {found}")]
    TooFew {
        /// The statistic.
        what: &'static str,
        /// The smallest number it is defined for.
        needed: usize,
        /// The number given.
        found: usize,
    },
    /// Two samples that must have the same length do not.
    #[error("{what} needs two samples of one length, found {left} and {right}")]
    LengthMismatch {
        /// The statistic.
        what: &'static str,
        /// Length of the first sample.
        left: usize,
        /// Length of the second sample.
        right: usize,
    },
    /// A parameter lies outside the range that the function is defined on.
    #[error("`{name}` is `{value}`, expected {expected}")]
    OutOfRange {
        /// Name of the parameter.
        name: &'static str,
        /// What was given.
        value: f64,
        /// The permitted range in words.
        expected: &'static str,
    },
    /// Every value is the same, so that a ratio to the spread has no value.
    #[error("{what} is undefined: the standard error is zero")]
    NoSpread {
        /// The statistic.
        what: &'static str,
    },
    /// An exact enumeration would be larger than its documented bound.
    #[error("{what} would enumerate {size:e} cases, expected at most {limit:e}")]
    TooLarge {
        /// The statistic.
        what: &'static str,
        /// The size that was asked for.
        size: f64,
        /// The largest size that is computed.
        limit: f64,
    },
    /// A series, continued fraction or root search did not settle.
    #[error("{what} did not converge")]
    NoConvergence {
        /// The function.
        what: &'static str,
    },
}

/// A value or the reason why there is none.
pub type Result<T> = std::result::Result<T, StatsError>;

/// `value`, if it is finite and above zero.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange {
            name,
            value,
            expected: "a finite number above 0",
        })
    }
}

/// `value`, if it is finite and not negative.
pub(crate) fn non_negative(name: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange {
            name,
            value,
            expected: "a finite number of at least 0",
        })
    }
}

/// `value`, if it is finite.
pub(crate) fn finite(name: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange {
            name,
            value,
            expected: "a finite number",
        })
    }
}

/// Checks that there are values, and that all are finite.
pub(crate) fn finite_values(values: &[f64]) -> Result<()> {
    if values.is_empty() {
        return Err(StatsError::Empty);
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(StatsError::NotFinite {
            index,
            value: values[index],
        }),
        None => Ok(()),
    }
}

/// `value`, if it is a probability, both ends included.
pub(crate) fn probability(name: &'static str, value: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange {
            name,
            value,
            expected: "a probability from 0 to 1",
        })
    }
}

/// `value`, if it lies strictly between 0 and 1.
pub(crate) fn open_unit(name: &'static str, value: f64) -> Result<f64> {
    if value > 0.0 && value < 1.0 {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange {
            name,
            value,
            expected: "a number strictly between 0 and 1",
        })
    }
}

/// `value`, if it is not NaN.
pub(crate) fn ordered(name: &'static str, value: f64) -> Result<f64> {
    if value.is_nan() {
        Err(StatsError::OutOfRange {
            name,
            value,
            expected: "a number",
        })
    } else {
        Ok(value)
    }
}
