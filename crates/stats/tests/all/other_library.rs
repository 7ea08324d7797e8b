//! Our distributions beside those of statrs, where that library is right: its quantiles of Student's t
//! fail above a thousand degrees of freedom, its incomplete beta function for large shapes. The normal
//! quantile is its own.

use reprove_stats::{beta, chi_squared, fisher_f, normal, students_t};
use statrs::distribution::{
    Beta, Binomial, ChiSquared, ContinuousCDF, DiscreteCDF, FisherSnedecor, Normal, StudentsT,
};

fn close(ours: f64, theirs: f64, tolerance: f64, case: &str) {
    assert!(
        (ours - theirs).abs() <= tolerance * theirs.abs(),
        "{case}: {ours} {theirs}"
    );
}

const TAILS: [f64; 5] = [1e-6, 0.001, 0.025, 0.2, 0.4];

#[test]
fn students_t_agrees() {
    for df in [3.0, 4.7, 10.0, 29.5, 300.0, 1000.0] {
        let theirs = StudentsT::new(0.0, 1.0, df).unwrap();
        for x in [-8.0, -2.5, -0.3, 0.4, 1.7, 5.0] {
            let ours = students_t::cdf(x, df).unwrap();
            close(ours, theirs.cdf(x), 1e-10, &format!("cdf {x} {df}"));
        }
        for p in TAILS {
            let ours = students_t::quantile(p, df).unwrap();
            // Its quantiles lose digits towards a thousand degrees of freedom.
            close(ours, theirs.inverse_cdf(p), 1e-8, &format!("q {p} {df}"));
        }
    }
}

#[test]
fn normal_agrees() {
    let theirs = Normal::new(0.0, 1.0).unwrap();
    for x in [-5.0, -1.3, 0.2, 2.5] {
        close(normal::cdf(x), theirs.cdf(x), 1e-9, &format!("cdf {x}"));
    }
}

#[test]
fn chi_squared_f_and_beta_agree() {
    for (a, b) in [(2.0, 5.0), (4.5, 9.0), (29.0, 3.0)] {
        let f = FisherSnedecor::new(a, b).unwrap();
        let chi = ChiSquared::new(a).unwrap();
        let share = Beta::new(a, b).unwrap();
        for x in [0.1, 0.45, 0.9] {
            let case = format!("{a} {b} {x}");
            close(
                fisher_f::cdf(3.0 * x, a, b).unwrap(),
                f.cdf(3.0 * x),
                1e-9,
                &case,
            );
            close(
                chi_squared::cdf(a * x, a).unwrap(),
                chi.cdf(a * x),
                1e-9,
                &case,
            );
            close(beta::cdf(x, a, b).unwrap(), share.cdf(x), 1e-9, &case);
        }
    }
}

#[test]
fn counts_of_a_binomial_agree() {
    // P(X <= k) of n at p is an incomplete beta integral, on which our intervals of counts rest.
    for (n, p) in [(12_u64, 0.5), (104, 0.9), (500, 0.99)] {
        let theirs = Binomial::new(p, n).unwrap();
        for k in [n / 3, n / 2, 9 * n / 10] {
            let ours = beta::cdf(1.0 - p, (n - k) as f64, k as f64 + 1.0).unwrap();
            let wanted = theirs.cdf(k);
            close(ours, wanted, 1e-9, &format!("{k} of {n} at {p}"));
        }
    }
}
