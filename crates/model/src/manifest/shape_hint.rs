//! Suggested fixes of values of the wrong kind.

use super::environment::EXAMPLES;
use super::number_text::number_in;

/// Suggested fix of a value of the wrong kind, if known.
pub(super) fn shape_hint(path: &str, expected: &str, found: &str) -> Option<String> {
    let key = path.rsplit('.').next().unwrap_or(path);
    let text = found.strip_prefix("the text ");
    let number = found.strip_prefix("the number ");
    match (text, number) {
        (Some(text), _) => hint_of_text(path, key, expected, unquoted(text)),
        (None, Some(number)) => hint_of_number(path, key, expected, number.trim_matches('`')),
        // An unquoted `{seed}` is a mapping in YAML.
        (None, None)
            if expected == "a text" && found == "a mapping" && path.starts_with("experiment.") =>
        {
            let hint =
                "quote a placeholder, as in `\"{seed}\"`: without quotes a brace begins a mapping";
            Some(hint.to_owned())
        }
        (None, None) => hint_of_other(path, key, expected, found),
    }
}

/// A text without the quotes that messages put around it.
fn unquoted(text: &str) -> &str {
    let inner = text.strip_prefix('"').unwrap_or(text);
    inner.strip_suffix('"').unwrap_or(inner)
}

/// The hint for a text in the place of something else.
fn hint_of_text(path: &str, key: &str, expected: &str, text: &str) -> Option<String> {
    match expected {
        "a list" if path.starts_with("experiment.build[") => Some(
            "each build step is a list of its own, as in `[[make], [make, install]]`".to_owned(),
        ),
        "a list" if key == "build" => Some(format!("write `[[{}]]`", words(text))),
        "a list" if key == "run" => Some(format!(
            "write each word as an element: `[{}]`",
            words(text)
        )),
        "a list" if !text.contains([' ', ':']) => Some(format!("write `[{text}]`")),
        "a number" if key == "alpha" => percent(text).map(|share| format!("write `{share}`")),
        "a number" => hint_of_numeric_text(path, key, text),
        expected if expected.starts_with("a whole number") => {
            seeds_hint(path, text).or_else(|| whole_hint(path, text))
        }
        "`true` or `false`" => match text.to_lowercase().as_str() {
            "yes" | "y" | "on" | "true" => Some("write `true`".to_owned()),
            "no" | "n" | "off" | "false" => Some("write `false`".to_owned()),
            _ => None,
        },
        "a mapping" if key == "tolerance" => Some(tolerance_hint(text)),
        "a mapping" if path == "experiment.environment" => Some(environment_hint(text)),
        "a mapping" if path.starts_with("metrics.") => Some(
            "the source of a metric belongs under `experiment.metrics`; here stand its facts, as in `{chance: 10}`"
                .to_owned(),
        ),
        "a mapping" if path == "code" => Some(format!(
            "write `{{repository: {text}, commit: …}}`; `reprove pin` fills in the commit"
        )),
        "a mapping" if path == "hardware.reported" => Some(format!("write `{{gpu: {text}}}`")),
        "a list of two numbers" => pair_hint(text),
        _ if key == "reported" => reported_hint(text),
        _ if path.starts_with("seeds") => seeds_hint(path, text),
        expected => hint_of_kind(path, key, expected),
    }
}

/// The words of a command as elements of a list; placeholders in quotes.
fn words(text: &str) -> String {
    let text = text.trim_end_matches("\\n");
    let quoted = |word: &str| match word.contains(['{', '}', '*', '&', '#', ':', '|', '>']) {
        true => format!("\"{word}\""),
        false => word.to_owned(),
    };
    let words: Vec<String> = text.split_whitespace().map(quoted).collect();
    words.join(", ")
}

/// The hint for a text in the place of a number.
fn hint_of_numeric_text(path: &str, key: &str, text: &str) -> Option<String> {
    if key == "absolute" && percent(text).is_some() {
        return Some(format!(
            "write `relative: {text}` for a share of the reported value, or the number alone for points"
        ));
    }
    let number = number_in(text)?;
    Some(match number == text {
        true => format!("write it without quotes: `{number}`"),
        false if path.starts_with("claims[") || path.starts_with("metrics.") => {
            format!("write `{number}`, in the unit of the metric")
        }
        false => format!("write `{number}`"),
    })
}

/// The share that a percentage is.
fn percent(text: &str) -> Option<f64> {
    let number: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    Some(number / 100.0)
}

/// The hint for a text in the place of a whole number.
fn whole_hint(path: &str, text: &str) -> Option<String> {
    if path == "hardware.threads" {
        return Some("write a number, as in `threads: 4`".to_owned());
    }
    if path.ends_with(".bytes") {
        return Some("write the number of bytes, without a unit".to_owned());
    }
    if let Some(digits) = text.strip_prefix('0').filter(|rest| !rest.is_empty())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        let digits = digits.trim_start_matches('0');
        return Some(format!("write `{digits}`, without the leading zero"));
    }
    let number: String = text
        .chars()
        .filter(|c| !matches!(c, '_' | ',' | ' ' | '\''))
        .collect();
    number
        .parse::<u64>()
        .ok()
        .map(|number| format!("write `{number}`"))
}

/// The form of a tolerance that is written as a text.
fn tolerance_hint(text: &str) -> String {
    let bare = text.trim_start_matches(['±', '+', '-', '/', ' ']).trim();
    if percent(bare).is_some() {
        return format!("write `{{relative: {bare}}}`");
    }
    match (bare.parse::<f64>().is_ok(), bare) {
        (true, number) => format!("write `{{absolute: {number}}}`"),
        (false, "exact") => "write `{exact: true}`".to_owned(),
        (false, _) => "write `{absolute: 0.5}`, or `{relative: 2%}` for a share".to_owned(),
    }
}

/// The kind of environment that a text names.
fn environment_hint(text: &str) -> String {
    let name = text.rsplit('/').next().unwrap_or(text);
    match name {
        "none" | "system" | "installed" => "write `{none: true}`".to_owned(),
        "uv.lock" => format!("write `{{uv: {text}}}`"),
        "pylock.toml" => format!("write `{{pylock: {text}}}`"),
        "Cargo.lock" => format!("write `{{cargo: {text}}}`"),
        name if name.ends_with(".txt") => format!("write `{{pip: {text}}}`"),
        _ => format!("write {EXAMPLES}"),
    }
}

/// The pair that a text such as `0-100` is.
fn pair_hint(text: &str) -> Option<String> {
    let (low, high) = [" to ", "–", "..", ",", ";", "-"]
        .iter()
        .find_map(|sign| text.split_once(sign))?;
    let (low, high) = (number_in(low)?, number_in(high)?);
    Some(format!("write `[{low}, {high}]`"))
}

/// The hint for a number in the place of something else.
fn hint_of_number(path: &str, key: &str, expected: &str, number: &str) -> Option<String> {
    let value: f64 = number.parse().ok()?;
    match (expected, key) {
        ("a text", "time") => Some(format!(
            "add a unit: `{number} s`, `{number} min` or `{number} h`"
        )),
        ("a text", "memory" | "gpu_memory" | "output") => {
            Some(format!("add a unit: `{number} GiB` or `{number} MiB`"))
        }
        ("a text", _) => Some(format!("quote it: `\"{number}\"`")),
        ("a mapping", "tolerance") => Some(format!(
            "write `{{absolute: {number}}}`, or `{{relative: 2%}}` for a share"
        )),
        ("a list of two numbers", "ci95") => Some(format!(
            "write the two ends, `[mean − {number}, mean + {number}]`, as numbers"
        )),
        (_, "seeds") => Some(format!(
            "write `{{first: 1, count: {number}}}` for {number} seeds, `[{number}]` for one"
        )),
        (expected, _) if expected.starts_with("a whole number") && value.fract() == 0.0 => {
            ((0.0..1e15).contains(&value) && number.contains('.'))
                .then(|| format!("write `{value:.0}`"))
        }
        (expected, key) => hint_of_kind(path, key, expected),
    }
}

/// The hint for a list, a mapping, a truth value or nothing in the place of something else.
fn hint_of_other(path: &str, key: &str, expected: &str, found: &str) -> Option<String> {
    match (expected, found, key) {
        (_, "a list", "reported") => {
            Some("write `{values: […]}` for the values of the runs".to_owned())
        }
        ("a number", "a list", _) if path.ends_with(".reported.mean") => {
            Some("write `values: […]` for the values of the runs".to_owned())
        }
        ("a mapping", "a list", "data") => {
            Some("give each entry a name: `data: {NAME: {path: …, sha256: …}}`".to_owned())
        }
        ("a mapping", "a list", "configurations") => {
            Some("give each row a name: `configurations: {NAME: {lr: 0.1}}`".to_owned())
        }
        ("a mapping", "a list", "metrics") => {
            Some("give each metric its facts: `metrics: {NAME: {chance: 10}}`".to_owned())
        }
        ("a text", "a list", "path") => {
            Some("give each file an entry of its own, or name the folder".to_owned())
        }
        ("a text", "a list", _) if path.starts_with("experiment.environment") => {
            Some("name a file of the commit, as in `{pip: requirements.txt}`".to_owned())
        }
        ("a text", "a list", _) if path.starts_with("experiment.run[") => {
            Some("a command is one list of words; steps before it go under `build`".to_owned())
        }
        ("a list", "a mapping", "run") => {
            Some("write each word as an element: `[python3, train.py]`".to_owned())
        }
        ("a text", "nothing", _) if path.starts_with("experiment.") => {
            Some("quote it: `\"null\"`, or take the word out".to_owned())
        }
        ("a finite number, a text, `true` or `false`", "nothing", _) => {
            Some("write a value, or `\"\"` for an empty text".to_owned())
        }
        (expected, _, key) => hint_of_kind(path, key, expected),
    }
}

/// The hint that the place alone gives.
fn hint_of_kind(path: &str, key: &str, expected: &str) -> Option<String> {
    let hint = match (expected, path) {
        ("a list", "claims") => "begin each claim with `- `".to_owned(),
        ("a list", _) => "write it in brackets, as in `[a, b]`".to_owned(),
        ("a mapping", "experiment.environment") => format!("write {EXAMPLES}"),
        ("a mapping", "experiment.env") => "write it as a mapping: `env: {NAME: value}`".to_owned(),
        ("a mapping", "") => "a manifest begins with `reprove: 1`".to_owned(),
        ("a mapping", _) => format!("write keys under it, as in `{key}: {{key: value}}`"),
        _ => return None,
    };
    Some(hint)
}

/// The form of seeds that are written as a text: `1-10`, `[1..10]`, `range(10)`, `1, 2, 3`.
fn seeds_hint(path: &str, text: &str) -> Option<String> {
    if !path.starts_with("seeds") {
        return None;
    }
    if let Some(count) = text
        .strip_prefix("range(")
        .and_then(|t| t.strip_suffix(')'))
    {
        let count: u64 = count.parse().ok()?;
        return Some(format!("write `{{first: 0, count: {count}}}`"));
    }
    if path == "seeds" && text.contains(',') {
        let list: Option<Vec<u64>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
        let list: Vec<String> = list?.iter().map(u64::to_string).collect();
        return Some(format!("write `[{}]`", list.join(", ")));
    }
    let range = text.replace("..", "-");
    let (first, last) = range.trim_matches(['[', ']']).split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let count = last.checked_sub(first)?.checked_add(1)?;
    Some(format!("write `{{first: {first}, count: {count}}}`"))
}

/// The form of a reported value that is written as a text.
fn reported_hint(text: &str) -> Option<String> {
    let plain = text.replace("\\\\pm", "±").replace("$\\pm$", "±");
    let plain = plain.trim_matches(['$', ' ']);
    let plain = plain.strip_suffix('%').unwrap_or(plain).trim();
    let brackets = || plain.strip_suffix(')')?.split_once('(');
    let (mean, spread) = ["±", "+/-", "+-"]
        .iter()
        .find_map(|sign| plain.split_once(sign))
        .or_else(brackets)
        .unwrap_or((plain, ""));
    let mean = number_in(mean)?;
    Some(match number_in(spread) {
        Some(spread) => format!(
            "write `{{mean: {mean}, std: {spread}}}` if the paper says that ± is a standard deviation, `{{mean: \
             {mean}, plus_minus: {spread}}}` if it does not say"
        ),
        None => format!("write `{mean}`, in the unit of the metric"),
    })
}
