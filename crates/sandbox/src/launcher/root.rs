//! The private root of tier `namespaces`: an empty tmpfs that only the allow-listed parts of the
//! machine's file tree are bound into, read-only, and the work folder, writable.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind_recursive, mount_change,
    unmount,
};

use super::super::policy::{DeviceAccess, NetworkAccess};
use super::super::wire::Job;
use super::error::LaunchError;
use super::outside;
use super::sys::{self, NO_DEVICES, NO_SUID, READ_ONLY, Reach};

/// Programs and libraries of the system, as far as they exist.
pub(super) const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/gnu/store",
    "/sys/devices/system",
];

/// The parts of `/etc` that programs need to start: no passwords, keys or configuration of services.
const SETTINGS: &[&str] = &[
    "alternatives",
    "ca-certificates",
    // pip fails where these are there and cannot be read, as in tier `landlock`.
    "debian_version",
    "fonts",
    "glvnd",
    "host.conf",
    "hosts",
    "java-11-openjdk",
    "java-17-openjdk",
    "java-21-openjdk",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "lsb-release",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "OpenCL",
    "os-release",
    "pki",
    "protocols",
    "python3",
    "R",
    "redhat-release",
    "resolv.conf",
    "services",
    "ssl",
    "terminfo",
    "timezone",
    "vulkan",
];

/// The setting that names the name server.
const NAMES: &str = "/etc/resolv.conf";

/// Device nodes that leak and change nothing.
pub(super) const DEVICES: &[&str] = &[
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];

/// Folders that are writable inside, and hold skeletons for binds beneath them.
const OPEN: [&str; 2] = ["/tmp", "/dev/shm"];

/// The folder in the work folder that is `/tmp` inside.
pub(super) fn temporary(work: &Path) -> PathBuf {
    work.join(".tmp")
}

/// The settings that exist, under `/etc`.
pub(super) fn settings() -> Vec<PathBuf> {
    SETTINGS
        .iter()
        .map(|name| Path::new("/etc").join(name))
        .filter(|path| path.exists())
        .collect()
}

/// NVIDIA's device nodes, sorted.
pub(super) fn accelerators(devices: DeviceAccess) -> Vec<PathBuf> {
    if devices == DeviceAccess::None {
        return Vec::new();
    }
    let mut found: Vec<PathBuf> = fs::read_dir("/dev")
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("nvidia"))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

/// One thing to appear inside.
enum Part {
    /// A link with this target.
    Link { at: PathBuf, target: PathBuf },
    /// The machine's `source`, seen at `at` with these mount flags.
    Bind {
        source: PathBuf,
        at: PathBuf,
        flags: u64,
    },
}

/// Everything to appear inside, as the machine's tree stands; parents before children.
pub(super) struct Plan(Vec<Part>);

/// The flags of what is shared with the machine.
const SHARED: u64 = READ_ONLY | NO_SUID | NO_DEVICES;

/// The system's programs, libraries and settings, links staying links.
fn system(job: &Job) -> Vec<Part> {
    let mut parts = Vec::new();
    for at in SYSTEM.iter().map(PathBuf::from) {
        match (fs::read_link(&at), at.exists()) {
            (Ok(target), _) => parts.push(Part::Link { at, target }),
            (Err(_), true) => parts.push(Part::shared(at.clone(), at)),
            (Err(_), false) => {}
        }
    }
    let names = Path::new(NAMES);
    let settings = settings().into_iter();
    for at in settings.filter(|at| job.network != NetworkAccess::Public || at != names) {
        match fs::canonicalize(&at) {
            Ok(target) if target.starts_with("/usr") => parts.push(Part::Link { at, target }),
            Ok(source) => parts.push(Part::shared(source, at)),
            Err(_) => {}
        }
    }
    parts
}

/// Finds out what is there to bind; done while the machine's tree is still the root.
pub(super) fn plan(job: &Job) -> Plan {
    let mut parts = system(job);
    let nodes = DEVICES
        .iter()
        .map(PathBuf::from)
        .chain(accelerators(job.devices));
    parts.extend(nodes.map(|node| Part::Bind {
        source: node.clone(),
        at: node,
        flags: NO_SUID,
    }));
    if job.devices == DeviceAccess::Cuda {
        parts.push(Part::shared("/sys".into(), "/sys".into()));
    }
    let asked = job.read_only.iter();
    let mut asked: Vec<Part> = asked
        .map(|path| Part::shared(path.clone(), path.clone()))
        .collect();
    asked.push(Part::Bind {
        source: job.work.clone(),
        at: job.work.clone(),
        flags: NO_SUID | NO_DEVICES,
    });
    asked.sort_by(|a, b| a.place().cmp(b.place()));
    parts.extend(asked);
    Plan(parts)
}

impl Part {
    /// The machine's `source`, read-only at `at`.
    fn shared(source: PathBuf, at: PathBuf) -> Part {
        let flags = SHARED;
        Part::Bind { source, at, flags }
    }

    fn place(&self) -> &Path {
        match self {
            Part::Link { at, .. } | Part::Bind { at, .. } => at,
        }
    }
}

/// Where the machine's tree hangs while the new one is built, and where that is built.
const OLD: &str = "/old";
const NEW: &str = "/new";

/// `path` beneath `root`.
fn beneath(root: &str, path: &Path) -> PathBuf {
    Path::new(root).join(path.strip_prefix("/").unwrap_or(path))
}

fn at<T>(what: &str, path: &Path, result: io::Result<T>) -> Result<T, LaunchError> {
    result.map_err(|error| LaunchError(format!("{what} `{}`: {error}", path.display())))
}

/// Puts this process (pid 1 of its namespaces) into the private root.
pub(super) fn enter(plan: &Plan, job: &Job, uid: u32, gid: u32) -> Result<(), LaunchError> {
    stand_between()?;
    tmpfs(Path::new(NEW), "mode=755,size=16m")?;
    make_folder(&beneath(NEW, Path::new("/tmp")))?;
    bind(
        &temporary(&job.work),
        Path::new("/tmp"),
        NO_SUID | NO_DEVICES,
    )?;
    let shm = format!("mode=1777,size={}", (job.limits.memory / 2).max(1 << 20));
    tmpfs(&beneath(NEW, Path::new("/dev/shm")), &shm)?;
    let mut skeletons = Vec::new();
    for part in &plan.0 {
        place(part, &mut skeletons)?;
    }
    conveniences(job, uid, gid)?;
    process_files()?;
    skeletons.push(PathBuf::from("/"));
    leave_old(&skeletons)
}

/// Makes a tmpfs the root, with the machine's tree at [`OLD`].
fn stand_between() -> Result<(), LaunchError> {
    let root = Path::new("/");
    at(
        "make private",
        root,
        mount_change(
            "/",
            MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
        )
        .map_err(Into::into),
    )?;
    let base = Path::new("/tmp");
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    at(
        "mount tmpfs on",
        base,
        mount("tmpfs", base, "tmpfs", flags, Some(c"mode=755,size=1m")).map_err(Into::into),
    )?;
    for folder in ["/tmp/old", "/tmp/new"] {
        at("make", Path::new(folder), fs::create_dir(folder))?;
    }
    at(
        "pivot to",
        base,
        rustix::process::pivot_root("/tmp", "/tmp/old").map_err(Into::into),
    )?;
    at("enter", root, std::env::set_current_dir("/"))
}

/// Mounts an empty tmpfs with `options`, making the folder for it.
fn tmpfs(on: &Path, options: &str) -> Result<(), LaunchError> {
    make_folder(on)?;
    let options = at("mount options of", on, sys::c_string(options))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    at(
        "mount tmpfs on",
        on,
        mount("tmpfs", on, "tmpfs", flags, Some(options.as_c_str())).map_err(Into::into),
    )
}

fn make_folder(path: &Path) -> Result<(), LaunchError> {
    at("make", path, fs::create_dir_all(path))
}

fn place(part: &Part, skeletons: &mut Vec<PathBuf>) -> Result<(), LaunchError> {
    match part {
        Part::Link { at: link, target } => {
            let inside = beneath(NEW, link);
            if let Some(parent) = inside.parent() {
                make_folder(parent)?;
            }
            at("link", link, symlink(target, &inside))
        }
        Part::Bind {
            source,
            at: path,
            flags,
        } => {
            skeleton(path, skeletons)?;
            bind(source, path, *flags)
        }
    }
}

/// Beneath a folder that is writable inside, the parents of a bind stand on a tmpfs of their own,
/// which becomes read-only: else the program could rename them.
fn skeleton(path: &Path, skeletons: &mut Vec<PathBuf>) -> Result<(), LaunchError> {
    for open in OPEN {
        let Ok(rest) = path.strip_prefix(open) else {
            continue;
        };
        let mut names = rest.components();
        let (Some(first), Some(_)) = (names.next(), names.next()) else {
            continue;
        };
        let top = Path::new(open).join(first);
        if !skeletons.contains(&top) {
            tmpfs(&beneath(NEW, &top), "mode=755,size=1m")?;
            skeletons.push(top);
        }
    }
    Ok(())
}

fn bind(source: &Path, path: &Path, flags: u64) -> Result<(), LaunchError> {
    let (from, to) = (beneath(OLD, source), beneath(NEW, path));
    let metadata = at("read", source, fs::symlink_metadata(&from))?;
    if metadata.is_dir() {
        make_folder(&to)?;
    } else if !to.exists() {
        if let Some(parent) = to.parent() {
            make_folder(parent)?;
        }
        at("make", path, fs::write(&to, ""))?;
    }
    at(
        "bind",
        path,
        mount_bind_recursive(&from, &to).map_err(Into::into),
    )?;
    at(
        "protect",
        path,
        sys::mount_setattr(&to, flags, Reach::Recursive),
    )
}

/// Links that programs expect in `/dev`, and names for the user ids.
fn conveniences(job: &Job, uid: u32, gid: u32) -> Result<(), LaunchError> {
    let links = [
        ("/new/dev/fd", "/proc/self/fd"),
        ("/new/dev/stdin", "/proc/self/fd/0"),
        ("/new/dev/stdout", "/proc/self/fd/1"),
        ("/new/dev/stderr", "/proc/self/fd/2"),
    ];
    for (link, target) in links {
        at("link", Path::new(link), symlink(target, link))?;
    }
    make_folder(Path::new("/new/etc"))?;
    if job.network == NetworkAccess::Public {
        let text = format!("nameserver {}\n", outside::NAME_SERVER);
        let names = Path::new(NAMES);
        at("write", names, fs::write(beneath(NEW, names), text))?;
    }
    let home = job.work.display();
    let users = format!(
        "root:x:0:0:root:/:/bin/sh\nreprove:x:{uid}:{gid}::{home}:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
    );
    at(
        "write",
        Path::new("/etc/passwd"),
        fs::write("/new/etc/passwd", users),
    )?;
    let groups = format!("root:x:0:\nreprove:x:{gid}:\nnogroup:x:65534:\n");
    at(
        "write",
        Path::new("/etc/group"),
        fs::write("/new/etc/group", groups),
    )
}

/// A `/proc` of this pid namespace; the kernel gives one only while the machine's is in sight.
fn process_files() -> Result<(), LaunchError> {
    let inside = Path::new("/new/proc");
    make_folder(inside)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    at(
        "mount",
        Path::new("/proc"),
        mount("proc", inside, "proc", flags, None).map_err(Into::into),
    )
}

/// Makes the new tree the root, drops the machine's, and takes away the right to write to `closed`.
fn leave_old(closed: &[PathBuf]) -> Result<(), LaunchError> {
    let root = Path::new("/");
    at("enter", root, std::env::set_current_dir(NEW))?;
    at(
        "pivot to",
        root,
        rustix::process::pivot_root(".", ".").map_err(Into::into),
    )?;
    at(
        "unmount",
        root,
        unmount(".", UnmountFlags::DETACH).map_err(Into::into),
    )?;
    at("enter", root, std::env::set_current_dir("/"))?;
    for path in closed {
        at(
            "protect",
            path,
            sys::mount_setattr(path, READ_ONLY | NO_SUID | NO_DEVICES, Reach::Alone),
        )?;
    }
    Ok(())
}
