//! The paper's program, built in a fresh checkout behind the walls of the sandbox, and kept.
//!
//! What determines a build is its key: the tree, the commands, the lock file (which is in the
//! tree), the versions of the tools, the platform. A build is made in the very folder that it stays
//! in, for environments hold absolute paths; the file that says it is complete is written last, so
//! that an interrupted one is never taken for whole. Runs see it read-only. Whoever uses a build
//! holds a lock on it; of those that nobody uses, the ones not wanted for longest are removed when a
//! new one is made and there are too many (see [`evict`]).

mod error;
mod evict;
mod external_lock_file;
mod keep;
mod requirements;
mod settings;
mod steps;
mod toolchain;
mod tools;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use error::{BuildError, BuildFailureKind};
pub use external_lock_file::{ExternalLockFile, LockFileOverride};
pub use requirements::{Hashes, Requirements, RequirementsError, UnpinnedRequirement};
pub use settings::Settings;
pub use toolchain::{ToolchainMismatch, toolchain_mismatches};
pub use tools::Tools;

use super::RunContext;
use reprove_model::digest::{self, Sha256Digest};
use reprove_model::event::Event;
use reprove_model::manifest::{self, Environment, Program, Unpinned};
use reprove_pins::checkout::CheckoutError;
use reprove_pins::fetch::NetworkPolicy;
use reprove_sandbox::{
    DeviceAccess, ExitCause, Launcher, NetworkAccess, ResourceLimits, SandboxPolicy,
    SandboxedCommand, TierRequest, base_environment,
};
use steps::{Kind, Places, Step};

/// What is kept changes its form with this number, and so does every key.
const FORMAT: &str = "reprove build 2";

/// Builds experiments.
pub struct Builder<'w> {
    /// Starts the sandbox.
    pub launcher: &'w Launcher,
    /// The folder of built experiments.
    pub cache: &'w Path,
    /// How tightly build steps are held.
    pub tier: TierRequest,
    /// Whether anything may be fetched.
    pub reach: NetworkPolicy,
    /// Who is told, and who interrupts.
    pub watch: RunContext<'w>,
}

/// What is built.
pub struct BuildRequest<'o> {
    /// The program with its environment and commands.
    pub program: &'o Program,
    /// What names the files: the tree's id, its folder, whether submodules are in it.
    pub files: Vec<String>,
    /// Writes the files to a folder that does not exist yet.
    pub checkout: &'o dyn Fn(&Path) -> Result<(), CheckoutError>,
    /// The lock file, where it does not come out of the commit.
    pub supplied: Option<ExternalLockFile<'o>>,
}

impl BuildRequest<'_> {
    /// Looks whether it can be built, as far as that shows without building: the tools are here, and
    /// the files, which `folder` gets, are complete and pin what they need.
    ///
    /// # Errors
    /// [`BuildError`] when it cannot be built.
    pub fn inspect(&self, folder: &Path) -> Result<(), BuildError> {
        tools(self.program)?;
        self.files(&folder.join("checkout")).map(drop)
    }

    /// Writes the files to `checkout`, the supplied lock file among them, and looks into that of pip.
    fn files(
        &self,
        checkout: &Path,
    ) -> Result<(Option<LockFileOverride>, Option<Requirements>), BuildError> {
        (self.checkout)(checkout)?;
        let environment = &self.program.environment;
        let took = match (&self.supplied, lock_of(environment)) {
            (Some(supplied), Some(file)) => Some(supplied.put(checkout, file)?),
            _ => None,
        };
        Ok((took, requirements_of(environment, checkout)?))
    }
}

/// An experiment that is built.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Build {
    /// Its files as the build left them.
    pub checkout: PathBuf,
    /// Folders of the checkout that only the build writes to, relative to it.
    pub products: Vec<PathBuf>,
    /// What runs must be shown, the checkout included.
    pub read_only: Vec<PathBuf>,
    /// Variables that runs need.
    pub variables: BTreeMap<String, String>,
    /// Versions of the tools and of what was installed.
    pub versions: BTreeMap<String, String>,
    /// Requirements without an exact version, accepted by the manifest.
    pub loose: Vec<UnpinnedRequirement>,
    /// The logs of its steps, a folder each.
    pub logs: PathBuf,
    /// What a supplied lock file took the place of; nothing where none was supplied.
    pub took: Option<LockFileOverride>,
    /// Whether it was built now.
    pub made: CacheStatus,
    /// Keeps the build from being removed while this value lives; nothing where it was only
    /// described.
    #[serde(skip)]
    in_use: Option<Arc<File>>,
}

impl Build {
    /// The same build, held by this process too.
    ///
    /// # Errors
    /// What the system says when the build is not here.
    pub fn held(mut self) -> io::Result<Self> {
        let lock = File::open(self.logs.with_file_name(evict::LOCK))?;
        lock.lock_shared()?;
        self.in_use = Some(Arc::new(lock));
        Ok(self)
    }
}

/// When a build was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheStatus {
    /// Now.
    Built,
    /// By an earlier verification.
    Reused,
}

/// What is kept of a complete build beside its files.
#[derive(Debug, Serialize, Deserialize)]
struct BuildRecord {
    versions: BTreeMap<String, String>,
    loose: Vec<(PathBuf, usize, String)>,
    took: Option<LockFileOverride>,
    /// What it takes of the disk.
    bytes: u64,
}

impl Builder<'_> {
    /// The built experiment: the kept one, or a new one.
    ///
    /// # Errors
    /// [`BuildError`] when it cannot be built.
    pub fn build(&self, order: &BuildRequest<'_>) -> Result<Build, BuildError> {
        let (tools, python) = tools(order.program)?;
        let entry = std::path::absolute(self.cache.join(key(order, &tools)))
            .map_err(cache_error(self.cache))?;
        fs::create_dir_all(&entry).map_err(cache_error(&entry))?;
        let work = entry.join("work");
        let places = Places {
            work: &work,
            python: python.as_deref(),
        };
        let (kept, made, in_use) = self.kept_or_made(order, &tools, places, &entry)?;
        let mut read_only = vec![places.checkout(), entry.join("tools")];
        // A link, which could show anything, has been refused.
        read_only.extend([places.venv()].into_iter().filter(|path| path.is_dir()));
        read_only.extend(tools.read_only.iter().cloned());
        let loose = kept
            .loose
            .into_iter()
            .map(|(file, line, text)| UnpinnedRequirement { file, line, text });
        Ok(Build {
            checkout: places.checkout(),
            products: products(&order.program.environment),
            read_only,
            variables: self.variables(order.program, &tools, places, &entry),
            versions: kept.versions,
            loose: loose.collect(),
            logs: entry.join("logs"),
            took: kept.took,
            made,
            in_use: Some(Arc::new(in_use)),
        })
    }

    /// What is kept of the build, made unless it is there, and the hold on it: shared with others
    /// who use it, and ours alone while it is made.
    fn kept_or_made(
        &self,
        order: &BuildRequest<'_>,
        tools: &Tools,
        places: Places<'_>,
        entry: &Path,
    ) -> Result<(BuildRecord, CacheStatus, File), BuildError> {
        let path = entry.join(evict::LOCK);
        let lock = File::create(&path).map_err(cache_error(&path))?;
        let mut made = CacheStatus::Reused;
        let whole = || keep::load::<BuildRecord>(entry).filter(|_| places.are_folders());
        loop {
            lock.lock_shared().map_err(cache_error(&path))?;
            if let Some(kept) = whole() {
                evict::touch(&lock).map_err(cache_error(&path))?;
                return Ok((kept, made, lock));
            }
            // A hold cannot be changed from shared to sole at once: another may come in between,
            // which is why it is looked again.
            lock.unlock().map_err(cache_error(&path))?;
            lock.lock().map_err(cache_error(&path))?;
            if whole().is_none() {
                self.make(order, tools, places, entry)?;
                made = CacheStatus::Built;
                for gone in evict::make_room(self.cache) {
                    let note = format!(
                        "removed a build that was not used for long: {}",
                        gone.display()
                    );
                    (self.watch.observer)(Event::Note(note));
                }
            }
            lock.unlock().map_err(cache_error(&path))?;
        }
    }

    /// Makes a build and marks it as complete.
    fn make(
        &self,
        order: &BuildRequest<'_>,
        tools: &Tools,
        places: Places<'_>,
        entry: &Path,
    ) -> Result<(), BuildError> {
        keep::clear(entry).map_err(cache_error(entry))?;
        let checkout = places.checkout();
        fs::create_dir(places.work).map_err(cache_error(places.work))?;
        let (took, requirements) = order.files(&checkout)?;
        keep::link_tools(entry, tools).map_err(cache_error(entry))?;
        let lock = lock_of(&order.program.environment).map(|file| checkout.join(file));
        let before = lock.as_deref().map(digest_of);
        let mut versions = tools.versions.clone();
        for (number, step) in steps::steps(order.program, places, requirements.as_ref())
            .iter()
            .enumerate()
        {
            let stdout = self.step(order.program, step, number, tools, places, entry)?;
            if !places.are_folders() {
                return Err(BuildError::Replaced {
                    step: step.arguments.join(" "),
                });
            }
            if step.kind == Kind::Lists {
                versions.extend(listed(&fs::read_to_string(&stdout).unwrap_or_default()));
            }
        }
        if let (Some(lock), Some(before)) = (lock, before)
            && (before.is_none() || digest_of(&lock) != before)
        {
            let file = lock.strip_prefix(&checkout).unwrap_or(&lock).to_path_buf();
            return Err(BuildError::LockChanged { file });
        }
        for leftover in [
            places.cargo(),
            places.work.join("uv-cache"),
            places.work.join(".tmp"),
        ] {
            keep::discard(&leftover).map_err(cache_error(&leftover))?;
        }
        let bytes = keep::settle(places.work).map_err(cache_error(places.work))?;
        let loose = requirements.map(|found| found.loose).unwrap_or_default();
        let kept = BuildRecord {
            versions,
            loose: loose
                .into_iter()
                .map(|loose| (loose.file, loose.line, loose.text))
                .collect(),
            took,
            bytes,
        };
        keep::store(entry, &kept).map_err(cache_error(entry))
    }

    /// Runs one step in the sandbox; gives the file with its standard output.
    fn step(
        &self,
        program: &Program,
        step: &Step,
        number: usize,
        tools: &Tools,
        places: Places<'_>,
        entry: &Path,
    ) -> Result<PathBuf, BuildError> {
        if self.watch.interrupted.load(Ordering::Relaxed) {
            return Err(BuildError::Interrupted);
        }
        let words = step.arguments.join(" ");
        (self.watch.observer)(Event::Note(format!("building: {words}")));
        let logs = entry.join("logs").join(number.to_string());
        fs::create_dir_all(&logs).map_err(cache_error(&logs))?;
        let policy = self.policy(program, step, tools, places, entry, logs)?;
        let command = SandboxedCommand {
            arguments: step.arguments.clone(),
            directory: places.checkout().join(&step.directory),
        };
        let finished = self
            .launcher
            .run(&policy, &command, self.watch.interrupted)?;
        match finished.end {
            ExitCause::Exited(0) => Ok(finished.stdout),
            _ => Err(BuildError::of_step(words, &finished)),
        }
    }

    fn policy(
        &self,
        program: &Program,
        step: &Step,
        tools: &Tools,
        places: Places<'_>,
        entry: &Path,
        logs: PathBuf,
    ) -> Result<SandboxPolicy, BuildError> {
        let is_open =
            self.reach == NetworkPolicy::Network && program.network != manifest::Network::Never;
        let mut environment = base_environment(1);
        environment.extend(self.variables(program, tools, places, entry));
        let mut read_only = tools.read_only.clone();
        read_only.push(entry.join("tools"));
        if step.kind == Kind::Provides && is_open {
            let settings = Settings::of_user();
            read_only.extend(settings.read_only);
            environment.extend(settings.variables);
            if let (Environment::Cargo(_), Some(file)) = (&program.environment, settings.cargo) {
                let home = places.cargo();
                let copied = fs::create_dir_all(&home)
                    .and_then(|()| fs::copy(&file, home.join("config.toml")));
                copied.map_err(cache_error(&file))?;
            }
        }
        if step.kind == Kind::Builds || !is_open {
            environment.insert("CARGO_NET_OFFLINE".into(), "true".into());
        }
        Ok(SandboxPolicy {
            tier: self.tier,
            read_only,
            work: places.work.to_path_buf(),
            logs,
            network: if is_open {
                NetworkAccess::Full
            } else {
                NetworkAccess::Loopback
            },
            devices: DeviceAccess::None,
            limits: limits(program),
            environment,
        })
    }

    /// Variables of steps and of runs.
    fn variables(
        &self,
        program: &Program,
        tools: &Tools,
        places: Places<'_>,
        entry: &Path,
    ) -> BTreeMap<String, String> {
        let mut variables = steps::variables(&program.environment, places);
        let system = base_environment(1).remove("PATH").unwrap_or_default();
        let venv = matches!(
            program.environment,
            Environment::Pip(..) | Environment::Uv(_)
        )
        .then(|| places.venv().join("bin"));
        let own = venv
            .into_iter()
            .chain([entry.join("tools")])
            .chain(tools.folders.iter().cloned());
        let mut path: Vec<String> = own.map(|folder| folder.display().to_string()).collect();
        path.push(system);
        variables.insert("PATH".into(), path.join(":"));
        variables
    }
}

/// What a build may use up, all its processes together: an hour, 32 GiB of output, 1024 processes
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

/// The tools that a program's environment, build and run call by name, and the Python interpreter.
fn tools(program: &Program) -> Result<(Tools, Option<PathBuf>), BuildError> {
    let mut tools = Tools::default();
    let missing = |name: &str| BuildError::NoTool {
        name: name.to_owned(),
    };
    let python = match &program.environment {
        Environment::Installed => None,
        Environment::Cargo(_) => {
            tools.cargo().ok_or_else(|| missing("cargo"))?;
            None
        }
        Environment::Pip(..) => Some(tools.python().ok_or_else(|| missing("python3"))?),
        Environment::Uv(_) => {
            tools.named("uv").ok_or_else(|| missing("uv"))?;
            Some(tools.python().ok_or_else(|| missing("python3"))?)
        }
    };
    // In an environment of its own a program may come with the environment.
    if program.environment == Environment::Installed {
        for command in program.build.iter().chain([&program.run]) {
            let name = command.first().map(String::as_str).unwrap_or_default();
            tools.named(name).ok_or_else(|| missing(name))?;
        }
        tools.installed_packages();
    } else {
        for command in &program.build {
            // A missing one says so itself when it is run.
            let _ = command.first().and_then(|name| tools.named(name));
        }
    }
    Ok((tools, python))
}

/// The digest of all that determines a build.
fn key(order: &BuildRequest<'_>, tools: &Tools) -> String {
    let program = order.program;
    let platform = (std::env::consts::OS, std::env::consts::ARCH);
    let text = format!(
        "{FORMAT}\n{:?}\n{platform:?}\n{:?}\n{:?}\n{:?}\n{tools:?}\n",
        order.files, program.environment, program.build, program.network
    );
    Sha256Digest::of(text.as_bytes()).to_string()
}

/// The lock file of an environment, relative to the checkout.
fn lock_of(environment: &Environment) -> Option<&Path> {
    match environment {
        Environment::Uv(file) | Environment::Cargo(file) | Environment::Pip(file, _) => Some(file),
        Environment::Installed => None,
    }
}

/// Folders that cargo writes its products to.
fn products(environment: &Environment) -> Vec<PathBuf> {
    match environment {
        Environment::Cargo(lock) => vec![steps::folder_of(lock).join("target")],
        _ => Vec::new(),
    }
}

/// Looks for the lock file, and into it where it is pip's.
fn requirements_of(
    environment: &Environment,
    checkout: &Path,
) -> Result<Option<Requirements>, BuildError> {
    let Some(file) = lock_of(environment) else {
        return Ok(None);
    };
    if !checkout
        .join(file)
        .symlink_metadata()
        .is_ok_and(|found| found.is_file())
    {
        return Err(BuildError::NoLock {
            file: file.to_path_buf(),
        });
    }
    let Environment::Pip(file, unpinned) = environment else {
        return Ok(None);
    };
    let found = requirements::read(checkout, file)?;
    match (found.loose.first(), unpinned) {
        (Some(loose), Unpinned::Refused) => Err(BuildError::Unpinned {
            loose: loose.clone(),
        }),
        _ => Ok(Some(found)),
    }
}

/// The digest of a lock file, unless it is no plain file: a pipe in its place would never end.
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

fn cache_error(path: &Path) -> impl FnOnce(io::Error) -> BuildError {
    let path = path.to_owned();
    move |source| BuildError::Cache { path, source }
}
