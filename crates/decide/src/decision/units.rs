//! Numbers whose unit nothing states: a percentage of the paper may be a fraction in the runs, or the
//! other way round, and no verdict may rest on that.

use super::analysis_plan::AnalysisPlan;
use super::judge::{Level, Verdict};
use super::look::Look;
use super::reason::Reason;
use crate::sample::{MissingDataPolicy, Runs};
use reprove_model::manifest::ReportedForm;
use reprove_model::record::NumberUnit;
use reprove_stats::Result;

/// The largest fraction: rates such as that of wrong words may exceed 1.
const LARGEST_FRACTION: f64 = 2.0;

/// How much of a verdict another interpretation of the numbers puts in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// The numbers are a hundredfold, or a hundredth, of what was reported.
    Near,
    /// They may be in that unit as well.
    Possible,
}

impl AnalysisPlan {
    /// A verdict on numbers of which nothing states the unit stands only if it is the same in every
    /// unit that they may be in. A refutation does not stand at all where they are about a hundred
    /// times too large or too small.
    ///
    /// | what is known of the numbers      | what they may have to be multiplied by |
    /// |-----------------------------------|----------------------------------------|
    /// | their scale is stated             | 1; 1/100, 100 if that alone reproduces |
    /// | a percent sign stands behind them | 1, 1/100                               |
    /// | nothing                           | 1, 1/100, 100                          |
    ///
    /// A number is multiplied by 100 only if it can be a fraction, and by 1/100 only where the
    /// reported value can be one; see [`AnalysisPlan::likeness`].
    pub(super) fn check_units(&self, mut look: Look, runs: &Runs, level: Level) -> Result<Look> {
        if look.verdict == Verdict::Inconclusive {
            return Ok(look);
        }
        let count = |unit| runs.values().filter(|value| value.1 == unit).count();
        let (percentages, unknown) = (count(NumberUnit::Percent), count(NumberUnit::Unknown));
        let doubt = if percentages > 0 && unknown > 0 {
            let runs = runs.values().count();
            Some(Reason::UnitsDiffer { percentages, runs })
        } else {
            let (factors, unit): (&[f64], NumberUnit) = match (percentages, unknown) {
                (0, 0) => (&[100.0, 0.01], NumberUnit::Stated),
                (_, 0) => (&[0.01], NumberUnit::Percent),
                _ => (&[100.0, 0.01], NumberUnit::Unknown),
            };
            let mut doubts = factors.iter();
            doubts.try_fold(None, |doubt, factor| match doubt {
                None => self.doubt(&look, runs, (*factor, unit), level),
                doubt => Ok(doubt),
            })?
        };
        let doubt = match doubt {
            None if unknown > 0 => self.doubt_of_counts(&look, runs, level)?,
            doubt => doubt,
        };
        if let Some(doubt) = doubt {
            (look.verdict, look.reason) = (Verdict::Inconclusive, doubt);
        }
        Ok(look)
    }

    /// Why the verdict of a look at whole numbers does not stand if they are counts of correct answers, where
    /// the reported value is a share of a test set.
    fn doubt_of_counts(&self, look: &Look, runs: &Runs, level: Level) -> Result<Option<Reason>> {
        let Some(ReportedForm::Proportion { total, .. }) = self.form else {
            return Ok(None);
        };
        let total = total as f64;
        let may_be_count =
            |(value, _): (f64, NumberUnit)| value.fract() == 0.0 && (0.0..=total).contains(&value);
        if total == 100.0 || !runs.values().all(may_be_count) {
            return Ok(None);
        }
        let factor = 100.0 / total;
        let multiplied = self.look_as_read(&runs.times(factor), level)?.verdict;
        Ok((multiplied != look.verdict).then_some(Reason::UnitUnknown {
            factor,
            as_read: look.verdict,
            multiplied,
        }))
    }

    /// Why the verdict of a look does not stand if the numbers have to be multiplied.
    fn doubt(
        &self,
        look: &Look,
        runs: &Runs,
        (factor, unit): (f64, NumberUnit),
        level: Level,
    ) -> Result<Option<Reason>> {
        let Some(likeness) = self.likeness(look.verdict, runs, factor, unit)? else {
            return Ok(None);
        };
        let multiplied = self.look_as_read(&runs.times(factor), level)?;
        let is_inside = multiplied
            .estimate
            .is_some_and(|difference| (self.margin.low..=self.margin.high).contains(&difference));
        let multiplied = multiplied.verdict;
        if unit == NumberUnit::Stated {
            // The runs are in the unit that is stated; what is reported may not be.
            let is_other_scale =
                look.verdict == Verdict::NotReproduced && likeness == Likeness::Near && is_inside;
            return Ok(is_other_scale.then_some(Reason::ScaleMismatch { factor }));
        }
        let is_near = look.verdict == Verdict::NotReproduced && likeness == Likeness::Near;
        let is_doubtful = multiplied != look.verdict || is_near;
        let as_read = look.verdict;
        Ok(is_doubtful.then_some(match unit {
            NumberUnit::Percent => Reason::PercentSigns {
                as_read,
                as_share: multiplied,
            },
            NumberUnit::Stated | NumberUnit::Unknown => Reason::UnitUnknown {
                factor,
                as_read,
                multiplied,
            },
        }))
    }

    /// Whether the numbers may have to be multiplied to be in the unit of the paper: where the
    /// smaller side can be a fraction, and the product
    ///
    /// - is near the reported value, nearer than to ten times or a tenth of it, or
    /// - lies in a tolerance that has two ends, or
    /// - is as good a interpretation as the numbers themselves, because those are not near the reported value
    ///   either; see [`AnalysisPlan::is_open`].
    fn likeness(
        &self,
        verdict: Verdict,
        runs: &Runs,
        factor: f64,
        unit: NumberUnit,
    ) -> Result<Option<Likeness>> {
        // The failure threshold is one in the paper's unit.
        let multiplied = runs.times(factor);
        let rerun = self.summarize(&multiplied, MissingDataPolicy::Exclude)?;
        let reported = self.interpretations[0].value;
        let largest = runs.values().map(|value| value.0.abs());
        let largest = largest.fold(0.0, f64::max);
        let smaller = if factor > 1.0 {
            largest
        } else {
            reported.abs()
        };
        let Some(product) = rerun.mean.filter(|_| smaller <= LARGEST_FRACTION) else {
            return Ok(None);
        };
        let nearness = 10f64.sqrt();
        let is_near = |value: f64| {
            let ratio = value / reported;
            ratio > 1.0 / nearness && ratio < nearness
        };
        let is_two_sided = self.margin.low.is_finite() && self.margin.high.is_finite();
        let difference = product - reported;
        Ok(if is_near(product) {
            Some(Likeness::Near)
        } else if (is_two_sided && difference >= self.margin.low && difference <= self.margin.high)
            || (!is_near(product / factor) && self.is_open(verdict, runs, (factor, unit), largest))
        {
            Some(Likeness::Possible)
        } else {
            None
        })
    }

    /// Whether numbers of `unit`, `largest` among them, that are not near the reported value may be in
    /// another unit, where that makes another verdict.
    ///
    /// A refutation keeps its unit where both sides look like fractions, or both like percentages: a
    /// model that collapsed is refuted. What is reproduced on one side only, far from the reported
    /// value, proves nothing unless the unit is known.
    fn is_open(
        &self,
        verdict: Verdict,
        runs: &Runs,
        (factor, unit): (f64, NumberUnit),
        largest: f64,
    ) -> bool {
        let reported = self.interpretations[0].value.abs();
        let ends = [self.margin.low.abs(), self.margin.high.abs()];
        let is_two_sided = ends.iter().all(|end| end.is_finite());
        // A tolerance of 30 points, or a difference of so many, is hardly one between fractions.
        const WIDE: f64 = 0.3;
        let width = ends
            .into_iter()
            .filter(|end| end.is_finite())
            .fold(0.0, f64::max);
        let largest_fraction = match runs {
            Runs::Single(_) => 1.0,
            Runs::Difference { .. } => WIDE,
        };
        let is_of_fractions = reported <= largest_fraction && width < WIDE;
        match verdict {
            Verdict::Reproduced if factor > 1.0 => !(is_two_sided && is_of_fractions),
            Verdict::Reproduced => {
                (unit == NumberUnit::Percent || largest > LARGEST_FRACTION) && width < WIDE
            }
            Verdict::NotReproduced => factor > 1.0 && !is_of_fractions,
            Verdict::Inconclusive => false,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::claim_decision::ClaimDecision;
    use super::*;
    use crate::sample::{Observation, SeedRun};
    use Verdict::{Inconclusive, NotReproduced, Reproduced};
    use reprove_model::manifest::{
        Claim, Criterion, Decision, Looks, Pairing, Quantity, Reported, ReportedForm, Tolerance,
    };
    use reprove_model::seeds::RunSeed;

    fn arm(values: &[f64], unit: NumberUnit) -> Vec<SeedRun> {
        let run = |(seed, value): (usize, &f64)| SeedRun {
            seed: RunSeed(seed as u64),
            observed: Observation::from_number(*value),
            unit,
        };
        values.iter().enumerate().map(run).collect()
    }

    /// Five values around `mean`, within 1 % of it.
    fn around(mean: f64, unit: NumberUnit) -> Runs {
        let values = [-0.01, -0.005, 0.0, 0.005, 0.01].map(|part| mean * (1.0 + part));
        Runs::Single(arm(&values, unit))
    }

    /// The verdict on these values and its reason.
    pub fn take_looks(
        reported: f64,
        criterion: Criterion,
        values: &[f64],
        unit: NumberUnit,
    ) -> (Verdict, Reason) {
        let decision = decision(reported, criterion, &Runs::Single(arm(values, unit)));
        (decision.verdict, decision.reason)
    }

    fn settled(reported: f64, criterion: Criterion, runs: &Runs) -> (Verdict, String) {
        let decision = decision(reported, criterion, runs);
        for target in &decision.targets {
            let is_doubtful = decision.verdict == Inconclusive;
            assert!(!is_doubtful || target.verdict == Inconclusive, "{target:?}");
        }
        (decision.verdict, decision.reason.code().to_string())
    }

    fn decision(reported: f64, criterion: Criterion, runs: &Runs) -> ClaimDecision {
        let quantity = Quantity::Metric {
            configuration: None,
            metric: "accuracy".into(),
        };
        let form = ReportedForm::Bare {
            value: reported,
            runs: None,
        };
        let claim = Claim {
            facts: reprove_model::manifest::MetricFacts::default(),
            test_train_ratio: None,
            failure_rate: None,
            source: None,
            id: "c".to_owned(),
            quantity,
            reported: Some(Reported {
                form,
                decimals: None,
            }),
            criterion,
            better: None,
            unit: reprove_model::manifest::ObservationUnit::Run,
            failure: None,
            resolution: None,
        };
        let decision = Decision {
            looks: Looks::Fixed,
            ..Decision::default()
        };
        let analysis_plan = AnalysisPlan::new(&claim, &decision, Some(runs.len() as u32)).unwrap();
        analysis_plan.decide(runs).unwrap()
    }

    fn verdict(reported: f64, tolerance: Tolerance, mean: f64, unit: NumberUnit) -> Verdict {
        settled(reported, Criterion::Within(tolerance), &around(mean, unit)).0
    }

    #[test]
    fn a_percentage_against_a_fraction_is_never_refuted() {
        for (reported, tolerance, mean) in [
            (90.4, 2.0, 0.904),
            (90.4, 2.0, 0.85),
            (90.4, 2.0, 0.951),
            (0.904, 0.02, 90.4),
            (0.904, 0.02, 85.0),
            (0.904, 0.02, 51.0),
            (112.0, 5.0, 1.12),
        ] {
            let of = |tolerance| verdict(reported, tolerance, mean, NumberUnit::Unknown);
            for form in [Tolerance::Below, Tolerance::Above] {
                assert_ne!(of(form(tolerance)), NotReproduced, "{reported} {mean}");
            }
            let found = of(Tolerance::Absolute(tolerance));
            assert_eq!(found, Inconclusive, "{reported} {mean}");
            assert_eq!(of(Tolerance::Exact), Inconclusive, "{reported} {mean}");
            let stated = verdict(
                reported,
                Tolerance::Absolute(tolerance),
                mean,
                NumberUnit::Stated,
            );
            // In the stated unit they are refuted, unless the reported value looks like it is not.
            let is_hundredfold = [100.0, 0.01]
                .iter()
                .any(|factor| (mean * factor - reported).abs() < 0.5 * tolerance);
            let wanted = match is_hundredfold {
                true => Inconclusive,
                false => NotReproduced,
            };
            assert_eq!(stated, wanted, "{reported} {mean}");
        }
    }

    #[test]
    fn what_only_the_unit_makes_better_is_not_reproduced_by_it() {
        // 85 % against 0.904, and an error of 5 % against 5.0 and one of 50 % that looks smaller.
        let below = |unit| verdict(0.904, Tolerance::Below(0.02), 85.0, unit);
        assert_eq!(below(NumberUnit::Unknown), Inconclusive);
        assert_eq!(below(NumberUnit::Stated), Reproduced);
        let above = |mean| verdict(5.0, Tolerance::Above(0.5), mean, NumberUnit::Unknown);
        assert_eq!(above(0.1), Inconclusive);
        assert_eq!(above(0.05), Reproduced);
    }

    #[test]
    fn a_percent_sign_leaves_a_fraction_of_the_paper_open() {
        let of = |reported, mean| {
            verdict(
                reported,
                Tolerance::Relative(0.02),
                mean,
                NumberUnit::Percent,
            )
        };
        assert_eq!(of(0.904, 90.4), Inconclusive);
        assert_eq!(of(90.4, 90.4), Reproduced);
        // 0.9 % is no fraction.
        assert_eq!(of(90.4, 0.904), NotReproduced);
    }

    #[test]
    fn what_collapsed_is_refuted_also_without_a_unit() {
        for (reported, tolerance, mean) in [
            (90.4, 2.0, 10.0),
            (90.4, 2.0, 8.0),
            (0.904, 0.02, 0.1),
            (0.904, 0.02, 0.05),
            (0.5, 0.1, 0.05),
        ] {
            for tolerance in [Tolerance::Absolute(tolerance), Tolerance::Below(tolerance)] {
                let found = verdict(reported, tolerance, mean, NumberUnit::Unknown);
                assert_eq!(found, NotReproduced, "{reported} {mean}");
            }
        }
        // A loss that is larger, a perplexity that is a hundredfold.
        let above =
            |reported, mean| verdict(reported, Tolerance::Above(0.1), mean, NumberUnit::Unknown);
        assert_eq!(above(0.5, 3.2), NotReproduced);
        assert_eq!(above(30.0, 3000.0), NotReproduced);
        // By a hundred, that is not to be told from another unit, unless the unit is known.
        let within = |unit| verdict(0.9, Tolerance::Absolute(0.02), 0.01, unit);
        assert_eq!(within(NumberUnit::Unknown), Inconclusive);
        assert_eq!(within(NumberUnit::Stated), NotReproduced);
    }

    #[test]
    fn no_threshold_is_passed_or_missed_by_another_unit() {
        let of = |bound, mean, unit| {
            let runs = around(mean, unit);
            settled(0.0, Criterion::AtLeast(bound), &runs).0
        };
        assert_eq!(of(0.9, 45.0, NumberUnit::Unknown), Inconclusive);
        assert_eq!(of(0.9, 45.0, NumberUnit::Stated), Reproduced);
        assert_eq!(of(80.0, 0.9, NumberUnit::Unknown), Inconclusive);
        assert_eq!(of(5.0, 0.9, NumberUnit::Unknown), Inconclusive);
        assert_eq!(of(5.0, 0.9, NumberUnit::Stated), NotReproduced);
        assert_eq!(of(80.0, 90.0, NumberUnit::Unknown), Reproduced);
        assert_eq!(of(80.0, 70.0, NumberUnit::Unknown), NotReproduced);
        assert_eq!(of(0.8, 0.9, NumberUnit::Unknown), Reproduced);
        assert_eq!(of(0.8, 0.7, NumberUnit::Unknown), NotReproduced);
    }

    #[test]
    fn what_is_good_on_one_side_only_needs_a_unit_where_it_is_far_away() {
        let of =
            |reported, tolerance, mean| verdict(reported, tolerance, mean, NumberUnit::Unknown);
        for (reported, tolerance, mean) in [
            // A model at chance level, in percent.
            (0.904, Tolerance::Below(0.02), 10.0),
            (0.904, Tolerance::Below(0.02), 20.0),
            // Errors that may be percentages of the paper and fractions of the runs.
            (5.0, Tolerance::Above(0.5), 0.9),
            (0.96, Tolerance::Above(0.2), 0.0506),
            (2.1, Tolerance::Above(0.2), 0.5),
            (0.0, Tolerance::Absolute(1.0), 0.9),
            (20.0, Tolerance::Below(2.0), 0.8),
        ] {
            assert_eq!(
                of(reported, tolerance, mean),
                Inconclusive,
                "{reported} {mean}"
            );
            let known = verdict(reported, tolerance, mean, NumberUnit::Stated);
            assert_ne!(known, Inconclusive, "{reported} {mean}");
        }
        let runs = around(10.0, NumberUnit::Unknown);
        assert_eq!(settled(0.0, Criterion::AtLeast(0.9), &runs).0, Inconclusive);
        // What is near is in its own unit.
        assert_eq!(of(0.904, Tolerance::Below(0.02), 0.95), Reproduced);
        assert_eq!(of(90.4, Tolerance::Below(2.0), 95.0), Reproduced);
        assert_eq!(of(0.0, Tolerance::Absolute(0.01), 0.001), Reproduced);
    }

    #[test]
    fn a_difference_far_from_the_reported_one_needs_a_unit() {
        let of = |of: f64, minus: f64, reported, criterion, unit| {
            let values =
                |mean: f64| [-0.001, -0.0005, 0.0, 0.0005, 0.001].map(|part| mean * (1.0 + part));
            let runs = Runs::Difference {
                of: arm(&values(of), unit),
                minus: arm(&values(minus), unit),
                pairing: Pairing::Independent,
            };
            settled(reported, criterion, &runs).0
        };
        let absolute = |width| Criterion::Within(Tolerance::Absolute(width));
        for (first, second, reported, criterion) in [
            (0.60, 0.90, 1.2, absolute(1.6)),
            (0.45, 0.90, 0.5, absolute(1.0)),
            (0.90, 0.80, 0.0, absolute(1.0)),
            (90.0, 89.0, 0.10, Criterion::Within(Tolerance::Below(0.05))),
            (80.5, 80.0, 0.0, Criterion::AtLeast(0.03)),
        ] {
            let found = of(first, second, reported, criterion, NumberUnit::Unknown);
            assert_eq!(found, Inconclusive, "{first} {second}");
            let known = of(first, second, reported, criterion, NumberUnit::Stated);
            assert_eq!(known, Reproduced, "{first} {second}");
        }
        assert_eq!(
            of(0.91, 0.90, 0.02, absolute(0.02), NumberUnit::Unknown),
            Reproduced
        );
    }

    #[test]
    fn a_difference_has_the_unit_of_its_arms() {
        let runs = |scale: f64| Runs::Difference {
            of: arm(
                &[0.90, 0.91, 0.905, 0.902, 0.907].map(|v| v * scale),
                NumberUnit::Unknown,
            ),
            minus: arm(
                &[0.50, 0.51, 0.505, 0.502, 0.507].map(|v| v * scale),
                NumberUnit::Unknown,
            ),
            pairing: Pairing::Independent,
        };
        let within = Criterion::Within(Tolerance::Absolute(3.0));
        assert_eq!(settled(40.0, within, &runs(1.0)).0, Inconclusive);
        assert_eq!(settled(40.0, within, &runs(100.0)).0, Reproduced);
        assert_eq!(settled(7.6, within, &runs(100.0)).0, NotReproduced);
        let at_least = Criterion::AtLeast(3.0);
        assert_eq!(settled(0.0, at_least, &runs(1.0)).0, Inconclusive);
        assert_eq!(settled(0.0, at_least, &runs(100.0)).0, Reproduced);
        assert_eq!(settled(0.0, Criterion::Greater, &runs(1.0)).0, Reproduced);
    }

    #[test]
    fn percent_signs_on_some_runs_alone_are_said() {
        let mut runs = arm(&[90.1, 90.3, 90.2, 90.4], NumberUnit::Percent);
        runs.extend(arm(&[90.2], NumberUnit::Unknown));
        let within = Criterion::Within(Tolerance::Absolute(3.0));
        let found = settled(90.0, within, &Runs::Single(runs));
        assert_eq!(found, (Inconclusive, "units_differ".to_owned()));
    }
}
