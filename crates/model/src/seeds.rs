//! The seeds of a manifest: stated one by one, or derived so that nobody chose them.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::digest::Sha256Digest;
use crate::manifest::CommitId;

/// The seed of a run: any number from 0 to 2⁶⁴ − 1. In JSON it is that number.
///
/// Seeds of the bootstrap and of a data order are not of this type.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct RunSeed(pub u64);

impl fmt::Display for RunSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The seeds of a manifest, in the order of their use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seeds {
    /// The seeds that the manifest states as a range or a list; unique, at least one.
    Stated(Vec<RunSeed>),
    /// The number of seeds that are derived, at least one: see `derive`.
    Derived(u32),
}

impl Seeds {
    /// The number of seeds, at least 1.
    pub fn count(&self) -> usize {
        match self {
            Self::Stated(list) => list.len(),
            Self::Derived(count) => *count as usize,
        }
    }

    /// Whether somebody may have picked the seeds one by one: a stated list of more than one seed that
    /// are not consecutive numbers, in whatever order.
    ///
    /// ```
    /// use reprove_model::seeds::{RunSeed, Seeds};
    ///
    /// let stated = |list: &[u64]| Seeds::Stated(list.iter().copied().map(RunSeed).collect());
    /// assert!(!stated(&[3, 1, 2]).are_chosen());
    /// assert!(stated(&[1, 2, 42]).are_chosen());
    /// assert!(!Seeds::Derived(10).are_chosen());
    /// ```
    pub fn are_chosen(&self) -> bool {
        match self {
            Self::Stated(list) => !are_consecutive(list),
            Self::Derived(_) => false,
        }
    }

    /// The same of the seeds that are not among `published`: those that a verdict can rest on.
    pub fn fresh_are_chosen(&self, published: &[RunSeed]) -> bool {
        match self {
            Self::Stated(list) if self.are_chosen() => {
                let is_fresh = |seed: &&RunSeed| !published.contains(seed);
                let fresh: Vec<RunSeed> = list.iter().filter(is_fresh).copied().collect();
                !are_consecutive(&fresh)
            }
            Self::Stated(_) | Self::Derived(_) => false,
        }
    }
}

/// Whether distinct seeds are consecutive numbers, in whatever order; none and one are.
fn are_consecutive(list: &[RunSeed]) -> bool {
    let ends = list.iter().min().zip(list.iter().max());
    ends.is_none_or(|(least, most)| most.0 - least.0 == list.len() as u64 - 1)
}

/// A seed that a program sets by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeedCall {
    /// Its place: a file of the commit and a line, as `train.py:3`, or a key of the manifest.
    pub place: String,
    /// The text there, cut where it is long.
    pub text: String,
}

/// The source of the seeds of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeedSource {
    /// The manifest states them.
    Stated,
    /// They are derived from the commit, the experiment and this nonce; `None` is the empty nonce, for
    /// which the manifest's author could know the seeds beforehand.
    Derived {
        /// The nonce given when the seeds were derived.
        nonce: Option<String>,
    },
}

/// The exclusive upper bound of derived seeds: they fit the signed 32-bit seeds of most programs.
const BOUND: u32 = 1 << 31;

/// Derives `count` distinct seeds below 2³¹ from the commit, the digest of the experiment and a nonce.
///
/// For i = 0, 1, … the candidate is the first 4 bytes, big-endian, without the highest bit, of the
/// SHA-256 of the text `reprove seeds 1\n<commit>\n<experiment>\n<bytes of the nonce>\n<nonce>\n<i>`;
/// a candidate that is in the list already is skipped. A shorter list is the beginning of a longer one.
///
/// ```
/// use reprove_model::{digest::Sha256Digest, seeds::derive};
///
/// let commit = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
/// let experiment = Sha256Digest::of(b"experiment");
/// let seeds = derive(&commit, &experiment, "4f2a", 30);
/// assert_eq!(seeds[..10], derive(&commit, &experiment, "4f2a", 10));
/// assert_ne!(seeds, derive(&commit, &experiment, "4f2b", 30));
/// ```
pub fn derive(
    commit: &CommitId,
    experiment: &Sha256Digest,
    nonce: &str,
    count: usize,
) -> Vec<RunSeed> {
    let head = format!(
        "reprove seeds 1\n{commit}\n{experiment}\n{}\n{nonce}\n",
        nonce.len()
    );
    let head = Sha256::new().chain_update(head);
    let mut taken = BTreeSet::new();
    let candidates = (0_u64..).map(|index| {
        let digest = head.clone().chain_update(index.to_string()).finalize();
        let word = [digest[0], digest[1], digest[2], digest[3]];
        RunSeed(u64::from(u32::from_be_bytes(word) % BOUND))
    });
    candidates
        .filter(|seed| taken.insert(*seed))
        .take(count)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with Python:
    /// `int.from_bytes(hashlib.sha256(f"reprove seeds 1\n{c}\n{e}\n{len(n)}\n{n}\n{i}".encode()).digest()[:4], "big") & 0x7fffffff`.
    #[test]
    fn seeds_are_those_of_the_documented_formula() {
        let commit = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
        let experiment = Sha256Digest::of(b"experiment");
        let seeds = derive(&commit, &experiment, "4f2a", 3);
        assert_eq!(seeds, [308623625, 30168671, 359764002].map(RunSeed));
        let many = derive(&commit, &experiment, "", 10_000);
        let distinct: BTreeSet<_> = many.iter().collect();
        assert_eq!(distinct.len(), 10_000);
        assert!(many.iter().all(|seed| seed.0 < u64::from(BOUND)));
    }
}
