//! The command line of `reprove`.

use std::process::ExitCode;

/// glibc returns freed blocks of tensor size to the system at once; training is threefold faster
/// with an allocator that keeps them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The launcher of the sandbox must run before this process has any other thread.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|command| command == "__sandbox")
    {
        return reprove::sandbox::launcher::main();
    }
    reprove::cli::threads::reexec_single_threaded();
    reprove::cli::main()
}
