//! Power, sequential looks and best-of-k values against independent programs.

use super::cases;
use reprove_stats::power::{
    Goal, ReportedSpread, Scenario, against_printed, against_process, runs_against_printed,
    smallest_decidable_tolerance,
};
use reprove_stats::sequential::{Monitor, Spending, lai};
use reprove_stats::{best_of, students_t};

pub const GROUPS: &[&str] = &[
    "power_tost_one_sample",
    "power_tost_welch_summary",
    "seeds_needed",
    "tol_min_process",
    "seq_kd2",
    "cs_lai",
    "bestofk_p",
    "normal_quantile_ci",
    "bestofk_rank_p",
];

#[test]
fn power() {
    for c in cases("power_tost_one_sample") {
        let (m, alpha) = (c.count("m"), c.num("alpha"));
        let case = Scenario {
            sd: c.num("sd"),
            tolerance: c.num("tol"),
            difference: c.num("delta"),
        };
        let t = students_t::isf(alpha, m as f64 - 1.0).unwrap();
        c.check(
            "power",
            against_printed(Goal::Reproduced, m, &case, t).unwrap(),
        );
    }
    for c in cases("power_tost_welch_summary") {
        let case = Scenario {
            sd: c.num("sd"),
            tolerance: c.num("tol"),
            difference: c.num("delta"),
        };
        let reported = ReportedSpread {
            n: c.count("n_reported"),
            sd: c.num("sd_reported"),
        };
        let power = against_process(c.count("m"), &case, &reported, c.num("alpha"));
        c.check("power", power.unwrap());
    }
}

#[test]
fn runs_needed() {
    for c in cases("seeds_needed") {
        let runs = |goal, difference, power| -> f64 {
            let case = Scenario {
                sd: c.num("sd_over_tol"),
                tolerance: 1.0,
                difference,
            };
            let found = runs_against_printed(goal, &case, c.num("alpha"), power).unwrap();
            found.unwrap() as f64
        };
        c.check("d0_p80", runs(Goal::Reproduced, 0.0, 0.8));
        c.check("d0_p90", runs(Goal::Reproduced, 0.0, 0.9));
        c.check("half_p80", runs(Goal::Reproduced, 0.5, 0.8));
        c.check("not_2tol_p80", runs(Goal::NotReproduced, 2.0, 0.8));
    }
    for c in cases("tol_min_process") {
        let reported = ReportedSpread {
            n: c.count("n_reported"),
            sd: c.num("sd_reported"),
        };
        c.check(
            "tol_min",
            smallest_decidable_tolerance(&reported, c.num("alpha")).unwrap(),
        );
    }
}

#[test]
fn sequential_looks() {
    for c in cases("seq_kd2") {
        let spending = Spending::with_shape(
            c.num("alpha"),
            c.count("n_max"),
            c.num("rho"),
            c.num("kappa"),
        );
        let mut monitor = Monitor::new(spending.unwrap());
        for n in c.list("looks") {
            monitor.look(n as usize).unwrap();
        }
        let looks = monitor.looks();
        c.check("z", looks.iter().map(|l| l.z).collect::<Vec<_>>());
        c.check(
            "nominal",
            looks.iter().map(|l| l.nominal_level).collect::<Vec<_>>(),
        );
        let multiplier =
            |l: &reprove_stats::sequential::LookBoundary| l.multiplier(l.n as f64 - 1.0).unwrap();
        c.check("c", looks.iter().map(multiplier).collect::<Vec<_>>());
    }
}

#[test]
fn open_ended_sequences() {
    for c in cases("cs_lai") {
        let sequence = lai(c.count("start"), c.num("alpha_two_sided")).unwrap();
        c.check("a", sequence.multiplier(c.count("start")).unwrap());
        let at = |n: f64| sequence.multiplier(n as usize).unwrap();
        c.check("c", c.list("n").into_iter().map(at).collect::<Vec<_>>());
    }
}

#[test]
fn best_of_several() {
    for c in cases("bestofk_p") {
        let p = best_of::p_reached(&c.summary("reruns"), c.num("reported"), c.count("k") as u64);
        c.check("p_upper", p.unwrap());
    }
    for c in cases("normal_quantile_ci") {
        let (k, m) = (c.count("k") as u64, c.count("m"));
        let factors = best_of::median_factors(m, k, c.num("alpha")).unwrap();
        c.check("zp", best_of::median_of_best(k).unwrap());
        c.check("K_lo", factors.lo);
        c.check("K_hi", factors.hi);
    }
    for c in cases("bestofk_rank_p") {
        let (k, m) = (c.count("k") as u64, c.count("m") as u64);
        let reached = c.count("n_reruns_ge_reported") as u64;
        c.check("p", best_of::rank_p(k, m, reached).unwrap());
        c.check("total", best_of::rank_p(k, m, m).unwrap());
    }
}
