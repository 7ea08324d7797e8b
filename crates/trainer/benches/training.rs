//! Times training steps for `torch_peers.sh`, which gives the same networks to PyTorch.
//!
//! Reads names of problems from standard input, one a line; answers each with the microseconds per
//! step and seed: of the wall clock and of the processor. Loading, measuring and the first step are
//! taken out by the difference of a long and a short training.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use candle_core::{Device, Tensor};
use reprove_model::seeds::RunSeed;
use reprove_trainer::{Dataset, Recipe, TrainingDevice, load, train};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Problem {
    name: &'static str,
    model: &'static str,
    inputs: usize,
    classes: usize,
    batch: usize,
    rows: usize,
    seeds: u64,
    steps: usize,
}

const TINY: &str = "{mlp: {hidden: [12], activation: sigmoid, output: identity}}";

const PROBLEMS: [Problem; 4] = [
    Problem {
        name: "mlp",
        model: "{mlp: {hidden: [128], activation: relu, output: identity}}",
        inputs: 784,
        classes: 10,
        batch: 128,
        rows: 2048,
        seeds: 1,
        steps: 1000,
    },
    Problem {
        name: "lenet",
        model: "{sequential: [
            {reshape: [1, 28, 28]},
            {conv2d: {channels: 6, kernel: 5, padding: 2}}, relu, {max-pool2d: 2},
            {conv2d: {channels: 16, kernel: 5}}, relu, {max-pool2d: 2},
            flatten, {linear: 120}, relu, {linear: 84}, relu, {linear: 10}]}",
        inputs: 784,
        classes: 10,
        batch: 128,
        rows: 2048,
        seeds: 1,
        steps: 100,
    },
    Problem {
        name: "tiny",
        model: TINY,
        inputs: 60,
        classes: 2,
        batch: 16,
        rows: 208,
        seeds: 1,
        steps: 4000,
    },
    Problem {
        name: "tiny10",
        model: TINY,
        inputs: 60,
        classes: 2,
        batch: 16,
        rows: 208,
        seeds: 10,
        steps: 1000,
    },
];

impl Problem {
    fn recipe(&self, steps: usize) -> Recipe {
        let text = format!(
            "
recipe: 1
data: {{name: d, format: safetensors, split: given, standardise: none, arrays: {{
  train: {{inputs: x, labels: y}}, test: {{inputs: tx, labels: ty}}}}}}
model: {}
initial: {{weights: pytorch}}
loss: cross-entropy
training: {{optimiser: {{adamw: {{learning_rate: 0.001}}}}, batch: {}, order: shuffled, updates: {steps}}}
metrics: [test_accuracy]
",
            self.model, self.batch
        );
        Recipe::parse(&text, self.name, &BTreeMap::new()).expect("the recipe is right")
    }

    /// Noise and labels; some test rows, so that measuring is short.
    fn data(&self, folder: &Path) -> Dataset {
        let rows = |name: &str, rows: usize| {
            let inputs = Tensor::randn(0_f32, 1.0, (rows, self.inputs), &Device::Cpu)?;
            let labels: Vec<u32> = (0..rows).map(|row| (row % self.classes) as u32).collect();
            let labels = Tensor::from_vec(labels, rows, &Device::Cpu)?;
            Ok([
                (format!("{name}x"), inputs),
                (
                    format!("{name}y"),
                    labels.to_dtype(candle_core::DType::I64)?,
                ),
            ])
        };
        let parts = |train: candle_core::Result<[_; 2]>, test: candle_core::Result<[_; 2]>| {
            Ok::<_, candle_core::Error>(train?.into_iter().chain(test?).collect())
        };
        let arrays = parts(rows("", self.rows), rows("t", 2 * self.classes));
        let arrays: std::collections::HashMap<String, Tensor> = arrays.expect("memory");
        let file = folder.join("data.safetensors");
        candle_core::safetensors::save(&arrays, &file).expect("a folder to write to");
        load(&self.recipe(1), &BTreeMap::from([("d".to_owned(), file)])).expect("right data")
    }

    fn seconds(&self, data: &Dataset, steps: usize) -> [f64; 2] {
        let recipe = self.recipe(steps);
        let seeds: Vec<RunSeed> = (1..=self.seeds).map(RunSeed).collect();
        let (wall, processor) = (Instant::now(), processor_seconds());
        train(
            &recipe,
            data,
            &seeds,
            &TrainingDevice::cpu(),
            &|_| (),
            &|| false,
        )
        .expect("it trains");
        [
            wall.elapsed().as_secs_f64(),
            processor_seconds() - processor,
        ]
    }
}

/// Processor seconds of all threads of this process.
fn processor_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("a Linux system");
    let nanoseconds = tasks.map(|task| {
        let line = std::fs::read_to_string(task.expect("a task").path().join("schedstat"));
        let line = line.unwrap_or_default();
        line.split(' ')
            .next()
            .and_then(|word| word.parse().ok())
            .unwrap_or(0.0)
    });
    nanoseconds.sum::<f64>() / 1e9
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = PROBLEMS
        .each_ref()
        .map(|problem| problem.data(folder.path()));
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let Some(index) = PROBLEMS.iter().position(|problem| problem.name == line) else {
            eprintln!("no problem `{line}`");
            continue;
        };
        let (problem, data) = (&PROBLEMS[index], &data[index]);
        let short = problem.seconds(data, 1);
        let long = problem.seconds(data, 1 + problem.steps);
        let steps = problem.steps as f64 * problem.seeds as f64;
        let [wall, processor] = [0, 1].map(|i| (long[i] - short[i]) / steps * 1e6);
        println!("{wall:.3} {processor:.3}");
        std::io::stdout().flush().expect("a reader");
    }
}
