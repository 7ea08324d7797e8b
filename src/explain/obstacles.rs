//! Causes that no run could be made.

use super::entry::meanings;
use reprove_model::obstacle::Obstacle;

meanings! {
    /// What a cause means that no run could be made. It speaks neither for nor against a claim.
    pub(super) fn obstacle(Obstacle) {
        BadInput: "The manifest or the recipe is wrong.", "`reprove check` tells every problem with its place.";
        FileMissing: "The commit does not have a file that the manifest names.", "Check the path, which begins at `code.directory`, and that the file is committed.";
        WouldNotFetch: "A commit or a data file could not be fetched.", "Check the address and the network; `--clone PATH` takes the commit from a clone.";
        WouldNotCheckOut: "The checkout could not be written, or differs from the commit.", "Check space and rights of the folder for temporary files.";
        DataMissing: "A data file is missing.", "Put it where `data` says, or name its folder with `--data-dir`.";
        DataChanged: "The data changed after their digests were checked.", "Keep others from writing to the data, and verify again.";
        LockFileMissing: "The commit has no such lock file.", "Check the path, or supply one: pin it under `data` and name it with `supplied`.";
        EnvironmentNotPinned: "A requirement names no exact version.", "Pin it, or accept it as a deviation with `unpinned: true`.";
        EnvironmentUnusable: "The file that states the environment cannot be used.", "Check that it is a lock file of the stated kind.";
        DependencyMissing: "A program that the build or the run needs is missing.", "Install it; `reprove doctor` says what the machine has.";
        WouldNotBuild: "A build step failed.", "Read the last lines of the log in the report, and try the step in a clean checkout.";
        Interrupted: "The user interrupted the build.", "Verify again.";
        NoSandbox: "The sandbox that the manifest asks for is not available.", "`reprove doctor` says why; `sandbox: landlock` accepts the looser tier.";
        NoGpu: "The device is not available.", "Verify on a machine that has it, or choose another with `--device`.";
        NotEnoughMemory: "The machine has less memory than training needs.", "Lower the batch or the size of the network, or take a larger machine.";
        NoTrainer: "This build cannot train recipes.", "Build with the feature `recipe`, which is on by default.";
        NoWorkingFolder: "A folder that the verification works in cannot be used.", "Check space and rights of the folders for caches and temporary files.";
        ExecutorUnusable: "The executor cannot make the runs.", "The message says why; `--executor local` makes them on this machine.";
        StoreUnusable: "The store of runs cannot be used.", "Name a folder of your own with `--store`.";
    }
}
