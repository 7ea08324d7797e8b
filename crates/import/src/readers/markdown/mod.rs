//! Reader of Markdown, with HTML in it.
//!
//! The events are those of pulldown-cmark. Code blocks, images and comments are no text; tables in HTML are
//! read by the reader of HTML, and the front matter by the reader of YAML.

mod inline;
mod reader;

pub(crate) use reader::read;
