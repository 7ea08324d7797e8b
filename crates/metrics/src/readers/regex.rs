//! Numbers out of any text, by a regular expression.

use regex::{Match, Regex, RegexBuilder};

use reprove_model::escape::printable;
use reprove_model::manifest::{RegexSource, RegexText, Take};

use crate::collect::Collected;
use crate::error::MetricError;
use crate::number;
use crate::open::{self, Outputs};
use crate::readers::MetricReader;
use crate::value::{MetricValue, Provenance, Readings};

/// The largest program that a pattern may compile to, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// Compiles a pattern and checks that it has a group to read.
fn compiled(pattern: &str) -> Result<Regex, MetricError> {
    let built = RegexBuilder::new(pattern)
        .size_limit(LARGEST_PATTERN)
        .build();
    let regex = built.map_err(|error| {
        let text = error.to_string();
        let last = text
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        MetricError::Source(format!("pattern `{pattern}`: {last}"))
    })?;
    if regex.captures_len() < 2 {
        return Err(MetricError::Source(format!(
            "pattern `{pattern}`: expected a group around the number, found none"
        )));
    }
    Ok(regex)
}

impl MetricReader for RegexSource {
    fn name(&self) -> String {
        open::text_name(&self.text)
    }

    fn files(&self, _: &Outputs<'_>) -> Result<Vec<String>, MetricError> {
        Ok(match &self.text {
            RegexText::Stdout | RegexText::Stderr => Vec::new(),
            RegexText::File(_) => vec![self.name()],
        })
    }

    fn read(
        &self,
        take: &Take,
        metric: Option<&str>,
        outputs: &Outputs<'_>,
    ) -> Result<Readings, MetricError> {
        read(self, take, metric, outputs)
    }
}

/// Reads what a pattern matches, line by line.
fn read(
    source: &RegexSource,
    take: &Take,
    name: Option<&str>,
    outputs: &Outputs<'_>,
) -> Result<Readings, MetricError> {
    let file = source.name();
    let file = file.as_str();
    let regex = compiled(&source.pattern)?;
    let groups = groups(&regex, name, take);
    if groups.is_empty() {
        let reason = match name {
            Some(_) => "expected a group around the number beside the one that is looked at",
            None => "expected groups with names, because the metrics have none (`(?<accuracy>…)`)",
        };
        return Err(MetricError::Source(format!(
            "pattern `{}`: {reason}",
            source.pattern
        )));
    }
    let mut collected = Collected::new(file, take);
    open::lines(open::text(&source.text, outputs)?, file, |line, text| {
        for part in text.split('\r') {
            for captures in regex.captures_iter(part) {
                let of = |key: &str| Some(captures.name(key)?.as_str().to_owned());
                if !collected.looks_at(of) {
                    continue;
                }
                for (index, group) in &groups {
                    if let Some(number) = captures.get(*index) {
                        collected.offer(group, found(file, line, part, number)?)?;
                    }
                }
            }
        }
        Ok(())
    })?;
    if collected.metrics.is_empty() {
        return Err(match collected.passed.is_empty() {
            false => collected.nothing(&source.pattern),
            true => MetricError::NoMatch {
                file: file.to_owned(),
                pattern: source.pattern.clone(),
            },
        });
    }
    collected.finish(None)
}

/// The number that a group matched in `part` of a line, with the percent sign that may follow it.
fn found(file: &str, line: u64, part: &str, number: Match) -> Result<MetricValue, MetricError> {
    let sign = if part[number.end()..].starts_with('%') {
        "%"
    } else {
        ""
    };
    let Some((value, unit)) = number::parse(&format!("{}{sign}", number.as_str())) else {
        let reason = format!("`{}` is no number", printable(number.as_str(), 60));
        let file = file.to_owned();
        return Err(MetricError::Malformed { file, line, reason });
    };
    let (file, line, text) = (file.to_owned(), Some(line), printable(part, 200));
    let provenance = Provenance { file, line, text };
    Ok(MetricValue {
        value,
        unit,
        provenance,
    })
}

/// The groups to read and the metrics that they are: the one with the metric's name, else the
/// first that `take` does not look at; without a metric's name, every group that has a name.
fn groups(regex: &Regex, name: Option<&str>, take: &Take) -> Vec<(usize, String)> {
    let named = || {
        regex
            .capture_names()
            .enumerate()
            .filter_map(|(index, group)| Some((index, group?)))
    };
    match name {
        Some(name) => {
            let is_key = |group: Option<&str>| match take {
                Take::Where { key, .. } => group == Some(key),
                Take::Only
                | Take::First
                | Take::Last
                | Take::Max
                | Take::Min
                | Take::Best
                | Take::All
                | Take::At(_) => false,
            };
            let own = named().find(|(_, group)| *group == name);
            let index = own.map(|(index, _)| index).or_else(|| {
                let mut groups = regex.capture_names().enumerate().skip(1);
                groups
                    .find(|(_, group)| !is_key(*group))
                    .map(|(index, _)| index)
            });
            let index = index.into_iter();
            index.map(|index| (index, name.to_owned())).collect()
        }
        None => named()
            .map(|(index, group)| (index, group.to_owned()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::compiled;
    use crate::testing::{one, reading, readings};
    use reprove_model::record::NumberUnit;

    const TEXT: &str = "start\nepoch 1 acc=0.1\repoch 2 acc=0.2\nepoch 3 acc=93.5% loss=nan\nepoch 4 acc=0.4 loss=1\n";

    #[test]
    fn patterns() {
        for (take, value) in [("first", 0.1), ("last", 0.4), ("max", 93.5)] {
            assert_eq!(
                one(
                    TEXT,
                    &format!("{{acc: {{regex: {{pattern: 'acc=([0-9.]+)', take: {take}}}}}}}")
                ),
                value,
                "{take}"
            );
        }
        assert_eq!(
            reading(TEXT, "{a: {regex: {pattern: 'acc=([0-9.]+)', take: all}}}").unwrap()[0]
                .1
                .len(),
            4
        );
        let named = reading(
            TEXT,
            "{regex: {pattern: 'acc=(?<acc>[0-9.]+)%? loss=(?<loss>\\S+)', take: first}}",
        )
        .unwrap();
        assert!(named[0].1[0] == 93.5 && named[1].1[0].is_nan());
        assert_eq!(
            one(
                TEXT,
                "{a: {regex: {pattern: 'epoch (?<epoch>\\d+) acc=(?<a>[0-9.]+)', take: {epoch: 2}}}}"
            ),
            0.2
        );
        let step = "{pattern: 'epoch (?<epoch>\\d+) acc=([0-9.]+)', take: {epoch: 4}}";
        assert_eq!(one(TEXT, &format!("{{acc: {{regex: {step}}}}}")), 0.4);
        assert_eq!(
            reading(
                TEXT,
                "{a: {regex: {pattern: 'epoch (?<epoch>\\d+) acc=([0-9.]+)', take: {epoch: 9}}}}"
            )
            .unwrap_err(),
            "stdout: no record with `9` under `epoch`, found `1`, `2`, `3`, `4`"
        );
        for (pattern, error) in [
            ("f1=([0-9.]+)", "`a`: stdout: no match of `f1=([0-9.]+)`"),
            ("(epoch)", "stdout:2: `epoch` is no number"),
        ] {
            assert_eq!(
                reading(TEXT, &format!("{{a: {{regex: {{pattern: '{pattern}'}}}}}}")).unwrap_err(),
                error
            );
        }
    }

    #[test]
    fn a_pattern_that_gives_no_number_is_refused() {
        for (pattern, words) in [
            (
                "acc=",
                "pattern `acc=`: expected a group around the number, found none",
            ),
            ("(", "pattern `(`: unclosed group"),
        ] {
            let error = compiled(pattern).unwrap_err().to_string();
            assert_eq!(error, format!("metric source: {words}"));
        }
    }

    #[test]
    fn a_percent_sign_behind_the_group_counts() {
        let text = "x\nacc: \u{1b}[1m94.2%\u{1b}[0m\n";
        let last = |pattern: &str| {
            let yaml = format!("{{acc: {{regex: {{pattern: '{pattern}'}}}}}}");
            readings(text, &yaml).unwrap()["acc"][0].clone()
        };
        let found = last("([0-9.]+)");
        assert_ne!(
            (found.value, found.unit),
            (94.2, NumberUnit::Percent),
            "the last match is another number"
        );
        let found = last("([0-9.]+)%");
        assert_eq!(
            (found.value, found.unit, found.provenance.line),
            (94.2, NumberUnit::Percent, Some(2))
        );
        assert_eq!(found.provenance.text, "acc: \\u{1b}[1m94.2%\\u{1b}[0m");
    }
}
