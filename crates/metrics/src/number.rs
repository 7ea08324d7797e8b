//! Numbers as programs write them.

use reprove_model::escape::printable;
use reprove_model::record::NumberUnit;

/// Reads a number with or without a percent sign. `nan`, `inf` and `infinity` are numbers here, in
/// any case and with a sign.
pub fn parse(text: &str) -> Option<(f64, NumberUnit)> {
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
pub fn is_lost(text: &str) -> bool {
    LOST.contains(&text.trim().to_lowercase().as_str())
}

/// What a number with a decimal comma or a thousands separator needs.
pub(crate) const SEPARATORS: &str = "write the decimal point as `.` and no thousands separators";

/// That a number was expected where `text` stands; a decimal comma or a thousands separator is named.
pub fn expected(text: &str) -> String {
    let found = format!("expected a number, found `{}`", printable(text, 60));
    if has_separators(text) {
        format!("{found}: {SEPARATORS}")
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

/// Decimals behind which a cut does no harm: numbers in full precision differ in their length.
const ENOUGH_DECIMALS: usize = 8;

/// How the finite numbers of one metric are written, so that one that was cut off can be told from them.
#[derive(Debug, Default)]
pub(crate) struct NumberForms {
    numbers: usize,
    least_decimals: usize,
    with_exponent: usize,
}

impl NumberForms {
    /// Adds a number as it is written; what is no finite number is passed over.
    pub(crate) fn add(&mut self, text: &str) {
        let Some((decimals, has_exponent)) = form(text) else {
            return;
        };
        self.least_decimals = match self.numbers {
            0 => decimals,
            _ => self.least_decimals.min(decimals),
        };
        self.numbers += 1;
        self.with_exponent += usize::from(has_exponent);
    }

    /// Whether a number lacks decimals, or an exponent, that every other has.
    pub(crate) fn is_cut(&self, text: &str) -> bool {
        let Some((decimals, has_exponent)) = form(text) else {
            return false;
        };
        let lacks_decimals = decimals < self.least_decimals.min(ENOUGH_DECIMALS);
        let lacks_exponent = !has_exponent && self.with_exponent == self.numbers;
        self.numbers > 0 && (lacks_decimals || lacks_exponent)
    }
}

/// The digits behind the point of a finite number, and whether it has an exponent.
fn form(text: &str) -> Option<(usize, bool)> {
    let (value, _) = parse(text)?;
    let text = text.trim().trim_end_matches('%').trim_end();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, _)) => (mantissa, true),
        None => (text, false),
    };
    let decimals = mantissa
        .split_once('.')
        .map_or(0, |(_, digits)| digits.len());
    value.is_finite().then_some((decimals, exponent))
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
    fn a_number_that_was_cut_off_is_shorter_than_all_others() {
        let is_cut = |others: &[&str], last: &str| {
            let mut forms = NumberForms::default();
            others.iter().for_each(|other| forms.add(other));
            forms.is_cut(last)
        };
        assert!(is_cut(&["0.91", "0.925"], "9") && is_cut(&["0.91"], "0.9"));
        assert!(is_cut(&["1.5e-05", "2.5e-05"], "1.5") && is_cut(&["91.2%"], "91"));
        assert!(!is_cut(&[], "9") && !is_cut(&["12", "13"], "1"));
        assert!(!is_cut(&["0.9", "0.925"], "0.9") && !is_cut(&["nan", "crashed"], "9"));
        assert!(!is_cut(&["1.5", "2.5e-05"], "1.5") && !is_cut(&["0.9"], "nan"));
        assert!(!is_cut(&["0.9123456789012345"], "0.912345678901"));
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
