//! The training loop: bits alone and together, back-propagation by hand, divergence, progress.

use super::*;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Forty rows of three numbers in two overlapping classes.
fn rows() -> Vec<([f64; 3], usize)> {
    let mut stream = Stream::new(11, Purpose::Split, "rows");
    (0..40)
        .map(|row| {
            let class = row % 2;
            let shift = class as f64 * 0.8;
            ([0; 3].map(|_| stream.normal() * 0.5 + shift), class)
        })
        .collect()
}

/// A recipe whose settings are `changes` of the default ones, and its data.
fn experiment(changes: &[(&str, &str)]) -> (Recipe, Dataset) {
    let mut text = "
recipe: 1
data: {name: d, label: class, split: {fraction: {test: 0.25, order: file}}}
model: {mlp: {hidden: [5], activation: sigmoid, output: sigmoid}}
initial: {weights: {uniform: {low: -0.3, high: 0.3}}}
loss: {half-squared-error: {dead_zone: 0.2}}
training: {optimiser: {sgd: {learning_rate: 0.5, momentum: 0.5}}, batch: 1, order: shuffled, epochs: 4}
"
    .to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("d.csv");
    let mut csv = "a,b,c,class\n".to_owned();
    for ([a, b, c], class) in rows() {
        csv += &format!("{a},{b},{c},{class}\n");
    }
    fs::write(&file, csv).unwrap();
    let recipe = crate::spec::read::document::read_text(&text, "r.yaml", &BTreeMap::new()).unwrap();
    let files = BTreeMap::from([("d".to_owned(), file)]);
    let data = crate::load(&recipe, &files).unwrap();
    (recipe, data)
}

fn outcomes((recipe, data): &(Recipe, Dataset), seeds: &[u64]) -> Vec<SeedOutcome> {
    let seeds: Vec<RunSeed> = seeds.iter().copied().map(RunSeed).collect();
    let found = train(
        recipe,
        data,
        &seeds,
        &TrainingDevice::cpu(),
        &|_| (),
        &|| false,
    )
    .unwrap();
    let (of, outcomes): (Vec<RunSeed>, Vec<SeedOutcome>) = found.into_iter().unzip();
    assert_eq!(of, seeds);
    outcomes
}

/// A recurrent network and attention; parts that are frozen; predictions of many passes.
const SEQUENCES: [&[(&str, &str)]; 3] = [
    &[
        (
            "mlp: {hidden: [5], activation: sigmoid, output: sigmoid}",
            "sequential: [{reshape: [3, 1]}, {lstm: {width: 4, direction: both, returns: sequence}}, {residual: [layer-norm, {attention: {heads: 2, mask: causal, dropout: 0.2}}]}, {gru: 3}, {linear: 2}]",
        ),
        ("batch: 1", "batch: 8"),
        (
            "epochs: 4}",
            "epochs: 4}\ncurve: {every: 3, metrics: [test_mse, train_accuracy]}",
        ),
    ],
    &[
        (
            "mlp: {hidden: [5], activation: sigmoid, output: sigmoid}",
            "sequential: [{frozen: [{linear: 6}, batch-norm]}, tanh, {linear: {width: 2, lora: {rank: 2, alpha: 4}}}]",
        ),
        ("batch: 1", "batch: 8, clipping: {norm: 0.5}"),
        (
            "sgd: {learning_rate: 0.5, momentum: 0.5}",
            "adam: {learning_rate: 0.05}",
        ),
    ],
    &[
        (
            "mlp: {hidden: [5], activation: sigmoid, output: sigmoid}",
            "sequential: [{linear: 6}, tanh, {dropout: 0.3}, {linear: 2}]",
        ),
        ("test: 0.25", "test: 0.25, validation: 0.2"),
        ("learning_rate: 0.5, momentum: 0.5", "learning_rate: 0.1"),
        (
            "{half-squared-error: {dead_zone: 0.2}}",
            "mean-squared-error",
        ),
        (
            "epochs: 4}",
            "epochs: 30, stopping: {patience: 2}, measured: best-validation}\nprediction: {monte-carlo-dropout: {passes: 7, precision: 3}}\nmetrics: [test_mse, test_gaussian_log_likelihood]\ncurve: {metrics: [validation_mse]}",
        ),
    ],
];

const VARIANTS: [&[(&str, &str)]; 12] = [
    &[],
    &[("hidden: [5]", "hidden: 0")],
    &[("hidden: [5]", "hidden: [7, 4]"), ("batch: 1", "batch: 8")],
    &[
        ("batch: 1", "batch: full"),
        ("activation: sigmoid", "activation: tanh"),
    ],
    // Wider than what the own operator takes: candle's product.
    &[
        ("hidden: [5]", "hidden: [300, 300]"),
        ("epochs: 4", "epochs: 1"),
    ],
    &[
        ("{half-squared-error: {dead_zone: 0.2}}", "cross-entropy"),
        ("output: sigmoid", "output: identity"),
    ],
    &[(
        "{test: 0.25, order: file}",
        "{test: 0.25, order: shuffled, seed: run}",
    )],
    // 40 rows in 7 folds: two sizes of training part.
    &[(
        "fraction: {test: 0.25, order: file}",
        "folds: {count: 7, fold: by-seed, order: shuffled, seed: 3}",
    )],
    &[
        (
            "mlp: {hidden: [5], activation: sigmoid, output: sigmoid}",
            "sequential: [{linear: 6}, batch-norm, relu, {residual: [{linear: 6}, {dropout: 0.3}]}, layer-norm, {linear: 2}]",
        ),
        ("batch: 1", "batch: 7, clipping: {norm: 0.5}, warm_up: 3"),
    ],
    &[
        (
            "mlp: {hidden: [5], activation: sigmoid, output: sigmoid}",
            "sequential: [{reshape: [1, 3]}, {conv1d: {channels: 4, kernel: 2}}, gelu, {max-pool1d: 2}, flatten, {linear: 2}]",
        ),
        (
            "sgd: {learning_rate: 0.5, momentum: 0.5}",
            "adam: {learning_rate: 0.05}",
        ),
        ("batch: 1", "batch: 8, schedule: cosine"),
    ],
    // Seeds that stop at different epochs, and the network of the best one.
    &[
        ("test: 0.25", "test: 0.25, validation: 0.2"),
        (
            "epochs: 4",
            "epochs: 30, stopping: {patience: 2}, measured: best-validation",
        ),
    ],
    &[
        ("test: 0.25", "test: 0.25, validation: 0.2"),
        ("batch: 1", "batch: full"),
        (
            "sgd: {learning_rate: 0.5, momentum: 0.5}",
            "rprop: {first: [0.005, 0.02]}",
        ),
        (
            "epochs: 4",
            "epochs: 60, stopping: {prechelt: {strip: 5, generalisation_loss: 2, progress: 3}}, measured: last",
        ),
    ],
];

#[test]
fn a_seed_trains_to_the_same_bits_alone_and_together_and_in_any_order() {
    for changes in VARIANTS.into_iter().chain(SEQUENCES) {
        let experiment = experiment(changes);
        let seeds: Vec<u64> = (1..=9).collect();
        let together = outcomes(&experiment, &seeds);
        let alone: Vec<SeedOutcome> = seeds
            .iter()
            .flat_map(|&seed| outcomes(&experiment, &[seed]))
            .collect();
        assert_eq!(together, alone, "{changes:?}");
        let mut backwards: Vec<u64> = seeds.clone();
        backwards.reverse();
        let mut reversed = outcomes(&experiment, &backwards);
        reversed.reverse();
        assert_eq!(together, reversed, "{changes:?}");
        assert_ne!(together[0], together[1], "{changes:?}");
    }
}

#[test]
fn threads_side_by_side_change_no_bit() {
    let experiment = experiment(&[("hidden: [5]", "hidden: [24]")]);
    let quiet = outcomes(&experiment, &[1, 2, 3]);
    std::thread::scope(|scope| {
        let side: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| outcomes(&experiment, &[1, 2, 3])))
            .collect();
        for thread in side {
            assert_eq!(thread.join().unwrap(), quiet);
        }
    });
}

/// One hidden layer, sigmoids, one sample at a time, in f64 and written out by hand.
fn by_hand(recipe: &Recipe, seed: u64) -> f64 {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let network = NeuralNetwork::new(
        &recipe.model,
        &recipe.initial,
        &BTreeMap::new(),
        IoWidths {
            inputs: 3,
            outputs: 2,
        },
        &[seed],
        DType::F64,
        &Device::Cpu,
    )
    .unwrap();
    let mut w: Vec<Vec<f64>> = network
        .parameters()
        .iter()
        .map(|parameter| parameter.variable.flatten_all().unwrap().to_vec1().unwrap())
        .collect();
    let mut v: Vec<Vec<f64>> = w.iter().map(|values| vec![0.0; values.len()]).collect();
    let rows = rows();
    let forward = |w: &[Vec<f64>], x: &[f64; 3]| {
        let hidden: Vec<f64> = (0..5)
            .map(|j| sigmoid(w[1][j] + (0..3).map(|i| x[i] * w[0][i * 5 + j]).sum::<f64>()))
            .collect();
        let out: Vec<f64> = (0..2)
            .map(|k| sigmoid(w[3][k] + (0..5).map(|j| hidden[j] * w[2][j * 2 + k]).sum::<f64>()))
            .collect();
        (hidden, out)
    };
    for epoch in 1..=4 {
        for row in Stream::new(seed, Purpose::Shuffle, &epoch.to_string()).order(30) {
            let (x, class) = rows[row];
            let (hidden, out) = forward(&w, &x);
            let delta: Vec<f64> = (0..2)
                .map(|k| {
                    let error = out[k] - f64::from(u8::from(k == class));
                    let error = if error.abs() < 0.2 { 0.0 } else { error };
                    error * out[k] * (1.0 - out[k])
                })
                .collect();
            let below: Vec<f64> = (0..5)
                .map(|j| {
                    let sum: f64 = (0..2).map(|k| delta[k] * w[2][j * 2 + k]).sum();
                    sum * hidden[j] * (1.0 - hidden[j])
                })
                .collect();
            let gradients = [
                (0..15).map(|n| x[n / 5] * below[n % 5]).collect(),
                below,
                (0..10).map(|n| hidden[n / 2] * delta[n % 2]).collect(),
                delta,
            ];
            for ((w, v), gradient) in w.iter_mut().zip(&mut v).zip::<[Vec<f64>; 4]>(gradients) {
                for ((w, v), gradient) in w.iter_mut().zip(v).zip(gradient) {
                    *v = 0.5 * *v + gradient;
                    *w -= 0.5 * *v;
                }
            }
        }
    }
    let squares = rows[30..].iter().map(|(x, class)| {
        let (_, out) = forward(&w, x);
        (0..2)
            .map(|k| (out[k] - f64::from(u8::from(k == *class))).powi(2))
            .sum::<f64>()
    });
    squares.sum::<f64>() / 20.0
}

#[test]
fn training_follows_back_propagation_written_by_hand() {
    let experiment = experiment(&[]);
    for (seed, outcome) in [1, 2, 3].into_iter().zip(outcomes(&experiment, &[1, 2, 3])) {
        let SeedOutcome::Finished { metrics, .. } = outcome else {
            panic!("{outcome:?}");
        };
        let expected = by_hand(&experiment.0, seed);
        assert!(
            (metrics["test_mse"] - expected).abs() < 1e-6,
            "{metrics:?} {expected}"
        );
    }
}

#[test]
fn a_diverging_seed_is_an_outcome_and_leaves_the_others_alone() {
    let changes = [
        (
            "activation: sigmoid, output: sigmoid",
            "activation: identity, output: identity",
        ),
        ("learning_rate: 0.5, momentum: 0.5", "learning_rate: 1.0e30"),
    ];
    let all = outcomes(&experiment(&changes), &[1, 2]);
    assert_eq!(
        all,
        [
            SeedOutcome::Diverged { epoch: 1 },
            SeedOutcome::Diverged { epoch: 1 }
        ]
    );
    // At this rate some seeds of a linear network leave the finite numbers and others do not.
    let changes = [
        (
            "activation: sigmoid, output: sigmoid",
            "activation: identity, output: identity",
        ),
        ("learning_rate: 0.5, momentum: 0.5", "learning_rate: 0.42"),
        ("epochs: 4", "epochs: 3"),
    ];
    let experiment = experiment(&changes);
    let seeds: Vec<u64> = (1..=30).collect();
    let together = outcomes(&experiment, &seeds);
    let lost = together
        .iter()
        .filter(|o| matches!(o, SeedOutcome::Diverged { .. }))
        .count();
    assert!((1..30).contains(&lost), "{lost}");
    for (seed, outcome) in seeds.iter().zip(&together) {
        assert_eq!(&outcomes(&experiment, &[*seed])[0], outcome);
    }
}

#[test]
fn progress_is_told_and_cancelling_stops() {
    let (recipe, data) = experiment(&[]);
    let told = std::sync::Mutex::new(Vec::new());
    let tell = |progress: Progress| told.lock().unwrap().push(progress.epoch);
    train(
        &recipe,
        &data,
        &[RunSeed(1)],
        &TrainingDevice::cpu(),
        &tell,
        &|| false,
    )
    .unwrap();
    assert_eq!(told.into_inner().unwrap(), [1, 2, 3, 4]);
    let asked = AtomicUsize::new(0);
    let cancelled = || asked.fetch_add(1, Ordering::Relaxed) == 50;
    let error = train(
        &recipe,
        &data,
        &[RunSeed(1)],
        &TrainingDevice::cpu(),
        &|_| (),
        &cancelled,
    )
    .unwrap_err();
    assert_eq!(error.to_string(), "training was cancelled");
    assert_eq!(asked.into_inner(), 51);
}

#[test]
fn small_networks_are_grouped_and_large_ones_are_not() {
    let (recipe, data) = experiment(&[]);
    assert_eq!(preferred_group(&recipe, &data), LARGEST_GROUP);
    let (recipe, data) = experiment(&[("[5]", "[60000]")]);
    assert_eq!(preferred_group(&recipe, &data), 1);
}

/// What one seed gave.
fn finished(changes: &[(&str, &str)], seed: u64) -> (BTreeMap<MetricName, f64>, Option<Curve>) {
    match outcomes(&experiment(changes), &[seed]).remove(0) {
        SeedOutcome::Finished { metrics, curve, .. } => (metrics, curve),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_curve_has_the_epochs_and_the_loss_of_the_training_rows() {
    // Nothing moves at this rate, so each epoch's loss is that of the training rows.
    let (metrics, curve) = finished(
        &[
            (
                "learning_rate: 0.5, momentum: 0.5",
                "learning_rate: 1.0e-30",
            ),
            (
                "{half-squared-error: {dead_zone: 0.2}}",
                "mean-squared-error",
            ),
            ("batch: 1", "batch: 7"),
            (
                "epochs: 4}",
                "epochs: 5}\ncurve: {every: 2, metrics: [test_mse, test_auc]}",
            ),
        ],
        1,
    );
    let curve = curve.unwrap();
    assert_eq!(curve.epochs, [2, 4, 5]);
    for loss in &curve.training_loss {
        assert!((loss.unwrap() - metrics["train_mse"]).abs() < 1e-7);
    }
    assert_eq!(curve.metrics["test_mse"], [Some(metrics["test_mse"]); 3]);
    assert_eq!(curve.metrics["test_auc"].len(), 3);
    let text = serde_json::to_string(&curve).unwrap();
    assert!(
        text.starts_with(r#"{"epochs":[2,4,5],"training_loss":["#),
        "{text}"
    );
    assert_eq!(serde_json::from_str::<Curve>(&text).unwrap(), curve);
    // A curve is only looked at: the network is the same without it.
    let with = &[(
        "epochs: 4}",
        "epochs: 4}\ncurve: {every: 1, metrics: [train_mse]}",
    )];
    assert_eq!(finished(with, 2).0, finished(&[], 2).0);
}

#[test]
fn a_curve_ends_where_its_seed_stops() {
    let changes = SEQUENCES[2];
    let lengths: Vec<usize> = (1..=6)
        .map(|seed| {
            let curve = finished(changes, seed).1.unwrap();
            let errors: Vec<f64> = curve.metrics["validation_mse"]
                .iter()
                .flatten()
                .copied()
                .collect();
            let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
            let at = errors.iter().position(|error| *error == best).unwrap();
            assert!(errors.len() == 30 || errors.len() == at + 3, "{errors:?}");
            errors.len()
        })
        .collect();
    assert!(
        lengths.iter().any(|length| *length != lengths[0]),
        "{lengths:?}"
    );
}

#[test]
fn monte_carlo_dropout_averages_passes_and_weighs_their_densities() {
    let of = |passes: usize, precision: f64, model: &str| {
        let prediction = format!(
            "epochs: 4}}\nprediction: {{monte-carlo-dropout: {{passes: {passes}, precision: {precision}}}}}\nmetrics: [test_mse, test_gaussian_log_likelihood]"
        );
        let changes = [
            (
                "mlp: {hidden: [5], activation: sigmoid, output: sigmoid}",
                model,
            ),
            ("epochs: 4}", prediction.as_str()),
            ("learning_rate: 0.5, momentum: 0.5", "learning_rate: 0.05"),
        ];
        let metrics = finished(&changes, 1).0;
        (metrics["test_mse"], metrics["test_gaussian_log_likelihood"])
    };
    let model = "sequential: [{dropout: 0.2}, {linear: 2}]";
    // With one pass the density is that of one normal distribution of two numbers.
    let (mse, density) = of(1, 3.0, model);
    let expected = -0.5 * 3.0 * 2.0 * mse + (3.0 / std::f64::consts::TAU).ln();
    assert!((density - expected).abs() < 1e-6, "{density} {expected}");
    // Passes differ; the mean of many passes of a linear network is nearly its one pass.
    let changes = [
        (
            "mlp: {hidden: [5], activation: sigmoid, output: sigmoid}",
            model,
        ),
        ("learning_rate: 0.5, momentum: 0.5", "learning_rate: 0.05"),
    ];
    let plain = finished(&changes, 1).0["test_mse"];
    let (many, mixed) = of(4000, 3.0, model);
    assert!((many - plain).abs() < 0.02 * plain, "{many} {plain}");
    assert!((mse - plain).abs() > (many - plain).abs());
    // The logarithm of a mean is at least the mean of the logarithms, which one noisy pass estimates.
    assert!(mixed > density, "{mixed} {density}");
}

#[test]
fn an_autoencoder_gives_its_inputs_again() {
    let (metrics, _) = finished(
        &[
            (
                "label: class,",
                "label: class, target: inputs, standardise: train-mean-sd,",
            ),
            (
                "mlp: {hidden: [5], activation: sigmoid, output: sigmoid}",
                "mlp: {hidden: [3], activation: identity}",
            ),
            (
                "{half-squared-error: {dead_zone: 0.2}}",
                "mean-squared-error",
            ),
            ("learning_rate: 0.5, momentum: 0.5", "learning_rate: 0.1"),
            ("epochs: 4", "epochs: 200"),
        ],
        1,
    );
    assert!(
        metrics["train_rmse"] < 1e-3 && metrics["test_rmse"] < 1e-2,
        "{metrics:?}"
    );
    let names: Vec<&str> = metrics.keys().map(MetricName::as_str).collect();
    assert_eq!(names.len(), 8, "{names:?}");
}
