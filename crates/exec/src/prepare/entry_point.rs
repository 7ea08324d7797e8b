//! The entry point of a program: the file of the commit that its command starts.

use std::path::{Component, Path, PathBuf};

use reprove_model::diagnostics::{Hint, nearest};
use reprove_model::manifest::{Code, Environment, Origin, Program};
use reprove_pins::source::PinnedCommit;
use reprove_pins::tree::{FileMode, TreeLimits, TreeNode};

/// Why a command cannot start what it names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`experiment.run[{word}]`: {problem}")]
pub struct EntryPointError {
    word: usize,
    problem: String,
    hint: Option<String>,
}

impl EntryPointError {
    /// The key of the manifest that it is about.
    pub fn path(&self) -> String {
        format!("experiment.run[{}]", self.word)
    }
}

impl Hint for EntryPointError {
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

/// Checks that the commit has the script, module or binary that the command starts, and that it can be
/// started. What a build step may make, a link may lead to or a package may bring is left alone.
///
/// # Errors
/// A file that the commit does not have, or that cannot be started as it is.
pub fn check_entry_point(
    code: &Code,
    commit: &PinnedCommit<'_>,
    program: &Program,
) -> Result<(), EntryPointError> {
    let commit_files = CommitFiles {
        code,
        commit,
        directory: match code.directory == Path::new(".") {
            true => Path::new(""),
            false => &code.directory,
        },
        is_built: !program.build.is_empty() || matches!(program.environment, Environment::Cargo(_)),
        has_packages: program.environment != Environment::Installed,
    };
    let run: Vec<&str> = program.run.iter().map(String::as_str).collect();
    let Some((&name, arguments)) = run.split_first() else {
        return Ok(());
    };
    if name.contains('/') {
        return commit_files.binary(name);
    }
    if let Some(interpreter) = Interpreter::of(name) {
        return match interpreter.entry(arguments) {
            Some(Entry::Script(at)) => commit_files.script(at + 1, arguments[at]),
            Some(Entry::Module(at)) => commit_files.module(at + 1, arguments[at]),
            None => Ok(()),
        };
    }
    commit_files.bare_name(name)
}

/// The programs that start a script that is named to them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Interpreter {
    Python,
    Other,
}

/// What an interpreter is told to start, by its position among the arguments.
enum Entry {
    Script(usize),
    Module(usize),
}

/// Names of scripts, by which they are told from other arguments.
const SCRIPTS: [&str; 12] = [
    "ipynb", "py", "sh", "bash", "r", "jl", "js", "mjs", "pl", "rb", "lua", "php",
];

impl Interpreter {
    fn of(name: &str) -> Option<Self> {
        let version = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || c == '.');
        if ["python", "pypy"]
            .iter()
            .any(|stem| name.strip_prefix(stem).is_some_and(version))
        {
            return Some(Self::Python);
        }
        let others = [
            "bash", "sh", "dash", "zsh", "Rscript", "julia", "node", "perl", "ruby", "lua", "php",
        ];
        others.contains(&name).then_some(Self::Other)
    }

    /// The script or module that is started; none where code stands on the command line, or the first argument
    /// is no name of a script.
    fn entry(self, arguments: &[&str]) -> Option<Entry> {
        let mut words = arguments.iter().enumerate();
        while let Some((at, word)) = words.next() {
            match *word {
                "-c" | "-e" | "-" => return None,
                "-m" if self == Self::Python => {
                    return (at + 1 < arguments.len()).then_some(Entry::Module(at + 1));
                }
                "-W" | "-X" if self == Self::Python => drop(words.next()),
                option if option.starts_with('-') => {}
                script => return is_script(script).then_some(Entry::Script(at)),
            }
        }
        None
    }
}

fn is_script(word: &str) -> bool {
    let extension = Path::new(word).extension().and_then(|e| e.to_str());
    let extension = extension.map(str::to_lowercase);
    !word.contains(['{', '}', ' ']) && extension.is_some_and(|e| SCRIPTS.contains(&e.as_str()))
}

/// The files of the commit that a command may name.
struct CommitFiles<'c> {
    code: &'c Code,
    commit: &'c PinnedCommit<'c>,
    /// The experiment's folder.
    directory: &'c Path,
    /// Whether steps of a build may make files.
    is_built: bool,
    /// Whether packages may bring programs.
    has_packages: bool,
}

/// What stands at a path of the experiment's folder.
enum Found {
    File(FileMode),
    Nothing,
    /// A folder, or what only a checkout can tell: a link or a submodule is on the way, the path leaves the
    /// folder, or it cannot be read, which is refused elsewhere.
    Other,
}

impl CommitFiles<'_> {
    /// Checks the program that is named by a path.
    fn binary(&self, name: &str) -> Result<(), EntryPointError> {
        if name.contains(['{', '}']) {
            return Ok(());
        }
        let path = Path::new(name);
        if path.is_absolute() {
            return self.installed(path, name);
        }
        let mode = match self.find(path) {
            Found::File(mode) => mode,
            Found::Nothing if self.is_built || self.has_packages => return Ok(()),
            Found::Nothing => return Err(self.missing(0, name)),
            Found::Other => return Ok(()),
        };
        let shown = name.trim_start_matches("./");
        if mode == FileMode::Plain && !self.is_built {
            let start = match path.extension().and_then(|e| e.to_str()) {
                Some("py") => format!("start it as `[python3, {shown}]`"),
                Some("sh") => format!("start it as `[bash, {shown}]`"),
                Some("R" | "r") => format!("start it as `[Rscript, {shown}]`"),
                _ => "commit it as an executable".to_owned(),
            };
            return Err(EntryPointError {
                word: 0,
                problem: format!("`{shown}` is not executable in the commit"),
                hint: Some(format!(
                    "{start}, or make it executable: `git update-index --chmod=+x {shown}`"
                )),
            });
        }
        self.shebang(path, shown)
    }

    /// Checks the program that is named by its place on this machine.
    fn installed(&self, path: &Path, name: &str) -> Result<(), EntryPointError> {
        if path.exists() || self.is_built {
            return Ok(());
        }
        let bare = path.file_name().and_then(|name| name.to_str());
        Err(EntryPointError {
            word: 0,
            problem: format!("no program is at `{name}` on this machine"),
            hint: bare.map(|bare| format!("name it without its folder: `{bare}`")),
        })
    }

    /// Refuses a first line whose carriage return would be part of the interpreter's name.
    fn shebang(&self, path: &Path, shown: &str) -> Result<(), EntryPointError> {
        let Ok(bytes) = self.commit.read_file(&self.in_commit(path), 1 << 20) else {
            return Ok(());
        };
        let line = bytes
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        if line.starts_with(b"#!") && line.ends_with(b"\r") {
            return Err(EntryPointError {
                word: 0,
                problem: format!(
                    "the first line of `{shown}` ends with a carriage return (`\\r`), which no interpreter's name has"
                ),
                hint: Some(format!(
                    "commit it with the line ends of Unix, as `sed -i 's/\\r$//' {shown}` makes them"
                )),
            });
        }
        let interpreter = line.strip_prefix(b"#!").map(String::from_utf8_lossy);
        let interpreter = interpreter
            .as_deref()
            .and_then(|line| line.split_whitespace().next());
        match interpreter {
            Some(interpreter) if !self.has_packages && !Path::new(interpreter).exists() => {
                let name = interpreter.rsplit('/').next().unwrap_or(interpreter);
                Err(EntryPointError {
                    word: 0,
                    problem: format!(
                        "the first line of `{shown}` names `{interpreter}`, which is not on this machine"
                    ),
                    hint: Some(format!("start it as `[{name}, {shown}]`")),
                })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Checks the script that an interpreter is given.
    fn script(&self, word: usize, name: &str) -> Result<(), EntryPointError> {
        let path = Path::new(name);
        if path.is_absolute() {
            return Err(EntryPointError {
                word,
                problem: format!("expected a file of the commit, found the absolute path `{name}`"),
                hint: Some(
                    "name it by its path in the commit: what runs is a checkout of it".to_owned(),
                ),
            });
        }
        if path
            .extension()
            .is_some_and(|extension| extension == "ipynb")
        {
            return Err(EntryPointError {
                word,
                problem: format!("expected a script, found the notebook `{name}`"),
                hint: Some(format!(
                    "commit it as a script, which `jupyter nbconvert --to script {name}` writes"
                )),
            });
        }
        match self.find(path) {
            Found::Nothing if !self.is_built => Err(self.missing(word, name)),
            Found::Nothing | Found::File(_) | Found::Other => Ok(()),
        }
    }

    /// Checks a module of Python whose package is in the commit; others are those of the environment.
    fn module(&self, word: usize, name: &str) -> Result<(), EntryPointError> {
        if let Some(module) = name
            .strip_suffix(".py")
            .or(name.contains('/').then_some(name))
        {
            let module = module.trim_start_matches("./").replace('/', ".");
            return Err(EntryPointError {
                word,
                problem: format!("expected a module after `-m`, found the file `{name}`"),
                hint: Some(format!("write `{module}`")),
            });
        }
        let path: PathBuf = name.split('.').collect();
        let Some(Component::Normal(package)) = path.components().next() else {
            return Ok(());
        };
        let is_here = |path: &Path| !matches!(self.find(path), Found::Nothing);
        let candidates = [path.with_extension("py"), path.join("__main__.py")];
        if self.is_built
            || !is_here(Path::new(package))
            || candidates.iter().any(|path| is_here(path))
        {
            return Ok(());
        }
        Err(EntryPointError {
            word,
            problem: format!(
                "the commit has neither `{}` nor `{}`",
                candidates[0].display(),
                candidates[1].display()
            ),
            hint: self.nearest(&candidates[0]),
        })
    }

    /// Refuses a file of the commit that is named like a program of the machine.
    fn bare_name(&self, name: &str) -> Result<(), EntryPointError> {
        if !is_script(name) || !matches!(self.find(Path::new(name)), Found::File(_)) {
            return Ok(());
        }
        Err(EntryPointError {
            word: 0,
            problem: format!("expected a program, found `{name}`, a file of the commit"),
            hint: Some(match Path::new(name).extension().and_then(|e| e.to_str()) {
                Some("py") => format!("start it as `[python3, {name}]`"),
                _ => format!("start it as `./{name}`, or by its interpreter"),
            }),
        })
    }

    fn missing(&self, word: usize, name: &str) -> EntryPointError {
        let name = name.trim_start_matches("./");
        let path = Path::new(name);
        let beside = self.directory.components().next().is_some()
            && matches!(self.commit.file_mode(path), Ok(Some(_)));
        let hint = if beside {
            Some(format!(
                "the commit has it outside of `code.directory`, which is `{}`",
                self.directory.display()
            ))
        } else if self.is_in_work_tree(path) {
            Some(
                "it is in the work tree and not committed: commit it, by `git add -f` where `.gitignore` names it, and \
                 pin the new commit"
                    .to_owned(),
            )
        } else {
            self.nearest(path)
        };
        EntryPointError {
            word,
            problem: format!("the commit has no `{name}`"),
            hint,
        }
    }

    fn is_in_work_tree(&self, path: &Path) -> bool {
        match &self.code.repository {
            Origin::Path(repository) => repository.join(self.in_commit(path)).is_file(),
            Origin::Url(_) => false,
        }
    }

    /// The hint that names the file of the experiment's folder with the nearest name.
    fn nearest(&self, path: &Path) -> Option<String> {
        let directory = Some(self.directory).filter(|folder| *folder != Path::new(""));
        let entries = self.commit.list(directory, TreeLimits::default()).ok()?;
        let files = entries.iter().filter_map(|entry| match entry.node {
            TreeNode::File { .. } => entry.path.to_str(),
            TreeNode::Folder | TreeNode::Link { .. } | TreeNode::Submodule { .. } => None,
        });
        let files: Vec<&str> = files.collect();
        let name = path.file_name()?.to_str()?;
        let same_name = files
            .iter()
            .find(|file| Path::new(file).file_name().and_then(|n| n.to_str()) == Some(name));
        let near = same_name
            .copied()
            .or_else(|| nearest(path.to_str()?, files.iter().copied()))?;
        Some(format!("the nearest is `{near}`"))
    }

    fn in_commit(&self, path: &Path) -> PathBuf {
        let parts = path.components().filter(|part| *part != Component::CurDir);
        self.directory.join(parts.collect::<PathBuf>())
    }

    fn find(&self, path: &Path) -> Found {
        let is_inner =
            |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if !path.components().all(is_inner) {
            return Found::Other;
        }
        match self.commit.file_mode(&self.in_commit(path)) {
            Ok(Some(mode)) => Found::File(mode),
            Ok(None) => Found::Nothing,
            Err(_) => Found::Other,
        }
    }
}
