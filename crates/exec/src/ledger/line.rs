//! One line of the ledger: a run, with its version and its sum.

use serde::{Deserialize, Serialize};

use crate::RunKey;
use reprove_model::digest::Sha256Digest;
use reprove_model::record::Record;

/// How a line of the version that this program writes begins.
const HEAD: &[u8] = b"{\"v\":1,";

/// What stands between a line's content and its sum.
const SUM: &str = ",\"sum\":\"";

/// Hexadecimal digits of a line's sum: 64 bits, so that chance never makes a damaged line pass.
const SUM_DIGITS: usize = 16;

/// What a line of the file is.
pub(super) enum Line {
    /// A run.
    Run(RunKey, Box<Record>),
    /// Whole, but of a version that this program does not know.
    Newer,
    /// Not as it was written.
    Damaged,
}

/// The content of a line; the version and the sum are handled as text around it.
#[derive(Serialize, Deserialize)]
struct Content<R> {
    v: u32,
    key: RunKey,
    record: R,
}

/// The line of a run.
pub(super) fn render(key: RunKey, record: &Record) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = serde_json::to_vec(&Content { v: 1, key, record })?;
    // The brace that closes the content closes the line instead.
    line.pop();
    let sum = sum(&line);
    line.extend_from_slice(SUM.as_bytes());
    line.extend_from_slice(sum.as_bytes());
    line.extend_from_slice(b"\"}\n");
    Ok(line)
}

/// What a line is, given with its line feed.
pub(super) fn parse(line: &[u8]) -> Line {
    let tail = SUM.len() + SUM_DIGITS + "\"}\n".len();
    let Some((content, tail)) = line
        .len()
        .checked_sub(tail)
        .and_then(|at| line.split_at_checked(at))
    else {
        return Line::Damaged;
    };
    if tail != format!("{SUM}{}\"}}\n", sum(content)).as_bytes() {
        return Line::Damaged;
    }
    if !content.starts_with(HEAD) {
        return Line::Newer;
    }
    let text = &line[..line.len() - 1];
    match serde_json::from_slice::<Content<Record>>(text) {
        Ok(content) => Line::Run(content.key, Box::new(content.record)),
        Err(_) => Line::Damaged,
    }
}

/// The sum of what stands before it.
fn sum(content: &[u8]) -> String {
    let mut digits = Sha256Digest::of(content).to_string();
    digits.truncate(SUM_DIGITS);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reprove_model::record::NumberUnit;
    use reprove_model::record::{Outcome, RecordSource, Usage};
    use reprove_model::seeds::RunSeed;

    fn record(value: f64) -> Record {
        Record {
            configuration: Some("h\u{0} \"12\"\n".into()),
            seed: RunSeed(u64::MAX),
            outcome: Outcome::Finished {
                metrics: [("test_accuracy".into(), value)].into(),
            },
            origins: [("test_accuracy".into(), "metrics.json:1".into())].into(),
            units: [("test_accuracy".into(), NumberUnit::Percent)].into(),
            digest: Some("ab".repeat(32)),
            output: Some(Sha256Digest::of(b"y")),
            repeat: None,
            files: [("stdout.log".to_owned(), Sha256Digest::of(b"x"))].into(),
            curve: None,
            usage: Usage {
                wall_seconds: 0.1,
                cpu_seconds: Some(0.3),
                max_rss_bytes: None,
            },
            source: RecordSource::Stored,
        }
    }

    fn key() -> RunKey {
        "12".repeat(32).parse().unwrap()
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let line = render(key(), &record(0.1)).unwrap();
        for index in 0..line.len() {
            for bit in 0..8 {
                let mut flipped = line.clone();
                flipped[index] ^= 1 << bit;
                assert!(matches!(parse(&flipped), Line::Damaged), "byte {index}");
            }
            assert!(matches!(parse(&line[..index]), Line::Damaged));
        }
    }

    proptest! {
        #[test]
        fn numbers_keep_their_bits(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let line = render(key(), &record(value)).unwrap();
            prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            let Line::Run(found, read) = parse(&line) else {
                panic!("no run");
            };
            prop_assert_eq!(found, key());
            let Outcome::Finished { metrics } = &read.outcome else {
                panic!("not finished");
            };
            prop_assert_eq!(metrics["test_accuracy"].to_bits(), bits);
            prop_assert_eq!(*read, record(value));
        }
    }
}
