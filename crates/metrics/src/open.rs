//! Opening files that a hostile program made: no links, no pipes, no devices, no endless sizes.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;

use reprove_model::manifest::metric_source::RegexText;

use crate::collect::MOST_NAMES;
use crate::error::{MetricError, similar};
use crate::text;

/// The largest file that is read line by line, in bytes.
pub(crate) const LARGEST_TEXT: u64 = 1 << 30;

/// The largest file that is read as a whole, in bytes.
pub(crate) const LARGEST_WHOLE: u64 = 128 << 20;

/// The longest line, in bytes.
const LONGEST_LINE: u64 = 8 << 20;

fn unreadable(file: &str, reason: impl ToString) -> MetricError {
    MetricError::Unreadable {
        file: file.to_owned(),
        reason: reason.to_string(),
    }
}

/// The system's word for what went wrong.
fn reason(error: Errno) -> String {
    match error {
        Errno::NOENT => "no such file".into(),
        Errno::LOOP => "is a link or lies behind one, and links are not followed".into(),
        other => {
            let text = std::io::Error::from(other).to_string();
            text.split(" (os error")
                .next()
                .unwrap_or(&text)
                .to_lowercase()
        }
    }
}

/// Where a run's output lies.
#[derive(Clone, Copy, Debug)]
pub struct Outputs<'a> {
    /// The folder that sources name their files in.
    pub folder: &'a Path,
    /// What it wrote to standard output.
    pub stdout: &'a Path,
    /// What it wrote to standard error.
    pub stderr: &'a Path,
}

/// The name of a text in messages.
pub(crate) fn text_name(text: &RegexText) -> String {
    match text {
        RegexText::Stdout => "stdout".to_owned(),
        RegexText::Stderr => "stderr".to_owned(),
        RegexText::File(file) => file.display().to_string(),
    }
}

/// Opens a text of the run: one of its two streams, or a file of its folder.
pub(crate) fn matched(text: &RegexText, outputs: &Outputs) -> Result<File, MetricError> {
    let stream = match text {
        RegexText::Stdout => outputs.stdout,
        RegexText::Stderr => outputs.stderr,
        RegexText::File(name) => return file(&name.display().to_string(), outputs, LARGEST_TEXT),
    };
    let name = text_name(text);
    let opened = openat(CWD, stream, plain(), Mode::empty());
    let opened = opened.map_err(|error| unreadable(&name, reason(error)))?;
    checked(opened, &name, LARGEST_TEXT)
}

/// Opens a file of the run's folder.
pub(crate) fn file(name: &str, outputs: &Outputs, largest: u64) -> Result<File, MetricError> {
    let opened = beneath(outputs.folder, name, plain());
    let opened = opened.map_err(|error| unopened(name, outputs, error))?;
    checked(opened, name, largest)
}

/// A file of the run's folder, opened as the readers open it; `None` where it cannot be read.
pub fn opened(name: &str, outputs: &Outputs<'_>) -> Option<File> {
    file(name, outputs, LARGEST_TEXT).ok()
}

/// The file, if it is a plain one of at most `largest` bytes.
fn checked(opened: OwnedFd, name: &str, largest: u64) -> Result<File, MetricError> {
    let stat = fstat(&opened).map_err(|error| unreadable(name, reason(error)))?;
    if !FileType::from_raw_mode(stat.st_mode).is_file() {
        return Err(unreadable(name, "is not a plain file"));
    }
    if stat.st_size.unsigned_abs() > largest {
        return Err(unreadable(
            name,
            format!("is larger than {} MiB", largest >> 20),
        ));
    }
    Ok(opened.into())
}

/// Opens a folder of the run.
pub(crate) fn folder(name: &str, outputs: &Outputs) -> Result<OwnedFd, MetricError> {
    beneath(
        outputs.folder,
        name,
        OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
    )
    .map_err(|error| unopened(name, outputs, error))
}

/// Why a file or folder cannot be opened, with what is there where it is not.
fn unopened(name: &str, outputs: &Outputs, error: Errno) -> MetricError {
    let mut reason = reason(error);
    if error == Errno::NOENT {
        let found = present(outputs.folder);
        let found = similar(name, found.iter().map(String::as_str));
        if !found.is_empty() {
            reason += &format!(", found `{}`", found.join("`, `"));
        }
    }
    unreadable(name, reason)
}

/// The files that a program left in its folder for results, and in the folders in it, at most
/// [`MOST_NAMES`].
fn present(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(top) = top(folder) {
        let mut left = MOST_NAMES;
        list(&top, "", &mut left, &mut |name, _| found.push(name));
    }
    found
}

/// Calls `each` with the files in a folder and in those beneath it, by their paths, and with the
/// path of the folder that they lie in, until `left` entries were looked at; links are shown and not
/// followed.
pub(crate) fn list(
    folder: &OwnedFd,
    path: &str,
    left: &mut usize,
    each: &mut impl FnMut(String, &str),
) {
    let entries = Dir::read_from(folder);
    let entries = entries.into_iter().flatten().flatten().take(MOST_NAMES);
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned))
        .filter(|name| name != "." && name != "..")
        .collect();
    names.sort();
    for name in names {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let shown = match path {
            "" => name.clone(),
            path => format!("{path}/{name}"),
        };
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match openat(folder, name.as_str(), flags, Mode::empty()) {
            Ok(inner) => list(&inner, &shown, left, each),
            Err(_) => each(shown, path),
        }
    }
}

/// The flags for a file: a pipe in its place must not block.
pub(crate) fn plain() -> OFlags {
    OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC
}

/// Opens the folder for results itself: a program can put a link in its place.
fn top(folder: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(CWD, folder, flags, Mode::empty()) {
        // With O_DIRECTORY, a link is reported as something that is no folder.
        Err(Errno::NOTDIR) => Err(Errno::LOOP),
        other => other,
    }
}

/// Opens `name` beneath `folder` step by step, so that no part of it can be a link.
fn beneath(folder: &Path, name: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let step = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut current = top(folder)?;
    let mut parts = Path::new(name)
        .components()
        .filter(|part| *part != Component::CurDir)
        .peekable();
    while let Some(part) = parts.next() {
        let Component::Normal(part) = part else {
            return Err(Errno::XDEV);
        };
        let flags = if parts.peek().is_some() {
            step | OFlags::NOFOLLOW
        } else {
            flags
        };
        current = match openat(&current, part, flags, Mode::empty()) {
            // With O_DIRECTORY, a link is reported as something that is no folder.
            Err(Errno::NOTDIR) if is_link(&current, part) => return Err(Errno::LOOP),
            other => other?,
        };
    }
    Ok(current)
}

fn is_link(parent: &OwnedFd, name: &std::ffi::OsStr) -> bool {
    let stat = rustix::fs::statat(parent, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW);
    stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_symlink())
}

/// All of a file.
pub(crate) fn whole(name: &str, outputs: &Outputs) -> Result<Vec<u8>, MetricError> {
    read_whole(file(name, outputs, LARGEST_WHOLE)?, name)
}

/// All of an open file, which may have grown since its size was looked at.
pub(crate) fn read_whole(file: File, name: &str) -> Result<Vec<u8>, MetricError> {
    let mut bytes = Vec::new();
    file.take(LARGEST_WHOLE)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(name, error))?;
    Ok(bytes)
}

/// A line of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputLine<'t> {
    /// Its number, counted from 1.
    pub number: u64,
    /// Its text, without its end.
    pub text: &'t str,
    /// Whether its end is there; the file may have been cut off otherwise.
    pub is_whole: bool,
}

/// Calls `each` with every line; bytes that are no UTF-8 are replaced.
pub(crate) fn lines(
    mut file: File,
    name: &str,
    mut each: impl FnMut(OutputLine<'_>) -> Result<(), MetricError>,
) -> Result<(), MetricError> {
    let mut start = [0; 2];
    let read = file
        .read(&mut start)
        .map_err(|error| unreadable(name, error))?;
    let start = &start[..read];
    if text::is_utf16(start) {
        let rest = read_whole(file, name)?;
        let bytes = [start, &rest[..]].concat();
        let text = text::decode(&bytes).map_err(|reason| unreadable(name, reason))?;
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            each(of_bytes(number, line))?;
        }
        return Ok(());
    }
    let mut reader = BufReader::new(start.chain(file.take(LARGEST_TEXT)));
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let read = reader
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut bytes);
        let count = read.map_err(|error| unreadable(name, error))?;
        if count == 0 {
            break;
        }
        if count as u64 == LONGEST_LINE {
            let reason = format!("a line longer than {} MiB", LONGEST_LINE >> 20);
            return Err(MetricError::Malformed {
                file: name.to_owned(),
                line: number,
                reason,
            });
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = match number {
            1 => text.strip_prefix('\u{feff}').unwrap_or(&text),
            _ => &text,
        };
        each(of_bytes(number, text))?;
    }
    Ok(())
}

fn of_bytes(number: u64, text: &str) -> OutputLine<'_> {
    OutputLine {
        number,
        text: text.trim_end_matches(['\n', '\r']),
        is_whole: text.ends_with(['\n', '\r']),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn opened(folder: &Path, name: &str) -> Result<File, String> {
        let outputs = Outputs {
            folder,
            stdout: folder,
            stderr: folder,
        };
        file(name, &outputs, 100).map_err(|error| error.to_string())
    }

    #[test]
    fn only_plain_files_beneath_the_folder_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        std::fs::create_dir_all(path.join("a/b")).unwrap();
        std::fs::write(path.join("a/b/good"), "x").unwrap();
        std::fs::write(path.join("large"), [0; 101]).unwrap();
        symlink("/etc/passwd", path.join("link")).unwrap();
        symlink("/etc", path.join("folder")).unwrap();
        rustix::fs::mknodat(CWD, path.join("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        assert!(opened(path, "a/b/good").is_ok() && opened(path, "./a/b/good").is_ok());
        let link = "is a link or lies behind one, and links are not followed";
        for (name, reason) in [
            (
                "none",
                "no such file, found `link`, `pipe`, `folder`, `large`, `a/b/good`",
            ),
            ("link", link),
            ("folder/passwd", link),
            ("/etc/passwd", "invalid cross-device link"),
            ("../x", "invalid cross-device link"),
            ("pipe", "is not a plain file"),
            ("a", "is not a plain file"),
            ("large", "is larger than 0 MiB"),
        ] {
            assert_eq!(opened(path, name).unwrap_err(), format!("{name}: {reason}"));
        }
    }
}
