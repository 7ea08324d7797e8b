//! Times as people write them: `90 s`, `10 min`, `2 h`.

use std::time::Duration;

/// The longest time, in seconds: a year.
const LONGEST: f64 = 366.0 * 86400.0;

/// The time that a text states; more than zero, at most a year.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_alphabetic())?;
    let number: f64 = text[..split].trim().parse().ok()?;
    let seconds = number
        * match &text[split..] {
            "s" | "sec" => 1.0,
            "min" | "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return None,
        };
    (seconds > 0.0 && seconds <= LONGEST).then(|| Duration::from_secs_f64(seconds))
}

/// Suggested fix of a text that is no time.
pub(super) fn hint(text: &str) -> String {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>()
        && number > 0.0
    {
        return format!("add a unit: `{text} s`, `{text} min` or `{text} h`");
    }
    let unit = |word: &str| match word.trim_end_matches('.') {
        "second" | "seconds" | "secs" | "S" => Some("s"),
        "minute" | "minutes" | "mins" | "Min" | "M" => Some("min"),
        "hour" | "hours" | "hr" | "hrs" | "H" => Some("h"),
        "day" | "days" | "D" => Some("d"),
        _ => None,
    };
    let split = text.find(|c: char| c.is_alphabetic()).unwrap_or(0);
    let (number, word) = text.split_at(split);
    if let (Ok(number), Some(unit)) = (number.trim().parse::<f64>(), unit(word))
        && number > 0.0
    {
        return format!("write `{number} {unit}`");
    }
    match of_clock(text).or_else(|| of_parts(text)) {
        Some(seconds) if seconds % 60 == 0 => format!("write `{} min`", seconds / 60),
        Some(seconds) => format!("write `{seconds} s`"),
        None if ["unlimited", "none", "never", "inf"].contains(&text) => {
            "write the longest time that a run may take, at most `366 d`".to_owned()
        }
        None => "write a number and a unit: `s`, `min`, `h` or `d`".to_owned(),
    }
}

/// The seconds of `1:30:00`.
fn of_clock(text: &str) -> Option<u64> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds: u64 = seconds.parse().ok()?;
    (hours < 10_000 && minutes < 60 && seconds < 60)
        .then_some(hours * 3600 + minutes * 60 + seconds)
}

/// The seconds of `1h30m`.
fn of_parts(text: &str) -> Option<u64> {
    let mut seconds: u64 = 0;
    for part in text.split_inclusive(|c: char| c.is_alphabetic()) {
        seconds = seconds.checked_add(duration(part)?.as_secs())?;
    }
    (seconds > 0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_time_is_written_as_one() {
        for (text, expected) in [
            ("2 hours", "write `2 h`"),
            ("1:30:00", "write `90 min`"),
            ("1h30m", "write `90 min`"),
            ("10", "add a unit: `10 s`, `10 min` or `10 h`"),
        ] {
            assert_eq!(duration(text), None);
            assert_eq!(hint(text), expected);
        }
        assert_eq!(duration("1.5 h"), Some(Duration::from_secs(5400)));
    }
}
