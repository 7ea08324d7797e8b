//! The rules of the placeholders of a command: each has a value in every configuration, each value is used.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::common::without_nul;
use super::data::Data;
use super::error::{Problem, Problems};
use super::experiment::Seeding;
use super::placeholders::{self, FIXED, Piece};
use super::scalar::Scalar;
use crate::diagnostics::nearest;
use crate::escape;
use crate::name::ConfigurationId;

/// What else of the manifest its command may name.
pub(super) struct PlaceholderValues<'m> {
    /// The data by name.
    pub data: &'m IndexMap<String, Data>,
    /// The values of each configuration.
    pub configurations: &'m IndexMap<ConfigurationId, BTreeMap<String, Scalar>>,
    /// The number of seeds.
    pub seeds: usize,
}

impl PlaceholderValues<'_> {
    /// A value that has the name of a placeholder of `run` would never reach the program.
    pub(super) fn no_placeholder_twice(&self) -> Result<(), Problem> {
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
    pub(super) fn no_nul(&self) -> Result<(), Problem> {
        for (configuration, values) in self.configurations {
            for (key, value) in values {
                let path = format!("configurations.{configuration}.{key}");
                without_nul(&value.to_string(), &path)?;
            }
        }
        Ok(())
    }

    /// The placeholders that are used. Refuses one without a value in some configuration, and a value of a
    /// configuration that no placeholder takes up: its row of the table would be another's.
    pub(super) fn filled<'w>(
        &self,
        run: &'w [String],
        env: &'w IndexMap<String, String>,
        problems: &mut Problems,
    ) -> BTreeSet<&'w str> {
        let words = run.iter().enumerate();
        let words = words.map(|(index, word)| (format!("experiment.run[{index}]"), word));
        let variables = env.iter();
        let variables = variables.map(|(name, text)| (format!("experiment.env.{name}"), text));
        let mut used = BTreeSet::new();
        let mut is_certain = true;
        for (path, word) in words.chain(variables) {
            let pieces =
                problems.keep(placeholders::pieces(word).map_err(|brace| single(brace, &path)));
            is_certain &= pieces.is_some();
            for piece in pieces.unwrap_or_default() {
                if let Piece::Placeholder(name) = piece {
                    is_certain &= problems
                        .keep(self.stands_for_something(name, &path))
                        .is_some();
                    used.insert(name);
                }
            }
        }
        // A placeholder that is misspelt would be named a second time, as the value that is not used.
        for (configuration, values) in self.configurations.iter().filter(|_| is_certain) {
            for key in values.keys().filter(|key| !used.contains(key.as_str())) {
                let problem = Problem::at(
                    format!("configurations.{configuration}.{key}"),
                    format!(
                        "`experiment.run` does not use this value: there is no `{{{key}}}` in it"
                    ),
                )
                .hint(format!(
                    "hand `{{{key}}}` to the program in `experiment.run`, or leave the value out"
                ));
                problems.keep::<()>(Err(problem));
            }
        }
        if !is_certain {
            used.insert("seed");
        }
        used
    }

    /// Refuses several seeds of which no run would know its own, unless the manifest says how else the
    /// program comes to its randomness.
    pub(super) fn seeded(
        &self,
        used: &BTreeSet<&str>,
        seeding: Seeding,
        run: &[String],
    ) -> Result<(), Problem> {
        let of_others = || {
            let mut words = run.iter().enumerate().skip(1);
            words.find(|(_, word)| is_seed_of_another_tool(word))
        };
        match seeding {
            Seeding::Environment | Seeding::Own | Seeding::Deterministic => return Ok(()),
            Seeding::Placeholder if self.seeds == 1 || used.contains("seed") => return Ok(()),
            Seeding::Placeholder => {}
        }
        if let Some((index, word)) = of_others() {
            let found = escape::text(word);
            let problem = format!("expected the placeholder `{{seed}}`, found `{found}`");
            return Err(Problem::at(format!("experiment.run[{index}]"), problem)
                .hint("write `\"{seed}\"` in its place"));
        }
        Err(Problem::at(
                "experiment.run",
                format!(
                    "expected `{{seed}}` in the command or in `env`, found none: all {} seeds would run the same",
                    self.seeds
                ),
            )
            .hint(
                "add `{seed}`, or `seeding: environment` if the program reads `REPROVE_SEED`, \
                 `seeding: own` if it draws fresh entropy, `deterministic: true` if it has no randomness",
            ))
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
            _ => Problem::at(path, format!("unknown placeholder `{{{shown}}}`")).refers_to(
                match name.starts_with("data.") {
                    true => "data",
                    false => "configurations",
                },
            ),
        };
        let names: Vec<String> = self.names().collect();
        if let Some(data) = self.data_meant(name) {
            return Err(problem.hint(format!("write `{{data.{data}}}`")));
        }
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        let hint = match is_name {
            true => format!(
                "give `{shown}` a value in each of `configurations`, or write `{{{{{shown}}}}}` for the braces themselves"
            ),
            false => "a brace itself is written twice, as `{{`".to_owned(),
        };
        Err(match nearest(name, names.iter().map(String::as_str)) {
            Some(name) => problem.hint(format!("the nearest is `{{{name}}}`")),
            None => problem.hint(hint),
        })
    }

    /// Refuses a placeholder of `run` in a build step, where it would stand for itself.
    pub(super) fn unfilled(&self, step: &[String], path: &str) -> Result<(), Problem> {
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

    /// The data entry that a placeholder without `data.`, or with more after the name, stands for.
    fn data_meant(&self, name: &str) -> Option<&str> {
        let mut names = self.data.keys().map(String::as_str);
        names.find(|data| {
            let rest = name
                .strip_prefix("data.")
                .and_then(|rest| rest.strip_prefix(data));
            *data == name || rest.is_some_and(|rest| rest.starts_with(['.', '/', '[']))
        })
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

/// Whether a word is the seed as shells and other tools write it: `$SEED`, `<seed>`, `{{seed}}`, `%(seed)s`.
fn is_seed_of_another_tool(word: &str) -> bool {
    let signs = ['$', '<', '>', '{', '}', '%', '(', ')', '@'];
    let has_sign = word.contains(signs);
    let lower = word.to_lowercase();
    let name = lower.rsplit('=').next().unwrap_or(&lower);
    let name = name
        .strip_suffix('s')
        .filter(|_| name.ends_with(")s"))
        .unwrap_or(name);
    has_sign && name.trim_matches(signs) == "seed"
}

fn single(brace: char, path: &str) -> Problem {
    Problem::at(path, format!("single `{brace}`")).hint(format!(
        "a brace itself is written twice, as `{brace}{brace}`"
    ))
}

/// Refuses a placeholder in the program's name: one program runs, whatever the run.
pub(super) fn named_itself(run: &[String]) -> Result<(), Problem> {
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
