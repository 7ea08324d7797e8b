//! Identifiers out of labels.

use std::borrow::Cow;

use super::tokens::fold_into;

/// Identifiers are cut to this, in characters.
const LONGEST: usize = 40;

/// The identifier of a label: lower case, accents folded, `@` as `at`, `+` as `plus`, `%` dropped, and `-`
/// for everything else but letters, digits, `_` and `.`. Citations and `(ours)` are dropped. Empty for a
/// label without such characters.
pub(crate) fn slug(label: &str) -> String {
    let label = without_asides(label);
    let mut slug = String::with_capacity(label.len());
    let dash = |slug: &mut String| {
        if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    };
    for char in label.chars() {
        match char {
            '%' => {}
            '@' => slug.push_str("at"),
            '+' => {
                dash(&mut slug);
                slug.push_str("plus-");
            }
            'a'..='z' | '0'..='9' | '_' | '.' => slug.push(char),
            'A'..='Z' => slug.push(char.to_ascii_lowercase()),
            other if other.is_ascii() => dash(&mut slug),
            other => {
                let mut folded = String::new();
                fold_into(&mut folded, other);
                match folded.chars().all(|char| char.is_ascii_alphanumeric()) {
                    true => slug.push_str(&folded),
                    false => dash(&mut slug),
                }
            }
        }
    }
    let cut = slug
        .char_indices()
        .nth(LONGEST)
        .map_or(slug.len(), |(at, _)| at);
    slug.truncate(cut);
    let marks = ['-', '.', '_'];
    slug.truncate(slug.trim_end_matches(marks).len());
    match slug.len() - slug.trim_start_matches(marks).len() {
        0 => slug,
        leading => slug.split_off(leading),
    }
}

/// The label without `[12]` and `(ours)`.
fn without_asides(label: &str) -> Cow<'_, str> {
    if !label.contains(['[', '(']) {
        return Cow::Borrowed(label);
    }
    let mut rest = label;
    let mut kept = String::new();
    while let Some(open) = rest.find(['[', '(']) {
        let close = if rest[open..].starts_with('[') {
            ']'
        } else {
            ')'
        };
        let Some(length) = rest[open..].find(close) else {
            break;
        };
        let inner = &rest[open + 1..open + length];
        let is_citation = close == ']'
            && inner
                .chars()
                .all(|char| char.is_ascii_digit() || matches!(char, ',' | ' ' | '-' | '–' | '^'));
        let is_ours = inner.trim().eq_ignore_ascii_case("ours");
        kept.push_str(&rest[..open]);
        if !is_citation && !is_ours {
            kept.push_str(&rest[open..=open + length]);
        }
        rest = &rest[open + length + 1..];
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_identifiers() {
        for (label, id) in [
            ("Ferns-12", "ferns-12"),
            ("LarchNet (ours)", "larchnet"),
            ("OpenBlend [14]", "openblend"),
            ("Recall@10 (%)", "recallat10"),
            ("Walk+Time", "walk-plus-time"),
            ("Läufe", "laeufe"),
            ("top1_err", "top1_err"),
            ("v1.5", "v1.5"),
            ("模型", ""),
        ] {
            assert_eq!(slug(label), id, "{label}");
        }
        assert_eq!(slug(&"a".repeat(90)).len(), 40);
    }
}
