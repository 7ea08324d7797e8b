//! The words of facts around the claims: pins, runs, costs, the paper, the program.

use super::super::number::{self, plain};
use super::super::{Cost, Pin, PinStatus, Report, RunReport};
use reprove_model::failure::OutcomeCode;

/// `text` cut to `length` characters, with `…` where something is left off.
pub fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        None => text.to_owned(),
        Some(_) => text.chars().take(length - 1).chain(['…']).collect(),
    }
}

/// Whether the pin stops a verification.
pub fn is_broken(pin: &Pin) -> bool {
    match pin.status {
        PinStatus::Broken | PinStatus::Missing | PinStatus::Unreadable => true,
        PinStatus::Holds | PinStatus::Unknown => false,
    }
}

/// Whether the run gave its values.
pub fn has_finished(run: &RunReport) -> bool {
    run.outcome == OutcomeCode::Finished
}

/// What this verification spent, and what the runs cost that it rests on, a named fact each.
pub fn cost(cost: &Cost) -> Vec<(&'static str, String)> {
    let mut runs = format!("{} of at most {}", cost.runs, cost.runs_planned);
    // Where runs of earlier verifications are used, both sums stand.
    let all = cost.rests_on.filter(|all| all.runs > cost.runs);
    if let Some(all) = all {
        let earlier = all.runs - cost.runs;
        runs = format!("{runs} made now, {earlier} kept from earlier");
    }
    let both = |now: f64, all: Option<f64>| match all {
        Some(all) => {
            let (now, all) = (number::duration(now), number::duration(all));
            format!("{now} now, {all} for all runs")
        }
        None => number::duration(now),
    };
    let mut facts = vec![
        ("runs", runs),
        ("time", number::duration(cost.wall_seconds)),
        (
            "processor time",
            both(cost.cpu_seconds, all.map(|all| all.cpu_seconds)),
        ),
    ];
    let gpu_seconds = all.map(|all| all.gpu_seconds);
    if cost.gpu_seconds > 0.0 || gpu_seconds.is_some_and(|seconds| seconds > 0.0) {
        facts.push(("GPU time", both(cost.gpu_seconds, gpu_seconds)));
    }
    if let Some(bytes) = cost.max_rss_bytes {
        facts.push(("peak memory of a run", number::bytes(bytes)));
    }
    let with = |text: String, method: &Option<String>| match method {
        Some(method) => format!("{text} ({method})"),
        None => text,
    };
    if let Some(energy) = cost.energy_wh {
        let text = format!("{} Wh", plain(energy));
        facts.push(("energy", with(text, &cost.energy_method)));
    }
    if let Some(carbon) = cost.carbon_g {
        let text = format!("{} g CO2 equivalent", plain(carbon));
        facts.push(("carbon", with(text, &cost.carbon_method)));
    }
    facts
}

/// What wrote the report: `reprove 0.1.0 (commit 9fceb02d0ae5)`.
pub fn program(report: &Report) -> String {
    let program = &report.reprove;
    match &program.commit {
        Some(commit) => {
            let short: String = commit.chars().take(12).collect();
            format!("reprove {} (commit {short})", program.version)
        }
        None => format!("reprove {}", program.version),
    }
}

/// The title, or the file of the manifest where it has none.
pub fn title(report: &Report) -> &str {
    report.title.as_deref().unwrap_or(&report.manifest.file)
}

/// The facts of the paper in one line: `R. P. Gorman, 1988, doi 10.1016/…`.
pub fn paper(report: &Report) -> Option<String> {
    let facts: Vec<String> = report
        .paper
        .iter()
        .map(|fact| match fact.name.as_str() {
            "doi" | "arxiv" | "isbn" => format!("{} {}", fact.name, fact.value),
            _ => fact.value.clone(),
        })
        .collect();
    (!facts.is_empty()).then(|| facts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture;
    use super::*;

    #[test]
    fn kept_runs_are_part_of_the_cost() {
        let mut cost = fixture::example().cost;
        let fact = |cost: &Cost, name: &str| {
            let mut facts = self::cost(cost).into_iter();
            facts.find(|(fact, _)| *fact == name).unwrap().1
        };
        assert_eq!(
            fact(&cost, "runs"),
            "43 of at most 150 made now, 4 kept from earlier"
        );
        assert_eq!(
            fact(&cost, "processor time"),
            "1 min 16 s now, 1 min 24 s for all runs"
        );
        cost.rests_on = None;
        assert_eq!(fact(&cost, "runs"), "43 of at most 150");
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
    }
}
