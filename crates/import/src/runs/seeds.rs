//! The seed of a run.

use reprove_metrics::{is_lost, parse_seed};
use reprove_model::diagnostics::by_likeness;

use super::error::{RunImportError, StatedSeed};
use super::found::{CollectedRuns, FoundRun};
use super::names::{names_seed, seeds_in};

/// The key that stands for the path of a run.
pub(crate) const PATH_KEY: &str = "@path";

/// The seed of a run: that of a key, else that of its settings called `seed` and of its path, which
/// must agree. `None` where none is stated.
///
/// # Errors
/// Two seeds, or something else where a seed should be.
pub(crate) fn seed_of(
    run: &FoundRun,
    key: Option<&str>,
    all: &CollectedRuns,
) -> Result<Option<StatedSeed>, RunImportError> {
    let mut found = match key {
        Some(PATH_KEY) => of_names(run),
        Some(key) => vec![of_key(run, key, all)?],
        None => {
            let mut found = of_settings(run)?;
            found.extend(of_names(run));
            found
        }
    };
    found.dedup_by(|second, first| second.seed == first.seed);
    let first = found.first().cloned();
    match found
        .iter()
        .all(|source| Some(&source.seed) == first.as_ref().map(|first| &first.seed))
    {
        true => Ok(first),
        false => Err(RunImportError::ManySeeds {
            place: Box::new(run.place.clone()),
            found,
        }),
    }
}

fn of_names(run: &FoundRun) -> Vec<StatedSeed> {
    let seeds = run.seed_names.iter().flat_map(|name| seeds_in(name));
    let source = |seed: u64| StatedSeed {
        key: PATH_KEY.to_owned(),
        seed: seed.to_string(),
    };
    seeds.map(source).collect()
}

fn of_settings(run: &FoundRun) -> Result<Vec<StatedSeed>, RunImportError> {
    let mut found = Vec::new();
    for (key, value) in &run.settings {
        let is_stated = !is_lost(&value.text) && !["true", "false"].contains(&value.text.as_str());
        if run.settings_name_seed && names_seed(key) && is_stated {
            found.push(seed(key, &value.text, value.place.clone())?);
        }
    }
    Ok(found)
}

fn of_key(run: &FoundRun, key: &str, all: &CollectedRuns) -> Result<StatedSeed, RunImportError> {
    match run.settings.get(key) {
        Some(value) => seed(key, &value.text, value.place.clone()),
        None => Err(no_setting(run, key, all)),
    }
}

/// That a run has no setting of this name.
pub(crate) fn no_setting(run: &FoundRun, key: &str, all: &CollectedRuns) -> RunImportError {
    let nearest = by_likeness(key, all.all_settings());
    RunImportError::NoSetting {
        place: Box::new(run.place.clone()),
        key: key.to_owned(),
        nearest: nearest.into_iter().take(5).map(str::to_owned).collect(),
    }
}

fn seed(
    key: &str,
    text: &str,
    place: super::table::ValuePlace,
) -> Result<StatedSeed, RunImportError> {
    match parse_seed(text) {
        Some(seed) => Ok(StatedSeed {
            key: key.to_owned(),
            seed: seed.to_string(),
        }),
        None => Err(RunImportError::Unexpected {
            place: Box::new(place),
            reason: format!("`{key}`: expected a seed, a whole number from 0, found `{text}`"),
        }),
    }
}
