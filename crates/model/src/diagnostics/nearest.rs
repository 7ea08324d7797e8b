//! The known name nearest to an unknown one.

/// The known name nearest to `found` by Damerau-Levenshtein distance, ignoring case.
///
/// A name is near if the distance is at most 1 plus a third of the characters of the longer name. Of
/// names at the same distance the first counts.
///
/// ```
/// use reprove_model::diagnostics::nearest;
///
/// assert_eq!(nearest("tolerence", ["tolerance", "title"]), Some("tolerance"));
/// assert_eq!(nearest("zzz", ["tolerance", "title"]), None);
/// ```
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = found.to_lowercase();
    let length = found.chars().count();
    let near = known.into_iter().filter_map(|name| {
        let distance = distance(&lower, name);
        (distance <= 1 + name.chars().count().max(length) / 3).then_some((distance, name))
    });
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The known names without repetition, the nearest to `found` first; names at the same distance stand
/// in the order of the alphabet.
pub fn by_likeness<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = found.to_lowercase();
    let mut names: Vec<(usize, &str)> = known
        .into_iter()
        .map(|name| (distance(&lower, name), name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|(_, name)| name).collect()
}

/// The edits that turn `name`, ignoring case, into `lower`.
fn distance(lower: &str, name: &str) -> usize {
    strsim::damerau_levenshtein(lower, &name.to_lowercase())
}

/// The hint that names the nearest known name, if one is near.
pub fn nearest_hint<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(found, known).map(|name| format!("the nearest is `{name}`"))
}

/// The hint that names the nearest known name, or all of `known` where none is near.
pub fn nearest_or_all<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    nearest_hint(found, known.iter().copied())
        .unwrap_or_else(|| format!("expected one of {}", backticked(known)))
}

/// The names in backticks, separated by commas.
pub fn backticked<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_names_the_nearest_or_all() {
        let known = ["batch", "epochs"];
        assert_eq!(nearest_or_all("epoch", known), "the nearest is `epochs`");
        assert_eq!(
            nearest_or_all("zzz", known),
            "expected one of `batch`, `epochs`"
        );
        assert_eq!(nearest_hint("zzz", known), None);
        assert_eq!(
            by_likeness("epoch", ["batch", "epochs", "batch"]),
            ["epochs", "batch"]
        );
    }
}
