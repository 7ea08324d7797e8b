//! The source files of the workspace, parsed, with the modules and the names that each declares.
//!
//! Tests are left out: items under `#[cfg(test)]`, and the files of such modules.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use syn::visit::Visit;
use syn::{Attribute, Item, Meta, Visibility};

/// A crate of the workspace.
pub struct Package {
    /// The name in `Cargo.toml`.
    pub name: String,
    /// The names of all packages that it depends on, those of tests and build scripts left out.
    pub dependencies: Vec<String>,
    /// The module of `lib.rs`.
    pub library: usize,
}

/// A source file.
pub struct SourceFile {
    /// The path, relative to the root of the repository.
    pub path: String,
    /// The module that the file is.
    pub module: usize,
    /// The number of its lines, those of tests left out.
    pub lines: usize,
}

/// A module, inline or of a file.
pub struct Module {
    /// The package that the module belongs to.
    pub package: usize,
    /// The file that the module stands in.
    pub file: usize,
    /// The enclosing module.
    pub parent: Option<usize>,
    /// The modules that it declares.
    pub children: BTreeMap<String, usize>,
    /// The other items that it declares.
    pub items: BTreeMap<String, Definition>,
    /// What it imports, imports inside of functions included.
    pub imports: Vec<Import>,
}

/// What an item is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// The item is an enum.
    pub is_enum: bool,
    /// The item is a type or a trait that is `pub`.
    pub is_public_type: bool,
}

/// One name of a `use`.
pub struct Import {
    /// The segments of its path.
    pub path: Vec<String>,
    /// The name that it introduces; `None` for a glob.
    pub name: Option<String>,
    /// The import is visible outside of the module.
    pub is_reexport: bool,
    /// The line in the file.
    pub line: usize,
}

/// All source files of the workspace.
pub struct Workspace {
    pub packages: Vec<Package>,
    pub files: Vec<SourceFile>,
    pub modules: Vec<Module>,
}

impl Workspace {
    /// Reads every file that the crates of the repository at `root` are compiled from, and gives
    /// their syntax trees in the order of the files.
    pub fn read(root: &Path) -> (Self, Vec<syn::File>) {
        let mut reader = Reader {
            root,
            trees: Vec::new(),
            workspace: Self {
                packages: Vec::new(),
                files: Vec::new(),
                modules: Vec::new(),
            },
        };
        for package in metadata(root) {
            reader.add(&package);
        }
        (reader.workspace, reader.trees)
    }
}

/// Reads the files of a workspace.
struct Reader<'r> {
    root: &'r Path,
    trees: Vec<syn::File>,
    workspace: Workspace,
}

impl Reader<'_> {
    fn add(&mut self, package: &Value) {
        let text = |value: &Value| value.as_str().expect("cargo gives text").to_owned();
        let list = |value: &Value| value.as_array().expect("cargo gives a list").clone();
        let dependencies = list(&package["dependencies"]);
        let index = self.workspace.packages.len();
        self.workspace.packages.push(Package {
            name: text(&package["name"]),
            dependencies: dependencies
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| text(&dependency["name"]))
                .collect(),
            library: usize::MAX,
        });
        for target in list(&package["targets"]) {
            let kinds = target["kind"].to_string();
            let path = PathBuf::from(text(&target["src_path"]));
            if kinds.contains("lib") {
                self.workspace.packages[index].library = self.file(&path, index, None);
            } else if kinds.contains("bin") {
                self.file(&path, index, None);
            }
        }
    }

    /// Reads a file and those of the modules that it declares, and gives its module.
    fn file(&mut self, path: &Path, package: usize, parent: Option<usize>) -> usize {
        let shown = relative(self.root, path);
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{shown}: {e}"));
        let syntax = syn::parse_file(&text).unwrap_or_else(|e| panic!("{shown}: {e}"));
        let file = self.workspace.files.len();
        let module = self.workspace.modules.len();
        self.workspace
            .modules
            .push(Module::new(package, file, parent));
        self.workspace.files.push(SourceFile {
            path: shown,
            module,
            lines: text.lines().count() - lines_of_tests(&syntax),
        });
        self.trees.push(syntax.clone());
        let folder = match path.file_name().and_then(|name| name.to_str()) {
            Some("mod.rs" | "lib.rs" | "main.rs") => path.parent().expect("in a folder").to_owned(),
            _ => path.with_extension(""),
        };
        self.items(&folder, module, &syntax.items);
        module
    }

    /// Registers the items of a module, whose submodules have their files in `folder`.
    fn items(&mut self, folder: &Path, module: usize, items: &[Item]) {
        let Module { package, file, .. } = self.workspace.modules[module];
        for item in items.iter().filter(|item| !is_of_tests(attributes(item))) {
            if let Item::Mod(declared) = item {
                let name = declared.ident.to_string();
                let child = if let Some((_, inner)) = &declared.content {
                    let child = self.workspace.modules.len();
                    self.workspace
                        .modules
                        .push(Module::new(package, file, Some(module)));
                    self.items(&folder.join(&name), child, inner);
                    child
                } else {
                    let plain = folder.join(format!("{name}.rs"));
                    let path = if plain.exists() {
                        plain
                    } else {
                        folder.join(&name).join("mod.rs")
                    };
                    self.file(&path, package, Some(module))
                };
                self.workspace.modules[module].children.insert(name, child);
                continue;
            }
            if let Some((name, definition)) = defined(item) {
                self.workspace.modules[module]
                    .items
                    .insert(name, definition);
            }
            let mut uses = Uses(Vec::new());
            uses.visit_item(item);
            self.workspace.modules[module].imports.extend(uses.0);
        }
    }
}

impl Module {
    fn new(package: usize, file: usize, parent: Option<usize>) -> Self {
        Self {
            package,
            file,
            parent,
            children: BTreeMap::new(),
            items: BTreeMap::new(),
            imports: Vec::new(),
        }
    }
}

/// The workspace's packages as cargo describes them.
fn metadata(root: &Path) -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let all: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    all["packages"].as_array().expect("a list").clone()
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).expect("inside of the repository");
    path.to_str().expect("paths are UTF-8").to_owned()
}

/// Whether an item is compiled for tests only.
pub fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_cfg_test = match &attribute.meta {
            Meta::List(list) => list.path.is_ident("cfg") && is_test(&list.tokens.to_string()),
            Meta::Path(_) | Meta::NameValue(_) => false,
        };
        is_cfg_test || attribute.path().is_ident("test")
    })
}

/// The number of lines of a file's inline test modules.
fn lines_of_tests(syntax: &syn::File) -> usize {
    let lines = syntax.items.iter().map(|item| match item {
        Item::Mod(module) if is_of_tests(&module.attrs) => {
            let last = module.content.as_ref().map(|(brace, _)| brace.span.close());
            let first = module.mod_token.span.start().line;
            last.map_or(0, |last| last.end().line + 1 - first)
        }
        _ => 0,
    });
    lines.sum()
}

/// Whether a `cfg` asks for tests: `test`, or `all(test, …)`.
fn is_test(condition: &str) -> bool {
    let words = condition.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.clone().any(|word| word == "test") && words.clone().all(|word| word != "not")
}

/// The attributes of an item.
pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The name that an item other than a module introduces.
fn defined(item: &Item) -> Option<(String, Definition)> {
    let (name, visibility, is_type, is_enum) = match item {
        Item::Const(item) => (&item.ident, &item.vis, false, false),
        Item::Enum(item) => (&item.ident, &item.vis, true, true),
        Item::Fn(item) => (&item.sig.ident, &item.vis, false, false),
        Item::Static(item) => (&item.ident, &item.vis, false, false),
        Item::Struct(item) => (&item.ident, &item.vis, true, false),
        Item::Trait(item) => (&item.ident, &item.vis, true, false),
        Item::Type(item) => (&item.ident, &item.vis, true, false),
        Item::Union(item) => (&item.ident, &item.vis, true, false),
        _ => return None,
    };
    let is_public_type = is_type && matches!(visibility, Visibility::Public(_));
    let definition = Definition {
        is_enum,
        is_public_type,
    };
    Some((name.to_string(), definition))
}

/// Collects the imports of an item, those inside of function bodies included.
struct Uses(Vec<Import>);

impl<'ast> Visit<'ast> for Uses {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_reexport = !matches!(item.vis, Visibility::Inherited);
        let line = item.use_token.span.start().line;
        let mut add = |path: &[String], name: Option<String>| {
            self.0.push(Import {
                path: path.to_vec(),
                name,
                is_reexport,
                line,
            });
        };
        each_import(&mut Vec::new(), &item.tree, &mut add);
    }

    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}
}

/// Calls `add` with the path and the name of each import of a tree.
fn each_import(
    path: &mut Vec<String>,
    tree: &syn::UseTree,
    add: &mut dyn FnMut(&[String], Option<String>),
) {
    match tree {
        syn::UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            each_import(path, &inner.tree, add);
            path.pop();
        }
        syn::UseTree::Name(leaf) => {
            let name = leaf.ident.to_string();
            if name == "self" {
                add(path, path.last().cloned());
            } else {
                path.push(name.clone());
                add(path, Some(name));
                path.pop();
            }
        }
        syn::UseTree::Rename(leaf) => {
            let is_self = leaf.ident == "self";
            if !is_self {
                path.push(leaf.ident.to_string());
            }
            add(path, Some(leaf.rename.to_string()));
            if !is_self {
                path.pop();
            }
        }
        syn::UseTree::Glob(_) => add(path, None),
        syn::UseTree::Group(group) => {
            for inner in &group.items {
                each_import(path, inner, add);
            }
        }
    }
}
