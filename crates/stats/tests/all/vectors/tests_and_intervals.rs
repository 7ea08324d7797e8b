//! Tests and intervals against SciPy and statsmodels.

use super::{Case, cases};
use reprove_stats::equivalence::{Equivalence, tost};
use reprove_stats::multiplicity::holm;
use reprove_stats::proportions::{Count, newcombe_difference};
use reprove_stats::t_tests::{one_sample, paired, welch};
use reprove_stats::{Estimate, ExactTest, Summary, checks, permutation, rank};

pub const GROUPS: &[&str] = &[
    "welch",
    "one_sample_t",
    "paired_t",
    "welch_from_stats",
    "tost_ind_unequal",
    "tost_paired",
    "tost_one_sample",
    "prop_ci",
    "prop_diff_newcombe",
    "mannwhitney_exact",
    "perm_mean_exact",
    "perm_signflip_exact",
    "holm",
    "sceptical_p",
];

fn check_t(c: &Case, estimate: &Estimate, null: f64) {
    let test = estimate.test(null).unwrap();
    c.check("t", test.statistic);
    c.check("df", test.df);
    c.check("p_two_sided", test.p_two_sided);
}

#[test]
fn t_tests_from_values() {
    for c in cases("welch") {
        let estimate = welch(&c.summary("x"), &c.summary("y")).unwrap();
        check_t(&c, &estimate, 0.0);
        c.check("ci90", estimate.interval(0.9).unwrap());
        c.check("ci95", estimate.interval(0.95).unwrap());
    }
    for c in cases("one_sample_t") {
        let estimate = one_sample(&c.summary("x")).unwrap();
        check_t(&c, &estimate, c.num("mu"));
        c.check("ci90_mean", estimate.interval(0.9).unwrap());
    }
    for c in cases("paired_t") {
        let estimate = paired(&c.sample("x"), &c.sample("y")).unwrap();
        check_t(&c, &estimate, 0.0);
        c.check("ci90_diff", estimate.interval(0.9).unwrap());
    }
}

#[test]
fn t_tests_from_summaries() {
    let side = |c: &Case, i: u8| {
        let name = |what: &str| format!("{what}{i}");
        Summary::new(c.count(&name("n")), c.num(&name("m")), c.num(&name("s"))).unwrap()
    };
    for c in cases("welch_from_stats") {
        check_t(&c, &welch(&side(&c, 1), &side(&c, 2)).unwrap(), 0.0);
    }
}

fn check_tost(c: &Case, estimate: &Estimate) {
    let found: Equivalence = tost(estimate, c.num("low"), c.num("upp")).unwrap();
    c.check("p", found.p());
    c.check("t_low", found.lower.statistic);
    c.check("p_low", found.lower.p);
    c.check("t_upp", found.upper.statistic);
    c.check("p_upp", found.upper.p);
    c.check("df", found.lower.df);
}

#[test]
fn equivalence() {
    for c in cases("tost_ind_unequal") {
        check_tost(&c, &welch(&c.summary("x"), &c.summary("y")).unwrap());
    }
    for c in cases("tost_paired") {
        check_tost(&c, &paired(&c.sample("x"), &c.sample("y")).unwrap());
    }
    for c in cases("tost_one_sample") {
        check_tost(&c, &one_sample(&c.summary("x")).unwrap());
    }
}

#[test]
fn counts() {
    let count =
        |c: &Case, k: &str, n: &str| Count::new(c.count(k) as u64, c.count(n) as u64).unwrap();
    for c in cases("prop_ci") {
        let (found, alpha) = (count(&c, "k", "n"), c.num("alpha"));
        c.check("clopper_pearson", found.clopper_pearson(alpha).unwrap());
        c.check("wilson", found.wilson(alpha).unwrap());
    }
    for c in cases("prop_diff_newcombe") {
        let (a, b) = (count(&c, "k1", "n1"), count(&c, "k2", "n2"));
        let ci = newcombe_difference(a, b, c.num("alpha")).unwrap();
        c.check("lo", ci.lo);
        c.check("hi", ci.hi);
    }
}

fn p_of(c: &Case, test: &ExactTest) -> f64 {
    match c.input["alternative"].as_str() {
        Some("less") => test.p_less,
        Some("greater") => test.p_greater,
        _ => test.p_two_sided,
    }
}

#[test]
fn exact_tests() {
    for c in cases("mannwhitney_exact") {
        let test = rank::mann_whitney(&c.sample("x"), &c.sample("y")).unwrap();
        c.check("U", test.statistic);
        c.check("p", p_of(&c, &test));
    }
    for c in cases("perm_mean_exact") {
        let (x, y) = (c.sample("x"), c.sample("y"));
        // SciPy's tie rule: it calls some differences of tied decimals different.
        let test = permutation::mean_difference(&x, &y, permutation::Ties::Floating).unwrap();
        // A difference of means carries the rounding of both means.
        let room = 4.0 * f64::EPSILON * c.sample("x").mean().abs();
        assert!((c.expect["diff"].as_f64().unwrap() - test.statistic).abs() <= room);
        c.check("p", p_of(&c, &test));
    }
    for c in cases("perm_signflip_exact") {
        let test = permutation::sign_flip(&c.sample("d")).unwrap();
        c.check("mean", test.statistic);
        c.check("p", p_of(&c, &test));
    }
}

#[test]
fn multiplicity() {
    let check = |c: &Case, adjusted: Vec<f64>| {
        let rejected: Vec<bool> = adjusted.iter().map(|p| *p <= c.num("alpha")).collect();
        let expected: Vec<bool> = c.expect["reject"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_bool().unwrap())
            .collect();
        assert_eq!(rejected, expected, "{}", c.id);
        c.check("adjusted", adjusted);
    };
    for c in cases("holm") {
        check(&c, holm(&c.list("p")).unwrap());
    }
}

#[test]
fn secondary_measures() {
    for c in cases("sceptical_p") {
        let p = checks::sceptical_p(c.num("z_orig"), c.num("z_rep"), c.num("c"));
        c.check("p_two_sided", p.unwrap());
    }
}
