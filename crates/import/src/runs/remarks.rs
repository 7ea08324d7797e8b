//! What is said of a selection.

use std::collections::{BTreeMap, BTreeSet};

use super::choose::RunTake;
use super::found::TakenRun;
use super::names::{is_state, names_seed};

/// Which observations were taken, in a sentence.
pub(crate) fn taken_note(
    name: &str,
    take: RunTake,
    most: usize,
    steps: &BTreeMap<Option<String>, usize>,
) -> String {
    let which = match take {
        RunTake::First => "the first",
        RunTake::Last | RunTake::Best => "the last",
        RunTake::Min => "the least",
        RunTake::Max => "the greatest",
    };
    let mut note = format!("`{name}`: {which} of up to {most} observations in a run");
    let at = |step: &Option<String>| step.clone().unwrap_or_else(|| "no step".to_owned());
    match steps.len() {
        0 => {}
        1 => note += &format!(", {}", steps.keys().map(at).collect::<String>()),
        many => {
            const SHOWN: usize = 5;
            let shown = steps
                .iter()
                .take(SHOWN)
                .map(|(step, runs)| format!("{} in {runs}", at(step)));
            note += &format!(
                ", at different steps: {}",
                shown.collect::<Vec<_>>().join(", ")
            );
            if many > SHOWN {
                note += ", …";
            }
        }
    }
    if matches!(take, RunTake::Min | RunTake::Max) {
        note += "; chosen by the value itself, which no single evaluation is";
    }
    note
}

/// Says where the seeds come from.
pub(crate) fn tell_seeds(taken: &[TakenRun<'_>], notes: &mut Vec<String>) {
    let keys: BTreeSet<&str> = taken
        .iter()
        .filter_map(|taken| Some(taken.seed.as_ref()?.key.as_str()))
        .collect();
    let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    notes.push(match keys.is_empty() {
        true => "no seed found: runs are counted in the order of the files".to_owned(),
        false => format!("seeds from {}", keys.join(", ")),
    });
}

/// Says which settings part the runs into groups, which may be configurations.
pub(crate) fn tell_settings(taken: &[TakenRun<'_>], notes: &mut Vec<String>) {
    if taken.len() < 4 {
        return;
    }
    let names: BTreeSet<&String> = taken
        .iter()
        .flat_map(|taken| taken.run.settings.keys())
        .collect();
    for name in names {
        let is_metric = taken
            .iter()
            .any(|taken| taken.run.metrics.contains_key(name));
        if is_metric || names_seed(name) || is_state(name) {
            continue;
        }
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        for taken in taken {
            let text = taken
                .run
                .settings
                .get(name)
                .map_or("", |value| value.text.as_str());
            *groups.entry(text).or_default() += 1;
        }
        if groups.len() > 1 && groups.len() <= taken.len() / 2 {
            let shown = groups
                .iter()
                .map(|(text, runs)| format!("`{text}` in {runs}"));
            let shown: Vec<String> = shown.take(4).collect();
            notes.push(format!(
                "`{name}` differs between the runs: {}; they may be several configurations",
                shown.join(", ")
            ));
        }
    }
}
