//! The names of two values in a cell.

use crate::names::metric_in;

/// The names of the two values of a cell: the user's, or those of a header `A / B`.
pub(crate) fn names(path: &[String], said: Option<&[String; 2]>) -> Option<[String; 2]> {
    if let Some(names) = said {
        return Some(names.clone());
    }
    let label = path.last()?;
    let (first, second) = label.split_once('/')?;
    let (first, second) = (first.trim(), second.trim());
    if first.is_empty()
        || second.is_empty()
        || second.contains('/')
        || matches!(first, "w" | "km" | "s")
    {
        return None;
    }
    Some([first_name(first, second), second_name(first, second)])
}

/// `Top-1` beside `Top-5 acc. (%)` is `Top-1 acc. (%)`.
fn first_name(first: &str, second: &str) -> String {
    let own = first.split_whitespace().count();
    let rest: Vec<&str> = second.split_whitespace().skip(own).collect();
    let unit = rest.iter().all(|word| word.starts_with('('));
    match metric_in(first).is_some() && !unit || rest.is_empty() {
        true => first.to_owned(),
        false => format!("{first} {}", rest.join(" ")),
    }
}

/// `mm` beside `NLI-m` is `NLI-mm`.
fn second_name(first: &str, second: &str) -> String {
    match first.rsplit_once('-') {
        Some((stem, ending))
            if !second.contains('-')
                && ending.len() <= 3
                && second.len() <= 3
                && !stem.contains(' ') =>
        {
            format!("{stem}-{second}")
        }
        Some(_) | None => second.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_both_values() {
        let names = |label: &str| names(&[label.to_owned()], None);
        let pair = |first: &str, second: &str| Some([first.to_owned(), second.to_owned()]);
        assert_eq!(
            names("Top-1 / Top-5 acc. (%)"),
            pair("Top-1 acc. (%)", "Top-5 acc. (%)")
        );
        assert_eq!(names("NLI-m/mm"), pair("NLI-m", "NLI-mm"));
        assert_eq!(names("F1 / Acc"), pair("F1", "Acc"));
        assert_eq!(names("P/R/F1"), None);
        assert_eq!(names("NLI"), None);
    }
}
