//! The command line: arguments, output and exit statuses.
//!
//! Standard output carries the report, standard error progress and errors. No other module writes to
//! standard output or standard error.

pub mod args;
mod attempt;
pub mod audit;
pub mod check;
mod check_problems;
mod circumstances;
mod completers;
mod completions;
pub mod decide;
mod dispatch;
pub mod doctor;
pub mod evidence;
mod explain;
mod help;
mod help_pages;
mod help_text;
pub mod import;
pub mod import_args;
mod import_into;
mod import_run_hints;
mod import_runs;
pub mod interrupt;
mod last_result;
mod man;
pub mod outputs;
mod paragraphs;
mod pin;
pub mod plan;
pub mod progress;
pub mod reference_args;
pub mod report;
mod schema;
pub mod screen;
pub mod slurm;
mod status;
pub mod threads;
pub mod value_parsers;
pub mod verify;

pub use dispatch::main;
pub use status::Status;
