//! Mistakes that people make in a manifest, each with all that is said of it.

use std::fmt::Write as _;

use super::support::parse;

/// A manifest without a mistake.
const MANIFEST: &str = include_str!("mistakes.yaml");

/// The mistakes: `== name`, then pairs of lines, `<<` the text that is changed and `>>` its replacement.
const MISTAKES: &str = include_str!("mistakes.txt");

#[test]
fn each_mistake_is_told_with_its_place_and_the_way_to_mend_it() {
    assert!(parse(MANIFEST).is_ok());
    let mut seen = String::new();
    for mistake in MISTAKES.split("== ").skip(1) {
        let (name, changes) = mistake.split_once('\n').unwrap();
        let changes: Vec<&str> = changes.lines().filter(|line| !line.is_empty()).collect();
        let text = changes
            .chunks(2)
            .fold(MANIFEST.to_owned(), |text, change| changed(&text, change));
        writeln!(seen, "{name}").unwrap();
        match parse(&text) {
            Ok(_) => writeln!(seen, "  accepted").unwrap(),
            Err(error) => {
                for problem in error.problems() {
                    let hint = problem.hint.as_deref().unwrap_or("none");
                    writeln!(seen, "  {problem}\n    {hint}").unwrap();
                }
            }
        }
    }
    insta::assert_snapshot!("mistakes", seen);
}

/// The text with the first change made.
fn changed(text: &str, change: &[&str]) -> String {
    let [from, to] = change else {
        panic!("expected two lines, found {change:?}");
    };
    let from = unescaped(from.strip_prefix("<<").unwrap());
    let to = unescaped(to.strip_prefix(">>").unwrap());
    assert!(text.contains(&from), "the manifest lacks {from:?}");
    text.replacen(&from, &to, 1)
}

/// A text in which `\n`, `\t`, `\u{…}` and `\\` stand for characters.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (c, if c == '\\' { rest.next() } else { None }) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('t')) => plain.push('\t'),
            ('\\', Some('u')) => {
                let digits: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                let code = u32::from_str_radix(&digits, 16).unwrap();
                plain.push(char::from_u32(code).unwrap());
            }
            ('\\', Some(other)) => plain.push(other),
            (c, _) => plain.push(c),
        }
    }
    plain
}
