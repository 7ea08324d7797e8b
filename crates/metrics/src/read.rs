//! The sources that a manifest states, read for the metrics that claims need.

use std::collections::BTreeSet;

use reprove_model::manifest::{MetricSource, Metrics, SourceKind};

use crate::error::{MetricError, absent};
use crate::open::Outputs;
use crate::readers::reader;
use crate::value::Readings;
use reprove_model::name::MetricName;

/// The sources of a manifest and the metrics that are read from them.
#[derive(Clone, Copy, Debug)]
pub struct MetricRequest<'m> {
    /// The sources.
    pub sources: &'m Metrics,
    /// The metrics that claims need.
    pub metrics: &'m BTreeSet<MetricName>,
}

impl<'m> MetricRequest<'m> {
    /// Each source with the metric that is read from it; `None` stands for all that it names.
    fn each(self) -> Vec<(Option<&'m str>, &'m MetricSource)> {
        match self.sources {
            // Each group of a pattern is one metric: a name that no group has must not give the
            // first group.
            Metrics::Shared(source) if is_of_groups(source) || self.metrics.is_empty() => {
                vec![(None, source)]
            }
            Metrics::Shared(source) => {
                let names = self.metrics.iter();
                names.map(|name| (Some(name.as_str()), source)).collect()
            }
            Metrics::Each(sources) => {
                let sources = sources.iter();
                sources
                    .map(|(name, source)| (Some(name.as_str()), source))
                    .collect()
            }
        }
    }

    /// Whether a source is the run's standard output.
    pub fn reads_stdout(self) -> bool {
        let sources = self.each();
        let mut sources = sources.iter();
        sources.any(|(_, source)| reader(&source.kind).reads_stdout())
    }
}

fn is_of_groups(source: &MetricSource) -> bool {
    matches!(source.kind, SourceKind::Regex(_)) && !source.is_nameless()
}

/// Reads the metrics of a run.
///
/// ```
/// use reprove_metrics::{MetricRequest, Outputs, read};
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("metrics.json"), r#"{"accuracy": "94.2%"}"#)?;
/// let log = folder.path().join("log");
/// let outputs = Outputs { folder: folder.path(), stdout: &log, stderr: &log };
/// let request = MetricRequest {
///     sources: &"{json: metrics.json}".parse()?,
///     metrics: &["accuracy".into()].into(),
/// };
/// let readings = read(request, &outputs)?;
/// assert_eq!(readings["accuracy"][0].value, 94.2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The first source that cannot be read, or does not have its metric.
pub fn read(request: MetricRequest<'_>, outputs: &Outputs<'_>) -> Result<Readings, MetricError> {
    let mut readings = Readings::new();
    for (name, source) in request.each() {
        let reader = reader(&source.kind);
        let found = reader.read(&source.take, name, outputs);
        let found = found.and_then(|found| match found.is_empty() {
            true => Err(absent(&reader.name(), name.unwrap_or("number"), [])),
            false => Ok(found),
        });
        match name {
            None => readings.extend(found?),
            Some(name) => {
                let found = found.map_err(|error| error.of_metric(name))?;
                readings.insert(name.into(), found.into_values().flatten().collect());
            }
        }
    }
    Ok(readings)
}

/// The names of the files that the metrics are read from, in order; of a folder of events those of
/// its event files, at most as many as are read. Streams are left out. The second list says which
/// folders cannot be listed.
pub fn files(request: MetricRequest<'_>, outputs: &Outputs<'_>) -> (Vec<String>, Vec<String>) {
    let (mut names, mut problems) = (BTreeSet::new(), BTreeSet::new());
    for (_, source) in request.each() {
        match reader(&source.kind).files(outputs) {
            Ok(files) => names.extend(files),
            Err(error) => {
                problems.insert(error.to_string());
            }
        }
    }
    (names.into_iter().collect(), problems.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `accuracy` from a run whose folder has a file `stdout` beside the two streams.
    fn accuracy(yaml: &str) -> (f64, String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("out")).unwrap();
        std::fs::write(path("out/stdout"), "{\"accuracy\": 0.25}").unwrap();
        std::fs::write(path("o"), "{\"accuracy\": 0.5}").unwrap();
        std::fs::write(path("e"), "{\"accuracy\": 0.75}").unwrap();
        let outputs = Outputs {
            folder: &path("out"),
            stdout: &path("o"),
            stderr: &path("e"),
        };
        let request = MetricRequest {
            sources: &yaml.parse().unwrap(),
            metrics: &["accuracy".into()].into(),
        };
        let found = read(request, &outputs).unwrap()["accuracy"][0].clone();
        let (files, problems) = files(request, &outputs);
        assert_eq!(problems, [""; 0]);
        (found.value, found.provenance.to_string(), files)
    }

    #[test]
    fn only_a_pattern_reads_a_stream() {
        for yaml in [
            "{json: stdout}",
            "{json: {file: stdout}}",
            "{jsonl: stdout}",
        ] {
            let (value, _, files) = accuracy(yaml);
            assert_eq!((value, files), (0.25, vec!["stdout".to_owned()]), "{yaml}");
        }
        for (file, value) in [("stdout", 0.5), ("stderr", 0.75), ("./stdout", 0.25)] {
            let yaml = format!("{{regex: {{file: {file}, pattern: '([0-9.]+)'}}}}");
            let (found, provenance, files) = accuracy(&yaml);
            assert_eq!(found, value, "{yaml}");
            assert!(provenance.starts_with(file), "{provenance}");
            assert_eq!(files.is_empty(), file != "./stdout");
        }
    }
}
