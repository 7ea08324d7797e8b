//! Seeds that a program sets by itself: calls in its source, options of its command, its variables.
//!
//! A program that sets a seed has randomness, so that its one output is one draw of a process. The search
//! names what it finds; it is no proof that there is nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use reprove_model::manifest::Program;
use reprove_model::plan::Configuration;
use reprove_model::seeds::SeedCall;

/// Calls that are named at most.
const MOST: usize = 20;

/// Bytes of a file at most: what is longer is data.
const MAX_BYTES: u64 = 1 << 20;

/// Characters of a line that are shown at most.
const COLUMNS: usize = 80;

/// Extensions of source files and of configurations.
const EXTENSIONS: [&str; 33] = [
    "bash", "c", "cc", "cfg", "cpp", "cu", "cxx", "f90", "go", "h", "hpp", "ini", "ipynb", "java",
    "jl", "js", "json", "kt", "lua", "m", "php", "pl", "py", "pyx", "r", "rb", "rs", "scala", "sh",
    "toml", "ts", "yaml", "yml",
];

/// Folders with what was installed or built.
const FOREIGN: [&str; 7] = [
    "__pycache__",
    "dist-packages",
    "env",
    "node_modules",
    "site-packages",
    "target",
    "venv",
];

/// Calls that set a seed, and settings that state one, in the languages of these files.
const PATTERNS: [&str; 11] = [
    r"(?i:\w*(?:set_?seed|seed_all|seed_everything|manual_seed|random_?seed|seedrandom|set_random_seed)\w*!?\s*\(\s*[^)\s])",
    r"\.(?i:seed)!?\s*\(\s*[^)\s]",
    r"\b(?:default_rng|RandomState|PRNGKey|SeedSequence|MersenneTwister|Xoshiro|NewSource|SplittableRandom)\s*\(\s*[^)\s]",
    r"\brandom\.(?:key|Random)\s*\(\s*[^)\s]",
    r"\b(?:srand|srand48|srandom|mt_srand|rng)\s*\(\s*[^)\s]",
    r"\b(?:mt19937\w*|minstd_rand\w*|default_random_engine)\s+\w+\s*[({]\s*[^)}\s]",
    r"\b(?:seed_from_u64|from_seed)\s*\(",
    r"\bnew\s+Random\s*\(\s*[^)\s]",
    r#"(?i)\b(?:\w*_)?(?:seed|random_state)["']?\s*[:=]\s*["']?\d"#,
    r"\bRANDOM=\d",
    r#"(?i)--(?:\w+[-_])?seed[= ]\s*["']?\d"#,
];

/// A number as the first argument of a call or as the value of a setting, or the time in its place.
static OWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:\(|=|:|--\S*seed )\s*["']?\d|\W(?i:time|now|clock|date|nanotime|currenttimemillis)\b"#).ok()
});

/// Whether a call states its seed as a number, or takes it from the time.
fn is_own(call: &SeedCall) -> bool {
    OWN.as_ref()
        .is_some_and(|pattern| pattern.is_match(&call.text))
}

/// A search for the seeds that a program sets by itself. It reads all sources, and only runs that are all
/// equal ask for it.
#[derive(Debug, Clone)]
pub(crate) struct SeedSearch {
    pub(crate) program: Program,
    pub(crate) configurations: Vec<Configuration>,
    /// The folder of the sources.
    pub(crate) checkout: PathBuf,
    /// Whether calls count whose seed may be that of the run.
    pub(crate) with_variables: bool,
}

impl SeedSearch {
    /// The seeds, at most 20, in the order of their places.
    pub(crate) fn find(&self) -> Vec<SeedCall> {
        let mut calls = find(&self.program, &self.configurations, &self.checkout);
        if !self.with_variables {
            calls.retain(is_own);
        }
        calls.truncate(MOST);
        calls
    }
}

static SEED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&PATTERNS.join("|")).ok());

/// The seeds that a program sets by itself: in its commands, its variables and configurations, and in the
/// sources below `checkout`, in the order of their paths.
fn find(program: &Program, configurations: &[Configuration], checkout: &Path) -> Vec<SeedCall> {
    let mut calls = of_manifest(program, configurations);
    let mut sources = BTreeMap::new();
    collect(checkout, &mut sources);
    for (path, text) in sources {
        let name = path.strip_prefix(checkout).unwrap_or(&path);
        let place = |line: usize| format!("{}:{line}", name.display());
        let lines = (1..).zip(text.lines());
        let found = lines.filter(|(_, line)| sets_seed(line));
        calls.extend(found.map(|(number, line)| SeedCall {
            place: place(number),
            text: line.trim().chars().take(COLUMNS).collect(),
        }));
    }
    calls
}

/// The seeds that the manifest hands to a program: options, variables and values that are named so.
fn of_manifest(program: &Program, configurations: &[Configuration]) -> Vec<SeedCall> {
    let is_seed = |name: &str| {
        let name = name.trim_start_matches('-').to_lowercase();
        let name = name.split('=').next().unwrap_or_default();
        name.ends_with("seed") || name == "random_state"
    };
    let call = |place: &str, text: String| SeedCall {
        place: place.to_owned(),
        text,
    };
    let run = program
        .run
        .iter()
        .filter(|word| is_seed(word) || word.contains("{seed}"));
    let run = run.map(|word| call("experiment.run", word.clone()));
    let env = program.env.iter().filter(|(name, _)| is_seed(name));
    let env = env.map(|(name, value)| call("experiment.env", format!("{name}={value}")));
    let values = configurations.iter().flat_map(|one| &one.values);
    let values = values.filter(|(name, _)| is_seed(name));
    let values = values.map(|(name, value)| call("configurations", format!("{name}: {value}")));
    run.chain(env).chain(values).collect()
}

/// The texts of the source files below a folder. What cannot be read as text has no lines.
fn collect(folder: &Path, sources: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let Ok(metadata) = path.symlink_metadata() else {
            continue;
        };
        if metadata.is_dir() && !name.starts_with('.') && !FOREIGN.contains(&name.as_ref()) {
            collect(&path, sources);
        }
        let extension = path
            .extension()
            .map(|end| end.to_string_lossy().to_lowercase());
        let is_source = extension.is_some_and(|end| EXTENSIONS.contains(&end.as_str()));
        if is_source && metadata.is_file() && metadata.len() <= MAX_BYTES {
            sources.extend(fs::read_to_string(&path).ok().map(|text| (path, text)));
        }
    }
}

/// Whether a line sets a seed; comments and definitions of functions do not.
fn sets_seed(line: &str) -> bool {
    let code = line.trim_start();
    let is_other = [
        "#",
        "//",
        "%",
        "/*",
        "* ",
        "def ",
        "fn ",
        "function ",
        "func ",
    ]
    .iter()
    .any(|start| code.starts_with(start));
    !is_other && SEED.as_ref().is_some_and(|seed| seed.is_match(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_of_a_program_are_numbers_and_times() {
        let own = |text: &str| {
            let (place, text) = ("a:1".to_owned(), text.to_owned());
            is_own(&SeedCall { place, text })
        };
        for line in [
            "random.seed(42)",
            "random_state=13",
            "random.seed(int(time.time()) // 60)",
            "srand(time(NULL));",
            "np.random.seed(datetime.now().minute)",
            "new Random(System.currentTimeMillis())",
        ] {
            assert!(own(line), "{line}");
        }
        for line in [
            "random.seed(args.seed)",
            "set_seed(seed_of_run)",
            "np.random.seed(runtime_seed)",
        ] {
            assert!(!own(line), "{line}");
        }
    }

    #[test]
    fn calls_and_settings_are_found_in_many_languages() {
        for line in [
            "random.seed(42)",
            "    np.random.seed(args.seed)",
            "torch.manual_seed(0)",
            "torch.cuda.manual_seed_all(0)",
            "tf.random.set_seed(1)",
            "pl.seed_everything(7)",
            "rng = np.random.default_rng(5)",
            "key = jax.random.PRNGKey(0)",
            "train_test_split(x, y, random_state=13)",
            "SEED = 1234",
            "\"    random.seed(3)\\n\",",
            "set.seed(1)",
            "srand(7);",
            "std::mt19937 generator(42);",
            "let mut rng = StdRng::seed_from_u64(3);",
            "Random.seed!(1)",
            "rand.Seed(1)",
            "new Random(42)",
            "math.randomseed(5)",
            "python train.py --seed 3",
            "  \"seed\": 42,",
        ] {
            assert!(sets_seed(line), "{line}");
        }
        for line in [
            "# random.seed(42)",
            "// srand(7);",
            "def set_seed(seed):",
            "rng = np.random.default_rng()",
            "print(len(seeds))",
            "from random import seed",
            "x = exceed(3)",
            "proceed = 1",
        ] {
            assert!(!sets_seed(line), "{line}");
        }
    }
}
