//! The inputs that mutation starts from: files of this repository, and examples of what programs write.

use std::fs;
use std::path::{Path, PathBuf};

/// What a recipe needs beside data and model.
pub const FRAME: &str = "recipe: 1
initial: {weights: pytorch, biases: pytorch}
loss: cross-entropy
training: {optimiser: {sgd: {learning_rate: 1, momentum: 0}}, batch: 1, order: fixed, epochs: 1}
";

/// A model without layers.
pub const MODEL: &str = "model: {mlp: {hidden: 0, output: identity}}\n";

/// Values of configurations for the recipes of this repository.
pub const CONFIGURATIONS: [&str; 4] = [
    "{}",
    r#"{"hidden": 2}"#,
    r#"{"network": "cnn"}"#,
    r#"{"network": "two-layers", "problem": "d", "first": 2, "second": 2, "outputs": 2}"#,
];

/// An IDX file of two rows of three bytes, and one of their labels.
pub const IDX: &[u8] = &[0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];
pub const LABELS: &[u8] = &[0, 0, 8, 1, 0, 0, 0, 2, 0, 1];

/// An event of TensorBoard: a time, a step, and a summary with a tag and a value.
pub const EVENT: &[u8] = b"\x09\x00\x00\x00\x00\x00\x00\xf0\x3f\x10\x02\x2a\x11\x0a\x0f\x0a\x08accuracy\x15\x00\x00\x60\x3f";

pub const TABLES: [&str; 2] = [
    "x,y,class\n0.5,1e-3,a\n-0.5,2,b\n\"0.25\",3,a\n1,4,b\n",
    "class,name\r\nb,7\r\na,8\r\na,9\r\nb,10",
];

pub const PROBEN1_FILES: [&str; 1] = ["bool_in=0
real_in=2
bool_out=2
real_out=0
training_examples=2
validation_examples=1
test_examples=1
0.5 0.25 1 0
0.125 0 0 1
1 1 0 1
0 0.5 1 0
"];

pub const CSV_FILES: [&str; 3] = [
    "step,accuracy,test.loss\n1,0.5,2.25\n2,94.2%,NaN\n3,\"0,75\",1e-3\n",
    "step;accuracy\n1;0,5\n2;0,25\n",
    "\u{feff}accuracy\tname\r\n0.5\t\"a \"\"b\"\"\"\r\n",
];

pub const JSON_FILES: [&str; 3] = [
    r#"{"accuracy": 0.5, "test": {"accuracy": [1, 2.5e-3, null]}, "log": [{"step": 1, "accuracy": "94.2%"}]}"#,
    r#"[{"name": "a\u00e9\ud83d\ude00", "accuracy": -Infinity}, {"accuracy": NaN}]"#,
    r#"{"accuracy": true, "accuracy": 1E400, "": {"": []}}"#,
];

pub const JSONL_FILES: [&str; 2] = [
    "{\"step\": 1, \"accuracy\": 0.5}\n{\"step\": 2, \"test\": {\"accuracy\": 0.75}}\n",
    "{\"accuracy\": 1}\n\n{\"accuracy\": [1, 2]}\r\n{\"accu",
];

pub const LOGS: [&str; 2] = [
    "step 1 accuracy: 0.5\nstep 2 accuracy=94.2%\rstep 3 accuracy: nan\n",
    "epoch 10/10 - loss: 1.2e-3 - accuracy= 1,234.5\n",
];

pub const PATTERNS: [&str; 3] = [
    "accuracy[:=] *([-+.0-9eE]+)",
    "step (?<step>[0-9]+).* (?<accuracy>[.0-9]+)%?$",
    r"(?i)\b(?:acc|err)\w{0,8}\s+(\p{Nd}+)",
];

pub const RUN_FILES: [&str; 5] = [
    "seed,accuracy\n1,90.4\n2,crashed\n3,89.25%\n",
    "0.5\n0.25\n0.75\n",
    r#"[{"seed": 1, "accuracy": 0.5}, {"seed": 2, "accuracy": null}]"#,
    r#"{"accuracy": [0.5, 0.25], "loss": [1, 2]}"#,
    "{\"seed\": 1, \"accuracy\": 0.5}\n{\"seed\": 2, \"accuracy\": \"1,5\"}\n",
];

pub const ARGUMENTS: [&str; 8] = [
    "90.4±1.8/10",
    "90.4 +- 1.8 / 10",
    "@values.csv:column",
    "94/104",
    "99.1 best of 5",
    "90 [88, 91] / 9",
    "2%",
    "0.5sd",
];

pub const SIGNERS: [&str; 1] = [
    "# who may sign
anna@example.org,bo@example.org namespaces=\"reprove\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPd8e8dYhfF6+nZ1n7v3mWnqFpDnQXt2m9bM5dB1c3P anna
* valid-after=\"20240101\" ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==
",
];

pub const REQUIREMENTS: [&str; 2] = [
    "# comment\nnumpy==2.1.0\nscipy[extra] == 1.14 ; python_version > '3.9'  # why\n--extra-index-url https://example.org\n-r r.txt\n",
    "a==1 \\\n    --hash=sha256:11 \\\n    --hash=sha256:22\nb @ https://example.org/b.whl#sha256=00\nc @ git+https://example.org/c@1212121212121212121212121212121212121212\n-e .\n",
];

/// A safetensors file with the arrays `x` of two rows and `y`.
pub fn safetensors() -> Vec<u8> {
    let header = br#"{"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"y":{"dtype":"U8","shape":[2],"data_offsets":[24,26]}}"#;
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header, &[0; 25], &[1]].concat()
}

/// The recipes of the repositories in `fixtures`.
pub fn recipes() -> Vec<Vec<u8>> {
    let repositories = ["sonar", "mnist1d", "proben1"];
    let recipes = repositories.map(|name| {
        let folder = root().join(format!("fixtures/repositories/{name}.git"));
        let repository = git2::Repository::open_bare(folder).expect("a repository");
        let commit = repository.revparse_single(&format!("HEAD:recipes/{name}.yaml"));
        let blob = commit.and_then(|object| object.peel_to_blob());
        blob.expect("a recipe").content().to_vec()
    });
    recipes.to_vec()
}

/// The models that the documentation shows, each with what else a recipe needs.
pub fn models() -> Vec<Vec<u8>> {
    let page = contents("crates/trainer/src/models.md");
    let page = String::from_utf8(page).expect("UTF-8");
    let blocks = page.split("```yaml\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    let models = blocks.filter(|block| block.starts_with("model:"));
    let data = "data: {name: d, label: class, standardise: none, split: {fraction: {test: 0.5, order: file}}}";
    models
        .map(|model| format!("{FRAME}{data}\n{model}").into_bytes())
        .collect()
}

/// The root of the repository, from its own package or from that of the fuzz targets.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package
        .ancestors()
        .find(|folder| folder.join("fixtures").is_dir());
    root.expect("the folder `fixtures`").to_owned()
}

/// A file of the repository.
pub fn contents(path: &str) -> Vec<u8> {
    fs::read(root().join(path)).expect("a file of the repository")
}

/// The files of folders that are not documentation.
pub fn files(folders: &[&str]) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in folders {
        let entries = fs::read_dir(root().join(folder)).expect("a folder of the repository");
        paths.extend(entries.flatten().map(|entry| entry.path()));
    }
    paths.retain(|path| path.extension().is_some_and(|name| name != "md"));
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read(path).expect("a file"))
        .collect()
}

/// The files of a folder and of the folders in it, the largest left out.
pub fn below(folder: &str) -> Vec<Vec<u8>> {
    const LARGEST: u64 = 8192;
    let (mut found, mut open) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(folder).expect("a folder of the repository");
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                open.push(path);
            } else if path.metadata().is_ok_and(|file| file.len() <= LARGEST) {
                found.push(fs::read(path).expect("a file"));
            }
        }
    }
    found
}

/// Texts as bytes.
pub fn texts<const N: usize>(texts: [&str; N]) -> Vec<Vec<u8>> {
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

/// A table in each of the formats that claims are imported from.
pub const TABLES_OF_PAPERS: [&str; 7] = [
    "\\newcommand{\\best}[1]{\\textbf{#1}}\n\\begin{table}\\caption{Accuracy (\\%), mean $\\pm$ std over 5 seeds.}\\label{t}\n\\begin{tabular}{l|cc}\n\\toprule\nModel & \\multicolumn{2}{c}{CIFAR-10} \\\\\n\\midrule\nA\\cite{a} & $90.4 \\pm 1.8$ & \\best{88.1}$_{\\pm 0.4}$ \\\\\n\\bottomrule\n\\end{tabular}\\end{table}\n",
    "# Results\n\nMean and standard deviation over 5 seeds.\n\n| Model | Acc (%) | F1 |\n|:--|--:|---|\n| A | **90.4 ± 1.8** | 88.1[^1] |\n| B | 12,345 | n/a |\n",
    "<table><caption>Accuracy</caption><thead><tr><th rowspan=2>Model<th colspan=2>CIFAR</tr><tr><th>A<th>B</tr></thead><tr><td>x<td>90.4 &plusmn; 1.8<td><b>88</b></tr></table>",
    "model,accuracy,accuracy_std,runs\nA,90.4,1.8,5\nB,\"88.1\",0.4,5\n",
    "model-index:\n- name: A\n  results:\n  - dataset: {name: CIFAR}\n    metrics:\n    - {type: accuracy, value: 90.40}\n",
    "{\"results\": {\"task\": {\"acc,none\": 0.904, \"acc_stderr,none\": 0.01}}, \"a\": [NaN, 1e3, \"\\u00e9\"]}",
    "Table 1: Accuracy over 5 seeds\n\nModel      CIFAR-10    SVHN\nA          90.4 ± 1.8  88.1\nB          89.0 ± 0.4  87.2\n",
];
