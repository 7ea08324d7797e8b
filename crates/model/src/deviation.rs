//! Deviations: where a rerun differs from what the paper or the manifest states.

crate::codes! {
    /// Kind of deviation of a rerun from the paper or the manifest.
    pub enum DeviationCode {
        /// The recipe leaves a value to the default of the program.
        Assumed = "assumed",
        /// The data of a git-annex link are not in the repository.
        AnnexLink = "annex_link",
        /// The seeds are a list that somebody may have picked one by one.
        ChosenSeeds = "chosen_seeds",
        /// The environment of the program is what the machine has installed.
        EnvironmentInstalled = "environment_installed",
        /// The content of a Git LFS pointer is not in the repository.
        LfsPointer = "lfs_pointer",
        /// Runs may use the network.
        NetworkAlways = "network_always",
        /// The program ran without a sandbox.
        NoSandbox = "no_sandbox",
        /// The result, of version 1, has a sentence only.
        NotStated = "not_stated",
        /// The runs used another device than the manifest states.
        OtherDevice = "other_device",
        /// The machine is not the one that the paper used.
        OtherHardware = "other_hardware",
        /// The seeds are not those of the paper.
        OtherSeeds = "other_seeds",
        /// A tool has another version than the commit asks for.
        OtherToolchain = "other_toolchain",
        /// Test rows are among the training rows.
        RepeatedTestRows = "repeated_test_rows",
        /// A repeat with the same seed gave another output.
        SameSeedDiffers = "same_seed_differs",
        /// A submodule was left out.
        SubmoduleLeftOut = "submodule_left_out",
        /// The versions of dependencies are those of a lock file that the manifest supplies.
        SuppliedLock = "supplied_lock",
        /// The program draws fresh entropy each time.
        OwnSeeding = "own_seeding",
        /// The program sets a seed by itself, and its runs have one output.
        SeedInSource = "seed_in_source",
        /// A requirement names no exact version.
        UnpinnedRequirement = "unpinned_requirement",
    }
}
