//! What programs wrote, in a bundle: a folder a run, `runs/CONFIGURATION/SEED/`.

use std::fmt::Write as _;

use super::{Files, list};
use reprove_model::digest::Sha256Digest;
use reprove_model::seeds::RunSeed;
use reprove_report::{Report, RunReport};

/// Reads a kept file of a run by its digest; none where it was not kept, or was changed since.
pub type KeptOutput<'k> = &'k dyn Fn(Sha256Digest) -> Option<Vec<u8>>;

/// The folder of all runs.
pub(super) const FOLDER: &str = "runs/";

/// The most bytes of output in one bundle, so that whoever audits it can hold it in memory.
const MOST_BYTES: usize = 512 << 20;

/// The path in the bundle of a file of a run.
pub(super) fn path(configuration: Option<&str>, seed: RunSeed, name: &str) -> String {
    let mut path = FOLDER.to_owned();
    if let Some(configuration) = configuration {
        path += &plain(configuration);
        path.push('/');
    }
    let _ = write!(path, "{seed}");
    let parts = name.split('/').filter(|part| *part != ".");
    for part in parts {
        path.push('/');
        path += &plain(part);
    }
    path
}

/// One part of a path in characters that every file system and every address bears; different texts
/// give different parts: `a b` gives `a_20b`, and so `a_20b` gives `a_5f20b`.
fn plain(part: &str) -> String {
    let bytes = part.as_bytes();
    let is_hex = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut text = String::with_capacity(part.len());
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' => text.push(char::from(*byte)),
            b'.' if at > 0 => text.push('.'),
            b'_' if !(is_hex(at + 1) && is_hex(at + 2)) => text.push('_'),
            other => {
                let _ = write!(text, "_{other:02x}");
            }
        }
    }
    text
}

/// Collected output of the runs of a report.
#[derive(Debug, Default)]
pub struct Output {
    /// The files, by their paths in the bundle.
    pub files: Files,
    /// The runs of which something is not there, a sentence each.
    pub missing: Vec<String>,
}

/// Collects what the store still has of the output of a report's runs.
pub fn collect(report: &Report, kept: Option<KeptOutput<'_>>) -> Output {
    let mut output = Output::default();
    let mut room = MOST_BYTES;
    for run in &report.runs {
        let missing = collect_run(run, kept, &mut output.files, &mut room);
        if let Some(why) = missing {
            output.missing.push(format!("{}: {why}", name(run)));
        }
    }
    output
}

/// Collects the output of one run; why something is missing, if something is.
fn collect_run(
    run: &RunReport,
    kept: Option<KeptOutput<'_>>,
    files: &mut Files,
    room: &mut usize,
) -> Option<String> {
    let Some(kept) = kept.filter(|_| !run.files.is_empty()) else {
        return Some("its output was not kept when it was made".to_owned());
    };
    let mut missing = None;
    for (file, stated) in &run.files {
        let path = path(run.configuration.as_deref(), run.seed, file);
        let digest: Option<Sha256Digest> = stated.sha256.parse().ok();
        match digest.and_then(kept) {
            None => {
                missing.get_or_insert_with(|| {
                    format!("`{file}` is not in the store: too large to be kept, or removed since")
                });
            }
            Some(bytes) if bytes.len() > *room => {
                missing.get_or_insert_with(|| {
                    let most = MOST_BYTES >> 20;
                    format!("`{file}` is left out: a bundle holds at most {most} MiB of output")
                });
            }
            Some(_) if !list::is_plain(&path) => {
                missing
                    .get_or_insert_with(|| format!("`{file}` is left out: its name is too long"));
            }
            Some(bytes) => {
                *room -= bytes.len();
                files.insert(path, bytes);
            }
        }
    }
    missing
}

fn name(run: &RunReport) -> String {
    match &run.configuration {
        Some(name) => format!("`{name}` with seed {}", run.seed),
        None => format!("the run with seed {}", run.seed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_readable_where_names_are_plain() {
        assert_eq!(
            path(Some("h0"), RunSeed(7), "stdout.log"),
            "runs/h0/7/stdout.log"
        );
        assert_eq!(path(None, RunSeed(7), "out/./m.json"), "runs/7/out/m.json");
        assert_eq!(
            path(Some("hidden_units"), RunSeed(1), "x"),
            "runs/hidden_units/1/x"
        );
        assert_eq!(
            path(Some("../a b"), RunSeed(1), "out/../é"),
            "runs/_2e._2fa_20b/1/out/_2e./_c3_a9"
        );
    }

    proptest! {
        #[test]
        fn no_two_names_share_a_path(a in "[_0-9a-f ./é]{1,5}", b in "[_0-9a-f ./é]{1,5}") {
            let (first, second) = (path(Some(&a), RunSeed(1), "x"), path(Some(&b), RunSeed(1), "x"));
            prop_assert!(list::is_plain(&first), "{first}");
            prop_assert_eq!(first == second, a == b);
        }
    }
}
