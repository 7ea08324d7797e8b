//! The runs as tables, one a configuration.

use std::collections::BTreeSet;

use super::super::{RunReport, RunSource, number, words};

/// The runs of one configuration.
pub struct RunTable<'a> {
    /// Its name; nothing where the manifest has no configurations.
    pub name: Option<&'a str>,
    /// `30 runs, 2 without a value`.
    pub counts: String,
    /// The metrics, a column each.
    pub metrics: Vec<&'a str>,
    /// The runs.
    pub rows: Vec<RunRow<'a>>,
}

/// One run.
pub struct RunRow<'a> {
    /// The run.
    pub run: &'a RunReport,
    /// A value a metric.
    pub values: Vec<String>,
    /// Wall time.
    pub time: String,
    /// Peak memory.
    pub memory: String,
    /// `ran` or `stored`.
    pub source: &'static str,
    /// The address of its log within the evidence.
    pub link: Option<String>,
}

/// The runs by configuration, which stand together in the report.
pub fn tables(runs: &[RunReport]) -> Vec<RunTable<'_>> {
    runs.chunk_by(|one, next| one.configuration == next.configuration)
        .map(table)
        .collect()
}

fn table(runs: &[RunReport]) -> RunTable<'_> {
    let names: BTreeSet<&str> = runs
        .iter()
        .flat_map(|run| run.metrics.keys().map(String::as_str))
        .collect();
    let metrics: Vec<&str> = names.into_iter().collect();
    let failed = runs.iter().filter(|run| !words::has_finished(run)).count();
    let all = number::count(runs.len(), "run");
    RunTable {
        name: runs.first().and_then(|run| run.configuration.as_deref()),
        counts: match failed {
            0 => all,
            _ => format!("{all}, {failed} without a value"),
        },
        rows: runs.iter().map(|run| row(run, &metrics)).collect(),
        metrics,
    }
}

fn row<'a>(run: &'a RunReport, metrics: &[&str]) -> RunRow<'a> {
    RunRow {
        values: metrics
            .iter()
            .map(|name| {
                run.metrics
                    .get(*name)
                    .map_or("-".to_owned(), |value| number::plain(*value))
            })
            .collect(),
        time: number::duration(run.wall_seconds),
        memory: run.max_rss_bytes.map_or("-".to_owned(), number::bytes),
        source: match run.source {
            RunSource::Ran => "ran",
            RunSource::Stored => "stored",
        },
        link: run.log.as_deref().and_then(link),
        run,
    }
}

/// The relative address of a file in the evidence; nothing for a path that leads out of it.
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
