//! The shapes in which results are kept.

use std::collections::HashMap;

use super::table::{Entry, long, wide};
use super::tree::Node;
use crate::error::ImportError;
use crate::grid::{Grid, RowKind};
use crate::text::CellText;

/// Tasks nested deeper than this are not looked into.
const DEEPEST_TASK: usize = 16;

/// Values under longer keys, joined, are passed over.
const LONGEST_PATH: usize = 400;

/// The tables of a tree.
pub(super) fn grids(root: &Node) -> Result<Vec<Grid>, ImportError> {
    if let Some(index) = root.get("model-index").or_else(|| root.get("model_index")) {
        return Ok(long(model_index(index), RowKind::Results)?
            .into_iter()
            .collect());
    }
    if let Some(models) = root.get("Models") {
        return Ok(long(metafile(models), RowKind::Results)?
            .into_iter()
            .collect());
    }
    if let Some(entries) = harness(root) {
        return Ok(long(entries, RowKind::Evaluations)?.into_iter().collect());
    }
    if is_leaderboard(root) {
        let mut entries = Vec::new();
        for task in root.items() {
            leaderboard(task, &mut entries, 0);
        }
        return Ok(long(entries, RowKind::Results)?.into_iter().collect());
    }
    if let (Some(columns), Some(data)) = (root.get("columns"), root.get("data")) {
        return split(columns, data);
    }
    if let Some(history) = root.get("log_history") {
        return trainer(root, history);
    }
    match root {
        Node::List(items) => records(items),
        Node::Map(_) => nested(inner_results(root).unwrap_or(root)),
        Node::Scalar(_) => Ok(Vec::new()),
    }
}

fn text(node: Option<&Node>) -> CellText {
    node.and_then(Node::scalar).cloned().unwrap_or_default()
}

/// Texts joined by spaces.
fn joined(parts: &[CellText]) -> CellText {
    let mut joined = CellText::new();
    for part in parts.iter().filter(|part| !part.is_blank()) {
        if let Some(origin) = part.origin(0)
            && !joined.is_empty()
        {
            joined.push_replaced(" ", origin.file, origin.offset..origin.offset);
        }
        joined.push_text(part);
    }
    joined
}

/// The `model-index` of a model card.
fn model_index(index: &Node) -> Vec<Entry> {
    let mut entries = Vec::new();
    for model in index.items() {
        for result in model.get("results").map_or(&[][..], Node::items) {
            let dataset = result.get("dataset");
            let part = |key: &str| text(dataset.and_then(|dataset| dataset.get(key)));
            let name = [part("name"), part("type")]
                .into_iter()
                .find(|name| !name.is_blank());
            let dataset = joined(&[name.unwrap_or_default(), part("config"), part("split")]);
            for metric in result.get("metrics").map_or(&[][..], Node::items) {
                let names = [text(metric.get("name")), text(metric.get("type"))];
                entries.push(Entry {
                    row: text(model.get("name")),
                    dataset: dataset.clone(),
                    metric: names
                        .into_iter()
                        .find(|name| !name.is_blank())
                        .unwrap_or_default(),
                    value: text(metric.get("value")),
                    ..Entry::default()
                });
            }
        }
    }
    entries
}

/// The `Models` of a metafile.
fn metafile(models: &Node) -> Vec<Entry> {
    let mut entries = Vec::new();
    for model in models.items() {
        let results = model.get("Results");
        let single = results.filter(|results| !results.entries().is_empty());
        let several = results.map_or(&[][..], Node::items).iter();
        for result in several.chain(single) {
            let metrics = result.get("Metrics");
            for (metric, value) in metrics.map_or(&[][..], Node::entries) {
                entries.push(Entry {
                    row: text(model.get("Name")),
                    dataset: text(result.get("Dataset")),
                    metric: metric.clone(),
                    value: text(Some(value)),
                    ..Entry::default()
                });
            }
        }
    }
    entries
}

/// The results of lm-evaluation-harness: standard errors are over documents.
fn harness(root: &Node) -> Option<Vec<Entry>> {
    let results = root.get("results")?;
    let tasks = results.entries();
    let has_errors = tasks.iter().any(|(_, task)| {
        task.entries()
            .iter()
            .any(|(key, _)| key.as_str().contains("_stderr"))
    });
    let has_configs = ["configs", "n-samples", "versions", "n-shot"]
        .iter()
        .any(|key| root.get(key).is_some());
    let is_harness = has_errors || has_configs;
    if !is_harness || tasks.iter().any(|(_, task)| task.entries().is_empty()) {
        return None;
    }
    let better = root.get("higher_is_better");
    let mut entries = Vec::new();
    for (task, metrics) in tasks {
        let errors: HashMap<&str, &Node> = metrics
            .entries()
            .iter()
            .map(|(key, node)| (key.as_str(), node))
            .collect();
        for (key, value) in metrics.entries() {
            let name = key.as_str();
            let (metric, filter) = name
                .split_once(',')
                .map_or((name, String::new()), |(metric, filter)| {
                    (metric, format!(",{filter}"))
                });
            if metric.ends_with("_stderr")
                || metric == "alias"
                || metric == "name"
                || metric == "sample_len"
                || metric == "samples"
            {
                continue;
            }
            let higher = better
                .and_then(|better| better.get(task.as_str()))
                .and_then(|task| task.get(metric));
            entries.push(Entry {
                row: task.clone(),
                metric: key.clone(),
                direction: direction(higher),
                value: text(Some(value)),
                spread: text(
                    errors
                        .get(format!("{metric}_stderr{filter}").as_str())
                        .copied(),
                ),
                ..Entry::default()
            });
        }
    }
    Some(entries)
}

/// `true` as `↑`.
fn direction(higher: Option<&Node>) -> CellText {
    let mut arrow = CellText::new();
    let Some(said) = higher.and_then(Node::scalar) else {
        return arrow;
    };
    let shown = match said.as_str() {
        "true" => "↑",
        "false" => "↓",
        _ => return arrow,
    };
    if let Some((file, range)) = said.file_range(0..said.len()) {
        arrow.push_replaced(shown, file, range);
    }
    arrow
}

fn is_leaderboard(root: &Node) -> bool {
    root.items()
        .iter()
        .any(|item| item.get("datasets").is_some() && item.get("task").is_some())
}

/// The leaderboards of a task and of its subtasks.
fn leaderboard(task: &Node, entries: &mut Vec<Entry>, depth: usize) {
    for dataset in task.get("datasets").map_or(&[][..], Node::items) {
        let rows = dataset.get("sota").and_then(|sota| sota.get("rows"));
        for row in rows.map_or(&[][..], Node::items) {
            for (metric, value) in row.get("metrics").map_or(&[][..], Node::entries) {
                entries.push(Entry {
                    row: text(row.get("model_name")),
                    dataset: text(dataset.get("dataset")),
                    metric: metric.clone(),
                    value: text(Some(value)),
                    ..Entry::default()
                });
            }
        }
    }
    if depth < DEEPEST_TASK {
        for subtask in task.get("subtasks").map_or(&[][..], Node::items) {
            leaderboard(subtask, entries, depth + 1);
        }
    }
}

/// A table kept as columns and rows.
fn split(columns: &Node, data: &Node) -> Result<Vec<Grid>, ImportError> {
    let keys: Vec<CellText> = columns
        .items()
        .iter()
        .map(|column| text(Some(column)))
        .collect();
    let rows = data
        .items()
        .iter()
        .map(|row| row.items().iter().map(|value| text(Some(value))).collect())
        .collect();
    Ok(vec![wide(&keys, rows, 0, RowKind::Results)?])
}

/// The state of a trainer: the last evaluation, and the best metric, which is no result of a run.
fn trainer(root: &Node, history: &Node) -> Result<Vec<Grid>, ImportError> {
    let is_evaluation = |entry: &&Node| {
        entry
            .entries()
            .iter()
            .any(|(key, _)| key.as_str().starts_with("eval_"))
    };
    let mut entries: Vec<(CellText, CellText)> = Vec::new();
    if let Some(last) = history.items().iter().rev().find(is_evaluation) {
        entries.extend(
            last.entries()
                .iter()
                .map(|(key, value)| (key.clone(), text(Some(value)))),
        );
    }
    let best = root
        .entries()
        .iter()
        .filter(|(key, _)| key.as_str() == "best_metric");
    entries.extend(best.map(|(key, value)| (key.clone(), text(Some(value)))));
    one_row(entries)
}

fn one_row(entries: Vec<(CellText, CellText)>) -> Result<Vec<Grid>, ImportError> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let (keys, mut values): (Vec<CellText>, Vec<CellText>) = entries.into_iter().unzip();
    values.insert(0, CellText::new());
    Ok(vec![wide(&keys, vec![values], 1, RowKind::Runs)?])
}

/// A list of records, one row each.
fn records(items: &[Node]) -> Result<Vec<Grid>, ImportError> {
    let mut keys: Vec<CellText> = Vec::new();
    let mut columns: HashMap<String, usize> = HashMap::new();
    let mut rows: Vec<Vec<CellText>> = Vec::new();
    for item in items {
        let mut leaves = Vec::new();
        flatten(item, &CellText::new(), &mut leaves);
        let mut row: Vec<CellText> = Vec::new();
        for (key, value) in leaves {
            let column = *columns.entry(key.as_str().to_owned()).or_insert_with(|| {
                keys.push(key);
                keys.len() - 1
            });
            if row.len() <= column {
                row.resize(column + 1, CellText::new());
            }
            row[column] = value;
        }
        rows.push(row);
    }
    match keys.is_empty() {
        true => Ok(Vec::new()),
        false => Ok(vec![wide(&keys, rows, 0, RowKind::Results)?]),
    }
}

/// The scalars of a map with their keys, joined by `/`.
fn flatten(node: &Node, path: &CellText, leaves: &mut Vec<(CellText, CellText)>) {
    match node {
        Node::Scalar(value) => leaves.push((path.clone(), value.clone())),
        Node::Map(entries) => {
            for (key, value) in entries {
                let mut longer = path.clone();
                if let Some(origin) = key.origin(0)
                    && !path.is_empty()
                {
                    longer.push_replaced("/", origin.file, origin.offset..origin.offset);
                }
                longer.push_text(key);
                if longer.len() <= LONGEST_PATH {
                    flatten(value, &longer, leaves);
                }
            }
        }
        Node::List(_) => {}
    }
}

/// The results beside settings: `results` of a map, where all in it are maps.
fn inner_results(root: &Node) -> Option<&Node> {
    let results = ["results", "scores", "evaluations"]
        .iter()
        .find_map(|key| root.get(key))?;
    let entries = results.entries();
    let are_maps = entries.iter().all(|(_, node)| !node.entries().is_empty());
    (!entries.is_empty() && are_maps).then_some(results)
}

/// A map: one run's results, or results under the names of methods and data sets.
fn nested(root: &Node) -> Result<Vec<Grid>, ImportError> {
    let is_map = |node: &Node| !node.entries().is_empty();
    let maps = root
        .entries()
        .iter()
        .filter(|(_, node)| is_map(node))
        .count();
    let scalars = root
        .entries()
        .iter()
        .filter(|(_, node)| node.scalar().is_some())
        .count();
    if maps < 2 || scalars > 0 {
        let mut leaves = Vec::new();
        flatten(root, &CellText::new(), &mut leaves);
        return one_row(leaves);
    }
    let mut items = Vec::new();
    for (name, node) in root.entries() {
        let mut leaves = Vec::new();
        flatten(node, &CellText::new(), &mut leaves);
        items.push((name.clone(), leaves));
    }
    let mut keys: Vec<CellText> = Vec::new();
    let mut columns: HashMap<String, usize> = HashMap::new();
    let mut rows = Vec::new();
    for (name, leaves) in items {
        let mut row = vec![name];
        for (key, value) in leaves {
            let column = *columns.entry(key.as_str().to_owned()).or_insert_with(|| {
                keys.push(key);
                keys.len() - 1
            });
            if row.len() <= column + 1 {
                row.resize(column + 2, CellText::new());
            }
            row[column + 1] = value;
        }
        rows.push(row);
    }
    Ok(vec![wide(&keys, rows, 1, RowKind::Results)?])
}
