//! Where numbers were read: file, line and text of what a run wrote.

use reprove_model::name::MetricName;
use std::collections::BTreeMap;

use super::failed_runs::name;
use super::text::cut;
use super::{Report, RunReport, number};

/// Where the numbers of one metric were read, by one of its runs.
pub struct Source<'r> {
    /// The metric.
    pub metric: &'r str,
    /// The first run that it was read of.
    run: &'r RunReport,
    /// Where: `stdout:3: accuracy 0.9`.
    place: &'r str,
    /// The other runs of the same configuration that it was read of.
    others: usize,
}

/// The metrics of each configuration, in the order of the runs; none where runs leave nothing to
/// read.
pub fn sources(report: &Report) -> Vec<Source<'_>> {
    let mut sources: Vec<Source<'_>> = Vec::new();
    let mut places = BTreeMap::new();
    for run in &report.runs {
        for (metric, place) in &run.origins {
            let index = *places
                .entry((&run.configuration, metric))
                .or_insert(sources.len());
            match sources.get_mut(index) {
                Some(source) => source.others += 1,
                None => sources.push(Source {
                    metric,
                    run,
                    place,
                    others: 0,
                }),
            }
        }
    }
    sources
}

impl Source<'_> {
    /// The metric with its configuration: `accuracy of h12`.
    pub fn name(&self) -> String {
        match &self.run.configuration {
            Some(configuration) => format!("{} of {configuration}", self.metric),
            None => self.metric.to_owned(),
        }
    }

    /// Where one was read, and of how many others: `stdout:3: accuracy 0.9 (seed 1, and 9 other
    /// runs in the same way)`; the place has at most `length` characters.
    pub fn place(&self, length: usize) -> String {
        let others = match self.others {
            0 => String::new(),
            others => format!(
                ", and {} in the same way",
                number::count(others, "other run")
            ),
        };
        format!(
            "{} (seed {}{others})",
            cut(self.place, length),
            self.run.seed
        )
    }
}

/// Every number of a run with its place, of at most `length` characters: `h12 seed 1, accuracy 0.9:
/// stdout:3: accuracy 0.9`.
pub fn of_run(run: &RunReport, length: usize) -> Vec<String> {
    let line = |(metric, place): (&MetricName, &String)| {
        let value = run.metrics.get(metric);
        let value = value.map_or("no finite number".to_owned(), |value| number::plain(*value));
        format!("{}, {metric} {value}: {}", name(run), cut(place, length))
    };
    run.origins.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_metric_is_said_once_a_configuration() {
        let mut report = fixture::example();
        report.runs.pop();
        let place = "metrics.json:1: {\"test_accuracy\": 87.6052}".to_owned();
        let said = |report: &Report| -> Vec<String> {
            let sources = sources(report);
            let line = |s: &Source<'_>| format!("{}: {}", s.name(), s.place(12));
            sources.iter().map(line).collect()
        };
        assert_eq!(
            said(&report),
            ["test_accuracy of h12: metrics.jso… (seed 1)"]
        );
        for run in &mut report.runs[..3] {
            run.configuration = None;
            run.origins = [("loss".into(), place.clone())].into();
        }
        assert_eq!(
            said(&report)[0],
            "loss: metrics.jso… (seed 1, and 2 other runs in the same way)"
        );
        let line = "seed 1, loss no finite number: metrics.jso…";
        assert_eq!(of_run(&report.runs[0], 12), [line]);
    }
}
