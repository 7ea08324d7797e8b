//! The reported value as a person writes it.

use super::number::{fixed, plain};
use reprove_model::manifest::{Reported, ReportedForm};

/// The reported value with its spread and runs: `90.4 ± 1.8 (sd, 10 runs)`.
pub fn text(reported: &Reported) -> String {
    let digits = |value: f64| match reported.decimals {
        Some(decimals) => fixed(value, decimals as usize),
        None => plain(value),
    };
    match &reported.form {
        ReportedForm::Bare { value, runs } => bare(digits(*value), *runs),
        ReportedForm::Std {
            mean, std, runs, ..
        } => spread(digits(*mean), *std, "sd", *runs),
        ReportedForm::Sem { mean, sem, runs } => {
            spread(digits(*mean), *sem, "standard error", *runs)
        }
        ReportedForm::Ci95 {
            mean,
            low,
            high,
            runs,
        } => ends(digits(*mean), (*low, *high), "95 % interval", *runs),
        ReportedForm::PlusMinus {
            mean,
            spread: half,
            runs,
        } => spread(digits(*mean), *half, "kind not reported", *runs),
        ReportedForm::Values(values) => {
            let mean = plain(reported.form.value());
            format!("{mean} (mean of {} printed values)", values.len())
        }
        ReportedForm::Best { best, of } => format!("{} (best of {of} runs)", digits(*best)),
        ReportedForm::Median {
            median,
            quartiles,
            runs,
        } => ends(digits(*median), *quartiles, "median, quartiles", *runs),
        ReportedForm::Proportion { correct, total } => format!("{correct} of {total} correct"),
    }
}

fn bare(value: String, runs: Option<u32>) -> String {
    match runs {
        Some(n) => format!("{value} (mean of {n} runs)"),
        None => value,
    }
}

fn spread(value: String, spread: f64, kind: &str, runs: Option<u32>) -> String {
    format!("{value} ± {} ({kind}{})", plain(spread), over(runs))
}

fn ends(value: String, ends: (f64, f64), kind: &str, runs: Option<u32>) -> String {
    let (low, high) = (plain(ends.0), plain(ends.1));
    format!("{value} [{low}, {high}] ({kind}{})", over(runs))
}

fn over(runs: Option<u32>) -> String {
    runs.map(|n| format!(", {n} runs")).unwrap_or_default()
}
