//! Removes the files that a program has left: folders of any depth, locked ones, millions of names.
//!
//! The standard library goes down a tree with a call and an open folder a level. Here a folder's own
//! folders are moved up to the top before it is removed, so that two are open at a time.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, fchmod, fstat, openat, renameat, unlinkat};
use rustix::io::Errno;

/// Removes a folder with all that is in it.
///
/// # Errors
/// What the system does not let this user remove.
pub fn folder(path: &Path) -> io::Result<()> {
    contents(path)?;
    std::fs::remove_dir(path)
}

/// Removes all that is in a folder.
///
/// # Errors
/// What the system does not let this user remove.
pub fn contents(path: &Path) -> io::Result<()> {
    let top = open(CWD, path)?;
    let mut moved = 0;
    loop {
        let names = names(&top)?;
        if names.is_empty() {
            return Ok(());
        }
        for name in names {
            if !is_removed(top.as_fd(), &name)? {
                let inner = open(top.as_fd(), name.as_c_str())?;
                lift(inner.as_fd(), top.as_fd(), &mut moved)?;
                unlinkat(&top, &name, AtFlags::REMOVEDIR)?;
            }
        }
    }
}

/// Removes the files of a folder and moves its folders to the top, under new names.
fn lift(folder: BorrowedFd<'_>, top: BorrowedFd<'_>, moved: &mut u64) -> io::Result<()> {
    for name in names(folder)? {
        if is_removed(folder, &name)? {
            continue;
        }
        // Moving a folder takes the right to write to it.
        drop(open(folder, name.as_c_str())?);
        loop {
            *moved += 1;
            match renameat(folder, &name, top, format!(".removed-{moved}").as_str()) {
                Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
                other => break other?,
            }
        }
    }
    Ok(())
}

/// Removes a file, a link or an empty folder; not a folder with something in it.
fn is_removed(folder: BorrowedFd<'_>, name: &CString) -> io::Result<bool> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(true),
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(error) => return Err(error.into()),
    }
    match unlinkat(folder, name, AtFlags::REMOVEDIR) {
        Ok(()) => Ok(true),
        Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Opens a folder, never through a link, and unlocks it if it was locked.
fn open(parent: impl AsFd, name: impl rustix::path::Arg + Copy) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = match openat(parent.as_fd(), name, flags, Mode::empty()) {
        Err(Errno::ACCESS) => {
            // No process is left that could put a link here meanwhile.
            rustix::fs::chmodat(parent.as_fd(), name, Mode::RWXU, AtFlags::empty())?;
            openat(parent.as_fd(), name, flags, Mode::empty())?
        }
        other => other?,
    };
    if !Mode::from_raw_mode(fstat(&opened)?.st_mode).contains(Mode::RWXU) {
        fchmod(&opened, Mode::RWXU)?;
    }
    Ok(opened)
}

fn names(folder: impl AsFd) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let name = entry?.file_name().to_owned();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name);
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn locked_folders_and_links_are_no_obstacle() {
        let place = tempfile::tempdir().unwrap();
        let (out, away) = (place.path().join("out"), place.path().join("away"));
        fs::create_dir_all(out.join("a/b/c")).unwrap();
        fs::create_dir(&away).unwrap();
        fs::write(away.join("kept"), "").unwrap();
        symlink(&away, out.join("a/link")).unwrap();
        fs::write(out.join("a/b/.removed-1"), "").unwrap();
        fs::create_dir(out.join(".removed-1")).unwrap();
        fs::write(out.join(".removed-1/file"), "").unwrap();
        for (locked, mode) in [("a/b/c", 0), ("a/b", 0o500), ("a", 0o100)] {
            fs::write(out.join(locked).join("file"), "").unwrap();
            fs::set_permissions(out.join(locked), fs::Permissions::from_mode(mode)).unwrap();
        }
        contents(&out).unwrap();
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
        folder(&out).unwrap();
        assert!(away.join("kept").exists() && !out.exists());
    }

    #[test]
    fn folders_may_be_nested_deeper_than_a_path_is_long() {
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("out");
        fs::create_dir(&out).unwrap();
        // Each chain of folders is hung beneath the one before it.
        let chain = vec!["d"; 100].join("/");
        for _ in 0..100 {
            let next = place.path().join("next");
            fs::create_dir_all(next.join(&chain)).unwrap();
            if out.join("first").exists() {
                fs::rename(out.join("first"), next.join(&chain).join("d")).unwrap();
            }
            fs::rename(&next, out.join("first")).unwrap();
        }
        folder(&out).unwrap();
        assert!(!out.exists());
    }
}
