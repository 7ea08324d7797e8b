//! The sentences below a verdict: the facts that a short reading needs.

use super::{ClaimReport, Report, SeedOrigin, SeedsReport, Warning, number, recomputation};
use reprove_decide::decision::FlagCode;
use reprove_model::deviation::DeviationCode;

/// Warnings that belong beside the verdict rather than below the numbers.
const WEIGHTY: [FlagCode; 6] = [
    FlagCode::WideTolerance,
    FlagCode::Rescaled,
    FlagCode::ImpossibleShare,
    FlagCode::LooksLikeBest,
    FlagCode::Lost,
    FlagCode::DeterminismAsserted,
];

/// The sentences on a report, in the order of their weight.
pub(super) fn remarks(report: &Report) -> Vec<String> {
    let mut remarks = Vec::new();
    let chosen = report.deviations.iter();
    let chosen = chosen.filter(|deviation| deviation.code == DeviationCode::ChosenSeeds);
    remarks.extend(chosen.map(|deviation| capitalised(&deviation.text)));
    remarks.extend(report.seeds.as_ref().and_then(overlap));
    remarks.extend(report.seeds.as_ref().and_then(derived));
    remarks.extend(recomputation::of_all(&report.claims));
    for claim in &report.claims {
        let of_claim = of_claim(claim).into_iter();
        remarks.extend(of_claim.map(|text| format!("{}: {text}.", claim.id)));
    }
    remarks
}

/// The warnings of a claim that stand beside its verdict.
pub(super) fn of_claim(claim: &ClaimReport) -> Vec<&str> {
    let warnings = claim.warnings.iter();
    warnings
        .filter(|warning| is_weighty(warning))
        .map(|warning| warning.text.as_str())
        .collect()
}

/// Whether a warning stands beside the verdict.
pub(super) fn is_weighty(warning: &Warning) -> bool {
    WEIGHTY.contains(&warning.code)
}

/// That some or all seeds are published ones.
fn overlap(seeds: &SeedsReport) -> Option<String> {
    let (published, planned) = (seeds.published.len(), seeds.planned);
    match (published, planned - published) {
        (0, _) => None,
        (_, 0) => Some(format!(
            "Published seeds only ({}): the runs are a recomputation, no evidence about fresh seeds.",
            number::count(planned, "seed")
        )),
        (_, fresh) => Some(format!(
            "{published} of {planned} seeds are published ones: their runs stand beside the verdicts, which rest on \
             the other {fresh}."
        )),
    }
}

/// The source of seeds that are not stated one by one.
fn derived(seeds: &SeedsReport) -> Option<String> {
    let count = number::count(seeds.planned, "seed");
    match (seeds.source, &seeds.nonce) {
        (SeedOrigin::Stated, _) => None,
        (SeedOrigin::Derived, Some(nonce)) => Some(format!(
            "Derived: {count}, from the commit, the experiment and the nonce `{nonce}`."
        )),
        (SeedOrigin::Derived, None) => Some(format!(
            "Derived: {count}, from the commit and the experiment without a nonce: the manifest's author could know \
             them."
        )),
    }
}

/// A text as a sentence.
fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Deviation, fixture};
    use super::*;
    use reprove_model::seeds::RunSeed;

    fn seeds(planned: usize, published: &[u64]) -> SeedsReport {
        SeedsReport {
            source: SeedOrigin::Stated,
            nonce: None,
            planned,
            published: published.iter().copied().map(RunSeed).collect(),
            set_in_source: Vec::new(),
        }
    }

    #[test]
    fn seeds_are_said_with_the_verdict() {
        let mut report = fixture::example();
        let mut first = |seeds: SeedsReport| {
            report.seeds = Some(seeds);
            remarks(&report).into_iter().next()
        };
        assert_eq!(first(seeds(30, &[])), None);
        let some = first(seeds(30, &[1, 2, 3])).unwrap();
        assert!(
            some.starts_with("3 of 30 seeds are published ones: "),
            "{some}"
        );
        let all = first(seeds(3, &[1, 2, 3])).unwrap();
        assert!(all.starts_with("Published seeds only (3 seeds): "), "{all}");
        let derived = |nonce: Option<&str>| SeedsReport {
            source: SeedOrigin::Derived,
            nonce: nonce.map(str::to_owned),
            ..seeds(30, &[])
        };
        let text = first(derived(Some("4f2a"))).unwrap();
        assert!(text.ends_with("and the nonce `4f2a`."), "{text}");
        assert!(first(derived(None)).unwrap().contains("without a nonce"));
        report.seeds = None;
        report.deviations.push(Deviation {
            code: DeviationCode::ChosenSeeds,
            text: "the manifest lists 4 seeds".to_owned(),
        });
        assert_eq!(remarks(&report), ["The manifest lists 4 seeds."]);
    }

    #[test]
    fn a_lucky_value_and_diverged_runs_are_said_with_the_verdict() {
        let mut report = fixture::example();
        report.claims.truncate(1);
        let warning = |code: FlagCode, text: &str| Warning {
            code,
            text: text.to_owned(),
        };
        report.claims[0].warnings = vec![
            warning(FlagCode::SpreadLarger, "the reruns vary more"),
            warning(FlagCode::LooksLikeBest, "reruns are not near 89.5"),
            warning(FlagCode::Lost, "2 of 10 runs diverged"),
        ];
        let expected = [
            "h12-test: reruns are not near 89.5.",
            "h12-test: 2 of 10 runs diverged.",
        ];
        assert_eq!(remarks(&report), expected);
    }
}
