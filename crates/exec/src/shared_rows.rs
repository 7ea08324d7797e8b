//! Rows that pinned training and test files share.
//!
//! A program reads its data itself, so that only files whose names say what they are for are compared: two
//! of the manifest's entries, or two files of one folder. A column that numbers the rows is left out.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of a file at most.
const MAX_BYTES: u64 = 64 << 20;

/// Extensions of files with a row a line.
const EXTENSIONS: [&str; 5] = ["csv", "data", "jsonl", "tsv", "txt"];

/// Names of columns that number or name the rows.
const IDS: [&str; 8] = [
    "",
    "id",
    "idx",
    "index",
    "row",
    "row_id",
    "sample_id",
    "unnamed: 0",
];

/// Use of a file, as its name says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Training,
    Test,
}

impl Use {
    fn of(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let mut words = name.split(|c: char| !c.is_alphanumeric());
        words.find_map(|word| match word {
            "train" | "training" => Some(Self::Training),
            "test" | "testing" | "valid" | "validation" | "val" | "dev" | "heldout" => {
                Some(Self::Test)
            }
            _ => None,
        })
    }
}

/// A sentence for each pair of a training and a test file that share rows; `data` are the files and folders
/// by the name of their entry.
pub(crate) fn find(data: &BTreeMap<String, PathBuf>) -> Vec<String> {
    let mut files = Vec::new();
    for (name, path) in data {
        if path.is_dir() {
            for file in files_of(path) {
                let below = file.strip_prefix(path).unwrap_or(&file).display();
                let stem = file.file_stem().unwrap_or_default().to_string_lossy();
                files.push((Use::of(&stem), format!("data.{name}/{below}"), file));
            }
        } else {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let used = Use::of(name).or_else(|| Use::of(&stem));
            files.push((used, format!("data.{name}"), path.clone()));
        }
    }
    let of = |wanted: Use| files.iter().filter(move |(used, ..)| *used == Some(wanted));
    let mut sentences = Vec::new();
    for (_, training, training_file) in of(Use::Training) {
        let Some(known) = text_of(training_file) else {
            continue;
        };
        for (_, test, test_file) in of(Use::Test) {
            let compared = text_of(test_file).and_then(|rows| shared(&known, &rows, test_file));
            if let Some((shared, rows)) = compared.filter(|(shared, _)| *shared > 0) {
                sentences.push(format!(
                    "{shared} of {rows} rows of `{test}` are rows of `{training}` as well (columns that number the \
                     rows left out)"
                ));
            }
        }
    }
    sentences
}

/// The files in a folder, in the order of their names.
fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

/// The text of a file with a row a line.
fn text_of(file: &Path) -> Option<String> {
    let extension = file.extension()?.to_string_lossy().to_lowercase();
    let is_small = fs::metadata(file).is_ok_and(|found| found.len() <= MAX_BYTES);
    let is_table = EXTENSIONS.contains(&extension.as_str()) && is_small;
    is_table.then(|| fs::read_to_string(file).ok()).flatten()
}

/// The number of test rows that are training rows, and of all test rows.
fn shared(training: &str, test: &str, file: &Path) -> Option<(usize, usize)> {
    let is_json = file
        .extension()
        .is_some_and(|extension| extension == "jsonl");
    let (training, test) = match is_json {
        true => (records(training), records(test)),
        false => {
            let skipped = ids(training, test)?;
            (cells(training, &skipped), cells(test, &skipped))
        }
    };
    let known: HashSet<&String> = training.iter().collect();
    let shared = test.iter().filter(|row| known.contains(row)).count();
    Some((shared, test.len()))
}

/// Columns that are left out, and whether the first line is a header; none where the two tables have other
/// columns.
struct Skipped {
    columns: Vec<usize>,
    has_header: bool,
    separator: char,
}

fn ids(training: &str, test: &str) -> Option<Skipped> {
    let (first, other) = (training.lines().next()?, test.lines().next()?);
    let separators = ['\t', ';', ','];
    let separator = separators.into_iter().find(|s| first.contains(*s));
    let separator = separator.unwrap_or(',');
    let names: Vec<&str> = first.split(separator).map(str::trim).collect();
    if other.split(separator).count() != names.len() {
        return None;
    }
    let has_header = first == other && names.iter().any(|name| name.parse::<f64>().is_err());
    let is_id = |name: &str| IDS.contains(&name.trim_matches('"').to_lowercase().as_str());
    let columns = match has_header {
        true => (0..names.len()).filter(|i| is_id(names[*i])).collect(),
        false => {
            let numbers = training.lines().map(|line| line.split(separator).next());
            let numbers: Option<Vec<i64>> = numbers.map(|cell| cell?.trim().parse().ok()).collect();
            let counts = numbers.is_some_and(|n| n.windows(2).all(|pair| pair[1] == pair[0] + 1));
            Vec::from_iter((counts && names.len() > 1).then_some(0))
        }
    };
    Some(Skipped {
        columns,
        has_header,
        separator,
    })
}

/// The rows of a table without the columns that are left out.
fn cells(text: &str, skipped: &Skipped) -> Vec<String> {
    let lines = text.lines().skip(usize::from(skipped.has_header));
    let row = |line: &str| {
        let cells = line.split(skipped.separator).enumerate();
        let kept = cells.filter(|(index, _)| !skipped.columns.contains(index));
        let kept: Vec<&str> = kept.map(|(_, cell)| cell.trim()).collect();
        kept.join("\u{1f}")
    };
    let rows = lines.filter(|line| !line.trim().is_empty()).map(row);
    rows.collect()
}

/// The objects of JSON Lines without their ids.
fn records(text: &str) -> Vec<String> {
    let record = |line: &str| {
        let mut value: serde_json::Value = serde_json::from_str(line).ok()?;
        if let Some(object) = value.as_object_mut() {
            object.retain(|name, _| !IDS.contains(&name.to_lowercase().as_str()));
        }
        Some(value.to_string())
    };
    text.lines().filter_map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(training: &str, test: &str, extension: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let data = [("train", training), ("test", test)].map(|(name, text)| {
            let path = folder.path().join(format!("{name}.{extension}"));
            fs::write(&path, text).unwrap();
            (name.to_owned(), path)
        });
        find(&data.into())
    }

    #[test]
    fn shared_rows_are_counted_without_their_ids() {
        let sentences = found(
            "id,x,y\n1,0.5,a\n2,0.6,b\n",
            "id,x,y\n7,0.6,b\n8,0.7,a\n",
            "csv",
        );
        assert_eq!(
            sentences,
            [
                "1 of 2 rows of `data.test` are rows of `data.train` as well (columns that number the rows left out)"
            ]
        );
        // Without a header, and as JSON.
        assert_eq!(
            found("1,0.5,a\n2,0.6,b\n", "1,0.6,b\n2,0.5,a\n", "csv").len(),
            1
        );
        let json = found(
            "{\"id\": 1, \"x\": 2}\n",
            "{\"id\": 9, \"x\": 2}\n",
            "jsonl",
        );
        assert_eq!(json.len(), 1);
        assert_eq!(found("x,y\n1,2\n", "x,y\n2,1\n", "csv").len(), 0);
        assert_eq!(found("x,y\n1,2\n", "z\n2\n", "csv").len(), 0);
    }

    #[test]
    fn files_of_one_folder_are_compared_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("iris_train.csv"), "x,y\n1.5,2\n").unwrap();
        fs::write(folder.path().join("iris_test.csv"), "x,y\n1.5,2\n").unwrap();
        let data = BTreeMap::from([("iris".to_owned(), folder.path().to_owned())]);
        assert!(find(&data)[0].contains("`data.iris/iris_test.csv`"));
    }
}
