//! Reading a YAML tree with the path of every key at hand, and a record of every default taken.

use std::cell::RefCell;

use serde_yaml::Value;

use crate::error::{KeyPath, RecipeError, quoted};
use crate::spec::assumed::Assumed;

/// What is common to all nodes of one document.
pub(crate) struct RecipeDocument<'a> {
    origin: &'a str,
    assumed: RefCell<Vec<Assumed>>,
}

impl<'a> RecipeDocument<'a> {
    pub(crate) fn new(origin: &'a str) -> Self {
        Self {
            origin,
            assumed: RefCell::new(Vec::new()),
        }
    }

    pub(crate) fn root<'d>(&'d self, value: &'d Value) -> RecipeNode<'d> {
        self.node("", value)
    }

    /// A value that stands at a path.
    pub(crate) fn node<'d>(&'d self, path: &str, value: &'d Value) -> RecipeNode<'d> {
        RecipeNode {
            document: self,
            path: path.to_owned(),
            value,
        }
    }

    pub(crate) fn origin(&self) -> &'a str {
        self.origin
    }

    pub(crate) fn into_assumed(self) -> Vec<Assumed> {
        self.assumed.into_inner()
    }

    pub(crate) fn place(&self, path: &str) -> KeyPath {
        KeyPath {
            origin: self.origin.into(),
            location: None,
            path: path.to_owned(),
        }
    }

    fn assume(&self, path: String, value: String) {
        self.assumed.borrow_mut().push(Assumed { path, value });
    }
}

/// Stands for a mapping without entries.
static NOTHING: Value = Value::Null;

/// One value of the document with its path.
pub(crate) struct RecipeNode<'d> {
    document: &'d RecipeDocument<'d>,
    path: String,
    value: &'d Value,
}

/// A mapping whose keys are all known.
pub(crate) struct NodeFields<'d> {
    node: RecipeNode<'d>,
}

impl<'d> RecipeNode<'d> {
    pub(crate) fn place(&self) -> KeyPath {
        self.document.place(&self.path)
    }

    /// A mapping that has no key but these.
    pub(crate) fn fields(self, known: &[&str]) -> Result<NodeFields<'d>, RecipeError> {
        let mapping = match self.value {
            Value::Mapping(mapping) => mapping,
            nothing if std::ptr::eq(nothing, &NOTHING) => return Ok(NodeFields { node: self }),
            _ => return Err(self.unexpected("a mapping")),
        };
        for key in mapping.keys() {
            let name = scalar_text(key);
            if !known.contains(&name.as_str()) {
                return Err(RecipeError::UnknownKey {
                    at: self.place(),
                    key: name,
                    known: owned(known),
                });
            }
        }
        Ok(NodeFields { node: self })
    }

    /// A choice: either a bare name, or a mapping of one name to its settings.
    pub(crate) fn choice(
        &self,
        what: &'static str,
        known: &[&'static str],
    ) -> Result<(&'static str, Option<RecipeNode<'d>>), RecipeError> {
        let (name, settings) = self.written_choice(known)?;
        let Some(found) = known.iter().find(|candidate| **candidate == name) else {
            return Err(self.unknown_name(what, name, known));
        };
        let settings = settings.map(|value| self.child(found, value));
        Ok((found, settings))
    }

    /// A choice out of a table of names: a bare name, or a mapping of one name to its settings.
    pub(crate) fn choice_from<'t, T>(
        &self,
        what: &'static str,
        table: &'t [(&'static str, T)],
    ) -> Result<(&'static str, &'t T, Option<RecipeNode<'d>>), RecipeError> {
        let known: Vec<&'static str> = table.iter().map(|(name, _)| *name).collect();
        let (name, settings) = self.written_choice(&known)?;
        let Some((found, value)) = table.iter().find(|(candidate, _)| *candidate == name) else {
            return Err(self.unknown_name(what, name, &known));
        };
        let settings = settings.map(|value| self.child(found, value));
        Ok((found, value, settings))
    }

    /// The name of a choice as written, and its settings.
    fn written_choice(
        &self,
        known: &[&'static str],
    ) -> Result<(String, Option<&'d Value>), RecipeError> {
        match (self.value, only_entry(self.value)) {
            (Value::String(name), _) => Ok((name.clone(), None)),
            (_, Some((key, value))) => Ok((scalar_text(key), Some(value))),
            _ => Err(self.unexpected(&format!("one of {}", quoted(&owned(known))))),
        }
    }

    fn unknown_name(
        &self,
        what: &'static str,
        name: String,
        known: &[&'static str],
    ) -> RecipeError {
        RecipeError::UnknownName {
            at: self.place(),
            what,
            name,
            known: owned(known),
        }
    }

    /// A bare name out of a table of names.
    pub(crate) fn named<T: Copy>(
        &self,
        what: &'static str,
        table: &[(&'static str, T)],
    ) -> Result<T, RecipeError> {
        let known: Vec<&'static str> = table.iter().map(|(name, _)| *name).collect();
        let Value::String(name) = self.value else {
            return Err(self.unexpected(&format!("one of {}", quoted(&owned(&known)))));
        };
        match table.iter().find(|(candidate, _)| candidate == name) {
            Some((_, value)) => Ok(*value),
            None => Err(RecipeError::UnknownName {
                at: self.place(),
                what,
                name: name.clone(),
                known: owned(&known),
            }),
        }
    }

    /// The settings of a choice that stands there by its name alone: all of them are defaults.
    pub(crate) fn empty_mapping(&self, name: &str) -> RecipeNode<'d> {
        self.child(name, &NOTHING)
    }

    /// The same place as a mapping without entries, where a single value stands for one of them.
    pub(crate) fn without_entries(self) -> RecipeNode<'d> {
        RecipeNode {
            value: &NOTHING,
            ..self
        }
    }

    /// The entries of a mapping with names of any kind, in the order written.
    pub(crate) fn entries(&self) -> Result<Vec<(String, RecipeNode<'d>)>, RecipeError> {
        let Value::Mapping(mapping) = self.value else {
            return Err(self.unexpected("a mapping"));
        };
        let entries = mapping.iter().map(|(key, value)| {
            let name = scalar_text(key);
            let node = self.child(&name, value);
            (name, node)
        });
        Ok(entries.collect())
    }

    pub(crate) fn text(&self) -> Result<String, RecipeError> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(self.unexpected("text")),
        }
    }

    /// A finite number that `accept` accepts; `expected` says in words which those are.
    pub(crate) fn number(
        &self,
        expected: &str,
        accept: impl Fn(f64) -> bool,
    ) -> Result<f64, RecipeError> {
        match self.value.as_f64() {
            Some(number) if number.is_finite() && accept(number) => Ok(number),
            _ => Err(self.unexpected(expected)),
        }
    }

    /// A whole number of at least `least`.
    pub(crate) fn count(&self, least: u64) -> Result<usize, RecipeError> {
        let expected = format!("a whole number of at least {least}");
        match self.value.as_u64() {
            Some(number) if number >= least => {
                usize::try_from(number).map_err(|_| self.unexpected(&expected))
            }
            _ => Err(self.unexpected(&expected)),
        }
    }

    pub(crate) fn whole(&self) -> Option<u64> {
        self.value.as_u64()
    }

    pub(crate) fn is_text(&self, text: &str) -> bool {
        self.value.as_str() == Some(text)
    }

    pub(crate) fn is_list(&self) -> bool {
        self.value.is_sequence()
    }

    pub(crate) fn list(&self) -> Result<Vec<RecipeNode<'d>>, RecipeError> {
        let Value::Sequence(items) = self.value else {
            return Err(self.unexpected("a list"));
        };
        Ok(items
            .iter()
            .enumerate()
            .map(|(index, value)| RecipeNode {
                document: self.document,
                path: format!("{}[{index}]", self.path),
                value,
            })
            .collect())
    }

    pub(crate) fn texts(&self) -> Result<Vec<String>, RecipeError> {
        self.list()?.iter().map(RecipeNode::text).collect()
    }

    pub(crate) fn unexpected(&self, expected: &str) -> RecipeError {
        RecipeError::Unexpected {
            at: self.place(),
            expected: expected.to_owned(),
            found: describe(self.value),
        }
    }

    pub(crate) fn conflict(&self, message: impl Into<String>) -> RecipeError {
        RecipeError::Conflict {
            at: self.place(),
            message: message.into(),
        }
    }

    fn child(&self, key: &str, value: &'d Value) -> RecipeNode<'d> {
        RecipeNode {
            document: self.document,
            path: join(&self.path, key),
            value,
        }
    }
}

impl<'d> NodeFields<'d> {
    pub(crate) fn optional(&self, key: &str) -> Option<RecipeNode<'d>> {
        let value = self.node.value.get(key)?;
        (!value.is_null()).then(|| self.node.child(key, value))
    }

    pub(crate) fn required(&self, key: &str) -> Result<RecipeNode<'d>, RecipeError> {
        self.optional(key).ok_or_else(|| self.missing(key))
    }

    pub(crate) fn missing(&self, key: &str) -> RecipeError {
        RecipeError::MissingKey {
            at: self.node.place(),
            key: key.to_owned(),
        }
    }

    /// The value read from `key`, or the default, which is recorded under the name `shown`.
    pub(crate) fn or_assume<T>(
        &self,
        key: &str,
        default: T,
        shown: impl Into<String>,
        read: impl FnOnce(RecipeNode<'d>) -> Result<T, RecipeError>,
    ) -> Result<T, RecipeError> {
        match self.optional(key) {
            Some(node) => read(node),
            None => {
                let path = join(&self.node.path, key);
                self.node.document.assume(path, shown.into());
                Ok(default)
            }
        }
    }

    pub(crate) fn node(&self) -> &RecipeNode<'d> {
        &self.node
    }
}

/// The entry of a mapping that has just one.
fn only_entry(value: &Value) -> Option<(&Value, &Value)> {
    let mapping = value.as_mapping().filter(|mapping| mapping.len() == 1)?;
    mapping.iter().next()
}

/// The path of a key below a path.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A scalar as its writer would name it.
pub(crate) fn scalar_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) => "a mapping".to_owned(),
        Value::Tagged(tagged) => tagged.tag.to_string(),
    }
}

fn describe(value: &Value) -> String {
    match value {
        Value::Mapping(mapping) => match mapping.iter().next() {
            Some((Value::String(name), Value::Null)) if mapping.len() == 1 => {
                format!("a placeholder without quotes, `{{{name}}}`")
            }
            _ => "a mapping".to_owned(),
        },
        Value::Sequence(_) => "a list".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Tagged(tagged) => format!("the tag `{}`", tagged.tag),
        Value::String(text) => format!("the text `{text}`"),
        scalar => format!("`{}`", scalar_text(scalar)),
    }
}
