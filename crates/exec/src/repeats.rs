//! Repeats of runs that gave the same output with different seeds.
//!
//! Two explanations are possible: the seed does not matter for this output, or it never reached the
//! program's randomness, which a clock feeds, say, that has one value for all runs of a second. A
//! repeat at least [`PAUSE`] later tells them apart. Where it gives the same output, all runs stay as
//! they are. Where it gives another one, equal outputs are copies of one draw: one of them counts,
//! and the others are failures of the kind `not_independent`.

use std::collections::BTreeMap;
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

/// Runs of a group that are repeated, one after the other: on a coarse scale, one repeat may agree by
/// chance.
const REPEATS: usize = 2;

/// Repeats runs whose seeds differ and whose outputs do not, once for each configuration, and applies
/// the result to its records.
pub(super) fn check(execution: &mut Execution<'_>, records: &mut Records) {
    for configuration in &execution.plan.configurations {
        if execution.plan.is_deterministic {
            repeat_once(execution, configuration, records);
            continue;
        }
        let mut groups = copies(configuration, records);
        if groups.is_empty() {
            groups.extend(same_metrics(configuration, records));
        }
        if groups.is_empty() {
            continue;
        }
        let result = match known(configuration, records) {
            Some(result) => Some(result),
            None => repeat(execution, configuration, &groups, records),
        };
        if result == Some(Repeat::Different) {
            for group in &groups {
                for copy in &group[1..] {
                    records.replace(not_independent(copy, group[0].seed));
                }
            }
        }
    }
}

/// Groups of at least two runs of a configuration with the same output, the largest first; within a
/// group the records have the order of the plan.
fn copies(configuration: &Configuration, records: &Records) -> Vec<Vec<Record>> {
    let mut groups: BTreeMap<Sha256Digest, Vec<Record>> = BTreeMap::new();
    for record in records.all() {
        let (Some(output), true) = (record.output, record.outcome.is_final()) else {
            continue;
        };
        if record.configuration == configuration.name {
            groups.entry(output).or_default().push(record.clone());
        }
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
    let runs = records.all().iter();
    let runs: Vec<Record> = runs
        .filter(|record| record.configuration == configuration.name)
        .filter(|record| record.output.is_some() && record.outcome.is_final())
        .cloned()
        .collect();
    let is_same = runs.iter().all(|record| record.outcome == runs[0].outcome);
    (runs.len() >= TIED && is_same).then_some(runs)
}

/// The result of an earlier repeat of a run of the configuration.
fn known(configuration: &Configuration, records: &Records) -> Option<Repeat> {
    let of_this = records
        .all()
        .iter()
        .filter(|record| record.configuration == configuration.name);
    of_this.filter_map(|record| record.repeat).max()
}

/// Repeats runs of the largest group; none when no repeat gave a result.
fn repeat(
    execution: &mut Execution<'_>,
    configuration: &Configuration,
    groups: &[Vec<Record>],
    records: &mut Records,
) -> Option<Repeat> {
    let group = &groups[0];
    let mut result = None;
    for record in group.iter().rev().take(REPEATS) {
        let text = format!(
            "{} runs with different seeds have the same output: seed {} is run again",
            group.len(),
            record.seed
        );
        (execution.context.observer)(Event::Note(text));
        pause(execution);
        let context = execution.context;
        let again =
            execution
                .executor
                .repeat(execution.workload, configuration, record.seed, &context)?;
        if !again.outcome.is_final() || execution.data.check().is_err() {
            continue;
        }
        // Runs whose outputs differ were grouped by their metrics.
        let by_output = group[0].output == group[1].output;
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
    let is_marked = group[0].output == group[1].output || result == Some(Repeat::Different);
    if let (Some(result), true) = (result, is_marked) {
        // The record that stays, whatever the result.
        let marked = Record {
            repeat: Some(result),
            ..group[0].clone()
        };
        execution.store.keep(&marked);
        records.replace(marked);
    }
    result
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
    (execution.context.observer)(Event::Note(text.to_owned()));
    pause(execution);
    let context = execution.context;
    let again = execution
        .executor
        .repeat(execution.workload, configuration, record.seed, &context);
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

/// The record of a run whose output is a copy of that of `seed`.
fn not_independent(copy: &Record, seed: RunSeed) -> Record {
    let message = format!(
        "its output is that of seed {seed}, and the same seed gave another output later: the seed does not determine the run"
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
            "runs{of} with different seeds had the output of seed {seed}, and a repeat of one gave another: the seed does not determine a run, and equal outputs count once"
        ),
    ))
}
