//! Versions of its language that a commit asks for, in the files of version managers. The tools of
//! this machine are used all the same, and a difference is a deviation.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Toolchain version that the commit asks for and that was not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolchainMismatch {
    /// The file that asks.
    pub file: &'static str,
    /// Version that it asks for.
    pub wanted: String,
    /// Version that was used.
    pub used: String,
}

/// The mismatches between the files at the root of the checkout and `used`, the versions of the
/// tools by name.
pub fn toolchain_mismatches(
    checkout: &Path,
    used: &BTreeMap<String, String>,
) -> Vec<ToolchainMismatch> {
    let mut found = Vec::new();
    let mut compare = |file, tool: &str, wanted: Option<String>, fits: fn(&str, &str) -> bool| {
        if let (Some(wanted), Some(used)) = (wanted, used.get(tool))
            && !fits(&wanted, used)
        {
            found.push(ToolchainMismatch {
                file,
                wanted: wanted.escape_debug().to_string(),
                used: used.clone(),
            });
        }
    };
    for file in ["rust-toolchain.toml", "rust-toolchain"] {
        let text = head(&checkout.join(file));
        compare(
            file,
            "rustc",
            text.and_then(|text| channel(&text)),
            rust_fits,
        );
    }
    let text = head(&checkout.join(".python-version"));
    compare(
        ".python-version",
        "python",
        text.and_then(|text| first_line(&text)),
        python_fits,
    );
    found
}

/// The beginning of a plain file of the commit; such files have a few lines.
fn head(path: &Path) -> Option<String> {
    if !path.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    File::open(path)
        .ok()?
        .take(4096)
        .read_to_string(&mut text)
        .ok()?;
    Some(text)
}

/// The channel of rustup's file: `channel = "…"`, or in the older form the word alone.
fn channel(text: &str) -> Option<String> {
    let stated = text.lines().find_map(|line| {
        let value = line
            .trim()
            .strip_prefix("channel")?
            .trim()
            .strip_prefix('=')?;
        Some(value.trim().split(['"', '\'']).nth(1)?.to_owned())
    });
    stated.or_else(|| first_line(text).filter(|word| !word.contains(['[', '='])))
}

/// The first line that says anything.
fn first_line(text: &str) -> Option<String> {
    let mut lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or("").trim());
    let line = lines.find(|line| !line.is_empty())?;
    Some(line.chars().take(100).collect())
}

/// Whether `rustc 1.95.0 (… 2026-04-01)` is of a channel such as `1.95`, `1.95.0-x86_64-…`,
/// `stable` or `nightly`. A dated channel never is: its compiler was built on another day.
fn rust_fits(channel: &str, used: &str) -> bool {
    let version = used.split_whitespace().nth(1).unwrap_or_default();
    let (number, kind) = version.split_once('-').unwrap_or((version, "stable"));
    match channel {
        "stable" | "beta" | "nightly" => kind.starts_with(channel),
        _ => kind == "stable" && begins(number, channel.split('-').next().unwrap_or(channel)),
    }
}

/// Whether Python `3.11.7` is of a version such as `3.11`, `3.11.7` or `cpython-3.11`.
fn python_fits(wanted: &str, used: &str) -> bool {
    begins(
        used,
        wanted
            .trim_start_matches("cpython")
            .trim_start_matches(['-', '@']),
    )
}

/// Whether the parts of a version begin with those of another.
fn begins(version: &str, start: &str) -> bool {
    let rest = version.strip_prefix(start);
    !start.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn versions_fit_part_by_part() {
        let rustc = "rustc 1.95.0 (abc 2026-04-01)";
        for fits in [
            "1.95",
            "1.95.0",
            "1",
            "stable",
            "1.95.0-x86_64-unknown-linux-gnu",
        ] {
            assert!(rust_fits(fits, rustc), "{fits}");
        }
        for other in ["1.9", "1.72.1", "nightly", "nightly-2026-01-01", "beta", ""] {
            assert!(!rust_fits(other, rustc), "{other}");
        }
        assert!(rust_fits(
            "nightly",
            "rustc 1.97.0-nightly (abc 2026-05-01)"
        ));
        assert!(!rust_fits(
            "1.97.0",
            "rustc 1.97.0-nightly (abc 2026-05-01)"
        ));
        assert!(python_fits("3.11", "3.11.7") && python_fits("cpython-3.11", "3.11.7"));
        assert!(!python_fits("3.1", "3.11.7") && !python_fits("pypy3.9", "3.9.1"));
    }

    #[test]
    fn what_differs_is_named_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write(
            "rust-toolchain.toml",
            "[toolchain]\n# why\nchannel = \"1.72.1\"\nprofile = \"minimal\"\n",
        );
        write("rust-toolchain", "1.95\n");
        write(".python-version", "# pyenv\n3.8.10\n");
        let used = [
            ("rustc", "rustc 1.95.0 (abc 2026-04-01)"),
            ("python", "3.11.7"),
        ];
        let used = used.map(|(name, version)| (name.to_owned(), version.to_owned()));
        let found = toolchain_mismatches(folder.path(), &used.clone().into());
        let files: Vec<_> = found
            .iter()
            .map(|mismatch| (mismatch.file, mismatch.wanted.as_str()))
            .collect();
        assert_eq!(
            files,
            [
                ("rust-toolchain.toml", "1.72.1"),
                (".python-version", "3.8.10")
            ]
        );
        // A tool that was not used differs from nothing.
        let python_alone = used.into_iter().skip(1).collect();
        assert_eq!(toolchain_mismatches(folder.path(), &python_alone).len(), 1);
        assert_eq!(channel("[toolchain]\npath = \"/x\"\n"), None);
    }
}
