//! Opens files and folders of runs.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::error::{RunImportError, UnreadableKind};
use super::table::ValuePlace;
use crate::readers::{Node, json_roots, yaml_roots};
use crate::source::{FileId, SourceFile, SourceFiles};
use crate::text::CellText;
use reprove_metrics::decode_text;

/// Files larger than this are refused, in bytes.
const LARGEST_FILE: u64 = 64 << 20;

/// More entries than this in one folder are refused.
const MOST_ENTRIES: usize = 20_000;

/// The path as messages show it.
pub(crate) fn shown(path: &Path) -> String {
    match path == Path::new("-") {
        true => "standard input".to_owned(),
        false => path.display().to_string(),
    }
}

/// The last part of a path.
pub(crate) fn file_name(path: &Path) -> String {
    let name = path.file_name();
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn unreadable(path: &Path, reason: impl Into<String>) -> RunImportError {
    RunImportError::Unreadable {
        file: shown(path),
        reason: reason.into(),
    }
}

fn io_error(path: &Path, error: &std::io::Error) -> RunImportError {
    match error.kind() {
        std::io::ErrorKind::NotFound => unreadable(path, "no such file"),
        std::io::ErrorKind::PermissionDenied => unreadable(path, "permission denied"),
        _ => unreadable(path, error.to_string()),
    }
}

/// The bytes of a plain file of at most 64 MiB; `-` is standard input.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, RunImportError> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(LARGEST_FILE + 1)
            .read_to_end(&mut bytes)
    } else {
        let metadata = fs::metadata(path).map_err(|error| io_error(path, &error))?;
        if !metadata.is_file() {
            return Err(unreadable(path, "expected a plain file"));
        }
        let opened = fs::File::open(path).map_err(|error| io_error(path, &error))?;
        opened.take(LARGEST_FILE + 1).read_to_end(&mut bytes)
    };
    read.map_err(|error| io_error(path, &error))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(unreadable(
            path,
            format!("expected at most {LARGEST_FILE} bytes"),
        ));
    }
    Ok(bytes)
}

/// The text of bytes.
pub(crate) fn text(path: &Path, bytes: &[u8]) -> Result<String, RunImportError> {
    if let Some(kind) = foreign(bytes) {
        return Err(RunImportError::ForeignFile {
            file: shown(path),
            kind,
        });
    }
    let text = decode_text(bytes).map_err(|reason| unreadable(path, reason))?;
    Ok(text.into_owned())
}

/// The kind of a file that is no text.
fn foreign(bytes: &[u8]) -> Option<UnreadableKind> {
    match bytes {
        [b'S', b'Q', b'L', b'i', b't', b'e', b' ', ..] => Some(UnreadableKind::Sqlite),
        [b'P', b'A', b'R', b'1', ..] => Some(UnreadableKind::Parquet),
        [b'P', b'K', 3, 4, ..] | [0x1f, 0x8b, ..] => Some(UnreadableKind::Archive),
        [0x80, 2..=5, ..] => Some(UnreadableKind::Pickle),
        _ => None,
    }
}

/// The entries of a folder by name, links to folders left out.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, RunImportError> {
    let read = fs::read_dir(folder).map_err(|error| io_error(folder, &error))?;
    let mut found = Vec::new();
    for entry in read {
        let entry = entry.map_err(|error| io_error(folder, &error))?;
        let kind = entry
            .file_type()
            .map_err(|error| io_error(folder, &error))?;
        if kind.is_symlink() && entry.path().is_dir() {
            continue;
        }
        found.push(entry.path());
        if found.len() > MOST_ENTRIES {
            let reason = format!("expected at most {MOST_ENTRIES} entries");
            return Err(unreadable(folder, reason));
        }
    }
    found.sort();
    Ok(found)
}

/// A JSON or YAML file with the places of its values.
pub(crate) struct Document {
    files: SourceFiles,
    /// Its documents: one, or those of JSON lines.
    pub roots: Vec<Node>,
}

impl Document {
    /// Reads JSON or JSON lines.
    pub fn json(path: &Path, text: String) -> Result<Self, RunImportError> {
        let files = SourceFiles::single(SourceFile::new(shown(path), text)?);
        let roots = json_roots(&files, FileId(0))?;
        Ok(Document { files, roots })
    }

    /// Reads YAML.
    pub fn yaml(path: &Path, text: String) -> Result<Self, RunImportError> {
        let length = text.len();
        let files = SourceFiles::single(SourceFile::new(shown(path), text)?);
        let roots = yaml_roots(&files, FileId(0), 0..length)?;
        Ok(Document { files, roots })
    }

    /// Reads a JSON file that a folder may have.
    pub fn json_if_there(path: &Path) -> Result<Option<Self>, RunImportError> {
        match path.is_file() {
            true => Self::json(path, text(path, &bytes(path)?)?).map(Some),
            false => Ok(None),
        }
    }

    /// Reads a YAML file that a folder may have.
    pub fn yaml_if_there(path: &Path) -> Result<Option<Self>, RunImportError> {
        match path.is_file() {
            true => Self::yaml(path, text(path, &bytes(path)?)?).map(Some),
            false => Ok(None),
        }
    }

    /// The only document, if there is one.
    pub fn root(&self) -> Option<&Node> {
        self.roots.first().filter(|_| self.roots.len() == 1)
    }

    /// The place of a scalar; of the file, where it has none.
    pub fn place(&self, text: &CellText) -> ValuePlace {
        let main = &self.files.file(FileId(0)).name;
        let Some(origin) = text.origin(0) else {
            return ValuePlace::file(main);
        };
        let place = self.files.place(origin.file, origin.offset);
        ValuePlace {
            file: place.file,
            line: Some(place.line),
            column: Some(place.column),
            detail: None,
        }
    }

    /// The place of the file.
    pub fn file(&self) -> ValuePlace {
        ValuePlace::file(&self.files.file(FileId(0)).name)
    }
}
