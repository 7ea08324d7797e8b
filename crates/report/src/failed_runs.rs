//! Runs without a value: kind of failure, runs, and last lines of the log. Runs that fail alike form
//! one group.

use super::text::cut;
use super::{ClaimReport, FailureReport, Report, RunReport, claims, text};

/// So many runs of a group are named.
const NAMED: usize = 4;
/// Last lines of a log that are shown, and characters of a line.
const LINES: usize = 30;
const COLUMNS: usize = 400;

/// Runs that ended alike, without a value.
pub struct FailedRuns<'r> {
    runs: Vec<&'r RunReport>,
}

/// The runs without a value, those that ended alike together, in the order of the first of each.
pub fn groups<'r>(runs: impl IntoIterator<Item = &'r RunReport>) -> Vec<FailedRuns<'r>> {
    let mut groups: Vec<FailedRuns<'_>> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    for run in runs.into_iter().filter(|run| !text::has_finished(run)) {
        let place = *places
            .entry((&run.outcome, &run.message))
            .or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.runs.push(run),
            None => groups.push(FailedRuns { runs: vec![run] }),
        }
    }
    groups
}

/// The same of those runs that a claim needs.
pub fn of_claim<'r>(claim: &ClaimReport, report: &'r Report) -> Vec<FailedRuns<'r>> {
    let arms = claims::arms(claim);
    let is_needed = |run: &&RunReport| match &run.configuration {
        None => arms.is_empty(),
        Some(name) => arms.contains(&name.as_str()),
    };
    groups(report.runs.iter().filter(is_needed))
}

impl FailedRuns<'_> {
    /// Which runs: `h3 seed 1, h3 seed 2 and 8 more runs`.
    pub fn who(&self) -> String {
        let named: Vec<String> = self.runs.iter().take(NAMED).map(|run| name(run)).collect();
        match self.runs.len() - named.len() {
            0 => named.join(", "),
            1 => format!("{} and 1 more run", named.join(", ")),
            more => format!("{} and {more} more runs", named.join(", ")),
        }
    }

    /// How they ended: `dependency missing: No module named 'numpy'`.
    pub fn how(&self) -> String {
        let first = self.runs[0];
        let message = first.message.as_deref().unwrap_or("no message");
        format!("{}: {message}", first.outcome.words())
    }

    /// The first of the runs that has a log to show.
    fn shown(&self) -> Option<&RunReport> {
        let mut runs = self.runs.iter().copied();
        runs.find(|run| !run.log_tail.is_empty())
    }

    /// The last lines of the log of one of them, cut.
    pub fn tail(&self) -> Vec<String> {
        self.shown()
            .map_or_else(Vec::new, |run| tail(&run.log_tail))
    }

    /// Whose lines these are, where others ended alike.
    pub fn of_whom(&self) -> Option<String> {
        self.shown().filter(|_| self.runs.len() > 1).map(name)
    }

    /// Where the log lies, of the same run.
    pub fn log(&self) -> Option<&str> {
        let run = self.shown().unwrap_or(self.runs[0]);
        run.log.as_deref()
    }

    /// The group as lines of text: its runs and their end, then the last lines, indented.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{}: {}", self.who(), self.how())];
        lines.extend(self.of_whom().map(|run| format!("  the log of {run}:")));
        lines.extend(self.tail().iter().map(|line| format!("  | {line}")));
        lines
    }
}

/// A run in words.
pub fn name(run: &RunReport) -> String {
    match &run.configuration {
        Some(name) => format!("{name} seed {}", run.seed),
        None => format!("seed {}", run.seed),
    }
}

/// Why no run could be made: `would not build: build step …`.
pub fn failure(failure: &FailureReport) -> String {
    format!("{}: {}", failure.kind.words(), failure.message)
}

/// The last lines of a log as far as they are shown, long ones cut.
pub fn tail(lines: &[String]) -> Vec<String> {
    let first = lines.len().saturating_sub(LINES);
    lines[first..]
        .iter()
        .map(|line| cut(line, COLUMNS))
        .collect()
}

#[cfg(test)]
mod tests {
    use reprove_model::failure::FailureKind;
    use reprove_model::failure::OutcomeCode;

    use super::super::fixture;
    use super::*;

    #[test]
    fn runs_that_end_alike_are_said_once() {
        let mut report = fixture::example();
        report.runs.pop();
        let said = |report: &Report| -> Vec<(String, String)> {
            let groups = groups(&report.runs);
            groups
                .iter()
                .map(|group| (group.who(), group.how()))
                .collect()
        };
        let status = "crashed: the program ended with status 1".to_owned();
        let nan = "diverged: `test_accuracy` is NaN".to_owned();
        let three = "h3 seed 1, h3 seed 2, h3 seed 3".to_owned();
        assert_eq!(
            said(&report),
            [(three, status), ("h3 seed 4".to_owned(), nan)]
        );
        let group = &groups(&report.runs)[0];
        assert_eq!(group.tail().len(), 2);
        assert_eq!(group.of_whom().as_deref(), Some("h3 seed 1"));
        assert_eq!(group.log(), Some("runs/h3/1/stderr.log"));
        for run in &mut report.runs {
            run.configuration = None;
            run.outcome = OutcomeCode::Failed(FailureKind::NoGpu);
            run.message = None;
        }
        let more = report.runs.len() - NAMED;
        let who = format!("seed 1, seed 2, seed 3, seed 4 and {more} more runs");
        assert_eq!(said(&report), [(who, "no GPU: no message".to_owned())]);
    }

    #[test]
    fn a_claim_has_the_runs_of_its_configurations() {
        let report = fixture::example();
        let mut claim = report.claims[0].clone();
        let mut count = |name: &str| {
            claim.configuration = Some(name.to_owned());
            of_claim(&claim, &report).len()
        };
        assert_eq!((count("h3"), count("h12 − h3"), count("h12")), (2, 2, 0));
        claim.configuration = None;
        assert!(of_claim(&claim, &report).is_empty());
    }

    #[test]
    fn long_logs_and_long_lines_are_cut() {
        let lines: Vec<String> = (0..99).map(|n| format!("{n:0400}")).collect();
        let shown = tail(&lines);
        assert_eq!(shown.len(), LINES);
        assert!(shown.iter().all(|line| line.chars().count() == COLUMNS));
    }
}
