//! Command-line arguments (clap).

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use super::completers::{claims, manifests};
use super::decide::DecideArgs;
use super::import_args::ImportArgs;
use super::reference_args::{ExplainArgs, HelpArgs, ManArgs, SchemaArgs};
use super::slurm::SlurmArgs;
use super::value_parsers::{DeviceParser, FormatParser};
use reprove_exec::{ExecutorConfig, Jobs};
use reprove_model::manifest::{CommitId, Device};
use reprove_pins::check as pins;
use reprove_pins::data::HashPolicy;
use reprove_pins::fetch::NetworkPolicy;
use reprove_report::Format;

/// Decides whether a reported machine-learning result reproduces.
///
/// A manifest pins the code, the data and the seeds of an experiment and states what its paper
/// claims. reprove checks the pins, reruns the experiment over the seeds and decides each claim by
/// statistics: REPRODUCED, NOT REPRODUCED or INCONCLUSIVE, each with a controlled error rate.
#[derive(Debug, Parser)]
#[command(name = "reprove", version, after_help = EXIT_STATUS, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_STATUS: &str = "\
Exit status:
  0    all claims REPRODUCED
  1    some claim NOT REPRODUCED
  2    none refuted, some INCONCLUSIVE (0 with --allow-inconclusive, or with --accept recomputed
       where the published seeds give the published numbers)
  3    bad manifest, bad input or usage
  4    could not verify: a pin does not hold, a build failed, too many runs failed
  130  interrupted; what had finished is kept";

impl Arguments {
    /// The arguments of this process.
    ///
    /// # Errors
    /// What clap finds wrong with them, or a request for help or version.
    pub fn read() -> Result<Self, clap::Error> {
        Self::try_parse()
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the pins, rerun the experiment and decide the claims
    Verify(Box<VerifyArgs>),
    /// Check a manifest and every pin; run nothing
    Check(CheckArgs),
    /// Fill in or renew the pins of a manifest, commit and digests, and show the difference
    Pin(PinArgs),
    /// Show what would run, how many runs each claim is likely to need, and what can never be decided
    Plan(PlanArgs),
    /// Decide a claim by the statistics alone, from the values of reruns that are at hand
    Decide(Box<DecideArgs>),
    /// Render a result again: text, json, markdown, html, latex, junit, csv, badge, card, …
    Report(ReportArgs),
    /// Check a bundle of evidence and derive its verdict again, without a rerun
    Audit(AuditArgs),
    /// Show what this machine can do: sandbox, devices, Slurm, compilers
    Doctor(DoctorArgs),
    /// Write claims out of tables: LaTeX, Markdown, HTML, CSV, YAML, JSON, text of pdftotext
    Import(ImportArgs),
    /// Say in plain sentences what a verdict or a code of a result means
    Explain(ExplainArgs),
    /// Print the JSON Schema of a manifest, a recipe or a result
    Schema(SchemaArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print a page of the manual, or write all of them
    Man(ManArgs),
    /// Show a page that teaches, or the help of a command
    Help(HelpArgs),
}

/// Options of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The manifests, YAML files
    #[arg(required = true, value_name = "MANIFEST", add = ArgValueCompleter::new(manifests))]
    pub manifests: Vec<PathBuf>,
    /// Runs side by side; by default one a core, divided by the threads of a run
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Device of every run instead of the manifest's: cpu, cuda, cuda:1, metal
    #[arg(long, value_name = "D", value_parser = DeviceParser)]
    pub device: Option<Device>,
    /// Where the runs are made
    #[arg(long, value_enum, default_value_t = ExecutorKind::Local)]
    pub executor: ExecutorKind,
    /// Only these claims, by their ids
    #[arg(long, value_name = "ID,…", value_delimiter = ',', add = ArgValueCompleter::new(claims))]
    pub claims: Vec<String>,
    /// At most so many runs a configuration
    #[arg(long, value_name = "N")]
    pub max_runs: Option<u32>,
    /// Text that derived seeds (`seeds: {derived: N}`) depend on, so that nobody knew them beforehand
    #[arg(long, value_name = "TEXT")]
    pub nonce: Option<String>,
    /// Make all runs and look once at the end, instead of stopping when a claim is settled
    #[arg(long)]
    pub no_sequential: bool,
    /// Make runs even for a claim that no number of runs can decide
    #[arg(long)]
    pub even_if_undecidable: bool,
    /// Decide also claims whose tolerance holds every value that the metric can take
    #[arg(long)]
    pub even_if_vacuous: bool,
    /// How the pins are checked.
    #[command(flatten)]
    pub pins: PinCheckArgs,
    /// Make every run again, instead of resuming with those that finished earlier
    #[arg(long, conflicts_with = "resume")]
    pub fresh: bool,
    /// Do not make a run again that finished earlier and is the same in all that determines it
    /// (the default)
    #[arg(long)]
    pub resume: bool,
    /// Keep the checkout and the runs' folders, with what programs wrote, and say where they are
    #[arg(long)]
    pub keep: bool,
    /// Folder that keeps finished runs [default: $XDG_STATE_HOME/reprove or ~/.local/state/reprove]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Write the report to a file, in the format of its extension (.json .txt .md .html .tex .xml
    /// .csv .svg) or of --format; may be given several times
    #[arg(long, value_name = "FILE")]
    pub report: Vec<PathBuf>,
    /// Format of the report files, instead of as their extensions say
    #[arg(long, value_name = "F", requires = "report", value_parser = FormatParser)]
    pub format: Option<Format>,
    /// Write the evidence that others can audit into a new folder
    #[arg(long, value_name = "DIR")]
    pub evidence: Option<PathBuf>,
    /// Sign the evidence with an OpenSSH private key (Ed25519, without a passphrase)
    #[arg(long, value_name = "KEY", requires = "evidence")]
    pub sign: Option<PathBuf>,
    /// Exit with 0 when no claim is refuted and some are inconclusive
    #[arg(long)]
    pub allow_inconclusive: bool,
    /// Exit with 0 also when claims are open because all their seeds are published, and the runs on these
    /// give the reported values to their printed digits
    #[arg(long, value_enum, value_name = "WHAT")]
    pub accept: Option<Accept>,
    /// Run programs with your own rights, without a sandbox; reported as a deviation
    #[arg(long)]
    pub no_sandbox: bool,
    /// Count a deviation as a broken pin
    #[arg(long)]
    pub strict: bool,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
    /// Print the report as JSON; of several manifests a list
    #[arg(long)]
    pub json: bool,
    /// What is asked of Slurm.
    #[command(flatten)]
    pub slurm: SlurmArgs,
}

/// What is accepted besides a reproduced claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Accept {
    /// The published seeds give the published numbers
    Recomputed,
}

impl VerifyArgs {
    /// Converts to the configuration of the executor.
    ///
    /// # Errors
    /// In one line, the fault of the user's configuration file.
    pub fn executor(&self) -> Result<Box<dyn ExecutorConfig>, String> {
        Ok(match self.executor {
            ExecutorKind::Local => Box::new(self.jobs.map_or(Jobs::Automatic, Jobs::Count)),
            ExecutorKind::Slurm => Box::new(self.slurm.options()?),
        })
    }
}

/// Where runs are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExecutorKind {
    /// On this machine
    Local,
    /// On a cluster, as Slurm's job arrays; the store must be a folder that all nodes share
    Slurm,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The manifests, YAML files
    #[arg(required = true, value_name = "MANIFEST", add = ArgValueCompleter::new(manifests))]
    pub manifests: Vec<PathBuf>,
    /// How the pins are checked.
    #[command(flatten)]
    pub pins: PinCheckArgs,
    /// Print the pins as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `pin`.
#[derive(Debug, Args)]
pub struct PinArgs {
    /// The manifests, YAML files
    #[arg(required = true, value_name = "MANIFEST", add = ArgValueCompleter::new(manifests))]
    pub manifests: Vec<PathBuf>,
    /// Move the pin of the code to this commit: a branch, a tag, HEAD, a short or a full id
    #[arg(long, value_name = "REV")]
    pub commit: Option<String>,
    /// Change nothing; exit with 4 if some pin is not as it is now
    #[arg(long)]
    pub check: bool,
    /// Folder in which data are looked for by file name when the manifest's path or URL is not here
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Print the pins, old and new, as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The result, as `verify --json` prints it or `--report FILE.json` writes it
    #[arg(value_name = "RESULT.json")]
    pub result: PathBuf,
    /// The format
    #[arg(long, value_name = "F", default_value = "text", value_parser = FormatParser)]
    pub format: Format,
}

/// Options of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// The folder that `verify --evidence` wrote
    #[arg(value_name = "EVIDENCE")]
    pub evidence: PathBuf,
    /// Require a signature of one of these signers, a file as ssh-keygen(1) describes it
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    /// Print what was found as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Print what was found as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
The completions ask the program itself, so that they know the manifests of a folder and the ids of their claims:
  bash        source <(reprove completions bash)             in ~/.bashrc
  zsh         source <(reprove completions zsh)              in ~/.zshrc
  fish        reprove completions fish | source              in ~/.config/fish/config.fish
  elvish      eval (reprove completions elvish | slurp)      in ~/.elvish/rc.elv
  powershell  reprove completions powershell | Out-String | Invoke-Expression")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Options of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The manifest, a YAML file
    #[arg(value_name = "MANIFEST", add = ArgValueCompleter::new(manifests))]
    pub manifest: PathBuf,
    /// The commit to verify, 40 digits, of a manifest that states `commit: HEAD`
    #[arg(long, value_name = "SHA")]
    pub commit: Option<CommitId>,
    /// Folder that keeps finished runs, by which the cost is estimated [default: as of `verify`]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Print the plan as JSON
    #[arg(long)]
    pub json: bool,
}

/// How the pins are checked.
#[derive(Debug, Args)]
pub struct PinCheckArgs {
    /// The commit to verify, 40 digits, of a manifest that states `commit: HEAD`; by default that of the
    /// CI run, as GitHub and GitLab name it
    #[arg(long, value_name = "SHA")]
    pub commit: Option<CommitId>,
    /// Take the commit from this clone, a path, instead of from where the manifest says
    #[arg(long, value_name = "PATH")]
    pub clone: Option<PathBuf>,
    /// Folder in which data are looked for by file name when the manifest's path or URL is not here
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Read every byte of the data again instead of trusting a remembered digest
    #[arg(long)]
    pub paranoid: bool,
    /// Use only what is in the caches; fetch nothing
    #[arg(long)]
    pub offline: bool,
}

impl PinCheckArgs {
    /// Converts to `pins::PinOptions`.
    pub fn options(&self) -> pins::PinOptions {
        pins::PinOptions {
            reach: if self.offline {
                NetworkPolicy::CacheOnly
            } else {
                NetworkPolicy::Network
            },
            data_dir: self.data_dir.clone(),
            clone: self.clone.clone(),
            trust: if self.paranoid {
                HashPolicy::Paranoid
            } else {
                HashPolicy::Cached
            },
        }
    }
}
