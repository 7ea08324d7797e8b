//! How numbers are written for people: one place, so that every page agrees.

/// A number with `digits` significant digits, without an exponent for everyday sizes.
///
/// Trailing zeros stay (`0.500`), because they say how much is known; a minus sign is `-`.
pub fn significant(x: f64, digits: usize) -> String {
    if let Some(text) = special(x) {
        return text;
    }
    let digits = digits.max(1);
    let magnitude = order(x, digits);
    if !(-5..15).contains(&magnitude) {
        return format!("{x:.*e}", digits - 1);
    }
    let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
    unsigned_zero(format!("{x:.decimals$}"))
}

/// A number with a fixed number of digits after the point.
pub fn fixed(x: f64, decimals: usize) -> String {
    special(x).unwrap_or_else(|| unsigned_zero(format!("{x:.decimals$}")))
}

/// Digits after the point at which a value is shown, so that its spread has two significant digits.
///
/// At least `floor` (as the paper printed) and at most 10.
pub fn decimals_for(spread: f64, floor: usize) -> usize {
    if !spread.is_finite() || spread <= 0.0 {
        return floor.max(2).min(10);
    }
    let wanted = 1 - order(spread, 2);
    (wanted.clamp(0, 10) as usize).max(floor)
}

/// A number with its sign always shown.
pub fn signed(x: f64, decimals: usize) -> String {
    let text = fixed(x, decimals);
    if text.starts_with('-') || x.is_nan() {
        text
    } else {
        format!("+{text}")
    }
}

/// A probability: two significant digits, `< 0.0001` below that, never `0` or `1` by rounding.
pub fn probability(p: f64) -> String {
    if p.is_nan() {
        "unknown".to_string()
    } else if p < 1e-4 {
        "< 0.0001".to_string()
    } else if p > 0.9999 {
        "> 0.9999".to_string()
    } else if p > 0.99 {
        fixed(p, 4)
    } else {
        significant(p, 2)
    }
}

/// A share as a percentage without needless digits: `90 %`, `99.9 %`.
pub fn percent(share: f64) -> String {
    let value = 100.0 * share;
    let decimals = (0..4)
        .find(|&d| (value - round_to(value, d)).abs() < 1e-6)
        .unwrap_or(3);
    format!("{} %", fixed(value, decimals as usize))
}

/// The shortest text that reads back as exactly this number, for data.
pub fn exact(x: f64) -> String {
    special(x).unwrap_or_else(|| format!("{x}"))
}

fn round_to(x: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (x * scale).round() / scale
}

/// Power of ten of the first digit after rounding to `digits` significant ones.
fn order(x: f64, digits: usize) -> i32 {
    if x == 0.0 {
        return 0;
    }
    let text = format!("{:.*e}", digits - 1, x.abs());
    let exponent = text.rsplit('e').next().and_then(|e| e.parse().ok());
    exponent.unwrap_or(0)
}

fn special(x: f64) -> Option<String> {
    if x.is_nan() {
        Some("unknown".to_string())
    } else if x.is_infinite() {
        Some(if x > 0.0 { "∞" } else { "-∞" }.to_string())
    } else {
        None
    }
}

/// `-0.00` is written `0.00`.
fn unsigned_zero(text: String) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_string(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn significant_digits_keep_their_zeros() {
        assert_eq!(significant(0.5, 3), "0.500");
        assert_eq!(significant(90.42, 3), "90.4");
        assert_eq!(significant(0.0999, 2), "0.10");
        assert_eq!(significant(1234.5, 2), "1234");
        assert_eq!(significant(2e-9, 2), "2.0e-9");
        assert_eq!(significant(-0.0, 1), "0");
    }

    #[test]
    fn signs_and_specials() {
        assert_eq!(signed(0.25, 1), "+0.2");
        assert_eq!(signed(-0.001, 2), "+0.00");
        assert_eq!(signed(-1.0, 0), "-1");
        assert_eq!(fixed(f64::INFINITY, 2), "∞");
        assert_eq!(fixed(f64::NAN, 2), "unknown");
    }

    #[test]
    fn probabilities_never_round_to_certainty() {
        assert_eq!(probability(0.0), "< 0.0001");
        assert_eq!(probability(0.04999), "0.050");
        assert_eq!(probability(0.99951), "0.9995");
        assert_eq!(probability(1.0), "> 0.9999");
    }

    #[test]
    fn decimals_follow_the_spread() {
        assert_eq!(decimals_for(0.16, 1), 2);
        assert_eq!(decimals_for(5.7, 1), 1);
        assert_eq!(decimals_for(0.00999, 0), 3);
        assert_eq!(decimals_for(0.0, 1), 2);
        assert_eq!(percent(0.9), "90 %");
        assert_eq!(percent(0.975), "97.5 %");
    }
}
