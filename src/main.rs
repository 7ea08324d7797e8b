//! The command line of `reprove`.

use std::process::ExitCode;

/// glibc returns freed blocks of tensor size to the system at once; training is threefold faster
/// with an allocator that keeps them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    reprove::cli::main()
}
