//! Mistakes in a manifest that only `check` can tell: pins, the command, imports, several at once.

use std::fmt::Write as _;
use std::path::Path;

use crate::command::reprove;

/// The manifest without a mistake; `COMMIT`, `TREE` and `DIGEST` stand for those of the repository.
const MANIFEST: &str = r#"reprove: 1
code: {repository: code, commit: COMMIT}
data:
  table: {path: code/sub/a.csv, sha256: DIGEST}
seeds: {first: 1, count: 10}
experiment:
  environment: {none: true}
  run: [python3, train.py, --seed, "{seed}", --data, "{data.table}"]
  metrics: {json: m.json}
claims:
  - {id: a, metric: acc, reported: {mean: 90, std: 1, runs: 10}, tolerance: {absolute: 2}}
"#;

/// A mistake: its name, and what is written in the place of what.
type Mistake = (&'static str, &'static [(&'static str, &'static str)]);

const MISTAKES: &[Mistake] = &[
    ("none", &[]),
    ("short commit", &[("COMMIT", "SHORT")]),
    ("branch", &[("COMMIT", "dev")]),
    ("tag", &[("COMMIT", "v1")]),
    ("id of a tree", &[("COMMIT", "TREE")]),
    ("id of a blob", &[("COMMIT", "BLOB")]),
    (
        "commit of another repository",
        &[("COMMIT", "1234567890123456789012345678901234567890")],
    ),
    (
        "digest of another file",
        &[(
            "DIGEST",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        )],
    ),
    ("size of another file", &[("DIGEST", "DIGEST, bytes: 5")]),
    ("folder for a file", &[("code/sub/a.csv", "code/sub")]),
    ("absent data", &[("code/sub/a.csv", "code/sub/b.csv")]),
    (
        "absent repository",
        &[("repository: code", "repository: owner/name")],
    ),
    (
        "repository that is a file",
        &[("repository: code", "repository: code/train.py")],
    ),
    (
        "folder of a repository",
        &[("repository: code", "repository: code/sub")],
    ),
    (
        "absent directory",
        &[("COMMIT}", "COMMIT, directory: nope}")],
    ),
    (
        "directory that is a file",
        &[("COMMIT}", "COMMIT, directory: train.py}")],
    ),
    (
        "directory that hides the script",
        &[("COMMIT}", "COMMIT, directory: pkg}")],
    ),
    ("absent lock file", &[("{none: true}", "{pip: reqs.txt}")]),
    (
        "lock file of another kind",
        &[("{none: true}", "{uv: requirements.txt}")],
    ),
    (
        "list of conda as requirements",
        &[("{none: true}", "{pip: environment.yml}")],
    ),
    (
        "undeclared imports",
        &[
            ("{none: true}", "{pip: requirements.txt}"),
            ("train.py", "imports.py"),
        ],
    ),
    ("misspelt script", &[("train.py", "trian.py")]),
    ("untracked script", &[("train.py", "untracked.py")]),
    ("notebook", &[("train.py", "train.ipynb")]),
    ("file as module", &[("train.py", "-m, pkg/main.py")]),
    ("absent module", &[("train.py", "-m, pkg.train")]),
    (
        "script without permission",
        &[("python3, train.py", "./plain.sh")],
    ),
    ("script as program", &[("python3, train.py", "train.py")]),
    ("carriage return", &[("python3, train.py", "./dos.sh")]),
    ("absent interpreter", &[("python3, train.py", "./noint")]),
    (
        "interpreter of another machine",
        &[("python3,", "/home/me/venv/bin/python,")],
    ),
    ("absolute script", &[("train.py", "/home/me/train.py")]),
    ("absent program", &[("python3", "pyhton3")]),
    ("unused data", &[(", --data, \"{data.table}\"", "")]),
    (
        "pattern with two groups",
        &[(
            "{json: m.json}",
            r"{regex: {pattern: 'acc=([0-9]+)\.([0-9]+)'}}",
        )],
    ),
    ("table as JSON", &[("{json: m.json}", "{json: m.csv}")]),
    (
        "facts of no claim",
        &[("claims:", "metrics: {loss: {chance: 1}}\nclaims:")],
    ),
    (
        "spread without randomness",
        &[("  metrics:", "  deterministic: true\n  metrics:")],
    ),
    (
        "six at once",
        &[
            ("COMMIT", "COMMIT, submodule: true"),
            ("code/sub/a.csv", "code/sub/b.csv"),
            ("count: 10", "count: ten"),
            ("train.py", "trian.py"),
            ("acc, reported", "acc, configuration: large, reported"),
            ("absolute", "absolut"),
        ],
    ),
];

/// A repository with scripts and data, and what its ids are.
struct Place {
    folder: tempfile::TempDir,
    names: Vec<(&'static str, String)>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let code = folder.path().join("code");
        let repository = git2::Repository::init(&code).unwrap();
        let files: [(&str, &str); 13] = [
            ("train.py", "import json\n"),
            ("sub/train.py", "import json\n"),
            ("sub/a.csv", "1,2\n"),
            ("pkg/__init__.py", ""),
            ("pkg/main.py", "import pandas\n"),
            (
                "imports.py",
                "import os, yaml\nimport numpy as np\nfrom sklearn.svm import SVC\nfrom pkg import main\nimport \
                 google.cloud\ntry:\n    import wandb\nexcept ImportError:\n    wandb = None\n",
            ),
            ("train.ipynb", "{}"),
            ("dos.sh", "#!/bin/sh\r\necho\r\n"),
            ("plain.sh", "#!/bin/sh\necho\n"),
            ("noint", "#!/nix/store/none/python\nprint(1)\n"),
            ("requirements.txt", "numpy==1.26.4\nPyYAML==6.0.1\n"),
            ("environment.yml", "name: x\n"),
            (".gitignore", "ignored.py\n"),
        ];
        for (name, text) in files {
            write(&code.join(name), text);
        }
        for name in ["dos.sh", "noint"] {
            make_executable(&code.join(name));
        }
        let mut index = repository.index().unwrap();
        let all = git2::IndexAddOption::DEFAULT;
        index.add_all(["*"], all, None).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let time = git2::Time::new(1_700_000_000, 0);
        let author = git2::Signature::new("a", "a@example.org", &time).unwrap();
        let id = repository
            .commit(Some("HEAD"), &author, &author, "work", &tree, &[])
            .unwrap();
        let commit = repository.find_commit(id).unwrap();
        repository.branch("dev", &commit, false).unwrap();
        repository
            .tag_lightweight("v1", commit.as_object(), false)
            .unwrap();
        write(&code.join("untracked.py"), "print(1)\n");
        let blob = tree.get_name("train.py").unwrap().id();
        let digest = <sha2::Sha256 as sha2::Digest>::digest("1,2\n");
        let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let names = vec![
            ("COMMIT", id.to_string()),
            ("SHORT", id.to_string()[..7].to_owned()),
            ("TREE", tree.id().to_string()),
            ("BLOB", blob.to_string()),
            ("DIGEST", digest),
        ];
        Self { folder, names }
    }

    /// What `check` prints of the manifest with the mistake, without what depends on the machine.
    fn check(&self, changes: &[(&str, &str)]) -> String {
        let mut text = MANIFEST.to_owned();
        for (from, to) in changes {
            assert!(text.contains(from), "the manifest lacks {from:?}");
            text = text.replacen(from, to, 1);
        }
        for (name, id) in &self.names {
            text = text.replace(name, id);
        }
        let file = self.folder.path().join("m.yaml");
        write(&file, &text);
        let called = reprove(&["check", file.to_str().unwrap()]);
        let folder = self.folder.path().canonicalize().unwrap();
        let mut seen = format!("status {}\n", called.status);
        for line in called.stdout.lines().chain(called.stderr.lines()) {
            if line.starts_with("  ok")
                || line.ends_with("pins hold")
                || line.contains("build steps ")
            {
                continue;
            }
            let line = line
                .replace(&format!("{}/", folder.display()), "")
                .replace(&format!("{}/", self.folder.path().display()), "");
            let named = |line: String, (name, id): &(&str, String)| match name.len() > 5 {
                true => line.replace(id, name),
                false => line,
            };
            let line = self.names.iter().fold(line, named);
            writeln!(seen, "  {line}").unwrap();
        }
        seen
    }
}

fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

fn make_executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn each_mistake_is_told_at_its_place() {
    let place = Place::new();
    let mut seen = String::new();
    for (name, changes) in MISTAKES {
        write!(seen, "{name}: {}", place.check(changes)).unwrap();
    }
    insta::assert_snapshot!("mistakes", seen);
}

#[test]
fn six_mistakes_of_all_kinds_are_told_in_the_order_of_the_file() {
    let (_, changes) = MISTAKES.last().unwrap();
    let seen = Place::new().check(changes);
    let lines: Vec<&str> = seen
        .lines()
        .filter(|line| line.contains("error: "))
        .collect();
    assert_eq!(lines.len(), 6, "{seen}");
    let order = [
        "`code.submodule`",
        "`data.table`",
        "`seeds.count`",
        "`experiment.run[1]`",
        "`claims[0].configuration`",
        "`claims[0].tolerance.absolut`",
    ];
    for (line, key) in lines.iter().zip(order) {
        assert!(line.contains(key), "{seen}");
    }
}
