//! Limits and variables that keep the program from working: a message and status 3, never a signal.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output};

use crate::programs::{METRICS, Paper};

/// A paper whose program writes a metric.
fn paper() -> Paper {
    let experiment = format!(
        "  environment: {{none: true}}\n  seeding: environment\n  run: [sh, run.sh, '{{out}}']\n{METRICS}"
    );
    let script = "printf '{\"accuracy\": 0.9}' > \"$1/metrics.json\"";
    Paper::new(&[("run.sh", script)], &experiment)
}

/// Calls the program under a limit of so many blocks on the size of files.
fn limited(paper: &Paper, blocks: u32, arguments: &str) -> Output {
    let folder = paper.folder.path();
    Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -f {blocks}; exec \"$0\" {arguments}"))
        .arg(env!("CARGO_BIN_EXE_reprove"))
        .current_dir(folder)
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .env("XDG_STATE_HOME", folder.join("state"))
        .output()
        .unwrap()
}

#[test]
fn a_limit_on_the_size_of_files_is_a_message() {
    let paper = paper();
    for arguments in [
        "verify paper.yaml",
        "check paper.yaml",
        "verify --json --evidence e paper.yaml",
        "verify --report r.html paper.yaml",
    ] {
        let output = limited(&paper, 0, arguments);
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "error: `ulimit -f`: expected files of at least 16 MiB to be allowed, found a limit of 0 B\n\
             hint: lift it with `ulimit -f unlimited`\n"
        );
        assert_eq!(output.status.code(), Some(3), "{arguments}");
    }
    for arguments in ["doctor", "plan paper.yaml"] {
        let output = limited(&paper, 0, arguments);
        assert!(
            output.status.code().is_some(),
            "{arguments} {}",
            output.status
        );
    }
}

#[test]
fn a_folder_whose_path_is_no_text_is_a_message() {
    let paper = paper();
    let folder = paper.folder.path();
    let strange = folder.join(OsStr::from_bytes(b"t\xff"));
    std::fs::create_dir(&strange).unwrap();
    for variable in ["TMPDIR", "XDG_CACHE_HOME"] {
        let output = Command::new(env!("CARGO_BIN_EXE_reprove"))
            .args(["verify", "paper.yaml"])
            .current_dir(folder)
            .env("XDG_CACHE_HOME", folder.join("cache"))
            .env("XDG_STATE_HOME", folder.join("state"))
            .env(variable, &strange)
            .output()
            .unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        let expected = format!("error: {variable}: expected a path that is UTF-8 text, found `");
        assert!(message.starts_with(&expected), "{message}");
        assert_eq!(output.status.code(), Some(3));
    }
}
