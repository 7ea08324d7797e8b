//! Arguments of `import`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::import_runs::RunArgs;
use super::value_parsers::table_formats;
use reprove_import::{
    ColumnAxis, FoundSpread, FoundUnit, ImportOptions, ParenthesisMeaning, TableFormat,
};

/// Options of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// What is read
    #[command(subcommand)]
    pub command: ImportCommand,
}

/// What `import` reads.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Write claims out of the tables of a paper or a README
    Table(Box<TableArgs>),
    /// The same as `table --format latex`
    Latex(Box<TableArgs>),
    /// The same as `table --format markdown`
    Markdown(Box<TableArgs>),
    /// The same as `table --format html`
    Html(Box<TableArgs>),
    /// The same as `table --format csv`
    Csv(Box<TableArgs>),
    /// Write values of runs out of what training tools write
    Runs(Box<RunArgs>),
}

/// Options of `import table`.
///
/// What the file does not say is not guessed: the weaker form is written, and a line on standard error
/// names the option that would sharpen it.
#[derive(Debug, Args)]
pub struct TableArgs {
    /// LaTeX, Markdown, HTML, CSV, YAML, JSON, or the text of `pdftotext -layout`; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The table, by its number or its label
    #[arg(long, value_name = "N|LABEL")]
    pub table: Option<String>,
    /// List the tables of the file
    #[arg(long)]
    pub list: bool,
    /// Only the rows with these labels
    #[arg(long, value_name = "R,…", value_delimiter = ',')]
    pub rows: Vec<String>,
    /// Only the columns with these labels, also settings and costs
    #[arg(long, value_name = "C,…", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// The metric of all values
    #[arg(long, value_name = "M")]
    pub metric: Option<String>,
    /// What the columns are
    #[arg(long, value_enum)]
    pub across: Option<Across>,
    /// What ± is
    #[arg(long, value_enum)]
    pub spread: Option<Spread>,
    /// The number of runs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: Option<u32>,
    /// The values are the best of so many runs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub best_of: Option<u32>,
    /// What `--runs` counts
    #[arg(long, value_enum)]
    pub unit: Option<Unit>,
    /// Which values are better
    #[arg(long, value_enum)]
    pub better: Option<Direction>,
    /// Whether all right is 100 or 1
    #[arg(long, value_enum)]
    pub scale: Option<Scale>,
    /// Read a comma as the decimal point
    #[arg(long)]
    pub decimal_comma: bool,
    /// The names of two values in a cell
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1)]
    pub pair: Vec<String>,
    /// What a number in parentheses is
    #[arg(long, value_enum)]
    pub paren: Option<Paren>,
    /// The tolerance of every claim: sd:1, absolute:1.5, relative:2%, below:1, above:1, digits, exact
    #[arg(long, value_name = "T")]
    pub tolerance: Option<String>,
    /// Add the configurations and claims to this manifest; comments and all else stay as they are
    #[arg(long, value_name = "MANIFEST")]
    pub into: Option<PathBuf>,
    /// With `--into`: change nothing, and exit with 4 where anything would be added
    #[arg(long, requires = "into")]
    pub check: bool,
    /// The format, instead of as the extension says
    #[arg(long, value_name = "F", value_parser = table_formats())]
    pub format: Option<TableFormat>,
    /// Exit with 3 when anything is asked or refused
    #[arg(long)]
    pub strict: bool,
    /// Print everything that is found as JSON
    #[arg(long)]
    pub json: bool,
}

/// What the columns of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Across {
    /// Data sets
    Dataset,
    /// Metrics
    Metric,
    /// Methods
    Method,
}

/// What ± is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Spread {
    /// Standard deviation
    Sd,
    /// Standard error of the mean
    Sem,
    /// Half of a 95 % interval
    Ci95,
    /// Not known
    Unknown,
}

/// What is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Unit {
    /// Runs with seeds of their own
    Run,
    /// Folds of a cross-validation
    Fold,
    /// Episodes of one trained model
    Episode,
}

/// Which values are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Direction {
    /// Higher values
    Higher,
    /// Lower values
    Lower,
}

/// The scale of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    /// All right is 100
    Percent,
    /// All right is 1
    Fraction,
}

/// What a number in parentheses is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Paren {
    /// The spread
    Spread,
    /// The spread in units of the last digit
    Digits,
    /// A rank or a gain: no part of the value
    Other,
}

impl TableArgs {
    /// Converts to the options of the reader.
    ///
    /// # Errors
    /// In one line, when `--pair` does not name two values.
    pub fn options(&self) -> Result<ImportOptions, String> {
        let pair = match self.pair.as_slice() {
            [] => None,
            [first, second] => Some([first.clone(), second.clone()]),
            names => {
                return Err(format!("--pair: expected two names, found {}", names.len()));
            }
        };
        Ok(ImportOptions {
            table: self.table.clone(),
            rows: self.rows.clone(),
            columns: self.columns.clone(),
            metric: self.metric.clone(),
            across: self.across.map(|across| match across {
                Across::Dataset => ColumnAxis::Dataset,
                Across::Metric => ColumnAxis::Metric,
                Across::Method => ColumnAxis::Method,
            }),
            spread: self.spread.map(|spread| match spread {
                Spread::Sd => FoundSpread::Sd,
                Spread::Sem => FoundSpread::Sem,
                Spread::Ci95 => FoundSpread::Ci95,
                Spread::Unknown => FoundSpread::Unknown,
            }),
            runs: self.runs,
            best_of: self.best_of,
            unit: self.unit.map(|unit| match unit {
                Unit::Run => FoundUnit::Run,
                Unit::Fold => FoundUnit::Fold,
                Unit::Episode => FoundUnit::Episode,
            }),
            higher_is_better: self.better.map(|better| better == Direction::Higher),
            percent: self.scale.map(|scale| scale == Scale::Percent),
            decimal_comma: self.decimal_comma,
            pair,
            parentheses: self.paren.map(|paren| match paren {
                Paren::Spread => ParenthesisMeaning::Spread,
                Paren::Digits => ParenthesisMeaning::LastDigits,
                Paren::Other => ParenthesisMeaning::Other,
            }),
        })
    }

    /// The tolerance as the manifest writes it.
    ///
    /// # Errors
    /// In one line, when it is none.
    pub fn tolerance(&self) -> Result<Option<String>, String> {
        let Some(text) = &self.tolerance else {
            return Ok(None);
        };
        let fault = || {
            format!(
                "--tolerance: expected sd:1, absolute:1.5, relative:2%, below:1, above:1, digits or exact, found `{text}`"
            )
        };
        if matches!(text.as_str(), "digits" | "exact") {
            return Ok(Some(format!("{{{text}: true}}")));
        }
        let (kind, amount) = text.split_once(':').ok_or_else(fault)?;
        let is_kind = ["sd", "absolute", "relative", "below", "above"].contains(&kind);
        let digits = amount.trim_end_matches('%');
        let is_amount = digits
            .parse::<f64>()
            .is_ok_and(|amount| amount.is_finite() && amount >= 0.0)
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.');
        match is_kind && is_amount && (digits == amount || kind == "relative") {
            true => Ok(Some(format!("{{{kind}: {amount}}}"))),
            false => Err(fault()),
        }
    }
}
