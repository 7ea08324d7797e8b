//! A program's arguments, with what its placeholders stand for in one run. No shell ever sees the
//! result, so that a value is always one argument, or a part of one.

use super::inputs::Values;
use reprove_model::manifest::placeholders::{Piece, pieces};

/// Error of an argument; a manifest whose rules hold has none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An unknown placeholder.
    #[error("run: unknown placeholder `{{{name}}}` in `{argument}`")]
    Unknown {
        /// The name between the braces.
        name: String,
        /// The argument that it stands in.
        argument: String,
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

/// Fills in all placeholders.
///
/// # Errors
/// The first unknown placeholder, or brace without a partner.
pub fn fill(template: &[String], values: &Values) -> Result<Vec<String>, Error> {
    if template.is_empty() {
        return Err(Error::Empty);
    }
    template
        .iter()
        .map(|argument| fill_text(argument, values))
        .collect()
}

/// Fills in the placeholders of one text.
///
/// # Errors
/// The first unknown placeholder, or brace without a partner.
pub fn fill_text(argument: &str, values: &Values) -> Result<String, Error> {
    let pieces = pieces(argument).map_err(|brace| Error::Single {
        brace,
        argument: argument.to_owned(),
    })?;
    let mut filled = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Placeholder(name) => {
                filled += &value(name, values).ok_or_else(|| Error::Unknown {
                    name: name.to_owned(),
                    argument: argument.to_owned(),
                })?;
            }
        }
    }
    Ok(filled)
}

/// The value of a placeholder, if it is known.
fn value(name: &str, values: &Values) -> Option<String> {
    let data = || {
        let path = values.data.get(name.strip_prefix("data.")?)?;
        Some(path.display().to_string())
    };
    match name {
        "seed" => Some(values.seed.to_string()),
        "out" => Some(values.out.display().to_string()),
        "device" => Some(values.device.clone()),
        "threads" => Some(values.threads.to_string()),
        _ => data().or_else(|| values.configuration.get(name).cloned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reprove_model::seeds::RunSeed;
    use std::collections::BTreeMap;

    fn values() -> Values {
        Values {
            seed: RunSeed(7),
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
    fn mistakes_are_named() {
        for (argument, error) in [
            ("{sed}", "run: unknown placeholder `{sed}` in `{sed}`"),
            (
                "{data.solar}",
                "run: unknown placeholder `{data.solar}` in `{data.solar}`",
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
}
