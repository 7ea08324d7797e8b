//! The scalars of TensorBoard event files that belong to one run, all tags at once.

use std::collections::BTreeMap;

use crate::error::MetricError;
use crate::readers::event_order;
use crate::readers::tensorboard::scalars;

/// A scalar of an event file.
#[derive(Clone, Debug, PartialEq)]
pub struct EventScalar {
    /// The name of its file.
    pub file: String,
    /// Which record of its file it stands in, counted from 1.
    pub record: u64,
    /// The step.
    pub step: i64,
    /// The value, finite or not.
    pub value: f64,
}

/// The scalars of one tag.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventTag {
    /// In the order in which they were written.
    pub scalars: Vec<EventScalar>,
    /// Places in `scalars` of which the one before has the same step and time in another file, with
    /// another value: neither is the later one.
    pub ambiguous: Vec<usize>,
    /// The place in `scalars` where a writer starts again at a step that had been written.
    pub restart: Option<usize>,
}

/// The scalars of the event files of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventScalars {
    /// The scalars by tag.
    pub tags: BTreeMap<String, EventTag>,
    /// A file whose last record is cut off, and the record's number.
    pub cut_off: Option<(String, u64)>,
}

/// Reads the scalars of event files of one run, given by name and content, in the order of the names.
///
/// # Errors
/// A record whose checksum is wrong, or that is no event.
pub fn event_scalars(files: &[(String, Vec<u8>)]) -> Result<EventScalars, MetricError> {
    let (mut all, mut cut_off) = (Vec::new(), None);
    for (file, bytes) in files {
        let events = scalars(bytes).map_err(|(record, reason)| MetricError::Malformed {
            file: file.clone(),
            line: record,
            reason,
        })?;
        if let Some(record) = events.cut_off {
            cut_off.get_or_insert_with(|| (file.clone(), record));
        }
        all.push(events.scalars);
    }
    let tags = event_order::by_tag(all).into_iter().map(|(tag, found)| {
        let scalars = found.scalars.into_iter().map(|(file, scalar)| EventScalar {
            file: files[file].0.clone(),
            record: scalar.record,
            step: scalar.step,
            value: scalar.value,
        });
        let tag_scalars = EventTag {
            scalars: scalars.collect(),
            ambiguous: found.ambiguous,
            restart: found.restart,
        };
        (tag, tag_scalars)
    });
    Ok(EventScalars {
        tags: tags.collect(),
        cut_off,
    })
}
