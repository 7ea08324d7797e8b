//! Rows and columns that are the runs of one value.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use compact_str::CompactString;

use super::column::ColumnRole;
use super::draft::Draft;
use super::reader::SectionReader;
use super::spread_of::plain;

/// Joins the values of runs with the mean that is printed beside them; without a mean they stay.
pub(crate) fn settle(reader: &SectionReader<'_>, drafts: &mut Vec<Draft>) {
    settle_columns(reader, drafts);
    settle_rows(reader, drafts);
    settle_differences(reader, drafts);
}

/// Columns `seed 1`, `seed 2`, … beside a column of their means.
fn settle_columns(reader: &SectionReader<'_>, drafts: &mut Vec<Draft>) {
    let is_run = |draft: &Draft| reader.columns[draft.column].role == ColumnRole::OneRun;
    if !drafts.iter().any(is_run) {
        return;
    }
    let mut runs: HashMap<usize, Vec<CompactString>> = HashMap::new();
    for draft in drafts.iter().filter(|draft| is_run(draft)) {
        runs.entry(draft.row)
            .or_default()
            .push(plain(&draft.number));
    }
    let means: HashSet<usize> = drafts
        .iter()
        .filter(|draft| !is_run(draft))
        .map(|draft| draft.row)
        .collect();
    for draft in drafts.iter_mut().filter(|draft| !is_run(draft)) {
        if let Some(values) = runs.get(&draft.row) {
            draft.values = values.clone();
        }
    }
    drafts.retain(|draft| !is_run(draft) || !means.contains(&draft.row));
}

/// Rows with a seed above a row of their mean.
fn settle_rows(reader: &SectionReader<'_>, drafts: &mut Vec<Draft>) {
    let row = |draft: &Draft| &reader.rows[draft.row];
    if !drafts.iter().any(|draft| row(draft).is_summary) {
        return;
    }
    type Place = (Arc<[String]>, usize);
    let place = |draft: &Draft| -> Place { (row(draft).key.clone(), draft.column) };
    let mut runs: HashMap<Place, Vec<CompactString>> = HashMap::new();
    for draft in drafts.iter().filter(|draft| row(draft).is_run) {
        runs.entry(place(draft))
            .or_default()
            .push(plain(&draft.number));
    }
    let mut summarised: HashSet<Place> = HashSet::new();
    for draft in drafts.iter_mut().filter(|draft| row(draft).is_summary) {
        let place = place(draft);
        if let Some(values) = runs.get(&place) {
            draft.values = values.clone();
            summarised.insert(place);
        }
    }
    drafts.retain(|draft| !row(draft).is_run || !summarised.contains(&place(draft)));
}

/// Differences have the metric of the value column before them.
fn settle_differences(reader: &SectionReader<'_>, drafts: &mut [Draft]) {
    for draft in drafts.iter_mut() {
        let column = &reader.columns[draft.column];
        if let (ColumnRole::Difference, Some(of)) = (column.role, column.of) {
            draft.metric = reader.metric(&reader.rows[draft.row], of);
            draft.scale_column = of;
        }
    }
}
