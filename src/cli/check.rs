//! `reprove check`: reads and checks the manifest and every pin; runs nothing.

use std::path::Path;

use serde::Serialize;

use super::args::CheckArgs;
use super::check_problems::{self, KeyLocations};
use super::circumstances;
use super::screen::{escape, note, print, print_error, print_verify_error};
use super::status::{BACKENDS, Status, status_of};
use crate::hints;
use crate::verify;
use reprove_exec as runs;
use reprove_exec::build::BuildNetwork;
use reprove_model::diagnostics::Hint;
use reprove_model::manifest::{Experiment, Manifest, ManifestProblem};
use reprove_model::plan::{self, Choices, Plan};
use reprove_pins::check::{self, Checked};
use reprove_pins::fetch::NetworkPolicy;
use reprove_pins::{Pin, PinKind, PinStatus, sources_read_again};
use reprove_sandbox::{Launcher, TierRequest};

/// Checks each manifest; the status is that of the worst.
pub fn run(options: &CheckArgs) -> Status {
    if let Err((problem, hint)) = circumstances::check_limits() {
        print_error(&problem, hint.as_deref());
        return Status::BadInput;
    }
    let mut worst = Status::Reproduced;
    let mut found = Vec::new();
    for file in &options.manifests {
        let status = match verify::read_manifest(file, options.pins.commit.as_ref()) {
            Ok(manifest) => pins_of(&manifest, options, &mut found),
            Err(error) => {
                let problems = check_problems::of_faulty_manifest(file, &error, options);
                for problem in &problems {
                    print_error(problem, problem.hint.as_deref());
                }
                found.push(CheckOutput::of_problems(file, &problems));
                Status::BadInput
            }
        };
        worst = worst.worse(status);
    }
    if options.json {
        match serde_json::to_string_pretty(&found) {
            Ok(text) => print(&(text + "\n")),
            Err(error) => print_error(&error, None),
        }
    }
    worst
}

/// The pins of one manifest, as JSON shows them.
#[derive(Serialize)]
struct CheckOutput {
    manifest: String,
    /// What is wrong with the manifest, in the order of the file; the pins are not listed then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemOutput>,
    pins: Vec<Pin>,
    /// What the commit names without having it, what a build leaves open, and what stands against the claims
    /// as they are stated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// A problem of a manifest, as JSON shows it.
#[derive(Serialize)]
struct ProblemOutput {
    /// Line, from 1.
    line: Option<usize>,
    /// Column in characters, from 1.
    column: Option<usize>,
    /// The key concerned; empty for the whole file.
    key: String,
    problem: String,
    hint: Option<String>,
}

impl CheckOutput {
    fn of_problems(file: &Path, problems: &[ManifestProblem]) -> Self {
        let problems = problems.iter().map(|problem| ProblemOutput {
            line: problem.location.map(|location| location.line),
            column: problem.location.map(|location| location.column),
            key: problem.path.clone(),
            problem: problem.problem.clone(),
            hint: problem.hint.clone(),
        });
        Self {
            manifest: file.display().to_string(),
            problems: problems.collect(),
            pins: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// Notes at most that are shown in text.
const NOTES_SHOWN: usize = 10;

fn pins_of(manifest: &Manifest, options: &CheckArgs, found: &mut Vec<CheckOutput>) -> Status {
    let choices = Choices {
        data_dir: options.pins.data_dir.clone(),
        backends: BACKENDS,
        ..Choices::default()
    };
    let plan = match plan::plan(manifest, &choices) {
        Ok(plan) => plan,
        Err(error) => {
            print_error(
                &format!(
                    "{}: {}",
                    manifest.file.display(),
                    hints::message_of_plan(&error)
                ),
                hints::of_plan(&error).as_deref(),
            );
            return Status::BadInput;
        }
    };
    let remarks = match verify::remarks_on_claims(manifest, &plan) {
        Ok(remarks) => remarks,
        Err(error) => {
            print_verify_error(&error);
            return status_of(error.class());
        }
    };
    let mut checked = check::check(manifest, plan.device, &options.pins.options());
    hints::complete(&mut checked);
    let mut notes = checked.absent_content(manifest);
    let newer = verify::newer_commit(manifest, &checked);
    notes.extend(newer.map(|newer| format!("not checked: {newer}")));
    notes.extend(open_network(manifest));
    notes.extend(remarks);
    let (sources, problems) = sources(manifest, &mut notes);
    let prefix = format!("{}: ", manifest.file.display());
    let mut printed: Vec<String> = notes.iter().map(|text| prefix.clone() + text).collect();
    let keys = KeyLocations::read(&manifest.file);
    let commit = checked.commit(manifest);
    let remarks = check_problems::remarks(manifest, &checked, commit.as_ref(), &keys);
    printed.extend(remarks.iter().cloned());
    notes.extend(remarks);
    drop(commit);
    if !options.json {
        print(&table(manifest, &checked.pins, &keys));
    }
    print_notes(manifest, &printed);
    let pins = if checked.all_hold() {
        let reach = options.pins.options().reach;
        experiment(manifest, &plan, &checked, reach, &keys, &mut notes)
    } else {
        entry_point(manifest, &checked, &keys);
        Status::CouldNotVerify
    };
    notes.extend(problems);
    found.push(CheckOutput {
        manifest: manifest.file.display().to_string(),
        problems: Vec::new(),
        pins: checked.pins,
        notes,
    });
    pins.worse(sources)
}

/// Prints the first notes, and how many more there are.
fn print_notes(manifest: &Manifest, notes: &[String]) {
    for text in notes.iter().take(NOTES_SHOWN) {
        note(text);
    }
    if notes.len() > NOTES_SHOWN {
        let more = notes.len() - NOTES_SHOWN;
        let file = manifest.file.display();
        note(&format!("{file}: and {more} more of these"));
    }
}

/// Reads the sources of the claims again: what a file does not have is an error, the rest is noted.
fn sources(manifest: &Manifest, notes: &mut Vec<String>) -> (Status, Vec<String>) {
    let mut problems = Vec::new();
    for found in sources_read_again(manifest) {
        if found.is_problem {
            print_error(
                &format!("{}: {}", manifest.file.display(), found.text),
                found.hint.as_deref(),
            );
            problems.push(found.text);
        } else {
            notes.push(found.text);
        }
    }
    let status = match problems.is_empty() {
        true => Status::Reproduced,
        false => Status::BadInput,
    };
    (status, problems)
}

/// What a build with the network leaves open.
fn open_network(manifest: &Manifest) -> Option<String> {
    let program = match &manifest.experiment {
        Experiment::Program(program) => program,
        Experiment::Recipe(_) => return None,
    };
    if !program.is_built_with_network() {
        return None;
    }
    let chosen = match Launcher::current() {
        Ok(launcher) => BuildNetwork::choose(&launcher, TierRequest::Strongest),
        Err(error) => BuildNetwork::Machine {
            reason: error.to_string(),
        },
    };
    let sentence = chosen.limitation().sentence();
    Some(match chosen {
        BuildNetwork::Public(_) => sentence.to_owned(),
        BuildNetwork::Machine { reason } => format!("{sentence} ({reason})"),
    })
}

/// Reads the experiment in the commit, so that a recipe with a fault, or a program that cannot be
/// built here, is found before any run; adds what is to be said of it.
fn experiment(
    manifest: &Manifest,
    plan: &Plan,
    checked: &Checked,
    reach: NetworkPolicy,
    keys: &KeyLocations,
    notes: &mut Vec<String>,
) -> Status {
    let Some(commit) = checked.commit(manifest) else {
        return Status::CouldNotVerify;
    };
    match runs::read_experiment(manifest, plan, &commit, &checked.files, reach) {
        Ok(found) => {
            for text in &found {
                note(&format!("{}: {text}", manifest.file.display()));
            }
            notes.extend(found);
            Status::Reproduced
        }
        Err(error) => {
            let text = error.to_string();
            let place = keys.place_of_message(&text, &manifest.experiment);
            let hint = hints::of_prepare(&error);
            print_error(&format!("{place}: {text}"), hint.as_deref());
            status_of(error.class())
        }
    }
}

/// Says what of the command cannot start although pins do not hold.
fn entry_point(manifest: &Manifest, checked: &Checked, keys: &KeyLocations) {
    let is_of_code = |pin: &&Pin| matches!(pin.kind, PinKind::Commit | PinKind::Tree);
    if checked.pins.iter().filter(is_of_code).all(Pin::is_held)
        && let (Some(commit), Experiment::Program(program)) =
            (checked.commit(manifest), &manifest.experiment)
        && let Err(error) = runs::check_entry_point(&manifest.code, &commit, program)
    {
        let place = keys.place(&error.path());
        print_error(&format!("{place}: {error}"), error.hint().as_deref());
    }
}

fn table(manifest: &Manifest, pins: &[Pin], keys: &KeyLocations) -> String {
    let held = pins.iter().filter(|pin| pin.is_held()).count();
    let file = escape(&manifest.file.display().to_string());
    let mut text = format!("{file}: {held} of {} pins hold\n", pins.len());
    for pin in pins {
        let mark = if pin.is_held() { "ok  " } else { "FAIL" };
        text += &format!("  {mark} {:<8} {}", pin.kind.to_string(), escape(&pin.name));
        if pin.status == PinStatus::Holds {
            text += &format!(": {}\n", escape(&pin.expected));
        } else {
            let found = pin.found.as_deref().unwrap_or("nothing");
            let place = escape(&keys.place(&check_problems::key_of(pin)));
            text += &format!(
                " ({place})\n       expected {}\n       found    {}\n",
                escape(&pin.expected),
                escape(found)
            );
            if let Some(hint) = &pin.hint {
                text += &format!("       hint: {}\n", escape(hint));
            }
        }
    }
    text
}
