//! All pins of a manifest, checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::cache::DigestCache;
use super::compute_capability::ComputeCapability;
use super::data::{self, DataEntry, HashPolicy};
use super::environment::ObservedEnvironment;
use super::export::Export;
use super::fetch::{Fetcher, NetworkPolicy, OpenError};
use super::names::shown;
use super::requirement::{self, MachineRequirements};
use super::source::{Location, PinnedCommit, SourceError, SourceRepository};
use super::tree::TreeLimits;
use super::{Pin, PinKind, work_tree};
use indexmap::IndexMap;
use reprove_model::manifest::{
    ByteSize, Code, CommitId, Data, Device, Manifest, Origin, Submodules,
};

/// How pins are checked.
#[derive(Debug, Clone)]
pub struct PinOptions {
    /// Where data are looked for by file name when they are not where the manifest says.
    pub data_dir: Option<PathBuf>,
    /// Whether a remembered digest may stand for a file that looks unchanged.
    pub trust: HashPolicy,
    /// Whether a repository elsewhere may be fetched.
    pub reach: NetworkPolicy,
    /// A clone on this machine that the commit is taken from instead of from where the manifest
    /// says. What is run stays the same: the commit's id pins every byte.
    pub clone: Option<PathBuf>,
}

/// What checking the pins found.
pub struct Checked {
    /// Every pin, in the order commit, tree, data, hardware.
    pub pins: Vec<Pin>,
    /// The repository, when it could be opened.
    pub source: Option<SourceRepository>,
    /// The reason why it could not; the pin of the commit says it too.
    pub open_error: Option<OpenError>,
    /// What the commit's tree consists of, when it is there and harmless.
    pub export: Option<Export>,
    /// The id of the commit's tree, 40 hexadecimal digits.
    pub tree_id: Option<String>,
    /// Where each data entry is, by its name.
    pub files: BTreeMap<String, PathBuf>,
    /// The machine.
    pub environment: ObservedEnvironment,
}

impl Checked {
    /// Whether every pin holds.
    pub fn all_hold(&self) -> bool {
        self.pins.iter().all(Pin::is_held)
    }

    /// The pinned commit, where it is there.
    pub fn commit(&self, manifest: &Manifest) -> Option<PinnedCommit<'_>> {
        self.source.as_ref()?.commit(&manifest.code.commit).ok()
    }

    /// What the commit names without having it, one sentence each: submodules that the manifest leaves
    /// out, Git LFS pointers, files kept by git-annex.
    pub fn absent_content(&self, manifest: &Manifest) -> Vec<String> {
        let Some(export) = &self.export else {
            return Vec::new();
        };
        let left_out = manifest.code.submodules == Submodules::LeftOut;
        let submodules = export.submodules.iter().filter(|_| left_out).map(|module| {
            format!(
                "`{}` is a submodule (commit {}) that is left out: its folder is empty; `submodules: true` under `code` brings it",
                shown(&module.path),
                module.commit
            )
        });
        let pointers = export.lfs_pointers.iter().map(|pointer| {
            format!(
                "`{}` is a Git LFS pointer: its content is not in the commit",
                shown(&pointer.path)
            )
        });
        let annex = export.annex_links.iter().map(|link| {
            format!(
                "`{}` is kept by git-annex: its content is not in the commit",
                shown(link)
            )
        });
        submodules.chain(pointers).chain(annex).collect()
    }
}

/// Checks every pin of the manifest; what does not hold is in the pins, never an error.
///
/// ```
/// use std::path::Path;
///
/// use reprove_model::manifest;
/// use reprove_pins::check::{PinOptions, check};
/// use reprove_pins::data::HashPolicy;
/// use reprove_pins::fetch::NetworkPolicy;
///
/// let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
/// let manifest = manifest::read(&root.join("manifests/sonar.yaml"))?;
/// let options = PinOptions {
///     data_dir: None,
///     trust: HashPolicy::Paranoid,
///     reach: NetworkPolicy::CacheOnly,
///     clone: None,
/// };
/// let checked = check(&manifest, manifest.hardware.device, &options);
/// assert!(checked.all_hold());
/// assert_eq!(checked.pins[0].name, manifest.code.repository.to_string());
/// # Ok::<(), reprove_model::manifest::ManifestError>(())
/// ```
pub fn check(manifest: &Manifest, device: Device, options: &PinOptions) -> Checked {
    let code = Some(&manifest.code);
    let mut checked = check_parts(&manifest.file, code, &manifest.data, options);
    let gpu = match device {
        Device::Cuda(ordinal) => ordinal,
        Device::Cpu | Device::Metal => 0,
    };
    checked.pins.extend(requirement::check(
        &requirements(manifest),
        &checked.environment,
        gpu,
    ));
    checked
}

/// Checks the pins of those parts of the manifest in `file` that are right: of the code, where it is, and of
/// these data.
pub fn check_parts(
    file: &Path,
    stated: Option<&Code>,
    data: &IndexMap<String, Data>,
    options: &PinOptions,
) -> Checked {
    let mut pins = Vec::new();
    let code = stated.map(|stated| code(file, stated, options, &mut pins));
    let code = code.unwrap_or_default();
    let origins = data.iter().map(|(name, data)| (name, &data.origin));
    let files = locate(origins, options.data_dir.as_deref());
    let entries: Vec<DataEntry> = data
        .iter()
        .map(|(name, data)| DataEntry {
            name: name.clone(),
            path: files[name].clone(),
            bytes: data.bytes,
            sha256: data.sha256,
        })
        .collect();
    pins.extend(data::check_all(
        &entries,
        DigestCache::of_user().as_ref(),
        options.trust,
    ));
    Checked {
        pins,
        source: code.source,
        open_error: code.open_error,
        export: code.export,
        tree_id: code.tree_id,
        files,
        environment: ObservedEnvironment::observe(),
    }
}

/// What checking the pins of the code found, besides the pins.
#[derive(Default)]
struct CheckedCode {
    source: Option<SourceRepository>,
    open_error: Option<OpenError>,
    export: Option<Export>,
    tree_id: Option<String>,
}

fn code(file: &Path, code: &Code, options: &PinOptions, pins: &mut Vec<Pin>) -> CheckedCode {
    let (name, id) = (code.repository.to_string(), &code.commit);
    let opened = match &options.clone {
        Some(clone) => {
            SourceRepository::open(&Location::Local(clone.clone())).map_err(OpenError::from)
        }
        None => open(&code.repository, id, options.reach),
    };
    let source = match opened {
        Ok(source) => source,
        Err(error) => {
            pins.push(error.pin(&name, id));
            return CheckedCode {
                open_error: Some(error),
                ..CheckedCode::default()
            };
        }
    };
    let commit = match source.commit(id) {
        Ok(commit) => commit,
        Err(error) => {
            pins.push(source.pin_of(&name, id, &error));
            return CheckedCode::default();
        }
    };
    pins.push(Pin::holds(PinKind::Commit, &name, id));
    let tree_id = commit.tree_id();
    let directory = Some(code.directory.as_path()).filter(|folder| *folder != Path::new("."));
    let export = match commit.list(directory, TreeLimits::default()) {
        Ok(entries) => {
            pins.push(Pin::holds(PinKind::Tree, &name, format!("tree {tree_id}")));
            Some(Export::of(&entries))
        }
        Err(error) => {
            let pin = error.pin(&name, format!("tree {tree_id}"));
            pins.push(match (error.is_absent(), source.lack()) {
                (true, Some(lack)) => lack.told(pin),
                (true, None) | (false, _) => pin,
            });
            None
        }
    };
    if let Some(folder) = source.work_tree_at(id) {
        let changes = work_tree::changes(&source, &commit, folder);
        // The manifest is read as it is, and its digest stands in the report: pinning it changes it.
        let manifest = file.canonicalize().ok();
        let is_manifest = |pin: &Pin| {
            manifest.is_some() && folder.join(&pin.name).canonicalize().ok() == manifest
        };
        pins.extend(changes.into_iter().filter(|pin| !is_manifest(pin)));
    }
    drop(commit);
    CheckedCode {
        source: Some(source),
        open_error: None,
        export,
        tree_id: Some(tree_id),
    }
}

/// The repository: in place where it is on this machine, else from the cache of fetched ones.
///
/// # Errors
/// A repository that is not there, cannot be read or fetched.
pub fn open(
    origin: &Origin,
    commit: &CommitId,
    reach: NetworkPolicy,
) -> Result<SourceRepository, OpenError> {
    let location = location(origin)?;
    match location {
        Location::Local(_) => Ok(SourceRepository::open(&location)?),
        Location::Remote(_) => Fetcher::of_user(reach)?.open(&location, commit),
    }
}

/// Where the manifest says that the repository is.
///
/// # Errors
/// [`SourceError::Scheme`] for a URL that is none of https, ssh or file.
pub fn location(origin: &Origin) -> Result<Location, SourceError> {
    match origin {
        Origin::Path(path) => Ok(Location::Local(path.clone())),
        Origin::Url(url) => Location::read(url, Path::new("")),
    }
}

/// Where each data entry is: as the manifest says, or by its file name in `data_dir`.
pub fn locate<'m>(
    data: impl IntoIterator<Item = (&'m String, &'m Origin)>,
    data_dir: Option<&Path>,
) -> BTreeMap<String, PathBuf> {
    let mut files = BTreeMap::new();
    for (name, origin) in data {
        let (stated, file_name) = match origin {
            Origin::Path(path) => (Some(path.clone()), path.file_name().map(PathBuf::from)),
            Origin::Url(url) => {
                let path = url.split(['?', '#']).next().unwrap_or(url);
                (
                    None,
                    path.rsplit('/')
                        .next()
                        .filter(|last| !last.is_empty())
                        .map(PathBuf::from),
                )
            }
        };
        let elsewhere = data_dir
            .zip(file_name)
            .map(|(folder, file)| folder.join(file));
        let found = match (stated, elsewhere) {
            (Some(stated), Some(elsewhere)) if !stated.exists() => elsewhere,
            (Some(stated), _) => stated,
            (None, Some(elsewhere)) => elsewhere,
            (None, None) => PathBuf::from(name),
        };
        files.insert(name.clone(), found);
    }
    files
}

fn requirements(manifest: &Manifest) -> MachineRequirements {
    let require = &manifest.hardware.require;
    MachineRequirements {
        gpu_memory: require.gpu_memory.map(|size| ByteSize(size.0)),
        compute_capability: require
            .compute_capability
            .map(|(major, minor)| ComputeCapability { major, minor }),
        memory: require.memory.map(|size| ByteSize(size.0)),
        cpu_features: require.cpu_features.clone(),
    }
}
