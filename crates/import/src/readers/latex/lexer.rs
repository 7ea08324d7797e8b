//! Characters of one file to tokens, on demand.

use crate::source::FileId;

use super::token::{Kind, Name, Names, Place, Token};

/// Environments whose text is never a table.
const VERBATIM: &[&str] = &[
    "verbatim",
    "verbatim*",
    "Verbatim",
    "Verbatim*",
    "BVerbatim",
    "LVerbatim",
    "alltt",
    "comment",
    "filecontents",
    "filecontents*",
    "lstlisting",
    "minted",
];

/// Greatest length in bytes of the name of a verbatim environment.
const LONGEST: usize = 16;

/// Greatest length in bytes of the text of `\verb`.
const LITERAL: usize = 1000;

/// Reader of the tokens of one file.
#[derive(Debug)]
pub(super) struct Lexer {
    file: FileId,
    base: Place,
    position: usize,
    /// Up to here the text is literal (`\verb`).
    literal_end: usize,
    /// Length of the delimiter that follows the literal text.
    delimiter: usize,
    /// Whether `@` is a letter.
    at_letter: bool,
}

impl Lexer {
    /// Reader of a file whose first byte has the place `base`.
    pub(super) fn new(file: FileId, base: Place) -> Self {
        Self {
            file,
            base,
            position: 0,
            literal_end: 0,
            delimiter: 0,
            at_letter: false,
        }
    }

    /// The file.
    pub(super) fn file(&self) -> FileId {
        self.file
    }

    /// The next token of the file's `text`; none at its end.
    pub(super) fn next(&mut self, text: &str, names: &mut Names) -> Option<Token> {
        loop {
            let start = self.position;
            if start < self.literal_end {
                let character = self.character(text)?;
                if self.position >= self.literal_end {
                    self.position += self.delimiter;
                }
                return Some(self.token(Kind::Char(character), start));
            }
            let kind = match *text.as_bytes().get(start)? {
                b'\\' => match self.command(text, names) {
                    Some(kind) => return Some(self.token(kind, start)),
                    None => continue,
                },
                b'%' => {
                    if self.skip_comment(text) {
                        return Some(self.token(Kind::Paragraph, start));
                    }
                    continue;
                }
                b' ' | b'\t' | b'\n' | b'\r' => {
                    let kind = self.white_space(text);
                    return Some(self.token(kind, start));
                }
                b'{' => Kind::Open(0),
                b'}' => Kind::Close,
                b'$' => Kind::Math,
                b'&' => Kind::Align,
                b'~' => Kind::Space,
                b'_' => Kind::Sub,
                b'^' => Kind::Sup,
                b'#' => Kind::Hash,
                _ => {
                    let character = self.character(text)?;
                    return Some(self.token(Kind::Char(character), start));
                }
            };
            self.position += 1;
            return Some(self.token(kind, start));
        }
    }

    /// Ends the file here.
    pub(super) fn stop(&mut self) {
        self.position = usize::MAX;
        self.literal_end = 0;
    }

    fn token(&self, kind: Kind, start: usize) -> Token {
        Token {
            kind,
            place: self.base + u32::try_from(start).unwrap_or(0),
        }
    }

    fn character(&mut self, text: &str) -> Option<char> {
        let character = text[self.position..].chars().next()?;
        self.position += character.len_utf8();
        Some(character)
    }

    /// Reads a command; none where its text does not exist for a table.
    fn command(&mut self, text: &str, names: &mut Names) -> Option<Kind> {
        let start = self.position + 1;
        let letters = text.as_bytes()[start..]
            .iter()
            .take_while(|&&byte| byte.is_ascii_alphabetic() || (byte == b'@' && self.at_letter))
            .count();
        if letters == 0 {
            self.position = start;
            let mut buffer = [0; 4];
            let name = self
                .character(text)
                .map_or(" ", |character| character.encode_utf8(&mut buffer));
            let name = names.intern(name);
            return Some(Kind::Command(name));
        }
        let end = start + letters;
        self.position = end;
        match &text[start..end] {
            "makeatletter" => self.at_letter = true,
            "makeatother" => self.at_letter = false,
            "verb" | "lstinline" if self.literal(text, end) => return None,
            "begin" if self.skip_verbatim(text, end) => return None,
            _ => {}
        }
        let name: Name = names.intern(&text[start..end]);
        self.skip_space_of_command(text);
        Some(Kind::Command(name))
    }

    /// Makes the text between the delimiters of `\verb` literal.
    fn literal(&mut self, text: &str, end: usize) -> bool {
        let rest = text[end..].trim_start_matches('*');
        let open = end + (text.len() - end - rest.len());
        let Some(delimiter) = rest.chars().next() else {
            return false;
        };
        if delimiter.is_alphanumeric() || delimiter.is_whitespace() || "{[".contains(delimiter) {
            return false;
        }
        let from = open + delimiter.len_utf8();
        let Some((length, _)) = text[from..]
            .char_indices()
            .take_while(|&(offset, character)| offset < LITERAL && character != '\n')
            .find(|&(_, character)| character == delimiter)
        else {
            return false;
        };
        let body = from + length;
        if length == 0 {
            self.position = body + delimiter.len_utf8();
            return true;
        }
        self.position = from;
        self.literal_end = body;
        self.delimiter = delimiter.len_utf8();
        true
    }

    /// Passes over a verbatim environment that starts here.
    fn skip_verbatim(&mut self, text: &str, end: usize) -> bool {
        let rest = &text[end..];
        let Some(name) = rest
            .strip_prefix('{')
            .and_then(|rest| rest.get(..rest.bytes().take(LONGEST).position(|byte| byte == b'}')?))
        else {
            return false;
        };
        if !VERBATIM.contains(&name) {
            return false;
        }
        let close = format!("\\end{{{name}}}");
        self.position = rest
            .find(&close)
            .map_or(text.len(), |found| end + found + close.len());
        true
    }

    /// Passes over a comment; whether an empty line follows.
    fn skip_comment(&mut self, text: &str) -> bool {
        let rest = &text[self.position..];
        let Some(line) = rest.find('\n') else {
            self.position = text.len();
            return false;
        };
        self.position += line + 1;
        let rest = &text[self.position..];
        self.position += rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let rest = &text[self.position..];
        if !rest.starts_with(['\r', '\n']) {
            return false;
        }
        self.position += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        true
    }

    fn white_space(&mut self, text: &str) -> Kind {
        let mut lines = 0;
        while let Some(&byte) = text.as_bytes().get(self.position) {
            match byte {
                b'\n' => lines += 1,
                b' ' | b'\t' | b'\r' => {}
                _ => break,
            }
            self.position += 1;
        }
        if lines > 1 {
            Kind::Paragraph
        } else {
            Kind::Space
        }
    }

    /// Passes over the space after a command of letters, unless it holds an empty line.
    fn skip_space_of_command(&mut self, text: &str) {
        let start = self.position;
        if self.white_space(text) == Kind::Paragraph {
            self.position = start;
        }
    }
}
