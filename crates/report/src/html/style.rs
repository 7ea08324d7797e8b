//! The classes of the style sheet.

use super::super::ClaimVerdict;

/// The class of what shows a verdict.
pub fn class(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Reproduced => "good",
        ClaimVerdict::NotReproduced => "bad",
        ClaimVerdict::Inconclusive => "open",
        ClaimVerdict::CouldNotVerify => "none",
    }
}
