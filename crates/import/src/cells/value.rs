//! What a cell holds.

use super::numeral::Numeral;
use super::refusal::RefusalReason;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CellReading {
    /// No text.
    Blank,
    /// A dash or a word for a value that is not there.
    Missing,
    /// Text that is no value.
    Text,
    /// A value.
    Value(Box<CellValue>),
    /// A spread without its value: `±0.2`, or a number in parentheses.
    Aside(Box<AsideValue>),
    /// An interval without its value: `[88.1, 92.0]`.
    Bounds(Box<[Numeral; 2]>),
    /// A number that cannot be taken for a value.
    Refused(RefusalReason),
}

/// A number that belongs to the value above or beside it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AsideValue {
    /// The number.
    pub number: Numeral,
    /// Whether `±` stands before it.
    pub has_sign: bool,
}

/// A value and what stands with it; what few cells have is boxed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CellValue {
    /// The value.
    pub value: Numeral,
    /// Whether a percent sign follows.
    pub percent: bool,
    /// The number after `±`.
    pub spread: Option<Numeral>,
    /// A number in parentheses, or lowered, of which the cell does not say what it is.
    pub aside: Option<Box<Aside>>,
    /// An interval that the value lies in.
    pub interval: Option<Box<[Numeral; 2]>>,
    /// Upper and lower distance: `+1.2 −0.9`.
    pub distances: Option<Box<[Numeral; 2]>>,
    /// A second value after a slash.
    pub second: Option<Box<Numeral>>,
    /// A unit of measure after the value, such as `mm`.
    pub unit: Option<Box<str>>,
}

/// A number that may be a spread, a rank or digits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Aside {
    /// The number.
    pub number: Numeral,
    /// Whether no space stands before it, as in `90.4(18)`.
    pub is_adjacent: bool,
}
