//! Bootstrap intervals on fixed indices and weights, and the aggregates of rliable.

use super::{Case, cases, rows};
use reprove_stats::bootstrap::replicates::acceleration;
use reprove_stats::bootstrap::stratified::{Aggregate, Tasks, improvement};
use reprove_stats::bootstrap::studentized::{CentredSample, interval_from_t};
use reprove_stats::bootstrap::{Replicates, Statistic, quantile_type7};

pub const GROUPS: &[&str] = &[
    "bootstrap_fixed_idx",
    "beta_bootstrap_t_fixed_weights",
    "rliable",
    "strat_mean_satterthwaite",
];

/// The index rows of the generator that the cases state.
fn index_rows(c: &Case) -> Vec<Vec<usize>> {
    let n = c.list("x").len();
    let mut state = c.count("lcg_seed") as u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (((state >> 33) * n as u64) >> 31) as usize
    };
    (0..c.count("B"))
        .map(|_| (0..n).map(|_| next()).collect())
        .collect()
}

#[test]
fn percentile_basic_and_bca() {
    for c in cases("bootstrap_fixed_idx") {
        let statistic = match c.input["stat"].as_str() {
            Some("mean") => Statistic::Mean,
            Some("median") => Statistic::Median,
            Some("iqm") => Statistic::Iqm,
            other => panic!("{}: statistic {other:?}", c.id),
        };
        let (x, level) = (c.list("x"), 1.0 - c.num("alpha"));
        let indices = index_rows(&c);
        let of_row =
            |row: &Vec<usize>| statistic.of(&mut row.iter().map(|i| x[*i]).collect::<Vec<_>>());
        let replicates = indices.iter().map(of_row).collect();
        let r = Replicates::new(statistic.of(&mut x.clone()), replicates).unwrap();
        let influence = statistic.influence(&x);
        let acceleration = acceleration(&[&influence]);
        c.check("theta", r.observed());
        c.check("z0", r.bias().unwrap());
        c.check("se", r.standard_error());
        c.check("percentile", r.percentile(level).unwrap());
        c.check("basic", r.basic(level).unwrap());
        c.check("bca", r.bca(level, acceleration).unwrap());
        let (lo, hi) = r.bca_levels(level, acceleration).unwrap();
        c.check("q", vec![lo, hi]);
        // The reference takes differences of rounded jackknife means, which leaves about eleven
        // digits (and, for the median, only rounding); exact arithmetic confirms the closed form.
        let expected = c.expect["acceleration"].as_f64().unwrap();
        let room = 1e-10 * expected.abs().max(0.01);
        assert!((acceleration - expected).abs() <= room, "{}", c.id);
    }
}

#[test]
fn beta_weighted_bootstrap_t() {
    for c in cases("beta_bootstrap_t_fixed_weights") {
        let (x, alpha) = (c.sample("x"), c.num("alpha"));
        let mut order: Vec<usize> = (0..x.len()).collect();
        order.sort_by(|i, j| x.values()[*i].total_cmp(&x.values()[*j]));
        let centred = CentredSample::new(x.values()).unwrap();
        let mut t_values: Vec<f64> = rows(&c.input["weights"])
            .iter()
            .map(|weights| {
                let ascending: Vec<f64> = order.iter().map(|i| weights[*i]).collect();
                let (shift, variance) = centred.reweighted(&ascending);
                shift / variance.sqrt()
            })
            .collect();
        // The reference divides by standard deviations, this one by standard errors.
        let root = (x.len() as f64 - 1.0).sqrt();
        let mut quantile = |p: f64| quantile_type7(&mut t_values, p).unwrap() / root;
        c.check(
            "q",
            vec![quantile(alpha / 2.0), quantile(1.0 - alpha / 2.0)],
        );
        let error = centred.variance_of_mean().sqrt();
        let ci = interval_from_t(x.mean(), error, &mut t_values, 1.0 - alpha);
        c.check("ci", ci.unwrap());
    }
}

#[test]
fn aggregates_over_tasks() {
    for c in cases("rliable") {
        let (x, y) = (
            Tasks::from_rows(&rows(&c.input["scores_x"])).unwrap(),
            Tasks::from_rows(&rows(&c.input["scores_y"])).unwrap(),
        );
        let gamma = c.num("gamma");
        c.check("iqm_x", x.aggregate(Aggregate::Iqm));
        c.check("median_x", x.aggregate(Aggregate::Median));
        c.check("mean_x", x.aggregate(Aggregate::Mean));
        c.check(
            "optimality_gap_x",
            x.aggregate(Aggregate::OptimalityGap { gamma }),
        );
        c.check("prob_improvement", improvement(&x, &y).unwrap());
    }
    for c in cases("strat_mean_satterthwaite") {
        let scores = Tasks::from_rows(&rows(&c.input["scores"])).unwrap();
        let estimate = scores.mean_estimate().unwrap();
        c.check("mean", estimate.value());
        c.check("se", estimate.standard_error());
        c.check("df", estimate.df());
        c.check("ci", estimate.interval(c.num("level")).unwrap());
    }
}
