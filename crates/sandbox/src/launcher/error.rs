//! The error of a launch.

use std::io;

/// Error while setting up isolation, as text.
#[derive(Debug)]
pub(super) struct LaunchError(pub String);

impl From<io::Error> for LaunchError {
    fn from(error: io::Error) -> Self {
        LaunchError(error.to_string())
    }
}

impl From<rustix::io::Errno> for LaunchError {
    fn from(error: rustix::io::Errno) -> Self {
        LaunchError(error.to_string())
    }
}
