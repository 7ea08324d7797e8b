//! The report with all its text made safe to show: see [`visible`](reprove_model::escape). Every format but
//! JSON is drawn from such a report; what a format's own syntax needs is escaped by its renderer.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{ClaimReport, DifferenceReport, Report, RunReport};
use reprove_model::escape::{is_unseen, text};

/// The report with [`text`] applied to every text in it.
pub fn report(report: &Report) -> Report {
    let mut shown = report.clone();
    option(&mut shown.title);
    string(&mut shown.manifest.file);
    string(&mut shown.manifest.sha256);
    for fact in &mut shown.paper {
        string(&mut fact.name);
        string(&mut fact.value);
    }
    shown.claims.iter_mut().for_each(claim);
    for id in shown.refuted_after_correction.iter_mut().flatten() {
        string(id);
    }
    for pin in &mut shown.pins {
        string(&mut pin.name);
        string(&mut pin.expected);
        option(&mut pin.found);
        option(&mut pin.hint);
    }
    if let Some(failure) = &mut shown.failure {
        string(&mut failure.message);
        option(&mut failure.hint);
        failure.log_tail.iter_mut().for_each(string);
    }
    for deviation in &mut shown.deviations {
        string(&mut deviation.text);
    }
    if let Some(seeds) = &mut shown.seeds {
        option(&mut seeds.nonce);
        for call in &mut seeds.set_in_source {
            string(&mut call.place);
            string(&mut call.text);
        }
    }
    for limitation in &mut shown.limitations {
        string(&mut limitation.code);
        string(&mut limitation.text);
    }
    shown.not_checked.iter_mut().for_each(string);
    texts(&mut shown.environment);
    texts(&mut shown.defaults);
    shown.runs.iter_mut().for_each(run);
    option(&mut shown.cost.energy_method);
    option(&mut shown.cost.carbon_method);
    string(&mut shown.reprove.version);
    option(&mut shown.reprove.commit);
    shown.repeat.iter_mut().for_each(string);
    shown
}

/// The same for one claim.
pub fn claim(claim: &mut ClaimReport) {
    string(&mut claim.id);
    string(&mut claim.metric);
    option(&mut claim.configuration);
    string(&mut claim.reason.text);
    keys(&mut claim.reason.data);
    if let Some(reported) = &mut claim.reported {
        string(&mut reported.text);
    }
    if let Some(source) = &mut claim.source {
        string(&mut source.file);
        option(&mut source.printed);
    }
    claim.difference.iter_mut().for_each(difference);
    string(&mut claim.basis.why);
    for target in &mut claim.targets {
        target.difference.iter_mut().for_each(difference);
    }
    for test in &mut claim.tests {
        string(&mut test.name);
    }
    if let Some(needed) = &mut claim.runs_needed {
        string(&mut needed.text);
    }
    for measure in &mut claim.secondary {
        string(&mut measure.name);
        string(&mut measure.text);
    }
    string(&mut claim.recomputation.text);
    for warning in &mut claim.warnings {
        string(&mut warning.text);
    }
}

fn difference(difference: &mut DifferenceReport) {
    string(&mut difference.method);
}

fn run(run: &mut RunReport) {
    option(&mut run.configuration);
    option(&mut run.message);
    keys(&mut run.metrics);
    texts(&mut run.origins);
    keys(&mut run.units);
    option(&mut run.digest);
    option(&mut run.log);
    for file in run.files.values_mut() {
        string(&mut file.sha256);
        option(&mut file.path);
    }
    keys(&mut run.files);
    run.log_tail.iter_mut().for_each(string);
}

/// A text or a name.
trait Text: AsRef<str> + From<String> + Ord {}

impl<T: AsRef<str> + From<String> + Ord> Text for T {}

fn string<T: Text>(string: &mut T) {
    if let Cow::Owned(shown) = text(string.as_ref()) {
        *string = shown.into();
    }
}

fn option<T: Text>(option: &mut Option<T>) {
    option.iter_mut().for_each(string);
}

fn keys<K: Text, V>(map: &mut BTreeMap<K, V>) {
    if map.keys().any(|key| key.as_ref().chars().any(is_unseen)) {
        *map = std::mem::take(map)
            .into_iter()
            .map(|(key, value)| (text(key.as_ref()).into_owned().into(), value))
            .collect();
    }
}

fn texts<K: Text>(map: &mut BTreeMap<K, String>) {
    map.values_mut().for_each(string);
    keys(map);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Format, RenderOptions, fixture, render};
    use super::*;

    /// Appends `mark` to every text and key that is no word of the schema.
    fn spoil(value: &mut Value, mark: &str) {
        const WORDS: [&str; 10] = [
            "code",
            "outcome",
            "verdict",
            "recomputed",
            "role",
            "source",
            "target",
            "status",
            "kind",
            "strictness",
        ];
        const MAPS: [&str; 6] = [
            "data",
            "environment",
            "defaults",
            "files",
            "metrics",
            "origins",
        ];
        match value {
            Value::String(text) => text.push_str(mark),
            Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, mark)),
            Value::Object(fields) => {
                for (name, field) in fields.iter_mut() {
                    // A claim's source is no word, and its digest has no room for a mark.
                    let is_word = WORDS.contains(&name.as_str()) && !field.is_object();
                    if is_word || name == "sha256" && field.as_str().is_some_and(|d| d.len() == 64)
                    {
                        continue;
                    }
                    spoil(field, mark);
                    if let (true, Value::Object(map)) = (MAPS.contains(&name.as_str()), field) {
                        *map = std::mem::take(map)
                            .into_iter()
                            .map(|(key, value)| (key + mark, value))
                            .collect();
                    }
                }
            }
            _ => {}
        }
    }

    /// The example with a mark in every text.
    fn spoilt(mark: &str) -> Report {
        let mut value = serde_json::to_value(fixture::example()).unwrap();
        value["runs"][0]["files"] = json!({"out/m.json": {"sha256": "ab", "path": "runs/m.json"}});
        value["refuted_after_correction"] = json!(["h0-test"]);
        value["failure"] =
            json!({"kind": "would_not_build", "message": "m", "hint": "h", "log_tail": ["l"]});
        value["limitations"][0]["code"] = json!(format!("c{mark}"));
        spoil(&mut value, mark);
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn no_format_shows_what_a_reader_cannot_see() {
        // Controls, what XML cannot hold, noncharacters of other planes, marks of direction and width.
        let mark = "\0\u{1}\t\r\n\u{1b}\u{7f}\u{9b}\u{ad}\u{200b}\u{202e}\u{feff}\u{fdd0}\u{fffe}\u{ffff}\u{1fffe}\u{10ffff}";
        let spoilt = spoilt(mark);
        for format in Format::ALL {
            let text = render(&spoilt, format, &RenderOptions::default()).unwrap();
            let found = text.chars().find(|c| *c != '\n' && is_unseen(*c));
            assert_eq!(found, None, "{}", format.name());
        }
    }

    #[test]
    fn no_text_of_a_report_is_forgotten() {
        let json = report(&spoilt("\u{1b}[2J")).to_json().unwrap();
        assert!(!json.contains("\\u001b"), "an escape character is left");
        assert!(json.matches("\\\\u{1b}[2J").count() > 100);
    }
}
