//! What the tests of several readers share.

use reprove_model::manifest::Metrics;

use crate::{MetricRequest, Outputs, Readings, read};

/// Writes `text` as the file `f.csv` (or as standard output) and reads `yaml` from it.
pub(crate) fn readings(text: &str, yaml: &str) -> Result<Readings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.csv");
    std::fs::write(&path, text).unwrap();
    let outputs = Outputs {
        folder: folder.path(),
        stdout: &path,
        stderr: &path,
    };
    let request = MetricRequest {
        sources: &yaml.parse::<Metrics>().unwrap(),
        metrics: &[].into(),
    };
    read(request, &outputs).map_err(|error| error.to_string())
}

/// The same, the numbers alone.
pub(crate) fn reading(text: &str, yaml: &str) -> Result<Vec<(String, Vec<f64>)>, String> {
    Ok(readings(text, yaml)?
        .into_iter()
        .map(|(name, found)| (name.into(), found.iter().map(|one| one.value).collect()))
        .collect())
}

/// The only number.
pub(crate) fn one(text: &str, yaml: &str) -> f64 {
    let readings = reading(text, yaml).unwrap();
    assert_eq!(
        (readings.len(), readings[0].1.len()),
        (1, 1),
        "{readings:?}"
    );
    readings[0].1[0]
}
