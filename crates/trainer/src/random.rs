//! Seeded randomness: every stream has a seed, a purpose and a name, and nothing else decides it.
//!
//! A stream is ChaCha8 keyed by SHA-256 of seed, purpose and name, so a parameter begins with the
//! same bits whatever was drawn before it, in any thread, and whichever seeds train beside it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Initial parameters; the name is the parameter's.
    Initial,
    /// The order of rows in an epoch; the name is the epoch's number.
    Shuffle,
    /// The order of rows that a split cuts.
    Split,
    /// What dropout leaves out; the name is the layer's with the update's number.
    Dropout,
    /// What dropout leaves out while a network is measured; the name is the layer's with the draw's.
    Sampling,
    /// The first steps of RPROP; the name is the parameter's.
    FirstStep,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Shuffle => "shuffle",
            Self::Split => "split",
            Self::Dropout => "dropout",
            Self::Sampling => "sampling",
            Self::FirstStep => "first step",
        }
    }
}

/// A stream of random numbers.
pub(crate) struct Stream {
    generator: ChaCha8Rng,
}

impl Stream {
    pub(crate) fn new(seed: u64, purpose: Purpose, name: &str) -> Self {
        let mut key = Sha256::new();
        key.update(b"reprove stream 1\0");
        key.update(seed.to_le_bytes());
        key.update(purpose.name().as_bytes());
        key.update(b"\0");
        key.update(name.as_bytes());
        Self {
            generator: ChaCha8Rng::from_seed(key.finalize().into()),
        }
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal (Box and Muller 1958; the second value of the pair is dropped).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Uniform in 0..bound, without bias (Lemire 2019). `bound` is above 0.
    fn below(&mut self, bound: u64) -> u64 {
        let refused = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.generator.next_u64()) * u128::from(bound);
            if product as u64 >= refused {
                return (product >> 64) as u64;
            }
        }
    }

    /// A random order of 0..count (Fisher and Yates).
    pub(crate) fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last as u64 + 1) as usize);
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_seed_purpose_and_name_only() {
        let first = |seed, purpose, name: &str| Stream::new(seed, purpose, name).unit();
        let base = first(1, Purpose::Initial, "a");
        assert_eq!(base, first(1, Purpose::Initial, "a"));
        assert_ne!(base, first(2, Purpose::Initial, "a"));
        assert_ne!(base, first(1, Purpose::Shuffle, "a"));
        assert_ne!(base, first(1, Purpose::Initial, "b"));
    }

    #[test]
    fn the_stream_is_pinned() {
        let mut stream = Stream::new(7, Purpose::Shuffle, "1");
        // What version 1 of the streams gave when it was written; it must never change silently.
        assert_eq!(stream.order(8), [1, 0, 2, 7, 6, 3, 5, 4]);
    }

    #[test]
    fn orders_are_permutations_and_uniform() {
        let mut counts = [0_u32; 6];
        for seed in 0..6000 {
            let order = Stream::new(seed, Purpose::Split, "").order(3);
            let rank = order[0] * 2 + usize::from(order[1] > order[2]);
            counts[rank] += 1;
        }
        // Each count is binomial(6000, 1/6): sd 28.9; five of them are allowed.
        assert!(
            counts.iter().all(|&count| count.abs_diff(1000) < 145),
            "{counts:?}"
        );
    }

    #[test]
    fn normals_have_mean_zero_and_sd_one() {
        let mut stream = Stream::new(3, Purpose::Initial, "w");
        let values: Vec<f64> = (0..20_000).map(|_| stream.normal()).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04);
    }
}
