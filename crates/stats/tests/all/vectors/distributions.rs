//! Distribution functions and quantiles, and the NIST sets for mean and standard deviation.

use super::cases;
use reprove_stats::{Sample, beta, chi_squared, fisher_f, noncentral_t, normal, students_t};

pub const GROUPS: &[&str] = &[
    "t_cdf", "t_isf", "norm_cdf", "norm_ppf", "betai", "f_ppf", "f_sf", "chi2_ppf", "nct_cdf",
    "nist",
];

#[test]
fn students_t() {
    for c in cases("t_cdf") {
        c.check("cdf", students_t::cdf(c.num("x"), c.num("df")).unwrap());
    }
    for c in cases("t_isf") {
        c.check(
            "t",
            students_t::isf(c.num("upper_tail"), c.num("df")).unwrap(),
        );
    }
}

#[test]
fn normal() {
    for c in cases("norm_cdf") {
        c.check("cdf", normal::cdf(c.num("x")));
    }
    for c in cases("norm_ppf") {
        c.check("z", normal::quantile(c.num("p")).unwrap());
    }
}

#[test]
fn beta_and_f() {
    for c in cases("betai") {
        c.check("I", beta::cdf(c.num("x"), c.num("a"), c.num("b")).unwrap());
    }
    for c in cases("f_ppf") {
        c.check(
            "f",
            fisher_f::quantile(c.num("p"), c.num("d1"), c.num("d2")).unwrap(),
        );
    }
    for c in cases("f_sf") {
        c.check(
            "sf",
            fisher_f::sf(c.num("x"), c.num("d1"), c.num("d2")).unwrap(),
        );
    }
}

#[test]
fn chi_squared_and_noncentral_t() {
    for c in cases("chi2_ppf") {
        c.check("x", chi_squared::quantile(c.num("p"), c.num("df")).unwrap());
    }
    for c in cases("nct_cdf") {
        let cdf = noncentral_t::cdf(c.num("t"), c.num("df"), c.num("delta"));
        c.check("cdf", cdf.unwrap());
    }
}

/// NIST Statistical Reference Datasets, univariate: NumAcc1 to NumAcc4 by their definition.
#[test]
fn nist_numerical_accuracy() {
    let set = |base: f64, lo: f64, hi: f64| -> Sample {
        let mut values = vec![base];
        for _ in 0..500 {
            values.extend([lo, hi]);
        }
        Sample::new(values).unwrap()
    };
    let sets = [
        // The first set is three numbers; the rest are the base and 500 pairs around it. The sd
        // is as exact as the decimals are in binary.
        (
            Sample::new([10_000_001.0, 10_000_003.0, 10_000_002.0]).unwrap(),
            10_000_002.0,
            1.0,
            1e-15,
        ),
        (set(1.2, 1.1, 1.3), 1.2, 0.1, 1e-14),
        (
            set(1_000_000.2, 1_000_000.1, 1_000_000.3),
            1_000_000.2,
            0.1,
            1e-9,
        ),
        (
            set(10_000_000.2, 10_000_000.1, 10_000_000.3),
            10_000_000.2,
            0.1,
            1e-8,
        ),
    ];
    for (sample, mean, sd, rtol) in sets {
        assert!((sample.mean() / mean - 1.0).abs() < 1e-15, "{mean}");
        assert!((sample.sd().unwrap() / sd - 1.0).abs() < rtol, "{mean}");
    }
}
