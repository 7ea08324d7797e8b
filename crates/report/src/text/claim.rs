//! The words of one claim.
//!
//! A number is only subtracted from another to say "±3" instead of "from 81.7 to 87.7", never
//! estimated.

use super::super::number::{self, fixed, plain, signed};
use super::super::{BandReport, ClaimReport, ClaimVerdict};
use reprove_decide::decision::{ReasonCode, Target};

/// How many decimals the claim's numbers are shown with.
fn decimals(claim: &ClaimReport) -> usize {
    let half_width = claim.difference.as_ref().and_then(|difference| {
        let near = difference.low.map(|low| difference.estimate - low);
        let far = difference.high.map(|high| high - difference.estimate);
        near.into_iter().chain(far).reduce(f64::max)
    });
    let printed = claim
        .reported
        .as_ref()
        .map(|reported| number::decimals_of(reported.value));
    match (half_width.or(claim.rerun.sd), printed) {
        (Some(spread), Some(printed)) if spread > 0.0 => {
            let known = number::decimals_for(spread);
            known.max(printed.min(known + 1))
        }
        (Some(spread), None) if spread > 0.0 => number::decimals_for(spread),
        (_, Some(printed)) => printed.max(1),
        (_, None) => 4,
    }
}

/// What the paper reported: `84.7 ± 5.7 (sd, 130 runs)`.
pub fn reported(claim: &ClaimReport) -> &str {
    claim
        .reported
        .as_ref()
        .map_or("no printed value", |reported| &reported.text)
}

/// Where the reported value is printed: `main.tex:9:13 "88.1 \\pm 0.4"`; none where the manifest does not
/// state it.
pub fn source(claim: &ClaimReport) -> Option<String> {
    claim.source.as_ref().map(ToString::to_string)
}

/// Every stated source with its claim: `h12-test is printed at main.tex:9:13 "84.7"`.
pub fn sources(claims: &[ClaimReport]) -> Vec<String> {
    let line = |claim: &ClaimReport| Some(format!("{} is printed at {}", claim.id, source(claim)?));
    claims.iter().filter_map(line).collect()
}

/// The reported number alone, with the digits that the paper printed: `84.70`.
pub fn reported_value(claim: &ClaimReport) -> Option<String> {
    let reported = claim.reported.as_ref()?;
    Some(number::printed(reported.value, reported.decimals))
}

/// The reported number alone, with its spread where it is known: `84.7 ± 5.7`.
pub fn reported_short(claim: &ClaimReport) -> String {
    match &claim.reported {
        None => "-".to_owned(),
        Some(reported) => match reported.sd {
            Some(sd) => {
                let value = number::printed(reported.value, reported.decimals);
                format!("{value} ± {}", plain(sd))
            }
            None => number::printed(reported.value, reported.decimals),
        },
    }
}

/// What the reruns gave: `83.9 ± 4.8 (sd, 12 runs)`.
pub fn rerun(claim: &ClaimReport) -> String {
    let rerun = &claim.rerun;
    let runs = number::count(rerun.n, "run");
    let mut text = match (rerun.mean, rerun.sd) {
        (Some(_), Some(_)) => format!("{} (sd, {runs})", rerun_short(claim)),
        (Some(_), None) => format!("{} ({runs})", rerun_short(claim)),
        (None, _) => "no value".to_owned(),
    };
    for (count, words) in [(rerun.failed, "failed"), (rerun.diverged, "diverged")] {
        if count > 0 {
            text += &format!(", {} {words}", number::count(count, "run"));
        }
    }
    text
}

/// Mean and spread of the reruns alone: `83.9 ± 4.8`.
pub fn rerun_short(claim: &ClaimReport) -> String {
    let decimals = decimals(claim);
    match (claim.rerun.mean, claim.rerun.sd) {
        (Some(mean), Some(sd)) => format!("{} ± {}", fixed(mean, decimals), fixed(sd, decimals)),
        (Some(mean), None) => fixed(mean, decimals),
        (None, _) => "-".to_owned(),
    }
}

/// Rerun minus reported with its interval: `-0.8, interval -3.4 to +1.8`.
pub fn difference(claim: &ClaimReport) -> Option<String> {
    let difference = claim.difference.as_ref()?;
    let estimate = signed(difference.estimate, decimals(claim));
    Some(match interval(claim) {
        Some(interval) => format!("{estimate}, interval {interval}"),
        None => format!("{estimate}, no interval"),
    })
}

/// The interval of the difference: `-3.4 to +1.8`, `-3.4 and above`; none where it has no end.
fn interval(claim: &ClaimReport) -> Option<String> {
    let difference = claim.difference.as_ref()?;
    let decimals = decimals(claim);
    match (difference.low, difference.high) {
        (Some(low), Some(high)) => Some(format!(
            "{} to {}",
            signed(low, decimals),
            signed(high, decimals)
        )),
        (Some(low), None) => Some(format!("{} and above", signed(low, decimals))),
        (None, Some(high)) => Some(format!("{} and below", signed(high, decimals))),
        (None, None) => None,
    }
}

/// The value of the metric from which the claim's difference is measured: the reported value, or 0
/// where nothing is reported, as for a mere ranking.
pub fn origin(claim: &ClaimReport) -> f64 {
    claim
        .reported
        .as_ref()
        .map_or(0.0, |reported| reported.value)
}

/// How a tolerance lies about the reported value.
enum Shape {
    Exact(f64),
    Symmetric { margin: f64, about: f64 },
    Between(f64, f64),
    AtLeast(f64),
    AtMost(f64),
    Open,
}

fn shape(claim: &ClaimReport) -> Shape {
    let about = claim.reported.as_ref().map(|reported| reported.value);
    match (claim.tolerance, about) {
        (
            BandReport {
                low: None,
                high: None,
            },
            _,
        ) => Shape::Open,
        (
            BandReport {
                low: Some(low),
                high: None,
            },
            _,
        ) => Shape::AtLeast(low),
        (
            BandReport {
                low: None,
                high: Some(high),
            },
            _,
        ) => Shape::AtMost(high),
        (
            BandReport {
                low: Some(low),
                high: Some(high),
            },
            _,
        ) if low == high => Shape::Exact(low),
        (
            BandReport {
                low: Some(low),
                high: Some(high),
            },
            Some(about),
        ) => {
            let (below, above) = (about - low, high - about);
            if (above - below).abs() <= 1e-6 * (high - low) {
                Shape::Symmetric {
                    margin: (high - low) / 2.0,
                    about,
                }
            } else {
                Shape::Between(low, high)
            }
        }
        (
            BandReport {
                low: Some(low),
                high: Some(high),
            },
            None,
        ) => Shape::Between(low, high),
    }
}

/// The tolerance as a short text for a column: `±3`, `at least 83.5`.
pub fn tolerance_short(claim: &ClaimReport) -> String {
    match shape(claim) {
        Shape::Symmetric { margin, .. } => format!("±{}", plain(margin)),
        Shape::Exact(_) => "exact".to_owned(),
        Shape::Between(..) | Shape::AtLeast(_) | Shape::AtMost(_) | Shape::Open => tolerance(claim),
    }
}

/// The tolerance in words: `within ±3 of 84.7`, `at least 83.5`.
pub fn tolerance(claim: &ClaimReport) -> String {
    match shape(claim) {
        Shape::Symmetric { margin, about } => {
            let about = reported_value(claim).unwrap_or_else(|| plain(about));
            format!("within ±{} of {about}", plain(margin))
        }
        Shape::Exact(value) => format!("exactly {}", plain(value)),
        Shape::Between(low, high) => format!("between {} and {}", plain(low), plain(high)),
        Shape::AtLeast(low) => format!("at least {}", plain(low)),
        Shape::AtMost(high) => format!("at most {}", plain(high)),
        Shape::Open => "any value".to_owned(),
    }
}

/// The ends of a claim's interval, in the form of its tolerance.
pub enum Bounds {
    /// The larger distance of an end from the reported value.
    Symmetric { margin: String },
    /// The lower end of the interval of the value.
    AtLeast { low: String },
    /// The upper end of the interval of the value.
    AtMost { high: String },
}

/// The ends of the interval; none where it is open there, or the tolerance has another form.
pub fn bounds_of_interval(claim: &ClaimReport) -> Option<Bounds> {
    let difference = claim.difference.as_ref()?;
    let decimals = decimals(claim);
    match shape(claim) {
        Shape::Symmetric { .. } => {
            let margin = difference.low?.abs().max(difference.high?.abs());
            let margin = fixed(margin, decimals);
            Some(Bounds::Symmetric { margin })
        }
        Shape::AtLeast(_) => {
            let low = fixed(origin(claim) + difference.low?, decimals);
            Some(Bounds::AtLeast { low })
        }
        Shape::AtMost(_) => {
            let high = fixed(origin(claim) + difference.high?, decimals);
            Some(Bounds::AtMost { high })
        }
        Shape::Exact(_) | Shape::Between(..) | Shape::Open => None,
    }
}

/// The ends of the tolerance: `81.7 to 87.7`; none unless both stand.
pub fn tolerance_ends(claim: &ClaimReport) -> Option<String> {
    match claim.tolerance {
        BandReport {
            low: Some(low),
            high: Some(high),
        } if low != high => Some(format!("{} to {}", plain(low), plain(high))),
        _ => None,
    }
}

/// What was found of the claim, a sentence that needs no course in statistics.
pub fn finding(claim: &ClaimReport) -> String {
    let tolerance = match (shape(claim), claim.basis.target) {
        (Shape::Symmetric { margin, about }, Target::Process) => {
            let about = reported_value(claim).unwrap_or_else(|| plain(about));
            let margin = plain(margin);
            format!("within ±{margin} of the paper's own average, printed as {about}")
        }
        (Shape::Symmetric { .. }, Target::Printed)
        | (
            Shape::Exact(_)
            | Shape::Between(..)
            | Shape::AtLeast(_)
            | Shape::AtMost(_)
            | Shape::Open,
            Target::Process | Target::Printed,
        ) => tolerance(claim),
    };
    let rate = claim.error_rate.filter(|_| claim.difference.is_some());
    let rate = rate.map_or(String::new(), |rate| {
        format!(" (error rate {})", number::percent(rate))
    });
    let is_best = [
        ReasonCode::BestInside,
        ReasonCode::BestOutside,
        ReasonCode::BestNotExcluded,
    ]
    .contains(&claim.reason.code);
    match claim.verdict {
        ClaimVerdict::Reproduced if is_best => {
            format!("The best of as many fresh seeds is {tolerance}{rate}.")
        }
        ClaimVerdict::NotReproduced if is_best => {
            format!("The best of as many fresh seeds is not {tolerance}{rate}.")
        }
        ClaimVerdict::Reproduced => format!("On average, reruns are {tolerance}{rate}."),
        ClaimVerdict::NotReproduced => format!("On average, reruns are not {tolerance}{rate}."),
        ClaimVerdict::Inconclusive => {
            format!("Undecided whether reruns are on average {tolerance}{rate}.")
        }
        ClaimVerdict::CouldNotVerify => {
            "The runs that this claim needs could not be had: nothing is said about it.".to_owned()
        }
    }
}

/// Which target the verdict is about.
pub fn target(target: Target) -> &'static str {
    match target {
        Target::Process => "the paper's procedure (the chance in the printed number counts too)",
        Target::Printed => "the printed number itself",
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture;
    use super::*;

    fn said(claim: &ClaimReport) -> [String; 4] {
        [
            rerun(claim),
            difference(claim).unwrap_or_default(),
            tolerance(claim),
            finding(claim),
        ]
    }

    #[test]
    fn every_shape_of_claim_has_its_words() {
        let report = fixture::example();
        let texts: Vec<_> = report.claims.iter().take(6).map(said).collect();
        insta::assert_debug_snapshot!(texts);
    }

    #[test]
    fn a_printed_zero_stays() {
        let mut claim = fixture::example().claims[0].clone();
        let reported = claim.reported.as_mut().unwrap();
        (reported.value, reported.sd, reported.decimals) = (3.0, None, Some(1));
        claim.tolerance = BandReport {
            low: Some(2.5),
            high: Some(3.5),
        };
        assert_eq!(reported_short(&claim), "3.0");
        assert_eq!(tolerance(&claim), "within ±0.5 of 3.0");
    }

    #[test]
    fn an_uneven_band_is_given_by_its_ends() {
        let mut claim = fixture::example().claims[0].clone();
        claim.tolerance = BandReport {
            low: Some(84.0),
            high: Some(90.0),
        };
        assert_eq!(tolerance(&claim), "between 84 and 90");
        assert_eq!(tolerance_ends(&claim).as_deref(), Some("84 to 90"));
        claim.tolerance = BandReport {
            low: None,
            high: Some(90.0),
        };
        assert_eq!(tolerance_short(&claim), "at most 90");
        claim.tolerance = BandReport {
            low: Some(84.7),
            high: Some(84.7),
        };
        assert_eq!(tolerance(&claim), "exactly 84.7");
        assert_eq!(tolerance_ends(&claim), None);
    }

    #[test]
    fn a_claim_without_a_printed_value_is_measured_from_zero() {
        let mut claim = fixture::example().claims[4].clone();
        claim.reported = None;
        assert_eq!(origin(&claim), 0.0);
        assert_eq!(reported(&claim), "no printed value");
        assert_eq!(reported_short(&claim), "-");
    }
}
