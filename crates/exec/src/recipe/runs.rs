//! Runs of a recipe, trained in this process.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use crate::{Outcome, Record, RunContext, Usage, Workload};
use reprove_model::event::Event;
use reprove_model::failure::FailureKind;
use reprove_model::name::ConfigurationId;
use reprove_model::plan::Configuration;
use reprove_model::seeds::RunSeed;
use reprove_trainer::{
    self as recipe, DataPlan, Dataset, Progress, Recipe, RecipeError, Repeated, SeedOutcome,
    TrainingDevice,
};

/// A recipe with each configuration's values and data.
pub struct RecipeRuns {
    trainings: BTreeMap<Option<ConfigurationId>, Training>,
    device: TrainingDevice,
}

/// What one configuration trains.
struct Training {
    recipe: Recipe,
    data: Dataset,
}

impl RecipeRuns {
    /// Reads the data of each configuration's recipe.
    ///
    /// # Errors
    /// Data that do not fit the recipe.
    pub fn load(
        recipes: Vec<(Option<ConfigurationId>, Recipe)>,
        files: &BTreeMap<String, PathBuf>,
        device: TrainingDevice,
    ) -> Result<Self, RecipeError> {
        let mut trainings = BTreeMap::new();
        for (name, recipe) in recipes {
            let data = recipe::load(&recipe, files)?;
            trainings.insert(name, Training { recipe, data });
        }
        Ok(Self { trainings, device })
    }

    /// Each configuration's recipe with its data.
    pub fn trainings(&self) -> impl Iterator<Item = (&Recipe, &Dataset)> {
        let trainings = self.trainings.values();
        trainings.map(|training| (&training.recipe, &training.data))
    }

    /// What is to be said of test rows that also stand in the training data, a sentence for each
    /// data with such rows.
    pub fn repeated_test_rows(&self, seeds: &[RunSeed]) -> Vec<String> {
        let mut seen: Vec<&DataPlan> = Vec::new();
        let mut sentences = Vec::new();
        for Training { recipe, data } in self.trainings.values() {
            if seen.contains(&&recipe.data) {
                continue;
            }
            seen.push(&recipe.data);
            let Repeated { rows, of, seed } = data.repeated_test_rows(recipe, seeds);
            if rows == 0 {
                continue;
            }
            let run = seed.map_or_else(String::new, |seed| format!(" of the run with seed {seed}"));
            let name = recipe.data.name.as_ref();
            let name = name.map_or_else(String::new, |name| format!(" of `{name}`"));
            sentences.push(format!(
                "{rows} of the {of} test rows{name}{run} have the same inputs as a training row: the model may have memorised them"
            ));
        }
        sentences
    }
}

impl Workload for RecipeRuns {
    fn group(&self, configuration: &Configuration) -> usize {
        self.trainings
            .get(&configuration.name)
            .map_or(1, |t| recipe::preferred_group(&t.recipe, &t.data))
    }

    fn run(
        &self,
        configuration: &Configuration,
        seeds: &[RunSeed],
        context: &RunContext<'_>,
    ) -> Vec<Record> {
        let Some(Training { recipe, data }) = self.trainings.get(&configuration.name) else {
            return Vec::new();
        };
        let start = (Instant::now(), thread_seconds());
        let progress = |at: Progress| {
            (context.observer)(Event::RunProgress {
                share: at.seeds as f64 / at.epochs.max(1) as f64,
            });
        };
        let result = recipe::train(recipe, data, seeds, &self.device, &progress, &|| {
            context.is_interrupted()
        });
        let usage = Usage {
            wall_seconds: start.0.elapsed().as_secs_f64() / seeds.len() as f64,
            cpu_seconds: Some((thread_seconds() - start.1) / seeds.len() as f64),
            max_rss_bytes: peak_memory(),
        };
        let record = |seed: RunSeed, outcome: Outcome| Record {
            usage,
            ..Record::ended(configuration.name.clone(), seed, outcome)
        };
        match result {
            Ok(outcomes) => outcomes
                .into_iter()
                .map(|(seed, found)| of_outcome(found, &|outcome| record(seed, outcome)))
                .collect(),
            Err(error) if error.is_cancelled() => Vec::new(),
            Err(error) => seeds
                .iter()
                .map(|seed| {
                    let message = error.to_string();
                    record(
                        *seed,
                        Outcome::Failed {
                            kind: FailureKind::Crashed,
                            message,
                            log_tail: Vec::new(),
                        },
                    )
                })
                .collect(),
        }
    }
}

/// The record of what became of a seed.
fn of_outcome(found: SeedOutcome, record: &dyn Fn(Outcome) -> Record) -> Record {
    match found {
        SeedOutcome::Finished {
            metrics,
            weights_sha256,
            curve,
        } => Record {
            digest: Some(weights_sha256),
            curve,
            ..record(Outcome::Finished { metrics })
        },
        SeedOutcome::Diverged { epoch } => record(Outcome::Diverged {
            metrics: BTreeMap::new(),
            message: format!("a parameter or an output was no finite number after epoch {epoch}"),
        }),
    }
}

/// The largest memory that this process has had so far, in bytes, as Linux says it. Runs that are
/// made side by side in it, and the data that they share, are all in it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Processor time of the calling thread in seconds. candle's own threads are not in it: a recipe of
/// one thread a run uses none for networks that are small enough to be trained together.
fn thread_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::atomic::AtomicBool;

    /// The records of the seeds 1 and 2 of a recipe with these further lines.
    fn records(more: &str) -> Vec<Record> {
        let text = format!(
            "recipe: 1\ndata: {{name: d, label: c, split: {{fraction: {{test: 0.25, order: file}}}}}}\nmodel: {{mlp: {{hidden: 0}}}}\ninitial: {{weights: pytorch}}\nloss: cross-entropy\ntraining: {{optimiser: {{sgd: {{learning_rate: 0.1}}}}, batch: 1, epochs: 5}}\nmetrics: [test_accuracy]\n{more}"
        );
        let recipe = Recipe::parse(&text, "r.yaml", &BTreeMap::new()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("d.csv");
        std::fs::write(&file, "a,c\n0,x\n1,y\n0.2,x\n0.9,y\n").unwrap();
        let files = BTreeMap::from([("d".to_owned(), file)]);
        let runs = RecipeRuns::load(vec![(None, recipe)], &files, TrainingDevice::cpu()).unwrap();
        let configuration = Configuration {
            name: None,
            values: BTreeMap::new(),
            metrics: BTreeSet::new(),
        };
        let context = RunContext {
            observer: &|_| (),
            interrupted: &AtomicBool::new(false),
        };
        runs.run(&configuration, &[1, 2].map(RunSeed), &context)
    }

    #[test]
    fn the_curve_reaches_the_record_and_its_line_where_a_recipe_asks_for_it() {
        let plain = records("");
        assert!(plain.iter().all(|record| record.curve.is_none()));
        let line = serde_json::to_string(&plain[0]).unwrap();
        assert!(!line.contains("curve"), "{line}");
        let noted = records("curve: {every: 2, metrics: [test_accuracy]}");
        for (record, plain) in noted.iter().zip(&plain) {
            let curve = record.curve.as_ref().unwrap();
            assert_eq!(curve.epochs, [2, 4, 5]);
            // Looking at the training changes nothing of it.
            assert_eq!(
                (&record.outcome, &record.digest),
                (&plain.outcome, &plain.digest)
            );
            let line = serde_json::to_string(record).unwrap();
            assert!(
                line.contains(r#""curve":{"epochs":[2,4,5],"training_loss":["#),
                "{line}"
            );
            let again: Record = serde_json::from_str(&line).unwrap();
            assert_eq!(again.curve.as_ref(), Some(curve));
        }
    }

    #[test]
    fn the_peak_of_this_process_is_known_on_linux() {
        let bytes = peak_memory();
        if cfg!(target_os = "linux") {
            assert!(bytes.is_some_and(|bytes| bytes > 1 << 20));
        }
    }
}
