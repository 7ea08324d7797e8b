//! Exact permutation tests of means, by complete enumeration.

use super::error::{Result, StatsError};
use super::rank::ExactTest;
use super::sample::Sample;

/// The most assignments that are enumerated.
pub const MOST_ASSIGNMENTS: f64 = 2e6;

/// When two differences of means count as the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// When they differ by no more than rounding: `0.1 + 0.2` ties with `0.3`, as the printed
    /// decimals do. The right choice for metrics.
    Decimal,
    /// When they differ by less than 100 units in the last place of the observed difference, the
    /// rule of SciPy 1.17, under which rounding breaks some ties of decimals.
    Floating,
}

/// Tests the difference of means `x - y` over all ways to label the joint values.
///
/// # Errors
/// More than [`MOST_ASSIGNMENTS`] ways.
pub fn mean_difference(x: &Sample, y: &Sample, ties: Ties) -> Result<ExactTest> {
    let (n, m) = (x.len(), y.len());
    let ways = binomial(n + m, n.min(m));
    refuse_above(ways, "an exact permutation test")?;
    let joint = [x.values(), y.values()].concat();
    let difference = |a: f64, b: f64| a / n as f64 - b / m as f64;
    let observed = difference(x.values().iter().sum(), y.values().iter().sum());
    let tie = match ties {
        Ties::Decimal => ROUNDING * joint.iter().map(|v| v.abs()).fold(0.0, f64::max),
        Ties::Floating => 100.0 * f64::EPSILON * observed.abs(),
    };
    let mut tally = Tally::new(observed, tie);
    label(&joint, n, (0.0, 0.0), &mut |a, b| {
        tally.add(difference(a, b))
    });
    Ok(tally.finish(x.mean() - y.mean()))
}

/// Rounding of a difference of means as a share of the largest value, with room.
const ROUNDING: f64 = 1e-13;

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
    let tie = ROUNDING * values.iter().map(|v| v.abs()).sum::<f64>();
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

/// Visits both sums of every way to put `pick` of the values into the first group.
fn label(values: &[f64], pick: usize, sums: (f64, f64), visit: &mut impl FnMut(f64, f64)) {
    let Some((first, rest)) = values.split_first() else {
        visit(sums.0, sums.1);
        return;
    };
    if pick > 0 {
        label(rest, pick - 1, (sums.0 + first, sums.1), visit);
    }
    if pick < values.len() {
        label(rest, pick, (sums.0, sums.1 + first), visit);
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
        let test = mean_difference(
            &sample(&[4.0, 5.0, 6.0]),
            &sample(&[1.0, 2.0, 3.0]),
            Ties::Decimal,
        )
        .unwrap();
        assert_eq!((test.p_greater, test.p_less), (0.05, 1.0));
        assert_eq!(test.statistic, 3.0);
    }

    #[test]
    fn rounding_does_not_break_ties() {
        // 0.1 + 0.2 and 0.3 + 0.0 differ in the last bit.
        let test =
            mean_difference(&sample(&[0.1, 0.2]), &sample(&[0.3, 0.0]), Ties::Decimal).unwrap();
        assert_eq!(test.p_greater, 4.0 / 6.0);
        assert_eq!(
            sign_flip(&sample(&[0.1, 0.1, 0.1])).unwrap().p_greater,
            0.125
        );
    }

    #[test]
    fn enumerations_are_bounded() {
        let many = sample(&[1.0; 40]);
        assert!(mean_difference(&many, &many, Ties::Decimal).is_err() && sign_flip(&many).is_err());
    }
}
