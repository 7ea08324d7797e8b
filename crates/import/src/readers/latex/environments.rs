//! Environments by what they hold.

/// Arguments of an environment that is a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arguments {
    /// `[position]{columns}`
    Plain,
    /// `{width}[position]{columns}`
    Width,
    /// `[position]{columns}[keys]`
    Nice,
    /// `to width {columns}`
    Tabu,
    /// `[outer]{columns or keys}`
    Tabularray,
}

/// Arguments of an environment; none if it is no table.
pub(super) fn table_arguments(name: &str) -> Option<Arguments> {
    Some(match name {
        "tabular" | "longtable" | "longtable*" | "array" | "supertabular" | "supertabular*"
        | "mpsupertabular" | "xtabular" | "tabularl" | "tabularc" | "sidewaystabular"
        | "deluxetable" | "ltabulary*" => Arguments::Plain,
        "tabular*" | "tabularx" | "tabulary" | "xltabular" | "NiceTabular*" | "NiceTabularX"
        | "ltxtabular" | "ltabulary" | "tabularx*" => Arguments::Width,
        "NiceTabular" | "NiceArray" => Arguments::Nice,
        "tabu" | "longtabu" => Arguments::Tabu,
        "tblr" | "longtblr" | "talltblr" | "booktabs" => Arguments::Tabularray,
        _ => return None,
    })
}

/// Environments that hold tables with a caption or notes of their own.
pub(super) const FLOATS: &[&str] = &[
    "table",
    "table*",
    "sidewaystable",
    "sidewaystable*",
    "wraptable",
    "margintable",
    "figure",
    "figure*",
    "subtable",
    "subfigure",
    "minipage",
    "threeparttable",
    "measuredfigure",
    "SCtable",
    "floatrow",
    "ThreePartTable",
    "algorithm",
];

/// Environments of notes below a table.
pub(super) const NOTES: &[&str] = &["tablenotes", "TableNotes", "tabnotes", "tablenote"];

/// Environments that hold neither tables nor text about them.
pub(super) const PASSED: &[&str] = &[
    "equation",
    "equation*",
    "align",
    "align*",
    "gather",
    "gather*",
    "eqnarray",
    "multline",
    "displaymath",
    "tikzpicture",
    "pgfpicture",
    "picture",
    "thebibliography",
    "algorithmic",
];
