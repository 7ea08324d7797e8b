//! The name before the number of a pattern, and the names in a text that it is the end of.
//!
//! `loss=([0-9.]+)` matches in `val_loss=0.3` too, whose number is another one.

use std::collections::BTreeSet;

use regex_syntax::ast::{self, AssertionKind, Ast, ClassPerlKind};

/// Names of a text that are remembered at most.
const MOST: usize = 5;

/// The name that a pattern has before a group, where anything may stand before the name.
#[derive(Debug)]
pub(crate) struct PatternName {
    name: String,
    /// Whether the pattern begins with it.
    is_first: bool,
}

impl PatternName {
    /// The name before the group of this index; `None` where there is none, or where the pattern
    /// says what stands before it.
    pub(crate) fn of(pattern: &str, group: usize) -> Option<Self> {
        let tree = ast::parse::Parser::new().parse(pattern).ok()?;
        let Ast::Concat(list) = &tree else {
            return None;
        };
        let is_meant = |one: &Ast| match one {
            Ast::Group(one) => one
                .capture_index()
                .is_some_and(|index| index as usize == group),
            _ => false,
        };
        let end = list.asts.iter().position(is_meant)?;
        let mut before = list.asts[..end].iter().rev().peekable();
        while before.next_if(|one| is_separator(one)).is_some() {}
        let mut name = Vec::new();
        while let Some(c) = before
            .peek()
            .copied()
            .and_then(literal)
            .filter(|c| is_of_name(*c))
        {
            name.push(c);
            before.next();
        }
        let is_free = before.peek().is_none_or(|one| match one {
            Ast::Repetition(repetition) => matches!(*repetition.ast, Ast::Dot(_)),
            Ast::Assertion(assertion) => assertion.kind == AssertionKind::WordBoundary,
            Ast::Dot(_) | Ast::Flags(_) => true,
            _ => false,
        });
        let is_first = before.peek().is_none();
        let name: String = name.iter().rev().collect();
        let has_letter = name.contains(|c: char| c.is_alphabetic());
        (is_free && has_letter).then_some(Self { name, is_first })
    }

    /// The name as the pattern has it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The whole name of the text that it is the end of, without the digits before it; `before` is
    /// the text up to the number.
    fn whole(&self, before: &str) -> String {
        let lower = |text: &str| text.to_ascii_lowercase();
        let at = lower(before).rfind(&lower(&self.name)).unwrap_or_default();
        let before = &before[..at];
        let start = before.trim_end_matches(is_of_name);
        let mut prefix = &before[start.len()..];
        if start.ends_with("\u{1b}[") {
            // What sets a colour ends with a letter.
            prefix = prefix
                .split_once(|c: char| c.is_alphabetic())
                .map_or("", |(_, rest)| rest);
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let joined = prefix.strip_suffix(['-', '.', '/']).unwrap_or(prefix);
        let is_joined = joined.ends_with(is_word) && prefix.contains(|c: char| c.is_alphabetic());
        let prefix: String = match is_joined {
            true => prefix.chars().filter(|c| !c.is_ascii_digit()).collect(),
            false => String::new(),
        };
        format!("{prefix}{}", self.name)
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')
}

/// A character that the pattern has as it is.
fn literal(one: &Ast) -> Option<char> {
    match one {
        Ast::Literal(literal) => Some(literal.c),
        _ => None,
    }
}

/// Whether this stands between a name and its number.
fn is_separator(one: &Ast) -> bool {
    match one {
        Ast::Literal(literal) => matches!(literal.c, ' ' | '\t' | '=' | ':' | '"' | '\''),
        Ast::ClassPerl(class) => class.kind == ClassPerlKind::Space,
        Ast::Repetition(repetition) => is_separator(&repetition.ast),
        _ => false,
    }
}

/// The names of a text whose numbers a group took.
#[derive(Debug, Default)]
pub(crate) struct TakenNames(BTreeSet<String>);

impl TakenNames {
    /// Takes in the name before a number; `before` is the text up to it.
    pub(crate) fn add(&mut self, name: &PatternName, before: &str) {
        if self.0.len() < MOST {
            self.0.insert(name.whole(before));
        }
    }

    /// What is to be said: `Err` where the numbers of several names were taken for one metric,
    /// `Ok(Some)` where they are those of one longer name.
    pub(crate) fn checked(
        &self,
        name: &PatternName,
        pattern: &str,
    ) -> Result<Option<String>, String> {
        let mut names = self.0.iter();
        let (first, second) = (names.next(), names.next());
        match (first, second) {
            (Some(_), Some(_)) => Err(several(name, pattern, &self.0)),
            (Some(whole), None) if *whole != name.name => Ok(Some(whole.clone())),
            (Some(_) | None, _) => Ok(None),
        }
    }
}

fn several(name: &PatternName, pattern: &str, names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = names.join("`, `");
    let hint = match name.is_first {
        true => format!(
            "; for `{}` alone write `(?:^|[^\\w./-]){pattern}`",
            name.name
        ),
        false => String::new(),
    };
    format!(
        "`{}` is the end of several names, `{found}`{hint}",
        name.name
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(pattern: &str, before: &str) -> Option<String> {
        Some(PatternName::of(pattern, 1)?.whole(before))
    }

    #[test]
    fn the_whole_name_is_found_in_the_text() {
        for (pattern, before, name) in [
            ("loss=([0-9.]+)", "epoch 1 loss=", "loss"),
            ("loss=([0-9.]+)", "loss=0.5 val_loss=", "val_loss"),
            ("loss: +([0-9.]+)", "train/loss: ", "train/loss"),
            (r#"loss":\s*([0-9.]+)"#, r#"{"val-loss": "#, "val-loss"),
            ("(?i)LOSS=(.*)", "val_loss=", "val_LOSS"),
            (r"\bloss=([0-9.]+)", "val-loss=", "val-loss"),
            (".*loss=([0-9.]+)", "x test_loss=", "test_loss"),
            ("acc ([0-9.]+)", "fold3_acc ", "fold_acc"),
            ("acc ([0-9.]+)", "\u{1b}[1macc ", "acc"),
            ("acc ([0-9.]+)", "Training...acc ", "acc"),
            ("acc ([0-9.]+)", "3/10 acc ", "acc"),
            ("acc ([0-9.]+)", "[INFO]acc ", "acc"),
        ] {
            assert_eq!(whole(pattern, before).as_deref(), Some(name), "{before}");
        }
        for pattern in [
            "^loss=(.*)",
            " loss=(.*)",
            r"[\s_]loss=(.*)",
            "(a|b)loss=(.*)",
            "=(.*)",
        ] {
            assert!(PatternName::of(pattern, 1).is_none(), "{pattern}");
        }
    }
}
