//! The outputs of `reprove verify`: the report on standard output, and the files of `--report`.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::args::{Accept, VerifyArgs};
use super::screen::{self, print, print_error};
use super::status::Status;
use reprove_files::{replace_whole, write_whole};
use reprove_report::{self as report, Format, RenderOptions, Report, Undecided};

/// Where the reports of a command go, and in which formats.
pub struct ReportOutputs {
    /// What standard output shows.
    stdout: Format,
    /// The files with their formats.
    files: Vec<(PathBuf, Format)>,
    /// How JSON holds the reports: of several manifests a list, even where only one has a report.
    list: List,
    undecided: Undecided,
    accept: Option<Accept>,
}

/// Whether the undecided claims of a report are accepted as they are.
pub fn is_accepted(accept: Option<Accept>, report: &Report) -> bool {
    match accept {
        None => false,
        Some(Accept::Recomputed) => report.open_claims_are_recomputed(),
    }
}

/// Whether JSON is a list of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    /// One report.
    One,
    /// A list of reports.
    Many,
}

impl ReportOutputs {
    /// The outputs that the arguments ask for. Every file is tried, so that a report which cannot be
    /// written is known before the first run.
    ///
    /// # Errors
    /// An unknown format, or a file that cannot be written, with a hint.
    pub fn new(args: &VerifyArgs) -> Result<Self, (String, Option<String>)> {
        let file = |file: &PathBuf| -> Result<(PathBuf, Format), (String, Option<String>)> {
            let format = match args.format {
                Some(format) => format,
                None => Format::from_extension(file).map_err(|error| {
                    let hint = "name the format with `--format`".to_owned();
                    (error.to_string(), Some(hint))
                })?,
            };
            try_file(file).map_err(|problem| (problem, None))?;
            Ok((file.clone(), format))
        };
        Ok(Self {
            stdout: if args.json {
                Format::Json
            } else {
                Format::Text
            },
            files: args.report.iter().map(file).collect::<Result<_, _>>()?,
            list: match args.manifests.len() {
                1 => List::One,
                _ => List::Many,
            },
            undecided: if args.allow_inconclusive {
                Undecided::Skipped
            } else {
                Undecided::Error
            },
            accept: args.accept,
        })
    }

    /// Prints the reports and writes them to the files.
    pub fn write(&self, reports: &[Report]) -> Status {
        if reports.is_empty() {
            return Status::Reproduced;
        }
        let mut status = Status::Reproduced;
        let mut fail = |problem: String| {
            print_error(&problem, None);
            status = Status::BadInput;
        };
        match self.text(reports, self.stdout, screen::page()) {
            Ok(text) => print(&text),
            Err(problem) => fail(problem),
        }
        for (file, format) in &self.files {
            let text = self.text(reports, *format, RenderOptions::default());
            let written =
                text.and_then(|text| write_report(file, &text).map_err(|e| e.to_string()));
            if let Err(problem) = written {
                fail(format!("{}: {problem}", file.display()));
            }
        }
        status
    }

    /// The reports in one text: one after the other, but for JSON.
    fn text(
        &self,
        reports: &[Report],
        format: Format,
        options: RenderOptions,
    ) -> Result<String, String> {
        let options = |one: &Report| RenderOptions {
            undecided: match is_accepted(self.accept, one) {
                true => Undecided::Skipped,
                false => self.undecided,
            },
            ..options
        };
        if format == Format::Json && self.list == List::Many {
            return report::list_json(reports).map_err(|error| error.to_string());
        }
        let text = |one| report::render(one, format, &options(one)).map_err(|e| e.to_string());
        reports.iter().map(text).collect()
    }
}

/// Writes a report at once or not at all. What is no regular file, such as `/dev/stdout`, is written as it
/// is, and so is a file in a folder that takes no new ones.
fn write_report(file: &Path, text: &str) -> io::Result<()> {
    let Ok(found) = fs::metadata(file) else {
        return write_whole(file, text.as_bytes());
    };
    if !found.is_file() {
        return fs::write(file, text);
    }
    match replace_whole(file, text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => fs::write(file, text),
        written => written,
    }
}

/// Tries whether a file can be written; its content stays, and a file that was not there is not
/// there afterwards.
fn try_file(file: &Path) -> Result<(), String> {
    let problem = |error: std::io::Error| format!("--report: {}: {error}", file.display());
    if file.is_dir() {
        return Err(format!(
            "--report: {}: expected a file, found a folder",
            file.display()
        ));
    }
    let is_new = !file.exists();
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)
        .map_err(problem)?;
    if is_new {
        fs::remove_file(file).map_err(problem)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reprove_files::faults::{Fault, inject};

    #[test]
    fn a_report_is_whole_or_the_old_one_at_every_fault() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("r.json"), folder.path().join("link"));
        fs::write(&file, "the old one").unwrap();
        std::os::unix::fs::symlink("r.json", &link).unwrap();
        for fault in [Fault::Refused, Fault::Torn, Fault::Lasting] {
            let mut at = 0;
            while let (written, true) = inject(fault, at, || write_report(&link, "the new one")) {
                assert!(written.is_err(), "{fault:?} at {at}");
                let text = fs::read_to_string(&file).unwrap();
                // The name is there when the folder cannot be brought to the disk.
                let expected = if at == 4 {
                    "the new one"
                } else {
                    "the old one"
                };
                assert_eq!(text, expected, "{fault:?} at {at}");
                fs::write(&file, "the old one").unwrap();
                at += 1;
            }
            assert_eq!(at, 5);
            assert_eq!(fs::read_to_string(&file).unwrap(), "the new one");
            assert!(link.is_symlink());
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
            fs::write(&file, "the old one").unwrap();
        }
    }

    #[test]
    fn a_report_may_go_to_what_is_no_file() {
        write_report(Path::new("/dev/null"), "x").unwrap();
        let metadata = fs::metadata("/dev/null").unwrap();
        assert!(!metadata.is_file());
        let error = write_report(Path::new("/dev/full"), "x").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_file_that_is_tried_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("old.json"), "kept").unwrap();
        assert_eq!(try_file(&path("old.json")), Ok(()));
        assert_eq!(fs::read_to_string(path("old.json")).unwrap(), "kept");
        assert_eq!(try_file(&path("new.json")), Ok(()));
        assert!(!path("new.json").exists());
        let error = try_file(folder.path()).unwrap_err();
        assert!(
            error.ends_with("expected a file, found a folder"),
            "{error}"
        );
        let error = try_file(&path("none/new.json")).unwrap_err();
        assert!(error.contains("none/new.json: "), "{error}");
    }
}
