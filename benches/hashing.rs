//! Prints the digest of each file or folder that it is given: what `benches/hashing.sh` times.

use std::error::Error;
use std::path::Path;

use reprove::digest;

fn main() -> Result<(), Box<dyn Error>> {
    // cargo itself passes `--bench`.
    for argument in std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
    {
        let path = Path::new(&argument);
        let digest = if path.is_dir() {
            digest::folder(path)?.digest
        } else {
            digest::file(path)?.digest
        };
        println!("{digest}");
    }
    Ok(())
}
