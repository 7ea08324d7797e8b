//! Runs the verification pipeline: manifest, pins, plan, runs, decision, report.

mod compose;
mod error;
mod options;

use std::path::Path;
use std::time::{Instant, SystemTime};

use crate::hints;
use reprove_decide::claims::{self, ClaimError};
use reprove_decide::decision::{AnalysisError, AnalysisPlan, Target};
use reprove_decide::power_analysis::{Decidability, analyze_power};
use reprove_exec::{
    self as runs, Artifacts, Capacity, DataGuard, Execution, ExecutionEnd, ExecutorRequest,
    KeyInputs, Prepared, RunContext, usage::Meter,
};
use reprove_model::event::{Event, Stage};
use reprove_model::manifest::{
    self, CommitId, Device, HEAD_ALONE, Manifest, ManifestError, ManifestProblem,
};
use reprove_model::plan::{self, Plan};
use reprove_model::record::Records;
use reprove_pins::check as pins;
use reprove_pins::environment::ObservedEnvironment;
use reprove_pins::source::PinnedCommit;
use reprove_report::Report;

use compose::VerifyFindings;

pub use error::VerifyError;
pub use options::{UndecidableClaims, VacuousClaims, VerifyOptions};

/// Result of a verification.
pub enum VerifyOutcome {
    /// The claims are decided, or the report says why they could not be.
    Report(Box<Report>),
    /// The user interrupted the runs.
    Interrupted {
        /// Runs that had finished.
        finished: usize,
        /// Runs that were planned at most.
        planned: usize,
    },
}

/// Verifies the claims of the manifest in `file`.
///
/// # Errors
/// Input that cannot be verified. A broken pin, an experiment that cannot be prepared here, a failed run
/// and a refuted claim are no errors: the report states them.
pub fn verify(
    file: &Path,
    options: &VerifyOptions,
    context: &RunContext<'_>,
) -> Result<VerifyOutcome, VerifyError> {
    let start = Instant::now();
    let manifest = read_manifest(file, options.commit.as_ref())?;
    let plan = plan::plan(&manifest, &options.choices).map_err(|error| VerifyError::Plan {
        file: file.to_owned(),
        error,
    })?;
    let analysis_plans = prespecify(&manifest, &plan)?;
    if options.vacuous == VacuousClaims::Refuse {
        refuse_vacuous(&manifest, &analysis_plans)?;
    }
    if options.undecidable == UndecidableClaims::Refuse {
        refuse_undecidable(&manifest, &analysis_plans)?;
    }

    (context.observer)(Event::Stage(Stage::Pins));
    let checked_since = SystemTime::now();
    let mut checked = pins::check(&manifest, plan.device, &options.pins);
    hints::complete(&mut checked);
    let planned = plan.configurations.len() * plan.seeds.len();
    let interrupted = |finished| VerifyOutcome::Interrupted { finished, planned };
    if context.is_interrupted() {
        return Ok(interrupted(0));
    }
    let mut found = VerifyFindings::new(&manifest, &plan, &checked, options.strictness);
    found.newer_commit = newer_commit(&manifest, &checked);
    if let Some(newer) = &found.newer_commit {
        (context.observer)(Event::Note(format!("not verified: {newer}")));
    }
    if let Some(commit) = checked.commit(&manifest).filter(|_| checked.all_hold()) {
        match rerun(
            &mut found,
            &commit,
            &analysis_plans,
            checked_since,
            options,
            context,
        ) {
            Ok(RerunOutcome::Decided) => {}
            Ok(RerunOutcome::Interrupted(finished)) => return Ok(interrupted(finished)),
            Err(error) => found.failure = Some(error.into_failure()?),
        }
    }
    Ok(VerifyOutcome::Report(Box::new(compose::report(
        found,
        start.elapsed(),
    ))))
}

/// Reads a manifest; `commit: HEAD` in it stands for the commit that is given, else for the one that the CI
/// run tests, as GitHub and GitLab name it.
///
/// # Errors
/// What is wrong with the manifest.
pub fn read_manifest(file: &Path, commit: Option<&CommitId>) -> Result<Manifest, ManifestError> {
    let found = manifest::read_at(file, commit);
    let Err(error) = &found else { return found };
    let needs_commit = |problem: &ManifestProblem| problem.problem == HEAD_ALONE;
    if !error.problems().iter().any(needs_commit) {
        return found;
    }
    let of_ci = ["GITHUB_SHA", "CI_COMMIT_SHA"].into_iter();
    match of_ci
        .filter_map(|name| std::env::var(name).ok()?.parse().ok())
        .next()
    {
        Some(commit) => manifest::read_at(file, Some(&commit)),
        None => found,
    }
}

/// The remark that the repository in which a manifest is kept has another commit checked out than the one
/// that the manifest pins.
pub fn newer_commit(manifest: &Manifest, checked: &pins::Checked) -> Option<String> {
    let (head, folder) = checked.source.as_ref()?.head()?;
    let folder = folder.canonicalize().ok()?;
    let is_within = manifest.file.canonicalize().ok()?.starts_with(folder);
    (is_within && head != manifest.code.commit).then(|| {
        format!(
            "the commit that is checked out in the repository of the manifest, {head}: the pinned commit {} was verified",
            manifest.code.commit
        )
    })
}

/// How the reruns ended.
enum RerunOutcome {
    /// All runs are made that the claims need, and the claims are decided.
    Decided,
    /// The user interrupted after so many runs.
    Interrupted(usize),
}

/// Prepares the experiment, runs it and decides the claims; adds the results to `found`.
fn rerun(
    found: &mut VerifyFindings<'_>,
    commit: &PinnedCommit<'_>,
    analysis_plans: &[AnalysisPlan],
    checked_since: SystemTime,
    options: &VerifyOptions,
    context: &RunContext<'_>,
) -> Result<RerunOutcome, VerifyError> {
    let tell = |stage| (context.observer)(Event::Stage(stage));
    let (manifest, plan, checked) = (found.manifest, found.plan, found.checked);
    let data = DataGuard::new(manifest, &checked.files, checked_since)?;
    let Some(mut prepared) = prepare(found, commit, options, context)? else {
        return Ok(RerunOutcome::Interrupted(0));
    };

    tell(Stage::Runs);
    let tree = checked.tree_id.as_deref().unwrap_or_default();
    let mut key = KeyInputs::of(manifest, plan, tree, prepared.procedure.clone());
    key.device = device_class(plan.device, &checked.environment);
    let store = options.open_store(plan, &key, context.observer)?;
    let folder = options.store.as_ref();
    let meter = options.executor.machines().meter(plan);
    let executor = options.executor.executor(ExecutorRequest {
        store: folder.map(|(folder, resume)| (folder.as_path(), *resume)),
        prepared: &prepared,
        key_inputs: key,
        capacity: Capacity::here(manifest, plan, &checked.environment),
        manifest,
        plan,
    });
    let mut executor = executor.map_err(|error| VerifyError::ExecutorConfig {
        file: manifest.file.clone(),
        error,
    })?;
    let mut wanted = |records: &Records| {
        claims::configurations(plan, &claims::undecided(plan, analysis_plans, records))
    };
    let mut execution = Execution {
        plan,
        workload: &*prepared.workload,
        executor: &mut *executor,
        store: &*store,
        data: &data,
        context: *context,
    };
    let (records, end) = runs::execute(&mut execution, &mut wanted);
    if claims::have_copies(plan, &records) {
        found.seed_calls = prepared.own_seeds();
    }
    keep_folder(&mut prepared, options, context);
    if end == ExecutionEnd::Interrupted {
        return Ok(RerunOutcome::Interrupted(records.all().len()));
    }
    found.measured = meter.map(Meter::stop).unwrap_or_default();
    found.deviations.extend(runs::unrepeatable(plan, &records));
    if let ExecutionEnd::DataChanged(changed) = end {
        found.records = records;
        return Err(changed.into());
    }

    tell(Stage::Decide);
    let decisions = claims::decide(plan, analysis_plans, &records, &found.seed_calls)
        .map_err(of_claim(&manifest.file))?;
    found.claims = reprove_report::claims::claims(plan, analysis_plans, &decisions.claims);
    found.refuted_after_correction = Some(decisions.refuted_after_correction);
    found.records = records;
    Ok(RerunOutcome::Decided)
}

/// Keeps the folder of the runs where the user asked for it.
fn keep_folder(prepared: &mut Prepared, options: &VerifyOptions, context: &RunContext<'_>) {
    if let (Artifacts::Keep, Some(folder)) = (options.artifacts, prepared.folder.take()) {
        let text = format!("kept as it was left: {}", folder.keep().display());
        (context.observer)(Event::Note(text));
    }
}

/// Makes the experiment ready and adds what is known of it; none when the user interrupted.
fn prepare(
    found: &mut VerifyFindings<'_>,
    commit: &PinnedCommit<'_>,
    options: &VerifyOptions,
    context: &RunContext<'_>,
) -> Result<Option<Prepared>, VerifyError> {
    let (manifest, plan, checked) = (found.manifest, found.plan, found.checked);
    (context.observer)(Event::Stage(Stage::Prepare));
    let prepare_context = options.prepare_context(*context);
    let prepared = match runs::prepare(manifest, plan, commit, &checked.files, &prepare_context) {
        Ok(prepared) => prepared,
        Err(_) if context.is_interrupted() => return Ok(None),
        Err(error) => {
            return Err(VerifyError::Prepare {
                file: manifest.file.clone(),
                error: Box::new(error),
            });
        }
    };
    found.assumed.clone_from(&prepared.assumed);
    found.deviations.clone_from(&prepared.deviations);
    found.isolation.clone_from(&prepared.isolation);
    found.versions.clone_from(&prepared.versions);
    found.variables.clone_from(&prepared.variables);
    Ok(Some(prepared))
}

/// The class of the device: its kind, and its model for a GPU that states it.
fn device_class(device: Device, here: &ObservedEnvironment) -> String {
    match device {
        Device::Cpu | Device::Metal => device.to_string(),
        Device::Cuda(index) => match here.gpus.iter().find(|gpu| gpu.index == index) {
            Some(gpu) => format!("cuda {}", gpu.name),
            None => "cuda".to_owned(),
        },
    }
}

/// What stands against claims before any rerun, a sentence each: values that are impossible, tolerances that
/// nothing can fail, noise that no number of runs can overcome.
///
/// # Errors
/// A claim that cannot be decided as it is stated.
pub fn remarks_on_claims(manifest: &Manifest, plan: &Plan) -> Result<Vec<String>, VerifyError> {
    let mut remarks = Vec::new();
    for (claim, analysis_plan) in plan.claims.iter().zip(prespecify(manifest, plan)?) {
        let flags = analysis_plan.flags_of_reported().map_err(|error| {
            let error = error.into();
            let claim = claim.id.clone();
            of_claim(&manifest.file)(ClaimError { claim, error })
        })?;
        let sentence = |flag| reprove_report::claims::warning(claim, flag);
        let of_claim = flags.iter().map(sentence);
        remarks.extend(of_claim.map(|text| format!("claim `{}`: {text}", claim.id)));
    }
    Ok(remarks)
}

/// Makes the analysis plan of every claim before any rerun.
///
/// # Errors
/// A claim that cannot be decided as it is stated.
pub fn prespecify(manifest: &Manifest, plan: &Plan) -> Result<Vec<AnalysisPlan>, VerifyError> {
    claims::prespecify(plan).map_err(of_claim(&manifest.file))
}

/// The error of a claim of the manifest in `file`.
fn of_claim(file: &Path) -> impl FnOnce(ClaimError) -> VerifyError {
    |ClaimError { claim, error }| VerifyError::AnalysisPlan {
        file: file.to_owned(),
        claim,
        error,
    }
}

/// Rejects claims that no number of runs can decide.
fn refuse_undecidable(
    manifest: &Manifest,
    analysis_plans: &[AnalysisPlan],
) -> Result<(), VerifyError> {
    for analysis_plan in analysis_plans {
        let error = |error: AnalysisError| VerifyError::AnalysisPlan {
            file: manifest.file.clone(),
            claim: analysis_plan.id.clone(),
            error,
        };
        let power = analyze_power(
            &analysis_plan.interpretations[0],
            &analysis_plan.margin,
            analysis_plan.alpha,
        )
        .map_err(|e| error(e.into()))?;
        let is_undecidable =
            analysis_plan.target == Target::Process && power.process == Some(Decidability::Never);
        if let (true, Some(smallest)) = (is_undecidable, power.smallest_process_tolerance) {
            let (file, claim) = (manifest.file.clone(), analysis_plan.id.clone());
            return Err(VerifyError::UndecidableClaims {
                file,
                claim,
                smallest,
            });
        }
    }
    Ok(())
}

/// Rejects claims whose tolerance nothing can fail, or a guess satisfies.
fn refuse_vacuous(manifest: &Manifest, analysis_plans: &[AnalysisPlan]) -> Result<(), VerifyError> {
    for plan in analysis_plans {
        if let Some(vacuity) = plan.vacuity() {
            return Err(VerifyError::VacuousClaims {
                file: manifest.file.clone(),
                claim: plan.id.clone(),
                vacuity,
            });
        }
    }
    Ok(())
}
