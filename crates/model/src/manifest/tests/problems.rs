//! Problems of a manifest: all at once, in its order, each once.

use std::path::Path;

use super::support::{RECIPE, parse, with};
use crate::manifest::{CommitId, read, rules};

#[test]
fn a_manifest_that_is_a_pipe_is_refused_without_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("m.yaml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for file in [pipe.as_path(), Path::new("/dev/zero")] {
        let error = read(file).unwrap_err().to_string();
        assert!(
            error.ends_with(": expected a file, found a pipe, a socket or a device"),
            "{error}"
        );
    }
}

#[test]
fn all_problems_of_a_manifest_are_told_in_its_order() {
    let mut text = RECIPE.to_owned();
    for (from, to) in [
        ("0123456789abcdef0123456789abcdef01234567", "main"),
        ("sha256:", "sha265:"),
        ("device: cpu", "device: gpu"),
        ("{first: 1, count: 30}", "{first: 1, count: 0}"),
        ("tolerance: {absolute: 3.0}", "tolerance: 3.0"),
        ("id: bare", "id: h12-test"),
        ("better: higher", "better: highest"),
        ("alpha: 0.05", "aplha: 0.05"),
    ] {
        text = with(&text, from, to);
    }
    let error = parse(&text).unwrap_err();
    let seen: Vec<String> = error
        .problems()
        .iter()
        .map(|problem| {
            let hint = problem.hint.as_deref().unwrap_or("none");
            format!("{problem}\n  hint: {hint}")
        })
        .collect();
    insta::assert_snapshot!("all_problems", seen.join("\n"));
}

#[test]
fn head_is_the_commit_that_is_given() {
    let text = with(RECIPE, "0123456789abcdef0123456789abcdef01234567", "HEAD");
    let given: CommitId = "ab".repeat(20).parse().unwrap();
    let at = |text: &str| rules::manifest(Path::new("m.yaml"), text, Some(&given));
    assert_eq!(at(&text).unwrap().code.commit, given);
    let error = parse(&text).unwrap_err().to_string();
    assert!(error.contains("needs the commit to be given"), "{error}");
    let elsewhere = with(
        &text,
        "../repositories/sonar.git",
        "https://example.org/x.git",
    );
    let error = at(&elsewhere).unwrap_err().to_string();
    assert!(
        error.contains("belongs to a repository at a path"),
        "{error}"
    );
    let error = at(RECIPE).unwrap_err().to_string();
    assert!(
        error.contains("expected the commit that is given"),
        "{error}"
    );
}

#[test]
fn what_follows_from_another_problem_is_not_told() {
    for (from, to) in [
        ("tolerance: {absolute: 3.0}", "tolerence: {absolute: 3.0}"),
        ("id: h12-test", "id: [h12]"),
        (
            "seeds: {first: 1, count: 30}",
            "seeds: {first: 1, cuont: 30}",
        ),
        ("configurations:", "configuration:"),
    ] {
        let error = parse(&with(RECIPE, from, to)).unwrap_err();
        let all: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
        assert_eq!(all.len(), 1, "{all:?}");
    }
}
