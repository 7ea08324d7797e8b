//! Reader of HTML.
//!
//! The tokens are those of html5gum. Tables are built as browsers do where people write them: end tags of
//! rows and cells may be missing, a cell outside a row begins one, and spans are bounded. Hidden elements,
//! comments, scripts and the annotations of MathML are no text.

mod elements;
mod entities;
mod reader;
mod table;
mod text;

pub(crate) use reader::{read, tables};
