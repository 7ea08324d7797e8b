//! The purposes of the random streams of a training.
//!
//! A stream has a seed, a purpose and a name, and nothing else decides its bits. So a parameter
//! begins with the same bits whatever was drawn before it, in any thread, and whichever seeds train
//! beside it.

use reprove_stats::random::RandomStream;

/// A stream of a training.
pub(super) type Stream = RandomStream;

/// The purpose of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
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

impl From<Purpose> for &'static str {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Initial => "initial",
            Purpose::Shuffle => "shuffle",
            Purpose::Split => "split",
            Purpose::Dropout => "dropout",
            Purpose::Sampling => "sampling",
            Purpose::FirstStep => "first step",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_streams_are_pinned() {
        let mut stream = Stream::new(7, Purpose::Shuffle, "1");
        // What version 1 of the streams gave when it was written; it must never change silently.
        assert_eq!(stream.order(8), [1, 0, 2, 7, 6, 3, 5, 4]);
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
