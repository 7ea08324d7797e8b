//! The report formats: one file each, listed in one table.
//!
//! A format is a file with a [`FormatSpec`], a variant of [`Format`], and a row in [`Format::spec`].

use std::ffi::OsStr;
use std::path::Path;

use super::format_spec::{FormatSpec, Input, RenderError};
use super::{RenderOptions, Report, visible};
use super::{
    annotations, badge, card, checklist, csv, html, json, junit, latex, markdown, tap, terminal,
};
use reprove_model::diagnostics::nearest;

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Text for a terminal.
    Text,
    /// The whole report, for programs; `reprove report` reads it again.
    Json,
    /// Markdown for a pull request or the summary of a CI run.
    Markdown,
    /// One self-contained page with a figure for each claim.
    Html,
    /// A booktabs table, and a macro for each number.
    Latex,
    /// JUnit XML, for CI systems that read test results.
    Junit,
    /// A line for each claim.
    Csv,
    /// A small SVG with the verdict.
    Badge,
    /// An SVG card with the verdict and the first claims.
    Card,
    /// Workflow commands that GitHub shows beside a change.
    Annotations,
    /// The items of the NeurIPS paper checklist that the evidence can answer.
    Checklist,
    /// The Test Anything Protocol, for test harnesses.
    Tap,
}

impl Format {
    /// Every format, in the order to list them.
    pub const ALL: [Self; 12] = [
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
        Self::Tap,
    ];

    /// The definition of the format.
    pub const fn spec(self) -> &'static FormatSpec {
        match self {
            Self::Text => &terminal::FORMAT,
            Self::Json => &json::FORMAT,
            Self::Markdown => &markdown::FORMAT,
            Self::Html => &html::FORMAT,
            Self::Latex => &latex::FORMAT,
            Self::Junit => &junit::FORMAT,
            Self::Csv => &csv::FORMAT,
            Self::Badge => &badge::FORMAT,
            Self::Card => &card::FORMAT,
            Self::Annotations => &annotations::FORMAT,
            Self::Checklist => &checklist::FORMAT,
            Self::Tap => &tap::FORMAT,
        }
    }

    /// The name of the format.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// Other names of the format: its extensions that are not its name.
    pub fn aliases(self) -> impl Iterator<Item = &'static str> {
        let spec = self.spec();
        let names = spec.extensions.iter().copied();
        names.filter(|extension| *extension != spec.name)
    }

    /// The format named `name`, in any case; an extension is a name too.
    ///
    /// # Errors
    /// [`RenderError::UnknownFormat`] with the nearest name.
    pub fn parse(name: &str) -> Result<Self, RenderError> {
        let lower = name.to_lowercase();
        let all = || Self::ALL.map(Self::name).into_iter();
        Self::ALL
            .into_iter()
            .find(|format| format.name() == lower || format.aliases().any(|alias| alias == lower))
            .ok_or_else(|| RenderError::UnknownFormat {
                expected: names(),
                found: name.to_owned(),
                nearest: nearest(name, all()).and_then(|near| all().find(|name| *name == near)),
            })
    }

    /// The format that the extension of `path` means: `.svg` is a badge, `.xml` JUnit.
    ///
    /// # Errors
    /// [`RenderError::UnknownExtension`].
    pub fn from_extension(path: &Path) -> Result<Self, RenderError> {
        let extension = path
            .extension()
            .and_then(OsStr::to_str)
            .map(str::to_lowercase);
        let has = |format: &Self| {
            let extensions = format.spec().extensions.iter();
            extension.is_some() && extensions.copied().any(|e| Some(e) == extension.as_deref())
        };
        Self::ALL
            .into_iter()
            .find(has)
            .ok_or_else(|| RenderError::UnknownExtension {
                file: path.display().to_string(),
                expected: extensions(),
            })
    }
}

fn names() -> String {
    Format::ALL
        .map(|format| format!("`{}`", format.name()))
        .join(", ")
}

fn extensions() -> String {
    let extensions: Vec<String> = Format::ALL
        .iter()
        .flat_map(|format| format.spec().extensions)
        .map(|extension| format!("`.{extension}`"))
        .collect();
    extensions.join(", ")
}

/// The report in `format`.
///
/// Texts that come from elsewhere are escaped for the format, and characters that a reader cannot see
/// are written out.
///
/// ```
/// use reprove_report::{Format, RenderOptions, Report, render};
///
/// let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/reports/example.json");
/// let report = Report::from_json(&std::fs::read(file)?)?;
/// let text = render(&report, Format::Tap, &RenderOptions::default())?;
/// assert!(text.starts_with("TAP version 14\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`RenderError::Failed`], for which no report is known.
pub fn render(
    report: &Report,
    format: Format,
    options: &RenderOptions,
) -> Result<String, RenderError> {
    let spec = format.spec();
    match spec.input {
        Input::Raw => (spec.render)(report, options),
        Input::Visible => (spec.render)(&visible::report(report), options),
    }
}

#[cfg(test)]
mod tests {
    use reprove_model::diagnostics::Hint;

    use super::super::fixture;
    use super::*;

    #[test]
    fn names_and_extensions_are_understood() {
        for format in Format::ALL {
            assert_eq!(Format::parse(format.name()).unwrap(), format);
            for extension in format.spec().extensions {
                let path = format!("out/report.{}", extension.to_uppercase());
                assert_eq!(Format::from_extension(Path::new(&path)).unwrap(), format);
            }
        }
        assert_eq!(Format::parse("MD").unwrap(), Format::Markdown);
        let mut names: Vec<&str> = Format::ALL.map(Format::name).to_vec();
        names.extend(Format::ALL.into_iter().flat_map(Format::aliases));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "a name belongs to one format");
    }

    #[test]
    fn an_unknown_name_gets_the_nearest() {
        let error = Format::parse("markdwon").unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a format (`text`, `json`, `markdown`, `html`, `latex`, `junit`, `csv`, \
             `badge`, `card`, `annotations`, `checklist`, `tap`), found `markdwon`"
        );
        assert_eq!(error.hint().as_deref(), Some("the nearest is `markdown`"));
        let error = Format::from_extension(Path::new("report.pdf")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`report.pdf`: the extension names no format; expected `.txt`, `.json`, `.md`, \
             `.markdown`, `.html`, `.htm`, `.tex`, `.xml`, `.csv`, `.svg`, `.tap`"
        );
        assert_eq!(error.hint(), None);
    }

    #[test]
    fn corrected_refutations_are_in_every_format_with_room_for_them() {
        let mut report = fixture::example();
        report.refuted_after_correction = Some(vec![report.claims[1].id.clone()]);
        let is_small = |format: &Format| matches!(format, Format::Badge | Format::Card);
        for format in Format::ALL.into_iter().filter(|format| !is_small(format)) {
            let text = render(&report, format, &RenderOptions::default()).unwrap();
            let words = match format {
                Format::Json => "\"refuted_after_correction\": [",
                Format::Csv => "refuted_after_correction",
                _ => "corrected",
            };
            assert!(text.contains(words), "{}", format.name());
        }
    }

    #[test]
    fn every_warning_stands_in_every_format() {
        let mut report = fixture::example();
        report.verdict = super::super::Overall::Reproduced;
        report.claims.truncate(1);
        assert_eq!(
            report.claims[0].verdict,
            super::super::ClaimVerdict::Reproduced
        );
        let claim = report.claims[0].clone();
        for count in [1, 30] {
            report.claims = vec![claim.clone(); count];
            for format in Format::ALL {
                let text = render(&report, format, &RenderOptions::default()).unwrap();
                // A badge has room for the verdict alone.
                let is_said = text.contains("higher was taken as better");
                assert!(is_said || format == Format::Badge, "{}", format.name());
            }
        }
    }

    #[test]
    fn json_is_the_report_to_the_last_bit() {
        let report = fixture::example();
        let json = render(&report, Format::Json, &RenderOptions::default()).unwrap();
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
            let text = render(&report, format, &RenderOptions::default())
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
        report.failure = Some(super::super::FailureReport {
            kind: reprove_model::obstacle::Obstacle::WouldNotBuild,
            message: "build step `make <b>`: exit status 3".to_owned(),
            hint: Some("install gcc".to_owned()),
            log_tail: vec!["```<script>\u{202e}".to_owned(), "the last line".to_owned()],
        });
        let drawn = |format| render(&report, format, &RenderOptions::default()).unwrap();
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
            let text = render(&fixture::example(), format, &RenderOptions::default()).unwrap();
            assert!(!text.contains('\u{1b}'), "{format:?}");
            assert!(!text.contains('\u{202e}'), "{format:?}");
        }
    }
}
