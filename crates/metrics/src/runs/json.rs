//! Runs in a JSON document or JSON lines: objects, or the numbers of a plain list.

use std::collections::BTreeMap;

use reprove_model::escape::printable;

use super::file_run::{FileRun, RunNumber};
use super::reader::{Entry, Reader, is_seed};
use crate::collect::same;
use crate::error::{MetricError, absent};
use crate::json::{self, JsonNode, Leaf, Value};
use crate::number;

/// The runs of a text that begins like JSON.
pub(super) fn entries(reader: Reader<'_>, text: &str) -> Result<Vec<Entry>, MetricError> {
    JsonRuns { reader }.text(text)
}

struct JsonRuns<'q> {
    reader: Reader<'q>,
}

impl JsonRuns<'_> {
    fn text(&self, text: &str) -> Result<Vec<Entry>, MetricError> {
        let fault = |(line, reason)| self.reader.malformed(line, reason);
        let error = match json::parse(text) {
            Ok(root) => return self.document(&root),
            Err(error) => error,
        };
        let lines = || {
            (1..)
                .zip(text.lines())
                .filter(|(_, line)| !line.trim().is_empty())
        };
        // A first line that is a document of its own begins JSON lines.
        if lines()
            .next()
            .is_none_or(|(_, line)| json::parse(line).is_err())
        {
            return Err(fault(error));
        }
        let mut entries = Vec::new();
        for (number, line) in lines() {
            let root = json::parse(line).map_err(|(_, reason)| fault((number, reason)))?;
            entries.extend(self.record(&root, number)?);
        }
        Ok(entries)
    }

    fn document(&self, root: &JsonNode) -> Result<Vec<Entry>, MetricError> {
        if let Value::List(items) = &root.value {
            return self.items(items);
        }
        let names = keys(root);
        let name = match &self.reader.query.column {
            Some(name) => name.as_str(),
            None if root.get("values").is_some() => "values",
            None => self.reader.only(&names, || false)?,
        };
        let mut hits = root.find(name);
        if hits.is_empty() {
            let path = self.deeper(root, name)?;
            hits = root.find(&path);
        }
        let is_list = root.get(name).is_some_and(|node| node.leaf().is_none());
        match hits.first().and_then(|hit| hit.record) {
            None if !is_list && hits.len() == 1 && root.get(name).is_some() => {
                Ok(self.record(root, root.line)?.into_iter().collect())
            }
            None => self.listed(root, &hits.iter().map(|hit| hit.node).collect::<Vec<_>>()),
            Some(_) => {
                let mut entries = Vec::new();
                for (place, hit) in (1..).zip(&hits) {
                    let record = hit.record.unwrap_or(root);
                    entries.extend(self.entry(record, hit.node, place)?);
                }
                Ok(entries)
            }
        }
    }

    /// The runs of a list in an object; a list of seeds as long as it may stand beside it.
    fn listed(&self, root: &JsonNode, nodes: &[&JsonNode]) -> Result<Vec<Entry>, MetricError> {
        let seeds = keys(root)
            .into_iter()
            .find(|key| is_seed(key) || *key == "seeds");
        let seeds = seeds.map(|key| root.find(key)).unwrap_or_default();
        let has_seeds = !seeds.is_empty() && seeds.len() == nodes.len();
        let mut entries = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let place = index as u64 + 1;
            if let Value::Object(_) = node.value {
                entries.extend(self.record(node, place)?);
                continue;
            }
            let seed = has_seeds.then(|| self.reader.seed(&seeds[index].node.shown(), place));
            entries.push(Entry {
                run: FileRun {
                    line: place,
                    seed: seed.transpose()?,
                    number: self.leaf(node, place)?,
                    is_open: false,
                },
                others: BTreeMap::new(),
            });
        }
        match self.reader.query.filters.first() {
            Some((key, _)) if entries.iter().all(|entry| entry.others.is_empty()) => {
                Err(absent(self.reader.file, key, []))
            }
            Some(_) | None => Ok(entries),
        }
    }

    fn items(&self, items: &[JsonNode]) -> Result<Vec<Entry>, MetricError> {
        let mut entries = Vec::new();
        for (place, item) in (1..).zip(items) {
            entries.extend(self.record(item, place)?);
        }
        Ok(entries)
    }

    /// The run of an object, or of a bare number; `None` where a filter leaves it out.
    fn record(&self, record: &JsonNode, line: u64) -> Result<Option<Entry>, MetricError> {
        let Value::Object(_) = &record.value else {
            return self.entry(record, record, line);
        };
        let names = keys(record);
        let name = match &self.reader.query.column {
            Some(name) => name.as_str(),
            None => self.reader.only(&names, || false)?,
        };
        match record.find(name)[..] {
            [hit] => self.entry(record, hit.node, line),
            [] => Err(absent(self.reader.file, name, names.iter().copied())),
            [..] => {
                let reason = format!("`{}`: expected a number, found a list", printable(name, 60));
                Err(self.reader.malformed(line, reason))
            }
        }
    }

    fn entry(
        &self,
        record: &JsonNode,
        node: &JsonNode,
        line: u64,
    ) -> Result<Option<Entry>, MetricError> {
        for (key, wanted) in &self.reader.query.filters {
            let found = record.plain_at(key);
            let found = found.ok_or_else(|| absent(self.reader.file, key, keys(record)))?;
            if !same(&found, wanted) {
                return Ok(None);
            }
        }
        let seed = keys(record).into_iter().find(|key| is_seed(key));
        let is_value = |seed: &&JsonNode| std::ptr::eq(*seed, node);
        let seed = seed
            .and_then(|key| record.get(key))
            .filter(|seed| !is_value(seed));
        let seed = seed.map(|seed| self.reader.seed(&seed.shown(), line));
        let mut others = BTreeMap::new();
        for key in keys(record) {
            let other = record
                .get(key)
                .filter(|other| !is_value(other) && !is_seed(key));
            if let Some(leaf) = other.and_then(JsonNode::leaf) {
                others.insert(key.to_owned(), leaf.plain());
            }
        }
        Ok(Some(Entry {
            run: FileRun {
                line,
                seed: seed.transpose()?,
                number: self.leaf(node, line)?,
                is_open: false,
            },
            others,
        }))
    }

    fn leaf(&self, node: &JsonNode, line: u64) -> Result<RunNumber, MetricError> {
        let leaf = node.leaf();
        if let Some(Leaf::Text(text)) = leaf {
            return self.reader.number(text, line);
        }
        if leaf.is_some_and(Leaf::is_lost) {
            return Ok(RunNumber::Lost);
        }
        match leaf.and_then(Leaf::number) {
            Some((value, unit)) => Ok(RunNumber::Number { value, unit }),
            None => {
                let reason = number::expected(&node.shown());
                Err(self.reader.malformed(line, reason))
            }
        }
    }

    /// The path of the only list, or number, of this name anywhere in a document.
    fn deeper(&self, root: &JsonNode, name: &str) -> Result<String, MetricError> {
        let (mut paths, mut all) = (Vec::new(), Vec::new());
        root.walk(&mut String::new(), &mut |path, node| {
            let is_named = path
                .strip_suffix(name)
                .is_some_and(|start| start.ends_with('.'));
            if is_named && !matches!(node.value, Value::Object(_)) {
                paths.push(path.to_owned());
            }
            if matches!(node.value, Value::List(_)) && !path.is_empty() {
                all.push(path.to_owned());
            }
        });
        match &paths[..] {
            [path] => Ok(path.clone()),
            [] => {
                let names = keys(root).into_iter().chain(all.iter().map(String::as_str));
                Err(absent(self.reader.file, name, names))
            }
            [..] => Err(self.reader.many(paths.iter().map(String::as_str), false)),
        }
    }
}

fn keys(node: &JsonNode) -> Vec<&str> {
    match &node.value {
        Value::Object(fields) => fields.iter().map(|(key, _)| key.as_str()).collect(),
        Value::List(_) | Value::Leaf(_) => Vec::new(),
    }
}
