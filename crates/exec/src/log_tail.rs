//! The last words of a run or of a build step, out of its two logs.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use reprove_model::escape::printable_end;
use reprove_sandbox::FinishedProcess;

/// How much of the end of a log is looked at, in bytes.
const TAIL: u64 = 64 << 10;

/// One of the two streams that a program writes its words to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// How many lines of the other stream are kept.
const OTHER_LINES: usize = 5;

/// The ends of what a program wrote to its two streams, as a terminal would show them.
pub struct LogTail {
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub error: String,
}

impl LogTail {
    /// What a finished program said last.
    pub fn of(finished: &FinishedProcess) -> Self {
        let read = |path: &Path| tail(path).unwrap_or_default();
        Self {
            output: read(&finished.stdout),
            error: read(&finished.stderr),
        }
    }

    /// The last lines, safe to print: at most `most` of the stream that tells more, and, before
    /// them, some of the other one.
    pub fn last_lines(&self, most: usize, telling: Stream) -> Vec<String> {
        let (output, error) = match telling {
            Stream::Output => (most, OTHER_LINES),
            Stream::Error => (OTHER_LINES, most),
        };
        let kept = |text: &str, most: usize| {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            let lines: Vec<&str> = lines.collect();
            let last = lines[lines.len().saturating_sub(most)..].iter();
            last.map(|line| printable_end(line, 400)).collect()
        };
        let is_silent = |text: &str| text.trim().is_empty();
        if is_silent(&self.error) {
            return kept(&self.output, most);
        }
        if is_silent(&self.output) {
            return kept(&self.error, most);
        }
        let headed = |head: &str, lines: Vec<String>| [vec![head.to_owned()], lines].concat();
        let output = headed("standard output:", kept(&self.output, output));
        let error = headed("standard error:", kept(&self.error, error));
        match telling {
            Stream::Output => [error, output].concat(),
            Stream::Error => [output, error].concat(),
        }
    }
}

/// The end of a log as text.
fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.split('\n').map(on_screen).collect();
    Ok(lines.join("\n"))
}

/// What a terminal still shows of a line that progress bars have written over and over.
fn on_screen(line: &str) -> &str {
    let line = line.trim_end();
    line.rsplit('\r').next().unwrap_or(line)
}
