//! The first interruption ends whatever is at work.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::programs::{METRICS, Paper};

/// Longest time from the signal to the end; it is a second on a machine that does nothing else.
const LONGEST: Duration = Duration::from_secs(5);

fn paper(steps: &str) -> Paper {
    let experiment = format!(
        "  environment: {{none: true}}\n{steps}  run: [sh, run.sh, '{{out}}', '{{seed}}']\n{METRICS}"
    );
    Paper::new(&[("run.sh", "sleep 60")], &experiment)
}

/// A paper whose data are a sparse file that takes hours to hash.
fn large_data() -> Paper {
    let paper = paper("");
    let data = fs::File::create(paper.folder.path().join("large")).unwrap();
    data.set_len(1 << 42).unwrap();
    let file = paper.folder.path().join("paper.yaml");
    let manifest = fs::read_to_string(&file).unwrap();
    let digest = "0".repeat(64);
    let data = format!("data: {{t: {{path: large, sha256: {digest}}}}}\nseeds:");
    fs::write(file, manifest.replace("seeds:", &data)).unwrap();
    paper
}

fn start(paper: &Paper, stderr: Stdio) -> Child {
    let home = paper.folder.path();
    Command::new(env!("CARGO_BIN_EXE_reprove"))
        .arg("verify")
        .arg(home.join("paper.yaml"))
        .env("NO_COLOR", "1")
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_STATE_HOME", home.join("state"))
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn()
        .expect("the binary runs")
}

/// Interrupts a verification; gives what it said then.
fn interrupted(mut child: Child) -> Vec<String> {
    let begin = Instant::now();
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.unwrap().success());
    let errors = child.stderr.take();
    let status = child.wait().unwrap();
    assert!(begin.elapsed() < LONGEST, "{:?}", begin.elapsed());
    assert_eq!(status.code(), Some(130));
    let lines = errors.map(|errors| BufReader::new(errors).lines().map_while(Result::ok));
    lines.into_iter().flatten().collect()
}

#[test]
fn hashing_ends() {
    let paper = large_data();
    let child = start(&paper, Stdio::piped());
    std::thread::sleep(Duration::from_secs(1));
    let told = interrupted(child);
    assert!(told[0].starts_with("interrupted: "), "{told:?}");
    assert!(
        told[1].ends_with("paper.yaml: interrupted before its first run"),
        "{told:?}"
    );
}

#[test]
fn hashing_ends_although_nobody_reads_standard_error() {
    let paper = large_data();
    let mut child = start(&paper, Stdio::piped());
    drop(child.stderr.take());
    std::thread::sleep(Duration::from_secs(1));
    interrupted(child);
}

#[test]
fn building_ends_and_so_does_the_waiting_for_a_build() {
    let paper = paper("  build: [[sleep, '60']]\n");
    let begun = |child: &mut Child| {
        let mut line = String::new();
        let errors = child.stderr.as_mut().unwrap();
        BufReader::new(errors).read_line(&mut line).unwrap();
        assert_eq!(line, "note: building: sleep 60\n");
    };
    let mut first = start(&paper, Stdio::piped());
    begun(&mut first);
    let second = start(&paper, Stdio::piped());
    std::thread::sleep(Duration::from_secs(1));
    interrupted(second);
    interrupted(first);
}

#[test]
fn runs_end() {
    let paper = paper("");
    let child = start(&paper, Stdio::piped());
    let claims = paper.folder.path().join("state/reprove/claims");
    let patience = Instant::now();
    while fs::read_dir(&claims).into_iter().flatten().next().is_none() {
        assert!(patience.elapsed() < Duration::from_secs(120));
        std::thread::sleep(Duration::from_millis(5));
    }
    let told = interrupted(child);
    assert!(
        told.iter()
            .any(|line| line.contains("interrupted after 0 of at most 3 runs")),
        "{told:?}"
    );
}
