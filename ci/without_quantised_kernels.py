"""Changes a copy of candle-kernels so that only its plain kernels are compiled, as PTX.

usage: without_quantised_kernels.py FOLDER
The functions of the quantised and mixture-of-experts kernels become Rust functions that panic.
"""

import pathlib
import re
import shutil
import sys

BUILD = """use cudaforge::{KernelBuilder, Result};

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src");
    let folder = std::path::PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    let kernels = KernelBuilder::new()
        .source_dir("src")
        .exclude(&["moe_*.cu", "mmvq_gguf.cu", "mmq_*.cu"])
        .arg("--expt-relaxed-constexpr")
        .arg("-std=c++17")
        .arg("-O3")
        .build_ptx()?;
    kernels.write(&folder.join("ptx.rs"))
}
"""


def panicking(function):
    name, arguments, result = function.group(1), function.group(2), function.group(3) or ""
    arguments = re.sub(r"//[^\n]*", "", arguments)
    arguments = re.sub(r"(\w+)\s*:", r"_\1:", arguments)
    text = f'panic!("{name}: built without quantised kernels")'
    return f'pub unsafe extern "C" fn {name}({arguments}){result} {{ {text} }}'


folder = pathlib.Path(sys.argv[1])
interface = folder / "src/ffi.rs"
text = interface.read_text().replace('extern "C" {', "", 1)
text = text[: text.rstrip().rfind("}")]
text = re.sub(r"pub fn (\w+)\((.*?)\)(\s*->\s*[\w*]+)?;", panicking, text, flags=re.S)
interface.write_text(text)
(folder / "build.rs").write_text(BUILD)
for name in ["moe", "mmq_gguf"]:
    shutil.rmtree(folder / "src" / name, ignore_errors=True)
(folder / "src/mmvq_gguf.cu").unlink(missing_ok=True)
