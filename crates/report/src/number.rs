//! Numbers as text, for every format. No other file of the crate formats a number for a reader.
//!
//! A claim's numbers share one count of decimals ([`decimals_for`]), taken from the width of what is
//! known about them, so that columns align and no digit is shown that the data do not carry.

/// Most decimals that are ever shown of a computed number.
const MAX_DECIMALS: usize = 8;

/// Most decimals that are shown of a printed number.
const MAX_PRINTED: u32 = 15;

/// The decimals that show a quantity known to within `spread` with two significant digits.
///
/// `spread` is a standard deviation or the half width of an interval, in the quantity's unit; a
/// spread that is zero or not finite says nothing, then the answer is 4.
pub fn decimals_for(spread: f64) -> usize {
    if !spread.is_finite() || spread <= 0.0 {
        return 4;
    }
    let exponent = spread.log10().floor();
    // 0.95 rounds to 1.0 at one decimal: the digit in front counts, not the one after rounding.
    (1.0 - exponent).clamp(0.0, MAX_DECIMALS as f64) as usize
}

/// The decimals that `value` has when written shortest, as 1 for 84.7; at most 8.
pub fn decimals_of(value: f64) -> usize {
    let text = full(value);
    if text.contains('e') {
        return MAX_DECIMALS;
    }
    text.split_once('.')
        .map_or(0, |(_, decimals)| decimals.len())
        .min(MAX_DECIMALS)
}

/// `value` with so many decimals; scientific where that would show zeros only or twenty digits.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let size = value.abs();
    if size >= 1e15 || (size > 0.0 && size < 0.5 * 10f64.powi(-(MAX_DECIMALS as i32))) {
        return format!("{value:.2e}");
    }
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|c| matches!(c, '0' | '.')) => digits.to_owned(),
        _ => text,
    }
}

/// As [`fixed`] with `+` before what is above zero.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    if value > 0.0 && !is_zero {
        format!("+{text}")
    } else {
        text
    }
}

/// `value` as it was written where nine significant digits say it exactly, else with six of them and
/// no zeros at its end: `3`, `84.7`, `0.8805031`, `0.333333`.
pub fn plain(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let exponent = value.abs().log10().floor();
    if !(-6.0..15.0).contains(&exponent) {
        return format!("{value:.3e}");
    }
    let exact = value.to_string();
    let digits = exact.trim_start_matches(['-', '0', '.']);
    if digits.bytes().filter(u8::is_ascii_digit).count() <= 9 {
        return exact;
    }
    let decimals = (5.0 - exponent).max(0.0) as usize;
    trimmed(format!("{value:.decimals$}"))
}

/// `value` with the decimals that the paper printed, so that 3.0 stays `3.0`; as [`plain`] where they
/// are not known.
pub fn printed(value: f64, decimals: Option<u32>) -> String {
    match decimals {
        Some(decimals) => fixed(value, decimals.min(MAX_PRINTED) as usize),
        None => plain(value),
    }
}

/// The shortest text that reads back as the same number; for files that other programs read.
pub fn full(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if (1e-5..1e16).contains(&size) || !value.is_finite() {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

/// A fraction as a percentage: `5 %`, `0.1 %`.
pub fn percent(fraction: f64) -> String {
    // 1 − 0.9 is not 0.1 in binary: six digits hide what is no information.
    let rounded = (fraction * 1e8).round() / 1e6;
    format!("{} %", plain(rounded))
}

/// A p-value with its sign: `=0.031`, `<0.0001`.
pub fn p_value(p: f64) -> String {
    if p < 0.0001 {
        "<0.0001".to_owned()
    } else if p < 0.001 {
        format!("={p:.4}")
    } else {
        format!("={p:.3}")
    }
}

/// A probability as a percentage for a sentence: `12 %`, `0.4 %`, `less than 0.01 %`.
pub fn chance(probability: f64) -> String {
    if probability < 1e-4 {
        "less than 0.01 %".to_owned()
    } else if probability < 0.1 {
        percent((probability * 1e4).round() / 1e4)
    } else {
        percent((probability * 100.0).round() / 100.0)
    }
}

/// A time: `0.42 s`, `42 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return format!("{} s", plain(seconds));
    }
    if seconds < 10.0 {
        return format!("{} s", trimmed(format!("{seconds:.2}")));
    }
    let whole = seconds.round() as u64;
    let (minutes, hours, days) = (whole / 60, whole / 3_600, whole / 86_400);
    if whole < 60 {
        format!("{whole} s")
    } else if whole < 3_600 {
        format!("{minutes} min {} s", whole % 60)
    } else if whole < 86_400 {
        format!("{hours} h {} min", minutes % 60)
    } else {
        format!("{days} d {} h", hours % 24)
    }
}

/// A size in bytes with a binary unit: `512 B`, `1.5 MiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut size = count as f64 / 1024.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if size < 1023.95 {
            break;
        }
        size /= 1024.0;
        unit = larger;
    }
    format!("{} {unit}", trimmed(format!("{size:.1}")))
}

/// A count with its noun: `1 run`, `30 runs`, `10,000 runs`; the plural adds an `s`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number as u64))
}

/// A whole number with a comma between groups of three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Without the zeros that end its decimals.
fn trimmed(text: String) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_of_the_spread_are_shown() {
        assert_eq!(decimals_for(5.7), 1);
        assert_eq!(decimals_for(57.0), 0);
        assert_eq!(decimals_for(0.013), 3);
        assert_eq!(decimals_for(0.0), 4);
        assert_eq!(decimals_for(f64::NAN), 4);
        assert_eq!(decimals_for(1e-12), 8);
        assert_eq!(decimals_for(1e12), 0);
    }

    #[test]
    fn the_decimals_as_written_are_counted() {
        assert_eq!(decimals_of(84.7), 1);
        assert_eq!(decimals_of(84.0), 0);
        assert_eq!(decimals_of(0.1 + 0.2), 8);
        assert_eq!(decimals_of(1e-9), 8);
    }

    #[test]
    fn nothing_is_shown_as_minus_zero() {
        assert_eq!(fixed(-0.04, 1), "0.0");
        assert_eq!(signed(-0.04, 1), "0.0");
        assert_eq!(signed(0.04, 1), "0.0");
        assert_eq!(signed(0.06, 1), "+0.1");
        assert_eq!(signed(-3.25, 1), "-3.2");
        assert_eq!(fixed(2e18, 1), "2.00e18");
        assert_eq!(fixed(3e-12, 2), "3.00e-12");
    }

    #[test]
    fn plain_numbers_have_no_idle_zeros() {
        assert_eq!(plain(3.0), "3");
        assert_eq!(plain(84.7), "84.7");
        assert_eq!(plain(0.1 + 0.2), "0.3");
        assert_eq!(plain(0.00125), "0.00125");
        assert_eq!(plain(-0.0), "0");
        assert_eq!(plain(1e-9), "1.000e-9");
    }

    #[test]
    fn printed_numbers_keep_their_zeros() {
        assert_eq!(printed(3.0, Some(1)), "3.0");
        assert_eq!(printed(84.7, Some(2)), "84.70");
        assert_eq!(printed(3.0, None), "3");
        assert_eq!(printed(0.5, Some(u32::MAX)), "0.500000000000000");
    }

    #[test]
    fn full_numbers_read_back() {
        for value in [0.1 + 0.2, 1e300, -2.5e-9, 84.0, 0.0, 123_456_789.123] {
            assert_eq!(full(value).parse::<f64>(), Ok(value));
        }
    }

    #[test]
    fn shares_and_chances() {
        assert_eq!(percent((1.0 - 0.9) / 2.0), "5 %");
        assert_eq!(percent(0.999), "99.9 %");
        assert_eq!(p_value(0.0314), "=0.031");
        assert_eq!(p_value(0.00042), "=0.0004");
        assert_eq!(p_value(1e-9), "<0.0001");
    }

    #[test]
    fn times_sizes_and_counts() {
        assert_eq!(duration(0.421), "0.42 s");
        assert_eq!(duration(59.6), "1 min 0 s");
        assert_eq!(duration(185.0), "3 min 5 s");
        assert_eq!(duration(7_800.0), "2 h 10 min");
        assert_eq!(duration(273_600.0), "3 d 4 h");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1_572_864), "1.5 MiB");
        assert_eq!(bytes(1_048_575), "1 MiB");
        assert_eq!(count(1, "run"), "1 run");
        assert_eq!(count(10_000, "run"), "10,000 runs");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
