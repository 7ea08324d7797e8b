//! Reader of LaTeX.
//!
//! Stages, one file each:
//!
//! 1. `lexer`: the characters of a file to tokens; comments and verbatim text end here.
//! 2. `expand`, with `arguments`, `define` and `structure`: definitions of the document are replaced,
//!    files are included, and conditions choose their branch. A condition that cannot be known leaves
//!    both branches, marked, and the cells that they touch are not read.
//! 3. `body`, with `boxes`, `context` and `environments`: floats, captions, labels, headings, paragraphs.
//! 4. `table`, with `columns`, `rows` and `cells`.
//! 5. `printer`, with `call`, `span`, `commands` and `symbols`: what a cell shows.

mod arguments;
mod body;
mod boxes;
mod call;
mod cells;
mod columns;
mod commands;
mod context;
mod define;
mod environments;
mod expand;
mod groups;
mod lexer;
mod macros;
mod places;
mod printer;
mod reader;
mod replace;
mod rows;
mod span;
mod structure;
mod symbols;
mod table;
#[cfg(test)]
mod tests;
mod token;
mod unexpanded;
mod view;

pub(crate) use reader::read;
pub(crate) use symbols::symbol;
