//! The problem of a text that is no YAML: what is wrong in the words of the manifest, and how it is mended.
//!
//! The parser says where it stopped, which is often after the mistake. Each cause is looked for in the lines
//! there, and told only where it is certain.

use super::error::Problem;
use super::yaml_brackets::{Unbalanced, unbalanced};
use crate::diagnostics::SourceLocation;

/// The problem of a text that the parser refused at a location, for a reason in its words.
pub(super) fn broken(text: &str, at: SourceLocation, why: &str) -> Problem {
    let lines: Vec<&str> = text.lines().collect();
    let stop = Stop { lines, at, why };
    stop.character()
        .or_else(|| stop.tab())
        .or_else(|| stop.reserved())
        .or_else(|| stop.of_quotes())
        .or_else(|| stop.colon())
        .or_else(|| stop.no_key())
        .or_else(|| {
            let is_of_brackets = ["flow", "bracket", "indentation"];
            let is_meant = is_of_brackets.iter().any(|word| why.contains(word));
            is_meant.then(|| unbalanced(text)).flatten().map(bracket)
        })
        .or_else(|| stop.in_brackets())
        .or_else(|| stop.indentation())
        .unwrap_or_else(|| stop.in_words_of_the_parser())
}

/// Where and why the parser stopped.
struct Stop<'t> {
    lines: Vec<&'t str>,
    at: SourceLocation,
    why: &'t str,
}

/// The problem at a location.
fn problem(line: usize, column: usize, text: String, hint: impl Into<String>) -> Problem {
    let mut problem = Problem::at("", text).hint(hint);
    problem.location = Some(SourceLocation { line, column });
    problem
}

impl Stop<'_> {
    fn line(&self, number: usize) -> Option<&str> {
        self.lines.get(number.checked_sub(1)?).copied()
    }

    /// The line where the parser stopped, and the one with text before it, by number.
    fn near(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut before = (1..self.at.line).rev();
        let has_text = |line: &usize| self.line(*line).is_some_and(|l| !l.trim().is_empty());
        let before = before.find(has_text);
        let numbers = [Some(self.at.line), before].into_iter().flatten();
        numbers.filter_map(|number| Some((number, self.line(number)?)))
    }

    /// A character that looks like one of YAML and is none.
    fn character(&self) -> Option<Problem> {
        for (number, line) in self.near() {
            for (index, c) in line.chars().enumerate() {
                let (name, hint) = match c {
                    '“' | '”' | '„' | '‟' | '‘' => {
                        ("a typographic quote", "type plain quotes: `\"…\"`")
                    }
                    '：' => ("a full-width colon", "type a colon and a space: `: `"),
                    '，' => ("a full-width comma", "type a comma and a space: `, `"),
                    '［' | '］' | '｛' | '｝' | '（' | '）' | '＂' => {
                        ("a full-width sign", "type the plain sign")
                    }
                    '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{3000}' => {
                        ("a space that is not plain", "type the space again")
                    }
                    c if c.is_control() && c != '\t' && c != '\r' => {
                        ("a control character", "delete it")
                    }
                    _ => continue,
                };
                let shown = match c.is_control() || c.is_whitespace() {
                    true => format!("U+{:04X}", u32::from(c)),
                    false => c.to_string(),
                };
                let text = format!("expected YAML, found `{shown}`, {name}");
                return Some(problem(number, index + 1, text, hint));
            }
        }
        None
    }

    /// A tab in the indentation of the line.
    fn tab(&self) -> Option<Problem> {
        let line = self.line(self.at.line)?;
        let indentation = line.len() - line.trim_start().len();
        let tab = line[..indentation].find('\t')?;
        let text = "expected spaces, found a tab in the indentation".to_owned();
        Some(problem(self.at.line, tab + 1, text, "indent with spaces"))
    }

    /// A plain text that begins with a character that YAML keeps for itself.
    fn reserved(&self) -> Option<Problem> {
        let (number, column) = (self.at.line, self.at.column);
        let rest: String = self.line(number)?.chars().skip(column - 1).collect();
        let first = rest.chars().next()?;
        let is_alias = self.why.contains("unknown anchor");
        if !is_alias && !self.why.contains("unexpected character") {
            return None;
        }
        let end = rest.find([',', ']', '}', '#']).unwrap_or(rest.len());
        let token = rest[..end].trim_end();
        let hint = match is_alias {
            true => format!("quote the text, `\"{token}\"`, or write out the value that is meant"),
            false => format!("quote the text: `\"{token}\"`"),
        };
        let what = match is_alias {
            true => format!("expected a value, found `{token}`: `*` begins an alias"),
            false => format!("expected a value, found `{first}`, with which no plain text begins"),
        };
        Some(problem(number, column, what, hint))
    }

    /// Quotes that are not closed, or close too early.
    fn of_quotes(&self) -> Option<Problem> {
        let (number, column) = (self.at.line, self.at.column);
        let line = self.line(number)?;
        if self.why.contains("escape character") {
            let text = "expected an escape such as `\\n`, found a backslash within double quotes";
            let hint = "write the text in single quotes, where a backslash stands for itself";
            return Some(problem(number, column, text.to_owned(), hint));
        }
        if self.why.contains("quoted scalar") && !self.why.contains("trailing") {
            let text = "expected the quote that closes this text, found none";
            return Some(problem(number, column, text.to_owned(), "close the quotes"));
        }
        if !self.why.contains("trailing content") {
            return None;
        }
        let before: String = line.chars().take(column - 1).collect();
        let rest: String = line.chars().skip(column - 1).collect();
        let rest = rest.trim_start();
        if rest.starts_with(',') && unbalanced(line).is_none() && !line.contains(['[', '{']) {
            let text = "expected the end of the line after the quotes, found `,`";
            let hint = "delete the comma: the line ends the value";
            return Some(problem(number, column, text.to_owned(), hint));
        }
        if before.trim_end().ends_with('\'') && rest.starts_with(char::is_alphanumeric) {
            let text = "expected the end of the quoted text, found an apostrophe within it";
            let hint = "write it twice, `''`, or put the text in double quotes";
            return Some(problem(number, column, text.to_owned(), hint));
        }
        let word = rest.split([' ', ',', ']', '}']).next().unwrap_or_default();
        let text = format!("expected the end of the value after the quotes, found `{word}`");
        let hint = "put a comma between two elements, or the whole text in quotes";
        Some(problem(number, column, text, hint))
    }

    /// A second `: ` in one line, or a dash without a space.
    fn colon(&self) -> Option<Problem> {
        if !self.why.contains("mapping values are not allowed") {
            return None;
        }
        let number = self.at.line;
        let line = self.line(number)?;
        let plain = line.trim_start();
        let indentation = line.len() - plain.len();
        if let Some(rest) = plain.strip_prefix('-')
            && !rest.starts_with([' ', '-'])
        {
            let text = format!(
                "expected a space after the dash, found `-{}`",
                first_of(rest)
            );
            let hint = format!("write `- {}`", first_of(rest));
            return Some(problem(number, indentation + 1, text, hint));
        }
        let (key, value) = plain.split_once(": ")?;
        if !value.contains(": ") || value.starts_with(['"', '\'', '{', '[']) {
            return None;
        }
        let (value, key) = (value.trim_end(), key.trim_end());
        let text = format!("expected one value of `{key}`, found a second `: ` in its line");
        let hint = format!("quote the text: `{key}: \"{value}\"`");
        Some(problem(number, self.at.column, text, hint))
    }

    /// A line that is no `key: value`.
    fn no_key(&self) -> Option<Problem> {
        if !self.why.contains("simple key") {
            return None;
        }
        // The parser stops at the line after it.
        let is_key = |line: &str| {
            let line = line.trim_start().trim_start_matches("- ");
            line.starts_with(['#', '"', '\''])
                || line.contains(": ")
                || line.trim_end().ends_with(':')
        };
        let (number, line) = self.near().find(|(_, line)| !is_key(line))?;
        let plain = line.trim();
        let column = line.len() - line.trim_start().len() + 1;
        let shown: String = plain.chars().take(40).collect();
        let text = format!("expected `key: value`, found `{shown}`");
        let name = |key: &str| key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let hint = if plain.starts_with("//") {
            "begin a comment with `#`".to_owned()
        } else if let Some((key, value)) = plain
            .split_once([':', '='])
            .filter(|(key, _)| name(key.trim()))
        {
            let (key, value) = (key.trim(), value.trim());
            format!("put a colon and a space between key and value: `{key}: {value}`")
        } else {
            "put a colon and a space between key and value".to_owned()
        };
        Some(problem(number, column, text, hint))
    }

    /// What ends an element of a list or mapping in brackets too early.
    fn in_brackets(&self) -> Option<Problem> {
        if !self.why.contains("flow") {
            return None;
        }
        let (number, column) = (self.at.line, self.at.column);
        let line: Vec<char> = self.line(number)?.chars().collect();
        let stop = *line.get(column - 1)?;
        let is_end = |c: &char| matches!(c, ',' | '{' | '[');
        let start = line[..column - 1].iter().rposition(is_end)? + 1;
        let element: String = line[start..column - 1].iter().collect();
        let element = element.trim();
        match stop {
            ':' => {
                let value = element.split_once(": ").map_or(element, |(_, value)| value);
                let (text, hint) = match value.rsplit_once(' ') {
                    Some((_, key)) => (
                        format!("expected a comma before `{key}`, found none"),
                        format!("put a comma before `{key}`"),
                    ),
                    None => (
                        format!("expected `,` after `{value}`, found `:`"),
                        format!("quote a text with a colon: `\"{value}:…\"`"),
                    ),
                };
                Some(problem(number, column, text, hint))
            }
            '{' | '[' => {
                let rest: String = line[column - 1..].iter().collect();
                let end = rest.find(['}', ']']).map_or(rest.len(), |end| end + 1);
                let text = format!("expected `,` after `{element}`, found `{stop}`");
                let hint = format!("quote a text with a brace: `\"{element}{}\"`", &rest[..end]);
                Some(problem(
                    number,
                    column - element.chars().count(),
                    text,
                    hint,
                ))
            }
            _ => None,
        }
    }

    /// A key that is indented like none of those before it.
    fn indentation(&self) -> Option<Problem> {
        let is_of_indentation = ["did not find expected key", "indentation", "not allowed"];
        if !is_of_indentation
            .iter()
            .any(|words| self.why.contains(words))
        {
            return None;
        }
        let number = self.at.line;
        let found = indentation_of(self.line(number)?);
        let mut open: Vec<usize> = Vec::new();
        let before = (1..number).filter_map(|line| self.line(line));
        for line in before.filter(|line| !is_empty(line)) {
            let dashes = line.trim_start().starts_with("- ");
            let indentation = indentation_of(line);
            open.retain(|outer| *outer <= indentation);
            let inner = if dashes { indentation + 2 } else { indentation };
            for column in [indentation, inner] {
                if open.last().is_none_or(|last| *last < column) {
                    open.push(column);
                }
            }
        }
        if open.contains(&found) {
            return None;
        }
        let nearest = open.iter().min_by_key(|column| column.abs_diff(found))?;
        let text = format!(
            "expected a key indented like its neighbours, found one after {}",
            spaces(found)
        );
        let hint = match nearest {
            0 => "begin the line without spaces".to_owned(),
            count => format!("indent the line by {}", spaces(*count)),
        };
        Some(problem(number, found + 1, text, hint))
    }

    fn in_words_of_the_parser(&self) -> Problem {
        let problem = Problem::at("", format!("expected YAML: {}", self.why));
        let hints = [
            ("aliases", "write the value out"),
            ("anchors", "write the value out each time"),
            ("tags", "leave the tag out"),
            (
                "a key is a plain text",
                "quote a text that begins with a brace: `\"{seed}\"`",
            ),
            (
                "block mapping",
                "indent the keys of one mapping alike, and put a space after each colon",
            ),
            (
                "mapping values are not allowed",
                "quote a text that holds `: `, and indent the keys of one mapping alike",
            ),
            (
                "flow",
                "put commas between elements, and quote texts that hold `{`, `[`, `:` or `#`",
            ),
        ];
        let hint = hints.iter().find(|(words, _)| self.why.contains(words));
        problem.maybe_hint(hint.map(|(_, hint)| (*hint).to_owned()))
    }
}

/// The first word of a line.
fn first_of(rest: &str) -> &str {
    rest.split_whitespace().next().unwrap_or_default()
}

fn indentation_of(line: &str) -> usize {
    line.chars().take_while(|c| *c == ' ').count()
}

fn is_empty(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

fn spaces(count: usize) -> String {
    match count {
        0 => "no space".to_owned(),
        1 => "1 space".to_owned(),
        count => format!("{count} spaces"),
    }
}

/// The problem of a bracket without its other half.
fn bracket(found: Unbalanced) -> Problem {
    let SourceLocation { line, column } = found.location;
    match found.closing {
        Some(closing) => {
            let text = format!(
                "expected `{closing}` that closes this `{}`, found none",
                found.bracket
            );
            let hint = format!(
                "close it with `{closing}`; a text that holds a bracket or ` #` stands in quotes"
            );
            problem(line, column, text, hint)
        }
        None => {
            let text = format!("found `{}`, which closes nothing", found.bracket);
            problem(line, column, text, "delete it")
        }
    }
}
