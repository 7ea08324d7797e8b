//! The command line of `reprove`: parse, call the library, print, exit status.

fn main() {}
