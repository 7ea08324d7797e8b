//! The rules of a paper's own program: its command, build steps, environment and limits.

use indexmap::IndexMap;

use super::byte_size::ByteSize;
use super::command_rules::command;
use super::common::{inner_path, required, size_of_at_least, without_nul, word, word_or};
use super::document::{ExperimentDoc, LimitsDoc};
use super::environment::{self, Environment, EnvironmentDoc};
use super::error::{Problem, Problems};
use super::experiment::{Experiment, Limits, Network, Program, SandboxRequirement, Seeding};
use super::metric_rules;
use super::placeholder_rules::{PlaceholderValues, named_itself};
use super::scalar::Scalar;
use super::time_text;
use crate::escape;

/// The words of `seeding`.
pub(super) const SEEDINGS: [(&str, Seeding); 2] =
    [("environment", Seeding::Environment), ("own", Seeding::Own)];

/// The words of `network`.
pub(super) const NETWORKS: [(&str, Network); 3] = [
    ("never", Network::Never),
    ("build", Network::Build),
    ("always", Network::Always),
];

/// The words of `sandbox`.
pub(super) const TIERS: [(&str, SandboxRequirement); 2] = [
    ("namespaces", SandboxRequirement::Namespaces),
    ("landlock", SandboxRequirement::Landlock),
];

/// The experiment: a recipe, or the paper's own program.
pub(super) fn experiment(
    mut doc: ExperimentDoc,
    known: &PlaceholderValues<'_>,
    problems: &mut Problems,
) -> Option<Experiment> {
    match (doc.recipe.take(), doc.run.take()) {
        (Some(_), Some(_)) => problems.keep(Err(Problem::at(
            "experiment",
            "expected either `recipe` or `run`, found both",
        )
        .hint(
            "keep `run` for a program of the paper, `recipe` for a network that reprove trains",
        ))),
        (None, None) => problems.keep(Err(Problem::at(
            "experiment",
            "expected `recipe` or `run`, found neither",
        )
        .hint("add `recipe`, a path in the commit, or `run`, the command of one run"))),
        (Some(recipe), None) => {
            let strays = [
                ("environment", doc.environment.is_some()),
                ("build", doc.build.is_some()),
                ("metrics", doc.metrics.is_some()),
                ("limits", doc.limits.is_some()),
                ("network", doc.network.is_some()),
                ("sandbox", doc.sandbox.is_some()),
                ("env", doc.env.is_some()),
                ("seeding", doc.seeding.is_some()),
                ("deterministic", doc.deterministic.is_some()),
            ];
            for (key, _) in strays.into_iter().filter(|(_, stray)| *stray) {
                let problem = Problem::at(
                    format!("experiment.{key}"),
                    format!("`{key}` belongs to `run`; a `recipe` is trained in-process"),
                );
                let hint = format!("leave `{key}` out, or state `run` instead of `recipe`");
                problems.keep::<()>(Err(problem.hint(hint)));
            }
            let path = problems.keep(inner_path(&recipe, "experiment.recipe"))?;
            Some(Experiment::Recipe(path))
        }
        (None, Some(run)) => program(run, doc, known, problems),
    }
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
fn env(doc: Option<IndexMap<String, Scalar>>, problems: &mut Problems) -> IndexMap<String, String> {
    let mut env = IndexMap::new();
    for (name, value) in doc.unwrap_or_default() {
        let path = format!("experiment.env.{name}");
        let value = value.to_string();
        let checked = variable(&name, &path).and_then(|()| without_nul(&value, &path));
        if problems.keep(checked).is_some() {
            env.insert(name, value);
        }
    }
    env
}

/// Refuses a name that is no variable's, or that of a variable that reprove sets.
fn variable(name: &str, path: &str) -> Result<(), Problem> {
    let mut characters = name.chars();
    let is_name = characters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        let found = escape::text(name);
        let problem = format!("expected a variable of letters, digits and `_`, found `{found}`");
        return Err(Problem::at(path, problem));
    }
    if name.starts_with("REPROVE_") {
        let problem = format!("expected another name, found `{name}`, which reprove sets");
        return Err(Problem::at(path, problem)
            .hint("`REPROVE_SEED`, `REPROVE_OUT` and `REPROVE_DATA_DIR` are set for every run"));
    }
    Ok(())
}

/// How the program comes to its randomness.
fn seeding(stated: Option<&str>, deterministic: Option<bool>) -> Result<Seeding, Problem> {
    match (stated, deterministic) {
        (None, Some(true)) => Ok(Seeding::Deterministic),
        (Some(_), Some(true)) => Err(Problem::at(
            "experiment.seeding",
            "expected either `seeding` or `deterministic: true`, found both",
        )),
        (Some(found), Some(false) | None) => word(found, "experiment.seeding", &SEEDINGS),
        (None, Some(false) | None) => Ok(Seeding::Placeholder),
    }
}

/// The environment, and the data entry that supplies its lock file.
fn environment_of(
    doc: Option<EnvironmentDoc>,
    is_written_as_env: bool,
    known: &PlaceholderValues<'_>,
) -> Result<(Environment, Option<String>), Problem> {
    if is_written_as_env {
        return Err(Problem::missing("experiment", "environment")
            .hint("rename `env` to `environment`: `env` holds the variables of a run"));
    }
    required(doc, "experiment", "environment", environment::EXAMPLES)
        .and_then(|doc| environment::environment(doc, known.data))
}

/// The paper's own program that `run` starts.
fn program(
    run: Vec<String>,
    doc: ExperimentDoc,
    known: &PlaceholderValues<'_>,
    problems: &mut Problems,
) -> Option<Experiment> {
    if problems.keep(command(&run, "experiment.run")).is_some() {
        problems.keep(named_itself(&run));
    }
    problems.keep(known.no_placeholder_twice());
    problems.keep(known.no_nul());
    let is_kind = |name: &String| ["uv", "pylock", "pip", "cargo", "none"].contains(&name.as_str());
    let is_environment_as_env =
        doc.environment.is_none() && doc.env.iter().flat_map(IndexMap::keys).any(is_kind);
    let env = env(doc.env, problems);
    let seeding = problems.keep(seeding(doc.seeding.as_deref(), doc.deterministic));
    let used = known.filled(&run, &env, problems);
    if let Some(seeding) = seeding {
        problems.keep(known.seeded(&used, seeding, &run));
    }
    problems.keep(built_before(&run));
    let build = doc.build.unwrap_or_default();
    for (index, step) in build.iter().enumerate() {
        let path = format!("experiment.build[{index}]");
        problems.keep(command(step, &path).and_then(|()| known.unfilled(step, &path)));
    }
    let what = "where the metrics are read, as `{json: metrics.json}`";
    let metrics = required(doc.metrics, "experiment", "metrics", what)
        .and_then(|metrics| metric_rules::metrics(&metrics, "experiment.metrics"));
    let metrics = problems.keep(metrics);
    let environment = environment_of(doc.environment, is_environment_as_env, known);
    let environment = problems.keep(environment);
    let limits = limits(doc.limits.unwrap_or_default(), problems);
    let network = doc.network.as_deref().unwrap_or("build");
    let meant = [
        (&["true", "on", "yes"][..], "always"),
        (&["false", "off", "no", "none"], "never"),
    ];
    let network = problems.keep(word_or(network, "experiment.network", &NETWORKS, &meant));
    let sandbox = doc.sandbox.as_deref().unwrap_or("landlock");
    let sandbox = word(sandbox, "experiment.sandbox", &TIERS).map_err(|problem| {
        problem.hint("leave `sandbox` out for the strongest tier of the machine")
    });
    let sandbox = problems.keep(sandbox);
    let (environment, supplied) = environment?;
    Some(Experiment::Program(Box::new(Program {
        environment,
        supplied,
        build,
        run,
        metrics: metrics?,
        limits: limits?,
        network: network?,
        sandbox: sandbox?,
        env,
        seeding: seeding?,
    })))
}

/// The least memory that a program can start in.
const LEAST_MEMORY: ByteSize = ByteSize(1 << 20);

/// The most processes that Linux can have (its `PID_MAX_LIMIT` on 64 bits).
const MAX_PROCESSES: u64 = 4 << 20;

fn limits(doc: LimitsDoc, problems: &mut Problems) -> Option<Limits> {
    let time = doc.time.map(|text| {
        time_text::duration(&text).ok_or_else(|| {
            let found = text.escape_default();
            Problem::at(
                "experiment.limits.time",
                format!("expected a time such as `10 min`, found `{found}`"),
            )
            .hint(time_text::hint(&text))
        })
    });
    let time = problems.keep(time.transpose());
    let processes = problems.keep(match doc.processes {
        Some(found) if !(1..=MAX_PROCESSES).contains(&found) => Err(Problem::at(
            "experiment.limits.processes",
            format!("expected 1 to {MAX_PROCESSES} processes and threads, found {found}"),
        )),
        stated => Ok(stated),
    });
    let memory = size_of_at_least(LEAST_MEMORY, doc.memory, "experiment.limits.memory");
    let memory = problems.keep(memory);
    let output = size_of_at_least(ByteSize(1), doc.output, "experiment.limits.output");
    let output = problems.keep(output);
    Some(Limits {
        time: time?,
        memory: memory?,
        processes: processes?,
        output: output?,
    })
}
