//! Reads the arguments and carries out the command.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

use super::args::{Arguments, Command};
use super::status::Status;
use super::{
    audit, check, circumstances, completions, decide, doctor, explain, help, import, man, pin,
    plan, report, schema, screen, slurm, verify,
};

/// Reads the arguments of this process and carries out the command.
pub fn main() -> ExitCode {
    circumstances::survive_file_size_limit();
    let typed: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let [command, rest @ ..] = typed.as_slice()
        && command == "__task"
    {
        return slurm::task(rest);
    }
    if let Some(status) = completions::answer() {
        return end(status);
    }
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; everything else is bad usage, said in one line.
            if !error.use_stderr() {
                screen::print_help(&error);
                return end(Status::Reproduced);
            }
            if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
                screen::print_line(&error.to_string());
            } else {
                let (problem, hint) = usage(&error);
                screen::print_error(&problem, Some(&hint));
            }
            return Status::BadInput.into();
        }
    };
    let status = match arguments.command {
        Command::Verify(options) => verify::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Pin(options) => pin::run(&options),
        Command::Plan(options) => plan::run(&options),
        Command::Decide(options) => decide::run(&options),
        Command::Report(options) => report::run(&options),
        Command::Audit(options) => audit::run(&options),
        Command::Doctor(options) => doctor::run(&options),
        Command::Import(options) => import::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Schema(options) => schema::run(&options),
        Command::Completions(options) => completions::run(&options),
        Command::Man(options) => man::run(&options),
        Command::Help(options) => help::run(&options),
    };
    end(status)
}

/// The exit status of a command: output that could not be written is an error too.
fn end(status: Status) -> ExitCode {
    let status = match screen::is_output_lost() {
        true => status.worse(Status::BadInput),
        false => status,
    };
    status.into()
}

/// What is wrong with the arguments in one line, and the one hint: clap's tip, or where the help is.
fn usage(error: &clap::Error) -> (String, String) {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let problem = lines
        .next()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned();
    // What is missing stands on lines of its own.
    let rest: Vec<&str> = lines
        .take_while(|line| !line.starts_with("Usage:"))
        .collect();
    let (tips, named): (Vec<&str>, Vec<&str>) =
        rest.into_iter().partition(|line| line.starts_with("tip: "));
    let named = named
        .into_iter()
        .filter(|line| !line.starts_with("For more information"));
    let problem = std::iter::once(problem.as_str())
        .chain(named)
        .collect::<Vec<_>>()
        .join(" ");
    let tip = tips
        .first()
        .map(|tip| tip.trim_start_matches("tip: ").to_owned());
    (
        problem,
        tip.unwrap_or_else(|| {
            "`reprove --help` and `reprove COMMAND --help` list what there is".to_owned()
        }),
    )
}
