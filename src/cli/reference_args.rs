//! Arguments of the commands that explain: `schema`, `explain`, `help`, `man`, `completions`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use super::completers::{claims_and_codes, manifests};

/// Options of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which schema
    #[arg(value_enum, default_value_t = SchemaKind::Manifest)]
    pub kind: SchemaKind,
}

/// A kind of file that has a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaKind {
    /// The manifest of an experiment
    Manifest,
    /// A recipe, which reprove trains
    Recipe,
    /// A result, as `verify --json` prints it
    Result,
}

/// Options of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
The result is the last one of MANIFEST, or the last one of all, as the store keeps them, or that of
--result. With a word it says what that claim's verdict or that code means: a reason, a warning, a
deviation, a failure, a limitation. Without one it explains every claim.")]
pub struct ExplainArgs {
    /// A claim by its id, or a code of a result, as `interval_too_wide`
    #[arg(value_name = "CLAIM|CODE", add = ArgValueCompleter::new(claims_and_codes))]
    pub word: Option<String>,
    /// The result, as `verify --json` prints it or `--report FILE.json` writes it
    #[arg(long, value_name = "FILE")]
    pub result: Option<PathBuf>,
    /// The manifest whose last result is explained
    #[arg(long, value_name = "MANIFEST", conflicts_with = "result", add = ArgValueCompleter::new(manifests))]
    pub manifest: Option<PathBuf>,
    /// Folder that keeps the last results [default: as of `verify`]
    #[arg(long, value_name = "DIR", conflicts_with = "result")]
    pub store: Option<PathBuf>,
    /// Print the explanation as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `help`.
#[derive(Debug, Args)]
#[command(after_help = "\
Pages:
  manifest    the manifest, key by key
  statistics  verdicts, tolerances, and how many runs
  recipes     experiments that reprove trains
  ci          a gate for a repository's results
  cluster     runs as jobs of Slurm")]
pub struct HelpArgs {
    /// A page, or the name of a command
    #[arg(value_name = "PAGE|COMMAND")]
    pub words: Vec<String>,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command whose page is printed, as `verify`; `reprove` itself by default
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Write the pages of all commands into a folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub folder: Option<PathBuf>,
}
