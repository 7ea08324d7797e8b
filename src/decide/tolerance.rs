//! A tolerance as typed.

use super::DecideError;
use reprove_model::manifest::Tolerance;

/// Reads `2`, `2%`, `0.5sd`, `below 1`, `above 1`, `digits`, `exact`.
///
/// A sign changes the question from two sides to one; `-1` and `+1` are refused.
///
/// # Errors
/// Anything else, or a width that is not above zero.
pub fn parse_tolerance(text: &str) -> Result<Tolerance, DecideError> {
    let bad = || DecideError::Tolerance(text.to_owned());
    let plain = text.trim().to_lowercase().replace('−', "-");
    match plain.as_str() {
        "digits" => return Ok(Tolerance::Digits),
        "exact" => return Ok(Tolerance::Exact),
        _ => {}
    }
    type Kind = fn(f64) -> Tolerance;
    for (sign, word) in [("+-", ""), ("-", "below"), ("+", "above")] {
        if let Some(rest) = plain.strip_prefix(sign) {
            return match (width(rest), word) {
                (Some(width), "") => Ok(Tolerance::Absolute(width)),
                (Some(_), word) => Err(DecideError::SignedTolerance {
                    text: text.to_owned(),
                    meant: format!("{word} {}", rest.trim()),
                }),
                (None, _) => Err(bad()),
            };
        }
    }
    let prefixes: [(&str, Kind); 3] = [
        ("below", Tolerance::Below),
        ("above", Tolerance::Above),
        ("±", Tolerance::Absolute),
    ];
    for (prefix, kind) in prefixes {
        if let Some(rest) = plain.strip_prefix(prefix) {
            return width(rest).map(kind).ok_or_else(bad);
        }
    }
    let (number, kind, scale): (&str, Kind, f64) = if let Some(number) = plain.strip_suffix('%') {
        (number, Tolerance::Relative, 0.01)
    } else if let Some(number) = plain.strip_suffix("sd").or(plain.strip_suffix("std")) {
        (number, Tolerance::Sd, 1.0)
    } else {
        (plain.as_str(), Tolerance::Absolute, 1.0)
    };
    width(number).map(|w| kind(w * scale)).ok_or_else(bad)
}

fn width(text: &str) -> Option<f64> {
    let value: f64 = text.trim().parse().ok()?;
    (value.is_finite() && value > 0.0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read() {
        let read = |text| parse_tolerance(text).unwrap();
        assert_eq!(read("2"), Tolerance::Absolute(2.0));
        assert_eq!(read("±2"), Tolerance::Absolute(2.0));
        assert_eq!(read("2%"), Tolerance::Relative(0.02));
        assert_eq!(read("0.5 sd"), Tolerance::Sd(0.5));
        assert_eq!(read("+-1"), Tolerance::Absolute(1.0));
        assert_eq!(read("below 1"), Tolerance::Below(1.0));
        assert_eq!(read("above 1e-3"), Tolerance::Above(1e-3));
        assert_eq!(read("digits"), Tolerance::Digits);
        assert_eq!(read("Exact"), Tolerance::Exact);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "", "0", "two", "nan", "inf", "2%%", "--1", "sd", "below", "-1", "+1", "−1",
        ] {
            assert!(parse_tolerance(text).is_err(), "{text}");
        }
    }
}
