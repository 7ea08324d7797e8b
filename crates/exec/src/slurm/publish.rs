//! The copy of this program that tasks run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use reprove_model::digest::Sha256Digest;

/// Copies this program into `bin` of the store, under a name with its digest, so that tasks that
/// wait in the queue run the program that submitted them even when it is replaced meanwhile. Gives
/// the copy.
///
/// # Errors
/// What the system says.
pub fn publish(store: &Path) -> io::Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let bytes = fs::read(std::env::current_exe()?)?;
    let folder = store.join("bin");
    reprove_files::readable_folder(&folder)?;
    let digest = Sha256Digest::of(&bytes).to_string();
    let path = fs::canonicalize(&folder)?.join(format!("reprove-{}", &digest[..16]));
    if !path.exists() {
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        io::Write::write_all(&mut file, &bytes)?;
        file.as_file()
            .set_permissions(fs::Permissions::from_mode(0o555))?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
    }
    Ok(path)
}
