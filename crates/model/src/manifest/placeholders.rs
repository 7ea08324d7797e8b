//! Placeholders: `{NAME}` in the words of a command and in the texts of a recipe.
//!
//! In a command every brace has a partner, and `{{` and `}}` stand for braces themselves: [`pieces`].
//! In a recipe only a name of letters, digits, `_` and `-` in braces is a placeholder, and every other
//! brace stands for itself: [`pieces_of_text`].

/// The placeholders that every command has; besides these, those of data and configurations.
pub const FIXED: [&str; 4] = ["device", "out", "seed", "threads"];

/// A part of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// What stands for itself.
    Text(&'a str),
    /// The name between two braces.
    Placeholder(&'a str),
}

/// The parts of a word, in order.
///
/// # Errors
/// The first brace that has no partner.
pub fn pieces(word: &str) -> Result<Vec<Piece<'_>>, char> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while let Some(at) = rest.find(['{', '}']) {
        let (text, from_brace) = rest.split_at(at);
        pieces.push(Piece::Text(text));
        let doubled = from_brace.starts_with("{{") || from_brace.starts_with("}}");
        rest = if doubled {
            pieces.push(Piece::Text(&from_brace[..1]));
            &from_brace[2..]
        } else {
            let (name, after) = from_brace
                .strip_prefix('{')
                .ok_or('}')?
                .split_once('}')
                .ok_or('{')?;
            pieces.push(Piece::Placeholder(name));
            after
        };
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    Ok(pieces)
}

/// The parts of a recipe's text, in order.
///
/// ```
/// use reprove_model::manifest::placeholders::{Piece, pieces_of_text};
///
/// let pieces = pieces_of_text("{} {n} x");
/// assert_eq!(pieces, [Piece::Text("{} "), Piece::Placeholder("n"), Piece::Text(" x")]);
/// ```
pub fn pieces_of_text(text: &str) -> Vec<Piece<'_>> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let (mut pieces, mut rest, mut from) = (Vec::new(), text, 0);
    while let Some(open) = rest[from..].find('{').map(|at| at + from) {
        let inside = &rest[open + 1..];
        let name = &inside[..inside.find(|c| !is_of_name(c)).unwrap_or(inside.len())];
        match inside[name.len()..].strip_prefix('}') {
            Some(after) if !name.is_empty() => {
                pieces.push(Piece::Text(&rest[..open]));
                pieces.push(Piece::Placeholder(name));
                (rest, from) = (after, 0);
            }
            Some(_) | None => from = open + 1,
        }
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

#[cfg(test)]
mod tests {
    use super::Piece::{Placeholder, Text};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn braces_enclose_names_or_stand_for_themselves() {
        let mixed = pieces("--d={device},{threads}");
        let parts = [
            Text("--d="),
            Placeholder("device"),
            Text(","),
            Placeholder("threads"),
        ];
        assert_eq!(mixed, Ok(parts.to_vec()));
        assert_eq!(
            pieces("{{{a}}}"),
            Ok(vec![Text("{"), Placeholder("a"), Text("}")])
        );
        assert_eq!(pieces(""), Ok(Vec::new()));
        assert_eq!((pieces("{seed"), pieces("x}")), (Err('{'), Err('}')));
    }

    #[test]
    fn a_brace_without_a_name_stands_for_itself_in_a_recipe() {
        assert_eq!(pieces_of_text("{n}"), [Placeholder("n")]);
        assert_eq!(
            pieces_of_text("{{n}}"),
            [Text("{"), Placeholder("n"), Text("}")]
        );
        for text in ["{x y}", "{", "{}", "a{b", "}{", "{é}"] {
            assert_eq!(pieces_of_text(text), [Text(text)]);
        }
        assert_eq!(pieces_of_text(""), []);
    }

    proptest! {
        #[test]
        fn the_pieces_of_a_text_are_the_text(text in "[{}a-c é]{0,20}") {
            let whole: String = pieces_of_text(&text)
                .iter()
                .map(|piece| match piece {
                    Text(text) => (*text).to_owned(),
                    Placeholder(name) => format!("{{{name}}}"),
                })
                .collect();
            prop_assert_eq!(whole, text);
        }

        #[test]
        fn escaped_text_comes_back_as_it_was(text in ".{0,30}") {
            let escaped = text.replace('{', "{{").replace('}', "}}");
            let back: String = pieces(&escaped)
                .unwrap()
                .into_iter()
                .map(|piece| match piece { Text(text) => text, Placeholder(_) => "?" })
                .collect();
            prop_assert_eq!(back, text);
        }
    }
}
