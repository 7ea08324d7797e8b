//! Why a number is no value.

use std::fmt;

use super::numeral::NumeralFault;

/// Why a number is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RefusalReason {
    /// Two values, and no rule that tells them apart.
    TwoNumbers,
    /// From one number to another.
    Range,
    /// Less than, more than.
    Bound,
    /// About.
    Approximation,
    /// A number with a unit that no metric has, or that differs in the column.
    Unit(String),
    /// A comma that may part thousands or decimals.
    Comma,
    /// Digits with a space before the point.
    Torn,
    /// Digits that are no number.
    Malformed,
    /// The value is struck through.
    Struck,
    /// Text after the value that has no reading.
    Trailing(String),
    /// A number in parentheses that may be a spread, a rank or last digits.
    Parenthesis,
    /// A p-value.
    PValue,
    /// The best over epochs of one run.
    BestOverEpochs,
    /// Two numbers in a cell and one name above it.
    PairWithoutNames,
    /// A measure of cost: time, memory, size.
    Cost,
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RefusalReason::TwoNumbers => f.write_str("two numbers in a cell"),
            RefusalReason::Range => f.write_str("a range, not a value"),
            RefusalReason::Bound => f.write_str("a bound, not a value"),
            RefusalReason::Approximation => f.write_str("an approximation"),
            RefusalReason::Unit(unit) => write!(f, "a number with the unit `{unit}`"),
            RefusalReason::Comma => f.write_str("the comma may part thousands or decimals"),
            RefusalReason::Torn => f.write_str("a number torn apart by a space"),
            RefusalReason::Malformed => f.write_str("digits that are no number"),
            RefusalReason::Struck => f.write_str("struck through"),
            RefusalReason::Trailing(text) => write!(f, "`{text}` after the number"),
            RefusalReason::Parenthesis => {
                f.write_str("the number in parentheses may be a spread, a rank or last digits")
            }
            RefusalReason::PValue => f.write_str("a p-value is no result of a run"),
            RefusalReason::BestOverEpochs => f.write_str("the best over the epochs of a run"),
            RefusalReason::PairWithoutNames => {
                f.write_str("two numbers in a cell and one name above it")
            }
            RefusalReason::Cost => f.write_str("a time, a size or another cost"),
        }
    }
}

impl From<NumeralFault> for RefusalReason {
    fn from(fault: NumeralFault) -> Self {
        match fault {
            NumeralFault::Comma => RefusalReason::Comma,
            NumeralFault::Torn => RefusalReason::Torn,
            NumeralFault::Malformed => RefusalReason::Malformed,
        }
    }
}
