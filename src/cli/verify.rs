//! Runs `reprove verify`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Accept, VerifyArgs};
use super::attempt;
use super::circumstances;
use super::evidence::EvidenceTarget;
use super::last_result;
use super::outputs::{ReportOutputs, is_accepted};
use super::progress::{ProgressDisplay, ProgressLine};
use super::screen::{last_lines, note, print_error, print_verify_error};
use super::status::{BACKENDS, Status, status_of};
use crate::hints;
use crate::verify::{UndecidableClaims, VacuousClaims, VerifyError, VerifyOptions, VerifyOutcome};
use reprove_exec::ledger::user_store;
use reprove_exec::{Artifacts, ResumePolicy, SandboxMode, check_store};
use reprove_model::manifest::Looks;
use reprove_model::plan::Choices;
use reprove_report::{FailureReport, Overall, Report, Strictness};

/// Verifies each manifest; the status is that of the worst.
pub fn run(args: &VerifyArgs) -> Status {
    let command = match VerifyCommand::new(args) {
        Ok(command) => command,
        Err((problem, hint)) => {
            print_error(&problem, hint.as_deref());
            return Status::BadInput;
        }
    };
    let (reports, status) = command.verify();
    status.worse(command.outputs.write(&reports))
}

/// The meaning of the arguments, made once before the first run.
struct VerifyCommand {
    manifests: Vec<PathBuf>,
    options: Arc<VerifyOptions>,
    outputs: ReportOutputs,
    evidence: Option<EvidenceTarget>,
    progress: ProgressDisplay,
    /// The status of a report whose claims are not all decided.
    inconclusive: Status,
    accept: Option<Accept>,
    /// Whether the text for a terminal, with the logs of failures, is not printed.
    prints_json: bool,
}

impl VerifyCommand {
    /// Converts the arguments, and tries the files and folders that will be written.
    ///
    /// # Errors
    /// The problem in one line, with a hint.
    fn new(args: &VerifyArgs) -> Result<Self, (String, Option<String>)> {
        circumstances::check()?;
        if let Some(store) = &args.store {
            check_store(store).map_err(|error| (error.to_string(), hints::of_ledger(&error)))?;
        }
        Ok(Self {
            manifests: args.manifests.clone(),
            outputs: ReportOutputs::new(args)?,
            evidence: EvidenceTarget::new(args)?,
            options: Arc::new(options(args).map_err(|problem| (problem, None))?),
            progress: match args.quiet {
                true => ProgressDisplay::Never,
                false => ProgressDisplay::OnTerminal,
            },
            inconclusive: match args.allow_inconclusive {
                true => Status::Reproduced,
                false => Status::Inconclusive,
            },
            accept: args.accept,
            prints_json: args.json,
        })
    }

    /// Verifies the manifests up to an interruption.
    fn verify(&self) -> (Vec<Report>, Status) {
        let mut reports = Vec::new();
        let mut worst = Status::Reproduced;
        for manifest in &self.manifests {
            let (report, status) = self.verify_one(manifest);
            reports.extend(report);
            worst = worst.worse(status);
            if worst == Status::Interrupted {
                break;
            }
        }
        (reports, worst)
    }

    fn verify_one(&self, manifest: &Path) -> (Option<Report>, Status) {
        let line = Arc::new(ProgressLine::new(self.progress));
        let outcome = attempt::verify(manifest, &self.options, &line);
        line.finish();
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(attempt::NoOutcome::Interrupted) => {
                let problem = format!("{}: interrupted before its first run", manifest.display());
                print_error(&problem, None);
                return (None, Status::Interrupted);
            }
            Err(attempt::NoOutcome::NoThread(error)) => {
                print_error(&format!("no thread can be started: {error}"), None);
                return (None, Status::CouldNotVerify);
            }
        };
        let kept = match line.has_lost_runs() {
            true => Status::BadInput,
            false => Status::Reproduced,
        };
        let (report, status) = self.end_of(manifest, outcome);
        (report, status.worse(kept))
    }

    /// Prints the problems of a verification, and writes its evidence.
    fn end_of(
        &self,
        manifest: &Path,
        outcome: Result<VerifyOutcome, VerifyError>,
    ) -> (Option<Report>, Status) {
        match outcome {
            Ok(VerifyOutcome::Report(report)) => {
                if let Some(failure) = &report.failure {
                    self.print_failure(failure, manifest);
                }
                self.keep(manifest, &report);
                let evidence = self.evidence.iter();
                let written = evidence.map(|target| target.write(manifest, &self.options, &report));
                let status = written.fold(self.status(&report), Status::worse);
                (Some(*report), status)
            }
            Ok(VerifyOutcome::Interrupted { finished, planned }) => {
                self.print_interruption(manifest, finished, planned);
                (None, Status::Interrupted)
            }
            Err(error) => {
                print_verify_error(&error);
                (None, status_of(error.class()))
            }
        }
    }

    /// Keeps the result for `reprove explain`. A result that cannot be kept is a note: what was found is printed.
    fn keep(&self, manifest: &Path, report: &Report) {
        if let Some((store, _)) = &self.options.store
            && let Err(error) = last_result::keep(store, manifest, report)
        {
            let store = store.display();
            note(&format!(
                "{store}: the result is not kept for `reprove explain`: {error}"
            ));
        }
    }

    /// Prints the cause why no run could be made, and with `--json` the last lines of its log, which
    /// the report for a terminal would show.
    fn print_failure(&self, failure: &FailureReport, manifest: &Path) {
        let problem = format!("{}: {}", manifest.display(), failure.message);
        print_error(&problem, failure.hint.as_deref());
        if self.prints_json {
            last_lines(&failure.log_tail);
        }
    }

    fn print_interruption(&self, manifest: &Path, finished: usize, planned: usize) {
        let file = manifest.display();
        let is_fresh = matches!(self.options.store, Some((_, ResumePolicy::Fresh)));
        let hint = match is_fresh {
            true => "finished runs are kept: the same command without --fresh goes on from there",
            false => "finished runs are kept: the same command goes on from there",
        };
        let problem = format!("{file}: interrupted after {finished} of at most {planned} runs");
        print_error(&problem, Some(hint));
    }

    fn status(&self, report: &Report) -> Status {
        match report.verdict {
            Overall::Reproduced => Status::Reproduced,
            Overall::NotReproduced => Status::NotReproduced,
            Overall::Inconclusive if is_accepted(self.accept, report) => Status::Reproduced,
            Overall::Inconclusive => self.inconclusive,
            Overall::CouldNotVerify => Status::CouldNotVerify,
        }
    }
}

/// Converts the arguments to the options of a verification.
fn options(args: &VerifyArgs) -> Result<VerifyOptions, String> {
    let resume = match args.fresh {
        true => ResumePolicy::Fresh,
        false => ResumePolicy::Resume,
    };
    let store = args.store.clone().or_else(user_store);
    Ok(VerifyOptions {
        commit: args.pins.commit.clone(),
        choices: Choices {
            claims: args.claims.clone(),
            max_runs: args.max_runs,
            device: args.device,
            looks: args.no_sequential.then_some(Looks::Fixed),
            data_dir: args.pins.data_dir.clone(),
            nonce: args.nonce.clone(),
            backends: BACKENDS,
        },
        pins: args.pins.options(),
        sandbox: match args.no_sandbox {
            true => SandboxMode::None,
            false => SandboxMode::Strongest,
        },
        strictness: match args.strict {
            true => Strictness::Strict,
            false => Strictness::Lenient,
        },
        vacuous: match args.even_if_vacuous {
            true => VacuousClaims::Decide,
            false => VacuousClaims::Refuse,
        },
        undecidable: match args.even_if_undecidable {
            true => UndecidableClaims::Run,
            false => UndecidableClaims::Refuse,
        },
        executor: args.executor()?,
        store: store.map(|folder| (folder, resume)),
        artifacts: match args.keep {
            true => Artifacts::Keep,
            false => Artifacts::Remove,
        },
    })
}
