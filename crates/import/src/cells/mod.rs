//! The grammar of value cells: decimal numbers, their spelling, and what stands around them.

mod cell;
mod decimal;
mod glyphs;
mod numeral;
mod style;
mod tail;

pub(crate) use cell::{Aside, CellReading, CellValue, RefusalReason, read_cell};
pub(crate) use decimal::Decimal;
pub(crate) use numeral::Numeral;
pub(crate) use style::{Comma, NumberStyle};
