//! Programs of this machine that experiments are built and run with: their paths, versions and the
//! paths that a sandbox must show for them to work.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use reprove_model::digest::{self, Sha256Digest};

/// Where the sandbox looks for programs by itself.
const SYSTEM: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// Programs that were found, with the paths that they need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tools {
    /// Names under which programs are to be found, with their places.
    pub programs: BTreeMap<String, PathBuf>,
    /// Folders of programs that must be called by their own place.
    pub folders: Vec<PathBuf>,
    /// Folders and files that must be readable.
    pub read_only: Vec<PathBuf>,
    /// Versions for the report, as `python` → `3.11.7`.
    pub versions: BTreeMap<String, String>,
    /// Where Python looks for packages, besides the user's own, which a sandbox does not show.
    packages: Vec<PathBuf>,
    /// Python's executable.
    interpreter: Option<PathBuf>,
}

impl Tools {
    /// Adds Python: the first `python3` or `python` of the user's path, seen through the wrappers
    /// of version managers.
    pub fn python(&mut self) -> Option<PathBuf> {
        const ASK: &str = "import sys, platform; print(sys.executable); print(sys.prefix); \
                           print(sys.base_prefix); print(platform.python_version()); \
                           print(*sys.path, sep='\\n')";
        let (program, said) = ["python3", "python"].iter().find_map(|name| {
            let program = search(name)?;
            let said = ask(&program, &["-I", "-c", ASK])?;
            Some((program, said))
        })?;
        let mut lines = said.lines();
        let executable = lines
            .next()
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .unwrap_or(program);
        for prefix in [lines.next()?, lines.next()?] {
            self.show(Path::new(prefix));
        }
        self.versions
            .insert("python".into(), lines.next()?.to_owned());
        self.interpreter = Some(executable.clone());
        self.packages = lines.map(PathBuf::from).collect();
        // Called from its own folder an interpreter finds the environment that it belongs to.
        let folder = executable.parent()?;
        self.folders.push(folder.to_owned());
        for name in ["python", "python3"] {
            if !folder.join(name).exists() {
                self.programs.insert(name.into(), executable.clone());
            }
        }
        Some(executable)
    }

    /// Adds cargo and rustc of one toolchain, not the wrappers of rustup: those would fetch another
    /// toolchain, or run one out of the checkout, where a file of it says so.
    pub fn cargo(&mut self) -> Option<()> {
        let rustc = search("rustc")?;
        let sysroot = PathBuf::from(ask(&rustc, &["--print", "sysroot"])?.trim());
        let bin = sysroot.join("bin");
        let (cargo, rustc) = if bin.join("cargo").is_file() {
            self.show(&sysroot);
            (bin.join("cargo"), bin.join("rustc"))
        } else {
            (search("cargo")?, rustc)
        };
        self.versions
            .insert("cargo".into(), ask(&cargo, &["-V"])?.trim().to_owned());
        let verbose = ask(&rustc, &["-vV"])?;
        self.versions
            .insert("rustc".into(), verbose.lines().next()?.to_owned());
        let host = verbose.lines().find_map(|line| line.strip_prefix("host: "));
        self.versions.insert("target".into(), host?.to_owned());
        for name in ["rustdoc", "cargo-clippy"] {
            let program = bin.join(name);
            if program.is_file() {
                self.programs.insert(name.into(), program);
            }
        }
        self.programs.insert("cargo".into(), cargo);
        self.programs.insert("rustc".into(), rustc);
        if let Some(version) = search("cc").and_then(|cc| ask(&cc, &["--version"])) {
            let first = version.lines().next().unwrap_or_default();
            self.versions.insert("cc".into(), first.to_owned());
        }
        Some(())
    }

    /// Adds a program by the name that a command calls it by; one with a slash is the experiment's.
    pub fn named(&mut self, name: &str) -> Option<()> {
        if name.contains('/') || self.programs.contains_key(name) {
            return Some(());
        }
        match name {
            "python" | "python3" => return self.python().map(drop),
            "cargo" | "rustc" => return self.cargo(),
            _ => {}
        }
        let program = search(name)?;
        if is_of_system(&program) {
            self.versions.insert(name.into(), described(&program)?);
            return Some(());
        }
        let real = program.canonicalize().ok()?;
        self.versions.insert(name.into(), described(&real)?);
        self.show(&real);
        self.programs.insert(name.into(), real);
        Some(())
    }

    /// Adds the packages that are installed for Python, as their folders of metadata are named: what
    /// is not pinned must be known.
    pub fn installed_packages(&mut self) {
        for folder in &self.packages {
            for entry in folder.read_dir().into_iter().flatten().flatten() {
                let name = entry.file_name();
                if let Some((package, version)) = name.to_str().and_then(package) {
                    // The first that Python meets is the one that it imports.
                    let known = self
                        .versions
                        .entry(package.to_lowercase().replace('_', "-"));
                    known.or_insert_with(|| version.to_owned());
                }
            }
        }
    }

    /// Adds what the machine's own interpreters and libraries are made of: the digest of the database of
    /// the system's packages, and that of the names, sizes and times of all files that Python can
    /// import. A changed machine has other runs.
    pub fn system_state(&mut self) {
        if let Some(text) = self.interpreter.as_deref().and_then(described) {
            self.versions.insert("python-executable".into(), text);
        }
        for (name, path) in PACKAGE_DATABASES {
            if let Ok(found) = digest::file(Path::new(path)) {
                let text = format!("sha256 {}", &found.digest.to_string()[..16]);
                self.versions.insert(format!("{name}-packages"), text);
            }
        }
        if !self.packages.is_empty() {
            let digest = state_of(&self.packages).to_string();
            let text = format!("sha256 {} of names, sizes and times", &digest[..16]);
            self.versions.insert("python-files".into(), text);
        }
    }

    /// Makes a path readable, unless it is anyway, or is so wide that it would show everything.
    fn show(&mut self, path: &Path) {
        let home = env::var_os("HOME").map(PathBuf::from);
        let is_wide = path.parent().is_none() || home.is_some_and(|home| home.starts_with(path));
        if !is_wide && !is_of_system(path) && !self.read_only.iter().any(|known| known == path) {
            self.read_only.push(path.to_owned());
        }
    }
}

/// Databases of the packages that distributions install.
const PACKAGE_DATABASES: [(&str, &str); 4] = [
    ("dpkg", "/var/lib/dpkg/status"),
    ("apk", "/lib/apk/db/installed"),
    ("rpm", "/var/lib/rpm/rpmdb.sqlite"),
    ("pacman", "/var/lib/pacman/local/ALPM_DB_VERSION"),
];

/// The digest of the names, sizes and times of modification of all files in these folders, compiled
/// Python apart: an interpreter writes that by itself.
fn state_of(folders: &[PathBuf]) -> Sha256Digest {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::MetadataExt;
    let mut found = BTreeMap::new();
    let mut pending = folders.to_vec();
    while let Some(folder) = pending.pop() {
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            let (path, Ok(metadata)) = (entry.path(), entry.path().symlink_metadata()) else {
                continue;
            };
            if metadata.is_dir() && entry.file_name() != "__pycache__" {
                pending.push(path);
            } else if !metadata.is_dir() {
                let stamp = (metadata.len(), metadata.mtime(), metadata.mtime_nsec());
                found.insert(path, stamp);
            }
        }
    }
    let mut text = Vec::new();
    for (path, stamp) in found {
        text.extend_from_slice(path.as_os_str().as_bytes());
        text.extend_from_slice(format!(" {stamp:?}\n").as_bytes());
    }
    Sha256Digest::of(&text)
}

/// The name and the version in the name of a package's folder of metadata, as
/// `numpy-2.1.0.dist-info`.
fn package(folder: &str) -> Option<(&str, &str)> {
    let stem = folder
        .strip_suffix(".dist-info")
        .or_else(|| folder.strip_suffix(".egg-info"))?;
    // An egg's folder may name Python's version too.
    let mut parts = stem.splitn(3, '-');
    Some((parts.next()?, parts.next()?))
}

/// A program that tells no version: where it is, and the beginning of its digest.
fn described(program: &Path) -> Option<String> {
    let digest = digest::file(&program.canonicalize().ok()?).ok()?.digest;
    let digest = digest.to_string();
    Some(format!("{} (sha256 {}…)", program.display(), &digest[..16]))
}

fn is_of_system(path: &Path) -> bool {
    [
        "/usr",
        "/bin",
        "/sbin",
        "/lib",
        "/lib64",
        "/nix/store",
        "/gnu/store",
    ]
    .iter()
    .any(|part| path.starts_with(part))
}

/// A program of the user's path, or of the system's.
fn search(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .chain(SYSTEM.iter().map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|program| is_executable(program))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Output of a program of this machine; it is called in `/`, where no file of the commit has an effect.
fn ask(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8(output.stdout).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_is_found_behind_its_wrappers() {
        let mut tools = Tools::default();
        let python = tools.python().expect("tests need Python");
        assert!(python.is_absolute() && python.is_file());
        assert!(tools.versions["python"].starts_with("3."));
        assert_eq!(tools.folders, [python.parent().unwrap()]);
    }

    #[test]
    fn what_is_installed_for_python_is_listed() {
        let site = tempfile::tempdir().unwrap();
        for name in [
            "numpy-2.1.0.dist-info",
            "Old_Egg-1.2-py3.11.egg-info",
            "numpy",
            "broken.dist-info",
        ] {
            std::fs::create_dir(site.path().join(name)).unwrap();
        }
        let mut tools = Tools {
            packages: vec![site.path().into(), "/nowhere".into()],
            ..Tools::default()
        };
        tools.installed_packages();
        let listed = [("numpy", "2.1.0"), ("old-egg", "1.2")];
        assert_eq!(
            tools.versions,
            listed
                .map(|(name, version)| (name.to_owned(), version.to_owned()))
                .into()
        );
    }

    #[test]
    fn a_changed_module_changes_the_state_of_the_machine() {
        let site = tempfile::tempdir().unwrap();
        let folders = [site.path().to_owned()];
        std::fs::create_dir(site.path().join("__pycache__")).unwrap();
        std::fs::write(site.path().join("module.py"), "rate = 0.1\n").unwrap();
        let before = state_of(&folders);
        std::fs::write(site.path().join("__pycache__/module.pyc"), "x").unwrap();
        assert_eq!(state_of(&folders), before);
        std::fs::write(site.path().join("module.py"), "rate = 0.25\n").unwrap();
        assert_ne!(state_of(&folders), before);
    }

    #[test]
    fn a_program_without_a_version_is_told_by_its_digest() {
        let mut tools = Tools::default();
        tools.named("sh").unwrap();
        let told = &tools.versions["sh"];
        let digest = told.split_once("sh (sha256 ").unwrap().1;
        assert_eq!(digest.trim_end_matches("…)").len(), 16, "{told}");
    }

    #[test]
    fn cargo_is_the_toolchain_s_own() {
        let mut tools = Tools::default();
        tools.cargo().expect("tests need cargo");
        assert!(tools.versions["cargo"].starts_with("cargo "));
        assert!(tools.versions["rustc"].starts_with("rustc "));
    }

    #[test]
    fn a_program_that_is_not_there_is_not_found() {
        let mut tools = Tools::default();
        assert_eq!(tools.named("no-such-program"), None);
        assert_eq!(tools.named("./train"), Some(()));
        assert_eq!(tools.named("sh"), Some(()));
        // The home folder, or all, is never shown for a program's sake.
        tools.show(Path::new("/"));
        assert_eq!(tools.read_only, [] as [PathBuf; 0]);
    }
}
