//! What the layouts deliver: runs with settings, state and metrics.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{MetricRefusal, StatedSeed};
use super::table::ValuePlace;

/// Whether a run ended as it should.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum RunState {
    /// The files do not say.
    #[default]
    Unknown,
    /// It finished.
    Finished,
    /// It failed, was stopped or goes on: the word of the tool.
    Lost(String),
}

/// A text with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located {
    pub text: String,
    pub place: ValuePlace,
}

/// One observation of a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    /// The value as it stands in the file.
    pub value: Located,
    /// The step, epoch or time, as a phrase: `step 500`.
    pub step: Option<String>,
    /// Why this observation cannot be told from the one before, if so.
    pub ambiguous: Option<String>,
}

/// The observations of a metric in one run, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Series {
    pub observations: Vec<Observation>,
    /// Why the metric is no value of a run, if so.
    pub refusal: Option<MetricRefusal>,
    /// Whether it tells of the work of a run, not of its result: a step, a time.
    pub is_bookkeeping: bool,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundRun {
    /// What the tool calls it, or its file.
    pub name: String,
    /// Where it stands.
    pub place: ValuePlace,
    /// Its parameters by name.
    pub settings: BTreeMap<String, Located>,
    /// Names that may have the seed in them, as `seed_3` has: the path of a run's own file or folder.
    pub seed_names: Vec<String>,
    /// Whether keys of the settings that are called `seed` are the seed of the run.
    pub settings_name_seed: bool,
    pub state: RunState,
    pub metrics: BTreeMap<String, Series>,
}

impl From<FoundRun> for CollectedRuns {
    fn from(run: FoundRun) -> Self {
        CollectedRuns {
            runs: vec![run],
            notes: Vec::new(),
        }
    }
}

impl FoundRun {
    /// A run of a file or folder without anything known of it.
    pub fn new(name: impl Into<String>, place: ValuePlace) -> Self {
        FoundRun {
            name: name.into(),
            seed_names: vec![place.file.clone()],
            place,
            settings: BTreeMap::new(),
            settings_name_seed: true,
            state: RunState::Unknown,
            metrics: BTreeMap::new(),
        }
    }

    /// Adds an observation of a metric.
    pub fn observe(&mut self, metric: &str, value: Located, step: Option<String>) {
        let series = self.metrics.entry(metric.to_owned()).or_default();
        series.observations.push(Observation {
            value,
            step,
            ambiguous: None,
        });
    }
}

/// The runs of files and folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectedRuns {
    pub(crate) runs: Vec<FoundRun>,
    /// What was passed over or decided, each a sentence with its place.
    pub notes: Vec<String>,
}

/// A metric, for a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricSummary {
    /// Its name.
    pub name: String,
    /// The number of runs that have it.
    pub runs: usize,
    /// The greatest number of observations in one run.
    pub observations: usize,
}

impl CollectedRuns {
    /// The metrics that are values of runs, by name; steps, times and refused metrics are left out.
    pub fn metrics(&self) -> Vec<MetricSummary> {
        let mut found: BTreeMap<&str, MetricSummary> = BTreeMap::new();
        for run in &self.runs {
            for (name, series) in &run.metrics {
                if series.refusal.is_some() || series.is_bookkeeping {
                    continue;
                }
                let summary = found.entry(name).or_insert_with(|| MetricSummary {
                    name: name.clone(),
                    runs: 0,
                    observations: 0,
                });
                summary.runs += 1;
                summary.observations = summary.observations.max(series.observations.len());
            }
        }
        found.into_values().collect()
    }

    /// The names of all metrics, also of steps, times and refused ones.
    pub(crate) fn all_names(&self) -> BTreeSet<&str> {
        let names = self.runs.iter().flat_map(|run| run.metrics.keys());
        names.map(String::as_str).collect()
    }

    /// Appends the runs and notes of others.
    pub(crate) fn append(&mut self, other: CollectedRuns) {
        self.runs.extend(other.runs);
        self.notes.extend(other.notes);
    }

    /// The names of all settings.
    pub(crate) fn all_settings(&self) -> BTreeSet<&str> {
        let names = self.runs.iter().flat_map(|run| run.settings.keys());
        names.map(String::as_str).collect()
    }
}

/// A run that is taken, with its seed and configuration.
pub(crate) struct TakenRun<'r> {
    pub run: &'r FoundRun,
    pub seed: Option<StatedSeed>,
    pub configuration: String,
}
