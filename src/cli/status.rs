//! The exit statuses, and the back ends of this build.

use std::process::ExitCode;

use reprove_exec::ErrorClass;
use reprove_model::plan::Backends;

/// The back ends that this build has.
pub const BACKENDS: Backends = Backends {
    cuda: cfg!(feature = "cuda"),
    metal: cfg!(feature = "metal"),
};

/// The exit statuses of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All claims were reproduced.
    Reproduced = 0,
    /// Some claim was not reproduced.
    NotReproduced = 1,
    /// None was refuted, some are inconclusive.
    Inconclusive = 2,
    /// Bad manifest, bad input or usage.
    BadInput = 3,
    /// A pin does not hold, the build failed or too many runs failed.
    CouldNotVerify = 4,
    /// Interrupted; what had finished is kept.
    Interrupted = 130,
}

impl Status {
    /// The worse of two, in the order 130, 3, 4, 1, 2, 0.
    pub fn worse(self, other: Self) -> Self {
        let severity = |status| match status {
            Self::Reproduced => 0,
            Self::Inconclusive => 1,
            Self::NotReproduced => 2,
            Self::CouldNotVerify => 3,
            Self::BadInput => 4,
            Self::Interrupted => 5,
        };
        if severity(other) > severity(self) {
            other
        } else {
            self
        }
    }
}

/// The status of an experiment that cannot be made ready.
pub fn status_of(class: ErrorClass) -> Status {
    match class {
        ErrorClass::Input => Status::BadInput,
        ErrorClass::Environment => Status::CouldNotVerify,
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        ExitCode::from(status as u8)
    }
}
