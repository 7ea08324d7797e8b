//! The log of a W&B run, `run-ID.wandb`: blocks of 32 KiB with records as LevelDB frames them (checksum,
//! length, type), and in each a protocol buffer message `Record` (wandb/proto/wandb_internal.proto; only
//! the fields read here).

use std::collections::BTreeMap;
use std::path::Path;

use reprove_metrics::{ProtobufField, parse_number, protobuf_fields};

use crate::runs::error::RunImportError;
use crate::runs::files::shown;
use crate::runs::found::{CollectedRuns, FoundRun, Located, RunState};
use crate::runs::names::is_bookkeeping;
use crate::runs::table::ValuePlace;

/// The first bytes of a log: a name, a magic number and a version.
const HEADER: &[u8] = b":W&B\xe1\xbe";
const HEADER_LENGTH: usize = 7;

const BLOCK: usize = 32 << 10;

/// Reads a log.
///
/// # Errors
/// Another file.
pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<CollectedRuns, RunImportError> {
    let unreadable = |reason: &str| RunImportError::Unreadable {
        file: shown(path),
        reason: reason.to_owned(),
    };
    if !bytes.starts_with(HEADER) {
        return Err(unreadable("expected a log of W&B, found another beginning"));
    }
    let name = shown(path);
    let mut run = FoundRun::new(name.clone(), ValuePlace::file(&name));
    let mut log = Log {
        run: &mut run,
        number: 0,
        exit: None,
        summary: BTreeMap::new(),
    };
    for record in records(bytes) {
        log.number += 1;
        log.record(&record)
            .ok_or_else(|| unreadable("expected records of W&B, found other bytes"))?;
    }
    let (exit, summary) = (log.exit, log.summary);
    let mut notes = Vec::new();
    for (key, value) in summary {
        summarise(&mut run, &key, value, &mut notes);
    }
    run.state = match exit {
        Some(0) => RunState::Finished,
        Some(code) => RunState::Lost(format!("ended with exit code {code}")),
        None => RunState::Lost("did not end".to_owned()),
    };
    super::wandb_steps::refuse_summaries(&mut run);
    let runs = vec![run];
    Ok(CollectedRuns { runs, notes })
}

/// Puts a number of the summary where no step has it, or where it is not that of the last step: a program
/// that sets its summary says what its result is.
fn summarise(run: &mut FoundRun, key: &str, value: Located, notes: &mut Vec<String>) {
    if parse_number(&value.text).is_none() {
        return;
    }
    let series = run.metrics.get(key);
    let last = series.and_then(|series| series.observations.last());
    if let Some(last) = last {
        if last.value.text == value.text || is_bookkeeping(key) {
            return;
        }
        notes.push(format!(
            "{}: `{key}` is {} in the summary and {} in the last step; the first is taken",
            run.place, value.text, last.value.text
        ));
    }
    run.metrics.remove(key);
    run.observe(key, value, None);
    if let Some(series) = run.metrics.get_mut(key) {
        series.is_bookkeeping = is_bookkeeping(key);
    }
}

/// The records of a log, put together; a last one that is cut off is left out.
fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (mut found, mut open) = (Vec::new(), Vec::new());
    let mut at = HEADER_LENGTH;
    loop {
        let left = BLOCK - at % BLOCK;
        if left < 7 {
            at += left;
        }
        let Some(header) = bytes.get(at..at + 7) else {
            return found;
        };
        let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
        let Some(part) = bytes.get(at + 7..at + 7 + length) else {
            return found;
        };
        open.extend_from_slice(part);
        // 1 is a whole record, 2, 3 and 4 are its first, middle and last part.
        if matches!(header[6], 1 | 4) {
            found.push(std::mem::take(&mut open));
        }
        at += 7 + length;
    }
}

struct Log<'r> {
    run: &'r mut FoundRun,
    number: u64,
    exit: Option<u64>,
    summary: BTreeMap<String, Located>,
}

impl Log<'_> {
    /// `Record`: history is field 2, summary 3, config 5, run 17, exit 18.
    fn record(&mut self, bytes: &[u8]) -> Option<()> {
        let mut parts = Vec::new();
        protobuf_fields(bytes, |number, field| {
            parts.extend(field.bytes().map(|bytes| (number, bytes.to_vec())));
            Some(())
        })?;
        for (number, bytes) in parts {
            match number {
                2 => self.history(&bytes)?,
                3 => self.summary(&bytes)?,
                5 => self.config(&bytes)?,
                17 => self.of_run(&bytes)?,
                18 => self.exit = Some(exit_code(&bytes)?),
                _ => {}
            }
        }
        Some(())
    }

    /// `HistoryRecord`: its items are field 1.
    fn history(&mut self, bytes: &[u8]) -> Option<()> {
        let items = items(bytes, 1)?;
        let step = items.iter().find(|(key, _)| key == "_step");
        let step = step.map(|(_, step)| format!("step {step}"));
        for (key, value) in items {
            let value = self.located(value, step.clone());
            self.run.observe(&key, value, step.clone());
            if let Some(series) = self.run.metrics.get_mut(&key) {
                series.is_bookkeeping = is_bookkeeping(&key);
            }
        }
        Some(())
    }

    /// `SummaryRecord`: its updates are field 1; the last of each key stands.
    fn summary(&mut self, bytes: &[u8]) -> Option<()> {
        for (key, value) in items(bytes, 1)? {
            let value = self.located(value, None);
            self.summary.insert(key, value);
        }
        Some(())
    }

    /// `ConfigRecord`: its updates are field 1.
    fn config(&mut self, bytes: &[u8]) -> Option<()> {
        for (key, value) in items(bytes, 1)? {
            if !key.starts_with("_wandb") {
                let value = self.located(value, None);
                self.run.settings.insert(key, value);
            }
        }
        Some(())
    }

    /// `RunRecord`: config is field 4, the shown name field 8.
    fn of_run(&mut self, bytes: &[u8]) -> Option<()> {
        let (mut configs, mut name) = (Vec::new(), None);
        protobuf_fields(bytes, |number, field| {
            match number {
                4 => configs.extend(field.bytes().map(<[u8]>::to_vec)),
                8 => name = field.bytes().map(text).or(name.take()),
                _ => {}
            }
            Some(())
        })?;
        for config in configs {
            self.config(&config)?;
        }
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            self.run.seed_names.push(name.clone());
            self.run.name = name;
        }
        Some(())
    }

    fn located(&self, text: String, step: Option<String>) -> Located {
        let place = ValuePlace {
            line: usize::try_from(self.number).ok(),
            detail: step,
            ..self.run.place.clone()
        };
        let text = text.trim().trim_matches('"').to_owned();
        Located { text, place }
    }
}

/// `RunExitRecord`: the code is field 1, and 0 where it is left out.
fn exit_code(bytes: &[u8]) -> Option<u64> {
    let mut code = 0;
    protobuf_fields(bytes, |number, field| {
        if number == 1 {
            code = field.varint()?;
        }
        Some(())
    })?;
    Some(code)
}

/// Items of `HistoryRecord`, `SummaryRecord` and `ConfigRecord`: the key is field 1, or its parts are
/// fields 2; the value is JSON in field 16. Each with its key, the parts joined by dots.
fn items(bytes: &[u8], wanted: u64) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    protobuf_fields(bytes, |number, field| {
        if number == wanted
            && let Some(bytes) = field.bytes()
        {
            found.push(item(bytes)?);
        }
        Some(())
    })?;
    Some(found)
}

fn item(bytes: &[u8]) -> Option<(String, String)> {
    let (mut keys, mut value) = (Vec::new(), String::new());
    protobuf_fields(bytes, |number, field: ProtobufField<'_>| {
        match (number, field.bytes()) {
            (1 | 2, Some(key)) => keys.push(text(key)),
            (16, Some(json)) => value = text(json),
            _ => {}
        }
        Some(())
    })?;
    Some((keys.join("."), value))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
