//! Placeholders in a program's arguments: `{seed}`, `{out}`, `{device}`, `{threads}`,
//! `{data.NAME}` and the configuration's values. No shell ever sees the result, so that a value is
//! always one argument, or a part of one.

use super::Values;

/// What is wrong with an argument.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A name that stands for nothing.
    #[error("run: unknown placeholder `{{{name}}}` in `{argument}`{}", nearest(.similar.as_deref()))]
    Unknown {
        /// The name between the braces.
        name: String,
        /// The argument that it stands in.
        argument: String,
        /// The known name that is most like it.
        similar: Option<String>,
    },
    /// A brace without its partner.
    #[error("run: single `{brace}` in `{argument}`, expected `{brace}{brace}` for a brace itself")]
    Single {
        /// The brace.
        brace: char,
        /// The argument that it stands in.
        argument: String,
    },
    /// There is no program.
    #[error("run: expected a program, found nothing")]
    Empty,
}

fn nearest(similar: Option<&str>) -> String {
    similar
        .map(|name| format!(", the nearest known is `{{{name}}}`"))
        .unwrap_or_default()
}

/// The names that may stand between braces, sorted.
pub fn names(values: &Values) -> Vec<String> {
    let fixed = ["device", "out", "seed", "threads"].map(str::to_owned);
    let data = values.data.keys().map(|name| format!("data.{name}"));
    let mut names: Vec<String> = fixed
        .into_iter()
        .chain(data)
        .chain(values.configuration.keys().cloned())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Fills in all placeholders. `{{` and `}}` stand for braces themselves.
///
/// # Errors
/// The first placeholder that stands for nothing, or brace without a partner.
pub fn fill(template: &[String], values: &Values) -> Result<Vec<String>, Error> {
    if template.is_empty() {
        return Err(Error::Empty);
    }
    template
        .iter()
        .map(|argument| fill_one(argument, values))
        .collect()
}

fn fill_one(argument: &str, values: &Values) -> Result<String, Error> {
    let mut filled = String::new();
    let mut rest = argument;
    let single = |brace| Error::Single {
        brace,
        argument: argument.to_owned(),
    };
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let from_brace = &rest[at..];
        rest = if let Some(after) = from_brace.strip_prefix("{{") {
            filled.push('{');
            after
        } else if let Some(after) = from_brace.strip_prefix("}}") {
            filled.push('}');
            after
        } else if let Some(after) = from_brace.strip_prefix('{') {
            let (name, after) = after.split_once('}').ok_or_else(|| single('{'))?;
            filled.push_str(&value(name, argument, values)?);
            after
        } else {
            return Err(single('}'));
        };
    }
    filled.push_str(rest);
    Ok(filled)
}

fn value(name: &str, argument: &str, values: &Values) -> Result<String, Error> {
    let data = || {
        values
            .data
            .get(name.strip_prefix("data.")?)
            .map(|path| path.display().to_string())
    };
    let found = match name {
        "seed" => Some(values.seed.to_string()),
        "out" => Some(values.out.display().to_string()),
        "device" => Some(values.device.clone()),
        "threads" => Some(values.threads.to_string()),
        _ => data().or_else(|| values.configuration.get(name).cloned()),
    };
    found.ok_or_else(|| {
        let likeness = |known: &String| strsim::jaro_winkler(name, known);
        let similar = names(values)
            .into_iter()
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        Error::Unknown {
            name: name.to_owned(),
            argument: argument.to_owned(),
            similar: similar.filter(|known| likeness(known) > 0.6),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn values() -> Values {
        Values {
            seed: 7,
            data: BTreeMap::from([("sonar".to_owned(), "/d/so nar.csv".into())]),
            out: "/w/out".into(),
            device: "cuda:1".into(),
            threads: 2,
            configuration: BTreeMap::from([("hidden".to_owned(), "12".to_owned())]),
        }
    }

    fn filled(argument: &str) -> Result<String, String> {
        fill(&[argument.to_owned()], &values())
            .map(|all| all[0].clone())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn placeholders_stand_alone_or_within() {
        for (argument, expected) in [
            ("{seed}", "7"),
            ("{data.sonar}", "/d/so nar.csv"),
            ("{out}/metrics.json", "/w/out/metrics.json"),
            ("--d={device},{threads}", "--d=cuda:1,2"),
            ("{{\"h\": {hidden}}}", "{\"h\": 12}"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(filled(argument).unwrap(), expected);
        }
    }

    #[test]
    fn mistakes_name_the_nearest() {
        for (argument, error) in [
            (
                "{sed}",
                "run: unknown placeholder `{sed}` in `{sed}`, the nearest known is `{seed}`",
            ),
            (
                "{data.solar}",
                "run: unknown placeholder `{data.solar}` in `{data.solar}`, the nearest known is `{data.sonar}`",
            ),
            ("x{zzzz}", "run: unknown placeholder `{zzzz}` in `x{zzzz}`"),
            (
                "{seed",
                "run: single `{` in `{seed`, expected `{{` for a brace itself",
            ),
            (
                "seed}",
                "run: single `}` in `seed}`, expected `}}` for a brace itself",
            ),
        ] {
            assert_eq!(filled(argument).unwrap_err(), error);
        }
        assert_eq!(
            fill(&[], &values()).unwrap_err().to_string(),
            "run: expected a program, found nothing"
        );
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back_as_it_was(text in ".{0,30}") {
            let escaped = text.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(filled(&escaped).unwrap(), text);
        }
    }
}
