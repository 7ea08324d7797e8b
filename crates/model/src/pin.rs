//! Pins: what a manifest fixes, and whether it was found so.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a pin fixes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PinKind {
    /// The commit of the experiment's repository.
    Commit,
    /// The files of that commit, as exported or as found in a checkout.
    Tree,
    /// A data file or folder.
    Data,
    /// A property that the machine must have.
    Hardware,
}

impl fmt::Display for PinKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Data => "data",
            Self::Hardware => "hardware",
        })
    }
}

impl fmt::Display for PinStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "holds",
            Self::Broken => "broken",
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
            Self::Unknown => "unknown",
        })
    }
}

/// Whether a pin holds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PinStatus {
    /// What was found is what was expected.
    Holds,
    /// Something else was found.
    Broken,
    /// It is absent.
    Missing,
    /// It is there, but could not be read or is refused as unsafe.
    Unreadable,
    /// The machine does not say what was asked for.
    Unknown,
}

/// One pin, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pin {
    /// What the pin fixes.
    pub kind: PinKind,
    /// Which one: a data name, a repository, a path in the tree, a property of the machine.
    pub name: String,
    /// Whether it holds.
    pub status: PinStatus,
    /// What the manifest or the commit says, as text.
    pub expected: String,
    /// The content that is there, as text; `None` when it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub found: Option<String>,
    /// Suggested fix, if known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

impl Pin {
    /// A pin that holds: what was found is what was expected.
    pub fn holds(kind: PinKind, name: impl Into<String>, found: impl fmt::Display) -> Self {
        let found = found.to_string();
        Self {
            kind,
            name: name.into(),
            status: PinStatus::Holds,
            expected: found.clone(),
            found: Some(found),
            hint: None,
        }
    }

    /// A pin that does not hold, with what was found instead.
    pub fn unmet(
        kind: PinKind,
        name: impl Into<String>,
        status: PinStatus,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> Self {
        Self {
            kind,
            name: name.into(),
            status,
            expected: expected.to_string(),
            found: Some(found.to_string()),
            hint: None,
        }
    }

    /// The same pin with a hint, if there is one.
    pub fn with_hint(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into);
        self
    }

    /// Whether the pin holds.
    pub fn is_held(&self) -> bool {
        self.status == PinStatus::Holds
    }
}

impl fmt::Display for Pin {
    /// One line: ``data `sonar`: expected sha256 …, found sha256 …``; the hint is not part of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`: ", self.kind, self.name)?;
        match (&self.found, self.status) {
            (Some(found), PinStatus::Holds) => write!(f, "{found}"),
            (Some(found), _) => write!(f, "expected {}, found {found}", self.expected),
            (None, _) => write!(f, "expected {}, found nothing", self.expected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_expected_and_found() {
        let held = Pin::holds(PinKind::Data, "sonar", "sha256 ab");
        assert_eq!(held.to_string(), "data `sonar`: sha256 ab");
        assert!(held.is_held());
        let broken = Pin::unmet(
            PinKind::Hardware,
            "memory",
            PinStatus::Broken,
            "at least 8 GiB",
            "4 GiB",
        );
        assert_eq!(
            broken.to_string(),
            "hardware `memory`: expected at least 8 GiB, found 4 GiB"
        );
        let missing = Pin {
            found: None,
            status: PinStatus::Missing,
            ..broken
        };
        assert_eq!(
            missing.to_string(),
            "hardware `memory`: expected at least 8 GiB, found nothing"
        );
    }

    #[test]
    fn json_keeps_every_field_and_leaves_out_what_is_missing() {
        let pin = Pin::holds(PinKind::Commit, "sonar.git", "0a");
        let json = serde_json::to_string(&pin).unwrap();
        assert_eq!(
            json,
            r#"{"kind":"commit","name":"sonar.git","status":"holds","expected":"0a","found":"0a"}"#
        );
        assert_eq!(serde_json::from_str::<Pin>(&json).unwrap(), pin);
    }
}
