//! The files that sources name, opened without a link on the way.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;

/// Bytes of a file at most.
const LARGEST: u64 = 64 << 20;

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SourceFileError {
    /// There is no such file.
    Absent,
    /// It lies outside the folder that is read.
    Outside,
    /// It, or a folder on the way, is a link.
    Link,
    /// It, or a folder on the way, is hidden.
    Hidden,
    /// It is a folder, a pipe, a socket or a device.
    NotRegular,
    /// It is larger than 64 MiB.
    TooLarge,
    /// The system refuses it.
    Unreadable(String),
}

impl fmt::Display for SourceFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("no such file"),
            Self::Outside => {
                f.write_str("the file lies outside the folder and the repository of the manifest")
            }
            Self::Link => f.write_str("expected a file, found a link, or a link on the way to it"),
            Self::Hidden => f.write_str("expected a file that is not hidden"),
            Self::NotRegular => {
                f.write_str("expected a file, found a folder, a pipe, a socket or a device")
            }
            Self::TooLarge => write!(f, "the file is larger than {} MiB", LARGEST >> 20),
            Self::Unreadable(why) => write!(f, "the file cannot be read: {why}"),
        }
    }
}

/// The folder beneath which files are read, and the manifest's folder in it.
pub(super) struct SourceFolder {
    top: PathBuf,
    inner: PathBuf,
}

impl SourceFolder {
    /// The folder of the Git work tree that holds the manifest, else the manifest's own.
    pub fn of_manifest(manifest: &Path) -> Self {
        let folder = match manifest.parent() {
            Some(folder) if folder != Path::new("") => folder,
            Some(_) | None => Path::new("."),
        };
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let tops = folder.ancestors();
        let top = tops
            .into_iter()
            .find(|top| top.join(".git").exists())
            .unwrap_or(&folder)
            .to_owned();
        let inner = folder.strip_prefix(&top).map(Path::to_owned);
        SourceFolder {
            inner: inner.unwrap_or_default(),
            top,
        }
    }

    /// The bytes of the file with a path relative to the manifest.
    ///
    /// # Errors
    /// Why the file is not read.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, SourceFileError> {
        let path = self.plain_path(name)?;
        let file = self.open(&path)?;
        let stat = fstat(&file).map_err(unreadable)?;
        if !FileType::from_raw_mode(stat.st_mode).is_file() {
            return Err(SourceFileError::NotRegular);
        }
        let mut bytes = Vec::new();
        file.take(LARGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| SourceFileError::Unreadable(error.to_string()))?;
        match bytes.len() as u64 > LARGEST {
            true => Err(SourceFileError::TooLarge),
            false => Ok(bytes),
        }
    }

    /// The path beneath the top folder, `..` resolved by name.
    fn plain_path(&self, name: &str) -> Result<Vec<String>, SourceFileError> {
        let mut path: Vec<String> = Vec::new();
        for component in self.inner.join(name).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => {
                    path.pop().ok_or(SourceFileError::Outside)?;
                }
                Component::Normal(part) => {
                    let part = part.to_str().ok_or(SourceFileError::Absent)?;
                    path.push(part.to_owned());
                }
                Component::RootDir | Component::Prefix(_) => return Err(SourceFileError::Outside),
            }
        }
        let depth = self.inner.components().count();
        let is_hidden = |(index, part): (usize, &String)| {
            let own = self.inner.components().nth(index);
            let is_own = index < depth && own.is_some_and(|own| own.as_os_str() == part.as_str());
            part.starts_with('.') && !is_own
        };
        match path.iter().enumerate().any(is_hidden) {
            true => Err(SourceFileError::Hidden),
            false => Ok(path),
        }
    }

    fn open(&self, path: &[String]) -> Result<File, SourceFileError> {
        let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let file =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let mut current = openat(CWD, &self.top, folder, Mode::empty()).map_err(unreadable)?;
        let Some((last, parents)) = path.split_last() else {
            return Err(SourceFileError::NotRegular);
        };
        for part in parents {
            let opened = openat(
                &current,
                part.as_str(),
                folder | OFlags::NOFOLLOW,
                Mode::empty(),
            );
            current = opened.map_err(|error| match error {
                // With O_DIRECTORY, a link is reported as something that is no folder.
                Errno::NOTDIR => SourceFileError::Link,
                error => unreadable(error),
            })?;
        }
        openat(&current, last.as_str(), file, Mode::empty())
            .map(File::from)
            .map_err(unreadable)
    }
}

fn unreadable(error: Errno) -> SourceFileError {
    match error {
        Errno::NOENT => SourceFileError::Absent,
        Errno::LOOP => SourceFileError::Link,
        Errno::NXIO => SourceFileError::NotRegular,
        error => SourceFileError::Unreadable(std::io::Error::from(error).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_regular_files_beneath_the_folder_are_read() {
        let outside = tempfile::tempdir().unwrap();
        let top = outside.path().join("top");
        std::fs::create_dir_all(top.join("manifests")).unwrap();
        std::fs::create_dir_all(top.join("paper")).unwrap();
        std::fs::create_dir_all(top.join(".git")).unwrap();
        std::fs::write(outside.path().join("secret"), "s").unwrap();
        std::fs::write(top.join("paper/main.tex"), "x").unwrap();
        std::fs::write(top.join(".git/config"), "s").unwrap();
        symlink(outside.path().join("secret"), top.join("paper/link")).unwrap();
        symlink(outside.path(), top.join("folder")).unwrap();
        let pipe = top.join("pipe");
        rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
        let folder = SourceFolder::of_manifest(&top.join("manifests/a.yaml"));
        assert_eq!(folder.read("../paper/main.tex").unwrap(), b"x");
        for (name, expected) in [
            ("main.tex", SourceFileError::Absent),
            ("../../secret", SourceFileError::Outside),
            ("../paper/link", SourceFileError::Link),
            ("../folder/secret", SourceFileError::Link),
            ("../.git/config", SourceFileError::Hidden),
            ("../paper", SourceFileError::NotRegular),
            ("../pipe", SourceFileError::NotRegular),
        ] {
            assert_eq!(folder.read(name).unwrap_err(), expected, "{name}");
        }
        std::fs::remove_dir_all(top.join(".git")).unwrap();
        let folder = SourceFolder::of_manifest(&top.join("manifests/a.yaml"));
        let found = folder.read("../paper/main.tex");
        assert_eq!(found, Err(SourceFileError::Outside));
    }
}
