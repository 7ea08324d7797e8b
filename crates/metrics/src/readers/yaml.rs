//! Numbers of one YAML document.

use std::path::Path;

use reprove_model::diagnostics::{YamlNode, YamlValue};
use reprove_model::manifest::Take;
use reprove_model::manifest::metric_source::YamlSource;

use crate::document::Document;
use crate::error::MetricError;
use crate::json::{JsonNode, Leaf, Value};
use crate::open::{self, Outputs};
use crate::readers::MetricReader;
use crate::text;
use crate::value::Readings;

impl MetricReader for YamlSource {
    fn path(&self) -> Option<&Path> {
        Some(&self.file)
    }

    fn read(
        &self,
        take: &Take,
        metric: Option<&str>,
        outputs: &Outputs<'_>,
    ) -> Result<Readings, MetricError> {
        let file = self.name();
        let bytes = open::whole(&file, outputs)?;
        let malformed = |line: usize, reason| MetricError::Malformed {
            file: file.clone(),
            line: line as u64,
            reason,
        };
        let text = text::decode(&bytes).map_err(|reason| malformed(1, reason))?;
        let root =
            YamlNode::read(&text).map_err(|(location, reason)| malformed(location.line, reason))?;
        let document = Document {
            file: &file,
            text: &text,
            root: &node(root),
        };
        document.read(self.path.as_deref(), take, metric)
    }
}

/// The same values as those of a JSON document.
fn node(yaml: YamlNode) -> JsonNode {
    let value = match yaml.value {
        YamlValue::Mapping(fields) => {
            let fields = fields.into_iter();
            Value::Object(fields.map(|(key, field)| (key, node(field))).collect())
        }
        YamlValue::Sequence(items) => Value::List(items.into_iter().map(node).collect()),
        YamlValue::Plain(text) => Value::Leaf(plain(text)),
        YamlValue::Text(text) => Value::Leaf(Leaf::Text(text)),
    };
    JsonNode {
        line: yaml.line as u64,
        value,
    }
}

/// A scalar without quotes (YAML 1.2, core schema). A number that other readers of YAML take for one in
/// another base or with other digits, as `0o17`, `017` or `1_000`, is a text, which is no number.
fn plain(text: String) -> Leaf {
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => return Leaf::Null,
        "true" | "True" | "TRUE" => return Leaf::Bool(true),
        "false" | "False" | "FALSE" => return Leaf::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Leaf::Number(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Leaf::Number(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Leaf::Number(f64::NEG_INFINITY),
        _ => {}
    }
    let digits = text.trim_start_matches(['-', '+']);
    let is_octal_elsewhere = digits.len() > 1
        && digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_octal_elsewhere {
        // No reader of numbers takes this text for one.
        return Leaf::Text(format!("`{text}`"));
    }
    match text.parse() {
        Ok(number) if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            Leaf::Number(number)
        }
        Ok(_) | Err(_) => Leaf::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{one, reading, readings};

    const RESULTS: &str = "model: net\n# by the trainer\ntest: {accuracy: 0.904, loss: .nan}\nfolds:\n- 90.1\n- 91.5\n\
                           history:\n- step: 1\n  acc: 0.5\n- step: 2\n  acc: 75%\n";

    #[test]
    fn numbers_are_found_by_path_with_their_lines() {
        let found = readings(RESULTS, "{x: {yaml: {file: f.csv, path: test.accuracy}}}").unwrap();
        assert_eq!(
            found["x"][0].provenance.to_string(),
            "f.csv:3: test: {accuracy: 0.904, loss: .nan}"
        );
        for (source, value) in [
            ("path: folds, take: last", 91.5),
            ("path: history.acc, take: {step: 1}", 0.5),
            ("path: history.acc, take: max", 75.0),
            ("path: folds.0", 90.1),
        ] {
            let yaml = format!("{{x: {{yaml: {{file: f.csv, {source}}}}}}}");
            assert_eq!(one(RESULTS, &yaml), value, "{source}");
        }
        assert!(one(RESULTS, "{x: {yaml: {file: f.csv, path: test.loss}}}").is_nan());
        let all = reading("a: 1\nb: {c: 2}\n", "{yaml: f.csv}").unwrap();
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b.c"]);
    }

    #[test]
    fn what_is_no_number_is_none() {
        for (text, words) in [
            ("loss: 1\n", "f.csv: no `acc`, found `loss`"),
            (
                "acc: ~\n",
                "f.csv:1: `acc`: expected a number, found `null`",
            ),
            (
                "acc: yes\n",
                "f.csv:1: `acc`: expected a number, found `yes`",
            ),
            (
                "acc: true\n",
                "f.csv:1: `acc`: expected a number, found `true`",
            ),
            (
                "acc: 017\n",
                "f.csv:1: `acc`: expected a number, found ``017``",
            ),
            (
                "acc: 1_000\n",
                "f.csv:1: `acc`: expected a number, found `1_000`: write the decimal point as `.` and \
                 no thousands separators",
            ),
            (
                "acc: !!python/object:numpy.float64 0.5\n",
                "f.csv:1: tags (`!name`) are not used here",
            ),
            (
                "acc: 1\nacc: 2\n",
                "f.csv:2: the key `acc` stands twice in one mapping",
            ),
            ("", "f.csv:1: expected a value, found an empty text"),
        ] {
            assert_eq!(
                reading(text, "{acc: {yaml: f.csv}}").unwrap_err(),
                words,
                "{text:?}"
            );
        }
    }
}
