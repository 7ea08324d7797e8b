//! What names of metrics, columns and states say.

use super::found::RunState;
use crate::names::whole_metric;

/// Columns that count the steps of a run, in lower case, the finest first.
const STEPS: [&str; 8] = [
    "step",
    "global_step",
    "_step",
    "iteration",
    "iter",
    "trainer/global_step",
    "epoch",
    "epochs",
];

/// The last parts of names that tell of the work of a run, not of its result.
const BOOKKEEPING: [&str; 20] = [
    "step",
    "global_step",
    "_step",
    "iteration",
    "iter",
    "epoch",
    "epochs",
    "_timestamp",
    "timestamp",
    "_runtime",
    "runtime",
    "_wandb",
    "total_flos",
    "wall time",
    "relative time (process)",
    "num_input_tokens_seen",
    "start_time",
    "end_time",
    "duration",
    "created",
];

/// The ends of names that tell of the work of a run.
const BOOKKEEPING_ENDS: [&str; 5] = [
    "_runtime",
    "_per_second",
    "_samples",
    "_steps_per_second",
    "_wandb.runtime",
];

/// The words of tools for a run that finished, in lower case.
const FINISHED: [&str; 6] = [
    "finished",
    "completed",
    "complete",
    "success",
    "succeeded",
    "done",
];

/// The words of tools for a run that has no result, in lower case.
const UNFINISHED: [&str; 20] = [
    "failed",
    "failure",
    "crashed",
    "killed",
    "running",
    "scheduled",
    "queued",
    "pending",
    "interrupted",
    "timeout",
    "timeout_or_oom",
    "died",
    "terminated",
    "error",
    "preempted",
    "preempting",
    "stopped",
    "aborted",
    "cancelled",
    "probably_died",
];

/// The place of the column that counts steps, if there is one.
pub(crate) fn step_column<'n>(names: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    let named = |step: &&str| {
        let mut names = names.clone();
        names.find(|name| name.trim().to_lowercase() == **step)
    };
    STEPS.iter().find_map(named)
}

/// The last part of a name whose parts are joined by dots or slashes.
fn last_part(name: &str) -> &str {
    name.rsplit(['.', '/']).next().unwrap_or(name)
}

/// Whether a setting of this name is a seed.
pub(crate) fn names_seed(name: &str) -> bool {
    let last = last_part(name);
    reprove_metrics::is_seed(last) || last == "seed_everything"
}

/// Whether a metric of this name tells of the work of a run.
pub(crate) fn is_bookkeeping(name: &str) -> bool {
    let name = name.to_lowercase();
    BOOKKEEPING.contains(&last_part(&name))
        || BOOKKEEPING_ENDS.iter().any(|end| name.ends_with(end))
}

/// The state that a word says; unknown for other words.
pub(crate) fn state(word: &str) -> RunState {
    let lower = word.trim().to_lowercase();
    if FINISHED.contains(&lower.as_str()) {
        RunState::Finished
    } else if UNFINISHED.contains(&lower.as_str()) {
        RunState::Lost(word.trim().to_owned())
    } else {
        RunState::Unknown
    }
}

/// Whether a column of this name holds states.
pub(crate) fn is_state(name: &str) -> bool {
    ["state", "status"].contains(&name.trim().to_lowercase().as_str())
}

/// Whether a column of this name holds the names of runs.
pub(crate) fn is_run_name(name: &str) -> bool {
    const NAMES: [&str; 6] = ["run", "run_id", "run_name", "run id", "name", "id"];
    NAMES.contains(&name.trim().to_lowercase().as_str())
}

/// Whether higher values of a metric are better, where its name is known.
pub(crate) fn higher_is_better(name: &str) -> Option<bool> {
    let plain: String = name
        .chars()
        .map(|char| {
            if matches!(char, '_' | '.' | '/') {
                ' '
            } else {
                char
            }
        })
        .collect();
    let of = |text: &str| whole_metric(text).and_then(|known| known.higher);
    of(&plain).or_else(|| of(last_part(name)))
}

/// The seed that a path or a name has in it: `seed_3`, `seed-3`, `seed=3`, `seed3`.
pub(crate) fn seeds_in(name: &str) -> Vec<u64> {
    let lower = name.to_ascii_lowercase();
    let bytes = lower.as_bytes();
    let mut found = Vec::new();
    for (at, word) in lower.match_indices("seed") {
        let is_start = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let rest = &lower[at + word.len()..];
        let rest = rest.strip_prefix(['-', '_', '=', ':', ' ']).unwrap_or(rest);
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let mut after = rest[digits..].chars();
        let is_end = match after.next() {
            None => true,
            Some('.') => !after.next().is_some_and(|next| next.is_ascii_digit()),
            Some(next) => !next.is_alphanumeric(),
        };
        if is_start
            && is_end
            && let Ok(seed) = rest[..digits].parse()
        {
            found.push(seed);
        }
    }
    found
}
