//! Tests of the reader of LaTeX.

use std::collections::HashMap;

use super::read;
use crate::document::TableDocument;
use crate::error::ImportError;
use crate::grid::Grid;
use crate::passage::PassageKind;
use crate::source::{IncludeLoader, IncludedFile, SourceFile, SourceFiles};
use crate::text::TextMark;

fn document(text: &str) -> (SourceFiles, TableDocument) {
    let mut files = SourceFiles::single(SourceFile::new("paper.tex", text).unwrap());
    let document = read(&mut files).unwrap();
    (files, document)
}

fn table(rows: &str) -> Grid {
    let text = format!("\\begin{{tabular}}{{lcccc}}\n{rows}\n\\end{{tabular}}");
    document(&text).1.grids.remove(0)
}

fn shown(grid: &Grid) -> Vec<Vec<String>> {
    (0..grid.rows.len())
        .map(|row| {
            (0..grid.width())
                .map(|column| {
                    grid.cell(row, column)
                        .map_or("", |cell| cell.text.as_str().trim())
                        .to_owned()
                })
                .collect()
        })
        .collect()
}

/// The first cell of a table of one row and one column.
fn cell(text: &str) -> String {
    shown(&table(&format!("a & {text} \\\\")))[0][1].clone()
}

#[test]
fn marks_and_macros_of_maths_print_what_the_page_shows() {
    for (source, printed) in [
        (r"$71.5 \pm 0.25$", "71.5±0.25"),
        (r"71.5 $\pm$ 0.25", "71.5 ± 0.25"),
        (r"$-$3.1", "-3.1"),
        (r"$1{,}234$", "1,234"),
        (r"1\,234", "1\u{2009}234"),
        (r"$6.1\times 10^{-4}$", "6.1×10-4"),
        (r"\phantom{0}7.5", "7.5"),
        (r"{\bf 7.5}", "7.5"),
        (r"\textcolor{blue}{7.5}", "7.5"),
        (r"\cellcolor[HTML]{EFEFEF} 7.5", "7.5"),
        (r"7.5\footnote{Of 3 runs.}", "7.5"),
        (r"7.5~\cite[p.~3]{x,y}", "7.5"),
        (r"7.5\kern-0.3em", "7.5"),
        (r"\makecell[c]{7.5 \\ (0.2)}", "7.5 \n (0.2)"),
        (r"Top 5\%", "Top 5%"),
        (r"F$_1$ $\uparrow$", "F1 ↑"),
        (r"M\'esz\'aros \& {\v S}, \c{c}", "Mészáros & Š, ç"),
        (r"\underset{\pm 0.1}{7.5}", "7.5±0.1"),
        (r"\num{7.5 +- 0.1}", "7.5±0.1"),
        (r"\SI{7.5}{\percent}", "7.5%"),
        (r"3 -- 4", "3 – 4"),
        (r"\verb|a_b|", "a_b"),
        (r"a\_b", "a_b"),
        (r"\raisebox{1pt}[0pt]{\rotatebox[origin=c]{90}{up}}", "up"),
        (r"$\frac{1}{3}$", "1/3"),
    ] {
        assert_eq!(cell(source), printed, "{source}");
    }
}

#[test]
fn macros_that_nobody_defines_are_read_by_name_or_not_at_all() {
    assert_eq!(cell(r"7.5\std{0.1}"), "7.5±0.1");
    assert_eq!(cell(r"\meanstd{7.5}{0.1}"), "7.5±0.1");
    assert_eq!(cell(r"\best{7.5}"), "7.5");
    assert_eq!(cell(r"\gain{7.5}"), "\\gain 7.5");
    // Two numbers: which is printed is unknown.
    assert_eq!(cell(r"\best{7.5}{8.5}"), "\\best 7.5 8.5");
    let (_, document) = document(r"\begin{tabular}{c} \gain{1} \\ \end{tabular}");
    assert_eq!(document.problems.len(), 1);
}

#[test]
fn each_character_keeps_the_place_of_its_argument() {
    let text = "\\newcommand{\\res}[2]{\\textbf{#1}\\,{\\tiny$\\pm$#2}}\n\
                \\def\\two#1/#2;{#2 of #1}\n\
                \\begin{tabular}{cc}\n  \\res{71.5}{0.25} & \\two 8/5; \\\\\n\\end{tabular}";
    let (files, document) = document(text);
    let cell = document.grids[0].cell(0, 0).unwrap();
    assert_eq!(cell.text.as_str().trim(), "71.5\u{2009}±0.25");
    for number in ["71.5", "0.25"] {
        let at = cell.text.as_str().find(number).unwrap();
        let (file, range) = cell.text.file_range(at..at + number.len()).unwrap();
        assert_eq!(files.slice(file, range.clone()), number);
        assert_eq!(range.start, text.find(number).unwrap());
    }
    let five = document.grids[0].cell(0, 1).unwrap();
    assert_eq!(five.text.as_str().trim(), "5 of 8");
    let at = five.text.as_str().find('5').unwrap();
    let place = files.place(
        five.text.origin(at).unwrap().file,
        five.text.origin(at).unwrap().offset,
    );
    assert_eq!((place.line, place.column), (4, 29));
}

#[test]
fn definitions_follow_the_rules_of_latex() {
    let define = |definition: &str, call: &str| {
        let text = format!("{definition}\n\\begin{{tabular}}{{c}}{call}\\\\\\end{{tabular}}");
        shown(&document(&text).1.grids[0])[0][0].clone()
    };
    assert_eq!(define(r"\newcommand\x[2][9]{#1-#2}", r"\x{1}"), "9-1");
    assert_eq!(define(r"\newcommand\x[2][9]{#1-#2}", r"\x[3]{1}"), "3-1");
    assert_eq!(
        define(r"\newcommand{\x}{a}\renewcommand{\x}{b}", r"\x"),
        "b"
    );
    assert_eq!(
        define(r"\newcommand{\x}{a}\providecommand{\x}{b}", r"\x"),
        "a"
    );
    assert_eq!(
        define(r"\newcommand{\x}{a}{\renewcommand{\x}{b}}", r"\x"),
        "a"
    );
    assert_eq!(define(r"\let\y=\textbf", r"\y{1}"), "1");
    assert_eq!(
        define(
            r"\let\old\cite \renewcommand{\cite}[1]{\old{#1}!}",
            r"a\cite{b}"
        ),
        "a!"
    );
    assert_eq!(
        define(
            r"\NewDocumentCommand{\x}{s m O{7}}{\IfBooleanTF{#1}{*}{-}#2#3}",
            r"\x*{1} \x{2}[3]"
        ),
        "*17-23"
    );
    assert_eq!(define(r"\DeclareMathOperator{\acc}{acc}", r"$\acc$"), "acc");
    assert_eq!(
        define(
            r"\newif\ifx@y \makeatletter\newif\iflong",
            r"\iflong 1\else 2\fi"
        ),
        "2"
    );
    assert_eq!(
        define(r"\newif\iflong\longtrue", r"\iflong 1\else 2\fi"),
        "1"
    );
    assert_eq!(define(r"\newcommand{\x}[1]{\y{##1}#1}", r"\x{1}"), "\\y 11");
    let text =
        r"\newenvironment{res}[1]{\begin{tabular}{#1}}{\end{tabular}}\begin{res}{cc}1&2\end{res}";
    assert_eq!(shown(&document(text).1.grids[0]), [["1", "2"]]);
}

#[test]
fn text_that_is_not_printed_does_not_exist() {
    let rows = "a & 1 \\\\ % b & 2 \\\\\n\\iffalse c & 3 \\\\ \\ifnum1=2 x\\fi \\fi d & 4 \\\\";
    let grid = table(rows);
    assert_eq!(shown(&grid), [["a", "1"], ["d", "4"]]);
    for environment in ["verbatim", "comment", "lstlisting"] {
        let text = format!(
            "\\begin{{{environment}}}\\begin{{tabular}}{{c}}1\\end{{tabular}}\\end{{{environment}}}"
        );
        assert!(document(&text).1.grids.is_empty(), "{environment}");
    }
    let hidden = r"\newcolumntype{H}{>{\setbox0=\hbox\bgroup}c<{\egroup}@{}}
        \begin{tabular}{lHc} a & 1 & 2 \\ \multicolumn{3}{c}{b} \\ \end{tabular}";
    assert_eq!(
        shown(&document(hidden).1.grids[0]),
        [["a", "2"], ["b", "b"]]
    );
}

#[test]
fn cells_under_an_unknown_condition_are_unreadable() {
    let grid = table(r"a & \ifnum\x>1 7.5\else 8.5\fi & 9.5 \\ b & 1 & 2 \\");
    let shown = shown(&grid);
    assert!(shown[0][1].contains('\u{fffd}') && shown[0][2].contains('\u{fffd}'));
    assert_eq!(shown[1], ["b", "1", "2"]);
    let grid = document(r"\ifpdf\newcommand{\x}[1]{#1}\fi\begin{tabular}{c}\x{7}\\\end{tabular}")
        .1
        .grids
        .remove(0);
    assert!(self::shown(&grid)[0][0].contains('\u{fffd}'));
}

#[test]
fn spans_rules_and_heads_shape_the_grid() {
    let grid = table(
        "\\toprule\n & \\multicolumn{2}{c}{News} \\\\ \\cmidrule(lr){2-3}\nNet & A & B \\\\ \\midrule\n\
         \\multirow{2}{*}{X} & 1 & 2 \\\\ & 3 & 4 \\\\ [2pt]\n & 5 & 6 \\\\\n\\multirow{-2}*{Y} & 7 & 8 \\\\ \\bottomrule",
    );
    assert_eq!(
        shown(&grid),
        [
            ["", "News", "News"],
            ["Net", "A", "B"],
            ["X", "1", "2"],
            ["X", "3", "4"],
            ["Y", "5", "6"],
            ["Y", "7", "8"]
        ]
    );
    let rules: Vec<bool> = grid.rows.iter().map(|row| row.rule_above).collect();
    assert_eq!(rules, [true, false, true, false, false, false]);
    let long = r"\begin{longtable}{lc}\caption{One.}\\ A & B \\ \endfirsthead
        \caption{more}\\ A & B \\ \endhead \multicolumn{2}{c}{next page} \\ \endfoot x & 1 \\ y & 2 \\ \end{longtable}";
    let (_, found) = document(long);
    assert_eq!(shown(&found.grids[0]), [["A", "B"], ["x", "1"], ["y", "2"]]);
    assert!(found.grids[0].rows[0].is_header);
    assert_eq!(found.grids[0].passages.len(), 1);
}

#[test]
fn tables_of_other_packages_are_read() {
    for text in [
        r"\begin{tabularx}{\linewidth}{Xc} a & 1 \\ \end{tabularx}",
        r"\begin{tabular*}{\linewidth}[t]{@{\extracolsep{\fill}}lc} a & 1 \\ \end{tabular*}",
        r"\begin{tblr}{colspec={lc},row{1}={font=\bfseries}} a & 1 \\ \end{tblr}",
        r"\begin{tblr}{lc} a & 1 \\ \end{tblr}",
        r"\begin{NiceTabular}{lc}[hvlines] a & 1 \\ \end{NiceTabular}",
        r"\begin{supertabular}{lc} a & 1 \\ \end{supertabular}",
        r"\begin{tabu} to \linewidth {lc} a & 1 \\ \end{tabu}",
        r"\resizebox{\textwidth}{!}{\begin{tabular}{lc} a & 1 \\ \end{tabular}}",
        r"\begin{adjustbox}{width=\textwidth}\begin{tabular}{lc} a & 1 \\ \end{tabular}\end{adjustbox}",
        r"\begin{tabular}{c}\begin{tabular}{lc} a & 1 \\ \end{tabular}\end{tabular}",
    ] {
        let grids = document(text).1.grids;
        assert_eq!(grids.len(), 1, "{text}");
        assert_eq!(shown(&grids[0]), [["a", "1"]], "{text}");
    }
    let spans = r"\begin{tblr}{lcc} \SetCell[c=2]{c} a & & b \\ \SetCell[r=2]{c} x & 1 & 2 \\ & 3 & 4 \\ \end{tblr}";
    assert_eq!(
        shown(&document(spans).1.grids[0]),
        [["a", "a", "b"], ["x", "1", "2"], ["x", "3", "4"]]
    );
}

#[test]
fn text_between_columns_joins_their_cells() {
    let text = r"\begin{tabular}{l r@{\,$\pm$\,}l S[table-format=2.1]}
        Net & \multicolumn{2}{c}{A} & {B} \\ x & 7.5 & 0.2 & 1.5(3) \\ y & -- & & 2.5 \\ \end{tabular}";
    let grid = &document(text).1.grids[0];
    assert_eq!(
        shown(grid),
        [
            ["Net", "A", "B"],
            ["x", "7.5 ± 0.2", "1.5(3)"],
            ["y", "–", "2.5"]
        ]
    );
    assert!(grid.cell(1, 2).unwrap().is_siunitx && !grid.cell(1, 1).unwrap().is_siunitx);
}

#[test]
fn words_about_a_table_are_found() {
    let text = r"\section{Nets} \begin{table}\caption[short]{Mean of $5$ runs.}\label{tab:a}
        \begin{threeparttable}\begin{tabular}{c} 1\tnote{a} \\ \end{tabular}
        \begin{tablenotes}\item[a] A note.\end{tablenotes}\end{threeparttable}\end{table}

        In \cref{tab:b,tab:a} all is said.

        And \ref{tab:c} says nothing.";
    let grid = &document(text).1.grids[0];
    let passages: Vec<(PassageKind, &str)> = grid
        .passages
        .iter()
        .map(|passage| (passage.kind, passage.text.as_str().trim()))
        .collect();
    assert_eq!(passages[0], (PassageKind::Caption, "Mean of 5 runs."));
    assert!(
        passages
            .iter()
            .any(|(kind, text)| *kind == PassageKind::Note && text.contains("A note."))
    );
    let references: Vec<_> = passages
        .iter()
        .filter(|(kind, _)| *kind == PassageKind::Reference)
        .collect();
    assert_eq!(references.len(), 1);
    assert_eq!(passages.last(), Some(&(PassageKind::Heading, "Nets")));
    assert_eq!(grid.label.as_deref(), Some("tab:a"));
    for text in [
        r"\begin{longtable}{c}\caption{A}\label{t}\\ 1 \\\end{longtable}",
        r"\begin{longtable}{c}\caption{A\label{t}}\\ 1 \\\end{longtable}",
        r"\begin{longtblr}[caption={A},label={t}]{c} 1 \\\end{longtblr}",
        r"\begin{table}\caption{A\label{t}}\begin{tabular}{c} 1 \\\end{tabular}\end{table}",
    ] {
        let grid = document(text).1.grids.remove(0);
        assert_eq!(grid.label.as_deref(), Some("t"), "{text}");
        assert_eq!(grid.passages[0].text.as_str(), "A", "{text}");
    }
    let bold = document(r"\begin{tabular}{c}\textbf{1}\\\end{tabular}")
        .1
        .grids[0]
        .cells[0]
        .clone();
    assert!(bold.text.has_mark(0, TextMark::Bold));
}

#[test]
fn two_tables_in_a_float_have_their_own_captions() {
    let tabular = r"\begin{tabular}{c} 1 \\ \end{tabular}";
    for text in [
        format!(r"\begin{{table}}\caption{{A}}{tabular}\caption{{B}}{tabular}\end{{table}}"),
        format!(r"\begin{{table}}{tabular}\caption{{A}}{tabular}\caption{{B}}\end{{table}}"),
        format!(r"\begin{{table}}\subfloat[A]{{{tabular}}}\subfloat[B]{{{tabular}}}\end{{table}}"),
        format!(
            r"\begin{{table}}\begin{{minipage}}{{2cm}}\caption{{A}}{tabular}\end{{minipage}}\begin{{minipage}}{{2cm}}{tabular}\caption{{B}}\end{{minipage}}\end{{table}}"
        ),
    ] {
        let grids = document(&text).1.grids;
        let captions: Vec<&str> = grids
            .iter()
            .map(|grid| grid.passages[0].text.as_str())
            .collect();
        assert_eq!(captions, ["A", "B"], "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(\\PC|[\\\\{}&$%#_^~\n\\[\\] ]){0,200}") {
        check(&text);
    }

    #[test]
    fn any_order_of_parts_is_read_or_refused(parts in proptest::collection::vec(0..PARTS.len(), 0..60)) {
        check(&parts.into_iter().map(|part| PARTS[part]).collect::<String>());
    }
}

/// Parts that mean something to the reader.
const PARTS: &[&str] = &[
    r"\begin{tabular}{lc}",
    r"\end{tabular}",
    r"\begin{table}",
    r"\end{table}",
    "&",
    r"\\",
    "{",
    "}",
    "$",
    "^",
    "_",
    "[",
    "]",
    "1.5",
    "a",
    " ",
    "\n\n",
    "%",
    "−",
    "~",
    r"\pm",
    r"\multirow{-3}{*}{",
    "@{",
    r"\multicolumn{9999}{c}{x}",
    r"\def\a#1{#1#1}",
    r"\a",
    r"\newcommand{\b}[2][x]{#2#1}",
    r"\b",
    r"\ifx",
    r"\iffalse",
    r"\iftrue",
    r"\else",
    r"\fi",
    r"\let\b\a",
    r"\caption{",
    r"\label{",
    r"\num{",
    r"\SetCell[c=9,r=9]{c}",
    r"\newenvironment{e}{",
    r"\begin{e}",
    r"\end{e}",
    r"\endhead",
    r"\verb|",
    r"\begin{longtable}",
    r"\end{longtable}",
    r"\midrule",
    r"\newcolumntype{L}{",
    r"\csname",
    r"\endcsname",
];

/// Each character of each cell has a place in a file.
fn check(text: &str) {
    let mut files = SourceFiles::single(SourceFile::new("a.tex", text).unwrap());
    let Ok(document) = read(&mut files) else {
        return;
    };
    for cell in document.grids.iter().flat_map(|grid| &grid.cells) {
        for (at, _) in cell.text.as_str().char_indices() {
            let origin = cell.text.origin(at).unwrap();
            assert!(origin.offset <= files.file(origin.file).text.len());
        }
        if let Some((file, range)) = cell.text.file_range(0..cell.text.len()) {
            assert!(range.end <= files.file(file).text.len());
        }
    }
}

struct Folder(HashMap<&'static str, &'static str>);

impl IncludeLoader for Folder {
    fn load(&self, name: &str) -> Option<IncludedFile> {
        let text = (*self.0.get(name)?).to_owned();
        let name = name.to_owned();
        Some(IncludedFile { name, text })
    }
}

#[test]
fn included_files_are_read_in_place() {
    let folder = Folder(HashMap::from([
        ("macros", r"\newcommand{\val}[1]{#1\%}"),
        ("rows.tex", "a & \\val{7.5} \\\\"),
        ("self", r"\input{self}"),
    ]));
    let main = "\\input{macros}\\begin{tabular}{lc}\n\\input rows.tex\n\\end{tabular}\\input{none}";
    let main = SourceFile::new("main.tex", main).unwrap();
    let mut files = SourceFiles::with_includes(main, Box::new(folder));
    let document = read(&mut files).unwrap();
    assert_eq!(shown(&document.grids[0]), [["a", "7.5%"]]);
    let origin = document.grids[0]
        .cell(0, 1)
        .unwrap()
        .text
        .origin(1)
        .unwrap();
    assert_eq!(files.place(origin.file, origin.offset).file, "rows.tex");
    assert_eq!(document.problems.len(), 1);
}

#[test]
fn files_and_macros_that_grow_without_end_are_errors() {
    let folder = Folder(HashMap::from([("self", r"\input{self}")]));
    let main = SourceFile::new("main.tex", r"\input{self}").unwrap();
    let mut files = SourceFiles::with_includes(main, Box::new(folder));
    assert!(read(&mut files).is_err());
    for text in [
        r"\def\a{\a}\a",
        r"\def\a{\a x}\a",
        r"\def\a{\b\b}\def\b{\c\c}\def\c{\d\d}\def\d{\e\e}\def\e{\a\a}\a",
        r"\newcommand{\a}[1]{\a{#1#1}}\a{xy}",
        r"\newenvironment{a}{\begin{a}}{}\begin{a}",
    ] {
        let mut files = SourceFiles::single(SourceFile::new("a.tex", text).unwrap());
        assert!(
            matches!(
                read(&mut files),
                Err(ImportError::Malformed { .. } | ImportError::TooDeep { .. })
            ),
            "{text}"
        );
    }
}

#[test]
fn deep_nesting_and_many_open_parts_take_linear_time() {
    for part in [
        "{",
        "\\begin{tabular}{c}",
        "\\begin{tabular}{cc}1&",
        "\\begin{table}",
        "\\textbf{",
        "$_{",
        "\\multicolumn{2}{c}{",
        "\\ifx",
        "\\begin{verbatim",
        "\\verb|",
        "^_",
        "\\textbf\\textbf",
        "\\subfloat[a]{",
        "\\\\[",
        "\\input{",
        "\\newcommand{\\a}{",
        "\\caption{",
        "\\begin{a}\\end{b}",
    ] {
        let text = format!("\\begin{{tabular}}{{c}}{}", part.repeat(20_000));
        let mut files = SourceFiles::single(SourceFile::new("a.tex", text).unwrap());
        let _ = read(&mut files);
        let mut files = SourceFiles::single(SourceFile::new("a.tex", part.repeat(20_000)).unwrap());
        let _ = read(&mut files);
    }
}
