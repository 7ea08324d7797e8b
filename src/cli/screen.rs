//! Where text goes: standard output and error, colour, width, and the form of an error.

use std::io::{IsTerminal, Write, stderr, stdout};

use anstyle::{AnsiColor, Style};

use reprove_report::{Colour, RenderOptions};

/// Whether a stream shows colour: it is a terminal that can, and the user has not refused
/// (<https://no-color.org>).
fn has_colour(is_terminal: bool) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    is_terminal && !refused && !dumb
}

/// How a report is drawn on standard output.
pub fn page() -> RenderOptions {
    let colour = if has_colour(stdout().is_terminal()) {
        Colour::Coloured
    } else {
        Colour::Plain
    };
    let size = rustix::termios::tcgetwinsize(stdout()).ok();
    let width = match size.map(|size| usize::from(size.ws_col)) {
        Some(columns) if columns > 0 => columns.clamp(80, 120),
        _ => 100,
    };
    RenderOptions {
        width,
        colour,
        ..RenderOptions::default()
    }
}

/// Prints a report; a reader that has gone away (`| head`) is no error.
pub fn print(text: &str) {
    let _ = stdout().lock().write_all(text.as_bytes());
}

/// Prints the last lines of a log below an error.
pub fn last_lines(lines: &[String]) {
    let text: String = lines
        .iter()
        .map(|line| format!("  | {}\n", escape(line)))
        .collect();
    let _ = stderr().lock().write_all(text.as_bytes());
}

/// Prints something that is worth knowing and no error.
pub fn note(text: &str) {
    let text = format!("note: {}\n", escape(text));
    let _ = stderr().lock().write_all(text.as_bytes());
}

/// Prints an error and its hint, if it has one.
pub fn print_error(error: &dyn std::fmt::Display, hint: Option<&str>) {
    let colour = has_colour(stderr().is_terminal());
    let red = if colour {
        AnsiColor::Red.on_default().bold()
    } else {
        Style::new()
    };
    let cyan = if colour {
        AnsiColor::Cyan.on_default()
    } else {
        Style::new()
    };
    let mut text = format!("{red}error:{red:#} {}\n", escape(&error.to_string()));
    if let Some(hint) = hint {
        text += &format!("{cyan}hint:{cyan:#} {}\n", escape(hint));
    }
    let _ = stderr().lock().write_all(text.as_bytes());
}

/// Text of a manifest or a repository as one line that a terminal takes for text alone.
pub fn escape(text: &str) -> String {
    reprove_model::escape::text(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_are_shown_not_obeyed() {
        assert_eq!(
            escape("a\x1b[31mb\u{202e}c\nd é"),
            "a\\u{1b}[31mb\\u{202e}c\\nd é"
        );
    }
}
