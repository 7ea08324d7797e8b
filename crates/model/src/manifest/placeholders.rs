//! Placeholders in the words of a command: `{seed}`, `{data.NAME}`, a configuration's value. `{{` and
//! `}}` stand for braces themselves.

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

    proptest! {
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
