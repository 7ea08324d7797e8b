//! Whole files through the public interface: values with places, what is refused and what is passed over.

use reprove_import::{
    BlockOptions, BlockSource, Findings, FoundClaim, FoundSpread, ImportOptions, Imported,
    SourceFile, SourceFiles, TableFormat, block, import,
};

fn read(format: TableFormat, text: &str) -> Imported {
    read_with(format, text, &ImportOptions::default())
}

fn read_with(format: TableFormat, text: &str, options: &ImportOptions) -> Imported {
    let mut files = SourceFiles::single(SourceFile::new("file", text).unwrap());
    import(&mut files, format, options).unwrap()
}

/// Row, column and number of each value.
fn values(findings: &Findings) -> Vec<String> {
    let shown = |found: &FoundClaim| {
        format!(
            "{} | {} | {}",
            found.row.join("/"),
            found.column.join("/"),
            found.number
        )
    };
    findings.found.iter().map(shown).collect()
}

/// Every value stands in the file at its place.
fn assert_places(text: &str, findings: &Findings) {
    for found in &findings.found {
        let line = text.lines().nth(found.line - 1).unwrap();
        let rest: String = line.chars().skip(found.col - 1).collect();
        assert!(rest.starts_with(found.value.as_str()), "{found:?}");
    }
}

#[test]
fn markdown_marks_links_and_badges_are_no_part_of_a_value() {
    let text = "| Model | Top-1 (%) | #Params | Weights |\n|:--|:-:|--:|---|\n\
        | [s](https://x.org/78) | 78.2 | 5.3M | [78](x/91.2.pth) |\n\
        | **b** ![acc](https://img/acc-91.2%25.svg) | **81.4** 🏆 | 20M | - |\n\
        | c | ~~80.0~~ | 21M | - |\n";
    let found = read(TableFormat::Markdown, text).findings;
    assert_eq!(
        values(&found),
        ["s | Top-1 (%) | 78.2", "b | Top-1 (%) | 81.4"]
    );
    assert_places(text, &found);
    assert_eq!(found.refused.len(), 1);
    assert_eq!(found.refused[0].why, "struck through");
    let labels: Vec<&str> = found
        .passed_over
        .iter()
        .map(|p| p.labels[0].as_str())
        .collect();
    assert_eq!(labels, ["#Params", "Weights"], "one entry a column");
    assert_eq!(found.passed_over[0].numbers, 3);
}

#[test]
fn markdown_captions_and_footnotes_say_what_the_spread_is() {
    let text = "| | MNIST | SVHN |\n|---|---|---|\n| A | 98.2 ± 0.1[^1] | 91.0 ± 0.4 |\n\n\
        Table: Test accuracy (%), mean and standard error over 7 seeds.\n\n[^1]: With 3 layers.\n";
    let found = read(TableFormat::Markdown, text).findings;
    assert_eq!(values(&found), ["A | MNIST | 98.2", "A | SVHN | 91.0"]);
    for found in &found.found {
        assert_eq!(&*found.metric, "accuracy");
        assert_eq!(
            (found.spread_kind, found.runs),
            (Some(FoundSpread::Sem), Some(7))
        );
    }
}

#[test]
fn code_and_comments_of_markdown_hold_no_table() {
    let text = "```python\nprint('| a | acc |')\n# 90.1\n```\n<!-- | A | Acc |\n|---|---|\n| x | 90.1 | -->\n";
    assert!(values(&read(TableFormat::Markdown, text).findings).is_empty());
}

#[test]
fn html_tables_without_end_tags_with_spans_and_entities() {
    let text = "<table><tr><th rowspan=2>Model<th colspan=2>Accuracy (%)<tr><th>clean<th>noisy\
        <tr><td>x<td>90.1&nbsp;&plusmn;&nbsp;0.3<td>&minus;71.0<tr style='display: none'><td>y<td>1<td>2</table>";
    let found = read(TableFormat::Html, text).findings;
    assert_eq!(
        values(&found),
        [
            "x | Accuracy (%)/clean | 90.1",
            "x | Accuracy (%)/noisy | -71.0"
        ]
    );
    assert_eq!(found.found[0].spread.as_deref(), Some("0.3"));
}

#[test]
fn raised_digits_of_html_are_footnotes() {
    let text = "<table><tr><th>Model</th><th>WER (%)</th></tr><tr><td>x</td><td>7.1<sup>2</sup></td></tr>\
        <tr><td>y</td><td>6.7 <small>(-0.4)</small></td></tr></table>";
    let found = read(TableFormat::Html, text).findings;
    assert_eq!(values(&found), ["x | WER (%) | 7.1", "y | WER (%) | 6.7"]);
    assert_places(text, &found);
}

#[test]
fn csv_with_semicolons_has_a_decimal_comma() {
    let text = "Modell;Genauigkeit (%);F1\nA;87,5;0,861\nB;89,25;0,884\n";
    let found = read(TableFormat::Csv, text).findings;
    assert_eq!(
        values(&found),
        [
            "A | Genauigkeit (%) | 87.5",
            "A | F1 | 0.861",
            "B | Genauigkeit (%) | 89.25",
            "B | F1 | 0.884"
        ]
    );
    assert_places(text, &found);
    let quoted = "\"Model\",\"Accuracy, %\"\n\"A, \"\"base\"\"\",91.2\n";
    assert_eq!(
        values(&read(TableFormat::Csv, quoted).findings),
        ["A, \"base\" | Accuracy, % | 91.2"]
    );
}

#[test]
fn json_keeps_digits_and_places_and_leaves_books_out() {
    let text = "{\"results\": {\"a\": {\"accuracy\": 0.910, \"f1\": NaN}, \"b\": {\"accuracy\": 9.3e-1}},\n \"config\": {\"lr\": 0.001}}";
    let found = read(TableFormat::Json, text).findings;
    assert_eq!(
        values(&found),
        ["a | accuracy | 0.910", "b | accuracy | 0.93"]
    );
    assert_places(text, &found);
    let summary =
        "{\"eval_accuracy\": 0.91, \"metrics/loss\": 0.3, \"eval_runtime\": 12.1, \"epoch\": 3.0}";
    let found = read(TableFormat::Json, summary).findings;
    let metrics: Vec<&str> = found.found.iter().map(|found| &*found.metric).collect();
    assert_eq!(metrics, ["accuracy", "loss"]);
}

#[test]
fn yaml_model_cards_name_data_set_and_metric() {
    let text = "model-index:\n- name: net\n  results:\n  - dataset: {name: sst2, type: glue}\n    metrics:\n    - {type: accuracy, value: 0.9100}\n";
    let found = read(TableFormat::Yaml, text).findings;
    assert_eq!(found.found.len(), 1);
    assert_eq!(found.found[0].number, "0.9100");
    assert_eq!(found.found[0].dataset.as_deref(), Some("sst2"));
    assert_places(text, &found);
}

#[test]
fn sentences_are_read_where_there_is_no_table() {
    let text = "We reach a test accuracy of 91.3% ± 0.2% on the birds. Training took 12 hours on 8 GPUs,\nand about 85% accuracy is reached early.\n";
    let found = read(TableFormat::Markdown, text).findings;
    assert_eq!(found.found.len(), 1);
    assert_eq!(found.found[0].number, "91.3");
    assert_eq!(found.found[0].spread.as_deref(), Some("0.2"));
    assert_places(text, &found);
}

#[test]
fn settings_counts_and_training_logs_are_no_results() {
    let cases = [
        (
            "settings",
            "| Hyperparameter | Value |\n|---|---|\n| lr | 3e-4 |\n| batch size | 64 |\n",
        ),
        (
            "settings",
            "| | Net |\n|---|---|\n| Learning rate | 0.1 |\n| Batch size | 64 |\n| Weight decay | 0.05 |\n",
        ),
        (
            "counts",
            "| Dataset | Train | Val | Test |\n|---|---|---|---|\n| A | 5000 | 500 | 1000 |\n",
        ),
        (
            "values during",
            "| Epoch | Train Acc | Val Acc |\n|---|---|---|\n| 1 | 71.0 | 68.2 |\n| 2 | 80.1 | 75.0 |\n",
        ),
        (
            "values during",
            "| Training Loss | Epoch | Step | Accuracy |\n|---|---|---|---|\n| 0.82 | 1.0 | 250 | 0.906 |\n| 0.25 | 2.0 | 500 | 0.926 |\n",
        ),
    ];
    for (why, text) in cases {
        let found = read(TableFormat::Markdown, text).findings;
        assert!(found.found.is_empty(), "{text}: {:?}", values(&found));
        assert!(
            found.passed_over[0].why.starts_with(why),
            "{text}: {:?}",
            found.passed_over
        );
    }
    // What looks alike and is a result.
    for text in [
        "| Epochs | Accuracy |\n|---|---|\n| 100 | 76.1 |\n| 300 | 77.9 |\n",
        "| Model | Epoch | Accuracy |\n|---|---|---|\n| A | 1 | 76.1 |\n| B | 2 | 77.9 |\n",
        "| Learning rate | Accuracy |\n|---|---|\n| 0.1 | 76.1 |\n| 0.2 | 77.9 |\n",
        "Accuracy (%).\n\n| Model | Val | Test |\n|---|---|---|\n| A | 76 | 75 |\n| B | 78 | 77 |\n",
    ] {
        let found = read(TableFormat::Markdown, text).findings;
        assert!(found.found.len() >= 2, "{text}");
    }
}

#[test]
fn what_the_user_names_is_read_even_so() {
    let text = "| Epoch | Val Acc |\n|---|---|\n| 1 | 68.2 |\n| 2 | 75.0 |\n";
    let options = ImportOptions {
        columns: vec!["Val Acc".to_owned()],
        ..ImportOptions::default()
    };
    assert_eq!(
        read_with(TableFormat::Markdown, text, &options)
            .findings
            .found
            .len(),
        2
    );
}

#[test]
fn the_first_header_cell_names_the_metric_where_nothing_else_does() {
    for text in [
        "| Accuracy | Seed 0 | Seed 1 | Mean |\n|---|---|---|---|\n| Net | 90.1 | 90.5 | 90.3 |\n",
        "| Acc | Seed 0 | Seed 1 | Mean |\n|---|---|---|---|\n| | 90.1 | 90.5 | 90.3 |\n",
        "| | Seed 0 | Seed 1 | Mean |\n|---|---|---|---|\n| Acc | 90.1 | 90.5 | 90.3 |\n",
    ] {
        let found = read(TableFormat::Markdown, text).findings;
        let [claim] = found.found.as_slice() else {
            panic!("{text}: {:?}", values(&found));
        };
        assert_eq!(
            (&*claim.metric, claim.number.as_str()),
            ("accuracy", "90.3"),
            "{text}"
        );
        assert_eq!(claim.values, ["90.1", "90.5"], "{text}");
    }
}

#[test]
fn latex_tables_that_tex_alone_expands_are_left_out_by_the_command() {
    for (command, row) in [
        ("foreach", "\\foreach \\x in {1,2}{Net\\x & 9\\x.5 \\\\}"),
        (
            "ifthenelse",
            "A & \\ifthenelse{\\equal{1}{1}}{80.0}{81.0} \\\\",
        ),
        (
            "pgfmathparse",
            "A & \\pgfmathparse{3*4}\\pgfmathresult \\\\",
        ),
    ] {
        let text = format!(
            "\\begin{{table}}\\caption{{Accuracy}}\\begin{{tabular}}{{lc}}\nModel & Acc \\\\\n{row}\nB & 82.0 \\\\\n\\end{{tabular}}\\end{{table}}"
        );
        let imported = read(TableFormat::Latex, &text);
        assert!(imported.findings.found.is_empty(), "{command}");
        let said = format!("the table is left out: `\\{command}` is not expanded");
        assert!(
            imported
                .problems
                .iter()
                .any(|(place, problem)| *problem == said && place.line == 3),
            "{command}: {:?}",
            imported.problems
        );
    }
    let text =
        "\\begin{table}\\pgfplotstabletypeset[col sep=comma]{\nmodel,acc\nA,90.1\n}\\end{table}";
    let imported = read(TableFormat::Latex, text);
    assert!(imported.findings.found.is_empty());
    assert!(imported.problems[0].1.contains("pgfplotstabletypeset"));
}

#[test]
fn latex_conditions_take_the_branch_that_the_document_chooses() {
    let text = "\\newif\\ifdraft\\draftfalse\n\\begin{tabular}{lc}\nModel & Acc \\\\\nA & \\ifdraft 80.0 \\else 81.0 \\fi \\\\\nB & \\ifnum\\x>1 70.0 \\else 71.0 \\fi \\\\\nC & 82.0 \\\\\n\\end{tabular}";
    let found = read(TableFormat::Latex, text).findings;
    assert_eq!(values(&found), ["A | Acc | 81.0", "C | Acc | 82.0"]);
}

#[test]
fn astronomical_tables_are_read() {
    let text = "\\begin{deluxetable}{lcc}\n\\tablecaption{RMSE on held-out stars}\n\\tablehead{\\colhead{Method} & \\colhead{RMSE} & \\colhead{MAE}}\n\\startdata\nGP & 0.112 & 0.081 \\\\\nNN & 0.097 & 0.066\n\\enddata\n\\end{deluxetable}";
    let found = read(TableFormat::Latex, text).findings;
    assert_eq!(
        values(&found),
        [
            "GP | RMSE | 0.112",
            "GP | MAE | 0.081",
            "NN | RMSE | 0.097",
            "NN | MAE | 0.066"
        ]
    );
    assert_places(text, &found);
}

#[test]
fn the_block_escapes_and_names_each_thing_once() {
    let text = "| Model | Accuracy (%) |\n|---|---|\n| a: \"b\" #c | 90.1 ± 0.2 |\n| yes | 91.0 |\n| 模型 | 92.0 |\n| yes | 93.0 |\n";
    let findings = read(TableFormat::Markdown, text).findings;
    let source = BlockSource {
        path: "../a b.md".to_owned(),
        sha256: "ab".repeat(32),
    };
    let options = BlockOptions {
        heading: "from a\n- id: x".to_owned(),
        tolerance: Some("{sd: 1}".to_owned()),
        sources: [("file".to_owned(), source)].into(),
    };
    let text = block(&findings, &options);
    assert!(
        text.starts_with("# from a\n# - id: x\nconfigurations:\n"),
        "{text}"
    );
    assert!(text.contains("{method: \"a: \\\"b\\\" #c\"}"), "{text}");
    assert!(text.contains("  \"yes\": {method: \"yes\"}\n"), "{text}");
    assert!(
        text.contains("- id: yes-accuracy\n") && text.contains("- id: yes-accuracy-2\n"),
        "{text}"
    );
    assert!(
        text.contains(
            "source: {file: \"../a b.md\", line: 3, column: 15, printed: \"90.1 ± 0.2\", sha256: \""
        ),
        "{text}"
    );
    assert_eq!(
        text.matches("reported: {mean: 90.1, plus_minus: 0.2}")
            .count(),
        1,
        "{text}"
    );
    assert_eq!(text.matches("tolerance: {sd: 1}").count(), 4);
}

#[test]
fn the_place_is_a_comment_where_the_file_has_no_name() {
    let text = "| Model | Accuracy |\n|---|---|\n| a | 0.91 |\n";
    let findings = read(TableFormat::Markdown, text).findings;
    let text = block(&findings, &BlockOptions::default());
    assert!(
        text.contains("- id: a-accuracy  # file:3:7 \"0.91\"\n"),
        "{text}"
    );
    assert!(!text.contains("source:"));
}

#[test]
fn numbers_that_do_not_agree_are_warned_of_and_stay() {
    let warnings = |text: &str| -> Vec<String> {
        let found = read(TableFormat::Markdown, text).findings;
        let warnings = found.warnings.into_iter();
        warnings
            .map(|w| format!("{}:{}: {}", w.line, w.col, w.text))
            .collect()
    };
    let seeds = "| Accuracy | Seed 0 | Seed 1 | Mean |\n|---|---|---|---|\n| Net | 90.1 | 90.5 | 90.3 |\n| Ours | 91.1 | 91.5 | 91.8 |\n";
    assert_eq!(
        warnings(seeds),
        ["4:24: the mean of the 2 values beside it is 91.3000, printed is 91.8"]
    );
    let gain = "| Model | Accuracy | Δ |\n|---|---|---|\n| Base | 80.0 | - |\n| Ours | 82.5 | +3.5 |\n| More | 83.1 | +3.1 |\n";
    assert_eq!(
        warnings(gain),
        ["4:17: 82.5 minus 80.0 of 3:10 is 2.5000, printed is 3.5"]
    );
    let error = "| Model | Accuracy (%) | Error (%) |\n|---|---|---|\n| A | 90.1 | 9.9 |\n| B | 91.0 | 9.3 |\n";
    assert_eq!(
        warnings(error),
        ["4:14: error 9.3 and accuracy 91.0 of 4:7 do not add up to 100"]
    );
}
