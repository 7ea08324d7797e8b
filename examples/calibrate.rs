//! Measures the error rates of the decision rule by simulation and sets them beside their targets.
//!
//! ```text
//! cargo run --release --example calibrate -- [REPLICATES] [t|both] [quick|grid]
//! ```
//!
//! Deterministic: every cell has its own stream, whatever the number of threads.

use rayon::prelude::*;
use reprove::calibration::{Basis, Cell, Design, Rates, Source, simulate, target};
use reprove::manifest::Method;
use reprove::verdict::LockError;

fn main() -> Result<(), LockError> {
    let mut args = std::env::args().skip(1);
    let replicates = args.next().and_then(|a| a.parse().ok()).unwrap_or(20_000);
    let method = match args.next().as_deref() {
        Some("t") => Method::T,
        _ => Method::Both,
    };
    let cells = match args.next().as_deref() {
        Some("grid") => grid(method),
        _ => quick(method),
    };
    println!("{replicates} replicates a cell, method {method:?}; R reproduced, N not reproduced");
    println!(
        "{:<14} {:<12} {:<10} {:>6} {:>6}  {:>6} {:>6} {:>6} {:>6}  {:>6}",
        "data", "design", "basis", "sd/tol", "d/tol", "R", "N", "E[n]", "cover", "target"
    );
    let results = cells
        .into_par_iter()
        .map(|cell| Ok((cell, simulate(&cell, replicates)?)))
        .collect::<Result<Vec<(Cell, Rates)>, LockError>>()?;
    let mut missed = 0;
    for (cell, rates) in &results {
        let goal = target(cell);
        let miss = goal.is_some_and(|goal| goal.is_missed(rates, replicates));
        missed += usize::from(miss);
        println!(
            "{:<14} {:<12} {:<10} {:>6.2} {:>+6.1}  {:>6.4} {:>6.4} {:>6.2} {:>6.3}  {:>6} {}",
            cell.source.name(),
            cell.design.name(),
            cell.basis.name(),
            cell.sd_over_tolerance,
            cell.difference,
            rates.reproduced,
            rates.not_reproduced,
            rates.mean_runs,
            rates.coverage,
            goal.map_or(String::new(), |g| g.text()),
            if miss { "MISSED" } else { "" },
        );
    }
    println!("{} cells, {missed} miss their target", results.len());
    Ok(())
}

/// The cells that the targets speak of, at sd = tolerance / 2 against the printed number.
fn quick(method: Method) -> Vec<Cell> {
    let mut cells = Vec::new();
    for source in Source::ALL {
        for design in Design::ALL {
            for difference in [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0] {
                cells.push(Cell {
                    source,
                    design,
                    basis: Basis::Printed,
                    sd_over_tolerance: 0.5,
                    difference,
                    method,
                });
            }
        }
    }
    cells
}

/// The whole grid.
fn grid(method: Method) -> Vec<Cell> {
    let mut cells = Vec::new();
    for source in Source::ALL {
        for design in Design::ALL {
            for basis in Basis::ALL {
                for sd_over_tolerance in [0.25, 0.5, 1.0, 2.0] {
                    for difference in [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0] {
                        cells.push(Cell {
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
