//! Commands whose text only a run of TeX gives.

/// Whether a table with this command cannot be read with certainty: loops, tests of packages, and tables
/// that are made of data.
pub(super) fn is_unexpanded(name: &str) -> bool {
    is_loop(name) || is_test(name) || makes_table(name)
}

/// Whether a command makes a whole table of data.
pub(super) fn makes_table(name: &str) -> bool {
    matches!(
        name,
        "pgfplotstabletypeset"
            | "pgfplotstabletypesetfile"
            | "csvautotabular"
            | "csvautolongtable"
            | "csvautobooktabular"
            | "csvreader"
            | "csvloop"
            | "DTLdisplaydb"
            | "DTLdisplaylongdb"
            | "DTLforeach"
            | "pgfplotstableforeachcolumn"
            | "readarraysepchar"
            | "directlua"
            | "luaexec"
            | "pyc"
            | "py"
            | "Sexpr"
    )
}

fn is_loop(name: &str) -> bool {
    matches!(
        name,
        "foreach"
            | "multido"
            | "loop"
            | "forloop"
            | "whiledo"
            | "pgfplotsforeachungrouped"
            | "pgfplotsinvokeforeach"
            | "forcsvlist"
            | "docsvlist"
            | "dolistloop"
            | "forlistloop"
            | "xintFor"
            | "int_step_inline:nnn"
            | "replicate"
            | "Repeat"
    )
}

fn is_test(name: &str) -> bool {
    matches!(
        name,
        "ifthenelse"
            | "ifstrequal"
            | "ifdefstring"
            | "ifdefempty"
            | "ifdef"
            | "ifundef"
            | "ifblank"
            | "notblank"
            | "ifbool"
            | "ifboolexpr"
            | "ifboolexpe"
            | "iftoggle"
            | "nottoggle"
            | "ifnumcomp"
            | "ifnumequal"
            | "ifnumgreater"
            | "ifnumless"
            | "IfBooleanTF"
            | "IfNoValueTF"
            | "IfValueTF"
            | "ifstrempty"
            | "DTLifnumlt"
            | "pgfmathparse"
            | "pgfmathsetmacro"
            | "pgfmathprintnumber"
            | "pgfmathresult"
            | "fpeval"
            | "inteval"
            | "numexpr"
    )
}
