//! Manifests that are accepted, with the values that they give, and manifests that are refused, with
//! the exact text of each message.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::metric_source::JsonSource;
use super::*;
use crate::diagnostics::Hint;
use crate::digest::Sha256Digest;
use crate::plan;
use crate::seeds::{RunSeed, Seeds};

const RECIPE: &str = include_str!("../../../../fixtures/manifests/recipe.yaml");
const PROGRAM: &str = include_str!("../../../../fixtures/manifests/program.yaml");

fn parse(text: &str) -> Result<Manifest, ManifestError> {
    rules::manifest(Path::new("m.yaml"), text, None)
}

/// `text` with the first `from` replaced by `to`.
fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the fixture lacks {from:?}");
    text.replacen(from, to, 1)
}

fn refused(name: &str, text: &str, seen: &mut String) {
    let error = parse(text).expect_err(name);
    writeln!(seen, "{name}\n  error: {error}").unwrap();
    if let Some(hint) = error.hint() {
        writeln!(seen, "  hint: {hint}").unwrap();
    }
    let message = error.to_string();
    for jargon in [
        "untagged",
        "variant",
        "struct",
        "Doc",
        "unit value",
        "f64",
        "u64",
        "u32",
        "invalid type",
    ] {
        assert!(!message.contains(jargon), "{name}: {message}");
    }
}

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
fn a_recipe_manifest_gives_what_it_says() {
    let manifest = parse(RECIPE).unwrap();
    assert_eq!(manifest.seeds.count(), 30);
    assert_eq!(
        manifest.reported_seeds,
        Some([0, 1, 2].map(RunSeed).to_vec())
    );
    assert_eq!(manifest.hardware.require.compute_capability, Some((8, 0)));
    assert_eq!(manifest.hardware.require.memory, Some(ByteSize(8 << 30)));
    assert_eq!(
        manifest.configurations["h12"]["hidden"],
        Scalar::Integer(12)
    );
    let seen: Vec<String> = manifest
        .claims
        .iter()
        .map(|claim| format!("{}: {:?} {:?}", claim.id, claim.reported, claim.criterion))
        .collect();
    insta::assert_snapshot!("claims", seen.join("\n"));
    assert!(!manifest.defaults.contains_key("decision.alpha"));
    assert_eq!(manifest.defaults["decision.method"], "both");
}

#[test]
fn a_program_manifest_gives_what_it_says() {
    let manifest = parse(PROGRAM).unwrap();
    let Experiment::Program(program) = manifest.experiment else {
        panic!("expected a program");
    };
    assert_eq!(program.environment, Environment::Uv("uv.lock".into()));
    assert_eq!(program.limits.time, Some(Duration::from_secs(600)));
    assert_eq!(program.limits.processes, Some(64));
    assert_eq!(program.network, Network::Build);
    let expected = MetricSource {
        kind: SourceKind::Json(JsonSource {
            file: "metrics.json".into(),
            path: None,
        }),
        take: Take::Only,
        scale: None,
    };
    assert_eq!(program.metrics, Metrics::Shared(expected));
    assert_eq!(
        manifest.seeds,
        Seeds::Stated([3, 1, 18446744073709551615].map(RunSeed).to_vec())
    );
}

#[test]
fn each_environment_and_source_is_read() {
    for environment in [
        "{pylock: pylock.toml}",
        "{pip: requirements.txt}",
        "{pip: r.txt, unpinned: true}",
        "{cargo: Cargo.lock}",
        "{cargo: Cargo.lock, supplied: train}",
        "{none: true}",
    ] {
        parse(&with(PROGRAM, "{uv: uv.lock}", environment)).unwrap();
    }
    for source in [
        "{jsonl: log.jsonl}",
        "{jsonl: {file: log.jsonl, path: test.acc, take: max}}",
        "{csv: {file: m.csv, column: acc, row: last}}",
        "{csv: {file: m.csv, column: acc, row: 3}}",
        "{regex: {file: stdout, pattern: 'acc=([0-9.]+)', take: last}}",
        "{regex: {file: log.txt, pattern: 'acc=([0-9.]+)'}}",
        "{jsonl: {file: log.jsonl, take: {step: 2}}}",
        "{json: {file: m.json, path: log_history.eval_acc, take: {step: 2}}}",
        "{jsonl: {file: log.jsonl, path: acc, take: all, scale: 100}}",
        "{json: {file: m.json, path: folds, take: all}}",
        "{csv: {file: m.csv, column: acc, row: {epoch: 1}}}",
        "{csv: {file: m.csv, row: {split: test}, scale: 0.01}}",
        "{regex: {pattern: 'step (?<step>[0-9]+) acc=(?<acc>[0-9.]+)', take: {step: 2}}}",
        "{tensorboard: runs}",
        "{tensorboard: {file: events.out.tfevents.1, tag: acc, take: {step: 1000}}}",
        "{accuracy: {json: a.json}, loss: {csv: {file: m.csv, column: loss}}}",
    ] {
        parse(&with(PROGRAM, "{json: metrics.json}", source))
            .unwrap_or_else(|e| panic!("{source}: {e}"));
    }
}

#[test]
fn derived_seeds_have_a_number_and_depend_on_the_experiment() {
    let derived = with(RECIPE, "{first: 1, count: 30}", "{derived: 30}");
    let fresh = with(RECIPE, "{first: 1, count: 30}", "{fresh: 30}");
    let plan = |text: &str, nonce: Option<&str>| {
        let choices = plan::Choices {
            nonce: nonce.map(str::to_owned),
            ..plan::Choices::default()
        };
        plan::plan(&parse(text).unwrap(), &choices).unwrap().seeds
    };
    assert_eq!(parse(&derived).unwrap().seeds, Seeds::Derived(30));
    let seeds = plan(&derived, Some("4f2a"));
    assert_eq!(seeds.len(), 30);
    assert_eq!(seeds, plan(&fresh, Some("4f2a")));
    assert_ne!(seeds, plan(&derived, None));
    // Claims, comments and layout do not move the seeds; the experiment does.
    let claim = with(&derived, "at_least: 3.0", "at_least: 2.5 # less");
    assert_eq!(seeds, plan(&claim, Some("4f2a")));
    let other = with(&derived, "recipes/sonar.yaml", "recipes/other.yaml");
    assert_ne!(seeds, plan(&other, Some("4f2a")));
}

#[test]
fn each_way_to_seed_a_program_is_read() {
    let seedless = with(
        PROGRAM,
        "[python, train.py, --seed, \"{seed}\"]",
        "[python, train.py]",
    );
    let stated = |line: &str| {
        let line = format!("network: build\n  {line}");
        match parse(&with(&seedless, "network: build", &line))
            .unwrap()
            .experiment
        {
            Experiment::Program(program) => (program.seeding, program.env),
            Experiment::Recipe(_) => panic!("expected a program"),
        }
    };
    assert_eq!(stated("seeding: environment").0, Seeding::Environment);
    assert_eq!(stated("seeding: own").0, Seeding::Own);
    assert_eq!(stated("deterministic: true").0, Seeding::Deterministic);
    let (seeding, env) = stated("env: {SEED: \"{seed}\", LR: 1.0}");
    assert_eq!(seeding, Seeding::Placeholder);
    assert_eq!(
        (env["SEED"].as_str(), env["LR"].as_str()),
        ("{seed}", "1.0")
    );
    let one = with(
        &seedless,
        "seeds: [3, 1, 18446744073709551615]",
        "seeds: [3]",
    );
    assert!(parse(&one).is_ok());
    let none = with(&seedless, "seeds: [3, 1, 18446744073709551615]", "");
    let none = with(
        &none,
        "network: build",
        "network: build\n  deterministic: true",
    );
    assert_eq!(
        parse(&none).unwrap().seeds,
        Seeds::Stated(vec![RunSeed(1), RunSeed(2)])
    );
}

#[test]
fn facts_of_a_metric_reach_its_claims() {
    let text = with(
        RECIPE,
        "claims:",
        "metrics: {test_accuracy: {chance: 53.8, range: [0, 100]}}\nclaims:",
    );
    let text = with(
        &text,
        "unit: run",
        "unit: split\n    test_train_ratio: 0.25\n    chance: 50",
    );
    let manifest = parse(&text).unwrap();
    let stated = &manifest.claims[0];
    let facts = |chance| MetricFacts {
        chance: Some(chance),
        range: Some((0.0, 100.0)),
    };
    assert_eq!(
        (stated.unit, stated.test_train_ratio),
        (ObservationUnit::Split, Some(0.25))
    );
    assert_eq!(stated.facts, facts(50.0));
    assert_eq!(manifest.claims[1].facts, facts(53.8));
}

#[test]
fn the_best_number_is_told_by_the_claims() {
    let taken = |better: &str| {
        let source = "{jsonl: {file: log.jsonl, take: best}}";
        let text = with(PROGRAM, "{json: metrics.json}", source);
        let claim = format!("tolerance: {{absolute: 0.01}}, {better}");
        parse(&with(&text, "tolerance: {absolute: 0.01}", &claim)).map(|manifest| {
            match manifest.experiment {
                Experiment::Program(program) => match program.metrics {
                    Metrics::Shared(source) => source.take,
                    Metrics::Each(_) => panic!("expected one source"),
                },
                Experiment::Recipe(_) => panic!("expected a program"),
            }
        })
    };
    assert_eq!(taken("better: higher").unwrap(), Take::Max);
    assert_eq!(taken("better: lower").unwrap(), Take::Min);
    let error = taken("unit: run").unwrap_err();
    let words = "`best` needs the better direction, found none in its claims";
    assert!(error.to_string().ends_with(words), "{error}");
    assert_eq!(error.hint().as_deref(), Some("write `max` or `min`"));
}

#[test]
fn printed_digits_are_those_written() {
    for (written, decimals) in [
        ("84.70", 2),
        ("90", 0),
        ("1e-3", 3),
        ("1.5e-2", 3),
        ("1.25e1", 1),
        (".5", 1),
        ("{value: 90.10}", 2),
        ("{mean: 1.0e3}", 0),
    ] {
        let as_written = with(RECIPE, "    decimals: 1\n", "");
        let text = with(&as_written, "{mean: 84.7, std: 5.7, runs: 130}", written);
        let reported = parse(&text).unwrap().claims[0].reported.clone().unwrap();
        assert_eq!(reported.decimals, Some(decimals), "{written}");
    }
    let stated = with(RECIPE, "decimals: 1", "decimals: 3");
    let reported = parse(&stated).unwrap().claims[0].reported.clone();
    assert_eq!(reported.unwrap().decimals, Some(3));
}

#[test]
fn ids_of_digits_alone_stay_text() {
    for commit in [
        "1234567890123456789012345678901234567890",
        "12e4567890123456789012345678901234567890",
        "0000000000000000000000000000000000000000",
    ] {
        let text = with(RECIPE, "0123456789abcdef0123456789abcdef01234567", commit);
        assert_eq!(parse(&text).unwrap().code.commit.as_str(), commit);
    }
    let digits = "1234567890".repeat(7)[..64].to_owned();
    let text = with(RECIPE, &"ab".repeat(32), &digits);
    assert_eq!(
        parse(&text).unwrap().data["sonar"].sha256.to_string(),
        digits
    );
}

#[test]
fn a_byte_order_mark_and_foreign_line_ends_change_nothing() {
    let plain = parse(RECIPE).unwrap();
    for text in [format!("\u{feff}{RECIPE}"), RECIPE.replace('\n', "\r\n")] {
        let found = parse(&text).unwrap();
        assert_eq!(found.claims, plain.claims);
        assert_eq!(found.sha256, Sha256Digest::of(text.as_bytes()));
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

#[test]
fn each_broken_manifest_has_one_clear_message() {
    let mut seen = String::new();
    for (name, from, to) in BROKEN_RECIPE {
        refused(name, &with(RECIPE, from, to), &mut seen);
    }
    for (name, from, to) in BROKEN_PROGRAM {
        refused(name, &with(PROGRAM, from, to), &mut seen);
    }
    let laughs = "a: &a [x, x]\nb: &b [*a, *a]\n";
    for (name, text) in [
        ("empty file", ""),
        ("only a comment", "# nothing\n"),
        ("a list", "- reprove: 1\n"),
        ("a text", "reprove\n"),
        ("not closed", "reprove: [1, 2\n"),
        ("a tab", "reprove: 1\ncode:\n\trepository: x\n"),
        ("anchors", laughs),
        ("two documents", "reprove: 1\n---\nreprove: 1\n"),
        ("a list as key", "? [a]\n: b\n"),
        ("control characters", "reprove: 1\u{1}\n"),
        ("only the version", "reprove: 1\n"),
        ("deep nesting", &"[".repeat(100_000)),
        ("deep mappings", &"{a: ".repeat(100_000)),
        ("too large", &" ".repeat(2 << 20)),
    ] {
        refused(name, text, &mut seen);
    }
    insta::assert_snapshot!("broken", seen);
}

/// Name, text of the fixture, what replaces it.
const BROKEN_RECIPE: &[(&str, &str, &str)] = &[
    ("later version", "reprove: 1", "reprove: 2"),
    ("version as text", "reprove: 1", "reprove: one"),
    ("no version", "reprove: 1", ""),
    ("unknown top key", "seeds:", "seed:"),
    ("key twice", "title:", "reprove: 1\ntitle:"),
    ("unknown paper key", "year:", "yaer:"),
    ("year as text", "1988", "last"),
    ("unknown code key", "directory:", "dir:"),
    (
        "branch as commit",
        "0123456789abcdef0123456789abcdef01234567",
        "main",
    ),
    (
        "short commit",
        "0123456789abcdef0123456789abcdef01234567",
        "0123456",
    ),
    (
        "no commit",
        "  commit: 0123456789abcdef0123456789abcdef01234567\n",
        "",
    ),
    ("path out of the commit", "directory: .", "directory: ../.."),
    (
        "unknown address",
        "../repositories/sonar.git",
        "ftp://host/x.git",
    ),
    (
        "option as address",
        "../repositories/sonar.git",
        "--upload-pack=x",
    ),
    ("unknown data key", "sha256:", "sha265:"),
    ("short digest", "abababab", "ab"),
    ("no digit of a digest", "abab", "abxb"),
    (
        "path and url",
        "path: ../data/sonar.csv",
        "path: a\n    url: https://x",
    ),
    (
        "data path as URL",
        "../data/sonar.csv",
        "https://host/sonar.csv",
    ),
    ("negative bytes", "bytes: 87776", "bytes: -1"),
    ("unknown device", "device: cpu", "device: gpu"),
    ("no threads", "threads: 1", "threads: 0"),
    (
        "threads beyond 32 bits",
        "threads: 1",
        "threads: 99999999999",
    ),
    ("size without unit", "8 GiB", "8 gigs"),
    ("capability as word", "\"8.0\"", "new"),
    ("no seeds", "count: 30", "count: 0"),
    (
        "seeds beyond 64 bits",
        "first: 1",
        "first: 18446744073709551615",
    ),
    ("seed of 2^64", "first: 1", "first: 18446744073709551616"),
    ("seeds as number", "{first: 1, count: 30}", "30"),
    ("no derived seeds", "{first: 1, count: 30}", "{derived: 0}"),
    (
        "more derived seeds than possible",
        "{first: 1, count: 30}",
        "{derived: 4294967297}",
    ),
    (
        "derived and stated seeds",
        "{first: 1, count: 30}",
        "{first: 1, derived: 30}",
    ),
    ("unknown seeds key", "{first: 1, count: 30}", "{derive: 30}"),
    (
        "seeding of a recipe",
        "recipe: recipes/sonar.yaml",
        "recipe: recipes/sonar.yaml\n  seeding: environment",
    ),
    (
        "chance out of the range",
        "claims:",
        "metrics: {test_accuracy: {chance: 10, range: [0, 1]}}\nclaims:",
    ),
    (
        "range upside down",
        "claims:",
        "metrics: {test_accuracy: {range: [1, 0]}}\nclaims:",
    ),
    (
        "chance as text",
        "claims:",
        "metrics: {test_accuracy: {chance: 10%}}\nclaims:",
    ),
    (
        "unknown fact of a metric",
        "claims:",
        "metrics: {test_accuracy: {chanse: 10}}\nclaims:",
    ),
    (
        "relative tolerance of 200 %",
        "{relative: 2%}",
        "{relative: 2}",
    ),
    (
        "ratio of runs",
        "unit: run",
        "unit: run\n    test_train_ratio: 0.25",
    ),
    (
        "ratio of nothing",
        "unit: run",
        "unit: split\n    test_train_ratio: 0",
    ),
    (
        "failure rate of all",
        "unit: run",
        "unit: run\n    failed: {rate: 100%}",
    ),
    (
        "chance of a difference",
        "at_least: 3.0",
        "at_least: 3.0\n    chance: 10",
    ),
    ("negative seed", "[0, 1, 2]", "[0, -1, 2]"),
    ("seed twice", "[0, 1, 2]", "[0, 1, 0]"),
    ("seed as text", "[0, 1, 2]", "[0, \"1\", 2]"),
    ("empty list of seeds", "[0, 1, 2]", "[]"),
    ("nothing to run", "recipe: recipes/sonar.yaml", "build: []"),
    (
        "limits of a recipe",
        "recipe: recipes/sonar.yaml",
        "recipe: a.yaml\n  limits: {time: 1 h}",
    ),
    (
        "list as configuration value",
        "{hidden: 0}",
        "{hidden: [0]}",
    ),
    ("nan in a configuration", "{hidden: 0}", "{hidden: .nan}"),
    ("nothing in a configuration", "{hidden: 0}", "{hidden: }"),
    ("id twice", "id: bare", "id: h12-test"),
    ("id with a space", "id: bare", "id: a b"),
    (
        "unknown configuration",
        "configuration: h12",
        "configuration: h21",
    ),
    ("no configuration", "    configuration: h12\n", ""),
    ("no metric", "    metric: test_accuracy\n", ""),
    (
        "unknown claim key",
        "tolerance: {absolute: 3.0}",
        "tolerence: {absolute: 3.0}",
    ),
    ("no tolerance", "    tolerance: {absolute: 3.0}\n", ""),
    ("tolerance as number", "{absolute: 3.0}", "3.0"),
    ("unknown tolerance", "{absolute: 3.0}", "{absolut: 3.0}"),
    (
        "two tolerances",
        "{absolute: 3.0}",
        "{absolute: 3.0, sd: 1}",
    ),
    ("empty tolerance", "{absolute: 3.0}", "{}"),
    ("negative tolerance", "{absolute: 3.0}", "{absolute: -3}"),
    ("tolerance of nan", "{absolute: 3.0}", "{absolute: .nan}"),
    (
        "relative as text",
        "{relative: 2%}",
        "{relative: two percent}",
    ),
    ("not exact", "{exact: true}", "{exact: false}"),
    ("number in quotes", "mean: 84.7", "mean: \"84.7\""),
    ("infinite mean", "mean: 84.7", "mean: .inf"),
    ("unknown reported key", "std: 5.7", "sdt: 5.7"),
    ("negative deviation", "std: 5.7", "std: -5.7"),
    ("deviation of one run", "runs: 130", "runs: 1"),
    ("runs as fraction", "runs: 130", "runs: 13.5"),
    ("forms mixed", "std: 5.7", "sem: 1, std: 5.7"),
    (
        "reported as list",
        "{mean: 84.7, std: 5.7, runs: 130}",
        "[84.7, 5.7]",
    ),
    (
        "reported as text",
        "{mean: 84.7, std: 5.7, runs: 130}",
        "84.7 ± 5.7",
    ),
    ("interval of one end", "[80.0, 86.0]", "[80.0]"),
    ("interval of three", "[80.0, 86.0]", "[80.0, 86.0, 1]"),
    ("interval beside the mean", "[80.0, 86.0]", "[90, 91]"),
    ("no values", "[84.1, 85.2]", "[]"),
    ("text among values", "[84.1, 85.2]", "[84.1, high]"),
    ("best of none", "of: 5", "of: 0"),
    ("more than all correct", "correct: 94", "correct: 940"),
    (
        "missing CSV",
        "{values: [84.1, 85.2]}",
        "{values_csv: {file: none.csv, column: a}}",
    ),
    ("too many decimals", "decimals: 1", "decimals: 99"),
    ("unknown direction", "better: higher", "better: highest"),
    ("unknown unit", "unit: run", "unit: trial"),
    ("same arms", "minus: h0", "minus: h12"),
    ("unknown difference key", "minus: h0", "mins: h0"),
    (
        "two criteria",
        "at_least: 3.0",
        "at_least: 3.0\n    greater: true",
    ),
    ("alpha of one", "alpha: 0.05", "alpha: 1"),
    ("unknown decision key", "alpha: 0.05", "aplha: 0.05"),
    ("sequential as yes", "sequential: true", "sequential: yes"),
    ("more runs than seeds", "max_runs: 30", "max_runs: 31"),
    ("min above max", "min_runs: 5", "min_runs: 31"),
];

/// Name, text of the fixture, what replaces it.
const BROKEN_PROGRAM: &[(&str, &str, &str)] = &[
    (
        "run as text",
        "[python, train.py, --seed, \"{seed}\"]",
        "python train.py",
    ),
    ("empty run", "[python, train.py, --seed, \"{seed}\"]", "[]"),
    (
        "two environments",
        "{uv: uv.lock}",
        "{uv: uv.lock, none: true}",
    ),
    ("unknown environment", "{uv: uv.lock}", "{conda: env.yml}"),
    ("lock file outside", "{uv: uv.lock}", "{uv: ../uv.lock}"),
    (
        "supplied lock without data",
        "{uv: uv.lock}",
        "{uv: uv.lock, supplied: lock}",
    ),
    (
        "supplied lock of nothing",
        "{uv: uv.lock}",
        "{none: true, supplied: train}",
    ),
    (
        "value named as a placeholder",
        "claims:",
        "configurations: {a: {seed: 1}}\nclaims:",
    ),
    (
        "password in a URL",
        "https://example.org/experiment.git",
        "https://user:secret@example.org/experiment.git",
    ),
    ("unknown placeholder", "\"{seed}\"", "\"{sed}\""),
    ("placeholder like none", "\"{seed}\"", "\"{}\""),
    ("placeholder left open", "\"{seed}\"", "\"{seed\""),
    ("brace left over", "\"{seed}\"", "\"seed}\""),
    (
        "value that nothing uses",
        "claims:",
        "configurations: {a: {hidden: 3}}\nclaims:",
    ),
    (
        "placeholder in a build step",
        "[[pip, check]]",
        "[[make], [sh, -c, \"make ${out} {data.train}\"]]",
    ),
    (
        "cargo run",
        "[python, train.py, --seed, \"{seed}\"]",
        "[cargo, run, --release, --, \"{seed}\"]",
    ),
    (
        "too many processes",
        "processes: 64",
        "processes: 4294967296",
    ),
    (
        "unknown source",
        "{json: metrics.json}",
        "{jsn: metrics.json}",
    ),
    ("source as text", "{json: metrics.json}", "metrics.json"),
    ("source as number", "{json: metrics.json}", "{json: 3}"),
    ("two sources", "{json: metrics.json}", "{json: a, csv: b}"),
    (
        "unknown source key",
        "{json: metrics.json}",
        "{csv: {file: a.csv, colum: b}}",
    ),
    (
        "source outside",
        "{json: metrics.json}",
        "{json: /etc/passwd}",
    ),
    (
        "source with a placeholder",
        "{json: metrics.json}",
        "{csv: {file: \"{out}/metrics.csv\"}}",
    ),
    (
        "claim without a source",
        "{json: metrics.json}",
        "{acuracy: {json: a.json}}",
    ),
    (
        "claim without a source like it",
        "{json: metrics.json}",
        "{loss: {json: a.json}, f1: {json: b.json}}",
    ),
    (
        "program of a placeholder",
        "[python, train.py, --seed, \"{seed}\"]",
        "[\"{seed}\", train.py]",
    ),
    ("argument with NUL", "train.py", "\"train\\0.py\""),
    (
        "build step with NUL",
        "[[pip, check]]",
        "[[pip, \"a\\0b\"]]",
    ),
    (
        "configuration with NUL",
        "claims:",
        "configurations: {a: {x: \"\\0\"}}\nclaims:",
    ),
    ("no memory", "4 GiB", "1023 KiB"),
    ("no output", "output: 1 GiB", "output: 0"),
    (
        "no pattern",
        "{json: metrics.json}",
        "{regex: {file: stdout}}",
    ),
    (
        "broken pattern",
        "{json: metrics.json}",
        "{regex: {pattern: 'a('}}",
    ),
    (
        "pattern without a group",
        "{json: metrics.json}",
        "{regex: {pattern: 'acc'}}",
    ),
    (
        "unknown take",
        "{json: metrics.json}",
        "{jsonl: {file: a, take: latest}}",
    ),
    (
        "take of two keys",
        "{json: metrics.json}",
        "{jsonl: {file: a, take: {step: 1, epoch: 2}}}",
    ),
    (
        "take of a list",
        "{json: metrics.json}",
        "{csv: {file: a, row: [1]}}",
    ),
    (
        "take of a group that is not there",
        "{json: metrics.json}",
        "{regex: {pattern: 'acc=([0-9.]+)', take: {step: 1}}}",
    ),
    (
        "take of an event by another key",
        "{json: metrics.json}",
        "{tensorboard: {file: a, take: {epoch: 1}}}",
    ),
    (
        "scale of nothing",
        "{json: metrics.json}",
        "{json: {file: a, scale: 0}}",
    ),
    (
        "scale in words",
        "{json: metrics.json}",
        "{json: {file: a, scale: percent}}",
    ),
    ("time without unit", "10 min", "10"),
    (
        "seed that no run knows",
        "[python, train.py, --seed, \"{seed}\"]",
        "[python, train.py]",
    ),
    (
        "unknown seeding",
        "network: build",
        "network: build\n  seeding: enviroment",
    ),
    (
        "seeding of a deterministic program",
        "network: build",
        "network: build\n  seeding: own\n  deterministic: true",
    ),
    (
        "variable that reprove sets",
        "network: build",
        "network: build\n  env: {REPROVE_SEED: 1}",
    ),
    (
        "variable with a dash",
        "network: build",
        "network: build\n  env: {MY-VAR: 1}",
    ),
    (
        "unknown placeholder in a variable",
        "network: build",
        "network: build\n  env: {SEED: \"{sed}\"}",
    ),
    (
        "list as variable",
        "network: build",
        "network: build\n  env: {PATHS: [a, b]}",
    ),
    ("unknown limit", "processes: 64", "procs: 64"),
    ("unknown network", "network: build", "network: sometimes"),
    ("build as flat list", "[[pip, check]]", "[pip, check]"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changed_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..12), program: bool) {
        let mut bytes = if program { PROGRAM } else { RECIPE }.as_bytes().to_vec();
        for (index, byte, kind) in changes {
            let at = index.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte & 0x7f),
                _ => drop(bytes.remove(at)),
            }
        }
        if let Err(error) = parse(&String::from_utf8_lossy(&bytes)) {
            prop_assert!(!error.to_string().contains('\n'));
        }
    }

    #[test]
    fn foreign_values_never_panic(
        line in 0..80_usize,
        value in prop::sample::select(vec!["~", "[]", "{}", ".nan", "-.inf", "1e999", "-1", "''", "\"\\0\"", "[[]]", "{a: {b: c}}", "18446744073709551616", "true", "2%", "0x1F", "1e-99999999999", "1e-2147483648"]),
    ) {
        let mut lines: Vec<String> = RECIPE.lines().map(str::to_owned).collect();
        let at = line % lines.len();
        if let Some(colon) = lines[at].find(": ") {
            lines[at].truncate(colon + 2);
            lines[at].push_str(value);
        }
        if let Ok(manifest) = parse(&lines.join("\n")) {
            for claim in manifest.claims {
                let half = claim.reported.map_or(0.0, |reported| reported.half_unit());
                prop_assert!(half.is_finite() && half >= 0.0);
            }
        }
    }
}
