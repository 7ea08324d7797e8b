//! Numbers as programs write them.

use reprove_model::record::NumberUnit;

/// Reads a number with or without a percent sign. `nan`, `inf` and `infinity` are numbers here, in
/// any case and with a sign.
pub(crate) fn parse(text: &str) -> Option<(f64, NumberUnit)> {
    let text = text.trim();
    match text.strip_suffix('%') {
        Some(number) => Some((number.trim_end().parse().ok()?, NumberUnit::Percent)),
        None => Some((text.parse().ok()?, NumberUnit::Unknown)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_and_plain_numbers_are_told_apart() {
        assert_eq!(parse(" 94.2% "), Some((94.2, NumberUnit::Percent)));
        assert_eq!(parse("94.2 %"), Some((94.2, NumberUnit::Percent)));
        assert_eq!(parse("0.942"), Some((0.942, NumberUnit::Unknown)));
        assert_eq!(parse("1e-3"), Some((1e-3, NumberUnit::Unknown)));
        assert_eq!(
            parse("-Infinity"),
            Some((f64::NEG_INFINITY, NumberUnit::Unknown))
        );
        assert!(parse("NaN").is_some_and(|(value, _)| value.is_nan()));
        for text in ["", "%", "1,000", "0x10", "12 apples", "1 2"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
