//! Chooses the observation of a metric that is the value of a run.

use reprove_metrics::{expected_number, is_lost, parse_number};

use super::error::{MetricRefusal, RunImportError};
use super::found::{FoundRun, Observation, RunState, Series};
use super::names::higher_is_better;
use super::table::RunValue;

/// Which of several observations of a metric in one run is its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunTake {
    /// The first.
    First,
    /// The last.
    Last,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The greatest or the least, by the direction of the metric.
    Best,
}

/// What is taken, with `Best` as a direction.
pub(crate) fn direction(metric: &str, take: Option<RunTake>) -> Result<RunTake, RunImportError> {
    match take {
        None => Ok(RunTake::Last),
        Some(RunTake::Best) => match higher_is_better(metric) {
            Some(true) => Ok(RunTake::Max),
            Some(false) => Ok(RunTake::Min),
            None => Err(RunImportError::NoDirection {
                name: metric.to_owned(),
            }),
        },
        Some(take @ (RunTake::First | RunTake::Last | RunTake::Min | RunTake::Max)) => Ok(take),
    }
}

/// Refuses a metric that is no value of a run. A summary over all steps is one where `take` asks for it.
pub(crate) fn check_refusal(
    name: &str,
    series: &Series,
    take: Option<RunTake>,
) -> Result<(), RunImportError> {
    let Some(why) = series.refusal else {
        return Ok(());
    };
    let is_asked = match (why, take) {
        (MetricRefusal::SummaryOfSteps, Some(RunTake::Min | RunTake::Max | RunTake::Best)) => true,
        (
            MetricRefusal::SummaryOfSteps
            | MetricRefusal::BestOfEvaluations
            | MetricRefusal::ErrorOverDocuments,
            _,
        ) => false,
    };
    match (is_asked, series.observations.first()) {
        (false, Some(first)) => Err(RunImportError::RefusedMetric {
            place: Box::new(first.value.place.clone()),
            name: name.to_owned(),
            why,
        }),
        (true, _) | (false, None) => Ok(()),
    }
}

/// The observation that counts.
pub(crate) fn chosen(
    series: &Series,
    take: RunTake,
) -> Result<Option<&Observation>, RunImportError> {
    let all = &series.observations;
    let number = |one: &Observation| {
        let number = parse_number(&one.value.text).map(|(value, _)| value);
        number.filter(|value| value.is_finite())
    };
    let extreme = |sign: f64| {
        let numbers = all
            .iter()
            .filter_map(|one| Some((sign * number(one)?, one)));
        let best = numbers.reduce(|best, one| if one.0 > best.0 { one } else { best });
        best.map(|(_, one)| one).or(all.last())
    };
    let chosen = match take {
        RunTake::First => all.first(),
        RunTake::Last | RunTake::Best => all.last(),
        RunTake::Max => extreme(1.0),
        RunTake::Min => extreme(-1.0),
    };
    match chosen {
        Some(Observation {
            value,
            ambiguous: Some(why),
            ..
        }) => Err(RunImportError::Unexpected {
            place: Box::new(value.place.clone()),
            reason: why.clone(),
        }),
        chosen => Ok(chosen),
    }
}

/// The value of a run. A run that its tool calls failed has none, whatever it wrote before.
pub(crate) fn value_of(
    run: &FoundRun,
    metric: &str,
    chosen: Option<&Observation>,
) -> Result<RunValue, RunImportError> {
    if let RunState::Lost(word) = &run.state {
        return Ok(RunValue::Failed(word.clone()));
    }
    let Some(chosen) = chosen else {
        return Ok(RunValue::Missing);
    };
    let text = chosen.value.text.trim();
    match parse_number(text) {
        Some((value, _)) if value.is_finite() => Ok(RunValue::Number(text.to_owned())),
        Some(_) => Ok(RunValue::Diverged(text.to_owned())),
        None if says_why(text) => Ok(RunValue::Failed(text.to_owned())),
        None if is_lost(text) => Ok(RunValue::Missing),
        None => Err(RunImportError::Unexpected {
            place: Box::new(chosen.value.place.clone()),
            reason: format!("`{metric}`: {}", expected_number(text)),
        }),
    }
}

/// Whether a word for a lost run says what became of it.
fn says_why(word: &str) -> bool {
    const BLANKS: [&str; 6] = ["none", "null", "na", "n/a", "missing", "#n/a"];
    let is_word = word.starts_with(|c: char| c.is_alphabetic());
    is_lost(word) && is_word && !BLANKS.contains(&word.to_lowercase().as_str())
}
