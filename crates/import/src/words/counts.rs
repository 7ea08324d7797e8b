//! Numbers of runs, folds and episodes.

use std::ops::Range;

use regex::Captures;

use super::patterns::PATTERNS;

/// What a count counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CountUnit {
    /// Runs with seeds of their own.
    Run,
    /// Folds of a cross-validation.
    Fold,
    /// Episodes of a trained model.
    Episode,
}

/// A count, and the bytes of the text that say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    /// The number.
    pub number: u32,
    /// What is counted.
    pub unit: CountUnit,
    /// The bytes of the text.
    pub range: Range<usize>,
}

/// The best of how many, where a clause says so.
pub(crate) fn best_of(text: &str) -> Option<Count> {
    let found = PATTERNS.best.captures(text)?;
    Some(Count {
        number: number(&found["n"])?,
        unit: CountUnit::Run,
        range: found.get(0)?.range(),
    })
}

/// The counts that a clause says, without those of a best-of.
pub(crate) fn counts(text: &str, best: Option<&Count>) -> Vec<Count> {
    let mut counts = Vec::new();
    let mut push = |found: &Captures<'_>, group: &str, unit: CountUnit| {
        let (Some(whole), Some(digits)) = (found.get(0), found.name(group)) else {
            return;
        };
        let before = text[..digits.start()].chars().next_back();
        let is_part = before.is_some_and(|char| matches!(char, '.' | ',' | '-' | '–' | '@' | '/'));
        let in_best = best
            .is_some_and(|best| whole.start() < best.range.end && best.range.start < whole.end());
        if let (false, false, Some(number)) = (is_part, in_best, number(digits.as_str())) {
            counts.push(Count {
                number,
                unit,
                range: whole.range(),
            });
        }
    };
    for found in PATTERNS.runs.captures_iter(text) {
        push(&found, "n", CountUnit::Run);
    }
    for found in PATTERNS.hyphenated.captures_iter(text) {
        push(&found, "n", CountUnit::Run);
    }
    for found in PATTERNS.times.captures_iter(text) {
        push(&found, "n", CountUnit::Run);
    }
    for found in PATTERNS.folds.captures_iter(text) {
        for group in ["n", "m", "k"] {
            push(&found, group, CountUnit::Fold);
        }
    }
    for found in PATTERNS.episodes.captures_iter(text) {
        push(&found, "n", CountUnit::Episode);
    }
    counts.extend(seeds(text));
    counts
}

/// `seeds 0-4` and `seeds 1, 2, 3`.
fn seeds(text: &str) -> Option<Count> {
    if let Some(found) = PATTERNS.seed_range.captures(text) {
        let (first, last): (u32, u32) = (found["a"].parse().ok()?, found["b"].parse().ok()?);
        let number = last.checked_sub(first)?.checked_add(1)?;
        return (number <= 1000).then(|| Count {
            number,
            unit: CountUnit::Run,
            range: found.get(0).map_or(0..0, |whole| whole.range()),
        });
    }
    let found = PATTERNS.seed_list.captures(text)?;
    let list = found.name("list")?;
    let items = list
        .as_str()
        .split(|char: char| !char.is_ascii_digit())
        .filter(|item| !item.is_empty());
    Some(Count {
        number: u32::try_from(items.count()).ok()?,
        unit: CountUnit::Run,
        range: found.get(0)?.range(),
    })
}

/// A number in digits or letters.
fn number(text: &str) -> Option<u32> {
    const WORDS: &[(&str, u32)] = &[
        ("single", 1),
        ("one", 1),
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("six", 6),
        ("seven", 7),
        ("eight", 8),
        ("nine", 9),
        ("ten", 10),
        ("eleven", 11),
        ("twelve", 12),
        ("fifteen", 15),
        ("twenty", 20),
        ("thirty", 30),
        ("fifty", 50),
        ("hundred", 100),
    ];
    let lower = text.to_lowercase();
    let word = WORDS.iter().find(|(word, _)| *word == lower);
    let digits: String = lower.chars().filter(char::is_ascii_digit).collect();
    word.map(|(_, number)| *number)
        .or_else(|| digits.parse().ok())
        .filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<(u32, CountUnit)> {
        let best = best_of(text);
        counts(text, best.as_ref())
            .into_iter()
            .map(|count| (count.number, count.unit))
            .collect()
    }

    #[test]
    fn runs_folds_and_episodes_are_counted() {
        for (text, number, unit) in [
            ("averaged over 3 seeds", 3, CountUnit::Run),
            ("mean of five independent runs", 5, CountUnit::Run),
            ("10 random train/test splits", 10, CountUnit::Run),
            ("10-fold cross-validation", 10, CountUnit::Fold),
            ("over 5 folds", 5, CountUnit::Fold),
            ("over 600 test episodes", 600, CountUnit::Episode),
            ("we report single runs", 1, CountUnit::Run),
            ("one run per game", 1, CountUnit::Run),
            ("repeated 7 times", 7, CountUnit::Run),
            ("with seeds 0-4", 5, CountUnit::Run),
            ("seeds 1, 2 and 3", 3, CountUnit::Run),
            ("a 5-seed average", 5, CountUnit::Run),
        ] {
            assert_eq!(said(text), [(number, unit)], "{text}");
        }
        for text in [
            "2.5 times the batch",
            "50M frames",
            "the 2-fold increase",
            "5-shot",
            "3 layers",
        ] {
            assert_eq!(said(text), [], "{text}");
        }
    }

    #[test]
    fn the_best_of_several_is_no_mean() {
        let best = best_of("Test accuracy, best of 5 runs.").unwrap();
        assert_eq!(best.number, 5);
        assert_eq!(said("Test accuracy, best of 5 runs."), []);
        assert!(best_of("the maximum over three seeds").is_some());
        assert_eq!(best_of("best in bold"), None);
    }
}
