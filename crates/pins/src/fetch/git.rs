//! The `git` command, hardened, and what it says when it fails.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reprove_model::escape;
use rustix::process::{Pid, Signal, kill_process};

/// Variables of the caller that git, curl and ssh need to reach a server; all others are kept away.
const PASSED_ON: [&str; 16] = [
    "PATH",
    "HOME",
    "SSH_AUTH_SOCK",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "TMPDIR",
];

/// Settings of every call.
const SETTINGS: [&str; 15] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.askPass=",
    "credential.helper=",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.fsckObjects=true",
    "submodule.recurse=false",
    // Below these speeds a transfer counts as dead: 1 kB/s for a minute.
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
    // Faults that old versions of git and its rivals wrote into honest histories, and that no file
    // system ever sees.
    "fetch.fsck.zeroPaddedFilemode=ignore",
    "fetch.fsck.missingSpaceBeforeDate=ignore",
    "fetch.fsck.missingSpaceBeforeEmail=ignore",
    "fetch.fsck.badTimezone=ignore",
    "fetch.fsck.missingEmail=ignore",
];

/// How git is called.
#[derive(Debug, Clone)]
pub(super) struct Git {
    pub program: OsString,
    /// Version of the wire protocol, 0 or 2.
    pub protocol: u8,
}

impl Default for Git {
    fn default() -> Self {
        Self {
            program: "git".into(),
            protocol: 2,
        }
    }
}

/// How much of the history is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// The named commits alone.
    One,
    /// All that leads to them.
    All,
}

/// What a server said to a request that could be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It gave what was asked for.
    Given,
    /// It does not give what is asked for by id.
    NotById,
}

/// Why a request came to nothing; the texts are git's last words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    NoGit,
    Unreachable(String),
    Refused(String),
    Damaged(String),
    Absent,
    TimedOut,
    Other(String),
}

impl Git {
    /// Fetches `what`, ids or refspecs, from `url` into the bare repository in `folder`.
    pub(super) fn fetch(
        &self,
        folder: &Path,
        url: &str,
        depth: Depth,
        what: &[&str],
        time: Duration,
    ) -> Result<Answer, Trouble> {
        let mut command = self.command(folder);
        command.args([
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
        ]);
        if depth == Depth::One {
            command.arg("--depth=1");
        }
        command.arg("--").arg(url).args(what);
        let (status, said) = finish(command, time)?;
        if status.success() {
            return Ok(Answer::Given);
        }
        judge(&said, depth)
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear();
        for name in PASSED_ON {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ALLOW_PROTOCOL", "https:ssh:file")
            .env("GIT_LFS_SKIP_SMUDGE", "1")
            // The user's keys and known hosts count; nobody is there to be asked for more.
            .env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=30")
            .current_dir(folder)
            .args(["--git-dir", "."])
            .arg("-c")
            .arg(format!("protocol.version={}", self.protocol))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        for setting in SETTINGS {
            command.arg("-c").arg(setting);
        }
        command
    }
}

/// Becomes true when this process fetches no more.
static CANCELLED: AtomicBool = AtomicBool::new(false);

/// Ends the fetches of this process, those under way and all later ones: the user interrupted.
pub fn cancel_fetches() {
    CANCELLED.store(true, Ordering::Relaxed);
}

/// Whether the fetches of this process are cancelled.
pub(super) fn is_cancelled() -> bool {
    CANCELLED.load(Ordering::Relaxed)
}

/// Runs git to its end or the end of its time; gives what it wrote to standard error.
fn finish(mut command: Command, time: Duration) -> Result<(ExitStatus, String), Trouble> {
    let other = |error: std::io::Error| Trouble::Other(error.to_string());
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Trouble::NoGit,
        _ => other(error),
    })?;
    let stderr = child.stderr.take();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A server's remarks are passed on by git without limit.
        let _ = stderr.map(|stderr| stderr.take(1 << 20).read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let mut pause = Duration::from_millis(2);
    let status = loop {
        if let Some(status) = child.try_wait().map_err(other)? {
            break status;
        }
        if start.elapsed() >= time {
            end(&mut child);
            return Err(Trouble::TimedOut);
        }
        if is_cancelled() {
            end(&mut child);
            return Err(Trouble::Other("it was interrupted".to_owned()));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(100));
    };
    Ok((status, reader.join().unwrap_or_default()))
}

/// Asks git to end, which takes its own children along, and kills it when it does not.
fn end(child: &mut Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
    for _ in 0..20 {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Phrases of git 2.30 to 2.51, of libcurl and of OpenSSH in the C locale.
const BY_ID: [&str; 5] = [
    "not our ref",
    "unadvertised object",
    "Server does not allow request for",
    "couldn't find remote ref",
    "does not support shallow",
];
const UNREACHABLE: [&str; 12] = [
    "Could not resolve",
    "Couldn't resolve",
    "Failed to connect",
    "Couldn't connect",
    "Could not connect",
    "Connection refused",
    "Connection timed out",
    "Connection reset",
    "Network is unreachable",
    "No route to host",
    "Operation too slow",
    "SSL",
];
const REFUSED: [&str; 12] = [
    "Authentication failed",
    "could not read Username",
    "could not read Password",
    "Permission denied",
    "Host key verification failed",
    "not found",
    "does not appear to be a git repository",
    "requested URL returned error",
    "dubious ownership",
    "access denied",
    "transport '",
    "not allowed",
];
const DAMAGED: [&str; 6] = [
    "fsck error",
    "error in object",
    "index-pack",
    "unpack-objects",
    "invalid index-pack output",
    "did not send all necessary objects",
];

/// What git's words mean.
fn judge(said: &str, depth: Depth) -> Result<Answer, Trouble> {
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| said.contains(phrase));
    let words = last_words(said);
    // The order counts: a refusal is also said to be an "unable to access".
    if has(&BY_ID) {
        return match depth {
            Depth::One => Ok(Answer::NotById),
            Depth::All => Err(Trouble::Absent),
        };
    }
    if has(&DAMAGED) {
        return Err(Trouble::Damaged(words));
    }
    if has(&UNREACHABLE) {
        return Err(Trouble::Unreachable(words));
    }
    if has(&REFUSED) {
        return Err(Trouble::Refused(words));
    }
    Err(Trouble::Other(words))
}

/// The first complaint, and what the server adds to it, in one line of at most 300 characters.
fn last_words(said: &str) -> String {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let telling: Vec<&str> = lines
        .clone()
        .filter(|line| {
            let advice = line.starts_with("Please make sure")
                || line.starts_with("and the repository exists");
            !advice && !line.starts_with("fatal: Could not read from remote")
        })
        .map(|line| {
            line.trim_start_matches("fatal: ")
                .trim_start_matches("error: ")
                .trim_start_matches("remote: ")
        })
        .collect();
    if telling.is_empty() {
        return lines
            .next_back()
            .map_or_else(|| "git said nothing".to_owned(), escaped);
    }
    let joined = telling.join("; ");
    escaped(&joined)
}

fn escaped(text: &str) -> String {
    escape::printable(text, 300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_s_words_are_understood() {
        let cases = [
            (
                "fatal: unable to access 'https://no.invalid/': Could not resolve host: no.invalid",
                "unreachable",
            ),
            (
                "ssh: Could not resolve hostname no.invalid: Name or service not known\nfatal: Could not read from remote repository.",
                "unreachable",
            ),
            (
                "fatal: unable to access 'https://a/': Failed to connect to a port 443 after 1 ms: Couldn't connect to server",
                "unreachable",
            ),
            (
                "remote: Repository not found.\nfatal: repository 'https://a/b/' not found",
                "refused",
            ),
            (
                "git@a: Permission denied (publickey).\nfatal: Could not read from remote repository.",
                "refused",
            ),
            (
                "fatal: could not read Username for 'https://a': terminal prompts disabled",
                "refused",
            ),
            (
                "fatal: unable to access 'https://a/': The requested URL returned error: 403",
                "refused",
            ),
            (
                "error: object 12: hasDotgit: contains '.git'\nfatal: fsck error in pack objects",
                "damaged",
            ),
            ("fatal: something new", "other"),
        ];
        for (said, expected) in cases {
            let found = match judge(said, Depth::One) {
                Err(Trouble::Unreachable(_)) => "unreachable",
                Err(Trouble::Refused(_)) => "refused",
                Err(Trouble::Damaged(_)) => "damaged",
                Err(Trouble::Other(_)) => "other",
                _ => "else",
            };
            assert_eq!(found, expected, "{said}");
        }
        let refused_id = "fatal: remote error: upload-pack: not our ref 12";
        assert_eq!(judge(refused_id, Depth::One), Ok(Answer::NotById));
        assert_eq!(judge(refused_id, Depth::All), Err(Trouble::Absent));
    }

    #[test]
    fn last_words_are_short_and_harmless() {
        assert_eq!(last_words("fatal: a\x1b[2J\n"), "a\\u{1b}[2J");
        assert_eq!(last_words(""), "git said nothing");
        let cut = "x".repeat(300) + "…";
        assert_eq!(last_words(&"x".repeat(999)), cut);
        let ssh = "Host key verification failed.\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n";
        assert_eq!(last_words(ssh), "Host key verification failed.");
    }
}
