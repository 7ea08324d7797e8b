//! Tolerances that nothing can fail, or that a guess satisfies.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::analysis_plan::AnalysisPlan;
use reprove_model::diagnostics::Hint;
use reprove_model::manifest::{Better, Criterion, Tolerance};

/// Why a tolerance says nothing about the claim.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Vacuity {
    /// Every value that the metric can take is within the tolerance.
    WholeRange {
        /// Lowest value that the metric can take.
        low: f64,
        /// Highest value.
        high: f64,
    },
    /// The value that guessing gives is within the tolerance.
    Chance {
        /// That value.
        chance: f64,
    },
    /// The tolerance has its one end on the side of better results, by the metric's name.
    BetterSide {
        /// The better direction.
        better: Better,
    },
}

impl fmt::Display for Vacuity {
    /// Continues a sentence about the tolerance: `the tolerance holds …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WholeRange { low, high } => {
                write!(
                    f,
                    "holds every value from {low} to {high} that the metric can take"
                )
            }
            Self::Chance { chance } => write!(f, "holds {chance}, the chance level"),
            Self::BetterSide { better } => {
                let more = match better {
                    Better::Higher => "more",
                    Better::Lower => "less",
                };
                write!(
                    f,
                    "has its one end on the better side, as {more} is better by the metric's name: no worse result \
                     can fail"
                )
            }
        }
    }
}

impl Hint for Vacuity {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::WholeRange { .. } | Self::Chance { .. } => "state a narrower tolerance",
            Self::BetterSide {
                better: Better::Higher,
            } => "state the end below (`below`), or that less is better (`better: lower`)",
            Self::BetterSide {
                better: Better::Lower,
            } => "state the end above (`above`), or that more is better (`better: higher`)",
        };
        Some(hint.to_owned())
    }
}

impl AnalysisPlan {
    /// Why the tolerance is vacuous, if it is.
    pub fn vacuity(&self) -> Option<Vacuity> {
        let tolerance = self.tolerance();
        let is_inside = |value: f64| tolerance.0 <= value && value <= tolerance.1;
        let whole = self
            .range
            .filter(|(low, high)| is_inside(*low) && is_inside(*high))
            .map(|(low, high)| Vacuity::WholeRange { low, high });
        let chance = self.chance.filter(|chance| is_inside(*chance));
        let better_side = self.named.better.filter(|better| {
            let open = match better {
                Better::Higher => self.margin.low,
                Better::Lower => self.margin.high,
            };
            matches!(self.criterion, Criterion::Within(_)) && open.is_infinite()
        });
        whole
            .or(chance.map(|chance| Vacuity::Chance { chance }))
            .or(better_side.map(|better| Vacuity::BetterSide { better }))
    }

    /// The share of the metric's range that the tolerance holds, where it is at least half and not all.
    pub(super) fn wide_share(&self) -> Option<(f64, (f64, f64))> {
        let (first, last) = self.range?;
        let (low, high) = self.tolerance();
        let held = (high.min(last) - low.max(first)) / (last - first);
        let is_stated = matches!(self.criterion, Criterion::Within(_));
        (is_stated && (0.5..1.0).contains(&held)).then_some((held, (first, last)))
    }

    /// An end of the metric's range that the tolerance reaches over, or 0 that it spans.
    pub(super) fn reached_end(&self) -> Option<f64> {
        if !matches!(
            self.criterion,
            Criterion::Within(Tolerance::Absolute(_) | Tolerance::Relative(_) | Tolerance::Sd(_))
        ) {
            return None;
        }
        let (low, high) = self.tolerance();
        let is_inside = |end: &f64| low < *end && *end < high;
        match self.range {
            Some((first, last)) => [first, last].into_iter().find(is_inside),
            None => {
                Some(0.0).filter(|zero| is_inside(zero) && self.interpretations[0].value != 0.0)
            }
        }
    }
}
