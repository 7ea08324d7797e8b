//! What is not what was pinned is refused, with what was expected and what was found.

use crate::command::{Sonar, reprove};

#[test]
fn what_is_as_pinned_passes() {
    let sonar = Sonar::copy();
    let called = reprove(&["check", &sonar.manifest()]);
    assert_eq!(called.status, 0);
    let is_checked = !called.stderr.contains("the recipe is not checked");
    assert_eq!(is_checked, cfg!(feature = "recipe"), "{}", called.stderr);
    assert!(
        called.stdout.contains("3 of 3 pins hold"),
        "{}",
        called.stdout
    );
}

#[test]
fn one_changed_byte_of_the_data_is_refused() {
    let sonar = Sonar::copy();
    let file = sonar.path("fixtures/data/sonar/sonar.csv");
    let mut bytes = std::fs::read(&file).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    for command in ["check", "verify"] {
        let called = reprove(&[command, &sonar.manifest()]);
        assert_eq!(called.status, 4, "{}", called.stdout);
        let expected = "sha256 0ee28338cbbe225ed1ee3ed83a02e540706ca37434c6217f69aecb181df8602a";
        assert!(called.stdout.contains(expected), "{}", called.stdout);
        assert!(
            called.stdout.matches("sha256 ").count() >= 2,
            "{}",
            called.stdout
        );
    }
}

#[test]
fn another_size_of_the_data_is_refused() {
    let sonar = Sonar::copy();
    let file = sonar.path("fixtures/data/sonar/sonar.csv");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    let called = reprove(&["check", &sonar.manifest()]);
    assert_eq!(called.status, 4);
    assert!(
        called.stdout.contains("87234 bytes") && called.stdout.contains("87233 bytes"),
        "{}",
        called.stdout
    );
}

#[test]
fn a_commit_that_is_not_there_is_refused() {
    let sonar = Sonar::copy();
    let id = "671196d728c782f5a025101f91b1f8b9af84c7ed";
    sonar.edit(id, &id.replace("6711", "6712"));
    let called = reprove(&["verify", &sonar.manifest()]);
    assert_eq!(called.status, 4);
    assert!(
        called
            .stdout
            .contains("671296d728c782f5a025101f91b1f8b9af84c7ed"),
        "{}",
        called.stdout
    );
    assert!(called.stdout.contains(id), "{}", called.stdout);
}

#[test]
fn a_changed_recipe_in_the_repository_is_refused() {
    let sonar = Sonar::copy();
    let pack = std::fs::read_dir(sonar.path("fixtures/repositories/sonar.git/objects/pack"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "pack"))
        .unwrap();
    let whole = std::fs::read(&pack).unwrap();
    // Wherever the byte lies, in the recipe, in a tree or in the commit, nothing is run.
    for at in (20..whole.len() - 20).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::remove_file(&pack).unwrap();
        std::fs::write(&pack, bytes).unwrap();
        let called = reprove(&["check", &sonar.manifest()]);
        assert_eq!(
            called.status, 4,
            "byte {at}: {}{}",
            called.stdout, called.stderr
        );
        assert!(
            !called.stderr.contains("panicked"),
            "byte {at}: {}",
            called.stderr
        );
    }
}

#[test]
fn a_work_tree_that_differs_from_the_pinned_commit_is_refused() {
    let sonar = Sonar::copy();
    let clone = sonar.path("clone");
    let bare = sonar.path("fixtures/repositories/sonar.git");
    git2::Repository::clone(bare.to_str().unwrap(), &clone).unwrap();
    sonar.edit(
        "../fixtures/repositories/sonar.git",
        clone.to_str().unwrap(),
    );
    assert_eq!(reprove(&["check", &sonar.manifest()]).status, 0);
    let recipe = clone.join("recipes/sonar.yaml");
    let text = std::fs::read_to_string(&recipe).unwrap();
    std::fs::write(&recipe, text.replace("epochs: 300", "epochs: 301")).unwrap();
    let called = reprove(&["verify", &sonar.manifest()]);
    assert_eq!(called.status, 4, "{}", called.stderr);
    assert!(
        called.stdout.contains("recipes/sonar.yaml"),
        "{}",
        called.stdout
    );
    assert!(
        called.stdout.matches("blob ").count() >= 2,
        "{}",
        called.stdout
    );
}

#[test]
fn branches_tags_and_short_hashes_are_refused_with_the_full_hash() {
    let sonar = Sonar::copy();
    sonar.edit("671196d728c782f5a025101f91b1f8b9af84c7ed", "main");
    let called = reprove(&["check", &sonar.manifest()]);
    assert_eq!(called.status, 3);
    assert!(
        called
            .stderr
            .contains("hint: `main` is 671196d728c782f5a025101f91b1f8b9af84c7ed now"),
        "{}",
        called.stderr
    );
}
