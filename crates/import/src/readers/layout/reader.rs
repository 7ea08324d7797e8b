//! From the text of `pdftotext -layout` to its tables.

use std::ops::Range;

use super::block::{Block, Page, caption_number};
use super::grid::{GridError, grid};
use super::lines::lines;
use crate::document::{ReaderProblem, TableDocument};
use crate::error::ImportError;
use crate::grid::Grid;
use crate::passage::{Passage, PassageKind};
use crate::source::{FileId, SourceFiles};
use crate::text::{CellText, Origin};

/// Greatest number of lines of a note or of a paragraph beside a table.
const MOST_LINES: usize = 40;

/// Reads the tables of the main file.
///
/// # Errors
/// When a table has too many cells.
pub(crate) fn read(files: &mut SourceFiles) -> Result<TableDocument, ImportError> {
    let file = files.main();
    let text = &files.file(file).text;
    let page = Page {
        text,
        lines: lines(text),
    };
    let mut refused = Vec::new();
    let blocks = page.blocks(&mut refused);
    let captions = captions(&blocks);
    let mut document = TableDocument::default();
    for (block, caption) in blocks.iter().zip(captions) {
        match grid(&page, block, file) {
            Ok(found) => document
                .grids
                .push(with_passages(&page, block, caption, found, file)),
            Err(GridError::Refused(reason)) => refused.push((block.lines.start, reason)),
            Err(GridError::Import(error)) => return Err(error),
        }
    }
    refused.sort_unstable();
    document.problems = refused
        .into_iter()
        .filter_map(|(line, reason)| {
            let run = page.lines.get(line)?.runs.first()?;
            Some(ReaderProblem {
                origin: Origin {
                    file,
                    offset: run.bytes.start,
                },
                text: format!("a table is not read: {reason}"),
            })
        })
        .collect();
    Ok(document)
}

/// The caption of each table: all above or all below their tables, as that of the first is; a table
/// without one on that side takes the other if no other table has it.
fn captions(blocks: &[Block]) -> Vec<Option<Range<usize>>> {
    let side = blocks
        .iter()
        .find_map(|block| block.captions.iter().position(Option::is_some))
        .unwrap_or(0);
    let mut taken: Vec<Range<usize>> = blocks
        .iter()
        .filter_map(|block| block.captions[side].clone())
        .collect();
    taken.sort_unstable_by_key(|caption| caption.start);
    blocks
        .iter()
        .map(|block| {
            block.captions[side].clone().or_else(|| {
                block.captions[1 - side].clone().filter(|caption| {
                    taken
                        .binary_search_by_key(&caption.start, |taken| taken.start)
                        .is_err()
                })
            })
        })
        .collect()
}

fn with_passages(
    page: &Page<'_>,
    block: &Block,
    caption: Option<Range<usize>>,
    mut grid: Grid,
    file: FileId,
) -> Grid {
    let mut add = |kind, text: CellText| {
        if !text.is_blank() {
            grid.passages.push(Passage { kind, text });
        }
    };
    let mut after = block.lines.end;
    if let Some(caption) = &caption {
        add(
            PassageKind::Caption,
            text(page, caption.clone(), &block.columns, file),
        );
        if caption.start >= after {
            after = caption.end;
        }
    }
    let note = note(page, after, block);
    add(
        PassageKind::Note,
        text(page, note.clone(), &block.columns, file),
    );
    // Prose beside the table, with the lines of its caption.
    let top = caption.as_ref().map_or(block.lines.start, |caption| {
        caption.start.min(block.lines.start)
    });
    let beside = top..after.max(note.end);
    for columns in [block.columns.end..usize::MAX, 0..block.columns.start] {
        if !columns.is_empty() {
            add(
                PassageKind::After,
                text(page, beside.clone(), &columns, file),
            );
        }
    }
    grid.label = caption
        .and_then(|caption| page.runs(caption.start, &block.columns).into_iter().next())
        .and_then(|run| caption_number(page.text(&run)).map(str::to_owned));
    grid
}

/// Lines of a note below a table: those up to an empty one that begin with a mark or the word.
fn note(page: &Page<'_>, start: usize, block: &Block) -> Range<usize> {
    let first = (start..start + 2)
        .find(|&line| !page.is_empty(line, &block.columns))
        .unwrap_or(start);
    let is_note = page.runs(first, &block.columns).first().is_some_and(|run| {
        page.text(run).starts_with(['*', '∗', '†', '‡', '§', '¶'])
            || page.text(run).starts_with("Note")
    });
    if !is_note {
        return start..start;
    }
    let end = (first..first + MOST_LINES)
        .find(|&line| {
            page.is_empty(line, &block.columns)
                || page
                    .runs(line, &block.columns)
                    .first()
                    .is_some_and(|run| caption_number(page.text(run)).is_some())
        })
        .unwrap_or(first + MOST_LINES);
    first..end
}

/// Text of lines within columns of the page.
fn text(page: &Page<'_>, lines: Range<usize>, columns: &Range<usize>, file: FileId) -> CellText {
    let mut text = CellText::new();
    let mut break_at: Option<usize> = None;
    for line in lines {
        for run in page.runs(line, columns) {
            if let Some(offset) = break_at {
                text.push_replaced(" ", file, offset..run.bytes.start.max(offset));
            }
            text.push_literal(file, run.bytes.start, page.text(&run));
            break_at = Some(run.bytes.end);
        }
    }
    text
}
