//! Leases: locks for file systems that have none.
//!
//! A lease is a file that can be made once. Its holder renews its time; a lease that was not renewed for
//! [`LIFE`], or whose holder is known to have ended, is taken over. Two takers of one such lease may in
//! rare cases both succeed, so a lease saves work and protects no data by itself.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// Time after which a lease that was not renewed is taken over.
const LIFE: Duration = Duration::from_secs(60);

/// Time between two renewals.
const BEAT: Duration = Duration::from_secs(10);

/// Lease that this process holds and renews.
#[derive(Debug)]
pub(crate) struct Lease {
    path: PathBuf,
    text: String,
    /// Ends the renewals when it is dropped.
    stop: Option<Sender<()>>,
    renewals: Option<JoinHandle<()>>,
}

impl Lease {
    /// Takes the lease of the lock at `path`; none where another holder keeps it.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lease");
        let path = PathBuf::from(name);
        let text = Holder::this().text();
        loop {
            let made = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path);
            match made {
                Ok(mut file) => {
                    file.write_all(text.as_bytes())?;
                    return Ok(Some(Self::renewed(path, text)));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            if !remove_expired(&path)? {
                return Ok(None);
            }
        }
    }

    fn renewed(path: PathBuf, text: String) -> Self {
        let (stop, stopped) = channel::<()>();
        let file = path.clone();
        let renewals = std::thread::Builder::new().spawn(move || {
            while stopped.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                // A file server that does not answer now may at the next beat.
                let _ = touch(&file);
            }
        });
        Self {
            path,
            text,
            stop: Some(stop),
            renewals: renewals.ok(),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(renewals) = self.renewals.take() {
            let _ = renewals.join();
        }
        // It may have been taken over while this process was stopped.
        if fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn touch(path: &Path) -> io::Result<()> {
    let now = rustix::fs::Timespec {
        tv_sec: 0,
        tv_nsec: rustix::fs::UTIME_NOW,
    };
    let times = rustix::fs::Timestamps {
        last_access: now,
        last_modification: now,
    };
    // The time of the file server, by which takers judge.
    let file = OpenOptions::new().write(true).open(path)?;
    Ok(rustix::fs::futimens(file, &times)?)
}

/// Removes a lease whose holder has ended or has not renewed it; whether it is gone.
fn remove_expired(path: &Path) -> io::Result<bool> {
    let found = (|| {
        Ok((
            fs::read_to_string(path)?,
            path.symlink_metadata()?.modified()?,
        ))
    })();
    let (text, renewed) = match found {
        Err(error) if is_absent(&error) => return Ok(true),
        found => found?,
    };
    let has_ended = Holder::read(&text).is_some_and(|holder| holder.has_ended());
    if !has_ended && now_of(path)?.duration_since(renewed).unwrap_or_default() < LIFE {
        return Ok(false);
    }
    // Of several takers, one renames it. What another taker has made meanwhile is put back.
    let aside = path.with_extension(format!("expired-{}", std::process::id()));
    match fs::rename(path, &aside) {
        Err(error) if is_absent(&error) => return Ok(true),
        renamed => renamed?,
    }
    let is_other = fs::read_to_string(&aside).is_ok_and(|moved| moved != text);
    if is_other {
        let _ = fs::hard_link(&aside, path);
    }
    fs::remove_file(&aside)?;
    Ok(!is_other)
}

fn is_absent(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// The time of the file server that keeps a file, which may differ from that of this machine.
fn now_of(path: &Path) -> io::Result<SystemTime> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let probe = tempfile::Builder::new()
        .prefix("probe-")
        .tempfile_in(folder)?;
    probe.as_file().metadata()?.modified()
}

/// Process that holds a lease.
#[derive(Debug, PartialEq, Eq)]
struct Holder {
    /// Start of the machine, and its name space of processes: numbers of processes are comparable only
    /// where both are the same.
    machine: String,
    process: u32,
    /// When the process began, in the ticks that the kernel states.
    begun: String,
    /// Which of its leases it is.
    number: u64,
}

impl Holder {
    /// This process, with a number that no other lease of it has.
    fn this() -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let process = std::process::id();
        Self {
            machine: machine(),
            process,
            begun: begun(process).unwrap_or_default(),
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
        }
    }

    fn text(&self) -> String {
        let Self {
            machine,
            process,
            begun,
            number,
        } = self;
        format!("{machine} {process} {begun} {number}\n")
    }

    /// Reads the text of a lease; none where it is not whole, as while it is being made.
    fn read(text: &str) -> Option<Self> {
        let mut words = text.strip_suffix('\n')?.split(' ');
        let mut word = || words.next().map(str::to_owned);
        Some(Self {
            machine: word()?,
            process: word()?.parse().ok()?,
            begun: word()?,
            number: word()?.parse().ok()?,
        })
    }

    /// Whether it is known to have ended: a process of this machine that is not there any more.
    fn has_ended(&self) -> bool {
        self.machine == machine() && begun(self.process).as_ref() != Some(&self.begun)
    }
}

/// The identity of this machine since its start, as far as processes can be seen from here.
fn machine() -> String {
    let start = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let space = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{}/{}", start.trim(), space.display())
}

/// When a process began; none when there is no such process.
fn begun(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program, in parentheses, may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(19).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    fn lock() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (lock, lease) = (folder.path().join("l"), folder.path().join("l.lease"));
        (folder, lock, lease)
    }

    fn old() -> SystemTime {
        SystemTime::now() - LIFE - Duration::from_secs(5)
    }

    #[test]
    fn the_lease_of_a_process_that_ended_is_taken_over_at_once() {
        let (_folder, lock, lease) = lock();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let ended = Holder {
            process: child.id(),
            begun: "1".to_owned(),
            ..Holder::this()
        };
        child.wait().unwrap();
        fs::write(&lease, ended.text()).unwrap();
        let held = Lease::try_take(&lock).unwrap().unwrap();
        assert_eq!(fs::read_to_string(&lease).unwrap(), held.text);
        drop(held);
        assert!(!lease.exists());
    }

    #[test]
    fn the_lease_of_another_machine_or_start_is_taken_over_when_it_is_not_renewed() {
        let (_folder, lock, lease) = lock();
        let elsewhere = Holder {
            machine: "another/pid:[1]".to_owned(),
            ..Holder::this()
        };
        fs::write(&lease, elsewhere.text()).unwrap();
        assert!(Lease::try_take(&lock).unwrap().is_none());
        File::options()
            .write(true)
            .open(&lease)
            .unwrap()
            .set_modified(old())
            .unwrap();
        touch(&lease).unwrap();
        assert!(Lease::try_take(&lock).unwrap().is_none(), "it was renewed");
        let file = File::options().write(true).open(&lease).unwrap();
        file.set_modified(old()).unwrap();
        assert!(Lease::try_take(&lock).unwrap().is_some());
    }

    #[test]
    fn a_lease_that_is_being_made_is_respected_and_a_damaged_one_expires() {
        let (_folder, lock, lease) = lock();
        fs::write(&lease, "").unwrap();
        assert!(Lease::try_take(&lock).unwrap().is_none());
        let file = File::options().write(true).open(&lease).unwrap();
        file.set_modified(old()).unwrap();
        assert!(Lease::try_take(&lock).unwrap().is_some());
    }

    #[test]
    fn a_lease_that_was_taken_over_is_not_removed_by_its_former_holder() {
        let (_folder, lock, lease) = lock();
        let held = Lease::try_take(&lock).unwrap().unwrap();
        fs::write(&lease, Holder::this().text()).unwrap();
        drop(held);
        assert!(lease.exists());
    }
}
