//! The folder that a bundle is written into.
//!
//! The hash list comes last, when all other files are on the disk: a bundle that was not finished has none,
//! and `audit` says so. What was written before a failure is removed again.

use std::io;
use std::path::{Path, PathBuf};

use super::{Files, list};
use reprove_files::{make_folder, remove_file, remove_folder, sync_all_of, write_new, write_whole};

/// Folder of a bundle that is being written.
pub(super) struct Place<'p> {
    folder: &'p Path,
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

/// Error of a bundle's folder: the file or folder, and what the system said.
pub(super) type PlaceError = (PathBuf, io::Error);

impl<'p> Place<'p> {
    /// A folder that is empty or not there.
    pub fn new(folder: &'p Path) -> Self {
        Self {
            folder,
            files: Vec::new(),
            folders: Vec::new(),
        }
    }

    /// Writes the files, and removes them when one cannot be written.
    ///
    /// # Errors
    /// The file or folder that cannot be written, and what the system said.
    pub fn write(mut self, files: &Files) -> Result<(), PlaceError> {
        let written = self.write_all(files);
        if written.is_err() {
            self.clear();
        }
        written
    }

    fn write_all(&mut self, files: &Files) -> Result<(), PlaceError> {
        for (path, bytes) in files.iter().filter(|(path, _)| *path != list::LIST) {
            let place = self.folder.join(path);
            self.make(place.parent().unwrap_or(self.folder))?;
            let written = write_new(&place, bytes);
            // A file that another process has made is not removed.
            let is_ours = |error: &io::Error| error.kind() != io::ErrorKind::AlreadyExists;
            if written.as_ref().err().is_none_or(is_ours) {
                self.files.push(place.clone());
            }
            written.map_err(|error| (place, error))?;
        }
        let failed = |error| (self.folder.to_owned(), error);
        sync_all_of(self.folder).map_err(failed)?;
        if let Some(bytes) = files.get(list::LIST) {
            let place = self.folder.join(list::LIST);
            self.files.push(place.clone());
            write_whole(&place, bytes).map_err(|error| (place, error))?;
        }
        Ok(())
    }

    /// Makes a folder and those above it that are not there.
    fn make(&mut self, folder: &Path) -> Result<(), PlaceError> {
        if folder == Path::new("") || folder.is_dir() {
            return Ok(());
        }
        if let Some(above) = folder.parent() {
            self.make(above)?;
        }
        make_folder(folder).map_err(|error| (folder.to_owned(), error))?;
        self.folders.push(folder.to_owned());
        Ok(())
    }

    /// Removes what was written. What cannot be removed has no hash list.
    fn clear(&self) {
        for file in self.files.iter().rev() {
            let _ = remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = remove_folder(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit;
    use reprove_files::faults::{Fault, count, inject};
    use std::fs;

    /// The files of a bundle that `audit` accepts.
    fn bundle() -> Files {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/evidence/v1");
        let mut files = Files::new();
        let mut pending = vec![fixture.clone()];
        while let Some(folder) = pending.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    pending.push(path);
                } else {
                    let name = path.strip_prefix(&fixture).unwrap().display().to_string();
                    files.insert(name, fs::read(path).unwrap());
                }
            }
        }
        files
    }

    #[test]
    fn a_fault_of_storage_leaves_no_bundle_that_an_audit_accepts() {
        let files = bundle();
        let root = tempfile::tempdir().unwrap();
        let whole = root.path().join("whole");
        let (written, steps) = count(|| Place::new(&whole).write(&files));
        written.unwrap();
        let accepted = audit(&whole, None).unwrap();
        for fault in [Fault::Refused, Fault::Torn, Fault::Lasting] {
            for at in 0..steps {
                let folder = root.path().join(format!("{fault:?}/{at}"));
                let (written, is_reached) = inject(fault, at, || Place::new(&folder).write(&files));
                assert!(written.is_err() && is_reached, "{fault:?} at {at}");
                if fault != Fault::Lasting {
                    assert!(!folder.exists(), "{fault:?} at {at}");
                    continue;
                }
                // As after a kill: nothing could be removed.
                let found = audit(&folder, None);
                let is_last = at == steps - 1;
                let is_accepted = found.is_ok_and(|found| found == accepted);
                assert_eq!(is_accepted, is_last, "{fault:?} at {at}");
            }
        }
    }

    #[test]
    fn the_file_of_another_process_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b"), "other").unwrap();
        let names = ["a", "b", "c"].map(|name| (name.to_owned(), b"ours".to_vec()));
        let (place, _) = Place::new(folder.path()).write(&names.into()).unwrap_err();
        assert_eq!(place, folder.path().join("b"));
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!((left, fs::read(place).unwrap()), (1, b"other".to_vec()));
    }
}
