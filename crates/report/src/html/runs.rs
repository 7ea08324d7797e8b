//! The runs as tables, one a configuration.

use std::collections::BTreeSet;

use super::super::{LinkBase, RunReport, RunSource, number, text};
use reprove_model::name::MetricName;

/// Characters of the place where a number was read.
const PLACE: usize = 160;

/// The runs of one configuration.
pub struct RunTable<'a> {
    /// Its name; none where the manifest has no configurations.
    pub name: Option<&'a str>,
    /// `30 runs, 2 without a value`.
    pub counts: String,
    /// The metrics, a column each.
    pub metrics: Vec<&'a str>,
    /// Whether it is known where any of them was read.
    pub has_places: bool,
    /// The runs.
    pub rows: Vec<RunRow<'a>>,
}

/// One run.
pub struct RunRow<'a> {
    /// The run.
    pub run: &'a RunReport,
    /// How it ended, in words.
    pub outcome: String,
    /// A value a metric.
    pub values: Vec<String>,
    /// Where metrics were read: each with file, line and text.
    pub places: Vec<(&'a str, String)>,
    /// Wall time.
    pub time: String,
    /// Peak memory.
    pub memory: String,
    /// `ran` or `stored`.
    pub source: &'static str,
    /// Its log and the files that it wrote.
    pub files: Vec<RunLink<'a>>,
}

/// A file of a run.
pub struct RunLink<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its address within the evidence, where the page lies there too.
    pub address: Option<String>,
}

/// The runs by configuration, which stand together in the report.
pub fn tables(runs: &[RunReport], place: LinkBase) -> Vec<RunTable<'_>> {
    runs.chunk_by(|one, next| one.configuration == next.configuration)
        .map(|runs| table(runs, place))
        .collect()
}

fn table(runs: &[RunReport], place: LinkBase) -> RunTable<'_> {
    let names: BTreeSet<&str> = runs
        .iter()
        .flat_map(|run| run.metrics.keys().map(MetricName::as_str))
        .collect();
    let metrics: Vec<&str> = names.into_iter().collect();
    let failed = runs.iter().filter(|run| !text::has_finished(run)).count();
    let all = number::count(runs.len(), "run");
    RunTable {
        name: runs.first().and_then(|run| run.configuration.as_deref()),
        counts: match failed {
            0 => all,
            _ => format!("{all}, {failed} without a value"),
        },
        rows: runs.iter().map(|run| row(run, &metrics, place)).collect(),
        has_places: runs.iter().any(|run| !run.origins.is_empty()),
        metrics,
    }
}

fn row<'a>(run: &'a RunReport, metrics: &[&str], place: LinkBase) -> RunRow<'a> {
    RunRow {
        values: metrics
            .iter()
            .map(|name| {
                run.metrics
                    .get(*name)
                    .map_or("-".to_owned(), |value| number::plain(*value))
            })
            .collect(),
        outcome: run.outcome.words().to_owned(),
        places: run
            .origins
            .iter()
            .map(|(metric, place)| (metric.as_str(), text::cut(place, PLACE)))
            .collect(),
        time: number::duration(run.wall_seconds),
        memory: run.max_rss_bytes.map_or("-".to_owned(), number::bytes),
        source: match run.source {
            RunSource::Ran => "ran",
            RunSource::Stored => "stored",
        },
        files: files(run, place),
        run,
    }
}

/// The files of a run; the log of a run that names no files is one.
fn files(run: &RunReport, place: LinkBase) -> Vec<RunLink<'_>> {
    let address = |path: Option<&str>| match place {
        LinkBase::Evidence => path.and_then(link),
        LinkBase::Anywhere => None,
    };
    if run.files.is_empty() {
        let log = run.log.iter();
        let linked = |log| RunLink {
            name: log,
            address: address(Some(log)),
        };
        return log.map(|log| linked(log.as_str())).collect();
    }
    let files = run.files.iter();
    files
        .map(|(name, file)| RunLink {
            name: name.strip_prefix("out/").unwrap_or(name),
            address: address(file.path.as_deref()),
        })
        .collect()
}

/// The relative address of a file in the evidence; none for a path that leads out of it.
fn link(path: &str) -> Option<String> {
    if path.starts_with('/') || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return None;
    }
    let mut address = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'/' => {
                address.push(char::from(byte));
            }
            _ => address += &format!("%{byte:02X}"),
        }
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_within_the_evidence() {
        assert_eq!(link("runs/h 1/log").as_deref(), Some("runs/h%201/log"));
        assert_eq!(
            link("javascript:alert(1)").as_deref(),
            Some("javascript%3Aalert%281%29")
        );
        for path in ["/etc/passwd", "../x", "a/../../x", "//host/x", ""] {
            assert_eq!(link(path), None, "{path}");
        }
    }
}
