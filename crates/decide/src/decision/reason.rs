//! Why a claim has its verdict, as data; `report` writes it as a sentence.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::judge::{Target, Verdict};

/// Why a claim has its verdict. Numbers are differences of the rerun from the printed value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// The interval lies inside the tolerance.
    IntervalInside {
        /// Ends of the interval.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// The interval lies outside the tolerance.
    IntervalOutside {
        /// On which side.
        side: Side,
        /// Lower end of the interval.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// All runs gave one value, which is inside the tolerance.
    IdenticalInside {
        /// Number of runs.
        runs: usize,
        /// The value minus the printed one.
        difference: f64,
    },
    /// All runs gave one value, which is outside the tolerance.
    IdenticalOutside {
        /// Number of runs.
        runs: usize,
        /// The value minus the printed one.
        difference: f64,
    },
    /// Every run gave exactly the reported value.
    AllExact {
        /// Number of runs.
        runs: usize,
    },
    /// Some run did not give exactly the reported value.
    NotExact {
        /// Runs that did not.
        differing: usize,
        /// Number of runs.
        runs: usize,
    },
    /// The best of as many fresh seeds is within the tolerance.
    BestInside {
        /// Number of seeds.
        of: u32,
        /// Lower end of the interval of the median best, minus the printed value.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// The best of as many fresh seeds lies beyond a bound of the tolerance.
    BestOutside {
        /// Number of seeds.
        of: u32,
        /// Which bound it lies beyond.
        side: Side,
        /// Chance that it lies inside that bound; doubled where the tolerance has two ends.
        p_value: f64,
    },
    /// The interval has an end on either side of a bound.
    IntervalTooWide {
        /// Lower end of the interval.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// The rerun's interval lies outside the tolerance, but with the reported value's own noise it does
    /// not.
    OutsideWithoutReportedNoise {
        /// On which side.
        side: Side,
        /// Lower end of the rerun's interval.
        low: f64,
        /// Upper end.
        high: f64,
        /// Whether the reported noise is known; unknown, the value counts as one seed.
        is_noise_known: bool,
    },
    /// Every run has a seed that the paper used: they are a recomputation, no evidence about fresh seeds.
    PublishedSeedsOnly {
        /// Number of runs.
        runs: usize,
    },
    /// The observations are splits that share training examples, and it is not stated how many.
    SplitRatioUnknown,
    /// More runs diverged than the claim allows.
    DivergesTooOften {
        /// Runs that diverged or collapsed.
        lost: usize,
        /// Runs that ended.
        runs: usize,
        /// Lower bound of the share of runs that do (Clopper and Pearson 1934), at the level of the look.
        lower: f64,
        /// The share that the claim allows.
        allowed: f64,
    },
    /// Nothing was run.
    NoRuns,
    /// One run says nothing of the noise between seeds.
    OneRun,
    /// Fewer runs than the first look needs.
    BeforeFirstLook {
        /// Runs so far.
        runs: usize,
        /// Runs at the first look.
        first: usize,
    },
    /// The t interval decides and the bootstrap interval does not agree.
    MethodsDisagree {
        /// What the t interval says.
        t: Verdict,
        /// What the bootstrap interval says.
        bootstrap: Verdict,
    },
    /// The printed value can be read in ways that give different verdicts.
    AmbiguousReported {
        /// Each interpretation with its verdict.
        interpretations: Vec<(String, Verdict)>,
    },
    /// The verdict depends on the runs that were lost.
    Divergence {
        /// Runs that diverged or collapsed.
        lost: usize,
        /// Runs that ended.
        runs: usize,
        /// Verdict without them.
        excluding: Verdict,
        /// Verdict when each counts as the worst value; nothing when no worst value is known.
        imputing: Option<Verdict>,
    },
    /// So many runs were lost that fewer than two values are left, of an arm for a difference.
    NothingLeft {
        /// Runs without a finite value.
        diverged: usize,
        /// Runs beyond the failure threshold.
        collapsed: usize,
        /// Runs that ended.
        runs: usize,
    },
    /// Nothing states the unit of the runs' numbers, and the verdict depends on it.
    UnitUnknown {
        /// What they may have to be multiplied by: 100 or 0.01.
        factor: f64,
        /// Verdict on the numbers as they are.
        as_read: Verdict,
        /// Verdict on the numbers multiplied.
        multiplied: Verdict,
    },
    /// The runs are in a stated unit and the reported value looks like it is in another: the runs times
    /// this factor are within the tolerance.
    ScaleMismatch {
        /// 100 or 0.01.
        factor: f64,
    },
    /// A percent sign stands behind the numbers of some runs and not of others.
    UnitsDiffer {
        /// Runs with a percent sign.
        percentages: usize,
        /// Runs with a value.
        runs: usize,
    },
    /// More runs are not expected to decide it.
    Futile {
        /// Chance of any verdict by the last run.
        chance: f64,
        /// The last run.
        runs: usize,
    },
    /// More runs failed than are tolerated.
    TooManyFailed {
        /// Runs that failed.
        failed: usize,
        /// Runs that may.
        allowed: usize,
    },
}

/// A side of the tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Below its lower end.
    Below,
    /// Above its upper end.
    Above,
}

impl Reason {
    /// The stable word that stands for the kind of reason.
    pub fn code(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        value["code"].as_str().unwrap_or("unknown").to_string()
    }

    /// Whether it is that runs are not there, rather than what their values say.
    pub fn is_of_missing_runs(&self) -> bool {
        matches!(self, Self::NoRuns | Self::TooManyFailed { .. })
    }

    /// Whether further runs are not expected to decide an undecided claim.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Futile { .. }
            | Self::UnitsDiffer { .. }
            | Self::ScaleMismatch { .. }
            | Self::TooManyFailed { .. } => true,
            // Both verdicts are there; more runs do not say which of them is meant.
            Self::UnitUnknown { multiplied, .. } => *multiplied != Verdict::Inconclusive,
            Self::IntervalInside { .. }
            | Self::IntervalOutside { .. }
            | Self::IdenticalInside { .. }
            | Self::IdenticalOutside { .. }
            | Self::AllExact { .. }
            | Self::NotExact { .. }
            | Self::BestInside { .. }
            | Self::BestOutside { .. }
            | Self::IntervalTooWide { .. }
            | Self::OutsideWithoutReportedNoise { .. }
            | Self::PublishedSeedsOnly { .. }
            | Self::SplitRatioUnknown
            | Self::DivergesTooOften { .. }
            | Self::NoRuns
            | Self::OneRun
            | Self::BeforeFirstLook { .. }
            | Self::MethodsDisagree { .. }
            | Self::AmbiguousReported { .. }
            | Self::Divergence { .. }
            | Self::NothingLeft { .. } => false,
        }
    }

    /// Whether a number of further runs can be named that would decide it: not where runs diverged or
    /// failed, and not where it is in doubt what the numbers mean.
    pub fn is_of_noise(&self) -> bool {
        match self {
            Self::IntervalTooWide { .. }
            | Self::OutsideWithoutReportedNoise { .. }
            | Self::MethodsDisagree { .. }
            | Self::Futile { .. }
            | Self::BeforeFirstLook { .. } => true,
            Self::IntervalInside { .. }
            | Self::IntervalOutside { .. }
            | Self::IdenticalInside { .. }
            | Self::IdenticalOutside { .. }
            | Self::AllExact { .. }
            | Self::NotExact { .. }
            | Self::BestInside { .. }
            | Self::BestOutside { .. }
            | Self::PublishedSeedsOnly { .. }
            | Self::SplitRatioUnknown
            | Self::DivergesTooOften { .. }
            | Self::NoRuns
            | Self::OneRun
            | Self::AmbiguousReported { .. }
            | Self::Divergence { .. }
            | Self::NothingLeft { .. }
            | Self::UnitUnknown { .. }
            | Self::UnitsDiffer { .. }
            | Self::ScaleMismatch { .. }
            | Self::TooManyFailed { .. } => false,
        }
    }

    /// Whether it is that the unit of the numbers is in doubt.
    pub fn is_of_units(&self) -> bool {
        matches!(
            self,
            Self::UnitUnknown { .. } | Self::UnitsDiffer { .. } | Self::ScaleMismatch { .. }
        )
    }

    /// The finite numbers behind it, by name.
    pub fn data(&self) -> BTreeMap<String, f64> {
        let value = serde_json::to_value(self).unwrap_or_default();
        let fields = value.as_object().into_iter().flatten();
        fields
            .filter_map(|(name, v)| Some((name.clone(), v.as_f64()?)))
            .collect()
    }
}

impl Verdict {
    /// The verdict in words, lower case.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::NotReproduced => "not reproduced",
            Self::Inconclusive => "inconclusive",
        }
    }
}

impl Target {
    /// The target's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Printed => "printed",
        }
    }
}
