//! The formats that tables are read from.

use crate::document::TableDocument;
use crate::error::ImportError;
use crate::readers::{
    read_csv, read_html, read_json, read_latex, read_layout, read_markdown, read_yaml,
};
use crate::source::SourceFiles;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TableFormat {
    /// LaTeX.
    Latex,
    /// Markdown, with HTML in it.
    Markdown,
    /// HTML.
    Html,
    /// Values separated by commas, semicolons or tabs.
    Csv,
    /// YAML: `model-index` and metafiles.
    Yaml,
    /// JSON and JSON lines.
    Json,
    /// Text of `pdftotext -layout`.
    Layout,
}

impl TableFormat {
    /// All formats.
    pub const ALL: [TableFormat; 7] = [
        TableFormat::Latex,
        TableFormat::Markdown,
        TableFormat::Html,
        TableFormat::Csv,
        TableFormat::Yaml,
        TableFormat::Json,
        TableFormat::Layout,
    ];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            TableFormat::Latex => "latex",
            TableFormat::Markdown => "markdown",
            TableFormat::Html => "html",
            TableFormat::Csv => "csv",
            TableFormat::Yaml => "yaml",
            TableFormat::Json => "json",
            TableFormat::Layout => "layout",
        }
    }

    /// What is read in it, a phrase for help.
    pub fn summary(self) -> &'static str {
        match self {
            TableFormat::Latex => "LaTeX",
            TableFormat::Markdown => "Markdown, with HTML in it",
            TableFormat::Html => "HTML",
            TableFormat::Csv => "Values separated by commas, semicolons or tabs",
            TableFormat::Yaml => "A model card's metadata",
            TableFormat::Json => "Records, harness results, summaries of runs",
            TableFormat::Layout => "Text of `pdftotext -layout`",
        }
    }

    /// The format with a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format of a file name, by its extension.
    pub fn of_file(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        Some(match extension.to_ascii_lowercase().as_str() {
            "tex" | "ltx" | "latex" => TableFormat::Latex,
            "md" | "markdown" | "mdx" | "rmd" | "qmd" => TableFormat::Markdown,
            "html" | "htm" | "xhtml" => TableFormat::Html,
            "csv" | "tsv" | "tab" => TableFormat::Csv,
            "yaml" | "yml" => TableFormat::Yaml,
            "json" | "jsonl" | "ndjson" => TableFormat::Json,
            "txt" | "text" => TableFormat::Layout,
            _ => return None,
        })
    }

    /// Reads the main file of `files`.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read(self, files: &mut SourceFiles) -> Result<TableDocument, ImportError> {
        match self {
            TableFormat::Latex => read_latex(files),
            TableFormat::Layout => read_layout(files),
            TableFormat::Csv => read_csv(files),
            TableFormat::Html => read_html(files),
            TableFormat::Markdown => read_markdown(files),
            TableFormat::Yaml => read_yaml(files),
            TableFormat::Json => read_json(files),
        }
    }
}
