//! Options of the renderers.

/// Whether the text for a terminal has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    /// None: for a file, a pipe, or where `NO_COLOR` asks for it.
    #[default]
    Plain,
    /// Colours of the terminal.
    Coloured,
}

/// How JUnit, which has no third state, shows an undecided claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Undecided {
    /// `<error type="inconclusive">`: no CI takes it for a success.
    #[default]
    Error,
    /// `<skipped type="inconclusive">`, where the caller allows undecided claims.
    Skipped,
}

/// Place of an HTML page: links to a run's files work only in the evidence bundle that holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkBase {
    /// Anywhere: files are named.
    #[default]
    Anywhere,
    /// At the root of the evidence: files are linked.
    Evidence,
}

/// How a report is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderOptions {
    /// Columns of the text for a terminal; held between 60 and 120.
    pub width: usize,
    /// Colours of the text for a terminal.
    pub colour: Colour,
    /// How JUnit shows an undecided claim.
    pub undecided: Undecided,
    /// Where the page will lie.
    pub links: LinkBase,
    /// How a reader gets the claims that a long text leaves out, in the words of the program that
    /// renders it.
    pub way_to_all: Option<&'static str>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            width: 80,
            colour: Colour::Plain,
            undecided: Undecided::Error,
            links: LinkBase::Anywhere,
            way_to_all: None,
        }
    }
}
