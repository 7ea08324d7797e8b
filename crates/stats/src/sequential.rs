//! Sequential designs: looks at the data after each run within the agreed error.
//!
//! [`Monitor`] turns a schedule of looks into multipliers for the t interval by error spending
//! (Kim and DeMets 1987, with exponent 2); [`lai`] gives multipliers that hold at every number
//! of runs without a plan.
//!
//! ```
//! use reprove_stats::sequential::{Monitor, Spending};
//!
//! // A single look spends all of the error that the plan may spend.
//! let mut monitor = Monitor::new(Spending::with_shape(0.05, 10, 2.0, 1.0)?);
//! let look = monitor.look(10)?;
//! assert!((look.nominal_level - 0.05).abs() < 1e-14);
//! // scipy.stats.t.isf(0.05, 4)
//! assert!((look.multiplier(4.0)? - 2.131_846_786_326_651).abs() < 1e-12);
//! # Ok::<(), reprove_stats::StatsError>(())
//! ```

use super::dist::root::increasing_root;
use super::dist::{normal, students_t};
use super::error::{Result, StatsError, open_unit, positive};
use super::special::quadrature::gauss_nodes;

/// The error to be spent over at most `n_max` runs: `kappa · alpha · (n / n_max)^rho` by run `n`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spending {
    alpha: f64,
    n_max: usize,
    rho: f64,
    kappa: f64,
}

impl Spending {
    /// The recommended plan: exponent 2, and 0.84 of `alpha` spent, which makes up for the use of
    /// t quantiles at levels of normal theory (measured by simulation: 0.93 to 0.98 of `alpha`).
    ///
    /// # Errors
    /// `alpha` is not strictly between 0 and 1/2, or `n_max` is below 2.
    pub fn new(alpha: f64, n_max: usize) -> Result<Self> {
        Self::with_shape(alpha, n_max, 2.0, 0.84)
    }

    /// With another exponent `rho > 0` and share `kappa` in (0, 1].
    ///
    /// # Errors
    /// A parameter out of its range.
    pub fn with_shape(alpha: f64, n_max: usize, rho: f64, kappa: f64) -> Result<Self> {
        open_unit("alpha", 2.0 * alpha)?;
        positive("rho", rho)?;
        open_unit("kappa", kappa / 2.0)?;
        if n_max < 2 {
            return Err(StatsError::TooFew {
                what: "sequential monitoring",
                needed: 2,
                found: n_max,
            });
        }
        Ok(Self {
            alpha,
            n_max,
            rho,
            kappa,
        })
    }

    fn spent_by(&self, information: f64) -> f64 {
        self.kappa * self.alpha * information.powf(self.rho)
    }
}

/// The boundary of one look at the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LookBoundary {
    /// Runs at this look.
    pub n: usize,
    /// The boundary for a normal statistic.
    pub z: f64,
    /// P(Z > z), the one-sided level at which this look tests.
    pub nominal_level: f64,
}

impl LookBoundary {
    /// The multiplier of the standard error for an interval with `df` degrees of freedom.
    ///
    /// # Errors
    /// `df` is not finite and positive.
    pub fn multiplier(&self, df: f64) -> Result<f64> {
        students_t::isf(self.nominal_level, df)
    }
}

/// The looks so far. Later looks never change earlier ones, and their times may depend on
/// anything but the data.
#[derive(Debug, Clone)]
pub struct Monitor {
    spending: Spending,
    looks: Vec<LookBoundary>,
    information: f64,
    paths: Paths,
}

/// The density of the running sum over the paths that no boundary has stopped, just before and at
/// the last look.
#[derive(Debug, Clone)]
struct Paths {
    /// Points, and density times quadrature weight, at the look before the last one.
    before: Vec<(f64, f64)>,
    /// Information gained since.
    gain: f64,
    /// Where the paths of the last look begin and stop.
    range: (f64, f64),
}

/// Normal densities beyond this many standard deviations are treated as 0.
const REACH: f64 = 8.5;

impl Paths {
    /// Before any look: everything at zero.
    fn at_start() -> Self {
        Self {
            before: Vec::new(),
            gain: 0.0,
            range: (0.0, 0.0),
        }
    }

    /// Weighted density at the last look, on points fine enough for a step of `next_gain`.
    fn points(&self, next_gain: f64) -> Vec<(f64, f64)> {
        if self.before.is_empty() {
            return vec![(0.0, 1.0)];
        }
        let sd = self.gain.sqrt();
        let finest = sd.min(next_gain.sqrt());
        gauss_nodes(self.range, 2.0 * finest)
            .into_iter()
            .map(|(y, weight)| {
                let density: f64 = near(&self.before, y, REACH * sd)
                    .iter()
                    .map(|(x, mass)| mass * normal::pdf((y - x) / sd))
                    .sum();
                (y, weight * density / sd)
            })
            .collect()
    }
}

/// The points within `reach` of `centre`; the points are in ascending order.
fn near(points: &[(f64, f64)], centre: f64, reach: f64) -> &[(f64, f64)] {
    let from = points.partition_point(|(x, _)| *x < centre - reach);
    let to = points.partition_point(|(x, _)| *x <= centre + reach);
    &points[from..to]
}

impl Monitor {
    /// No look yet.
    #[must_use]
    pub fn new(spending: Spending) -> Self {
        Self {
            spending,
            looks: Vec::new(),
            information: 0.0,
            paths: Paths::at_start(),
        }
    }

    /// The looks so far, in order.
    #[must_use]
    pub fn looks(&self) -> &[LookBoundary] {
        &self.looks
    }

    /// Takes the next look, after `n` runs in all.
    ///
    /// # Errors
    /// `n` is not above that of the last look, or the error was already spent at `n_max`.
    pub fn look(&mut self, n: usize) -> Result<LookBoundary> {
        let now = (n as f64 / self.spending.n_max as f64).min(1.0);
        let gain = now - self.information;
        if gain <= 0.0 {
            return Err(StatsError::OutOfRange {
                name: "runs at a look",
                value: n as f64,
                expected: "more runs than at the last look, which came before the last run of the plan",
            });
        }
        let spend = self.spending.spent_by(now) - self.spending.spent_by(self.information);
        let before = self.paths.points(gain);
        let sd = gain.sqrt();
        // P(a path crosses b at this look); only paths within reach of b matter.
        let crossing = |b: f64| -> f64 {
            let from = before.partition_point(|(x, _)| *x < b - REACH * sd);
            before[from..]
                .iter()
                .map(|(x, mass)| mass * normal::sf((b - x) / sd))
                .sum()
        };
        let limit = 40.0 * now.sqrt();
        let boundary = increasing_root("the boundary of a look", (-limit, limit), |b| {
            Ok(spend - crossing(b))
        })?;
        let z = boundary / now.sqrt();
        let look = LookBoundary {
            n,
            z,
            nominal_level: normal::sf(z),
        };
        let lowest = -REACH * now.sqrt();
        self.paths = Paths {
            before,
            gain,
            range: (lowest, boundary.min(-lowest)),
        };
        self.information = now;
        self.looks.push(look);
        Ok(look)
    }
}

/// The looks after every run from `first` to the last one of the plan.
///
/// # Errors
/// `first` is 0 or above the plan's last run.
pub fn every_run(spending: Spending, first: usize) -> Result<Vec<LookBoundary>> {
    let mut monitor = Monitor::new(spending);
    for n in first..=spending.n_max {
        monitor.look(n)?;
    }
    if monitor.looks.is_empty() {
        return Err(StatsError::TooFew {
            what: "the first look",
            needed: first,
            found: spending.n_max,
        });
    }
    Ok(monitor.looks)
}

/// The open-ended t sequence of Lai (1976), valid at every n from `start` on for normal data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lai {
    start: usize,
    first_multiplier: f64,
}

/// Lai's sequence with two-sided error `alpha_two_sided`, beginning at `start >= 2` runs.
///
/// # Errors
/// `start` below 2, or an error that is not strictly between 0 and 1.
pub fn lai(start: usize, alpha_two_sided: f64) -> Result<Lai> {
    open_unit("alpha_two_sided", alpha_two_sided)?;
    if start < 2 {
        return Err(StatsError::TooFew {
            what: "Lai's sequence",
            needed: 2,
            found: start,
        });
    }
    let df = start as f64 - 1.0;
    let ever_crossing = |a: f64| -> Result<f64> {
        Ok(2.0 * (students_t::sf(a, df)? + a * students_t::pdf(a, df)?))
    };
    let mut hi = 4.0;
    while ever_crossing(hi)? > alpha_two_sided {
        hi *= 2.0;
    }
    let first_multiplier = increasing_root("the start of Lai's sequence", (0.0, hi), |a| {
        Ok(alpha_two_sided - ever_crossing(a)?)
    })?;
    Ok(Lai {
        start,
        first_multiplier,
    })
}

impl Lai {
    /// The multiplier of `s / sqrt(n)` at `n` runs; none before the start.
    #[must_use]
    pub fn multiplier(&self, n: usize) -> Option<f64> {
        if n < self.start {
            return None;
        }
        let (start, n) = (self.start as f64, n as f64);
        // c_n = sqrt((n-1) ((b n)^(1/n) - 1)), b = (1 + a²/(m-1))^m / m, in logarithms.
        let ln_b = start * (self.first_multiplier.powi(2) / (start - 1.0)).ln_1p() - start.ln();
        Some(((n - 1.0) * ((ln_b + n.ln()) / n).exp_m1()).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_looks_do_not_depend_on_later_ones() {
        let spending = Spending::new(0.05, 30).unwrap();
        let mut short = Monitor::new(spending);
        let mut long = Monitor::new(spending);
        for n in [3, 4, 7] {
            assert_eq!(short.look(n).unwrap(), long.look(n).unwrap());
        }
        long.look(30).unwrap();
        assert_eq!(short.looks(), &long.looks()[..3]);
        assert!(long.look(31).is_err() && short.look(7).is_err());
    }

    #[test]
    fn batched_looks_of_a_large_plan() {
        let mut monitor = Monitor::new(Spending::new(0.05, 5000).unwrap());
        for n in [3, 100, 101, 4999, 5000] {
            monitor.look(n).unwrap();
        }
        let last = monitor.looks()[4];
        assert!(last.z > 1.645 && last.z < 6.0, "{last:?}");
    }

    #[test]
    fn a_single_look_spends_all() {
        let mut monitor = Monitor::new(Spending::with_shape(0.05, 10, 2.0, 1.0).unwrap());
        assert!((monitor.look(10).unwrap().nominal_level - 0.05).abs() < 1e-14);
    }

    #[test]
    fn open_ended_sequences_begin_where_they_must() {
        assert_eq!(lai(5, 0.1).unwrap().multiplier(4), None);
        assert!(lai(1, 0.1).is_err());
    }
}
