//! The last steps before a program starts: limits, identity, Landlock, the system call filter.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

use super::super::limitations::Identity;
use super::super::policy::{DeviceAccess, MemoryControl, NetworkAccess, SandboxTier};
use super::super::wire::Job;
use super::error::LaunchError;
use super::types::LaunchConfig;
use super::{filter, root, sys};

/// Confines this process as `job` asks and replaces it by the program. Comes back only with the
/// reason why not: isolation that could not be set up, or a program that could not be started.
pub(super) fn start(job: &Job, config: &LaunchConfig) -> Stopped {
    match confine(job, config) {
        Ok(()) => Stopped::NotStarted(execute(job)),
        Err(refusal) => Stopped::Refused(refusal.0),
    }
}

/// Why a program did not start.
#[derive(Debug)]
pub(super) enum Stopped {
    Refused(String),
    NotStarted(io::Error),
}

fn confine(job: &Job, config: &LaunchConfig) -> Result<(), LaunchError> {
    let failed =
        |what: &'static str| move |error: io::Error| LaunchError(format!("{what}: {error}"));
    rustix::process::setsid().map_err(|error| LaunchError(format!("new session: {error}")))?;
    sys::default_signals();
    sys::close_from(3, sys::Inherited::CloseOnExec).map_err(failed("close descriptors"))?;
    limit_resources(job, config).map_err(failed("set limits"))?;
    if job.tier != SandboxTier::None {
        drop_capabilities();
    }
    if let Identity::Pooled(id) = config.identity {
        become_user(id).map_err(failed("change the user id"))?;
    }
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| LaunchError(error.to_string()))?;
    rustix::thread::set_no_new_privs(true).map_err(|error| LaunchError(error.to_string()))?;
    std::env::set_current_dir(&job.directory).map_err(|error| {
        LaunchError(format!(
            "the run's user cannot enter `{}`: {error}",
            job.directory.display()
        ))
    })?;
    if job.tier == SandboxTier::None {
        return Ok(());
    }
    restrict_files(job, config)?;
    filter::apply(job.tier, job.network, config.landlock)
        .map_err(|error| LaunchError(error.to_string()))
}

fn limit_resources(job: &Job, config: &LaunchConfig) -> io::Result<()> {
    let set = |resource, value: u64| {
        setrlimit(
            resource,
            Rlimit {
                current: Some(value),
                maximum: Some(value),
            },
        )
    };
    set(Resource::Core, 0)?;
    // A limit that this process is under cannot be raised.
    let allowed = getrlimit(Resource::Fsize).maximum.unwrap_or(u64::MAX);
    set(Resource::Fsize, job.limits.output.min(allowed))?;
    if let Some(tasks) = config.task_limit {
        set(Resource::Nproc, tasks)?;
    }
    // Behind the poll: what one process may map for writing. Loose, because libraries reserve much
    // more than they touch (a stack for each thread), and not with CUDA, which reserves terabytes.
    if config.memory == MemoryControl::Polled && job.devices == DeviceAccess::None {
        set(
            Resource::Data,
            job.limits.memory.saturating_mul(2).saturating_add(4 << 30),
        )?;
    }
    Ok(())
}

/// Gives up the possibility of ever having a capability, as far as this process may.
fn drop_capabilities() {
    use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};
    for capability in CapabilitySet::all().iter() {
        // Fails for one that this kernel does not know, which cannot be had then either, and for
        // a user without rights, who has none to give up.
        let _ = remove_capability_from_bounding_set(capability);
    }
}

/// Takes on a user id without any rights, groups or capabilities.
fn become_user(id: u32) -> io::Result<()> {
    use rustix::process::{Gid, Uid};
    use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
    let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    Ok(set_thread_res_uid(uid, uid, uid)?)
}

/// Reading: the system, the settings and the asked paths. Writing: the work folder, `/dev/shm` and
/// harmless devices.
fn restrict_files(job: &Job, config: &LaunchConfig) -> Result<(), LaunchError> {
    let mut readable: Vec<PathBuf> = job.read_only.clone();
    let mut writable: Vec<PathBuf> = root::DEVICES.iter().map(PathBuf::from).collect();
    writable.extend(["/dev/shm".into(), job.work.clone()]);
    writable.extend(root::accelerators(job.devices));
    if job.tier == SandboxTier::Namespaces {
        readable.push("/".into());
        writable.push("/tmp".into());
    } else {
        readable.extend(root::SYSTEM.iter().map(PathBuf::from));
        readable.extend(root::settings());
        readable.extend(["/proc", "/etc/passwd", "/etc/group"].map(PathBuf::from));
        if job.devices == DeviceAccess::Cuda {
            readable.push("/sys".into());
        }
    }
    let status = landlock(&readable, &writable, job)
        .map_err(|error| LaunchError(format!("Landlock: {error}")))?;
    if status == RulesetStatus::NotEnforced
        && (job.tier == SandboxTier::Landlock || config.landlock > 0)
    {
        return Err(LaunchError("Landlock: not enforced by this kernel".into()));
    }
    Ok(())
}

fn landlock(
    readable: &[PathBuf],
    writable: &[PathBuf],
    job: &Job,
) -> Result<RulesetStatus, RulesetError> {
    const NEWEST: ABI = ABI::V6;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?;
    if job.tier == SandboxTier::Landlock && job.network != NetworkAccess::Full {
        rules = rules.handle_access(AccessNet::from_all(NEWEST))?;
    }
    let done = rules
        .create()?
        .add_rules(path_beneath_rules(readable, AccessFs::from_read(NEWEST)))?
        .add_rules(path_beneath_rules(writable, AccessFs::from_all(NEWEST)))?
        .restrict_self()?;
    Ok(done.ruleset)
}

/// Looks the program up as a shell would, and executes it.
fn execute(job: &Job) -> io::Error {
    let Some(program) = job.arguments.first() else {
        return io::Error::from_raw_os_error(libc::EINVAL);
    };
    let strings = |texts: Vec<OsString>| {
        texts
            .into_iter()
            .map(sys::c_string)
            .collect::<io::Result<Vec<CString>>>()
    };
    let (arguments, environment) = match (
        strings(job.arguments.iter().map(OsString::from).collect()),
        strings(environment(job)),
    ) {
        (Ok(arguments), Ok(environment)) => (arguments, environment),
        (Err(error), _) | (_, Err(error)) => return error,
    };
    if program.contains('/') {
        return sys::execute(OsStr::new(program), &arguments, &environment);
    }
    let mut reason = io::Error::from_raw_os_error(libc::ENOENT);
    let path = job.environment.get("PATH").map_or("", String::as_str);
    for folder in path.split(':').filter(|folder| !folder.is_empty()) {
        let candidate = Path::new(folder).join(program);
        let error = sys::execute(candidate.as_os_str(), &arguments, &environment);
        // A program that is there but cannot be executed is the better reason than one that is not.
        if error.kind() != io::ErrorKind::NotFound || fs::metadata(&candidate).is_ok() {
            reason = error;
        }
    }
    reason
}

/// The job's variables, and the two that depend on the tier.
fn environment(job: &Job) -> Vec<OsString> {
    let temporary = match job.tier {
        SandboxTier::Namespaces => PathBuf::from("/tmp"),
        SandboxTier::Landlock | SandboxTier::None => root::temporary(&job.work),
    };
    let own = [
        ("HOME", job.work.as_path()),
        ("TMPDIR", temporary.as_path()),
    ];
    let given = job
        .environment
        .iter()
        .map(|(name, value)| (name.as_str(), Path::new(value)));
    let all = given
        .filter(|(name, _)| !matches!(*name, "HOME" | "TMPDIR"))
        .chain(own);
    all.map(|(name, value)| {
        let mut variable = OsString::from(name);
        variable.push("=");
        variable.push(OsStr::from_bytes(value.as_os_str().as_bytes()));
        variable
    })
    .collect()
}
