//! Locations of the keys of a YAML text, and its scalars as they are written.
//!
//! `serde_yaml` gives values without locations. Messages need line and column, and the number of printed
//! digits (`84.70` has two decimals) is lost once a number is read.

use std::borrow::Cow;
use std::collections::BTreeMap;

// The parser is named here alone; changes of a text read the same events.
pub(super) use saphyr_parser::{Event, Marker, Parser, Span};

use super::SourceLocation;

impl From<Marker> for SourceLocation {
    fn from(marker: Marker) -> Self {
        Self {
            line: marker.line(),
            column: marker.col() + 1,
        }
    }
}

/// The locations and scalars of a YAML text by key path, as `claims[2].tolerance`.
///
/// Anchors, aliases, tags, keys that are no plain text, and values nested more than 16 levels deep are
/// not accepted: [`broken`](Self::broken) names the first of them. Reading needs memory in proportion
/// to the text.
///
/// ```
/// use reprove_model::diagnostics::{SourceLocation, YamlLocations};
///
/// let yaml = YamlLocations::read("claims:\n  - {reported: 84.70}\n");
/// let location = yaml.location("claims[0].reported");
/// assert_eq!(location, Some(SourceLocation { line: 2, column: 6 }));
/// assert_eq!(yaml.scalar("claims[0].reported"), Some("84.70"));
/// ```
#[derive(Debug, Default)]
pub struct YamlLocations {
    locations: BTreeMap<String, SourceLocation>,
    scalars: BTreeMap<String, String>,
    /// Keys that stand twice in one mapping, with the location of the second.
    pub duplicates: Vec<(String, SourceLocation)>,
    /// The location where a second YAML document begins.
    pub second_document: Option<SourceLocation>,
    /// The location where the text is not accepted, and the reason; what was read before stays.
    pub broken: Option<(SourceLocation, String)>,
}

/// A mapping or sequence that has not ended.
enum Open {
    Mapping { path: String, key: Option<String> },
    Sequence { path: String, next: usize },
}

/// Levels at most; a manifest needs six.
const MAX_DEPTH: usize = 16;
/// Bytes of a key at most: paths repeat their keys, so that long ones would fill the memory.
const MAX_KEY: usize = 200;

/// The reason why an event is not accepted, though it is YAML: it makes a text mean something else
/// than what is written at its location.
fn refused(event: &Event<'_>, stack: &[Open]) -> Option<String> {
    let is_key = matches!(stack.last(), Some(Open::Mapping { key: None, .. }));
    match event {
        Event::Alias(_) => Some("aliases (`*name`) are not used here".into()),
        Event::Scalar(_, _, anchor, tag) => decorated(*anchor, tag.is_some()).or_else(|| {
            let Event::Scalar(text, ..) = event else {
                return None;
            };
            (is_key && text.len() > MAX_KEY).then(|| format!("a key has at most {MAX_KEY} bytes"))
        }),
        Event::MappingStart(anchor, tag) | Event::SequenceStart(anchor, tag) => {
            if is_key {
                Some("a key is a plain text, not a list or a mapping".into())
            } else if stack.len() >= MAX_DEPTH {
                Some(format!("values are nested at most {MAX_DEPTH} levels deep"))
            } else {
                decorated(*anchor, tag.is_some())
            }
        }
        _ => None,
    }
}

fn decorated(anchor: usize, is_tagged: bool) -> Option<String> {
    if anchor > 0 {
        Some("anchors (`&name`) are not used here".into())
    } else {
        is_tagged.then(|| "tags (`!name`) are not used here".into())
    }
}

impl YamlLocations {
    /// Reads the events of `text`; a text that is no YAML gives the locations up to the error.
    pub fn read(text: &str) -> Self {
        let mut read = Self::default();
        let mut stack: Vec<Open> = Vec::new();
        let mut documents = 0;
        for event in Parser::new_from_str(text) {
            match event {
                Err(error) => {
                    read.broken = Some((
                        SourceLocation::from(*error.marker()),
                        error.info().to_owned(),
                    ));
                    break;
                }
                Ok((Event::DocumentStart(_), span)) => {
                    documents += 1;
                    if documents > 1 {
                        read.second_document = Some(span.start.into());
                        break;
                    }
                }
                Ok((event, span)) => {
                    if let Some(why) = refused(&event, &stack) {
                        read.broken = Some((span.start.into(), why));
                        break;
                    }
                    read.take(event, span, &mut stack);
                }
            }
        }
        read
    }

    /// The location of the key or element at `path`, or of its nearest parent that has one.
    pub fn location(&self, path: &str) -> Option<SourceLocation> {
        let mut path = path;
        loop {
            if let Some(location) = self.locations.get(path) {
                return Some(*location);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }

    /// The scalar at `path` as it is written.
    pub fn scalar(&self, path: &str) -> Option<&str> {
        self.scalars.get(path).map(String::as_str)
    }

    /// All scalars as they are written, with their paths, in the order of the paths' bytes.
    pub fn scalars(&self) -> impl Iterator<Item = (&str, &str)> {
        let scalars = self.scalars.iter();
        scalars.map(|(path, text)| (path.as_str(), text.as_str()))
    }

    fn take(&mut self, event: Event<'_>, span: Span, stack: &mut Vec<Open>) {
        match event {
            Event::Scalar(text, ..) => self.scalar_event(text, span, stack),
            Event::MappingStart(..) => {
                let path = self.enter(span, stack);
                stack.push(Open::Mapping { path, key: None });
            }
            Event::SequenceStart(..) => {
                let path = self.enter(span, stack);
                stack.push(Open::Sequence { path, next: 0 });
            }
            Event::Alias(_) => {
                self.enter(span, stack);
            }
            Event::MappingEnd | Event::SequenceEnd => {
                stack.pop();
            }
            _ => {}
        }
    }

    fn scalar_event(&mut self, text: Cow<'_, str>, span: Span, stack: &mut [Open]) {
        if let Some(Open::Mapping {
            path,
            key: key @ None,
        }) = stack.last_mut()
        {
            let full = if path.is_empty() {
                text.to_string()
            } else {
                format!("{path}.{text}")
            };
            if self
                .locations
                .insert(full.clone(), span.start.into())
                .is_some()
            {
                self.duplicates.push((full.clone(), span.start.into()));
            }
            *key = Some(full);
            return;
        }
        let path = self.enter(span, stack);
        self.scalars.insert(path, text.into_owned());
    }

    /// The path of the value that begins now; a mapping's value takes the location of its key.
    fn enter(&mut self, span: Span, stack: &mut [Open]) -> String {
        match stack.last_mut() {
            None => String::new(),
            Some(Open::Mapping { path, key }) => key.take().unwrap_or_else(|| path.clone()),
            Some(Open::Sequence { path, next }) => {
                let full = format!("{path}[{next}]");
                *next += 1;
                self.locations.insert(full.clone(), span.start.into());
                full
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_and_scalars_by_path() {
        let text = "a: 1\nb:\n  - {c: 84.70}\n  - x\n";
        let found = YamlLocations::read(text);
        assert_eq!(
            found.location("a"),
            Some(SourceLocation { line: 1, column: 1 })
        );
        assert_eq!(
            found.location("b[0].c"),
            Some(SourceLocation { line: 3, column: 6 })
        );
        assert_eq!(
            found.location("b[1]"),
            Some(SourceLocation { line: 4, column: 5 })
        );
        assert_eq!(found.scalar("b[0].c"), Some("84.70"));
        assert_eq!(
            found.location("b[0].missing.deeper"),
            Some(SourceLocation { line: 3, column: 5 })
        );
        assert_eq!(found.location("missing"), None);
    }

    #[test]
    fn duplicates_second_documents_and_broken_text_are_found() {
        assert_eq!(YamlLocations::read("a: 1\na: 2\n").duplicates.len(), 1);
        assert!(
            YamlLocations::read("a: 1\n---\nb: 2\n")
                .second_document
                .is_some()
        );
        let broken = YamlLocations::read("a: [1, 2\nb: 3\n");
        assert!(broken.broken.is_some());
    }
}
