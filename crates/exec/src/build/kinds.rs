//! The table of environment kinds.

use super::cargo::Cargo;
use super::installed::Installed;
use super::kind::EnvironmentKind;
use super::pip::Pip;
use super::uv::Uv;
use reprove_model::manifest::Environment;

/// The kind of an environment.
pub(crate) fn of(environment: &Environment) -> Box<dyn EnvironmentKind + '_> {
    match environment {
        Environment::Uv(lock) => Box::new(Uv { lock }),
        Environment::Pip(file, unpinned) => Box::new(Pip {
            file,
            unpinned: *unpinned,
        }),
        Environment::Cargo(lock) => Box::new(Cargo { lock }),
        Environment::Installed => Box::new(Installed),
    }
}
