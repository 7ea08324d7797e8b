//! Text of paragraphs and cells.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::readers::maths;
use crate::source::FileId;
use crate::text::{CellText, TextMark};

/// Marks that are open at the same time.
const DEEPEST: usize = 100;

/// Collects the text of a paragraph or a cell.
pub(super) struct Inline {
    file: FileId,
    text: CellText,
    /// Open marks: of Markdown, or of an HTML element with this name.
    open: Vec<(Option<TextMark>, usize, &'static str)>,
    /// The images that are open.
    images: usize,
    /// The HTML element that hides what follows.
    hidden: Option<String>,
}

impl Inline {
    /// An empty text.
    pub fn new(file: FileId) -> Self {
        Inline {
            file,
            text: CellText::new(),
            open: Vec::new(),
            images: 0,
            hidden: None,
        }
    }

    /// The text so far; a new one begins.
    pub fn take(&mut self) -> CellText {
        while !self.open.is_empty() {
            self.close();
        }
        self.images = 0;
        self.hidden = None;
        std::mem::take(&mut self.text)
    }

    /// Takes an event; `source` is the file's text.
    pub fn event(&mut self, event: &Event<'_>, range: Range<usize>, source: &str) {
        match event {
            Event::Html(tag) | Event::InlineHtml(tag) => return self.html(tag),
            Event::End(TagEnd::Image) => {
                self.images = self.images.saturating_sub(1);
                return;
            }
            Event::Start(Tag::Image { .. }) => {
                self.images += 1;
                return;
            }
            _ => {}
        }
        if self.images > 0 || self.hidden.is_some() {
            return;
        }
        match event {
            Event::Text(text) => self.literal(text, range, source),
            Event::Code(code) => self.code(code, range, source),
            Event::InlineMath(content) | Event::DisplayMath(content) => {
                self.maths(content, range, source)
            }
            Event::SoftBreak => self.replaced(" ", range),
            Event::HardBreak => self.replaced("\n", range),
            Event::Start(tag) => {
                if let Some(mark) = mark(tag) {
                    self.begin(Some(mark), "");
                }
            }
            Event::End(
                TagEnd::Strong
                | TagEnd::Emphasis
                | TagEnd::Strikethrough
                | TagEnd::Link
                | TagEnd::Superscript
                | TagEnd::Subscript,
            ) => {
                self.close();
            }
            _ => {}
        }
    }

    fn replaced(&mut self, text: &str, range: Range<usize>) {
        self.text.push_replaced(text, self.file, range);
    }

    fn literal(&mut self, text: &str, range: Range<usize>, source: &str) {
        let raw = source.get(range.clone()).unwrap_or_default();
        if raw == text {
            self.text.push_literal(self.file, range.start, text);
        } else if let Some(at) = raw.find(text) {
            self.text.push_literal(self.file, range.start + at, text);
        } else {
            self.replaced(text, range);
        }
    }

    fn code(&mut self, code: &str, range: Range<usize>, source: &str) {
        let start = self.text.len();
        self.literal(code, range, source);
        self.text.mark(start..self.text.len(), TextMark::Code);
    }

    fn maths(&mut self, content: &str, range: Range<usize>, source: &str) {
        let raw = source.get(range.clone()).unwrap_or_default();
        match raw.find(content) {
            Some(at) => self
                .text
                .push_text(&maths::read(self.file, range.start + at, content)),
            None => self.replaced(content, range),
        }
    }

    fn begin(&mut self, mark: Option<TextMark>, name: &'static str) {
        if self.open.len() < DEEPEST {
            self.open.push((mark, self.text.len(), name));
        }
    }

    fn close(&mut self) {
        if let Some((Some(mark), start, _)) = self.open.pop() {
            self.text.mark(start..self.text.len(), mark);
        }
    }

    /// An HTML tag within text.
    fn html(&mut self, tag: &str) {
        let tag = tag.trim();
        let is_end = tag.starts_with("</");
        let name = tag.trim_start_matches(['<', '/']);
        let length = name
            .find(|char: char| !char.is_ascii_alphanumeric())
            .unwrap_or(name.len());
        let name = name[..length].to_ascii_lowercase();
        if let Some(hidden) = &self.hidden {
            if is_end && *hidden == name {
                self.hidden = None;
            }
            return;
        }
        let lower = tag.to_ascii_lowercase();
        let hides = lower.contains(" hidden")
            || lower.contains("display:none")
            || lower.contains("display: none");
        if hides && !is_end && !tag.ends_with("/>") {
            self.hidden = Some(name);
            return;
        }
        if name == "br" {
            let end = self
                .text
                .len()
                .checked_sub(1)
                .and_then(|last| self.text.origin(last));
            let at = end.map_or(0, |origin| origin.offset);
            return self.text.push_replaced("\n", self.file, at..at);
        }
        let known = [
            "sup", "sub", "b", "strong", "i", "em", "del", "s", "strike", "u",
        ];
        let Some(known) = known.into_iter().find(|known| *known == name) else {
            return;
        };
        if !is_end {
            let mark = match known {
                "sup" => TextMark::Superscript,
                "sub" => TextMark::Subscript,
                "b" | "strong" => TextMark::Bold,
                "i" | "em" => TextMark::Italic,
                "u" => TextMark::Underlined,
                _ => TextMark::Struck,
            };
            return self.begin(Some(mark), known);
        }
        if let Some(open) = self.open.iter().rposition(|(_, _, name)| *name == known) {
            while self.open.len() > open {
                self.close();
            }
        }
    }
}

fn mark(tag: &Tag<'_>) -> Option<TextMark> {
    match tag {
        Tag::Strong => Some(TextMark::Bold),
        Tag::Emphasis => Some(TextMark::Italic),
        Tag::Strikethrough => Some(TextMark::Struck),
        Tag::Link { .. } => Some(TextMark::Link),
        Tag::Superscript => Some(TextMark::Superscript),
        Tag::Subscript => Some(TextMark::Subscript),
        _ => None,
    }
}
