//! `check` says what of a command cannot start, before anything is built or run.

use std::path::Path;

use crate::command::reprove;

/// A repository with scripts, and a manifest whose command is `run`.
fn check(run: &str, more: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let repository = git2::Repository::init(path("code")).unwrap();
    let write = |name: &str, text: &str| {
        let file = path("code").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    write("train.py", "print(1)\n");
    write("pkg/__init__.py", "");
    write("pkg/main.py", "");
    write("dos.sh", "#!/bin/sh\r\necho\r\n");
    make_executable(&path("code/dos.sh"));
    let mut index = repository.index().unwrap();
    index
        .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
        .unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let author = git2::Signature::now("a", "a@example.org").unwrap();
    let id = repository
        .commit(Some("HEAD"), &author, &author, "work", &tree, &[])
        .unwrap();
    index.write().unwrap();
    write("later.py", "print(2)\n");
    let manifest = format!(
        "reprove: 1\ncode: {{repository: code, commit: {id}}}\nseeds: [1, 2, 3]\nexperiment:\n  environment: {{none: true}}\n  \
         run: [{run}, \"{{seed}}\"]\n  metrics: {{json: m.json}}\n{more}claims:\n  - {{id: a, metric: x, reported: 1, tolerance: \
         {{absolute: 1}}}}\n"
    );
    std::fs::write(path("m.yaml"), manifest).unwrap();
    let called = reprove(&["check", path("m.yaml").to_str().unwrap()]);
    (called.status, called.stderr)
}

fn make_executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_the_commit_cannot_start_is_named_with_the_way_to_mend_it() {
    for (run, problem, hint) in [
        (
            "python3, trian.py",
            "the commit has no `trian.py`",
            "the nearest is `train.py`",
        ),
        (
            "python3, -u, later.py",
            "the commit has no `later.py`",
            "not committed",
        ),
        (
            "python3, main.py",
            "the commit has no `main.py`",
            "the nearest is `pkg/main.py`",
        ),
        (
            "python3, -m, pkg.train",
            "neither `pkg/train.py`",
            "the nearest is",
        ),
        (
            "./train.py",
            "`train.py` is not executable",
            "start it as `[python3, train.py]`",
        ),
        (
            "train.py",
            "expected a program, found `train.py`",
            "start it as `[python3, train.py]`",
        ),
        (
            "python3, /home/me/train.py",
            "found the absolute path",
            "by its path in the commit",
        ),
        (
            "./dos.sh",
            "ends with a carriage return",
            "line ends of Unix",
        ),
    ] {
        let (status, said) = check(run, "");
        assert_eq!(status, 4, "{run}: {said}");
        assert!(
            said.contains(problem) && said.contains(hint),
            "{run}: {said}"
        );
        assert!(said.contains("`experiment.run["), "{run}: {said}");
    }
}

#[test]
fn what_may_come_from_elsewhere_is_left_alone() {
    for (run, more) in [
        ("python3, train.py", ""),
        ("python3, -m, pkg.main", ""),
        ("python3, -m, json.tool", ""),
        ("python3, -c, 'print(1)'", ""),
        ("python3, made.py", "  build: [[cp, train.py, made.py]]\n"),
        ("./made", "  build: [[cp, train.py, made]]\n"),
        ("bash, -c, 'python3 gone.py'", ""),
    ] {
        let (status, said) = check(run, more);
        assert_eq!(status, 0, "{run}: {said}");
    }
}
