//! Commands that decide which tokens are read: files, environments and conditions.

use super::expand::{Condition, Expander};
use super::token::{Kind, Name, Place, Token};
use crate::error::ImportError;

/// Conditions of TeX that end with `\fi`.
const CONDITIONS: &[&str] = &[
    "if",
    "ifx",
    "ifnum",
    "ifdim",
    "ifodd",
    "ifcat",
    "ifcase",
    "ifvmode",
    "ifhmode",
    "ifmmode",
    "ifinner",
    "ifvoid",
    "ifhbox",
    "ifvbox",
    "ifeof",
    "iftrue",
    "iffalse",
    "ifdefined",
    "ifcsname",
    "ifpdf",
    "ifxetex",
    "ifluatex",
];

impl Expander<'_> {
    /// Runs a command of this file; whether `name` is one.
    pub(super) fn structure(&mut self, name: Name, place: Place) -> Result<bool, ImportError> {
        match self.names.text(name) {
            "begin" => {
                if let Some(environment) = self.environment() {
                    self.begin(environment, place)?;
                }
            }
            "end" => {
                if let Some(environment) = self.environment() {
                    self.end(environment, place)?;
                }
            }
            "input" | "include" | "subfile" => self.include(place)?,
            "endinput" => self.stop_file(),
            "csname" => self.built_name(place)?,
            "fi" => {
                if self.close_condition() == Some(Condition::Undecided) {
                    self.mark(place);
                }
            }
            "else" | "or" => match self.innermost_condition() {
                Some(Condition::Taken) => {
                    self.skip_branch(false);
                    self.close_condition();
                }
                Some(Condition::Undecided) => self.mark(place),
                None => {}
            },
            text if CONDITIONS.contains(&text) => self.condition(name, place)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn mark(&mut self, place: Place) {
        self.emit(Token {
            kind: Kind::Undecided,
            place,
        });
    }

    fn environment(&mut self) -> Option<Name> {
        let word = self.word()?;
        Some(self.names.intern(&word))
    }

    /// `\csname…\endcsname`
    fn built_name(&mut self, place: Place) -> Result<(), ImportError> {
        let mut tokens = Vec::new();
        while let Some(token) = self.raw() {
            if let Kind::Char(_) = token.kind {
                tokens.push(token);
                continue;
            }
            let ends = token.kind.command().map(|name| self.names.text(name)) == Some("endcsname");
            if !ends {
                self.unread(token);
            }
            break;
        }
        let text = self.plain(&tokens);
        let kind = Kind::Command(self.names.intern(&text));
        self.push(vec![Token { kind, place }], place)
    }

    fn include(&mut self, place: Place) -> Result<(), ImportError> {
        self.skip_spaces();
        let name = match self.raw() {
            Some(token) if matches!(token.kind, Kind::Open(_)) => {
                let tokens = self.group();
                self.plain(&tokens).trim().to_owned()
            }
            Some(token) => {
                self.unread(token);
                self.bare_word()
            }
            None => return Ok(()),
        };
        match self.files.include(&name)? {
            Some(file) => self.push_file(file, place),
            None => {
                self.report(
                    place,
                    format!("`{name}` is not read: expected a file below the folder of this one"),
                );
                Ok(())
            }
        }
    }

    /// The name of a file without braces, up to white space.
    fn bare_word(&mut self) -> String {
        let mut tokens = Vec::new();
        while let Some(token) = self.raw() {
            if !matches!(token.kind, Kind::Char(_) | Kind::Sub) {
                self.unread(token);
                break;
            }
            tokens.push(token);
        }
        self.plain(&tokens)
    }

    /// Opens a condition: a flag of the document, `\iftrue`, `\iffalse`, or one that is unknown.
    pub(super) fn condition(&mut self, name: Name, place: Place) -> Result<(), ImportError> {
        let value = match self.names.text(name) {
            "iftrue" => Some(true),
            "iffalse" => Some(false),
            "ifdefined" => {
                let defined = self
                    .command_name()
                    .is_some_and(|name| self.definition(name).is_some());
                // A command that only a package defines is not seen.
                defined.then_some(true)
            }
            _ => self.flags.get(&name).copied(),
        };
        match value {
            Some(true) => self.open_condition(Condition::Taken),
            Some(false) => {
                if self.skip_branch(true) {
                    self.open_condition(Condition::Taken);
                }
            }
            None => {
                self.open_condition(Condition::Undecided);
                self.mark(place);
            }
        }
        Ok(())
    }

    /// Passes over a branch up to its `\fi`, or up to `\else` if `at_else`; whether it stopped there.
    fn skip_branch(&mut self, at_else: bool) -> bool {
        let mut depth = 0_usize;
        while let Some(token) = self.raw() {
            let (Kind::Command(name) | Kind::Primitive(name)) = token.kind else {
                continue;
            };
            match self.names.text(name) {
                "fi" if depth == 0 => return false,
                "fi" => depth -= 1,
                "else" if depth == 0 && at_else => return true,
                "newif" => {
                    // The condition that it names opens none.
                    self.raw();
                }
                text if CONDITIONS.contains(&text) || self.flags.contains_key(&name) => depth += 1,
                _ => {}
            }
        }
        false
    }
}
