//! Keys as people name them, and the places where each key belongs.

/// A place of the manifest, the words that people use there, and the key that each stands for.
type Synonyms = (&'static str, &'static [(&'static str, &'static str)]);

/// Other words for keys; words are compared without case, dashes and underscores.
const SYNONYMS: &[Synonyms] = &[
    (
        "",
        &[
            ("dataset", "data"),
            ("datasets", "data"),
            ("version", "reprove"),
            ("name", "title"),
            ("config", "configurations"),
            ("configs", "configurations"),
            ("parameters", "configurations"),
            ("hyperparameters", "configurations"),
            ("variants", "configurations"),
            ("result", "claims"),
            ("results", "claims"),
            ("source", "code"),
            ("experiments", "experiment"),
        ],
    ),
    (
        "code",
        &[
            ("repo", "repository"),
            ("git", "repository"),
            ("url", "repository"),
            ("path", "repository"),
            ("source", "repository"),
            ("rev", "commit"),
            ("revision", "commit"),
            ("ref", "commit"),
            ("sha", "commit"),
            ("sha1", "commit"),
            ("hash", "commit"),
            ("branch", "commit"),
            ("tag", "commit"),
            ("version", "commit"),
            ("dir", "directory"),
            ("subdir", "directory"),
            ("subdirectory", "directory"),
            ("folder", "directory"),
            ("workdir", "directory"),
            ("cwd", "directory"),
        ],
    ),
    (
        "data.*",
        &[
            ("file", "path"),
            ("filename", "path"),
            ("folder", "path"),
            ("dir", "path"),
            ("directory", "path"),
            ("location", "path"),
            ("hash", "sha256"),
            ("digest", "sha256"),
            ("checksum", "sha256"),
            ("sha", "sha256"),
            ("sha1", "sha256"),
            ("sha512", "sha256"),
            ("md5", "sha256"),
            ("size", "bytes"),
            ("uri", "url"),
            ("link", "url"),
            ("href", "url"),
        ],
    ),
    (
        "experiment",
        &[
            ("command", "run"),
            ("cmd", "run"),
            ("script", "run"),
            ("program", "run"),
            ("entrypoint", "run"),
            ("setup", "build"),
            ("install", "build"),
            ("compile", "build"),
            ("outputs", "metrics"),
            ("results", "metrics"),
            ("variables", "env"),
            ("dependencies", "environment"),
            ("requirements", "environment"),
            ("packages", "environment"),
            ("lock", "environment"),
            ("timeout", "limits"),
        ],
    ),
    (
        "experiment.limits",
        &[
            ("timeout", "time"),
            ("walltime", "time"),
            ("duration", "time"),
            ("maxtime", "time"),
            ("mem", "memory"),
            ("ram", "memory"),
            ("maxmemory", "memory"),
            ("pids", "processes"),
            ("disk", "output"),
        ],
    ),
    ("experiment.environment", &[("requirements", "pip")]),
    (
        "seeds",
        &[
            ("start", "first"),
            ("from", "first"),
            ("begin", "first"),
            ("n", "count"),
            ("number", "count"),
            ("num", "count"),
            ("total", "count"),
            ("last", "count"),
            ("to", "count"),
            ("end", "count"),
            ("stop", "count"),
        ],
    ),
    (
        "hardware",
        &[
            ("gpu", "device"),
            ("accelerator", "device"),
            ("cpus", "threads"),
            ("cores", "threads"),
            ("requirements", "require"),
        ],
    ),
    (
        "hardware.require",
        &[
            ("ram", "memory"),
            ("mem", "memory"),
            ("vram", "gpu_memory"),
            ("cuda", "compute_capability"),
        ],
    ),
    ("metrics.*", &[("random", "chance"), ("bounds", "range")]),
    (
        "claims[]",
        &[
            ("name", "id"),
            ("expected", "reported"),
            ("result", "reported"),
            ("claimed", "reported"),
            ("published", "reported"),
            ("score", "reported"),
            ("value", "reported"),
            ("tol", "tolerance"),
            ("margin", "tolerance"),
            ("epsilon", "tolerance"),
            ("within", "tolerance"),
            ("delta", "tolerance"),
            ("config", "configuration"),
            ("row", "configuration"),
            ("setting", "configuration"),
            ("variant", "configuration"),
            ("direction", "better"),
            ("higherisbetter", "better"),
            ("goal", "better"),
            ("objective", "better"),
            ("mode", "better"),
            ("precision", "decimals"),
            ("rounding", "decimals"),
            ("testsetsize", "test_size"),
            ("ntest", "test_size"),
            ("minimum", "at_least"),
        ],
    ),
    (
        "claims[].difference",
        &[
            ("a", "of"),
            ("left", "of"),
            ("treatment", "of"),
            ("b", "minus"),
            ("right", "minus"),
            ("baseline", "minus"),
            ("control", "minus"),
        ],
    ),
    (
        "claims[].reported",
        &[
            ("average", "mean"),
            ("avg", "mean"),
            ("sd", "std"),
            ("stdev", "std"),
            ("stddev", "std"),
            ("sigma", "std"),
            ("standarddeviation", "std"),
            ("se", "sem"),
            ("stderr", "sem"),
            ("standarderror", "sem"),
            ("n", "runs"),
            ("nruns", "runs"),
            ("seeds", "runs"),
            ("count", "runs"),
            ("trials", "runs"),
            ("repeats", "runs"),
            ("ci", "ci95"),
            ("interval", "ci95"),
            ("confidenceinterval", "ci95"),
            ("pm", "plus_minus"),
            ("max", "best"),
        ],
    ),
    (
        "claims[].tolerance",
        &[
            ("abs", "absolute"),
            ("atol", "absolute"),
            ("points", "absolute"),
            ("pm", "absolute"),
            ("plusminus", "absolute"),
            ("rel", "relative"),
            ("rtol", "relative"),
            ("percent", "relative"),
            ("pct", "relative"),
            ("std", "sd"),
            ("sigma", "sd"),
        ],
    ),
    (
        "decision",
        &[
            ("significance", "alpha"),
            ("significancelevel", "alpha"),
            ("pvalue", "alpha"),
            ("confidence", "alpha"),
            ("confidencelevel", "alpha"),
            ("level", "alpha"),
            ("runs", "max_runs"),
            ("failures", "max_failed"),
            ("earlystopping", "sequential"),
        ],
    ),
    (
        "source",
        &[
            ("filename", "file"),
            ("key", "path"),
            ("field", "path"),
            ("pointer", "path"),
            ("col", "column"),
            ("key", "column"),
            ("field", "column"),
            ("regex", "pattern"),
            ("re", "pattern"),
            ("expression", "pattern"),
            ("scalar", "tag"),
            ("name", "tag"),
            ("factor", "scale"),
            ("multiply", "scale"),
        ],
    ),
];

/// Keys by the mapping that they belong to. Of mappings with the same key the first counts.
const PLACES: &[(&str, &[&str])] = &[
    (
        "at the top of the manifest",
        &[
            "data",
            "hardware",
            "seeds",
            "reported_seeds",
            "configurations",
            "claims",
            "decision",
            "paper",
            "slurm",
        ],
    ),
    (
        "under `code`",
        &["repository", "commit", "directory", "submodules"],
    ),
    (
        "under `experiment`",
        &[
            "recipe",
            "environment",
            "build",
            "run",
            "limits",
            "network",
            "sandbox",
            "env",
            "seeding",
            "deterministic",
        ],
    ),
    (
        "under `experiment.limits`",
        &["time", "memory", "processes", "output"],
    ),
    ("under `hardware`", &["device", "threads", "require"]),
    (
        "in a claim",
        &[
            "configuration",
            "metric",
            "difference",
            "reported",
            "decimals",
            "tolerance",
            "at_least",
            "greater",
            "better",
            "unit",
            "failed",
            "test_size",
            "test_train_ratio",
        ],
    ),
    (
        "under `decision`",
        &[
            "alpha",
            "sequential",
            "open_ended",
            "min_runs",
            "max_runs",
            "max_failed",
            "basis",
            "method",
        ],
    ),
    (
        "under `reported`",
        &[
            "mean",
            "std",
            "sem",
            "ci95",
            "plus_minus",
            "runs",
            "values",
            "values_csv",
            "best",
            "median",
            "iqr",
            "correct",
            "total",
        ],
    ),
    (
        "under `tolerance`",
        &["absolute", "relative", "exact", "digits"],
    ),
    ("under `difference`", &["of", "minus", "paired"]),
    ("under `paper`", &["authors", "year", "doi", "locator"]),
    (
        "under the source of the metric, as in `{json: {file: metrics.json, scale: 100}}`",
        &["take", "scale"],
    ),
    (
        "under `metrics` at the top of the manifest",
        &["chance", "range"],
    ),
    ("in an entry of `data`", &["sha256", "bytes"]),
    (
        "under `experiment.environment`",
        &["uv", "pylock", "pip", "cargo"],
    ),
];

/// The key that a word stands for in the mapping at `parent`.
pub(super) fn synonym(parent: &str, found: &str, known: &[&str]) -> Option<&'static str> {
    let place = place(parent);
    let word: String = found
        .chars()
        .filter(|c| !matches!(c, '-' | '_' | ' '))
        .flat_map(char::to_lowercase)
        .collect();
    let of_place = SYNONYMS.iter().find(|(name, _)| *name == place)?;
    let mut meant = of_place.1.iter().filter(|(other, _)| *other == word);
    meant
        .find(|(_, key)| known.is_empty() || known.contains(key))
        .map(|(_, key)| *key)
}

/// The mapping that a key belongs to.
pub(super) fn belongs(key: &str) -> Option<&'static str> {
    let mut places = PLACES.iter();
    places
        .find(|(_, keys)| keys.contains(&key))
        .map(|(place, _)| *place)
}

/// The place of a path: names and positions are left out.
fn place(path: &str) -> String {
    let mut steps = path.split('.');
    match (steps.next(), steps.next(), steps.next()) {
        (Some("data"), Some(_), None) => "data.*".to_owned(),
        (Some("metrics"), Some(_), None) => "metrics.*".to_owned(),
        (Some("experiment"), Some("metrics"), Some(_)) => "source".to_owned(),
        (Some(claim), rest, None) if claim.starts_with("claims[") => match rest {
            None => "claims[]".to_owned(),
            Some(key) => format!("claims[].{key}"),
        },
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_for_keys_where_the_key_is_known() {
        assert_eq!(
            synonym("claims[3]", "Higher-is-better", &[]),
            Some("better")
        );
        assert_eq!(synonym("data.x", "hash", &[]), Some("sha256"));
        let columns = ["file", "column"];
        let source = "experiment.metrics.csv";
        assert_eq!(synonym(source, "key", &columns), Some("column"));
        assert_eq!(synonym("code", "tolerance", &[]), None);
        assert_eq!(belongs("tolerance"), Some("in a claim"));
    }
}
