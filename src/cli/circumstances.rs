//! What surrounds this process and keeps a verification from working: limits and variables.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use reprove_model::escape;
use reprove_model::manifest::ByteSize;
use rustix::process::{Resource, getrlimit};

/// The least limit on the size of a file that a verification works under, in bytes.
const LEAST_FILE_SIZE: u64 = 16 << 20;

/// Lets a write beyond the limit on the size of files fail, instead of ending this process. Programs that
/// it starts end as they always do.
pub fn survive_file_size_limit() {
    // Without the handler a write beyond the limit ends the process, as it did before.
    let _ = signal_hook::flag::register(
        signal_hook::consts::SIGXFSZ,
        Arc::new(AtomicBool::new(false)),
    );
}

/// Refuses circumstances in which no verification works.
///
/// # Errors
/// The problem in one line, with a hint.
pub fn check() -> Result<(), (String, Option<String>)> {
    check_limits()?;
    let cache = ["XDG_CACHE_HOME", "HOME"]
        .into_iter()
        .find_map(|name| Some((name, PathBuf::from(std::env::var_os(name)?))));
    check_path("TMPDIR", &std::env::temp_dir())?;
    cache.map_or(Ok(()), |(name, folder)| check_path(name, &folder))
}

/// Refuses a limit under which no repository can be read.
///
/// # Errors
/// The problem in one line, with a hint.
pub fn check_limits() -> Result<(), (String, Option<String>)> {
    check_file_size(getrlimit(Resource::Fsize).current)
}

/// Refuses a limit on the size of files that a verification's own files pass.
fn check_file_size(limit: Option<u64>) -> Result<(), (String, Option<String>)> {
    match limit.filter(|limit| *limit < LEAST_FILE_SIZE) {
        None => Ok(()),
        Some(limit) => Err((
            format!(
                "`ulimit -f`: expected files of at least {} to be allowed, found a limit of {}",
                ByteSize(LEAST_FILE_SIZE),
                ByteSize(limit)
            ),
            Some("lift it with `ulimit -f unlimited`".to_owned()),
        )),
    }
}

/// Refuses a path that is not UTF-8: commands of builds and runs name it as text.
fn check_path(variable: &str, path: &std::path::Path) -> Result<(), (String, Option<String>)> {
    match path.to_str() {
        Some(_) => Ok(()),
        None => Err((
            format!(
                "{variable}: expected a path that is UTF-8 text, found `{}`",
                escape::text(&path.to_string_lossy())
            ),
            Some(format!("set `{variable}` to another folder")),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    #[test]
    fn a_small_limit_on_files_is_refused() {
        assert!(check_file_size(None).is_ok() && check_file_size(Some(16 << 20)).is_ok());
        assert_eq!(
            check_file_size(Some(0)).unwrap_err().0,
            "`ulimit -f`: expected files of at least 16 MiB to be allowed, found a limit of 0 B"
        );
    }

    #[test]
    fn a_path_that_is_no_text_is_refused() {
        assert!(check_path("TMPDIR", Path::new("/tmp/ä")).is_ok());
        let path = Path::new(OsStr::from_bytes(b"/tmp/\xff"));
        assert_eq!(
            check_path("TMPDIR", path).unwrap_err().0,
            "TMPDIR: expected a path that is UTF-8 text, found `/tmp/\u{fffd}`"
        );
    }
}
