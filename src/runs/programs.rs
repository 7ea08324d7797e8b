//! Runs of the paper's own program, each in a sandbox and with files of its own: the checkout's as
//! they were, what the build produced beside them (cargo's `target`) being linked and read-only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::folders::{RunFolder, RunFolders};
use super::metrics::{
    self, Found, JsonSource, JsonlSource, Outputs, RegexSource, Source, TensorboardSource,
};
use super::output::KeptFiles;
use super::program::{self, FailureKind, Ran, Run, Values};
use super::rebuild::Built;
use super::sandbox::{Devices, Launcher, Limits, Network, Policy, TierRequest, base_environment};
use super::{Outcome, Record, Usage, Watch, Workload};
use crate::digest::Sha256Digest;
use crate::event::Event;
use crate::manifest::{self, Device, MetricSource, Metrics, Program, RegexText, Take};
use crate::plan::Configuration;

/// A built program with all that its runs share.
pub struct ProgramRuns {
    /// Starts the sandbox.
    pub launcher: Launcher,
    /// The program as the manifest states it.
    pub program: Program,
    /// The program as it was built.
    pub built: Built,
    /// Where each data entry is, absolute.
    pub data: BTreeMap<String, PathBuf>,
    /// The device of every run.
    pub device: Device,
    /// Threads a run, ≥ 1.
    pub threads: u32,
    /// How tightly runs are held.
    pub tier: TierRequest,
    /// The folders that runs are made in.
    pub folders: RunFolders,
    /// Where what a run wrote is kept; nowhere where the user has no store.
    pub kept: Option<KeptFiles>,
}

impl Workload for ProgramRuns {
    fn group(&self, _: &Configuration) -> usize {
        1
    }

    fn run(&self, configuration: &Configuration, seeds: &[u64], watch: &Watch<'_>) -> Vec<Record> {
        let mut records = Vec::new();
        for seed in seeds {
            if watch.is_interrupted() {
                break;
            }
            let Some(seen) = self.one(configuration, *seed, watch) else {
                break;
            };
            records.push(Record {
                origins: seen.origins,
                files: seen.files,
                usage: seen.usage,
                ..Record::ended(configuration.name.clone(), *seed, seen.outcome)
            });
        }
        records
    }
}

/// What was seen of a run.
struct Seen {
    outcome: Outcome,
    origins: BTreeMap<String, String>,
    files: BTreeMap<String, Sha256Digest>,
    usage: Usage,
}

impl Seen {
    /// A run that could not be begun.
    fn not_run(message: String) -> Self {
        Self {
            outcome: Outcome::Failed {
                kind: "sandbox".to_owned(),
                message,
                log_tail: Vec::new(),
            },
            origins: BTreeMap::new(),
            files: BTreeMap::new(),
            usage: Usage::default(),
        }
    }
}

impl ProgramRuns {
    /// One run; nothing when it was interrupted.
    fn one(&self, configuration: &Configuration, seed: u64, watch: &Watch<'_>) -> Option<Seen> {
        let name = configuration.name.as_deref().unwrap_or("run");
        let metrics = sources(&self.program.metrics, &configuration.metrics);
        let folder = match self.folders.take(&format!("{}-{seed}", file_name(name))) {
            Ok(folder) => folder,
            Err(message) => return Some(Seen::not_run(message)),
        };
        let seen = match self.sandboxed(configuration, seed, &metrics, &folder, watch) {
            Ok(ran) => {
                let files = self.keep(&metrics, &ran, &folder, watch);
                self.seen(configuration, ran, files)
            }
            Err(_) if watch.is_interrupted() => None,
            Err(error) => Some(Seen::not_run(error.to_string())),
        };
        self.folders.give_back(folder);
        seen
    }

    fn sandboxed(
        &self,
        configuration: &Configuration,
        seed: u64,
        metrics: &metrics::Metrics,
        folder: &RunFolder,
        watch: &Watch<'_>,
    ) -> Result<Ran, program::Error> {
        let values = self.values(configuration, seed, folder.out());
        let mut environment = base_environment(self.threads);
        environment.extend(self.built.variables.clone());
        let policy = Policy {
            tier: self.tier,
            read_only: self.built.read_only.clone(),
            work: folder.work(),
            logs: folder.logs(),
            network: match self.program.network {
                manifest::Network::Always => Network::Full,
                manifest::Network::Never | manifest::Network::Build => Network::Loopback,
            },
            devices: match self.device {
                Device::Cuda(_) => Devices::Cuda,
                Device::Cpu | Device::Metal => Devices::None,
            },
            limits: limits(&self.program.limits),
            environment,
        };
        let run = Run {
            template: &self.program.run,
            metrics,
            values: &values,
            directory: &folder.code(),
            policy: &policy,
        };
        program::run(&self.launcher, &run, watch.interrupted)
    }

    fn values(&self, configuration: &Configuration, seed: u64, out: PathBuf) -> Values {
        Values {
            seed,
            data: self.data.clone(),
            out,
            device: self.device.to_string(),
            threads: self.threads,
            configuration: texts(configuration),
        }
    }

    /// Keeps what the run wrote; the user is told what cannot be kept.
    fn keep(
        &self,
        metrics: &metrics::Metrics,
        ran: &Ran,
        folder: &RunFolder,
        watch: &Watch<'_>,
    ) -> BTreeMap<String, Sha256Digest> {
        let Some(kept) = &self.kept else {
            return BTreeMap::new();
        };
        let outputs = Outputs {
            folder: &folder.out(),
            stdout: &ran.finished.stdout,
            stderr: &ran.finished.stderr,
        };
        let (files, problems) = kept.keep_run(metrics, &outputs);
        for problem in problems {
            (watch.observer)(Event::Note(format!(
                "a run's output is not kept: {problem}"
            )));
        }
        files.into_iter().collect()
    }

    fn seen(
        &self,
        configuration: &Configuration,
        ran: Ran,
        files: BTreeMap<String, Sha256Digest>,
    ) -> Option<Seen> {
        let usage = Usage {
            wall_seconds: ran.finished.wall.as_secs_f64(),
            cpu_seconds: Some((ran.finished.cpu_user + ran.finished.cpu_system).as_secs_f64()),
            max_rss_bytes: Some(ran.finished.max_rss),
        };
        let readings = match ran.outcome {
            program::Outcome::Measured(readings) | program::Outcome::Diverged(readings) => readings,
            program::Outcome::Failed(failure) if failure.kind == FailureKind::Interrupted => {
                return None;
            }
            program::Outcome::Failed(failure) => {
                let outcome = Outcome::Failed {
                    kind: failure.kind.words().to_lowercase().replace(' ', "_"),
                    message: failure.detail,
                    log_tail: failure.log,
                };
                return Some(Seen {
                    outcome,
                    origins: BTreeMap::new(),
                    files,
                    usage,
                });
            }
        };
        let (outcome, origins) = chosen(&self.program.metrics, configuration, &readings);
        Some(Seen {
            outcome,
            origins,
            files,
            usage,
        })
    }
}

/// The values of a configuration as placeholders write them.
pub(super) fn texts(configuration: &Configuration) -> BTreeMap<String, String> {
    configuration
        .values
        .iter()
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect()
}

/// A configuration's name as part of a file's: other characters than letters, digits, `-` and `_`
/// become their number.
fn file_name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.chars()
        .map(|c| {
            if plain(c) {
                c.to_string()
            } else {
                format!("%{:x}", u32::from(c))
            }
        })
        .collect()
}

/// The limits of a run: the manifest's, and the sandbox's own where it states none.
fn limits(stated: &manifest::Limits) -> Limits {
    let default = Limits::default();
    Limits {
        time: stated.time.unwrap_or(default.time),
        grace: default.grace,
        memory: stated.memory.map_or(default.memory, |size| size.0),
        processes: stated
            .processes
            .map_or(default.processes, |n| u32::try_from(n).unwrap_or(u32::MAX)),
        output: stated.output.map_or(default.output, |size| size.0),
    }
}

/// Reads a run's metrics again from what it wrote, exactly as they were read when it ended, with
/// the place of each.
///
/// # Errors
/// A source that cannot be read.
pub fn read_again(
    metrics: &Metrics,
    configuration: &Configuration,
    outputs: &Outputs<'_>,
) -> Result<(Outcome, BTreeMap<String, String>), metrics::Error> {
    let readings = metrics::read(&sources(metrics, &configuration.metrics), outputs)?;
    Ok(chosen(metrics, configuration, &readings))
}

/// The metrics that claims need, picked from all that were read. One that is missing fails the run,
/// and one that is no finite number makes it a diverged one.
fn chosen(
    metrics: &Metrics,
    configuration: &Configuration,
    readings: &metrics::Readings,
) -> (Outcome, BTreeMap<String, String>) {
    let mut origins = BTreeMap::new();
    let mut finite = BTreeMap::new();
    let mut infinite = None;
    for name in &configuration.metrics {
        let found = match pick(take(metrics, name), readings.get(name).map(Vec::as_slice)) {
            Ok(found) => found,
            Err(problem) => {
                let known: Vec<&str> = readings.keys().map(String::as_str).collect();
                let message = format!(
                    "`{name}`: {problem}; what it wrote has {}",
                    known.join(", ")
                );
                let kind = "no_metric".to_owned();
                return (
                    Outcome::Failed {
                        kind,
                        message,
                        log_tail: Vec::new(),
                    },
                    origins,
                );
            }
        };
        let line = found
            .origin
            .line
            .map(|line| format!("{line}: "))
            .unwrap_or_default();
        origins.insert(
            name.clone(),
            format!("{}:{line}{}", found.origin.file, found.origin.text),
        );
        if found.value.is_finite() {
            finite.insert(name.clone(), found.value);
        } else {
            infinite.get_or_insert_with(|| format!("`{name}` is {}", found.value));
        }
    }
    let outcome = match infinite {
        None => Outcome::Finished { metrics: finite },
        Some(message) => Outcome::Diverged {
            metrics: finite,
            message,
        },
    };
    (outcome, origins)
}

/// The one number of a metric that counts.
fn pick(take: Take, found: Option<&[Found]>) -> Result<&Found, String> {
    let found = found.unwrap_or_default();
    match take {
        Take::At(position) => usize::try_from(position)
            .ok()
            .and_then(|position| found.get(position))
            .ok_or_else(|| {
                format!(
                    "expected a number at position {position}, found {} numbers",
                    found.len()
                )
            }),
        _ => match found {
            [one] => Ok(one),
            [] => Err("expected a number, found none".to_owned()),
            many => Err(format!("expected one number, found {}", many.len())),
        },
    }
}

/// Which number of a metric the manifest asks for.
fn take(metrics: &Metrics, name: &str) -> Take {
    let source = match metrics {
        Metrics::Shared(source) => Some(source),
        Metrics::Each(sources) => sources.get(name),
    };
    match source {
        None | Some(MetricSource::Json { .. }) => Take::Only,
        Some(MetricSource::Csv { row, .. }) => *row,
        Some(
            MetricSource::Jsonl { take, .. }
            | MetricSource::Regex { take, .. }
            | MetricSource::Tensorboard { take, .. },
        ) => *take,
    }
}

/// The manifest's sources in the words of the reader, for the metrics that claims need of a
/// configuration.
fn sources(metrics: &Metrics, needed: &BTreeSet<String>) -> metrics::Metrics {
    match metrics {
        Metrics::Shared(source) => match needed.first() {
            // The manifest's rules let such a source be of one metric only.
            Some(name) if source.is_nameless() => {
                metrics::Metrics::Named([(name.clone(), reader(source))].into())
            }
            _ => metrics::Metrics::All(reader(source)),
        },
        Metrics::Each(sources) => metrics::Metrics::Named(
            sources
                .iter()
                .map(|(name, source)| (name.clone(), reader(source)))
                .collect(),
        ),
    }
}

fn reader(source: &MetricSource) -> Source {
    let text = |path: &Path| path.display().to_string();
    match source {
        MetricSource::Json { file, path } => Source::Json(JsonSource {
            file: text(file),
            path: path.clone(),
        }),
        MetricSource::Jsonl { file, path, take } => Source::Jsonl(JsonlSource {
            file: text(file),
            key: path.clone(),
            take: rule(*take),
        }),
        MetricSource::Csv { file, column, row } => Source::Csv(metrics::CsvSource {
            file: text(file),
            column: column.clone(),
            row: rule(*row),
        }),
        MetricSource::Regex {
            text: from,
            pattern,
            take,
        } => Source::Regex(RegexSource {
            file: match from {
                RegexText::Stdout => "stdout".to_owned(),
                RegexText::Stderr => "stderr".to_owned(),
                RegexText::File(file) => text(file),
            },
            pattern: pattern.clone(),
            take: rule(*take),
        }),
        MetricSource::Tensorboard { file, tag, take } => Source::Tensorboard(TensorboardSource {
            dir: text(file),
            tag: tag.clone(),
            take: rule(*take),
        }),
    }
}

/// What the reader keeps; of those that depend on how many there are, all, for [`pick`].
fn rule(take: Take) -> metrics::Take {
    match take {
        Take::First => metrics::Take::First,
        Take::Last => metrics::Take::Last,
        Take::Max => metrics::Take::Max,
        Take::Min => metrics::Take::Min,
        Take::Only | Take::At(_) => metrics::Take::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::metrics::{Origin, Unit};

    fn found(values: &[f64]) -> Vec<Found> {
        let origin = Origin {
            file: "m.json".into(),
            line: Some(2),
            text: "text".into(),
        };
        values
            .iter()
            .map(|value| Found {
                value: *value,
                unit: Unit::Unknown,
                origin: origin.clone(),
            })
            .collect()
    }

    fn seen(values: &[f64]) -> (Outcome, BTreeMap<String, String>) {
        let metrics = Metrics::Shared(MetricSource::Json {
            file: "m.json".into(),
            path: None,
        });
        let configuration = Configuration {
            name: None,
            values: BTreeMap::new(),
            metrics: ["accuracy".to_owned()].into(),
        };
        let readings = [
            ("accuracy".to_owned(), found(values)),
            ("other".to_owned(), found(&[f64::NAN])),
        ];
        chosen(&metrics, &configuration, &readings.into())
    }

    #[test]
    fn what_claims_need_is_chosen_with_its_origin() {
        let (outcome, origins) = seen(&[0.5]);
        // That another number is none does not matter.
        assert_eq!(
            outcome,
            Outcome::Finished {
                metrics: [("accuracy".to_owned(), 0.5)].into()
            }
        );
        assert_eq!(origins["accuracy"], "m.json:2: text");
        assert_eq!(seen(&[f64::INFINITY]).0.word(), "diverged");
        for (values, words) in [
            (&[][..], "expected a number, found none"),
            (&[1.0, 2.0], "expected one number, found 2"),
        ] {
            let Outcome::Failed { kind, message, .. } = seen(values).0 else {
                panic!()
            };
            assert_eq!(kind, "no_metric");
            assert_eq!(
                message,
                format!("`accuracy`: {words}; what it wrote has accuracy, other")
            );
        }
    }

    #[test]
    fn a_position_counts_from_zero() {
        let numbers = found(&[1.0, 2.0]);
        assert_eq!(pick(Take::At(1), Some(&numbers)).unwrap().value, 2.0);
        assert_eq!(
            pick(Take::At(2), Some(&numbers)).unwrap_err(),
            "expected a number at position 2, found 2 numbers"
        );
    }

    #[test]
    fn names_become_file_names() {
        assert_eq!(file_name("h-1_2"), "h-1_2");
        assert_eq!(file_name("../a b"), "%2e%2e%2fa%20b");
    }
}
