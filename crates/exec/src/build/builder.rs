//! [`Builder`]: makes a build, or finds it in the cache.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::error::{BuildError, cache_error};
use super::external_lock_file::{ExternalLockFile, LockFileOverride};
use super::kind::EnvironmentKind;
use super::model::{Build, BuildRecord, CacheStatus, LOCK};
use super::network::BuildNetwork;
use super::requirements::Requirements;
use super::settings::Settings;
use super::step::{BuildLayout, Step, StepKind};
use super::tools::Tools;
use super::{evict, keep, kinds, steps};
use crate::RunContext;
use reprove_files::{
    FileLock, has_no_locks, readable_folder, unlock, wait_for_exclusive, wait_for_shared,
};
use reprove_model::digest::{self, Sha256Digest};
use reprove_model::event::Event;
use reprove_model::manifest::{self, Program};
use reprove_pins::checkout::CheckoutError;
use reprove_pins::fetch::NetworkPolicy;
use reprove_sandbox::{
    DeviceAccess, ExitCause, Launcher, NetworkAccess, ResourceLimits, SandboxPolicy,
    SandboxedCommand, TierRequest, base_environment,
};

/// Version of the kept form; every key changes with it.
const FORMAT: &str = "reprove build 3";

/// Builds experiments.
pub struct Builder<'w> {
    /// Starts the sandbox.
    pub launcher: &'w Launcher,
    /// The folder of built experiments.
    pub cache: &'w Path,
    /// Sandbox tier of build steps.
    pub tier: TierRequest,
    /// Whether anything may be fetched.
    pub network: NetworkPolicy,
    /// Progress observer and cancellation flag.
    pub context: RunContext<'w>,
}

/// Request for a build.
pub struct BuildRequest<'r> {
    /// The program with its environment and commands.
    pub program: &'r Program,
    /// Identity of the files: the tree's id, its folder, whether submodules are in it.
    pub files: Vec<String>,
    /// Writes the files to a folder that does not exist yet.
    pub checkout: &'r dyn Fn(&Path) -> Result<(), CheckoutError>,
    /// The lock file, where it does not come out of the commit.
    pub supplied: Option<ExternalLockFile<'r>>,
}

impl BuildRequest<'_> {
    /// Checks that it can be built, as far as that shows without building: the tools are here, and
    /// the files, which are written to `folder`, are complete and pin what they need.
    ///
    /// # Errors
    /// [`BuildError`] when it cannot be built.
    pub fn inspect(&self, folder: &Path) -> Result<(), BuildError> {
        self.kind()
            .find_tools(self.program, &mut Tools::default())?;
        self.files(&folder.join("checkout")).map(drop)
    }

    fn kind(&self) -> Box<dyn EnvironmentKind + '_> {
        kinds::of(&self.program.environment)
    }

    /// Writes the files to `checkout`, the external lock file among them, and reads the requirements.
    fn files(
        &self,
        checkout: &Path,
    ) -> Result<(Option<LockFileOverride>, Option<Requirements>), BuildError> {
        (self.checkout)(checkout)?;
        let kind = self.kind();
        let Some(lock) = kind.lock_file() else {
            return Ok((None, None));
        };
        let supplied = self.supplied.as_ref();
        let lock_override = supplied.map(|supplied| supplied.put(checkout, lock));
        let lock_override = lock_override.transpose()?;
        let found = checkout.join(lock).symlink_metadata();
        if !found.is_ok_and(|found| found.is_file()) {
            let file = lock.to_path_buf();
            return Err(BuildError::NoLock { file });
        }
        Ok((lock_override, kind.requirements(checkout)?))
    }
}

/// All that the steps of one build share.
struct Workplace<'b> {
    request: &'b BuildRequest<'b>,
    kind: Box<dyn EnvironmentKind + 'b>,
    tools: Tools,
    layout: BuildLayout<'b>,
    /// The build's folder in the cache.
    entry: &'b Path,
}

impl Builder<'_> {
    /// The built experiment: the kept one, or a new one.
    ///
    /// # Errors
    /// [`BuildError`] when it cannot be built.
    pub fn build(&self, request: &BuildRequest<'_>) -> Result<Build, BuildError> {
        let kind = request.kind();
        let mut tools = Tools::default();
        let python = kind.find_tools(request.program, &mut tools)?;
        let entry = std::path::absolute(self.cache.join(key(request, &tools)))
            .map_err(cache_error(self.cache))?;
        for folder in [self.cache, &entry] {
            readable_folder(folder).map_err(|error| cache_error(folder)(error.into()))?;
        }
        let work = entry.join("work");
        let place = Workplace {
            request,
            kind,
            tools,
            layout: BuildLayout {
                work: &work,
                python: python.as_deref(),
            },
            entry: &entry,
        };
        let (record, status, lock) = self.find_or_make(&place)?;
        let mut read_only = vec![place.layout.checkout(), entry.join("tools")];
        // A link, which could show anything, has been refused.
        read_only.extend(
            [place.layout.venv()]
                .into_iter()
                .filter(|path| path.is_dir()),
        );
        read_only.extend(place.tools.read_only.iter().cloned());
        Ok(Build {
            checkout: place.layout.checkout(),
            products: place.kind.products(),
            read_only,
            variables: place.variables(),
            versions: record.versions,
            unpinned: record.unpinned,
            logs: entry.join("logs"),
            lock_override: record.lock_override,
            network: record.network,
            status,
            in_use: Some(Arc::new(lock)),
        })
    }

    /// The record of the build, which is made unless it is there, and the lock on it: shared with
    /// other users, and exclusive while it is made.
    fn find_or_make(
        &self,
        place: &Workplace<'_>,
    ) -> Result<(BuildRecord, CacheStatus, File), BuildError> {
        let path = place.entry.join(LOCK);
        let lock = File::create(&path).map_err(cache_error(&path))?;
        let is_cancelled = || self.context.is_interrupted();
        let mut status = CacheStatus::Reused;
        let complete =
            || keep::load::<BuildRecord>(place.entry).filter(|_| place.layout.are_folders());
        loop {
            if !wait_for_shared(&lock, &is_cancelled).map_err(cache_error(&path))? {
                return Err(BuildError::Interrupted);
            }
            if let Some(record) = complete() {
                evict::touch(&lock).map_err(cache_error(&path))?;
                return Ok((record, status, lock));
            }
            // A lock cannot change from shared to exclusive at once: another process may come in
            // between, which is why the record is looked for again.
            unlock(&lock).map_err(cache_error(&path))?;
            let Some(_making) = self.claim(&lock, &path)? else {
                return Err(BuildError::Interrupted);
            };
            if complete().is_none() {
                self.make(place)?;
                status = CacheStatus::Built;
                for folder in evict::evict_least_recently_used(self.cache) {
                    let note = format!(
                        "removed a build that was not used for long: {}",
                        folder.display()
                    );
                    (self.context.observer)(Event::Note(note));
                }
            }
            unlock(&lock).map_err(cache_error(&path))?;
        }
    }

    /// Waits until no other process uses or makes the build; none when the user interrupted. The lock of
    /// the open file goes with the file or when it is unlocked.
    fn claim(&self, lock: &File, path: &Path) -> Result<Option<Option<FileLock>>, BuildError> {
        let is_cancelled = || self.context.is_interrupted();
        let taken = match wait_for_exclusive(lock, &is_cancelled) {
            Ok(is_taken) => return Ok(is_taken.then_some(None)),
            Err(error) if has_no_locks(&error) => {
                FileLock::take(&path.with_extension("making"), &is_cancelled)
            }
            Err(error) => Err(error),
        };
        Ok(taken.map_err(cache_error(path))?.map(Some))
    }

    /// Makes a build and marks it as complete.
    fn make(&self, place: &Workplace<'_>) -> Result<(), BuildError> {
        let (entry, layout) = (place.entry, place.layout);
        keep::clear(entry).map_err(cache_error(entry))?;
        let checkout = layout.checkout();
        fs::create_dir(layout.work).map_err(cache_error(layout.work))?;
        let (lock_override, requirements) = place.request.files(&checkout)?;
        keep::link_tools(entry, &place.tools).map_err(cache_error(entry))?;
        let lock = place.kind.lock_file().map(|file| checkout.join(file));
        let before = lock.as_deref().map(digest_of);
        let network = self.network(place.request.program);
        let versions = self.run_steps(place, requirements.as_ref(), network)?;
        if let (Some(lock), Some(before)) = (lock, before)
            && (before.is_none() || digest_of(&lock) != before)
        {
            let file = lock.strip_prefix(&checkout).unwrap_or(&lock).to_path_buf();
            return Err(BuildError::LockChanged { file });
        }
        for temporary in [
            layout.cargo_home(),
            layout.uv_cache(),
            layout.work.join(".tmp"),
        ] {
            keep::remove_tree(&temporary).map_err(cache_error(&temporary))?;
        }
        let bytes = keep::make_read_only(layout.work).map_err(cache_error(layout.work))?;
        let record = BuildRecord {
            versions,
            unpinned: requirements.map(|found| found.unpinned).unwrap_or_default(),
            lock_override,
            network: Some(network),
            bytes,
        };
        keep::store(entry, &record).map_err(cache_error(entry))
    }

    /// Runs all steps; gives the versions of the tools and of what they installed.
    fn run_steps(
        &self,
        place: &Workplace<'_>,
        requirements: Option<&Requirements>,
        network: NetworkAccess,
    ) -> Result<BTreeMap<String, String>, BuildError> {
        let mut versions = place.tools.versions.clone();
        let steps = steps::steps(
            place.request.program,
            &*place.kind,
            place.layout,
            requirements,
        );
        for (number, step) in steps.iter().enumerate() {
            let stdout = self.step(place, step, number, network)?;
            if !place.layout.are_folders() {
                return Err(BuildError::Replaced {
                    step: step.arguments.join(" "),
                });
            }
            if step.kind == StepKind::Lists {
                versions.extend(listed(&fs::read_to_string(&stdout).unwrap_or_default()));
            }
        }
        Ok(versions)
    }

    /// Runs one step in the sandbox; gives the file with its standard output.
    fn step(
        &self,
        place: &Workplace<'_>,
        step: &Step,
        number: usize,
        network: NetworkAccess,
    ) -> Result<PathBuf, BuildError> {
        if self.context.is_interrupted() {
            return Err(BuildError::Interrupted);
        }
        let words = step.arguments.join(" ");
        (self.context.observer)(Event::Note(format!("building: {words}")));
        let logs = place.entry.join("logs").join(number.to_string());
        fs::create_dir_all(&logs).map_err(cache_error(&logs))?;
        let policy = self.policy(place, step, logs, network)?;
        let command = SandboxedCommand {
            arguments: step.arguments.clone(),
            directory: place.layout.checkout().join(&step.directory),
        };
        let finished = self
            .launcher
            .run(&policy, &command, self.context.interrupted)?;
        if finished.end == ExitCause::Exited(0) {
            return Ok(finished.stdout);
        }
        Err(BuildError::of_step(words, &finished))
    }

    /// Whether steps may fetch.
    fn is_open(&self, program: &Program) -> bool {
        self.network == NetworkPolicy::Network && program.network != manifest::Network::Never
    }

    /// The network of all steps.
    fn network(&self, program: &Program) -> NetworkAccess {
        if !self.is_open(program) {
            return NetworkAccess::Loopback;
        }
        BuildNetwork::choose(self.launcher, self.tier).access()
    }

    fn policy(
        &self,
        place: &Workplace<'_>,
        step: &Step,
        logs: PathBuf,
        network: NetworkAccess,
    ) -> Result<SandboxPolicy, BuildError> {
        let program = place.request.program;
        let is_open = self.is_open(program);
        let mut environment = base_environment(1);
        environment.extend(place.variables());
        let mut read_only = place.tools.read_only.clone();
        read_only.push(place.entry.join("tools"));
        if step.kind == StepKind::Provides && is_open {
            let settings = Settings::of_user();
            place.kind.apply_settings(&settings, place.layout)?;
            read_only.extend(settings.read_only);
            environment.extend(settings.variables);
        }
        if step.kind == StepKind::Builds || !is_open {
            environment.insert("CARGO_NET_OFFLINE".into(), "true".into());
        }
        Ok(SandboxPolicy {
            tier: self.tier,
            read_only,
            work: place.layout.work.to_path_buf(),
            logs,
            network,
            devices: DeviceAccess::None,
            limits: limits(program),
            environment,
        })
    }
}

impl Workplace<'_> {
    /// Variables of steps and of runs.
    fn variables(&self) -> BTreeMap<String, String> {
        let own = self.kind.program_folder(self.layout).into_iter();
        let own = own.chain([self.entry.join("tools")]);
        let folders = own.chain(self.tools.folders.iter().cloned());
        let mut path: Vec<String> = folders.map(|folder| folder.display().to_string()).collect();
        path.push(base_environment(1).remove("PATH").unwrap_or_default());
        let stated = self.kind.variables(self.layout).into_iter();
        let stated = stated.map(|(name, value)| (name.to_owned(), value));
        stated
            .chain([("PATH".to_owned(), path.join(":"))])
            .collect()
    }
}

/// Limits of a build, all its processes together: an hour, 32 GiB of output, 1024 processes
/// and 16 GiB of memory, or what the manifest gives a run where that is more.
fn limits(program: &Program) -> ResourceLimits {
    let memory = program.limits.memory.map_or(0, |size| size.0);
    ResourceLimits {
        time: Duration::from_secs(3600),
        memory: memory.max(16 << 30),
        processes: 1024,
        output: 32 << 30,
        ..ResourceLimits::default()
    }
}

/// The digest of all that determines a build.
fn key(request: &BuildRequest<'_>, tools: &Tools) -> String {
    let program = request.program;
    let platform = (std::env::consts::OS, std::env::consts::ARCH);
    let text = format!(
        "{FORMAT}\n{:?}\n{platform:?}\n{:?}\n{:?}\n{:?}\n{tools:?}\n",
        request.files, program.environment, program.build, program.network
    );
    Sha256Digest::of(text.as_bytes()).to_string()
}

/// The digest of a lock file, unless it is no regular file: reading a pipe would never end.
fn digest_of(lock: &Path) -> Option<Sha256Digest> {
    Some(digest::file(lock).ok()?.digest)
}

/// Names and versions out of the output of `pip freeze`.
fn listed(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once("=="));
    pairs
        .map(|(name, version)| (name.trim().to_owned(), version.trim().to_owned()))
        .collect()
}
