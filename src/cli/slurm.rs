//! What is asked of Slurm: the user's configuration file, and what is typed instead.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;

use super::interrupt;
use reprove_exec::slurm::{SlurmOptions, task_main};

/// What is asked of Slurm for each task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[command(
    next_help_heading = "Options for --executor slurm (default: `slurm:` in \
                               ~/.config/reprove/config.yaml, then in the manifest)"
)]
pub struct SlurmArgs {
    /// Partition
    #[arg(long = "slurm-partition", value_name = "NAME")]
    pub partition: Option<String>,
    /// Account that is charged
    #[arg(long = "slurm-account", value_name = "NAME")]
    pub account: Option<String>,
    /// Time limit of a task, as sbatch reads it: 30, 2:00:00, 1-0
    #[arg(long = "slurm-time", value_name = "TIME")]
    pub time: Option<String>,
    /// Memory of a task, as sbatch reads it: 4G
    #[arg(long = "slurm-memory", value_name = "SIZE")]
    pub memory: Option<String>,
    /// GPUs of a task, as sbatch's --gres reads it: gpu:1
    #[arg(long = "slurm-gpus", value_name = "GRES")]
    pub gpus: Option<String>,
    /// Tasks of one job array at most [default: 1000]
    #[arg(long = "slurm-array-width", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub array_width: Option<u32>,
    /// A further argument of sbatch, as it is; may be given several times
    #[arg(
        long = "slurm-arg",
        value_name = "ARGUMENT",
        allow_hyphen_values = true
    )]
    #[serde(rename = "args")]
    pub arguments: Vec<String>,
}

/// The user's configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Configuration {
    slurm: SlurmArgs,
}

impl SlurmArgs {
    /// What is asked, with what the user's configuration file says where nothing is typed.
    ///
    /// # Errors
    /// In one line, what is wrong with the file.
    pub fn options(&self) -> Result<SlurmOptions, String> {
        let file = match configuration_file() {
            Some(path) if path.exists() => read(&path)?,
            _ => Self::default(),
        };
        Ok(self.over(file))
    }

    /// What is typed, else what the file says; further arguments of both.
    fn over(&self, file: Self) -> SlurmOptions {
        let typed = self.clone();
        let default = SlurmOptions::default();
        let width = typed.array_width.or(file.array_width);
        SlurmOptions {
            partition: typed.partition.or(file.partition),
            account: typed.account.or(file.account),
            time: typed.time.or(file.time),
            memory: typed.memory.or(file.memory),
            gpus: typed.gpus.or(file.gpus),
            array_width: width,
            extra: [file.arguments, typed.arguments].concat(),
            ..default
        }
    }
}

fn read(path: &Path) -> Result<SlurmArgs, String> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| told(&error))?;
    let file: Configuration = serde_yaml::from_str(&text).map_err(|error| told(&error))?;
    if file.slurm.array_width == Some(0) {
        return Err(told(&"`slurm.array-width`: expected 1 or more, found 0"));
    }
    Ok(file.slurm)
}

/// `$XDG_CONFIG_HOME/reprove/config.yaml`, else `~/.config/reprove/config.yaml`.
fn configuration_file() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let home = || absolute("HOME").map(|home| home.join(".config"));
    let base = absolute("XDG_CONFIG_HOME").or_else(home)?;
    Some(base.join("reprove/config.yaml"))
}

/// `reprove __task FOLDER INDEX`: what each task of a job array runs on its node.
pub fn task(arguments: &[std::ffi::OsString]) -> ExitCode {
    let done = match arguments {
        [folder, index] => match index.to_str().map(str::parse) {
            Some(Ok(index)) => task_main(Path::new(folder), index, interrupt::listen()),
            _ => Err(format!("expected a task's number, found {index:?}")),
        },
        _ => Err("expected `__task FOLDER INDEX`".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            super::screen::print_error(&error, None);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_counts_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        let text = "slurm: {partition: long, memory: 4G, array-width: 10, args: [--nice]}\n";
        std::fs::write(&path, text).unwrap();
        let typed = SlurmArgs {
            partition: Some("short".to_owned()),
            arguments: vec!["--qos=low".to_owned()],
            ..SlurmArgs::default()
        };
        let expected = SlurmOptions {
            partition: Some("short".to_owned()),
            memory: Some("4G".to_owned()),
            array_width: Some(10),
            extra: vec!["--nice".to_owned(), "--qos=low".to_owned()],
            ..SlurmOptions::default()
        };
        assert_eq!(typed.over(read(&path).unwrap()), expected);
        assert_eq!(
            SlurmArgs::default().over(SlurmArgs::default()),
            SlurmOptions::default()
        );
    }

    #[test]
    fn a_file_with_a_misspelt_option_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, "slurm: {partitoin: long}\n").unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.starts_with(&path.display().to_string()), "{error}");
        assert!(error.contains("partitoin"), "{error}");
        std::fs::write(&path, "slurm: {array-width: 0}\n").unwrap();
        assert!(read(&path).unwrap_err().contains("expected 1 or more"));
    }
}
