//! What the words around a table say: what its spreads are, over how many runs, in which scale.

mod clause;
mod counts;
mod patterns;
mod scope;

pub(crate) use clause::{AsideMeaning, ClauseWords, SpreadWord, clauses};
pub(crate) use counts::CountUnit;
pub(crate) use scope::{Said, TableWords, folded};
