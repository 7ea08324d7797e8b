//! `reprove help`: pages that teach, and the help of commands.

use clap::{Command, CommandFactory as _, ValueEnum as _};
use reprove_model::diagnostics::nearest_or_all;

use super::args::Arguments;
use super::help_pages::{HelpPage, page_names};
use super::help_text::plain;
use super::reference_args::HelpArgs;
use super::screen::{self, page, print, print_error};
use super::status::Status;

/// Prints a page, the help of a command, or that of the program with the list of pages.
pub fn run(args: &HelpArgs) -> Status {
    let mut command = Arguments::command();
    command.build();
    match args.words.as_slice() {
        [] => {
            screen::print_styled(&command.render_help());
            print(&list());
            Status::Reproduced
        }
        [word] if let Ok(found) = HelpPage::from_str(word, true) => {
            print(&plain(&found.markdown(), page().width));
            Status::Reproduced
        }
        words => help_of(&mut command, words),
    }
}

/// The list of pages.
fn list() -> String {
    let mut text = "\nHelpPages (`reprove help PAGE`):\n".to_owned();
    for value in HelpPage::value_variants()
        .iter()
        .filter_map(HelpPage::to_possible_value)
    {
        let help = value
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        text += &format!("  {:<12} {help}\n", value.get_name());
    }
    text
}

fn help_of(command: &mut Command, words: &[String]) -> Status {
    let mut found = command;
    for word in words {
        let commands = found
            .get_subcommands()
            .map(|command| command.get_name().to_owned());
        let known: Vec<String> = commands.collect();
        if !known.contains(word) {
            let pages = page_names();
            let shown = reprove_model::escape::text(word);
            let names = pages.iter().chain(&known).map(String::as_str);
            let hint = nearest_or_all(&shown, names);
            print_error(
                &format!("expected a page or a command, found `{shown}`"),
                Some(&hint),
            );
            return Status::BadInput;
        }
        let Some(next) = found.find_subcommand_mut(word) else {
            return Status::BadInput;
        };
        found = next;
    }
    screen::print_styled(&found.render_long_help());
    Status::Reproduced
}
