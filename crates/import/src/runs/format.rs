//! The layouts that runs are read from.

/// A layout of result files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RunFormat {
    /// Rows of a table; a row is a run, or a step of a run.
    Csv,
    /// JSON or JSON lines: records, or lists of numbers.
    Json,
    /// Hugging Face Trainer: `all_results.json`, `trainer_state.json`.
    HuggingFace,
    /// lm-evaluation-harness: `results_….json`.
    LmEval,
    /// Keras: `history.history` as JSON, `CSVLogger`.
    Keras,
    /// PyTorch Lightning: `metrics.csv` and `hparams.yaml`.
    Lightning,
    /// Weights & Biases: run folders, summaries, CSV exports.
    Wandb,
    /// MLflow: file store, CSV of `search_runs`.
    Mlflow,
    /// TensorBoard: event files, CSV exports.
    Tensorboard,
    /// Sacred: folders of `FileStorageObserver`.
    Sacred,
    /// Guild AI: run folders.
    Guild,
}

impl RunFormat {
    /// All formats.
    pub const ALL: [RunFormat; 11] = [
        RunFormat::Csv,
        RunFormat::Json,
        RunFormat::HuggingFace,
        RunFormat::LmEval,
        RunFormat::Keras,
        RunFormat::Lightning,
        RunFormat::Wandb,
        RunFormat::Mlflow,
        RunFormat::Tensorboard,
        RunFormat::Sacred,
        RunFormat::Guild,
    ];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            RunFormat::Csv => "csv",
            RunFormat::Json => "json",
            RunFormat::HuggingFace => "hf",
            RunFormat::LmEval => "lm-eval",
            RunFormat::Keras => "keras",
            RunFormat::Lightning => "lightning",
            RunFormat::Wandb => "wandb",
            RunFormat::Mlflow => "mlflow",
            RunFormat::Tensorboard => "tensorboard",
            RunFormat::Sacred => "sacred",
            RunFormat::Guild => "guild",
        }
    }

    /// What is read in it, a phrase for help.
    pub fn summary(self) -> &'static str {
        match self {
            RunFormat::Csv => "A table with one row for each run, or each step of a run",
            RunFormat::Json => "JSON or JSON Lines: records of runs, or one number a run",
            RunFormat::HuggingFace => "Hugging Face Trainer: all_results.json, trainer_state.json",
            RunFormat::LmEval => "lm-evaluation-harness: results JSON",
            RunFormat::Keras => "Keras: history.history as JSON, CSVLogger",
            RunFormat::Lightning => "PyTorch Lightning: metrics.csv, hparams.yaml",
            RunFormat::Wandb => "Weights & Biases: run folders, wandb-summary.json, CSV exports",
            RunFormat::Mlflow => "MLflow: file store, CSV of search_runs",
            RunFormat::Tensorboard => "TensorBoard: event files, CSV exports",
            RunFormat::Sacred => "Sacred: folders of FileStorageObserver",
            RunFormat::Guild => "Guild AI: run folders",
        }
    }

    /// The format with a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}
