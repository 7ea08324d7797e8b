//! Reasons why a repository lacks objects that its commits name.

use std::path::PathBuf;

use super::Pin;
use super::loose;
use super::source::SourceRepository;

/// A reason why a repository may lack objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// The clone is shallow: it has the newest commits only.
    Shallow,
    /// The clone is partial: git fetches objects when it needs them.
    Partial,
    /// The repository borrows objects of a folder that does not exist.
    Alternate(PathBuf),
}

impl Lack {
    /// The pin of an absent object, with the reason and the way out.
    pub fn told(&self, mut pin: Pin) -> Pin {
        let (reason, hint) = match self {
            Self::Shallow => (
                "the repository is a shallow clone".to_owned(),
                "`git fetch --unshallow` in it brings the whole history; in a workflow of GitHub, \
                 `fetch-depth: 0` under `with` of actions/checkout"
                    .to_owned(),
            ),
            Self::Partial => (
                "the repository is a partial clone".to_owned(),
                "`git fetch --refetch --no-filter` in it brings all objects".to_owned(),
            ),
            Self::Alternate(folder) => (
                format!(
                    "the repository borrows objects of `{}`, which does not exist",
                    folder.display()
                ),
                "restore that folder, or pin a clone that is whole".to_owned(),
            ),
        };
        let found = pin.found.take();
        pin.found =
            Some(found.map_or_else(|| reason.clone(), |found| format!("{found}; {reason}")));
        pin.with_hint(Some(hint))
    }
}

impl SourceRepository {
    /// The reason why objects may be absent, if one is known.
    pub fn lack(&self) -> Option<Lack> {
        let repository = self.repository();
        // Alternates may themselves borrow; the first folder that is missing is named.
        let objects = repository.commondir().join("objects");
        let mut folders = loose::alternates(&objects).into_iter();
        if let Some(folder) = folders.find(|folder| !folder.is_dir()) {
            return Some(Lack::Alternate(folder));
        }
        if repository.is_shallow() {
            return Some(Lack::Shallow);
        }
        self.is_partial().then_some(Lack::Partial)
    }

    /// Whether a remote has promised objects that are not here.
    fn is_partial(&self) -> bool {
        let Ok(config) = self.repository().config() else {
            return false;
        };
        let Ok(entries) =
            config.entries(Some(r"^(remote\..*\.promisor|extensions\.partialclone)$"))
        else {
            return false;
        };
        let mut is_partial = false;
        let read = entries.for_each(|_| is_partial = true);
        read.is_ok() && is_partial
    }
}
