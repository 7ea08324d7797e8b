//! The error rates of the decision rule, measured by simulation.
//!
//! `examples/calibrate.rs` prints the grid; a reduced grid is a test.

mod source;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::decision::{AnalysisError, AnalysisPlan, Verdict};
use crate::reported::Interpretation;
use crate::sample::{Observation, Runs, SeedRun};
use reprove_model::manifest::{
    Basis, Better, Claim, Criterion, Decision, Looks, Method, ObservationUnit, Quantity, Reported,
    ReportedForm, Tolerance,
};
use reprove_model::seeds::RunSeed;
use reprove_stats::Sample;
use reprove_stats::random::{RandomStream, StreamKey};

pub use source::CalibrationSource;

/// Replicates that share a stream.
const BLOCK: usize = 100;

/// How many runs and when they are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// One look at this many runs.
    Fixed(usize),
    /// A look after each run up to this many.
    Sequential(usize),
    /// One look at this many folds of one cross-validation, each pair correlated by the inverse of
    /// their number (Nadeau and Bengio 2003).
    Folds(usize),
}

/// What is known of the reported side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalibrationBasis {
    /// The printed number is the target.
    Printed,
    /// Mean and standard deviation of this many runs, drawn anew each time.
    Process(usize),
    /// One value, drawn anew each time.
    Bare,
    /// Mean and standard deviation of this many runs whose number is not printed, and whose standard
    /// deviation is twenty times that of the reruns.
    UnknownRuns(usize),
    /// The best of this many values, drawn anew each time.
    Best(usize),
}

/// One cell of the grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationCell {
    /// Where values come from.
    pub source: CalibrationSource,
    /// How many runs.
    pub design: Design,
    /// The reported side.
    pub basis: CalibrationBasis,
    /// Standard deviation in units of the tolerance, > 0.
    pub sd_over_tolerance: f64,
    /// True difference in units of the tolerance.
    pub difference: f64,
    /// Which intervals decide.
    pub method: Method,
}

/// What was measured in a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Share of REPRODUCED.
    pub reproduced: f64,
    /// Share of NOT REPRODUCED.
    pub not_reproduced: f64,
    /// Mean number of runs at the decision.
    pub mean_runs: f64,
    /// Share of final intervals that hold the true difference.
    pub coverage: f64,
}

/// What a cell has to keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RateTarget {
    /// Neither verdict more often than this: the difference is at the tolerance.
    Boundary(f64),
    /// NOT REPRODUCED at most this often.
    FalseAlarm(f64),
    /// On average at most this many runs.
    Runs(f64),
}

impl Design {
    /// All of the grid with independent runs.
    pub const ALL: [Self; 5] = [
        Self::Fixed(3),
        Self::Fixed(5),
        Self::Fixed(10),
        Self::Fixed(30),
        Self::Sequential(30),
    ];

    /// A short name.
    pub fn name(self) -> String {
        match self {
            Self::Fixed(n) => format!("n={n}"),
            Self::Sequential(n) => format!("seq N={n}"),
            Self::Folds(n) => format!("folds {n}"),
        }
    }

    fn most(self) -> usize {
        let (Self::Fixed(n) | Self::Sequential(n) | Self::Folds(n)) = self;
        n
    }

    /// The correlation of two values of the reruns.
    fn correlation(self) -> f64 {
        match self {
            Self::Fixed(_) | Self::Sequential(_) => 0.0,
            Self::Folds(n) => 1.0 / n as f64,
        }
    }
}

/// The standard deviation of an honest report over that of its reruns in the cells
/// [`CalibrationBasis::UnknownRuns`].
const REPORTED_OVER_RERUN_SD: f64 = 20.0;

impl CalibrationBasis {
    /// All that the grid has.
    pub const ALL: [Self; 5] = [
        Self::Printed,
        Self::Process(3),
        Self::Process(5),
        Self::Process(10),
        Self::Bare,
    ];

    /// A short name.
    pub fn name(self) -> String {
        match self {
            Self::Printed => "printed".into(),
            Self::Process(n) => format!("process {n}"),
            Self::Bare => "bare".into(),
            Self::UnknownRuns(n) => format!("sd of {n}?"),
            Self::Best(n) => format!("best of {n}"),
        }
    }
}

impl RateTarget {
    /// The goal as a number.
    pub fn text(self) -> String {
        match self {
            Self::Boundary(x) | Self::FalseAlarm(x) => format!("{x:.3}"),
            Self::Runs(n) => format!("{n:.1}"),
        }
    }

    /// Whether it is missed by more than three Monte Carlo standard errors.
    pub fn is_missed(self, rates: &Rates, replicates: usize) -> bool {
        let above = |share: f64, goal: f64| {
            share > goal + 3.0 * (goal * (1.0 - goal) / replicates as f64).sqrt()
        };
        match self {
            Self::Boundary(x) => above(rates.reproduced, x) || above(rates.not_reproduced, x),
            Self::FalseAlarm(x) => above(rates.not_reproduced, x),
            Self::Runs(n) => rates.mean_runs > n,
        }
    }
}

/// The target of a cell, where there is one.
///
/// A bare value is one draw: its REPRODUCED speaks of the printed number, so that only NOT
/// REPRODUCED has an error rate over draws. So it is with the best of several values, and with a
/// standard deviation of unknown many.
pub fn target(cell: &CalibrationCell) -> Option<RateTarget> {
    let boundary = match cell.source {
        CalibrationSource::Normal | CalibrationSource::HeavyTails => 0.05,
        CalibrationSource::Counts500 => 0.065,
        CalibrationSource::LognormalError(sigma) if sigma < 0.5 => 0.065,
        CalibrationSource::Counts100 => 0.10,
        CalibrationSource::LognormalError(_) => 0.12,
        CalibrationSource::Collapse => 0.14,
    };
    let size = cell.difference.abs();
    let is_new_rule = match cell.basis {
        CalibrationBasis::UnknownRuns(_) | CalibrationBasis::Best(_) => true,
        CalibrationBasis::Printed | CalibrationBasis::Process(_) | CalibrationBasis::Bare => false,
    };
    if is_new_rule {
        // The reported process is that of the reruns: every accusation is false.
        (size == 0.0).then_some(RateTarget::FalseAlarm(boundary))
    } else if size == 1.0 && cell.basis == CalibrationBasis::Bare {
        Some(RateTarget::FalseAlarm(boundary))
    } else if size == 1.0 {
        Some(RateTarget::Boundary(boundary))
    } else if size == 0.5 && cell.basis == CalibrationBasis::Printed {
        Some(RateTarget::FalseAlarm(0.005))
    } else if cell.difference == 0.0
        && cell.design == Design::Sequential(30)
        && cell.sd_over_tolerance == 0.5
        && cell.basis == CalibrationBasis::Printed
    {
        Some(RateTarget::Runs(8.5))
    } else {
        None
    }
}

/// Plays a cell `replicates` times. The true reported mean is 0 and the tolerance 1.
///
/// Deterministic: every block of replicates has a stream of its own, whatever the number of threads.
///
/// # Errors
/// None for the cells of the grid: their numbers are finite and their tolerance is positive.
pub fn simulate(cell: &CalibrationCell, replicates: usize) -> Result<Rates, AnalysisError> {
    let blocks = (0..replicates.div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| {
            let size = BLOCK.min(replicates - block * BLOCK);
            play(cell, block, size)
        });
    let sums: Vec<Rates> = blocks.collect::<Result<_, AnalysisError>>()?;
    let mean = |part: fn(&Rates) -> f64| sums.iter().map(part).sum::<f64>() / replicates as f64;
    Ok(Rates {
        reproduced: mean(|sum| sum.reproduced),
        not_reproduced: mean(|sum| sum.not_reproduced),
        mean_runs: mean(|sum| sum.mean_runs),
        coverage: mean(|sum| sum.coverage),
    })
}

/// The sums over one block of replicates.
fn play(cell: &CalibrationCell, block: usize, size: usize) -> Result<Rates, AnalysisError> {
    let mut rng = stream(cell, block);
    let mut plan = analysis_plan(cell, printed_zero())?;
    let mut sum = Rates {
        reproduced: 0.0,
        not_reproduced: 0.0,
        mean_runs: 0.0,
        coverage: 0.0,
    };
    for _ in 0..size {
        if let Some(form) = draw_reported(cell, &mut rng)? {
            if let ReportedForm::Best { .. } = form {
                plan = analysis_plan(cell, form)?;
            } else {
                plan.interpretations = first_interpretation(form)?;
            }
        }
        let settled = plan.take_looks(&draw_runs(cell, &mut rng))?;
        match settled.verdict {
            Verdict::Reproduced => sum.reproduced += 1.0,
            Verdict::NotReproduced => sum.not_reproduced += 1.0,
            Verdict::Inconclusive => {}
        }
        sum.mean_runs += settled.n as f64;
        let interval = settled.looks.last().and_then(|look| look.interval);
        if interval.is_some_and(|interval| interval.contains(cell.difference)) {
            sum.coverage += 1.0;
        }
    }
    Ok(sum)
}

fn draw_runs(cell: &CalibrationCell, rng: &mut RandomStream) -> Runs {
    let correlation = cell.design.correlation();
    let shared = if correlation > 0.0 {
        correlation.sqrt() * cell.source.draw(rng)
    } else {
        0.0
    };
    let own = (1.0 - correlation).sqrt();
    let run = |seed| {
        let value = own * cell.source.draw(rng) + shared;
        SeedRun {
            seed: RunSeed(seed),
            observed: Observation::Value(cell.difference + cell.sd_over_tolerance * value),
            unit: reprove_model::record::NumberUnit::Stated,
        }
    };
    Runs::Single((0..cell.design.most() as u64).map(run).collect())
}

/// A fresh reported side; `None` where the printed number is the target.
fn draw_reported(
    cell: &CalibrationCell,
    rng: &mut RandomStream,
) -> Result<Option<ReportedForm>, AnalysisError> {
    let (n, sd) = match cell.basis {
        CalibrationBasis::Printed => return Ok(None),
        CalibrationBasis::Process(n) | CalibrationBasis::Best(n) => (n, cell.sd_over_tolerance),
        CalibrationBasis::UnknownRuns(n) => (n, REPORTED_OVER_RERUN_SD * cell.sd_over_tolerance),
        CalibrationBasis::Bare => (1, cell.sd_over_tolerance),
    };
    let values: Vec<f64> = (0..n).map(|_| sd * cell.source.draw(rng)).collect();
    let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sample = Sample::new(values)?;
    Ok(Some(match (cell.basis, sample.sd()) {
        (CalibrationBasis::Best(of), _) => ReportedForm::Best {
            best,
            of: of as u32,
        },
        (CalibrationBasis::UnknownRuns(_), _) => ReportedForm::Std {
            mean: sample.mean(),
            std: sd,
            runs: None,
            ddof: Some(1),
        },
        (_, Some(std)) => ReportedForm::Std {
            mean: sample.mean(),
            std,
            runs: Some(n as u32),
            ddof: Some(1),
        },
        (_, None) => ReportedForm::Bare {
            value: sample.mean(),
            runs: None,
        },
    }))
}

fn printed_zero() -> ReportedForm {
    ReportedForm::Bare {
        value: 0.0,
        runs: None,
    }
}

/// The first interpretation of an unrounded reported value.
fn first_interpretation(form: ReportedForm) -> Result<Vec<Interpretation>, AnalysisError> {
    let interpretations = crate::reported::interpret(&Reported {
        form,
        decimals: None,
    })?;
    Ok(interpretations.into_iter().take(1).collect())
}

fn analysis_plan(
    cell: &CalibrationCell,
    form: ReportedForm,
) -> Result<AnalysisPlan, AnalysisError> {
    let most = cell.design.most() as u32;
    let claim = Claim {
        facts: reprove_model::manifest::MetricFacts::default(),
        test_train_ratio: None,
        failure_rate: None,
        source: None,
        id: "cell".to_string(),
        quantity: Quantity::Metric {
            configuration: None,
            metric: "simulated".into(),
        },
        reported: Some(Reported {
            form,
            decimals: None,
        }),
        criterion: Criterion::Within(Tolerance::Absolute(1.0)),
        better: match cell.basis {
            CalibrationBasis::Best(_) => Some(Better::Higher),
            CalibrationBasis::Printed
            | CalibrationBasis::Process(_)
            | CalibrationBasis::Bare
            | CalibrationBasis::UnknownRuns(_) => None,
        },
        unit: match cell.design {
            Design::Fixed(_) | Design::Sequential(_) => ObservationUnit::Run,
            Design::Folds(_) => ObservationUnit::Fold,
        },
        failure: None,
        resolution: cell
            .source
            .resolution()
            .map(|step| step * cell.sd_over_tolerance),
    };
    let decision = Decision {
        looks: match cell.design {
            Design::Fixed(_) | Design::Folds(_) => Looks::Fixed,
            Design::Sequential(_) => Looks::Sequential,
        },
        max_runs: Some(most),
        basis: match cell.basis {
            CalibrationBasis::Printed
            | CalibrationBasis::Bare
            | CalibrationBasis::UnknownRuns(_)
            | CalibrationBasis::Best(_) => Basis::Printed,
            CalibrationBasis::Process(_) => Basis::Process,
        },
        method: cell.method,
        ..Decision::default()
    };
    AnalysisPlan::new(&claim, &decision, Some(most))
}

/// The stream of a block of a cell, keyed by a digest of both.
fn stream(cell: &CalibrationCell, block: usize) -> RandomStream {
    let key = Sha256::digest(format!("reprove calibration 2 {cell:?} {block}"));
    StreamKey::from_bytes(key.into()).stream()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few seconds in all, with dependencies alone optimised.
    const REPLICATES: usize = 600;

    fn cell(source: CalibrationSource, design: Design, difference: f64) -> CalibrationCell {
        let basis = CalibrationBasis::Printed;
        CalibrationCell {
            source,
            design,
            basis,
            sd_over_tolerance: 0.5,
            difference,
            method: Method::Both,
        }
    }

    fn kept(cell: &CalibrationCell) -> Rates {
        let rates = simulate(cell, REPLICATES).unwrap();
        let goal = target(cell).unwrap();
        assert!(
            !goal.is_missed(&rates, REPLICATES),
            "{cell:?} {rates:?} {goal:?}"
        );
        rates
    }

    #[test]
    fn errors_at_the_boundary_keep_their_targets() {
        for source in [
            CalibrationSource::Normal,
            CalibrationSource::HeavyTails,
            CalibrationSource::Counts500,
        ] {
            for design in [Design::Fixed(5), Design::Sequential(30)] {
                // From below the error is the larger one: accuracies are skewed to the left.
                kept(&cell(source, design, -1.0));
            }
        }
    }

    #[test]
    fn no_difference_is_found_with_few_runs_and_half_the_tolerance_raises_no_alarm() {
        // By t alone, which decides earlier and more often than both methods together.
        let by_t = |difference| CalibrationCell {
            method: Method::T,
            ..cell(
                CalibrationSource::Normal,
                Design::Sequential(30),
                difference,
            )
        };
        let rates = kept(&by_t(0.0));
        assert!(rates.reproduced > 0.99, "{rates:?}");
        kept(&by_t(0.5));
    }

    #[test]
    fn folds_best_values_and_spreads_of_unknown_many_keep_their_error() {
        let base = cell(CalibrationSource::Normal, Design::Fixed(5), 0.0);
        let folds = CalibrationCell {
            design: Design::Folds(5),
            difference: 1.0,
            ..base
        };
        let best = CalibrationCell {
            basis: CalibrationBasis::Best(5),
            ..base
        };
        let unknown = CalibrationCell {
            basis: CalibrationBasis::UnknownRuns(1),
            sd_over_tolerance: 0.1,
            ..base
        };
        for cell in [folds, best, unknown] {
            kept(&cell);
        }
    }

    #[test]
    fn the_reported_sides_noise_is_kept_in() {
        for basis in [CalibrationBasis::Process(5), CalibrationBasis::Bare] {
            let cell = CalibrationCell {
                basis,
                ..cell(CalibrationSource::Normal, Design::Fixed(5), 1.0)
            };
            kept(&cell);
        }
    }
}
