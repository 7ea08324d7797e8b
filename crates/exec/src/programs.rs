//! Runs of the paper's own program, each in a sandbox and with files of its own: the checkout's as
//! they were, what the build produced beside them (cargo's `target`) being linked and read-only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::build::Build;
use super::folders::{RunFolder, RunFolders};
use super::output::{self, KeptFiles};
use super::program::{self, FailureKind, Run, RunResult, Values};
use super::{Outcome, Record, RunContext, Usage, Workload};
use reprove_metrics::{MetricRequest, Outputs, select};
use reprove_model::digest::Sha256Digest;
use reprove_model::event::Event;
use reprove_model::manifest::{self, Device, Program};
use reprove_model::name::MetricName;
use reprove_model::plan::Configuration;
use reprove_model::record::NumberUnit;
use reprove_model::seeds::RunSeed;
use reprove_sandbox::{
    DeviceAccess, Launcher, NetworkAccess, ResourceLimits, SandboxPolicy, TierRequest,
    base_environment,
};

/// A built program with all that its runs share.
pub struct ProgramRuns {
    /// Starts the sandbox.
    pub launcher: Launcher,
    /// The program as the manifest states it.
    pub program: Program,
    /// The program as it was built.
    pub built: Build,
    /// Where each data entry is, absolute.
    pub data: BTreeMap<String, PathBuf>,
    /// The device of every run.
    pub device: Device,
    /// Threads a run, ≥ 1.
    pub threads: u32,
    /// Sandbox tier of the runs.
    pub tier: TierRequest,
    /// The folders that runs are made in.
    pub folders: RunFolders,
    /// Store of the files that runs write; none where the user has no store.
    pub kept: Option<KeptFiles>,
}

impl Workload for ProgramRuns {
    fn group(&self, _: &Configuration) -> usize {
        1
    }

    fn run(
        &self,
        configuration: &Configuration,
        seeds: &[RunSeed],
        context: &RunContext<'_>,
    ) -> Vec<Record> {
        let mut records = Vec::new();
        for seed in seeds {
            if context.is_interrupted() {
                break;
            }
            let Some(seen) = self.one(configuration, *seed, context) else {
                break;
            };
            records.push(Record {
                origins: seen.origins,
                units: seen.units,
                files: seen.files,
                output: seen.output,
                usage: seen.usage,
                ..Record::ended(configuration.name.clone(), *seed, seen.outcome)
            });
        }
        records
    }
}

/// Observation of a run.
struct RunObservation {
    outcome: Outcome,
    origins: BTreeMap<MetricName, String>,
    units: BTreeMap<MetricName, NumberUnit>,
    files: BTreeMap<String, Sha256Digest>,
    output: Option<Sha256Digest>,
    usage: Usage,
}

impl RunObservation {
    /// A run that could not be begun.
    fn not_run(message: String) -> Self {
        Self {
            outcome: Outcome::Failed {
                kind: FailureKind::Sandbox,
                message,
                log_tail: Vec::new(),
            },
            origins: BTreeMap::new(),
            units: BTreeMap::new(),
            files: BTreeMap::new(),
            output: None,
            usage: Usage::default(),
        }
    }
}

/// Message of a run that was interrupted from outside of the verification.
const ENDED: &str = "its launcher was asked to end (SIGTERM), not by this program";

impl ProgramRuns {
    /// One run; none when it was interrupted.
    fn one(
        &self,
        configuration: &Configuration,
        seed: RunSeed,
        context: &RunContext<'_>,
    ) -> Option<RunObservation> {
        let name = configuration.name.as_deref().unwrap_or("run");
        let metrics = MetricRequest {
            sources: &self.program.metrics,
            metrics: &configuration.metrics,
        };
        let folder = match self.folders.take(&format!("{}-{seed}", file_name(name))) {
            Ok(folder) => folder,
            Err(message) => return Some(RunObservation::not_run(message)),
        };
        let seen = match self.sandboxed(configuration, seed, metrics, &folder, context) {
            Ok(ran) => {
                let files = self.keep(metrics, &ran, &folder, context);
                let output = output::digest(&outputs_of(&ran, &folder.out()));
                let seen = self.seen(configuration, ran, files, output);
                // Another process ended its launcher: the run is lost, and its record says so.
                let is_lost = seen.is_none() && !context.is_interrupted();
                seen.or_else(|| is_lost.then(|| RunObservation::not_run(ENDED.to_owned())))
            }
            Err(_) if context.is_interrupted() => None,
            Err(error) => Some(RunObservation::not_run(error.to_string())),
        };
        self.folders.give_back(folder);
        seen
    }

    fn sandboxed(
        &self,
        configuration: &Configuration,
        seed: RunSeed,
        metrics: MetricRequest<'_>,
        folder: &RunFolder,
        context: &RunContext<'_>,
    ) -> Result<RunResult, program::Error> {
        let values = self.values(configuration, seed, folder.out());
        let mut environment = base_environment(self.threads);
        environment.extend(run_variables(seed));
        environment.extend(self.built.variables.clone());
        for (name, value) in &self.program.env {
            let value = program::arguments::fill_text(value, &values)?;
            environment.insert(name.clone(), value);
        }
        let policy = SandboxPolicy {
            tier: self.tier,
            read_only: self.built.read_only.clone(),
            work: folder.work(),
            logs: folder.logs(),
            network: match self.program.network {
                manifest::Network::Always => NetworkAccess::Full,
                manifest::Network::Never | manifest::Network::Build => NetworkAccess::Loopback,
            },
            devices: match self.device {
                Device::Cuda(_) => DeviceAccess::Cuda,
                Device::Cpu | Device::Metal => DeviceAccess::None,
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
        program::run(&self.launcher, &run, context.interrupted)
    }

    fn values(&self, configuration: &Configuration, seed: RunSeed, out: PathBuf) -> Values {
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
        metrics: MetricRequest<'_>,
        ran: &RunResult,
        folder: &RunFolder,
        context: &RunContext<'_>,
    ) -> BTreeMap<String, Sha256Digest> {
        let Some(kept) = &self.kept else {
            return BTreeMap::new();
        };
        let out = folder.out();
        let (files, problems) = kept.keep_run(metrics, &outputs_of(ran, &out));
        for problem in problems {
            (context.observer)(Event::Note(format!(
                "a run's output is not kept: {problem}"
            )));
        }
        files.into_iter().collect()
    }

    fn seen(
        &self,
        configuration: &Configuration,
        ran: RunResult,
        files: BTreeMap<String, Sha256Digest>,
        output: Option<Sha256Digest>,
    ) -> Option<RunObservation> {
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
                    kind: failure.kind,
                    message: failure.detail,
                    log_tail: failure.log,
                };
                return Some(RunObservation {
                    outcome,
                    origins: BTreeMap::new(),
                    units: BTreeMap::new(),
                    files,
                    output: None,
                    usage,
                });
            }
        };
        let selected = select(&self.program.metrics, configuration, &readings);
        Some(RunObservation {
            outcome: selected.outcome,
            origins: selected.origins,
            units: selected.units,
            files,
            output,
            usage,
        })
    }
}

/// Variables that depend on the seed. The order of Python's sets and dictionaries of strings is part of
/// the randomness of a run: it follows the seed, so that it varies and can be repeated.
pub(crate) fn run_variables(seed: RunSeed) -> [(String, String); 1] {
    let hash_seed = seed.0 % (1 << 32);
    [("PYTHONHASHSEED".to_owned(), hash_seed.to_string())]
}

/// The output of a run, whose folder for results is `folder`.
fn outputs_of<'r>(ran: &'r RunResult, folder: &'r Path) -> Outputs<'r> {
    Outputs {
        folder,
        stdout: &ran.finished.stdout,
        stderr: &ran.finished.stderr,
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
fn limits(stated: &manifest::Limits) -> ResourceLimits {
    let default = ResourceLimits::default();
    ResourceLimits {
        time: stated.time.unwrap_or(default.time),
        grace: default.grace,
        memory: stated.memory.map_or(default.memory, |size| size.0),
        processes: stated
            .processes
            .map_or(default.processes, |n| u32::try_from(n).unwrap_or(u32::MAX)),
        output: stated.output.map_or(default.output, |size| size.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_file_names() {
        assert_eq!(file_name("h-1_2"), "h-1_2");
        assert_eq!(file_name("../a b"), "%2e%2e%2fa%20b");
    }
}
