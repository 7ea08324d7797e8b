//! A look at the files that libgit2 opens of a repository, before it does.
//!
//! libgit2 waits for ever for the writer of a pipe, and reads a device without end.

use std::fs;
use std::path::{Path, PathBuf};

use super::loose;

/// Files of one repository that are looked at, at most.
const MOST_FILES: usize = 200_000;
/// Folders of objects that a repository borrows from, at most.
const MOST_ALTERNATES: usize = 64;

/// What keeps a repository from being opened safely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The file at fault.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

impl Fault {
    fn new(path: &Path, problem: impl Into<String>) -> Self {
        Self {
            path: path.to_path_buf(),
            problem: problem.into(),
        }
    }
}

/// Looks at the repository at a path: its folder of git, the one that it shares with others, and
/// the folders of objects that it borrows from. Loose objects are looked at when they are read.
///
/// # Errors
/// The first file that is a pipe, socket or device, also behind a link, or more files or borrowed
/// folders than honest repositories have.
pub(super) fn check(repository: &Path) -> Result<(), Fault> {
    let mut look = Look { files: 0 };
    let git = git_folder(repository)?;
    let mut folders = vec![git.clone()];
    folders.extend(named(&git.join("commondir"), &git)?);
    for folder in &folders {
        look.folder(folder, 0)?;
        look.folder(&folder.join("info"), 0)?;
        look.folder(&folder.join("refs"), 8)?;
    }
    let mut objects: Vec<PathBuf> = folders
        .iter()
        .map(|folder| folder.join("objects"))
        .collect();
    let mut next = 0;
    while let Some(folder) = objects.get(next).cloned() {
        look.folder(&folder.join("info"), 0)?;
        look.folder(&folder.join("pack"), 0)?;
        for borrowed in loose::alternates(&folder) {
            if objects.len() > MOST_ALTERNATES {
                let problem = format!("more than {MOST_ALTERNATES} folders to borrow objects from");
                return Err(Fault::new(&folder.join("info/alternates"), problem));
            }
            if !objects.contains(&borrowed) {
                objects.push(borrowed);
            }
        }
        next += 1;
    }
    Ok(())
}

struct Look {
    files: usize,
}

impl Look {
    /// Refuses the special files of a folder, down to `depth` folders in it. A folder that is not
    /// there has none.
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), Fault> {
        let Ok(entries) = fs::read_dir(folder) else {
            return Ok(());
        };
        for entry in entries.flatten() {
            self.files += 1;
            if self.files > MOST_FILES {
                return Err(Fault::new(folder, format!("more than {MOST_FILES} files")));
            }
            let path = entry.path();
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() && depth > 0 {
                self.folder(&path, depth - 1)?;
            } else if !kind.is_dir() && !kind.is_file() {
                refuse_special(&path)?;
            }
        }
        Ok(())
    }
}

/// The folder of git of a repository: `.git` in it, what a file `.git` names, or itself.
fn git_folder(repository: &Path) -> Result<PathBuf, Fault> {
    let dot = repository.join(".git");
    match dot.metadata() {
        Err(_) => Ok(repository.to_path_buf()),
        Ok(metadata) if metadata.is_dir() => Ok(dot),
        Ok(_) => Ok(named(&dot, repository)?.unwrap_or(dot)),
    }
}

/// The folder that a file names, relative to `base`; `None` without the file.
fn named(file: &Path, base: &Path) -> Result<Option<PathBuf>, Fault> {
    refuse_special(file)?;
    if !file.is_file() {
        return Ok(None);
    }
    let text = loose::read_list(file).map_err(|error| Fault::new(file, error.to_string()))?;
    let text = text.strip_prefix("gitdir:").unwrap_or(&text).trim();
    Ok((!text.is_empty()).then(|| base.join(text)))
}

/// An error for what is neither a regular file nor a folder, also behind a link.
fn refuse_special(path: &Path) -> Result<(), Fault> {
    let Ok(metadata) = path.metadata() else {
        return Ok(());
    };
    if metadata.is_file() || metadata.is_dir() {
        return Ok(());
    }
    Err(Fault::new(
        path,
        "expected a file, found a pipe, socket or device",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::raw_repository::RawRepository;
    use super::super::source::{Location, SourceRepository};
    use super::*;
    use rustix::fs::{CWD, Mode, mkfifoat};

    fn pipe(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if path.exists() {
            fs::remove_file(path).unwrap();
        }
        mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).unwrap();
    }

    #[test]
    fn a_pipe_or_device_anywhere_is_refused_at_once() {
        for name in [
            "config",
            "HEAD",
            "packed-refs",
            "shallow",
            "info/grafts",
            "refs/heads/main",
            "refs/heads/deep/er/branch",
            "objects/info/alternates",
            "objects/pack/multi-pack-index",
        ] {
            let repository = RawRepository::new();
            let place = repository.path().join(name);
            pipe(&place);
            let fault = check(&repository.path()).unwrap_err();
            assert_eq!(fault.path, place);
            fs::remove_file(&place).unwrap();
            std::os::unix::fs::symlink("/dev/zero", &place).unwrap();
            assert_eq!(check(&repository.path()).unwrap_err().path, place);
            let opened = SourceRepository::open(&Location::Local(repository.path()));
            let words = opened.err().unwrap().to_string();
            assert!(words.contains("found a pipe, socket or device"), "{words}");
        }
    }

    #[test]
    fn very_many_borrowed_folders_are_refused_and_a_few_are_not() {
        let repository = RawRepository::new();
        let list = repository.path().join("objects/info/alternates");
        let names = |count: usize| (0..count).map(|i| format!("/no/{i}\n")).collect::<String>();
        fs::create_dir_all(list.parent().unwrap()).unwrap();
        fs::write(&list, names(100_000)).unwrap();
        assert_eq!(check(&repository.path()).unwrap_err().path, list);
        fs::write(&list, format!("# shared\n{}", names(3))).unwrap();
        assert_eq!(check(&repository.path()), Ok(()));
    }

    #[test]
    fn the_folder_that_a_file_names_is_looked_at() {
        let repository = RawRepository::new();
        let around = repository.beside("tree");
        fs::create_dir(&around).unwrap();
        let text = format!("gitdir: {}\n", repository.path().display());
        fs::write(around.join(".git"), text).unwrap();
        assert_eq!(check(&around), Ok(()));
        pipe(&repository.path().join("packed-refs"));
        assert!(check(&around).is_err());
    }
}
