//! One commit of a repository elsewhere, fetched by `git` into a cache of bare repositories.
//!
//! `git` is told to heed no configuration but ours, to run no hooks, to ask nobody anything and to
//! speak https, ssh or file only. What it brings is believed no more than any other repository: it
//! is opened by [`SourceRepository`], which checks every object against its id.
//!
//! A commit is fetched into a folder of its own that gets its name when it is complete, so that an
//! interrupted fetch leaves nothing that is taken for a repository.

mod git;

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::source::{Location, SourceError, SourceRepository};
use super::{Pin, PinKind, PinStatus};
pub use git::cancel_fetches;
use git::{Answer, Git, Trouble};
use reprove_files::FileLock;
use reprove_model::diagnostics::Hint;
use reprove_model::digest::Sha256Digest;
use reprove_model::manifest::CommitId;

/// The start of the names of unfinished fetches, and of no other name in the cache.
const UNFINISHED: &str = "unfinished-";

/// Whether repositories elsewhere may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkPolicy {
    /// A commit that is not in the cache is fetched.
    Network,
    /// Only the cache is looked at.
    CacheOnly,
}

/// Fetches commits into a cache.
#[derive(Debug, Clone)]
pub struct Fetcher {
    cache: PathBuf,
    reach: NetworkPolicy,
    time: Duration,
    git: Git,
}

/// Why a commit could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The machine has no git.
    #[error("`{url}` cannot be fetched: there is no `git` on this machine")]
    NoGit {
        /// The repository.
        url: String,
    },
    /// The cache does not have it, and the network may not be asked.
    #[error("commit {commit} of `{url}` is not in the cache, and fetching is not allowed")]
    Offline {
        /// The repository.
        url: String,
        /// The commit.
        commit: CommitId,
    },
    /// The server cannot be reached.
    #[error("`{url}` cannot be reached: {said}")]
    Unreachable {
        /// The repository.
        url: String,
        /// What git said.
        said: String,
    },
    /// The server answers, and does not give this repository.
    #[error("`{url}` is refused by its server: {said}")]
    Refused {
        /// The repository.
        url: String,
        /// What git said.
        said: String,
    },
    /// The server has no such commit, neither by its id nor below a branch or tag.
    #[error("`{url}` has no commit {commit}")]
    Absent {
        /// The repository.
        url: String,
        /// The commit.
        commit: CommitId,
    },
    /// What the server sent is damaged or unsafe.
    #[error("`{url}` sent what git does not accept: {said}")]
    Damaged {
        /// The repository.
        url: String,
        /// What git said.
        said: String,
    },
    /// It took too long.
    #[error("`{url}` was not fetched within {} s", time.as_secs())]
    TimedOut {
        /// The repository.
        url: String,
        /// The limit.
        time: Duration,
    },
    /// git failed in some other way, or was interrupted.
    #[error("`{url}` was not fetched: {said}")]
    Failed {
        /// The repository.
        url: String,
        /// What git said.
        said: String,
    },
    /// The cache cannot be used.
    #[error("the cache `{}`: {problem}", path.display())]
    Cache {
        /// Which part of it.
        path: PathBuf,
        /// What the system said.
        problem: String,
    },
    /// There is no place for a cache.
    #[error("there is no folder for a cache: neither `XDG_CACHE_HOME` nor `HOME` is set")]
    NoCache,
}

impl Hint for FetchError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoGit { .. } => Some("install git".to_owned()),
            Self::Absent { .. } => Some(
                "the commit was never pushed, or its branch was deleted: pin one that a branch or tag leads to"
                    .to_owned(),
            ),
            Self::NoCache => Some("set `XDG_CACHE_HOME` to a folder".to_owned()),
            Self::Offline { .. }
            | Self::Unreachable { .. }
            | Self::Refused { .. }
            | Self::Damaged { .. }
            | Self::TimedOut { .. }
            | Self::Failed { .. }
            | Self::Cache { .. } => None,
        }
    }
}

impl FetchError {
    /// The same as a broken pin of the report.
    pub fn pin(&self, name: &str, expected: &CommitId) -> Pin {
        let status = match self {
            Self::Absent { .. } => PinStatus::Missing,
            Self::NoCache
            | Self::NoGit { .. }
            | Self::Offline { .. }
            | Self::Unreachable { .. }
            | Self::Refused { .. }
            | Self::Damaged { .. }
            | Self::TimedOut { .. }
            | Self::Failed { .. }
            | Self::Cache { .. } => PinStatus::Unreadable,
        };
        Pin::unmet(PinKind::Commit, name, status, expected, self).with_hint(self.hint())
    }
}

impl Fetcher {
    /// A fetcher with the user's cache, `$XDG_CACHE_HOME/reprove/git` or `~/.cache/reprove/git`.
    /// A fetch takes at most 15 minutes.
    ///
    /// # Errors
    /// [`FetchError::NoCache`] when neither variable names an absolute path.
    pub fn of_user(reach: NetworkPolicy) -> Result<Self, FetchError> {
        let cache = super::cache::user_folder("git").ok_or(FetchError::NoCache)?;
        Ok(Self::in_folder(cache, reach))
    }

    /// A fetcher with a cache in this folder, which is made when something is first fetched.
    pub fn in_folder(cache: impl Into<PathBuf>, reach: NetworkPolicy) -> Self {
        Self {
            cache: cache.into(),
            reach,
            time: Duration::from_secs(15 * 60),
            git: Git::default(),
        }
    }

    /// The same with another limit on the time of a fetch.
    pub fn within(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// Whether repositories elsewhere may be asked.
    pub fn reach(&self) -> NetworkPolicy {
        self.reach
    }

    /// Opens the repository at a location so that it has the commit: in place where it is on this
    /// machine, from the cache where it is not.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot be fetched or opened.
    pub fn open(
        &self,
        location: &Location,
        commit: &CommitId,
    ) -> Result<SourceRepository, OpenError> {
        match location {
            Location::Local(_) => Ok(SourceRepository::open(location)?),
            Location::Remote(url) => {
                let folder = self.fetch(url, commit)?;
                Ok(SourceRepository::open(&Location::Local(folder))?)
            }
        }
    }

    /// The bare repository in the cache that has the commit, fetched unless it is there. One
    /// process fetches from a repository at a time; others wait for it.
    ///
    /// # Errors
    /// [`FetchError`] when it is not there and cannot be had.
    pub fn fetch(&self, url: &str, commit: &CommitId) -> Result<PathBuf, FetchError> {
        let folder = self
            .cache
            .join(Sha256Digest::of(url.as_bytes()).to_string());
        let complete = folder.join(format!("{commit}.git"));
        if has(&complete, commit) {
            return Ok(complete);
        }
        if self.reach == NetworkPolicy::CacheOnly {
            let (url, commit) = (url.to_owned(), commit.clone());
            return Err(FetchError::Offline { url, commit });
        }
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error: std::io::Error| FetchError::Cache {
                path,
                problem: error.to_string(),
            }
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(io(&folder))?;
        let lock = folder.join("lock");
        let lock = FileLock::take(&lock, &git::is_cancelled).map_err(io(&lock))?;
        if lock.is_none() {
            let said = "it was interrupted".to_owned();
            let url = url.to_owned();
            return Err(FetchError::Failed { url, said });
        }
        // Another process may have fetched it while this one waited.
        if has(&complete, commit) {
            return Ok(complete);
        }
        clear(&folder, &complete).map_err(io(&folder))?;
        let fresh = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(&folder)
            .map_err(io(&folder))?;
        self.fill(fresh.path(), url, commit)?;
        fs::rename(fresh.path(), &complete).map_err(io(&complete))?;
        // It has another name now, and is not to be removed.
        let _ = fresh.keep();
        drop(lock);
        Ok(complete)
    }

    /// Makes `folder` a bare repository that has the commit.
    fn fill(&self, folder: &Path, url: &str, commit: &CommitId) -> Result<(), FetchError> {
        git2::Repository::init_bare(folder).map_err(|error| FetchError::Cache {
            path: folder.to_owned(),
            problem: error.message().to_owned(),
        })?;
        let fetch = |depth, what: &[&str]| {
            self.git
                .fetch(folder, url, depth, what, self.time)
                .map_err(|trouble| self.error(url, commit, trouble))
        };
        if fetch(git::Depth::One, &[commit.as_str()])? == Answer::Given && has(folder, commit) {
            return Ok(());
        }
        // A server may know the commit and refuse to be asked by id.
        let all = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
        fetch(git::Depth::All, &all)?;
        if has(folder, commit) {
            return Ok(());
        }
        Err(FetchError::Absent {
            url: url.to_owned(),
            commit: commit.clone(),
        })
    }

    fn error(&self, url: &str, commit: &CommitId, trouble: Trouble) -> FetchError {
        let url = url.to_owned();
        match trouble {
            Trouble::NoGit => FetchError::NoGit { url },
            Trouble::Unreachable(said) => FetchError::Unreachable { url, said },
            Trouble::Refused(said) => FetchError::Refused { url, said },
            Trouble::Damaged(said) => FetchError::Damaged { url, said },
            Trouble::TimedOut => FetchError::TimedOut {
                url,
                time: self.time,
            },
            Trouble::Absent => FetchError::Absent {
                url,
                commit: commit.clone(),
            },
            Trouble::Other(said) => FetchError::Failed { url, said },
        }
    }
}

/// Why a repository could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It could not be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl Hint for OpenError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Fetch(error) => error.hint(),
            Self::Source(error) => error.hint(),
        }
    }
}

impl OpenError {
    /// The same as a broken pin of the report.
    pub fn pin(&self, name: &str, expected: &CommitId) -> Pin {
        match self {
            Self::Fetch(error) => error.pin(name, expected),
            Self::Source(error) => error.pin(name, expected),
        }
    }
}

/// Whether a folder is a repository with this commit, whole.
fn has(folder: &Path, commit: &CommitId) -> bool {
    folder.exists()
        && SourceRepository::open(&Location::Local(folder.to_owned()))
            .is_ok_and(|source| source.commit(commit).is_ok())
}

/// Removes what interrupted fetches have left, and a repository that no longer has its commit.
fn clear(folder: &Path, complete: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_unfinished = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes()));
        if is_unfinished || path == complete {
            fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
