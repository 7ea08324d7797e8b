//! Numbers in texts as people write them.

/// The number that a text shows, in digits that YAML reads: `90%`, `~90`, `**90**`, `−90`, `1,000`, `90,5`, `90 ms`.
pub(super) fn number_in(text: &str) -> Option<String> {
    let signs = ['~', '≈', '>', '<', '=', '≥', '≤', '*', '$', ' ', '`', '_'];
    let text = text.replace('−', "-");
    let text = text.trim_matches(signs);
    let unit = |c: char| c == '%' || c.is_alphabetic() || c == '$' || c == '*' || c == ' ';
    let text = text.trim_end_matches(unit);
    let groups: Vec<&str> = text.split(',').collect();
    let is_grouped = groups.len() > 1
        && !groups[0].is_empty()
        && groups[0].len() <= 3
        && groups[1..].iter().all(|group| {
            let whole = group.split('.').next().unwrap_or_default();
            whole.len() == 3
        });
    let plain = match groups.len() {
        1 => text.to_owned(),
        _ if is_grouped => groups.concat(),
        2 => groups.join("."),
        _ => return None,
    };
    let number: f64 = plain.parse().ok()?;
    (number.is_finite() && plain.contains(|c: char| c.is_ascii_digit())).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_what_people_write() {
        for (text, number) in [
            ("90%", Some("90")),
            ("~90.0", Some("90.0")),
            ("**90**", Some("90")),
            ("−90", Some("-90")),
            ("1,000", Some("1000")),
            ("1,234.5", Some("1234.5")),
            ("90,5", Some("90.5")),
            ("90 ms", Some("90")),
            (">90", Some("90")),
            ("nan", None),
            ("9/10", None),
            ("high", None),
            ("", None),
        ] {
            assert_eq!(number_in(text).as_deref(), number, "{text}");
        }
    }
}
