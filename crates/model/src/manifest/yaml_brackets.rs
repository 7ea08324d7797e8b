//! Brackets of a YAML text that have no other half.

use crate::diagnostics::SourceLocation;

/// A bracket without its other half.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unbalanced {
    /// Where it stands.
    pub location: SourceLocation,
    /// The bracket.
    pub bracket: char,
    /// The bracket that would close it; none where it closes nothing.
    pub closing: Option<char>,
}

/// The first bracket without its other half. Quoted texts, comments and braces within words do not count.
pub(super) fn unbalanced(text: &str) -> Option<Unbalanced> {
    let mut open: Vec<(char, SourceLocation, usize)> = Vec::new();
    let mut quote = None;
    for (number, line) in text.lines().enumerate() {
        let indentation = line.chars().take_while(|c| *c == ' ').count();
        // A key of the block at or left of the line in which a bracket was opened.
        if let Some((bracket, location, outer)) = open.first()
            && quote.is_none()
            && indentation <= *outer
            && starts_with_key(line)
        {
            return Some(not_closed(*bracket, *location));
        }
        let mut before = ' ';
        let mut after_colon = true;
        for (column, c) in line.chars().enumerate() {
            let location = SourceLocation {
                line: number + 1,
                column: column + 1,
            };
            let begins = before == ' ' || matches!(before, '[' | '{' | ',') || column == 0;
            match (quote, c) {
                (Some(closing), c) if c == closing && before != '\\' => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') if begins => quote = Some(c),
                (None, '#') if before == ' ' => break,
                (None, '[' | '{') if !open.is_empty() || begins && after_colon => {
                    open.push((c, location, indentation));
                }
                (None, ']' | '}') => match open.pop() {
                    Some((bracket, _, _)) if closing_of(bracket) == c => {}
                    Some((bracket, location, _)) => return Some(not_closed(bracket, location)),
                    // Within a plain text it is a character like another.
                    None if !matches!(before, ']' | '}') => {}
                    None => {
                        return Some(Unbalanced {
                            location,
                            bracket: c,
                            closing: None,
                        });
                    }
                },
                (None, _) => {}
            }
            after_colon = match c {
                ' ' => after_colon,
                ':' | '-' | '[' | '{' | ',' => true,
                _ => false,
            };
            before = c;
        }
    }
    let (bracket, location, _) = open.first()?;
    Some(not_closed(*bracket, *location))
}

fn not_closed(bracket: char, location: SourceLocation) -> Unbalanced {
    Unbalanced {
        location,
        bracket,
        closing: Some(closing_of(bracket)),
    }
}

fn closing_of(bracket: char) -> char {
    if bracket == '[' { ']' } else { '}' }
}

/// Whether a line begins with `key:` or `- `.
fn starts_with_key(line: &str) -> bool {
    let line = line.trim_start();
    let key = line.split_once(':').map_or("", |(key, _)| key);
    line.starts_with("- ")
        || !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_without_their_other_half_are_found() {
        let found = |text: &str| {
            unbalanced(text).map(|found| {
                let SourceLocation { line, column } = found.location;
                (line, column, found.closing)
            })
        };
        assert_eq!(found("a: [1, 2\nb: 3\n"), Some((1, 4, Some(']'))));
        assert_eq!(found("a: {b: [1, 2}\n"), Some((1, 8, Some(']'))));
        assert_eq!(found("a: [1]]\n"), Some((1, 7, None)));
        assert_eq!(found("a: '[' # {\nb: \"{\"\nc: x[0\n"), None);
        assert_eq!(found("a: [1,\n  2]\nb: {c: [d]}\n"), None);
    }
}
