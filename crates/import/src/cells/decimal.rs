//! Decimal numbers, exact.

use std::cmp::Ordering;
use std::fmt;

/// Numbers with more digits than this are not computed with.
const MOST_DIGITS: usize = 30;

/// Numbers with a larger exponent than this, up or down, are not computed with.
const LARGEST_EXPONENT: i32 = 60;

/// `mantissa` × 10^`exponent`; the exponent keeps the printed number of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    mantissa: i128,
    exponent: i32,
}

impl Decimal {
    /// Reads `-12.50e-3`: a sign, digits, a point, an exponent. `None` for other text, for more than 30
    /// digits and for exponents beyond ±60.
    pub fn parse(plain: &str) -> Option<Self> {
        let (number, power) = match plain.split_once('e') {
            Some((number, power)) => (number, power.parse::<i32>().ok()?),
            None => (plain, 0),
        };
        let (negative, digits) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let length = whole.len() + fraction.len();
        if length == 0 || length > MOST_DIGITS || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let digits = whole.bytes().chain(fraction.bytes());
        let mantissa = digits.fold(0i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
        let exponent = power.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        (exponent.abs() <= LARGEST_EXPONENT).then_some(Decimal {
            mantissa: if negative { -mantissa } else { mantissa },
            exponent,
        })
    }

    /// The number of digits after the point.
    pub fn decimals(self) -> u32 {
        self.exponent.min(0).unsigned_abs()
    }

    /// The sum; `None` where it has too many digits.
    pub fn plus(self, other: Self) -> Option<Self> {
        let exponent = self.exponent.min(other.exponent);
        Some(Decimal {
            mantissa: self
                .scaled(exponent)?
                .checked_add(other.scaled(exponent)?)?,
            exponent,
        })
    }

    /// The difference; `None` where it has too many digits.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(Decimal {
            mantissa: -other.mantissa,
            exponent: other.exponent,
        })
    }

    /// The number in units of the other's last digit: 18 beside 90.4 is 1.8.
    pub fn in_last_digits_of(self, other: Self) -> Option<Self> {
        Some(Decimal {
            mantissa: self.mantissa,
            exponent: self.exponent.checked_add(other.exponent)?,
        })
    }

    /// The order by value; `None` where it cannot be computed.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        let exponent = self.exponent.min(other.exponent);
        Some(self.scaled(exponent)?.cmp(&other.scaled(exponent)?))
    }

    /// Whether the absolute value is above 1.
    pub fn exceeds_one(self) -> bool {
        let one = Decimal {
            mantissa: 1,
            exponent: 0,
        };
        let size = Decimal {
            mantissa: self.mantissa.abs(),
            exponent: self.exponent,
        };
        size.compare(one) == Some(Ordering::Greater)
    }

    /// The mantissa with a smaller exponent.
    fn scaled(self, exponent: i32) -> Option<i128> {
        let power = u32::try_from(self.exponent - exponent).ok()?;
        self.mantissa.checked_mul(10i128.checked_pow(power)?)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa.unsigned_abs().to_string();
        if self.mantissa < 0 {
            f.write_str("-")?;
        }
        let decimals = self.decimals() as usize;
        if decimals == 0 {
            let zeros = usize::try_from(self.exponent).unwrap_or(0);
            let zeros = if self.mantissa == 0 { 0 } else { zeros };
            return write!(f, "{digits}{}", "0".repeat(zeros));
        }
        let padded = format!("{digits:0>width$}", width = decimals + 1);
        let (whole, fraction) = padded.split_at(padded.len() - decimals);
        write!(f, "{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn digits_are_kept() {
        for (printed, shown) in [
            ("90.40", "90.40"),
            ("-0.02", "-0.02"),
            (".904", "0.904"),
            ("1.2e-3", "0.0012"),
            ("12e3", "12000"),
            ("0.8967889908256881", "0.8967889908256881"),
        ] {
            assert_eq!(decimal(printed).to_string(), shown);
        }
        assert_eq!(decimal("1.20e-3").decimals(), 5);
    }

    #[test]
    fn sums_are_exact() {
        let sum = decimal("90.4").minus(decimal("0.25")).unwrap();
        assert_eq!(sum.to_string(), "90.15");
        let sum = decimal("0.1").plus(decimal("0.2")).unwrap();
        assert_eq!(sum, decimal("0.3"));
        let spread = decimal("18").in_last_digits_of(decimal("90.4")).unwrap();
        assert_eq!(spread.to_string(), "1.8");
    }

    #[test]
    fn what_is_no_number_or_too_large_is_none() {
        for text in ["", ".", "1,5", "1e99999999999", "1e1000", "--1"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::parse(&"9".repeat(31)), None);
    }
}
