//! Files that the same crate writes, files that are broken, and one that pyarrow wrote.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use parquet::data_type::{BoolType, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::*;
use crate::data::dataset::Dataset;
use crate::data::load::load;

/// The rows of `written` as CSV.
const CSV: &str = "whole,unsigned,real,single,flag,class\n\
    -9007199254740993,4294967295,0.1,0.10000000149011612,true,x\n\
    ,0,-2.5e-300,1.5,false,deep green\n\
    7,3,1e300,-0.25,true,x\n";

const SCHEMA: &str = "message rows {
    optional int64 whole;
    required int32 unsigned (UINT_32);
    required double real;
    required float single;
    required boolean flag;
    required binary class (UTF8);
    optional int32 when (DATE);
    optional group pair { required int32 first; required int32 second; }
    repeated int32 many;
}";

/// Three rows of every kind of column, the nested ones empty.
fn written(compression: Compression) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = WriterProperties::builder().set_compression(compression);
    let mut writer =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    macro_rules! column {
        ($type:ty, $values:expr, $definitions:expr, $repetitions:expr) => {
            let mut column = group.next_column().unwrap().unwrap();
            let values = $values;
            let typed = column.typed::<$type>();
            typed
                .write_batch(&values, $definitions, $repetitions)
                .unwrap();
            column.close().unwrap();
        };
    }
    column!(
        Int64Type,
        [-9_007_199_254_740_993, 7],
        Some(&[1, 0, 1]),
        None
    );
    column!(Int32Type, [-1, 0, 3], None, None);
    column!(DoubleType, [0.1, -2.5e-300, 1e300], None, None);
    column!(FloatType, [0.1, 1.5, -0.25], None, None);
    column!(BoolType, [true, false, true], None, None);
    let classes = ["x", "deep green", "x"].map(ByteArray::from);
    column!(ByteArrayType, classes, None, None);
    column!(Int32Type, [1, 2], Some(&[1, 1, 0]), None);
    column!(Int32Type, [], Some(&[0, 0, 0]), None);
    column!(Int32Type, [], Some(&[0, 0, 0]), None);
    column!(Int32Type, [], Some(&[0, 0, 0]), Some(&[0, 0, 0]));
    group.close().unwrap();
    writer.into_inner().unwrap()
}

const SETTINGS: &str = "label: class, ignore: [when, pair, many], one_hot: {columns: [flag], unknown: zero}, missing: {as: [''], then: mean}";

/// The data set of this file's content, or its message.
fn loaded(format: &str, settings: &str, content: &[u8]) -> Result<Dataset, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("d.parquet");
    fs::write(&file, content).unwrap();
    let text = format!(
        "{{recipe: 1, data: {{name: d, format: {format}, {settings}, split: {{fraction: {{test: 0.34, order: file}}}}}}, model: {{mlp: {{hidden: 0}}}}, initial: {{weights: zero}}, loss: mean-squared-error, training: {{optimiser: {{sgd: {{learning_rate: 1}}}}, batch: 1, epochs: 1}}}}"
    );
    let recipe = crate::spec::read::document::read_text(&text, "r.yaml", &BTreeMap::new()).unwrap();
    let files = BTreeMap::from([("d".to_owned(), file)]);
    let folder = format!("{}/", folder.path().display());
    load(&recipe, &files).map_err(|error| error.to_string().replace(&folder, ""))
}

/// Where the rows of a data set stand in its file is no part of the data.
fn without_file(mut data: Dataset) -> Dataset {
    if let Some(coding) = &mut data.inputs.coding {
        coding.file = PathBuf::new();
        coding.lines = Vec::new();
    }
    data
}

#[test]
fn a_parquet_file_gives_the_data_that_the_same_csv_gives() {
    let of_csv = SETTINGS.replace("when, pair, many", "");
    let expected = without_file(loaded("csv", &of_csv, CSV.as_bytes()).unwrap());
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY] {
        let found = loaded("parquet", SETTINGS, &written(compression)).unwrap();
        assert_eq!(without_file(found), expected);
    }
}

#[test]
fn cells_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("d.parquet");
    fs::write(&file, written(Compression::SNAPPY)).unwrap();
    let content = read(&file).unwrap();
    assert_eq!(content.lines, [1, 2, 3]);
    let cells = |column: usize| content.columns[column].clone();
    let owned = |cells: [&str; 3]| Ok(cells.map(str::to_owned).to_vec());
    assert_eq!(cells(0), owned(["-9007199254740993", "", "7"]));
    assert_eq!(cells(1), owned(["4294967295", "0", "3"]));
    assert_eq!(cells(3), owned(["0.10000000149011612", "1.5", "-0.25"]));
    assert_eq!(cells(4), owned(["true", "false", "true"]));
    assert_eq!(cells(5), owned(["x", "deep green", "x"]));
    assert_eq!(cells(6), Err("times"));
    assert_eq!(cells(7), Err("groups of columns"));
    assert_eq!(cells(8), Err("lists"));
}

#[test]
fn columns_that_no_cell_can_hold_are_refused_by_name_when_they_are_used() {
    let file = written(Compression::SNAPPY);
    let refused = |ignored: &str| {
        let settings = format!("label: class, ignore: [{ignored}]");
        loaded("parquet", &settings, &file).unwrap_err()
    };
    let text = "expected numbers, texts or truth values, found";
    assert_eq!(
        refused("pair, many"),
        format!("d.parquet: column `when`: {text} times")
    );
    assert_eq!(
        refused("when, many"),
        format!("d.parquet: column `pair`: {text} groups of columns")
    );
    assert_eq!(
        refused("when, pair"),
        format!("d.parquet: column `many`: {text} lists")
    );
    assert_eq!(
        refused("when, pair, many"),
        "d.parquet:2: column `whole`: expected a finite number, found an empty cell"
    );
}

#[test]
fn broken_files_are_refused_by_name_and_never_panic() {
    let whole = written(Compression::SNAPPY);
    for length in 0..whole.len() {
        let message = loaded("parquet", SETTINGS, &whole[..length]).unwrap_err();
        assert!(message.starts_with("d.parquet: "), "{message}");
    }
    let garbage: Vec<u8> = (0..1000_u32).map(|i| (i * i % 251) as u8).collect();
    let message = loaded("parquet", SETTINGS, &garbage).unwrap_err();
    assert!(message.starts_with("d.parquet: the Parquet file cannot be read: "));
    // Damage in the middle may leave other values, but is never more than a message.
    for place in 0..whole.len() {
        for damage in [0xff, 0x7f, 0x01] {
            let mut damaged = whole.clone();
            damaged[place] ^= damage;
            if let Err(message) = loaded("parquet", SETTINGS, &damaged) {
                assert!(message.starts_with("d.parquet:"), "{message}");
            }
        }
    }
}

#[test]
fn stated_counts_are_measured_against_the_file() {
    assert_eq!(most_cells(0), 1_000_000);
    assert_eq!(most_cells(u64::MAX), MOST_CELLS);
    let dictionary = |num_values| Page::DictionaryPage {
        buf: vec![0; 8].into(),
        num_values,
        encoding: Encoding::PLAIN,
        is_sorted: false,
    };
    assert!(checked(dictionary(2)).is_ok());
    assert_eq!(
        checked(dictionary(u32::MAX)).unwrap_err().to_string(),
        "Parquet error: a dictionary of 4294967295 values in 8 bytes"
    );
}

#[test]
fn a_file_of_pyarrow_is_read() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/data/parquet");
    let content = |name: &str| fs::read(folder.join(name)).unwrap();
    let settings = "label: class, one_hot: {columns: [colour, flag], unknown: zero}, missing: {as: [''], then: median}";
    let expected = loaded("csv", settings, &content("pyarrow.csv")).unwrap();
    let settings = format!("{settings}, ignore: [when]");
    let found = loaded("parquet", &settings, &content("pyarrow.parquet")).unwrap();
    assert_eq!(found.rows(), 12);
    assert_eq!(without_file(found), without_file(expected));
}
