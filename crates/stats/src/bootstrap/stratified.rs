//! Aggregates over tasks with the runs of each task as a stratum, as the rliable library names
//! them (Agarwal et al. 2021), and the normal-theory interval for the mean of tasks.

use super::super::error::{Result, StatsError};
use super::super::random::StreamKey;
use super::super::rank::probability_of_improvement;
use super::super::sample::Sample;
use super::super::t_tests::{Estimate, combine_variances};
use super::indices::Indices;
use super::replicates::Replicates;

/// What is computed from the scores of all tasks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// The mean of the tasks' means.
    Mean,
    /// The median of the tasks' means.
    Median,
    /// The mean of all scores after cutting `floor(N / 4)` at either end, tasks pooled.
    Iqm,
    /// `gamma` less the mean of the scores capped at `gamma`.
    OptimalityGap {
        /// The score that counts as solved.
        gamma: f64,
    },
}

/// The scale of resampled scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resampling {
    /// As drawn. Intervals are too short with few runs: this is what rliable does.
    Plain,
    /// Deviations from the task's mean widened by `sqrt(n / (n - 1))`, which restores the variance
    /// that drawing from `n` values loses.
    Rescaled,
}

/// The scores of at least one task, each with at least one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Tasks {
    runs: Vec<Sample>,
}

impl Tasks {
    /// From one sample of runs a task.
    ///
    /// # Errors
    /// No task.
    pub fn new(runs: Vec<Sample>) -> Result<Self> {
        if runs.is_empty() {
            return Err(StatsError::Empty);
        }
        Ok(Self { runs })
    }

    /// From a table whose rows are runs and whose columns are tasks.
    ///
    /// # Errors
    /// No task, rows of different length, or a score that is not finite.
    pub fn from_rows(rows: &[Vec<f64>]) -> Result<Self> {
        let width = rows.first().map_or(0, Vec::len);
        if let Some(row) = rows.iter().find(|row| row.len() != width) {
            return Err(StatsError::LengthMismatch {
                what: "a table of scores",
                left: width,
                right: row.len(),
            });
        }
        let task = |t: usize| Sample::new(rows.iter().map(|row| row[t]).collect::<Vec<_>>());
        Self::new((0..width).map(task).collect::<Result<_>>()?)
    }

    /// The runs, task by task.
    #[must_use]
    pub fn runs(&self) -> &[Sample] {
        &self.runs
    }

    /// The aggregate of the scores themselves.
    #[must_use]
    pub fn aggregate(&self, aggregate: Aggregate) -> f64 {
        let scores: Vec<&[f64]> = self.runs.iter().map(Sample::values).collect();
        let plan = Plan::new(&scores, aggregate);
        let mut scratch = Scratch::new(&plan);
        plan.evaluate(&mut scratch, |task, visit| {
            (0..scores[task].len()).for_each(visit)
        })
    }

    /// Replicates of the aggregate, every task's runs drawn within the task.
    ///
    /// # Errors
    /// `count` is 0.
    pub fn replicates(
        &self,
        aggregate: Aggregate,
        spread: Resampling,
        count: usize,
        key: StreamKey,
    ) -> Result<Replicates> {
        let scores: Vec<Vec<f64>> = self.runs.iter().map(|run| spread.apply(run)).collect();
        let slices: Vec<&[f64]> = scores.iter().map(Vec::as_slice).collect();
        let plan = Plan::new(&slices, aggregate);
        let indices: Vec<Indices> = slices.iter().map(|s| Indices::below(s.len())).collect();
        let replicates = key.fill_chunks(count, |stream, out| {
            let mut scratch = Scratch::new(&plan);
            for slot in out {
                *slot = plan.evaluate(&mut scratch, |task, visit| {
                    indices[task].draw(stream, slices[task].len(), visit);
                });
            }
        });
        Replicates::new(self.aggregate(aggregate), replicates)
    }

    /// The mean of the tasks' means with its standard error and Satterthwaite's (1946) degrees of
    /// freedom: better calibrated than any bootstrap here at three to five runs.
    ///
    /// # Errors
    /// A task with fewer than two runs, or no spread in any.
    pub fn mean_estimate(&self) -> Result<Estimate> {
        let tasks = self.runs.len() as f64;
        let mut parts = Vec::with_capacity(self.runs.len());
        for run in &self.runs {
            let summary = run.summary()?;
            parts.push((summary.variance_of_mean() / (tasks * tasks), summary.df()));
        }
        let (standard_error, df) = combine_variances(&parts)?;
        Estimate::new(self.aggregate(Aggregate::Mean), standard_error, df)
    }
}

impl Resampling {
    fn apply(self, run: &Sample) -> Vec<f64> {
        let (n, mean) = (run.len() as f64, run.mean());
        if self == Self::Plain || run.len() < 2 {
            return run.values().to_vec();
        }
        let factor = (n / (n - 1.0)).sqrt();
        run.values()
            .iter()
            .map(|v| mean + factor * (v - mean))
            .collect()
    }
}

/// Scores laid out for repeated evaluation.
struct Plan {
    aggregate: Aggregate,
    /// Start of each task in the flat arrays, and the end of the last.
    starts: Vec<usize>,
    /// Contribution of each score: the score, or the score capped at gamma.
    scores: Vec<f64>,
    /// For the IQM: place of each score among all, ascending.
    ranks: Vec<usize>,
    /// For the IQM: all scores ascending.
    sorted: Vec<f64>,
}

/// Memory reused between evaluations.
struct Scratch {
    counts: Vec<u32>,
    means: Vec<f64>,
}

impl Scratch {
    fn new(plan: &Plan) -> Self {
        Self {
            counts: vec![0; plan.sorted.len()],
            means: vec![0.0; plan.starts.len() - 1],
        }
    }
}

impl Plan {
    fn new(tasks: &[&[f64]], aggregate: Aggregate) -> Self {
        let mut starts = vec![0];
        starts.extend(tasks.iter().scan(0, |end, t| {
            *end += t.len();
            Some(*end)
        }));
        let mut scores = tasks.concat();
        if let Aggregate::OptimalityGap { gamma } = aggregate {
            scores.iter_mut().for_each(|s| *s = s.min(gamma));
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&i, &j| scores[i].total_cmp(&scores[j]));
        let mut ranks = vec![0; scores.len()];
        for (rank, &index) in order.iter().enumerate() {
            ranks[index] = rank;
        }
        let sorted = order.iter().map(|&i| scores[i]).collect();
        Self {
            aggregate,
            starts,
            scores,
            ranks,
            sorted,
        }
    }

    /// The aggregate of the runs that `draw(task, visit)` visits, as many as the task has.
    fn evaluate(
        &self,
        scratch: &mut Scratch,
        mut draw: impl FnMut(usize, &mut dyn FnMut(usize)),
    ) -> f64 {
        if self.aggregate == Aggregate::Iqm {
            let counts = &mut scratch.counts;
            counts.fill(0);
            for (task, start) in self.starts[..self.starts.len() - 1].iter().enumerate() {
                draw(task, &mut |i| counts[self.ranks[start + i]] += 1);
            }
            return trimmed_mean(&self.sorted, counts);
        }
        for (task, ends) in self.starts.windows(2).enumerate() {
            let mut sum = 0.0;
            draw(task, &mut |i| sum += self.scores[ends[0] + i]);
            scratch.means[task] = sum / (ends[1] - ends[0]) as f64;
        }
        let mean = |means: &[f64]| means.iter().sum::<f64>() / means.len() as f64;
        match self.aggregate {
            Aggregate::Median => super::statistic::Statistic::Median.of(&mut scratch.means),
            // Capped runs of all tasks are pooled, so that each score has one weight.
            Aggregate::OptimalityGap { gamma } => {
                let weighted: f64 = self
                    .starts
                    .windows(2)
                    .zip(&scratch.means)
                    .map(|(ends, mean)| mean * (ends[1] - ends[0]) as f64)
                    .sum();
                gamma - weighted / self.scores.len() as f64
            }
            // The pooled IQM has returned above; the mean of means stands for it here.
            Aggregate::Mean | Aggregate::Iqm => mean(&scratch.means),
        }
    }
}

/// The mean of the values with the given counts after cutting a quarter at either end: counting
/// along the sorted values replaces the sort of every resample.
fn trimmed_mean(sorted: &[f64], counts: &[u32]) -> f64 {
    let total = sorted.len() as i64;
    let cut = total / 4;
    let (from, to) = (cut, total - cut);
    let (mut seen, mut sum) = (0_i64, 0.0);
    for (value, count) in sorted.iter().zip(counts) {
        let next = seen + i64::from(*count);
        let kept = next.clamp(from, to) - seen.clamp(from, to);
        sum += kept as f64 * value;
        seen = next;
    }
    sum / (to - from) as f64
}

/// The mean over tasks of the chance that a run of `x` beats a run of `y`, ties half.
///
/// # Errors
/// Different numbers of tasks.
pub fn improvement(x: &Tasks, y: &Tasks) -> Result<f64> {
    same_tasks(x, y)?;
    let pairs = x.runs.iter().zip(&y.runs);
    let sum: f64 = pairs.map(|(a, b)| probability_of_improvement(a, b)).sum();
    Ok(sum / x.runs.len() as f64)
}

/// Replicates of [`improvement`], the runs of either side drawn within each task.
///
/// # Errors
/// Different numbers of tasks, or `count` of 0.
pub fn improvement_replicates(
    x: &Tasks,
    y: &Tasks,
    count: usize,
    key: StreamKey,
) -> Result<Replicates> {
    let observed = improvement(x, y)?;
    let wins: Vec<WinTable> = x.runs.iter().zip(&y.runs).map(WinTable::new).collect();
    let replicates = key.fill_chunks(count, |stream, out| {
        let mut drawn = Vec::new();
        for slot in out {
            let mut sum = 0.0;
            for table in &wins {
                drawn.clear();
                Indices::below(table.rows).draw(stream, table.rows, |i| drawn.push(i));
                let mut won = 0.0;
                Indices::below(table.columns).draw(stream, table.columns, |j| {
                    won += drawn
                        .iter()
                        .map(|i| table.wins[j * table.rows + i])
                        .sum::<f64>();
                });
                sum += won / (table.rows * table.columns) as f64;
            }
            *slot = sum / wins.len() as f64;
        }
    });
    Replicates::new(observed, replicates)
}

/// Which run of `x` beats which of `y`: 1, 1/2 for a tie, 0.
struct WinTable {
    rows: usize,
    columns: usize,
    wins: Vec<f64>,
}

impl WinTable {
    fn new((x, y): (&Sample, &Sample)) -> Self {
        let win = |a: f64, b: f64| f64::from(u8::from(a > b)) + 0.5 * f64::from(u8::from(a == b));
        let wins = y
            .values()
            .iter()
            .flat_map(|b| x.values().iter().map(move |a| win(*a, *b)))
            .collect();
        Self {
            rows: x.len(),
            columns: y.len(),
            wins,
        }
    }
}

fn same_tasks(x: &Tasks, y: &Tasks) -> Result<()> {
    if x.runs.len() == y.runs.len() {
        Ok(())
    } else {
        Err(StatsError::LengthMismatch {
            what: "a comparison over tasks",
            left: x.runs.len(),
            right: y.runs.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks() -> Tasks {
        Tasks::from_rows(&[
            vec![0.1, 0.9, 0.5],
            vec![0.3, 1.2, 0.45],
            vec![0.2, 0.7, 0.7],
            vec![0.25, 1.0, 0.6],
        ])
        .unwrap()
    }

    #[test]
    fn counted_trimming_is_sorted_trimming() {
        let t = tasks();
        let mut all: Vec<f64> = t.runs().iter().flat_map(|r| r.values().to_vec()).collect();
        let sorted = super::super::statistic::Statistic::Iqm.of(&mut all);
        assert!((t.aggregate(Aggregate::Iqm) - sorted).abs() < 1e-15);
    }

    #[test]
    fn replicates_of_the_mean_have_the_errors_of_their_spread() {
        let t = tasks();
        let error = |spread| {
            let r = t
                .replicates(Aggregate::Mean, spread, 100_000, StreamKey::from_number(4))
                .unwrap();
            r.standard_error()
        };
        let exact = t.mean_estimate().unwrap().standard_error();
        assert!((error(Resampling::Rescaled) / exact - 1.0).abs() < 0.01);
        assert!((error(Resampling::Plain) / (exact * 0.75_f64.sqrt()) - 1.0).abs() < 0.01);
    }

    #[test]
    fn every_aggregate_has_replicates_around_it() {
        let t = tasks();
        for aggregate in [
            Aggregate::Median,
            Aggregate::Iqm,
            Aggregate::OptimalityGap { gamma: 1.0 },
        ] {
            let r = t
                .replicates(
                    aggregate,
                    Resampling::Plain,
                    5000,
                    StreamKey::from_number(4),
                )
                .unwrap();
            assert!(
                r.percentile(0.95).unwrap().contains(r.observed()),
                "{aggregate:?}"
            );
        }
        let r = improvement_replicates(&t, &t, 5000, StreamKey::from_number(4)).unwrap();
        assert_eq!(r.observed(), 0.5);
        assert!((super::super::super::sample::mean(r.values()) - 0.5).abs() < 0.01);
    }

    #[test]
    fn crooked_tables_are_errors() {
        assert!(Tasks::from_rows(&[vec![1.0, 2.0], vec![1.0]]).is_err());
        assert!(Tasks::new(vec![]).is_err());
        let narrow = Tasks::from_rows(&[vec![1.0]]).unwrap();
        assert!(improvement(&tasks(), &narrow).is_err() && narrow.mean_estimate().is_err());
    }
}
