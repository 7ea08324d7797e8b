//! The table of environment kinds, a file each.

mod cargo;
mod installed;
mod pip;
mod pylock;
mod uv;

use super::kind::EnvironmentKind;
use cargo::Cargo;
use installed::Installed;
use pip::Pip;
use pylock::Pylock;
use reprove_model::manifest::Environment;
use uv::Uv;

/// The kind of an environment.
pub(crate) fn of(environment: &Environment) -> Box<dyn EnvironmentKind + '_> {
    match environment {
        Environment::Uv(lock) => Box::new(Uv { lock }),
        Environment::Pip(file, unpinned) => Box::new(Pip {
            file,
            unpinned: *unpinned,
        }),
        Environment::Pylock(lock) => Box::new(Pylock { lock }),
        Environment::Cargo(lock) => Box::new(Cargo { lock }),
        Environment::Installed => Box::new(Installed),
    }
}
