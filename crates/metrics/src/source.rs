//! Where metrics come from, as a manifest writes it.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The `metrics` of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Metrics {
    /// One source, which names its metrics itself.
    All(Source),
    /// A source for each metric.
    Named(BTreeMap<String, Source>),
}

/// A file, or a stream, that metrics are read from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// `{json: metrics.json}` or `{json: {file, path}}`.
    Json(JsonSource),
    /// `{jsonl: log.jsonl}` or `{jsonl: {file, key, take}}`.
    Jsonl(JsonlSource),
    /// `{csv: results.csv}` or `{csv: {file, column, row}}`.
    Csv(CsvSource),
    /// `{regex: {file, pattern, take}}`.
    Regex(RegexSource),
    /// `{tensorboard: runs}` or `{tensorboard: {dir, tag, take}}`.
    Tensorboard(TensorboardSource),
}

/// One JSON document. Its numbers are named by the keys on the way to them, joined by dots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonSource {
    /// The file.
    pub file: String,
    /// Which number: keys joined by dots (`test.accuracy`), or a JSON pointer (`/test/accuracy`).
    /// Of a list of numbers, all are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// One JSON document a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonlSource {
    /// The file.
    pub file: String,
    /// Which number of a line, as [`JsonSource::path`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Of which line; by default the last that has it.
    #[serde(default)]
    pub take: Take,
}

/// A table with a header; columns are parted by tabs in a `.tsv` file and by commas in others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvSource {
    /// The file.
    pub file: String,
    /// The column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Which row; by default the last that has a number there.
    #[serde(default)]
    pub row: Take,
}

/// Any text, line by line; a carriage return ends a line too, as progress bars use it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegexSource {
    /// The file, or `stdout` or `stderr`.
    #[serde(default = "stdout")]
    pub file: String,
    /// The pattern (syntax of the `regex` crate, matched in linear time). The number is the group
    /// with the metric's name, else the first group that `take` does not look at.
    pub pattern: String,
    /// Which match; by default the last.
    #[serde(default)]
    pub take: Take,
}

fn stdout() -> String {
    "stdout".into()
}

/// A TensorBoard event file, or those in a folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorboardSource {
    /// The event file or the folder.
    pub dir: String,
    /// The scalar's tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Of which event; by default the last.
    #[serde(default)]
    pub take: Take,
}

/// Which of several numbers counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Take {
    /// The first in the file.
    First,
    /// The last in the file.
    #[default]
    Last,
    /// The greatest; numbers that are not a number lose.
    Max,
    /// The least; numbers that are not a number lose.
    Min,
    /// All, as observations of their own.
    All,
    /// The last whose record has this value under this key, as in `{step: 1000}`.
    Where {
        /// The key or column.
        key: String,
        /// Its value; numbers are compared as numbers.
        value: String,
    },
}

const KINDS: [&str; 5] = ["json", "jsonl", "csv", "regex", "tensorboard"];
const TAKES: [&str; 5] = ["first", "last", "max", "min", "all"];

impl Source {
    /// The file or folder as the manifest names it.
    pub fn file(&self) -> &str {
        match self {
            Source::Json(source) => &source.file,
            Source::Jsonl(source) => &source.file,
            Source::Csv(source) => &source.file,
            Source::Regex(source) => &source.file,
            Source::Tensorboard(source) => &source.dir,
        }
    }

    /// The source of the kind `key`, from the value that stands behind it.
    fn of_kind<'de, M: MapAccess<'de>>(key: &str, map: &mut M) -> Result<Source, M::Error> {
        let source = match key {
            "json" => Source::Json(map.next_value::<NameOr<JsonSource>>()?.0),
            "jsonl" => Source::Jsonl(map.next_value::<NameOr<JsonlSource>>()?.0),
            "csv" => Source::Csv(map.next_value::<NameOr<CsvSource>>()?.0),
            "regex" => Source::Regex(map.next_value()?),
            "tensorboard" => Source::Tensorboard(map.next_value::<NameOr<TensorboardSource>>()?.0),
            other => return Err(M::Error::unknown_field(other, &KINDS)),
        };
        match map.next_key::<String>()? {
            Some(extra) => Err(M::Error::custom(format!(
                "expected one kind of source, found `{key}` and `{extra}`"
            ))),
            None => Ok(source),
        }
    }
}

impl From<String> for JsonSource {
    fn from(file: String) -> Self {
        JsonSource { file, path: None }
    }
}

impl From<String> for JsonlSource {
    fn from(file: String) -> Self {
        JsonlSource {
            file,
            key: None,
            take: Take::default(),
        }
    }
}

impl From<String> for CsvSource {
    fn from(file: String) -> Self {
        CsvSource {
            file,
            column: None,
            row: Take::default(),
        }
    }
}

impl From<String> for TensorboardSource {
    fn from(dir: String) -> Self {
        TensorboardSource {
            dir,
            tag: None,
            take: Take::default(),
        }
    }
}

/// Written as a file name alone, or with its fields.
struct NameOr<T>(T);

impl<'de, T: Deserialize<'de> + From<String>> Deserialize<'de> for NameOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + From<String>> Visitor<'de> for Either<T> {
            type Value = NameOr<T>;
            fn expecting(&self, text: &mut fmt::Formatter) -> fmt::Result {
                text.write_str("a file name, or a mapping with its fields")
            }
            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(NameOr(T::from(name.to_owned())))
            }
            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(NameOr)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Kind;
        impl<'de> Visitor<'de> for Kind {
            type Value = Source;
            fn expecting(&self, text: &mut fmt::Formatter) -> fmt::Result {
                write!(text, "a mapping with one of `{}`", KINDS.join("`, `"))
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Source, M::Error> {
                match map.next_key::<String>()? {
                    Some(key) => Source::of_kind(&key, &mut map),
                    None => Err(M::Error::custom(format!(
                        "expected one of `{}`, found nothing",
                        KINDS.join("`, `")
                    ))),
                }
            }
        }
        deserializer.deserialize_map(Kind)
    }
}

impl<'de> Deserialize<'de> for Metrics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrNamed;
        impl<'de> Visitor<'de> for OneOrNamed {
            type Value = Metrics;
            fn expecting(&self, text: &mut fmt::Formatter) -> fmt::Result {
                text.write_str("one source, or a source for each metric")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Metrics, M::Error> {
                let mut named = BTreeMap::new();
                while let Some(key) = map.next_key::<String>()? {
                    if named.is_empty() && KINDS.contains(&key.as_str()) {
                        return Source::of_kind(&key, &mut map).map(Metrics::All);
                    }
                    if named.contains_key(&key) {
                        return Err(M::Error::custom(format!(
                            "metric `{key}` stands here twice"
                        )));
                    }
                    named.insert(key, map.next_value()?);
                }
                if named.is_empty() {
                    return Err(M::Error::custom("expected at least one metric, found none"));
                }
                Ok(Metrics::Named(named))
            }
        }
        deserializer.deserialize_map(OneOrNamed)
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Source::Json(source) => map.serialize_entry("json", source)?,
            Source::Jsonl(source) => map.serialize_entry("jsonl", source)?,
            Source::Csv(source) => map.serialize_entry("csv", source)?,
            Source::Regex(source) => map.serialize_entry("regex", source)?,
            Source::Tensorboard(source) => map.serialize_entry("tensorboard", source)?,
        }
        map.end()
    }
}

/// A value as a record may hold it, for [`Take::Where`].
#[derive(Deserialize)]
#[serde(untagged)]
enum Plain {
    Integer(i64),
    Number(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Take {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rule;
        impl<'de> Visitor<'de> for Rule {
            type Value = Take;
            fn expecting(&self, text: &mut fmt::Formatter) -> fmt::Result {
                write!(text, "one of `{}`, or `{{key: value}}`", TAKES.join("`, `"))
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Take, E> {
                match name {
                    "first" => Ok(Take::First),
                    "last" => Ok(Take::Last),
                    "max" => Ok(Take::Max),
                    "min" => Ok(Take::Min),
                    "all" => Ok(Take::All),
                    other => Err(E::unknown_variant(other, &TAKES)),
                }
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Take, M::Error> {
                let entry = map.next_entry::<String, Plain>()?;
                match (entry, map.next_key::<String>()?) {
                    (Some((key, value)), None) => Ok(Take::Where {
                        key,
                        value: value.text(),
                    }),
                    _ => Err(M::Error::custom("expected one `key: value`")),
                }
            }
        }
        deserializer.deserialize_any(Rule)
    }
}

impl Plain {
    fn text(self) -> String {
        match self {
            Plain::Integer(value) => value.to_string(),
            Plain::Number(value) => value.to_string(),
            Plain::Text(value) => value,
        }
    }
}

impl Serialize for Take {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Take::First => serializer.serialize_str("first"),
            Take::Last => serializer.serialize_str("last"),
            Take::Max => serializer.serialize_str("max"),
            Take::Min => serializer.serialize_str("min"),
            Take::All => serializer.serialize_str("all"),
            Take::Where { key, value } => BTreeMap::from([(key, value)]).serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(yaml: &str) -> Result<Metrics, String> {
        serde_yaml::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn each_spelling_is_understood() {
        let json = Source::Json(JsonSource {
            file: "m.json".into(),
            path: None,
        });
        assert_eq!(from("{json: m.json}").unwrap(), Metrics::All(json));
        let pattern = RegexSource {
            file: "stdout".into(),
            pattern: "acc=([0-9.]+)".into(),
            take: Take::Max,
        };
        assert_eq!(
            from("{regex: {pattern: 'acc=([0-9.]+)', take: max}}").unwrap(),
            Metrics::All(Source::Regex(pattern))
        );
        let take = Take::Where {
            key: "step".into(),
            value: "1000".into(),
        };
        let lines = JsonlSource {
            file: "l".into(),
            key: Some("acc".into()),
            take,
        };
        let named = BTreeMap::from([("accuracy".to_owned(), Source::Jsonl(lines))]);
        assert_eq!(
            from("{accuracy: {jsonl: {file: l, key: acc, take: {step: 1000}}}}").unwrap(),
            Metrics::Named(named)
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let yaml = "{a: {csv: {file: r.csv, column: acc, row: {epoch: 3}}}, b: {tensorboard: runs}, c: {json: {file: m, path: x.y}}}";
        let metrics = from(yaml).unwrap();
        let text = serde_json::to_string(&metrics).unwrap();
        assert_eq!(serde_json::from_str::<Metrics>(&text).unwrap(), metrics);
    }

    #[test]
    fn mistakes_are_named() {
        for (yaml, part) in [
            ("{json: {file: m, pth: x}}", "unknown field `pth`"),
            (
                "{a: {jso: m}}",
                "unknown field `jso`, expected one of `json`",
            ),
            (
                "{json: m, csv: n}",
                "expected one kind of source, found `json` and `csv`",
            ),
            (
                "{jsonl: {file: l, take: best}}",
                "unknown variant `best`, expected one of `first`, `last`, `max`, `min`, `all`",
            ),
            ("{}", "expected at least one metric"),
            ("[1]", "one source, or a source for each metric"),
        ] {
            let error = from(yaml).unwrap_err();
            assert!(error.contains(part), "{yaml}: {error}");
        }
    }
}
