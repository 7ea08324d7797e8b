//! Names of the files that a run of a program leaves: its logs, and the files of its metrics.

/// The file of a run's standard output.
pub const STDOUT: &str = "stdout.log";
/// The file of a run's standard error.
pub const STDERR: &str = "stderr.log";
/// The folder of the files that a run's metrics were read from, with its separator.
pub const OUT: &str = "out/";
