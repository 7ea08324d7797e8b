//! Resolves paths to the items that they name, through imports and re-exports.

use crate::workspace::Workspace;

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A module.
    Module(usize),
    /// An item, or something inside of it: a variant, an associated function.
    Item { module: usize, name: String },
}

/// Imports may lead in circles: a path that takes more steps names nothing of the workspace.
const MOST_STEPS: usize = 24;

impl Workspace {
    /// The item that a path names where it stands in `module`; `None` for all that is not of the
    /// workspace.
    pub fn resolve(&self, module: usize, path: &[String]) -> Option<Target> {
        self.resolve_within(module, path, MOST_STEPS)
    }

    fn resolve_within(&self, module: usize, path: &[String], steps: usize) -> Option<Target> {
        let (first, mut rest) = path.split_first()?;
        let mut target = match first.as_str() {
            "crate" => Target::Module(self.top(module)),
            "self" => Target::Module(module),
            "super" => Target::Module(self.modules[module].parent?),
            name => self
                .lookup(module, name, steps)
                .or_else(|| self.library(name))?,
        };
        while let (Target::Module(at), Some((name, after))) = (&target, rest.split_first()) {
            target = if name == "super" {
                Target::Module(self.modules[*at].parent?)
            } else {
                self.lookup(*at, name, steps)?
            };
            rest = after;
        }
        Some(target)
    }

    /// What a name means inside of a module.
    fn lookup(&self, module: usize, name: &str, steps: usize) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let here = &self.modules[module];
        if let Some(child) = here.children.get(name) {
            return Some(Target::Module(*child));
        }
        if here.items.contains_key(name) {
            let name = name.to_owned();
            return Some(Target::Item { module, name });
        }
        let named = here
            .imports
            .iter()
            .filter(|import| import.name.as_deref() == Some(name));
        for import in named {
            if import.path.len() == 1 && import.path[0] == name {
                return self.library(name);
            }
            if let Some(target) = self.resolve_within(module, &import.path, steps) {
                return Some(target);
            }
        }
        let globs = here.imports.iter().filter(|import| import.name.is_none());
        globs
            .filter_map(|glob| self.resolve_within(module, &glob.path, steps))
            .find_map(|target| match target {
                Target::Module(other) if other != module => self.lookup(other, name, steps),
                Target::Module(_) | Target::Item { .. } => None,
            })
    }

    /// The uppermost module of the crate that a module belongs to.
    fn top(&self, module: usize) -> usize {
        let mut module = module;
        while let Some(parent) = self.modules[module].parent {
            module = parent;
        }
        module
    }

    /// The library of the workspace that code calls by this name.
    fn library(&self, name: &str) -> Option<Target> {
        let package = self
            .packages
            .iter()
            .find(|package| package.name.replace('-', "_") == name)?;
        Some(Target::Module(package.library))
    }

    /// The file that defines a target.
    pub fn file_of(&self, target: &Target) -> usize {
        match target {
            Target::Module(module) | Target::Item { module, .. } => self.modules[*module].file,
        }
    }

    /// Whether the target is an enum, or a variant of one.
    pub fn is_enum(&self, target: &Target) -> bool {
        match target {
            Target::Module(_) => false,
            Target::Item { module, name } => self.modules[*module].items[name].is_enum,
        }
    }
}
