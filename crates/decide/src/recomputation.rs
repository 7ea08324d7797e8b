//! The recomputation: whether the runs on the seeds that the paper used give its numbers, to the printed
//! digits.
//!
//! It is a question of its own beside the verdict. The same numbers from the same seeds show that code,
//! data and environment are those of the paper; they are no evidence about the mean over other seeds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sample::{self, Runs};
use reprove_model::manifest::{Better, Claim, Reported, ReportedForm};
use reprove_model::plan::Plan;
use reprove_model::record::{NumberUnit, Record, Records, Repeat};
use reprove_model::seeds::RunSeed;
use reprove_stats::Sample;

/// Half the width of a 95 % interval of normal theory in standard errors.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// Whether the published seeds give the published numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recomputed {
    /// They do, to the printed digits.
    Yes,
    /// They give other numbers.
    No,
    /// No run answers it.
    #[default]
    NotAsked,
}

/// The answer with its cause and the values behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recomputation {
    /// The cause of the answer.
    pub finding: RecomputationFinding,
    /// The values of the runs on published seeds, in the order of `reported_seeds`; differences of equal
    /// seeds for a difference.
    pub values: Vec<(RunSeed, f64)>,
    /// The number that these values give in the form of the reported one: their mean, median or best.
    pub value: Option<f64>,
    /// Their standard deviation (n − 1), where there are several.
    pub sd: Option<f64>,
}

/// The cause of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RecomputationFinding {
    /// The manifest states no seeds that the paper used.
    NoPublishedSeeds,
    /// The claim has no reported value.
    NothingReported,
    /// Some of the published seeds were not run.
    NotRun {
        /// Published seeds that were run.
        run: usize,
        /// Published seeds.
        seeds: usize,
    },
    /// Some of the runs failed.
    Failed {
        /// Runs that failed.
        failed: usize,
        /// Runs.
        runs: usize,
    },
    /// The reported number is one over another number of runs than there are published seeds.
    OtherNumberOfRuns {
        /// Reported runs.
        reported: usize,
        /// Published seeds.
        seeds: usize,
    },
    /// The values times this factor give the reported number, and nothing states their unit.
    UnitUnknown {
        /// 100 or 0.01.
        factor: f64,
    },
    /// The run of a program that the manifest calls deterministic has no repeat.
    NotRepeated,
    /// The repeat of the run of such a program gave other metrics.
    RepeatDiffers,
    /// The numbers are the same.
    Same,
    /// Some of the runs diverged.
    Diverged {
        /// Runs that diverged.
        diverged: usize,
        /// Runs.
        runs: usize,
    },
    /// The value is another.
    OtherValue,
    /// The value is the same and the spread is another.
    OtherSpread,
}

impl Recomputation {
    /// A recomputation that no run answers.
    pub(crate) fn not_asked(finding: RecomputationFinding) -> Self {
        Self {
            finding,
            values: Vec::new(),
            value: None,
            sd: None,
        }
    }

    /// The answer.
    pub fn answer(&self) -> Recomputed {
        use RecomputationFinding as Finding;
        match self.finding {
            Finding::Same => Recomputed::Yes,
            Finding::Diverged { .. }
            | Finding::OtherValue
            | Finding::OtherSpread
            | Finding::RepeatDiffers => Recomputed::No,
            Finding::NoPublishedSeeds
            | Finding::NothingReported
            | Finding::NotRun { .. }
            | Finding::Failed { .. }
            | Finding::OtherNumberOfRuns { .. }
            | Finding::NotRepeated
            | Finding::UnitUnknown { .. } => Recomputed::NotAsked,
        }
    }
}

/// Compares the runs on the published seeds of a plan with the reported numbers of a claim.
pub(crate) fn recompute(plan: &Plan, claim: &Claim, records: &Records) -> Recomputation {
    use RecomputationFinding as Finding;
    if plan.is_deterministic {
        return recompute_deterministic(plan, claim, records);
    }
    if plan.reported_seeds.is_empty() {
        return Recomputation::not_asked(Finding::NoPublishedSeeds);
    }
    let ran = |seed: &&RunSeed| {
        let arms = claim.quantity.arms();
        arms.iter().all(|(name, _)| records.has(*name, **seed))
    };
    let seeds: Vec<RunSeed> = plan.reported_seeds.iter().filter(ran).copied().collect();
    let runs = sample::gather(&claim.quantity, &seeds, records);
    let values = runs.by_seed();
    let numbers: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
    let reported = claim.reported.as_ref();
    let tally = runs.tally(None);
    let finding = match reported {
        None => Finding::NothingReported,
        Some(_) if seeds.len() < plan.reported_seeds.len() => Finding::NotRun {
            run: seeds.len(),
            seeds: plan.reported_seeds.len(),
        },
        Some(_) if tally.failed > 0 => Finding::Failed {
            failed: tally.failed,
            runs: tally.failed + tally.finished,
        },
        Some(_) if tally.diverged > 0 => Finding::Diverged {
            diverged: tally.diverged,
            runs: tally.finished,
        },
        Some(reported) => compare(reported, claim.better, &numbers, &runs),
    };
    Recomputation {
        finding,
        value: reported.and_then(|reported| number(&reported.form, claim.better, &numbers)),
        sd: sd(&numbers),
        values,
    }
}

/// The result of the repeats of the runs that a claim is on: `None` where one of them has no repeat.
pub(crate) fn repeat_of(claim: &Claim, records: &Records) -> Option<Repeat> {
    let arms = claim.quantity.arms();
    let is_of_claim = |record: &&Record| {
        let mut names = arms.iter().map(|(name, _)| *name);
        names.any(|name| name == record.configuration.as_ref())
    };
    let runs = records.all().iter().filter(is_of_claim);
    let repeats: Option<Vec<Repeat>> = runs.map(|record| record.repeat).collect();
    repeats?.into_iter().max()
}

/// Compares the one value of a program that the manifest calls deterministic with the reported numbers: it
/// is the value of every seed.
fn recompute_deterministic(plan: &Plan, claim: &Claim, records: &Records) -> Recomputation {
    use RecomputationFinding as Finding;
    let runs = sample::gather(&claim.quantity, &plan.seeds, records);
    let values = runs.by_seed();
    let (finding, value) = match (&claim.reported, values.first()) {
        (None, _) => (Finding::NothingReported, None),
        (Some(_), None) => (Finding::NotRun { run: 0, seeds: 1 }, None),
        (Some(reported), Some((_, value))) => {
            let mut count = 2;
            if let ReportedForm::Values(values) = &reported.form {
                count = values.len();
            }
            let finding = match repeat_of(claim, records) {
                None => Finding::NotRepeated,
                Some(Repeat::Different) => Finding::RepeatDiffers,
                Some(Repeat::Same) => {
                    compare_in_units(reported, claim.better, &vec![*value; count], &runs)
                }
            };
            (finding, Some(*value))
        }
    };
    Recomputation {
        finding,
        value,
        sd: None,
        values,
    }
}

/// Compares values with the reported numbers, and with those of another unit where theirs is unknown.
fn compare(
    reported: &Reported,
    better: Option<Better>,
    values: &[f64],
    runs: &Runs,
) -> RecomputationFinding {
    let stated = reported_runs(&reported.form).filter(|stated| *stated != values.len());
    if let Some(stated) = stated {
        return RecomputationFinding::OtherNumberOfRuns {
            reported: stated,
            seeds: values.len(),
        };
    }
    compare_in_units(reported, better, values, runs)
}

fn compare_in_units(
    reported: &Reported,
    better: Option<Better>,
    values: &[f64],
    runs: &Runs,
) -> RecomputationFinding {
    let as_read = compare_as_read(reported, better, values);
    let is_known = runs.values().all(|value| value.1 == NumberUnit::Stated);
    if is_known || as_read != RecomputationFinding::OtherValue {
        return as_read;
    }
    for factor in [100.0, 0.01] {
        let multiplied: Vec<f64> = values.iter().map(|value| value * factor).collect();
        if compare_as_read(reported, better, &multiplied) != RecomputationFinding::OtherValue {
            return RecomputationFinding::UnitUnknown { factor };
        }
    }
    as_read
}

fn compare_as_read(
    reported: &Reported,
    better: Option<Better>,
    values: &[f64],
) -> RecomputationFinding {
    let is_same = match (&reported.form, number(&reported.form, better, values)) {
        (ReportedForm::Values(printed), _) => {
            is_same_list(printed, values, |value| half_unit(value, reported.decimals))
        }
        (ReportedForm::Proportion { total, .. }, Some(value)) => {
            // Half a correct answer, of a share in percent.
            let half = 50.0 / *total as f64;
            is_printed_as(value, reported.form.value(), half)
        }
        (form, Some(value)) => is_printed_as(
            value,
            form.value(),
            half_unit(form.value(), reported.decimals),
        ),
        (_, None) => false,
    };
    if !is_same {
        RecomputationFinding::OtherValue
    } else if has_same_spread(reported, values) {
        RecomputationFinding::Same
    } else {
        RecomputationFinding::OtherSpread
    }
}

/// The number of runs that a reported number is over, where the form states it and the number depends on
/// it; a best value may be published with the seed that gave it alone.
fn reported_runs(form: &ReportedForm) -> Option<usize> {
    match form {
        ReportedForm::Bare { runs, .. }
        | ReportedForm::Std { runs, .. }
        | ReportedForm::Sem { runs, .. }
        | ReportedForm::Ci95 { runs, .. }
        | ReportedForm::PlusMinus { runs, .. }
        | ReportedForm::Median { runs, .. } => runs.map(|runs| runs as usize),
        ReportedForm::Values(values) => Some(values.len()),
        ReportedForm::Best { .. } => None,
        ReportedForm::Proportion { .. } => Some(1),
    }
}

/// The number that values give in a reported form; none without values.
fn number(form: &ReportedForm, better: Option<Better>, values: &[f64]) -> Option<f64> {
    let sample = Sample::new(values).ok()?;
    let values = values.iter().copied();
    match (form, better) {
        (ReportedForm::Best { .. }, Some(Better::Lower)) => values.reduce(f64::min),
        (ReportedForm::Best { .. }, Some(Better::Higher) | None) => values.reduce(f64::max),
        (ReportedForm::Median { .. }, _) => Some(sample.median()),
        (
            ReportedForm::Bare { .. }
            | ReportedForm::Std { .. }
            | ReportedForm::Sem { .. }
            | ReportedForm::Ci95 { .. }
            | ReportedForm::PlusMinus { .. }
            | ReportedForm::Values(_)
            | ReportedForm::Proportion { .. },
            _,
        ) => Some(sample.mean()),
    }
}

fn sd(values: &[f64]) -> Option<f64> {
    Sample::new(values).ok()?.sd()
}

/// Whether the spread of the values is the reported one, under some reading of what was reported; an
/// interval and quartiles, which are made in many ways, are not compared.
fn has_same_spread(reported: &Reported, values: &[f64]) -> bool {
    let Some(sd) = sd(values) else {
        return true;
    };
    let n = values.len() as f64;
    // With divisor n - 1, and with divisor n.
    let [sample, population] = [sd, sd * ((n - 1.0) / n).sqrt()];
    let (printed, readings) = match reported.form {
        ReportedForm::Std { std, ddof, .. } => match ddof {
            Some(1) => (std, vec![sample]),
            Some(_) => (std, vec![population]),
            None => (std, vec![sample, population]),
        },
        ReportedForm::Sem { sem, .. } => {
            (sem, [sample, population].map(|sd| sd / n.sqrt()).to_vec())
        }
        ReportedForm::PlusMinus { spread, .. } => {
            let of = |sd: f64| [sd, sd / n.sqrt(), NORMAL_95 * sd / n.sqrt()];
            (spread, [of(sample), of(population)].concat())
        }
        ReportedForm::Bare { .. }
        | ReportedForm::Ci95 { .. }
        | ReportedForm::Values(_)
        | ReportedForm::Best { .. }
        | ReportedForm::Median { .. }
        | ReportedForm::Proportion { .. } => return true,
    };
    let half = half_unit(printed, Some(digits_of(printed)));
    let half = half.min(half_unit(printed, reported.decimals));
    readings
        .iter()
        .any(|reading| is_printed_as(*reading, printed, half))
}

/// Whether the values are the printed ones, each to its digits and in any order.
fn is_same_list(printed: &[f64], values: &[f64], half: impl Fn(f64) -> f64) -> bool {
    let sorted = |list: &[f64]| {
        let mut list = list.to_vec();
        list.sort_by(f64::total_cmp);
        list
    };
    let pairs = || sorted(printed).into_iter().zip(sorted(values));
    printed.len() == values.len()
        && pairs().all(|(printed, value)| is_printed_as(value, printed, half(printed)))
}

/// Whether a value rounds to a printed number, of which `half` is half a unit of the last digit.
fn is_printed_as(value: f64, printed: f64, half: f64) -> bool {
    // Sums in another order differ by some units in the last place.
    const SLACK: f64 = 16.0 * f64::EPSILON;
    (value - printed).abs() <= half + SLACK * value.abs().max(printed.abs())
}

/// Half a unit of the last printed digit; of the shortest form of the number where its digits are not known.
fn half_unit(printed: f64, decimals: Option<u32>) -> f64 {
    let decimals = decimals.unwrap_or_else(|| digits_of(printed));
    0.5 * 10f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX))
}

/// Digits after the point of the shortest form of a number.
fn digits_of(number: f64) -> u32 {
    let text = number.to_string();
    text.split_once('.')
        .map_or(0, |(_, digits)| digits.len() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Observation, SeedRun};
    use RecomputationFinding::{OtherNumberOfRuns, OtherSpread, OtherValue, Same, UnitUnknown};

    fn finding(
        form: ReportedForm,
        decimals: Option<u32>,
        values: &[f64],
        unit: NumberUnit,
    ) -> RecomputationFinding {
        let run = |(seed, value): (u64, &f64)| SeedRun {
            seed: RunSeed(seed),
            observed: Observation::Value(*value),
            unit,
        };
        let runs = Runs::Single((1..).zip(values).map(run).collect());
        compare(&Reported { form, decimals }, None, values, &runs)
    }

    fn stated(form: ReportedForm, values: &[f64]) -> RecomputationFinding {
        finding(form, Some(1), values, NumberUnit::Stated)
    }

    #[test]
    fn the_number_is_compared_to_its_printed_digits() {
        let bare = |value, runs| ReportedForm::Bare { value, runs };
        assert_eq!(stated(bare(90.4, None), &[90.44]), Same);
        assert_eq!(stated(bare(90.4, None), &[90.46]), OtherValue);
        assert_eq!(stated(bare(90.4, Some(2)), &[90.1, 90.75]), Same);
        let other = OtherNumberOfRuns {
            reported: 3,
            seeds: 2,
        };
        assert_eq!(stated(bare(90.4, Some(3)), &[90.1, 90.75]), other);
        let best = ReportedForm::Best { best: 90.4, of: 5 };
        assert_eq!(stated(best.clone(), &[89.0, 90.4, 90.2]), Same);
        assert_eq!(stated(best, &[89.0, 90.5]), OtherValue);
        let share = ReportedForm::Proportion {
            correct: 94,
            total: 104,
        };
        assert_eq!(stated(share.clone(), &[100.0 * 94.0 / 104.0]), Same);
        assert_eq!(stated(share, &[100.0 * 95.0 / 104.0]), OtherValue);
    }

    #[test]
    fn the_spread_is_compared_where_it_is_known_how_it_was_made() {
        let values = [90.0, 90.4, 90.8];
        let std = |std, ddof| ReportedForm::Std {
            mean: 90.4,
            std,
            runs: Some(3),
            ddof,
        };
        // The standard deviation is 0.4 with divisor n - 1 and 0.327 with divisor n.
        assert_eq!(stated(std(0.4, None), &values), Same);
        assert_eq!(stated(std(0.3, None), &values), Same);
        assert_eq!(stated(std(0.3, Some(1)), &values), OtherSpread);
        assert_eq!(stated(std(0.6, None), &values), OtherSpread);
        let unknown = |spread| ReportedForm::PlusMinus {
            mean: 90.4,
            spread,
            runs: None,
        };
        // 0.4 / √3 is 0.23.
        assert_eq!(stated(unknown(0.2), &values), Same);
        assert_eq!(stated(unknown(1.2), &values), OtherSpread);
    }

    #[test]
    fn single_values_are_compared_one_by_one_in_any_order() {
        let list = |values: &[f64]| ReportedForm::Values(values.to_vec());
        let of = |printed: &[f64], values: &[f64]| {
            finding(list(printed), None, values, NumberUnit::Stated)
        };
        assert_eq!(of(&[90.4, 91.25], &[91.2511, 90.41]), Same);
        assert_eq!(of(&[90.4, 91.25], &[91.256, 90.41]), OtherValue);
        // The same mean.
        assert_eq!(of(&[90.0, 92.0], &[91.0, 91.0]), OtherValue);
    }

    #[test]
    fn another_unit_is_no_other_number() {
        let bare = || ReportedForm::Bare {
            value: 90.4,
            runs: None,
        };
        let of = |value, unit| finding(bare(), Some(1), &[value], unit);
        let hundredth = UnitUnknown { factor: 100.0 };
        assert_eq!(of(0.904, NumberUnit::Unknown), hundredth);
        assert_eq!(of(0.904, NumberUnit::Stated), OtherValue);
        assert_eq!(of(0.914, NumberUnit::Unknown), OtherValue);
    }
}
