//! A control group of the run's own, where this user may make one: the kernel then holds the
//! limits on memory and processes. Versions 1 and 2, without a daemon.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::policy::ResourceLimits;

/// The version of the control group tree that a folder belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Version {
    One,
    Two,
}

/// One folder that was made for this run, removed when dropped.
struct Group {
    folder: PathBuf,
    version: Version,
}

/// The limits that the kernel holds for this run; each is absent where no group could be made.
pub(super) struct Cgroup {
    memory: Option<Group>,
    tasks: Option<Group>,
}

impl Cgroup {
    /// Makes what groups it can. `attendants` processes of the launcher's own count beside the
    /// program's.
    pub(super) fn create(limits: &ResourceLimits, attendants: u32) -> Cgroup {
        let tasks = limits.processes.saturating_add(attendants);
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let make = |controller: &str, limit: &dyn Fn(&Group) -> io::Result<()>| {
            candidates(&own, &mounts, controller)
                .into_iter()
                .find_map(|(parent, version)| {
                    sweep(&parent);
                    let folder =
                        parent.join(format!("reprove-{}-{controller}", std::process::id()));
                    make_anew(&folder).ok()?;
                    let group = Group { folder, version };
                    limit(&group).is_ok().then_some(group)
                })
        };
        Cgroup {
            memory: make("memory", &|group| group.limit_memory(limits.memory)),
            // One process cannot be in two groups of version 2: the memory group holds both limits.
            tasks: make("pids", &|group| match group.version {
                Version::One => group.set("pids.max", u64::from(tasks)),
                Version::Two => Err(io::ErrorKind::Unsupported.into()),
            }),
        }
        .with_tasks_in_memory_group(tasks)
    }

    /// Version 2 has one group for all: puts the limit on tasks beside that on memory.
    fn with_tasks_in_memory_group(mut self, tasks: u32) -> Cgroup {
        if let (Some(memory), None) = (&self.memory, &self.tasks)
            && memory.version == Version::Two
            && memory.set("pids.max", u64::from(tasks)).is_ok()
        {
            self.tasks = Some(Group {
                folder: memory.folder.clone(),
                version: Version::Two,
            });
        }
        self
    }

    /// Whether the kernel limits memory.
    pub(super) fn holds_memory(&self) -> bool {
        self.memory.is_some()
    }

    /// Whether the kernel limits the number of tasks.
    pub(super) fn holds_tasks(&self) -> bool {
        self.tasks.is_some()
    }

    /// Files to write `0` to for the writer, which has one thread, to join; opened now, because they
    /// are not visible in the namespaces.
    ///
    /// Version 1 lets a thread move itself at once (0.1 ms), while moving a process waits for
    /// all processors to come by (10 ms and more: `cgroup_attach_lock` of Linux).
    pub(super) fn join_files(&self) -> io::Result<Vec<File>> {
        let groups = [&self.memory, &self.tasks].into_iter().flatten();
        groups
            .map(|group| {
                let file = match group.version {
                    Version::One => "tasks",
                    Version::Two => "cgroup.procs",
                };
                OpenOptions::new().write(true).open(group.folder.join(file))
            })
            .collect()
    }

    /// Whether the kernel has killed a process of the group for memory.
    pub(super) fn out_of_memory(&self) -> bool {
        self.memory
            .as_ref()
            .is_some_and(|group| match group.version {
                Version::One => group.count("memory.oom_control", "oom_kill") > 0,
                Version::Two => group.count("memory.events", "oom_kill") > 0,
            })
    }

    /// Whether the kernel has refused the group a task.
    pub(super) fn out_of_tasks(&self) -> bool {
        self.tasks
            .as_ref()
            .is_some_and(|group| group.count("pids.events", "max") > 0)
    }
}

/// Makes the folder of a group. One that a killed launcher with the same process id left is in the
/// way; the kernel removes it only where no process is in it.
fn make_anew(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_dir(folder)?;
            fs::create_dir(folder)
        }
        made => made,
    }
}

/// How old a group must be to be taken for a left-over: a launcher's own is empty for a moment.
const LEFT_OVER: Duration = Duration::from_secs(60);

/// Removes the groups of launchers that were killed before they could. One with a process in it
/// cannot be removed, whosever it is.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(launcher_of);
        let is_old = || {
            let changed = entry.metadata().and_then(|metadata| metadata.modified());
            changed.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > LEFT_OVER))
        };
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) && is_old() {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// The process id in the name of a group of ours.
fn launcher_of(name: &str) -> Option<&str> {
    let (pid, _) = name.strip_prefix("reprove-")?.split_once('-')?;
    (!pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit())).then_some(pid)
}

/// Lets this process join the groups of `files`, from [`Cgroup::join_files`].
pub(super) fn join(files: &mut [File]) -> io::Result<()> {
    files.iter_mut().try_for_each(|file| file.write_all(b"0"))
}

impl Group {
    fn set(&self, file: &str, value: impl ToString) -> io::Result<()> {
        // Opened for writing only: creating a file here must fail, as the kernel makes them all.
        let mut file = OpenOptions::new()
            .write(true)
            .open(self.folder.join(file))?;
        file.write_all(value.to_string().as_bytes())
    }

    fn limit_memory(&self, bytes: u64) -> io::Result<()> {
        match self.version {
            Version::One => {
                self.set("memory.limit_in_bytes", bytes)?;
                // Absent where the kernel does not account for swap.
                let _ = self.set("memory.memsw.limit_in_bytes", bytes);
            }
            Version::Two => {
                self.set("memory.max", bytes)?;
                let _ = self.set("memory.swap.max", 0);
                let _ = self.set("memory.oom.group", 1);
            }
        }
        Ok(())
    }

    /// The number after `key` in a file of `key number` lines, 0 where there is none.
    fn count(&self, file: &str, key: &str) -> u64 {
        let text = fs::read_to_string(self.folder.join(file)).unwrap_or_default();
        number_after(&text, key)
    }
}

fn number_after(text: &str, key: &str) -> u64 {
    let found = text.lines().find_map(|line| {
        line.strip_prefix(key)?
            .strip_prefix(' ')?
            .trim()
            .parse()
            .ok()
    });
    found.unwrap_or(0)
}

impl Drop for Group {
    fn drop(&mut self) {
        // The kernel lets the group go a moment after its last process has been reaped: looked at
        // more and more rarely, for a tenth of a second in all.
        let mut pause = Duration::from_micros(100);
        while let Err(error) = fs::remove_dir(&self.folder) {
            if error.raw_os_error() != Some(libc::EBUSY) || pause > Duration::from_millis(60) {
                break;
            }
            std::thread::sleep(pause);
            pause *= 2;
        }
    }
}

/// Where a group with `controller` might be made: version 1 beneath this process's own group;
/// version 2 beside or beneath it (a group with processes in it may not have limited children).
fn candidates(own: &str, mounts: &str, controller: &str) -> Vec<(PathBuf, Version)> {
    let mut found = Vec::new();
    for line in own.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let version = if controllers.is_empty() {
            Version::Two
        } else {
            Version::One
        };
        if version == Version::One && !controllers.split(',').any(|name| name == controller) {
            continue;
        }
        let Some(folder) = folder_of(mounts, version, controller, path) else {
            continue;
        };
        if version == Version::One {
            found.push((folder, version));
        } else {
            let parent = folder.parent().map(Path::to_path_buf);
            let places = [Some(folder), parent].into_iter().flatten();
            found.extend(
                places
                    .filter(|place| passes_on(place, controller))
                    .map(|place| (place, version)),
            );
        }
    }
    found
}

/// Whether children of this version 2 group have `controller`.
fn passes_on(folder: &Path, controller: &str) -> bool {
    let passed = fs::read_to_string(folder.join("cgroup.subtree_control")).unwrap_or_default();
    passed.split_whitespace().any(|name| name == controller)
}

/// The folder of the group `path` as this process's mounts show it.
fn folder_of(mounts: &str, version: Version, controller: &str, path: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(3);
        let (root, point) = (place.next()?, place.next()?);
        let mut kind = kind.split(' ');
        let right = match version {
            Version::Two => kind.next()? == "cgroup2",
            Version::One => {
                kind.next()? == "cgroup"
                    && kind.nth(1)?.split(',').any(|option| option == controller)
            }
        };
        let inside = Path::new(path).strip_prefix(root).ok()?;
        right.then(|| Path::new(point).join(inside))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "31 25 0:27 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory\n\
                          32 25 0:28 /docker/ab /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n\
                          33 25 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

    #[test]
    fn version_1_groups_stand_beneath_the_own_one() {
        let own = "8:pids:/docker/ab/x\n4:memory:/a/b\n0::/\n";
        assert_eq!(
            candidates(own, MOUNTS, "memory")[0],
            (PathBuf::from("/sys/fs/cgroup/memory/a/b"), Version::One)
        );
        assert_eq!(
            candidates(own, MOUNTS, "pids")[0],
            (PathBuf::from("/sys/fs/cgroup/pids/x"), Version::One)
        );
    }

    #[test]
    fn a_tree_that_is_not_mounted_offers_nothing() {
        assert!(candidates("4:memory:/a\n0::/x\n", "", "memory").is_empty());
        assert!(candidates("4:memory:/a\n", MOUNTS, "cpu").is_empty());
        assert!(candidates("garbage\n\n", MOUNTS, "memory").is_empty());
    }

    #[test]
    fn only_groups_of_launchers_that_are_gone_are_swept() {
        assert_eq!(launcher_of("reprove-12-pids"), Some("12"));
        for other in [
            "reprove-12",
            "reprove-x1-pids",
            "reprove--pids",
            "other-12-pids",
        ] {
            assert_eq!(launcher_of(other), None, "{other}");
        }
        // In a plain folder nothing says that a group is in use, but its age does.
        let parent = tempfile::tempdir().unwrap();
        let (gone, alive) = (i32::MAX, std::process::id());
        for (pid, minutes) in [(gone, 2), (gone - 1, 0), (alive.cast_signed(), 2)] {
            let folder = parent.path().join(format!("reprove-{pid}-pids"));
            fs::create_dir(&folder).unwrap();
            let time = std::time::SystemTime::now() - Duration::from_secs(60 * minutes + 1);
            File::open(&folder).unwrap().set_modified(time).unwrap();
        }
        sweep(parent.path());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 2);
    }

    #[test]
    fn counters_are_read_by_their_whole_key() {
        let text = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n";
        assert_eq!(number_after(text, "oom_kill"), 3);
        assert_eq!(number_after(text, "max"), 0);
    }
}
