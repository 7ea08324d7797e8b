//! JSON documents with the line of each value.
//!
//! A parser of its own, because Python writes `NaN` and `Infinity` bare, which JSON does not have
//! and which must not be lost; and because lines are asked for.

use std::collections::BTreeSet;

use reprove_model::escape::printable;
use reprove_model::record::NumberUnit;

use crate::number;
use crate::value::Provenance;

/// Values nested deeper than this are refused.
const DEEPEST: usize = 64;

/// Documents with more numbers and texts than this are refused.
const MOST_LEAVES: usize = 1_000_000;

/// A value that is no object and no list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Leaf {
    Number(f64),
    Text(String),
    Bool(bool),
    Null,
}

/// A value with the line that it begins on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JsonNode {
    pub line: u64,
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Object(Vec<(String, JsonNode)>),
    List(Vec<JsonNode>),
    Leaf(Leaf),
}

/// A value that a path leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit<'n> {
    pub node: &'n JsonNode,
    /// The object of a list of objects that it stands in, if it stands in one.
    pub record: Option<&'n JsonNode>,
}

impl Leaf {
    /// The number, also one that is written as text with a percent sign.
    pub(crate) fn number(&self) -> Option<(f64, NumberUnit)> {
        match self {
            Leaf::Number(value) => Some((*value, NumberUnit::Unknown)),
            Leaf::Text(text) => number::parse(text),
            Leaf::Bool(_) | Leaf::Null => None,
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

    /// Whether it says that there is no number: `null`, a blank, or a word for a lost run.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Leaf::Null => true,
            Leaf::Text(text) => number::is_lost(text),
            Leaf::Number(_) | Leaf::Bool(_) => false,
        }
    }
}

/// The place of a value on a line of a file.
pub(crate) fn provenance(file: &str, line: u64, text: &str) -> Provenance {
    Provenance {
        file: file.to_owned(),
        line: Some(line),
        text: printable(text.trim(), 200),
    }
}

impl JsonNode {
    /// The value of a key of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&JsonNode> {
        let fields = match &self.value {
            Value::Object(fields) => fields,
            Value::List(_) | Value::Leaf(_) => return None,
        };
        let field = fields.iter().find(|(name, _)| name == key);
        field.map(|(_, node)| node)
    }

    /// The value, if it is no object and no list.
    pub(crate) fn leaf(&self) -> Option<&Leaf> {
        match &self.value {
            Value::Leaf(leaf) => Some(leaf),
            Value::Object(_) | Value::List(_) => None,
        }
    }

    /// The text of the value that `path` leads to, if it leads to one leaf.
    pub(crate) fn plain_at(&self, path: &str) -> Option<String> {
        match self.find(path)[..] {
            [hit] => hit.node.leaf().map(Leaf::plain),
            _ => None,
        }
    }

    /// The value in a few words.
    pub(crate) fn shown(&self) -> String {
        match &self.value {
            Value::Object(_) => "an object".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Leaf(leaf) => leaf.plain(),
        }
    }

    /// The values at the end of a path of keys joined by dots, or of a JSON pointer (RFC 6901). A
    /// key that has the whole rest of the path for its name goes before its parts. A list of objects
    /// on the way gives the values of all its objects that have one; a list at the end all of its.
    pub(crate) fn find(&self, path: &str) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        match path.strip_prefix('/') {
            Some(pointer) if self.get(path).is_none() => {
                let unescaped = |key: &str| key.replace("~1", "/").replace("~0", "~");
                let keys: Vec<String> = pointer.split('/').map(unescaped).collect();
                let end = keys.iter().try_fold(self, |node, key| node.step(key));
                end.into_iter().for_each(|end| end.end(None, &mut hits));
            }
            Some(_) | None => self.follow(path, None, &mut hits),
        }
        hits
    }

    /// The value of a key, or the item at a position.
    fn step(&self, key: &str) -> Option<&JsonNode> {
        match &self.value {
            Value::List(items) => items.get(key.parse::<usize>().ok()?),
            Value::Object(_) | Value::Leaf(_) => self.get(key),
        }
    }

    fn follow<'n>(&'n self, path: &str, record: Option<&'n JsonNode>, hits: &mut Vec<Hit<'n>>) {
        if let Some(node) = self.step(path) {
            return node.end(record, hits);
        }
        let splits = path
            .rmatch_indices('.')
            .map(|(at, _)| (&path[..at], &path[at + 1..]));
        for (key, rest) in splits {
            if let Some(node) = self.step(key) {
                node.follow(rest, record, hits);
                if !hits.is_empty() {
                    return;
                }
            }
        }
        if let Value::List(items) = &self.value {
            for item in items {
                if matches!(item.value, Value::Object(_)) {
                    item.follow(path, Some(item), hits);
                }
            }
        }
    }

    /// Takes the value, or the items of a list.
    fn end<'n>(&'n self, record: Option<&'n JsonNode>, hits: &mut Vec<Hit<'n>>) {
        match &self.value {
            Value::List(items) => {
                hits.extend(items.iter().map(|node| Hit { node, record }));
            }
            Value::Object(_) | Value::Leaf(_) => hits.push(Hit { node: self, record }),
        }
    }

    /// Calls `each` with every leaf and the keys on the way to it, joined by dots.
    pub(crate) fn leaves<'n>(&'n self, each: &mut impl FnMut(&str, &'n Leaf, u64)) {
        self.walk(&mut String::new(), &mut |name, node| {
            if let Value::Leaf(leaf) = &node.value {
                each(name, leaf, node.line);
            }
        });
    }

    /// Calls `each` with every value and the keys on the way to it, joined by dots.
    pub(crate) fn walk<'n>(&'n self, name: &mut String, each: &mut impl FnMut(&str, &'n JsonNode)) {
        each(name, self);
        let mut inner = |key: &str, node: &'n JsonNode| {
            let length = name.len();
            if length > 0 {
                name.push('.');
            }
            name.push_str(key);
            node.walk(name, each);
            name.truncate(length);
        };
        match &self.value {
            Value::Object(fields) => fields.iter().for_each(|(key, node)| inner(key, node)),
            Value::List(items) => {
                let items = items.iter().enumerate();
                items.for_each(|(index, node)| inner(&index.to_string(), node));
            }
            Value::Leaf(_) => {}
        }
    }

    /// The paths of all leaves that are numbers, for a message.
    pub(crate) fn number_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.leaves(&mut |name, leaf, _| {
            if leaf.number().is_some() && names.len() < MOST_NAMED {
                names.push(name.to_owned());
            }
        });
        names
    }
}

/// The most names that a message chooses from.
const MOST_NAMED: usize = 10_000;

/// A malformed place: its line, counted from 1, and what is wrong there.
pub(crate) type JsonFault = (u64, String);

/// A document.
pub(crate) fn parse(text: &str) -> Result<JsonNode, JsonFault> {
    let bytes = text.as_bytes();
    let mut parser = Parser {
        bytes,
        at: 0,
        line: 1,
        leaves: 0,
    };
    parser.space();
    let root = parser.value(0)?;
    parser.space();
    if parser.at < bytes.len() {
        return Err(parser.fault("expected the end, found more"));
    }
    Ok(root)
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
    leaves: usize,
}

impl Parser<'_> {
    fn fault(&self, reason: &str) -> JsonFault {
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

    fn expect(&mut self, byte: u8) -> Result<(), JsonFault> {
        if self.peek() != Some(byte) {
            return Err(self.fault(&format!("expected `{}`", byte as char)));
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<JsonNode, JsonFault> {
        if depth > DEEPEST {
            return Err(self.fault("values are nested too deep"));
        }
        let line = self.line;
        let value = match self.peek() {
            Some(b'{') => Value::Object(self.object(depth)?),
            Some(b'[') => Value::List(self.list(depth)?),
            Some(b'"') => Value::Leaf(Leaf::Text(self.string()?)),
            Some(_) => Value::Leaf(self.word()?),
            None => return Err(self.fault("expected a value, found the end")),
        };
        if matches!(value, Value::Leaf(_)) {
            self.leaves += 1;
            if self.leaves > MOST_LEAVES {
                return Err(self.fault(&format!("more than {MOST_LEAVES} values")));
            }
        }
        Ok(JsonNode { line, value })
    }

    /// Whether another element follows; eats the comma or the closing bracket.
    fn another(&mut self, close: u8) -> Result<bool, JsonFault> {
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

    fn object(&mut self, depth: usize) -> Result<Vec<(String, JsonNode)>, JsonFault> {
        let (mut fields, mut keys) = (Vec::new(), BTreeSet::new());
        self.expect(b'{')?;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(fields);
        }
        loop {
            let key = self.string()?;
            if !keys.insert(key.clone()) {
                let key = printable(&key, 60);
                return Err(self.fault(&format!("the key `{key}` stands twice in one object")));
            }
            self.space();
            self.expect(b':')?;
            self.space();
            let node = self.value(depth + 1)?;
            self.space();
            fields.push((key, node));
            if !self.another(b'}')? {
                return Ok(fields);
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<JsonNode>, JsonFault> {
        let mut items = Vec::new();
        self.expect(b'[')?;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(items);
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if !self.another(b']')? {
                return Ok(items);
            }
        }
    }

    /// A string; what stands between its quotes is JSON's own, and serde_json knows its escapes.
    fn string(&mut self) -> Result<String, JsonFault> {
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
    fn word(&mut self) -> Result<Leaf, JsonFault> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        {
            self.at += 1;
        }
        let word = String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned();
        let value = match word.as_str() {
            "true" | "false" => return Ok(Leaf::Bool(word == "true")),
            "null" => return Ok(Leaf::Null),
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
        Ok(Leaf::Number(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str) -> Vec<(String, f64, u64)> {
        let (root, mut names) = (parse(text).unwrap(), Vec::new());
        root.leaves(&mut |name, leaf, line| {
            if let Some((value, _)) = leaf.number() {
                names.push((name.to_owned(), value, line));
            }
        });
        names
    }

    fn fault(text: &str) -> JsonFault {
        parse(text).unwrap_err()
    }

    fn found(text: &str, path: &str) -> Vec<String> {
        let root = parse(text).unwrap();
        let hits = root.find(path);
        hits.iter().map(|hit| hit.node.shown()).collect()
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
        assert_eq!(
            names(text),
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
        assert_eq!(
            fault("{\"a\": 1,\n\"a\": 2}"),
            (2, "the key `a` stands twice in one object".into())
        );
    }

    #[test]
    fn the_exact_name_goes_before_its_parts() {
        let text =
            "{\"ndcg\": 1, \"ndcg.10\": 2, \"a\": {\"b.c\": 3, \"b\": {\"d\": 4}}, \"/x\": 5}";
        for (path, value) in [
            ("ndcg", "1"),
            ("ndcg.10", "2"),
            ("a.b.c", "3"),
            ("a.b.d", "4"),
            ("/a/b.c", "3"),
            ("/x", "5"),
        ] {
            assert_eq!(found(text, path), [value], "{path}");
        }
        assert_eq!(found(text, "ndcg.1"), [""; 0]);
        assert_eq!(found("{\"a/b\": [7, 8]}", "/a~1b/1"), ["8"]);
    }

    #[test]
    fn lists_are_series() {
        let text = "{\"folds\": [1, 2], \"log\": [{\"loss\": 3}, {\"acc\": 4}, {\"acc\": 5}]}";
        assert_eq!(found(text, "folds"), ["1", "2"]);
        assert_eq!(found(text, "folds.1"), ["2"]);
        assert_eq!(found(text, "log.acc"), ["4", "5"]);
        assert_eq!(found(text, "log.1.acc"), ["4"]);
        assert_eq!(found("[{\"acc\": 1}, {\"acc\": \"x\"}]", "acc"), ["1", "x"]);
    }

    proptest! {
        #[test]
        fn no_input_panics(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn near_json_never_panics(text in "[\\[\\]{}:,\"\\\\a1e.\\-NaInf \n]{0,40}", path in "[a1./]{0,6}") {
            if let Ok(root) = parse(&text) {
                let _ = root.find(&path);
            }
        }
    }
}
