//! The processes of a run: finding them, adding up what they use, ending them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::sys;

/// What the processes of a run use at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Use {
    /// Resident bytes that are not backed by files. Pages that a fork shares count for each sharer.
    pub memory: u64,
    /// Processes and threads.
    pub tasks: u32,
}

/// All descendants of `root`, parents before children, without itself.
pub(super) fn descendants(root: i32) -> Vec<i32> {
    let mut seen = BTreeSet::new();
    let mut found: Vec<i32> = children(root);
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        next += 1;
        if seen.insert(pid) {
            found.extend(children(pid));
        }
    }
    found.retain(|pid| seen.remove(pid));
    found
}

fn children(pid: i32) -> Vec<i32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let lists =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<i32>>()
        })
        .collect()
}

/// What these processes use together. Shared memory counts once, as much as the one that maps most.
pub(super) fn measure(pids: &[i32]) -> Use {
    let mut total = Use::default();
    let mut shared = 0;
    for pid in pids {
        let Some(status) = status(*pid) else { continue };
        total.memory += kibibytes(&status, "RssAnon:") + kibibytes(&status, "VmPTE:");
        total.tasks += field(&status, "Threads:") as u32;
        shared = shared.max(kibibytes(&status, "RssShmem:"));
    }
    total.memory += shared;
    total
}

/// What the kernel says of a process. Where its first thread has ended, that one no longer tells of
/// memory, and another does.
fn status(pid: i32) -> Option<String> {
    let first = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    if first.contains("RssAnon:") {
        return Some(first);
    }
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    let mut others =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok());
    Some(
        others
            .find(|status| status.contains("RssAnon:"))
            .unwrap_or(first),
    )
}

/// The same memory with each shared page divided among its sharers: dearer to learn, and needed
/// before a program is ended for what [`measure`] may have counted twice. `None` where the kernel
/// does not tell.
pub(super) fn exact_memory(pids: &[i32]) -> Option<u64> {
    let mut told = None;
    for pid in pids {
        // Of a process whose first thread has ended it is empty.
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"));
        if let Some(text) = text.ok().filter(|text| !text.is_empty()) {
            let own = kibibytes(&text, "Pss_Anon:") + kibibytes(&text, "Pss_Shmem:");
            told = Some(told.unwrap_or(0) + own);
        }
    }
    told
}

fn kibibytes(text: &str, key: &str) -> u64 {
    field(text, key) * 1024
}

/// The number after `key`, 0 where there is none (kernel threads and zombies have no memory).
fn field(text: &str, key: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Bytes of the files on `device` that these processes hold open and that have no name any longer.
pub(super) fn nameless(pids: &[i32], device: u64) -> u64 {
    // A thread can have open files of its own.
    let threads = pids.iter().flat_map(|pid| {
        let threads = fs::read_dir(format!("/proc/{pid}/task"));
        threads.into_iter().flatten().flatten()
    });
    let open = threads.flat_map(|thread| {
        let files = fs::read_dir(thread.path().join("fd"));
        files.into_iter().flatten().flatten()
    });
    let mut sizes: BTreeMap<u64, u64> = open
        .filter_map(|entry| {
            let file = fs::metadata(entry.path()).ok()?;
            let is_nameless = file.is_file() && file.nlink() == 0 && file.dev() == device;
            is_nameless.then_some((file.ino(), file.blocks() * 512))
        })
        .collect();
    for pid in pids {
        let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
        for (inode, end) in maps.lines().filter_map(|line| mapped(line, device)) {
            let size = sizes.entry(inode).or_default();
            *size = end.max(*size);
        }
    }
    sizes.values().sum()
}

/// Inode and last mapped byte of a file on `device` that has no name any longer, in a line of
/// `/proc/PID/maps`.
fn mapped(line: &str, device: u64) -> Option<(u64, u64)> {
    let line = line.strip_suffix(" (deleted)")?;
    let mut fields = line.split_ascii_whitespace();
    let hexadecimal = |text: &str| u64::from_str_radix(text, 16).ok();
    let (start, end) = fields.next()?.split_once('-')?;
    let length = hexadecimal(end)?.checked_sub(hexadecimal(start)?)?;
    let offset = hexadecimal(fields.nth(1)?)?;
    let (major, minor) = fields.next()?.split_once(':')?;
    let number = |text| u32::from_str_radix(text, 16).ok();
    let is_here = rustix::fs::makedev(number(major)?, number(minor)?) == device;
    is_here.then_some((fields.next()?.parse().ok()?, offset.checked_add(length)?))
}

/// Processes and threads of one user on the whole machine.
pub(super) fn tasks_of_user(uid: u32) -> u64 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let own = processes.filter(|entry| {
        let numbered = entry
            .file_name()
            .to_string_lossy()
            .starts_with(|c: char| c.is_ascii_digit());
        numbered && entry.metadata().is_ok_and(|metadata| metadata.uid() == uid)
    });
    // A folder has two links of its own and one for each folder in it.
    own.filter_map(|entry| {
        Some(
            fs::metadata(entry.path().join("task"))
                .ok()?
                .nlink()
                .saturating_sub(2),
        )
    })
    .sum()
}

/// Sends `signal` to each; those that are gone are no matter.
pub(super) fn signal(pids: &[i32], signal: Signal) {
    for pid in pids.iter().filter_map(|pid| Pid::from_raw(*pid)) {
        let _ = kill_process(pid, signal);
    }
}

/// Kills and reaps every descendant of this process, until there is none. Orphans come to this
/// process, as it is a subreaper; each round stops all first, so that none can fork while others die.
pub(super) fn kill_all(mut reaped: impl FnMut(i32, i32)) {
    let own = std::process::id() as i32;
    loop {
        while let Some((pid, status)) = sys::wait_any(libc::WNOHANG) {
            reaped(pid, status);
        }
        let left = descendants(own);
        if left.is_empty() {
            break;
        }
        signal(&left, Signal::STOP);
        signal(&left, Signal::KILL);
        std::thread::sleep(Duration::from_micros(500));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_process_is_measured() {
        let own = std::process::id() as i32;
        let used = measure(&[own]);
        assert!(used.tasks >= 1 && used.memory > 0);
        assert!(exact_memory(&[own]).is_none_or(|exact| exact > 0));
    }

    #[test]
    fn a_process_that_is_gone_uses_nothing() {
        assert_eq!(measure(&[i32::MAX]), Use::default());
        assert_eq!(exact_memory(&[i32::MAX]), None);
        assert!(descendants(i32::MAX).is_empty());
    }

    #[test]
    fn a_child_is_a_descendant() {
        let mut child = std::process::Command::new("sleep")
            .arg("5")
            .spawn()
            .unwrap();
        assert!(descendants(std::process::id() as i32).contains(&(child.id() as i32)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
