//! The reason of a verdict as a sentence.

use super::number;
use reprove_decide::decision::{Reason, Side, Verdict};

/// The reason as a sentence without a full stop; `decimals` is how numbers are rounded.
pub fn sentence(reason: &Reason, decimals: usize) -> String {
    let signed = |value: &f64| number::signed(*value, decimals);
    let span = |low: &f64, high: &f64| format!("{} to {}", signed(low), signed(high));
    match reason {
        Reason::IntervalInside { low, high } => inside(&span(low, high)),
        Reason::IntervalOutside { side, low, high } => outside(*side, &span(low, high)),
        Reason::IntervalTooWide { low, high } => too_wide(&span(low, high)),
        Reason::WithinRounding { low, high } => within_rounding(&span(low, high)),
        Reason::BestNotExcluded { of, side, p_value } => best_not_excluded(*of, *side, *p_value),
        Reason::IdenticalInside { runs, difference } => {
            identical(*runs, &signed(difference), "inside")
        }
        Reason::IdenticalOutside { runs, difference } => {
            identical(*runs, &signed(difference), "outside")
        }
        Reason::AllExact { runs } => format!("all {runs} runs gave the reported value"),
        Reason::NotExact { differing, runs } => not_exact(*differing, *runs),
        Reason::BestInside { of, low, high } => best_inside(*of, &span(low, high)),
        Reason::BestOutside { of, side, p_value } => best_outside(*of, *side, *p_value),
        &Reason::OutsideWithoutReportedNoise {
            side,
            ref low,
            ref high,
            is_noise_known,
        } => without_reported_noise(side, &span(low, high), is_noise_known),
        Reason::MethodsDisagree { t, bootstrap } => methods_disagree(*t, *bootstrap),
        Reason::AmbiguousReported { interpretations } => ambiguous(interpretations),
        Reason::PublishedSeedsOnly { runs } => published_seeds_only(*runs),
        Reason::SplitRatioUnknown => SPLIT_RATIO_UNKNOWN.to_owned(),
        &Reason::DivergesTooOften {
            lost,
            runs,
            lower,
            allowed,
        } => diverges_too_often(lost, runs, lower, allowed),
        Reason::NoRuns => "there is no run".to_owned(),
        Reason::OneRun => "one run does not show how much runs vary".to_owned(),
        Reason::BeforeFirstLook { runs, first } => before_first_look(*runs, *first),
        &Reason::Divergence {
            lost,
            runs,
            excluding,
            imputing,
        } => divergence(lost, runs, excluding, imputing),
        &Reason::NothingLeft {
            diverged,
            collapsed,
            runs,
        } => nothing_left(diverged, collapsed, runs),
        &Reason::UnitUnknown {
            factor,
            as_read,
            multiplied,
        } => unit_unknown(factor, as_read, multiplied),
        &Reason::PercentSigns { as_read, as_share } => percent_signs(as_read, as_share),
        &Reason::BeyondRange { value, low, high } => beyond_range(value, (low, high)),
        Reason::UnitsDiffer { percentages, runs } => units_differ(*percentages, *runs),
        Reason::ScaleMismatch { factor } => scale_mismatch(*factor),
        Reason::Futile { chance, runs } => futile(*chance, *runs),
        Reason::TooManyFailed { failed, allowed } => too_many_failed(*failed, *allowed),
        Reason::ValueInside { difference } => one_value(&signed(difference), "inside"),
        Reason::ValueOutside { difference } => one_value(&signed(difference), "outside"),
        Reason::RepeatDiffers => REPEAT_DIFFERS.to_owned(),
        Reason::NotRepeated => NOT_REPEATED.to_owned(),
        Reason::SeedInSource { places } => seed_in_source(places),
        Reason::ChanceReported => CHANCE_REPORTED.to_owned(),
        Reason::SeedWithoutEffect { runs } => seed_without_effect(*runs),
    }
}

const REPEAT_DIFFERS: &str =
    "a repeat of the run gave other metrics, and the manifest calls the program deterministic";

const NOT_REPEATED: &str = "the run could not be repeated, and a program that the manifest calls deterministic is \
                            decided by a run and its repeat";

const CHANCE_REPORTED: &str = "the claim reports a spread or several runs, so that the paper's values varied, and the \
                               program gives one output whatever the seed";

fn seed_without_effect(runs: usize) -> String {
    format!(
        "all {runs} runs wrote the same output, and so did a repeat: no seed and no fresh entropy reaches it, so that \
         they count as one run; a program without randomness is stated by `deterministic: true`"
    )
}

fn one_value(difference: &str, side: &str) -> String {
    format!("the one value lies {difference} from the reported one: {side} the tolerance")
}

fn seed_in_source(places: &[String]) -> String {
    let first = places.first().map_or("", String::as_str);
    let more = match places.len() {
        0 | 1 => String::new(),
        count => format!(" and {}", number::count(count - 1, "other place")),
    };
    format!(
        "the program sets a seed by itself (`{first}`{more}): its value is one draw of a process, and no other seed \
         gives another"
    )
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Below => "below",
        Side::Above => "above",
    }
}

fn inside(span: &str) -> String {
    format!("the interval of the difference, {span}, lies inside the tolerance")
}

fn outside(side: Side, span: &str) -> String {
    let side = side_word(side);
    format!("the interval of the difference, {span}, lies {side} the tolerance")
}

fn too_wide(span: &str) -> String {
    format!("the interval of the difference, {span}, reaches over an end of the tolerance")
}

fn within_rounding(span: &str) -> String {
    format!(
        "the interval of the difference, {span}, comes nearer to an end of the tolerance than half a unit of the \
         reported value's last digit"
    )
}

fn not_exact(differing: usize, runs: usize) -> String {
    format!("{differing} of {runs} runs did not give the reported value")
}

fn before_first_look(runs: usize, first: usize) -> String {
    format!(
        "{}, and a verdict needs at least {first}",
        number::count(runs, "run")
    )
}

fn too_many_failed(failed: usize, allowed: usize) -> String {
    let failed = number::count(failed, "run");
    match allowed {
        0 => format!("{failed} failed; the manifest tolerates none (`max_failed: 0`)"),
        allowed => {
            format!("{failed} failed; the manifest tolerates {allowed} (`max_failed: {allowed}`)")
        }
    }
}

fn identical(runs: usize, difference: &str, place: &str) -> String {
    format!(
        "all {runs} runs gave one value, {difference} from the reported one: {place} the tolerance"
    )
}

fn best_inside(of: u32, span: &str) -> String {
    format!(
        "the best of {of} fresh seeds is expected {span} from the reported one: inside the tolerance"
    )
}

fn best_outside(of: u32, side: Side, p_value: f64) -> String {
    format!(
        "the best of {of} fresh seeds lies {} the tolerance: it would lie inside with a chance of {}",
        side_word(side),
        number::chance(p_value)
    )
}

fn best_not_excluded(of: u32, side: Side, p_value: f64) -> String {
    format!(
        "the best of {of} fresh seeds is expected {} the tolerance, and may lie inside all the same: with a chance of \
         {}",
        side_word(side),
        number::chance(p_value)
    )
}

fn without_reported_noise(side: Side, span: &str, is_noise_known: bool) -> String {
    let but = match is_noise_known {
        true => "with the reported noise it does not",
        false => {
            "the reported value's own noise is unknown: counted as one run it may lie as far off"
        }
    };
    format!(
        "the interval of the rerun's mean less the reported value, {span}, lies {} the tolerance, but {but}",
        side_word(side)
    )
}

fn methods_disagree(t: Verdict, bootstrap: Verdict) -> String {
    format!(
        "the t interval says {} and the bootstrap interval {}",
        t.words(),
        bootstrap.words()
    )
}

fn ambiguous(interpretations: &[(String, Verdict)]) -> String {
    let each = interpretations
        .iter()
        .map(|(label, v)| format!("{label}: {}", v.words()));
    let each = each.collect::<Vec<_>>().join("; ");
    format!("the reported value can be read in several ways ({each})")
}

fn published_seeds_only(runs: usize) -> String {
    format!(
        "all {runs} runs have seeds that the paper used: they are a recomputation, no evidence about fresh seeds"
    )
}

const SPLIT_RATIO_UNKNOWN: &str = "the splits share training examples, and the ratio of test to training examples \
                                   is not stated";

fn diverges_too_often(lost: usize, runs: usize, lower: f64, allowed: f64) -> String {
    format!(
        "{lost} of {runs} runs diverged or collapsed: at least {} do, and the claim allows {}",
        number::chance(lower),
        number::percent(allowed)
    )
}

fn divergence(lost: usize, runs: usize, excluding: Verdict, imputing: Option<Verdict>) -> String {
    let imputed = match imputing {
        Some(v) => format!("counted as the worst value: {}", v.words()),
        None => "no worst value is known that they could count as".to_owned(),
    };
    format!(
        "{lost} of {runs} runs diverged or collapsed; without them: {}; {imputed}",
        excluding.words()
    )
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

fn unit_unknown(factor: f64, as_read: Verdict, multiplied: Verdict) -> String {
    let doubt = match factor == 100.0 || factor == 0.01 {
        true => "a factor of 100 may lie between them and the paper's",
        false => "they may be counts of correct answers",
    };
    let factor = number::plain(factor);
    format!(
        "nothing states the unit of the runs' numbers, and {doubt}: as they are the claim is {}, times {factor} it is \
         {}; state `scale` as {factor}, or as 1 if they are in its unit",
        as_read.words(),
        multiplied.words()
    )
}

fn percent_signs(as_read: Verdict, as_fractions: Verdict) -> String {
    format!(
        "a percent sign stands behind the runs' numbers, and the reported value may be a fraction: as they are the \
         claim is {}, as fractions it is {}; state `scale` as 0.01, or as 1 if they are in its unit",
        as_read.words(),
        as_fractions.words()
    )
}

fn beyond_range(value: f64, (low, high): (f64, f64)) -> String {
    let (value, low, high) = (
        number::plain(value),
        number::plain(low),
        number::plain(high),
    );
    format!(
        "a run has the value {value}, beyond the metric's range of {low} to {high}: it is in another unit, or of \
         something else"
    )
}

fn units_differ(percentages: usize, runs: usize) -> String {
    format!(
        "the numbers of {percentages} of {runs} runs have a percent sign and the others none; state `scale`, as 1 if \
         all are in the paper's unit"
    )
}

fn scale_mismatch(factor: f64) -> String {
    format!(
        "the reported value looks like it is on another scale than the runs: times {factor} they are within the \
         tolerance; state both in one unit"
    )
}

fn futile(chance: f64, runs: usize) -> String {
    format!(
        "up to {runs} runs a verdict would come with a chance of {} only",
        number::chance(chance)
    )
}
