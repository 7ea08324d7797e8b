//! Arguments with a list of names, which help and completions show.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

use reprove_import::{RunFormat, TableFormat};
use reprove_model::diagnostics::Hint;
use reprove_model::manifest::Device;
use reprove_report::Format;

/// Parses the name of a report format.
#[derive(Debug, Clone, Copy)]
pub struct FormatParser;

impl TypedValueParser for FormatParser {
    type Value = Format;

    fn parse_ref(
        &self,
        _command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Format, Error> {
        Format::parse(&value.to_string_lossy())
            .map_err(|error| invalid(argument, &error.to_string(), error.hint()))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let value = |format: Format| {
            PossibleValue::new(format.name())
                .help(format.spec().summary)
                .aliases(format.aliases())
        };
        Some(Box::new(Format::ALL.into_iter().map(value)))
    }
}

/// Parses a device; `cuda:N` for any N is one too.
#[derive(Debug, Clone, Copy)]
pub struct DeviceParser;

impl TypedValueParser for DeviceParser {
    type Value = Device;

    fn parse_ref(
        &self,
        _command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Device, Error> {
        let text = value.to_string_lossy();
        Device::parse(&text).ok_or_else(|| {
            let problem = format!("expected `cpu`, `cuda`, `cuda:N` or `metal`, found `{text}`");
            invalid(argument, &problem, None)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = ["cpu", "cuda", "cuda:1", "metal"];
        Some(Box::new(names.into_iter().map(PossibleValue::new)))
    }
}

/// Parses the name of a format of tables.
pub fn table_formats() -> impl TypedValueParser<Value = TableFormat> {
    let value = |format: TableFormat| PossibleValue::new(format.name()).help(format.summary());
    PossibleValuesParser::new(TableFormat::ALL.map(value))
        .try_map(|name| TableFormat::from_name(&name).ok_or("expected the name of a format"))
}

/// Parses the name of a layout of runs.
pub fn run_formats() -> impl TypedValueParser<Value = RunFormat> {
    let value = |format: RunFormat| PossibleValue::new(format.name()).help(format.summary());
    PossibleValuesParser::new(RunFormat::ALL.map(value))
        .try_map(|name| RunFormat::from_name(&name).ok_or("expected the name of a format"))
}

/// The error of a value, in the form that clap gives its own.
fn invalid(argument: Option<&Arg>, problem: &str, hint: Option<String>) -> Error {
    let name = argument.and_then(Arg::get_long).unwrap_or_default();
    let tip = hint.map_or_else(String::new, |hint| format!("\n\n  tip: {hint}"));
    Error::raw(
        ErrorKind::ValueValidation,
        format!("--{name}: {problem}{tip}\n"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::args::Arguments;
    use clap::{CommandFactory as _, Parser as _};

    fn problem(arguments: &[&str]) -> String {
        Arguments::try_parse_from(arguments)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn unknown_names_are_answered_with_the_nearest() {
        let text = problem(&["reprove", "report", "r.json", "--format", "markdwon"]);
        assert!(
            text.contains("--format: expected a format (`text`, "),
            "{text}"
        );
        assert!(text.contains("tip: the nearest is `markdown`"), "{text}");
        let text = problem(&["reprove", "verify", "m.yaml", "--device", "tpu"]);
        assert!(text.contains("`cuda:N` or `metal`, found `tpu`"), "{text}");
        let accepted = ["reprove", "verify", "m.yaml", "--device", "cuda:3"];
        assert!(Arguments::try_parse_from(accepted).is_ok());
        let alias = ["reprove", "report", "r.json", "--format", "MD"];
        assert!(Arguments::try_parse_from(alias).is_ok());
    }

    #[test]
    fn help_and_completions_list_the_formats() {
        let mut command = Arguments::command();
        let report = command.find_subcommand_mut("report").unwrap();
        let help = report.render_help().to_string();
        for format in reprove_report::Format::ALL {
            assert!(help.contains(format.name()), "{help}");
        }
        let mut script = Vec::new();
        let shell = clap_complete::Shell::Bash;
        clap_complete::generate(shell, &mut Arguments::command(), "reprove", &mut script);
        let script = String::from_utf8(script).unwrap();
        assert!(
            script.contains("annotations checklist tap"),
            "the names of formats"
        );
    }
}
