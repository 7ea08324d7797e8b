//! From what the stages found to the one [`Report`].

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{
    ClaimReport, Cost, Counts, Deviation, Fact, Failure, ManifestFacts, PinReport, Program, Report,
    RunFile, RunReport, RunSource, SCHEMA_VERSION,
};
use reprove_decide::decision::{Inputs, overall};
use reprove_exec::{Isolation, usage};
use reprove_model::manifest::{Device, Experiment, Manifest, Paper, Submodules};
use reprove_model::plan::Plan;
use reprove_model::record::{Outcome, Record, RecordSource, Records};
use reprove_pins::check::Checked;
use reprove_pins::environment::Environment;
use reprove_pins::{Pin, PinKind};
use reprove_sandbox::SandboxTier;

/// The fact of the environment that names the sandbox's tier.
pub const SANDBOX: &str = "sandbox";

/// What the stages found, for [`report`].
pub struct Findings<'f> {
    /// The manifest.
    pub manifest: &'f Manifest,
    /// The plan.
    pub plan: &'f Plan,
    /// The pins, checked.
    pub checked: &'f Checked,
    /// Whether a deviation counts as a broken pin.
    pub strictness: Strictness,
    /// Values that the experiment left to the tool's defaults.
    pub assumed: BTreeMap<String, String>,
    /// What preparing the experiment had to do otherwise than would have been best: code and text.
    pub deviations: Vec<(&'static str, String)>,
    /// How the program was shut in; nothing where none was run.
    pub isolation: Option<Isolation>,
    /// What the program was built and run with, with its version.
    pub versions: BTreeMap<String, String>,
    /// Why no run could be made although the pins hold.
    pub failure: Option<Failure>,
    /// The claims, decided; empty where a pin does not hold or no run could be made.
    pub claims: Vec<ClaimReport>,
    /// Ids of the claims whose refutation stands when corrected for their number; nothing where no
    /// claim was decided.
    pub accusations: Option<Vec<String>>,
    /// The runs; empty where a pin does not hold or none could be made.
    pub records: Records,
    /// The energy that was measured while they were made.
    pub measured: usage::Measured,
}

impl<'f> Findings<'f> {
    /// What is found once the pins are checked.
    pub fn new(
        manifest: &'f Manifest,
        plan: &'f Plan,
        checked: &'f Checked,
        strictness: Strictness,
    ) -> Self {
        Self {
            manifest,
            plan,
            checked,
            strictness,
            assumed: BTreeMap::new(),
            deviations: Vec::new(),
            isolation: None,
            versions: BTreeMap::new(),
            failure: None,
            claims: Vec::new(),
            accusations: None,
            records: Records::default(),
            measured: usage::Measured::default(),
        }
    }
}

/// Whether a deviation counts as a broken pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strictness {
    /// It is reported.
    Lenient,
    /// It counts as a broken pin.
    Strict,
}

impl Strictness {
    /// Whether the inputs count as the declared ones, where so many deviations are stated.
    pub fn inputs(self, is_ready: bool, deviations: usize) -> Inputs {
        let is_refused = match self {
            Self::Lenient => false,
            Self::Strict => deviations > 0,
        };
        if is_ready && !is_refused {
            Inputs::AsDeclared
        } else {
            Inputs::NotAsDeclared
        }
    }
}

/// The report of a verification.
pub fn report(found: Findings<'_>, wall: Duration) -> Report {
    let counts = Counts::of(found.claims.iter().map(|claim| claim.verdict));
    let deviations = deviations(&found);
    let pins: Vec<PinReport> = found.checked.pins.iter().map(pin).collect();
    let inputs = found.strictness.inputs(
        found.checked.all_hold() && found.failure.is_none(),
        deviations.len(),
    );
    Report {
        schema_version: SCHEMA_VERSION,
        verdict: overall(counts, inputs),
        title: found.manifest.title.clone(),
        manifest: ManifestFacts {
            file: found.manifest.file.display().to_string(),
            sha256: found.manifest.sha256.to_string(),
        },
        paper: found.manifest.paper.as_ref().map(paper).unwrap_or_default(),
        counts,
        not_checked: {
            let tier = found.isolation.as_ref().map(|found| found.tier.name());
            not_checked(found.manifest, found.plan, &pins, tier)
        },
        pins,
        environment: environment(&found),
        defaults: found
            .manifest
            .defaults
            .iter()
            .chain(&found.assumed)
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
        runs: found.records.all().iter().map(run).collect(),
        cost: cost(&found, wall),
        reprove: Program {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("REPROVE_COMMIT").map(str::to_owned),
        },
        repeat: repeat(&found.manifest.file.display().to_string()),
        deviations,
        failure: found.failure,
        claims: found.claims,
        accusations: found.accusations,
    }
}

/// Commands that repeat the verification of a manifest.
pub fn repeat(manifest: &str) -> Vec<String> {
    vec![format!("reprove verify {}", shell_word(manifest))]
}

/// A word as a POSIX shell takes it.
fn shell_word(text: &str) -> String {
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '=' | ':' | ',' | '+')
    };
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// What the manifest says of the paper.
pub fn paper(paper: &Paper) -> Vec<Fact> {
    let fact = |name: &str, value: Option<String>| {
        value.map(|value| Fact {
            name: name.to_owned(),
            value,
        })
    };
    [
        fact(
            "authors",
            (!paper.authors.is_empty()).then(|| paper.authors.join(", ")),
        ),
        fact("title", paper.title.clone()),
        fact("year", paper.year.map(|year| year.to_string())),
        fact("doi", paper.doi.clone()),
        fact("url", paper.url.clone()),
        fact("locator", paper.locator.clone()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn pin(pin: &Pin) -> PinReport {
    let status = serde_json::to_value(pin.status)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned));
    PinReport {
        kind: pin.kind.to_string(),
        name: pin.name.clone(),
        status: status.unwrap_or_default(),
        expected: pin.expected.clone(),
        found: pin.found.clone(),
        hint: pin.hint.clone(),
    }
}

/// Where the rerun differs from what the paper or the manifest states.
fn deviations(found: &Findings<'_>) -> Vec<Deviation> {
    let mut deviations = Vec::new();
    let mut add = |code: &str, text: String| {
        deviations.push(Deviation {
            code: code.to_owned(),
            text,
        })
    };
    for (key, value) in &found.assumed {
        add("assumed", assumed(key, value));
    }
    for (code, text) in &found.deviations {
        add(code, text.clone());
    }
    for (part, words) in &found.manifest.hardware.reported {
        add(
            "other_hardware",
            format!(
                "the paper used {part} {words}; the reruns used {}",
                machine(found)
            ),
        );
    }
    if let Some(export) = &found.checked.export {
        if found.manifest.code.submodules == Submodules::LeftOut {
            for submodule in &export.submodules {
                add(
                    "submodule_left_out",
                    format!("the submodule `{}` was left out", submodule.path.display()),
                );
            }
        }
        // A program gets the content, or is not run.
        let is_recipe = matches!(found.manifest.experiment, Experiment::Recipe(_));
        for pointer in export.lfs_pointers.iter().filter(|_| is_recipe) {
            let path = pointer.path.display();
            add(
                "lfs_pointer",
                format!("`{path}` is a Git LFS pointer; its content is not in the repository"),
            );
        }
    }
    if let Some(text) = other_seeds(found.manifest, found.plan) {
        add("other_seeds", text);
    }
    if found.plan.device != found.manifest.hardware.device {
        let (stated, used) = (found.manifest.hardware.device, found.plan.device);
        add(
            "other_device",
            format!("the manifest states device {stated}; the reruns used {used}"),
        );
    }
    deviations
}

/// What is said where the paper's seeds are not among the reruns'.
pub fn other_seeds(manifest: &Manifest, plan: &Plan) -> Option<String> {
    let reported = manifest.reported_seeds.as_ref()?;
    let fresh: BTreeSet<u64> = plan.seeds.iter().copied().collect();
    let count = reported.len();
    (!reported.iter().all(|seed| fresh.contains(seed)))
        .then(|| format!("the paper used {count} seeds; the reruns used others"))
}

/// What is said of a value that the recipe leaves to the tool.
pub fn assumed(key: &str, value: &str) -> String {
    format!("`{key}` is not stated by the recipe; assumed: {value}")
}

fn machine(found: &Findings<'_>) -> String {
    let here = &found.checked.environment;
    match found.plan.device {
        reprove_model::manifest::Device::Cuda(index) => {
            let gpu = here.gpus.iter().find(|gpu| gpu.index == index);
            gpu.map_or_else(|| "a GPU".to_owned(), |gpu| gpu.name.clone())
        }
        _ => here
            .cpu
            .model
            .clone()
            .unwrap_or_else(|| "a processor of unknown model".to_owned()),
    }
}

/// What this verification does not establish.
pub fn not_checked(
    manifest: &Manifest,
    plan: &Plan,
    pins: &[PinReport],
    sandbox: Option<&str>,
) -> Vec<String> {
    let mut list = Vec::new();
    match manifest.experiment {
        Experiment::Recipe(_) => list.push(
            "that the recipe does what the paper did: it is the manifest's author's reading of the paper".to_owned(),
        ),
        Experiment::Program(_) => {
            list.push("that the program does what the paper says: its output was read, not its code".to_owned());
        }
    }
    if let Some(tier) = sandbox.filter(|tier| *tier != SandboxTier::Namespaces.name()) {
        list.push(format!(
            "that the program kept to its commit and data: sandbox tier `{tier}` leaves open what the machine's part of this report lists as limitations"
        ));
    }
    if !manifest.data.is_empty() {
        list.push(
            "where the data come from: their bytes are those that the manifest pins".to_owned(),
        );
    }
    list.push("claims of the paper that the manifest does not list".to_owned());
    let chosen = plan.claims.len();
    if chosen < manifest.claims.len() {
        list.push(format!(
            "{} of the manifest's claims, which were not chosen",
            manifest.claims.len() - chosen
        ));
    }
    let hardware = PinKind::Hardware.to_string();
    if !pins.iter().any(|pin| pin.kind == hardware) {
        list.push("the hardware: the manifest requires none".to_owned());
    }
    list
}

fn environment(found: &Findings<'_>) -> BTreeMap<String, String> {
    let here: &Environment = &found.checked.environment;
    let mut facts = BTreeMap::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(name.to_owned(), value);
        }
    };
    add("architecture", Some(here.architecture.clone()));
    add("os", here.os.clone());
    add("kernel", here.kernel.clone());
    add("cpu", here.cpu.model.clone());
    add("cpu_threads", Some(here.cpu.logical.to_string()));
    add(
        "cpu_cores",
        here.cpu.physical.map(|cores| cores.to_string()),
    );
    add(
        "cpu_arithmetic",
        serde_json::to_value(here.cpu.arithmetic)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned)),
    );
    add(
        "cpu.l1d",
        here.cpu.l1d.map(|cache| {
            let ways = cache
                .ways
                .map(|ways| format!(", {ways} ways"))
                .unwrap_or_default();
            format!("{}{ways}", cache.bytes)
        }),
    );
    add("memory", here.usable_memory().map(|size| size.to_string()));
    for gpu in &here.gpus {
        add(&format!("gpu_{}", gpu.index), Some(gpu.name.clone()));
        add(&format!("gpu_{}_driver", gpu.index), gpu.driver.clone());
    }
    if let Some(isolation) = &found.isolation {
        add(SANDBOX, Some(isolation.tier.name().to_owned()));
        for (number, limitation) in isolation.limitations.iter().enumerate() {
            add(
                &format!("sandbox_hole_{}", number + 1),
                Some(limitation.to_string()),
            );
        }
    }
    for (name, version) in &found.versions {
        add(&format!("software_{name}"), Some(version.clone()));
    }
    facts
}

fn run(record: &Record) -> RunReport {
    let (metrics, message, log_tail) = match &record.outcome {
        Outcome::Finished { metrics } => (metrics.clone(), None, Vec::new()),
        Outcome::Diverged { metrics, message } => {
            (metrics.clone(), Some(message.clone()), Vec::new())
        }
        Outcome::Failed {
            message, log_tail, ..
        } => (BTreeMap::new(), Some(message.clone()), log_tail.clone()),
    };
    RunReport {
        configuration: record.configuration.clone(),
        seed: record.seed,
        outcome: record.outcome.word().to_owned(),
        message,
        metrics,
        origins: record.origins.clone(),
        units: record.units.clone(),
        digest: record.digest.clone(),
        curve: record.curve.clone(),
        wall_seconds: record.usage.wall_seconds,
        cpu_seconds: record.usage.cpu_seconds,
        max_rss_bytes: record.usage.max_rss_bytes,
        log: None,
        files: record
            .files
            .iter()
            .map(|(name, digest)| {
                let sha256 = digest.to_string();
                (name.clone(), RunFile { sha256, path: None })
            })
            .collect(),
        log_tail,
        source: match record.source {
            RecordSource::Ran => RunSource::Ran,
            RecordSource::Stored => RunSource::Stored,
        },
    }
}

fn cost(found: &Findings<'_>, wall: Duration) -> Cost {
    let records = found.records.all();
    let made = || records.iter().filter(|r| r.source == RecordSource::Ran);
    // A sum of nothing is -0 in floating point.
    let cpu_seconds = made().filter_map(|r| r.usage.cpu_seconds).sum::<f64>() + 0.0;
    let gpu_seconds = match found.plan.device {
        Device::Cpu => 0.0,
        Device::Cuda(_) | Device::Metal => made().map(|r| r.usage.wall_seconds).sum::<f64>() + 0.0,
    };
    let energy = usage::energy(found.measured, cpu_seconds, gpu_seconds);
    let carbon = energy
        .as_ref()
        .map(|energy| usage::carbon(energy, &usage::Intensity::default()));
    Cost {
        wall_seconds: wall.as_secs_f64(),
        cpu_seconds,
        gpu_seconds,
        energy_wh: energy.as_ref().map(|energy| energy.watt_hours),
        energy_method: energy.as_ref().map(|energy| energy.method.clone()),
        carbon_g: carbon.as_ref().map(|carbon| carbon.grams),
        carbon_method: carbon.map(|carbon| carbon.method),
        max_rss_bytes: records.iter().filter_map(|r| r.usage.max_rss_bytes).max(),
        runs: made().count(),
        runs_planned: found.plan.configurations.len() * found.plan.seeds.len(),
    }
}
