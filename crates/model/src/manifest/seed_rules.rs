//! The rules of seeds.

use std::collections::BTreeSet;

use super::common::required;
use super::document::{SeedRange, SeedsDoc};
use super::error::Problem;
use crate::seeds::{RunSeed, Seeds};

/// Seeds at most: more than any study runs, few enough to be listed.
const MAX_SEEDS: u64 = 1_000_000;

/// The seeds in the order of their use.
pub(super) fn seeds(doc: SeedsDoc) -> Result<Seeds, Problem> {
    match doc {
        SeedsDoc::List(list) => unique_seeds(list, "seeds").map(Seeds::Stated),
        SeedsDoc::Range(SeedRange {
            first: None,
            count: None,
            derived: Some(count),
        }) => match u32::try_from(count) {
            Ok(seeds @ 1..) if count <= MAX_SEEDS => Ok(Seeds::Derived(seeds)),
            _ => Err(Problem::at(
                "seeds.derived",
                format!("expected 1 to {MAX_SEEDS} seeds, found {count}"),
            )),
        },
        SeedsDoc::Range(SeedRange {
            derived: Some(_), ..
        }) => Err(Problem::at(
            "seeds",
            "expected either `derived` or `first` and `count`, found both",
        )),
        SeedsDoc::Range(SeedRange {
            first: None,
            count: None,
            derived: None,
        }) => Err(Problem::at(
            "seeds",
            "expected `first` and `count`, or `derived`, found neither",
        )
        .hint("write `{first: 1, count: 30}`")),
        SeedsDoc::Range(range) => {
            let count = required(range.count, "seeds", "count", "the number of seeds")?;
            let first = range.first.unwrap_or(1);
            if count == 0 || count > MAX_SEEDS {
                return Err(Problem::at(
                    "seeds.count",
                    format!("expected 1 to {MAX_SEEDS} seeds, found {count}"),
                )
                .hint("write `{first: 1, count: 30}` for 30 seeds"));
            }
            match first.checked_add(count - 1) {
                Some(last) => Ok(Seeds::Stated((first..=last).map(RunSeed).collect())),
                None => Err(Problem::at(
                    "seeds.first",
                    "the last seed would exceed 2^64 − 1",
                )),
            }
        }
    }
}

/// A list of seeds without repetition.
pub(super) fn unique_seeds(list: Vec<RunSeed>, path: &str) -> Result<Vec<RunSeed>, Problem> {
    if list.is_empty() || list.len() as u64 > MAX_SEEDS {
        return Err(Problem::at(
            path,
            format!("expected 1 to {MAX_SEEDS} seeds, found {}", list.len()),
        ));
    }
    let mut seen = BTreeSet::new();
    for (index, seed) in list.iter().enumerate() {
        if !seen.insert(*seed) {
            return Err(Problem::at(
                format!("{path}[{index}]"),
                format!("expected a new seed, found {seed} a second time"),
            )
            .hint("a seed that runs twice counts one observation twice"));
        }
    }
    Ok(list)
}
