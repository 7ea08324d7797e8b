//! Imports that a Python source makes whenever it is loaded.

/// An import of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Import {
    /// The line, from 1.
    pub line: usize,
    /// Dots before the name: 0 of an absolute import.
    pub level: usize,
    /// The module, its parts joined by dots; empty in `from . import x`.
    pub module: String,
    /// The names that `from` takes out of it.
    pub names: Vec<String>,
}

/// The imports of the outermost level. Those in functions, and after `try` or `if`, may never be made.
pub(super) fn imports(source: &str) -> Vec<Import> {
    let mut imports = Vec::new();
    for (line, statement) in statements(source) {
        for part in statement.split(';') {
            read(line, part.trim(), &mut imports);
        }
    }
    imports
}

fn read(line: usize, statement: &str, imports: &mut Vec<Import>) {
    let first = |text: &str| {
        text.split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    if let Some(modules) = statement.strip_prefix("import ") {
        imports.extend(modules.split(',').map(|module| Import {
            line,
            level: 0,
            module: first(module),
            names: Vec::new(),
        }));
    } else if let Some(rest) = statement.strip_prefix("from ")
        && let Some((module, names)) = rest.split_once(" import ")
    {
        let module = module.trim();
        let name = module.trim_start_matches('.');
        let names = names
            .split(',')
            .map(|name| first(name.trim_matches(['(', ')', ' '])));
        imports.push(Import {
            line,
            level: module.len() - name.len(),
            module: name.to_owned(),
            names: names.filter(|name| !name.is_empty()).collect(),
        });
    }
    imports.retain(|import| import.level > 0 || is_name(&import.module));
}

fn is_name(module: &str) -> bool {
    !module.is_empty()
        && module
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

/// The statements of the outermost level in one line each, without texts and comments, and their first lines.
fn statements(source: &str) -> Vec<(usize, String)> {
    let mut statements: Vec<(usize, String)> = Vec::new();
    let mut state = Scan::default();
    for (index, line) in source.lines().enumerate() {
        let is_continued = state.is_inside();
        let plain = state.strip(line);
        match statements.last_mut() {
            Some((_, statement)) if is_continued => {
                statement.push(' ');
                statement.push_str(&plain);
            }
            Some(_) | None => statements.push((index + 1, plain)),
        }
    }
    statements
        .retain(|(_, statement)| !statement.starts_with([' ', '\t']) && !statement.is_empty());
    statements
}

/// What is open at the end of a line.
#[derive(Default)]
struct Scan {
    /// The quotes of a text that goes on.
    quotes: Option<&'static str>,
    brackets: usize,
    is_joined: bool,
}

impl Scan {
    fn is_inside(&self) -> bool {
        self.quotes.is_some() || self.brackets > 0 || self.is_joined
    }

    /// The line without comments and the content of texts.
    fn strip(&mut self, line: &str) -> String {
        let mut plain = String::new();
        let mut rest = line;
        self.is_joined = false;
        while !rest.is_empty() {
            if let Some(quotes) = self.quotes {
                if rest.starts_with('\\') {
                    let mut characters = rest.chars();
                    characters.next();
                    characters.next();
                    rest = characters.as_str();
                } else if let Some(after) = rest.strip_prefix(quotes) {
                    self.quotes = None;
                    rest = after;
                } else {
                    let mut characters = rest.chars();
                    characters.next();
                    rest = characters.as_str();
                }
                continue;
            }
            if let Some(quotes) = ["\"\"\"", "'''", "\"", "'"]
                .iter()
                .find(|q| rest.starts_with(**q))
            {
                self.quotes = Some(quotes);
                rest = &rest[quotes.len()..];
                plain.push('"');
                continue;
            }
            let mut characters = rest.chars();
            match characters.next() {
                Some('#') => break,
                Some('\\') if characters.as_str().is_empty() => self.is_joined = true,
                Some(c) => {
                    match c {
                        '(' | '[' | '{' => self.brackets += 1,
                        ')' | ']' | '}' => self.brackets = self.brackets.saturating_sub(1),
                        _ => {}
                    }
                    plain.push(c);
                }
                None => break,
            }
            rest = characters.as_str();
        }
        // A text in single quotes ends with its line.
        if self.quotes.is_some_and(|quotes| quotes.len() == 1) {
            self.quotes = None;
        }
        plain.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_always_imported_is_found() {
        let source = "\"\"\"Docs.\n\nimport nothing\n\"\"\"\nimport os, numpy as np  # import x\n\
            from sklearn.svm import (\n    SVC,\n    LinearSVC as L,\n)\nfrom . import model\nfrom ..a.b import c\n\
            try:\n    import wandb\nexcept ImportError:\n    wandb = None\nif TYPE_CHECKING:\n    import pandas\n\
            def f():\n    import scipy\ntext = 'import y'; import torch\nimport a.\\\n    b\n";
        let found: Vec<(usize, usize, String)> = imports(source)
            .into_iter()
            .map(|import| (import.line, import.level, import.module))
            .collect();
        let expected = [
            (5, 0, "os"),
            (5, 0, "numpy"),
            (6, 0, "sklearn.svm"),
            (10, 1, ""),
            (11, 2, "a.b"),
            (20, 0, "torch"),
        ];
        let expected: Vec<_> = expected.map(|(l, n, m)| (l, n, m.to_owned())).to_vec();
        assert_eq!(found[..6], expected);
        assert_eq!(imports(source)[2].names, ["SVC", "LinearSVC"]);
    }
}
