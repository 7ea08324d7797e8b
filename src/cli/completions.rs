//! `reprove completions`, and the answers to what a shell asks while somebody types.
//!
//! A shell calls the program itself with the words of the line: it knows the options of this version, the
//! manifests in a folder and the ids of their claims.

use std::ffi::OsStr;

use clap::{Command, CommandFactory as _};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;

use super::args::{Arguments, CompletionsArgs};
use super::help_pages::page_names;
use super::screen;
use super::status::Status;

/// The variable by which a shell asks for completions; its value is the shell.
const ASKED: &str = "REPROVE_COMPLETE";

/// Prints the script that makes a shell ask for completions.
pub fn run(args: &CompletionsArgs) -> Status {
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(&args.shell.to_string()) else {
        screen::print_error(&format!("{}: no completions are known", args.shell), None);
        return Status::BadInput;
    };
    let mut script = Vec::new();
    match shell.write_registration(ASKED, "reprove", "reprove", "reprove", &mut script) {
        Ok(()) => {
            screen::print(&String::from_utf8_lossy(&script));
            Status::Reproduced
        }
        Err(error) => {
            screen::print_error(&error, None);
            Status::BadInput
        }
    }
}

/// Answers the question of a shell; none where no shell asks.
pub fn answer() -> Option<Status> {
    let folder = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(command).var(ASKED);
    match asked.try_complete(std::env::args_os(), folder.as_deref()) {
        Ok(false) => None,
        Ok(true) => Some(Status::Reproduced),
        Err(error) => {
            screen::print_error(&error, None);
            Some(Status::BadInput)
        }
    }
}

/// The command line with what else is completed.
fn command() -> Command {
    let with_pages = |help: Command| {
        help.mut_arg("words", |words| {
            words.add(ArgValueCompleter::new(pages_and_commands))
        })
    };
    Arguments::command().mut_subcommand("help", with_pages)
}

/// The pages of help and the commands.
fn pages_and_commands(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let command = Arguments::command();
    let commands = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned());
    let names = page_names().into_iter().chain(commands);
    names
        .filter(|name| name.starts_with(&*typed))
        .map(CompletionCandidate::new)
        .collect()
}
