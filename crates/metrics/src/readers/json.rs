//! Numbers of one JSON document.

use reprove_model::manifest::{JsonSource, Take};

use crate::collect::Collected;
use crate::error::{MetricError, absent, no_number};
use crate::json::{dotted, leaves};
use crate::open::{self, Outputs};
use crate::readers::MetricReader;
use crate::value::{MetricValue, Readings};

impl MetricReader for JsonSource {
    fn name(&self) -> String {
        self.file.display().to_string()
    }

    fn files(&self, _: &Outputs<'_>) -> Result<Vec<String>, MetricError> {
        Ok(vec![self.name()])
    }

    fn read(
        &self,
        _: &Take,
        metric: Option<&str>,
        outputs: &Outputs<'_>,
    ) -> Result<Readings, MetricError> {
        read(self, metric, outputs)
    }
}

fn read(
    source: &JsonSource,
    name: Option<&str>,
    outputs: &Outputs<'_>,
) -> Result<Readings, MetricError> {
    let file = source.name();
    let file = file.as_str();
    let bytes = open::whole(file, outputs)?;
    let entries = leaves(&bytes).map_err(|(line, reason)| MetricError::Malformed {
        file: file.to_owned(),
        line,
        reason,
    })?;
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let numbers = entries.iter().filter_map(|entry| {
        let (value, unit) = entry.leaf.number()?;
        let text = lines
            .get(entry.line as usize - 1)
            .map_or("".into(), |line| String::from_utf8_lossy(line));
        let provenance = entry.leaf.provenance(file, entry.line, &text);
        Some((
            entry.name.as_str(),
            MetricValue {
                value,
                unit,
                provenance,
            },
        ))
    });
    let wanted = source
        .path
        .as_deref()
        .map(dotted)
        .or_else(|| name.map(str::to_owned));
    let Some(wanted) = wanted else {
        let mut all = Collected::new(file, &Take::Last);
        for (name, found) in numbers {
            all.offer(name, found)?;
        }
        return all.finish(None);
    };
    let found: Vec<MetricValue> = numbers
        .filter(|(name, _)| is_or_lists(name, &wanted))
        .map(|(_, found)| found)
        .collect();
    if found.is_empty() {
        if let Some(other) = entries
            .iter()
            .find(|entry| is_or_lists(&entry.name, &wanted))
        {
            return Err(no_number(
                file,
                other.line,
                &other.name,
                &other.leaf.plain(),
            ));
        }
        let known = entries.iter().filter(|entry| entry.leaf.number().is_some());
        return Err(absent(
            file,
            &wanted,
            known.map(|entry| entry.name.as_str()),
        ));
    }
    let short = wanted.rsplit('.').next().unwrap_or(&wanted).to_owned();
    Ok(Readings::from([(name.map_or(short, str::to_owned), found)]))
}

/// Whether `name` is the wanted number or stands in the list of that name.
fn is_or_lists(name: &str, wanted: &str) -> bool {
    match name.strip_prefix(wanted) {
        Some("") => true,
        Some(rest) => rest
            .strip_prefix('.')
            .is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit())),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::reading;

    #[test]
    fn a_list_is_that_of_its_name() {
        assert!(
            is_or_lists("folds.3", "folds")
                && !is_or_lists("folds.x", "folds")
                && !is_or_lists("foldss", "folds")
        );
    }

    #[test]
    fn what_is_there_instead_is_said() {
        let of = |text: &str| reading(text, "{acc: {json: f.csv}}");
        for (text, words) in [
            ("{}", "f.csv: no `acc`, found no numbers"),
            ("{\"loss\": 1}", "f.csv: no `acc`, found `loss`"),
            (
                "{\n\"acc\": \"0,5\"}",
                "f.csv:2: `acc`: expected a number, found `0,5`",
            ),
            (
                "{\"acc\": true}",
                "f.csv:1: `acc`: expected a number, found `true`",
            ),
        ] {
            assert_eq!(of(text).unwrap_err(), words);
        }
        assert_eq!(of("\u{feff}{\"acc\": 0.5}").unwrap()[0].1, [0.5]);
        assert!(of("{\"acc\": null}").unwrap()[0].1[0].is_nan());
    }
}
