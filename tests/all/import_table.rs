//! `reprove import table`: the printed block in a manifest, `--into`, and the sources of claims.

use std::path::PathBuf;

use crate::command::{Called, committed, reprove};

const MANIFEST: &str = r#"reprove: 1
code:
  repository: code   # the paper's
seeds: {first: 1, count: 12}
experiment:
  environment: {none: true}
  run: [python3, train.py, "{seed}", "{out}/m.json"]
  metrics: {json: m.json}
# how it is decided
decision: {alpha: 0.05}
"#;

/// One file of each format.
const FILES: [(&str, &str); 7] = [
    (
        "main.tex",
        "\\begin{table}\\caption{Test accuracy (\\%), mean and standard deviation over 5 seeds.}\\label{tab:a}\n\\begin{tabular}{lcc}\n\\toprule\nMethod & Birds & Tiles \\\\\n\\midrule\nNet & $88.1 \\pm 0.4$ & 71.3 $\\pm$ 1.2 \\\\\nOurs & $\\mathbf{90.4} \\pm 0.2$ & 74.1 $\\pm$ 1.0 \\\\\n\\bottomrule\n\\end{tabular}\\end{table}\n",
    ),
    (
        "README.md",
        "# Results\n\n| Model | Accuracy (%) | Loss |\n|---|---|---|\n| Net | 88.1 | 0.41 |\n| **Ours** | **90.4** ± 0.2 | 0.35 |\n",
    ),
    (
        "page.html",
        "<table><tr><th>Model<th>Accuracy (%)<tr><td>Net<td>88.1&nbsp;&plusmn;&nbsp;0.4<tr><td>Ours<td><b>90.4</b></table>\n",
    ),
    (
        "results.csv",
        "model,accuracy,std\nNet,0.881,0.004\nOurs,0.904,0.002\n",
    ),
    (
        "index.yaml",
        "model-index:\n- name: Net\n  results:\n  - task: {type: image-classification}\n    dataset: {name: Birds, type: birds}\n    metrics:\n    - {type: accuracy, value: 0.881}\n",
    ),
    (
        "results.json",
        "[{\"model\": \"Net\", \"accuracy\": 0.881}, {\"model\": \"Ours\", \"accuracy\": 0.904}]\n",
    ),
    (
        "paper.txt",
        "Table 1: Test accuracy (%).\n\nMethod      Birds    Tiles\nNet          88.1     71.3\nOurs         90.4     74.1\n",
    ),
];

/// A folder with a repository of code, a manifest without claims, and a paper.
struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new(file: &str, text: &str) -> Self {
        let case = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(case.path("code")).unwrap();
        case.write("code/train.py", "import json\n");
        let commit = committed(&case.path("code"));
        let manifest = MANIFEST.replace(
            "# the paper's\n",
            &format!("# the paper's\n  commit: {commit}\n"),
        );
        case.write("m.yaml", &manifest);
        case.write(file, text);
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn import(&self, file: &str, options: &[&str]) -> Called {
        let file = self.path(file);
        let mut arguments = vec!["import", "table", file.to_str().unwrap()];
        arguments.extend(options);
        reprove(&arguments)
    }

    fn import_into(&self, file: &str, options: &[&str]) -> Called {
        let manifest = self.path("m.yaml");
        let mut all = vec!["--into", manifest.to_str().unwrap()];
        all.extend(options);
        self.import(file, &all)
    }

    /// Hands the values of the configurations to the program.
    fn hand_over(&self) {
        let text = self.text("m.yaml");
        let names = ["method", "dataset"].into_iter();
        let used: String = names
            .filter(|name| text.contains(&format!("{name}: ")))
            .map(|name| format!("\"{{{name}}}\", "))
            .collect();
        let handed = text.replace("train.py, ", &format!("train.py, {used}"));
        self.write("m.yaml", &handed);
    }

    fn check(&self) -> Called {
        reprove(&["check", self.path("m.yaml").to_str().unwrap()])
    }
}

#[test]
fn the_block_of_each_format_passes_check_once_a_tolerance_is_given() {
    for (file, text) in FILES {
        let case = Case::new(file, text);
        let called = case.import_into(file, &["--tolerance", "absolute:0.5"]);
        assert_eq!(called.status, 0, "{file}: {}", called.stderr);
        case.hand_over();
        let manifest = case.text("m.yaml");
        assert!(
            manifest.contains(&format!("source: {{file: {file}, line: ")),
            "{manifest}"
        );
        let called = case.check();
        assert_eq!(called.status, 0, "{file}: {}\n{manifest}", called.stderr);
        assert!(!called.stderr.contains(file), "{file}: {}", called.stderr);
    }
}

#[test]
fn the_heading_names_the_file_its_digest_and_the_table() {
    let (file, text) = FILES[0];
    let case = Case::new(file, text);
    let called = case.import(file, &[]);
    let digest = <sha2::Sha256 as sha2::Digest>::digest(text);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let heading = called.stdout.lines().next().unwrap();
    assert!(
        heading.contains(&format!(
            "main.tex (sha256 {digest}), table 1 `tab:a`, lines "
        )),
        "{heading}"
    );
    // Without a tolerance the block is no claim yet: `check` says so, and names nothing else.
    case.import_into(file, &[]);
    case.hand_over();
    let called = case.check();
    assert_eq!(called.status, 3);
    assert!(
        called
            .stderr
            .lines()
            .filter(|line| line.starts_with("error"))
            .all(|line| line.contains("tolerance")),
        "{}",
        called.stderr
    );
}

#[test]
fn into_adds_only_and_all_else_stays_byte_for_byte() {
    let (file, text) = FILES[1];
    let case = Case::new(file, text);
    let before = case.text("m.yaml");
    let called = case.import_into(file, &["--tolerance", "sd:1", "--check"]);
    assert_eq!((called.status, case.text("m.yaml")), (4, before.clone()));
    assert!(
        called.stdout.contains("    +   - id: net-accuracy\n"),
        "{}",
        called.stdout
    );
    let called = case.import_into(file, &["--tolerance", "absolute:1"]);
    assert_eq!(called.status, 0, "{}", called.stderr);
    assert!(
        called
            .stdout
            .contains("2 configurations and 4 claims added, 0 there already"),
        "{}",
        called.stdout
    );
    let after = case.text("m.yaml");
    assert!(after.starts_with(&before), "{after}");
    let called = case.import_into(file, &["--tolerance", "absolute:1", "--check"]);
    assert_eq!((called.status, case.text("m.yaml")), (0, after.clone()));
    // A part of them, and comments of the user's.
    let edited = after.replace("    better: higher\n", "    better: higher   # as ever\n");
    let at = edited.find("  - id: ours-loss").unwrap();
    case.write("m.yaml", &edited[..at]);
    let called = case.import_into(file, &["--tolerance", "absolute:1"]);
    assert!(
        called
            .stdout
            .contains("0 configurations and 1 claim added, 5 there already"),
        "{}",
        called.stdout
    );
    assert_eq!(case.text("m.yaml"), edited);
}

#[test]
fn into_stops_at_an_id_with_another_value_and_says_both() {
    let (file, text) = FILES[1];
    let case = Case::new(file, text);
    case.import_into(file, &["--tolerance", "absolute:1"]);
    let edited = case
        .text("m.yaml")
        .replace("reported: 88.1", "reported: 88.2");
    case.write("m.yaml", &edited);
    let called = case.import_into(file, &["--tolerance", "absolute:1"]);
    assert_eq!(called.status, 3);
    assert!(
        called.stderr.contains(
            "`claims.net-accuracy.reported`: expected `88.2`, as the manifest states it, found `88.1`"
        ),
        "{}",
        called.stderr
    );
    assert_eq!(case.text("m.yaml"), edited);
}

#[test]
fn check_reads_the_places_again() {
    let (file, text) = FILES[0];
    let case = Case::new(file, text);
    case.import_into(file, &["--tolerance", "sd:1"]);
    case.hand_over();
    let said = |text: &str| {
        case.write(file, text);
        let called = case.check();
        (called.status, called.stderr)
    };
    let (status, errors) = said(&text.replace("71.3 $", "71.4 $"));
    assert_eq!(status, 3);
    assert!(
        errors.contains("main.tex:6:24: claim `net-tiles-accuracy`: expected `71.3 $\\pm$ 1.2`, found `71.4 $\\pm$ 1.2`"),
        "{errors}"
    );
    let (status, errors) = said(&format!("% moved\n{text}"));
    assert_eq!(status, 0, "{errors}");
    assert!(
        errors.contains("the text stands once, at main.tex:7:24"),
        "{errors}"
    );
    let (status, errors) = said(&format!("{text}% end\n"));
    assert_eq!(status, 0, "{errors}");
    assert!(
        errors.contains("every printed text is still at its place: expected sha256"),
        "{errors}"
    );
    std::fs::remove_file(case.path(file)).unwrap();
    let called = case.check();
    assert_eq!(called.status, 0, "{}", called.stderr);
    assert!(
        called
            .stderr
            .contains("main.tex: no such file: the sources of 4 claims are not read again"),
        "{}",
        called.stderr
    );
}

#[cfg(unix)]
#[test]
fn a_source_that_leads_out_of_the_folder_is_not_read() {
    let (file, text) = FILES[0];
    let case = Case::new(file, text);
    case.import_into(file, &["--tolerance", "sd:1"]);
    case.hand_over();
    let secret = tempfile::tempdir().unwrap();
    std::fs::write(secret.path().join("secret"), "hidden words\n".repeat(9)).unwrap();
    std::fs::remove_file(case.path(file)).unwrap();
    std::os::unix::fs::symlink(secret.path().join("secret"), case.path(file)).unwrap();
    let called = case.check();
    assert_eq!(called.status, 3);
    assert!(
        called.stderr.contains("expected a file, found a link"),
        "{}",
        called.stderr
    );
    assert!(!called.stderr.contains("hidden words"), "{}", called.stderr);
}
