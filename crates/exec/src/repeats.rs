//! Repeats of runs that gave the same output with different seeds.
//!
//! Two explanations are possible: the seed does not matter for this output, or it never reached the
//! program's randomness, which a clock feeds, say, that has one value for all runs of a second. A
//! repeat at least [`PAUSE`] later tells them apart. Where it gives the same output, all runs stay as
//! they are. Where it gives another one, equal outputs are copies of one draw: one of them counts,
//! and the others are failures of the kind `not_independent`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::execution::Execution;
use reprove_model::deviation::DeviationCode;
use reprove_model::digest::Sha256Digest;
use reprove_model::event::Event;
use reprove_model::failure::FailureKind;
use reprove_model::plan::{Configuration, Plan};
use reprove_model::record::{Outcome, Record, Records, Repeat};
use reprove_model::seeds::RunSeed;

/// Time before a repeat: longer than the resolution of any clock that programs take seeds from.
pub const PAUSE: Duration = Duration::from_secs(2);

/// Repeats runs whose seeds differ and whose outputs do not, once for each configuration, and applies
/// the result to its records. `tied` has the configurations, as indices into the plan's, whose equal
/// metrics beside different outputs were repeated in an earlier round.
pub(super) fn check(
    execution: &mut Execution<'_>,
    records: &mut Records,
    tied: &mut BTreeSet<usize>,
) {
    for (index, configuration) in execution.plan.configurations.iter().enumerate() {
        if execution.plan.is_deterministic {
            repeat_once(execution, configuration, records);
            continue;
        }
        let known = known(configuration, records);
        let mut groups = copies(configuration, records);
        // A result that is kept holds for the runs of later rounds too.
        if groups.is_empty() && (known.is_some() || !tied.contains(&index)) {
            groups.extend(same_metrics(configuration, records));
            tied.extend((!groups.is_empty()).then_some(index));
        }
        if groups.is_empty() {
            continue;
        }
        let result = known.or_else(|| repeat(execution, configuration, &groups, records));
        if result == Some(Repeat::Different) {
            for group in &groups {
                for copy in &group[1..] {
                    records.replace(not_independent(copy, &group[0]));
                }
            }
        }
    }
}

/// Groups of at least two runs of a configuration with the same output, the largest first; within a
/// group the records have the order of the plan.
fn copies(configuration: &Configuration, records: &Records) -> Vec<Vec<Record>> {
    let mut groups: BTreeMap<Option<Sha256Digest>, Vec<Record>> = BTreeMap::new();
    for record in of_configuration(configuration, records) {
        groups
            .entry(record.output)
            .or_default()
            .push(record.clone());
    }
    let mut groups: Vec<Vec<Record>> = groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}

/// Runs at least whose equal metrics are suspicious where their logs differ: fewer tie on a coarse scale.
const TIED: usize = 3;

/// All runs of a configuration, where each gave the same metrics: a log may tell the seed or the time, so
/// that outputs differ.
fn same_metrics(configuration: &Configuration, records: &Records) -> Option<Vec<Record>> {
    let runs: Vec<Record> = of_configuration(configuration, records).cloned().collect();
    let is_same = runs.iter().all(|record| record.outcome == runs[0].outcome);
    (runs.len() >= TIED && is_same).then_some(runs)
}

/// The result of earlier repeats of runs of the configuration. Where their outputs are not all the same, two
/// repeats are needed: one that was made while they all were says nothing of the others.
fn known(configuration: &Configuration, records: &Records) -> Option<Repeat> {
    let runs: Vec<&Record> = of_configuration(configuration, records).collect();
    let repeats: Vec<Repeat> = runs.iter().filter_map(|run| run.repeat).collect();
    let is_one_output = runs.iter().all(|run| run.output == runs[0].output);
    let needed = if is_one_output { 1 } else { 2 };
    let result = repeats.iter().copied().max();
    result.filter(|result| *result == Repeat::Different || repeats.len() >= needed)
}

/// The runs of a configuration that gave a result, in the order of the records.
fn of_configuration<'r>(
    configuration: &Configuration,
    records: &'r Records,
) -> impl Iterator<Item = &'r Record> {
    let name = configuration.name.clone();
    let records = records.all().iter();
    records.filter(move |record| {
        record.configuration == name && record.output.is_some() && record.outcome.is_final()
    })
}

/// Repeats two runs, one after the other, because one may agree by chance on a coarse scale; none when no repeat gave a result.
fn repeat(
    execution: &mut Execution<'_>,
    configuration: &Configuration,
    groups: &[Vec<Record>],
    records: &mut Records,
) -> Option<Repeat> {
    let group = &groups[0];
    let mut result = None;
    // Runs whose outputs differ were grouped by their metrics.
    let by_output = group[0].output == group[1].output;
    let what = if by_output { "output" } else { "metrics" };
    let chosen = chosen(configuration, group, records);
    for record in &chosen {
        let text = format!(
            "{} runs with different seeds have the same {what}: seed {} is run again",
            group.len(),
            record.seed
        );
        let again = again(execution, text, configuration, record.seed)?;
        if !again.outcome.is_final() || execution.data.check().is_err() {
            continue;
        }
        let is_same =
            again.outcome == record.outcome && (again.output == record.output || !by_output);
        let found = if is_same {
            Repeat::Same
        } else {
            Repeat::Different
        };
        result = result.max(Some(found));
        if found == Repeat::Different {
            break;
        }
    }
    // That equal metrics beside different logs stay the same says nothing of the seed.
    let is_marked = by_output || result == Some(Repeat::Different);
    match result.filter(|_| is_marked) {
        // The record that stays when its copies are left out.
        Some(Repeat::Different) => mark(execution, records, group[0].clone(), Repeat::Different),
        Some(Repeat::Same) => {
            for record in chosen {
                mark(execution, records, record, Repeat::Same);
            }
        }
        None => {}
    }
    result
}

/// The runs that are repeated: the last of a group, and the first of the configuration, whose clock was the
/// farthest from that of now.
fn chosen(configuration: &Configuration, group: &[Record], records: &Records) -> Vec<Record> {
    let first = of_configuration(configuration, records).next();
    let last = group.last();
    let mut chosen: Vec<Record> = first.into_iter().chain(last).cloned().collect();
    chosen.dedup_by_key(|record| record.seed);
    chosen
}

/// Repeats the one run of a program that the manifest calls deterministic, where it has no repeat yet. The
/// metrics are compared: a log may tell the time.
fn repeat_once(
    execution: &mut Execution<'_>,
    configuration: &Configuration,
    records: &mut Records,
) {
    let is_new = |record: &&Record| {
        record.configuration == configuration.name
            && record.outcome.is_final()
            && record.repeat.is_none()
    };
    let Some(record) = records.all().iter().find(is_new).cloned() else {
        return;
    };
    let text = "the manifest calls the program deterministic: its run is repeated once";
    let again = again(execution, text.to_owned(), configuration, record.seed);
    let Some(again) = again.filter(|again| again.outcome.is_final()) else {
        return;
    };
    if execution.data.check().is_err() {
        return;
    }
    let repeat = match again.outcome == record.outcome {
        true => Repeat::Same,
        false => Repeat::Different,
    };
    mark(execution, records, record, repeat);
}

/// Tells the user, waits, and makes a run again.
fn again(
    execution: &mut Execution<'_>,
    text: String,
    configuration: &Configuration,
    seed: RunSeed,
) -> Option<Record> {
    (execution.context.observer)(Event::Note(text));
    pause(execution);
    let context = execution.context;
    execution
        .executor
        .repeat(execution.workload, configuration, seed, &context)
}

/// Keeps the result of a repeat with a record.
fn mark(execution: &mut Execution<'_>, records: &mut Records, record: Record, repeat: Repeat) {
    let marked = Record {
        repeat: Some(repeat),
        ..record
    };
    execution.store.keep(&marked);
    records.replace(marked);
}

/// Waits for [`PAUSE`], or until the user interrupts.
fn pause(execution: &Execution<'_>) {
    let start = Instant::now();
    while start.elapsed() < PAUSE && !execution.context.is_interrupted() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The record of a run that is a copy of another.
fn not_independent(copy: &Record, other: &Record) -> Record {
    let (seed, is_output) = (other.seed, copy.output == other.output);
    let what = if is_output {
        "output is that"
    } else {
        "metrics are those"
    };
    let message = format!(
        "its {what} of seed {seed}, and the same seed gave another result later: the seed does not determine the run"
    );
    Record {
        outcome: Outcome::Failed {
            kind: FailureKind::NotIndependent,
            message,
            log_tail: Vec::new(),
        },
        ..copy.clone()
    }
}

/// The deviation of a program whose seed does not determine its runs, if a repeat has shown that.
pub fn unrepeatable(plan: &Plan, records: &Records) -> Option<(DeviationCode, String)> {
    let differs = |record: &&Record| record.repeat == Some(Repeat::Different);
    let record = records.all().iter().find(differs)?;
    let of = record.configuration.as_ref();
    let of = of.map_or_else(String::new, |name| format!(" of `{name}`"));
    let seed = record.seed;
    if plan.is_deterministic {
        let text = format!(
            "the manifest calls the program deterministic, and a repeat of the run{of} gave other metrics"
        );
        return Some((DeviationCode::SameSeedDiffers, text));
    }
    Some((
        DeviationCode::SameSeedDiffers,
        format!(
            "runs{of} with different seeds had the result of seed {seed}, and a repeat of one gave another: the seed does not determine a run, and equal results count once"
        ),
    ))
}
