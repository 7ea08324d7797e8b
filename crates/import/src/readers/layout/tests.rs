//! Tests of the reader of the text of `pdftotext -layout`.

use super::read;
use crate::document::TableDocument;
use crate::passage::PassageKind;
use crate::source::{SourceFile, SourceFiles};

fn document(text: &str) -> TableDocument {
    let mut files = SourceFiles::single(SourceFile::new("paper.txt", text).unwrap());
    read(&mut files).unwrap()
}

fn shown(text: &str) -> Vec<Vec<String>> {
    let document = document(text);
    let grid = &document.grids[0];
    (0..grid.rows.len())
        .map(|row| {
            (0..grid.width())
                .map(|column| {
                    grid.cell(row, column)
                        .map_or("", |cell| cell.text.as_str())
                        .to_owned()
                })
                .collect()
        })
        .collect()
}

#[test]
fn values_stand_under_the_names_of_their_columns() {
    let text = "\
 Table 3: Error over 4 runs
          of each net.

                  Easy          Hard
 Net     Size    A     B      C       D
 one     1.2M   7.5   8.25   9.0 ± 0.5    −1.5
 two     3.4M    7.0   8    —    2.5*

 * One run.
";
    assert_eq!(
        shown(text),
        [
            ["", "", "Easy", "Easy", "Hard", "Hard"],
            ["Net", "Size", "A", "B", "C", "D"],
            ["one", "1.2M", "7.5", "8.25", "9.0 ± 0.5", "−1.5"],
            ["two", "3.4M", "7.0", "8", "—", "2.5*"],
        ]
    );
    let grid = &document(text).grids[0];
    let passages: Vec<_> = grid
        .passages
        .iter()
        .map(|passage| (passage.kind, passage.text.as_str()))
        .collect();
    assert_eq!(
        passages,
        [
            (
                PassageKind::Caption,
                "Table 3: Error over 4 runs of each net."
            ),
            (PassageKind::Note, "* One run.")
        ]
    );
    let cell = grid.cell(2, 5).unwrap();
    assert_eq!(
        cell.text.origin(0).map(|origin| origin.offset),
        text.find("−1.5")
    );
}

#[test]
fn prose_beside_a_table_is_no_column() {
    let right = "\
Net      A      B        we then trained it for 30 more epochs on
one      1.5    2.5      the other set, which gave a gain of 0.5
two      3.5    4.5      over the net that was trained before.
";
    assert_eq!(
        shown(right),
        [
            ["Net", "A", "B"],
            ["one", "1.5", "2.5"],
            ["two", "3.5", "4.5"]
        ]
    );
    let left = "\
we then trained it for 30 more epochs on     Net      A      B
the other set, which gave a gain of 0.5      one      1.5    2.5
over the net that was trained before it      two      3.5    4.5
";
    assert_eq!(
        shown(left),
        [
            ["Net", "A", "B"],
            ["one", "1.5", "2.5"],
            ["two", "3.5", "4.5"]
        ]
    );
}

#[test]
fn rows_whose_columns_are_not_clear_are_refused() {
    let text = "\
Net       A       B       C
one       1.5     2.5     3.5
two       1.5 2.5    3.5
three     1.5 2.5 3.5
four      1.5  2.5 3.5
";
    let document = document(text);
    assert!(document.grids.is_empty());
    assert_eq!(document.problems.len(), 1);
}

#[test]
fn a_label_holds_for_the_rows_around_it() {
    let text = "\
                 Net      A
                 one      1.5
 Large           two      2.5
                 three    3.5

                 four     4.5
 Small
                 five     5.5
";
    let shown = shown(text);
    let labels: Vec<&str> = shown[1..].iter().map(|row| row[0].as_str()).collect();
    assert_eq!(labels, ["Large", "Large", "Large", "Small", "Small"]);
}

#[test]
fn captions_below_their_tables_are_found() {
    let text = "\
Net    A
one    1.5

Table 1: First.

Net    A
two    2.5

Table 2: Second.
";
    let captions: Vec<_> = document(text)
        .grids
        .iter()
        .map(|grid| grid.passages[0].text.as_str().to_owned())
        .collect();
    assert_eq!(captions, ["Table 1: First.", "Table 2: Second."]);
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(\\PC|[ \n\t\u{c}.0-9±a]){0,300}") {
        let mut files = SourceFiles::single(SourceFile::new("a.txt", text.as_str()).unwrap());
        let document = read(&mut files).unwrap();
        for cell in document.grids.iter().flat_map(|grid| &grid.cells) {
            if let Some((file, range)) = cell.text.file_range(0..cell.text.len()) {
                assert_eq!(files.slice(file, range), cell.text.as_str());
            }
        }
    }
}
