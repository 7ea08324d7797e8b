//! The report: one serialisable value, and a renderer a format.
//!
//! [`Report`] is what `--json` prints and what every renderer draws from; renderers draw, they never
//! compute. Its JSON has a `schema_version`; an older version stays readable.

mod annotations;
mod badge;
mod card;
mod checklist;
pub mod claims;
pub mod compose;
mod csv;
#[cfg(test)]
mod fixture;
mod flag;
mod format;
mod html;
mod junit;
mod latex;
mod lost;
mod markdown;
mod markup;
pub mod number;
mod reason;
mod sources;
mod terminal;
mod visible;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use format::{Format, RenderError, render};
pub use reprove_decide::decision::{ClaimVerdict, Counts, Overall, Role};
use reprove_model::record::Curve;
use reprove_model::record::NumberUnit;

/// The version of the JSON that this crate writes.
pub const SCHEMA_VERSION: u32 = 1;

/// Whether the text for a terminal has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    /// None: for a file, a pipe, or where `NO_COLOR` asks for it.
    #[default]
    Plain,
    /// Colours of the terminal.
    Coloured,
}

/// What an undecided claim is in JUnit, which has no third state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Undecided {
    /// `<error type="inconclusive">`: no CI takes it for a success.
    #[default]
    Error,
    /// `<skipped type="inconclusive">`, where the caller allows undecided claims.
    Skipped,
}

/// Where an HTML page will lie: links to a run's files work in the evidence that holds them only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkBase {
    /// Somewhere: files are named.
    #[default]
    Anywhere,
    /// At the root of the evidence: files are linked.
    Evidence,
}

/// How a report is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Columns of the text for a terminal; held between 60 and 120.
    pub width: usize,
    /// Colours of the text for a terminal.
    pub colour: Colour,
    /// What an undecided claim is in JUnit.
    pub undecided: Undecided,
    /// Where the page will lie.
    pub place: LinkBase,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: 80,
            colour: Colour::Plain,
            undecided: Undecided::Error,
            place: LinkBase::Anywhere,
        }
    }
}

/// All that a verification found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA_VERSION`] of the program that wrote it.
    pub schema_version: u32,
    /// The verdict on all claims together.
    pub verdict: Overall,
    /// One line that says what was verified, from the manifest.
    pub title: Option<String>,
    /// The manifest.
    pub manifest: ManifestFacts,
    /// What the manifest says of the paper, as `author`, `year`, `doi`, … in the order to show.
    pub paper: Vec<Fact>,
    /// The claims in the order of the manifest.
    pub claims: Vec<ClaimReport>,
    /// Counts of the claims by verdict.
    pub counts: Counts,
    /// Ids of the refuted claims whose refutation stands when corrected for the number of claims
    /// (Holm 1979); with one claim the same as the refuted ones. Nothing where no claim was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accusations: Option<Vec<String>>,
    /// The pins, checked.
    pub pins: Vec<PinReport>,
    /// Why no run could be made although the pins hold, as a build that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Where the rerun differs from what the paper or the manifest states.
    pub deviations: Vec<Deviation>,
    /// What this verification does not establish, a sentence each.
    pub not_checked: Vec<String>,
    /// The machine and the toolchain, by name.
    pub environment: BTreeMap<String, String>,
    /// Values that the manifest and the recipe left to their defaults.
    pub defaults: BTreeMap<String, String>,
    /// Every run, in the order configuration, then seed as listed.
    pub runs: Vec<RunReport>,
    /// What the runs cost.
    pub cost: Cost,
    /// The program that wrote the report.
    pub reprove: Program,
    /// Commands that repeat the verification, a line each.
    pub repeat: Vec<String>,
}

/// A named fact, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Which manifest it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFacts {
    /// The path as it was given.
    pub file: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
}

/// One claim with all that was found of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimReport {
    /// Its id in the manifest.
    pub id: String,
    /// The verdict.
    pub verdict: ClaimVerdict,
    /// Why this verdict.
    pub reason: Reason,
    /// The metric.
    pub metric: String,
    /// The configuration; for a difference `A − B`; nothing where the manifest has none.
    pub configuration: Option<String>,
    /// What the paper reported; nothing for a claim that needs no printed value.
    pub reported: Option<ReportedValue>,
    /// The band of values that count as the same result; an open side is nothing.
    pub tolerance: Band,
    /// What was seen in the reruns.
    pub rerun: Rerun,
    /// The rerun minus the reported value with the interval that decides, valid at all looks.
    pub difference: Option<Difference>,
    /// Which target the verdict is about, and why.
    pub basis: BasisReport,
    /// Both targets, each with its own interval and verdict.
    pub targets: Vec<Target>,
    /// The tests, those that decide first.
    pub tests: Vec<Test>,
    /// The looks of a sequential decision, in order; one for a fixed number of runs.
    pub looks: Vec<Look>,
    /// How many runs would decide it; nothing when decided or when no number can.
    pub runs_needed: Option<RunsNeeded>,
    /// Measures that are shown and never decide.
    pub secondary: Vec<Measure>,
    /// Warnings about the numbers, a sentence each.
    pub flags: Vec<String>,
}

/// Why a claim has its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable word, as `interval_inside_tolerance`.
    pub code: String,
    /// A sentence.
    pub text: String,
    /// The numbers behind it, by name.
    pub data: BTreeMap<String, f64>,
}

/// What the paper reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportedValue {
    /// As a person writes it: `90.4 ± 1.8 (sd, 10 runs)`.
    pub text: String,
    /// The number that is compared.
    pub value: f64,
    /// Standard deviation of one run, when known or derived.
    pub sd: Option<f64>,
    /// Number of runs, when known.
    pub runs: Option<u32>,
    /// Interval of the reported mean at the claim's level, when its noise is known.
    pub interval: Option<(f64, f64)>,
}

/// A band of values; an open side is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Lowest value that still counts as the same.
    pub low: Option<f64>,
    /// Highest value that still counts as the same.
    pub high: Option<f64>,
}

/// What was seen in the reruns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rerun {
    /// Number of values that the decision uses.
    pub n: usize,
    /// Their mean.
    pub mean: Option<f64>,
    /// Their standard deviation (n − 1).
    pub sd: Option<f64>,
    /// The values in the order of the seeds.
    pub values: Vec<SeedValue>,
    /// Runs that ended without a value.
    pub failed: usize,
    /// Runs that diverged or fell beyond the declared failure threshold.
    pub diverged: usize,
}

/// The value of one seed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SeedValue {
    /// The seed.
    pub seed: u64,
    /// The value.
    pub value: f64,
}

/// A difference with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Rerun minus reported.
    pub estimate: f64,
    /// Lower end; nothing when unbounded.
    pub low: Option<f64>,
    /// Upper end; nothing when unbounded.
    pub high: Option<f64>,
    /// Nominal two-sided level, as 0.9.
    pub level: f64,
    /// How it was made, as `Welch t and beta bootstrap-t`.
    pub method: String,
}

/// Which target the verdict is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasisReport {
    /// `process` or `printed`.
    pub target: String,
    /// Why this one, a sentence; fixed before any rerun.
    pub why: String,
}

/// One target of the decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// `process` or `printed`.
    pub target: String,
    /// The verdict if this were the basis.
    pub verdict: ClaimVerdict,
    /// Its interval of the difference.
    pub difference: Option<Difference>,
}

/// A test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Its name, as `TOST, Welch`.
    pub name: String,
    /// The statistic, where it has one.
    pub statistic: Option<f64>,
    /// Degrees of freedom, where it has them.
    pub df: Option<f64>,
    /// The p-value.
    pub p_value: Option<f64>,
    /// What it is for.
    pub role: Role,
}

/// One look at the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Runs seen.
    pub n: usize,
    /// Nominal one-sided level of this look.
    pub alpha: f64,
    /// Rerun minus reported.
    pub estimate: f64,
    /// Lower end of the interval of this look; nothing when unbounded.
    pub low: Option<f64>,
    /// Upper end of the interval of this look; nothing when unbounded.
    pub high: Option<f64>,
    /// The verdict at this look.
    pub verdict: ClaimVerdict,
}

/// How many runs in all would decide an undecided claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunsNeeded {
    /// If mean and spread stay as they are; nothing when no number of runs would do.
    pub projected: Option<u64>,
    /// The same with the upper end of the spread's uncertainty.
    pub cautious: Option<u64>,
    /// For 80 % power if there is no true difference.
    pub planned: Option<u64>,
    /// A sentence that says it.
    pub text: String,
}

/// A measure that is shown and never decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// Its value as text, with its interval where it has one.
    pub text: String,
    /// Its value.
    pub value: Option<f64>,
}

/// One pin, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinReport {
    /// `commit`, `tree`, `data` or `hardware`.
    pub kind: String,
    /// Which one.
    pub name: String,
    /// `holds`, `broken`, `missing`, `unreadable` or `unknown`.
    pub status: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: Option<String>,
    /// What is certain to help.
    pub hint: Option<String>,
}

/// Why no run could be made. It says nothing about a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A stable word, as `would_not_build`.
    pub kind: String,
    /// What went wrong, in one line.
    pub message: String,
    /// What is certain to help.
    pub hint: Option<String>,
    /// The last lines of the log, control characters escaped; empty where there is none.
    pub log_tail: Vec<String>,
}

/// Where the rerun differs from what the paper or the manifest states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// A stable word, as `assumed_default`.
    pub code: String,
    /// A sentence.
    pub text: String,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Its configuration, where the manifest has any.
    pub configuration: Option<String>,
    /// Its seed.
    pub seed: u64,
    /// `finished`, `diverged`, or the kind of failure.
    pub outcome: String,
    /// What went wrong, in one line.
    pub message: Option<String>,
    /// The metrics by name.
    pub metrics: BTreeMap<String, f64>,
    /// Where each metric was read, as `metrics.json:1: {"acc": 0.9}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<String, String>,
    /// The unit of each metric whose unit is known: `percent` where a percent sign stood behind the
    /// number, `stated` where the manifest says what it is multiplied by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, NumberUnit>,
    /// SHA-256 of the trained weights or of the run's output, when there is one.
    pub digest: Option<String>,
    /// The course of its training, when the recipe asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<Curve>,
    /// Wall time in seconds.
    pub wall_seconds: f64,
    /// Processor time in seconds, when measured.
    pub cpu_seconds: Option<f64>,
    /// Peak resident memory in bytes, when measured.
    pub max_rss_bytes: Option<u64>,
    /// The log within the evidence bundle, when there is one.
    pub log: Option<String>,
    /// The files that its program wrote and that were kept, by name: `stdout.log`, `stderr.log`, and
    /// `out/NAME` of those that its metrics were read from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, RunFile>,
    /// The last lines of its log, control characters escaped; empty when it finished.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_tail: Vec<String>,
    /// Whether this verification ran it or found it in the store.
    pub source: RunSource,
}

/// A file that a run's program wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Its path in the evidence bundle, when the report lies in one that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Whether a run was made now or found in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunSource {
    /// Made by this verification.
    Ran,
    /// Finished earlier and identical in all that determines it.
    Stored,
}

/// What the runs cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Wall time of the whole verification in seconds.
    pub wall_seconds: f64,
    /// Processor time of all runs in seconds.
    pub cpu_seconds: f64,
    /// GPU time of all runs in seconds.
    pub gpu_seconds: f64,
    /// Largest peak memory of a run in bytes.
    pub max_rss_bytes: Option<u64>,
    /// Energy in watt-hours, when measured or estimated.
    pub energy_wh: Option<f64>,
    /// How the energy was had: `measured …` or `estimated …`.
    pub energy_method: Option<String>,
    /// Carbon dioxide equivalent in grams, when a factor is known.
    pub carbon_g: Option<f64>,
    /// The factor and its source.
    pub carbon_method: Option<String>,
    /// Runs that were made.
    pub runs: usize,
    /// Runs that were planned at most.
    pub runs_planned: usize,
}

/// The program that wrote the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Version of the package.
    pub version: String,
    /// Commit it was built from, when known.
    pub commit: Option<String>,
}

impl Report {
    /// The report as JSON, two spaces an indent, numbers in full precision, a line feed at its end.
    ///
    /// Characters that a terminal obeys or a reader cannot see are written as JSON's escapes. NaN and
    /// the infinities do not exist in JSON and would be written as `null`: a report holds none.
    ///
    /// # Errors
    /// None is known; the serialiser's own are passed on.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| reprove_model::escape::json(&text) + "\n")
    }
}

/// The reports on many manifests as one list of JSON, written as [`Report::to_json`] writes one.
///
/// # Errors
/// None is known; the serialiser's own are passed on.
pub fn list_json(reports: &[Report]) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(reports).map(|text| reprove_model::escape::json(&text) + "\n")
}

/// One claim for a terminal, as `reprove decide` shows it.
pub fn claim_text(claim: &ClaimReport, options: &Options) -> String {
    terminal::claim(claim, options)
}

/// One claim as JSON in the form of a whole result, two spaces an indent, a line feed at its end.
///
/// # Errors
/// A number that JSON cannot express: NaN or an infinity.
pub fn claim_json(claim: &ClaimReport) -> Result<String, serde_json::Error> {
    let value = serde_json::json!({
        "schema_version": SCHEMA_VERSION,
        "verdict": claim.verdict,
        "claims": [claim],
        "reprove": {"version": env!("CARGO_PKG_VERSION")},
    });
    serde_json::to_string_pretty(&value).map(|text| text + "\n")
}
