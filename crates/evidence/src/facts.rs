//! What a report says of the manifest, the plan and the runs, derived again.

use super::BundleMetadata;
use super::finding::{Disagreement, differ, is_this_version};
use reprove_model::deviation::DeviationCode;
use reprove_model::digest::Sha256Digest;
use reprove_model::escape;
use reprove_model::manifest::{Environment, Experiment, Manifest, Network};
use reprove_model::pin::{Pin, PinKind, PinStatus};
use reprove_model::plan::Plan;
use reprove_model::seeds::SeedCall;
use reprove_report::{Report, RunReport, RunSource, RunsCost, SeedsReport, statements};

/// What the facts of a report are derived from.
pub(super) struct Facts<'f> {
    pub metadata: &'f BundleMetadata,
    pub manifest_bytes: &'f [u8],
    pub manifest: &'f Manifest,
    pub plan: &'f Plan,
    pub report: &'f Report,
}

impl Facts<'_> {
    /// Compares all of them. What an experiment's preparation adds is there only where the pins held.
    pub fn compare(&self, has_runs: bool, wrong: &mut Vec<Disagreement>) {
        self.manifest(wrong);
        self.pins(wrong);
        self.cost(wrong);
        self.sentences(wrong);
        self.seeds(wrong);
        if has_runs {
            self.defaults(wrong);
            self.deviations(wrong);
        }
    }

    fn manifest(&self, wrong: &mut Vec<Disagreement>) {
        let stated = &self.report.manifest;
        let sha256 = Sha256Digest::of(self.manifest_bytes).to_string();
        wrong.extend(differ("manifest.sha256", &stated.sha256, &sha256));
        wrong.extend(differ("title", &self.report.title, &self.manifest.title));
        let paper = self.manifest.paper.as_ref().map(statements::paper);
        wrong.extend(differ(
            "paper",
            &self.report.paper,
            &paper.unwrap_or_default(),
        ));
    }

    fn pins(&self, wrong: &mut Vec<Disagreement>) {
        // The commit's pin is named by the repository's path on the machine that wrote the bundle.
        let is_it = |pin: &Pin, kind: PinKind, name: &str| {
            pin.kind == kind && (kind == PinKind::Commit || pin.name == name)
        };
        let mut pin = |kind: PinKind, name: &str, expected: String| {
            let found = self.report.pins.iter().find(|pin| is_it(pin, kind, name));
            // A size that does not hold is found before the digest is looked at.
            if !found.is_some_and(|pin| pin.status != PinStatus::Holds || pin.expected == expected)
            {
                let name = escape::text(name);
                let text =
                    format!("the {kind} pin of `{name}` is not the manifest's, `{expected}`");
                wrong.push(("report.json: pins".to_owned(), text));
            }
        };
        let code = &self.manifest.code;
        pin(
            PinKind::Commit,
            &code.repository.to_string(),
            code.commit.to_string(),
        );
        for (name, data) in &self.manifest.data {
            pin(PinKind::Data, name, format!("sha256 {}", data.sha256));
        }
    }

    /// What the runs' own numbers add up to. Wall time, energy and carbon are measured otherwise.
    fn cost(&self, wrong: &mut Vec<Disagreement>) {
        let cost = &self.report.cost;
        let is_made = |run: &&RunReport| run.source == RunSource::Ran;
        let made = || self.report.runs.iter().filter(is_made);
        let planned = self.plan.configurations.len() * self.plan.seeds.len();
        let processor: f64 = made().filter_map(|run| run.cpu_seconds).sum();
        let memory = self
            .report
            .runs
            .iter()
            .filter_map(|run| run.max_rss_bytes)
            .max();
        wrong.extend(differ("cost.runs", &cost.runs, &made().count()));
        wrong.extend(differ("cost.runs_planned", &cost.runs_planned, &planned));
        wrong.extend(differ(
            "cost.cpu_seconds",
            &cost.cpu_seconds,
            &(processor + 0.0),
        ));
        wrong.extend(differ("cost.max_rss_bytes", &cost.max_rss_bytes, &memory));
        self.rests_on(wrong);
    }

    /// The sums over all runs; version 1 had none.
    fn rests_on(&self, wrong: &mut Vec<Disagreement>) {
        let stated = match self.report.cost.rests_on {
            Some(stated) => stated,
            None if self.report.schema_version == 1 => return,
            None => RunsCost::default(),
        };
        let mut derived = RunsCost {
            // GPU time follows from the device, which only the machine shows.
            gpu_seconds: stated.gpu_seconds,
            ..RunsCost::default()
        };
        for run in &self.report.runs {
            derived.runs += 1;
            derived.wall_seconds += run.wall_seconds;
            derived.cpu_seconds += run.cpu_seconds.unwrap_or(0.0);
        }
        wrong.extend(differ("cost.rests_on", &stated, &derived));
        let strictness = self.metadata.deviations;
        wrong.extend(differ("strictness", &self.report.strictness, &strictness));
    }

    /// The seeds are those of the plan; version 1 did not state them.
    fn seeds(&self, wrong: &mut Vec<Disagreement>) {
        if self.report.schema_version == 1 {
            return;
        }
        let derived = SeedsReport::of(self.plan, self.seed_calls());
        wrong.extend(differ("seeds", &self.report.seeds, &Some(derived)));
    }

    fn seed_calls(&self) -> &[SeedCall] {
        let seeds = self.report.seeds.as_ref();
        seeds.map_or(&[], |seeds| &seeds.set_in_source)
    }

    /// Sentences are compared where this version wrote them.
    fn sentences(&self, wrong: &mut Vec<Disagreement>) {
        let report = self.report;
        wrong.extend(differ(
            "repeat",
            &report.repeat,
            &statements::repeat(&report.manifest.file),
        ));
        if is_this_version(report) {
            let tier = report
                .environment
                .get(statements::SANDBOX)
                .map(String::as_str);
            let not_checked = statements::not_checked(self.manifest, self.plan, &report.pins, tier);
            wrong.extend(differ("not_checked", &report.not_checked, &not_checked));
        }
    }

    /// Every default is the manifest's, or one that the recipe leaves to the tool: those are said
    /// among the deviations too.
    fn defaults(&self, wrong: &mut Vec<Disagreement>) {
        let mut expected = self.manifest.defaults.clone();
        let deviations = &self.report.deviations;
        for (name, value) in &self.report.defaults {
            let is_said = |d: &reprove_report::Deviation| {
                d.code == DeviationCode::Assumed
                    && (!is_this_version(self.report) || d.text == statements::assumed(name, value))
            };
            if !expected.contains_key(name) && deviations.iter().any(is_said) {
                expected.insert(name.clone(), value.clone());
            }
        }
        wrong.extend(differ("defaults", &self.report.defaults, &expected));
    }

    /// The deviations that manifest and choices call for are there as often as they should be.
    fn deviations(&self, wrong: &mut Vec<Disagreement>) {
        let stated = |code: DeviationCode| {
            let deviations = self.report.deviations.iter();
            deviations.filter(move |deviation| deviation.code == code)
        };
        for (code, expected) in self.expected_deviations() {
            let found = stated(code).count();
            if found != expected {
                let text = format!("`{code}`: stated {found} times, derived {expected} times");
                wrong.push(("report.json: deviations".to_owned(), text));
            }
        }
        let derived = statements::other_seeds(self.manifest, self.plan);
        if let (Some(stated), Some(derived), true) = (
            stated(DeviationCode::OtherSeeds).next(),
            derived,
            is_this_version(self.report),
        ) {
            wrong.extend(differ("deviations[other_seeds]", &stated.text, &derived));
        }
    }

    /// The number of deviations of each kind that manifest and choices call for.
    fn expected_deviations(&self) -> [(DeviationCode, usize); 10] {
        let manifest = self.manifest;
        let program = match &manifest.experiment {
            Experiment::Program(program) => Some(program),
            Experiment::Recipe(_) => None,
        };
        let is_open = program.is_some_and(|program| program.network == Network::Always);
        let is_loose = program.is_some_and(|p| p.environment == Environment::Installed);
        let is_supplied = program.is_some_and(|program| program.supplied.is_some());
        let device = manifest.hardware.device.to_string();
        let used = self.metadata.device.as_ref();
        let is_other = used.is_some_and(|used| *used != device);
        let is_there = |text: Option<String>| usize::from(text.is_some());
        let assumed = self.report.defaults.keys();
        let assumed = assumed.filter(|name| !manifest.defaults.contains_key(*name));
        let chosen_seeds = statements::chosen_seeds(manifest);
        let own_seeding = statements::own_seeding(manifest);
        let seed_in_source = statements::seed_in_source(self.seed_calls());
        let other_seeds = statements::other_seeds(manifest, self.plan);
        [
            (DeviationCode::Assumed, assumed.count()),
            (DeviationCode::ChosenSeeds, is_there(chosen_seeds)),
            (DeviationCode::OwnSeeding, is_there(own_seeding)),
            (DeviationCode::SeedInSource, is_there(seed_in_source)),
            (DeviationCode::EnvironmentInstalled, usize::from(is_loose)),
            (DeviationCode::NetworkAlways, usize::from(is_open)),
            (DeviationCode::OtherDevice, usize::from(is_other)),
            (
                DeviationCode::OtherHardware,
                manifest.hardware.reported.len(),
            ),
            (DeviationCode::OtherSeeds, is_there(other_seeds)),
            (DeviationCode::SuppliedLock, usize::from(is_supplied)),
        ]
    }
}
