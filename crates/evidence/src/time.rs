//! The declared time of a bundle.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, or what `SOURCE_DATE_EPOCH` (seconds since 1970, <https://reproducible-builds.org>) states, as
/// `2026-01-31T23:59:59Z`.
pub fn declared() -> String {
    let stated = std::env::var("SOURCE_DATE_EPOCH").ok();
    let seconds = stated
        .and_then(|text| text.parse().ok())
        .or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
            Some(since.as_secs())
        })
        .unwrap_or(0);
    // The year 9999 ends here; later times are not written in this form.
    utc(seconds.min(253_402_300_799))
}

/// Seconds since 1970 in the Gregorian calendar (H. Hinnant, *chrono-Compatible Low-Level Date
/// Algorithms*, 2013: `civil_from_days`).
fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn known_times() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(utc(1_700_000_000), "2023-11-14T22:13:20Z");
        assert_eq!(utc(253_402_300_799), "9999-12-31T23:59:59Z");
    }
}
