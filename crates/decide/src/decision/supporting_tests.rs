//! Tests and intervals that are shown beside a verdict and never decide: of ranks, of single values,
//! of spreads, of counts, of a claimed effect, and the bootstrap intervals that are too narrow at few
//! runs.

use super::analysis_plan::AnalysisPlan;
use super::claim_decision::{Role, Test};
use super::judge::Comparison;
use super::resample;
use super::secondary::Measure;
use crate::reported::{self, Uncertainty};
use crate::sample::{RerunSummary, Runs};
use reprove_model::manifest::{Criterion, Pairing, Reported, ReportedForm};
use reprove_stats::bootstrap::studentized::replicates_for;
use reprove_stats::bootstrap::{Statistic, resample as draws};
use reprove_stats::checks::{sceptical_p, small_telescopes, spread_test};
use reprove_stats::proportions::{Count, newcombe_difference};
use reprove_stats::{
    Estimate, ExactTest, Interval, Result, Sample, Summary, best_of, permutation, rank,
};

/// The one-sided error whose replicates an interval takes that is only shown.
const SHOWN_TAIL: f64 = 0.05;

impl AnalysisPlan {
    /// The tests that support only.
    pub(super) fn supporting_tests(&self, rerun: &RerunSummary, runs: &Runs) -> Result<Vec<Test>> {
        let mut tests = self.tests_of_values(rerun, runs)?;
        tests.extend(self.tests_of_best(rerun)?);
        tests.extend(self.test_of_spread(rerun)?);
        if let Some((original, rerun)) = self.effects(rerun)? {
            tests.push(supports(
                "sceptical p (Held 2020)",
                sceptical(&original, &rerun)?,
            ));
        }
        Ok(tests)
    }

    /// The measures of this file.
    pub(super) fn supporting_measures(
        &self,
        rerun: &RerunSummary,
        comparison: &Comparison,
    ) -> Result<Vec<Measure>> {
        let mut measures = self.bootstrap_intervals(rerun, comparison)?;
        if let Some((original, rerun)) = self.effects(rerun)? {
            let seen_through = small_telescopes(&original, &rerun, self.alpha)?;
            let upper = "upper bound of the rerun's effect (small telescopes)";
            let small = "effect that the original had a 33 % chance to find";
            measures.push(Measure::new(upper, seen_through.upper_bound, None));
            measures.push(Measure::new(small, seen_through.small_effect, None));
        }
        Ok(measures)
    }

    /// The second sample of single values: the subtracted arm, or the reported list.
    fn other_values<'a>(&'a self, rerun: &'a RerunSummary) -> Option<&'a [f64]> {
        let reported = self.interpretations[0].values.as_deref();
        match (&rerun.second, reported) {
            (Some(second), None) => Some(second),
            (None, Some(list)) => Some(list),
            _ => None,
        }
    }

    fn tests_of_values(&self, rerun: &RerunSummary, runs: &Runs) -> Result<Vec<Test>> {
        let mut tests = Vec::new();
        // A test that would enumerate too many assignments is left out.
        let mut exact = |name: &str, test: Result<ExactTest>| {
            tests.extend(test.ok().map(|test| supports(name, test.p_two_sided)));
        };
        let is_paired = matches!(
            runs,
            Runs::Difference {
                pairing: Pairing::BySeed,
                ..
            }
        );
        if is_paired && rerun.first.len() >= 2 {
            let pairs = Sample::new(rerun.first.clone())?;
            exact(
                "exact sign flips, arms alike",
                permutation::sign_flip(&pairs),
            );
        }
        if let Some(other) = self.other_values(rerun)
            && !rerun.first.is_empty()
            && other.len() >= 2
        {
            let (x, y) = (Sample::new(rerun.first.clone())?, Sample::new(other)?);
            let test = permutation::mean_difference(&x, &y, permutation::Ties::Decimal);
            exact("exact permutation, no difference", test);
            exact(
                "exact Mann-Whitney, no difference",
                rank::mann_whitney(&x, &y),
            );
        }
        Ok(tests)
    }

    /// A reported best value: how likely a fresh best of as many seeds reaches it.
    fn tests_of_best(&self, rerun: &RerunSummary) -> Result<Vec<Test>> {
        let Some(ReportedForm::Best { of, .. }) = self.form else {
            return Ok(Vec::new());
        };
        if rerun.first.is_empty() || !matches!(self.criterion, Criterion::Within(_)) {
            return Ok(Vec::new());
        }
        let sign = self.best_sign();
        let interpretation = &self.interpretations[0];
        let reported = sign * interpretation.value;
        let values: Vec<f64> = rerun.first.iter().map(|v| sign * v).collect();
        let reached = |v: &&f64| **v >= reported - interpretation.half_unit;
        let reached = values.iter().filter(reached).count() as u64;
        let by_rank = best_of::rank_p(u64::from(of), values.len() as u64, reached)?;
        let mut tests = vec![supports(
            "rank of the reported best among the reruns",
            by_rank,
        )];
        let reruns = Sample::new(values)?;
        if reruns.sd().is_some_and(|sd| sd > 0.0) {
            let p = best_of::p_reached(&reruns.summary()?, reported, u64::from(of))?;
            tests.push(supports("a fresh best reaches the reported one, normal", p));
        }
        Ok(tests)
    }

    /// Whether reruns and reported runs vary alike, where it is known how the latter vary.
    fn test_of_spread(&self, rerun: &RerunSummary) -> Result<Option<Test>> {
        let [interpretation] = self.interpretations.as_slice() else {
            return Ok(None);
        };
        let Some((sd, n)) = interpretation.spread.of_runs() else {
            return Ok(None);
        };
        if rerun.second.is_some() || rerun.first.len() < 2 || sd == 0.0 || n < 2 {
            return Ok(None);
        }
        let reruns = Sample::new(rerun.first.clone())?.summary()?;
        let reported = Summary::new(n as usize, interpretation.value, sd)?;
        let test = spread_test(&reruns, &reported)?;
        Ok(Some(Test {
            statistic: Some(test.ratio),
            ..supports("equal spread (F)", test.p_two_sided)
        }))
    }

    /// The claimed effect and its rerun, for a claim that A beats B by so much, with its noise.
    fn effects(&self, rerun: &RerunSummary) -> Result<Option<(Estimate, Estimate)>> {
        let (Criterion::Greater, Some(form)) = (&self.criterion, &self.form) else {
            return Ok(None);
        };
        let (Some(mean), Some(noise)) = (rerun.mean, rerun.noise.filter(|n| !n.is_zero())) else {
            return Ok(None);
        };
        let reported = Reported {
            form: form.clone(),
            decimals: None,
        };
        let Ok(interpretations) = reported::interpret(&reported) else {
            return Ok(None);
        };
        let [interpretation] = interpretations.as_slice() else {
            return Ok(None);
        };
        match interpretation.spread {
            Uncertainty::Known {
                standard_error, df, ..
            } if standard_error > 0.0 => Ok(Some((
                Estimate::new(interpretation.value, standard_error, df)?,
                Estimate::new(mean, noise.standard_error, noise.df)?,
            ))),
            Uncertainty::Known { .. } | Uncertainty::Exact | Uncertainty::Unknown { .. } => {
                Ok(None)
            }
        }
    }

    /// Percentile and BCa intervals: too narrow at few runs (at 3 normal values 90 % intervals cover
    /// 61 % and 68 %), so that they never decide.
    fn bootstrap_intervals(
        &self,
        rerun: &RerunSummary,
        comparison: &Comparison,
    ) -> Result<Vec<Measure>> {
        let level = 1.0 - 2.0 * self.alpha;
        let seed = resample::seed(&self.seed, rerun);
        let x = Sample::new(rerun.first.clone())?;
        let other = self.other_values(rerun).filter(|values| values.len() >= 2);
        let (replicates, acceleration) = match other {
            Some(other) => {
                let y = Sample::new(other)?;
                let count = replicates_for(SHOWN_TAIL, x.len() + y.len());
                let replicates = draws::mean_difference(&x, &y, count, seed)?;
                (replicates, draws::acceleration_of_difference(&x, &y))
            }
            None => {
                let count = replicates_for(SHOWN_TAIL, x.len());
                let replicates = draws::one_sample(&x, Statistic::Mean, count, seed)?;
                (replicates, draws::acceleration_of(&x, Statistic::Mean))
            }
        };
        let bca = acceleration.and_then(|acceleration| replicates.bca(level, acceleration));
        // The draws are of the mean or of the difference of two samples; the rest is a constant.
        let moved = comparison.difference - replicates.observed();
        let row = |kind: &str, interval: Interval| {
            let name = format!("{kind} bootstrap {} interval", percent(level));
            let interval = Interval {
                lo: interval.lo + moved,
                hi: interval.hi + moved,
            };
            Measure::new(name, comparison.difference, Some(interval))
        };
        let mut measures = vec![row("percentile", replicates.percentile(level)?)];
        // Samples without spread have no BCa interval.
        measures.extend(bca.ok().map(|interval| row("BCa", interval)));
        Ok(measures)
    }

    /// A reported count of correct answers: what the size of the test set alone says of it.
    pub(super) fn counts(&self, rerun: &RerunSummary) -> Result<Vec<Measure>> {
        let Some(ReportedForm::Proportion { correct, total }) = self.form else {
            return Ok(Vec::new());
        };
        let reported = Count::new(correct, total)?;
        let value = self.interpretations[0].value;
        let is_share = (value - reported.proportion()).abs() < 1e-9;
        let scale = if is_share { 1.0 } else { 100.0 };
        let scaled = |interval: Interval| {
            Some(Interval {
                lo: scale * interval.lo,
                hi: scale * interval.hi,
            })
        };
        let of_reported = "95 % interval of the reported share over test sets";
        let mut measures = vec![
            Measure::new(
                format!("{of_reported} (Wilson)"),
                value,
                scaled(reported.wilson(0.05)?),
            ),
            Measure::new(
                format!("{of_reported} (Clopper-Pearson)"),
                value,
                scaled(reported.clopper_pearson(0.05)?),
            ),
        ];
        if let [single] = rerun.first.as_slice() {
            let answers = single / scale * total as f64;
            let whole = answers.round();
            if (answers - whole).abs() < 1e-6 && (0.0..=total as f64).contains(&whole) {
                let rerun = Count::new(whole as u64, total)?;
                let interval = newcombe_difference(rerun, reported, 0.05)?;
                measures.push(Measure::new(
                    "95 % interval of the difference, answers independent (Newcombe)",
                    single - value,
                    scaled(interval),
                ));
            }
        }
        Ok(measures)
    }
}

/// The sceptical p; an effect in the other direction is no replication at all.
fn sceptical(original: &Estimate, rerun: &Estimate) -> Result<f64> {
    let z = |e: &Estimate| e.value() / e.standard_error();
    let (z_original, z_rerun) = (z(original), z(rerun));
    if z_original * z_rerun <= 0.0 {
        return Ok(1.0);
    }
    let c = (original.standard_error() / rerun.standard_error()).powi(2);
    sceptical_p(z_original, z_rerun, c)
}

fn supports(name: &str, p_value: f64) -> Test {
    Test {
        name: name.to_owned(),
        statistic: None,
        df: None,
        p_value,
        role: Role::Supports,
    }
}

/// A level as `90 %`.
fn percent(level: f64) -> String {
    let hundredths = (level * 1e4).round() / 100.0;
    format!("{hundredths} %")
}
