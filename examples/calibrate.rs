//! Measures the error rates of the decision rule by simulation and sets them beside their targets.
//!
//! ```text
//! cargo run --release --example calibrate -- [REPLICATES] [t|both] [boundary|grid|rules] [BASIS]
//! ```
//!
//! `boundary` plays the cells that have a target, `grid` all of them, `rules` those of folds, of the
//! best of several values and of a standard deviation without its number of runs; BASIS (as printed in the
//! table) chooses among them. A row is printed as soon as its cell is played. Deterministic,
//! whatever the number of threads.

use std::io::Write;

use reprove::calibration::{
    CalibrationBasis, CalibrationCell, CalibrationSource, Design, Rates, simulate, target,
};
use reprove::decision::AnalysisError;
use reprove::manifest::Method;

fn main() -> Result<(), AnalysisError> {
    let mut args = std::env::args().skip(1);
    let replicates = args.next().and_then(|a| a.parse().ok()).unwrap_or(20_000);
    let method = match args.next().as_deref() {
        Some("t") => Method::T,
        _ => Method::Both,
    };
    let mut cells = match args.next().as_deref() {
        Some("grid") => grid(method),
        Some("rules") => rules(method),
        _ => boundary(method),
    };
    if let Some(basis) = args.next() {
        cells.retain(|cell| cell.basis.name() == basis);
    }
    println!("{replicates} replicates a cell, method {method:?}; R reproduced, N not reproduced");
    println!(
        "{:<14} {:<9} {:<10} {:>6} {:>5}  {:>6} {:>6} {:>5} {:>6}  {:>6}",
        "data", "design", "basis", "sd/tol", "d/tol", "R", "N", "E[n]", "cover", "target"
    );
    let mut missed = 0;
    for cell in &cells {
        let rates = simulate(cell, replicates)?;
        let miss = target(cell).is_some_and(|goal| goal.is_missed(&rates, replicates));
        missed += usize::from(miss);
        print_row(cell, &rates, if miss { "MISSED" } else { "" });
    }
    println!("{} cells, {missed} miss their target", cells.len());
    Ok(())
}

fn print_row(cell: &CalibrationCell, rates: &Rates, remark: &str) {
    println!(
        "{:<14} {:<9} {:<10} {:>6.2} {:>+5.1}  {:>6.4} {:>6.4} {:>5.2} {:>6.3}  {:>6} {remark}",
        cell.source.name(),
        cell.design.name(),
        cell.basis.name(),
        cell.sd_over_tolerance,
        cell.difference,
        rates.reproduced,
        rates.not_reproduced,
        rates.mean_runs,
        rates.coverage,
        target(cell).map_or(String::new(), |goal| goal.text()),
    );
    // A pipe would hold the rows back until the end; a closed one is no reason to fail.
    let _ = std::io::stdout().flush();
}

/// The cells that the targets speak of, at sd = tolerance / 2.
fn boundary(method: Method) -> Vec<CalibrationCell> {
    let mut cells = Vec::new();
    for basis in [
        CalibrationBasis::Printed,
        CalibrationBasis::Process(5),
        CalibrationBasis::Bare,
    ] {
        for source in CalibrationSource::ALL {
            for design in Design::ALL {
                for difference in [-1.0, 1.0, -0.5, 0.5, 0.0] {
                    cells.push(CalibrationCell {
                        source,
                        design,
                        basis,
                        sd_over_tolerance: 0.5,
                        difference,
                        method,
                    });
                }
            }
        }
    }
    cells.retain(|cell| target(cell).is_some());
    cells
}

/// The rules for folds, for the best of several values and for a spread of unknown many runs.
fn rules(method: Method) -> Vec<CalibrationCell> {
    let mut cells = Vec::new();
    for source in CalibrationSource::ALL {
        let cell = |design, basis, sd_over_tolerance, difference| CalibrationCell {
            source,
            design,
            basis,
            sd_over_tolerance,
            difference,
            method,
        };
        for folds in [5, 10] {
            for difference in [-1.0, 1.0, -0.5, 0.5] {
                let design = Design::Folds(folds);
                cells.push(cell(design, CalibrationBasis::Printed, 0.5, difference));
            }
        }
        for design in [Design::Fixed(5), Design::Fixed(10), Design::Sequential(30)] {
            for k in [1, 3, 5, 10] {
                cells.push(cell(design, CalibrationBasis::Best(k), 0.5, 0.0));
            }
            for n in [1, 3, 5] {
                cells.push(cell(design, CalibrationBasis::UnknownRuns(n), 0.1, 0.0));
            }
        }
    }
    cells
}

/// The whole grid.
fn grid(method: Method) -> Vec<CalibrationCell> {
    let mut cells = Vec::new();
    for source in CalibrationSource::ALL {
        for design in Design::ALL {
            for basis in CalibrationBasis::ALL {
                for sd_over_tolerance in [0.25, 0.5, 1.0, 2.0] {
                    for difference in [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0] {
                        cells.push(CalibrationCell {
                            source,
                            design,
                            basis,
                            sd_over_tolerance,
                            difference,
                            method,
                        });
                    }
                }
            }
        }
    }
    cells
}
