//! Obstacles that keep a verification from its runs: one list of the codes that JSON has.

crate::codes! {
    /// Obstacle of a verification: why no run could be made, or no verdict be had of those that were
    /// made. None of them speaks for or against a claim.
    pub enum Obstacle {
        /// The manifest or the recipe is wrong. It ends the verification without a report.
        BadInput = "bad_input",
        /// The commit does not have a file that the manifest names.
        FileMissing = "file_missing",
        /// A commit or a data file could not be fetched.
        WouldNotFetch = "would_not_fetch",
        /// The checkout could not be written, or differs from the commit.
        WouldNotCheckOut = "would_not_check_out",
        /// A data file is missing.
        DataMissing = "data_missing",
        /// The data changed after their digests were checked.
        DataChanged = "data_changed",
        /// The commit has no such lock file.
        LockFileMissing = "lock_file_missing",
        /// A requirement names no exact version.
        EnvironmentNotPinned = "environment_not_pinned",
        /// The file that states the environment cannot be used.
        EnvironmentUnusable = "environment_unusable",
        /// A program that the build or the run needs is missing.
        DependencyMissing = "dependency_missing",
        /// A build step failed.
        WouldNotBuild = "would_not_build",
        /// The user interrupted the build.
        Interrupted = "interrupted",
        /// The sandbox is not available.
        NoSandbox = "no_sandbox",
        /// The device is not available.
        NoGpu = "no_gpu",
        /// The machine has less memory than training needs.
        NotEnoughMemory = "not_enough_memory",
        /// This build cannot train recipes.
        NoTrainer = "no_trainer",
        /// A folder that the verification works in cannot be used.
        NoWorkingFolder = "no_working_folder",
        /// The executor cannot make the runs.
        ExecutorUnusable = "place_unusable",
        /// The store of runs cannot be used.
        StoreUnusable = "store_unusable",
    }
}

impl Obstacle {
    /// The obstacle in words.
    pub fn words(self) -> String {
        match self {
            Self::NoGpu => "no GPU".to_owned(),
            Self::BadInput
            | Self::FileMissing
            | Self::WouldNotFetch
            | Self::WouldNotCheckOut
            | Self::DataMissing
            | Self::DataChanged
            | Self::LockFileMissing
            | Self::EnvironmentNotPinned
            | Self::EnvironmentUnusable
            | Self::DependencyMissing
            | Self::WouldNotBuild
            | Self::Interrupted
            | Self::NoSandbox
            | Self::NotEnoughMemory
            | Self::NoTrainer
            | Self::NoWorkingFolder
            | Self::ExecutorUnusable
            | Self::StoreUnusable => self.code().replace('_', " "),
        }
    }
}
