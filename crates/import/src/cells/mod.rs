//! The grammar of value cells: decimal numbers, their spelling, and what stands around them.

mod bounds;
mod cell;
mod decimal;
mod glyphs;
mod numeral;
mod refusal;
mod style;
mod tail;
mod units;
mod value;

pub(crate) use cell::read_cell;
pub(crate) use decimal::Decimal;
pub(crate) use numeral::Numeral;
pub(crate) use refusal::RefusalReason;
pub(crate) use style::{Comma, NumberStyle};
pub(crate) use value::{Aside, CellReading, CellValue};
