//! Random indices, several from each 64 random bits.

use super::super::random::SubStream;

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
    pub fn draw(&self, stream: &mut SubStream, count: usize, mut visit: impl FnMut(usize)) {
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
        stream: &mut SubStream,
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
    fn sum_words<const K: usize>(
        &self,
        stream: &mut SubStream,
        words: usize,
        table: &[f64],
    ) -> f64 {
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
    use super::super::super::random::StreamKey;
    use super::*;

    #[test]
    fn indices_are_uniform() {
        for n in [1, 2, 3, 10, 130, 1000] {
            let mut counts = vec![0_u32; n];
            let draws = 200_000;
            Indices::below(n).draw(&mut StreamKey::from_number(1).sub_stream(0), draws, |i| {
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
}
