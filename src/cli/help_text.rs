//! Markdown as plain text for a terminal: no marks, paragraphs wrapped, tables as lists of facts.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use unicode_width::UnicodeWidthStr;

use super::paragraphs::wrapped;

/// The text of a page in `width` columns.
pub fn plain(markdown: &str, width: usize) -> String {
    let mut page = Plain {
        width,
        ..Plain::default()
    };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        page.take(event);
    }
    page.text
}

/// A page as far as it is written.
#[derive(Default)]
struct Plain {
    width: usize,
    text: String,
    /// The words of the block that is read.
    words: String,
    /// The level of nested lists, and the number of the next item of a numbered one.
    lists: Vec<Option<u64>>,
    /// The lines of a block of code.
    code: Option<String>,
    /// The cells of the table that is read: its head, then a row at a time.
    head: Vec<String>,
    row: Vec<String>,
    is_head: bool,
    is_item_begun: bool,
}

impl Plain {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => *code += &text,
                None => self.words += &text,
            },
            Event::Code(text) => {
                self.words += "`";
                self.words += &text;
                self.words += "`";
            }
            Event::SoftBreak | Event::HardBreak => self.words.push(' '),
            Event::Rule
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_) => {}
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => self.gap(),
            Tag::Paragraph if self.lists.is_empty() => self.gap(),
            Tag::List(first) => {
                self.flush();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(first);
            }
            Tag::Item => self.is_item_begun = true,
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                self.flush();
                self.gap();
                self.code = Some(String::new());
            }
            Tag::Table(_) => self.gap(),
            Tag::TableHead => {
                self.head.clear();
                self.is_head = true;
            }
            Tag::TableRow => self.row.clear(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => self.heading(level),
            TagEnd::Paragraph | TagEnd::Item => self.flush(),
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::CodeBlock => {
                for line in self.code.take().unwrap_or_default().lines() {
                    self.text += format!("    {line}").trim_end();
                    self.text.push('\n');
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.words);
                match self.is_head {
                    true => self.head.push(cell),
                    false => self.row.push(cell),
                }
            }
            TagEnd::TableHead => self.is_head = false,
            TagEnd::TableRow => self.table_row(),
            _ => {}
        }
    }

    /// Writes the words as a paragraph, or as an item of a list.
    fn flush(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.trim().is_empty() {
            return;
        }
        let depth = self.lists.len();
        if depth == 0 {
            self.text += &wrapped(&words, "", "", self.width);
            return;
        }
        let indent = "  ".repeat(depth - 1);
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            Some(None) | None => "- ".to_owned(),
        };
        let rest = format!("{indent}{}", " ".repeat(mark.width()));
        let first = match std::mem::take(&mut self.is_item_begun) {
            true => format!("{indent}{mark}"),
            false => rest.clone(),
        };
        self.text += &wrapped(&words, &first, &rest, self.width);
    }

    fn heading(&mut self, level: HeadingLevel) {
        let words = std::mem::take(&mut self.words);
        let line = match level {
            HeadingLevel::H1 => "=",
            HeadingLevel::H2 => "-",
            HeadingLevel::H3 | HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => "",
        };
        self.text += &format!("{words}\n");
        if !line.is_empty() {
            self.text += &format!("{}\n", line.repeat(words.width()));
        }
    }

    /// Writes a row: its first cell, then the others below it, each after the head of its column where there are
    /// several.
    fn table_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        let mut cells = row.iter().zip(&self.head);
        let Some((first, _)) = cells.next() else {
            return;
        };
        let others: Vec<_> = cells.filter(|(cell, _)| !cell.trim().is_empty()).collect();
        self.text += &wrapped(first, "  ", "    ", self.width);
        for (index, (cell, head)) in others.into_iter().enumerate() {
            let words = match index {
                0 => cell.clone(),
                _ => format!("{head}: {cell}"),
            };
            self.text += &wrapped(&words, "      ", "      ", self.width);
        }
    }

    /// An empty line, unless there is one.
    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_gone_and_lines_are_wrapped() {
        let markdown = "# Title\n\nSome **bold** [link](x.md) and `code` that is a long line.\n\n- one\n- two: a longer item \
                        of a list\n\n| key | value | default |\n|---|---|---|\n| `a` | what it is | 1 |\n| `b` | x | |\n\n\
                        ```console\n$ reprove check m.yaml   # as it stands\n```\n";
        let text = plain(markdown, 30);
        let expected = "Title\n=====\n\nSome bold link and `code` that\nis a long line.\n\n- one\n- two: a longer item of a \
                        list\n\n  `a`\n      what it is\n      default: 1\n  `b`\n      x\n\n    \
                        $ reprove check m.yaml   # as it stands\n";
        assert_eq!(text, expected);
    }
}
