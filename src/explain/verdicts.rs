//! Verdicts, answers of the recomputation and statuses of pins.

use super::entry::meanings;
use reprove_report::{ClaimVerdict, PinStatus, Recomputed};

meanings! {
    /// What a verdict means.
    pub(super) fn verdict(ClaimVerdict) {
        Reproduced: "The whole confidence interval of the difference lies inside the tolerance. It is wrong at most at the stated error rate, 5 % by default.", "Nothing is needed.";
        NotReproduced: "The whole confidence interval, with the paper's own noise counted, lies outside the tolerance. It is wrong at most at the stated error rate.", "Look first for a difference in what was run. A refutation by several claims at once is corrected for their number.";
        Inconclusive: "The runs show neither agreement nor disagreement. It never means that the results are the same.", "The reason says what is missing: runs, a unit, what the ± is.";
        CouldNotVerify: "A pin does not hold, the experiment could not be made ready, or too many runs failed. It says nothing about the claim.", "Mend what the report names, and verify again.";
    }
}

meanings! {
    /// What an answer of the recomputation means.
    pub(super) fn recomputed(Recomputed) {
        Yes: "The runs on the published seeds give the reported numbers to their printed digits.", "Nothing is needed. It is no evidence about fresh seeds.";
        No: "The runs on the published seeds do not give the reported numbers to their printed digits.", "Versions, hardware and threads change digits; the verdict, which rests on fresh seeds, says whether it matters.";
        NotAsked: "The manifest states no published seeds, or not all of them were run.", "State `reported_seeds` if the paper names its seeds.";
    }
}

meanings! {
    /// What the status of a pin means.
    pub(super) fn pin(PinStatus) {
        Holds: "What is there is what the manifest pins.", "Nothing is needed.";
        Broken: "What is there is not what the manifest pins.", "Get the pinned version. `reprove pin` renews the pin if the new one is meant.";
        Missing: "What the manifest pins is not there.", "Get it; `--data-dir` and `--clone` name other places.";
        Unreadable: "What the manifest pins cannot be read.", "Check its permissions.";
        Unknown: "Whether the pin holds cannot be said on this machine.", "Verify on a machine that can tell.";
    }
}
