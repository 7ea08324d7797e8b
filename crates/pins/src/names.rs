//! Names and link targets in a stranger's tree that must not reach the file system.

use std::path::Path;

use reprove_model::escape;

/// Why an entry of a tree may not be written under its name; `None` when it may.
///
/// Refused are names that lead out of their folder and names that any file system in use takes for
/// `.git`: in any case, with HFS+'s ignored characters, as NTFS's short name or stream, or behind a
/// backslash.
pub(super) fn name_fault(name: &[u8]) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if name.contains(&b'/') {
        return Some("it contains a slash");
    }
    // A NUL cannot stand in a name: it ends the name in the tree's own format.
    name.split(|byte| *byte == b'\\').find_map(part_fault)
}

fn part_fault(part: &[u8]) -> Option<&'static str> {
    match part {
        b"." => return Some("it is the folder itself"),
        b".." => return Some("it leads out of the folder"),
        _ => {}
    }
    let visible: String = String::from_utf8_lossy(part)
        .chars()
        .filter(|c| !is_ignored_by_hfs(*c))
        .collect();
    let folded = visible.to_lowercase();
    // NTFS drops spaces and dots at the end and reads what follows a colon as a stream's name.
    let base = folded
        .split(':')
        .next()
        .unwrap_or_default()
        .trim_end_matches([' ', '.']);
    (base == ".git" || base == "git~1").then_some("it stands for git's own folder")
}

/// Code points that HFS+ leaves out when it compares names, as git's own check lists them.
fn is_ignored_by_hfs(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

/// Why a symbolic link may not be made; `None` when it may. `depth` is how many folders of the
/// checkout the link lies in.
///
/// A target may climb with `..` up to the checkout's root and then descend. It may not climb after
/// descending: what it descends into may itself be a link, and then the climb would start elsewhere.
/// Since every link obeys this, none leads outside, alone or through others.
pub(super) fn link_fault(depth: usize, target: &[u8]) -> Option<&'static str> {
    match target {
        [] => return Some("its target is empty"),
        [b'/', ..] => return Some("its target is an absolute path"),
        target if target.contains(&0) => return Some("its target contains a NUL"),
        _ => {}
    }
    let mut climbed = 0;
    let mut descended = false;
    for part in target.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if descended => return Some("its target climbs with `..` after descending"),
            b".." => climbed += 1,
            _ => descended = true,
        }
    }
    (climbed > depth).then_some("its target lies outside the checkout")
}

/// A path of the tree for messages, since it may come from a stranger and end on a terminal.
pub(super) fn shown(path: &Path) -> String {
    escape::text(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_stand_for_git_or_lead_out_are_refused() {
        let git = Some("it stands for git's own folder");
        let out = Some("it leads out of the folder");
        for (name, fault) in [
            (".git", git),
            (".GIT", git),
            (".gIt", git),
            ("git~1", git),
            ("GIT~1", git),
            (".git ", git),
            (".git...", git),
            (".git. .", git),
            (".git::$INDEX_ALLOCATION", git),
            (".g\u{200c}it", git),
            ("\u{feff}.git", git),
            (".g\u{202e}i\u{206f}t", git),
            ("a\\.git", git),
            (".git\\config", git),
            ("..", out),
            ("..\\x", out),
            ("a\\..\\b", out),
            (".", Some("it is the folder itself")),
            ("", Some("it is empty")),
            ("a/b", Some("it contains a slash")),
        ] {
            assert_eq!(name_fault(name.as_bytes()), fault, "{name:?}");
        }
    }

    #[test]
    fn ordinary_names_pass() {
        for name in [
            ".gitignore",
            ".gitmodules",
            ".github",
            "git",
            "...",
            "..a",
            "a b",
            "é",
            "git~2",
            "a\\b",
            "-rf",
            "CON",
        ] {
            assert_eq!(name_fault(name.as_bytes()), None, "{name:?}");
        }
        assert_eq!(name_fault(b"not\xffutf8"), None);
    }

    #[test]
    fn links_may_climb_to_the_root_and_descend() {
        for (depth, target) in [
            (0, "a"),
            (0, "./a/b"),
            (1, "../a"),
            (2, "../../a"),
            (2, ".././../a/b/"),
            (1, ".."),
        ] {
            assert_eq!(link_fault(depth, target.as_bytes()), None, "{target}");
        }
        let outside = Some("its target lies outside the checkout");
        for (depth, target, fault) in [
            (0, "..", outside),
            (0, "../a", outside),
            (1, "../../a", outside),
            (9, "/etc/passwd", Some("its target is an absolute path")),
            (
                9,
                "a/../b",
                Some("its target climbs with `..` after descending"),
            ),
            (0, "", Some("its target is empty")),
            (0, "a\0b", Some("its target contains a NUL")),
        ] {
            assert_eq!(link_fault(depth, target.as_bytes()), fault, "{target:?}");
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(shown(Path::new("a\u{1b}[31m\nb é")), "a\\u{1b}[31m\\nb é");
    }
}
