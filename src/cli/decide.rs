//! `reprove decide`: the statistics alone.

use reprove_model::diagnostics::Hint;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::screen::{page, print, print_error};
use super::status::Status;
use crate::decide::{self, Asked, DecideError, Request, RuleOutcome, Submission};
use reprove_metrics::RunQuery;
use reprove_model::manifest::{Basis, Better, Decision, FailureThreshold, Looks, Method, Pairing};
use reprove_report::{self as report, ClaimVerdict, number};
use reprove_stats::mlperf::{Convergence, Trim};

/// Options of `decide`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DecideArgs {
    /// The reported value: 90.4, 90.4±1.8/10 (sd or se after the spread when known),
    /// 90.4[89.1,91.7]/10 (95 % interval), best 91.2/5, 94 of 104 (correct), @values.csv:column
    #[arg(long, value_name = "R", allow_hyphen_values = true)]
    reported: Option<String>,
    /// What still counts as the same: 2, 2%, 0.5sd, "below 1", "above 1", digits, exact
    #[arg(
        long,
        value_name = "T",
        allow_hyphen_values = true,
        group = "criterion"
    )]
    tolerance: Option<String>,
    /// The value (or difference) is at least this large
    #[arg(
        long,
        value_name = "X",
        allow_negative_numbers = true,
        group = "criterion"
    )]
    at_least: Option<f64>,
    /// The value (or difference) is greater than zero: a ranking
    #[arg(long, group = "criterion")]
    greater: bool,
    /// The values of the reruns: CSV, JSON or JSON Lines; - is standard input
    #[arg(long, value_name = "FILE")]
    runs: PathBuf,
    /// Values of a second arm, which is subtracted
    #[arg(long, value_name = "FILE")]
    minus: Option<PathBuf>,
    /// Compare the arms seed by seed: only where a seed fixes randomness that both share
    #[arg(long, requires = "minus")]
    paired: bool,
    /// The column or key of the values
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
    /// Only the runs that have this value in this column, where a file has several configurations
    #[arg(long = "where", value_name = "COLUMN=VALUE", value_parser = filter)]
    filters: Vec<(String, String)>,
    /// The same for the second arm, where it differs
    #[arg(
        long = "minus-where",
        value_name = "COLUMN=VALUE",
        value_parser = filter,
        requires = "minus"
    )]
    minus_filters: Vec<(String, String)>,
    /// What the values are multiplied by to be in the unit of the reported one: 100 where they are
    /// fractions and it is a percentage, 1 where they are in its unit
    #[arg(long, value_name = "F", value_parser = scale)]
    scale: Option<f64>,
    /// The name of the metric; the column, where none is named
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// The lowest and highest value that the metric can take: a run beyond it is no value of it
    #[arg(long, value_name = "LOW,HIGH", value_parser = range, allow_hyphen_values = true)]
    range: Option<(f64, f64)>,
    /// The better direction of the metric
    #[arg(long, value_enum)]
    better: Option<Direction>,
    /// Digits after the point as the paper printed them, when not as typed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=15))]
    decimals: Option<u32>,
    /// Resolution of the metric, 1 / size of the test set
    #[arg(long, value_name = "X", alias = "lattice")]
    resolution: Option<f64>,
    /// A run below this value has collapsed
    #[arg(
        long,
        value_name = "X",
        allow_negative_numbers = true,
        conflicts_with = "fails_above"
    )]
    fails_below: Option<f64>,
    /// A run above this value has collapsed
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    fails_above: Option<f64>,
    /// One-sided error rate of each verdict
    #[arg(long, value_name = "A", default_value_t = 0.05)]
    alpha: f64,
    /// What the verdict is about: the original process or the printed number
    #[arg(long, value_enum, default_value_t = BasisName::Auto)]
    basis: BasisName,
    /// The intervals that must agree
    #[arg(long, value_enum, default_value_t = MethodName::Both)]
    method: MethodName,
    /// Look after each run, in the order of the file, instead of once
    #[arg(long)]
    sequential: bool,
    /// Look after each run, with no last one
    #[arg(long, conflicts_with = "sequential")]
    open_ended: bool,
    /// The number of runs at most, as planned before the first run
    #[arg(long, value_name = "N")]
    max_runs: Option<u32>,
    /// Runs without which there is no verdict
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(2..))]
    min_runs: u32,
    /// Decide also where every value that the metric can take is within the tolerance
    #[arg(long)]
    even_if_vacuous: bool,
    /// Apply a named rule of another project instead (see below)
    #[arg(long, value_enum)]
    rule: Option<Rule>,
    /// For the rule: unet3d drops four runs at either end instead of one
    #[arg(long, requires = "rule")]
    drop_four: bool,
    /// For the rule: the batch size of the runs, where the reference has a column `batch_size`; between two
    /// of them it is interpolated
    #[arg(long, value_name = "N", requires = "rule")]
    batch_size: Option<u64>,
    /// For the rule: the number of runs that the benchmark prescribes
    #[arg(long, value_name = "N", requires = "rule")]
    prescribed_runs: Option<u32>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// Exit with 0 when the claim is inconclusive
    #[arg(long)]
    allow_inconclusive: bool,
}

const EXAMPLES: &str = "\
Examples:
  reprove decide --reported '90.4±1.8/10' --tolerance 2 --runs accuracy.csv
  reprove decide --reported 'best 91.2/5' --tolerance 1% --runs results.jsonl --column acc
  reprove decide --greater --runs ours.csv --minus baseline.csv
  reprove decide --greater --runs all.csv --where model=ours --minus all.csv --minus-where model=base
  reprove decide --rule mlperf-rcp --reported @reference.csv:epochs --runs epochs.csv

The rule `mlperf-rcp` is that of MLPerf Training (mlperf_logging, rcp_checker): values are epochs to
convergence; best and worst are dropped, and the mean may not be significantly below the reference's
(one-sided t test at 5 %, the reference's standard deviation for both). A run without a value has not
converged. Where the reference has a column `batch_size`, `--batch-size` picks its runs, or interpolates
between two sizes. Exit status 0: passed; 1: too fast, or too many runs did not converge. It asks only
whether runs are too fast: passing is no evidence that a result reproduces.";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Direction {
    Higher,
    Lower,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum BasisName {
    Auto,
    Process,
    Printed,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum MethodName {
    Both,
    T,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Rule {
    /// MLPerf's reference convergence points: is it no faster than the reference?
    MlperfRcp,
}

/// Carries out `reprove decide`.
pub fn run(args: &DecideArgs) -> Status {
    let outcome = match (args.rule, args.criterion()) {
        (Some(Rule::MlperfRcp), _) => rule(args),
        (None, Some(criterion)) => verdict(args, criterion),
        (None, None) => {
            print_error(
                &"nothing says what counts as the same result",
                Some("add `--tolerance`, `--at-least` or `--greater`"),
            );
            return Status::BadInput;
        }
    };
    outcome.unwrap_or_else(|error| {
        print_error(&error, error.hint().as_deref());
        Status::BadInput
    })
}

fn verdict(args: &DecideArgs, criterion: Asked) -> Result<Status, DecideError> {
    let decided = decide::decide(&args.request(criterion))?;
    let status = match decided.verdict {
        ClaimVerdict::Reproduced => Status::Reproduced,
        ClaimVerdict::NotReproduced => Status::NotReproduced,
        ClaimVerdict::Inconclusive if args.allow_inconclusive => Status::Reproduced,
        ClaimVerdict::Inconclusive => Status::Inconclusive,
        ClaimVerdict::CouldNotVerify => Status::CouldNotVerify,
    };
    if args.json {
        print(&report::claim_json(&decided)?);
    } else {
        print(&report::claim_text(&decided, &page()));
    }
    Ok(status)
}

fn rule(args: &DecideArgs) -> Result<Status, DecideError> {
    let trim = if args.drop_four {
        Trim::Four
    } else {
        Trim::One
    };
    let submission = Submission {
        trim,
        batch_size: args.batch_size,
        prescribed_runs: args.prescribed_runs,
    };
    let RuleOutcome { convergence, note } =
        decide::mlperf_rcp(&args.request(Asked::Greater), submission)?;
    let (code, text, status) = match convergence {
        Convergence::Passed { mean, smallest } => {
            ("passed", means(mean, smallest), Status::Reproduced)
        }
        Convergence::TooFast { mean, smallest } => {
            ("too_fast", means(mean, smallest), Status::NotReproduced)
        }
        Convergence::Insufficient { failed } => (
            "insufficient_convergence",
            format!("{} did not converge", number::count(failed, "run")),
            Status::NotReproduced,
        ),
        Convergence::NoReference => (
            "no_reference",
            "no reference".to_owned(),
            Status::Inconclusive,
        ),
    };
    let text = note.map_or(text.clone(), |note| format!("{text}; {note}"));
    if args.json {
        let value = serde_json::json!({"rule": "mlperf_rcp", "outcome": code, "text": text});
        print(&format!("{value}\n"));
    } else {
        print(&format!(
            "mlperf-rcp: {code}: {text}\nThe rule asks only whether runs converge faster than the \
             reference; passing is no evidence of reproduction.\n"
        ));
    }
    Ok(status)
}

fn means(mean: f64, smallest: f64) -> String {
    let (mean, smallest) = (number::plain(mean), number::plain(smallest));
    format!("trimmed mean {mean}, smallest that passes {smallest}")
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(scale) if f64::is_finite(scale) && scale > 0.0 => Ok(scale),
        _ => Err("expected a number above 0".to_owned()),
    }
}

fn range(text: &str) -> Result<(f64, f64), String> {
    let inner = text.trim();
    let bracketed = inner.strip_prefix('[').and_then(|i| i.strip_suffix(']'));
    let ends = bracketed.unwrap_or(inner).split_once(',');
    let number = |end: &str| end.trim().parse::<f64>().ok().filter(|v| v.is_finite());
    match ends.and_then(|(low, high)| number(low).zip(number(high))) {
        Some((low, high)) if low < high => Ok((low, high)),
        _ => Err("expected two numbers, the lower first, as `0,100`".to_owned()),
    }
}

fn filter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, value)) if !column.is_empty() => Ok((column.to_owned(), value.to_owned())),
        _ => Err("expected `COLUMN=VALUE`".to_owned()),
    }
}

impl DecideArgs {
    fn criterion(&self) -> Option<Asked> {
        match (&self.tolerance, self.at_least, self.greater) {
            (Some(text), _, _) => Some(Asked::Tolerance(text.clone())),
            (None, Some(bound), _) => Some(Asked::AtLeast(bound)),
            (None, None, true) => Some(Asked::Greater),
            (None, None, false) => None,
        }
    }

    fn request(&self, criterion: Asked) -> Request {
        let metric = self.metric.as_ref().or(self.column.as_ref());
        let below = self.fails_below.map(FailureThreshold::Below);
        Request {
            reported: self.reported.clone(),
            criterion,
            runs: self.runs.clone(),
            minus: self.minus.clone(),
            pairing: if self.paired {
                Pairing::BySeed
            } else {
                Pairing::Independent
            },
            query: RunQuery {
                column: self.column.clone(),
                filters: self.filters.clone(),
            },
            minus_filters: (!self.minus_filters.is_empty()).then(|| self.minus_filters.clone()),
            scale: self.scale,
            metric: metric.map_or("value", String::as_str).into(),
            range: self.range,
            better: self.better.map(|direction| match direction {
                Direction::Higher => Better::Higher,
                Direction::Lower => Better::Lower,
            }),
            decimals: self.decimals,
            resolution: self.resolution,
            failure: below.or(self.fails_above.map(FailureThreshold::Above)),
            even_if_vacuous: self.even_if_vacuous,
            decision: self.decision(),
        }
    }

    fn decision(&self) -> Decision {
        Decision {
            alpha: self.alpha,
            looks: match (self.sequential, self.open_ended) {
                (true, _) => Looks::Sequential,
                (_, true) => Looks::OpenEnded,
                _ => Looks::Fixed,
            },
            min_runs: self.min_runs,
            max_runs: self.max_runs,
            basis: match self.basis {
                BasisName::Auto => Basis::Auto,
                BasisName::Process => Basis::Process,
                BasisName::Printed => Basis::Printed,
            },
            method: match self.method {
                MethodName::Both => Method::Both,
                MethodName::T => Method::T,
            },
            ..Decision::default()
        }
    }
}
