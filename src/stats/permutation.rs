//! Exact permutation tests of means, by complete enumeration.

use super::error::{Result, StatsError};
use super::rank::ExactTest;
use super::sample::{Sample, mean};

/// The most assignments that are enumerated.
pub const MOST_ASSIGNMENTS: f64 = 2e6;

/// Sums closer than this share of the total size count as tied: rounding must not break a tie.
const TIE: f64 = 1e-13;

/// Tests the difference of means `x - y` over all ways to label the joint values.
///
/// # Errors
/// More than [`MOST_ASSIGNMENTS`] ways.
pub fn mean_difference(x: &Sample, y: &Sample) -> Result<ExactTest> {
    let (n, m) = (x.len(), y.len());
    let ways = binomial(n + m, n.min(m));
    refuse_above(ways, "an exact permutation test")?;
    let mut joint = x.values().to_vec();
    joint.extend_from_slice(y.values());
    // The sum of the first group decides; around the common mean it keeps the most digits.
    let centre = mean(&joint);
    joint.iter_mut().for_each(|v| *v -= centre);
    let observed: f64 = joint[..n].iter().sum();
    let tie = TIE * (joint.iter().map(|v| v.abs()).sum::<f64>() + centre.abs());
    let mut tally = Tally::new(observed, tie);
    choose(&joint, n, 0.0, &mut tally);
    Ok(tally.finish(x.mean() - y.mean()))
}

/// Tests that differences are symmetric around zero, over all ways to flip their signs.
///
/// # Errors
/// More than [`MOST_ASSIGNMENTS`] ways.
pub fn sign_flip(differences: &Sample) -> Result<ExactTest> {
    let values = differences.values();
    refuse_above(
        2.0_f64.powi(values.len().min(1000) as i32),
        "an exact sign-flip test",
    )?;
    let tie = TIE * values.iter().map(|v| v.abs()).sum::<f64>();
    let mut tally = Tally::new(values.iter().sum(), tie);
    flip(values, 0.0, &mut tally);
    Ok(tally.finish(differences.mean()))
}

fn refuse_above(size: f64, what: &'static str) -> Result<()> {
    if size > MOST_ASSIGNMENTS {
        return Err(StatsError::TooLarge {
            what,
            size,
            limit: MOST_ASSIGNMENTS,
        });
    }
    Ok(())
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |ways, i| ways * (n - i) as f64 / (i as f64 + 1.0))
}

/// Counts the assignments on either side of the observed sum.
struct Tally {
    observed: f64,
    tie: f64,
    at_least: u32,
    at_most: u32,
    all: u32,
}

impl Tally {
    fn new(observed: f64, tie: f64) -> Self {
        Self {
            observed,
            tie,
            at_least: 0,
            at_most: 0,
            all: 0,
        }
    }

    fn add(&mut self, sum: f64) {
        self.all += 1;
        self.at_least += u32::from(sum >= self.observed - self.tie);
        self.at_most += u32::from(sum <= self.observed + self.tie);
    }

    fn finish(&self, statistic: f64) -> ExactTest {
        let all = f64::from(self.all);
        ExactTest::new(
            statistic,
            f64::from(self.at_least) / all,
            f64::from(self.at_most) / all,
        )
    }
}

/// Visits the sum of every choice of `pick` of the values.
fn choose(values: &[f64], pick: usize, sum: f64, tally: &mut Tally) {
    if pick == 0 {
        tally.add(sum);
        return;
    }
    for first in 0..=values.len() - pick {
        choose(&values[first + 1..], pick - 1, sum + values[first], tally);
    }
}

/// Visits the sum of the values under every choice of signs.
fn flip(values: &[f64], sum: f64, tally: &mut Tally) {
    match values.split_first() {
        None => tally.add(sum),
        Some((first, rest)) => {
            flip(rest, sum + first, tally);
            flip(rest, sum - first, tally);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: &[f64]) -> Sample {
        Sample::new(values).unwrap()
    }

    #[test]
    fn separated_triples() {
        let test = mean_difference(&sample(&[4.0, 5.0, 6.0]), &sample(&[1.0, 2.0, 3.0])).unwrap();
        assert_eq!((test.p_greater, test.p_less), (0.05, 1.0));
        assert_eq!(test.statistic, 3.0);
    }

    #[test]
    fn rounding_does_not_break_ties() {
        // 0.1 + 0.2 and 0.3 + 0.0 differ in the last bit.
        let test = mean_difference(&sample(&[0.1, 0.2]), &sample(&[0.3, 0.0])).unwrap();
        assert_eq!(test.p_greater, 4.0 / 6.0);
        assert_eq!(
            sign_flip(&sample(&[0.1, 0.1, 0.1])).unwrap().p_greater,
            0.125
        );
    }

    #[test]
    fn enumerations_are_bounded() {
        let many = sample(&[1.0; 40]);
        assert!(mean_difference(&many, &many).is_err() && sign_flip(&many).is_err());
    }
}
