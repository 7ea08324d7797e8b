//! The hash list and the hash chain.
//!
//! The list, `SHA256SUMS`, has one line a file, sorted by the bytes of the path, as `sha256sum`
//! writes it: 64 hexadecimal digits, two spaces, the path. It covers every file but itself and its
//! signature.
//!
//! The chain, `CHAIN`, has one line a link: 64 hexadecimal digits, two spaces, the link's name. Its
//! links are the runs, `runs.jsonl:1`, `runs.jsonl:2`, … in the order of the file, and then every
//! file but the chain, the list and the signature, sorted by path. With `D` the SHA-256 of the
//! link's bytes (of a run: its line with the line feed), the link's hash is
//!
//! ```text
//! SHA-256( previous hash ‖ line feed ‖ D ‖ two spaces ‖ name ‖ line feed )
//! ```
//!
//! where hashes are written as hexadecimal digits and the first previous hash is 64 zeros. So the
//! last hash stands for everything in its order, and the first link that differs says where.

use super::Files;
use reprove_model::digest::Sha256Digest;

/// The path of the hash list.
pub const LIST: &str = "SHA256SUMS";
/// The path of the hash chain.
pub const CHAIN: &str = "CHAIN";
/// The path of the list's signature.
pub const SIGNATURE: &str = "SHA256SUMS.sig";
/// The path of the runs.
pub const RUNS: &str = "runs.jsonl";

/// The hash list of these files.
pub fn list(files: &Files) -> String {
    let listed = files
        .iter()
        .filter(|(path, _)| *path != LIST && *path != SIGNATURE);
    listed
        .map(|(path, bytes)| line(&Sha256Digest::of(bytes).to_string(), path))
        .collect()
}

/// The hash chain of these files.
pub fn chain(files: &Files) -> String {
    let mut links: Vec<(String, Sha256Digest)> = Vec::new();
    let runs = files.get(RUNS).map(Vec::as_slice).unwrap_or_default();
    for (index, run) in runs.split_inclusive(|byte| *byte == b'\n').enumerate() {
        links.push((format!("{RUNS}:{}", index + 1), Sha256Digest::of(run)));
    }
    let is_linked = |path: &str| ![CHAIN, LIST, SIGNATURE].contains(&path);
    for (path, bytes) in files.iter().filter(|(path, _)| is_linked(path)) {
        links.push((path.clone(), Sha256Digest::of(bytes)));
    }
    let mut previous = "0".repeat(64);
    let mut text = String::new();
    for (name, digest) in links {
        let link = format!("{previous}\n{}", line(&digest.to_string(), &name));
        previous = Sha256Digest::of(link.as_bytes()).to_string();
        text += &line(&previous, &name);
    }
    text
}

fn line(digest: &str, name: &str) -> String {
    format!("{digest}  {name}\n")
}

/// A line of the list or of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The digest.
    pub digest: Sha256Digest,
    /// The path, or the link's name.
    pub name: String,
}

/// Reads the lines of a list or a chain; a line of another form is `Err` with its number.
pub fn parse(text: &[u8]) -> Vec<Result<Entry, usize>> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let entry = |line: &[u8]| -> Option<Entry> {
        let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
        let (digest, name) = line.split_once("  ")?;
        let is_lower = !digest.bytes().any(|byte| byte.is_ascii_uppercase());
        (is_lower && is_plain(name)).then_some(Entry {
            digest: digest.parse().ok()?,
            name: name.to_owned(),
        })
    };
    lines
        .enumerate()
        .map(|(index, line)| entry(line).ok_or(index + 1))
        .collect()
}

/// Whether a path is one that a bundle may have: relative, of plain characters, without `.` and `..`.
pub fn is_plain(path: &str) -> bool {
    let is_part = |part: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        !part.is_empty() && part != "." && part != ".." && part.chars().all(plain)
    };
    path.len() <= 400 && path.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_link_holds_all_before_it() {
        let files = |runs: &str| -> Files {
            [
                ("a".to_owned(), b"x".to_vec()),
                (RUNS.to_owned(), runs.as_bytes().to_vec()),
            ]
            .into()
        };
        let (one, two) = (chain(&files("1\n2\n3\n")), chain(&files("1\n9\n3\n")));
        let differing: Vec<usize> = one
            .lines()
            .zip(two.lines())
            .enumerate()
            .filter(|(_, (a, b))| a != b)
            .map(|(index, _)| index)
            .collect();
        assert_eq!(differing, [1, 2, 3, 4]);
        assert!(one.lines().nth(1).unwrap().ends_with("  runs.jsonl:2"));
    }

    #[test]
    fn the_list_reads_back_and_strange_lines_are_numbered() {
        let files: Files = [("values/1.csv".to_owned(), b"".to_vec())].into();
        let mut text = list(&files);
        assert_eq!(
            text,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  values/1.csv\n"
        );
        for hostile in ["../etc/passwd", "/etc/passwd", "a//b", "./a", "a\u{1b}b"] {
            text += &format!("{}  {hostile}\n", "0".repeat(64));
        }
        let read = parse(text.as_bytes());
        assert_eq!(read[0].as_ref().unwrap().name, "values/1.csv");
        assert_eq!(read[1..], [Err(2), Err(3), Err(4), Err(5), Err(6)]);
    }
}
