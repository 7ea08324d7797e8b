//! Sizes in bytes as people write them: `16 GiB`, `80 GB`, `4096`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Units with their bytes. Powers of 1024 have an `i`, powers of 1000 have none (IEC 80000-13).
const UNITS: [(&str, u64); 13] = [
    ("B", 1),
    ("kB", 1000),
    ("KB", 1000),
    ("MB", 1000_u64.pow(2)),
    ("GB", 1000_u64.pow(3)),
    ("TB", 1000_u64.pow(4)),
    ("PB", 1000_u64.pow(5)),
    ("KiB", 1 << 10),
    ("kiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("PiB", 1 << 50),
];

/// A number of bytes, from 0 to 2^64 − 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub u64);

impl fmt::Display for ByteSize {
    /// The largest power of 1024 that it reaches, with at most one decimal, rounded down, so that
    /// what is shown is never more than what is there; below 1 KiB as bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = [
            ("PiB", 50),
            ("TiB", 40),
            ("GiB", 30),
            ("MiB", 20),
            ("KiB", 10),
        ];
        let Some((unit, shift)) = binary.into_iter().find(|(_, shift)| self.0 >> shift > 0) else {
            return write!(f, "{} B", self.0);
        };
        let whole = self.0 >> shift;
        let rest = self.0 & ((1 << shift) - 1);
        match (rest * 10) >> shift {
            0 => write!(f, "{whole} {unit}"),
            tenth => write!(f, "{whole}.{tenth} {unit}"),
        }
    }
}

/// Why a text is not a size in bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseByteSizeError {
    /// It does not start with a decimal number.
    #[error("expected a size such as `16 GiB`, found `{}`", found.escape_default())]
    Number {
        /// The whole text.
        found: String,
    },
    /// The unit is none of those that exist.
    #[error("expected one of the units B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB, PiB, found `{}`", found.escape_default())]
    Unit {
        /// What stands in the unit's place.
        found: String,
    },
    /// More than 2^64 − 1 bytes.
    #[error("`{found}` is more bytes than can be counted")]
    TooLarge {
        /// The whole text.
        found: String,
    },
}

impl FromStr for ByteSize {
    type Err = ParseByteSizeError;

    /// Reads a decimal number, with or without decimals, and a unit; no unit means bytes. Part of
    /// a byte is dropped. Units count in the case that they are defined in: `GB` is 10^9 and
    /// `GiB` is 2^30.
    fn from_str(text: &str) -> Result<Self, ParseByteSizeError> {
        let trimmed = text.trim();
        let end = trimmed
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(trimmed.len());
        let (number, unit) = (&trimmed[..end], trimmed[end..].trim_start());
        let unreadable = || ParseByteSizeError::Number {
            found: text.to_owned(),
        };
        let too_large = || ParseByteSizeError::TooLarge {
            found: text.to_owned(),
        };
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || decimals.is_empty() || decimals.contains('.') {
            return Err(unreadable());
        }
        let scale = match unit {
            "" => 1,
            unit => UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .map(|(_, bytes)| *bytes)
                .ok_or_else(|| ParseByteSizeError::Unit {
                    found: unit.to_owned(),
                })?,
        };
        let whole: u64 = whole.parse().map_err(|_| too_large())?;
        // Integers all through: a size of whole gigabytes must not depend on rounding.
        let mut part: u128 = 0;
        let mut weight = u128::from(scale) * 1_000_000_000;
        for digit in decimals.bytes().take(18) {
            weight /= 10;
            part += weight * u128::from(digit - b'0');
        }
        let bytes = u128::from(whole) * u128::from(scale) + part / 1_000_000_000;
        u64::try_from(bytes).map(Self).map_err(|_| too_large())
    }
}

impl Serialize for ByteSize {
    /// As a number of bytes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    /// From a number of bytes or from a text such as `16 GiB`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Bytes(u64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Bytes(bytes) => Ok(Self(bytes)),
            Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("16 GiB", 16 << 30),
            ("16GiB", 16 << 30),
            (" 80 GB ", 80_000_000_000),
            ("1.5 GiB", 3 << 29),
            ("0.1 kB", 100),
            ("0.3 B", 0),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_named() {
        let message = |text: &str| text.parse::<ByteSize>().unwrap_err().to_string();
        assert_eq!(
            message("much"),
            "expected a size such as `16 GiB`, found `much`"
        );
        assert_eq!(message(""), "expected a size such as `16 GiB`, found ``");
        assert_eq!(
            message("-1 GiB"),
            "expected a size such as `16 GiB`, found `-1 GiB`"
        );
        assert_eq!(
            message("1.2.3 GiB"),
            "expected a size such as `16 GiB`, found `1.2.3 GiB`"
        );
        assert_eq!(
            message("16 gb"),
            "expected one of the units B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB, PiB, found `gb`"
        );
        assert_eq!(
            message("99999999 PiB"),
            "`99999999 PiB` is more bytes than can be counted"
        );
    }

    #[test]
    fn sizes_are_shown_rounded_down() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (16 << 30, "16 GiB"),
            (3 << 29, "1.5 GiB"),
            ((16 << 30) - 1, "15.9 GiB"),
            (u64::MAX, "16383.9 PiB"),
        ] {
            assert_eq!(ByteSize(bytes).to_string(), text);
        }
    }

    #[test]
    fn serde_reads_both_forms() {
        assert_eq!(
            serde_json::from_str::<ByteSize>("\"1 KiB\"").unwrap(),
            ByteSize(1024)
        );
        assert_eq!(
            serde_json::from_str::<ByteSize>("1024").unwrap(),
            ByteSize(1024)
        );
        assert_eq!(serde_json::to_string(&ByteSize(1024)).unwrap(), "1024");
    }
}
