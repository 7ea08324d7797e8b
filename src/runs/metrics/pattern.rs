//! Numbers out of any text, by a regular expression.

use regex::{Regex, RegexBuilder};

use super::records::chosen;
use super::{
    Collected, Error, Found, Origin, Outputs, Readings, RegexSource, number, open, printable,
};

/// The largest program that a pattern may compile to, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// Compiles a pattern and checks that it has a group to read.
fn compiled(pattern: &str) -> Result<Regex, Error> {
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
        Error::Source(format!("pattern `{pattern}`: {last}"))
    })?;
    if regex.captures_len() < 2 {
        return Err(Error::Source(format!(
            "pattern `{pattern}`: expected a group around the number, found none"
        )));
    }
    Ok(regex)
}

/// Reads what a pattern matches, line by line.
pub(super) fn read(
    source: &RegexSource,
    name: Option<&str>,
    outputs: &Outputs,
) -> Result<Readings, Error> {
    let file = source.file.as_str();
    let regex = compiled(&source.pattern)?;
    let groups = groups(&regex, name);
    if groups.is_empty() {
        let reason = "expected groups with names, because the metrics have none (`(?<accuracy>…)`)";
        return Err(Error::Source(format!(
            "pattern `{}`: {reason}",
            source.pattern
        )));
    }
    let mut collected = Collected::new(file, &source.take);
    open::lines(file, outputs, |line, text| {
        for part in text.split('\r') {
            for captures in regex.captures_iter(part) {
                let of = |key: &str| Some(captures.name(key)?.as_str().to_owned());
                if !chosen(&source.take, of) {
                    continue;
                }
                for (index, group) in &groups {
                    let Some(text) = captures.get(*index) else {
                        continue;
                    };
                    let after = part[text.end()..].starts_with('%');
                    let written = if after {
                        format!("{}%", text.as_str())
                    } else {
                        text.as_str().to_owned()
                    };
                    let Some((value, unit)) = number::parse(&written) else {
                        let reason = format!("`{}` is no number", printable(text.as_str(), 60));
                        return Err(Error::Malformed {
                            file: file.to_owned(),
                            line,
                            reason,
                        });
                    };
                    let origin = Origin {
                        file: file.to_owned(),
                        line: Some(line),
                        text: printable(part, 200),
                    };
                    collected.offer(
                        group,
                        Found {
                            value,
                            unit,
                            origin,
                        },
                    )?;
                }
            }
        }
        Ok(())
    })?;
    if collected.metrics.is_empty() {
        return Err(Error::Absent {
            file: file.to_owned(),
            what: format!("match of `{}`", source.pattern),
            known: vec![],
        });
    }
    collected.finish(None)
}

/// The groups to read and the metrics that they are: the one with the metric's name, else the
/// first; without a metric's name, every group that has a name.
fn groups(regex: &Regex, name: Option<&str>) -> Vec<(usize, String)> {
    let named = || {
        regex
            .capture_names()
            .enumerate()
            .filter_map(|(index, group)| Some((index, group?)))
    };
    match name {
        Some(name) => {
            let index = named()
                .find(|(_, group)| *group == name)
                .map_or(1, |(index, _)| index);
            vec![(index, name.to_owned())]
        }
        None => named()
            .map(|(index, group)| (index, group.to_owned()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{one, reading};
    use super::super::{Metrics, Unit, read};

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
        for (pattern, error) in [
            ("f1=([0-9.]+)", "stdout: no match of `f1=([0-9.]+)`"),
            (
                "acc=",
                "metric source: pattern `acc=`: expected a group around the number, found none",
            ),
            ("(", "metric source: pattern `(`: unclosed group"),
            ("(epoch)", "stdout:2: `epoch` is no number"),
        ] {
            assert_eq!(
                reading(TEXT, &format!("{{a: {{regex: {{pattern: '{pattern}'}}}}}}")).unwrap_err(),
                error
            );
        }
    }

    #[test]
    fn a_percent_sign_behind_the_group_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "x\nacc: \u{1b}[1m94.2%\u{1b}[0m\n").unwrap();
        let outputs = super::Outputs {
            folder: folder.path(),
            stdout: &path,
            stderr: &path,
        };
        let metrics: Metrics =
            serde_yaml::from_str("{acc: {regex: {pattern: '([0-9.]+)'}}}").unwrap();
        let found = &read(&metrics, &outputs).unwrap()["acc"][0];
        assert_ne!(
            (found.value, found.unit),
            (94.2, Unit::Percent),
            "the last match is another number"
        );
        let metrics: Metrics =
            serde_yaml::from_str("{acc: {regex: {pattern: '([0-9.]+)%'}}}").unwrap();
        let found = &read(&metrics, &outputs).unwrap()["acc"][0];
        assert_eq!(
            (found.value, found.unit, found.origin.line),
            (94.2, Unit::Percent, Some(2))
        );
        assert_eq!(found.origin.text, "acc: \\u{1b}[1m94.2%\\u{1b}[0m");
    }
}
