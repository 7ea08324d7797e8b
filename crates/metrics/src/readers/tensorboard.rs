//! Scalars in TensorBoard event files: records as TensorFlow frames them (length and data, each
//! with a masked CRC-32C), and in each a protocol buffer message `Event`
//! (tensorflow/core/util/event.proto, summary.proto, tensor.proto; only the fields read here).

use std::collections::BTreeSet;
use std::ffi::CString;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{Dir, FileType, Mode, fstat, openat};

use reprove_model::escape::printable;
use reprove_model::manifest::Take;
use reprove_model::manifest::metric_source::TensorboardSource;
use reprove_model::record::NumberUnit;

use crate::collect::{Collected, MOST_NAMES};
use crate::error::{MetricError, similar};
use crate::open::{self, Outputs};
use crate::protobuf::{fields, varint};
use crate::readers::MetricReader;
use crate::readers::event_order::{self, Scalar, TagScalars};
use crate::value::{MetricValue, Provenance, Readings, renamed};

/// The most event files in one folder.
const MOST_FILES: usize = 1000;

impl MetricReader for TensorboardSource {
    fn path(&self) -> Option<&Path> {
        Some(&self.file)
    }

    fn files(&self, outputs: &Outputs<'_>) -> Result<Vec<String>, MetricError> {
        let name = self.name();
        let Ok(folder) = open::folder(&name, outputs) else {
            return Ok(vec![name]);
        };
        let files = names(&folder, &name)?;
        let files = files.iter().filter_map(|file| file.to_str().ok());
        Ok(files.map(|file| format!("{name}/{file}")).collect())
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

/// Reads the scalars of an event file, or of all in a folder, in the order in which they were written.
fn read(
    source: &TensorboardSource,
    take: &Take,
    name: Option<&str>,
    outputs: &Outputs<'_>,
) -> Result<Readings, MetricError> {
    let tag = source.tag.as_deref().or(name);
    let shown = source.name();
    let mut collected = Collected::new(&shown, take);
    let (mut names, mut all, mut cut_off) = (Vec::new(), Vec::new(), None);
    for (file, bytes) in event_files(source, outputs)? {
        let events = scalars(&bytes).map_err(|(record, reason)| MetricError::Malformed {
            file: file.clone(),
            line: record,
            reason,
        })?;
        if let Some(record) = events.cut_off {
            cut_off.get_or_insert_with(|| (record, format!("of {file} is cut off")));
        }
        names.push(file);
        all.push(events.scalars);
    }
    for (found, scalars) in event_order::by_tag(all) {
        offer(&names, &scalars, &mut collected)?;
        if tag.is_none_or(|tag| tag == found) {
            remarks(&names, &scalars)
                .into_iter()
                .for_each(|remark| collected.remark(remark));
        }
    }
    if let Some((record, reason)) = cut_off {
        collected.cut_off(record, &reason);
    }
    Ok(renamed(collected.finish(tag)?, name))
}

/// Offers the scalars of one tag. Where two files have different values of one step and time, none of
/// them is the last.
fn offer(
    files: &[String],
    tag: &TagScalars,
    collected: &mut Collected<'_>,
) -> Result<(), MetricError> {
    for (place, (file, scalar)) in tag.scalars.iter().enumerate() {
        let step = |key: &str| (key == "step").then(|| scalar.step.to_string());
        if !collected.looks_at(step) {
            continue;
        }
        let with = |other: usize| {
            let (other, _) = &tag.scalars[other];
            let reason = format!(
                "`{}` has another value at step {} and the same time in {}",
                printable(&scalar.tag, 60),
                scalar.step,
                files[*other]
            );
            let (file, line) = (files[*file].clone(), scalar.record);
            MetricError::Malformed { file, line, reason }
        };
        if tag.ambiguous.contains(&(place + 1)) {
            collected.miss(&scalar.tag, with(place + 1))?;
        }
        let text = format!(
            "record {}: `{}` at step {}",
            scalar.record, scalar.tag, scalar.step
        );
        let provenance = Provenance {
            file: files[*file].clone(),
            line: None,
            text: printable(&text, 200),
        };
        let found = MetricValue {
            value: scalar.value,
            unit: NumberUnit::Unknown,
            provenance,
        };
        collected.offer(&scalar.tag, found)?;
        if tag.ambiguous.contains(&place) {
            collected.miss(&scalar.tag, with(place - 1))?;
        }
    }
    Ok(())
}

/// What is to be said of the order of the scalars of one tag.
fn remarks(files: &[String], tag: &TagScalars) -> Vec<String> {
    let restart = tag.restart.map(|place| {
        let (file, scalar) = &tag.scalars[place];
        format!(
            "{} starts again at step {}, which was written before",
            files[*file], scalar.step
        )
    });
    let doubled = tag.doubled.map(|place| {
        let ((a, scalar), (b, _)) = (&tag.scalars[place - 1], &tag.scalars[place]);
        let (a, b) = (&files[*a], &files[*b]);
        format!("{a} and {b} have different values at step {}", scalar.step)
    });
    restart.into_iter().chain(doubled).collect()
}

/// The event files that a source names, by name: itself, or those of the folder.
fn event_files(
    source: &TensorboardSource,
    outputs: &Outputs<'_>,
) -> Result<Vec<(String, Vec<u8>)>, MetricError> {
    let dir = source.name();
    let Ok(folder) = open::folder(&dir, outputs) else {
        let bytes = open::whole(&dir, outputs)?;
        return Ok(vec![(dir, bytes)]);
    };
    let unreadable = |reason: String| MetricError::Unreadable {
        file: dir.clone(),
        reason,
    };
    let names = names(&folder, &dir)?;
    if names.is_empty() {
        let (mut folders, mut left) = (BTreeSet::new(), MOST_NAMES);
        open::list(&folder, &dir, &mut left, &mut |file, folder| {
            if file.contains("tfevents") {
                folders.insert(folder.to_owned());
            }
        });
        let found = similar("", folders.iter().map(String::as_str));
        let found = match found[..] {
            [] => String::new(),
            _ => format!(", found some in `{}`", found.join("`, `")),
        };
        return Err(unreadable(format!(
            "has no event files (names with `tfevents`){found}"
        )));
    }
    let (mut files, mut total) = (Vec::new(), 0);
    for name in names {
        let shown = format!(
            "{}/{}",
            dir,
            std::ffi::OsStr::from_bytes(name.to_bytes()).to_string_lossy()
        );
        let failed = |reason: &str| MetricError::Unreadable {
            file: shown.clone(),
            reason: reason.into(),
        };
        let opened = openat(&folder, &name, open::plain(), Mode::empty())
            .map_err(|_| failed("cannot be opened"))?;
        let stat = fstat(&opened).map_err(|_| failed("cannot be opened"))?;
        if !FileType::from_raw_mode(stat.st_mode).is_file() {
            return Err(failed("is not a plain file"));
        }
        total += stat.st_size.unsigned_abs();
        if total > open::LARGEST_WHOLE {
            return Err(unreadable(format!(
                "has more than {} MiB of event files",
                open::LARGEST_WHOLE >> 20
            )));
        }
        let bytes = open::read_whole(File::from(opened), &shown)?;
        files.push((shown, bytes));
    }
    Ok(files)
}

/// The names of the event files in a folder, in order, at most [`MOST_FILES`].
fn names(folder: &OwnedFd, shown: &str) -> Result<Vec<CString>, MetricError> {
    let unreadable = |reason: String| MetricError::Unreadable {
        file: shown.to_owned(),
        reason,
    };
    let entries = Dir::read_from(folder).map_err(|error| unreadable(error.to_string()))?;
    let mut names: Vec<CString> = entries
        .flatten()
        .map(|entry| entry.file_name().to_owned())
        .filter(|name| name.to_bytes().windows(8).any(|part| part == b"tfevents"))
        .take(MOST_FILES + 1)
        .collect();
    if names.len() > MOST_FILES {
        return Err(unreadable(format!(
            "has more than {MOST_FILES} event files"
        )));
    }
    names.sort();
    Ok(names)
}

/// The scalars of a file.
pub(crate) struct Events {
    pub scalars: Vec<Scalar>,
    /// The number of a last record that was cut off.
    pub cut_off: Option<u64>,
}

/// All scalars of a file. A last record that was cut off is left out; any other fault is one.
pub(crate) fn scalars(bytes: &[u8]) -> Result<Events, (u64, String)> {
    let mut found = Vec::new();
    let mut rest = bytes;
    let mut cut_off = None;
    for record in 1.. {
        if rest.is_empty() {
            break;
        }
        cut_off = Some(record);
        let Some((header, after)) = rest.split_at_checked(12) else {
            break;
        };
        let length = header[..8]
            .iter()
            .rev()
            .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        check(&header[..8], &header[8..])
            .ok_or((record, "the checksum of the length is wrong".to_owned()))?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some((data, after)) = after.split_at_checked(length) else {
            break;
        };
        let Some((sum, after)) = after.split_at_checked(4) else {
            break;
        };
        check(data, sum).ok_or((record, "the checksum of the data is wrong".to_owned()))?;
        event(data, record, &mut found).ok_or((record, "is no event".to_owned()))?;
        rest = after;
        cut_off = None;
    }
    Ok(Events {
        scalars: found,
        cut_off,
    })
}

/// Whether `data` has this masked checksum.
fn check(data: &[u8], sum: &[u8]) -> Option<()> {
    let crc = crc32c(data);
    let masked = crc.rotate_right(15).wrapping_add(0xa282_ead8);
    (masked.to_le_bytes() == sum).then_some(())
}

/// CRC-32C (Castagnoli 1993), reflected, bit by bit over a table of bytes.
fn crc32c(data: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut index = 0;
        while index < 256 {
            let mut value = index as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 {
                    value >> 1 ^ 0x82f6_3b78
                } else {
                    value >> 1
                };
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };
    !data.iter().fold(!0, |crc, byte| {
        crc >> 8 ^ TABLE[usize::from(crc as u8 ^ byte)]
    })
}

/// `Event`: time is field 1, step is field 2, summary is field 5.
fn event(bytes: &[u8], record: u64, found: &mut Vec<Scalar>) -> Option<()> {
    let (mut time, mut step, mut summaries) = (0.0, 0, Vec::new());
    fields(bytes, |number, field| {
        match number {
            1 => time = field.fixed64().map_or(time, f64::from_le_bytes),
            2 => step = field.varint().map_or(step, |value| value as i64),
            5 => summaries.extend(field.bytes()),
            _ => {}
        }
        Some(())
    })?;
    for summary in summaries {
        fields(summary, |number, field| {
            if number == 1
                && let Some(bytes) = field.bytes()
                && let (tag, Some(value)) = summary_value(bytes)?
            {
                found.push(Scalar {
                    tag,
                    step,
                    time,
                    value,
                    record,
                });
            }
            Some(())
        })?;
    }
    Some(())
}

/// `Summary.Value`: tag is field 1, simple_value is field 2, tensor is field 8. No number where it
/// is an image, a histogram or a tensor of more than one element.
fn summary_value(bytes: &[u8]) -> Option<(String, Option<f64>)> {
    let (mut tag, mut value) = (String::new(), None);
    fields(bytes, |number, field| {
        let bytes = field.bytes();
        match number {
            1 => {
                tag = bytes
                    .map(String::from_utf8_lossy)
                    .unwrap_or_default()
                    .into_owned()
            }
            2 => value = field.fixed32().map(float).or(value),
            8 => value = bytes.map_or(Some(value), tensor)?,
            _ => {}
        }
        Some(())
    })?;
    Some((tag, value))
}

fn float(bits: [u8; 4]) -> f64 {
    f64::from(f32::from_le_bytes(bits))
}

/// `TensorProto`: dtype is field 1 (1 float, 2 double, 3 int32, 9 int64), its elements are raw in
/// field 4 or listed in field 5, 6, 7 or 10. The number of a tensor of one element.
fn tensor(bytes: &[u8]) -> Option<Option<f64>> {
    let (mut kind, mut raw, mut listed) = (0, None, Vec::new());
    fields(bytes, |number, field| {
        match number {
            1 => kind = field.varint().unwrap_or(kind),
            4 => raw = field.bytes().or(raw),
            5 => {
                let packed = field.bytes().map(<[u8]>::as_chunks);
                let packed = packed.into_iter().flat_map(|(chunks, _)| chunks).copied();
                listed.extend(field.fixed32().into_iter().chain(packed).map(float));
            }
            6 => {
                let packed = field.bytes().map(<[u8]>::as_chunks);
                let packed = packed.into_iter().flat_map(|(chunks, _)| chunks).copied();
                let bits = field.fixed64().into_iter().chain(packed);
                listed.extend(bits.map(f64::from_le_bytes));
            }
            7 | 10 => {
                listed.extend(field.varint().map(|value| value as i64 as f64));
                let mut packed = field.bytes().unwrap_or_default();
                while !packed.is_empty() {
                    listed.push(varint(&mut packed)? as i64 as f64);
                }
            }
            _ => {}
        }
        Some(())
    })?;
    let from_raw = raw.and_then(|raw| match kind {
        1 => Some(f64::from(f32::from_le_bytes(raw.try_into().ok()?))),
        2 => Some(f64::from_le_bytes(raw.try_into().ok()?)),
        3 => Some(f64::from(i32::from_le_bytes(raw.try_into().ok()?))),
        9 => Some(i64::from_le_bytes(raw.try_into().ok()?) as f64),
        _ => None,
    });
    Some(match listed.as_slice() {
        [one] => Some(*one),
        _ => from_raw,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(fields: &[(u8, u8, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (number, kind, payload) in fields {
            bytes.push(number << 3 | kind);
            if *kind == 2 {
                bytes.push(payload.len() as u8);
            }
            bytes.extend_from_slice(payload);
        }
        bytes
    }

    fn framed(data: &[u8]) -> Vec<u8> {
        let sum = |bytes: &[u8]| {
            crc32c(bytes)
                .rotate_right(15)
                .wrapping_add(0xa282_ead8)
                .to_le_bytes()
        };
        let length = (data.len() as u64).to_le_bytes();
        [&length[..], &sum(&length), data, &sum(data)].concat()
    }

    fn scalar_event(step: u8, tag: &str, value: &[u8]) -> Vec<u8> {
        let value = message(&[(1, 2, tag.as_bytes()), (value[0], value[1], &value[2..])]);
        framed(&message(&[
            (1, 1, &[0; 8]),
            (2, 0, &[step]),
            (5, 2, &message(&[(1, 2, &value)])),
        ]))
    }

    fn simple(value: f32) -> Vec<u8> {
        [&[2, 5][..], &value.to_le_bytes()].concat()
    }

    #[test]
    fn the_checksum_is_the_published_one() {
        // RFC 3720, B.4.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn simple_values_and_tensors_are_read() {
        let double = message(&[(1, 0, &[2]), (4, 2, &0.75f64.to_le_bytes())]);
        let listed = message(&[(1, 0, &[1]), (5, 2, &0.5f32.to_le_bytes())]);
        let bytes = [
            framed(&message(&[(1, 1, &[0; 8]), (3, 2, b"brain.Event:2")])),
            scalar_event(1, "acc", &simple(0.25)),
            scalar_event(2, "acc", &[&[8, 2][..], &double].concat()),
            scalar_event(3, "acc", &[&[8, 2][..], &listed].concat()),
            scalar_event(4, "loss", &simple(f32::NAN)),
        ]
        .concat();
        let found = scalars(&bytes).unwrap().scalars;
        let values: Vec<_> = found
            .iter()
            .map(|scalar| (scalar.step, scalar.value))
            .collect();
        assert_eq!(values[..3], [(1, 0.25), (2, 0.75), (3, 0.5)]);
        assert!(found[3].value.is_nan() && found[3].record == 5);
        let cut = scalars(&bytes[..bytes.len() - 3]).unwrap();
        assert_eq!((cut.scalars.len(), cut.cut_off), (3, Some(5)));
        let mut broken = bytes.clone();
        broken[20] ^= 1;
        assert_eq!(
            scalars(&broken).err().unwrap(),
            (1, "the checksum of the data is wrong".into())
        );
    }

    #[test]
    fn a_folder_of_files_is_one_source() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        std::fs::create_dir(&runs).unwrap();
        std::fs::write(
            runs.join("events.out.tfevents.1"),
            scalar_event(1, "acc", &simple(0.5)),
        )
        .unwrap();
        std::fs::write(
            runs.join("events.out.tfevents.2"),
            scalar_event(2, "acc", &simple(0.25)),
        )
        .unwrap();
        std::fs::write(runs.join("other"), "x").unwrap();
        let outputs = Outputs {
            folder: folder.path(),
            stdout: folder.path(),
            stderr: folder.path(),
        };
        let of = |tag: &str, take: Take| {
            let source = TensorboardSource {
                file: "runs".into(),
                tag: Some(tag.into()),
            };
            read(&source, &take, Some("accuracy"), &outputs)
                .map(|readings| readings["accuracy"][0].clone())
        };
        let last = of("acc", Take::Last).unwrap();
        assert_eq!(
            (last.value, last.provenance.text.as_str()),
            (0.25, "record 1: `acc` at step 2")
        );
        assert_eq!(of("acc", Take::Max).unwrap().value, 0.5);
        assert_eq!(
            of(
                "acc",
                Take::Where {
                    key: "step".into(),
                    value: "1".into()
                }
            )
            .unwrap()
            .value,
            0.5
        );
        assert_eq!(
            of("ac", Take::Last).unwrap_err().to_string(),
            "runs: no `ac`, found `acc`"
        );
        let step = |value: &str| Take::Where {
            key: "step".into(),
            value: value.into(),
        };
        assert_eq!(
            of("acc", step("7")).unwrap_err().to_string(),
            "runs: no record with `7` under `step`, found `1`, `2`"
        );
        let file = TensorboardSource {
            file: "runs/events.out.tfevents.1".into(),
            tag: Some("acc".into()),
        };
        let found = read(&file, &Take::Last, Some("accuracy"), &outputs).unwrap();
        assert_eq!(found["accuracy"][0].value, 0.5);
        assert_eq!(found["accuracy"][0].provenance.file, file.name());
        let none = TensorboardSource {
            file: "run".into(),
            ..file
        };
        assert_eq!(
            read(&none, &Take::Last, None, &outputs)
                .unwrap_err()
                .to_string(),
            "run: no such file, found `runs/other`, `runs/events.out.tfevents.1`, \
             `runs/events.out.tfevents.2`"
        );
        for number in 0..MOST_FILES {
            std::fs::write(runs.join(format!("tfevents.{number}")), "").unwrap();
        }
        let many = TensorboardSource {
            file: "runs".into(),
            ..none
        };
        let words = "runs: has more than 1000 event files";
        assert_eq!(
            read(&many, &Take::Last, None, &outputs)
                .unwrap_err()
                .to_string(),
            words
        );
        assert_eq!(many.files(&outputs).unwrap_err().to_string(), words);
    }

    /// The last value of the events of the files of a folder, or why there is none.
    fn last_of(files: &[(&str, Vec<u8>)]) -> Result<f64, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join("tb").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let outputs = Outputs {
            folder: folder.path(),
            stdout: folder.path(),
            stderr: folder.path(),
        };
        let source = TensorboardSource {
            file: "tb".into(),
            tag: None,
        };
        let readings = read(&source, &Take::Last, Some("acc"), &outputs);
        readings
            .map(|readings| readings["acc"][0].value)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn events_of_several_writers_are_ordered_by_their_steps() {
        let event = |step, value| scalar_event(step, "acc", &simple(value));
        let first = [event(1, 0.25), event(3, 0.75)].concat();
        let second = event(2, 0.5);
        let files = [
            ("events.out.tfevents.1.a", first.clone()),
            ("events.out.tfevents.2.b", second),
        ];
        assert_eq!(last_of(&files), Ok(0.75));
        let cut = first[..first.len() - 3].to_vec();
        assert_eq!(
            last_of(&[("events.out.tfevents.1.a", cut)]).unwrap_err(),
            "tb:2: the last record of tb/events.out.tfevents.1.a is cut off"
        );
        // Both files have other values of one step and time.
        let second = event(3, 0.5);
        let both = [
            ("events.out.tfevents.1.a", first.clone()),
            ("events.out.tfevents.2.b", second),
        ];
        assert_eq!(
            last_of(&both).unwrap_err(),
            "tb/events.out.tfevents.2.b:1: `acc` has another value at step 3 and the same time in \
             tb/events.out.tfevents.1.a"
        );
        let nested = [
            ("train/events.out.tfevents.1", event(1, 0.5)),
            ("validation/events.out.tfevents.1", event(1, 0.5)),
        ];
        assert_eq!(
            last_of(&nested).unwrap_err(),
            "tb: has no event files (names with `tfevents`), found some in `tb/train`, \
             `tb/validation`"
        );
    }

    proptest! {
        #[test]
        fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = scalars(&bytes);
            let _ = scalars(&framed(&bytes));
            let _ = tensor(&bytes);
        }
    }
}
