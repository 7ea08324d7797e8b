//! Warnings about the numbers of claims.

use super::entry::meanings;
use reprove_decide::decision::FlagCode;

meanings! {
    /// What a warning means.
    pub(super) fn warning(FlagCode) {
        SeveralReadings: "The reported value can be read in several ways, as a standard deviation or a standard error.", "State what the ± is: `std`, `sem` or `ci95`.";
        NeverDecidable: "The noise of the reported value is so large that no number of reruns can show agreement with the paper's procedure at this tolerance.", "Choose a wider tolerance if a larger difference is still the same result, or ask about the printed number: `decision: {basis: printed}`.";
        SpreadLarger: "The reruns vary more than the reported spread allows.", "Check that the ± is a standard deviation of single runs, and that seeds vary what they varied in the paper.";
        SpreadSmaller: "The reruns vary less than the reported spread allows.", "Check that the seed reaches all that is random, and that the ± is no range or spread over tasks.";
        LooksLikeBest: "The single reported value stands farther out among the reruns than one run should: it may be the best of several.", "If the paper took the best of some runs, state `{best, of}`.";
        ImpossibleValue: "No count of correct answers over the stated test set and runs gives the printed value (GRIM).", "Check the digits, `test_size`, `scale` and the number of runs.";
        ImpossibleShare: "A value lies outside what a metric of this name can have.", "Check the unit, or state the metric's `range` if the value is possible.";
        WideTolerance: "The tolerance holds at least half of the values that the metric can take, so that agreement says little.", "State a smaller tolerance before the runs.";
        Rescaled: "The values of the runs were multiplied by a factor that is no change between fractions and percentages.", "Check that `scale` is meant.";
        Unpaired: "Equal seeds are compared, and some seeds stand in one arm only: they are left out.", "Run both configurations with the same seeds.";
        BeyondPlan: "There are more runs than were planned: those beyond the plan are left out, since they may have been added after a look.", "Plan the runs beforehand.";
        TooFewPlanned: "Fewer runs are planned than a verdict needs: the claim stays undecided.", "Raise `seeds.count`, or `decision.max_runs`.";
        Lost: "Some runs diverged or collapsed. They are counted and not averaged.", "Look into them; state `failed` if such losses belong to the procedure.";
        Identical: "All runs gave one value.", "Check that the seed reaches the program.";
        Skewed: "The values are skewed, and there are many more reruns than reported runs: the interval errs on one side.", "Read verdicts near a bound with care.";
        NormalQuartiles: "Median and quartiles were read as those of a normal distribution.", "State mean and standard deviation if they are known.";
        Vacuous: "Nothing that the metric can take would fail the tolerance, or guessing satisfies it.", "State a tolerance that a wrong result would fail.";
        ReachesEnd: "The tolerance reaches over an end of the metric's range, so that no result on that side can fail.", "State a smaller tolerance, or one side.";
        SingleLook: "One look was taken at runs whose number was not stated beforehand. Looking again as runs come in errs more often.", "Fix the number of runs before the first, or state the most (`--max-runs`).";
        CutOff: "The file of some runs ended within a record, which was left out.", "Check that the program closes its files before it ends.";
        NoNewline: "The text of some runs ends without a newline: its last number may be cut off.", "Let the program end its output with a newline.";
        LongerName: "A pattern read some runs by the end of a longer name, as `loss=` in `val_loss=`.", "Begin the pattern with what stands before the name, as `\\bloss=`.";
        DeterminismAsserted: "The manifest states that the program has no randomness: one run and its repeat stand for all.", "Nothing is needed if it is so.";
        ResolutionFloor: "The runs vary by less than the metric can show: half a step of it is taken as their standard deviation.", "Nothing is needed; a larger test set shows finer differences.";
        DirectionAssumed: "The better direction of a best value is not stated: higher was taken as better.", "State `better: higher` or `better: lower`.";
        AsymmetricInterval: "The reported 95 % interval is not symmetric about the mean: its longer side was used.", "Check the ends of the interval.";
        NoisyTolerance: "The tolerance is in units of a standard deviation that is itself uncertain, being of few runs.", "State the tolerance as `absolute` or `relative`.";
        NotStated: "The result is of version 1 and has a sentence only.", "Verify again with this version for a code.";
    }
}
