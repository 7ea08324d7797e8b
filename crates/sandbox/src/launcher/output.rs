//! What a run writes: the size of its work folder, and its two logs.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, statat};
use rustix::io::Errno;
use rustix::process::{Gid, Uid};

/// Folders nested deeper than this are taken for an attack on programs that traverse them later.
const DEEPEST: usize = 128;

/// What a file or folder weighs beside its blocks, so that empty ones are not free.
const ENTRY: u64 = 512;

/// Bytes on disk beneath `folder`; `None` where it is nested too deep to tell. Links are not followed.
pub(super) fn size(folder: &Path) -> Option<u64> {
    let mut total = 0;
    let top = open_folder(CWD, folder).ok()?;
    visit(top.as_fd(), 0, &mut |_, _, stat| {
        total += stat.st_blocks.unsigned_abs() * 512 + ENTRY;
        Ok(())
    })
    .ok()?;
    Some(total)
}

/// Gives everything beneath `folder`, and itself, to this user. A file with a second name elsewhere
/// stays whose it is.
pub(super) fn give(folder: &Path, id: u32) -> io::Result<()> {
    let (uid, gid) = (Some(Uid::from_raw(id)), Some(Gid::from_raw(id)));
    let top = open_folder(CWD, folder)?;
    // Entries that have the id already are not written again.
    let is_theirs = |stat: &Stat| (stat.st_uid, stat.st_gid) == (id, id);
    if !is_theirs(&rustix::fs::fstat(&top)?) {
        rustix::fs::fchown(&top, uid, gid)?;
    }
    visit(top.as_fd(), 0, &mut |parent, name, stat| {
        let folder = FileType::from_raw_mode(stat.st_mode).is_dir();
        if !is_theirs(stat) && (folder || stat.st_nlink == 1) {
            rustix::fs::chownat(parent, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    })
}

type Visitor<'a> = &'a mut dyn FnMut(BorrowedFd, &std::ffi::CStr, &Stat) -> io::Result<()>;

/// Visits everything beneath an open folder. Names that vanish meanwhile are passed over.
fn visit(folder: BorrowedFd, depth: usize, visitor: Visitor) -> io::Result<()> {
    if depth > DEEPEST {
        return Err(Errno::LOOP.into());
    }
    for entry in Dir::read_from(folder)? {
        let Ok(entry) = entry else { break };
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let Ok(stat) = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) else {
            continue;
        };
        visitor(folder, name, &stat)?;
        if FileType::from_raw_mode(stat.st_mode).is_dir() {
            match open_folder(folder, name) {
                Ok(inner) => visit(inner.as_fd(), depth + 1, visitor)?,
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// Opens a folder, never through a link. One that its owner has locked is unlocked: nothing may
/// hide from the count.
fn open_folder(parent: impl AsFd, name: impl rustix::path::Arg + Copy) -> Result<OwnedFd, Errno> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = || openat(parent.as_fd(), name, flags | OFlags::RDONLY, Mode::empty());
    let opened = match open() {
        Err(Errno::ACCESS) => {
            let handle = openat(parent.as_fd(), name, flags | OFlags::PATH, Mode::empty())?;
            rustix::fs::chmod(
                format!("/proc/self/fd/{}", handle.as_raw_fd()).as_str(),
                Mode::RWXU,
            )?;
            open()?
        }
        other => other?,
    };
    if !Mode::from_raw_mode(rustix::fs::fstat(&opened)?.st_mode).contains(Mode::RUSR | Mode::XUSR) {
        rustix::fs::fchmod(&opened, Mode::RWXU)?;
    }
    Ok(opened)
}

/// One of the program's two streams, on its way into a file.
pub(super) struct Log {
    pipe: File,
    file: File,
    /// Bytes recorded.
    pub written: u64,
    state: Stream,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Open,
    Ended,
}

/// Result of reading a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pumped {
    /// All that was there.
    All,
    /// As much as may be recorded; the rest was left.
    Full,
}

/// Whether the disk is full.
fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

impl Log {
    /// Records `pipe`, which does not block, in a new file at `path`.
    pub(super) fn new(pipe: OwnedFd, path: &Path) -> io::Result<Log> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        Ok(Log {
            pipe: pipe.into(),
            file: File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .custom_flags(libc::O_NOFOLLOW)
                .open(path)?,
            written: 0,
            state: Stream::Open,
        })
    }

    /// The stream, while it may still bring something.
    pub(super) fn source(&self) -> Option<BorrowedFd<'_>> {
        (self.state == Stream::Open).then(|| self.pipe.as_fd())
    }

    /// Records what is there, at most `capacity` bytes.
    pub(super) fn pump(&mut self, mut capacity: u64) -> io::Result<Pumped> {
        let mut buffer = [0; 64 << 10];
        // A program that writes without end must not keep the launcher from its other duties.
        for _ in 0..16 {
            match self.pipe.read(&mut buffer) {
                Ok(0) => {
                    self.state = Stream::Ended;
                    break;
                }
                Ok(count) => {
                    let kept = count.min(usize::try_from(capacity).unwrap_or(usize::MAX));
                    match self.file.write_all(&buffer[..kept]) {
                        Err(error) if is_full(&error) => return Ok(Pumped::Full),
                        other => other?,
                    }
                    self.written += kept as u64;
                    capacity -= kept as u64;
                    if kept < count {
                        return Ok(Pumped::Full);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Pumped::All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn links_are_not_followed_and_locked_folders_count() {
        let folder = tempfile::tempdir().unwrap();
        symlink("/", folder.path().join("away")).unwrap();
        let locked = folder.path().join("locked");
        std::fs::create_dir(&locked).unwrap();
        std::fs::write(locked.join("big"), vec![1; 1 << 20]).unwrap();
        std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
        let bytes = size(folder.path()).unwrap();
        assert!((1 << 20..3 << 20).contains(&bytes), "{bytes}");
    }

    #[test]
    fn empty_files_weigh_so_that_a_limit_on_bytes_limits_their_number() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..1000 {
            std::fs::write(folder.path().join(number.to_string()), "").unwrap();
        }
        assert!(size(folder.path()).unwrap() >= 1000 * ENTRY);
    }

    #[test]
    fn a_bottomless_folder_has_no_size() {
        let folder = tempfile::tempdir().unwrap();
        let mut deep = folder.path().to_path_buf();
        for _ in 0..DEEPEST + 5 {
            deep.push("d");
        }
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(size(folder.path()), None);
    }

    #[test]
    fn a_log_stops_at_its_capacity() {
        let folder = tempfile::tempdir().unwrap();
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        rustix::io::write(&writer, b"0123456789").unwrap();
        let path = folder.path().join("log");
        let mut log = Log::new(reader, &path).unwrap();
        assert!(log.pump(4).unwrap() == Pumped::Full);
        assert_eq!(std::fs::read(&path).unwrap(), b"0123");
        drop(writer);
        assert!(log.pump(4).unwrap() == Pumped::All && log.source().is_none());
    }
}
