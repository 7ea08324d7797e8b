//! Takes one value of each run and metric.

use std::collections::{BTreeMap, BTreeSet};

use reprove_metrics::expected_number;
use reprove_model::diagnostics::by_likeness;

use super::choose::{RunTake, check_refusal, chosen, direction, value_of};
use super::error::RunImportError;
use super::found::{CollectedRuns, FoundRun, TakenRun};
use super::names::is_run_name;
use super::remarks::{taken_note, tell_seeds, tell_settings};
use super::seeds::{no_setting, seed_of};
use super::table::{ImportedRun, ImportedRuns, RunValue};

/// What is taken of the runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// Metrics: the name in the table, and the name in the files. None: the only one.
    pub metrics: Vec<(String, String)>,
    /// The configuration of all runs.
    pub configuration: Option<String>,
    /// The setting whose value is the configuration.
    pub configuration_key: Option<String>,
    /// The setting that is the seed; `@path` for the name of the file or folder.
    pub seed_key: Option<String>,
    /// The values that runs have in settings; runs with others are left out.
    pub filters: Vec<(String, String)>,
    /// Which observation counts; the last, where it is not said.
    pub take: Option<RunTake>,
}

impl CollectedRuns {
    /// Takes the values that the options ask for.
    ///
    /// # Errors
    /// A metric that is not there or is no value of a run, a seed that stands twice or that some runs
    /// lack, text where a number should be.
    pub fn select(&self, options: &RunOptions) -> Result<ImportedRuns, RunImportError> {
        let metrics = self.wanted(options)?;
        let mut taken = Vec::new();
        for run in &self.runs {
            if self.is_kept(run, options)? {
                taken.push(self.taken(run, options)?);
            }
        }
        let first = self.first_file();
        if taken.is_empty() {
            return Err(RunImportError::Unreadable {
                file: first,
                reason: "expected at least one run, found none that is left in".to_owned(),
            });
        }
        check_seeds(&taken)?;
        let sources: BTreeSet<&str> = taken
            .iter()
            .map(|taken| taken.run.place.file.as_str())
            .collect();
        if sources.len() > 1 {
            taken.sort_by_key(|taken| {
                taken
                    .seed
                    .as_ref()
                    .and_then(|seed| seed.seed.parse::<u64>().ok())
            });
        }
        let mut table = ImportedRuns::default();
        for (name, path) in &metrics {
            self.add_metric(name, path, &taken, options, &mut table)?;
        }
        tell_seeds(&taken, &mut table.notes);
        if options.configuration_key.is_none() {
            tell_settings(&taken, &mut table.notes);
        }
        Ok(table)
    }

    fn first_file(&self) -> String {
        self.runs
            .first()
            .map_or_else(String::new, |run| run.place.file.clone())
    }

    /// The metrics that are asked for, which some run has.
    fn wanted(&self, options: &RunOptions) -> Result<Vec<(String, String)>, RunImportError> {
        if !options.metrics.is_empty() {
            for (_, path) in &options.metrics {
                self.check_there(path)?;
            }
            return Ok(options.metrics.clone());
        }
        let names: Vec<String> = self
            .metrics()
            .into_iter()
            .map(|metric| metric.name)
            .collect();
        match &names[..] {
            [name] => Ok(vec![(name.clone(), name.clone())]),
            [] => Err(RunImportError::UnknownFormat {
                file: self.first_file(),
                found: "no numbers".to_owned(),
            }),
            [..] => Err(RunImportError::ManyMetrics {
                file: self.first_file(),
                names,
            }),
        }
    }

    fn check_there(&self, path: &str) -> Result<(), RunImportError> {
        if self.runs.iter().any(|run| run.metrics.contains_key(path)) {
            return Ok(());
        }
        let text = self.runs.iter().find_map(|run| run.settings.get(path));
        if let Some(text) = text {
            return Err(RunImportError::Unexpected {
                place: Box::new(text.place.clone()),
                reason: format!("`{path}`: {}", expected_number(&text.text)),
            });
        }
        let mut nearest = by_likeness(path, self.all_names());
        nearest.sort_by_key(|name| !name.contains(path));
        Err(RunImportError::NoMetric {
            file: self.first_file(),
            name: path.to_owned(),
            nearest: nearest.into_iter().take(5).map(str::to_owned).collect(),
        })
    }

    /// Whether the filters leave a run in.
    fn is_kept(&self, run: &FoundRun, options: &RunOptions) -> Result<bool, RunImportError> {
        for (key, wanted) in &options.filters {
            let value = run
                .settings
                .get(key)
                .ok_or_else(|| no_setting(run, key, self))?;
            let number = |text: &str| text.trim().parse::<f64>().ok();
            let is_same = match (number(&value.text), number(wanted)) {
                (Some(value), Some(wanted)) => value == wanted,
                (Some(_) | None, _) => value.text.trim() == wanted.trim(),
            };
            if !is_same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn taken<'r>(
        &self,
        run: &'r FoundRun,
        options: &RunOptions,
    ) -> Result<TakenRun<'r>, RunImportError> {
        let configuration = match &options.configuration_key {
            Some(key) => match run.settings.get(key) {
                Some(value) => value.text.clone(),
                None => return Err(no_setting(run, key, self)),
            },
            None => options.configuration.clone().unwrap_or_default(),
        };
        Ok(TakenRun {
            run,
            seed: seed_of(run, options.seed_key.as_deref(), self)?,
            configuration,
        })
    }

    /// Adds the values of one metric.
    fn add_metric(
        &self,
        name: &str,
        path: &str,
        taken: &[TakenRun<'_>],
        options: &RunOptions,
        table: &mut ImportedRuns,
    ) -> Result<(), RunImportError> {
        let take = direction(path, options.take)?;
        let mut steps: BTreeMap<Option<String>, usize> = BTreeMap::new();
        let mut most = 0;
        for taken in taken {
            let series = taken.run.metrics.get(path);
            if let Some(series) = series {
                check_refusal(path, series, options.take)?;
                most = most.max(series.observations.len());
            }
            let chosen = series
                .map(|series| chosen(series, take))
                .transpose()?
                .flatten();
            let value = value_of(taken.run, path, chosen)?;
            if let (Some(chosen), RunValue::Number(_)) = (chosen, &value) {
                *steps.entry(chosen.step.clone()).or_default() += 1;
            }
            let place = chosen.map_or(&taken.run.place, |chosen| &chosen.value.place);
            table.runs.push(ImportedRun {
                configuration: taken.configuration.clone(),
                seed: taken.seed.as_ref().and_then(|seed| seed.seed.parse().ok()),
                run: taken.run.name.clone(),
                metric: name.to_owned(),
                value,
                source: place.clone(),
            });
        }
        if most > 1 {
            table.notes.push(taken_note(name, take, most, &steps));
        }
        Ok(())
    }
}

/// Refuses runs of which some have a seed, and a seed that stands twice in one configuration.
fn check_seeds(all: &[TakenRun<'_>]) -> Result<(), RunImportError> {
    let with = all.iter().find(|taken| taken.seed.is_some());
    let without = all.iter().find(|taken| taken.seed.is_none());
    if let (Some(with), Some(without)) = (with, without) {
        return Err(RunImportError::MissingSeed {
            place: Box::new(without.run.place.clone()),
            first: Box::new(with.run.place.clone()),
        });
    }
    let mut seen: BTreeMap<(&str, &str), &TakenRun<'_>> = BTreeMap::new();
    for taken in all {
        let Some(seed) = &taken.seed else {
            continue;
        };
        let key = (taken.configuration.as_str(), seed.seed.as_str());
        if let Some(first) = seen.insert(key, taken) {
            return Err(RunImportError::SeedTwice {
                place: Box::new(taken.run.place.clone()),
                first: Box::new(first.run.place.clone()),
                seed: seed.seed.clone(),
                differing: differing(first.run, taken.run, all),
            });
        }
    }
    Ok(())
}

/// The settings in which two runs differ, those with the fewest values in all runs first, numbers among
/// the metrics and names of runs left out.
fn differing(
    first: &FoundRun,
    second: &FoundRun,
    all: &[TakenRun<'_>],
) -> Vec<(String, String, String)> {
    let values = |name: &str| {
        let of =
            |taken: &TakenRun<'_>| taken.run.settings.get(name).map(|value| value.text.clone());
        all.iter()
            .filter_map(of)
            .collect::<BTreeSet<String>>()
            .len()
    };
    let other = |name: &String| second.settings.get(name).map(|value| value.text.clone());
    let settings = first.settings.iter();
    let settings =
        settings.filter(|(name, _)| !first.metrics.contains_key(*name) && !is_run_name(name));
    let pairs =
        settings.filter_map(|(name, value)| Some((name.clone(), value.text.clone(), other(name)?)));
    let mut pairs: Vec<(String, String, String)> =
        pairs.filter(|(_, first, second)| first != second).collect();
    pairs.sort_by_key(|(name, ..)| values(name));
    pairs
}
