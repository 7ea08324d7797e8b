//! Files of runs in every shape, good and bad.

use super::*;

fn query(column: Option<&str>, filters: &[(&str, &str)]) -> RunQuery {
    RunQuery {
        column: column.map(str::to_owned),
        filters: filters
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

fn runs(text: &str, query: &RunQuery) -> Result<Vec<FileRun>, String> {
    read_runs("f", text.as_bytes(), query).map_err(|error| error.to_string())
}

/// The numbers, of which a lost one is `None`.
fn numbers(text: &str, column: Option<&str>) -> Result<Vec<Option<f64>>, String> {
    let runs = runs(text, &query(column, &[]))?.into_iter();
    let number = |run: FileRun| match run.number {
        RunNumber::Number { value, .. } => Some(value),
        RunNumber::Lost => None,
    };
    Ok(runs.map(number).collect())
}

fn seeds(text: &str) -> Result<Vec<Option<u64>>, String> {
    let runs = runs(text, &query(None, &[]))?.into_iter();
    Ok(runs.map(|run| run.seed.map(|seed| seed.0)).collect())
}

#[test]
fn every_shape_gives_the_same_numbers() {
    let wanted = Ok(vec![Some(1.0), Some(2.0), Some(3.0)]);
    let acc = Some("acc");
    for (text, column) in [
        ("1\n2\n3\n", None),
        ("acc\n1\n2\n3\n", None),
        ("seed,acc\n7,1\n8,2\n9,3\n", None),
        (",seed,acc\n0,7,1\n1,8,2\n2,9,3\n", None),
        (",0\n0,1\n1,2\n2,3\n", None),
        (",0\n0,1\n1,2\n2,3\n", Some("0")),
        ("2019,2020\n4,1\n5,2\n6,3\n", Some("2020")),
        ("2020\n1\n2\n3\n", Some("2020")),
        ("9,1\n9,2\n9,3\n", Some("2")),
        ("loss;acc\n0;1\n0;2\n0;3\n", acc),
        ("# by a tool; acc, top-1\nseed,acc\n7,1\n8,2\n9,3\n", acc),
        ("# seed,acc\n7,1\n8,2\n9,3\n", None),
        ("run,acc\n#1,1\n2,2\n#3,3\n", acc),
        ("a,1\nb,2\nc,3\n", Some("2")),
        ("[1, 2, 3]", None),
        ("{\"acc\": [1, 2, 3]}", None),
        ("{\"acc\": [1, 2, 3]}", acc),
        ("{\"seed\": [7, 8, 9], \"acc\": [1, 2, 3]}", acc),
        ("[{\"acc\": 1}, {\"acc\": 2}, {\"acc\": 3}]", None),
        ("{\"acc\": 1}\n{\"acc\": 2}\n{\"acc\": 3}\n", None),
        ("{\"results\": [{\"mean\": 2, \"acc\": [1, 2, 3]}]}", acc),
        (
            "{\"log\": [{\"acc\": 1}, {\"acc\": 2}, {\"acc\": 3}]}",
            Some("log.acc"),
        ),
        (
            "{\"eval/acc\": 1}\n{\"eval/acc\": 2}\n{\"eval/acc\": 3}\n",
            Some("eval/acc"),
        ),
    ] {
        assert_eq!(numbers(text, column), wanted, "{text}");
    }
    assert_eq!(
        numbers("{\"seed\": 1, \"acc\": 4}\n", acc),
        Ok(vec![Some(4.0)])
    );
    assert_eq!(
        numbers("{\"seed\": 1, \"acc\": 4}", None),
        Ok(vec![Some(4.0)])
    );
    let utf16 = "acc\n1\n2\n3\n".encode_utf16().flat_map(u16::to_le_bytes);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16).collect();
    assert_eq!(read_runs("f", &utf16, &query(None, &[])).unwrap().len(), 3);
}

#[test]
fn lost_runs_are_no_numbers_and_no_diverged_ones() {
    for word in ["crashed", "diverged", "N/A", "-", "None"] {
        let csv = format!("{word}\n1\nnan\n");
        let json = format!("[\"{word}\", 1, NaN]");
        let lines = format!("{{\"acc\": \"{word}\"}}\n{{\"acc\": 1}}\n{{\"acc\": NaN}}\n");
        for text in [csv, json, lines] {
            let found = numbers(&text, None).unwrap();
            assert_eq!(found[..2], [None, Some(1.0)], "{text}");
            assert!(found[2].is_some_and(f64::is_nan), "{text}");
        }
    }
    assert_eq!(
        numbers("seed,acc\n1,2\n2,\n", None),
        Ok(vec![Some(2.0), None])
    );
    assert_eq!(
        numbers("[null, 1e999]", None),
        Ok(vec![None, Some(f64::INFINITY)])
    );
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let comma = "write the decimal point as `.` and no thousands separators";
    for (text, column, words) in [
        ("acc\n1\nx\n", None, "f:3: expected a number, found `x`"),
        (
            "acc\n90,4\n91,6\n",
            None,
            "f:2: expected 1 cell, found 2: write the decimal point as `.`, because commas part the cells",
        ),
        (
            "acc;seed\n90,4;1\n",
            None,
            &format!("f:2: expected a number, found `90,4`: {comma}"),
        ),
        (
            "acc\n\"1,234.5\"\n",
            None,
            &format!("f:2: expected a number, found `1,234.5`: {comma}"),
        ),
        (
            "run,lr,acc\n1,0.1,90\n2,a,0.1,91\n",
            Some("acc"),
            "f:3: expected 3 cells, found 4",
        ),
        (
            "seed,acc\n1,90\nseed,acc\n2,91\n",
            None,
            "f:3: the header stands again",
        ),
        (
            "acc,acc\n1,90\n",
            Some("acc"),
            "f:1: the column `acc` stands twice",
        ),
        (
            "run,acc\n1,90\nmean,90\n",
            Some("acc"),
            "f:3: `mean` sums up other rows and is no run",
        ),
        ("seed,acc\n1,90\n2", None, "f:3: the last row is cut off"),
        (
            "0.91\n0.92\n9",
            None,
            "f:3: `9` is cut off: the text ends there without a newline, and every other number has more \
             digits; if it is whole, end the file with a newline",
        ),
        ("a,b\n1,2\n", Some("c"), "f: no `c`, found `a`, `b`"),
        (",0\n0,90\n", Some("2"), "f: no `2`, found ``, `0`"),
        (
            "90,1\n90,3\n",
            None,
            "f: which column? it has `1`, `2`; commas part the cells: write the decimal point as `.`",
        ),
        ("a,b\n1,2\n", None, "f: which column? it has `a`, `b`"),
        (
            "90.1%\n0.9\n",
            None,
            "f: expected numbers in one unit, found 1 of 2 with a percent sign",
        ),
        (
            "seed,acc\n",
            None,
            "f: expected at least one value, found none",
        ),
        (
            "{\"acc\": [1], \"acc\": [2]}",
            Some("acc"),
            "f:1: the key `acc` stands twice in one object",
        ),
        ("[[1], [2]]", None, "f:1: expected a number, found `a list`"),
        (
            "{\"r\": [{\"times\": [1]}, {\"times\": [2]}]}",
            Some("times"),
            "f: which column? it has `r.0.times`, `r.1.times`",
        ),
    ] {
        assert_eq!(numbers(text, column).unwrap_err(), words, "{text}");
    }
}

#[test]
fn a_number_that_ends_the_file_is_marked() {
    let open = |text: &str| {
        let runs = runs(text, &query(None, &[])).unwrap();
        runs.iter().filter(|run| run.is_open).count()
    };
    assert_eq!((open("0.91\n0.92"), open("0.91\n0.92\n")), (1, 0));
    assert_eq!((open("acc,seed\n0.9,1"), open("[0.91, 0.9]")), (0, 0));
}

#[test]
fn seeds_are_whole_numbers_and_stand_once() {
    let wanted = Ok(vec![Some(3), Some(4)]);
    for text in [
        "seed,acc\n3,1\n4,2\n",
        "seed,acc\n3.0,1\n4.0,2\n",
        "Seed,acc\n\"3\",1\n4,2\n",
        "[{\"seed\": \"3\", \"acc\": 1}, {\"seed\": 4.0, \"acc\": 2}]",
        "{\"seeds\": [3, 4], \"values\": [1, 2]}",
    ] {
        assert_eq!(seeds(text), wanted, "{text}");
    }
    for text in [
        "seed,acc\nab12,1\n",
        "seed,acc\n-1,1\n",
        "seed,acc\n1.5,1\n",
        "seed,acc\n,1\n",
    ] {
        assert!(
            seeds(text).unwrap_err().starts_with("f:2: expected a seed"),
            "{text}"
        );
    }
    assert_eq!(
        seeds("{\"acc\": 1, \"seed\": 4}\n{\"acc\": 2}\n").unwrap_err(),
        "f:2: expected a seed, as other runs have one, found none"
    );
    assert_eq!(
        seeds("seed,acc\n1,90\n2,91\n1.0,90\n").unwrap_err(),
        "f:4: the seed 1 stands twice"
    );
}

#[test]
fn one_of_several_configurations_is_picked() {
    let table = "config,seed,acc\nsmall,1,80\nlarge,1,90\nsmall,2,81\nlarge,2,91\n";
    let objects = "[{\"config\": \"small\", \"seed\": 1, \"acc\": 80}, {\"config\": \"large\", \"seed\": 1, \"acc\": 90}, {\"config\": \"large\", \"seed\": 2, \"acc\": 91}]";
    for text in [table, objects] {
        let large = query(Some("acc"), &[("config", "large")]);
        let found = runs(text, &large).unwrap();
        let found: Vec<_> = found.iter().map(|run| (run.seed, run.number)).collect();
        let number = |value| RunNumber::Number {
            value,
            unit: NumberUnit::Unknown,
        };
        assert_eq!(
            found,
            [
                (Some(RunSeed(1)), number(90.0)),
                (Some(RunSeed(2)), number(91.0))
            ]
        );
        let error = read_runs("f", text.as_bytes(), &query(Some("acc"), &[])).unwrap_err();
        let MetricError::SeedTwice {
            differing,
            seed: RunSeed(1),
            ..
        } = error
        else {
            panic!("{error}");
        };
        assert_eq!(differing, [("config".to_owned(), "large".to_owned())]);
        let none = query(Some("acc"), &[("config", "huge")]);
        assert_eq!(
            runs(text, &none).unwrap_err(),
            "f: no run with `huge` under `config`, found `large`, `small`"
        );
        let both = query(Some("acc"), &[("config", "large"), ("seed", "9")]);
        let error = runs(text, &both).unwrap_err();
        assert!(
            error.starts_with("f: no run with `9` under `seed`, found"),
            "{error}"
        );
        let absent = query(Some("acc"), &[("model", "large")]);
        assert!(runs(text, &absent).unwrap_err().contains("no `model`"));
    }
}
