//! Tests of clones as people have them: with other line ends, sparse, shallow, partial, packed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::PinStatus;
use super::source::{Location, SourceError, SourceRepository};
use super::tree::TreeLimits;
use super::work_tree::changes;
use reprove_model::diagnostics::Hint;
use reprove_model::manifest::CommitId;

/// A repository `repo` with one commit, and a folder for its clones.
struct Fixture {
    folder: tempfile::TempDir,
    commit: CommitId,
}

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "--quiet", "repo"]);
        let repo = folder.path().join("repo");
        for (name, text) in files {
            let path = repo.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let commit = commit(&repo);
        Self { folder, commit }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The repository, cloned with these arguments into `clone`.
    fn clone(&self, arguments: &[&str]) -> PathBuf {
        let url = format!("file://{}", self.path("repo").display());
        let words = ["clone", "--quiet"].iter().chain(arguments);
        let words: Vec<&str> = words.copied().chain([url.as_str(), "clone"]).collect();
        git(self.folder.path(), &words);
        self.path("clone")
    }

    /// The names of the files of the work tree that count as changed.
    fn changed(&self, clone: &Path) -> Vec<String> {
        let status = output(clone, &["status", "--porcelain", "--untracked-files=no"]);
        let source = open(clone).unwrap();
        let folder = source.work_tree_at(&self.commit).unwrap();
        let found = changes(&source, &source.commit(&self.commit).unwrap(), folder);
        assert_eq!(
            status.is_empty(),
            found.is_empty(),
            "git status says {status:?}"
        );
        found.into_iter().map(|pin| pin.name).collect()
    }
}

fn open(path: &Path) -> Result<SourceRepository, SourceError> {
    SourceRepository::open(&Location::Local(path.to_owned()))
}

fn output(folder: &Path, words: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
        .args(words)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn git(folder: &Path, words: &[&str]) {
    output(folder, words);
}

fn commit(repo: &Path) -> CommitId {
    git(repo, &["add", "--all"]);
    git(repo, &["commit", "--quiet", "--message=x"]);
    output(repo, &["rev-parse", "HEAD"]).parse().unwrap()
}

#[test]
fn line_ends_that_git_converts_are_no_change() {
    let fixture = Fixture::new(&[("a.py", "x = 1\ny = 2\n"), ("b.py", "z = 3\n")]);
    let clone = fixture.clone(&["--config", "core.autocrlf=true"]);
    assert!(fs::read(clone.join("a.py")).unwrap().ends_with(b"\r\n"));
    assert!(fixture.changed(&clone).is_empty());
    // A copy of the work tree has other times, so that git looks at the contents again.
    fs::write(clone.join("b.py"), "z = 3\r\n").unwrap();
    assert!(fixture.changed(&clone).is_empty());
    fs::write(clone.join("b.py"), "z = 4\r\n").unwrap();
    assert_eq!(fixture.changed(&clone), ["b.py"]);
}

#[test]
fn line_ends_that_attributes_ask_for_are_no_change() {
    let fixture = Fixture::new(&[
        (".gitattributes", "*.bat text eol=crlf\n"),
        ("a.bat", "x\n"),
    ]);
    let clone = fixture.clone(&[]);
    assert_eq!(fs::read(clone.join("a.bat")).unwrap(), b"x\r\n");
    assert!(fixture.changed(&clone).is_empty());
}

#[test]
fn a_mode_that_git_ignores_is_no_change() {
    let fixture = Fixture::new(&[("run.sh", "echo\n")]);
    let clone = fixture.clone(&[]);
    git(&clone, &["config", "core.fileMode", "false"]);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(clone.join("run.sh"), executable).unwrap();
    assert!(fixture.changed(&clone).is_empty());
    git(&clone, &["config", "core.fileMode", "true"]);
    assert_eq!(fixture.changed(&clone), ["run.sh"]);
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_no_change() {
    let files = [("a/x", "1\n"), ("b/c/y", "2\n"), ("b/z", "3\n")];
    let fixture = Fixture::new(&files);
    let clone = fixture.clone(&[]);
    git(&clone, &["sparse-checkout", "set", "a"]);
    assert!(!clone.join("b").exists());
    assert!(fixture.changed(&clone).is_empty());
    fs::remove_file(clone.join("a/x")).unwrap();
    assert_eq!(fixture.changed(&clone), ["a/x"]);
}

#[test]
fn the_content_of_a_pointer_is_no_change_and_other_content_is_one() {
    let pointer = "version https://git-lfs.github.com/spec/v1\n\
        oid sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\nsize 3\n";
    let fixture = Fixture::new(&[("w.bin", pointer)]);
    let clone = fixture.clone(&[]);
    let source = open(&clone).unwrap();
    let pinned = source.commit(&fixture.commit).unwrap();
    fs::write(clone.join("w.bin"), "abc").unwrap();
    assert!(changes(&source, &pinned, &clone).is_empty());
    fs::write(clone.join("w.bin"), "abd").unwrap();
    assert_eq!(changes(&source, &pinned, &clone).len(), 1);
}

#[test]
fn a_shallow_clone_is_named_where_a_commit_is_absent() {
    let fixture = Fixture::new(&[("a", "1\n")]);
    fs::write(fixture.path("repo/a"), "2\n").unwrap();
    let newest = commit(&fixture.path("repo"));
    let source = open(&fixture.clone(&["--depth=1"])).unwrap();
    assert!(source.check("r", &newest).is_held());
    let pin = source.check("r", &fixture.commit);
    assert_eq!(pin.status, PinStatus::Missing);
    let found = format!("no such commit; HEAD is {newest}; the repository is a shallow clone");
    assert_eq!(pin.found, Some(found));
    assert!(pin.hint.unwrap().contains("git fetch --unshallow"));
}

#[test]
fn a_partial_clone_is_named_where_a_file_is_absent() {
    let fixture = Fixture::new(&[("a", "1\n")]);
    git(
        &fixture.path("repo"),
        &["config", "uploadpack.allowFilter", "true"],
    );
    let clone = fixture.clone(&["--filter=blob:none", "--no-checkout"]);
    let source = open(&clone).unwrap();
    let pinned = source.commit(&fixture.commit).unwrap();
    let link = pinned.list(None, TreeLimits::default());
    let error = link.unwrap_err();
    assert!(error.is_absent(), "{error}");
    let pin = source.lack().unwrap().told(error.pin("r", "tree"));
    assert!(
        pin.found
            .unwrap()
            .ends_with("the repository is a partial clone")
    );
    // The hint's command mends it.
    git(&clone, &["fetch", "--quiet", "--refetch", "--no-filter"]);
    assert!(
        open(&clone)
            .unwrap()
            .commit(&fixture.commit)
            .unwrap()
            .list(None, TreeLimits::default())
            .is_ok()
    );
}

#[test]
fn a_folder_that_objects_are_borrowed_of_is_named_when_it_is_gone() {
    let fixture = Fixture::new(&[("a", "1\n")]);
    let clone = fixture.clone(&["--shared"]);
    let borrowed = fixture.path("repo/.git/objects");
    fs::create_dir_all(clone.join(".git/objects/info")).unwrap();
    let alternates = format!("{}\n", borrowed.display());
    fs::write(clone.join(".git/objects/info/alternates"), alternates).unwrap();
    assert_eq!(open(&clone).unwrap().lack(), None);
    fs::rename(fixture.path("repo"), fixture.path("moved")).unwrap();
    let lack = open(&clone).unwrap().lack();
    assert_eq!(lack, Some(super::lack::Lack::Alternate(borrowed)));
}

#[test]
fn bundles_and_sha256_repositories_are_named() {
    let fixture = Fixture::new(&[("a", "1\n")]);
    git(
        &fixture.path("repo"),
        &["bundle", "create", "--quiet", "../r.bundle", "--all"],
    );
    let error = open(&fixture.path("r.bundle")).err().unwrap();
    assert!(
        error
            .to_string()
            .ends_with("is a git bundle, not a repository")
    );
    assert!(error.hint().unwrap().starts_with("`git clone --bare "));
    git(
        fixture.folder.path(),
        &["init", "--quiet", "--object-format=sha256", "new"],
    );
    let error = open(&fixture.path("new")).err().unwrap();
    assert!(
        error
            .to_string()
            .ends_with("only SHA-1 repositories can be read"),
        "{error}"
    );
}

#[test]
fn links_of_git_annex_are_listed() {
    let fixture = Fixture::new(&[("f/a", "1\n")]);
    let repo = fixture.path("repo");
    symlink("../.git/annex/objects/aa/bb/K/K", repo.join("f/data.bin")).unwrap();
    let id = commit(&repo);
    let source = open(&repo).unwrap();
    let entries = source
        .commit(&id)
        .unwrap()
        .list(None, TreeLimits::default())
        .unwrap();
    let export = super::export::Export::of(&entries);
    assert_eq!(export.annex_links, [PathBuf::from("f/data.bin")]);
}
