//! Problems that `check` finds beside those of the manifest alone, at the keys that they are about.

use std::path::{Path, PathBuf};

use super::args::CheckArgs;
use crate::hints;
use reprove_exec::{check_entry_point, undeclared_imports};
use reprove_model::diagnostics::{Hint, SourceLocation, YamlLocations};
use reprove_model::manifest::{
    self, Experiment, Manifest, ManifestError, ManifestProblem, ManifestRemark,
};
use reprove_pins::check::{self, Checked};
use reprove_pins::source::PinnedCommit;
use reprove_pins::{Pin, PinKind};

/// The locations of the keys of a manifest that could be read.
pub struct KeyLocations {
    file: PathBuf,
    locations: YamlLocations,
}

impl KeyLocations {
    /// Reads the locations again; a file that is gone has none.
    pub fn read(file: &Path) -> Self {
        let text = manifest::read_text(file).unwrap_or_default();
        let plain = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Self {
            file: file.to_owned(),
            locations: YamlLocations::read(plain),
        }
    }

    /// The location of a key, or of its nearest parent.
    pub fn of(&self, path: &str) -> Option<SourceLocation> {
        self.locations.location(path)
    }

    /// The file and the location of a key, as `m.yaml:3:5`.
    pub fn place(&self, path: &str) -> String {
        let file = self.file.display();
        match self.of(path) {
            Some(location) => format!("{file}:{location}"),
            None => file.to_string(),
        }
    }

    /// The file and the location of what a message begins with: a key, as in "`experiment.run[1]`: …", or a
    /// program that a command starts.
    pub fn place_of_message(&self, message: &str, experiment: &Experiment) -> String {
        let named = message
            .strip_prefix('`')
            .and_then(|rest| rest.split_once('`'));
        let Some((name, _)) = named else {
            return self.place("");
        };
        let Experiment::Program(program) = experiment else {
            return self.place(name);
        };
        let starts = |words: &Vec<String>| words.first().is_some_and(|word| word == name);
        if starts(&program.run) {
            return self.place("experiment.run[0]");
        }
        match program.build.iter().position(starts) {
            Some(step) => self.place(&format!("experiment.build[{step}][0]")),
            None => self.place(name),
        }
    }

    fn problem(&self, path: String, problem: String, hint: Option<String>) -> ManifestProblem {
        ManifestProblem {
            file: self.file.clone(),
            location: self.of(&path),
            path,
            problem,
            hint,
        }
    }

    /// A remark as a note.
    pub fn note(&self, remark: &ManifestRemark) -> String {
        let place = self.place(&remark.path);
        let hint = remark.hint.as_ref().map(|hint| format!(": {hint}"));
        let hint = hint.unwrap_or_default();
        format!("{place}: `{}`: {}{hint}", remark.path, remark.text)
    }
}

/// The key of the manifest that a pin is about.
pub fn key_of(pin: &Pin) -> String {
    match pin.kind {
        PinKind::Commit => "code.commit".to_owned(),
        PinKind::Tree if pin.expected.starts_with("tree ") => "code.directory".to_owned(),
        PinKind::Tree => "code".to_owned(),
        PinKind::Data => format!("data.{}", pin.name),
        PinKind::Hardware => format!("hardware.require.{}", pin.name),
    }
}

/// All that is wrong with a manifest that cannot be used, in the order of the file: its own problems, and the
/// pins and the command as far as they can be checked.
pub fn of_faulty_manifest(
    file: &Path,
    error: &ManifestError,
    options: &CheckArgs,
) -> Vec<ManifestProblem> {
    let mut problems: Vec<ManifestProblem> = error.problems().to_vec();
    for problem in &mut problems {
        problem.hint = hints::of_manifest(problem);
    }
    let commit = options.pins.commit.as_ref();
    if let Some(parts) = manifest::read_parts(file, commit) {
        let keys = KeyLocations::read(file);
        let pins = options.pins.options();
        let mut checked = check::check_parts(file, parts.code.as_ref(), &parts.data, &pins);
        hints::complete(&mut checked);
        let broken = checked.pins.iter().filter(|pin| !pin.is_held());
        problems.extend(broken.map(|pin| of_pin(pin, &keys)));
        let commit = parts.code.as_ref().and_then(|code| {
            let source = checked.source.as_ref()?;
            Some((code, source.commit(&code.commit).ok()?))
        });
        if let (Some((code, commit)), Some(program)) = (commit, &parts.program)
            && let Err(error) = check_entry_point(code, &commit, program)
        {
            let path = error.path();
            let text = error.to_string();
            let text = text.trim_start_matches(&format!("`{path}`: ")).to_owned();
            problems.push(keys.problem(path, text, error.hint()));
        }
    }
    problems.sort_by_key(|problem| problem.location);
    problems
}

fn of_pin(pin: &Pin, keys: &KeyLocations) -> ManifestProblem {
    let found = pin.found.as_deref().unwrap_or("nothing");
    let problem = format!("expected {}, found {found}", pin.expected);
    keys.problem(key_of(pin), problem, pin.hint.clone())
}

/// What is likely a mistake in a manifest that can be used, as notes.
pub fn remarks(
    manifest: &Manifest,
    checked: &Checked,
    commit: Option<&PinnedCommit<'_>>,
    keys: &KeyLocations,
) -> Vec<String> {
    let own = manifest::remarks(manifest);
    let mut notes: Vec<String> = own.iter().map(|remark| keys.note(remark)).collect();
    if let (Some(commit), Experiment::Program(program)) = (commit, &manifest.experiment) {
        let supplied = program.supplied.as_ref();
        let supplied = supplied.and_then(|entry| checked.files.get(entry));
        let undeclared = undeclared_imports(
            &manifest.code,
            commit,
            program,
            supplied.map(PathBuf::as_path),
        );
        notes.extend(undeclared);
    }
    notes
}
