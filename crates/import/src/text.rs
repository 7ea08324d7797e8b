//! Visible text with the place in the file of each character.

use std::ops::Range;

use compact_str::CompactString;
use smallvec::SmallVec;

use crate::source::FileId;

/// A place in a file: file and byte offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The file.
    pub file: FileId,
    /// The byte offset, counted from 0.
    pub offset: usize,
}

/// What the markup says about a part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextMark {
    /// Bold.
    Bold,
    /// Italic or emphasised.
    Italic,
    /// Underlined.
    Underlined,
    /// Struck through.
    Struck,
    /// Coloured text or background.
    Coloured,
    /// Smaller than the text around.
    Small,
    /// Raised.
    Superscript,
    /// Lowered.
    Subscript,
    /// The mark of a footnote.
    Note,
    /// The text of a link.
    Link,
    /// Program text: `…` in Markdown, `<code>`, `\texttt`.
    Code,
}

/// A mark with the bytes of the text that it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedRange {
    /// The bytes of the text.
    pub range: Range<usize>,
    /// The mark.
    pub mark: TextMark,
}

/// A run of the text with one relation to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    /// Where the run begins in the text, in bytes.
    at: u32,
    /// The file.
    file: FileId,
    /// Where the file's run begins, in bytes.
    offset: u32,
    /// The bytes of the file's run where the text replaces it; [`REPEATED`] where it repeats it byte by byte.
    replaced: u32,
}

/// The mark of a run that repeats the file byte by byte.
const REPEATED: u32 = u32::MAX;

/// Visible text; each byte of it has an [`Origin`].
///
/// A large table has a million cells, nearly all of them short and one run of the file: these need no
/// memory but their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellText {
    text: CompactString,
    segments: SmallVec<[Segment; 1]>,
    marks: Vec<MarkedRange>,
}

impl CellText {
    /// An empty text.
    pub fn new() -> Self {
        CellText::default()
    }

    /// Text that stands in the file as it is, from `offset` on.
    pub fn literal(file: FileId, offset: usize, text: &str) -> Self {
        let mut whole = CellText::new();
        whole.push_literal(file, offset, text);
        whole
    }

    /// Appends text that stands in the file as it is, from `offset` on.
    pub fn push_literal(&mut self, file: FileId, offset: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        let origin = Origin { file, offset };
        if self.end_of_literal() != Some(origin) {
            self.segments.push(Segment {
                at: small(self.text.len()),
                file,
                offset: small(offset),
                replaced: REPEATED,
            });
        }
        self.text.push_str(text);
    }

    /// Appends text that stands for a range of the file: an entity, a command.
    pub fn push_replaced(&mut self, text: &str, file: FileId, range: Range<usize>) {
        if text.is_empty() {
            return;
        }
        self.segments.push(Segment {
            at: small(self.text.len()),
            file,
            offset: small(range.start),
            replaced: small(range.end.saturating_sub(range.start)).min(REPEATED - 1),
        });
        self.text.push_str(text);
    }

    /// Appends another text with its origins and marks.
    pub fn push_text(&mut self, other: &CellText) {
        let by = self.text.len();
        self.segments
            .extend(other.segments.iter().map(|segment| Segment {
                at: segment.at.saturating_add(small(by)),
                ..*segment
            }));
        self.marks
            .extend(other.marks.iter().map(|marked| MarkedRange {
                range: marked.range.start + by..marked.range.end + by,
                mark: marked.mark,
            }));
        self.text.push_str(&other.text);
    }

    /// Marks a range of the text, in bytes; an empty range is dropped.
    pub fn mark(&mut self, range: Range<usize>, mark: TextMark) {
        if range.start < range.end && range.end <= self.text.len() {
            self.marks.push(MarkedRange { range, mark });
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The length in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether there is no character at all.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether there is nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The marks, in the order in which they were set.
    pub fn marks(&self) -> &[MarkedRange] {
        &self.marks
    }

    /// Whether a mark covers the byte `at`.
    pub fn has_mark(&self, at: usize, mark: TextMark) -> bool {
        self.marks
            .iter()
            .any(|marked| marked.mark == mark && marked.range.contains(&at))
    }

    /// The origin of the byte `at`; `None` for an empty text.
    pub fn origin(&self, at: usize) -> Option<Origin> {
        let segment = self.segment(at)?;
        let within = match segment.replaced {
            REPEATED => at - segment.at as usize,
            _ => 0,
        };
        Some(Origin {
            file: segment.file,
            offset: segment.offset as usize + within,
        })
    }

    /// The range of the file from the first character of `range` to its last; `None` for an empty
    /// range, and where first and last stand in different files or in reverse order.
    pub fn file_range(&self, range: Range<usize>) -> Option<(FileId, Range<usize>)> {
        if range.is_empty() {
            return None;
        }
        let start = self.origin(range.start)?;
        let last = self.segment(range.end - 1)?;
        let end = last.offset as usize
            + match last.replaced {
                REPEATED => range.end - last.at as usize,
                length => length as usize,
            };
        let fits = last.file == start.file && start.offset <= end;
        fits.then_some((start.file, start.offset..end))
    }

    fn segment(&self, at: usize) -> Option<&Segment> {
        let index = self
            .segments
            .partition_point(|segment| segment.at as usize <= at)
            .checked_sub(1)?;
        self.segments.get(index)
    }

    /// The origin that a literal text must have to continue the last one.
    fn end_of_literal(&self) -> Option<Origin> {
        let last = self.segments.last()?;
        (last.replaced == REPEATED).then(|| Origin {
            file: last.file,
            offset: last.offset as usize + (self.text.len() - last.at as usize),
        })
    }
}

/// An offset in 32 bits: files end at 64 MiB, and so does the text of a cell.
fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(0);

    #[test]
    fn each_character_keeps_its_origin_through_replacements() {
        // 90.4 \pm 1.8
        let mut text = CellText::literal(FILE, 10, "90.4 ");
        text.push_replaced("±", FILE, 15..18);
        text.push_literal(FILE, 18, " 1.8");
        assert_eq!(text.as_str(), "90.4 ± 1.8");
        let spread = text.as_str().find("1.8").unwrap();
        assert_eq!(text.origin(spread).map(|origin| origin.offset), Some(19));
        assert_eq!(text.file_range(0..text.len()), Some((FILE, 10..22)));
        let sign = text.as_str().find('±').unwrap();
        assert_eq!(text.file_range(sign..sign + 2), Some((FILE, 15..18)));
    }

    #[test]
    fn appended_text_moves_its_marks() {
        let mut text = CellText::literal(FILE, 0, "a ");
        let mut bold = CellText::literal(FILE, 4, "b");
        bold.mark(0..1, TextMark::Bold);
        text.push_text(&bold);
        assert!(text.has_mark(2, TextMark::Bold));
        assert!(!text.has_mark(0, TextMark::Bold));
    }
}
