//! `reprove verify`: the whole walk, and its report where the user wants it.

use reprove_model::diagnostics::Hint;
use std::path::Path;

use super::args::{ExecutorKind, VerifyArgs};
use super::evidence::Evidence;
use super::progress::{ProgressLine, Shown};
use super::screen::{last_lines, print, print_error};
use super::{Status, interrupt, screen, status_of};
use crate::verify::{self, Options, UndecidableClaims, Verified};
use reprove_evidence::Verification;
use reprove_exec::ledger::user_store;
use reprove_exec::output::KeptFiles;
use reprove_exec::{Artifacts, ExecutorConfig, Jobs, ResumePolicy, SandboxMode};
use reprove_model::event::Observer;
use reprove_model::manifest::Looks;
use reprove_model::plan::Choices;
use reprove_report as report;
use reprove_report::{
    self, Failure, Format, Overall, RenderError, RenderOptions, Report, Strictness, Undecided,
};

/// Verifies each manifest; the status is that of the worst.
pub fn run(args: &VerifyArgs) -> Status {
    let files = match files(args) {
        Ok(files) => files,
        Err(error) => {
            print_error(&error, error.hint().as_deref());
            return Status::BadInput;
        }
    };
    let evidence = match Evidence::wanted(args) {
        Ok(evidence) => evidence,
        Err(status) => return status,
    };
    let place = match place(args) {
        Ok(place) => place,
        Err(error) => {
            print_error(&error, None);
            return Status::BadInput;
        }
    };
    let mut worst = Status::Reproduced;
    let mut reports = Vec::new();
    for manifest in &args.manifests {
        worst = worst.worse(one(manifest, args, &place, evidence.as_ref(), &mut reports));
        if worst == Status::Interrupted {
            break;
        }
    }
    worst.worse(shown(&reports, &files, args))
}

/// Where the runs are made, as the user wants it.
fn place(args: &VerifyArgs) -> Result<ExecutorConfig, String> {
    let jobs = args.jobs.map_or(Jobs::Automatic, Jobs::Count);
    match args.executor {
        ExecutorKind::Local => Ok(ExecutorConfig::Local(jobs)),
        ExecutorKind::Slurm => args.slurm.options().map(ExecutorConfig::Slurm),
    }
}

fn one(
    manifest: &Path,
    args: &VerifyArgs,
    place: &ExecutorConfig,
    evidence: Option<&Evidence>,
    reports: &mut Vec<Report>,
) -> Status {
    let line = ProgressLine::new(if args.quiet {
        Shown::Never
    } else {
        Shown::OnTerminal
    });
    let observer = |event| line.take(event);
    let options = options(args, place, &observer);
    let verified = verify::verify(manifest, &options);
    line.finish();
    match verified {
        Ok(Verified::Reported(report)) => {
            if let Some(failure) = &report.failure {
                print_failure(failure, manifest, args);
            }
            let files = options
                .store
                .as_ref()
                .map(|(folder, _)| KeptFiles::of_store(folder));
            let read = files.as_ref().map(|files| |digest| files.read(digest));
            let kept = evidence.map_or(Status::Reproduced, |evidence| {
                evidence.write(&Verification {
                    file: manifest,
                    choices: &options.choices,
                    strictness: options.strictness,
                    kept: read.as_ref().map(|read| read as _),
                    report: &report,
                })
            });
            let status = status(&report, args).worse(kept);
            reports.push(*report);
            status
        }
        Ok(Verified::Interrupted { finished, planned }) => {
            let file = manifest.display();
            print_error(
                &format!("{file}: interrupted after {finished} of at most {planned} runs"),
                Some(if args.fresh {
                    "what had finished is kept: the same command without --fresh goes on from there"
                } else {
                    "what had finished is kept: the same command goes on from there"
                }),
            );
            Status::Interrupted
        }
        Err(error) => {
            print_error(&error, error.hint().as_deref());
            status_of(error.blame())
        }
    }
}

/// Says why no run could be made. Whoever gets JSON instead of the report for a terminal sees the
/// last lines of the log here.
fn print_failure(failure: &Failure, manifest: &Path, args: &VerifyArgs) {
    let problem = format!("{}: {}", manifest.display(), failure.message);
    print_error(&problem, failure.hint.as_deref());
    if args.json {
        last_lines(&failure.log_tail);
    }
}

/// What was typed, as the walk has it.
fn options<'o>(args: &VerifyArgs, place: &ExecutorConfig, observer: Observer<'o>) -> Options<'o> {
    Options {
        choices: Choices {
            claims: args.claims.clone(),
            max_runs: args.max_runs,
            device: args.device,
            looks: args.no_sequential.then_some(Looks::Fixed),
            data_dir: args.pins.data_dir.clone(),
            nonce: args.nonce.clone(),
            backends: super::BACKENDS,
        },
        walls: if args.no_sandbox {
            SandboxMode::None
        } else {
            SandboxMode::Strongest
        },
        pins: args.pins.options(),
        strictness: if args.strict {
            Strictness::Strict
        } else {
            Strictness::Lenient
        },
        hopeless: if args.even_if_undecidable {
            UndecidableClaims::Run
        } else {
            UndecidableClaims::Refuse
        },
        place: place.clone(),
        store: args.store.clone().or_else(user_store).map(|folder| {
            (
                folder,
                if args.fresh {
                    ResumePolicy::Fresh
                } else {
                    ResumePolicy::Resume
                },
            )
        }),
        leftovers: if args.keep {
            Artifacts::Keep
        } else {
            Artifacts::Remove
        },
        observer,
        interrupted: interrupt::listen(),
    }
}

fn status(report: &Report, args: &VerifyArgs) -> Status {
    match report.verdict {
        Overall::Reproduced => Status::Reproduced,
        Overall::NotReproduced => Status::NotReproduced,
        Overall::Inconclusive if args.allow_inconclusive => Status::Reproduced,
        Overall::Inconclusive => Status::Inconclusive,
        Overall::CouldNotVerify => Status::CouldNotVerify,
    }
}

/// The files that the report is written to, with their formats: known before any run is made.
fn files(args: &VerifyArgs) -> Result<Vec<(&Path, Format)>, RenderError> {
    let stated = args.format.as_deref().map(Format::parse).transpose()?;
    let format = |file| stated.map_or_else(|| Format::from_extension(file), Ok);
    args.report
        .iter()
        .map(|file| Ok((file.as_path(), format(file)?)))
        .collect()
}

/// Prints the reports and writes them to the files that were asked for.
fn shown(reports: &[Report], files: &[(&Path, Format)], args: &VerifyArgs) -> Status {
    if reports.is_empty() {
        return Status::Reproduced;
    }
    let mut page = screen::page();
    if args.allow_inconclusive {
        page.undecided = Undecided::Skipped;
    }
    let mut status = Status::Reproduced;
    let mut fail = |error: &dyn std::fmt::Display| {
        print_error(error, None);
        status = Status::BadInput;
    };
    if args.json {
        match json(reports, args) {
            Ok(text) => print(&text),
            Err(error) => fail(&error),
        }
    } else {
        for report in reports {
            match report::render(report, Format::Text, &page) {
                Ok(text) => print(&text),
                Err(error) => fail(&error),
            }
        }
    }
    let plain = RenderOptions {
        undecided: page.undecided,
        ..RenderOptions::default()
    };
    for (file, format) in files {
        // Several manifests in one file: one after the other, but for JSON.
        let written: Result<String, String> = match format {
            Format::Json => json(reports, args).map_err(|error| error.to_string()),
            _ => reports
                .iter()
                .map(|report| report::render(report, *format, &plain).map_err(|e| e.to_string()))
                .collect(),
        };
        if let Err(error) =
            written.and_then(|text| std::fs::write(file, text).map_err(|e| e.to_string()))
        {
            fail(&format!("{}: {error}", file.display()));
        }
    }
    status
}

/// One report as it is; of several manifests a list, even where only one of them has a report.
fn json(reports: &[Report], args: &VerifyArgs) -> Result<String, serde_json::Error> {
    match reports {
        [one] if args.manifests.len() == 1 => one.to_json(),
        many => report::list_json(many),
    }
}
