//! From the events of Markdown to tables and passages.

use std::collections::HashMap;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::inline::Inline;
use crate::document::TableDocument;
use crate::error::ImportError;
use crate::grid::{Grid, RowKind};
use crate::grid_builder::{GridBuilder, SpanStyle};
use crate::passage::{Passage, PassageKind};
use crate::readers::data::yaml_grids;
use crate::readers::html;
use crate::source::{FileId, SourceFiles};
use crate::text::CellText;

/// Paragraphs before a table that are looked at.
const MOST_BEFORE: usize = 3;

/// Reads the main file.
///
/// # Errors
/// When a table has too many cells.
pub(crate) fn read(files: &SourceFiles) -> Result<TableDocument, ImportError> {
    let file = files.main();
    let text = files.file(file).text.as_str();
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_MATH
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut reader = Reader {
        files,
        file,
        text,
        document: TableDocument::default(),
        inline: Inline::new(file),
        headings: Vec::new(),
        before: Vec::new(),
        last_table: None,
        notes: HashMap::new(),
        wanted_notes: Vec::new(),
        block: None,
        table: None,
        skip_to: 0,
    };
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        reader.event(&event, range)?;
    }
    reader.attach_notes();
    Ok(reader.document)
}

/// What the inline text belongs to.
#[derive(Clone, PartialEq, Eq)]
enum Block {
    Paragraph,
    Heading(usize),
    Cell,
    Code,
    FrontMatter,
    Footnote(String),
}

struct Reader<'t> {
    files: &'t SourceFiles,
    file: FileId,
    text: &'t str,
    document: TableDocument,
    inline: Inline,
    /// The headings that are open: level and text, the outermost first.
    headings: Vec<(usize, CellText)>,
    /// The paragraphs since the last heading or table, the nearest last.
    before: Vec<CellText>,
    /// The table that the next paragraph stands after.
    last_table: Option<usize>,
    /// Footnotes by their names.
    notes: HashMap<String, CellText>,
    /// Footnotes that the header of a table refers to.
    wanted_notes: Vec<(usize, String)>,
    block: Option<Block>,
    table: Option<(GridBuilder, bool)>,
    /// Events before this offset belong to a table in HTML that is read already.
    skip_to: usize,
}

impl Reader<'_> {
    fn event(&mut self, event: &Event<'_>, range: Range<usize>) -> Result<(), ImportError> {
        if range.start < self.skip_to {
            return Ok(());
        }
        match event {
            Event::Start(tag) => self.start(tag, event, range),
            Event::End(tag) => self.end(*tag, event, range),
            Event::Html(html) | Event::InlineHtml(html)
                if html.to_ascii_lowercase().contains("<table") =>
            {
                self.html(range)
            }
            Event::FootnoteReference(name) => {
                if let Some((_, true)) = &self.table {
                    self.wanted_notes
                        .push((self.document.grids.len(), name.to_string()));
                }
                Ok(())
            }
            other => {
                self.inline_event(other, range);
                Ok(())
            }
        }
    }

    fn inline_event(&mut self, event: &Event<'_>, range: Range<usize>) {
        let is_text = !matches!(self.block, Some(Block::Code | Block::FrontMatter) | None);
        if is_text {
            self.inline.event(event, range, self.text);
        }
    }

    fn start(
        &mut self,
        tag: &Tag<'_>,
        event: &Event<'_>,
        range: Range<usize>,
    ) -> Result<(), ImportError> {
        match tag {
            Tag::Paragraph | Tag::Item if !matches!(self.block, Some(Block::Footnote(_))) => {
                self.end_paragraph();
                self.block = Some(Block::Paragraph);
            }
            Tag::Heading { level, .. } => self.block = Some(Block::Heading(*level as usize)),
            Tag::CodeBlock(_) => self.block = Some(Block::Code),
            Tag::MetadataBlock(_) => self.block = Some(Block::FrontMatter),
            Tag::FootnoteDefinition(name) => self.block = Some(Block::Footnote(name.to_string())),
            Tag::Table(_) => {
                let mut builder = GridBuilder::new(SpanStyle::Absent);
                let bytes = self.text.get(range).unwrap_or_default().bytes();
                builder.expect_cells(bytes.filter(|byte| *byte == b'|').count());
                self.table = Some((builder, true));
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some((builder, is_header)) = &mut self.table {
                    *is_header = matches!(tag, Tag::TableHead);
                    builder.row(*is_header)?;
                }
            }
            Tag::TableCell => self.block = Some(Block::Cell),
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Link { .. }
            | Tag::Image { .. }
            | Tag::Superscript
            | Tag::Subscript => {
                self.inline_event(event, range);
            }
            _ => {}
        }
        Ok(())
    }

    fn end(
        &mut self,
        tag: TagEnd,
        event: &Event<'_>,
        range: Range<usize>,
    ) -> Result<(), ImportError> {
        match tag {
            TagEnd::Paragraph | TagEnd::Item if matches!(self.block, Some(Block::Footnote(_))) => {}
            TagEnd::Paragraph | TagEnd::Item => self.end_paragraph(),
            TagEnd::Heading(_) => self.end_heading(),
            TagEnd::MetadataBlock(_) => {
                self.block = None;
                self.front_matter(range);
            }
            TagEnd::CodeBlock => self.block = None,
            TagEnd::FootnoteDefinition => {
                let text = self.inline.take();
                if let Some(Block::Footnote(name)) = self.block.take() {
                    self.notes.insert(name, text);
                }
            }
            TagEnd::TableCell => {
                let text = self.inline.take();
                self.block = None;
                if let Some((builder, is_header)) = &mut self.table {
                    builder.cell(text, *is_header)?;
                }
            }
            TagEnd::Table => {
                if let Some((builder, _)) = self.table.take() {
                    let grid = builder.finish()?;
                    self.add(vec![grid]);
                }
            }
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Link
            | TagEnd::Image
            | TagEnd::Superscript
            | TagEnd::Subscript => {
                self.inline_event(event, range);
            }
            _ => {}
        }
        Ok(())
    }

    fn end_paragraph(&mut self) {
        if !matches!(self.block.take(), Some(Block::Paragraph)) {
            return;
        }
        let text = self.inline.take();
        if text.is_blank() {
            return;
        }
        if let Some(table) = self.last_table.take() {
            let kind = match is_caption(text.as_str()) {
                true => PassageKind::Caption,
                false => PassageKind::After,
            };
            let text = text.clone();
            self.document.grids[table]
                .passages
                .push(Passage { kind, text });
        }
        self.document.prose.push(text.clone());
        self.before.push(text);
    }

    fn end_heading(&mut self) {
        let Some(Block::Heading(level)) = self.block.take() else {
            return;
        };
        let text = self.inline.take();
        self.headings.retain(|(other, _)| *other < level);
        self.headings.push((level, text));
        self.before.clear();
        self.last_table = None;
    }

    /// What is said before a table, the nearest first.
    fn passages(&self) -> Vec<Passage> {
        let before = self.before.iter().rev().take(MOST_BEFORE);
        let before = before.map(|text| (PassageKind::Before, text));
        let headings = self
            .headings
            .iter()
            .rev()
            .map(|(_, text)| (PassageKind::Heading, text));
        before
            .chain(headings)
            .map(|(kind, text)| Passage {
                kind,
                text: text.clone(),
            })
            .collect()
    }

    fn add(&mut self, grids: Vec<Grid>) {
        let passages = self.passages();
        for mut grid in grids {
            grid.passages.extend(passages.iter().cloned());
            self.document.grids.push(grid);
        }
        self.before.clear();
        self.last_table = self.document.grids.len().checked_sub(1);
    }

    /// The results of a model card's front matter. What is no YAML is passed over: the text goes on.
    fn front_matter(&mut self, range: Range<usize>) {
        if let Ok(grids) = yaml_grids(self.files, self.file, range) {
            let results = grids
                .into_iter()
                .filter(|grid| !grid.hints.is_empty() && grid.row_kind == RowKind::Results);
            self.document.grids.extend(results);
        }
    }

    /// A table in HTML, up to its end tag.
    fn html(&mut self, range: Range<usize>) -> Result<(), ImportError> {
        self.end_paragraph();
        let rest = &self.text[range.start..];
        let end = end_of_table(rest).map_or(self.text.len(), |end| range.start + end);
        let grids = html::tables(self.files, self.file, range.start..end, &[])?;
        self.add(grids);
        self.skip_to = end;
        Ok(())
    }

    /// Footnotes that a table's header refers to are notes of the table.
    fn attach_notes(&mut self) {
        for (table, name) in &self.wanted_notes {
            if let (Some(grid), Some(text)) =
                (self.document.grids.get_mut(*table), self.notes.get(name))
            {
                grid.passages.push(Passage {
                    kind: PassageKind::Note,
                    text: text.clone(),
                });
            }
        }
    }
}

/// Whether a paragraph after a table is its caption: `Table: …`, `Table 3. …`.
fn is_caption(text: &str) -> bool {
    let rest = ["Table", "Tab."]
        .iter()
        .find_map(|word| text.trim_start().strip_prefix(word));
    rest.is_some_and(|rest| {
        let number = rest.trim_start();
        let rest = number.trim_start_matches(|char: char| char.is_ascii_digit());
        rest.starts_with(':') || (rest.len() < number.len() && rest.starts_with('.'))
    })
}

/// The offset after the end tag of the table that begins first.
fn end_of_table(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    let lower = text.as_bytes();
    let is_at = |at: usize, tag: &str| {
        lower
            .get(at..at + tag.len())
            .is_some_and(|bytes| bytes.eq_ignore_ascii_case(tag.as_bytes()))
    };
    while let Some(found) = text[at..].find('<') {
        at += found;
        if is_at(at, "<table") {
            depth += 1;
        } else if is_at(at, "</table") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Some(text[at..].find('>').map_or(text.len(), |end| at + end + 1));
            }
        }
        at += 1;
    }
    None
}
