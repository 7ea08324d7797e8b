//! What the header of a column says about its role.

use super::column_words::{COST_UNITS, LABELS, METRIC_NAMES, RUNS, SETUP_NAMES, SETUP_WORDS};
use crate::names::{MetricKind, metric_in, tokens};
use crate::words::{SpreadWord, clauses};

/// What a column is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedRole {
    /// The spread of a value.
    Spread(Option<SpreadWord>),
    /// The number of runs.
    Runs,
    /// The lower end of an interval.
    Low(SpreadWord),
    /// The upper end of an interval.
    High(SpreadWord),
    /// The interval.
    Interval(SpreadWord),
    /// A p-value.
    PValue,
    /// A minimum, maximum and the like, beside a mean.
    Companion,
    /// A difference to another row.
    Difference,
    /// The index of a run: a seed, a fold.
    RunIndex,
    /// One run of several: `seed 1`, `s0`.
    OneRun,
    /// Names of metrics.
    MetricNames,
    /// Names of data sets or of methods.
    Labels,
    /// A setting, a cost, a link: no result.
    Setup,
    /// The best over the epochs of a run.
    BestOverEpochs,
}

/// The role that a header's path names, the last label counting most.
pub(crate) fn named_role(path: &[String]) -> Option<NamedRole> {
    let last = path.last()?;
    let words = tokens(last);
    let words: Vec<&str> = words.iter().map(|token| token.word.as_str()).collect();
    let name = words.join(" ");
    let is_key = |start: &str| last.starts_with(start) || last.contains(&format!("/{start}"));
    if is_key("best/") || is_key("best_") || is_key("best.") {
        return Some(NamedRole::BestOverEpochs);
    }
    if let Some(role) = spread_role(last, &words, &name) {
        return Some(role);
    }
    if let Some(role) = run_role(&words, &name) {
        return Some(role);
    }
    if METRIC_NAMES.contains(name.as_str()) {
        return Some(NamedRole::MetricNames);
    }
    if is_difference(last, &words) {
        return Some(NamedRole::Difference);
    }
    if is_companion(&name) {
        return Some(NamedRole::Companion);
    }
    if is_setup(last, &words, &name) {
        return Some(NamedRole::Setup);
    }
    LABELS.contains(name.as_str()).then_some(NamedRole::Labels)
}

/// Whether a label names a setting or a cost.
pub(crate) fn is_setup_label(label: &str) -> bool {
    let words = tokens(label);
    let words: Vec<&str> = words.iter().map(|token| token.word.as_str()).collect();
    is_setup(label, &words, &words.join(" "))
}

/// Whether a label names a p-value.
pub(crate) fn is_p_value(label: &str) -> bool {
    let name: Vec<String> = tokens(label).into_iter().map(|token| token.word).collect();
    let name = name.join(" ");
    [
        "p",
        "p value",
        "pvalue",
        "p val",
        "pval",
        "p values",
        "sig",
        "significance",
        "q value",
        "adjusted p",
        "p adj",
    ]
    .contains(&name.as_str())
        || name.starts_with("p value")
        || name.ends_with(" p value")
}

/// The word for a spread that a label consists of: `Std`, `Stderr`, `95% CI`.
pub(crate) fn spread_name(label: &str) -> Option<Option<SpreadWord>> {
    let words = tokens(label);
    let words: Vec<&str> = words.iter().map(|token| token.word.as_str()).collect();
    let role = spread_role(label, &words, &words.join(" "))?;
    if let NamedRole::Spread(word) = role {
        return Some(word);
    }
    None
}

fn spread_role(label: &str, words: &[&str], name: &str) -> Option<NamedRole> {
    use SpreadWord::{Deviation, Error, Interval95, Quartiles};
    let trimmed = label.trim();
    if matches!(trimmed, "±" | "+/-" | "+-") || name == "pm" {
        return Some(NamedRole::Spread(None));
    }
    let kind_of_ends = ends_of_interval(name, words);
    if kind_of_ends.is_some() {
        return kind_of_ends;
    }
    if is_p_value(label) {
        return Some(NamedRole::PValue);
    }
    let last = *words.last()?;
    let first = *words.first()?;
    let deviation = [
        "std",
        "sd",
        "stdev",
        "stddev",
        "stds",
        "σ",
        "sigma",
        "standardabweichung",
        "stdabw",
        "deviation",
        "ecarttype",
    ];
    let error = ["stderr", "sem", "se", "ste", "standardfehler", "serr"];
    let has_metric = metric_in(label).is_some_and(|metric| metric.kind != MetricKind::Vague);
    let is_alone = words.len() <= 3;
    if deviation.contains(&last)
        || (deviation.contains(&first) && is_alone)
        || name.ends_with("std dev")
        || name.ends_with("standard deviation")
        || name.ends_with("ecart type")
        || name.starts_with("standard deviation")
    {
        return Some(NamedRole::Spread(Some(Deviation)));
    }
    if error.contains(&last)
        || (error.contains(&first) && is_alone)
        || name.ends_with("std err")
        || name.ends_with("std error")
        || name.ends_with("standard error")
        || name.starts_with("standard error")
        || words.contains(&"stderr")
    {
        return Some(NamedRole::Spread(Some(Error)));
    }
    if name == "iqr" || name == "interquartile range" {
        return Some(NamedRole::Spread(Some(Quartiles)));
    }
    let is_interval = matches!(last, "ci" | "ci95" | "interval") && !has_metric;
    if is_interval || name == "ci 95" || name == "95 ci" {
        let word = match clauses(label)[0].spreads.first() {
            Some((word, _)) => *word,
            None if name.contains("95") => Interval95,
            None => SpreadWord::Other,
        };
        return Some(NamedRole::Interval(word));
    }
    None
}

/// The ends of an interval, in columns of their own.
fn ends_of_interval(name: &str, words: &[&str]) -> Option<NamedRole> {
    use SpreadWord::{Interval95, Other, Quartiles};
    let kind = if name.contains("95") || name.contains("97 5") || name.starts_with("2 5") {
        Interval95
    } else {
        Other
    };
    let last = *words.last()?;
    match name {
        "q1" | "25" | "p25" | "lower quartile" | "25th percentile" => {
            return Some(NamedRole::Low(Quartiles));
        }
        "q3" | "75" | "p75" | "upper quartile" | "75th percentile" => {
            return Some(NamedRole::High(Quartiles));
        }
        "2 5" | "low" | "lower" | "lo" | "lb" | "lower bound" | "lcl" => {
            return Some(NamedRole::Low(kind));
        }
        "97 5" | "high" | "upper" | "hi" | "ub" | "upper bound" | "ucl" => {
            return Some(NamedRole::High(kind));
        }
        _ => {}
    }
    let has_ci = words
        .iter()
        .any(|word| word.starts_with("ci") || *word == "95");
    match last {
        "low" | "lower" | "lo" if has_ci => Some(NamedRole::Low(kind)),
        "high" | "upper" | "hi" if has_ci => Some(NamedRole::High(kind)),
        _ => None,
    }
}

fn run_role(words: &[&str], name: &str) -> Option<NamedRole> {
    if RUNS.contains(name) {
        return Some(NamedRole::Runs);
    }
    if [
        "seed",
        "run",
        "trial",
        "fold",
        "random seed",
        "replicate",
        "run id",
        "seed id",
        "cv fold",
        "graine",
        "lauf",
        "repeat",
        "rep",
    ]
    .contains(&name)
    {
        return Some(NamedRole::RunIndex);
    }
    let index = match words {
        [word, number]
            if [
                "seed", "run", "trial", "fold", "split", "rep", "repeat", "lauf",
            ]
            .contains(word) =>
        {
            number
        }
        [word] => word.trim_start_matches(|char: char| char.is_ascii_alphabetic()),
        _ => return None,
    };
    let stem = words[0].trim_end_matches(|char: char| char.is_ascii_digit());
    let is_one = [
        "seed", "run", "trial", "fold", "s", "r", "rep", "split", "lauf",
    ]
    .contains(&stem);
    let is_number = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    (is_one && is_number).then_some(NamedRole::OneRun)
}

fn is_difference(label: &str, words: &[&str]) -> bool {
    let first = words.first().copied().unwrap_or_default();
    let name = words.join(" ");
    label.trim_start().starts_with(['Δ', '∆'])
        || [
            "delta",
            "gain",
            "diff",
            "difference",
            "improvement",
            "change",
            "δ",
            "gains",
            "increase",
            "abs gain",
            "rel gain",
            "impr",
        ]
        .contains(&name.as_str())
        || (first == "delta" && words.len() <= 3)
}

fn is_companion(name: &str) -> bool {
    [
        "min",
        "max",
        "minimum",
        "maximum",
        "best",
        "worst",
        "range",
        "median",
        "med",
        "best run",
        "worst run",
        "peak",
    ]
    .contains(&name)
}

fn is_setup(label: &str, words: &[&str], name: &str) -> bool {
    let lower = label.to_lowercase();
    if label.trim_start().starts_with('#') {
        return true;
    }
    if metric_in(label).is_some_and(|metric| metric.kind != MetricKind::Vague) {
        return words.iter().any(|word| {
            [
                "time", "latency", "params", "flops", "epochs", "epoch", "seconds",
            ]
            .contains(word)
        }) || name == "mean rank";
    }
    SETUP_NAMES.contains(name)
        || words.iter().any(|word| SETUP_WORDS.contains(*word))
        || COST_UNITS.iter().any(|unit| lower.ends_with(unit))
        || ["(M)", "(G)", "(B)", "[M]", "[G]"]
            .iter()
            .any(|unit| label.trim_end().ends_with(unit))
        || ["/iter", "/img", "/im)", "/s)", "/sec"]
            .iter()
            .any(|unit| lower.contains(unit))
        || is_duration_per(&lower)
}

/// Whether a label has a duration per something: `s/it`, `(ms/step)`; `metrics/loss` has none.
fn is_duration_per(lower: &str) -> bool {
    lower.match_indices("s/").any(|(at, _)| {
        let before = lower[..at].strip_suffix('m').unwrap_or(&lower[..at]);
        !before.ends_with(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str) -> Option<NamedRole> {
        named_role(&[name.to_owned()])
    }

    #[test]
    fn columns_are_told_apart_by_their_names() {
        let deviation = NamedRole::Spread(Some(SpreadWord::Deviation));
        for (name, expected) in [
            ("Std", Some(deviation)),
            ("acc_std", Some(deviation)),
            ("Stderr", Some(NamedRole::Spread(Some(SpreadWord::Error)))),
            ("±", Some(NamedRole::Spread(None))),
            ("95% CI", Some(NamedRole::Interval(SpreadWord::Interval95))),
            ("Runs", Some(NamedRole::Runs)),
            ("# seeds", Some(NamedRole::Runs)),
            ("p", Some(NamedRole::PValue)),
            ("Δ", Some(NamedRole::Difference)),
            ("seed", Some(NamedRole::RunIndex)),
            ("Seed 3", Some(NamedRole::OneRun)),
            ("s0", Some(NamedRole::OneRun)),
            ("Params (M)", Some(NamedRole::Setup)),
            ("train time (s/iter)", Some(NamedRole::Setup)),
            ("GFLOPs", Some(NamedRole::Setup)),
            ("Metric", Some(NamedRole::MetricNames)),
            ("Dataset", Some(NamedRole::Labels)),
            ("Max", Some(NamedRole::Companion)),
            ("Likes", Some(NamedRole::Setup)),
            ("latency s/it", Some(NamedRole::Setup)),
            ("metrics/foo", None),
            ("Accuracy", None),
            ("Ferns-12", None),
            ("1-shot", None),
            ("top1_err", None),
            ("HD95 (mm) ↓ [95% CI]", None),
            ("Dice [95% CI]", None),
        ] {
            assert_eq!(role(name), expected, "{name}");
        }
    }
}
