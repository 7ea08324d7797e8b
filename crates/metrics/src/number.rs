//! Numbers as programs write them.

use reprove_model::escape::printable;
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

/// The words that stand in the place of a number where a run gave none, in lower case.
pub(crate) const LOST: [&str; 18] = [
    "", "-", "--", "—", "?", "n/a", "na", "<na>", "#n/a", "none", "null", "missing", "crashed",
    "diverged", "failed", "error", "oom", "timeout",
];

/// Whether a text says that there is no number: a blank, or a word for a lost run.
pub(crate) fn is_lost(text: &str) -> bool {
    LOST.contains(&text.trim().to_lowercase().as_str())
}

/// That a number was expected where `text` stands; a decimal comma or a thousands separator is named.
pub(crate) fn expected(text: &str) -> String {
    let found = format!("expected a number, found `{}`", printable(text, 60));
    if has_separators(text) {
        format!("{found}: write the decimal point as `.` and no thousands separators")
    } else {
        found
    }
}

/// Whether a text would be a number without commas, spaces, apostrophes or all points but one.
fn has_separators(text: &str) -> bool {
    let text = text.trim().trim_end_matches('%').trim_end();
    let is_separator = |c: char| matches!(c, ',' | '.' | '\'' | '’' | '_') || c.is_whitespace();
    let digits = text.trim_start_matches(['-', '+']);
    let has_ends = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit());
    has_ends
        && digits.contains(is_separator)
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || is_separator(c))
}

/// Whether adjacent cells are whole numbers, as the halves of a number with a decimal comma are.
pub(crate) fn may_be_split(cells: &[&str]) -> bool {
    let is_whole = |text: &str| {
        let digits = text.trim().trim_start_matches(['-', '+']);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_half = |text: &str| is_whole(text.trim().trim_end_matches('%'));
    cells
        .windows(2)
        .any(|pair| is_whole(pair[0]) && is_half(pair[1]))
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

    #[test]
    fn decimal_commas_and_thousands_separators_are_named() {
        for text in ["90,4", "1,234.5", "1.234,5", "1 234", "1'234", "-90,4 %"] {
            let words = expected(text);
            assert!(words.contains("decimal point"), "{words}");
        }
        for text in ["ninety", "90.4 apples", "-", "1e5x"] {
            assert_eq!(expected(text), format!("expected a number, found `{text}`"));
        }
        assert!(may_be_split(&["a", "90", "4%"]) && !may_be_split(&["90.4", "4"]));
    }

    #[test]
    fn words_for_lost_runs_are_no_text() {
        for text in ["", " ", "N/A", "-", "crashed", "Diverged", "None", "null"] {
            assert!(is_lost(text), "{text}");
        }
        for text in ["nan", "ninety", "0"] {
            assert!(!is_lost(text), "{text}");
        }
    }
}
