//! Evidence and its audit: what is tampered with is found and named, or a signature is needed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use reprove::bundle::{self, Files, Signer, list};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bundles::{
    edit, forged, found, found_in, key, key_of, load, runs, save, sealed, set_runs,
};
use crate::command::{Sonar, reprove};

/// A signed bundle of three runs of one claim, made once.
struct SignedBundle {
    _home: TempDir,
    bundle: Files,
    key: PathBuf,
    signers: PathBuf,
    stranger: PathBuf,
}

fn made() -> &'static SignedBundle {
    static MADE: OnceLock<SignedBundle> = OnceLock::new();
    MADE.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        let (key, signers) = key(home.path(), "alice");
        let (stranger, _) = key_of(home.path(), "mallory");
        let evidence = home.path().join("evidence");
        let called = verify(
            "manifests/sonar.yaml",
            &evidence,
            &["--sign", key.to_str().unwrap()],
        );
        assert!(called.0 <= 2, "{}", called.1);
        SignedBundle {
            bundle: load(&evidence),
            _home: home,
            key,
            signers,
            stranger,
        }
    })
}

fn verify(manifest: &str, evidence: &Path, more: &[&str]) -> (i32, String) {
    let mut arguments = vec!["verify", manifest, "--claims", "h0-test", "--max-runs", "3"];
    arguments.extend([
        "--even-if-undecidable",
        "--evidence",
        evidence.to_str().unwrap(),
    ]);
    arguments.extend(more);
    let called = reprove(&arguments);
    (called.status, called.stdout + &called.stderr)
}

#[test]
fn an_untouched_bundle_agrees_and_says_what_it_cannot_show() {
    let made = made();
    assert_eq!(found(&made.bundle, Some(&made.signers)), "");
    let folder = save(&made.bundle);
    let path = folder.path().to_str().unwrap();
    let called = reprove(&["audit", path]);
    assert_eq!(called.status, 0, "{}{}", called.stdout, called.stderr);
    assert!(
        called.stdout.contains("only a rerun shows that"),
        "{}",
        called.stdout
    );
    assert!(called.stdout.contains("whose that is"), "{}", called.stdout);
    let signers = made.signers.to_str().unwrap();
    let called = reprove(&["audit", path, "--allowed-signers", signers, "--json"]);
    let audit: Value = serde_json::from_str(&called.stdout).unwrap();
    assert_eq!(audit["signature"]["signer"], "alice@example.org");
    assert_eq!(audit["derived"]["runs"], 3);
    assert_eq!(audit["derived"]["metrics"], json!(null), "nothing to read");
    let not = audit["not_established"].to_string();
    assert!(not.contains("leaves no log to read again"), "{not}");
}

#[test]
fn one_byte_in_any_file_is_found_and_the_file_named() {
    let made = made();
    for (path, bytes) in &made.bundle {
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut files = made.bundle.clone();
            files.get_mut(path).unwrap()[place] ^= 1;
            let found = found(&files, Some(&made.signers));
            let is_named = match path.as_str() {
                list::LIST => found.contains("Hashes ") && found.contains("Signature "),
                list::SIGNATURE => found.contains("Signature SHA256SUMS.sig"),
                _ => found.contains(&format!("Hashes {path}: expected sha256")),
            };
            // The last byte of the armour is a line feed, which it may lack or have.
            assert!(
                is_named || (path == list::SIGNATURE && place == bytes.len() - 1),
                "{path} at {place}: {found}"
            );
        }
    }
}

#[test]
fn files_added_removed_renamed_and_exchanged_are_named() {
    let made = made();
    for path in made.bundle.keys() {
        let mut files = made.bundle.clone();
        files.remove(path);
        assert!(found(&files, Some(&made.signers)).contains(path), "{path}");
    }
    let mut files = made.bundle.clone();
    files.insert("more.txt".to_owned(), b"x".to_vec());
    assert!(found(&files, None).contains("more.txt: it is in the bundle and not in the hash list"));
    assert!(found(&sealed(files), None).contains("more.txt: nothing in the bundle calls for it"));

    let mut files = made.bundle.clone();
    let pins = files.remove("pins.json").unwrap();
    files.insert("pins2.json".to_owned(), pins);
    let both = found(&files, None);
    assert!(
        both.contains("pins.json: it is in the hash list and not"),
        "{both}"
    );
    assert!(
        both.contains("pins2.json: it is in the bundle and not"),
        "{both}"
    );
    assert!(found(&sealed(files), None).contains("Derivation pins.json: it is missing"));

    let mut files = made.bundle.clone();
    let (a, b) = (files["pins.json"].clone(), files["statistics.json"].clone());
    files.extend([
        ("pins.json".to_owned(), b),
        ("statistics.json".to_owned(), a),
    ]);
    assert!(found(&files, None).contains("Hashes pins.json: expected sha256"));
    assert!(found(&sealed(files), None).contains("Derivation pins.json"));
}

#[test]
fn runs_dropped_swapped_repeated_and_made_up_are_named() {
    let made = made();
    let all = runs(&made.bundle);
    assert_eq!(all.len(), 3);
    let with = |lines: &[&String]| {
        let mut files = made.bundle.clone();
        let lines: Vec<String> = lines.iter().map(|line| (*line).clone()).collect();
        set_runs(&mut files, &lines);
        files
    };
    let dropped = with(&[&all[0], &all[2]]);
    assert!(found(&dropped, None).contains("Chain runs.jsonl:2: the chain breaks here"));
    let text = found(&sealed(dropped), None);
    assert!(
        text.contains("`h0` with seed 2 is not in runs.jsonl"),
        "{text}"
    );
    assert!(text.contains("planned runs are missing"), "{text}");

    let swapped = with(&[&all[1], &all[0], &all[2]]);
    assert!(found(&swapped, None).contains("Chain runs.jsonl:1"));
    assert!(
        found(&sealed(swapped), None).contains("runs.jsonl:2: `h0` with seed 1 is out of order")
    );

    let repeated = with(&[&all[0], &all[1], &all[2], &all[2]]);
    assert!(
        found(&sealed(repeated), None).contains("runs.jsonl:4: `h0` with seed 3 is out of order")
    );

    let unplanned = all[2].replace("\"seed\":3", "\"seed\":4");
    let text = found(&sealed(with(&[&all[0], &all[1], &unplanned])), None);
    assert!(
        text.contains("runs.jsonl:3: `h0` with seed 4 is no run of the plan"),
        "{text}"
    );

    let other = all[2].replace("\"h0\"", "\"h12\"");
    let text = found(&sealed(with(&[&all[0], &all[1], &other])), None);
    assert!(
        text.contains("`h12` with seed 3 is no run of the plan"),
        "{text}"
    );

    // Dropped from the report too: the plan still needs it.
    let mut files = with(&[&all[0], &all[1]]);
    edit(&mut files, "report.json", |report| {
        report["runs"].as_array_mut().unwrap().pop();
    });
    assert!(found(&sealed(files), None).contains("planned runs are missing"));
}

#[test]
fn an_edited_statement_with_all_hashes_made_anew_is_found_by_derivation() {
    let made = made();
    type Change = fn(&mut Value);
    let changes: [(&str, Change, &str); 17] = [
        (
            "report.json",
            |r| r["verdict"] = json!("reproduced"),
            "report.json: verdict",
        ),
        (
            "report.json",
            |r| r["claims"][0]["verdict"] = json!("reproduced"),
            "claims[h0-test].verdict",
        ),
        (
            "report.json",
            |r| r["claims"][0]["rerun"]["mean"] = json!(73.1),
            "claims[h0-test].rerun.mean",
        ),
        (
            "report.json",
            |r| r["claims"][0]["tolerance"]["high"] = json!(50.0),
            "claims[h0-test].tolerance.high",
        ),
        (
            "report.json",
            |r| r["claims"][0]["reported"]["value"] = json!(80.0),
            "claims[h0-test].reported.value",
        ),
        (
            "report.json",
            |r| r["claims"][0]["tests"][0]["p_value"] = json!(0.001),
            "tests",
        ),
        (
            "report.json",
            |r| r["claims"] = json!([]),
            "report.json: claims",
        ),
        (
            "report.json",
            |r| r["counts"]["reproduced"] = json!(9),
            "counts.reproduced",
        ),
        (
            "report.json",
            |r| r["runs"][1]["metrics"]["test_accuracy"] = json!(99.0),
            "with seed 2 is another",
        ),
        (
            "report.json",
            |r| r["manifest"]["sha256"] = json!("00"),
            "manifest.sha256",
        ),
        (
            "report.json",
            |r| r["title"] = json!("Another"),
            "report.json: title",
        ),
        (
            "report.json",
            |r| r["pins"][0]["expected"] = json!("00"),
            "commit pin",
        ),
        (
            "report.json",
            |r| r["cost"]["runs"] = json!(300),
            "cost.runs",
        ),
        (
            "statistics.json",
            |s| s[0]["seed"] = json!("00"),
            "statistics.json: [h0-test].seed",
        ),
        (
            "statement.json",
            |s| s["predicate"]["result"] = json!("PASSED"),
            "statement.json: predicate.result",
        ),
        (
            "environment.json",
            |e| e["environment"]["os"] = json!("another"),
            "environment.json: environment.os",
        ),
        (
            "bundle.json",
            |b| b["max_runs"] = json!(20),
            "planned runs are missing",
        ),
    ];
    for (path, change, words) in changes {
        let mut files = made.bundle.clone();
        edit(&mut files, path, change);
        let text = found(&files, None);
        assert!(
            text.contains(&format!("Hashes {path}: expected")),
            "{path}: {text}"
        );
        let text = found(&sealed(files), None);
        assert!(
            text.contains("Derivation ") && text.contains(words),
            "{words}: {text}"
        );
    }
    let mut files = made.bundle.clone();
    let manifest = String::from_utf8(files["manifest.yaml"].clone()).unwrap();
    let wider = manifest.replacen("absolute: 4.0", "absolute: 40.0", 1);
    assert_ne!(manifest, wider);
    files.insert("manifest.yaml".to_owned(), wider.into_bytes());
    let text = found(&sealed(files), None);
    assert!(
        text.contains("manifest.sha256") && text.contains("tolerance"),
        "{text}"
    );
}

#[test]
fn numbers_made_up_and_everything_derived_anew_need_a_signature() {
    let made = made();
    // A result nearer to the reported one, and all else made anew.
    let files = forged(&made.bundle, |report| {
        let nearer = 82.692_307_692_307_7;
        let value = report.runs[0].metrics.get_mut("test_accuracy").unwrap();
        assert_ne!(*value, nearer);
        *value = nearer;
    });
    assert_ne!(files["report.json"], made.bundle["report.json"]);
    assert_eq!(found(&files, None), "", "no derivation can find it");
    let text = found(&files, Some(&made.signers));
    assert!(
        text.contains("Signature SHA256SUMS.sig: it is missing"),
        "{text}"
    );

    let mut forged = files;
    bundle::seal(&mut forged, Some(&Signer::read(&made.stranger).unwrap())).unwrap();
    assert_eq!(found(&forged, None), "");
    let text = found(&forged, Some(&made.signers));
    assert!(text.contains("is no allowed signer's"), "{text}");

    let mut stale = forged;
    stale.insert(
        list::SIGNATURE.to_owned(),
        made.bundle[list::SIGNATURE].clone(),
    );
    assert!(found(&stale, None).contains("the signature is not of this list"));
}

#[test]
fn hostile_bundles_are_refused_and_nothing_outside_is_read() {
    let made = made();
    let with = |path: &str, bytes: &[u8]| {
        let mut files = made.bundle.clone();
        files.insert(path.to_owned(), bytes.to_vec());
        files
    };
    let deep = [b"[".repeat(200_000), b"]".repeat(200_000)].concat();
    for path in [
        "bundle.json",
        "report.json",
        "runs.jsonl",
        "pins.json",
        "manifest.yaml",
    ] {
        assert!(
            found(&sealed(with(path, &deep)), None).contains("Derivation "),
            "{path}"
        );
        assert!(
            found(&sealed(with(path, b"\xff\x00")), None).contains(path),
            "{path}"
        );
        assert!(
            found(&sealed(with(path, b"")), None).contains("Derivation "),
            "{path}"
        );
    }
    let outside = format!("{}  ../../../etc/passwd\n", "0".repeat(64));
    let list = [&made.bundle[list::LIST][..], outside.as_bytes()].concat();
    assert!(found(&with(list::LIST, &list), None).contains("no line of a hash list"));

    let manifest = String::from_utf8(made.bundle["manifest.yaml"].clone()).unwrap();
    for path in ["/etc/passwd", "../../../../../etc/passwd"] {
        let reads = manifest.replacen(
            "{mean: 73.1, std: 4.8, runs: 10}",
            &format!("{{values_csv: {{file: {path}, column: root}}}}"),
            1,
        );
        assert_ne!(reads, manifest);
        let text = found(&sealed(with("manifest.yaml", reads.as_bytes())), None);
        assert!(
            text.contains("the bundle does not hold this file"),
            "{text}"
        );
    }

    let folder = save(&made.bundle);
    let report = folder.path().join("report.json");
    std::fs::remove_file(&report).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", &report).unwrap();
    let text = found_in(folder.path(), None);
    assert!(
        text.contains("report.json: a link or special file"),
        "{text}"
    );

    let folder = save(&made.bundle);
    std::os::unix::fs::symlink("/", folder.path().join("more")).unwrap();
    let pipe = Command::new("mkfifo")
        .arg(folder.path().join("pipe"))
        .status();
    assert!(pipe.unwrap().success());
    let huge = std::fs::File::create(folder.path().join("huge")).unwrap();
    huge.set_len(1 << 40).unwrap();
    let text = found_in(folder.path(), None);
    for words in ["more: a link", "pipe: a link or special", "huge: more than"] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn what_is_no_bundle_is_bad_input() {
    let empty = tempfile::tempdir().unwrap();
    for path in [
        empty.path().to_str().unwrap(),
        "no/such/folder",
        "Cargo.toml",
    ] {
        let called = reprove(&["audit", path]);
        assert_eq!(called.status, 3, "{}", called.stderr);
        assert!(called.stderr.contains(path), "{}", called.stderr);
    }
    let files = made().bundle.clone();
    let folder = save(&files);
    std::fs::write(folder.path().join("pins.json"), "[]").unwrap();
    let called = reprove(&["audit", folder.path().to_str().unwrap()]);
    assert_eq!(called.status, 4, "{}", called.stdout);
    assert!(
        called.stdout.contains("SOMETHING DOES NOT AGREE"),
        "{}",
        called.stdout
    );
}

#[test]
fn wrong_keys_and_folders_are_refused_before_any_run() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    let (status, text) = verify("manifests/sonar.yaml", &evidence, &["--sign", "Cargo.toml"]);
    assert_eq!(status, 3, "{text}");
    assert!(text.contains("expected an OpenSSH private key"), "{text}");
    let (status, text) = verify("manifests/sonar.yaml", Path::new("src"), &[]);
    assert_eq!(status, 3, "{text}");
    assert!(text.contains("expected a new or an empty folder"), "{text}");
    if let Ok(made) = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "secret", "-f"])
        .arg(folder.path().join("locked"))
        .status()
    {
        assert!(made.success());
        let key = folder.path().join("locked");
        let (status, text) = verify(
            "manifests/sonar.yaml",
            &evidence,
            &["--sign", key.to_str().unwrap()],
        );
        assert_eq!(status, 3, "{text}");
        assert!(
            text.contains("the key is encrypted with a passphrase"),
            "{text}"
        );
    }
    assert!(!evidence.exists());
}

#[test]
fn ssh_keygen_and_sha256sum_accept_the_bundle() {
    let made = made();
    let folder = save(&made.bundle);
    let sums = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
        .current_dir(folder.path())
        .status();
    assert!(sums.unwrap().success());
    let list = std::fs::File::open(folder.path().join(list::LIST)).unwrap();
    let checked = Command::new("ssh-keygen")
        .args([
            "-Y",
            "verify",
            "-n",
            "reprove",
            "-I",
            "alice@example.org",
            "-s",
        ])
        .arg(folder.path().join(list::SIGNATURE))
        .arg("-f")
        .arg(&made.signers)
        .stdin(list)
        .output();
    // Not every machine has OpenSSH; ci/check-formats says so aloud.
    if let Ok(output) = checked {
        assert!(output.status.success(), "{output:?}");
    }
    let signature = Signer::read(&made.key)
        .unwrap()
        .sign(&made.bundle[list::LIST])
        .unwrap();
    assert_eq!(
        signature.as_bytes(),
        made.bundle[list::SIGNATURE],
        "the same bytes again"
    );
}

#[test]
fn reported_values_travel_with_the_bundle() {
    let sonar = Sonar::copy();
    sonar.edit(
        "{mean: 73.1, std: 4.8, runs: 10}",
        "{values_csv: {file: ../reported/h0.csv, column: accuracy}}",
    );
    std::fs::create_dir(sonar.path("reported")).unwrap();
    std::fs::write(
        sonar.path("reported/h0.csv"),
        "accuracy\n71\n75\n73.5\n70\n74\n",
    )
    .unwrap();
    let evidence = sonar.path("evidence");
    let (status, text) = verify(&sonar.manifest(), &evidence, &[]);
    assert!(status <= 2, "{text}");
    let mut files = load(&evidence);
    assert!(files.contains_key("values/1.csv"));
    assert_eq!(found(&files, None), "");
    files.insert(
        "values/1.csv".to_owned(),
        b"accuracy\n91\n95\n93.5\n90\n94\n".to_vec(),
    );
    let text = found(&sealed(files), None);
    assert!(text.contains("claims[h0-test].reported.value"), "{text}");
}

/// The bundle of version 1 in the fixtures.
fn version_1() -> Files {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence/v1"))
}

#[test]
fn a_bundle_of_version_1_is_audited() {
    let files = version_1();
    assert_eq!(found(&files, None), "");
    let folder = save(&files);
    let audit = bundle::audit(folder.path(), None).unwrap();
    assert_eq!(
        audit.derived.verdict,
        Some(reprove::report::Overall::Inconclusive)
    );
    assert!(audit.derived.other_words);
}

#[test]
fn pages_that_are_not_checked_count_in_the_headline_and_in_the_status() {
    let folder = save(&version_1());
    let called = reprove(&["audit", folder.path().to_str().unwrap()]);
    assert_eq!(called.status, 2, "{}{}", called.stdout, called.stderr);
    let first = called.stdout.lines().next().unwrap();
    assert!(first.ends_with("were not checked"), "{first}");
    // The first lines say what was audited.
    let expected = ["verdict", "commit", "manifest", "claims", "signer"];
    let subject = called.stdout.lines().skip(1).take(expected.len());
    let names: Vec<&str> = subject
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names, expected, "{}", called.stdout);
}

#[test]
fn an_edited_bundle_of_version_1_is_found() {
    let changed = |change: fn(&mut Value)| {
        let mut files = version_1();
        edit(&mut files, "report.json", change);
        found(&sealed(files), None)
    };
    let mean = changed(|report| report["claims"][0]["rerun"]["mean"] = json!(3.2));
    assert!(mean.contains("claims[needle].rerun.mean"), "{mean}");
    let verdict = changed(|report| report["verdict"] = json!("reproduced"));
    assert!(verdict.contains("report.json: verdict"), "{verdict}");
    let flags = changed(|report| report["claims"][0]["flags"] = json!(["made up"]));
    assert!(flags.contains("warnings"), "{flags}");
    let version = changed(|report| report["schema_version"] = json!(77));
    assert!(
        version.contains("`schema_version` 1 or 2, found 77"),
        "{version}"
    );
}
