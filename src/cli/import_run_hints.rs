//! The options that answer the errors of `import runs`.

use reprove_import::{RunFormat, RunImportError, UnreadableKind};

/// The one thing that mends an error, if it is certain.
pub fn hint(error: &RunImportError) -> Option<String> {
    match error {
        RunImportError::ForeignFile { kind, .. } => foreign(*kind),
        RunImportError::NoRuns { .. } => {
            Some("name the files of the runs, as `FOLDER/*.csv`".to_owned())
        }
        RunImportError::UnknownFormat { .. } => {
            let names = RunFormat::ALL.map(RunFormat::name).join("|");
            Some(format!("--format {names} names the layout"))
        }
        RunImportError::AmbiguousFormat { formats, .. } => {
            let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
            Some(format!(
                "--format {} says which",
                names.join(" or --format ")
            ))
        }
        RunImportError::ManyMetrics { .. } => Some("--metric NAME names one".to_owned()),
        RunImportError::NoMetric { nearest, name, .. } => {
            let nearest = nearest.first()?;
            Some(format!("`--metric {name}={nearest}` if that is meant"))
        }
        RunImportError::RefusedMetric { .. } => {
            Some("name the metric of an evaluation; `--list` lists them".to_owned())
        }
        RunImportError::NoDirection { .. } => Some("--take max or --take min says it".to_owned()),
        RunImportError::ManySeeds { found, .. } => {
            let first = found.first()?;
            Some(format!("--seed-key {} takes that of the first", first.key))
        }
        RunImportError::MissingSeed { .. } => {
            Some("--seed-key KEY names the parameter that is the seed".to_owned())
        }
        RunImportError::SeedTwice { differing, .. } => {
            let (key, ..) = differing.first()?;
            Some(format!(
                "--configuration-key {key}, or --where {key}=VALUE, tells them apart"
            ))
        }
        RunImportError::LostValues { .. } => Some("--as csv has lost runs, too".to_owned()),
        RunImportError::ManyLists { .. } => {
            Some("--metric names one, --where leaves one configuration".to_owned())
        }
        RunImportError::Unreadable { .. }
        | RunImportError::Malformed(_)
        | RunImportError::Metric(_)
        | RunImportError::Unexpected { .. }
        | RunImportError::SameFile { .. }
        | RunImportError::NoSetting { .. } => None,
    }
}

/// How the runs of a foreign file become text.
fn foreign(kind: UnreadableKind) -> Option<String> {
    match kind {
        UnreadableKind::Sqlite => Some(
            "with MLflow, `mlflow.search_runs(search_all_experiments=True).to_csv('runs.csv')` writes a table".to_owned(),
        ),
        UnreadableKind::Parquet => {
            Some("with pandas, `pandas.read_parquet(FILE).to_csv('runs.csv')` writes a table".to_owned())
        }
        UnreadableKind::Pickle | UnreadableKind::Archive => None,
    }
}
