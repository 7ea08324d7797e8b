//! The values of runs in one file: a table, a JSON document or JSON lines.
//!
//! The same parsers read them as read the metrics of a program's runs. A row or an object is a run,
//! and so is each number of a plain list.

use std::collections::BTreeMap;

use reprove_model::escape::printable;
use reprove_model::record::NumberUnit;

use crate::collect::same;
use crate::error::{MetricError, absent};
use crate::json::{self, JsonNode, Leaf, Value};
use crate::number;
use crate::table::{self, CsvTable, Header};
use crate::text;
use reprove_model::seeds::RunSeed;

/// Which values of a file are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunQuery {
    /// The column or key; the place of the column, from 1, in a table without names. Without it the
    /// only one beside the seed, or the one called `value`.
    pub column: Option<String>,
    /// The values that runs have in other columns; runs with others are left out.
    pub filters: Vec<(String, String)>,
}

/// What a file has for one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RunNumber {
    /// A number, finite or not.
    Number {
        /// The number as it was written.
        value: f64,
        /// What is known of its unit.
        unit: NumberUnit,
    },
    /// A blank, or a word for a run that was lost, as `crashed` or `N/A`.
    Lost,
}

/// One run of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileRun {
    /// Its line, or its place in a list, counted from 1.
    pub line: u64,
    /// Its seed, where the file has seeds.
    pub seed: Option<RunSeed>,
    /// Its number.
    pub number: RunNumber,
}

/// Reads the runs of a file that is called `file` in messages, in its order.
///
/// ```
/// use reprove_metrics::{RunNumber, RunQuery, read_runs};
/// use reprove_model::seeds::RunSeed;
///
/// let runs = read_runs("runs.csv", b"seed,acc\n3,90.4\n4,crashed\n", &RunQuery::default())?;
/// assert_eq!(runs[0].seed, Some(RunSeed(3)));
/// assert_eq!(runs[1].number, RunNumber::Lost);
/// # Ok::<(), reprove_metrics::MetricError>(())
/// ```
///
/// # Errors
/// What is no table and no JSON, a row with another number of cells than the header, a column that
/// is not there or stands twice, text where a number or a seed should be, a seed twice, no runs.
pub fn read_runs(file: &str, bytes: &[u8], query: &RunQuery) -> Result<Vec<FileRun>, MetricError> {
    let reader = Reader { file, query };
    let text = text::decode(bytes).map_err(|reason| reader.malformed(1, reason))?;
    let entries = match text.trim_start().starts_with(['[', '{']) {
        true => reader.json(&text)?,
        false => reader.table(&text)?,
    };
    reader.runs(entries)
}

/// A run with its other cells, which tell runs of one seed apart.
struct Entry {
    run: FileRun,
    others: BTreeMap<String, String>,
}

struct Reader<'q> {
    file: &'q str,
    query: &'q RunQuery,
}

/// The names that a column of seeds has.
const SEEDS: [&str; 3] = ["seed", "random_seed", "rng_seed"];

fn is_seed(name: &str) -> bool {
    SEEDS.contains(&name.to_lowercase().as_str())
}

/// Whether a column is the index of a data frame, which pandas writes without a name.
fn is_index(name: &str) -> bool {
    name.is_empty() || name.starts_with("Unnamed: ")
}

impl Reader<'_> {
    fn malformed(&self, line: u64, reason: String) -> MetricError {
        MetricError::Malformed {
            file: self.file.to_owned(),
            line,
            reason,
        }
    }

    fn unreadable(&self, reason: String) -> MetricError {
        MetricError::Unreadable {
            file: self.file.to_owned(),
            reason,
        }
    }

    /// The runs, if no seed stands twice and all or none have one.
    fn runs(&self, entries: Vec<Entry>) -> Result<Vec<FileRun>, MetricError> {
        if entries.is_empty() {
            let reason = "expected at least one value, found none".to_owned();
            return Err(self.unreadable(reason));
        }
        let percentages = entries.iter().filter(|entry| {
            matches!(entry.run.number, RunNumber::Number { unit, .. } if unit == NumberUnit::Percent)
        });
        let percentages = percentages.count();
        let numbers = entries
            .iter()
            .filter(|entry| entry.run.number != RunNumber::Lost)
            .count();
        if percentages > 0 && percentages < numbers {
            return Err(self.unreadable(format!(
                "expected numbers in one unit, found {percentages} of {numbers} with a percent sign"
            )));
        }
        let mut seen: BTreeMap<RunSeed, &Entry> = BTreeMap::new();
        let has_seeds = entries.iter().any(|entry| entry.run.seed.is_some());
        for entry in &entries {
            let line = entry.run.line;
            let Some(seed) = entry.run.seed else {
                if has_seeds {
                    let reason = "expected a seed, as other runs have one, found none".to_owned();
                    return Err(self.malformed(line, reason));
                }
                continue;
            };
            if let Some(first) = seen.insert(seed, entry) {
                let others = entry.others.iter();
                let differing =
                    others.filter(|(name, value)| first.others.get(*name) != Some(value));
                return Err(MetricError::SeedTwice {
                    file: self.file.to_owned(),
                    line,
                    seed,
                    differing: differing
                        .map(|(name, value)| (printable(name, 60), printable(value, 60)))
                        .collect(),
                });
            }
        }
        Ok(entries.into_iter().map(|entry| entry.run).collect())
    }

    fn seed(&self, text: &str, line: u64) -> Result<RunSeed, MetricError> {
        let text = text.trim();
        let whole = text.parse::<u64>().ok();
        let is_exact = |seed: &f64| seed.fract() == 0.0 && (0.0..=2f64.powi(53)).contains(seed);
        let seed = whole.or_else(|| text.parse().ok().filter(is_exact).map(|seed| seed as u64));
        seed.map(RunSeed).ok_or_else(|| {
            let shown = printable(text, 60);
            let reason = format!("expected a seed, a whole number from 0, found `{shown}`");
            self.malformed(line, reason)
        })
    }

    fn number(&self, text: &str, line: u64) -> Result<RunNumber, MetricError> {
        match number::parse(text) {
            Some((value, unit)) => Ok(RunNumber::Number { value, unit }),
            None if number::is_lost(text) => Ok(RunNumber::Lost),
            None => Err(self.malformed(line, number::expected(text))),
        }
    }

    fn many<'n>(&self, names: impl Iterator<Item = &'n str>) -> MetricError {
        MetricError::ManyColumns {
            file: self.file.to_owned(),
            columns: names.take(20).map(|name| printable(name, 60)).collect(),
        }
    }

    /// The only name beside seeds and indices, or `value`.
    fn only<'n>(&self, names: &[&'n str]) -> Result<&'n str, MetricError> {
        let is_filter = |name: &str| self.query.filters.iter().any(|(key, _)| key == name);
        let is_value = |name: &&&str| !is_seed(name) && !is_index(name) && !is_filter(name);
        let candidates: Vec<&&str> = names.iter().filter(is_value).collect();
        let value = names.iter().find(|name| **name == "value");
        match (&candidates[..], value) {
            ([one], _) => Ok(one),
            (_, Some(value)) => Ok(value),
            (_, None) => Err(self.many(names.iter().copied())),
        }
    }

    fn table(&self, text: &str) -> Result<Vec<Entry>, MetricError> {
        let fault = |(line, reason)| self.malformed(line, reason);
        let keys = self.query.filters.iter().map(|(key, _)| key.as_str());
        let column = self.query.column.as_deref();
        let wanted: Vec<&str> = column.into_iter().chain(keys).collect();
        let table = table::parse(text, &wanted, Header::Detected).map_err(fault)?;
        if let Some((line, reason)) = table.cut_off {
            return Err(self.malformed(line, format!("the last row {reason}")));
        }
        let names: Vec<String> = match &table.names {
            Some(names) => names.clone(),
            None => (1..=table.width).map(|place| place.to_string()).collect(),
        };
        let shown: Vec<&str> = names.iter().map(String::as_str).collect();
        let place = |name: &str| {
            let first = text.lines().find(|line| !line.trim().is_empty());
            shown
                .iter()
                .position(|known| *known == name)
                .ok_or_else(|| match &table.names {
                    Some(_) => absent(self.file, name, shown.iter().copied()),
                    // The first line may be a header that does not have the column.
                    None => absent(
                        self.file,
                        name,
                        first.into_iter().flat_map(|line| line.split(',')),
                    ),
                })
        };
        let value = match column {
            Some(name) => place(name)?,
            None if table.width == 0 => return Ok(Vec::new()),
            None => place(self.only(&shown)?)?,
        };
        let seeds = shown.iter().position(|name| is_seed(name));
        let mut filters = Vec::new();
        for (key, wanted) in &self.query.filters {
            filters.push((place(key)?, wanted));
        }
        if table.names.is_some() {
            let used = filters
                .iter()
                .map(|(column, _)| *column)
                .chain([value])
                .chain(seeds);
            for column in used {
                table.check_once(shown[column]).map_err(fault)?;
            }
        }
        self.check_summaries(&table, value, seeds, &filters)?;
        let mut entries = Vec::new();
        for row in &table.rows {
            if filters
                .iter()
                .any(|(column, wanted)| !same(row.cell(*column), wanted))
            {
                continue;
            }
            let seed = seeds.filter(|column| *column != value);
            let seed = seed.map(|column| self.seed(row.cell(column), row.line));
            let others =
                (0..table.width).filter(|column| *column != value && Some(*column) != seeds);
            entries.push(Entry {
                run: FileRun {
                    line: row.line,
                    seed: seed.transpose()?,
                    number: self.number(row.cell(value), row.line)?,
                },
                others: others
                    .filter(|column| !is_index(shown[*column]))
                    .map(|column| (names[column].clone(), row.cell(column).to_owned()))
                    .collect(),
            });
        }
        Ok(entries)
    }

    fn check_summaries(
        &self,
        table: &CsvTable,
        value: usize,
        seeds: Option<usize>,
        filters: &[(usize, &String)],
    ) -> Result<(), MetricError> {
        for column in [Some(0), seeds].into_iter().flatten() {
            let is_used = value == column || filters.iter().any(|(filter, _)| *filter == column);
            if !is_used {
                let checked = table.check_summaries(column);
                checked.map_err(|(line, reason)| self.malformed(line, reason))?;
            }
        }
        Ok(())
    }

    fn json(&self, text: &str) -> Result<Vec<Entry>, MetricError> {
        let fault = |(line, reason)| self.malformed(line, reason);
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
        let name = match &self.query.column {
            Some(name) => name.as_str(),
            None if root.get("values").is_some() => "values",
            None => self.only(&names)?,
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
            let seed = has_seeds.then(|| self.seed(&seeds[index].node.shown(), place));
            entries.push(Entry {
                run: FileRun {
                    line: place,
                    seed: seed.transpose()?,
                    number: self.leaf(node, place)?,
                },
                others: BTreeMap::new(),
            });
        }
        match self.query.filters.first() {
            Some((key, _)) if entries.iter().all(|entry| entry.others.is_empty()) => {
                Err(absent(self.file, key, []))
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
        let name = match &self.query.column {
            Some(name) => name.as_str(),
            None => self.only(&names)?,
        };
        match record.find(name)[..] {
            [hit] => self.entry(record, hit.node, line),
            [] => Err(absent(self.file, name, names.iter().copied())),
            [..] => {
                let reason = format!("`{}`: expected a number, found a list", printable(name, 60));
                Err(self.malformed(line, reason))
            }
        }
    }

    fn entry(
        &self,
        record: &JsonNode,
        node: &JsonNode,
        line: u64,
    ) -> Result<Option<Entry>, MetricError> {
        for (key, wanted) in &self.query.filters {
            let found = record.plain_at(key);
            let found = found.ok_or_else(|| absent(self.file, key, keys(record)))?;
            if !same(&found, wanted) {
                return Ok(None);
            }
        }
        let seed = keys(record).into_iter().find(|key| is_seed(key));
        let is_value = |seed: &&JsonNode| std::ptr::eq(*seed, node);
        let seed = seed
            .and_then(|key| record.get(key))
            .filter(|seed| !is_value(seed));
        let seed = seed.map(|seed| self.seed(&seed.shown(), line));
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
            },
            others,
        }))
    }

    fn leaf(&self, node: &JsonNode, line: u64) -> Result<RunNumber, MetricError> {
        match node.leaf() {
            Some(Leaf::Text(text)) => self.number(text, line),
            Some(leaf) if leaf.is_lost() => Ok(RunNumber::Lost),
            leaf => match leaf.and_then(Leaf::number) {
                Some((value, unit)) => Ok(RunNumber::Number { value, unit }),
                None => Err(self.malformed(line, number::expected(&node.shown()))),
            },
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
                Err(absent(self.file, name, names))
            }
            [..] => Err(self.many(paths.iter().map(String::as_str))),
        }
    }
}

fn keys(node: &JsonNode) -> Vec<&str> {
    match &node.value {
        Value::Object(fields) => fields.iter().map(|(key, _)| key.as_str()).collect(),
        Value::List(_) | Value::Leaf(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
