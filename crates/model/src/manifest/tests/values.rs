//! Values that a manifest gives to the claims, the seeds and the pins.

use super::support::{RECIPE, parse, with};
use crate::digest::Sha256Digest;
use crate::manifest::{ByteSize, Claim, MetricFacts, ObservationUnit, Scalar};
use crate::plan;
use crate::seeds::{RunSeed, Seeds};

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
fn a_source_is_read_in_both_forms_and_is_no_part_of_what_is_decided() {
    let read = |source: &str| {
        let text = with(
            RECIPE,
            "unit: run",
            &format!("unit: run\n    source: {source}"),
        );
        parse(&text).unwrap().claims[0].clone()
    };
    let short = read("paper/main.tex:9:13");
    let source = short.source.clone().unwrap();
    assert_eq!((source.line, source.column, source.printed), (9, 13, None));
    let digest = "ab".repeat(32);
    let long = read(&format!(
        "{{file: paper/main.tex, line: 9, column: 13, printed: '84.7  \\pm 5.7', sha256: {digest}}}"
    ));
    let source = long.source.clone().unwrap();
    assert_eq!(source.to_string(), "paper/main.tex:9:13 \"84.7 \\pm 5.7\"");
    assert_eq!(source.sha256.unwrap().to_string(), digest);
    let json = |claim: &Claim| serde_json::to_string(claim).unwrap();
    let without = parse(RECIPE).unwrap().claims[0].clone();
    assert_eq!(json(&short), json(&without));
    assert_eq!(json(&long), json(&without));
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
