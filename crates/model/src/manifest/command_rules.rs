//! The rules of commands: a program and its arguments, which no shell reads.

use super::common::without_nul;
use super::error::Problem;
use crate::escape;

/// Programs that read a command themselves.
const SHELLS: [&str; 6] = ["bash", "sh", "dash", "zsh", "fish", "ksh"];

/// Programs that take a command, of which the words of the shell may be a part.
const CARRIERS: [&str; 3] = ["env", "srun", "xargs"];

/// Refuses a command that cannot start or that is written for a shell.
pub(super) fn command(words: &[String], path: &str) -> Result<(), Problem> {
    let Some(program) = words.first().filter(|word| !word.trim().is_empty()) else {
        let problem = "expected a program and its arguments, found nothing";
        return Err(
            Problem::at(path, problem).hint("name the program first, as in `[python3, train.py]`")
        );
    };
    for (index, word) in words.iter().enumerate() {
        without_nul(word, &format!("{path}[{index}]"))?;
    }
    let first = program.split_whitespace().next().unwrap_or_default();
    if first != program && !first.contains('/') {
        let problem = format!(
            "expected a program, found a whole command, `{}`",
            escape::text(program)
        );
        let hint = format!("write each word as an element: `[{}]`", elements(words));
        return Err(Problem::at(format!("{path}[0]"), problem).hint(hint));
    }
    word_of_shell(program, path)?;
    let name = program.rsplit('/').next().unwrap_or(program);
    if SHELLS.contains(&name) || CARRIERS.contains(&name) {
        return Ok(());
    }
    for (index, pair) in words.windows(2).enumerate() {
        argument(&pair[0], &pair[1], &format!("{path}[{}]", index + 1))?;
    }
    Ok(())
}

/// Refuses what only a shell starts.
fn word_of_shell(program: &str, path: &str) -> Result<(), Problem> {
    let is_assignment = || {
        let name = program.split_once('=').map_or("", |(name, _)| name);
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
    };
    let (what, hint) = match program {
        "cd" | "pushd" => (
            "a command of a shell",
            "state the folder as `directory` under `code`",
        ),
        "source" | "." | "activate" => (
            "a command of a shell",
            "state the packages under `experiment.environment`",
        ),
        "export" | "set" => (
            "a command of a shell",
            "state variables under `experiment.env`",
        ),
        "sudo" | "su" => (
            "a program that changes rights, which no run has",
            "leave it out",
        ),
        _ if is_assignment() => (
            "a variable",
            "state variables under `experiment.env`, as in `env: {NAME: value}`",
        ),
        _ => return Ok(()),
    };
    let problem = format!("expected a program, found `{program}`, {what}");
    Err(Problem::at(format!("{path}[0]"), problem).hint(hint))
}

/// Refuses an argument that is written for a shell.
fn argument(before: &str, word: &str, path: &str) -> Result<(), Problem> {
    let found = escape::text(word);
    // After an option a sign may be its value.
    let hint = match before.starts_with('-') {
        true => hint_of_path(word),
        false => hint_of_sign(word, path).or_else(|| hint_of_path(word)),
    };
    if let Some(hint) = hint {
        let problem = format!("expected an argument, found `{found}`: no shell reads the command");
        return Err(Problem::at(path, problem).hint(hint));
    }
    if before.starts_with('-') || !is_option_with_value(word) {
        return Ok(());
    }
    let problem = format!("expected one argument, found an option and its value, `{found}`");
    let hint = format!("write two elements: `{}`", elements(&[word.to_owned()]));
    Err(Problem::at(path, problem).hint(hint))
}

/// The hint for a word that joins or redirects commands of a shell.
fn hint_of_sign(word: &str, path: &str) -> Option<String> {
    let is_redirection =
        word.starts_with(['>', '<']) && word.len() > 1 && !word.ends_with(['>', '=']);
    let hint = match word {
        "&&" | "||" | ";" | "&" if path.starts_with("experiment.build") => {
            "write each step as a list of its own, as in `[[make], [make, install]]`"
        }
        "&&" | "||" | ";" | "&" => "write steps before the run under `build`, a list of words each",
        "|" | ">" | ">>" | "<" | "2>" | "2>&1" | "&>" | "|&" => {
            "leave it out: what the program prints is kept, and a source `regex` reads it"
        }
        "\\" => "leave it out: a list may go on in the next line",
        _ if is_redirection => {
            "leave it out: what the program prints is kept, and a source `regex` reads it"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// The hint for a variable or a home folder, which a shell would write out.
fn hint_of_path(word: &str) -> Option<String> {
    if word.starts_with("${seed}") {
        return Some("write `{seed}`".to_owned());
    }
    if word.starts_with("~/") {
        let hint = "name the file under `data`, and hand over its placeholder `{data.NAME}`";
        return Some(hint.to_owned());
    }
    let name = word.strip_prefix('$')?.split('/').next()?;
    let name = name
        .strip_prefix('{')
        .and_then(|n| n.strip_suffix('}'))
        .unwrap_or(name);
    let is_variable = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_variable.then(|| "write the value out, or a placeholder as `{data.NAME}`".to_owned())
}

/// Whether a word is an option and its value, as `--seed 1`.
fn is_option_with_value(word: &str) -> bool {
    let (option, value) = word.split_once(' ').unwrap_or(("", ""));
    let name = option.trim_start_matches('-');
    option.starts_with('-')
        && !value.is_empty()
        && !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// The words as elements of a YAML list.
fn elements(words: &[String]) -> String {
    let quoted = |word: &str| match word.contains(['{', '}', '*', '&', '#', ':', '|', '>']) {
        true => format!("\"{word}\""),
        false => word.to_owned(),
    };
    let words = words.iter().flat_map(|word| word.split_whitespace());
    let words: Vec<String> = words.map(quoted).collect();
    words.join(", ")
}
