//! Preparation of a program: its files are completed, it is built, and the sandbox tier is chosen.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{
    Isolation, PrepareContext, PrepareError, Prepared, SandboxMode, check_entry_point, directory,
};
use crate::WorkloadIdentity;
use crate::build::{
    Build, BuildError, BuildRequest, Builder, ExternalLockFile, LockFileOverride, kinds,
    toolchain_mismatches,
};
use crate::folders::{RunFolders, RunInputs};
use crate::output::KeptFiles;
use crate::programs::{ProgramRuns, run_variables};
use crate::seed_calls::SeedSearch;
use crate::shared_rows;
use crate::workload_description::{SharedData, SharedProgram, WorkloadDescription};
use reprove_model::deviation::DeviationCode;
use reprove_model::digest::{self, Sha256Digest};
use reprove_model::manifest::{
    Device, Environment, Manifest, Network, Program, SandboxRequirement,
};
use reprove_model::plan::Plan;
use reprove_model::seeds::RunSeed;
use reprove_pins::cache::user_folder;
use reprove_pins::check::location;
use reprove_pins::checkout::{self, CheckoutParts};
use reprove_pins::fetch::{FetchError, Fetcher, NetworkPolicy};
use reprove_pins::source::PinnedCommit;
use reprove_sandbox::scratch::Scratch;
use reprove_sandbox::{
    self as sandbox, Launcher, Limitation, SandboxTier, TierRequest, base_environment,
};

/// Builds the program, or finds it built.
pub(super) fn prepare(
    manifest: &Manifest,
    plan: &Plan,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    program: &Program,
    context: &PrepareContext<'_>,
) -> Result<Prepared, PrepareError> {
    // Another machine that makes the runs has a GPU of its own.
    if context.shared.is_none() {
        has_gpu(plan.device)?;
    }
    check_entry_point(&manifest.code, commit, program)?;
    let launcher = Launcher::current().map_err(PrepareError::Folder)?;
    let (tier, mut isolation) = isolation(&launcher, program, context.sandbox)?;
    let built = build(manifest, commit, files, program, &launcher, tier, context)?;
    if isolation.tier != SandboxTier::None && program.is_built_with_network() {
        isolation.limitations.extend(built.network_limitation());
    }
    let folder = Scratch::new().map_err(PrepareError::Folder)?;
    let mut data = BTreeMap::new();
    for (name, path) in files {
        let absolute = path.canonicalize().map_err(|source| PrepareError::Data {
            path: path.clone(),
            source,
        })?;
        data.insert(name.clone(), absolute);
    }
    let runs = folder.path().join("runs");
    let begun = RunInputs::of(&built, &data);
    let procedure = procedure(program, &built);
    let description = SharedProgram {
        program: program.clone(),
        built: built.clone(),
        data: SharedData::of(manifest, files),
        device: plan.device.to_string(),
        threads: manifest.hardware.threads,
        // Only a place with a store makes use of it.
        store: std::path::absolute(context.store.unwrap_or(Path::new(".")))
            .map_err(PrepareError::Folder)?,
        tier: isolation.tier,
    };
    let shared_rows = shared_rows::find(files).into_iter();
    let shared_rows = shared_rows.map(|text| (DeviationCode::RepeatedTestRows, text));
    Ok(Prepared {
        seed_search: Some(seed_search(program, plan, &built)),
        description: WorkloadDescription::Program(Box::new(description)),
        procedure,
        assumed: BTreeMap::new(),
        folder: Some(folder),
        deviations: deviations(program, &built, isolation.tier)
            .into_iter()
            .chain(shared_rows)
            .collect(),
        versions: built.versions.clone(),
        variables: stated_variables(program, manifest.hardware.threads),
        isolation: Some(isolation),
        workload: Box::new(ProgramRuns {
            launcher,
            program: program.clone(),
            folders: RunFolders::new(runs, begun, context.artifacts),
            built,
            data,
            device: plan.device,
            threads: manifest.hardware.threads,
            tier,
            kept: context.store.map(KeptFiles::of_store),
        }),
    })
}

/// The search for the seeds that the program sets by itself.
fn seed_search(program: &Program, plan: &Plan, built: &Build) -> SeedSearch {
    SeedSearch {
        program: program.clone(),
        configurations: plan.configurations.clone(),
        checkout: built.checkout.clone(),
        // Else a call with a variable may take the run's seed.
        with_variables: plan.is_deterministic,
    }
}

/// The variables that are set for each run, as a report states them; those of the manifest as it writes them.
fn stated_variables(program: &Program, threads: u32) -> BTreeMap<String, String> {
    let mut variables = base_environment(threads);
    // Depends on the environment's folders.
    variables.remove("PATH");
    let of_seed =
        run_variables(RunSeed(0)).map(|(name, _)| (name, "the seed of the run".to_owned()));
    variables.extend(of_seed);
    variables.extend(program.env.clone());
    variables
}

/// Refuses to build for a GPU where none can be handed to the program.
fn has_gpu(device: Device) -> Result<(), PrepareError> {
    let is_gpu = |name: &str| {
        let number = name.strip_prefix("nvidia").unwrap_or_default();
        number.parse::<u32>().is_ok()
    };
    let mut nodes = fs::read_dir("/dev").into_iter().flatten().flatten();
    if !matches!(device, Device::Cuda(_))
        || nodes.any(|node| node.file_name().to_str().is_some_and(is_gpu))
    {
        return Ok(());
    }
    Err(PrepareError::Device {
        device,
        problem: "no GPU is here: there is no /dev/nvidia0, nor one of another number".to_owned(),
    })
}

/// Checks whether the program can be built here, without building it.
pub(super) fn inspect(
    manifest: &Manifest,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    program: &Program,
    reach: NetworkPolicy,
) -> Result<(), PrepareError> {
    check_entry_point(&manifest.code, commit, program)?;
    let folder = Scratch::new().map_err(PrepareError::Folder)?;
    ordered(manifest, commit, files, program, reach, |request| {
        request.inspect(folder.path())
    })
}

fn build(
    manifest: &Manifest,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    program: &Program,
    launcher: &Launcher,
    tier: TierRequest,
    context: &PrepareContext<'_>,
) -> Result<Build, PrepareError> {
    // Other machines and the sandbox need its whole path.
    let shared = context
        .shared
        .map(|store| std::path::absolute(store.join("builds")));
    let shared = shared.transpose().map_err(PrepareError::Folder)?;
    let cache = shared.or_else(|| user_folder("builds"));
    let builder = Builder {
        launcher,
        cache: &cache.ok_or(FetchError::NoCache)?,
        tier,
        network: context.network,
        context: context.run,
    };
    ordered(
        manifest,
        commit,
        files,
        program,
        context.network,
        |request| builder.build(request),
    )
}

/// Hands the order to build the manifest's program of this commit to `act`.
fn ordered<T>(
    manifest: &Manifest,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    program: &Program,
    reach: NetworkPolicy,
    act: impl FnOnce(&BuildRequest<'_>) -> Result<T, BuildError>,
) -> Result<T, PrepareError> {
    let fetcher = Fetcher::of_user(reach)?;
    // A URL that cannot be read has been a broken pin before.
    let location = location(&manifest.code.repository)
        .unwrap_or_else(|_| reprove_pins::source::Location::Local(PathBuf::new()));
    let by_digest: BTreeMap<Sha256Digest, PathBuf> = manifest
        .data
        .iter()
        .filter_map(|(name, data)| Some((data.sha256, files.get(name)?.clone())))
        .filter(|(_, path)| path.is_file())
        .collect();
    let parts = CheckoutParts {
        directory: directory(manifest),
        location: &location,
        submodules: manifest.code.submodules,
        data: &by_digest,
        fetcher: &fetcher,
    };
    let supplied = program.supplied.as_ref().and_then(|entry| {
        Some(ExternalLockFile {
            entry,
            file: files.get(entry)?,
            sha256: manifest.data.get(entry)?.sha256,
        })
    });
    let mut determinants = vec![
        commit.tree_id(),
        manifest.code.directory.display().to_string(),
        format!("{:?}", manifest.code.submodules),
    ];
    determinants.extend(supplied.as_ref().map(|lock| lock.sha256.to_string()));
    let request = BuildRequest {
        program,
        files: determinants,
        supplied,
        checkout: &|target: &Path| checkout::checkout(commit, &parts, target).map(drop),
    };
    Ok(act(&request)?)
}

/// What determines a run's result, besides the tree, the data and the seed.
fn procedure(program: &Program, built: &Build) -> WorkloadIdentity {
    let kind = kinds::of(&program.environment);
    // Of an environment that is not pinned, or not wholly, the versions say which it was.
    let versions: Vec<String> = built
        .versions
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let lock = kind
        .lock_file()
        .and_then(|file| digest::file(&built.checkout.join(file)).ok());
    WorkloadIdentity::Program {
        run: program.run.clone(),
        build: program.build.clone(),
        environment: (
            format!("{}: {}", kind.name(), versions.join(", ")),
            lock.map(|file| file.digest),
        ),
        metrics: serde_json::to_string(&program.metrics).unwrap_or_default(),
        network: program.network,
        env: program.env.clone().into_iter().collect(),
    }
}

/// The tier that programs run in here, and what it leaves open.
fn isolation(
    launcher: &Launcher,
    program: &Program,
    mode: SandboxMode,
) -> Result<(TierRequest, Isolation), PrepareError> {
    if mode == SandboxMode::None {
        let isolation = Isolation {
            tier: SandboxTier::None,
            limitations: vec![Limitation::NoSandbox],
        };
        return Ok((TierRequest::Exactly(SandboxTier::None), isolation));
    }
    let mut reasons = Vec::new();
    for (tier, works) in launcher.probe().tiers {
        let is_enough = accepts(program.sandbox, tier);
        match works {
            Ok(works) if is_enough => {
                let mut limitations = works.limitations;
                if program.network == Network::Always {
                    limitations.push(Limitation::NetworkOpen);
                }
                return Ok((TierRequest::Exactly(tier), Isolation { tier, limitations }));
            }
            Ok(_) => {}
            Err(reason) if is_enough => reasons.push((tier, reason)),
            Err(_) => {}
        }
    }
    let (tier, reason) = reasons
        .into_iter()
        .next()
        .unwrap_or((SandboxTier::Namespaces, "it was not tried".to_owned()));
    Err(sandbox::SandboxError::Unavailable { tier, reason }.into())
}

/// Whether a tier is as tight as the manifest requires.
fn accepts(requirement: SandboxRequirement, tier: SandboxTier) -> bool {
    match requirement {
        SandboxRequirement::Namespaces => tier == SandboxTier::Namespaces,
        SandboxRequirement::Landlock => tier <= SandboxTier::Landlock,
    }
}

/// What was used of this machine: the programs that the commands call, and how much else.
fn installed(program: &Program, built: &Build) -> String {
    let commands = program.build.iter().chain([&program.run]);
    let called: Vec<&str> = commands
        .filter_map(|command| command.first())
        .map(String::as_str)
        .collect();
    let is_called =
        |name: &str| ["python", "cargo", "rustc"].contains(&name) || called.contains(&name);
    let versions = || built.versions.iter();
    let mut named: Vec<String> = versions()
        .filter(|(name, _)| is_called(name))
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    match versions().count() - named.len() {
        0 => {}
        more => named.push(format!("and {more} more")),
    }
    named.join(", ")
}

/// What of the manifest's choices stands between this rerun and a better one.
fn deviations(program: &Program, built: &Build, tier: SandboxTier) -> Vec<(DeviationCode, String)> {
    let mut deviations = Vec::new();
    if program.network == Network::Always {
        deviations.push((
            DeviationCode::NetworkAlways,
            "runs may use the network, so that what they compute may not be in the commit or the data".to_owned(),
        ));
    }
    if program.environment == Environment::Installed {
        deviations.push((
            DeviationCode::EnvironmentInstalled,
            format!(
                "the environment is not pinned: what is installed here was used ({})",
                installed(program, built)
            ),
        ));
    }
    if let (Some(outcome), Some(entry)) = (built.lock_override, &program.supplied) {
        let whose = match outcome {
            LockFileOverride::Added => "the commit has no lock file",
            LockFileOverride::Replaced => "the commit's lock file was replaced",
        };
        deviations.push((
            DeviationCode::SuppliedLock,
            format!("{whose}: the versions of dependencies are those of `data.{entry}`, which the manifest supplies"),
        ));
    }
    for asked in toolchain_mismatches(&built.checkout, &built.versions) {
        deviations.push((
            DeviationCode::OtherToolchain,
            format!(
                "`{}` of the commit asks for {}; the reruns used {}",
                asked.file, asked.wanted, asked.used
            ),
        ));
    }
    for requirement in &built.unpinned {
        deviations.push((
            DeviationCode::UnpinnedRequirement,
            format!(
                "{}:{}: `{}` names no exact version",
                requirement.file.display(),
                requirement.line,
                requirement.text
            ),
        ));
    }
    if tier == SandboxTier::None {
        deviations.push((
            DeviationCode::NoSandbox,
            "the program ran without a sandbox, with the user's rights".to_owned(),
        ));
    }
    deviations
}
