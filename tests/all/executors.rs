//! An executor of one's own: it needs the traits alone.

use std::sync::atomic::AtomicBool;

use crate::command::root;
use reprove::manifest::Looks;
use reprove::pins::check::PinOptions;
use reprove::pins::data::HashPolicy;
use reprove::pins::fetch::NetworkPolicy;
use reprove::plan::{Choices, Configuration, Plan};
use reprove::record::Record;
use reprove::report::{Report, Strictness};
use reprove::runs::{
    Artifacts, Executor, ExecutorConfig, ExecutorError, ExecutorRequest, Jobs, Machines,
    PendingSeeds, RunContext, SandboxMode, Workload,
};
use reprove::seeds::RunSeed;
use reprove::verify::{UndecidableClaims, VacuousClaims, VerifyOptions, VerifyOutcome, verify};

/// One run after the other, the last seed first.
#[derive(Debug)]
struct Backwards;

impl ExecutorConfig for Backwards {
    fn machines(&self) -> Machines {
        Machines::This
    }

    fn executor(&self, _: ExecutorRequest<'_>) -> Result<Box<dyn Executor>, ExecutorError> {
        Ok(Box::new(BackwardsExecutor))
    }
}

struct BackwardsExecutor;

impl Executor for BackwardsExecutor {
    fn execute(
        &mut self,
        workload: &dyn Workload,
        pending: &[PendingSeeds<'_>],
        context: &RunContext<'_>,
        sink: &mut dyn FnMut(Record),
    ) {
        for unit in pending.iter().rev() {
            for seed in unit.seeds.iter().rev() {
                let records = workload.run(unit.configuration, &[*seed], context);
                records.into_iter().for_each(&mut *sink);
            }
        }
    }

    fn repeat(
        &mut self,
        workload: &dyn Workload,
        configuration: &Configuration,
        seed: RunSeed,
        context: &RunContext<'_>,
    ) -> Option<Record> {
        workload.run(configuration, &[seed], context).pop()
    }

    fn finish(&mut self, _: &Plan, _: &RunContext<'_>) {}
}

/// Verifies two rows of the table, four runs each.
fn verified(executor: Box<dyn ExecutorConfig>) -> Report {
    let options = VerifyOptions {
        commit: None,
        choices: Choices {
            claims: ["h0-test", "h2-test"].map(str::to_owned).into(),
            max_runs: Some(4),
            looks: Some(Looks::Fixed),
            ..Choices::default()
        },
        pins: PinOptions {
            reach: NetworkPolicy::CacheOnly,
            data_dir: None,
            clone: None,
            trust: HashPolicy::Paranoid,
        },
        sandbox: SandboxMode::Strongest,
        strictness: Strictness::Lenient,
        undecidable: UndecidableClaims::Run,
        vacuous: VacuousClaims::Refuse,
        executor,
        store: None,
        artifacts: Artifacts::Remove,
    };
    let context = RunContext {
        observer: &|_| (),
        interrupted: &AtomicBool::new(false),
    };
    let manifest = root().join("manifests/sonar.yaml");
    match verify(&manifest, &options, &context).unwrap() {
        VerifyOutcome::Report(report) => *report,
        VerifyOutcome::Interrupted { .. } => panic!("nobody interrupts"),
    }
}

#[test]
fn an_executor_of_one_s_own_gives_the_runs_of_the_local_one() {
    let local = verified(Box::new(Jobs::Automatic));
    let own = verified(Box::new(Backwards));
    assert_eq!(own.runs.len(), 8);
    let digests = |report: &Report| -> Vec<_> {
        let runs = report.runs.iter();
        runs.map(|run| (run.configuration.clone(), run.seed, run.digest.clone()))
            .collect()
    };
    assert_eq!(digests(&own), digests(&local));
    assert_eq!(own.verdict, local.verdict);
}
