//! Warnings about the numbers of a claim, as sentences.

use super::number;
use reprove_decide::decision::Flag;

/// The warning as a sentence without a full stop; `decimals` is how numbers are rounded.
pub fn sentence(flag: &Flag, decimals: usize) -> String {
    match flag {
        Flag::SeveralReadings { interpretations } => {
            format!(
                "the reported value can be read in several ways: {}",
                interpretations.join("; ")
            )
        }
        Flag::NeverDecidable { smallest_tolerance } => format!(
            "no number of reruns can show agreement with the original process: the reported noise allows it only \
                 for tolerances above {}",
            number::fixed(*smallest_tolerance, decimals)
        ),
        Flag::SpreadLarger { ratio, p_value } => format!(
            "the reruns vary {} times as much as reported (p {})",
            number::fixed(*ratio, 1),
            number::p_value(*p_value)
        ),
        Flag::SpreadSmaller { ratio, p_value } => format!(
            "the reruns vary only {} times as much as reported (p {})",
            number::fixed(*ratio, 2),
            number::p_value(*p_value)
        ),
        Flag::LooksLikeBest {
            at_least,
            p_value,
            value,
            ..
        } => format!(
            "the reruns are not near {}: about one seed in {} reaches it{}",
            number::fixed(*value, decimals),
            number::fixed((1.0 / p_value).round(), 0),
            at_least.map_or(String::new(), |seeds| format!(
                "; as the best of several it takes at least {seeds} seeds, at 95 % confidence"
            ))
        ),
        Flag::ImpossibleValue { nearest } => format!(
            "no count of correct answers gives the printed value; the nearest that one gives is {}",
            number::plain(*nearest)
        ),
        Flag::Lost { lost, runs } => format!("{lost} of {runs} runs diverged or collapsed"),
        Flag::Identical { runs, seeds } => {
            format!("all {runs} runs, with {seeds} different seeds, gave one value")
        }
        Flag::Skewed { skewness } => format!(
            "the reruns are skewed ({}) and many more than the reported runs: the interval errs on one side",
            number::signed(*skewness, 1)
        ),
        Flag::NormalQuartiles => {
            "median and quartiles were read as those of a normal distribution".to_owned()
        }
        Flag::Vacuous { vacuity } => format!("the tolerance is vacuous: it {vacuity}"),
        Flag::ReachesEnd { end } => format!(
            "the tolerance reaches over {}, so that no result on that side can fail",
            number::plain(*end)
        ),
        Flag::SingleLook => "the verdict holds for one look at a number of runs fixed beforehand; looking again as \
             runs come in errs more often (up to 22 % at 30 looks): looks after each run need a plan with the number \
             of runs at most"
            .to_owned(),
        Flag::ResolutionFloor { sd } => format!(
            "the runs vary by less than the metric's resolution: half a step, {}, is taken as their standard deviation",
            number::plain(*sd)
        ),
        Flag::DirectionAssumed => {
            "the better direction is not stated: higher was taken as better".to_owned()
        }
        Flag::AsymmetricInterval => {
            "the reported interval is not symmetric about the mean; its longer side was used"
                .to_owned()
        }
        Flag::NoisyTolerance { variation } => format!(
            "the tolerance is in units of a standard deviation that is itself uncertain by {}",
            number::chance(*variation)
        ),
    }
}
