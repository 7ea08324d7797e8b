//! The folder of one build: cleared before it, made read-only and marked as complete after it.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::tools::Tools;
use reprove_sandbox::remove;

/// File that marks a build as complete.
const COMPLETE: &str = "built.json";

/// The record of a complete build, if there is one.
pub(super) fn load<T: DeserializeOwned>(entry: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(entry.join(COMPLETE)).ok()?).ok()
}

/// Marks a build as complete, at once or not at all, when all its files are on the disk.
pub(super) fn store<T: Serialize>(entry: &Path, kept: &T) -> io::Result<()> {
    reprove_files::sync_all_of(entry)?;
    reprove_files::write_whole(&entry.join(COMPLETE), &serde_json::to_vec_pretty(kept)?)
}

/// Removes the files of an unfinished build.
pub(super) fn clear(entry: &Path) -> io::Result<()> {
    remove_tree(&entry.join(COMPLETE))?;
    for name in ["work", "logs", "tools"] {
        remove_tree(&entry.join(name))?;
    }
    Ok(())
}

/// Removes a file or folder that need not exist.
pub(super) fn remove_tree(path: &Path) -> io::Result<()> {
    let metadata = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if !metadata.is_dir() {
        return fs::remove_file(path);
    }
    remove::folder(path)
}

/// A folder with a link for each tool that has to have a name of its own.
pub(super) fn link_tools(entry: &Path, tools: &Tools) -> io::Result<()> {
    let folder = entry.join("tools");
    fs::create_dir(&folder)?;
    for (name, program) in &tools.programs {
        symlink(program, folder.join(name))?;
    }
    Ok(())
}

/// Gives the files of a build to the user who keeps it, readable by the users of runs and writable
/// by none of them. Gives their size on the disk in bytes.
pub(super) fn make_read_only(work: &Path) -> io::Result<u64> {
    let (uid, gid) = (
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    );
    let mut bytes = 0;
    visit_tree(work, &mut |path, metadata| {
        bytes += metadata.blocks() * 512;
        if metadata.uid() != uid || metadata.gid() != gid {
            std::os::unix::fs::lchown(path, Some(uid), Some(gid))?;
        }
        if metadata.is_symlink() {
            return Ok(());
        }
        let mode = metadata.mode() & 0o755;
        let readable = if metadata.is_dir() || mode & 0o100 != 0 {
            0o755
        } else {
            0o644
        };
        if metadata.mode() & 0o7777 != readable {
            fs::set_permissions(path, fs::Permissions::from_mode(readable))?;
        }
        Ok(())
    })?;
    Ok(bytes)
}

/// Visits a folder and all below it, a folder before its entries; links are not followed.
fn visit_tree(
    root: &Path,
    visit: &mut dyn FnMut(&Path, &fs::Metadata) -> io::Result<()>,
) -> io::Result<()> {
    let mut pending = vec![root.to_path_buf()];
    while let Some(path) = pending.pop() {
        let metadata = path.symlink_metadata()?;
        visit(&path, &metadata)?;
        if metadata.is_dir() {
            for entry in fs::read_dir(&path)? {
                pending.push(entry?.path());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reprove_files::faults::{self, Fault};

    #[test]
    fn kept_files_are_readable_and_not_writable_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let (file, program) = (folder.path().join("a"), folder.path().join("b"));
        for (path, mode) in [(&file, 0o666), (&program, 0o4700)] {
            fs::write(path, "").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        symlink("/etc/passwd", folder.path().join("link")).unwrap();
        make_read_only(folder.path()).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o7777;
        assert_eq!((mode(&file), mode(&program)), (0o644, 0o755));
    }

    #[test]
    fn a_fault_of_storage_leaves_a_build_complete_or_unfinished() {
        for fault in [Fault::Refused, Fault::Torn, Fault::Lasting] {
            for at in 0.. {
                let folder = tempfile::tempdir().unwrap();
                let (stored, is_reached) =
                    faults::inject(fault, at, || store(folder.path(), &vec![1_u8; 1000]));
                let found = load::<Vec<u8>>(folder.path());
                assert_eq!(stored.is_err(), is_reached, "{fault:?} at {at}");
                // A name that may not outlast a crash: the build is then made again.
                let is_renamed = at == 5;
                assert_eq!(
                    found.is_some(),
                    !is_reached || is_renamed,
                    "{fault:?} at {at}"
                );
                assert!(found.is_none_or(|found| found == [1; 1000]));
                clear(folder.path()).unwrap();
                store(folder.path(), &vec![2_u8]).unwrap();
                assert_eq!(load::<Vec<u8>>(folder.path()), Some(vec![2]));
                if !is_reached {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_build_is_complete_when_it_says_so() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load::<Vec<u8>>(folder.path()), None);
        store(folder.path(), &vec![1_u8]).unwrap();
        assert_eq!(load::<Vec<u8>>(folder.path()), Some(vec![1]));
        fs::create_dir(folder.path().join("work")).unwrap();
        clear(folder.path()).unwrap();
        assert_eq!(load::<Vec<u8>>(folder.path()), None);
        assert!(!folder.path().join("work").exists());
    }
}
