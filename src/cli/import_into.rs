//! `reprove import … --into MANIFEST`: adds configurations and claims to a manifest.

use std::path::Path;

use super::import_args::TableArgs;
use super::screen::{escape, print};
use super::status::Status;
use reprove_model::manifest::{self, ManifestAdditions, with_block};

/// What went wrong, and the one hint.
pub(super) type Fault = (String, Option<String>);

/// The largest manifest that is changed, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Adds a block to the manifest in `file` and shows the difference; with `--check` shows it only.
///
/// # Errors
/// A manifest that cannot be read or changed, and an id that is there with another value.
pub(super) fn add(file: &Path, block: &str, arguments: &TableArgs) -> Result<Status, Fault> {
    let name = file.display();
    let text = read(file).map_err(|why| (format!("{name}: {why}"), None))?;
    let additions = with_block(&text, block).map_err(|error| {
        let hint = match &error {
            manifest::AdditionError::Conflict { .. } => {
                "keep one of the two: change the entry in the manifest, or give it another id"
            }
            manifest::AdditionError::NotReadable => {
                "`reprove check` tells the problems of the manifest"
            }
            manifest::AdditionError::OneLine(_) | manifest::AdditionError::Entangled => {
                "leave `--into` out, and paste the block by hand"
            }
        };
        (format!("{name}: {error}"), Some(hint.to_owned()))
    })?;
    print(&difference(&name.to_string(), &additions, arguments.check));
    if additions.added.is_empty() {
        return Ok(Status::Reproduced);
    }
    if arguments.check {
        return Ok(Status::CouldNotVerify);
    }
    reprove_files::replace_whole(file, additions.text.as_bytes())
        .map_err(|error| (format!("{name}: cannot be written: {error}"), None))?;
    Ok(Status::Reproduced)
}

fn read(file: &Path) -> Result<String, String> {
    let about = std::fs::metadata(file).map_err(|error| error.to_string())?;
    if !about.is_file() || about.len() > MAX_BYTES {
        return Err(format!("expected a file of at most {MAX_BYTES} bytes"));
    }
    std::fs::read_to_string(file).map_err(|error| error.to_string())
}

/// What is added, with the lines.
fn difference(name: &str, additions: &ManifestAdditions, is_check: bool) -> String {
    let count = |key: &str| {
        let added = additions.added.iter();
        added.filter(|added| added.key.starts_with(key)).count()
    };
    let number = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    };
    let verb = if is_check { "to add" } else { "added" };
    let mut text = format!(
        "{}: {} and {} {verb}, {} there already\n",
        escape(name),
        number(count("configurations."), "configuration"),
        number(count("claims."), "claim"),
        additions.present
    );
    for added in &additions.added {
        text += &format!("  {}\n", escape(&added.key));
        for line in added.lines.lines() {
            text += &format!("    + {}\n", escape(line));
        }
    }
    text
}
