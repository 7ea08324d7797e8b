//! Random streams: one type, [`RandomStream`], over two generators.
//!
//! A stream of ChaCha8 is keyed by SHA-256 of a seed, a purpose and a name. It draws what a program
//! trains with. The sub-streams of a [`StreamKey`] use xoshiro256++. They draw resamples, one
//! sub-stream for each chunk of replicates, so that the number of threads cannot change the numbers.
//! The same key gives the same numbers on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// Replicates that share one sub-stream.
const CHUNK: usize = 2048;

/// A source of independent random bits.
pub trait Generator {
    /// The next 64 random bits.
    fn next_bits(&mut self) -> u64;
}

impl Generator for ChaCha8Rng {
    #[inline]
    fn next_bits(&mut self) -> u64 {
        self.next_u64()
    }
}

/// The generator xoshiro256++ of Blackman and Vigna (2019).
///
/// A bootstrap draws up to 10⁸ indices. This generator costs a third of ChaCha8 and passes the same
/// statistical tests.
#[derive(Debug, Clone)]
pub struct Xoshiro256PlusPlus {
    state: [u64; 4],
}

impl Generator for Xoshiro256PlusPlus {
    #[inline]
    fn next_bits(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let out = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        out
    }
}

/// The key of random streams: 256 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamKey([u8; 32]);

impl StreamKey {
    /// From a small printed number.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        Self(bytes)
    }

    /// From 32 bytes, for example a digest.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The ChaCha8 stream of the key.
    #[must_use]
    pub fn stream(&self) -> RandomStream {
        RandomStream {
            generator: ChaCha8Rng::from_seed(self.0),
        }
    }

    /// The xoshiro256++ stream with a number, its state drawn from ChaCha8.
    #[must_use]
    pub fn sub_stream(&self, number: u64) -> SubStream {
        let mut state = ChaCha8Rng::from_seed(self.0);
        state.set_stream(number);
        RandomStream {
            generator: Xoshiro256PlusPlus {
                state: std::array::from_fn(|_| state.next_u64()),
            },
        }
    }

    /// `count` numbers, each from the sub-stream of its chunk: `fill` writes one chunk.
    pub fn fill_chunks(
        &self,
        count: usize,
        fill: impl Fn(&mut SubStream, &mut [f64]) + Sync,
    ) -> Vec<f64> {
        let mut out = vec![0.0; count];
        let chunk =
            |(index, part): (usize, &mut [f64])| fill(&mut self.sub_stream(index as u64), part);
        if count <= CHUNK {
            out.chunks_mut(CHUNK).enumerate().for_each(chunk);
        } else {
            out.par_chunks_mut(CHUNK).enumerate().for_each(chunk);
        }
        out
    }
}

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct RandomStream<G = ChaCha8Rng> {
    generator: G,
}

/// A stream of resamples.
pub type SubStream = RandomStream<Xoshiro256PlusPlus>;

impl RandomStream {
    /// The ChaCha8 stream of a seed for a purpose; `name` tells streams of one purpose apart.
    ///
    /// The bits depend on these three alone: neither on other draws nor on threads.
    ///
    /// # Examples
    /// ```
    /// use reprove_stats::random::RandomStream;
    ///
    /// let mut stream = RandomStream::new(7, "shuffle", "1");
    /// assert_eq!(stream.order(8), [1, 0, 2, 7, 6, 3, 5, 4]);
    /// ```
    #[must_use]
    pub fn new(seed: u64, purpose: impl Into<&'static str>, name: &str) -> Self {
        let mut key = Sha256::new();
        key.update(b"reprove stream 1\0");
        key.update(seed.to_le_bytes());
        key.update(purpose.into().as_bytes());
        key.update(b"\0");
        key.update(name.as_bytes());
        StreamKey::from_bytes(key.finalize().into()).stream()
    }
}

impl<G: Generator> RandomStream<G> {
    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.generator.next_bits()
    }

    /// A number from [0, 1), a multiple of 2⁻⁵³.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (0.5 / (1_u64 << 52) as f64)
    }

    /// A number from (0, 1): the middle of a cell of width 2⁻⁵³, rounded.
    #[inline]
    pub fn open_unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) * (0.5 / (1_u64 << 52) as f64)
    }

    /// A standard normal number (Box and Muller 1958; the second value of the pair is dropped).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A standard normal number by Marsaglia's polar method, which needs no cosine.
    #[inline]
    pub fn polar_normal(&mut self) -> f64 {
        let (x, square) = self.disc();
        x * (-2.0 * square.ln() / square).sqrt()
    }

    /// A point of the unit disc other than its centre, and its squared distance from it.
    #[inline]
    fn disc(&mut self) -> (f64, f64) {
        loop {
            let (x, square) = self.square_point();
            if square > 0.0 && square <= 1.0 {
                return (x, square);
            }
        }
    }

    /// A coordinate of a point of the square around the unit disc, and the squared distance of the
    /// point from its centre.
    #[inline]
    fn square_point(&mut self) -> (f64, f64) {
        let bits = self.bits();
        // Two signed 32-bit coordinates.
        let x = f64::from(bits as u32 as i32) / 2_147_483_648.0;
        let y = f64::from((bits >> 32) as u32 as i32) / 2_147_483_648.0;
        (x, x * x + y * y)
    }

    /// A draw of Beta(1/2, 3/2): the squared coordinate of a uniform point of the disc.
    #[inline]
    pub fn beta_half_three_halves(&mut self) -> f64 {
        let (x, _) = self.disc();
        x * x
    }

    /// As many draws of [`Self::beta_half_three_halves`], the same ones in the same order.
    ///
    /// A refused point is overwritten by the next one: without a jump that the processor cannot
    /// foresee a draw takes half the time.
    pub fn fill_beta_half_three_halves(&mut self, out: &mut [f64]) {
        let mut filled = 0;
        while let Some(place) = out.get_mut(filled) {
            let (x, square) = self.square_point();
            *place = x * x;
            filled += usize::from(square > 0.0 && square <= 1.0);
        }
    }

    /// A chi-squared draw with `df` whole degrees of freedom: exponentials for the pairs and one
    /// squared normal for the odd one.
    pub fn chi_squared(&mut self, df: usize) -> f64 {
        let mut sum = 0.0;
        for _ in 0..df / 2 {
            sum -= 2.0 * (1.0 - self.unit()).ln();
        }
        if df % 2 == 1 {
            sum += self.polar_normal().powi(2);
        }
        sum
    }

    /// A whole number below `bound`, without bias (Lemire 2019); 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let refused = bound.wrapping_neg().checked_rem(bound).unwrap_or(0);
        loop {
            let product = u128::from(self.bits()) * u128::from(bound);
            if product as u64 >= refused {
                return (product >> 64) as u64;
            }
        }
    }

    /// A random order of `0..count` (Fisher and Yates 1938).
    pub fn order(&mut self, count: usize) -> Vec<usize> {
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
    fn sub_streams_depend_on_key_and_number_alone() {
        let key = StreamKey::from_number(7);
        assert_eq!(key.sub_stream(3).bits(), key.sub_stream(3).bits());
        assert_ne!(key.sub_stream(3).bits(), key.sub_stream(4).bits());
        let other = StreamKey::from_number(8);
        assert_ne!(key.sub_stream(3).bits(), other.sub_stream(3).bits());
        let fill = |stream: &mut SubStream, out: &mut [f64]| out.fill_with(|| stream.unit());
        let long = key.fill_chunks(10_000, fill);
        assert_eq!(long[..5000], key.fill_chunks(5000, fill)[..]);
    }

    #[test]
    fn streams_differ_by_seed_purpose_and_name_only() {
        let first = |seed, purpose, name| RandomStream::new(seed, purpose, name).unit();
        let base = first(1, "initial", "a");
        assert_eq!(base, first(1, "initial", "a"));
        assert_ne!(base, first(2, "initial", "a"));
        assert_ne!(base, first(1, "shuffle", "a"));
        assert_ne!(base, first(1, "initial", "b"));
    }

    #[test]
    fn filled_betas_are_the_single_ones() {
        let mut filled = [0.0; 1000];
        let mut stream = StreamKey::from_number(5).sub_stream(0);
        stream.fill_beta_half_three_halves(&mut filled);
        let mut one_by_one = StreamKey::from_number(5).sub_stream(0);
        let single: Vec<f64> = (0..1000)
            .map(|_| one_by_one.beta_half_three_halves())
            .collect();
        assert_eq!(filled[..], single[..]);
        assert_eq!(stream.bits(), one_by_one.bits());
    }

    #[test]
    fn draws_have_their_moments() {
        let mut stream = StreamKey::from_number(2).sub_stream(0);
        let count = 200_000;
        let mut mean = |draw: &dyn Fn(&mut SubStream) -> f64| {
            (0..count).map(|_| draw(&mut stream)).sum::<f64>() / f64::from(count)
        };
        // Beta(1/2, 3/2): mean 1/4, second moment 1/8.
        assert!((mean(&|s| s.beta_half_three_halves()) - 0.25).abs() < 0.003);
        assert!((mean(&|s| s.beta_half_three_halves().powi(2)) - 0.125).abs() < 0.003);
        assert!(mean(&|s| s.polar_normal()).abs() < 0.012);
        assert!((mean(&|s| s.polar_normal().powi(4)) - 3.0).abs() < 0.12);
        assert!(mean(&|s| s.normal()).abs() < 0.012);
        assert!((mean(&|s| s.normal().powi(4)) - 3.0).abs() < 0.12);
        assert!((mean(&|s| s.chi_squared(5)) - 5.0).abs() < 0.04);
        assert!((mean(&|s| s.unit()) - 0.5).abs() < 0.003);
        assert!((mean(&|s| s.open_unit()) - 0.5).abs() < 0.003);
    }

    #[test]
    fn orders_are_permutations_and_uniform() {
        let mut counts = [0_u32; 6];
        for seed in 0..6000 {
            let order = RandomStream::new(seed, "split", "").order(3);
            let rank = order[0] * 2 + usize::from(order[1] > order[2]);
            counts[rank] += 1;
        }
        // Each count is binomial(6000, 1/6): sd 28.9; five of them are allowed.
        assert!(
            counts.iter().all(|&count| count.abs_diff(1000) < 145),
            "{counts:?}"
        );
        assert_eq!(RandomStream::new(1, "split", "").below(0), 0);
    }
}
