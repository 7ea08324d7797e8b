//! The rules of a paper's own program: its command, build steps, environment and limits.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use indexmap::IndexMap;

use super::common::{inner_path, required, size, word};
use super::document::{EnvironmentDoc, ExperimentDoc, LimitsDoc};
use super::error::Problem;
use super::metric_rules;
use super::placeholders::{self, FIXED, Piece};
use super::{
    ByteSize, Data, Environment, Experiment, Limits, Network, Program, SandboxRequirement, Scalar,
    Seeding, Unpinned,
};
use crate::diagnostics::{nearest, nearest_hint};
use crate::escape;
use crate::name::ConfigurationId;

/// What else of the manifest its command may name.
pub(super) struct Known<'m> {
    /// The data by name.
    pub data: &'m IndexMap<String, Data>,
    /// The values of each configuration.
    pub configurations: &'m IndexMap<ConfigurationId, BTreeMap<String, Scalar>>,
    /// The number of seeds.
    pub seeds: usize,
}

impl Known<'_> {
    /// A value that has the name of a placeholder of `run` would never reach the program.
    fn no_placeholder_twice(&self) -> Result<(), Problem> {
        for (configuration, values) in self.configurations {
            let taken = |key: &&String| FIXED.contains(&key.as_str()) || key.starts_with("data.");
            if let Some(key) = values.keys().find(taken) {
                return Err(Problem::at(
                    format!("configurations.{configuration}.{key}"),
                    format!(
                        "expected a name of its own, found `{key}`, which is a placeholder of `run` already"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// No argument can hold a NUL character.
    fn no_nul(&self) -> Result<(), Problem> {
        for (configuration, values) in self.configurations {
            for (key, value) in values {
                let path = format!("configurations.{configuration}.{key}");
                without_nul(&value.to_string(), &path)?;
            }
        }
        Ok(())
    }

    /// Refuses a placeholder that stands for nothing in some configuration, and a value of a
    /// configuration that no placeholder takes up: its row of the table would be another's.
    fn filled<'w>(
        &self,
        run: &'w [String],
        env: &'w IndexMap<String, String>,
    ) -> Result<BTreeSet<&'w str>, Problem> {
        let words = run.iter().enumerate();
        let words = words.map(|(index, word)| (format!("experiment.run[{index}]"), word));
        let variables = env.iter();
        let variables = variables.map(|(name, text)| (format!("experiment.env.{name}"), text));
        let mut used = BTreeSet::new();
        for (path, word) in words.chain(variables) {
            for piece in placeholders::pieces(word).map_err(|brace| single(brace, &path))? {
                if let Piece::Placeholder(name) = piece {
                    self.stands_for_something(name, &path)?;
                    used.insert(name);
                }
            }
        }
        for (configuration, values) in self.configurations {
            if let Some(key) = values.keys().find(|key| !used.contains(key.as_str())) {
                return Err(Problem::at(
                    format!("configurations.{configuration}.{key}"),
                    format!(
                        "`experiment.run` does not use this value: there is no `{{{key}}}` in it"
                    ),
                )
                .hint(format!(
                    "hand `{{{key}}}` to the program in `experiment.run`, or leave the value out"
                )));
            }
        }
        Ok(used)
    }

    /// Refuses several seeds of which no run would know its own, unless the manifest says how else the
    /// program comes to its randomness.
    fn seeded(&self, used: &BTreeSet<&str>, seeding: Seeding) -> Result<(), Problem> {
        match seeding {
            Seeding::Environment | Seeding::Own | Seeding::Deterministic => Ok(()),
            Seeding::Placeholder if self.seeds == 1 || used.contains("seed") => Ok(()),
            Seeding::Placeholder => Err(Problem::at(
                "experiment.run",
                format!(
                    "expected `{{seed}}` in the command or in `env`, found none: all {} seeds would run the same",
                    self.seeds
                ),
            )
            .hint(
                "add `{seed}`, or `seeding: environment` if the program reads `REPROVE_SEED`, \
                 `seeding: own` if it draws fresh entropy, `deterministic: true` if it has no randomness",
            )),
        }
    }

    fn stands_for_something(&self, name: &str, path: &str) -> Result<(), Problem> {
        if FIXED.contains(&name) || self.is_data(name) {
            return Ok(());
        }
        let mut lacking = self.configurations.iter();
        let lacking = lacking.find(|(_, values)| !values.contains_key(name));
        let is_value = self.is_value(name);
        let shown = escape::text(name);
        let problem = match lacking {
            None if is_value => return Ok(()),
            Some((configuration, _)) if is_value => {
                let problem =
                    format!("`{{{shown}}}` has no value in the configuration `{configuration}`");
                return Err(Problem::at(path, problem)
                    .hint(format!("add `{shown}` to `configurations.{configuration}`")));
            }
            _ => Problem::at(path, format!("unknown placeholder `{{{shown}}}`")),
        };
        let names: Vec<String> = self.names().collect();
        Err(match nearest(name, names.iter().map(String::as_str)) {
            Some(name) => problem.hint(format!("the nearest is `{{{name}}}`")),
            None => problem.hint("a brace itself is written twice, as `{{`"),
        })
    }

    /// Refuses a placeholder of `run` in a build step, where it would stand for itself.
    fn unfilled(&self, step: &[String], path: &str) -> Result<(), Problem> {
        for (index, word) in step.iter().enumerate() {
            let mut names = self.names();
            let meant = |name: &String| {
                let braced = format!("{{{name}}}");
                // A shell's own variable has a dollar sign before it, a brace itself another brace.
                let mut places = word.match_indices(&braced);
                places.any(|(at, _)| !word[..at].ends_with(['$', '{']))
            };
            if let Some(name) = names.find(meant) {
                let problem =
                    format!("expected no placeholder in a build step, found `{{{name}}}`");
                return Err(Problem::at(format!("{path}[{index}]"), problem)
                    .hint("it is built once for all runs; move what depends on a run to `run`"));
            }
        }
        Ok(())
    }

    fn is_data(&self, name: &str) -> bool {
        let data = name.strip_prefix("data.");
        data.is_some_and(|data| self.data.contains_key(data))
    }

    fn is_value(&self, name: &str) -> bool {
        self.configurations
            .values()
            .any(|values| values.contains_key(name))
    }

    /// All that a placeholder can be.
    fn names(&self) -> impl Iterator<Item = String> + '_ {
        let data = self.data.keys().map(|name| format!("data.{name}"));
        let values = self.configurations.values().flat_map(BTreeMap::keys);
        FIXED
            .iter()
            .map(|&name| name.to_owned())
            .chain(data)
            .chain(values.cloned())
    }
}

fn single(brace: char, path: &str) -> Problem {
    Problem::at(path, format!("single `{brace}`")).hint(format!(
        "a brace itself is written twice, as `{brace}{brace}`"
    ))
}

/// Refuses `cargo run`, which locks and writes the target folder that runs may only read.
fn built_before(run: &[String]) -> Result<(), Problem> {
    let mut words = run.iter().map(String::as_str);
    let is_cargo = words.next() == Some("cargo");
    let mut words = words.skip_while(|word| word.starts_with('+'));
    let is_run = matches!(words.next(), Some("run" | "r"));
    let has_folder = run.iter().any(|word| word.starts_with("--target-dir"));
    if !is_cargo || !is_run || has_folder {
        return Ok(());
    }
    Err(Problem::at(
        "experiment.run",
        "expected the built program, found `cargo run`, which would write to what was built",
    )
    .hint(
        "build it by `build: [[cargo, build, --release, --locked]]`, and run `target/release/NAME`",
    ))
}

/// The environment variables of each run.
fn env(doc: Option<IndexMap<String, Scalar>>) -> Result<IndexMap<String, String>, Problem> {
    let mut env = IndexMap::new();
    for (name, value) in doc.unwrap_or_default() {
        let path = format!("experiment.env.{name}");
        let mut characters = name.chars();
        let is_name = characters
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && characters.all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            let found = escape::text(&name);
            let problem =
                format!("expected a variable of letters, digits and `_`, found `{found}`");
            return Err(Problem::at(path, problem));
        }
        if name.starts_with("REPROVE_") {
            let problem = format!("expected another name, found `{name}`, which reprove sets");
            return Err(Problem::at(path, problem).hint(
                "`REPROVE_SEED`, `REPROVE_OUT` and `REPROVE_DATA_DIR` are set for every run",
            ));
        }
        let value = value.to_string();
        without_nul(&value, &path)?;
        env.insert(name, value);
    }
    Ok(env)
}

/// How the program comes to its randomness.
fn seeding(stated: Option<&str>, deterministic: Option<bool>) -> Result<Seeding, Problem> {
    let known = [("environment", Seeding::Environment), ("own", Seeding::Own)];
    match (stated, deterministic) {
        (None, Some(true)) => Ok(Seeding::Deterministic),
        (Some(_), Some(true)) => Err(Problem::at(
            "experiment.seeding",
            "expected either `seeding` or `deterministic: true`, found both",
        )),
        (Some(found), Some(false) | None) => word(found, "experiment.seeding", &known),
        (None, Some(false) | None) => Ok(Seeding::Placeholder),
    }
}

/// The paper's own program that `run` starts.
pub(super) fn program(
    run: Vec<String>,
    doc: ExperimentDoc,
    known: &Known<'_>,
) -> Result<Experiment, Problem> {
    command(&run, "experiment.run")?;
    known.no_placeholder_twice()?;
    known.no_nul()?;
    let env = env(doc.env)?;
    let seeding = seeding(doc.seeding.as_deref(), doc.deterministic)?;
    let used = known.filled(&run, &env)?;
    known.seeded(&used, seeding)?;
    named_itself(&run)?;
    built_before(&run)?;
    let build = doc.build.unwrap_or_default();
    for (index, step) in build.iter().enumerate() {
        let path = format!("experiment.build[{index}]");
        command(step, &path)?;
        known.unfilled(step, &path)?;
    }
    let metrics = required(
        doc.metrics,
        "experiment",
        "metrics",
        "where the metrics are read, as `{json: metrics.json}`",
    )?;
    let network = [
        ("never", Network::Never),
        ("build", Network::Build),
        ("always", Network::Always),
    ];
    let tiers = [
        ("namespaces", SandboxRequirement::Namespaces),
        ("landlock", SandboxRequirement::Landlock),
    ];
    let environment_doc = required(
        doc.environment,
        "experiment",
        "environment",
        "`{uv: uv.lock}`, `{pip: requirements.txt}`, `{cargo: Cargo.lock}` or `{none: true}`",
    )?;
    let supplied = supplied(environment_doc.supplied.clone(), known.data)?;
    let environment = environment(environment_doc)?;
    if environment == Environment::Installed && supplied.is_some() {
        return Err(Problem::at(
            "experiment.environment.supplied",
            "`supplied` belongs to `uv`, `pip` or `cargo`: `none: true` has no lock file",
        ));
    }
    Ok(Experiment::Program(Box::new(Program {
        environment,
        supplied,
        build,
        run,
        metrics: metric_rules::metrics(&metrics, "experiment.metrics")?,
        limits: limits(doc.limits.unwrap_or_default())?,
        network: word(
            doc.network.as_deref().unwrap_or("build"),
            "experiment.network",
            &network,
        )?,
        sandbox: word(
            doc.sandbox.as_deref().unwrap_or("landlock"),
            "experiment.sandbox",
            &tiers,
        )?,
        env,
        seeding,
    })))
}

fn command(words: &[String], path: &str) -> Result<(), Problem> {
    if words.first().is_none_or(String::is_empty) {
        return Err(Problem::at(
            path,
            "expected a program and its arguments, found nothing",
        ));
    }
    for (index, word) in words.iter().enumerate() {
        without_nul(word, &format!("{path}[{index}]"))?;
    }
    Ok(())
}

/// Refuses a NUL character, which ends the arguments of a program early.
fn without_nul(text: &str, path: &str) -> Result<(), Problem> {
    if !text.contains('\0') {
        return Ok(());
    }
    let found = escape::text(text);
    let problem = format!("expected text without a NUL character, found `{found}`");
    Err(Problem::at(path, problem))
}

/// Refuses a placeholder in the program's name: one program runs, whatever the run.
fn named_itself(run: &[String]) -> Result<(), Problem> {
    let program = run.first().map_or("", String::as_str);
    let pieces = placeholders::pieces(program).unwrap_or_default();
    let placeholder = pieces.iter().find_map(|piece| match piece {
        Piece::Placeholder(name) => Some(escape::text(name)),
        Piece::Text(_) => None,
    });
    let Some(name) = placeholder else {
        return Ok(());
    };
    let problem = format!("expected the name of a program, found the placeholder `{{{name}}}`");
    Err(Problem::at("experiment.run[0]", problem)
        .hint("name the program first, as in `[python, train.py, --seed, \"{seed}\"]`"))
}

/// The data entry that stands in for a lock file.
fn supplied(
    entry: Option<String>,
    data: &IndexMap<String, Data>,
) -> Result<Option<String>, Problem> {
    match entry {
        Some(entry) if !data.contains_key(&entry) => {
            let found = entry.escape_default();
            let problem = Problem::at(
                "experiment.environment.supplied",
                format!("expected the name of an entry of `data`, found `{found}`"),
            );
            Err(problem.maybe_hint(nearest_hint(&entry, data.keys().map(String::as_str))))
        }
        entry => Ok(entry),
    }
}

fn environment(doc: EnvironmentDoc) -> Result<Environment, Problem> {
    let path = "experiment.environment";
    let unpinned = if doc.unpinned == Some(true) {
        Unpinned::Accepted
    } else {
        Unpinned::Refused
    };
    let file = |text: String, key: &str| inner_path(&text, &format!("{path}.{key}"));
    match (doc.uv, doc.pip, doc.cargo, doc.none) {
        (Some(lock), None, None, None) => Ok(Environment::Uv(file(lock, "uv")?)),
        (None, Some(list), None, None) => Ok(Environment::Pip(file(list, "pip")?, unpinned)),
        (None, None, Some(lock), None) => Ok(Environment::Cargo(file(lock, "cargo")?)),
        (None, None, None, Some(true)) => Ok(Environment::Installed),
        _ => Err(Problem::at(
            path,
            "expected exactly one of `uv`, `pip`, `cargo`, `none: true`",
        )),
    }
}

/// The most processes that Linux can have (its `PID_MAX_LIMIT` on 64 bits).
const MAX_PROCESSES: u64 = 4 << 20;

fn limits(doc: LimitsDoc) -> Result<Limits, Problem> {
    let time = doc.time.map(|text| {
        duration(&text).ok_or_else(|| {
            let found = text.escape_default();
            Problem::at(
                "experiment.limits.time",
                format!("expected a time such as `10 min`, found `{found}`"),
            )
        })
    });
    if let Some(found) = doc.processes
        && !(1..=MAX_PROCESSES).contains(&found)
    {
        return Err(Problem::at(
            "experiment.limits.processes",
            format!("expected 1 to {MAX_PROCESSES} processes and threads, found {found}"),
        ));
    }
    Ok(Limits {
        time: time.transpose()?,
        memory: at_least(LEAST_MEMORY, doc.memory, "experiment.limits.memory")?,
        processes: doc.processes,
        output: at_least(ByteSize(1), doc.output, "experiment.limits.output")?,
    })
}

/// The least memory that a program can start in.
const LEAST_MEMORY: ByteSize = ByteSize(1 << 20);

/// A size that is not too small for any program.
fn at_least(
    least: ByteSize,
    text: Option<String>,
    path: &str,
) -> Result<Option<ByteSize>, Problem> {
    match size(text, path)? {
        Some(found) if found < least => {
            let problem = format!("expected at least {least}, found {found}");
            Err(Problem::at(path, problem))
        }
        size => Ok(size),
    }
}

/// Reads `90 s`, `10 min`, `1.5 h`, `2 d`; more than zero, at most a year.
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_alphabetic())?;
    let number: f64 = text[..split].trim().parse().ok()?;
    let units: BTreeMap<&str, f64> = [
        ("s", 1.0),
        ("sec", 1.0),
        ("min", 60.0),
        ("m", 60.0),
        ("h", 3600.0),
        ("d", 86400.0),
    ]
    .into();
    let seconds = number * units.get(&text[split..])?;
    (seconds > 0.0 && seconds <= 366.0 * 86400.0).then(|| Duration::from_secs_f64(seconds))
}
