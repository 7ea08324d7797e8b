//! The rules. Each is a function that finds what breaks it, and a test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use crate::cycles::cycles;
use crate::known;
use crate::names::Target;
use crate::scan::{Scan, scan};
use crate::workspace::Workspace;

/// The sources, with what was found in each file.
struct Sources {
    workspace: Workspace,
    scans: Vec<Scan>,
}

static SOURCES: LazyLock<Sources> = LazyLock::new(|| {
    let (workspace, trees) = Workspace::read(Path::new(env!("CARGO_MANIFEST_DIR")));
    let scans = trees.iter().enumerate();
    let scans = scans.map(|(file, tree)| scan(&workspace, file, tree));
    let scans = scans.collect();
    Sources { workspace, scans }
});

/// What breaks a rule: the key that lists of exceptions use, and a sentence.
type Findings = Vec<(String, String)>;

/// Fails if there is a finding that the exceptions do not cover, or an exception that covers fewer
/// findings than it states.
fn check(rule: &str, findings: &Findings, exceptions: &[(&str, usize)]) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, _) in findings {
        *counts.entry(key).or_default() += 1;
    }
    let covered: BTreeMap<&str, usize> = exceptions.iter().copied().collect();
    // Seen with `--nocapture`: what the list of exceptions would have to be.
    for (key, count) in &counts {
        println!("{rule}: (\"{key}\", {count}),");
    }
    let is_new = |key: &str| counts[key] > covered.get(key).copied().unwrap_or(0);
    let new: Vec<&str> = findings
        .iter()
        .filter(|(key, _)| is_new(key))
        .map(|(_, sentence)| sentence.as_str())
        .collect();
    assert!(new.is_empty(), "{rule}:\n{}", new.join("\n"));
    let found = |key: &str| counts.get(key).copied().unwrap_or(0);
    let stale: Vec<String> = exceptions
        .iter()
        .filter(|(key, most)| found(key) < *most)
        .map(|(key, most)| format!("{key}: {most} in `known.rs`, {} found", found(key)))
        .collect();
    assert!(stale.is_empty(), "{rule}: take out\n{}", stale.join("\n"));
}

impl Sources {
    /// Each file's path with what was found in it.
    fn files(&self) -> impl Iterator<Item = (&str, &Scan)> {
        let paths = self.workspace.files.iter().map(|file| file.path.as_str());
        paths.zip(&self.scans)
    }

    /// The paths that the code of each file names, imports included, with their lines.
    fn names(&self) -> Vec<(&str, usize, String)> {
        let Self { workspace, scans } = self;
        let mut names = Vec::new();
        for module in &workspace.modules {
            let file = workspace.files[module.file].path.as_str();
            let imports = module.imports.iter();
            names.extend(imports.map(|import| (file, import.line, import.path.join("::"))));
        }
        for (file, scan) in workspace.files.iter().zip(scans) {
            let paths = scan.paths.iter();
            let file = file.path.as_str();
            names.extend(paths.map(|path| (file, path.line, path.segments.join("::"))));
        }
        names
    }

    /// The names that a crate's code uses as the first segment of a path, attributes included.
    fn roots(&self, package: usize) -> BTreeSet<&str> {
        let Self { workspace, scans } = self;
        let mut roots = BTreeSet::new();
        for module in &workspace.modules {
            if module.package == package {
                roots.extend(module.imports.iter().map(|import| import.path[0].as_str()));
            }
        }
        for (file, scan) in workspace.files.iter().zip(scans) {
            if workspace.modules[file.module].package == package {
                let paths = scan.paths.iter();
                roots.extend(paths.map(|path| path.segments[0].as_str()));
                roots.extend(scan.attribute_names.iter().map(String::as_str));
            }
        }
        roots
    }

    /// For each pair of files of which the first uses an item that the second defines, an example.
    fn uses(&self) -> BTreeMap<(usize, usize), (usize, String)> {
        let Self { workspace, scans } = self;
        let mut uses = BTreeMap::new();
        let mut add = |module: usize, path: &[String], line: usize| {
            let from = workspace.modules[module].file;
            if let Some(target @ Target::Item { .. }) = workspace.resolve(module, path) {
                let to = workspace.file_of(&target);
                if from != to {
                    let example = (line, path.join("::"));
                    uses.entry((from, to)).or_insert(example);
                }
            }
        };
        for (index, module) in workspace.modules.iter().enumerate() {
            // A re-export is no use: what uses the name by this way is an edge to the definition.
            for import in module.imports.iter().filter(|import| !import.is_reexport) {
                add(index, &import.path, import.line);
            }
        }
        for path in scans.iter().flat_map(|scan| &scan.paths) {
            add(path.module, &path.segments, path.line);
        }
        uses
    }
}

#[test]
fn imports_between_files_form_no_cycle() {
    let uses = SOURCES.uses();
    let mut edges: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (from, to) in uses.keys() {
        edges.entry(*from).or_default().insert(*to);
    }
    assert!(uses.len() > 500, "{} uses were found", uses.len());
    let path = |file: usize| &SOURCES.workspace.files[file].path;
    let mut findings = Findings::new();
    for cycle in cycles(&edges) {
        for file in &cycle {
            let inside = uses.range((*file, 0)..=(*file, usize::MAX));
            let inside = inside.filter(|((_, to), _)| cycle.contains(to));
            let lines = inside.map(|((_, to), (line, name))| {
                format!("{}:{line}: `{name}` of {}", path(*file), path(*to))
            });
            let sentence = lines.collect::<Vec<_>>().join("\n");
            findings.push((path(*file).clone(), sentence));
        }
    }
    check("files that import each other", &findings, known::CYCLES);
}

#[test]
fn no_two_public_types_share_a_name() {
    let workspace = &SOURCES.workspace;
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for module in &workspace.modules {
        for (name, definition) in &module.items {
            if definition.is_public_type {
                let file = workspace.files[module.file].path.as_str();
                names.entry(name).or_default().insert(file);
            }
        }
    }
    assert!(names.len() > 200, "{} types were found", names.len());
    names.retain(|_, files| files.len() > 1);
    assert!(
        names.len() <= known::MOST_SHARED_TYPE_NAMES,
        "public types of one name, at most {} are allowed: {names:#?}",
        known::MOST_SHARED_TYPE_NAMES
    );
}

#[test]
fn unsafe_code_is_in_the_sandbox_only() {
    let mut findings = Findings::new();
    for (file, scan) in SOURCES.files() {
        for line in &scan.unsafes {
            if !file.starts_with("crates/sandbox/") {
                findings.push((file.to_owned(), format!("{file}:{line}: `unsafe`")));
            }
        }
    }
    check("unsafe code", &findings, &[]);
}

#[test]
fn only_the_root_package_prints() {
    let printing = ["dbg", "eprint", "eprintln", "print", "println"];
    let mut findings = Findings::new();
    for (file, scan) in SOURCES.files() {
        for (name, line) in &scan.macros {
            if printing.contains(&name.as_str()) && !file.starts_with("src/") {
                findings.push((file.to_owned(), format!("{file}:{line}: `{name}!`")));
            }
        }
    }
    check("libraries that print", &findings, &[]);
}

/// The flags that the command line has: the fields of its structures that have `#[arg(long)]`.
fn flags() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli");
    let mut flags = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("there is a command line") {
        let path = entry.expect("its files can be listed").path();
        let text = std::fs::read_to_string(&path).expect("its files are text");
        let file = syn::parse_file(&text).expect("its files are Rust");
        for item in &file.items {
            let syn::Item::Struct(structure) = item else {
                continue;
            };
            flags.extend(structure.fields.iter().filter_map(flag));
        }
    }
    flags
}

/// The long flag of a field.
fn flag(field: &syn::Field) -> Option<String> {
    let arguments = field
        .attrs
        .iter()
        .find_map(|attribute| match &attribute.meta {
            syn::Meta::List(list) if list.path.is_ident("arg") => Some(list.tokens.to_string()),
            syn::Meta::List(_) | syn::Meta::Path(_) | syn::Meta::NameValue(_) => None,
        })?;
    let mut arguments = arguments.split(',').map(str::trim);
    let long = arguments.find(|argument| argument.starts_with("long"))?;
    let name = match long.split_once('=') {
        Some((_, name)) => name.trim().trim_matches('"').to_owned(),
        None => field.ident.as_ref()?.to_string().replace('_', "-"),
    };
    Some(format!("--{name}"))
}

#[test]
fn only_the_root_package_knows_flags() {
    let flags = flags();
    assert!(flags.contains("--max-runs"), "{flags:?}");
    let mut findings = Findings::new();
    for (file, scan) in SOURCES.files() {
        for text in &scan.texts {
            // A text of one word is an argument of another program.
            let is_sentence = text.value.contains(char::is_whitespace);
            let words = text.value.split(|c: char| !c.is_alphanumeric() && c != '-');
            for word in words.filter(|word| flags.contains(*word)) {
                if is_sentence && !file.starts_with("src/") {
                    let sentence = format!("{file}:{}: `{word}`", text.line);
                    findings.push((format!("{file} {word}"), sentence));
                }
            }
        }
    }
    check("libraries that name a flag", &findings, &[]);
}

#[test]
fn only_the_trainer_knows_candle() {
    let mut findings = Findings::new();
    for package in &SOURCES.workspace.packages {
        let name = &package.name;
        let candle = package
            .dependencies
            .iter()
            .find(|name| name.starts_with("candle"));
        if let Some(candle) = candle.filter(|_| name != "reprove-trainer") {
            let sentence = format!("{name} depends on {candle}");
            findings.push((name.clone(), sentence));
        }
    }
    check("candle outside of the trainer", &findings, &[]);
}

#[test]
fn crates_depend_on_earlier_stages_only() {
    let allowed: BTreeMap<&str, &[&str]> = known::STAGES.iter().copied().collect();
    let mut findings = Findings::new();
    for package in &SOURCES.workspace.packages {
        let name = package.name.as_str();
        let earlier = allowed
            .get(name)
            .unwrap_or_else(|| panic!("{name}: not in `STAGES`"));
        for dependency in &package.dependencies {
            let is_ours = dependency.starts_with("reprove");
            if is_ours && !earlier.contains(&dependency.as_str()) {
                let sentence = format!("{name} depends on {dependency}");
                findings.push((sentence.clone(), sentence));
            }
        }
    }
    check("dependencies between crates", &findings, &[]);
}

#[test]
fn every_dependency_is_used() {
    let mut findings = Findings::new();
    for (index, package) in SOURCES.workspace.packages.iter().enumerate() {
        let roots = SOURCES.roots(index);
        for dependency in &package.dependencies {
            if !roots.contains(dependency.replace('-', "_").as_str()) {
                let sentence = format!("{} does not use {dependency}", package.name);
                findings.push((sentence.clone(), sentence));
            }
        }
    }
    check("dependencies", &findings, &[]);
}

#[test]
fn every_dependency_is_explained() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("CONTRIBUTING.md");
    let text = std::fs::read_to_string(path).expect("there is a guide");
    let table = text.split("\n## Dependencies\n").nth(1);
    let table = table.expect("it explains the dependencies");
    let names: BTreeSet<&str> = table.split('`').skip(1).step_by(2).collect();
    for package in &SOURCES.workspace.packages {
        for dependency in &package.dependencies {
            let is_explained =
                dependency.starts_with("reprove") || names.contains(dependency.as_str());
            assert!(
                is_explained,
                "CONTRIBUTING.md: why is `{dependency}` there?"
            );
        }
    }
}

#[test]
fn statistics_and_decisions_do_no_io() {
    let io = [
        "std::env",
        "std::fs",
        "std::io",
        "std::net",
        "std::process",
        "rustix",
        "tempfile",
    ];
    let mut findings = Findings::new();
    for (file, line, name) in SOURCES.names() {
        let is_pure = file.starts_with("crates/stats/") || file.starts_with("crates/decide/");
        let is_io = io.iter().any(|io| {
            let rest = name.strip_prefix(io);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        });
        if is_pure && is_io {
            findings.push((file.to_owned(), format!("{file}:{line}: `{name}`")));
        }
    }
    check("stages that do input or output", &findings, &[]);
}

#[test]
fn a_foreign_crate_with_one_job_is_used_in_one_file() {
    for (foreign, most) in known::ONE_FILE {
        let names = SOURCES.names().into_iter();
        let files: BTreeSet<&str> = names
            .filter(|(_, _, name)| name.split("::").next() == Some(*foreign))
            .map(|(file, _, _)| file)
            .collect();
        assert!(
            files.len() <= *most,
            "{foreign}: expected {most}, found {files:?}"
        );
    }
}

#[test]
fn files_of_modules_hold_no_logic() {
    let mut findings = Findings::new();
    for (file, scan) in SOURCES.files() {
        if file.ends_with("mod.rs") || file.ends_with("lib.rs") {
            for line in &scan.logic {
                findings.push((
                    file.to_owned(),
                    format!("{file}:{line}: a function or an `impl`"),
                ));
            }
        }
    }
    check("logic in `mod.rs` and `lib.rs`", &findings, known::LOGIC);
}

#[test]
fn numbers_of_reports_are_formatted_in_one_file() {
    let mut findings = Findings::new();
    for (file, scan) in SOURCES.files() {
        if !file.starts_with("crates/report/") || file.ends_with("/number.rs") {
            continue;
        }
        for text in &scan.texts {
            let holes = text.value.split('{').skip(1);
            let holes = holes.filter_map(|rest| rest.split_once('}')?.0.split_once(':'));
            for (_, format) in holes.filter(|(_, format)| format.contains(['.', 'e'])) {
                let sentence = format!("{file}:{}: a number as `{format}`", text.line);
                findings.push((file.to_owned(), sentence));
            }
        }
    }
    check("numbers in reports", &findings, &[]);
}

#[test]
fn matches_over_own_enums_name_every_variant() {
    let mut findings = Findings::new();
    for (file, scan) in SOURCES.files() {
        for line in &scan.wildcards {
            findings.push((file.to_owned(), format!("{file}:{line}: a wildcard arm")));
        }
    }
    check(
        "matches over enums of the workspace",
        &findings,
        known::WILDCARDS,
    );
}

#[test]
fn functions_and_files_are_short() {
    let mut findings = Findings::new();
    for (file, scan) in SOURCES.files() {
        for (name, line, lines) in &scan.functions {
            if *lines > known::MOST_LINES_OF_A_FUNCTION {
                let sentence = format!("{file}:{line}: `{name}` has {lines} lines");
                findings.push((format!("{file} {name}"), sentence));
            }
        }
    }
    for file in &SOURCES.workspace.files {
        if file.lines > known::MOST_LINES_OF_A_FILE {
            let sentence = format!("{}: {} lines", file.path, file.lines);
            findings.push((file.path.clone(), sentence));
        }
    }
    check("long functions and files", &findings, known::LONG);
}
