//! Why a claim has its verdict, as data; `report` writes it as a sentence.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::judge::{Target, Verdict};
use super::reason_code::{ReasonClass, ReasonCode};

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
    /// The interval of the median best lies beyond a bound of the tolerance, and a fresh best inside is not
    /// implausible.
    BestNotExcluded {
        /// Number of seeds.
        of: u32,
        /// Which bound it lies beyond.
        side: Side,
        /// Chance that a fresh best lies inside that bound; doubled where the tolerance has two ends.
        p_value: f64,
    },
    /// The interval has an end on either side of a bound.
    IntervalTooWide {
        /// Lower end of the interval.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// The interval lies on one side of the bounds, and nearer to one than the reported value is rounded.
    WithinRounding {
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
    /// The one value of a deterministic program is inside the tolerance.
    ValueInside {
        /// The value minus the reported one.
        difference: f64,
    },
    /// The one value of a deterministic program is outside the tolerance.
    ValueOutside {
        /// The value minus the reported one.
        difference: f64,
    },
    /// The manifest asserts that the program has no randomness, and a repeat gave other metrics.
    RepeatDiffers,
    /// The manifest asserts that the program has no randomness, and its run could not be repeated.
    NotRepeated,
    /// The manifest asserts that the program has no randomness, and it sets a seed: its value is one draw
    /// of a process.
    SeedInSource {
        /// The places, as `train.py:3`.
        places: Vec<String>,
    },
    /// The manifest asserts that the program has no randomness, and the claim reports a spread or several
    /// runs.
    ChanceReported,
    /// All runs of a configuration wrote the same output, and so did a repeat: whether the program has chance
    /// that no seed reaches is not known.
    SeedWithoutEffect {
        /// Number of runs.
        runs: usize,
    },
    /// Nothing was run.
    NoRuns,
    /// One run says nothing of the noise between seeds.
    OneRun,
    /// Fewer runs than a verdict needs.
    BeforeFirstLook {
        /// Runs so far; of the arm that has fewer for a difference.
        runs: usize,
        /// Runs at least.
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
    /// A percent sign stands behind the runs' numbers, the reported value may be a fraction, and the verdict
    /// depends on it.
    PercentSigns {
        /// Verdict on the numbers as they are.
        as_read: Verdict,
        /// Verdict on the numbers as fractions.
        as_share: Verdict,
    },
    /// Some runs have values that the metric cannot take, by its stated range.
    BeyondRange {
        /// The first such value.
        value: f64,
        /// Lowest value that the metric can take.
        low: f64,
        /// Highest value.
        high: f64,
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
    /// The kind of reason.
    pub fn code(&self) -> ReasonCode {
        match self {
            Self::IntervalInside { .. } => ReasonCode::IntervalInside,
            Self::IntervalOutside { .. } => ReasonCode::IntervalOutside,
            Self::IdenticalInside { .. } => ReasonCode::IdenticalInside,
            Self::IdenticalOutside { .. } => ReasonCode::IdenticalOutside,
            Self::AllExact { .. } => ReasonCode::AllExact,
            Self::NotExact { .. } => ReasonCode::NotExact,
            Self::BestInside { .. } => ReasonCode::BestInside,
            Self::BestOutside { .. } => ReasonCode::BestOutside,
            Self::BestNotExcluded { .. } => ReasonCode::BestNotExcluded,
            Self::IntervalTooWide { .. } => ReasonCode::IntervalTooWide,
            Self::WithinRounding { .. } => ReasonCode::WithinRounding,
            Self::OutsideWithoutReportedNoise { .. } => ReasonCode::OutsideWithoutReportedNoise,
            Self::PublishedSeedsOnly { .. } => ReasonCode::PublishedSeedsOnly,
            Self::SplitRatioUnknown => ReasonCode::SplitRatioUnknown,
            Self::DivergesTooOften { .. } => ReasonCode::DivergesTooOften,
            Self::ValueInside { .. } => ReasonCode::ValueInside,
            Self::ValueOutside { .. } => ReasonCode::ValueOutside,
            Self::RepeatDiffers => ReasonCode::RepeatDiffers,
            Self::NotRepeated => ReasonCode::NotRepeated,
            Self::SeedInSource { .. } => ReasonCode::SeedInSource,
            Self::ChanceReported => ReasonCode::ChanceReported,
            Self::SeedWithoutEffect { .. } => ReasonCode::SeedWithoutEffect,
            Self::NoRuns => ReasonCode::NoRuns,
            Self::OneRun => ReasonCode::OneRun,
            Self::BeforeFirstLook { .. } => ReasonCode::BeforeFirstLook,
            Self::MethodsDisagree { .. } => ReasonCode::MethodsDisagree,
            Self::AmbiguousReported { .. } => ReasonCode::AmbiguousReported,
            Self::Divergence { .. } => ReasonCode::Divergence,
            Self::NothingLeft { .. } => ReasonCode::NothingLeft,
            Self::UnitUnknown { .. } | Self::PercentSigns { .. } => ReasonCode::UnitUnknown,
            Self::ScaleMismatch { .. } => ReasonCode::ScaleMismatch,
            Self::UnitsDiffer { .. } => ReasonCode::UnitsDiffer,
            Self::BeyondRange { .. } => ReasonCode::BeyondRange,
            Self::Futile { .. } => ReasonCode::Futile,
            Self::TooManyFailed { .. } => ReasonCode::TooManyFailed,
        }
    }

    /// Whether further runs are not expected to decide an undecided claim.
    pub fn is_final(&self) -> bool {
        // Both verdicts are there; more runs do not say which of them is meant.
        let may_change = matches!(
            self,
            Self::UnitUnknown {
                multiplied: Verdict::Inconclusive,
                ..
            } | Self::PercentSigns {
                as_share: Verdict::Inconclusive,
                ..
            }
        );
        let is_ended = matches!(self, Self::Futile { .. } | Self::TooManyFailed { .. });
        is_ended || (self.code().class() == ReasonClass::Units && !may_change)
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
