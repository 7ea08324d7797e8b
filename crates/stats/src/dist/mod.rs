//! Distributions: cumulative probability (`cdf`), its complement (`sf`) and the quantiles.
//!
//! `sf` and `isf` exist beside `cdf` and `quantile` because a small upper tail has no digits left
//! in `1 - cdf`.
//!
//! ```
//! use reprove_stats::{beta, chi_squared, fisher_f, noncentral_t, normal, students_t};
//!
//! // SciPy 1.17: norm.cdf, norm.ppf, t.sf, chi2.ppf, f.sf, beta.cdf, nct.cdf
//! let pairs = [
//!     (normal::cdf(-1.96), 0.024_997_895_148_220_435),
//!     (normal::quantile(0.975)?, 1.959_963_984_540_054),
//!     (students_t::sf(2.5, 7.5)?, 0.019_410_129_136_812_764),
//!     (chi_squared::quantile(0.05, 10.0)?, 3.940_299_136_119_060_5),
//!     (fisher_f::sf(3.0, 4.0, 9.0)?, 0.078_876_282_690_762_97),
//!     (beta::cdf(0.3, 2.0, 5.0)?, 0.579_825),
//!     (noncentral_t::cdf(2.0, 9.0, 1.0)?, 0.804_144_018_255_590_3),
//! ];
//! for (found, expected) in pairs {
//!     assert!((found / expected - 1.0).abs() < 1e-12);
//! }
//! # Ok::<(), reprove_stats::StatsError>(())
//! ```

pub mod beta;
pub mod chi_squared;
pub mod fisher_f;
pub mod noncentral_t;
pub mod normal;
pub(crate) mod root;
pub mod students_t;
