//! `reprove plan`: what would run, and what can be decided with it, from the reported side alone.

use serde::Serialize;

use super::args::PlanArgs;
use super::screen::{escape, print, print_error, print_verify_error};
use super::status::{BACKENDS, Status, status_of};
use crate::verify::{VerifyError, prespecify, read_manifest};
use reprove_decide::decision::{AnalysisPlan, Target};
use reprove_decide::power_analysis::{Decidability, PowerAnalysis, analyze_power};
use reprove_exec::estimate::{Amount, Estimate, estimate};
use reprove_exec::ledger::user_store;
use reprove_model::manifest::Manifest;
use reprove_model::name::ConfigurationId;
use reprove_model::plan::{self, Choices, Configuration, Plan};
use reprove_report::number;

/// What `plan` shows, as JSON has it.
#[derive(Serialize)]
struct PlanOutput {
    manifest: String,
    configurations: Vec<Option<ConfigurationId>>,
    runs_at_most: usize,
    rounds: Vec<usize>,
    claims: Vec<Claim>,
    cost: Estimate,
}

/// What can be said of a claim before any run.
#[derive(Serialize)]
struct Claim {
    id: String,
    /// The target that its verdict will be about.
    basis: Target,
    /// The tolerance as values of the metric; an open side is absent.
    tolerance: (Option<f64>, Option<f64>),
    /// Runs at most.
    runs_at_most: usize,
    #[serde(flatten)]
    power: PowerAnalysis,
}

/// Shows the plan of a manifest; status 2 when some claim can never be decided.
pub fn run(args: &PlanArgs) -> Status {
    let shown = match shown(args) {
        Ok(shown) => shown,
        Err(error) => {
            print_verify_error(&error);
            return status_of(error.class());
        }
    };
    if args.json {
        match serde_json::to_string_pretty(&shown) {
            Ok(text) => print(&(text + "\n")),
            Err(error) => print_error(&error, None),
        }
    } else {
        print(&text(&shown));
    }
    if shown.claims.iter().any(Claim::is_hopeless) {
        Status::Inconclusive
    } else {
        Status::Reproduced
    }
}

fn shown(args: &PlanArgs) -> Result<PlanOutput, VerifyError> {
    let manifest = read_manifest(&args.manifest, args.commit.as_ref())?;
    // A plan needs no data: those that are elsewhere are no obstacle.
    let choices = Choices {
        data_dir: Some(std::path::PathBuf::from(".")),
        backends: BACKENDS,
        ..Choices::default()
    };
    let plan = plan::plan(&manifest, &choices).map_err(|error| VerifyError::Plan {
        file: args.manifest.clone(),
        error,
    })?;
    let analysis_plans = prespecify(&manifest, &plan)?;
    let claims = analysis_plans
        .iter()
        .map(|analysis_plan| claim(analysis_plan, &manifest))
        .collect::<Result<Vec<_>, _>>()?;
    let likely = likely(&plan, &claims);
    let store = args.store.clone().or_else(user_store);
    let cost = estimate(&manifest, &plan, &likely, store.as_deref())?;
    Ok(PlanOutput {
        manifest: args.manifest.display().to_string(),
        configurations: plan.configurations.iter().map(|c| c.name.clone()).collect(),
        runs_at_most: runs_at_most(&plan),
        rounds: plan.rounds.clone(),
        claims,
        cost,
    })
}

/// Runs of each configuration that its claims are likely to need: those that decide each with a
/// chance of 80 %, in whole rounds; all where that is not known.
fn likely(plan: &Plan, claims: &[Claim]) -> Vec<usize> {
    let all = plan.seeds.len();
    let needs = |runs: usize| plan.rounds.iter().copied().find(|round| *round >= runs);
    let of = |configuration: &Configuration| {
        let concerned = plan.claims.iter().zip(claims).filter(|(claim, _)| {
            let arms = claim.quantity.arms();
            arms.iter()
                .any(|(name, _)| *name == configuration.name.as_ref())
        });
        concerned
            .map(|(_, claim)| claim.runs().0.and_then(needs).unwrap_or(all))
            .max()
            .unwrap_or(all)
    };
    plan.configurations.iter().map(of).collect()
}

fn runs_at_most(plan: &Plan) -> usize {
    plan.configurations.len() * plan.seeds.len()
}

fn claim(analysis_plan: &AnalysisPlan, manifest: &Manifest) -> Result<Claim, VerifyError> {
    let power = analyze_power(
        &analysis_plan.interpretations[0],
        &analysis_plan.margin,
        analysis_plan.alpha,
    )
    .map_err(|error| VerifyError::AnalysisPlan {
        file: manifest.file.clone(),
        claim: analysis_plan.id.clone(),
        error: error.into(),
    })?;
    let finite = |value: f64| value.is_finite().then_some(value);
    let (low, high) = analysis_plan.tolerance();
    Ok(Claim {
        id: analysis_plan.id.clone(),
        basis: analysis_plan.target,
        tolerance: (finite(low), finite(high)),
        runs_at_most: analysis_plan.max_runs.unwrap_or(manifest.seeds.count()),
        power,
    })
}

impl Claim {
    /// Whether no number of runs can show that it reproduces, on the basis that it is decided on.
    fn is_hopeless(&self) -> bool {
        self.basis == Target::Process && self.power.process == Some(Decidability::Never)
    }

    /// Runs for 80 and 90 % power on its own basis.
    fn runs(&self) -> (Option<usize>, Option<usize>) {
        match self.basis {
            Target::Process => (self.power.process_80, self.power.process_90),
            Target::Printed => (self.power.printed_80, self.power.printed_90),
        }
    }

    fn line(&self, width: usize) -> String {
        let count = |runs: Option<usize>| runs.map_or("?".to_owned(), |n| n.to_string());
        let (eighty, ninety) = self.runs();
        let basis = match self.basis {
            Target::Process => "process",
            Target::Printed => "printed",
        };
        let end = |value: Option<f64>| value.map_or("…".to_owned(), number::plain);
        let band = format!("{} to {}", end(self.tolerance.0), end(self.tolerance.1));
        format!(
            "  {:<width$}  {basis}  {band:<18}  {:>7}  {:>7}  {}\n",
            self.id,
            count(eighty),
            count(ninety),
            self.remark()
        )
    }

    fn remark(&self) -> String {
        if self.is_hopeless() {
            let least = self
                .power
                .smallest_process_tolerance
                .map(number::plain)
                .unwrap_or_default();
            return format!(
                "can never be decided: the reported noise allows tolerances above {least} only"
            );
        }
        match (self.power.process, self.power.smallest_process_tolerance) {
            (Some(Decidability::Never), Some(least)) => {
                format!(
                    "against the paper's own process only tolerances above {} can be decided",
                    number::plain(least)
                )
            }
            (Some(Decidability::Never | Decidability::Yes) | None, _)
                if self.power.sd.is_none() =>
            {
                "the reported spread is unknown: so is the number of runs".to_owned()
            }
            (Some(Decidability::Never | Decidability::Yes) | None, _) => match self.runs().0 {
                Some(runs) if runs > self.runs_at_most => {
                    format!("{} runs are likely too few", self.runs_at_most)
                }
                Some(_) | None => String::new(),
            },
        }
    }
}

fn text(shown: &PlanOutput) -> String {
    let configurations = shown.configurations.len();
    let mut text = format!(
        "{}: {} of at most {}, {} each\n\n",
        escape(&shown.manifest),
        number::count(configurations, "configuration"),
        number::count(shown.runs_at_most, "run"),
        number::count(shown.runs_at_most / configurations.max(1), "run")
    );
    if let [_, _, ..] = shown.rounds[..] {
        let rounds: Vec<String> = shown.rounds.iter().map(ToString::to_string).collect();
        text += &format!(
            "Looks after {} runs of each configuration; settled claims run no further.\n\n",
            rounds.join(", ")
        );
    }
    let width = shown
        .claims
        .iter()
        .map(|c| c.id.chars().count())
        .max()
        .unwrap_or(0)
        .max(5);
    text +=
        "Runs that decide a claim whose true difference is 0, with a chance of 80 % and 90 %,\n";
    text += "if the reruns vary as the paper reports:\n\n";
    text += &format!(
        "  {:<width$}  basis    {:<18}  {:>7}  {:>7}\n",
        "claim", "tolerance", "80 %", "90 %"
    );
    for claim in &shown.claims {
        text += &claim.line(width);
    }
    text += &cost(&shown.cost);
    text
}

fn cost(cost: &Estimate) -> String {
    let mut text = "\nCost".to_owned();
    if cost.from_runs == 0 {
        text += ": not known before a run was made; `reprove verify MANIFEST --max-runs 2` makes two of each\n";
        text += "configuration, which are kept and count.\n";
    } else {
        text += &format!(
            ", from {} of this commit that {} kept (and made again only if something differs):\n",
            number::count(cost.from_runs, "earlier run"),
            if cost.from_runs == 1 { "is" } else { "are" }
        );
        text += &amount("likely", &cost.likely);
        text += &amount("at most", &cost.at_most);
    }
    if let Some(seconds) = cost.allowed_seconds {
        text += &format!(
            "  the manifest allows {} of time for all runs, one after the other\n",
            number::duration(seconds)
        );
    }
    text
}

fn amount(word: &str, amount: &Amount) -> String {
    let mut parts = vec![number::count(amount.runs, "run")];
    let mut add = |value: Option<f64>, written: &dyn Fn(f64) -> String| {
        parts.extend(value.map(written));
    };
    add(amount.wall_seconds, &|s| {
        format!("{} one after the other", number::duration(s))
    });
    add(amount.cpu_seconds, &|s| {
        format!("{} of processor time", number::duration(s))
    });
    add(amount.energy_wh, &|wh| {
        format!("about {} Wh", number::plain(wh))
    });
    add(amount.carbon_g, &|g| format!("{} g CO2e", number::plain(g)));
    format!("  {word}: {}\n", parts.join(", "))
}
