//! Imports of a program that its lock file does not bring.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use super::commit_sources::CommitSources;
use super::distributions::{distributions_of, is_likely};
use super::imports::{Import, imports};
use super::locked_names::locked_names;
use super::standard_library::is_standard;
use reprove_model::manifest::{Code, Environment, Program};
use reprove_pins::source::PinnedCommit;

/// Sources at most that are followed from the entry point.
const MOST_SOURCES: usize = 500;

/// The sentences about modules that the program imports whenever it starts, and that its lock file does not
/// bring as far as names tell. It is no proof: a distribution may bring a module of any name.
///
/// `supplied` is the lock file that the manifest supplies.
pub fn undeclared_imports(
    code: &Code,
    commit: &PinnedCommit<'_>,
    program: &Program,
    supplied: Option<&Path>,
) -> Vec<String> {
    sentences(code, commit, program, supplied).unwrap_or_default()
}

fn sentences(
    code: &Code,
    commit: &PinnedCommit<'_>,
    program: &Program,
    supplied: Option<&Path>,
) -> Option<Vec<String>> {
    let root: PathBuf = code.directory.iter().filter(|part| *part != ".").collect();
    let (Environment::Uv(lock) | Environment::Pylock(lock) | Environment::Pip(lock, _)) =
        &program.environment
    else {
        return None;
    };
    let sources = CommitSources::of(commit)?;
    let text = match supplied {
        Some(file) => std::fs::read_to_string(file).ok()?,
        None => sources.text(&root.join(lock))?,
    };
    let locked = locked_names(&program.environment, &text)?;
    let start = entry_files(&sources, &root, program);
    let mut found = Vec::new();
    for (module, (file, line)) in foreign_modules(&sources, &root, start) {
        let distributions = distributions_of(&module);
        let is_locked = distributions.iter().any(|name| locked.contains(name))
            || locked.iter().any(|name| is_likely(name, &module));
        if distributions.is_empty() || is_locked {
            continue;
        }
        let lock = lock.display();
        let name = &distributions[0];
        found.push(format!(
            "{}:{line}: imports `{module}`, and `{lock}` does not name `{name}`; add it there, unless another package \
             brings it",
            file.display()
        ));
    }
    Some(found)
}

/// The source that the command starts.
fn entry_files(sources: &CommitSources<'_>, root: &Path, program: &Program) -> Vec<PathBuf> {
    let words = &program.run;
    let after_m = words.iter().position(|word| word == "-m");
    if let Some(module) = after_m.and_then(|at| words.get(at + 1)) {
        let mut files = sources.files_of(root, module);
        let main: PathBuf = module.split('.').collect();
        let main = root.join(main).join("__main__.py");
        files.extend(Some(main).filter(|file| sources.has(file)));
        return files;
    }
    let scripts = words.iter().take(6).filter(|word| word.ends_with(".py"));
    let scripts = scripts.map(|word| root.join(word.trim_start_matches("./")));
    scripts.filter(|file| sources.has(file)).take(1).collect()
}

/// The modules that are neither Python's nor the commit's, with the first place that imports each.
fn foreign_modules(
    sources: &CommitSources<'_>,
    root: &Path,
    start: Vec<PathBuf>,
) -> BTreeMap<String, (PathBuf, usize)> {
    let script_folder = start.last().and_then(|file| file.parent());
    let script_folder = script_folder.unwrap_or(root).to_owned();
    let mut foreign = BTreeMap::new();
    let mut seen: BTreeSet<PathBuf> = start.iter().cloned().collect();
    let mut open: VecDeque<PathBuf> = start.into();
    while let Some(file) = open.pop_front() {
        let Some(text) = sources.text(&file) else {
            continue;
        };
        for import in imports(&text) {
            let local = local_files(sources, &[&script_folder, root], &file, &import);
            let top = import.module.split('.').next().unwrap_or_default();
            let is_ours = import.level > 0 || !local.is_empty() || sources.has_name(top);
            if !is_ours && !is_standard(top) {
                let place = (file.clone(), import.line);
                foreign.entry(top.to_owned()).or_insert(place);
            }
            for file in local {
                if seen.len() < MOST_SOURCES && seen.insert(file.clone()) {
                    open.push_back(file);
                }
            }
        }
    }
    foreign
}

/// The files of the commit that an import loads.
fn local_files(
    sources: &CommitSources<'_>,
    folders: &[&Path],
    file: &Path,
    import: &Import,
) -> Vec<PathBuf> {
    // One dot is the package of the file itself.
    let package = file.ancestors().nth(import.level.max(1));
    let folders: Vec<&Path> = match import.level {
        0 => folders.to_vec(),
        _ => package.into_iter().collect(),
    };
    let modules = || {
        let with_name = import
            .names
            .iter()
            .map(|name| format!("{}.{name}", import.module));
        std::iter::once(import.module.clone()).chain(with_name)
    };
    let mut files = Vec::new();
    for folder in folders {
        for module in modules() {
            files.extend(sources.files_of(folder, &module));
        }
    }
    files
}
