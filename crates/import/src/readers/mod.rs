//! Readers, one a format: from a file to a [`crate::TableDocument`].
//!
//! # What a reader delivers
//! A function `fn read(files: &mut SourceFiles) -> Result<TableDocument, ImportError>` that reads
//! [`crate::SourceFiles::main`], and is named in [`crate::TableFormat::read`].
//!
//! **Text.** A [`crate::CellText`] has what a reader of the typeset page sees, in Unicode:
//!
//! - Literal characters are pushed with [`crate::CellText::push_literal`], everything that stands for other
//!   characters (entities, `\pm`, `{,}`, `\,`) with [`crate::CellText::push_replaced`] and the range of
//!   the file that it replaces. An argument of a macro keeps the place of the argument.
//! - `\pm`, `+-` within `\num`, `&plusmn;` are `±`. A minus of maths mode, U+2212 and a hyphen stay what
//!   they are or become `-`; `--` is `–` and `---` is `—`. `\times` is `×`, `\cdot` is `·`, arrows are
//!   `↑` and `↓`, `\Delta` is `Δ`, `\dagger` is `†`, `\%` is `%`, `{,}` is `,`, thin spaces (`\,`, `\;`)
//!   are U+2009, `~` is U+00A0. `\phantom`, citations, colours' names, images, comments, hidden
//!   elements and everything else that the page does not show yield no characters.
//! - A line break within a cell (`\\` in `\makecell`, `<br>`) is `\n`. Other runs of white space may
//!   stay; the text need not be trimmed.
//! - Superscripts and subscripts are in the text, marked: `90.4^{*}` is `90.4*` with
//!   [`crate::TextMark::Superscript`] on the star; `R^2` is `R2`; `90.4_{\pm 0.2}` is `90.4±0.2` with
//!   [`crate::TextMark::Subscript`] on `±0.2`; `1.2\times10^{-3}` is `1.2×10-3` with `-3` superscript.
//! - Marks of footnotes (`\tnote`, `\footnotemark`, `[^2]`) are pushed with [`crate::TextMark::Note`] or left
//!   out; the text of a footnote never stands in a cell.
//! - A macro that the file does not define and whose name says spread (`\std`, `\sd`, `\sem`, `\ci`,
//!   `\pms`, …) is pushed as `±` before its argument, replacing the macro's name.
//! - Bold, struck, coloured and underlined text is marked. Struck text stays in the text.
//!
//! **Grid.** Cells go into a [`crate::GridBuilder`], row by row, with their spans; spans are clamped
//! there. `rule` is called at each horizontal rule that spans the table. A cell is a `header` when the
//! markup says so (`<th>`, a row above `|---|`); in LaTeX no cell is, and the rules tell. Cells of a
//! siunitx `S` column or a `\num` are `is_siunitx`: there `90.4(18)` means last digits. Empty rows and
//! repeated headers of a `longtable` (`\endhead`, `\endfoot`, …) are not delivered.
//!
//! **Passages.** [`crate::Grid::passages`] holds what speaks about the table: its caption, notes, the
//! paragraphs that refer to its label, the paragraph before and after it, and the headings it stands
//! under. [`crate::TableDocument::prose`] holds the paragraphs of a text that may report values itself.
//!
//! **Limits.** Work is linear in the file's size. Nesting is bounded by [`crate::ImportError::TooDeep`].

mod csv;
mod data;
mod html;
mod latex;
mod layout;
mod markdown;
mod maths;

pub(crate) use csv::read as read_csv;
pub(crate) use data::{Node, json_roots, read_json, read_yaml, yaml_roots};
pub(crate) use html::read as read_html;
pub(crate) use latex::read as read_latex;
pub(crate) use layout::read as read_layout;
pub(crate) use markdown::read as read_markdown;
