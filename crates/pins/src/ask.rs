//! Short questions to programs of the machine.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The most of an answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// What a program prints when it ends well within the time; `None` when it is absent, fails,
/// takes longer (it is then ended), or prints something that is not UTF-8.
pub(super) fn ask(program: &str, arguments: &[&str], patience: Duration) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let stdout = child.stdout.take()?;
    let (sender, answer) = mpsc::channel();
    // A thread of its own: a read cannot be given a time limit.
    thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.take(LONGEST_ANSWER).read_to_string(&mut text);
        // The receiver is gone when patience ran out.
        let _ = sender.send(read.is_ok().then_some(text));
    });
    let text = answer.recv_timeout(patience).ok().flatten();
    if text.is_none() {
        // Already ended when it closed its output by itself.
        let _ = child.kill();
    }
    child
        .wait()
        .ok()
        .filter(|status| status.success())
        .and(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn an_answer_is_read_and_everything_else_is_none() {
        let patience = Duration::from_secs(10);
        assert_eq!(ask("echo", &["yes"], patience).as_deref(), Some("yes\n"));
        assert_eq!(ask("no-such-program-here", &[], patience), None);
        assert_eq!(ask("sh", &["-c", "echo no; exit 1"], patience), None);
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let start = Instant::now();
        assert_eq!(ask("sleep", &["60"], Duration::from_millis(50)), None);
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
