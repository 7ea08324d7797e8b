//! The rules of the decision.

use std::collections::BTreeMap;

use super::claim::{Basis, Decision, Looks, Method};
use super::common::word;
use super::document::DecisionDoc;
use super::error::{Problem, Problems};

/// The words of `basis`.
pub(super) const BASES: [(&str, Basis); 3] = [
    ("auto", Basis::Auto),
    ("process", Basis::Process),
    ("printed", Basis::Printed),
];

/// The words of `method`.
pub(super) const METHODS: [(&str, Method); 2] = [("both", Method::Both), ("t", Method::T)];

/// The decision with its defaults, and the defaults that the manifest does not state, as text. The number of
/// seeds is none where they are wrong.
pub(super) fn decision(
    doc: DecisionDoc,
    seeds: Option<usize>,
    problems: &mut Problems,
) -> Option<(Decision, BTreeMap<String, String>)> {
    let default = Decision::default();
    let alpha = doc.alpha.unwrap_or(default.alpha);
    let alpha = problems.keep(match alpha > 0.0 && alpha < 0.5 {
        true => Ok(alpha),
        false => Err(Problem::at(
            "decision.alpha",
            format!("expected a number between 0 and 0.5, found {alpha}"),
        )
        .hint(match alpha {
            confidence if (0.5..1.0).contains(&confidence) => {
                "write 1 minus the confidence: `0.05` for 95 %"
            }
            _ => "write `0.05` for 5 %",
        })),
    });
    let looks = problems.keep(looks(&doc));
    let bounds = Bounds {
        seeds,
        min_runs: doc.min_runs,
        max_runs: doc.max_runs,
    };
    let bounds = problems.keep(bounds.checked(default.min_runs));
    let basis = doc.basis.as_deref().unwrap_or("auto");
    let basis = problems.keep(word(basis, "decision.basis", &BASES));
    let method = doc.method.as_deref().unwrap_or("both");
    let method = problems.keep(word(method, "decision.method", &METHODS));
    let (min_runs, max_runs) = bounds?;
    let decision = Decision {
        alpha: alpha?,
        looks: looks?,
        min_runs,
        max_runs,
        max_failed: doc.max_failed.unwrap_or(default.max_failed),
        basis: basis?,
        method: method?,
    };
    let defaults = unstated(&doc, &decision, seeds?);
    Some((decision, defaults))
}

/// When the runs are looked at.
fn looks(doc: &DecisionDoc) -> Result<Looks, Problem> {
    match (doc.sequential, doc.open_ended) {
        (Some(false), Some(true)) => Err(Problem::at(
            "decision.open_ended",
            "an open-ended decision is sequential",
        )
        .hint("leave out `sequential: false`")),
        (_, Some(true)) => Ok(Looks::OpenEnded),
        (Some(false), _) => Ok(Looks::Fixed),
        _ => Ok(Looks::Sequential),
    }
}

/// The keys that the manifest leaves out, with the values that are used.
fn unstated(doc: &DecisionDoc, used: &Decision, seeds: usize) -> BTreeMap<String, String> {
    let is_sequential_stated = doc.sequential.is_some() || doc.open_ended.is_some();
    let keys = [
        ("alpha", doc.alpha.is_some(), used.alpha.to_string()),
        ("sequential", is_sequential_stated, "true".to_owned()),
        (
            "min_runs",
            doc.min_runs.is_some(),
            used.min_runs.to_string(),
        ),
        ("max_runs", doc.max_runs.is_some(), seeds.to_string()),
        (
            "max_failed",
            doc.max_failed.is_some(),
            used.max_failed.to_string(),
        ),
        ("basis", doc.basis.is_some(), "auto".to_owned()),
        ("method", doc.method.is_some(), "both".to_owned()),
    ];
    let left_out = keys.into_iter().filter(|(_, is_stated, _)| !is_stated);
    left_out
        .map(|(key, _, value)| (format!("decision.{key}"), value))
        .collect()
}

/// Runs at least and at most, against the seeds that there are.
struct Bounds {
    seeds: Option<usize>,
    min_runs: Option<u32>,
    max_runs: Option<u32>,
}

impl Bounds {
    fn checked(&self, default_min: u32) -> Result<(u32, Option<u32>), Problem> {
        let seeds = self.seeds.unwrap_or(usize::MAX);
        if let Some(max) = self.max_runs {
            if max == 0 {
                return Err(Problem::at(
                    "decision.max_runs",
                    "expected at least 1 run, found 0",
                ));
            }
            if max as usize > seeds {
                return Err(Problem::at(
                    "decision.max_runs",
                    format!("expected at most the {seeds} seeds that there are, found {max}"),
                )
                .hint("raise `seeds.count`, or lower `max_runs`"));
            }
        }
        let most = self.max_runs.map_or(seeds, |max| max as usize);
        match self.min_runs {
            None => Ok((default_min, self.max_runs)),
            Some(min) if min < 2 => Err(Problem::at(
                "decision.min_runs",
                format!("expected at least 2 runs, found {min}"),
            )),
            Some(min) if min as usize > most => Err(Problem::at(
                "decision.min_runs",
                format!("expected at most {most}, the runs that there are, found {min}"),
            )
            .hint("raise `seeds.count`, or lower `min_runs`")),
            Some(min) => Ok((min, self.max_runs)),
        }
    }
}
