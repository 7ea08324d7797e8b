//! `reprove man`: pages of the manual, out of the definition of the command line.

use std::io;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use reprove_model::diagnostics::nearest_or_all;

use super::args::Arguments;
use super::reference_args::ManArgs;
use super::screen::{print, print_error};
use super::status::Status;

/// Prints a page, or writes all pages into a folder.
pub fn run(args: &ManArgs) -> Status {
    let mut command = Arguments::command();
    command.build();
    let done = match &args.folder {
        Some(folder) => write_all(command, folder).map_err(|error| (error, None)),
        None => page(&command, &args.command).map(|page| print(&page)),
    };
    match done {
        Ok(()) => Status::Reproduced,
        Err((problem, hint)) => {
            print_error(&problem, hint.as_deref());
            Status::BadInput
        }
    }
}

/// Writes the page of every command, `reprove-verify.1` and so on.
fn write_all(command: Command, folder: &Path) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(command, folder).map_err(failed)
}

/// The page of a command, named by its words.
fn page(command: &Command, words: &[String]) -> Result<String, (String, Option<String>)> {
    let mut found = command;
    for word in words {
        let Some(next) = found.find_subcommand(word) else {
            let known = found.get_subcommands().map(Command::get_name);
            let word = reprove_model::escape::text(word);
            return Err((
                format!("expected a command, found `{word}`"),
                Some(nearest_or_all(&word, known)),
            ));
        };
        found = next;
    }
    let mut page = Vec::new();
    let rendered = Man::new(found.clone()).render(&mut page);
    rendered.map_err(|error| (error.to_string(), None))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
