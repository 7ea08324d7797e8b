//! The evidence bundle: all that a verification rests on, in a folder that others can check.
//!
//! [`Bundle`] holds what a verification saw and stated, [`contents()`] writes that as files, [`seal`]
//! adds the hash list, the hash chain and the signature, and [`audit()`] goes the other way: it checks
//! hashes, chain and signature and then derives every metric, statistic and verdict again.
//!
//! | file | what it is |
//! |---|---|
//! | `bundle.json` | the version of this layout, the declared time, what the command line chose |
//! | `manifest.yaml`, `values/N.csv` | the manifest, byte for byte, and the reported values it reads |
//! | `pins.json`, `environment.json` | the source tree's id and the data's digests as checked; the machine |
//! | `runs.jsonl` | one line a run with its metrics, the lines they were read from, its files' digests |
//! | `runs/CONFIGURATION/SEED/` | what a program wrote: `stdout.log`, `stderr.log`, metric files in `out/` |
//! | `logs/` | the last lines of the logs of failed runs of which nothing else was kept |
//! | `statistics.json` | what was fixed before any run: target, level and seed of each claim |
//! | `report.json`, `report.html` | the report; the page links to the files of each run |
//! | `statement.json` | in-toto statement v1, predicate test-result v0.1, of the pinned commit |
//! | `ro-crate-metadata.json` | RO-Crate 1.1, profile Process Run Crate 0.5 |
//! | `CHAIN` | the hash chain, see [`list`] |
//! | `SHA256SUMS` | the hash list over all of the above, for `sha256sum -c` |
//! | `SHA256SUMS.sig` | the OpenSSH signature of the list, when there is one |

pub mod audit;
pub mod contents;
mod crate_metadata;
pub mod derive;
mod difference;
mod facts;
mod finding;
mod folder;
mod inputs;
pub mod list;
pub mod metadata;
pub mod output;
mod place;
mod reread;
pub mod sign;
pub mod signers;
mod statement;
mod time;
pub mod values;
pub mod write;

pub use audit::{Audit, AuditError, audit};
pub use contents::{Bundle, ContentsError, contents, seal};
pub use metadata::BundleMetadata;
pub use sign::{SignError, Signer};
pub use write::{Verification, WriteError, check_target, write};

use std::collections::BTreeMap;

/// The version of the layout that this crate writes; the report in a bundle has a version of its own.
pub const EVIDENCE_VERSION: u32 = 1;

/// The namespace of the signature, as `ssh-keygen -Y verify -n` takes it.
pub const NAMESPACE: &str = "reprove";

/// The files of a bundle by their paths, whose parts are separated by `/`.
pub type Files = BTreeMap<String, Vec<u8>>;
