//! The pages that teach: parts of the documentation, as they stand there.

use clap::ValueEnum;

const README: &str = include_str!("../../README.md");
const MANIFEST: &str = include_str!("../../MANIFEST.md");

/// A page of `reprove help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HelpPage {
    /// The manifest, key by key
    Manifest,
    /// Verdicts, tolerances, and how many runs
    Statistics,
    /// Experiments that reprove trains
    Recipes,
    /// A gate for a repository's results
    Ci,
    /// Runs as jobs of Slurm
    Cluster,
}

/// The names of the pages.
pub fn page_names() -> Vec<String> {
    let pages = HelpPage::value_variants()
        .iter()
        .filter_map(HelpPage::to_possible_value);
    pages.map(|page| page.get_name().to_owned()).collect()
}

impl HelpPage {
    /// Its Markdown.
    pub fn markdown(self) -> String {
        let first = match self {
            Self::Manifest => include_str!("../pages/manifest.md"),
            Self::Statistics => include_str!("../pages/statistics.md"),
            Self::Recipes => include_str!("../pages/recipes.md"),
            Self::Ci => include_str!("../pages/ci.md"),
            Self::Cluster => include_str!("../pages/cluster.md"),
        };
        let rest = match self {
            Self::Manifest => MANIFEST.to_owned(),
            Self::Statistics => section(README, "What the output means"),
            Self::Recipes => section(README, "What a recipe can say"),
            Self::Ci => section(README, "Evidence"),
            Self::Cluster => section(README, "Interrupted, continued, moved"),
        };
        format!("{first}\n{rest}")
    }
}

/// The section of a page with this heading of the second level, its heading included.
fn section(page: &str, heading: &str) -> String {
    let mut sections = page.split("\n## ");
    let found = sections.find(|section| section.starts_with(heading));
    found.map_or_else(String::new, |section| format!("## {section}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_parts() {
        for page in HelpPage::value_variants() {
            let markdown = page.markdown();
            let headings = markdown
                .lines()
                .filter(|line| line.starts_with('#'))
                .count();
            assert!(headings >= 2, "{page:?}: {headings}");
            assert!(markdown.contains("```console"), "{page:?}");
        }
        assert_eq!(section(README, "No such section"), "");
    }
}
