//! The entry of one code.

use serde::Serialize;

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Meaning {
    /// The cause, a sentence or two.
    pub cause: &'static str,
    /// What can be done, a sentence or two.
    pub cure: &'static str,
}

/// A code with its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CodeEntry {
    /// What the code is a code of.
    pub kind: CodeKind,
    /// The code as it stands in JSON.
    pub code: &'static str,
    /// Its meaning.
    #[serde(flatten)]
    pub meaning: Meaning,
}

/// What a code is a code of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeKind {
    /// The verdict on a claim.
    Verdict,
    /// The reason of a verdict.
    Reason,
    /// A warning about the numbers of a claim.
    Warning,
    /// Whether the published seeds give the published numbers.
    Recomputation,
    /// A difference from what the paper or the manifest states.
    Deviation,
    /// The outcome of a run.
    Outcome,
    /// The cause that no run could be made.
    Failure,
    /// What the sandbox leaves open.
    Limitation,
    /// The status of a pin.
    Pin,
}

impl CodeKind {
    /// The kind in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Reason => "reason of a verdict",
            Self::Warning => "warning about a claim",
            Self::Recomputation => "answer of the recomputation",
            Self::Deviation => "deviation",
            Self::Outcome => "outcome of a run",
            Self::Failure => "cause that nothing was run",
            Self::Limitation => "limitation of the sandbox",
            Self::Pin => "status of a pin",
        }
    }
}

/// Declares the table of an enum of codes, a row a code: a code without a row does not compile.
macro_rules! meanings {
    ($(#[$doc:meta])* $vis:vis fn $name:ident($codes:ident) { $($member:ident: $cause:literal, $cure:literal;)+ }) => {
        $(#[$doc])*
        $vis fn $name(code: $codes) -> $crate::explain::Meaning {
            let (cause, cure) = match code {
                $($codes::$member => ($cause, $cure),)+
            };
            $crate::explain::Meaning { cause, cure }
        }
    };
}

pub(super) use meanings;
