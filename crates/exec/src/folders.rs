//! The folders that a program's runs are made in.
//!
//! Every run finds its files as the checkout has them, and nothing that another run has left. Creating
//! files is slow on ext4 without a journal, which passes over every place for a file that was freed in
//! the last minute, one by one. So a folder serves one run after the other as long as its inputs are
//! unchanged, and is made anew otherwise.

use std::collections::BTreeMap;
use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
use rustix::io::Errno;

use super::build::Build;
use reprove_sandbox::remove;

/// What becomes of the checkout and of the runs' folders, with their output and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Artifacts {
    /// They are removed at the end (the default).
    Remove,
    /// They stay, and the user is told where.
    Keep,
}

/// What every run finds in its folder.
#[derive(Debug, Clone)]
pub struct RunInputs {
    /// The folder that is copied for every run.
    pub checkout: PathBuf,
    /// What the build produced in it, relative to it: linked instead of copied, and read-only.
    pub products: Vec<PathBuf>,
    /// Data entries by name, absolute: `.data` has a link to each.
    pub data: BTreeMap<String, PathBuf>,
}

impl RunInputs {
    /// What runs of this program find.
    pub fn of(built: &Build, data: &BTreeMap<String, PathBuf>) -> Self {
        Self {
            checkout: built.checkout.clone(),
            products: built.products.clone(),
            data: data.clone(),
        }
    }
}

/// The folder of one run.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// What stands in the work folder when a run begins, by its path there; the folder itself has
    /// none.
    begun: BTreeMap<PathBuf, (Trace, Timestamps)>,
}

/// The folders of runs.
#[derive(Debug)]
pub struct RunFolders {
    root: PathBuf,
    begun: RunInputs,
    leftovers: Artifacts,
    /// The files that each run finds, where they are few and small; read when the first run begins.
    little: OnceLock<Option<BTreeMap<PathBuf, Content>>>,
    /// Folders that no run uses at the moment.
    spare: Mutex<Vec<RunFolder>>,
    made: AtomicUsize,
}

/// The permissions of the folder of a run while the run uses it, and while none does.
const OPEN: u32 = 0o711;
const CLOSED: u32 = 0o700;

/// The folder in the work folder that links to the data by their names.
const DATA: &str = ".data";
/// Folders in the work folder that a run may fill, and that are emptied after it: those of its results
/// and of its temporary files.
const FILLED: [&str; 2] = ["out", ".tmp"];

impl RunFolder {
    /// The folder that the run may write to.
    pub fn work(&self) -> PathBuf {
        self.path.join("work")
    }

    /// The copy of the checkout.
    pub fn code(&self) -> PathBuf {
        self.path.join("work/code")
    }

    /// The folder for results.
    pub fn out(&self) -> PathBuf {
        self.path.join("work/out")
    }

    /// The folder of the two logs.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// Notes what stands in the work folder now.
    fn note(&mut self, contents: &BTreeMap<PathBuf, Content>) -> io::Result<()> {
        let work = self.work();
        for at in contents.keys() {
            let path = work.join(at);
            let found = fs::symlink_metadata(&path)?;
            let noted = (Trace::of(&path, &found)?, times(&found));
            self.begun.insert(at.clone(), noted);
        }
        Ok(())
    }

    /// Whether what is at `at` in the work folder, and all beneath it, is what runs find there; each
    /// that is seen is counted down from `left`.
    fn is_as_begun(
        &self,
        contents: &BTreeMap<PathBuf, Content>,
        at: &Path,
        left: &mut usize,
    ) -> io::Result<bool> {
        let path = self.work().join(at);
        let (Some(content), Some((trace, _))) = (contents.get(at), self.begun.get(at)) else {
            return Ok(false);
        };
        let found = fs::symlink_metadata(&path)?;
        if Trace::of(&path, &found)? != *trace || !content.stands_at(&path)? {
            return Ok(false);
        }
        // Room that was reserved behind a file's end shows in no other way.
        if found.blocks() * 512 > found.len() + SLACK {
            return Ok(false);
        }
        *left -= 1;
        if matches!(content, Content::Folder) {
            for entry in fs::read_dir(&path)? {
                if !self.is_as_begun(contents, &at.join(entry?.file_name()), left)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Sets the times of all that stands in the work folder back.
    fn turn_back(&self) -> io::Result<()> {
        for (at, (_, times)) in &self.begun {
            utimensat(CWD, self.work().join(at), times, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }
}

impl RunFolders {
    /// Folders beneath `root`, which need not be there yet. Where they are kept, each run has one of its own.
    pub fn new(root: PathBuf, begun: RunInputs, leftovers: Artifacts) -> Self {
        Self {
            root,
            begun,
            leftovers,
            little: OnceLock::new(),
            spare: Mutex::default(),
            made: AtomicUsize::new(0),
        }
    }

    /// A folder for a run, with its files; `name` is its name where it is kept.
    ///
    /// # Errors
    /// One that cannot be made, with its path.
    pub fn take(&self, name: &str) -> Result<RunFolder, String> {
        let spare = self
            .spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        if let Some(folder) = spare {
            let opened = fs::set_permissions(&folder.path, Permissions::from_mode(OPEN));
            if opened.is_ok() {
                return Ok(folder);
            }
        }
        let path = self.root.join(match self.leftovers {
            Artifacts::Keep => name.to_owned(),
            Artifacts::Remove => self.made.fetch_add(1, Ordering::Relaxed).to_string(),
        });
        self.make(&path)
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Takes a folder back when its run has ended and all that counts has been read.
    pub fn give_back(&self, folder: RunFolder) {
        if self.leftovers == Artifacts::Keep {
            return;
        }
        // No other run comes near it while it is looked at and waits, not even one that is lent the
        // same user id.
        let closed = fs::set_permissions(&folder.path, Permissions::from_mode(CLOSED));
        if closed.is_ok() && self.renew(&folder).is_ok_and(|is_as_begun| is_as_begun) {
            let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
            spare.push(folder);
        } else {
            // No other run gets a folder of this name, and all of them go at the end.
            let _ = remove::folder(&folder.path);
        }
    }

    /// Empties what a run has filled. Whether all else is as it was when the run began.
    fn renew(&self, folder: &RunFolder) -> io::Result<bool> {
        let Some(Some(little)) = self.little.get() else {
            return Ok(false);
        };
        let work = folder.work();
        for name in FILLED {
            if fs::symlink_metadata(work.join(name))?.is_dir() {
                remove::contents(&work.join(name))?;
            }
        }
        let mut left = little.len();
        let is_as_begun = folder.is_as_begun(little, Path::new(""), &mut left)? && left == 0;
        if is_as_begun {
            folder.turn_back()?;
        }
        Ok(is_as_begun)
    }

    fn make(&self, path: &Path) -> io::Result<RunFolder> {
        if path.exists() {
            remove::folder(path)?;
        }
        let mut folder = RunFolder {
            path: path.to_owned(),
            begun: BTreeMap::new(),
        };
        let work = folder.work();
        fs::create_dir_all(path)?;
        fs::set_permissions(path, Permissions::from_mode(OPEN))?;
        fs::create_dir(folder.logs())?;
        let little = self.little.get_or_init(|| self.begun.read());
        let Some(little) = little else {
            fs::create_dir_all(folder.out())?;
            copy(
                &self.begun.checkout,
                &folder.code(),
                &self.begun.products,
                Path::new(""),
            )?;
            return Ok(folder);
        };
        for (at, content) in little {
            content.put(&work.join(at))?;
        }
        folder.note(little)?;
        Ok(folder)
    }
}

/// A file, folder or link that runs find.
#[derive(Debug)]
enum Content {
    Folder,
    File { bytes: Vec<u8>, mode: u32 },
    Link(PathBuf),
}

impl Content {
    fn put(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Folder => fs::create_dir(path),
            Self::File { bytes, mode } => {
                fs::write(path, bytes)?;
                fs::set_permissions(path, Permissions::from_mode(*mode))
            }
            Self::Link(target) => symlink(target, path),
        }
    }

    /// Whether what is at `path`, of the same kind as this, has the same content.
    fn stands_at(&self, path: &Path) -> io::Result<bool> {
        Ok(match self {
            Self::Folder => true,
            Self::File { bytes, .. } => fs::read(path)? == *bytes,
            Self::Link(target) => fs::read_link(path)? == *target,
        })
    }
}

/// What tells that a file, folder or link was changed, beside its content.
#[derive(Debug, PartialEq, Eq)]
struct Trace {
    /// Its kind and its permissions.
    mode: u32,
    /// The names of its extended attributes: lists of access among them.
    attributes: Vec<u8>,
    /// Its flags, as `chattr` sets them; a link has none.
    flags: Option<u32>,
    /// Its bytes; a folder that was filled may stay larger.
    size: u64,
    /// What the use of a folder changes: when it was written to last (seconds, nanoseconds), and its
    /// names.
    file: Option<((i64, i64), u64)>,
}

impl Trace {
    fn of(path: &Path, found: &Metadata) -> io::Result<Self> {
        let mut names = [0; 1024];
        let attributes = match rustix::fs::llistxattr(path, &mut names) {
            Ok(length) => names[..length].to_vec(),
            Err(Errno::NOTSUP) => Vec::new(),
            // More than a system gives a new file by itself.
            Err(_) => names.to_vec(),
        };
        let mut flags = None;
        if found.is_dir() || found.is_file() {
            // File systems without flags say so.
            let found = rustix::fs::ioctl_getflags(fs::File::open(path)?);
            flags = found.ok().map(|flags| flags.bits());
        }
        let file = || ((found.mtime(), found.mtime_nsec()), found.nlink());
        Ok(Self {
            mode: found.mode(),
            attributes,
            flags,
            size: found.len(),
            file: (!found.is_dir()).then(file),
        })
    }
}

/// What a file or folder takes of the disk beyond its bytes, at most: file systems reserve a little
/// by themselves.
const SLACK: u64 = 128 << 10;

/// As many files, and as many bytes of them, are read and compared sooner than made anew.
const LITTLE: (usize, u64) = (256, 1 << 20);

impl RunInputs {
    /// All that a run finds in its work folder, by its path there; nothing where it is much, or
    /// cannot be read.
    fn read(&self) -> Option<BTreeMap<PathBuf, Content>> {
        let folders = ["", DATA, "code"].into_iter().chain(FILLED);
        let mut found: BTreeMap<PathBuf, Content> =
            folders.map(|name| (name.into(), Content::Folder)).collect();
        for (name, target) in &self.data {
            found.insert(Path::new(DATA).join(name), Content::Link(target.clone()));
        }
        let mut bytes = LITTLE.1;
        self.read_beneath(Path::new(""), &mut found, &mut bytes)?;
        Some(found)
    }

    fn read_beneath(
        &self,
        at: &Path,
        found: &mut BTreeMap<PathBuf, Content>,
        left: &mut u64,
    ) -> Option<()> {
        for entry in fs::read_dir(self.checkout.join(at)).ok()? {
            let entry = entry.ok()?;
            let (path, at) = (entry.path(), at.join(entry.file_name()));
            let metadata = entry.metadata().ok()?;
            let content = if self.products.contains(&at) {
                Content::Link(path)
            } else if metadata.is_dir() {
                self.read_beneath(&at, found, left)?;
                Content::Folder
            } else if metadata.is_symlink() {
                Content::Link(fs::read_link(&path).ok()?)
            } else if metadata.is_file() {
                *left = left.checked_sub(metadata.len())?;
                let bytes = fs::read(&path).ok()?;
                Content::File {
                    bytes,
                    mode: metadata.permissions().mode(),
                }
            } else {
                continue;
            };
            found.insert(Path::new("code").join(at), content);
            if found.len() > LITTLE.0 {
                return None;
            }
        }
        Some(())
    }
}

/// When something was read and written to last.
fn times(found: &Metadata) -> Timestamps {
    let time = |tv_sec, tv_nsec| Timespec { tv_sec, tv_nsec };
    Timestamps {
        last_access: time(found.atime(), found.atime_nsec()),
        last_modification: time(found.mtime(), found.mtime_nsec()),
    }
}

/// Copies a folder; `products`, relative to its root, become links to those of the original. Data
/// are shared with the original where the file system can do that until they are written to.
fn copy(from: &Path, to: &Path, products: &[PathBuf], at: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target, at) = (
            entry.path(),
            to.join(entry.file_name()),
            at.join(entry.file_name()),
        );
        let kind = entry.file_type()?;
        if products.contains(&at) {
            std::os::unix::fs::symlink(&source, &target)?;
        } else if kind.is_dir() {
            copy(&source, &target, products, &at)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&source)?, &target)?;
        } else if kind.is_file() {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place {
        root: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir_all(root.path().join("checkout/sub/target")).unwrap();
            fs::write(root.path().join("checkout/sub/x"), "x").unwrap();
            fs::write(root.path().join("table.csv"), "1").unwrap();
            Self { root }
        }

        fn folders(&self, leftovers: Artifacts) -> RunFolders {
            let at = |name: &str| self.root.path().join(name);
            let begun = RunInputs {
                checkout: at("checkout"),
                products: vec!["sub/target".into()],
                data: [("table".to_owned(), at("table.csv"))].into(),
            };
            RunFolders::new(at("runs"), begun, leftovers)
        }
    }

    /// What a run finds does not depend on what the run before it has done.
    fn is_fresh(folder: &RunFolder) -> bool {
        let names = |at: &Path| -> Vec<String> {
            let entries = fs::read_dir(at).unwrap();
            let mut names: Vec<String> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        let (work, file) = (folder.work(), folder.code().join("sub/x"));
        names(&work) == [".data", ".tmp", "code", "out"]
            && names(&work.join(".data")) == ["table"]
            && names(&work.join(".tmp")).is_empty()
            && names(&folder.out()).is_empty()
            && names(&folder.code()) == ["sub"]
            && names(&folder.code().join("sub")) == ["target", "x"]
            && fs::read(&file).unwrap() == b"x"
            && fs::metadata(&file).unwrap().mode() & 0o777 == 0o644
            && rustix::fs::llistxattr(&file, &mut [0; 99]).unwrap_or(0) == 0
            && folder.code().join("sub/target").is_symlink()
    }

    #[test]
    fn a_folder_serves_again_when_only_results_were_left_in_it() {
        let place = Place::new();
        let folders = place.folders(Artifacts::Remove);
        let first = folders.take("a-1").unwrap();
        assert!(is_fresh(&first));
        fs::create_dir_all(first.out().join("deep/er")).unwrap();
        fs::write(first.out().join("metrics.json"), "1").unwrap();
        symlink("/", first.work().join(".tmp/away")).unwrap();
        let path = first.path.clone();
        fs::write(first.code().join("sub/fleeting"), "").unwrap();
        fs::remove_file(first.code().join("sub/fleeting")).unwrap();
        let late = std::time::SystemTime::now() + std::time::Duration::from_secs(1000);
        let file = fs::File::open(first.code().join("sub/x")).unwrap();
        file.set_times(fs::FileTimes::new().set_accessed(late))
            .unwrap();
        folders.give_back(first);
        let again = folders.take("a-2").unwrap();
        assert_eq!(again.path, path);
        for at in ["", "code/sub", "code/sub/x", "out"] {
            let found = times(&fs::metadata(again.work().join(at)).unwrap());
            let noted = &again.begun[Path::new(at)].1;
            assert_eq!(found.last_access, noted.last_access, "{at}");
            assert_eq!(found.last_modification, noted.last_modification, "{at}");
        }
        assert!(is_fresh(&again));
        // Another run beside it has another folder.
        let other = folders.take("a-3").unwrap();
        assert_ne!(other.path, path);
        assert!(is_fresh(&other));
    }

    fn set_attribute(path: &Path) -> io::Result<()> {
        match rustix::fs::setxattr(path, "user.note", b"1", rustix::fs::XattrFlags::empty()) {
            // A file system without attributes has none to find; another change, then.
            Err(Errno::NOTSUP) => fs::set_permissions(path, Permissions::from_mode(0o711)),
            other => Ok(other?),
        }
    }

    #[test]
    fn a_folder_that_was_changed_is_made_anew() {
        type Change = fn(&RunFolder) -> io::Result<()>;
        let changes: [(&str, Change); 15] = [
            ("content", |f| {
                let path = f.code().join("sub/x");
                let time = fs::metadata(&path)?.modified()?;
                fs::write(&path, "y")?;
                fs::File::open(&path)?.set_modified(time)
            }),
            ("time", |f| {
                let time = std::time::SystemTime::UNIX_EPOCH;
                fs::File::open(f.code().join("sub/x"))?.set_modified(time)
            }),
            ("permissions", |f| {
                fs::set_permissions(f.code().join("sub/x"), Permissions::from_mode(0o755))
            }),
            ("folder's permissions", |f| {
                fs::set_permissions(f.out(), Permissions::from_mode(0o700))
            }),
            ("removed", |f| fs::remove_file(f.code().join("sub/x"))),
            ("added", |f| fs::write(f.code().join("sub/z"), "")),
            ("added on top", |f| fs::write(f.work().join("z"), "")),
            ("second name", |f| {
                fs::hard_link(f.code().join("sub/x"), f.logs().join("x"))
            }),
            ("attribute", |f| set_attribute(&f.code().join("sub/x"))),
            ("attribute of all", |f| set_attribute(&f.work())),
            ("permissions of all", |f| {
                fs::set_permissions(f.work(), Permissions::from_mode(0o711))
            }),
            ("flag", |f| {
                let file = fs::File::open(f.out())?;
                let flags = rustix::fs::ioctl_getflags(&file);
                match flags.and_then(|flags| {
                    rustix::fs::ioctl_setflags(&file, flags | rustix::fs::IFlags::NODUMP)
                }) {
                    // A file system without flags has none to find; another change, then.
                    Err(Errno::NOTTY | Errno::NOTSUP) => fs::remove_dir(f.out()),
                    other => Ok(other?),
                }
            }),
            ("link", |f| {
                fs::remove_file(f.work().join(".data/table"))?;
                symlink("/etc/passwd", f.work().join(".data/table"))
            }),
            ("link for a folder", |f| {
                fs::remove_dir(f.out())?;
                symlink("/", f.out())
            }),
            ("folder for a file", |f| {
                fs::remove_file(f.code().join("sub/x"))?;
                fs::create_dir(f.code().join("sub/x"))
            }),
        ];
        let place = Place::new();
        let folders = place.folders(Artifacts::Remove);
        for (what, change) in changes {
            let folder = folders.take("run").unwrap();
            assert!(is_fresh(&folder), "before {what}");
            let path = folder.path.clone();
            change(&folder).unwrap();
            folders.give_back(folder);
            assert!(!path.exists(), "{what}");
        }
        assert!(is_fresh(&folders.take("run").unwrap()));
        assert_eq!(
            fs::read(place.root.path().join("checkout/sub/x")).unwrap(),
            b"x"
        );
    }

    #[test]
    fn kept_folders_are_each_runs_own() {
        let place = Place::new();
        let folders = place.folders(Artifacts::Keep);
        for name in ["a-1", "a-2"] {
            let folder = folders.take(name).unwrap();
            fs::write(folder.out().join("metrics.json"), name).unwrap();
            folders.give_back(folder);
        }
        let kept = place.root.path().join("runs/a-1/work/out/metrics.json");
        assert_eq!(fs::read(kept).unwrap(), b"a-1");
        assert!(is_fresh(&folders.take("a-3").unwrap()));
    }

    #[test]
    fn much_is_copied_for_every_run_and_goes_at_once() {
        let place = Place::new();
        let big = vec![7; usize::try_from(LITTLE.1).unwrap() + 1];
        fs::write(place.root.path().join("checkout/big"), &big).unwrap();
        let folders = place.folders(Artifacts::Remove);
        let folder = folders.take("a-1").unwrap();
        assert_eq!(fs::read(folder.code().join("big")).unwrap(), big);
        assert!(folder.code().join("sub/target").is_symlink() && folder.out().is_dir());
        let path = folder.path.clone();
        folders.give_back(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_copy_is_private_but_for_products() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        fs::create_dir_all(from.join("sub/target")).unwrap();
        fs::write(from.join("sub/x"), "x").unwrap();
        copy(&from, &to, &["sub/target".into()], Path::new("")).unwrap();
        fs::write(to.join("sub/x"), "y").unwrap();
        assert_eq!(fs::read(from.join("sub/x")).unwrap(), b"x");
        assert!(to.join("sub/target").is_symlink());
    }
}
