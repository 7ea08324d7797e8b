//! Random numbers for resampling, keyed by chunk so that threads cannot change them.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

/// Replicates that share one stream of random numbers.
const CHUNK: usize = 2048;

/// The seed of one bootstrap: 256 bits with a printed source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
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

    /// The stream of one chunk.
    #[must_use]
    pub fn stream(&self, chunk: u64) -> Stream {
        let mut key = ChaCha8Rng::from_seed(self.0);
        key.set_stream(chunk);
        Stream {
            state: std::array::from_fn(|_| key.next_u64()),
        }
    }

    /// `count` numbers, each from the stream of its chunk: `fill` writes one chunk.
    pub fn fill_chunks(
        &self,
        count: usize,
        fill: impl Fn(&mut Stream, &mut [f64]) + Sync,
    ) -> Vec<f64> {
        let mut out = vec![0.0; count];
        let chunk = |(index, part): (usize, &mut [f64])| fill(&mut self.stream(index as u64), part);
        if count <= CHUNK {
            out.chunks_mut(CHUNK).enumerate().for_each(chunk);
        } else {
            out.par_chunks_mut(CHUNK).enumerate().for_each(chunk);
        }
        out
    }
}

/// The generator xoshiro256++ of Blackman and Vigna (2019), started from ChaCha8.
///
/// A bootstrap draws up to 10⁸ indices: this one costs a third of ChaCha8 and passes the same
/// statistical tests.
#[derive(Debug, Clone)]
pub struct Stream {
    state: [u64; 4],
}

impl Stream {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
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

    /// A number from [0, 1) on a grid of 2⁻⁵³.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (0.5 / (1_u64 << 52) as f64)
    }

    /// A point of the unit disc other than its centre, and its squared distance from it.
    fn disc(&mut self) -> (f64, f64) {
        loop {
            let bits = self.bits();
            // Two signed 32-bit coordinates.
            let x = f64::from(bits as u32 as i32) / 2_147_483_648.0;
            let y = f64::from((bits >> 32) as u32 as i32) / 2_147_483_648.0;
            let square = x * x + y * y;
            if square > 0.0 && square <= 1.0 {
                return (x, square);
            }
        }
    }

    /// A draw of Beta(1/2, 3/2): the squared coordinate of a uniform point of the disc.
    pub fn beta_half_three_halves(&mut self) -> f64 {
        let (x, _) = self.disc();
        x * x
    }

    /// A standard normal draw (Marsaglia's polar method).
    pub fn normal(&mut self) -> f64 {
        let (x, square) = self.disc();
        x * (-2.0 * square.ln() / square).sqrt()
    }

    /// A chi-squared draw with `df` whole degrees of freedom: exponentials for the pairs and one
    /// squared normal for the odd one.
    pub fn chi_squared(&mut self, df: usize) -> f64 {
        let mut sum = 0.0;
        for _ in 0..df / 2 {
            sum -= 2.0 * (1.0 - self.unit()).ln();
        }
        if df % 2 == 1 {
            sum += self.normal().powi(2);
        }
        sum
    }

    /// An index below `n`, for `0 < n <= 2³²`; the bias is below `n / 2⁶⁴`.
    pub fn index(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }
}

/// Independent indices below `n`, several from each 64 random bits.
///
/// Each multiplication by `n` yields one index in its high half and leaves the fraction for the
/// next (Brackett-Rozinsky and Lemire 2024). At least 20 bits of fraction are left over, so that
/// no index is favoured by more than one part in a million.
#[derive(Debug, Clone, Copy)]
pub struct Indices {
    n: u64,
    per_word: usize,
}

impl Indices {
    /// For `0 < n <= 2³²`.
    #[must_use]
    pub fn below(n: usize) -> Self {
        let bits = usize::BITS - n.leading_zeros();
        Self {
            n: n as u64,
            per_word: (44 / bits.max(1) as usize).max(1),
        }
    }

    /// Random words that `count` indices take.
    #[must_use]
    pub fn words(&self, count: usize) -> usize {
        count.div_ceil(self.per_word)
    }

    /// Calls `visit` with `count` indices.
    #[inline]
    pub fn draw(&self, stream: &mut Stream, count: usize, mut visit: impl FnMut(usize)) {
        let mut left = count;
        while left > 0 {
            let mut fraction = stream.bits();
            let now = left.min(self.per_word);
            for _ in 0..now {
                visit(self.next(&mut fraction));
            }
            left -= now;
        }
    }

    /// Adds to every slot `scale` times its own sum of `count` draws from `table`, which has as
    /// many entries as there are indices.
    ///
    /// Unrolled by the number of draws a word gives, because this is where a bootstrap of a mean
    /// spends its time.
    pub fn add_sums(
        &self,
        stream: &mut Stream,
        count: usize,
        (table, scale): (&[f64], f64),
        out: &mut [f64],
    ) {
        let words = count / self.per_word;
        let parts = [(words, self.per_word), (1, count - words * self.per_word)];
        for (words, draws) in parts.into_iter().filter(|(words, _)| *words > 0) {
            for slot in out.iter_mut() {
                *slot += scale
                    * match draws {
                        0 => 0.0,
                        1 => self.sum_words::<1>(stream, words, table),
                        2 => self.sum_words::<2>(stream, words, table),
                        3 => self.sum_words::<3>(stream, words, table),
                        4 => self.sum_words::<4>(stream, words, table),
                        5 => self.sum_words::<5>(stream, words, table),
                        6 => self.sum_words::<6>(stream, words, table),
                        more => {
                            let mut sum = 0.0;
                            self.draw(stream, words * more, |i| sum += table[i]);
                            sum
                        }
                    };
            }
        }
    }

    /// `K` draws from each of `words` random words. The sum of a word is formed apart, so that
    /// the words do not wait for each other.
    #[inline]
    fn sum_words<const K: usize>(&self, stream: &mut Stream, words: usize, table: &[f64]) -> f64 {
        let mut sum = 0.0;
        for _ in 0..words {
            let mut fraction = stream.bits();
            let mut drawn = [0.0; K];
            for slot in &mut drawn {
                *slot = table[self.next(&mut fraction)];
            }
            sum += drawn.iter().sum::<f64>();
        }
        sum
    }

    /// The next index in the random fraction.
    #[inline]
    fn next(&self, fraction: &mut u64) -> usize {
        let product = u128::from(*fraction) * u128::from(self.n);
        *fraction = product as u64;
        (product >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_depend_on_seed_and_chunk_alone() {
        let seed = Seed::from_number(7);
        assert_eq!(seed.stream(3).bits(), seed.stream(3).bits());
        assert_ne!(seed.stream(3).bits(), seed.stream(4).bits());
        assert_ne!(seed.stream(3).bits(), Seed::from_number(8).stream(3).bits());
        let fill = |stream: &mut Stream, out: &mut [f64]| out.fill_with(|| stream.unit());
        let long = seed.fill_chunks(10_000, fill);
        assert_eq!(long[..5000], seed.fill_chunks(5000, fill)[..]);
    }

    #[test]
    fn indices_are_uniform() {
        for n in [1, 2, 3, 10, 130, 1000] {
            let mut counts = vec![0_u32; n];
            let draws = 200_000;
            Indices::below(n).draw(&mut Seed::from_number(1).stream(0), draws, |i| {
                counts[i] += 1
            });
            let expected = draws as f64 / n as f64;
            let chi: f64 = counts
                .iter()
                .map(|c| (f64::from(*c) - expected).powi(2) / expected)
                .sum();
            let limit = n as f64 + 5.0 * (2.0 * n as f64).sqrt();
            assert!(chi < limit, "{n}: {chi}");
        }
    }

    #[test]
    fn draws_have_their_moments() {
        let mut stream = Seed::from_number(2).stream(0);
        let count = 200_000;
        let mut mean = |draw: &dyn Fn(&mut Stream) -> f64| {
            (0..count).map(|_| draw(&mut stream)).sum::<f64>() / f64::from(count)
        };
        // Beta(1/2, 3/2): mean 1/4, second moment 1/8.
        assert!((mean(&|s| s.beta_half_three_halves()) - 0.25).abs() < 0.003);
        assert!((mean(&|s| s.beta_half_three_halves().powi(2)) - 0.125).abs() < 0.003);
        assert!(mean(&|s| s.normal()).abs() < 0.012);
        assert!((mean(&|s| s.normal().powi(4)) - 3.0).abs() < 0.12);
        assert!((mean(&|s| s.chi_squared(5)) - 5.0).abs() < 0.04);
        assert!((mean(&|s| s.unit()) - 0.5).abs() < 0.003);
    }
}
