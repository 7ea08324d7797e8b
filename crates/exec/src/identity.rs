//! What determines a run, as one digest: two runs with the same [`RunKey`] are the same run.
//!
//! The digest is the SHA-256 of this text, of which every part states its own length, so that no
//! two different lists of determinants give the same text:
//!
//! ```text
//! reprove run 1\n                for a recipe; 2 for a program
//! NAME LENGTH\nBYTES\n        for each determinant, in the order of `KeyInputs::encode`
//! ```
//!
//! Lists are written as one determinant an element, after one with their number. What does not
//! change the numbers that a run gives (its limits of time and memory, where its files lie, the
//! number of workers, the name of its configuration) is left out, so that changing it costs no rerun.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use reprove_model::digest::{ParseDigestError, Sha256Digest};
use reprove_model::manifest::{CommitId, Manifest, Network, Scalar, Submodules};
use reprove_model::name::ConfigurationId;
use reprove_model::plan::{Configuration, Plan};
use reprove_model::seeds::RunSeed;

/// First line of the text that is hashed; a new encoding takes the next number.
const HEADER: &str = "reprove run 1\n";

/// First line for programs. Form 1 did not hold what the machine's interpreter is made of, and its runs
/// had a fixed `PYTHONHASHSEED`.
const PROGRAM_HEADER: &str = "reprove run 2\n";

/// The identity of a run: the digest of all that determines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunKey(Sha256Digest);

impl fmt::Display for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RunKey {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        text.parse().map(Self)
    }
}

/// What determines the runs of an experiment, but for the configuration and the seed.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyInputs {
    /// The pinned commit.
    pub commit: CommitId,
    /// The id of its tree, hexadecimal.
    pub tree: String,
    /// The experiment's folder within the commit.
    pub directory: PathBuf,
    /// Whether submodules are part of the experiment.
    pub submodules: Submodules,
    /// What is run.
    pub procedure: WorkloadIdentity,
    /// The digest of each data file or folder, by the name that the experiment uses.
    pub data: BTreeMap<String, Sha256Digest>,
    /// The class of device that computes, as `cpu` or `cuda NVIDIA H200`.
    pub device: String,
    /// Threads a run, ≥ 1.
    pub threads: u32,
    /// What [`instruction_set`] says of the machine that computes.
    pub instruction_set: String,
}

/// What is run.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkloadIdentity {
    /// A recipe, trained in-process.
    Recipe {
        /// Its path within the commit.
        path: PathBuf,
        /// Digest of its text.
        text: Sha256Digest,
        /// [`NUMERICS_VERSION`](reprove_trainer::NUMERICS_VERSION) of the trainer.
        numerics: u32,
    },
    /// The paper's own program.
    Program {
        /// The command of one run, its placeholders not yet filled.
        run: Vec<String>,
        /// The commands that build it.
        build: Vec<Vec<String>>,
        /// What provides its dependencies, as `uv`, and the digest of the lock file, if there is
        /// one; where the machine's own programs are used, what says which those are.
        environment: (String, Option<Sha256Digest>),
        /// Where its metrics are read from, as the manifest states it.
        metrics: String,
        /// When it may use the network.
        network: Network,
        /// The variables of each run, their placeholders not yet filled.
        env: Vec<(String, String)>,
    },
}

impl KeyInputs {
    /// What determines the runs of a plan on this machine, with the data as the manifest pins them.
    /// Where another device than the processor computes, `device` has to be set to its model too.
    pub fn of(manifest: &Manifest, plan: &Plan, tree: &str, procedure: WorkloadIdentity) -> Self {
        let data = manifest.data.iter();
        Self {
            commit: manifest.code.commit.clone(),
            tree: tree.to_owned(),
            directory: manifest.code.directory.clone(),
            submodules: manifest.code.submodules,
            procedure,
            data: data
                .map(|(name, data)| (name.clone(), data.sha256))
                .collect(),
            device: plan.device.to_string(),
            threads: manifest.hardware.threads,
            instruction_set: instruction_set().to_owned(),
        }
    }

    /// The key of the run with these values of a configuration and this seed.
    pub fn key(&self, values: &BTreeMap<String, Scalar>, seed: RunSeed) -> RunKey {
        let mut text = self.encode();
        text.values(values);
        text.seed(seed)
    }

    /// The name of the file or folder that keeps the runs of this experiment: the same whatever
    /// configurations, seeds, data or device a manifest names, so that an edited manifest still
    /// finds the runs that the edit left as they were.
    pub fn store_name(&self) -> String {
        let what = match &self.procedure {
            WorkloadIdentity::Recipe { path, .. } => Started::Recipe(path),
            WorkloadIdentity::Program { run, .. } => Started::Command(run),
        };
        store_name(&self.commit, &self.directory, what)
    }

    /// The name under which runs were kept whose keys have an older form; none where there is none.
    pub fn former_store_name(&self) -> Option<String> {
        match &self.procedure {
            WorkloadIdentity::Recipe { .. } => None,
            WorkloadIdentity::Program { run, .. } => {
                let what = Started::Command(run);
                Some(store_name_of(HEADER, &self.commit, &self.directory, what))
            }
        }
    }

    /// All that the runs have in common.
    fn encode(&self) -> Encoding {
        let mut text = Encoding::new(match &self.procedure {
            WorkloadIdentity::Recipe { .. } => HEADER,
            WorkloadIdentity::Program { .. } => PROGRAM_HEADER,
        });
        text.text("commit", self.commit.as_str());
        text.text("tree", &self.tree);
        text.path("directory", &self.directory);
        text.text(
            "submodules",
            match self.submodules {
                Submodules::LeftOut => "left out",
                Submodules::Pinned => "pinned",
            },
        );
        text.procedure(&self.procedure);
        text.number("data", self.data.len() as u64);
        for (name, digest) in &self.data {
            text.text("name", name);
            text.text("sha256", &digest.to_string());
        }
        text.text("device", &self.device);
        text.number("threads", self.threads.into());
        text.text("instruction set", &self.instruction_set);
        text
    }
}

/// What starts a run.
pub(super) enum Started<'s> {
    /// The recipe at this path of the commit.
    Recipe(&'s Path),
    /// This command, its placeholders not yet filled.
    Command(&'s [String]),
}

/// [`KeyInputs::store_name`] of a commit, its folder and what starts a run.
pub(super) fn store_name(commit: &CommitId, directory: &Path, what: Started<'_>) -> String {
    let header = match what {
        Started::Recipe(_) => HEADER,
        Started::Command(_) => PROGRAM_HEADER,
    };
    store_name_of(header, commit, directory, what)
}

fn store_name_of(header: &str, commit: &CommitId, directory: &Path, what: Started<'_>) -> String {
    let mut text = Encoding::new(header);
    text.text("commit", commit.as_str());
    text.path("directory", directory);
    match what {
        Started::Recipe(recipe) => text.path("recipe", recipe),
        Started::Command(run) => text.list("run", run),
    }
    let digest = Sha256Digest::of(&text.0).to_string();
    format!("{}-{}", &commit.as_str()[..12], &digest[..12])
}

/// The text that is hashed, as far as it is written.
#[derive(Clone)]
struct Encoding(Vec<u8>);

impl Encoding {
    fn new(header: &str) -> Self {
        Self(header.as_bytes().to_vec())
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let head = format!("{name} {}\n", bytes.len());
        self.0.extend_from_slice(head.as_bytes());
        self.0.extend_from_slice(bytes);
        self.0.push(b'\n');
    }

    fn text(&mut self, name: &str, text: &str) {
        self.bytes(name, text.as_bytes());
    }

    fn path(&mut self, name: &str, path: &Path) {
        self.bytes(name, path.as_os_str().as_encoded_bytes());
    }

    fn number(&mut self, name: &str, number: u64) {
        self.text(name, &number.to_string());
    }

    fn list(&mut self, name: &str, items: &[String]) {
        self.number(name, items.len() as u64);
        for item in items {
            self.text("item", item);
        }
    }

    fn procedure(&mut self, procedure: &WorkloadIdentity) {
        match procedure {
            WorkloadIdentity::Recipe {
                path,
                text,
                numerics,
            } => {
                self.path("recipe", path);
                self.text("sha256", &text.to_string());
                self.number("numerics", (*numerics).into());
            }
            WorkloadIdentity::Program {
                run,
                build,
                environment: (environment, lock),
                metrics,
                network,
                env,
            } => {
                self.list("run", run);
                self.number("build", build.len() as u64);
                for command in build {
                    self.list("command", command);
                }
                self.text("environment", environment);
                self.text(
                    "lock",
                    &lock.map_or_else(String::new, |lock| lock.to_string()),
                );
                self.text("metrics", metrics);
                // Without variables the key is that of programs that knew none.
                if !env.is_empty() {
                    self.number("variables", env.len() as u64);
                    for (name, value) in env {
                        self.text("name", name);
                        self.text("value", value);
                    }
                }
                self.text(
                    "network",
                    match network {
                        Network::Never => "never",
                        Network::Build => "build",
                        Network::Always => "always",
                    },
                );
            }
        }
    }

    /// A number keeps its bits, and `1`, `1.0`, `"1"` and `true` stay different.
    fn values(&mut self, values: &BTreeMap<String, Scalar>) {
        self.number("values", values.len() as u64);
        for (name, value) in values {
            self.text("name", name);
            match value {
                Scalar::Bool(value) => self.text("bool", &value.to_string()),
                Scalar::Integer(value) => self.text("integer", &value.to_string()),
                Scalar::Number(value) => self.text("number", &format!("{:016x}", value.to_bits())),
                Scalar::Text(value) => self.text("text", value),
            }
        }
    }

    fn seed(mut self, seed: RunSeed) -> RunKey {
        self.number("seed", seed.0);
        RunKey(Sha256Digest::of(&self.0))
    }
}

/// The keys of a plan's runs.
#[derive(Debug, Clone, Default)]
pub struct RunKeys {
    keys: BTreeMap<Option<ConfigurationId>, BTreeMap<RunSeed, RunKey>>,
}

impl RunKeys {
    /// The keys of all runs that the plan may make.
    pub fn of(plan: &Plan, determinants: &KeyInputs) -> Self {
        let common = determinants.encode();
        let mut keys = BTreeMap::new();
        for configuration in &plan.configurations {
            let mut text = common.clone();
            text.values(&configuration.values);
            let seeds = plan.seeds.iter();
            let of_seeds = seeds
                .map(|seed| (*seed, text.clone().seed(*seed)))
                .collect();
            keys.insert(configuration.name.clone(), of_seeds);
        }
        Self { keys }
    }

    /// The key of a run; none when the plan does not have it.
    pub fn get(&self, configuration: &Configuration, seed: RunSeed) -> Option<RunKey> {
        self.find(configuration.name.as_ref(), seed)
    }

    /// All keys, in the order of the configurations' names, then the seeds.
    pub fn all(&self) -> impl Iterator<Item = RunKey> {
        self.keys.values().flat_map(BTreeMap::values).copied()
    }

    /// The key of the run of the configuration with this name.
    pub fn find(&self, configuration: Option<&ConfigurationId>, seed: RunSeed) -> Option<RunKey> {
        let keys = self.keys.get(&configuration.cloned())?;
        keys.get(&seed).copied()
    }
}

/// The class of instructions by which this machine computes: two machines of one class give the
/// same bits. candle chooses its kernels by whether the processor fuses multiplication and addition
/// (FMA) and has AVX2.
pub fn instruction_set() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
        {
            "x86_64 avx2 fma"
        } else {
            "x86_64"
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        std::env::consts::ARCH
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn commit(digit: char) -> CommitId {
        digit.to_string().repeat(40).parse().unwrap()
    }

    pub(crate) fn recipe() -> KeyInputs {
        KeyInputs {
            commit: commit('a'),
            tree: "b".repeat(40),
            directory: ".".into(),
            submodules: Submodules::LeftOut,
            procedure: WorkloadIdentity::Recipe {
                path: "recipes/sonar.yaml".into(),
                text: Sha256Digest::of(b"recipe"),
                numerics: 1,
            },
            data: [("sonar".to_owned(), Sha256Digest::of(b"data"))].into(),
            device: "cpu".to_owned(),
            threads: 1,
            instruction_set: "x86_64 avx2 fma".to_owned(),
        }
    }

    pub(crate) fn program() -> KeyInputs {
        KeyInputs {
            procedure: WorkloadIdentity::Program {
                run: vec!["python".into(), "train.py".into()],
                build: vec![vec!["make".into()]],
                environment: ("uv".into(), Some(Sha256Digest::of(b"lock"))),
                metrics: "json: metrics.json".into(),
                network: Network::Build,
                env: Vec::new(),
            },
            ..recipe()
        }
    }

    /// Every way to change one determinant.
    fn changed(from: &KeyInputs) -> Vec<KeyInputs> {
        let with = |change: &dyn Fn(&mut KeyInputs)| {
            let mut other = from.clone();
            change(&mut other);
            other
        };
        let other = Sha256Digest::of(b"other");
        let mut all = vec![
            with(&|d| d.commit = commit('c')),
            with(&|d| d.tree = "d".repeat(40)),
            with(&|d| d.directory = "sub".into()),
            with(&|d| d.submodules = Submodules::Pinned),
            with(&|d| d.data.clear()),
            with(&|d| d.data.extend([("sonar".to_owned(), other)])),
            with(&|d| d.data = [("mines".to_owned(), Sha256Digest::of(b"data"))].into()),
            with(&|d| d.device = "cuda NVIDIA H200".into()),
            with(&|d| d.threads = 2),
            with(&|d| d.instruction_set = "x86_64".into()),
        ];
        all.extend(
            procedures(&from.procedure)
                .into_iter()
                .map(|procedure| KeyInputs {
                    procedure,
                    ..from.clone()
                }),
        );
        all
    }

    fn procedures(from: &WorkloadIdentity) -> Vec<WorkloadIdentity> {
        let other = Sha256Digest::of(b"other");
        let with = |change: &dyn Fn(&mut WorkloadIdentity)| {
            let mut changed = from.clone();
            change(&mut changed);
            changed
        };
        match from {
            WorkloadIdentity::Recipe { .. } => vec![
                with(&|p| {
                    if let WorkloadIdentity::Recipe { path, .. } = p {
                        *path = "x".into()
                    }
                }),
                with(&|p| {
                    if let WorkloadIdentity::Recipe { text, .. } = p {
                        *text = other
                    }
                }),
                with(&|p| {
                    if let WorkloadIdentity::Recipe { numerics, .. } = p {
                        *numerics = 2
                    }
                }),
            ],
            WorkloadIdentity::Program { .. } => vec![
                with(&|p| {
                    if let WorkloadIdentity::Program { run, .. } = p {
                        run.push("-x".into())
                    }
                }),
                with(&|p| {
                    if let WorkloadIdentity::Program { run, .. } = p {
                        *run = vec!["pythontrain.py".into()]
                    }
                }),
                with(&|p| {
                    if let WorkloadIdentity::Program { build, .. } = p {
                        build.clear()
                    }
                }),
                with(&|p| {
                    if let WorkloadIdentity::Program { build, .. } = p {
                        build[0].push("all".into())
                    }
                }),
                with(&|p| {
                    if let WorkloadIdentity::Program { environment, .. } = p {
                        environment.0 = "pip".into()
                    }
                }),
                with(&|p| {
                    if let WorkloadIdentity::Program { environment, .. } = p {
                        environment.1 = None
                    }
                }),
                with(&|p| {
                    if let WorkloadIdentity::Program { metrics, .. } = p {
                        *metrics = "csv".into()
                    }
                }),
                with(&|p| {
                    if let WorkloadIdentity::Program { env, .. } = p {
                        env.push(("A".into(), "1".into()));
                    }
                }),
                with(&|p| {
                    if let WorkloadIdentity::Program { network, .. } = p {
                        *network = Network::Never
                    }
                }),
            ],
        }
    }

    #[test]
    fn every_changed_determinant_changes_the_key() {
        for base in [recipe(), program()] {
            let mut keys = vec![base.key(&BTreeMap::new(), RunSeed(1))];
            for other in changed(&base) {
                keys.push(other.key(&BTreeMap::new(), RunSeed(1)));
            }
            let count = keys.len();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), count);
        }
    }

    #[test]
    fn the_encoding_is_fixed() {
        // A change here makes every stored run unknown: raise the number in `HEADER` with it.
        let values = [("hidden".to_owned(), Scalar::Integer(12))].into();
        assert_eq!(
            recipe().key(&values, RunSeed(7)).to_string(),
            "b7547ffc3d7374ab2900907fb4d29c3305e616ccf828f08b8bb1cf289b1e85f2"
        );
    }

    #[test]
    fn kinds_of_values_are_told_apart() {
        let scalars = [
            Scalar::Integer(1),
            Scalar::Number(1.0),
            Scalar::Text("1".into()),
            Scalar::Bool(true),
            Scalar::Text("true".into()),
            Scalar::Number(0.0),
            Scalar::Number(-0.0),
        ];
        let mut keys: Vec<RunKey> = scalars
            .into_iter()
            .map(|value| recipe().key(&[("x".to_owned(), value)].into(), RunSeed(1)))
            .collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 7);
    }

    #[test]
    fn the_store_s_name_outlasts_edits_of_the_manifest() {
        let mut edited = recipe();
        edited.data.clear();
        edited.threads = 4;
        assert_eq!(edited.store_name(), recipe().store_name());
        assert_ne!(program().store_name(), recipe().store_name());
        assert!(recipe().store_name().starts_with("aaaaaaaaaaaa-"));
    }

    fn scalar() -> impl Strategy<Value = Scalar> {
        prop_oneof![
            any::<bool>().prop_map(Scalar::Bool),
            any::<i64>().prop_map(Scalar::Integer),
            "[a-c0-1 \n]{0,4}".prop_map(Scalar::Text),
        ]
    }

    fn values() -> impl Strategy<Value = BTreeMap<String, Scalar>> {
        proptest::collection::btree_map("[a-c \n0-9]{0,3}", scalar(), 0..4)
    }

    proptest! {
        #[test]
        fn keys_are_equal_exactly_when_all_is(
            a in values(), b in values(), s in 0u64..3, t in 0u64..3,
        ) {
            let same = a == b && s == t;
            prop_assert_eq!(recipe().key(&a, RunSeed(s)) == recipe().key(&b, RunSeed(t)), same);
        }
    }
}
