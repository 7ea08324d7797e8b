//! Fetches over `file://`, which takes git the same way as a server does.

use reprove_model::diagnostics::Hint;
use std::process::Command;

use super::super::raw_repository::{RawRepository, commit_id};
use super::*;

/// A repository with a commit at its HEAD and an older one below it.
fn repository() -> (RawRepository, CommitId, CommitId) {
    let raw = RawRepository::new();
    let first = raw.commit_of(0o100644, b"a", raw.blob(b"one"));
    let tree = raw.tree(&[(0o100644, b"a", raw.blob(b"two"))]);
    let who = "A <a@example.org> 0 +0000";
    let text = format!("tree {tree}\nparent {first}\nauthor {who}\ncommitter {who}\n\nB\n");
    let second = commit_id(raw.object(git2::ObjectType::Commit, text.as_bytes()));
    raw.set_head(&second);
    (raw, first, second)
}

fn url(raw: &RawRepository) -> String {
    format!("file://{}", raw.path().display())
}

fn fetcher(folder: &Path, reach: NetworkPolicy) -> Fetcher {
    Fetcher::in_folder(folder.join("cache"), reach)
}

fn content(folder: &Path, commit: &CommitId) -> Vec<u8> {
    let source = SourceRepository::open(&Location::Local(folder.to_owned())).unwrap();
    source
        .commit(commit)
        .unwrap()
        .read_file(Path::new("a"), 100)
        .unwrap()
}

#[test]
fn exactly_the_commit_comes_and_stays() {
    let (raw, first, second) = repository();
    let place = tempfile::tempdir().unwrap();
    let online = fetcher(place.path(), NetworkPolicy::Network);
    let folder = online.fetch(&url(&raw), &second).unwrap();
    assert_eq!(content(&folder, &second), b"two");
    // The commit alone: not even the one before it.
    let source = SourceRepository::open(&Location::Local(folder.clone())).unwrap();
    assert!(source.commit(&first).is_err());
    // From now on neither network nor repository is needed.
    let address = url(&raw);
    drop(raw);
    let offline = fetcher(place.path(), NetworkPolicy::CacheOnly);
    assert_eq!(offline.fetch(&address, &second).unwrap(), folder);
    assert_eq!(online.fetch(&address, &second).unwrap(), folder);
    let error = offline.fetch(&address, &first).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("commit {first} of `{address}` is not in the cache, and fetching is not allowed")
    );
    assert_eq!(error.hint(), None);
}

#[test]
fn a_server_that_refuses_ids_is_asked_for_its_branches() {
    let (raw, first, _) = repository();
    let place = tempfile::tempdir().unwrap();
    let mut old = fetcher(place.path(), NetworkPolicy::Network);
    // Protocol 2 lets any id be asked for; servers of protocol 0 may refuse all but the tips.
    old.git.protocol = 0;
    let folder = old.fetch(&url(&raw), &first).unwrap();
    assert_eq!(content(&folder, &first), b"one");
}

#[test]
fn an_absent_commit_is_absent_and_leaves_nothing() {
    let (raw, ..) = repository();
    let place = tempfile::tempdir().unwrap();
    let absent: CommitId = "12".repeat(20).parse().unwrap();
    for protocol in [0, 2] {
        let mut online = fetcher(place.path(), NetworkPolicy::Network);
        online.git.protocol = protocol;
        let error = online.fetch(&url(&raw), &absent).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{}` has no commit {absent}", url(&raw))
        );
        assert_eq!(error.pin("r", &absent).status, PinStatus::Missing);
    }
    let folders: Vec<_> = fs::read_dir(place.path().join("cache")).unwrap().collect();
    let left = fs::read_dir(folders[0].as_ref().unwrap().path()).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn a_broken_or_unfinished_copy_is_fetched_again() {
    let (raw, _, second) = repository();
    let place = tempfile::tempdir().unwrap();
    let online = fetcher(place.path(), NetworkPolicy::Network);
    let folder = online.fetch(&url(&raw), &second).unwrap();
    fs::remove_dir_all(folder.join("objects")).unwrap();
    let leftover = folder.parent().unwrap().join(format!("{UNFINISHED}1"));
    fs::create_dir(&leftover).unwrap();
    assert_eq!(
        content(&online.fetch(&url(&raw), &second).unwrap(), &second),
        b"two"
    );
    assert!(!leftover.exists());
}

#[test]
fn what_cannot_be_had_says_why() {
    let place = tempfile::tempdir().unwrap();
    let absent: CommitId = "12".repeat(20).parse().unwrap();
    let online = fetcher(place.path(), NetworkPolicy::Network).within(Duration::from_secs(30));
    // Port 1 of this machine: nobody listens there.
    let error = online
        .fetch("https://127.0.0.1:1/a.git", &absent)
        .unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
    let error = online
        .fetch("file:///no/such/place.git", &absent)
        .unwrap_err();
    assert!(matches!(error, FetchError::Refused { .. }), "{error}");
    let error = online.fetch("git://127.0.0.1/a", &absent).unwrap_err();
    assert!(matches!(error, FetchError::Refused { .. }), "{error}");
    let error = online
        .fetch("ext::sh -c 'touch /tmp/x'", &absent)
        .unwrap_err();
    assert!(matches!(error, FetchError::Refused { .. }), "{error}");
    let mut bare = fetcher(place.path(), NetworkPolicy::Network);
    bare.git.program = "no-such-git".into();
    let error = bare
        .fetch("https://127.0.0.1:1/a.git", &absent)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`https://127.0.0.1:1/a.git` cannot be fetched: there is no `git` on this machine"
    );
}

#[test]
fn a_fetch_that_takes_too_long_is_ended() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let slow = place.path().join("slow-git");
    fs::write(&slow, "#!/bin/sh\nexec sleep 60\n").unwrap();
    fs::set_permissions(&slow, fs::Permissions::from_mode(0o755)).unwrap();
    let mut online =
        fetcher(place.path(), NetworkPolicy::Network).within(Duration::from_millis(200));
    online.git.program = slow.into();
    let absent: CommitId = "12".repeat(20).parse().unwrap();
    let start = std::time::Instant::now();
    let error = online
        .fetch("https://127.0.0.1:1/a.git", &absent)
        .unwrap_err();
    assert!(matches!(error, FetchError::TimedOut { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn hooks_and_settings_of_the_repository_are_not_heeded() {
    use std::os::unix::fs::PermissionsExt;
    let (raw, _, second) = repository();
    let place = tempfile::tempdir().unwrap();
    let trace = place.path().join("trace");
    let script = format!("#!/bin/sh\ntouch {}\n", trace.display());
    let hooks = raw.path().join("hooks");
    fs::create_dir_all(&hooks).unwrap();
    for name in [
        "post-checkout",
        "reference-transaction",
        "post-update",
        "pre-receive",
    ] {
        fs::write(hooks.join(name), &script).unwrap();
        fs::set_permissions(hooks.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let set = ["config", "uploadpack.packObjectsHook"];
    let status = Command::new("git")
        .arg("-C")
        .arg(raw.path())
        .args(set)
        .arg(hooks.join("post-update"))
        .status();
    assert!(status.unwrap().success());
    fetcher(place.path(), NetworkPolicy::Network)
        .fetch(&url(&raw), &second)
        .unwrap();
    assert!(!trace.exists());
}

#[test]
fn two_at_once_fetch_once() {
    let (raw, _, second) = repository();
    let place = tempfile::tempdir().unwrap();
    let (online, address) = (fetcher(place.path(), NetworkPolicy::Network), url(&raw));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| online.fetch(&address, &second).unwrap()))
            .collect();
        for thread in threads {
            assert_eq!(content(&thread.join().unwrap(), &second), b"two");
        }
    });
}
