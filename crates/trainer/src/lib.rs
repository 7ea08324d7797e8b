//! The in-process trainer: data, preprocessing, models, optimisers, training, metrics, seeded randomness.
//!
//! ```text
//! Recipe::parse → load → train
//! ```
//!
//! A recipe is YAML in the experiment's repository. [`Recipe::parse`] puts a configuration's values
//! in and checks every key, [`load`] reads the data, [`train`] trains one network a seed. Networks
//! of several seeds train together, in one graph of candle tensors with a leading dimension of
//! seeds; each comes out with the bits that it has when trained alone.
//!
#![doc = include_str!("models.md")]

mod data;
mod device;
mod error;
mod nn;
mod random;
mod spec;
mod train;

pub use data::dataset::{Dataset, Repeated};
pub use data::load::load;
pub use device::{DeviceError, TrainingDevice};
pub use error::{KeyPath, RecipeError};
pub use reprove_model::record::Curve;
pub use spec::assumed::Assumed;
pub use spec::data::DataPlan;
pub use spec::recipe::Recipe;
pub use spec::schema::json_schema;
pub use train::memory::{MemoryNeed, memory_need};
pub use train::run::{Progress, SeedOutcome, preferred_group, train};

/// The version of the trainer's arithmetic. It rises whenever a change of this crate can alter a
/// bit of a trained network, so that stored runs of another version are not mixed with new ones.
pub const NUMERICS_VERSION: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use reprove_model::seeds::RunSeed;
    use std::collections::BTreeMap;
    use std::path::Path;

    const REPOSITORIES: [&str; 3] = ["sonar.git", "mnist1d.git", "proben1.git"];

    fn repository(name: &str) -> git2::Repository {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/repositories");
        git2::Repository::open_bare(root.join(name)).unwrap()
    }

    /// A file of a repository at its branch.
    fn text_of(name: &str, path: &str) -> String {
        let repository = repository(name);
        let tree = repository.head().unwrap().peel_to_tree().unwrap();
        let entry = tree.get_path(Path::new(path)).unwrap();
        let blob = entry
            .to_object(&repository)
            .unwrap()
            .peel_to_blob()
            .unwrap();
        String::from_utf8(blob.content().to_vec()).unwrap()
    }

    #[test]
    fn the_readme_names_the_commits_of_the_repositories() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/repositories");
        let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
        for name in REPOSITORIES {
            let commit = repository(name)
                .head()
                .unwrap()
                .peel_to_commit()
                .unwrap()
                .id();
            assert!(readme.contains(&commit.to_string()), "{name} {commit}");
        }
    }

    #[test]
    fn the_recipes_of_the_other_repositories_are_read() {
        let read = |repository: &str, path: &str, values: &str| {
            let values = serde_yaml::from_str(values).unwrap();
            let recipe = Recipe::parse(&text_of(repository, path), path, &values).unwrap();
            assert_eq!(recipe.assumed(), []);
        };
        for network in ["logistic", "mlp", "cnn"] {
            let values = format!("{{network: {network}}}");
            read("mnist1d.git", "recipes/mnist1d.yaml", &values);
        }
        for values in [
            "network: linear",
            "network: one-layer, first: 32, outputs: 2",
            "network: two-layers, first: 16, second: 8, outputs: 6",
        ] {
            let values = format!("{{problem: glass1, {values}}}");
            read("proben1.git", "recipes/proben1.yaml", &values);
        }
    }

    /// Greydanus and Kobak print 32 percent for logistic regression.
    #[test]
    fn logistic_regression_reaches_its_accuracy_on_mnist1d() {
        let path = "recipes/mnist1d.yaml";
        let text = text_of("mnist1d.git", path).replace("updates: 6001", "updates: 2001");
        let values = BTreeMap::from([("network".to_owned(), "logistic".into())]);
        let recipe = Recipe::parse(&text, path, &values).unwrap();
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fixtures/data/mnist1d/mnist1d.safetensors");
        let data = load(&recipe, &BTreeMap::from([("mnist1d".to_owned(), file)])).unwrap();
        assert_eq!(
            (
                data.rows(),
                data.repeated_test_rows(&recipe, &[RunSeed(1)]).rows
            ),
            (5000, 0)
        );
        let device = TrainingDevice::cpu();
        let outcomes = train(&recipe, &data, &[RunSeed(1)], &device, &|_| (), &|| false).unwrap();
        let (_, SeedOutcome::Finished { metrics, .. }) = &outcomes[0] else {
            panic!("{outcomes:?}");
        };
        assert!(
            (30.0..34.0).contains(&metrics["test_accuracy"]),
            "{metrics:?}"
        );
    }

    /// The keys that an example in `models.md` leaves out.
    const REST: [(&str, &str); 5] = [
        (
            "data",
            "{name: d, format: csv, label: c, standardise: none, split: {fraction: {test: 0.5, order: file}}}",
        ),
        ("model", "{mlp: {hidden: 0, output: identity}}"),
        ("initial", "{weights: pytorch, biases: pytorch}"),
        ("loss", "cross-entropy"),
        (
            "training",
            "{optimiser: {sgd: {learning_rate: 1, momentum: 0}}, batch: 1, order: fixed, epochs: 1}",
        ),
    ];

    #[test]
    fn the_examples_of_the_documentation_are_recipes() {
        let examples = include_str!("models.md").split("```yaml\n").skip(1);
        let mut count = 0;
        for example in examples.filter_map(|rest| rest.split("```").next()) {
            let mut text = format!("recipe: 1\n{example}");
            for (key, value) in REST {
                if !text.contains(&format!("\n{key}:")) {
                    text += &format!("{key}: {value}\n");
                }
            }
            let recipe = Recipe::parse(&text, "r.yaml", &BTreeMap::new());
            let recipe = recipe.unwrap_or_else(|error| panic!("{error}\n{text}"));
            let assumed: Vec<&str> = recipe.assumed().iter().map(|a| a.path.as_str()).collect();
            // The short form of a recurrent network is shown once.
            assert!(
                assumed.iter().all(|path| path.contains("[3].gru")),
                "{assumed:?}"
            );
            count += 1;
        }
        assert_eq!(count, 7);
    }

    fn mean_test_accuracy(path: &str, hidden: u64, seeds: &[RunSeed]) -> f64 {
        let values = BTreeMap::from([("hidden".to_owned(), serde_yaml::Value::from(hidden))]);
        let recipe = Recipe::parse(&text_of("sonar.git", path), path, &values).unwrap();
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/data/sonar/sonar.csv");
        let data = load(&recipe, &BTreeMap::from([("sonar".to_owned(), file)])).unwrap();
        assert_eq!((data.rows(), data.features().len()), (208, 60));
        let device = TrainingDevice::cpu();
        let outcomes = train(&recipe, &data, seeds, &device, &|_| (), &|| false).unwrap();
        let accuracies = outcomes.iter().map(|(_, outcome)| match outcome {
            SeedOutcome::Finished { metrics, .. } => metrics["test_accuracy"],
            SeedOutcome::Diverged { epoch } => panic!("diverged after epoch {epoch}"),
        });
        accuracies.sum::<f64>() / seeds.len() as f64
    }

    /// Gorman and Sejnowski (1988) print 89.3 for six hidden units and 73.1 for none.
    #[test]
    fn the_sonar_networks_train_as_far_as_is_known_of_them() {
        let seeds: Vec<RunSeed> = (1..=10).map(RunSeed).collect();
        let six = mean_test_accuracy("recipes/sonar.yaml", 6, &seeds);
        assert!((87.0..93.0).contains(&six), "{six}");
        let none = mean_test_accuracy("recipes/sonar.yaml", 0, &seeds);
        assert!((79.0..86.0).contains(&none), "{none}");
    }

    #[test]
    fn the_folds_of_the_independent_series_train() {
        let folds: Vec<RunSeed> = (0..13).map(RunSeed).collect();
        let accuracy = mean_test_accuracy("recipes/sonar-independent.yaml", 0, &folds);
        assert!((65.0..85.0).contains(&accuracy), "{accuracy}");
    }
}
