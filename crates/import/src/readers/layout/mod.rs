//! Reader of the text of `pdftotext -layout`.
//!
//! Stages, one file each:
//!
//! 1. `lines`: each line to runs of text between gaps of two spaces.
//! 2. `block`: lines that are tables, without the prose beside them, and their captions.
//! 3. `columns`: columns by the gutters that are blank in all rows; headers over them.
//! 4. `groups`: the rows that a label in the first column holds for.
//! 5. `grid`: the cells.
//!
//! What has two readings is not read, and reported.

mod block;
mod columns;
mod grid;
mod groups;
mod lines;
mod reader;
#[cfg(test)]
mod tests;

pub(crate) use reader::read;
