//! The reasons of verdicts.

use super::entry::meanings;
use reprove_decide::decision::ReasonCode;

meanings! {
    /// What the reason of a verdict means.
    pub fn reason(ReasonCode) {
        IntervalInside: "The whole confidence interval of the difference lies inside the tolerance: an equivalence test (TOST) shows agreement.", "Nothing is needed. What counts is that the tolerance was chosen before the runs and that nobody would call so large a difference another result.";
        IntervalOutside: "The whole confidence interval of the difference, with the noise of the reported value counted where the verdict is about the paper's procedure, lies outside the tolerance.", "Look first for a difference in what was run: data, versions, hyper-parameters, the unit of the metric. If there is none, the claim does not hold as printed.";
        IdenticalInside: "All runs gave one value, and it lies inside the tolerance. Without a spread there is no interval: the value is compared as it is.", "State `deterministic: true` if the program has no randomness, and make sure that the seed reaches the program if it has.";
        IdenticalOutside: "All runs gave one value, and it lies outside the tolerance.", "Check that the seed reaches the program and that the metric is read from the run itself, not from a file that is always the same.";
        AllExact: "Every run gave exactly the reported value.", "Nothing is needed.";
        NotExact: "The tolerance is `exact`, and some runs did not give exactly the reported value.", "State a tolerance other than `exact` if small differences between machines are no other result.";
        BestInside: "The reported value is the best of several runs, and the best of as many fresh seeds is expected inside the tolerance.", "Nothing is needed.";
        BestOutside: "The reported value is the best of several runs, and the best of as many fresh seeds lies beyond a bound of the tolerance.", "Check that `of` counts all runs of which the paper took the best, tuning runs included: the best of more runs is better.";
        BestNotExcluded: "The best of as many fresh seeds is expected beyond a bound of the tolerance, but one inside is not implausible.", "Make more runs: raise `seeds.count` and `decision.max_runs`.";
        IntervalTooWide: "The confidence interval has an end on either side of a bound of the tolerance: the runs neither show agreement nor disagreement.", "Make as many runs as the report says would decide it: raise `seeds.count` and `decision.max_runs`. Where no number is named, the mean lies too near a bound.";
        WithinRounding: "The interval lies on one side of the bounds, but nearer to one than the reported value is rounded: the unrounded value may lie on the other side.", "Find the reported value with more digits, as in an appendix or a log, and state it.";
        OutsideWithoutReportedNoise: "The rerun's own interval lies outside the tolerance; with the noise of the reported value counted it does not. The paper may have been lucky or unlucky.", "State the paper's spread and runs if they are known (`{mean, std, runs}`). Reruns cannot take away the noise of the reported number.";
        PublishedSeedsOnly: "Every run has a seed that the paper used. Such runs are a recomputation: they say whether the numbers come again, not whether fresh seeds give them.", "Add seeds that the paper did not use, or accept the recomputation with `verify --accept recomputed`.";
        SplitRatioUnknown: "The observations are splits that share training examples, and their correlation depends on a ratio that is not stated.", "State `test_train_ratio`: test examples over training examples of a split (Nadeau and Bengio 2003).";
        DivergesTooOften: "The lower bound of the share of runs that diverge or collapse lies above the share that the claim allows.", "Look into the lost runs. If such losses are part of the paper's procedure, state their share as `failed: {rate: …}` before the runs.";
        ValueInside: "The program is stated to have no randomness, and its one value lies inside the tolerance.", "Nothing is needed.";
        ValueOutside: "The program is stated to have no randomness, and its one value lies outside the tolerance.", "Look for a difference in what was run: data, versions, hyper-parameters, the unit of the metric.";
        RepeatDiffers: "The manifest states that the program has no randomness, and a repeat of its run gave other metrics.", "Take out `deterministic: true` and hand the seed to the program, or find what varies: threads, hash order, the clock.";
        NotRepeated: "The manifest states that the program has no randomness, and its run could not be repeated, so that this was not checked.", "Look at the log of the repeat and verify again with `--fresh`.";
        SeedInSource: "The manifest states that the program has no randomness, and the program sets a seed: its value is one draw of a random process.", "Take out `deterministic: true` and hand the seed to the program by `{seed}` or `REPROVE_SEED`.";
        ChanceReported: "The manifest states that the program has no randomness, and the claim reports a spread or several runs: the paper's values varied.", "Take out `deterministic: true` and hand the seed to the program, or report the single value.";
        SeedWithoutEffect: "All runs wrote the same output, and so did a repeat. No seed reaches the program, and it draws no fresh entropy: the runs count as one.", "Hand the seed to the program (`{seed}` or `REPROVE_SEED`), or state `deterministic: true` if it has no randomness.";
        NoRuns: "There is no run of the configuration.", "Look at the failed runs, and verify again.";
        OneRun: "There is one run, which does not show how much runs vary.", "Make at least `decision.min_runs` runs.";
        BeforeFirstLook: "There are fewer runs than a verdict needs.", "Raise `seeds.count` or `--max-runs`, or look into the runs that failed.";
        MethodsDisagree: "The t interval decides the claim and the bootstrap interval does not agree: the values are skewed or few, or have outliers.", "Make more runs, or look at the values for outliers and groups.";
        AmbiguousReported: "The reported value can be read in several ways, as a standard deviation or a standard error, and the readings give different verdicts.", "Find out what the paper's ± is and state it: `std`, `sem` or `ci95`, with the number of runs.";
        Divergence: "Runs diverged or collapsed, and the verdict depends on whether they count.", "State a failure threshold and the allowed share (`failed: {below: …, rate: …}`), or the `range` of the metric, before the runs.";
        NothingLeft: "So many runs diverged or collapsed that too few values are left to compare.", "Look into the lost runs: learning rate, precision, data. Check the failure threshold.";
        UnitUnknown: "Nothing states whether the runs' numbers are fractions or percentages, and the verdict depends on it.", "State `scale` in the source of the metric: 100 where the program writes 0.904 and the paper prints 90.4, 1 where both are in one unit.";
        ScaleMismatch: "The runs are in a stated unit, and the reported value looks like it is in another.", "State the reported value in the unit of the runs, or correct `scale`.";
        UnitsDiffer: "A percent sign stands behind the numbers of some runs and not of others.", "State `scale` in the source of the metric, or read another place of the output.";
        BeyondRange: "Some runs have values that the metric cannot have, by its stated range.", "Check `metrics.NAME.range`, `scale`, and where the number is read.";
        Futile: "With the runs that are still planned a verdict is not expected, so that they were not made.", "Raise `seeds.count` and `decision.max_runs` if a verdict is worth the runs, or verify with `--no-sequential`.";
        TooManyFailed: "More runs failed than are tolerated. A failed run says nothing of the claim, and neither do the others beside it.", "Mend the cause of the failures, which the report names, or raise `decision.max_failed` if failures do not depend on the values.";
        NotStated: "The result is of version 1 and has a sentence only.", "Verify again with this version for a code.";
    }
}
