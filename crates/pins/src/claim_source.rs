//! The sources of claims, read again: whether the printed text is still at the place that the manifest
//! states.
//!
//! Manifest and files are a stranger's. A file is read beneath the folder of the manifest, or of the Git
//! work tree that holds it; no part of its path is a link or hidden, and it is a regular file of at most
//! 64 MiB.

mod file;
mod text;

use std::collections::BTreeMap;

use file::{SourceFileError, SourceFolder};
use text::SourceText;

use reprove_model::digest::Sha256Digest;
use reprove_model::manifest::{ClaimSource, Manifest};

/// Files at most that are read.
const MOST_FILES: usize = 100;

/// What a source of a manifest is found to be, when it is not as stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFinding {
    /// A sentence without a full stop, the place first.
    pub text: String,
    /// The suggested fix, if known.
    pub hint: Option<String>,
    /// Whether the manifest states something that the file does not have; else it is a remark.
    pub is_problem: bool,
}

impl SourceFinding {
    fn problem(text: String, hint: Option<&str>) -> Self {
        SourceFinding {
            text,
            hint: hint.map(str::to_owned),
            is_problem: true,
        }
    }

    fn remark(text: String) -> Self {
        SourceFinding {
            text,
            hint: None,
            is_problem: false,
        }
    }
}

/// Reads the sources of all claims again; empty where each is as stated. A file that is not there is a
/// remark: papers are often not shipped.
pub fn sources_read_again(manifest: &Manifest) -> Vec<SourceFinding> {
    let mut of_file: BTreeMap<&str, Vec<(&str, &ClaimSource)>> = BTreeMap::new();
    for claim in &manifest.claims {
        if let Some(source) = &claim.source {
            let stated = of_file.entry(&source.file).or_default();
            stated.push((&claim.id, source));
        }
    }
    if of_file.is_empty() {
        return Vec::new();
    }
    let folder = SourceFolder::of_manifest(&manifest.file);
    let mut found = Vec::new();
    let left_out = of_file.len().saturating_sub(MOST_FILES);
    for (name, stated) in of_file.into_iter().take(MOST_FILES) {
        match folder.read(name) {
            Ok(bytes) => compare(name, &bytes, &stated, &mut found),
            Err(error) => found.push(unread(name, &error, stated.len())),
        }
    }
    if left_out > 0 {
        let text = format!("{left_out} more files with printed values are not read again");
        found.push(SourceFinding::remark(text));
    }
    found
}

fn unread(name: &str, error: &SourceFileError, count: usize) -> SourceFinding {
    let claims = match count {
        1 => "the source of 1 claim is".to_owned(),
        count => format!("the sources of {count} claims are"),
    };
    let text = format!("{name}: {error}: {claims} not read again");
    match error {
        SourceFileError::Absent | SourceFileError::Outside | SourceFileError::TooLarge => {
            SourceFinding::remark(text)
        }
        SourceFileError::Link
        | SourceFileError::Hidden
        | SourceFileError::NotRegular
        | SourceFileError::Unreadable(_) => SourceFinding::problem(text, None),
    }
}

/// Compares a file with what claims state of it.
fn compare(
    name: &str,
    bytes: &[u8],
    stated: &[(&str, &ClaimSource)],
    found: &mut Vec<SourceFinding>,
) {
    let Ok(content) = std::str::from_utf8(bytes) else {
        let text = format!("{name}: expected UTF-8 text, found another encoding");
        found.push(SourceFinding::problem(text, None));
        return;
    };
    let text = SourceText::new(content);
    let before = found.len();
    for (claim, source) in stated {
        found.extend(at_place(claim, source, &text));
    }
    let are_all_there = found.len() == before;
    let digest = Sha256Digest::of(bytes);
    let expected = stated.iter().find_map(|(_, source)| {
        let is_other = |expected: &Sha256Digest| *expected != digest;
        source.sha256.filter(is_other)
    });
    if let Some(expected) = expected {
        let rest = match are_all_there {
            true => "the file changed; every printed text is still at its place",
            false => "the file changed",
        };
        found.push(SourceFinding::remark(format!(
            "{name}: {rest}: expected sha256 {expected}, found {digest}"
        )));
    }
}

/// Compares one place with what a claim states of it.
fn at_place(claim: &str, source: &ClaimSource, text: &SourceText<'_>) -> Option<SourceFinding> {
    let place = format!(
        "{}:{}:{}: claim `{claim}`",
        source.file, source.line, source.column
    );
    let offset = match text.offset(source.line, source.column) {
        Ok(offset) => Some(offset),
        Err(_) if source.printed.is_some() => None,
        Err(what) => {
            let text = format!("{place}: {what}");
            return Some(SourceFinding::problem(text, None));
        }
    };
    let printed = source.printed.as_deref()?;
    if offset.is_some_and(|offset| text.has(offset, printed)) {
        return None;
    }
    let here = match offset {
        Some(offset) => format!("found `{}`", text.excerpt(offset, printed)),
        None => "found no such place".to_owned(),
    };
    let others = text.find(printed);
    let said = format!("{place}: expected `{printed}`, {here}");
    Some(match others.as_slice() {
        [] => SourceFinding::problem(
            format!("{said}; the file does not have the text"),
            Some("correct `reported` and `source`, or restore the file"),
        ),
        [(line, column)] => SourceFinding::remark(format!(
            "{said}; the text stands once, at {}:{line}:{column}",
            source.file
        )),
        [(line, column), ..] => SourceFinding::problem(
            format!(
                "{said}; the text stands elsewhere, first at {}:{line}:{column}",
                source.file
            ),
            Some("correct `source`, and `reported` where the value changed"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(line: u64, column: u64, printed: Option<&str>) -> ClaimSource {
        ClaimSource {
            file: "main.tex".to_owned(),
            line,
            column,
            printed: printed.map(str::to_owned),
            sha256: None,
        }
    }

    fn found(text: &str, source: &ClaimSource) -> Vec<(bool, String)> {
        let mut found = Vec::new();
        compare("main.tex", text.as_bytes(), &[("a", source)], &mut found);
        found.into_iter().map(|f| (f.is_problem, f.text)).collect()
    }

    const TABLE: &str = "A & 88.1 \\pm 0.4 \\\\\nB & 89.7 \\pm 0.3 \\\\\n";

    #[test]
    fn a_text_at_its_place_is_as_stated_whatever_the_white_space() {
        assert!(found(TABLE, &source(1, 5, Some("88.1 \\pm 0.4"))).is_empty());
        let wide = TABLE.replace("88.1 \\pm", "88.1\n  \\pm");
        assert!(found(&wide, &source(1, 5, Some("88.1 \\pm 0.4"))).is_empty());
        assert!(found(TABLE, &source(2, 5, None)).is_empty());
    }

    #[test]
    fn a_changed_text_is_a_problem_that_says_both() {
        for changed in ["88.2 \\pm 0.4", "88.15 \\pm 0.4", "88.1 \\pm 0.41"] {
            let text = TABLE.replace("88.1 \\pm 0.4", changed);
            let [(is_problem, said)] = &found(&text, &source(1, 5, Some("88.1 \\pm 0.4")))[..]
            else {
                panic!("{changed}");
            };
            assert!(is_problem, "{said}");
            assert!(
                said.starts_with("main.tex:1:5: claim `a`: expected `88.1 \\pm 0.4`, found `88."),
                "{said}"
            );
        }
        let negative = TABLE.replace("& 88.1", "&-88.1");
        assert!(found(&negative, &source(1, 5, Some("88.1 \\pm 0.4")))[0].0);
    }

    #[test]
    fn a_moved_text_is_a_remark_with_its_place() {
        let moved = format!("% new line\n{TABLE}");
        let [(is_problem, said)] = &found(&moved, &source(1, 5, Some("88.1 \\pm 0.4")))[..] else {
            panic!();
        };
        assert!(
            !is_problem && said.ends_with("the text stands once, at main.tex:2:5"),
            "{said}"
        );
        let twice = format!(
            "% 88.1\n{}",
            TABLE.replace("88.1 \\pm 0.4", "88.2, was 88.1")
        );
        assert!(found(&twice, &source(2, 5, Some("88.1")))[0].0);
    }

    #[test]
    fn a_place_that_is_not_there_is_a_problem() {
        assert_eq!(
            found(TABLE, &source(7, 1, None)),
            [(
                true,
                "main.tex:7:1: claim `a`: expected line 7, found 2 lines".to_owned()
            )]
        );
        assert!(
            found(TABLE, &source(1, 99, None))[0]
                .1
                .contains("expected column 99, found 19")
        );
    }

    #[test]
    fn a_file_that_changed_elsewhere_is_a_remark() {
        let mut stated = source(1, 5, Some("88.1 \\pm 0.4"));
        stated.sha256 = Some(Sha256Digest::of(TABLE.as_bytes()));
        assert!(found(TABLE, &stated).is_empty());
        let [(is_problem, said)] = &found(&format!("{TABLE}% end\n"), &stated)[..] else {
            panic!();
        };
        assert!(
            !is_problem && said.contains("every printed text is still at its place"),
            "{said}"
        );
    }
}
