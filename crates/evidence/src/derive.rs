//! Derives metrics, statistics and verdict again, from the files of a bundle alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::contents::record;
use super::facts::Facts;
use super::finding::{Disagreement, differ, is_this_version, named};
use super::inputs::{Inputs, as_json};
use super::reread::reread;
use super::{Bundle, Files, contents, difference, list, output};
use reprove_decide::claims;
use reprove_decide::decision::overall;
use reprove_model::escape;
use reprove_model::manifest::Experiment;
use reprove_model::record::{Outcome, Record, Records};
use reprove_model::seeds::{RunSeed, SeedCall};
use reprove_report::schema;
use reprove_report::{ClaimReport, Counts, Overall, RunReport, SCHEMA_VERSION};

/// What a bundle is about, as its manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditSubject {
    /// The commit of the experiment's repository.
    pub commit: String,
    /// SHA-256 of the manifest, 64 hexadecimal digits.
    pub manifest_sha256: String,
    /// Number of claims of the manifest.
    pub claims: usize,
    /// Ids of the claims that were left out of the verification.
    pub left_out: Vec<String>,
}

/// What was derived again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Derived {
    /// What the bundle is about; none where its manifest cannot be read.
    pub subject: Option<AuditSubject>,
    /// Runs that were read.
    pub runs: usize,
    /// Claims that were decided again.
    pub claims: usize,
    /// Numbers that were read again from what the runs wrote; none where they were trained
    /// in-process, which leaves nothing to read.
    pub metrics: Option<usize>,
    /// Runs of a program of which the bundle does not hold what they wrote.
    pub unread: Vec<String>,
    /// Runs that failed.
    pub failed: usize,
    /// Whether it is stated that the experiment could not be made ready.
    pub unready: bool,
    /// The version of the program that wrote the report.
    pub writer: String,
    /// The verdict that was derived again; none where it could not be.
    pub verdict: Option<Overall>,
    /// Whether another version wrote the report: its pages and sentences are then not compared.
    pub other_words: bool,
}

/// Derives everything again and compares; the first part that cannot be had ends it.
pub(super) fn derive(files: &Files, wrong: &mut Vec<Disagreement>) -> Derived {
    match Inputs::read(files) {
        Ok(inputs) => inputs.compare(files, wrong),
        Err(problem) => {
            wrong.push(problem);
            Derived::default()
        }
    }
}

impl Inputs {
    fn compare(&self, files: &Files, wrong: &mut Vec<Disagreement>) -> Derived {
        self.runs(wrong);
        let reread = reread(&self.manifest, &self.plan, &self.records, files, wrong);
        let verdict = self.claims(wrong);
        let facts = Facts {
            metadata: &self.metadata,
            manifest_bytes: &self.manifest_bytes,
            manifest: &self.manifest,
            plan: &self.plan,
            report: &self.report,
        };
        facts.compare(!self.records.is_empty(), wrong);
        self.links(files, wrong);
        self.documents(files, wrong);
        let is_program = matches!(self.manifest.experiment, Experiment::Program(_));
        Derived {
            subject: Some(self.subject()),
            runs: self.records.len(),
            claims: self.plan.claims.len(),
            metrics: is_program.then_some(reread.metrics),
            unread: reread.unread,
            failed: self.records.iter().filter(|run| is_failed(run)).count(),
            unready: self.report.failure.is_some(),
            writer: self.report.reprove.version.clone(),
            verdict,
            other_words: !is_this_version(&self.report),
        }
    }

    fn subject(&self) -> AuditSubject {
        let is_left_out = |id: &&str| self.plan.claims.iter().all(|claim| claim.id != *id);
        let ids = self.manifest.claims.iter().map(|claim| claim.id.as_str());
        AuditSubject {
            commit: self.manifest.code.commit.to_string(),
            manifest_sha256: self.manifest.sha256.to_string(),
            claims: self.manifest.claims.len(),
            left_out: ids.filter(is_left_out).map(str::to_owned).collect(),
        }
    }

    /// The runs are those of the plan, in its order, and those of the report.
    fn runs(&self, wrong: &mut Vec<Disagreement>) {
        let place = |record: &Record| {
            let name = record.configuration.as_deref();
            let configurations = &mut self.plan.configurations.iter();
            let configuration = configurations.position(|c| c.name.as_deref() == name)?;
            let seed = self.plan.seeds.iter().position(|s| *s == record.seed)?;
            Some((configuration, seed))
        };
        let mut last = None;
        for (line, record) in (1..).zip(&self.records) {
            let at = format!("{}:{line}", list::RUNS);
            match place(record) {
                None => wrong.push((at, format!("{} is no run of the plan", named(record)))),
                found if found <= last => {
                    wrong.push((at, format!("{} is out of order", named(record))));
                }
                found => last = found,
            }
        }
        let stated: Vec<Record> = self.report.runs.iter().map(record).collect();
        let by_run = by_run(&self.records);
        for (index, stated_run) in stated.iter().enumerate() {
            let at = format!("report.json: runs[{index}]");
            let known = by_run.get(&run_of(stated_run));
            let text = match known.map(Vec::as_slice).unwrap_or_default() {
                [] => format!("{} is not in {}", named(stated_run), list::RUNS),
                known if known.contains(&stated_run) => continue,
                _ => format!("{} is another in {}", named(stated_run), list::RUNS),
            };
            wrong.push((at, text));
        }
        let stated: BTreeSet<_> = stated.iter().map(run_of).collect();
        for (line, record) in (1..).zip(&self.records) {
            if !stated.contains(&run_of(record)) {
                let at = format!("{}:{line}", list::RUNS);
                wrong.push((at, format!("{} is not in the report", named(record))));
            }
        }
    }

    /// The claims are decided as the report says, and no planned run that they need is missing.
    fn claims(&self, wrong: &mut Vec<Disagreement>) -> Option<Overall> {
        let has_pins = !self.report.pins.is_empty() && self.pins_hold();
        let is_ready = has_pins && self.report.failure.is_none();
        if self.report.failure.is_some() && (!has_pins || !self.records.is_empty()) {
            let text = "it is stated beside runs or pins that do not hold: it stands for what came between";
            wrong.push(("report.json: failure".to_owned(), text.to_owned()));
        }
        let records = Records::new(self.records.clone());
        let derived = if is_ready {
            let calls = self.seed_calls();
            claims::decide(&self.plan, &self.analysis_plans, &records, calls).map(|decisions| {
                let reports = reprove_report::claims::claims(
                    &self.plan,
                    &self.analysis_plans,
                    &decisions.claims,
                );
                (reports, Some(decisions.refuted_after_correction))
            })
        } else {
            Ok((Vec::new(), None))
        };
        let verdict = match derived {
            Ok((claims, corrected)) => {
                wrong.extend(self.differing_claims(&claims));
                wrong.extend(differ(
                    "refuted_after_correction",
                    &self.report.refuted_after_correction,
                    &corrected,
                ));
                let counts = Counts::of(claims.iter().map(|claim| claim.verdict));
                wrong.extend(differ("counts", &self.report.counts, &counts));
                let deviations = self.report.deviations.len();
                let inputs = self.metadata.deviations.inputs(is_ready, deviations);
                let verdict = overall(counts, inputs);
                wrong.extend(differ("verdict", &self.report.verdict, &verdict));
                Some(verdict)
            }
            Err(error) => {
                wrong.push((list::RUNS.to_owned(), error.to_string()));
                None
            }
        };
        if is_ready {
            for index in claims::undecided(&self.plan, &self.analysis_plans, &records) {
                let id = escape::text(&self.plan.claims[index].id);
                let text = format!("claim `{id}`: planned runs are missing that it still needs");
                wrong.push((list::RUNS.to_owned(), text));
            }
        }
        verdict
    }

    /// The seeds that the program was found to set, which the commit alone shows: as the report states them.
    fn seed_calls(&self) -> &[SeedCall] {
        let seeds = self.report.seeds.as_ref();
        seeds.map_or(&[], |seeds| &seeds.set_in_source)
    }

    /// Where the stated claims differ from the derived ones. Version 1 had other sentences, and neither
    /// codes of warnings nor digits of reported values: they are left out of the comparison.
    fn differing_claims(&self, derived: &[ClaimReport]) -> Vec<Disagreement> {
        if self.report.schema_version == SCHEMA_VERSION {
            return differ("claims", &self.report.claims.as_slice(), &derived);
        }
        let plain = |claims: &[ClaimReport]| {
            let mut value = serde_json::to_value(claims).unwrap_or_default();
            without_words(&mut value);
            value
        };
        differ("claims", &plain(&self.report.claims), &plain(derived))
    }

    fn pins_hold(&self) -> bool {
        self.report.pins.iter().all(|pin| pin.is_held())
    }

    /// What programs wrote, of those runs that the report has.
    fn output(&self, files: &Files) -> BTreeSet<String> {
        let of_run = |run: &RunReport| -> Vec<String> {
            let path = |name: &String| output::path(run.configuration.as_deref(), run.seed, name);
            run.files.keys().map(path).collect()
        };
        let paths = self.report.runs.iter().flat_map(of_run);
        paths.filter(|path| files.contains_key(path)).collect()
    }

    /// What the report links to is there.
    fn links(&self, files: &Files, wrong: &mut Vec<Disagreement>) {
        for run in &self.report.runs {
            let missing = run.files.values().filter_map(|file| file.path.as_ref());
            for path in missing.filter(|path| !files.contains_key(*path)) {
                let text = format!("it is missing: it belongs to {}", named(&record(run)));
                wrong.push((escape::text(path).into_owned(), text));
            }
        }
    }

    /// The files beside the report say what it says.
    fn documents(&self, files: &Files, wrong: &mut Vec<Disagreement>) {
        let output = self.output(files);
        let derived = contents(&Bundle {
            metadata: &self.metadata,
            manifest_bytes: &self.manifest_bytes,
            manifest: &self.manifest,
            values: &self.values,
            analysis_plans: &self.analysis_plans,
            output: &output,
            report: &self.report,
        });
        let Ok(derived) = derived else {
            wrong.push((
                "report.json".to_owned(),
                "it cannot be written again".to_owned(),
            ));
            return;
        };
        for (path, expected) in &derived {
            match files.get(path) {
                None => wrong.push((path.clone(), "it is missing".to_owned())),
                Some(found) if found == expected => {}
                // Another version has other words and another page.
                Some(_) if is_words(path) && !is_this_version(&self.report) => {}
                Some(found) if path.ends_with(".json") => match as_json(found) {
                    Ok(mut found) => {
                        if self.report.schema_version == 1
                            && let Err(problem) = upgrade(path, &mut found)
                        {
                            wrong.push((path.clone(), problem));
                        }
                        let expected = as_json(expected).unwrap_or(Value::Null);
                        let differences = difference::differences("", &found, &expected);
                        let named = |(at, text)| (format!("{path}: {at}"), text);
                        // The repository's path is one on the machine that wrote the bundle.
                        let is_place =
                            |at: &str| path == "statement.json" && at == "subject[0].name";
                        let differences = differences.into_iter().filter(|(at, _)| !is_place(at));
                        wrong.extend(differences.map(named));
                    }
                    Err(error) => wrong.push((path.clone(), error)),
                },
                // Its lines are compared as runs.
                Some(_) if path == list::RUNS => {}
                Some(_) if is_words(path) => {
                    let text = "it is not what the report says, in the words of this build of the same version";
                    wrong.push((path.clone(), text.to_owned()));
                }
                Some(_) => wrong.push((path.clone(), "it is not what the report says".to_owned())),
            }
        }
        let sealed = [list::CHAIN, list::LIST, list::SIGNATURE];
        for path in files.keys() {
            let is_called_for = derived.contains_key(path) || output.contains(path);
            if !is_called_for && !sealed.contains(&path.as_str()) {
                wrong.push((
                    path.clone(),
                    "nothing in the bundle calls for it".to_owned(),
                ));
            }
        }
    }
}

/// Removes from claims what version 1 did not state, or stated in other words.
fn without_words(value: &mut Value) {
    const WORDS: [&str; 8] = [
        "error_rate",
        "text",
        "why",
        "method",
        "name",
        "decimals",
        "recomputed",
        "recomputation",
    ];
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_words),
        Value::Object(fields) => {
            fields.retain(|name, _| !WORDS.contains(&name.as_str()));
            if let Some(Value::Array(warnings)) = fields.get_mut("warnings") {
                // Their number is compared.
                warnings
                    .iter_mut()
                    .for_each(|warning| *warning = Value::Null);
            }
            fields.values_mut().for_each(without_words);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Brings a file of a bundle of version 1 into the form of this version.
fn upgrade(path: &str, value: &mut Value) -> Result<(), String> {
    match path {
        "report.json" => schema::upgrade(value).map_err(|error| error.to_string()),
        "environment.json" => {
            let limitations = schema::take_limitations(&mut value["environment"]);
            value["limitations"] = limitations.into();
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether a file of the bundle is made of this program's words alone.
fn is_words(path: &str) -> bool {
    path == "README.txt" || path == "report.html"
}

/// Which run a record is of.
fn run_of(record: &Record) -> (Option<&str>, RunSeed) {
    (record.configuration.as_deref(), record.seed)
}

fn by_run(records: &[Record]) -> BTreeMap<(Option<&str>, RunSeed), Vec<&Record>> {
    let mut by_run: BTreeMap<_, Vec<&Record>> = BTreeMap::new();
    for record in records {
        by_run.entry(run_of(record)).or_default().push(record);
    }
    by_run
}

fn is_failed(record: &Record) -> bool {
    matches!(record.outcome, Outcome::Failed { .. })
}
