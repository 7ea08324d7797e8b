//! Standard output and standard error: writing, colour, width, and the form of an error.

use std::io::{self, ErrorKind, IsTerminal, Write, stderr, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};

use crate::hints;
use crate::verify::VerifyError;
use reprove_model::diagnostics::Hint;
use reprove_model::manifest::ManifestError;
use reprove_report::{Colour, RenderOptions};

/// Becomes true when output could not be written.
static OUTPUT_LOST: AtomicBool = AtomicBool::new(false);

/// Whether a stream shows colour: it is a terminal that can, and the user has not refused
/// (<https://no-color.org>).
fn has_colour(is_terminal: bool) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    is_terminal && !refused && !dumb
}

/// Options of a report on standard output.
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
        way_to_all: Some(
            "`--report FILE.html`, or later `reprove report RESULT.json --format html`",
        ),
        ..RenderOptions::default()
    }
}

/// Prints a text on standard output. A closed pipe (`| head`) is no error; any other failure is
/// printed once on standard error and makes [`is_output_lost`] true.
pub fn print(text: &str) {
    if let Err(error) = write(&mut stdout().lock(), text)
        && !OUTPUT_LOST.swap(true, Ordering::Relaxed)
    {
        print_error(&format!("standard output: {error}"), None);
    }
}

/// Prints the help or the version, with colours where the stream shows them.
pub fn print_help(help: &clap::Error) {
    print_styled(&help.render());
}

/// Prints a text of clap, with colours where the stream shows them.
pub fn print_styled(text: &clap::builder::StyledStr) {
    if has_colour(stdout().is_terminal()) {
        print(&text.ansi().to_string());
    } else {
        print(&text.to_string());
    }
}

/// Whether some output could not be written, closed pipes apart.
pub fn is_output_lost() -> bool {
    OUTPUT_LOST.load(Ordering::Relaxed)
}

/// Writes all of a text; a closed pipe is no error.
fn write(stream: &mut dyn Write, text: &str) -> io::Result<()> {
    let written = stream.write_all(text.as_bytes());
    match written.and_then(|()| stream.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Writes a text on standard error, beyond which no stream is left for a message.
fn write_error(text: &str) {
    if write(&mut stderr().lock(), text).is_err() {
        OUTPUT_LOST.store(true, Ordering::Relaxed);
    }
}

/// Prints the last lines of a log below an error.
pub fn last_lines(lines: &[String]) {
    let lines = lines.iter().map(|line| format!("  | {}\n", escape(line)));
    write_error(&lines.collect::<String>());
}

/// Prints a note, which is no error.
pub fn note(text: &str) {
    write_error(&format!("note: {}\n", escape(text)));
}

/// Prints a line on standard error as it is.
pub fn print_line(line: &str) {
    write_error(&format!("{line}\n"));
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
    write_error(&text);
}

/// Prints every problem of a manifest, each with its hint.
pub fn print_manifest_error(error: &ManifestError) {
    for problem in error.problems() {
        let hint = hints::of_manifest(problem);
        print_error(problem, hint.as_deref());
    }
}

/// Prints why a verification cannot be made.
pub fn print_verify_error(error: &VerifyError) {
    if let VerifyError::Manifest(error) = error {
        print_manifest_error(error);
    } else {
        print_error(error, error.hint().as_deref());
    }
}

/// Text of a manifest or a repository as one line without characters that a terminal obeys.
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

    /// A stream that fails in one way.
    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_a_closed_pipe_is_no_error() {
        assert!(write(&mut Failing(ErrorKind::BrokenPipe), "x").is_ok());
        let full = write(&mut Failing(ErrorKind::StorageFull), "x").unwrap_err();
        assert_eq!(full.kind(), ErrorKind::StorageFull);
    }
}
