//! Deviations from what the paper or the manifest states.

use super::entry::meanings;
use reprove_model::deviation::DeviationCode;

meanings! {
    /// What a deviation means.
    pub(super) fn deviation(DeviationCode) {
        Assumed: "The recipe leaves a value to the default of the program.", "State it in the recipe if the paper does.";
        AnnexLink: "A file of the commit is a link of git-annex, whose data are not in the repository.", "Pin the data under `data`.";
        ChosenSeeds: "The seeds are a list that is not of consecutive numbers: somebody may have picked them one by one.", "State `{first, count}`, or derive them: `seeds: {derived: 30}` with `verify --nonce TEXT`.";
        EnvironmentInstalled: "The program ran with what the machine has installed.", "State a lock file: `environment: {uv: …}`, `{pylock: …}`, `{pip: …}` or `{cargo: …}`.";
        LfsPointer: "A file of the commit is a pointer of Git LFS, whose content is not in the repository.", "Pin the data under `data`.";
        NetworkAlways: "The runs may use the network: what they load from there is not pinned.", "Pin what they load under `data`, and state `network: build`.";
        NoSandbox: "The program ran with the rights of the user, without a sandbox.", "Leave out `--no-sandbox` where the machine can.";
        NotStated: "The result is of version 1 and has a sentence only.", "Verify again with this version for a code.";
        OtherDevice: "The runs used another device than the manifest states.", "Leave out `--device`, or state the device in `hardware.device`.";
        OtherHardware: "The machine is not the one that the paper used.", "Nothing is needed unless the claim depends on it, as one on speed does.";
        OtherSeeds: "The seeds are not those of the paper.", "Nothing is needed: fresh seeds are what a reproduction asks for. `reported_seeds` adds a recomputation.";
        OtherToolchain: "A tool has another version than the commit asks for.", "Install the version that the commit names.";
        RepeatedTestRows: "Rows of the test set are also among the training rows, so that the metric is too good.", "Nothing can be done about a published split; say it with the result.";
        SameSeedDiffers: "A repeat with the same seed gave another output: the seed does not determine the run.", "Nothing is needed for a verdict on means. Threads, hash order or the clock are usual causes.";
        SubmoduleLeftOut: "A submodule of the commit was left out.", "State `code: {submodules: true}` if the program needs it.";
        SuppliedLock: "The versions of dependencies are those of a lock file that the manifest supplies, not the commit.", "Nothing is needed; the versions of the paper's authors may have been others.";
        OwnSeeding: "The program draws fresh entropy each time: its runs cannot be repeated.", "Let the program take its seed, and leave out `seeding: own`.";
        SeedInSource: "The program sets a seed by itself, and its runs have one output.", "Hand the seed to the program by `{seed}` or `REPROVE_SEED`.";
        UnpinnedRequirement: "A requirement names no exact version: another day installs another one.", "Pin it, as `numpy==2.1.0`, and take out `unpinned: true`.";
    }
}
