//! Blocks of lines that are tables, and the part of the page that each stands in.

use std::ops::Range;

use super::lines::{Line, Run, is_missing, is_prose, is_value, join_spreads};

/// Greatest number of header lines of a table.
const MOST_HEADERS: usize = 4;

/// Share of rows, in percent, beside which prose stands for it to be a column of the page.
const PROSE_SHARE: usize = 50;

/// Greatest number of columns of the page by which rows are indented below their label.
const MOST_INDENT: usize = 4;

/// Greatest number of lines of a caption.
const MOST_CAPTION: usize = 12;

/// A table on a page.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Lines of the header and the rows.
    pub(super) lines: Range<usize>,
    /// First line of the rows.
    pub(super) body: usize,
    /// Columns of the page that the table stands in.
    pub(super) columns: Range<usize>,
    /// Lines of the caption above and of the caption below.
    pub(super) captions: [Option<Range<usize>>; 2],
}

/// A page text.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) text: &'a str,
    pub(super) lines: Vec<Line>,
}

impl Page<'_> {
    /// Text of a run.
    pub(super) fn text(&self, run: &Run) -> &str {
        &self.text[run.bytes.clone()]
    }

    /// Runs of a line that start within columns of the page, with spreads joined to their values.
    pub(super) fn runs(&self, line: usize, columns: &Range<usize>) -> Vec<Run> {
        let runs = self.lines.get(line).map_or(&[][..], |line| &line.runs);
        let runs = runs
            .iter()
            .filter(|run| columns.contains(&run.start))
            .cloned()
            .collect();
        join_spreads(self.text, runs)
    }

    /// Whether a line is empty.
    pub(super) fn is_blank(&self, line: usize) -> bool {
        self.lines.get(line).is_none_or(|line| line.runs.is_empty())
    }

    /// Whether a line holds a value beside another run.
    pub(super) fn is_row(&self, line: usize, columns: &Range<usize>) -> bool {
        let runs = self.runs(line, columns);
        runs.iter()
            .skip(1)
            .any(|run| is_value(self.text(run)) || is_missing(self.text(run)))
            && runs.iter().any(|run| is_value(self.text(run)))
    }

    /// The tables of the page, from top to bottom. `refuse` gets the line of each that is not read.
    pub(super) fn blocks(&self, refuse: &mut Vec<(usize, &'static str)>) -> Vec<Block> {
        let everything = 0..usize::MAX;
        let mut blocks = Vec::new();
        let mut line = 0;
        while line < self.lines.len() {
            if !self.is_row(line, &everything) {
                line += 1;
                continue;
            }
            let end = self.end_of_rows(line, &everything);
            match self.columns(line..end) {
                Ok(columns) => {
                    if self.is_row(line, &columns) {
                        blocks.push(self.block(line..end, columns));
                    }
                }
                Err(reason) => refuse.push((line, reason)),
            }
            line = end;
        }
        blocks
    }

    /// The line after the last row of the table whose first row is `start`.
    fn end_of_rows(&self, start: usize, columns: &Range<usize>) -> usize {
        let mut end = start + 1;
        loop {
            if self.is_row(end, columns) {
                end += 1;
            } else if self.is_row(end + 1, columns)
                && (self.is_blank(end) || self.is_heading(end, columns))
            {
                end += 2;
            } else if self.is_blank(end)
                && self.is_heading(end + 1, columns)
                && self.is_row(end + 2, columns)
            {
                end += 3;
            } else {
                return end;
            }
        }
    }

    /// Whether a line is a short label by itself.
    fn is_heading(&self, line: usize, columns: &Range<usize>) -> bool {
        let runs = self.runs(line, columns);
        let [run] = runs.as_slice() else {
            return false;
        };
        let text = self.text(run);
        !is_prose(text) && text.chars().count() <= 60 && caption_number(text).is_none()
    }

    /// Columns of the page without the prose beside the rows.
    fn columns(&self, rows: Range<usize>) -> Result<Range<usize>, &'static str> {
        let everything = 0..usize::MAX;
        let lines: Vec<Vec<Run>> = rows
            .filter(|&line| self.is_row(line, &everything))
            .map(|line| self.runs(line, &everything))
            .collect();
        let mut columns = everything;
        let right: Vec<&Run> = lines
            .iter()
            .filter_map(|runs| runs.last())
            .filter(|run| is_prose(self.text(run)))
            .collect();
        if let Some(start) = right.iter().map(|run| run.start).min()
            && right.len() * 100 >= lines.len() * PROSE_SHARE
        {
            columns.end = start;
        }
        let left: Vec<&Run> = lines
            .iter()
            .filter_map(|runs| runs.first())
            .filter(|run| is_prose(self.text(run)) && run.end - run.start >= 30)
            .collect();
        if let Some(end) = left.iter().map(|run| run.end).max()
            && left.len() * 100 >= lines.len() * PROSE_SHARE
            && lines.iter().all(|runs| runs.len() > 2)
        {
            columns.start = end;
        }
        for runs in &lines {
            let cut = runs.iter().any(|run| {
                run.start < columns.end && run.end > columns.end
                    || run.start < columns.start && run.end > columns.start
            });
            // A value beyond the prose belongs to another table.
            let beyond = runs.iter().any(|run| {
                run.start >= columns.end && is_value(self.text(run))
                    || run.end <= columns.start && is_value(self.text(run))
            });
            if cut || beyond {
                return Err("the columns of the page are not told apart");
            }
        }
        Ok(columns)
    }

    fn block(&self, rows: Range<usize>, columns: Range<usize>) -> Block {
        let rows = self.heading_above(rows.start, &columns)..rows.end;
        let mut start = rows.start;
        while start > 0 && rows.start - start < MOST_HEADERS && self.is_header(start - 1, &columns)
        {
            start -= 1;
        }
        while start < rows.start && self.is_blank(start) {
            start += 1;
        }
        let captions = [
            self.caption_above(start, &columns),
            self.caption_below(rows.end, &columns),
        ];
        Block {
            lines: start..rows.end,
            body: rows.start,
            columns,
            captions,
        }
    }

    /// First line of the rows with a label by itself over the first of them, if it has one.
    fn heading_above(&self, start: usize, columns: &Range<usize>) -> usize {
        let Some(above) = start.checked_sub(1) else {
            return start;
        };
        let first = self.runs(start, columns);
        let ends_before_values = match (self.runs(above, columns).as_slice(), first.get(1)) {
            ([label], Some(value)) => {
                label.end <= value.start && first[0].start.abs_diff(label.start) <= MOST_INDENT
            }
            _ => false,
        };
        // Without a header above it, it is the name of the columns.
        let has_header = above > 0 && self.runs(above - 1, columns).len() > 1;
        if ends_before_values && has_header && self.is_heading(above, columns) {
            above
        } else {
            start
        }
    }

    /// Whether a line above the rows belongs to the header.
    fn is_header(&self, line: usize, columns: &Range<usize>) -> bool {
        if self.lines.get(line).is_some_and(|line| line.is_rule) {
            return true;
        }
        let runs = self.runs(line, columns);
        let Some(first) = runs.first() else {
            return false;
        };
        if caption_number(self.text(first)).is_some() {
            return false;
        }
        // A sentence is one run, or ends with a full stop.
        !runs.iter().any(|run| {
            is_prose(self.text(run)) && (runs.len() == 1 || self.text(run).ends_with('.'))
        }) && (runs.len() > 1 || self.runs(line + 1, columns).len() > 1)
            && !(runs.len() == 1 && self.text(first).ends_with(['.', ':']))
    }

    fn caption_above(&self, start: usize, columns: &Range<usize>) -> Option<Range<usize>> {
        let mut end = start;
        while end > 0 && start - end < 2 && self.is_empty(end - 1, columns) {
            end -= 1;
        }
        let mut first = end;
        while first > 0 && end - first < MOST_CAPTION {
            first -= 1;
            let runs = self.runs(first, columns);
            let run = runs.first()?;
            if caption_number(self.text(run)).is_some() {
                return Some(first..end);
            }
            if self.is_row(first, columns) {
                return None;
            }
        }
        None
    }

    fn caption_below(&self, end: usize, columns: &Range<usize>) -> Option<Range<usize>> {
        let mut first = end;
        while first - end < 2 && first < self.lines.len() && self.is_empty(first, columns) {
            first += 1;
        }
        let runs = self.runs(first, columns);
        caption_number(self.text(runs.first()?))?;
        let mut last = first + 1;
        while last - first < MOST_CAPTION
            && !self.is_empty(last, columns)
            && !self.is_row(last, columns)
            && !self.starts_caption(last, columns)
        {
            last += 1;
        }
        Some(first..last)
    }

    /// Whether a line starts a caption.
    fn starts_caption(&self, line: usize, columns: &Range<usize>) -> bool {
        let runs = self.runs(line, columns);
        runs.first()
            .is_some_and(|run| caption_number(self.text(run)).is_some())
    }

    /// Whether a line has nothing within columns of the page.
    pub(super) fn is_empty(&self, line: usize, columns: &Range<usize>) -> bool {
        self.runs(line, columns).is_empty()
    }
}

/// Number of the table that a caption begins with, as printed: `3` of `Table 3: …`.
pub(super) fn caption_number(text: &str) -> Option<&str> {
    let rest = ["Table", "TABLE", "Tab.", "Tbl."]
        .iter()
        .find_map(|word| text.strip_prefix(word))?;
    let rest = rest.strip_prefix([' ', '\u{a0}'])?.trim_start();
    let length = rest
        .find(|character: char| !character.is_ascii_alphanumeric())
        .unwrap_or(rest.len());
    let number = &rest[..length];
    let is_number = number.contains(|character: char| character.is_ascii_digit())
        || (!number.is_empty() && number.chars().all(|character| "IVXLC".contains(character)));
    let after = rest[length..].trim_start();
    let ends = after.is_empty() || after.starts_with([':', '.', '|', '–', '—']);
    (is_number && ends && length <= 6).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_told_from_sentences() {
        assert_eq!(caption_number("Table 3: Results"), Some("3"));
        assert_eq!(caption_number("TABLE IV"), Some("IV"));
        assert_eq!(caption_number("Table S1. More"), Some("S1"));
        assert_eq!(caption_number("Table 3 shows"), None);
        assert_eq!(caption_number("Tables"), None);
    }
}
