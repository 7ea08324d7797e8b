//! Bootstrap intervals on fixed indices and weights, and the aggregates of rliable.

use super::{Case, cases, rows};
use reprove_stats::bootstrap::replicates::acceleration;
use reprove_stats::bootstrap::stratified::{Aggregate, Tasks, improvement};
use reprove_stats::bootstrap::studentized::{Moments, interval_from_t, resampled_t, weighted_t};
use reprove_stats::bootstrap::{Replicates, Statistic, quantile_type7};

pub const GROUPS: &[&str] = &[
    "bootstrap_fixed_idx",
    "bootstrap_t_fixed_idx",
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
fn bootstrap_t() {
    for c in cases("bootstrap_t_fixed_idx") {
        let (x, alpha) = (c.list("x"), c.num("alpha"));
        let all = Moments::of(&x);
        let t_values: Vec<f64> = index_rows(&c)
            .iter()
            .map(|row| {
                let drawn: Vec<f64> = row.iter().map(|i| x[*i]).collect();
                resampled_t(&drawn, all.mean)
            })
            .collect();
        let mut finite: Vec<f64> = t_values.iter().copied().filter(|t| t.is_finite()).collect();
        c.check("n_nonfinite", (t_values.len() - finite.len()) as f64);
        check_t_interval(&c, &all, &mut finite, alpha);
    }
    for c in cases("beta_bootstrap_t_fixed_weights") {
        let (x, alpha) = (c.list("x"), c.num("alpha"));
        let all = Moments::of(&x);
        let mut t_values: Vec<f64> = rows(&c.input["weights"])
            .iter()
            .map(|weights| weighted_t(&x, all.mean, weights))
            .collect();
        check_t_interval(&c, &all, &mut t_values, alpha);
    }
}

fn check_t_interval(c: &Case, all: &Moments, t_values: &mut [f64], alpha: f64) {
    let quantile = |t: &mut [f64], p: f64| quantile_type7(t, p).unwrap();
    c.check(
        "q",
        vec![
            quantile(t_values, alpha / 2.0),
            quantile(t_values, 1.0 - alpha / 2.0),
        ],
    );
    let ci = interval_from_t(all.mean, all.variance.sqrt(), t_values, 1.0 - alpha);
    c.check("ci", ci.unwrap());
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
