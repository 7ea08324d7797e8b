//! Writes that are whole or absent.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::faults::{self, Fault, StorageStep};

/// Writes a file so that every other process, also after a crash, sees all of it or the file that was
/// there before. A new file has the permissions that the process gives new files; the file that it
/// replaces keeps its own.
///
/// # Errors
/// What the system says; no file is left then but the one that was there before.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    };
    faults::check(StorageStep::Create)?;
    let mut file = tempfile::Builder::new()
        .prefix(".writing-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    if let Ok(replaced) = fs::metadata(path) {
        file.as_file().set_permissions(replaced.permissions())?;
    }
    write_all(file.as_file_mut(), bytes)?;
    faults::check(StorageStep::Sync)?;
    file.as_file().sync_all()?;
    faults::check(StorageStep::Rename)?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Writes a file that is there as [`write_whole`] does. A link stays one: the file that it leads to is
/// replaced.
///
/// # Errors
/// What the system says; no file is left then but the one that was there before.
pub fn replace_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_whole(&fs::canonicalize(path)?, bytes)
}

/// Opens a file that may be made by it.
///
/// # Errors
/// What the system says.
pub fn open(path: &Path, options: &OpenOptions) -> io::Result<File> {
    faults::check(StorageStep::Create)?;
    options.open(path)
}

/// Writes a file that must not be there yet. It is on the disk after [`sync_all_of`].
///
/// # Errors
/// What the system says; some of the bytes may be in the file then.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = open(path, OpenOptions::new().write(true).create_new(true))?;
    write_all(&mut file, bytes)
}

/// Makes a folder that must not be there yet.
///
/// # Errors
/// What the system says.
pub fn make_folder(path: &Path) -> io::Result<()> {
    faults::check(StorageStep::Create)?;
    fs::create_dir(path)
}

/// Removes a file.
///
/// # Errors
/// What the system says.
pub fn remove_file(path: &Path) -> io::Result<()> {
    faults::check(StorageStep::Remove)?;
    fs::remove_file(path)
}

/// Removes an empty folder.
///
/// # Errors
/// What the system says.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    faults::check(StorageStep::Remove)?;
    fs::remove_dir(path)
}

/// Brings all that was written to the file system of a folder to the disk.
///
/// # Errors
/// What the system says.
pub fn sync_all_of(folder: &Path) -> io::Result<()> {
    faults::check(StorageStep::Sync)?;
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

/// Appends to a file; the bytes are on the disk when this returns.
///
/// # Errors
/// What the system says; some of the bytes may be in the file then.
pub fn append(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    write_all(file, bytes)?;
    faults::check(StorageStep::Sync)?;
    file.sync_data()
}

/// Cuts a file to a length in bytes; this is on the disk when it returns.
///
/// # Errors
/// What the system says.
pub fn cut(file: &File, length: u64) -> io::Result<()> {
    faults::check(StorageStep::Cut)?;
    file.set_len(length)?;
    faults::check(StorageStep::Sync)?;
    file.sync_data()
}

/// Brings the names in a folder to the disk.
///
/// # Errors
/// What the system says.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    faults::check(StorageStep::Sync)?;
    File::open(folder)?.sync_all()
}

fn write_all(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    match faults::next(StorageStep::Write) {
        None => file.write_all(bytes),
        Some(fault @ (Fault::Torn | Fault::Lasting)) => {
            file.write_all(&bytes[..bytes.len() / 2])?;
            Err(faults::error(fault))
        }
        Some(fault @ (Fault::Refused | Fault::NoLocks)) => Err(faults::error(fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_the_old_one_at_every_fault() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let names = || fs::read_dir(folder.path()).unwrap().count();
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let (done, steps) = faults::count(|| write_whole(&path, b"new one"));
        done.unwrap();
        assert_eq!(steps, 5);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o640
        );
        for fault in [Fault::Refused, Fault::Torn, Fault::Lasting] {
            for at in 0..steps {
                fs::write(&path, "old").unwrap();
                let (done, is_reached) =
                    faults::inject(fault, at, || write_whole(&path, b"new one"));
                assert!(done.is_err() && is_reached, "{fault:?} at {at}");
                // The name may already be there when the folder cannot be synced.
                let expected = if at == steps - 1 { "new one" } else { "old" };
                assert_eq!(fs::read_to_string(&path).unwrap(), expected);
                assert_eq!(names(), 1, "nothing else is left");
            }
        }
    }
}
