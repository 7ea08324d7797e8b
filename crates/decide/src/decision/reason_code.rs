//! The kinds of reason of a verdict, and what each lies in.

/// What the reason of a verdict lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonClass {
    /// The runs decide the claim.
    Decided,
    /// The noise of the runs: a number of further runs can be named that would decide it.
    Noise,
    /// The unit of the numbers is in doubt.
    Units,
    /// Runs are missing.
    MissingRuns,
    /// What is known of the runs or of the reported value does not allow a verdict.
    Evidence,
}

reprove_model::codes! {
    /// Kind of reason of a verdict.
    pub enum ReasonCode {
        /// The interval lies inside the tolerance.
        IntervalInside = "interval_inside",
        /// The interval lies outside the tolerance.
        IntervalOutside = "interval_outside",
        /// All runs gave one value, which is inside the tolerance.
        IdenticalInside = "identical_inside",
        /// All runs gave one value, which is outside the tolerance.
        IdenticalOutside = "identical_outside",
        /// Every run gave exactly the reported value.
        AllExact = "all_exact",
        /// Some run did not give exactly the reported value.
        NotExact = "not_exact",
        /// The best of as many fresh seeds is within the tolerance.
        BestInside = "best_inside",
        /// The best of as many fresh seeds lies beyond a bound of the tolerance.
        BestOutside = "best_outside",
        /// The interval of the median best lies beyond a bound of the tolerance, and a fresh best inside is not
        /// implausible.
        BestNotExcluded = "best_not_excluded",
        /// The interval has an end on either side of a bound.
        IntervalTooWide = "interval_too_wide",
        /// The interval lies on one side of the bounds, and nearer to one than the reported value is rounded.
        WithinRounding = "within_rounding",
        /// The rerun's interval lies outside the tolerance, but with the reported value's own noise it does
        /// not.
        OutsideWithoutReportedNoise = "outside_without_reported_noise",
        /// Every run has a seed that the paper used: they are a recomputation, no evidence about fresh seeds.
        PublishedSeedsOnly = "published_seeds_only",
        /// The observations are splits that share training examples, and it is not stated how many.
        SplitRatioUnknown = "split_ratio_unknown",
        /// More runs diverged than the claim allows.
        DivergesTooOften = "diverges_too_often",
        /// The one value of a deterministic program is inside the tolerance.
        ValueInside = "value_inside",
        /// The one value of a deterministic program is outside the tolerance.
        ValueOutside = "value_outside",
        /// A repeat of the run of a program that is called deterministic gave other metrics.
        RepeatDiffers = "repeat_differs",
        /// The run of a program that is called deterministic could not be repeated.
        NotRepeated = "not_repeated",
        /// A program that is called deterministic sets a seed.
        SeedInSource = "seed_in_source",
        /// A claim on a program that is called deterministic reports a spread or several runs.
        ChanceReported = "chance_reported",
        /// All runs wrote the same output, and so did a repeat.
        SeedWithoutEffect = "seed_without_effect",
        /// Nothing was run.
        NoRuns = "no_runs",
        /// One run says nothing of the noise between seeds.
        OneRun = "one_run",
        /// Fewer runs than a verdict needs.
        BeforeFirstLook = "before_first_look",
        /// The t interval decides and the bootstrap interval does not agree.
        MethodsDisagree = "methods_disagree",
        /// The printed value can be read in ways that give different verdicts.
        AmbiguousReported = "ambiguous_reported",
        /// The verdict depends on the runs that were lost.
        Divergence = "divergence",
        /// So many runs were lost that fewer than two values are left, of an arm for a difference.
        NothingLeft = "nothing_left",
        /// Nothing states the unit of the runs' numbers, and the verdict depends on it.
        UnitUnknown = "unit_unknown",
        /// The runs are in a stated unit and the reported value looks like it is in another: the runs times
        /// this factor are within the tolerance.
        ScaleMismatch = "scale_mismatch",
        /// A percent sign stands behind the numbers of some runs and not of others.
        UnitsDiffer = "units_differ",
        /// Some runs have values that the metric cannot take, by its stated range.
        BeyondRange = "beyond_range",
        /// More runs are not expected to decide it.
        Futile = "futile",
        /// More runs failed than are tolerated.
        TooManyFailed = "too_many_failed",
        /// The result, of version 1, has a sentence only.
        NotStated = "not_stated",
    }
}

impl ReasonCode {
    /// What the reason lies in.
    pub const fn class(self) -> ReasonClass {
        match self {
            Self::IntervalInside
            | Self::IntervalOutside
            | Self::IdenticalInside
            | Self::IdenticalOutside
            | Self::AllExact
            | Self::NotExact
            | Self::BestInside
            | Self::BestOutside
            | Self::ValueInside
            | Self::ValueOutside
            | Self::DivergesTooOften => ReasonClass::Decided,
            Self::IntervalTooWide
            | Self::WithinRounding
            | Self::BestNotExcluded
            | Self::OutsideWithoutReportedNoise
            | Self::MethodsDisagree
            | Self::Futile
            | Self::BeforeFirstLook => ReasonClass::Noise,
            Self::UnitUnknown | Self::UnitsDiffer | Self::ScaleMismatch | Self::BeyondRange => {
                ReasonClass::Units
            }
            Self::NoRuns | Self::TooManyFailed => ReasonClass::MissingRuns,
            Self::PublishedSeedsOnly
            | Self::SplitRatioUnknown
            | Self::RepeatDiffers
            | Self::NotRepeated
            | Self::SeedInSource
            | Self::ChanceReported
            | Self::SeedWithoutEffect
            | Self::OneRun
            | Self::AmbiguousReported
            | Self::Divergence
            | Self::NothingLeft
            | Self::NotStated => ReasonClass::Evidence,
        }
    }
}

impl ReasonCode {
    /// Whether the reason lies in how far the reruns are from the reported value, rather than in how many runs
    /// there are, which of them were lost or what their numbers mean.
    pub(super) const fn is_about_difference(self) -> bool {
        let is_of_numbers = matches!(self.class(), ReasonClass::Decided | ReasonClass::Noise)
            || matches!(self, Self::AmbiguousReported);
        is_of_numbers && !matches!(self, Self::DivergesTooOften | Self::BeforeFirstLook)
    }
}
