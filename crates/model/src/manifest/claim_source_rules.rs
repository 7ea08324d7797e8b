//! The rules of a claim's source: `{file, line, column, printed, sha256}`, or `FILE:LINE:COLUMN`.

use std::fmt;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

use super::claim_source::ClaimSource;
use super::common::required;
use super::error::Problem;
use crate::diagnostics::Hint;
use crate::digest::Sha256Digest;

/// Characters of a printed text at most.
const LONGEST_PRINTED: usize = 500;

/// Bytes of a file's name at most.
const LONGEST_FILE: usize = 1000;

/// The largest line or column.
const LARGEST: u64 = 1_000_000_000;

/// The short form.
const SHORT_FORM: &str = "main.tex:9:13";

/// A source as it is written.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(super) enum SourceDoc {
    /// `FILE:LINE:COLUMN`.
    Short(
        #[schemars(regex(pattern = "^[^/].*:\\+?[0-9]+:\\+?[0-9]+$"), example = &SHORT_FORM)]
        String,
    ),
    /// The parts by name.
    Fields(Box<SourceFields>),
}

/// The parts of a source.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceFields {
    /// The file, relative to the manifest.
    #[schemars(required)]
    file: Option<String>,
    /// The line, counted from 1.
    #[schemars(required, range(min = 1, max = 1_000_000_000))]
    line: Option<u64>,
    /// The column in characters, counted from 1.
    #[schemars(required, range(min = 1, max = 1_000_000_000))]
    column: Option<u64>,
    /// The text that is printed there.
    printed: Option<String>,
    /// The digest of the file.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"))]
    sha256: Option<String>,
}

/// The source of the claim at a path, if it states one.
pub(super) fn claim_source(
    doc: Option<SourceDoc>,
    claim: &str,
) -> Result<Option<ClaimSource>, Problem> {
    let stated = doc.map(|doc| stated_source(doc, &format!("{claim}.source")));
    stated.transpose()
}

/// The source of a claim, `path` being that of the key.
fn stated_source(doc: SourceDoc, path: &str) -> Result<ClaimSource, Problem> {
    let fields = match doc {
        SourceDoc::Short(text) => short(&text, path)?,
        SourceDoc::Fields(fields) => *fields,
    };
    let file = required(
        fields.file,
        path,
        "file",
        "the file, relative to the manifest",
    )?;
    let is_absolute = Path::new(&file).is_absolute() || file.contains("://");
    if file.is_empty() || file.len() > LONGEST_FILE || file.contains('\0') || is_absolute {
        let problem = format!(
            "expected a path relative to the manifest, found `{}`",
            file.escape_default()
        );
        return Err(Problem::at(format!("{path}.file"), problem));
    }
    let line = required(fields.line, path, "line", "the line, counted from 1")?;
    let what = "the column in characters, counted from 1";
    let column = required(fields.column, path, "column", what)?;
    for (key, found) in [("line", line), ("column", column)] {
        if !(1..=LARGEST).contains(&found) {
            let problem = format!("expected a number counted from 1, found {found}");
            return Err(Problem::at(format!("{path}.{key}"), problem));
        }
    }
    let printed = fields.printed.map(|text| {
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ")
    });
    if let Some(printed) = &printed {
        let length = printed.chars().count();
        if !(1..=LONGEST_PRINTED).contains(&length) || printed.contains('\0') {
            let problem =
                format!("expected 1 to {LONGEST_PRINTED} characters of text, found {length}");
            return Err(Problem::at(format!("{path}.printed"), problem));
        }
    }
    let sha256 = fields.sha256.map(|text| {
        let digest = text.parse::<Sha256Digest>();
        digest.map_err(|error| {
            Problem::at(format!("{path}.sha256"), error.to_string()).maybe_hint(error.hint())
        })
    });
    Ok(ClaimSource {
        file,
        line,
        column,
        printed,
        sha256: sha256.transpose()?,
    })
}

/// The parts of `FILE:LINE:COLUMN`.
fn short(text: &str, path: &str) -> Result<SourceFields, Problem> {
    let mut parts = text.rsplitn(3, ':');
    let column = parts.next().and_then(|part| part.parse().ok());
    let line = parts.next().and_then(|part| part.parse().ok());
    match (parts.next(), line, column) {
        (Some(file), Some(line), Some(column)) => Ok(SourceFields {
            file: Some(file.to_owned()),
            line: Some(line),
            column: Some(column),
            ..SourceFields::default()
        }),
        _ => Err(Problem::at(
            path,
            format!(
                "expected `FILE:LINE:COLUMN`, found `{}`",
                text.escape_default()
            ),
        )
        .hint(format!(
            "write it as in `{SHORT_FORM}`, or as `{{file, line, column, printed, sha256}}`"
        ))),
    }
}

impl<'de> Deserialize<'de> for SourceDoc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = SourceDoc;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(
                    f,
                    "a place as `{SHORT_FORM}` or `{{file, line, column, printed, sha256}}`"
                )
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<SourceDoc, E> {
                Ok(SourceDoc::Short(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SourceDoc, A::Error> {
                let fields = SourceFields::deserialize(MapAccessDeserializer::new(map))?;
                Ok(SourceDoc::Fields(Box::new(fields)))
            }
        }
        deserializer.deserialize_any(Form)
    }
}
