//! The numbers of a document of nested values, whatever its syntax.

use reprove_model::manifest::Take;

use crate::collect::Collected;
use crate::error::{MetricError, absent, no_number};
use crate::json::{self, JsonNode, Leaf};
use crate::value::{MetricValue, Readings, renamed};

/// A document that has been parsed.
pub(crate) struct Document<'d> {
    /// The file as messages name it.
    pub file: &'d str,
    /// Its text, which provenance quotes.
    pub text: &'d str,
    /// Its values with their lines.
    pub root: &'d JsonNode,
}

impl Document<'_> {
    /// The numbers at `path`, else at the name of `metric`, else of all leaves.
    ///
    /// # Errors
    /// No value at the path, or one that is no number where a number counts.
    pub(crate) fn read(
        &self,
        path: Option<&str>,
        take: &Take,
        metric: Option<&str>,
    ) -> Result<Readings, MetricError> {
        let Self { file, text, root } = *self;
        let lines: Vec<&str> = text.split('\n').collect();
        let found = |leaf: &Leaf, line: u64| {
            let (value, unit) = leaf.number()?;
            let text = lines.get(line as usize - 1).copied().unwrap_or_default();
            Some(MetricValue {
                value,
                unit,
                provenance: json::provenance(file, line, text),
            })
        };
        let Some(path) = path.or(metric) else {
            let mut all = Vec::new();
            root.leaves(&mut |name, leaf, line| {
                all.extend(found(leaf, line).map(|found| (name.to_owned(), found)));
            });
            let mut collected = Collected::new(file, &Take::Last);
            for (name, found) in all {
                collected.offer(&name, found)?;
            }
            return collected.finish(None);
        };
        let hits = root.find(path);
        if hits.is_empty() {
            let names = root.number_names();
            return Err(absent(file, path, names.iter().map(String::as_str)));
        }
        let mut collected = Collected::new(file, take);
        for hit in hits {
            let is_looked_at = collected.looks_at(|key| hit.record?.plain_at(key));
            let (line, leaf) = (hit.node.line, hit.node.leaf());
            if !is_looked_at {
                continue;
            }
            match leaf.and_then(|leaf| found(leaf, line)) {
                Some(found) => collected.offer(path, found)?,
                None => {
                    let why = no_number(file, line, path, &hit.node.shown());
                    collected.miss(path, why)?;
                }
            }
        }
        let short = path.rsplit(['.', '/']).next().unwrap_or(path);
        let readings = collected.finish(Some(path))?;
        Ok(renamed(readings, Some(metric.unwrap_or(short))))
    }
}
