//! Warnings about the numbers of a claim, as sentences.

use super::number;
use reprove_decide::decision::Flag;
use reprove_model::seeds::RunSeed;

/// Seeds beyond which the tails of a distribution are not known.
const MOST_SEEDS: f64 = 1e6;

/// The warning as a sentence without a full stop; `decimals` is how numbers are rounded.
/// `printed` is the digits after the point of the reported value, where they are known.
pub fn sentence(flag: &Flag, decimals: usize, printed: Option<u32>) -> String {
    match flag {
        Flag::SeveralReadings { interpretations } => several_readings(interpretations),
        Flag::NeverDecidable { smallest_tolerance } => {
            never_decidable(&number::fixed(*smallest_tolerance, decimals))
        }
        Flag::SpreadLarger { ratio, p_value } => spread_larger(*ratio, *p_value),
        Flag::SpreadSmaller { ratio, p_value } => spread_smaller(*ratio, *p_value),
        Flag::LooksLikeBest {
            share,
            most,
            value,
        } => looks_like_best(&number::printed(*value, printed), *share, *most),
        Flag::DeterminismAsserted => {
            "the manifest asserts that the program has no randomness: one run and its repeat stand for all"
                .to_owned()
        }
        Flag::ImpossibleValue { nearest } => impossible_value(*nearest),
        Flag::Lost { lost, runs } => format!("{lost} of {runs} runs diverged or collapsed"),
        Flag::Identical { runs, seeds } => identical(*runs, *seeds),
        &Flag::ImpossibleShare {
            value,
            whole,
            is_rerun,
        } => impossible_share(value, whole, is_rerun),
        Flag::Unpaired { seeds, paired } => unpaired(seeds, *paired),
        Flag::BeyondPlan { planned, runs } => beyond_plan(*planned, *runs),
        Flag::TooFewPlanned { planned, needed } => too_few_planned(*planned, *needed),
        Flag::Skewed { skewness } => format!(
            "the reruns are skewed ({}) and many more than the reported runs: the interval errs on one side",
            number::signed(*skewness, 1)
        ),
        Flag::NormalQuartiles => {
            "median and quartiles were read as those of a normal distribution".to_owned()
        }
        Flag::Vacuous { vacuity } => format!("the tolerance is vacuous: it {vacuity}"),
        Flag::ReachesEnd { end } => format!(
            "the tolerance reaches over {}, so that no result on that side can fail",
            number::plain(*end)
        ),
        Flag::CutOff { cut, runs } => format!(
            "the files of {cut} of {runs} runs end within a record, which was left out: what stood there is not known"
        ),
        Flag::NoNewline { open, runs } => no_newline(*open, *runs),
        Flag::WideTolerance { share, low, high } => wide_tolerance(*share, (*low, *high)),
        Flag::Rescaled { factor } => rescaled(*factor),
        Flag::LongerName { longer, runs } => format!(
            "in {longer} of {runs} runs the name in the pattern is the end of a longer one, whose number was read"
        ),
        Flag::SingleLook => "the verdict holds for one look at a number of runs fixed beforehand; looking again as \
             runs come in errs more often (up to 22 % at 30 looks): looks after each run need a plan with the number \
             of runs at most"
            .to_owned(),
        Flag::ResolutionFloor { sd } => format!(
            "the runs vary by less than the metric's resolution: half a step, {}, is taken as their standard deviation",
            number::plain(*sd)
        ),
        Flag::DirectionAssumed => {
            "the better direction is not stated: higher was taken as better".to_owned()
        }
        Flag::AsymmetricInterval => {
            "the reported interval is not symmetric about the mean; its longer side was used"
                .to_owned()
        }
        Flag::NoisyTolerance { variation } => format!(
            "the tolerance is in units of a standard deviation that is itself uncertain by {}",
            number::chance(*variation)
        ),
    }
}

fn identical(runs: usize, seeds: Option<usize>) -> String {
    match seeds {
        Some(seeds) => format!("all {runs} runs, with {seeds} different seeds, gave one value"),
        None => format!("all {runs} runs gave one value"),
    }
}

fn impossible_share(value: f64, whole: f64, is_rerun: bool) -> String {
    let (value, whole) = (number::plain(value), number::plain(whole));
    let whose = match is_rerun {
        true => "a rerun's value",
        false => "the reported value",
    };
    format!(
        "{whose}, {value}, is impossible for a metric of this name, which lies between 0 and {whole}: state its \
         `range` if it can be"
    )
}

fn no_newline(open: usize, runs: usize) -> String {
    format!(
        "the text that {open} of {runs} runs were read from ends without a newline: the last number may be cut off"
    )
}

fn wide_tolerance(share: f64, (low, high): (f64, f64)) -> String {
    format!(
        "the tolerance holds {} of the values from {} to {} that the metric can take",
        number::percent((share * 100.0).round() / 100.0),
        number::plain(low),
        number::plain(high)
    )
}

fn rescaled(factor: f64) -> String {
    let factor = number::plain(factor);
    format!("the runs' values were multiplied by {factor} before the comparison")
}

fn beyond_plan(planned: usize, runs: usize) -> String {
    format!(
        "{runs} runs are there and {planned} were planned: the plan's verdict leaves out those beyond it"
    )
}

fn too_few_planned(planned: usize, needed: usize) -> String {
    let planned = number::count(planned, "run");
    format!(
        "{planned} planned at most, and a verdict needs at least {needed}: this claim stays undecided"
    )
}

fn unpaired(seeds: &[RunSeed], paired: usize) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<String> = seeds.iter().take(SHOWN).map(RunSeed::to_string).collect();
    let more = match seeds.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "{} in one arm only, left out beside the {} of both: {}{more}",
        number::count(seeds.len(), "seed"),
        number::count(paired, "pair"),
        shown.join(", ")
    )
}

fn several_readings(interpretations: &[String]) -> String {
    let interpretations = interpretations.join("; ");
    format!("the reported value can be read in several ways: {interpretations}")
}

fn never_decidable(smallest_tolerance: &str) -> String {
    format!(
        "no number of reruns can show agreement with the original process: the reported noise allows it only for \
         tolerances above {smallest_tolerance}"
    )
}

fn spread_larger(ratio: f64, p_value: f64) -> String {
    format!(
        "the reruns vary {} times as much as reported (p {})",
        number::fixed(ratio, 1),
        number::p_value(p_value)
    )
}

fn spread_smaller(ratio: f64, p_value: f64) -> String {
    format!(
        "the reruns vary only {} times as much as reported (p {})",
        number::fixed(ratio, 2),
        number::p_value(p_value)
    )
}

fn looks_like_best(value: &str, share: f64, most: f64) -> String {
    let count = |seeds: f64| number::grouped(seeds.min(MOST_SEEDS) as u64);
    let (about, at_least) = ((1.0 / share).round(), (1.0 / most).floor().max(1.0));
    let seeds = match (about > MOST_SEEDS, at_least > MOST_SEEDS) {
        (_, true) => format!(
            "fewer than one seed in {} (its upper 95 % bound)",
            count(at_least)
        ),
        (true, false) => format!(
            "about one seed in {} or more (at least one in {})",
            count(about),
            count(at_least)
        ),
        (false, false) => format!(
            "about one seed in {} (at least one in {})",
            count(about),
            count(at_least)
        ),
    };
    format!("reruns are not near {value}; {seeds} reaches it")
}

fn impossible_value(nearest: f64) -> String {
    let nearest = number::plain(nearest);
    format!(
        "no count of correct answers gives the printed value; the nearest that one gives is {nearest}"
    )
}
