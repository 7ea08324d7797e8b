//! `reprove pin`: fills in or renews the pins of a manifest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::PinArgs;
use super::screen::{escape, note, print, print_error, print_manifest_error};
use super::status::Status;
use reprove_model::diagnostics::Hint;
use reprove_model::manifest::{self, CommitId, Origin, StatedPins};
use reprove_pins::check;
use reprove_pins::data;
use reprove_pins::fetch::NetworkPolicy;
use reprove_pins::source::SourceRepository;

/// Renews the pins of each manifest; the status is that of the worst.
pub fn run(args: &PinArgs) -> Status {
    let mut worst = Status::Reproduced;
    let mut shown = Vec::new();
    for file in &args.manifests {
        worst = worst.worse(match pin(file, args) {
            Ok(found) => {
                let status = found.status;
                shown.push(found);
                status
            }
            Err(status) => status,
        });
    }
    if args.json {
        match serde_json::to_string_pretty(&shown) {
            Ok(text) => print(&(text + "\n")),
            Err(error) => print_error(&error, None),
        }
    } else {
        for found in &shown {
            print(&text(found, args.check));
        }
    }
    worst
}

/// The pins of one manifest, old and new.
#[derive(Serialize)]
struct Pinned {
    manifest: String,
    pins: Vec<Change>,
    #[serde(skip)]
    status: Status,
}

/// One pin.
#[derive(Serialize)]
struct Change {
    /// The key in the manifest.
    key: String,
    /// What it was, as it was written.
    old: Option<String>,
    /// What it is now; none where it is not known here.
    new: Option<String>,
}

impl Change {
    fn is_change(&self) -> bool {
        self.new.is_some() && self.old != self.new
    }
}

fn pin(file: &Path, args: &PinArgs) -> Result<Pinned, Status> {
    let stated = StatedPins::read(file).map_err(|error| {
        print_manifest_error(&error);
        Status::BadInput
    })?;
    let mut new = Renewed {
        text: stated.text.clone(),
        pins: Vec::new(),
        status: Status::Reproduced,
    };
    new.commit(&stated, args);
    new.data(&stated, args.data_dir.as_deref());
    let changes = new.pins.iter().filter(|pin| pin.is_change()).count();
    if changes > 0 && args.check {
        new.status = new.status.worse(Status::CouldNotVerify);
    }
    if changes > 0 && !args.check {
        let written = reprove_files::replace_whole(file, new.text.as_bytes());
        if let Err(error) = written {
            print_error(
                &format!("{}: cannot be written: {error}", file.display()),
                None,
            );
            return Err(Status::BadInput);
        }
        tell_what_is_left(file, &stated);
    }
    Ok(Pinned {
        manifest: file.display().to_string(),
        pins: new.pins,
        status: new.status,
    })
}

/// The manifest's text with pins as they are now.
struct Renewed {
    text: String,
    pins: Vec<Change>,
    status: Status,
}

impl Renewed {
    /// Says what is wrong at a key; the other pins are still renewed.
    fn fail(&mut self, stated: &StatedPins, key: &str, problem: &str, hint: Option<&str>) {
        print_error(
            &format!("{}: `{key}`: {problem}", stated.file.display()),
            hint,
        );
        self.status = self.status.worse(Status::CouldNotVerify);
    }

    /// Renews the commit: the one that is asked for, or that which a name or nothing at all stands for. A
    /// commit that is pinned already stays.
    fn commit(&mut self, stated: &StatedPins, args: &PinArgs) {
        let key = "code.commit";
        let old = stated.commit.clone();
        let pinned = old
            .as_deref()
            .and_then(|text| text.parse::<CommitId>().ok());
        let new = match (&args.commit, &pinned) {
            (None, _) if stated.is_head() => {
                note(&format!(
                    "{}: `commit: HEAD` stays: the commit is given with each verification by `--commit`",
                    stated.file.display()
                ));
                None
            }
            (None, Some(pinned)) => {
                self.tell_newer(stated, pinned);
                Some(pinned.clone())
            }
            (asked, _) => {
                let name = asked.as_deref().or(old.as_deref()).unwrap_or("HEAD");
                match resolved(stated, name) {
                    Ok(id) => Some(id),
                    Err((problem, hint)) => {
                        return self.fail(stated, key, &problem, hint.as_deref());
                    }
                }
            }
        };
        if let Some(new) = new.as_ref().filter(|new| pinned.as_ref() != Some(new)) {
            match StatedPins::with_commit(&self.text, new) {
                Some(text) => self.text = text,
                None => return self.fail(stated, key, &by_hand("commit", new.as_str()), None),
            }
        }
        let new = new.map(|id| id.to_string()).or_else(|| old.clone());
        self.pins.push(Change {
            key: key.to_owned(),
            old,
            new,
        });
    }

    /// Says that the repository has another commit checked out than the one that is pinned.
    fn tell_newer(&mut self, stated: &StatedPins, pinned: &CommitId) {
        let Origin::Path(_) = stated.repository else {
            return;
        };
        let Ok(source) = check::open(&stated.repository, pinned, NetworkPolicy::CacheOnly) else {
            return;
        };
        if let Some((head, _)) = source.head().filter(|(head, _)| head != pinned) {
            note(&format!(
                "{}: the pin is not the commit that is checked out, {head}; `--commit HEAD` moves the pin there",
                stated.file.display()
            ));
        }
    }

    /// Renews the digests of the data, and their sizes where these are stated.
    fn data(&mut self, stated: &StatedPins, data_dir: Option<&Path>) {
        let origins = stated.data.iter().map(|data| (&data.name, &data.origin));
        let files: BTreeMap<String, PathBuf> = check::locate(origins, data_dir);
        for entry in &stated.data {
            let key = format!("data.{}.sha256", entry.name);
            let file = &files[&entry.name];
            if matches!(entry.origin, Origin::Url(_)) && !file.exists() {
                let problem = "the data are at an address, and not here";
                let hint = "name the folder that holds them with `--data-dir DIR`";
                self.fail(stated, &key, problem, Some(hint));
                continue;
            }
            let (sha256, bytes) = match data::current(file) {
                Ok(found) => found,
                Err(error) => {
                    self.fail(stated, &key, &error.to_string(), error.hint().as_deref());
                    continue;
                }
            };
            let (old, new) = (entry.sha256.clone(), sha256.to_string());
            let is_size_right = entry.bytes.is_none_or(|stated| stated == bytes);
            if old.as_deref().map(str::to_lowercase).as_deref() != Some(&new) || !is_size_right {
                match StatedPins::with_data(&self.text, entry, sha256, bytes) {
                    Some(text) => self.text = text,
                    None => {
                        self.fail(stated, &key, &by_hand("sha256", &new), None);
                        continue;
                    }
                }
            }
            let old = old.map(|old| old.to_lowercase());
            self.pins.push(Change {
                key,
                old,
                new: Some(new),
            });
            if !is_size_right {
                self.pins.push(Change {
                    key: format!("data.{}.bytes", entry.name),
                    old: entry.bytes.map(|bytes| bytes.to_string()),
                    new: Some(bytes.to_string()),
                });
            }
        }
    }
}

fn by_hand(key: &str, value: &str) -> String {
    format!("cannot be written in its place; write `{key}: {value}` by hand")
}

/// The commit that a name stands for, with a problem and a hint where there is none.
fn resolved(stated: &StatedPins, name: &str) -> Result<CommitId, (String, Option<String>)> {
    let failed = |error: &dyn std::fmt::Display, hint| (error.to_string(), hint);
    match (&stated.repository, name.parse::<CommitId>()) {
        // A commit at an address is fetched when it is checked.
        (Origin::Url(_), Ok(id)) => Ok(id),
        (Origin::Url(url), Err(_)) => {
            let problem = format!("`{name}` cannot be looked up at an address");
            let hint = format!("`git ls-remote {url} {name}` prints the id for `--commit`");
            Err((problem, Some(hint)))
        }
        (Origin::Path(_), _) => {
            let location = check::location(&stated.repository).map_err(|e| failed(&e, e.hint()))?;
            let source = SourceRepository::open(&location).map_err(|e| failed(&e, e.hint()))?;
            let unknown = || {
                let problem = format!("no commit is named `{}`", name.escape_default());
                let hint = "`git log --oneline` in the repository lists its commits";
                (problem, Some(hint.to_owned()))
            };
            source.resolve(name).ok_or_else(unknown)
        }
    }
}

/// Says how many problems are left in a manifest whose pins were renewed.
fn tell_what_is_left(file: &Path, stated: &StatedPins) {
    let commit = stated
        .is_head()
        .then(|| "0".repeat(40).parse().ok())
        .flatten();
    if let Err(error) = manifest::read_at(file, commit.as_ref()) {
        let count = error.problems().len();
        let problems = if count == 1 {
            "problem is"
        } else {
            "problems are"
        };
        note(&format!(
            "{}: {count} other {problems} left, which `reprove check` tells",
            file.display()
        ));
    }
}

fn text(found: &Pinned, is_check: bool) -> String {
    let changes = found.pins.iter().filter(|pin| pin.is_change()).count();
    let verb = match (changes, is_check) {
        (0, _) if found.status == Status::CouldNotVerify => {
            "not every pin is known here".to_owned()
        }
        (0, _) => "every pin is as it is now".to_owned(),
        (1, true) => "1 pin is not as it is now".to_owned(),
        (changes, true) => format!("{changes} pins are not as they are now"),
        (1, false) => "1 pin changed".to_owned(),
        (changes, false) => format!("{changes} pins changed"),
    };
    let mut text = format!("{}: {verb}\n", escape(&found.manifest));
    for pin in &found.pins {
        let key = escape(&pin.key);
        let old = pin.old.as_deref().map(escape);
        let new = pin.new.as_deref().map(escape).unwrap_or_default();
        if pin.is_change() {
            let old = old.unwrap_or_else(|| "(none)".to_owned());
            text += &format!("  {key}\n    - {old}\n    + {new}\n");
        } else {
            text += &format!("  {key}: {new}\n");
        }
    }
    text
}
