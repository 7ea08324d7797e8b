//! Numbers in a JSON document, with the line that each stands on.
//!
//! A parser of its own, because Python writes `NaN` and `Infinity` bare, which JSON does not have
//! and which must not be lost; and because lines are asked for.

use reprove_model::escape::printable;
use reprove_model::record::NumberUnit;

use crate::number;
use crate::value::Provenance;

/// Values nested deeper than this are refused.
const DEEPEST: usize = 64;

/// Documents with more numbers and texts than this are refused.
const MOST_LEAVES: usize = 1_000_000;

/// What some programs write before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What a value in a document is that is no object and no list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Leaf {
    Number(f64),
    Text(String),
    Bool(bool),
    /// What JavaScript and serde_json write for a number that is not finite.
    Null,
}

/// Such a value, the keys on the way to it joined by dots, and its line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub name: String,
    pub leaf: Leaf,
    pub line: u64,
}

impl Leaf {
    /// The number, also one that is written as text with a percent sign.
    pub(crate) fn number(&self) -> Option<(f64, NumberUnit)> {
        match self {
            Leaf::Number(value) => Some((*value, NumberUnit::Unknown)),
            Leaf::Text(text) => number::parse(text),
            Leaf::Bool(_) => None,
            Leaf::Null => Some((f64::NAN, NumberUnit::Unknown)),
        }
    }

    /// The value as a record's key may have it.
    pub(crate) fn plain(&self) -> String {
        match self {
            Leaf::Number(value) => value.to_string(),
            Leaf::Text(text) => text.clone(),
            Leaf::Bool(value) => value.to_string(),
            Leaf::Null => "null".to_owned(),
        }
    }

    /// Where the value stands, with a word on what `null` is taken for.
    pub(crate) fn provenance(&self, file: &str, line: u64, text: &str) -> Provenance {
        let mut text = printable(text.trim(), 200);
        if *self == Leaf::Null {
            text += " (`null` stands for a number that is not finite)";
        }
        Provenance {
            file: file.to_owned(),
            line: Some(line),
            text,
        }
    }
}

/// A malformed place: its line, counted from 1, and what is wrong there.
pub(crate) type Fault = (u64, String);

/// All numbers, texts and words of a document, in its order. A byte order mark may stand before it.
pub(crate) fn leaves(bytes: &[u8]) -> Result<Vec<Entry>, Fault> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut parser = Parser {
        bytes,
        at: 0,
        line: 1,
        name: String::new(),
        entries: Vec::new(),
    };
    parser.space();
    parser.value(0)?;
    parser.space();
    if parser.at < bytes.len() {
        return Err(parser.fault("expected the end, found more"));
    }
    Ok(parser.entries)
}

/// A path as names are joined here; a JSON pointer (RFC 6901) begins with a slash.
pub(crate) fn dotted(path: &str) -> String {
    match path.strip_prefix('/') {
        Some(pointer) => pointer
            .replace('/', ".")
            .replace("~1", "/")
            .replace("~0", "~"),
        None => path.to_owned(),
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
    /// The name of the value that is being read.
    name: String,
    entries: Vec<Entry>,
}

impl Parser<'_> {
    fn fault(&self, reason: &str) -> Fault {
        (self.line, reason.to_owned())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.line += u64::from(byte == b'\n');
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.peek() != Some(byte) {
            return Err(self.fault(&format!("expected `{}`", byte as char)));
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err(self.fault("values are nested too deep"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => {
                let text = self.string()?;
                self.push(Leaf::Text(text))
            }
            Some(_) => self.word(),
            None => Err(self.fault("expected a value, found the end")),
        }
    }

    fn push(&mut self, leaf: Leaf) -> Result<(), Fault> {
        if self.entries.len() == MOST_LEAVES {
            return Err(self.fault(&format!("more than {MOST_LEAVES} values")));
        }
        self.entries.push(Entry {
            name: self.name.clone(),
            leaf,
            line: self.line,
        });
        Ok(())
    }

    /// Reads a value under one more key.
    fn named(&mut self, key: &str, depth: usize) -> Result<(), Fault> {
        let length = self.name.len();
        if !self.name.is_empty() {
            self.name.push('.');
        }
        self.name.push_str(key);
        if self.name.len() > 4096 {
            return Err(self.fault("keys are too long"));
        }
        self.space();
        self.value(depth + 1)?;
        self.name.truncate(length);
        self.space();
        Ok(())
    }

    /// Whether another element follows; eats the comma or the closing bracket.
    fn another(&mut self, close: u8) -> Result<bool, Fault> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.space();
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.fault(&format!("expected `,` or `{}`", close as char))),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Fault> {
        self.expect(b'{')?;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.string()?;
            self.space();
            self.expect(b':')?;
            self.named(&key, depth)?;
            if !self.another(b'}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), Fault> {
        self.expect(b'[')?;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        for index in 0.. {
            self.named(&index.to_string(), depth)?;
            if !self.another(b']')? {
                break;
            }
        }
        Ok(())
    }

    /// A string; what stands between its quotes is JSON's own, and serde_json knows its escapes.
    fn string(&mut self) -> Result<String, Fault> {
        let start = self.at;
        self.expect(b'"')?;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(0..0x20) | None => return Err(self.fault("a string has no end")),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let text = String::from_utf8_lossy(&self.bytes[start..self.at]);
        serde_json::from_str(&text).map_err(|_| self.fault("a string has a bad escape"))
    }

    /// A number, `true`, `false`, `null`, or one of Python's bare words.
    fn word(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        {
            self.at += 1;
        }
        let word = String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned();
        let value = match word.as_str() {
            "true" | "false" => return self.push(Leaf::Bool(word == "true")),
            "null" => return self.push(Leaf::Null),
            "NaN" | "nan" => f64::NAN,
            "Infinity" | "inf" => f64::INFINITY,
            "-Infinity" | "-inf" => f64::NEG_INFINITY,
            number if number.starts_with(|first: char| first.is_ascii_digit() || first == '-') => {
                number
                    .parse()
                    .map_err(|_| self.fault(&format!("`{}` is no number", printable(number, 40))))?
            }
            _ => {
                return Err(self.fault(&format!(
                    "expected a value, found `{}`",
                    printable(&word, 40)
                )));
            }
        };
        self.push(Leaf::Number(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str) -> Vec<(String, f64, u64)> {
        let numbers = leaves(text.as_bytes()).unwrap().into_iter();
        numbers
            .filter_map(|entry| Some((entry.name.clone(), entry.leaf.number()?.0, entry.line)))
            .collect()
    }

    fn fault(text: &str) -> Fault {
        leaves(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn nested_numbers_are_named_by_their_keys() {
        let text = "{\"a\": 1,\n \"b\": {\"c\": 2.5e-1, \"t\": \"x\\u0041\"},\n \"l\": [3, {\"d\": \"94.2%\"}], \"n\": null}";
        let expected = [
            ("a", 1.0, 1),
            ("b.c", 0.25, 2),
            ("l.0", 3.0, 3),
            ("l.1.d", 94.2, 3),
        ];
        let mut found = names(text);
        assert!(
            found
                .pop()
                .is_some_and(|null| null.0 == "n" && null.1.is_nan())
        );
        assert_eq!(
            found,
            expected.map(|(name, value, line)| (name.to_owned(), value, line))
        );
    }

    #[test]
    fn bare_words_of_python_are_numbers() {
        let found = names("[NaN, Infinity, -Infinity, 1e999]");
        assert!(found[0].1.is_nan());
        assert_eq!(
            found[1..]
                .iter()
                .map(|(_, value, _)| *value)
                .collect::<Vec<_>>(),
            [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY]
        );
    }

    #[test]
    fn faults_have_lines() {
        assert_eq!(fault("{\n\"a\" 1}"), (2, "expected `:`".into()));
        assert_eq!(
            fault("{\"a\": 1} x"),
            (1, "expected the end, found more".into())
        );
        assert_eq!(
            fault("[1,\n\n"),
            (3, "expected a value, found the end".into())
        );
        assert_eq!(
            fault("[oops]"),
            (1, "expected a value, found `oops`".into())
        );
        assert_eq!(fault("\"\\"), (1, "a string has no end".into()));
        assert_eq!(fault(&"[".repeat(100_000)).1, "values are nested too deep");
        assert_eq!(fault("").1, "expected a value, found the end");
    }

    #[test]
    fn pointers_and_dots_name_the_same() {
        assert_eq!(dotted("/a/b~1c/0"), "a.b/c.0");
        assert_eq!(dotted("a.b"), "a.b");
    }

    proptest! {
        #[test]
        fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = leaves(&bytes);
        }

        #[test]
        fn near_json_never_panics(text in "[\\[\\]{}:,\"\\\\a1e.\\-NaInf \n]{0,40}") {
            let _ = leaves(text.as_bytes());
        }
    }
}
