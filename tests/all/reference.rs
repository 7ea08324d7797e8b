//! The commands that explain: `explain`, `help`, `man`, `completions`.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::command::{reprove, reprove_at, root};

const RESULT: &str = "fixtures/reports/example.json";

#[test]
fn a_claim_is_explained_with_the_numbers_of_its_report() {
    let report = reprove(&["report", RESULT]).stdout;
    let claim = reprove(&["explain", "h12-test", "--result", RESULT]);
    assert_eq!((claim.status, claim.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("explain_claim", claim.stdout);
    let json = reprove(&["explain", "--result", RESULT, "--json"]).stdout;
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    let claims = json["claims"].as_array().expect("a list");
    assert!(claims.len() >= 7);
    // Every claim's verdict is that of the report for a terminal.
    let mut rows = 0;
    for claim in claims {
        let (id, verdict) = (
            claim["id"].as_str().expect("an id"),
            claim["verdict"].as_str().expect("a verdict"),
        );
        let is_row = |line: &&str| line.split_whitespace().next() == Some(id) && line.contains("[");
        if let Some(row) = report.lines().find(is_row) {
            assert!(row.trim_end().ends_with(verdict), "{row}: {verdict}");
            rows += 1;
        }
        if verdict == "INCONCLUSIVE" {
            assert!(
                claim["silent"]
                    .to_string()
                    .contains("does not say that the results are the same"),
                "{claim}"
            );
        }
    }
    assert!(rows >= 3, "{report}");
    assert!(!json["codes"].as_array().expect("a list").is_empty());
}

#[test]
fn a_code_is_explained_without_a_result_and_an_unknown_one_is_answered_with_the_nearest() {
    let code = reprove(&["explain", "interval_too_wide"]);
    assert_eq!((code.status, code.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("explain_code", code.stdout);
    let unknown = reprove(&["explain", "interval_to_wide"]);
    assert_eq!((unknown.status, unknown.stdout.as_str()), (3, ""));
    let expected = "error: expected a code, found `interval_to_wide`\nhint: the nearest is `interval_too_wide`\n";
    assert_eq!(unknown.stderr, expected);
    let unknown = reprove(&["explain", "h12-tets", "--result", RESULT]).stderr;
    assert!(
        unknown.ends_with("hint: the nearest is `h12-test`\n"),
        "{unknown}"
    );
    let nothing = reprove(&["explain"]);
    assert_eq!(nothing.status, 3);
    assert!(
        nothing
            .stderr
            .contains("`reprove verify MANIFEST` keeps one"),
        "{}",
        nothing.stderr
    );
}

#[cfg(feature = "recipe")]
#[test]
fn the_last_result_of_a_manifest_is_explained() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let manifest = "manifests/sonar.yaml";
    let verify = [
        "verify",
        manifest,
        "--claims",
        "h12-test",
        "--max-runs",
        "3",
        "--quiet",
    ];
    let verified = reprove_at(home.path(), &verify);
    assert!(!verified.stderr.contains("not kept"), "{}", verified.stderr);
    let last = reprove_at(home.path(), &["explain"]);
    assert_eq!(last.status, 0, "{}", last.stderr);
    assert!(last.stdout.contains("\nh12-test: "), "{}", last.stdout);
    let named = reprove_at(
        home.path(),
        &["explain", "h12-test", "--manifest", manifest],
    );
    assert!(named.stdout.contains("(sd, 3 runs)"), "{}", named.stdout);
    let other = reprove_at(
        home.path(),
        &["explain", "--manifest", "manifests/proben1.yaml"],
    );
    assert_eq!(other.status, 3, "{}", other.stdout);
}

#[test]
fn the_pages_of_help_are_plain_text() {
    for page in ["manifest", "statistics", "recipes", "ci", "cluster"] {
        let help = reprove(&["help", page]);
        assert_eq!((help.status, help.stderr.as_str()), (0, ""), "{page}");
        for mark in ["**", "](", "|---", "```", "\n# "] {
            assert!(!help.stdout.contains(mark), "{page}: `{mark}`");
        }
        let prose = help.stdout.lines().filter(|line| !line.starts_with("    "));
        for line in prose {
            assert!(line.chars().count() <= 100, "{page}: {line}");
        }
        assert!(
            help.stdout.contains("    $ reprove "),
            "{page}: a command to try"
        );
    }
    let (long, help) = (reprove(&["verify", "--help"]), reprove(&["help", "verify"]));
    assert_eq!(help.stdout, long.stdout);
    let unknown = reprove(&["help", "statistcs"]);
    assert_eq!(unknown.status, 3);
    assert!(
        unknown.stderr.contains("the nearest is `statistics`"),
        "{}",
        unknown.stderr
    );
    assert!(reprove(&["help"]).stdout.contains("statistics"));
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let written = reprove(&["man", "--folder", &folder.path().display().to_string()]);
    assert_eq!(written.status, 0, "{}", written.stderr);
    let help = reprove(&["--help"]).stdout;
    let commands = help
        .split("Commands:\n")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next())
        .expect("a list");
    let commands: Vec<&str> = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .collect();
    assert!(commands.len() >= 14, "{commands:?}");
    for command in commands
        .iter()
        .filter_map(|line| line.split_whitespace().next())
    {
        assert!(
            folder.path().join(format!("reprove-{command}.1")).is_file(),
            "{command}"
        );
    }
    let page = reprove(&["man", "verify"]);
    assert!(
        page.stdout.contains(".TH reprove-verify 1"),
        "{}",
        page.stdout
    );
    assert_eq!(reprove(&["man", "verfy"]).status, 3);
}

/// What the program answers to a shell that completes the last of the words.
fn completed(words: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_reprove"))
        .arg("--")
        .arg("reprove")
        .args(words)
        .current_dir(root())
        .env("REPROVE_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .env("_CLAP_IFS", "\n")
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("it is UTF-8");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn claims_manifests_and_codes_are_completed() {
    assert_eq!(
        completed(&["verify", "manifests/sonar.yaml", "--claims", "h1"]),
        ["h12-test"]
    );
    assert_eq!(
        completed(&["verify", "manifests/sonar.yaml", "--claims", "h0-test,h2"]),
        ["h0-test,h24-test", "h0-test,h2-test"]
            .map(str::to_owned)
            .to_vec()
            .into_iter()
            .rev()
            .collect::<Vec<_>>()
    );
    assert_eq!(
        completed(&["check", "manifests/so"]),
        ["manifests/sonar.yaml"]
    );
    assert!(completed(&["check", "CHANGELOG"]).is_empty());
    assert_eq!(
        completed(&["explain", "interval_too"]),
        ["interval_too_wide"]
    );
    assert!(completed(&["help", ""]).contains(&"statistics".to_owned()));
}

/// Bash itself, with the script that `reprove completions bash` prints.
#[test]
fn bash_completes_by_the_script() {
    let folder = Path::new(env!("CARGO_BIN_EXE_reprove"))
        .parent()
        .expect("a binary has a folder");
    let script = "source <(reprove completions bash)
COMP_WORDS=(reprove verify manifests/sonar.yaml --claims h1) COMP_CWORD=4 COMP_TYPE=9
_clap_complete_reprove reprove h1 --claims
printf '%s\\n' \"${COMPREPLY[@]}\"";
    let path = format!(
        "{}:{}",
        folder.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output = Command::new("bash")
        .args(["-c", script])
        .current_dir(root())
        .env("PATH", path)
        .output();
    let output = output.expect("bash runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "h12-test\n",
        "{said}"
    );
}

#[test]
fn every_shell_has_a_script() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = reprove(&["completions", shell]);
        assert_eq!((script.status, script.stderr.as_str()), (0, ""), "{shell}");
        assert!(
            script.stdout.contains("REPROVE_COMPLETE"),
            "{shell}: {}",
            script.stdout
        );
    }
}
