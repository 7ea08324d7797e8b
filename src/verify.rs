//! The spine: one function, one line a stage.

mod compose;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use reprove_decide::claims::{self, ClaimError};
use reprove_decide::decision::{AnalysisError, AnalysisPlan, Target};
use reprove_decide::power_analysis::{Decidability, analyze_power};
use reprove_exec::{
    self as runs, Artifacts, Capacity, End, ErrorClass, ExecutorConfig, ExecutorError, KeyInputs,
    LedgerError, LedgerStore, NullStore, PrepareContext, PrepareError, ResumePolicy, RunContext,
    SandboxMode, Store, usage::Meter,
};
use reprove_model::diagnostics::Hint;
use reprove_model::event::{Event, Observer, Stage};
use reprove_model::manifest::{self, Device, Manifest, ManifestError};
use reprove_model::plan::{self, Choices, Plan, PlanError};
use reprove_model::record::Records;
use reprove_pins::check as pins;
use reprove_pins::environment::Environment;
use reprove_pins::source::PinnedCommit;
use reprove_report::{Failure, Report, Strictness, number};

use compose::Findings;

/// What the caller of [`verify`] chooses.
pub struct Options<'o> {
    /// What is changed of the manifest's plan.
    pub choices: Choices,
    /// How pins are checked.
    pub pins: pins::Options,
    /// Whether programs are shut in.
    pub walls: SandboxMode,
    /// Whether a deviation counts as a broken pin.
    pub strictness: Strictness,
    /// Whether runs are made for a claim that they can never decide.
    pub hopeless: UndecidableClaims,
    /// Where runs are made.
    pub place: ExecutorConfig,
    /// The folder that keeps runs, and whether those of earlier verifications are used; nothing is
    /// kept without one.
    pub store: Option<(PathBuf, ResumePolicy)>,
    /// Whether the checkout and the runs' folders stay.
    pub leftovers: Artifacts,
    /// Who is told what happens.
    pub observer: Observer<'o>,
    /// Becomes true when the user interrupts.
    pub interrupted: &'o AtomicBool,
}

impl<'o> Options<'o> {
    /// Who is told, and who interrupts.
    fn watch(&self) -> RunContext<'o> {
        RunContext {
            observer: self.observer,
            interrupted: self.interrupted,
        }
    }

    /// What preparing the experiment may use.
    fn site<'s>(&'s self, watch: RunContext<'s>) -> PrepareContext<'s> {
        let store = self.store.as_ref().map(|(folder, _)| folder.as_path());
        PrepareContext {
            reach: self.pins.reach,
            walls: self.walls,
            shared: self.place.shared(store),
            watch,
            store,
            leftovers: self.leftovers,
        }
    }

    fn open_store<'s>(
        &self,
        plan: &'s Plan,
        determinants: &KeyInputs,
    ) -> Result<Box<dyn Store + 's>, LedgerError>
    where
        'o: 's,
    {
        let Some((folder, reuse)) = &self.store else {
            return Ok(Box::new(NullStore));
        };
        let kept = LedgerStore::open(folder, *reuse, plan, determinants, self.observer)?;
        Ok(Box::new(kept))
    }
}

/// What is done with a claim that no number of runs can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndecidableClaims {
    /// It is refused before any compute is spent (the default).
    Refuse,
    /// It is run all the same.
    Run,
}

/// What came of a verification.
pub enum Verified {
    /// A report, complete.
    Reported(Box<Report>),
    /// The user interrupted after so many of at most so many runs.
    Interrupted {
        /// Runs that had finished.
        finished: usize,
        /// Runs that were planned at most.
        planned: usize,
    },
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The choices or the manifest ask for what cannot be planned.
    #[error("{}: {error}", file.display())]
    Plan {
        /// The manifest.
        file: PathBuf,
        /// Why not.
        error: PlanError,
    },
    /// A claim cannot be decided as it is stated.
    #[error("{}: claim `{claim}`: {error}", file.display())]
    AnalysisPlan {
        /// The manifest.
        file: PathBuf,
        /// The claim's id.
        claim: String,
        /// Why not.
        error: AnalysisError,
    },
    /// No number of runs can show that a claim reproduces.
    #[error(
        "{}: claim `{claim}`: no number of runs can decide it: with the reported noise, agreement with the original \
         process can be shown for tolerances above {} only", file.display(), number::plain(*smallest)
    )]
    UndecidableClaims {
        /// The manifest.
        file: PathBuf,
        /// The claim's id.
        claim: String,
        /// The tolerance above which it can be decided.
        smallest: f64,
    },
    /// The store of runs cannot be opened.
    #[error(transparent)]
    Store(#[from] LedgerError),
    /// Runs cannot be made where the user wants them.
    #[error("{}: {error}", file.display())]
    ExecutorConfig {
        /// The manifest.
        file: PathBuf,
        /// Why not.
        error: ExecutorError,
    },
    /// The experiment cannot be made ready.
    #[error("{}: {error}", file.display())]
    Prepare {
        /// The manifest.
        file: PathBuf,
        /// Why not.
        error: Box<PrepareError>,
    },
}

impl Hint for VerifyError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Manifest(error) => error.hint(),
            Self::Plan { error, .. } => error.hint(),
            Self::AnalysisPlan { error, .. } => error.hint(),
            Self::UndecidableClaims { .. } => Some(
                "widen the tolerance, decide on the basis `printed`, or run it all the same with \
                 --even-if-undecidable"
                    .to_owned(),
            ),
            Self::Store(error) => error.hint(),
            Self::ExecutorConfig { error, .. } => error.hint(),
            Self::Prepare { error, .. } => error.hint(),
        }
    }
}

impl VerifyError {
    /// What is reported of an error that lies in the circumstances.
    ///
    /// # Errors
    /// One that lies in the input, which is no matter of a report.
    fn reported(self) -> Result<Failure, Self> {
        if self.blame() == ErrorClass::Input {
            return Err(self);
        }
        let hint = self.hint();
        // The report names the manifest elsewhere.
        let (kind, message, log_tail) = match &self {
            Self::Prepare { error, .. } => (error.kind(), error.to_string(), error.log_tail()),
            Self::ExecutorConfig { error, .. } => ("place_unusable", error.to_string(), &[][..]),
            error => ("store_unusable", error.to_string(), &[][..]),
        };
        Ok(Failure {
            kind: kind.to_owned(),
            message,
            hint,
            log_tail: log_tail.to_vec(),
        })
    }

    /// Whether the input is wrong or the circumstances are.
    pub fn blame(&self) -> ErrorClass {
        match self {
            Self::Manifest(_)
            | Self::Plan { .. }
            | Self::AnalysisPlan { .. }
            | Self::UndecidableClaims { .. } => ErrorClass::Input,
            Self::Store(_) | Self::ExecutorConfig { .. } => ErrorClass::Environment,
            Self::Prepare { error, .. } => error.blame(),
        }
    }
}

/// Verifies the claims of the manifest in `file`.
///
/// # Errors
/// What stops the tool from answering. A broken pin, an experiment that cannot be made ready here, a
/// failed run and a refuted claim are answers: they stand in the report.
pub fn verify(file: &Path, options: &Options<'_>) -> Result<Verified, VerifyError> {
    let start = Instant::now();
    let manifest = manifest::read(file)?;
    let plan = plan::plan(&manifest, &options.choices).map_err(|error| VerifyError::Plan {
        file: file.to_owned(),
        error,
    })?;
    let analysis_plans = prespecify(&manifest, &plan)?;
    if options.hopeless == UndecidableClaims::Refuse {
        refuse_hopeless(&manifest, &analysis_plans)?;
    }

    (options.observer)(Event::Stage(Stage::Pins));
    let checked = pins::check(&manifest, plan.device, &options.pins);
    let planned = plan.configurations.len() * plan.seeds.len();
    let interrupted = |finished| Verified::Interrupted { finished, planned };
    if options.watch().is_interrupted() {
        return Ok(interrupted(0));
    }
    let mut found = Findings::new(&manifest, &plan, &checked, options.strictness);
    if let Some(commit) = checked.commit(&manifest).filter(|_| checked.all_hold()) {
        match rerun(&mut found, &commit, &analysis_plans, options) {
            Ok(RerunOutcome::Decided) => {}
            Ok(RerunOutcome::Interrupted(finished)) => return Ok(interrupted(finished)),
            Err(error) => found.failure = Some(error.reported()?),
        }
    }
    Ok(Verified::Reported(Box::new(compose::report(
        found,
        start.elapsed(),
    ))))
}

/// How the reruns ended.
enum RerunOutcome {
    /// Every claim is decided, as far as they decide it.
    Decided,
    /// The user interrupted after so many of them.
    Interrupted(usize),
}

/// Makes the experiment ready, runs it, and decides the claims: what is found is added.
fn rerun(
    found: &mut Findings<'_>,
    commit: &PinnedCommit<'_>,
    analysis_plans: &[AnalysisPlan],
    options: &Options<'_>,
) -> Result<RerunOutcome, VerifyError> {
    let tell = |stage| (options.observer)(Event::Stage(stage));
    let (manifest, plan, checked) = (found.manifest, found.plan, found.checked);
    let file = &manifest.file;
    let watch = options.watch();

    tell(Stage::Prepare);
    let site = options.site(watch);
    let mut prepared = match runs::prepare(manifest, plan, commit, &checked.files, &site) {
        Ok(prepared) => prepared,
        Err(_) if watch.is_interrupted() => return Ok(RerunOutcome::Interrupted(0)),
        Err(error) => {
            return Err(VerifyError::Prepare {
                file: file.clone(),
                error: Box::new(error),
            });
        }
    };
    found.assumed.clone_from(&prepared.assumed);
    found.deviations.clone_from(&prepared.deviations);
    found.isolation.clone_from(&prepared.isolation);
    found.versions.clone_from(&prepared.versions);

    tell(Stage::Runs);
    let tree = checked.tree_id.as_deref().unwrap_or_default();
    let mut determinants = KeyInputs::of(manifest, plan, tree, prepared.procedure.clone());
    determinants.device = device_class(plan.device, &checked.environment);
    let mut store = options.open_store(plan, &determinants)?;
    let folder = options.store.as_ref();
    let folder = folder.map(|(folder, reuse)| (folder.as_path(), *reuse));
    let room = Capacity::here(manifest, plan, &checked.environment);
    let place = &options.place;
    let executor = place.executor(folder, &prepared, determinants, room, (manifest, plan));
    let mut executor = executor.map_err(|error| VerifyError::ExecutorConfig {
        file: file.clone(),
        error,
    })?;
    let mut wanted = |records: &Records| {
        claims::configurations(plan, &claims::undecided(plan, analysis_plans, records))
    };
    let meter = place.meter(plan);
    let (records, end) = runs::execute(
        plan,
        &*prepared.workload,
        &mut *executor,
        &mut *store,
        &watch,
        &mut wanted,
    );
    if let (Artifacts::Keep, Some(folder)) = (options.leftovers, prepared.folder.take()) {
        let text = format!("kept as it was left: {}", folder.keep().display());
        (options.observer)(Event::Note(text));
    }
    if end == End::Interrupted {
        return Ok(RerunOutcome::Interrupted(records.all().len()));
    }
    found.measured = meter.map(Meter::stop).unwrap_or_default();

    tell(Stage::Decide);
    let decisions = claims::decide(plan, analysis_plans, &records).map_err(of_claim(file))?;
    found.claims = reprove_report::claims::claims(plan, analysis_plans, &decisions.claims);
    found.refuted_after_correction = Some(decisions.refuted_after_correction);
    found.records = records;
    Ok(RerunOutcome::Decided)
}

/// The class of device that computes: its kind, and the model where it is a GPU that says it.
fn device_class(device: Device, here: &Environment) -> String {
    match device {
        Device::Cpu | Device::Metal => device.to_string(),
        Device::Cuda(index) => match here.gpus.iter().find(|gpu| gpu.index == index) {
            Some(gpu) => format!("cuda {}", gpu.name),
            None => "cuda".to_owned(),
        },
    }
}

/// Fixes every claim before any rerun.
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

/// Compute is not spent on what it cannot decide, unless the user says so.
fn refuse_hopeless(
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
        let is_hopeless =
            analysis_plan.target == Target::Process && power.process == Some(Decidability::Never);
        if let (true, Some(smallest)) = (is_hopeless, power.smallest_process_tolerance) {
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
