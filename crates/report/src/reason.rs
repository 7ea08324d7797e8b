//! The reason of a verdict as a sentence.

use super::number;
use reprove_decide::decision::{Reason, Side};

/// The reason as a sentence without a full stop; `decimals` is how numbers are rounded.
pub fn sentence(reason: &Reason, decimals: usize) -> String {
    let span = |low: &f64, high: &f64| {
        format!(
            "{} to {}",
            number::signed(*low, decimals),
            number::signed(*high, decimals)
        )
    };
    match reason {
        Reason::IntervalInside { low, high } => {
            format!(
                "the interval of the difference, {}, lies inside the tolerance",
                span(low, high)
            )
        }
        Reason::IntervalOutside { side, low, high } => format!(
            "the interval of the difference, {}, lies {} the tolerance",
            span(low, high),
            side_word(*side)
        ),
        Reason::IdenticalInside { runs, difference } => format!(
            "all {runs} runs gave one value, {} from the reported one: inside the tolerance",
            number::signed(*difference, decimals)
        ),
        Reason::IdenticalOutside { runs, difference } => format!(
            "all {runs} runs gave one value, {} from the reported one: outside the tolerance",
            number::signed(*difference, decimals)
        ),
        Reason::AllExact { runs } => format!("all {runs} runs gave the reported value"),
        Reason::NotExact { differing, runs } => {
            format!("{differing} of {runs} runs did not give the reported value")
        }
        Reason::BestInside { of, low, high } => format!(
            "the best of {of} fresh seeds is expected {} from the reported one: inside the tolerance",
            span(low, high)
        ),
        Reason::BestOutside { of, side, p_value } => format!(
            "the best of {of} fresh seeds lies {} the tolerance: it would lie inside with a chance of {}",
            side_word(*side),
            number::chance(*p_value)
        ),
        Reason::IntervalTooWide { low, high } => format!(
            "the interval of the difference, {}, reaches over an end of the tolerance",
            span(low, high)
        ),
        Reason::OutsideWithoutReportedNoise {
            side,
            low,
            high,
            is_noise_known,
        } => format!(
            "the interval of the rerun's mean less the reported value, {}, lies {} the tolerance, but {}",
            span(low, high),
            side_word(*side),
            match is_noise_known {
                true => "with the reported noise it does not",
                false =>
                    "the reported value's own noise is unknown: counted as one run it may lie as far off",
            }
        ),
        Reason::MethodsDisagree { t, bootstrap } => format!(
            "the t interval says {} and the bootstrap interval {}",
            t.words(),
            bootstrap.words()
        ),
        Reason::AmbiguousReported { interpretations } => {
            let each = interpretations
                .iter()
                .map(|(label, v)| format!("{label}: {}", v.words()));
            let each = each.collect::<Vec<_>>().join("; ");
            format!("the reported value can be read in several ways ({each})")
        }
        Reason::PublishedSeedsOnly { .. }
        | Reason::SplitRatioUnknown
        | Reason::DivergesTooOften { .. }
        | Reason::NoRuns
        | Reason::OneRun
        | Reason::BeforeFirstLook { .. }
        | Reason::Divergence { .. }
        | Reason::NothingLeft { .. }
        | Reason::UnitUnknown { .. }
        | Reason::UnitsDiffer { .. }
        | Reason::ScaleMismatch { .. }
        | Reason::Futile { .. }
        | Reason::TooManyFailed { .. } => sentence_of_runs(reason),
    }
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Below => "below",
        Side::Above => "above",
    }
}

/// The reasons that lie in the runs rather than in their values.
fn sentence_of_runs(reason: &Reason) -> String {
    match reason {
        Reason::PublishedSeedsOnly { runs } => format!(
            "all {runs} runs have seeds that the paper used: they are a recomputation, no evidence about fresh seeds"
        ),
        Reason::SplitRatioUnknown => {
            "the splits share training examples, and the ratio of test to training examples is not stated".to_string()
        }
        Reason::DivergesTooOften {
            lost,
            runs,
            lower,
            allowed,
        } => format!(
            "{lost} of {runs} runs diverged or collapsed: at least {} do, and the claim allows {}",
            number::chance(*lower),
            number::percent(*allowed)
        ),
        Reason::NoRuns => "there is no run".to_string(),
        Reason::OneRun => "one run does not show how much runs vary".to_string(),
        Reason::BeforeFirstLook { runs, first } => {
            format!("{runs} runs, and the first look is taken after {first}")
        }
        Reason::Divergence {
            lost,
            runs,
            excluding,
            imputing,
        } => {
            let imputed = match imputing {
                Some(v) => format!("counted as the worst value: {}", v.words()),
                None => "no worst value is known that they could count as".to_string(),
            };
            format!(
                "{lost} of {runs} runs diverged or collapsed; without them: {}; {imputed}",
                excluding.words()
            )
        }
        Reason::NothingLeft {
            diverged,
            collapsed,
            runs,
        } => nothing_left(*diverged, *collapsed, *runs),
        Reason::UnitUnknown {
            factor,
            as_read,
            multiplied,
        } => format!(
            "nothing states the unit of the runs' numbers, and a factor of 100 may lie between them and the \
                 paper's: as they are the claim is {}, times {factor} it is {}; state `scale` as {factor}, \
                 or as 1 if they are in its unit",
            as_read.words(),
            multiplied.words()
        ),
        Reason::UnitsDiffer { percentages, runs } => format!(
            "the numbers of {percentages} of {runs} runs have a percent sign and the others none; state `scale`, \
                 as 1 if all are in the paper's unit"
        ),
        Reason::ScaleMismatch { factor } => format!(
            "the reported value looks like it is on another scale than the runs: times {factor} they are within the \
                 tolerance; state both in one unit"
        ),
        Reason::Futile { chance, runs } => format!(
            "up to {runs} runs a verdict would come with a chance of {} only",
            number::chance(*chance)
        ),
        Reason::TooManyFailed { failed, allowed } => {
            format!("{failed} runs failed and {allowed} may")
        }
        Reason::IntervalInside { .. }
        | Reason::IntervalOutside { .. }
        | Reason::IdenticalInside { .. }
        | Reason::IdenticalOutside { .. }
        | Reason::AllExact { .. }
        | Reason::NotExact { .. }
        | Reason::BestInside { .. }
        | Reason::BestOutside { .. }
        | Reason::IntervalTooWide { .. }
        | Reason::OutsideWithoutReportedNoise { .. }
        | Reason::MethodsDisagree { .. }
        | Reason::AmbiguousReported { .. } => String::new(),
    }
}

/// That the runs which were lost leave too few values.
fn nothing_left(diverged: usize, collapsed: usize, runs: usize) -> String {
    let lost = match (diverged, collapsed) {
        (_, 0) => "diverged",
        (0, _) => "collapsed",
        _ => "diverged or collapsed",
    };
    match diverged + collapsed {
        all if all == runs => format!("all {runs} runs {lost}: no value is left to compare"),
        some => format!("{some} of {runs} runs {lost}: the others are too few to compare"),
    }
}
