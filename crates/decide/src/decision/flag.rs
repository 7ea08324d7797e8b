//! Warnings about the numbers of a claim, as data; `report` writes them as sentences.

use serde::{Deserialize, Serialize};

use super::vacuity::Vacuity;
use reprove_model::seeds::RunSeed;

/// A warning about the numbers of a claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Flag {
    /// The printed value can be read in several ways.
    SeveralReadings {
        /// Their labels.
        interpretations: Vec<String>,
    },
    /// No number of runs can show agreement with the original process.
    NeverDecidable {
        /// The smallest tolerance for which it could be shown.
        smallest_tolerance: f64,
    },
    /// The reruns vary more than the reported spread allows.
    SpreadLarger {
        /// Ratio of the standard deviations, rerun over reported.
        ratio: f64,
        /// Its two-sided p-value.
        p_value: f64,
    },
    /// The reruns vary less than the reported spread allows.
    SpreadSmaller {
        /// Ratio of the standard deviations, rerun over reported.
        ratio: f64,
        /// Its two-sided p-value.
        p_value: f64,
    },
    /// A single value, or the best of some, stands farther out among the reruns than it should.
    LooksLikeBest {
        /// The share of seeds that reach it, a median-unbiased estimate.
        share: f64,
        /// The upper 95 % bound of that share.
        most: f64,
        /// The reported value.
        value: f64,
    },
    /// No count of correct answers gives the printed value.
    ImpossibleValue {
        /// The nearest value that a count gives.
        nearest: f64,
    },
    /// A value that the metric cannot have by its name: a share is at least 0 and at most all.
    ImpossibleShare {
        /// The value.
        value: f64,
        /// The share of all: 1, or 100 where it is a percentage.
        whole: f64,
        /// Whether a rerun gave it, rather than the paper.
        is_rerun: bool,
    },
    /// The tolerance holds at least half of the values that the metric can take.
    WideTolerance {
        /// Their share, in (0, 1).
        share: f64,
        /// Lowest value that the metric can take.
        low: f64,
        /// Highest value.
        high: f64,
    },
    /// The runs' values were multiplied by a factor that is no change between fractions and percentages.
    Rescaled {
        /// That factor.
        factor: f64,
    },
    /// Seeds stand in one arm only where equal seeds are compared.
    Unpaired {
        /// Those seeds.
        seeds: Vec<RunSeed>,
        /// Seeds that both arms have.
        paired: usize,
    },
    /// There are more runs than were planned; those beyond the plan are left out.
    BeyondPlan {
        /// Runs that were planned.
        planned: usize,
        /// Runs that there are.
        runs: usize,
    },
    /// Fewer runs are planned than a verdict needs.
    TooFewPlanned {
        /// Runs that are planned.
        planned: usize,
        /// Runs that a verdict needs.
        needed: usize,
    },
    /// Runs diverged or collapsed.
    Lost {
        /// How many.
        lost: usize,
        /// Of how many.
        runs: usize,
    },
    /// All runs gave one value.
    Identical {
        /// Number of runs.
        runs: usize,
        /// Number of distinct seeds; `None` where the runs have none.
        seeds: Option<usize>,
    },
    /// The reruns are skewed and many more than the reported runs: intervals err on one side.
    Skewed {
        /// Moment coefficient of skewness of the reruns.
        skewness: f64,
    },
    /// Median and quartiles were read as those of a normal distribution.
    NormalQuartiles,
    /// Nothing can fail the tolerance, or a guess satisfies it.
    Vacuous {
        /// Why.
        vacuity: Vacuity,
    },
    /// The tolerance reaches over an end of the metric's range, or spans 0.
    ReachesEnd {
        /// That end.
        end: f64,
    },
    /// The manifest asserts that the program has no randomness.
    DeterminismAsserted,
    /// The file of some runs ended within a record, which was left out.
    CutOff {
        /// Runs with such a file.
        cut: usize,
        /// Runs.
        runs: usize,
    },
    /// The text of some runs ends without a newline, so that its last number may be cut off.
    NoNewline {
        /// Runs with such a text.
        open: usize,
        /// Runs.
        runs: usize,
    },
    /// A pattern read some runs by the end of a longer name.
    LongerName {
        /// Runs that were read so.
        longer: usize,
        /// Runs.
        runs: usize,
    },
    /// One look was taken at runs whose number was not stated beforehand.
    SingleLook,
    /// The runs vary by less than the metric's resolution allows to see.
    ResolutionFloor {
        /// Half a step, taken as the standard deviation of a run.
        sd: f64,
    },
    /// The direction of a best value is not stated; higher was taken as better.
    DirectionAssumed,
    /// The reported 95 % interval is not symmetric about the mean.
    AsymmetricInterval,
    /// The tolerance is in units of a standard deviation that is itself uncertain.
    NoisyTolerance {
        /// Coefficient of variation of that standard deviation.
        variation: f64,
    },
}

reprove_model::codes! {
    /// Kind of warning about the numbers of a claim.
    pub enum FlagCode {
        /// The printed value can be read in several ways.
        SeveralReadings = "several_readings",
        /// No number of runs can show agreement with the original process.
        NeverDecidable = "never_decidable",
        /// The reruns vary more than the reported spread allows.
        SpreadLarger = "spread_larger",
        /// The reruns vary less than the reported spread allows.
        SpreadSmaller = "spread_smaller",
        /// A single value, or the best of some, stands farther out among the reruns than it should.
        LooksLikeBest = "looks_like_best",
        /// No count of correct answers gives the printed value.
        ImpossibleValue = "impossible_value",
        /// A value that the metric cannot have by its name: a share is at least 0 and at most all.
        ImpossibleShare = "impossible_share",
        /// The tolerance holds at least half of the values that the metric can take.
        WideTolerance = "wide_tolerance",
        /// The runs' values were multiplied by a factor that is no change between fractions and percentages.
        Rescaled = "rescaled",
        /// Seeds stand in one arm only where equal seeds are compared.
        Unpaired = "unpaired",
        /// There are more runs than were planned; those beyond the plan are left out.
        BeyondPlan = "beyond_plan",
        /// Fewer runs are planned than a verdict needs.
        TooFewPlanned = "too_few_planned",
        /// Runs diverged or collapsed.
        Lost = "lost",
        /// All runs gave one value.
        Identical = "identical",
        /// The reruns are skewed and many more than the reported runs: intervals err on one side.
        Skewed = "skewed",
        /// Median and quartiles were read as those of a normal distribution.
        NormalQuartiles = "normal_quartiles",
        /// Nothing can fail the tolerance, or a guess satisfies it.
        Vacuous = "vacuous",
        /// The tolerance reaches over an end of the metric's range, or spans 0.
        ReachesEnd = "reaches_end",
        /// One look was taken at runs whose number was not stated beforehand.
        SingleLook = "single_look",
        /// The file of some runs ended within a record, which was left out.
        CutOff = "cut_off",
        /// The text of some runs ends without a newline, so that its last number may be cut off.
        NoNewline = "no_newline",
        /// A pattern read some runs by the end of a longer name.
        LongerName = "longer_name",
        /// The manifest asserts that the program has no randomness.
        DeterminismAsserted = "determinism_asserted",
        /// The runs vary by less than the metric's resolution allows to see.
        ResolutionFloor = "resolution_floor",
        /// The direction of a best value is not stated; higher was taken as better.
        DirectionAssumed = "direction_assumed",
        /// The reported 95 % interval is not symmetric about the mean.
        AsymmetricInterval = "asymmetric_interval",
        /// The tolerance is in units of a standard deviation that is itself uncertain.
        NoisyTolerance = "noisy_tolerance",
        /// The result, of version 1, has a sentence only.
        NotStated = "not_stated",
    }
}

impl Flag {
    /// The kind of warning.
    pub fn code(&self) -> FlagCode {
        match self {
            Self::SeveralReadings { .. } => FlagCode::SeveralReadings,
            Self::NeverDecidable { .. } => FlagCode::NeverDecidable,
            Self::SpreadLarger { .. } => FlagCode::SpreadLarger,
            Self::SpreadSmaller { .. } => FlagCode::SpreadSmaller,
            Self::LooksLikeBest { .. } => FlagCode::LooksLikeBest,
            Self::ImpossibleValue { .. } => FlagCode::ImpossibleValue,
            Self::ImpossibleShare { .. } => FlagCode::ImpossibleShare,
            Self::WideTolerance { .. } => FlagCode::WideTolerance,
            Self::Rescaled { .. } => FlagCode::Rescaled,
            Self::Unpaired { .. } => FlagCode::Unpaired,
            Self::BeyondPlan { .. } => FlagCode::BeyondPlan,
            Self::TooFewPlanned { .. } => FlagCode::TooFewPlanned,
            Self::Lost { .. } => FlagCode::Lost,
            Self::Identical { .. } => FlagCode::Identical,
            Self::Skewed { .. } => FlagCode::Skewed,
            Self::NormalQuartiles => FlagCode::NormalQuartiles,
            Self::Vacuous { .. } => FlagCode::Vacuous,
            Self::ReachesEnd { .. } => FlagCode::ReachesEnd,
            Self::SingleLook => FlagCode::SingleLook,
            Self::CutOff { .. } => FlagCode::CutOff,
            Self::LongerName { .. } => FlagCode::LongerName,
            Self::NoNewline { .. } => FlagCode::NoNewline,
            Self::DeterminismAsserted => FlagCode::DeterminismAsserted,
            Self::ResolutionFloor { .. } => FlagCode::ResolutionFloor,
            Self::DirectionAssumed => FlagCode::DirectionAssumed,
            Self::AsymmetricInterval => FlagCode::AsymmetricInterval,
            Self::NoisyTolerance { .. } => FlagCode::NoisyTolerance,
        }
    }
}
