//! Runs in records: rows of a table, or objects of a list. A record is a run, or a step of one.

use std::collections::BTreeMap;

use reprove_metrics::{is_index, is_lost, parse_number};

use super::error::RunImportError;
use super::found::{FoundRun, Located, RunState};
use super::names::{is_bookkeeping, is_run_name, is_state, names_seed, state, step_column};
use super::table::ValuePlace;

/// Records of one file.
pub(crate) struct Records {
    /// The file as messages name it.
    pub file: String,
    /// The names of all fields, in the order of the file.
    pub names: Vec<String>,
    /// The records, each with its fields.
    pub records: Vec<Record>,
    /// Whether a blank field of a step says nothing, as loggers of sparse tables write it.
    pub is_sparse: bool,
}

/// One record.
pub(crate) struct Record {
    /// Its place.
    pub place: ValuePlace,
    /// Its fields by name.
    pub fields: BTreeMap<String, Located>,
}

impl Records {
    /// The runs of the records; `seed_key` names the field of the seed.
    ///
    /// # Errors
    /// No records.
    pub fn runs(self, seed_key: Option<&str>) -> Result<Vec<FoundRun>, RunImportError> {
        if self.records.is_empty() {
            return Err(RunImportError::Unreadable {
                file: self.file,
                reason: "expected at least one run, found none".to_owned(),
            });
        }
        let names = self.names.iter().map(String::as_str);
        let is_seed = |name: &&str| match seed_key {
            Some(key) => *name == key,
            None => names_seed(name),
        };
        let has_seed = names.clone().any(|name| is_seed(&name));
        let metrics: Vec<&str> = names
            .clone()
            .filter(|name| !is_seed(name) && self.is_metric(name))
            .collect();
        let step = step_column(names.clone());
        let Some(step) = step.filter(|step| !has_seed || self.has_steps(step, &is_seed)) else {
            let runs = self.records.iter().map(|record| self.run(record, &metrics));
            return Ok(runs.collect());
        };
        let mut runs: Vec<FoundRun> = Vec::new();
        let mut places: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
        let labels: Vec<&str> = names
            .clone()
            .filter(|name| {
                *name != step && (is_seed(name) || !metrics.contains(name)) && !is_index(name)
            })
            .collect();
        for record in &self.records {
            let label = labels.iter().map(|name| record.fields.get(*name));
            let label = label.map(|field| field.map_or("", |field| field.text.as_str()));
            let place = *places.entry(label.collect()).or_insert_with(|| {
                runs.push(self.run(record, &[]));
                runs.len() - 1
            });
            self.observe(record, step, &metrics, &mut runs[place]);
        }
        if let [run] = &mut runs[..] {
            // The whole file is one run, whose place is the file.
            run.place = ValuePlace::file(&self.file);
            run.seed_names.push(self.file.clone());
        }
        Ok(runs)
    }

    /// Whether a seed has several records, which then are its steps.
    fn has_steps(&self, step: &str, is_seed: &impl Fn(&&str) -> bool) -> bool {
        let text =
            |record: &Record, name: &str| record.fields.get(name).map(|field| field.text.clone());
        let Some(seed) = self.names.iter().find(|name| is_seed(&name.as_str())) else {
            return false;
        };
        let mut first: BTreeMap<Option<String>, Option<String>> = BTreeMap::new();
        self.records.iter().any(|record| {
            let step = text(record, step);
            let known = first.insert(text(record, seed), step.clone());
            known.is_some_and(|known| known != step)
        })
    }

    /// Whether a field holds numbers.
    fn is_metric(&self, name: &str) -> bool {
        let fields = self
            .records
            .iter()
            .filter_map(|record| record.fields.get(name));
        let mut numbers = fields.filter(|field| parse_number(&field.text).is_some());
        !is_index(name) && !is_run_name(name) && !is_state(name) && numbers.next().is_some()
    }

    /// A record as a run.
    fn run(&self, record: &Record, metrics: &[&str]) -> FoundRun {
        let named = |is: fn(&str) -> bool| {
            let name = self.names.iter().find(|name| is(name))?;
            record
                .fields
                .get(name.as_str())
                .map(|field| field.text.clone())
        };
        let name = named(is_run_name).filter(|name| !name.is_empty());
        let mut run = FoundRun::new(name.clone().unwrap_or_default(), record.place.clone());
        if run.name.is_empty() {
            run.name = record.place.to_string();
        }
        run.seed_names = name.into_iter().collect();
        run.state = named(is_state).map_or(RunState::Unknown, |word| state(&word));
        run.settings = record.fields.clone();
        for name in metrics {
            let value = record
                .fields
                .get(*name)
                .cloned()
                .unwrap_or_else(|| Located {
                    text: String::new(),
                    place: record.place.clone(),
                });
            run.observe(name, value, None);
            mark(&mut run, name);
        }
        run
    }

    /// Adds the numbers of a step to its run.
    fn observe(&self, record: &Record, step: &str, metrics: &[&str], run: &mut FoundRun) {
        let at = record
            .fields
            .get(step)
            .map(|at| format!("{step} {}", at.text));
        for name in metrics.iter().filter(|name| **name != step) {
            let Some(value) = record.fields.get(*name) else {
                continue;
            };
            let is_blank = value.text.is_empty() || (self.is_sparse && is_lost(&value.text));
            if is_blank {
                continue;
            }
            run.observe(name, value.clone(), at.clone());
            mark(run, name);
        }
    }
}

fn mark(run: &mut FoundRun, name: &str) {
    if let Some(series) = run.metrics.get_mut(name) {
        series.is_bookkeeping = is_bookkeeping(name);
    }
}
