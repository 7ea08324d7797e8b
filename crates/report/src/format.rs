//! The formats of a report and the one door to their renderers.

use std::ffi::OsStr;
use std::path::Path;

use super::{Options, Report, visible};
use super::{annotations, badge, card, checklist, csv, html, junit, latex, markdown, terminal};
use reprove_model::diagnostics::{Hint, nearest};

/// A form in which a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// For a terminal.
    Text,
    /// All of it, for programs; `reprove report` reads it again.
    Json,
    /// For a pull request or the summary of a CI run.
    Markdown,
    /// One self-contained page with a figure a claim.
    Html,
    /// A booktabs table, and a macro a number.
    Latex,
    /// For CI systems that read test results.
    Junit,
    /// A line a claim.
    Csv,
    /// A small SVG that says the verdict.
    Badge,
    /// An SVG card with the verdict and the first claims.
    Card,
    /// Workflow commands that GitHub shows beside a change.
    Annotations,
    /// The items of the NeurIPS paper checklist that the evidence can answer.
    Checklist,
}

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// No format has this name.
    #[error("expected a format ({}), found `{found}`", names())]
    UnknownFormat {
        /// The name as it was given.
        found: String,
        /// The format whose name is nearest, where one is near.
        nearest: Option<&'static str>,
    },
    /// The ending of the file's name says no format.
    #[error("`{file}`: the ending says no format; expected {}", endings())]
    UnknownEnding {
        /// The file as it was given.
        file: String,
    },
    /// JSON could not be written.
    #[error("the report cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JUnit could not be written.
    #[error("the report cannot be written as JUnit: {0}")]
    Junit(#[from] quick_junit::SerializeError),
    /// CSV could not be written.
    #[error("the report cannot be written as CSV: {0}")]
    Csv(#[from] ::csv::Error),
    /// The HTML template failed.
    #[error("the report cannot be written as HTML: {0}")]
    Html(#[from] askama::Error),
}

impl Hint for RenderError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownFormat { nearest, .. } => {
                nearest.map(|name| format!("the nearest is `{name}`"))
            }
            Self::UnknownEnding { .. } => Some("name the format with `--format`".to_owned()),
            _ => None,
        }
    }
}

impl Format {
    /// Every format, in the order to list them.
    pub const ALL: [Self; 11] = [
        Self::Text,
        Self::Json,
        Self::Markdown,
        Self::Html,
        Self::Latex,
        Self::Junit,
        Self::Csv,
        Self::Badge,
        Self::Card,
        Self::Annotations,
        Self::Checklist,
    ];

    /// The name that `--format` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Latex => "latex",
            Self::Junit => "junit",
            Self::Csv => "csv",
            Self::Badge => "badge",
            Self::Card => "card",
            Self::Annotations => "annotations",
            Self::Checklist => "checklist",
        }
    }

    /// The endings of file names that mean this format.
    ///
    /// Three formats share theirs with another and need `--format`: a card is an SVG as a badge is,
    /// a checklist is Markdown, annotations are text.
    fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["txt"],
            Self::Json => &["json"],
            Self::Markdown => &["md", "markdown"],
            Self::Html => &["html", "htm"],
            Self::Latex => &["tex"],
            Self::Junit => &["xml"],
            Self::Csv => &["csv"],
            Self::Badge => &["svg"],
            Self::Card | Self::Annotations | Self::Checklist => &[],
        }
    }

    /// The format named `name`, in any case; `md` and `tex` are understood too.
    ///
    /// # Errors
    /// [`RenderError::UnknownFormat`] with the nearest name.
    pub fn parse(name: &str) -> Result<Self, RenderError> {
        let lower = name.to_lowercase();
        Self::ALL
            .into_iter()
            .find(|format| format.name() == lower || format.endings().contains(&lower.as_str()))
            .ok_or_else(|| RenderError::UnknownFormat {
                found: name.to_owned(),
                nearest: nearest(name, Self::ALL.map(Self::name)).and_then(|near| {
                    Self::ALL
                        .map(Self::name)
                        .into_iter()
                        .find(|name| *name == near)
                }),
            })
    }

    /// The format that the ending of `path` means: `.svg` is a badge, `.xml` JUnit.
    ///
    /// # Errors
    /// [`RenderError::UnknownEnding`].
    pub fn from_extension(path: &Path) -> Result<Self, RenderError> {
        let ending = path
            .extension()
            .and_then(OsStr::to_str)
            .map(str::to_lowercase);
        Self::ALL
            .into_iter()
            .find(|format| {
                ending
                    .as_deref()
                    .is_some_and(|ending| format.endings().contains(&ending))
            })
            .ok_or_else(|| RenderError::UnknownEnding {
                file: path.display().to_string(),
            })
    }
}

fn names() -> String {
    Format::ALL
        .map(|format| format!("`{}`", format.name()))
        .join(", ")
}

fn endings() -> String {
    let endings: Vec<String> = Format::ALL
        .iter()
        .flat_map(|format| format.endings())
        .map(|ending| format!("`.{ending}`"))
        .collect();
    endings.join(", ")
}

/// The report in `format`.
///
/// Texts that come from elsewhere are escaped for the format, and characters that a reader cannot see
/// are written out.
///
/// # Errors
/// Only where a serialiser, a writer or the template fails, for which no report is known.
pub fn render(report: &Report, format: Format, options: &Options) -> Result<String, RenderError> {
    if format == Format::Json {
        return Ok(report.to_json()?);
    }
    let report = &visible::report(report);
    Ok(match format {
        Format::Text | Format::Json => terminal::render(report, options),
        Format::Markdown => markdown::render(report),
        Format::Html => html::render(report, options.place)?,
        Format::Latex => latex::render(report),
        Format::Junit => junit::render(report, options)?,
        Format::Csv => csv::render(report)?,
        Format::Badge => badge::render(report),
        Format::Card => card::render(report),
        Format::Annotations => annotations::render(report),
        Format::Checklist => checklist::render(report),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn names_and_endings_are_understood() {
        for format in Format::ALL {
            assert_eq!(Format::parse(format.name()).unwrap(), format);
            for ending in format.endings() {
                let path = format!("out/report.{}", ending.to_uppercase());
                assert_eq!(Format::from_extension(Path::new(&path)).unwrap(), format);
            }
        }
        assert_eq!(Format::parse("MD").unwrap(), Format::Markdown);
    }

    #[test]
    fn an_unknown_name_gets_the_nearest() {
        let error = Format::parse("markdwon").unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a format (`text`, `json`, `markdown`, `html`, `latex`, `junit`, `csv`, \
             `badge`, `card`, `annotations`, `checklist`), found `markdwon`"
        );
        assert_eq!(error.hint().as_deref(), Some("the nearest is `markdown`"));
        let error = Format::from_extension(Path::new("report.pdf")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`report.pdf`: the ending says no format; expected `.txt`, `.json`, `.md`, \
             `.markdown`, `.html`, `.htm`, `.tex`, `.xml`, `.csv`, `.svg`"
        );
        assert_eq!(
            error.hint().as_deref(),
            Some("name the format with `--format`")
        );
    }

    #[test]
    fn corrected_refutations_are_in_every_format_with_room_for_them() {
        let mut report = fixture::example();
        report.accusations = Some(vec![report.claims[1].id.clone()]);
        let is_small = |format: &Format| matches!(format, Format::Badge | Format::Card);
        for format in Format::ALL.into_iter().filter(|format| !is_small(format)) {
            let text = render(&report, format, &Options::default()).unwrap();
            let words = match format {
                Format::Json => "\"accusations\": [",
                Format::Csv => "refuted_after_correction",
                _ => "corrected",
            };
            assert!(text.contains(words), "{}", format.name());
        }
    }

    #[test]
    fn json_is_the_report_to_the_last_bit() {
        let report = fixture::example();
        let json = render(&report, Format::Json, &Options::default()).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
        // So is a list of them, and neither has a character that cannot be seen.
        let two = [report.clone(), report];
        let list = super::super::list_json(&two).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Report>>(&list).unwrap(), two);
        assert!(!list.contains('\u{202e}'));
    }

    #[test]
    fn a_report_with_nothing_but_a_broken_pin_can_be_drawn() {
        let mut report = fixture::example();
        report.verdict = super::super::Overall::CouldNotVerify;
        report.claims.clear();
        report.runs.clear();
        report.counts = super::super::Counts::default();
        report.title = None;
        report.paper.clear();
        for format in Format::ALL {
            let text = render(&report, format, &Options::default())
                .unwrap()
                .to_lowercase();
            let said = text.contains("could not verify") || text.contains("could_not_verify");
            let broken = text.contains("broken");
            assert!(said || broken || format == Format::Csv, "{format:?}");
        }
    }

    #[test]
    fn an_experiment_that_was_not_made_ready_is_said_in_every_format_with_room_for_it() {
        let mut report = fixture::example();
        report.verdict = super::super::Overall::CouldNotVerify;
        report.claims.clear();
        report.runs.clear();
        report.counts = super::super::Counts::default();
        report.failure = Some(super::super::Failure {
            kind: "would_not_build".to_owned(),
            message: "build step `make <b>`: exit status 3".to_owned(),
            hint: Some("install gcc".to_owned()),
            log_tail: vec!["```<script>\u{202e}".to_owned(), "the last line".to_owned()],
        });
        let drawn = |format| render(&report, format, &Options::default()).unwrap();
        for format in Format::ALL {
            let text = drawn(format);
            assert!(!text.contains('\u{202e}'), "{format:?}");
            use Format::{Badge, Card, Checklist, Csv};
            if matches!(format, Badge | Card | Checklist | Csv) {
                continue;
            }
            let kind = text.contains("would not build") || text.contains("would_not_build");
            assert!(kind && text.contains("exit status 3"), "{text}");
            if format != Format::Annotations {
                assert!(text.contains("the last line"), "{text}");
            }
        }
        assert!(drawn(Format::Html).contains("`make &#60;b&#62;`"));
        assert!(drawn(Format::Markdown).contains("````text\n```<script>"));
        assert!(drawn(Format::Latex).contains("\\newcommand{\\reproveFailure}{would not build: "));
        assert!(drawn(Format::Junit).contains("type=\"would_not_build\""));
        assert!(drawn(Format::Text).contains("    | the last line\n  hint  install gcc\n"));
    }

    #[test]
    fn no_format_lets_an_unseen_character_through() {
        for format in Format::ALL {
            let text = render(&fixture::example(), format, &Options::default()).unwrap();
            assert!(!text.contains('\u{1b}'), "{format:?}");
            assert!(!text.contains('\u{202e}'), "{format:?}");
        }
    }
}
