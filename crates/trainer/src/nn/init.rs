//! The initial values of parameters.

use crate::random::{Purpose, Stream};
use crate::spec::initial::Distribution;

/// The distribution of the initial values of one parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Initialiser {
    pub(crate) distribution: Distribution,
    /// The number of numbers that feed a unit.
    pub(crate) fan_in: usize,
    /// The number of units that a number feeds; of a convolution its channels times window places.
    pub(crate) fan_out: usize,
}

impl Initialiser {
    /// `count` values for each seed, from the stream that the parameter's name has.
    pub(crate) fn values(&self, name: &str, count: usize, seeds: &[u64]) -> Vec<f64> {
        let mut values = Vec::with_capacity(count * seeds.len());
        for &seed in seeds {
            let mut stream = Stream::new(seed, Purpose::Initial, name);
            values.extend((0..count).map(|_| self.value(&mut stream)));
        }
        values
    }

    /// The next value of a stream.
    pub(crate) fn value(&self, stream: &mut Stream) -> f64 {
        let (fan_in, fan_out) = (self.fan_in as f64, self.fan_out as f64);
        let mut within = |bound: f64| (2.0 * stream.unit() - 1.0) * bound;
        match self.distribution {
            Distribution::Zero => 0.0,
            Distribution::Uniform { low, high } => low + (high - low) * stream.unit(),
            Distribution::XavierUniform => within((6.0 / (fan_in + fan_out)).sqrt()),
            Distribution::KaimingUniform => within((6.0 / fan_in).sqrt()),
            Distribution::Pytorch => within(1.0 / fan_in.sqrt()),
            Distribution::Normal { mean, sd } => mean + sd * stream.normal(),
            Distribution::XavierNormal => (2.0 / (fan_in + fan_out)).sqrt() * stream.normal(),
            Distribution::KaimingNormal => (2.0 / fan_in).sqrt() * stream.normal(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_values_have_the_range_and_spread_of_their_distribution() {
        let spread = |distribution| {
            let draw = Initialiser {
                distribution,
                fan_in: 24,
                fan_out: 8,
            };
            let values = draw.values("w", 20_000, &[9]);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
            (mean, (squares / values.len() as f64).sqrt())
        };
        let cases = [
            (Distribution::Zero, 0.0, 0.0),
            (
                Distribution::Uniform {
                    low: -0.3,
                    high: 0.3,
                },
                0.0,
                0.3 / 3f64.sqrt(),
            ),
            (Distribution::Normal { mean: 2.0, sd: 0.5 }, 2.0, 0.5),
            (Distribution::XavierUniform, 0.0, 0.25),
            (Distribution::XavierNormal, 0.0, 0.25),
            (Distribution::KaimingUniform, 0.0, (2f64 / 24.0).sqrt()),
            (Distribution::KaimingNormal, 0.0, (2f64 / 24.0).sqrt()),
            (Distribution::Pytorch, 0.0, (1f64 / 72.0).sqrt()),
        ];
        for (distribution, mean, sd) in cases {
            let found = spread(distribution);
            // Five standard errors of 20,000 values.
            assert!(
                (found.0 - mean).abs() <= 0.036 * sd,
                "{distribution:?} {found:?}"
            );
            assert!(
                (found.1 - sd).abs() <= 0.025 * sd,
                "{distribution:?} {found:?}"
            );
        }
    }
}
