//! Kinds of tampering with the evidence of a program's runs, each with all hashes made anew: which ones
//! the derivation finds, and which ones only a signature can.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use reprove::bundle::{self, Files};
use reprove::digest::Sha256Digest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bundles::{edit, forged, found, key, load, runs, save, sealed, set_runs};
use crate::command::{committed, reprove_at};

/// Writes a loss to its log and an accuracy to a file.
const PROGRAM: &str = "\
    echo \"epoch 1 loss=0.9\"\n\
    echo \"epoch 2 loss=0.$2$1\"\n\
    echo \"seed $1\" >&2\n\
    printf '{\"accuracy\": 0.9%s}\\n' \"$1\" > \"$3/metrics.json\"\n";

const MANIFEST: &str = "\
reprove: 1
title: Two configurations
code: {repository: code, commit: COMMIT}
seeds: {first: 1, count: 4}
reported_seeds: [0]
experiment:
  environment: {none: true}
  run: [sh, run.sh, '{seed}', '{shift}', '{out}']
  metrics:
    accuracy: {json: metrics.json}
    loss: {regex: {file: stdout, pattern: 'loss=([0-9.]+)', take: last}}
  network: never
configurations:
  near_1: {shift: 1}
  far: {shift: 7}
claims:
  - {id: accuracy, configuration: near_1, metric: accuracy, reported: 0.925, tolerance: {absolute: 0.1}}
  - {id: loss, configuration: near_1, metric: loss, reported: 0.9, tolerance: {absolute: 0.1}}
  - {id: far-loss, configuration: far, metric: loss, reported: 0.1, tolerance: {absolute: 0.1}}
decision: {sequential: false}
";

/// A signed bundle, made once.
struct SignedBundle {
    home: TempDir,
    bundle: Files,
    signers: PathBuf,
}

fn made() -> &'static SignedBundle {
    static MADE: OnceLock<SignedBundle> = OnceLock::new();
    MADE.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        let code = home.path().join("code");
        fs::create_dir(&code).unwrap();
        fs::write(code.join("run.sh"), PROGRAM).unwrap();
        let manifest = MANIFEST.replace("COMMIT", &committed(&code));
        fs::write(home.path().join("paper.yaml"), manifest).unwrap();
        let (key, signers) = key(home.path(), "alice");
        let evidence = home.path().join("evidence");
        let (status, text) = verify(home.path(), &evidence, &["--sign", key.to_str().unwrap()]);
        assert_eq!(status, 1, "{text}");
        assert!(!text.contains("note:"), "{text}");
        SignedBundle {
            bundle: load(&evidence),
            home,
            signers,
        }
    })
}

fn verify(home: &Path, evidence: &Path, more: &[&str]) -> (i32, String) {
    let manifest = home.join("paper.yaml").display().to_string();
    let mut arguments = vec!["verify", "--quiet", &manifest, "--even-if-undecidable"];
    arguments.extend(["--evidence", evidence.to_str().unwrap()]);
    arguments.extend(more);
    let called = reprove_at(home, &arguments);
    (called.status, called.stdout + &called.stderr)
}

fn replace(files: &mut Files, path: &str, from: &str, to: &str) {
    let text = String::from_utf8(files[path].clone()).unwrap();
    assert!(text.contains(from), "`{from}` is in {path}: {text}");
    files.insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
}

fn exchange(files: &mut Files, one: &str, other: &str) {
    let (a, b) = (files[one].clone(), files[other].clone());
    files.extend([(one.to_owned(), b), (other.to_owned(), a)]);
}

/// Changes a run in `runs.jsonl`, by its place.
fn change_run(files: &mut Files, place: usize, change: impl FnOnce(&mut Value)) {
    let mut lines = runs(files);
    let mut run: Value = serde_json::from_str(&lines[place]).unwrap();
    change(&mut run);
    lines[place] = run.to_string();
    set_runs(files, &lines);
}

/// Makes the digest of a run's file, where it is stated, that of the file in the bundle.
fn restate(files: &mut Files, place: usize, path: &str, name: &str) {
    let digest = json!(Sha256Digest::of(&files[path]).to_string());
    change_run(files, place, |run| run["files"][name] = digest.clone());
    edit(files, "report.json", |r| {
        r["runs"][place]["files"][name]["sha256"] = digest;
    });
}

fn drop_run(files: &mut Files, place: usize) {
    let mut lines = runs(files);
    lines.remove(place);
    set_runs(files, &lines);
}

/// A kind of tampering, how it is done, and what the audit says of it when all hashes are made anew.
type Kind = (&'static str, fn(&mut Files), &'static [&'static str]);

// The runs in their order: `near_1` with seeds 1 to 4, then `far` with seeds 1 to 4.
const KINDS: &[Kind] = &[
    (
        "a line of a log edited",
        |f| replace(f, "runs/near_1/2/stdout.log", "loss=0.12", "loss=0.92"),
        &[
            "runs/near_1/2/stdout.log: it is not what `near_1` with seed 2 wrote",
            "`near_1` with seed 2: `loss` is stated as 0.12, and what it wrote says 0.92 (stdout:2: epoch 2 loss=0.92)",
        ],
    ),
    (
        "a line of a log edited, and its digests made anew",
        |f| {
            replace(f, "runs/near_1/2/stdout.log", "loss=0.12", "loss=0.92");
            restate(f, 1, "runs/near_1/2/stdout.log", "stdout.log");
        },
        &["`near_1` with seed 2: `loss` is stated as 0.12, and what it wrote says 0.92"],
    ),
    (
        "a line of a log removed, and its digests made anew",
        |f| {
            replace(f, "runs/far/1/stdout.log", "epoch 2 loss=0.71\n", "");
            restate(f, 4, "runs/far/1/stdout.log", "stdout.log");
        },
        &["`far` with seed 1: `loss` is stated as 0.71, and what it wrote says 0.9 (stdout:1"],
    ),
    (
        "a log emptied, and its digests made anew",
        |f| {
            f.insert("runs/far/1/stdout.log".to_owned(), Vec::new());
            restate(f, 4, "runs/far/1/stdout.log", "stdout.log");
        },
        &["`far` with seed 1: its metrics are not in what it wrote"],
    ),
    (
        "a log without metrics edited",
        |f| replace(f, "runs/near_1/2/stderr.log", "seed", "seeds"),
        &["runs/near_1/2/stderr.log: it is not what `near_1` with seed 2 wrote"],
    ),
    (
        "a log removed",
        |f| drop(f.remove("runs/far/4/stderr.log")),
        &["runs/far/4/stderr.log: it is missing: it belongs to `far` with seed 4"],
    ),
    (
        "a unit stated that nothing states",
        |f| {
            let stated = json!({"loss": "stated"});
            change_run(f, 4, |run| run["units"] = stated.clone());
            edit(f, "report.json", |r| r["runs"][4]["units"] = stated);
        },
        &[
            "`far` with seed 1: the units that are stated of its metrics are not those of what it wrote",
        ],
    ),
    (
        "a metric file edited",
        |f| replace(f, "runs/near_1/3/out/metrics.json", "0.93", "0.99"),
        &["`near_1` with seed 3: `accuracy` is stated as 0.93, and what it wrote says 0.99"],
    ),
    (
        "a metric file removed",
        |f| drop(f.remove("runs/near_1/3/out/metrics.json")),
        &["runs/near_1/3/out/metrics.json: it is missing: it belongs to `near_1` with seed 3"],
    ),
    (
        "a metric file added",
        |f| drop(f.insert("runs/near_1/3/out/more.json".to_owned(), b"{}".to_vec())),
        &["runs/near_1/3/out/more.json: nothing in the bundle calls for it"],
    ),
    (
        "two runs' logs exchanged",
        |f| exchange(f, "runs/near_1/1/stdout.log", "runs/near_1/2/stdout.log"),
        &[
            "`near_1` with seed 1: `loss` is stated as 0.11, and what it wrote says 0.12",
            "`near_1` with seed 2: `loss` is stated as 0.12, and what it wrote says 0.11",
        ],
    ),
    (
        "two runs' logs exchanged, and their digests made anew",
        |f| {
            exchange(f, "runs/near_1/1/stdout.log", "runs/far/1/stdout.log");
            restate(f, 4, "runs/far/1/stdout.log", "stdout.log");
            restate(f, 0, "runs/near_1/1/stdout.log", "stdout.log");
        },
        &[
            "`near_1` with seed 1: `loss` is stated as 0.11, and what it wrote says 0.71",
            "`far` with seed 1: `loss` is stated as 0.71, and what it wrote says 0.11",
        ],
    ),
    (
        "a run dropped",
        |f| drop_run(f, 2),
        &[
            "`near_1` with seed 3 is not in runs.jsonl",
            "planned runs are missing",
        ],
    ),
    (
        "a run dropped everywhere",
        |f| {
            drop_run(f, 2);
            f.retain(|path, _| !path.starts_with("runs/near_1/3/"));
            edit(f, "report.json", |r| {
                drop(r["runs"].as_array_mut().unwrap().remove(2))
            });
        },
        &["claim `loss`: planned runs are missing"],
    ),
    (
        "two runs in another order",
        |f| {
            let mut lines = runs(f);
            lines.swap(0, 1);
            set_runs(f, &lines);
        },
        &["runs.jsonl:2: `near_1` with seed 1 is out of order"],
    ),
    (
        "a run repeated",
        |f| {
            let mut lines = runs(f);
            lines.push(lines[7].clone());
            set_runs(f, &lines);
        },
        &["runs.jsonl:9: `far` with seed 4 is out of order"],
    ),
    (
        "a run with another seed",
        |f| change_run(f, 7, |run| run["seed"] = json!(9)),
        &["runs.jsonl:8: `far` with seed 9 is no run of the plan"],
    ),
    (
        "a metric of a run edited",
        |f| {
            change_run(f, 1, |run| {
                run["outcome"]["finished"]["metrics"]["loss"] = json!(0.92)
            })
        },
        &[
            "`near_1` with seed 2: `loss` is stated as 0.92, and what it wrote says 0.12",
            "`near_1` with seed 2 is another in runs.jsonl",
        ],
    ),
    (
        "a metric edited, and all but the log derived anew from it",
        |f| {
            *f = forged(f, |r| {
                r.runs[1].metrics.insert("loss".into(), 0.92);
            });
        },
        &["`near_1` with seed 2: `loss` is stated as 0.92, and what it wrote says 0.12"],
    ),
    (
        "the line that a metric was read from edited",
        |f| {
            *f = forged(f, |r| {
                let origin = "stdout:7: loss=0.12".to_owned();
                r.runs[1].origins.insert("loss".into(), origin);
            });
        },
        &["`near_1` with seed 2: `loss` is stated to stand at `stdout:7: loss=0.12`"],
    ),
    (
        "the metric's source in the manifest edited",
        |f| replace(f, "manifest.yaml", "take: last", "take: first"),
        &[
            "manifest.sha256",
            "`near_1` with seed 2: `loss` is stated as 0.12, and what it wrote says 0.9 ",
        ],
    ),
    (
        "the tolerance in the manifest edited",
        |f| {
            replace(
                f,
                "manifest.yaml",
                "reported: 0.9, tolerance: {absolute: 0.1}",
                "reported: 0.9, tolerance: {absolute: 5}",
            )
        },
        &["manifest.sha256", "claims[loss].tolerance"],
    ),
    (
        "the verdict edited",
        |f| edit(f, "report.json", |r| r["verdict"] = json!("reproduced")),
        &["report.json: verdict: stated `\"reproduced\"`, derived `\"not_reproduced\"`"],
    ),
    (
        "a claim's verdict edited",
        |f| {
            edit(f, "report.json", |r| {
                r["claims"][1]["verdict"] = json!("reproduced")
            })
        },
        &["claims[loss].verdict"],
    ),
    (
        "a claim's mean edited",
        |f| {
            edit(f, "report.json", |r| {
                r["claims"][0]["rerun"]["mean"] = json!(0.9251)
            })
        },
        &["claims[accuracy].rerun.mean"],
    ),
    (
        "a claim removed",
        |f| {
            edit(f, "report.json", |r| {
                drop(r["claims"].as_array_mut().unwrap().remove(1))
            })
        },
        &["report.json: claims: stated 2 entries, derived 3"],
    ),
    (
        "the corrected refutations edited",
        |f| {
            edit(f, "report.json", |r| {
                r["refuted_after_correction"] = json!([])
            })
        },
        &["report.json: refuted_after_correction"],
    ),
    (
        "a pin edited",
        |f| edit(f, "report.json", |r| r["pins"][0]["expected"] = json!("00")),
        &["commit pin"],
    ),
    (
        "a sentence of what was not checked removed",
        |f| {
            edit(f, "report.json", |r| {
                drop(r["not_checked"].as_array_mut().unwrap().remove(0))
            })
        },
        &["report.json: not_checked"],
    ),
    (
        "a deviation removed",
        |f| {
            edit(f, "report.json", |r| {
                r["deviations"]
                    .as_array_mut()
                    .unwrap()
                    .retain(|d| d["code"] != "environment_installed");
            });
        },
        &["report.json: deviations: `environment_installed`: stated 0 times, derived 1 times"],
    ),
    (
        "a deviation reworded",
        |f| {
            edit(f, "report.json", |r| {
                for deviation in r["deviations"].as_array_mut().unwrap() {
                    if deviation["code"] == "other_seeds" {
                        deviation["text"] = json!("nothing to see here");
                    }
                }
            });
        },
        &["report.json: deviations[other_seeds]: stated"],
    ),
    (
        "a default edited",
        |f| {
            edit(f, "report.json", |r| {
                r["defaults"]["decision.alpha"] = json!("0.2")
            })
        },
        &["report.json: defaults.decision.alpha"],
    ),
    (
        "the number of runs edited",
        |f| edit(f, "report.json", |r| r["cost"]["runs"] = json!(800)),
        &["report.json: cost.runs"],
    ),
    (
        "the processor time edited",
        |f| edit(f, "report.json", |r| r["cost"]["cpu_seconds"] = json!(1e6)),
        &["report.json: cost.cpu_seconds"],
    ),
    (
        "the command to repeat it edited",
        |f| edit(f, "report.json", |r| r["repeat"] = json!(["rm -rf ~"])),
        &["report.json: repeat"],
    ),
    (
        "the page's verdict edited",
        |f| replace(f, "report.html", "NOT REPRODUCED", "REPRODUCED"),
        &["report.html: it is not what the report says"],
    ),
    (
        "the instructions edited",
        |f| replace(f, "README.txt", "reprove audit .", "rm -rf ~"),
        &["README.txt: it is not what the report says"],
    ),
    (
        "the statement edited",
        |f| {
            edit(f, "statement.json", |s| {
                s["predicate"]["result"] = json!("PASSED")
            })
        },
        &["statement.json: predicate.result"],
    ),
    (
        "the seed of the statistics edited",
        |f| edit(f, "statistics.json", |s| s[0]["seed"] = json!("00")),
        &["statistics.json: [accuracy].seed"],
    ),
    (
        "the crate's metadata edited",
        |f| {
            edit(f, "ro-crate-metadata.json", |c| {
                c["@graph"][1]["name"] = json!("Another")
            })
        },
        &["ro-crate-metadata.json: "],
    ),
    (
        "the choices of the command line edited",
        |f| edit(f, "bundle.json", |b| b["max_runs"] = json!(3)),
        &["`near_1` with seed 4 is no run of the plan"],
    ),
    (
        "the machine edited in one place",
        |f| {
            edit(f, "environment.json", |e| {
                e["environment"]["os"] = json!("another")
            })
        },
        &["environment.json: environment.os"],
    ),
];

/// Changes a bundle.
type Tampering = fn(&mut Files);

/// What no derivation can find, as everything agrees: only who signed the bundle can say.
const SIGNATURE_ONLY: &[(&str, Tampering)] = &[
    (
        "a log, its metric and all that is derived from them made up",
        |f| {
            replace(f, "runs/near_1/2/stdout.log", "loss=0.12", "loss=0.13");
            let digest = Sha256Digest::of(&f["runs/near_1/2/stdout.log"]).to_string();
            *f = forged(f, |r| {
                let run = &mut r.runs[1];
                run.metrics.insert("loss".into(), 0.13);
                run.origins
                    .insert("loss".into(), "stdout:2: epoch 2 loss=0.13".into());
                run.files.get_mut("stdout.log").unwrap().sha256 = digest;
            });
        },
    ),
    ("another machine stated everywhere", |f| {
        *f = forged(f, |r| {
            drop(r.environment.insert("os".to_owned(), "another".to_owned()))
        });
    }),
    ("another time that a run took stated everywhere", |f| {
        *f = forged(f, |r| {
            r.runs[0].wall_seconds = 1e-3;
            let all = r.runs.iter().map(|run| run.wall_seconds).sum();
            let rests_on = r.cost.rests_on.as_mut();
            rests_on.expect("a new report has it").wall_seconds = all;
        });
    }),
    ("another time of writing declared everywhere", |f| {
        edit(f, "bundle.json", |b| {
            b["declared_time"] = json!("2001-01-01T00:00:00Z")
        });
        *f = forged(f, |_| ());
    }),
];

#[test]
fn an_untouched_bundle_holds_what_was_written_and_is_read_again() {
    let made = made();
    assert_eq!(found(&made.bundle, Some(&made.signers)), "");
    let text = |path: &str| String::from_utf8(made.bundle[path].clone()).unwrap();
    assert_eq!(
        text("runs/near_1/2/stdout.log"),
        "epoch 1 loss=0.9\nepoch 2 loss=0.12\n"
    );
    assert_eq!(text("runs/near_1/2/stderr.log"), "seed 2\n");
    assert_eq!(
        text("runs/near_1/2/out/metrics.json"),
        "{\"accuracy\": 0.92}\n"
    );
    let link = "<a href=\"runs/near_1/2/out/metrics.json\">metrics.json</a>";
    assert!(text("report.html").contains(link));
    for list in ["SHA256SUMS", "CHAIN"] {
        assert!(text(list).contains("  runs/far/4/stdout.log\n"), "{list}");
    }
    let audit = bundle::audit(save(&made.bundle).path(), None).unwrap();
    // `far` needs its loss alone.
    assert_eq!((audit.derived.runs, audit.derived.metrics), (8, Some(12)));
    assert!(
        audit
            .established
            .iter()
            .any(|s| s.contains("give the 12 numbers"))
    );
}

#[test]
fn every_kind_of_tampering_is_named_even_with_all_hashes_made_anew() {
    let made = made();
    assert!(KINDS.len() + SIGNATURE_ONLY.len() >= 30);
    let mut unnamed = String::new();
    for (kind, tamper, words) in KINDS {
        let mut files = made.bundle.clone();
        tamper(&mut files);
        let text = found(&sealed(files), Some(&made.signers));
        assert!(text.contains("Signature "), "{kind}: {text}");
        for words in words.iter().filter(|words| !text.contains(**words)) {
            unnamed += &format!("{kind}: expected {words}\nfound {text}\n");
        }
    }
    assert_eq!(unnamed, "");
}

#[test]
fn without_new_hashes_the_edited_file_is_named_too() {
    let made = made();
    for path in made
        .bundle
        .keys()
        .filter(|path| path.starts_with("runs/"))
        .step_by(7)
    {
        let mut files = made.bundle.clone();
        files.get_mut(path).unwrap().push(b' ');
        let text = found(&files, None);
        assert!(
            text.contains(&format!("Hashes {path}: expected sha256")),
            "{text}"
        );
        assert!(
            text.contains(&format!("Chain {path}: the chain breaks here")),
            "{text}"
        );
    }
}

#[test]
fn what_no_derivation_finds_a_signature_does() {
    let made = made();
    for (kind, tamper) in SIGNATURE_ONLY {
        let mut files = made.bundle.clone();
        tamper(&mut files);
        let files = sealed(files);
        assert_eq!(found(&files, None), "", "{kind}");
        let text = found(&files, Some(&made.signers));
        assert!(
            text.contains("Signature SHA256SUMS.sig: it is missing"),
            "{kind}: {text}"
        );
    }
}

#[test]
fn output_that_is_gone_is_said_and_no_run_is_made_again_for_it() {
    let made = made();
    let again = made.home.path().join("again");
    let (status, text) = verify(made.home.path(), &again, &[]);
    assert_eq!(status, 1, "{text}");
    let of_runs = |files: &Files| -> Files {
        let runs = files.iter().filter(|(path, _)| path.starts_with("runs/"));
        runs.map(|(path, bytes)| (path.clone(), bytes.clone()))
            .collect()
    };
    assert_eq!(
        of_runs(&load(&again)),
        of_runs(&made.bundle),
        "out of the store"
    );

    // What the store no longer has, or has otherwise, is said and left out.
    let home = tempfile::tempdir().unwrap();
    for name in ["paper.yaml", "code", "state"] {
        let copied = Command::new("cp")
            .arg("-r")
            .arg(made.home.path().join(name))
            .arg(home.path())
            .status();
        assert!(copied.unwrap().success());
    }
    let kept = |path: &str| {
        let digest = Sha256Digest::of(&made.bundle[path]).to_string();
        home.path()
            .join("state/reprove/outputs")
            .join(&digest[..2])
            .join(&digest[2..])
    };
    fs::remove_file(kept("runs/near_1/2/stdout.log")).unwrap();
    fs::write(kept("runs/far/1/out/metrics.json"), "{}").unwrap();
    let evidence = home.path().join("evidence");
    let (status, text) = verify(home.path(), &evidence, &[]);
    assert_eq!(status, 1, "{text}");
    assert!(
        text.contains(
            "does not hold all of `near_1` with seed 2: `stdout.log` is not in the store"
        ),
        "{text}"
    );
    let files = load(&evidence);
    assert_eq!(found(&files, None), "");
    let audit = bundle::audit(save(&files).path(), None).unwrap();
    // The same accuracy file belongs to a seed of both configurations.
    let unread = [
        "`near_1` with seed 1",
        "`near_1` with seed 2",
        "`far` with seed 1",
    ];
    assert_eq!(audit.derived.unread, unread);
    let not = audit.not_established.join("\n");
    assert!(
        not.contains("the metrics of 3 runs, of which the bundle does not hold"),
        "{not}"
    );
}
