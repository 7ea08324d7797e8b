//! `reprove pin`, and a manifest in the repository that it verifies: the gate of a repository.

use std::path::{Path, PathBuf};

use crate::command::{Called, reprove};

const PROGRAM: &str = "import json, random, sys\n\
    noise = random.Random(int(sys.argv[1])).gauss(0, 1)\n\
    json.dump({'acc': MEAN + noise}, open(sys.argv[2], 'w'))\n";

const MANIFEST: &str = r#"reprove: 1
# the gate
code:
  repository: .   # this one
data:
  table: {path: table.csv}  # by hand
seeds: {first: 1, count: 12}
experiment:
  environment: {none: true}
  run: [python3, train.py, "{seed}", "{out}/m.json"]
  metrics: {json: m.json}
claims:
  - {id: a, metric: acc, reported: {mean: 90, std: 1, runs: 10}, tolerance: {absolute: 2}}
"#;

/// A repository with a program, its data and a manifest without pins.
struct Gate {
    folder: tempfile::TempDir,
}

impl Gate {
    fn new() -> Self {
        let gate = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        git2::Repository::init(gate.folder.path()).unwrap();
        gate.write("table.csv", "1,2\n");
        gate.write("m.yaml", MANIFEST);
        gate.commit_mean(90.0);
        gate
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn manifest(&self) -> String {
        std::fs::read_to_string(self.path("m.yaml")).unwrap()
    }

    /// Commits a program of this mean with all else; gives the commit.
    fn commit_mean(&self, mean: f64) -> String {
        self.write("train.py", &PROGRAM.replace("MEAN", &mean.to_string()));
        let repository = git2::Repository::open(self.folder.path()).unwrap();
        let mut index = repository.index().unwrap();
        index
            .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
            .unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let author = git2::Signature::now("a", "a@example.org").unwrap();
        let parent = repository
            .head()
            .ok()
            .and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        let id = repository
            .commit(Some("HEAD"), &author, &author, "work", &tree, &parents)
            .unwrap();
        id.to_string()
    }

    fn call(&self, arguments: &[&str]) -> Called {
        let store = self.path(".git/runs");
        let manifest = self.path("m.yaml");
        let mut all = arguments.to_vec();
        all.push(manifest.to_str().unwrap());
        if arguments[0] == "verify" {
            all.extend(["--store", store.to_str().unwrap()]);
        }
        reprove(&all)
    }
}

#[test]
fn pins_are_filled_in_where_they_belong_and_all_else_stays() {
    let gate = Gate::new();
    let before = gate.manifest();
    let called = gate.call(&["pin", "--check"]);
    assert_eq!(called.status, 4, "{}", called.stderr);
    assert_eq!(gate.manifest(), before);
    let called = gate.call(&["pin"]);
    assert_eq!(called.status, 0, "{}", called.stderr);
    let head = git2::Repository::open(gate.folder.path()).unwrap();
    let head = head.head().unwrap().target().unwrap();
    let written = gate.manifest();
    let digest = <sha2::Sha256 as sha2::Digest>::digest("1,2\n");
    let found: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = before
        .replace("# this one\n", &format!("# this one\n  commit: {head}\n"))
        .replace("table.csv}", &format!("table.csv, sha256: {found}}}"));
    assert_eq!(written, expected);
    assert!(
        called.stdout.contains("2 pins changed"),
        "{}",
        called.stdout
    );
    assert_eq!(gate.call(&["pin", "--check"]).status, 0);
    let called = gate.call(&["check"]);
    assert_eq!(called.status, 0, "{}{}", called.stdout, called.stderr);
    // Changed data are renewed, a commit is not moved unless that is asked for.
    gate.write("table.csv", "1,2\n3,4\n");
    let moved = gate.commit_mean(90.5);
    let called = gate.call(&["pin"]);
    assert!(called.stdout.contains("1 pin changed"), "{}", called.stdout);
    assert!(
        called
            .stderr
            .contains("is not the commit that is checked out"),
        "{}",
        called.stderr
    );
    let called = gate.call(&["pin", "--commit", "HEAD"]);
    assert_eq!(called.status, 0, "{}", called.stderr);
    assert!(gate.manifest().contains(&moved));
}

#[test]
fn a_pin_that_nothing_is_found_for_is_named() {
    let gate = Gate::new();
    std::fs::remove_file(gate.path("table.csv")).unwrap();
    let called = gate.call(&["pin", "--commit", "nope"]);
    assert_eq!(called.status, 4);
    assert!(
        called.stderr.contains("no commit is named `nope`"),
        "{}",
        called.stderr
    );
    assert!(
        called.stderr.contains("`data.table.sha256`"),
        "{}",
        called.stderr
    );
    assert_eq!(gate.manifest(), MANIFEST);
}

#[test]
fn a_gate_tests_the_commit_that_it_is_given() {
    let gate = Gate::new();
    let good = gate.call(&["pin"]);
    assert_eq!(good.status, 0, "{}", good.stderr);
    let text = gate.manifest();
    let pin = text.split("commit: ").nth(1).unwrap()[..40].to_owned();
    gate.write("m.yaml", &text.replace(&pin, "HEAD"));
    let called = gate.call(&["check"]);
    assert_eq!(called.status, 3);
    assert!(
        called.stderr.contains("`HEAD` needs the commit"),
        "{}",
        called.stderr
    );
    assert!(called.stderr.contains("--commit"), "{}", called.stderr);
    let good = gate.commit_mean(90.0);
    let called = gate.call(&["verify", "--commit", &good]);
    assert_eq!(called.status, 0, "{}{}", called.stdout, called.stderr);
    assert!(called.stdout.contains(&good), "{}", called.stdout);
    // The commit that breaks the claim turns it red.
    let bad = gate.commit_mean(80.0);
    let called = gate.call(&["verify", "--commit", &bad]);
    assert_eq!(called.status, 1, "{}{}", called.stdout, called.stderr);
    // What was verified stays what was asked for.
    let called = gate.call(&["verify", "--commit", &good]);
    assert_eq!(called.status, 0, "{}{}", called.stdout, called.stderr);
    let said = format!("checked out in the repository of the manifest, {bad}");
    assert!(
        called.stdout.contains(&said) || called.stderr.contains(&said),
        "{}",
        called.stderr
    );
}

#[test]
fn evidence_of_a_gate_names_its_commit() {
    let gate = Gate::new();
    gate.call(&["pin"]);
    let text = gate.manifest();
    let pin = text.split("commit: ").nth(1).unwrap()[..40].to_owned();
    gate.write("m.yaml", &text.replace(&pin, "HEAD"));
    let commit = gate.commit_mean(90.0);
    let evidence = gate.path(".git/evidence");
    let evidence = evidence.to_str().unwrap();
    let called = gate.call(&["verify", "--commit", &commit, "--evidence", evidence]);
    assert_eq!(called.status, 0, "{}{}", called.stdout, called.stderr);
    let audit = reprove(&["audit", evidence]);
    assert_eq!(audit.status, 0, "{}", audit.stdout);
    assert!(audit.stdout.contains(&commit), "{}", audit.stdout);
    let metadata = Path::new(evidence).join("bundle.json");
    let metadata = std::fs::read_to_string(metadata).unwrap();
    assert!(metadata.contains(&commit), "{metadata}");
}

#[test]
fn an_old_pin_is_said() {
    let gate = Gate::new();
    gate.call(&["pin"]);
    let old = gate.manifest().split("commit: ").nth(1).unwrap()[..40].to_owned();
    let new = gate.commit_mean(80.0);
    let called = gate.call(&["verify"]);
    assert_eq!(called.status, 0, "{}{}", called.stdout, called.stderr);
    for text in [&called.stdout, &called.stderr] {
        let text: String = text.split_whitespace().collect();
        assert!(
            text.contains(&new) && text.contains(&format!("pinnedcommit{old}")),
            "{text}"
        );
    }
}
