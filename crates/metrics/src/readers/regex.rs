//! Numbers out of any text, by a regular expression.

use std::path::Path;

use regex::{Match, Regex};
use reprove_model::escape::printable;
use reprove_model::manifest::Take;
use reprove_model::manifest::metric_source::{RegexSource, RegexText};
use reprove_model::record::LONGER_NAME;

use crate::collect::Collected;
use crate::error::MetricError;
use crate::number::{self, NumberForms};
use crate::open::{self, OutputLine, Outputs};
use crate::pattern::Pattern;
use crate::pattern_name::{PatternName, TakenNames};
use crate::readers::MetricReader;
use crate::value::{MetricValue, Provenance, Readings};

impl MetricReader for RegexSource {
    fn path(&self) -> Option<&Path> {
        match &self.text {
            RegexText::Stdout | RegexText::Stderr => None,
            RegexText::File(file) => Some(file),
        }
    }

    fn reads_stdout(&self) -> bool {
        self.text == RegexText::Stdout
    }

    fn name(&self) -> String {
        open::text_name(&self.text)
    }

    fn read(
        &self,
        take: &Take,
        metric: Option<&str>,
        outputs: &Outputs<'_>,
    ) -> Result<Readings, MetricError> {
        let file = self.name();
        let indices = |regex: &Regex| {
            let groups = groups(regex, metric, take).into_iter();
            groups.map(|(index, _)| index).collect()
        };
        let pattern = Pattern::compile(&self.pattern, indices)?;
        let groups = groups(&pattern.regex, metric, take);
        if groups.is_empty() {
            let reason = match metric {
                Some(_) => "expected a group around the number beside the one that is looked at",
                None => {
                    "expected groups with names, because the metrics have none (`(?<accuracy>…)`)"
                }
            };
            return Err(MetricError::Source(format!(
                "pattern `{}`: {reason}",
                self.pattern
            )));
        }
        let mut matches = Matches {
            pattern: &pattern,
            groups: &groups,
            file: &file,
            collected: Collected::new(&file, take),
            read: groups.iter().map(|_| ReadNumbers::default()).collect(),
            names: groups
                .iter()
                .map(|(index, _)| PatternName::of(&self.pattern, *index))
                .collect(),
        };
        open::lines(open::matched(&self.text, outputs)?, &file, |line| {
            matches.take(line)
        })?;
        let collected = matches.checked(&self.pattern)?;
        if !collected.is_empty() {
            return collected.finish(None);
        }
        if collected.has_passed() {
            return Err(collected.nothing(&self.pattern));
        }
        Err(MetricError::NoMatch {
            elsewhere: elsewhere(&pattern, &self.text, outputs),
            file,
            pattern: self.pattern.clone(),
        })
    }
}

/// The numbers of the lines so far.
struct Matches<'a> {
    pattern: &'a Pattern,
    groups: &'a [(usize, String)],
    file: &'a str,
    collected: Collected<'a>,
    /// What was read by each group.
    read: Vec<ReadNumbers>,
    /// The name before each group.
    names: Vec<Option<PatternName>>,
}

/// The numbers of a group so far.
#[derive(Default)]
struct ReadNumbers {
    forms: NumberForms,
    names: TakenNames,
}

impl<'a> Matches<'a> {
    /// The numbers of one line; a carriage return ends a line too, as progress bars use it.
    fn take(&mut self, line: OutputLine<'_>) -> Result<(), MetricError> {
        let mut parts = line.text.split('\r').peekable();
        while let Some(part) = parts.next() {
            let is_open = !line.is_whole && parts.peek().is_none();
            let end = self.take_part(part, line.number, is_open)?;
            let lost = self.pattern.lost.as_ref();
            let lost = lost.and_then(|lost| lost.find_iter(part).last());
            let lost = lost.filter(|lost| lost.start() >= end);
            if let (Some(lost), [(_, metric)]) = (lost, self.groups) {
                let shown = printable(lost.as_str(), 60);
                let why = format!("no number stands in `{shown}`");
                let why = self.malformed(line.number, why);
                self.collected.miss(metric, why)?;
            }
        }
        if !line.is_whole {
            self.collected.no_newline(line.number);
        }
        Ok(())
    }

    /// The numbers of a part of a line, which the text ends with if `is_open`; the end of the last.
    fn take_part(&mut self, part: &str, line: u64, is_open: bool) -> Result<usize, MetricError> {
        let mut last = 0;
        for captures in self.pattern.seeing.captures_iter(part) {
            let of = |key: &str| Some(captures.name(key)?.as_str().to_owned());
            if !self.collected.looks_at(of) {
                continue;
            }
            for (place, (index, metric)) in self.groups.iter().enumerate() {
                let Some(number) = captures.get(*index) else {
                    continue;
                };
                last = number.end();
                let text = number.as_str();
                let whole = self.pattern.check_whole(part, number, *index);
                whole.map_err(|reason| self.malformed(line, reason))?;
                let (value, unit) = parsed(part, number)
                    .ok_or_else(|| self.malformed(line, number::expected(text)))?;
                let read = &mut self.read[place];
                if let Some(name) = &self.names[place] {
                    read.names.add(name, &part[..number.start()]);
                }
                if is_open && last == part.len() && read.forms.is_cut(text) {
                    self.collected.cut_number(metric, line, text)?;
                    continue;
                }
                read.forms.add(text);
                let provenance = Provenance {
                    file: self.file.to_owned(),
                    line: Some(line),
                    text: printable(part, 200),
                };
                let found = MetricValue {
                    value,
                    unit,
                    provenance,
                };
                self.collected.offer(metric, found)?;
            }
        }
        Ok(last)
    }

    /// All numbers, if the name before each group is one name of the text.
    fn checked(self, pattern: &str) -> Result<Collected<'a>, MetricError> {
        let mut collected = self.collected;
        for (name, read) in self.names.iter().zip(&self.read) {
            let Some(name) = name else {
                continue;
            };
            let longer = read.names.checked(name, pattern);
            let longer = longer.map_err(|reason| {
                MetricError::Source(format!("pattern `{pattern}`: in {} {reason}", self.file))
            })?;
            if let Some(whole) = longer {
                let whole = printable(&whole, 60);
                collected.remark(format!("`{}` {LONGER_NAME} `{whole}`", name.name()));
            }
        }
        Ok(collected)
    }

    fn malformed(&self, line: u64, reason: String) -> MetricError {
        MetricError::Malformed {
            file: self.file.to_owned(),
            line,
            reason,
        }
    }
}

/// The number that a group matched in `part` of a line, with the percent sign that may follow it.
fn parsed(part: &str, number: Match<'_>) -> Option<(f64, reprove_model::record::NumberUnit)> {
    let sign = if part[number.end()..].starts_with('%') {
        "%"
    } else {
        ""
    };
    number::parse(&format!("{}{sign}", number.as_str()))
}

/// The other stream, if the pattern has a match there.
fn elsewhere(pattern: &Pattern, text: &RegexText, outputs: &Outputs<'_>) -> Option<String> {
    let others = [RegexText::Stdout, RegexText::Stderr];
    let has_match = |other: &RegexText| {
        let mut is_there = false;
        let file = open::matched(other, outputs).ok()?;
        let read = open::lines(file, "", |line| {
            is_there |= line
                .text
                .split('\r')
                .any(|part| pattern.seeing.is_match(part));
            Ok(())
        });
        (read.is_ok() && is_there).then(|| open::text_name(other))
    };
    others
        .iter()
        .filter(|other| *other != text)
        .find_map(has_match)
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
            ("(epoch)", "stdout:2: expected a number, found `epoch`"),
        ] {
            assert_eq!(
                reading(TEXT, &format!("{{a: {{regex: {{pattern: '{pattern}'}}}}}}")).unwrap_err(),
                error
            );
        }
    }

    #[test]
    fn a_percent_sign_behind_the_group_counts() {
        let text = "x\nacc: \u{1b}[1m94.2%\u{1b}[0m\n";
        let last = |pattern: &str| {
            let yaml = format!("{{acc: {{regex: {{pattern: '{pattern}'}}}}}}");
            readings(text, &yaml).unwrap()["acc"][0].clone()
        };
        let found = last("([0-9.]+)%");
        assert_eq!(
            (found.value, found.unit, found.provenance.line),
            (94.2, NumberUnit::Percent, Some(2))
        );
        assert_eq!(found.provenance.text, "acc: \\u{1b}[1m94.2%\\u{1b}[0m");
    }

    #[test]
    fn a_last_line_without_a_newline_may_be_cut_off() {
        let read = |text: &str, take: &str| {
            let yaml = format!("{{acc: {{regex: {{pattern: 'acc=([0-9.]+)', take: {take}}}}}}}");
            readings(text, &yaml).map(|found| found["acc"][0].clone())
        };
        let error = read("acc=0.91\nacc=9", "last").unwrap_err();
        assert!(error.starts_with("stdout:2: `9` is cut off"), "{error}");
        let open = "ends without a newline and may be cut off)";
        for (text, take, value, remark) in [
            ("acc=9", "last", 9.0, Some(format!("(line 1 {open}"))),
            (
                "acc=0.91\nepoch 2 ac",
                "last",
                0.91,
                Some(format!("(line 2 {open}")),
            ),
            (
                "acc=0.91\nacc=9",
                "max",
                0.91,
                Some("(line 2 is cut off and is left out)".to_owned()),
            ),
            ("acc=0.91\nacc=9\n", "last", 9.0, None),
            ("acc=0.91\racc=0.92\r", "last", 0.92, None),
        ] {
            let found = read(text, take).unwrap();
            assert_eq!(found.value, value, "{text}");
            let shown = found.provenance.text;
            let is_said = remark
                .as_ref()
                .is_some_and(|remark| shown.ends_with(remark));
            assert_eq!(is_said, remark.is_some() && shown.contains('('), "{shown}");
        }
    }

    #[test]
    fn a_pattern_that_matches_within_another_name_is_pointed_out() {
        let yaml = "{loss: {regex: {pattern: 'loss=([0-9.]+)'}}}";
        assert_eq!(
            reading("loss=0.5 val_loss=0.3\n", yaml).unwrap_err(),
            "`loss`: metric source: pattern `loss=([0-9.]+)`: in stdout `loss` is the end of several names, \
             `loss`, `val_loss`; for `loss` alone write `(?:^|[^\\w./-])loss=([0-9.]+)`"
        );
        let hint = r"{loss: {regex: {pattern: '(?:^|[^\w./-])loss=([0-9.]+)'}}}";
        assert_eq!(one("loss=0.5 val_loss=0.3\n", hint), 0.5);
        let found = readings("val_loss=0.3\n", yaml).unwrap()["loss"][0].clone();
        assert_eq!(
            found.provenance.text,
            "val_loss=0.3 (`loss` of the pattern is the end of the name `val_loss`)"
        );
        assert_eq!(one("fold1_loss=0.5\nfold2_loss=0.3\n", yaml), 0.3);
    }

    #[test]
    fn a_decimal_comma_is_named() {
        let error = reading("acc=90,4\n", "{acc: {regex: {pattern: 'acc=([0-9,.]+)'}}}");
        assert_eq!(
            error.unwrap_err(),
            "stdout:1: expected a number, found `90,4`: write the decimal point as `.` and no thousands \
             separators"
        );
    }

    #[test]
    fn the_last_line_counts_when_its_number_is_none() {
        let text = "epoch 1 loss=0.9\nepoch 2 loss=0.4\nepoch 3 loss=nan\n";
        assert!(one(text, "{loss: {regex: {pattern: 'loss=([0-9.]+)'}}}").is_nan());
        let cut = "step 1 loss=1.25\nstep 2 loss=6.05e-06\n";
        assert_eq!(
            reading(cut, "{loss: {regex: {pattern: 'loss=([0-9.]+)'}}}").unwrap_err(),
            "stdout:2: `6.05` is a part of a number, which goes on behind the group; write \
             `loss=([-+.\\w]+)`"
        );
        let readme = r"{loss: {regex: {pattern: 'loss=([-+.\w]+)'}}}";
        assert_eq!(one(cut, readme), 6.05e-6);
    }
}
