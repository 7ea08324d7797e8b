//! `reprove check`: reads and checks the manifest and every pin; runs nothing.

use serde::Serialize;

use super::args::CheckArgs;
use super::circumstances;
use super::screen::{escape, note, print, print_error, print_manifest_error, print_verify_error};
use super::status::{BACKENDS, Status, status_of};
use crate::hints;
use crate::verify;
use reprove_exec as runs;
use reprove_exec::build::BuildNetwork;
use reprove_model::manifest::{Experiment, Manifest};
use reprove_model::plan::{self, Choices, Plan};
use reprove_pins::check::{self, Checked};
use reprove_pins::fetch::NetworkPolicy;
use reprove_pins::{Pin, PinStatus, sources_read_again};
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
                print_manifest_error(&error);
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
    pins: Vec<Pin>,
    /// What the commit names without having it, what a build leaves open, and what stands against the claims
    /// as they are stated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
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
    if !options.json {
        print(&table(manifest, &checked.pins));
    }
    for text in notes.iter().take(NOTES_SHOWN) {
        note(&format!("{}: {text}", manifest.file.display()));
    }
    if notes.len() > NOTES_SHOWN {
        let more = notes.len() - NOTES_SHOWN;
        note(&format!(
            "{}: and {more} more of these",
            manifest.file.display()
        ));
    }
    let pins = if checked.all_hold() {
        let reach = options.pins.options().reach;
        experiment(manifest, &plan, &checked, reach, &mut notes)
    } else {
        Status::CouldNotVerify
    };
    notes.extend(problems);
    found.push(CheckOutput {
        manifest: manifest.file.display().to_string(),
        pins: checked.pins,
        notes,
    });
    pins.worse(sources)
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
            print_error(
                &format!("{}: {error}", manifest.file.display()),
                hints::of_prepare(&error).as_deref(),
            );
            status_of(error.class())
        }
    }
}

fn table(manifest: &Manifest, pins: &[Pin]) -> String {
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
            text += &format!(
                "\n       expected {}\n       found    {}\n",
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
