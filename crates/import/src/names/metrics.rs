//! Finds names of known metrics in labels and sentences.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

pub(crate) use super::metric_list::MetricKind;
use super::metric_list::entries;
use super::tokens::{Token, tokens};

/// The most words of a spelling.
const LONGEST_SPELLING: usize = 8;

/// Words beside a metric's name that leave it the same metric.
const QUALIFIERS: &[&str] = &[
    "test",
    "val",
    "valid",
    "validation",
    "dev",
    "train",
    "training",
    "eval",
    "mean",
    "avg",
    "average",
    "averaged",
    "overall",
    "final",
    "best",
    "median",
    "score",
    "in",
    "percent",
    "micro",
    "macro",
    "weighted",
    "pct",
    "perc",
    "std",
    "sd",
    "of",
    "the",
    "higher",
    "lower",
    "is",
    "better",
    "max",
    "min",
    "on",
    "set",
    "pp",
    "points",
    "mm",
    "db",
    "last",
    "total",
    "value",
    "and",
];

/// Spellings that are words of everyday language or of names: metrics in a label, not in a sentence.
const ONLY_IN_LABELS: &[&str] = &[
    "is",
    "ap",
    "ar",
    "em",
    "map",
    "mr",
    "hr",
    "sr",
    "cd",
    "hd",
    "per",
    "ter",
    "spec",
    "rec",
    "hit",
    "correct",
    "success",
    "corr",
    "sq",
    "rq",
    "pq",
    "l1",
    "kl",
    "hv",
    "objective",
    "returns",
    "points",
    "wins",
    "resolved",
    "coverage",
    "comet",
    "diversity",
    "novelty",
    "validity",
    "uniqueness",
    "spice",
    "meteor",
    "gdt",
    "roc",
    "precision globale",
    "r 1",
    "r l",
    "r 2",
    "cider",
    "sens",
    "rms",
    "inception",
    "hits",
    "matthews",
    "success",
    "dice",
    "purity",
    "modularity",
    "collisions",
    "forgetting",
    "losses",
    "errors",
    "hausdorff",
    "chamfer",
    "wasserstein",
    "elo",
    "regret",
    "prec",
    "err",
    "sce",
    "mos",
    "snr",
];

/// A metric that a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownMetric {
    /// The canonical name, with the cutoff that is printed: `hits@10`, `ap50`.
    pub name: String,
    /// Whether higher values are better; `None` where that depends.
    pub higher: Option<bool>,
    /// What its values are.
    pub kind: MetricKind,
    /// The bytes of the text that name it.
    pub range: Range<usize>,
}

/// What a spelling stands for.
#[derive(Clone, Copy)]
struct Spelt {
    name: &'static str,
    higher: bool,
    kind: MetricKind,
}

static SPELLINGS: LazyLock<HashMap<String, Spelt>> = LazyLock::new(|| {
    let mut spellings = HashMap::new();
    for entry in entries() {
        let spelt = Spelt {
            name: entry.name,
            higher: entry.higher,
            kind: entry.kind,
        };
        let name: Vec<String> = tokens(entry.name)
            .into_iter()
            .map(|token| token.word)
            .collect();
        let others = entry.spellings.into_iter().map(str::to_owned);
        for spelling in std::iter::once(name.join(" ")).chain(others) {
            spellings.entry(spelling).or_insert(spelt);
        }
    }
    spellings
});

/// The metric that a label names: the last one that is not vague, else the last one.
pub(crate) fn metric_in(label: &str) -> Option<KnownMetric> {
    let all = all_in(label, true);
    let clear = all
        .iter()
        .rev()
        .find(|metric| metric.kind != MetricKind::Vague);
    clear.or(all.last()).cloned()
}

/// The metrics that a sentence names, in its order.
pub(crate) fn metrics_in(text: &str) -> Vec<KnownMetric> {
    all_in(text, false)
}

/// The metric that a label consists of, beside qualifiers, units and arrows; `None` where it says more.
pub(crate) fn whole_metric(label: &str) -> Option<KnownMetric> {
    let metric = metric_in(label)?;
    let rest = tokens(label).into_iter().filter(|token| {
        token.range.end <= metric.range.start || token.range.start >= metric.range.end
    });
    let fits = rest.into_iter().all(|token| {
        QUALIFIERS.contains(&token.word.as_str())
            || token.word.bytes().all(|byte| byte.is_ascii_digit())
    });
    fits.then_some(metric)
}

fn all_in(text: &str, is_label: bool) -> Vec<KnownMetric> {
    let tokens = split(tokens(text));
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match longest(&tokens[at..], text, is_label) {
            Some((metric, length)) => {
                found.push(metric);
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

/// The longest spelling that the words begin with, and its number of words.
fn longest(words: &[Token], text: &str, is_label: bool) -> Option<(KnownMetric, usize)> {
    for length in (1..=words.len().min(LONGEST_SPELLING)).rev() {
        let joined = words[..length]
            .iter()
            .map(|token| token.word.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        let range = words[0].range.start..words[length - 1].range.end;
        if !is_label
            && ONLY_IN_LABELS.contains(&joined.as_str())
            && !is_capitals(&text[range.clone()])
        {
            continue;
        }
        let known = match SPELLINGS.get(&joined) {
            Some(spelt) => Some((spelt.name.to_owned(), *spelt)),
            None if length == 1 => with_cutoff(&joined),
            None => None,
        };
        if let Some((name, spelt)) = known {
            let metric = KnownMetric {
                name,
                higher: Some(spelt.higher),
                kind: spelt.kind,
                range,
            };
            return Some((metric, length));
        }
    }
    None
}

/// Whether the text is an abbreviation: at least two capitals and no other letter, or `mAP`.
fn is_capitals(text: &str) -> bool {
    if text == "mAP" {
        return true;
    }
    let letters = text.chars().filter(|char| char.is_alphabetic());
    letters.clone().count() >= 2
        && letters.into_iter().all(char::is_uppercase)
        && text != "IS"
        && text != "PER"
}

/// `hits@10`, `ndcg@5`, `ap50`, `map50`: a name with a cutoff.
fn with_cutoff(word: &str) -> Option<(String, Spelt)> {
    let stem = match word.split_once('@') {
        Some((stem, _)) => stem,
        None => {
            let stem = word.trim_end_matches(|char: char| char.is_ascii_digit());
            let takes_digits = [
                "ap", "map", "ar", "hits", "ndcg", "recall", "hd", "bleu", "iou", "fpr", "auc",
                "miou", "mrr",
            ];
            if !takes_digits.contains(&stem) || stem.len() == word.len() {
                return None;
            }
            stem
        }
    };
    let stem = match stem {
        "r" => "recall",
        "p" | "prec" => "precision",
        "h" => "hits",
        "pass" | "maj" | "cons" | "avg" => "pass@k",
        other => other,
    };
    let spelt = SPELLINGS.get(stem)?;
    Some((word.to_owned(), *spelt))
}

/// Words with a metric glued to its qualifier are parted: `valacc`, `testloss`.
fn split(words: Vec<Token>) -> Vec<Token> {
    words
        .into_iter()
        .flat_map(|token| {
            let glued = ["test", "val", "valid", "train", "dev", "mean", "avg"]
                .into_iter()
                .find(|prefix| {
                    token.word.strip_prefix(prefix).is_some_and(|rest| {
                        ["acc", "accuracy", "loss", "f1", "auc", "error", "err"].contains(&rest)
                    })
                });
            match glued {
                Some(prefix) if token.range.len() == token.word.len() => {
                    let middle = token.range.start + prefix.len();
                    vec![
                        Token {
                            word: prefix.to_owned(),
                            range: token.range.start..middle,
                        },
                        Token {
                            word: token.word[prefix.len()..].to_owned(),
                            range: middle..token.range.end,
                        },
                    ]
                }
                Some(_) | None => vec![token],
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(label: &str) -> Option<String> {
        metric_in(label).map(|metric| metric.name)
    }

    #[test]
    fn labels_name_metrics() {
        for (label, metric) in [
            ("Test acc.", "accuracy"),
            ("val_acc", "accuracy"),
            ("top1_err", "top-1 error"),
            ("Edge-F1", "f1"),
            ("HD95 (mm) ↓", "hd95"),
            ("Hits@10", "hits@10"),
            ("mAP50-95", "map50"),
            ("Word error rate", "wer"),
            ("Genauigkeit (%)", "accuracy"),
            ("Mean squared error", "mse"),
            ("R²", "r2"),
        ] {
            assert_eq!(name(label).as_deref(), Some(metric), "{label}");
        }
        for label in ["Ferns-12", "Papers", "1-shot", "Clean ↑", "Method"] {
            assert_eq!(name(label), None, "{label}");
        }
    }

    #[test]
    fn sentences_name_metrics_by_their_words() {
        let names = |text: &str| -> Vec<String> {
            metrics_in(text)
                .into_iter()
                .map(|metric| metric.name)
                .collect()
        };
        assert_eq!(names("Mean absolute error in kelvin."), ["mae"]);
        assert_eq!(names("The map is per city"), [""; 0]);
        assert_eq!(names("Box AP. One run each."), ["box ap"]);
    }

    #[test]
    fn a_whole_label_is_a_metric_only_without_other_words() {
        assert!(whole_metric("Accuracy (%)").is_some());
        assert!(whole_metric("Test RMSE ↓").is_some());
        assert!(whole_metric("Accuracy of birds").is_none());
    }
}
