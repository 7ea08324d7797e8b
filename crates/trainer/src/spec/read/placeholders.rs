//! Putting a configuration's values into a recipe.
//!
//! `"{hidden}"` as a whole scalar becomes the value with its type; inside longer text the value is
//! written out. Only `{name}` with a name of letters, digits, `_` and `-` is a placeholder.
//!
//! `{choose: "{network}", from: {small: …, large: …}}` stands for the entry of `from` that `choose`
//! names, so that one recipe serves rows of a table that differ in more than a number. Nothing of
//! the other entries is looked at.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use crate::error::RecipeError;
use crate::spec::read::node::{RecipeDocument, join as below, scalar_text};
use reprove_model::manifest::placeholders::{Piece, pieces_of_text};

/// Replaces every placeholder in the tree.
///
/// # Errors
/// A placeholder without a value, and a value that no placeholder uses.
pub(crate) fn fill(
    tree: &mut Value,
    origin: &str,
    values: &BTreeMap<String, Value>,
) -> Result<(), RecipeError> {
    let mut filling = Filling {
        document: RecipeDocument::new(origin),
        values,
        used: BTreeSet::new(),
    };
    filling.visit(tree, "")?;
    let unused = values.keys().find(|name| !filling.used.contains(*name));
    match unused {
        None => Ok(()),
        Some(name) => Err(RecipeError::UnusedValue {
            origin: origin.to_owned(),
            name: name.clone(),
        }),
    }
}

struct Filling<'a> {
    document: RecipeDocument<'a>,
    values: &'a BTreeMap<String, Value>,
    used: BTreeSet<String>,
}

impl Filling<'_> {
    fn visit(&mut self, value: &mut Value, path: &str) -> Result<(), RecipeError> {
        if value.get("choose").is_some() {
            *value = self.chosen(value, path)?;
            return self.visit(value, path);
        }
        match value {
            Value::String(text) => {
                if let Some(filled) = self.replace(text, path)? {
                    *value = filled;
                }
            }
            Value::Sequence(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.visit(item, &format!("{path}[{index}]"))?;
                }
            }
            Value::Mapping(mapping) => {
                for (key, item) in mapping.iter_mut() {
                    self.visit(item, &below(path, &scalar_text(key)))?;
                }
            }
            Value::Tagged(tagged) => self.visit(&mut tagged.value, path)?,
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        Ok(())
    }

    /// The entry of `from` that `choose` names.
    fn chosen(&mut self, choice: &mut Value, path: &str) -> Result<Value, RecipeError> {
        let mut name = choice["choose"].clone();
        self.visit(&mut name, &below(path, "choose"))?;
        let document = RecipeDocument::new(self.document.origin());
        let fields = document.node(path, choice).fields(&["choose", "from"])?;
        let from = fields.required("from")?;
        let Value::Mapping(entries) = &choice["from"] else {
            return Err(from.unexpected("a mapping of what there is to choose from"));
        };
        let name = scalar_text(&name);
        let entry = entries.iter().find(|(key, _)| scalar_text(key) == name);
        match entry {
            Some((_, entry)) => Ok(entry.clone()),
            None => Err(RecipeError::UnknownName {
                at: self.document.place(&below(path, "choose")),
                what: "choice",
                name,
                known: entries.keys().map(scalar_text).collect(),
            }),
        }
    }

    /// The text with its placeholders replaced, or `None` when it has none.
    fn replace(&mut self, text: &str, path: &str) -> Result<Option<Value>, RecipeError> {
        let pieces = pieces_of_text(text);
        if let [Piece::Placeholder(name)] = pieces[..] {
            return self.value_of(name, path).map(Some);
        }
        let (mut filled, mut any) = (String::new(), false);
        for piece in pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Placeholder(name) => {
                    any = true;
                    filled.push_str(&self.text_of(name, path)?);
                }
            }
        }
        Ok(any.then_some(Value::String(filled)))
    }

    /// The value of a placeholder inside longer text.
    fn text_of(&mut self, name: &str, path: &str) -> Result<String, RecipeError> {
        let value = self.value_of(name, path)?;
        if value.is_sequence() || value.is_mapping() {
            return Err(RecipeError::Unexpected {
                at: self.document.place(path),
                expected: format!("a scalar for `{{{name}}}` inside text"),
                found: scalar_text(&value),
            });
        }
        Ok(scalar_text(&value))
    }

    fn value_of(&mut self, name: &str, path: &str) -> Result<Value, RecipeError> {
        let Some(value) = self.values.get(name) else {
            return Err(RecipeError::PlaceholderWithoutValue {
                at: self.document.place(path),
                name: name.to_owned(),
                known: self.values.keys().cloned().collect(),
            });
        };
        self.used.insert(name.to_owned());
        Ok(value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reprove_model::diagnostics::Hint as _;

    fn filled(text: &str, values: &[(&str, &str)]) -> Result<Value, String> {
        let mut tree: Value = serde_yaml::from_str(text).unwrap();
        let values = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), serde_yaml::from_str(value).unwrap()))
            .collect();
        fill(&mut tree, "r.yaml", &values)
            .map(|()| tree)
            .map_err(|error| format!("{error} | {}", error.hint().unwrap_or_default()))
    }

    #[test]
    fn a_whole_scalar_keeps_the_type_and_text_is_written_out() {
        let tree = filled(
            "{a: '{n}', b: 'n is {n} of {n}', c: ['{m}'], d: '{} {x y}'}",
            &[("n", "3"), ("m", "[1, 2]")],
        );
        let expected: Value =
            serde_yaml::from_str("{a: 3, b: 'n is 3 of 3', c: [[1, 2]], d: '{} {x y}'}").unwrap();
        assert_eq!(tree.unwrap(), expected);
        assert_eq!(
            filled("{b: 'n is {m}'}", &[("m", "[1, 2]")]).unwrap_err(),
            "r.yaml: b: expected a scalar for `{m}` inside text, found a list | "
        );
    }

    #[test]
    fn missing_and_unused_values_are_errors() {
        assert_eq!(
            filled("{a: {b: ['{hiden}']}}", &[("hidden", "3")]).unwrap_err(),
            "r.yaml: a.b[0]: the configuration has no value for `{hiden}` | did you mean `hidden`?"
        );
        assert_eq!(
            filled("{a: '{n}'}", &[("n", "1"), ("rate", "2")]).unwrap_err(),
            "r.yaml: the configuration's value `rate` is used nowhere | write `\"{rate}\"` in the recipe where the value belongs, or remove `rate` from the configuration"
        );
    }

    #[test]
    fn a_choice_stands_for_the_entry_that_it_names() {
        const TEXT: &str =
            "{m: {choose: '{n}', from: {a: {w: '{w}'}, 2: [x, {choose: b, from: {b: '{c}'}}]}}}";
        let yaml = |text: &str| -> Value { serde_yaml::from_str(text).unwrap() };
        let found = filled(TEXT, &[("n", "a"), ("w", "3")]);
        assert_eq!(found.unwrap(), yaml("{m: {w: 3}}"));
        let found = filled(TEXT, &[("n", "2"), ("c", "1")]);
        assert_eq!(found.unwrap(), yaml("{m: [x, 1]}"));
        let unused = "r.yaml: the configuration's value `c` is used nowhere";
        let found = filled(TEXT, &[("n", "a"), ("w", "3"), ("c", "1")]).unwrap_err();
        assert!(found.starts_with(unused), "{found}");
        let cases = [
            (
                TEXT.replace("'{n}'", "aa"),
                "r.yaml: m.choose: unknown choice `aa` | did you mean `a`?",
            ),
            (
                "{a: {choose: b}}".to_owned(),
                "r.yaml: a: `from` is missing | ",
            ),
            (
                "{a: {choose: b, from: [b]}}".to_owned(),
                "r.yaml: a.from: expected a mapping of what there is to choose from, found a list | ",
            ),
            (
                "{a: {choose: b, form: {b: 1}}}".to_owned(),
                "r.yaml: a: unknown key `form` | did you mean `from`?",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(filled(&text, &[]).unwrap_err(), expected);
        }
    }
}
