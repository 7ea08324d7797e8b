//! From the results of the stages to the one [`Report`].

use std::collections::BTreeMap;
use std::time::Duration;

use reprove_decide::decision::overall;
use reprove_exec::{Isolation, usage};
use reprove_model::deviation::DeviationCode;
use reprove_model::manifest::{Device, Experiment, Manifest, Submodules};
use reprove_model::plan::Plan;
use reprove_model::record::{Outcome, Record, RecordSource, Records};
use reprove_model::seeds::SeedCall;
use reprove_pins::check::Checked;
use reprove_pins::environment::ObservedEnvironment;
use reprove_report::{
    ClaimReport, Cost, Counts, Deviation, FailureReport, LimitationReport, ManifestFacts,
    ProgramVersion, Report, RunFile, RunReport, RunSource, RunsCost, SCHEMA_VERSION, SeedsReport,
    Strictness, statements,
};

/// What the stages found, for [`report`].
pub struct VerifyFindings<'f> {
    /// The manifest.
    pub manifest: &'f Manifest,
    /// The plan.
    pub plan: &'f Plan,
    /// The pins, checked.
    pub checked: &'f Checked,
    /// Whether a deviation counts as a broken pin.
    pub strictness: Strictness,
    /// That the repository of the manifest has another commit checked out than the pinned one.
    pub newer_commit: Option<String>,
    /// Values that the experiment left to the tool's defaults.
    pub assumed: BTreeMap<String, String>,
    /// What preparing the experiment had to do otherwise than would have been best: code and text.
    pub deviations: Vec<(DeviationCode, String)>,
    /// Isolation of the program; none where no program was run.
    pub isolation: Option<Isolation>,
    /// What the program was built and run with, with its version.
    pub versions: BTreeMap<String, String>,
    /// Environment variables that reprove sets for each run.
    pub variables: BTreeMap<String, String>,
    /// Seeds that a program sets by itself, where its runs are all equal or the manifest calls it
    /// deterministic.
    pub seed_calls: Vec<SeedCall>,
    /// Why no run could be made although the pins hold.
    pub failure: Option<FailureReport>,
    /// The claims, decided; empty where a pin does not hold or no run could be made.
    pub claims: Vec<ClaimReport>,
    /// Ids of the claims whose refutation stands when corrected for their number; none where no
    /// claim was decided.
    pub refuted_after_correction: Option<Vec<String>>,
    /// The runs; empty where a pin does not hold or none could be made.
    pub records: Records,
    /// The energy that was measured while they were made.
    pub measured: usage::Measured,
}

impl<'f> VerifyFindings<'f> {
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
            newer_commit: None,
            assumed: BTreeMap::new(),
            deviations: Vec::new(),
            isolation: None,
            versions: BTreeMap::new(),
            variables: BTreeMap::new(),
            seed_calls: Vec::new(),
            failure: None,
            claims: Vec::new(),
            refuted_after_correction: None,
            records: Records::default(),
            measured: usage::Measured::default(),
        }
    }
}

/// The report of a verification.
pub fn report(found: VerifyFindings<'_>, wall: Duration) -> Report {
    let counts = Counts::of(found.claims.iter().map(|claim| claim.verdict));
    let deviations = deviations(&found);
    let pins = found.checked.pins.clone();
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
        paper: found
            .manifest
            .paper
            .as_ref()
            .map(statements::paper)
            .unwrap_or_default(),
        counts,
        not_checked: {
            let tier = found.isolation.as_ref().map(|found| found.tier.name());
            let mut list = statements::not_checked(found.manifest, found.plan, &pins, tier);
            list.extend(found.newer_commit.clone());
            list
        },
        pins,
        seeds: Some(SeedsReport::of(found.plan, &found.seed_calls)),
        strictness: found.strictness,
        limitations: limitations(&found),
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
        reprove: ProgramVersion {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("REPROVE_COMMIT").map(str::to_owned),
        },
        repeat: statements::repeat(&found.manifest.file.display().to_string()),
        deviations,
        failure: found.failure,
        claims: found.claims,
        refuted_after_correction: found.refuted_after_correction,
    }
}

/// Where the rerun differs from what the paper or the manifest states.
fn deviations(found: &VerifyFindings<'_>) -> Vec<Deviation> {
    let mut deviations = Vec::new();
    let mut add = |code, text| deviations.push(Deviation { code, text });
    for (key, value) in &found.assumed {
        add(DeviationCode::Assumed, statements::assumed(key, value));
    }
    for (code, text) in &found.deviations {
        add(*code, text.clone());
    }
    for (part, words) in &found.manifest.hardware.reported {
        add(
            DeviationCode::OtherHardware,
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
                    DeviationCode::SubmoduleLeftOut,
                    format!("the submodule `{}` was left out", submodule.path.display()),
                );
            }
        }
        // A program gets the content, or is not run.
        let is_recipe = matches!(found.manifest.experiment, Experiment::Recipe(_));
        for pointer in export.lfs_pointers.iter().filter(|_| is_recipe) {
            let path = pointer.path.display();
            add(
                DeviationCode::LfsPointer,
                format!("`{path}` is a Git LFS pointer; its content is not in the repository"),
            );
        }
    }
    for link in found
        .checked
        .export
        .iter()
        .flat_map(|export| &export.annex_links)
    {
        let path = link.display();
        add(
            DeviationCode::AnnexLink,
            format!("`{path}` is kept by git-annex; its content is not in the repository"),
        );
    }
    for (code, text) in of_seeds(found) {
        add(code, text);
    }
    if found.plan.device != found.manifest.hardware.device {
        let (stated, used) = (found.manifest.hardware.device, found.plan.device);
        add(
            DeviationCode::OtherDevice,
            format!("the manifest states device {stated}; the reruns used {used}"),
        );
    }
    deviations
}

/// The deviations that lie in the seeds.
fn of_seeds(found: &VerifyFindings<'_>) -> impl Iterator<Item = (DeviationCode, String)> {
    let (manifest, plan, calls) = (found.manifest, found.plan, &found.seed_calls);
    let all = [
        (
            DeviationCode::OtherSeeds,
            statements::other_seeds(manifest, plan),
        ),
        (
            DeviationCode::ChosenSeeds,
            statements::chosen_seeds(manifest),
        ),
        (DeviationCode::OwnSeeding, statements::own_seeding(manifest)),
        (
            DeviationCode::SeedInSource,
            statements::seed_in_source(calls),
        ),
    ];
    all.into_iter()
        .filter_map(|(code, text)| Some((code, text?)))
}

fn machine(found: &VerifyFindings<'_>) -> String {
    let here = &found.checked.environment;
    match found.plan.device {
        reprove_model::manifest::Device::Cuda(index) => {
            let gpu = here.gpus.iter().find(|gpu| gpu.index == index);
            gpu.map_or_else(|| "a GPU".to_owned(), |gpu| gpu.name.clone())
        }
        reprove_model::manifest::Device::Cpu | reprove_model::manifest::Device::Metal => here
            .cpu
            .model
            .clone()
            .unwrap_or_else(|| "a processor of unknown model".to_owned()),
    }
}

fn environment(found: &VerifyFindings<'_>) -> BTreeMap<String, String> {
    let here: &ObservedEnvironment = &found.checked.environment;
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
        add(statements::SANDBOX, Some(isolation.tier.name().to_owned()));
    }
    for (name, version) in &found.versions {
        add(&format!("software_{name}"), Some(version.clone()));
    }
    for (name, value) in &found.variables {
        add(&format!("variable_{name}"), Some(value.clone()));
    }
    facts
}

/// What the isolation of the program leaves open here.
fn limitations(found: &VerifyFindings<'_>) -> Vec<LimitationReport> {
    let isolation = found.isolation.iter();
    let limitations = isolation.flat_map(|isolation| &isolation.limitations);
    limitations
        .map(|limitation| LimitationReport {
            code: limitation.code().to_owned(),
            text: limitation.sentence().to_owned(),
        })
        .collect()
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
        outcome: record.outcome.code(),
        message,
        metrics,
        origins: record.origins.clone(),
        units: record.units.clone(),
        digest: record.digest.clone(),
        output: record.output,
        repeat: record.repeat,
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

fn cost(found: &VerifyFindings<'_>, wall: Duration) -> Cost {
    let records = found.records.all();
    let device = found.plan.device;
    let made = runs_cost(
        device,
        records.iter().filter(|r| r.source == RecordSource::Ran),
    );
    let energy = usage::energy(found.measured, made.cpu_seconds, made.gpu_seconds);
    let carbon = energy
        .as_ref()
        .map(|energy| usage::carbon(energy, &usage::Intensity::default()));
    Cost {
        wall_seconds: wall.as_secs_f64(),
        cpu_seconds: made.cpu_seconds,
        gpu_seconds: made.gpu_seconds,
        energy_wh: energy.as_ref().map(|energy| energy.watt_hours),
        energy_method: energy.as_ref().map(|energy| energy.method.clone()),
        carbon_g: carbon.as_ref().map(|carbon| carbon.grams),
        carbon_method: carbon.map(|carbon| carbon.method),
        max_rss_bytes: records.iter().filter_map(|r| r.usage.max_rss_bytes).max(),
        runs: made.runs,
        runs_planned: found.plan.configurations.len() * found.plan.seeds.len(),
        rests_on: Some(runs_cost(device, records)),
    }
}

/// The sums over these runs.
fn runs_cost<'r>(device: Device, records: impl IntoIterator<Item = &'r Record>) -> RunsCost {
    let mut cost = RunsCost::default();
    for record in records {
        cost.runs += 1;
        cost.wall_seconds += record.usage.wall_seconds;
        cost.cpu_seconds += record.usage.cpu_seconds.unwrap_or(0.0);
    }
    cost.gpu_seconds = match device {
        Device::Cpu => 0.0,
        Device::Cuda(_) | Device::Metal => cost.wall_seconds,
    };
    cost
}
