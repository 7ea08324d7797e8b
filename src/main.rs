//! The command line of `reprove`: parse, call the library, print, exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|command| command == "__sandbox")
    {
        return reprove::runs::sandbox::launcher::main();
    }
    ExitCode::SUCCESS
}
