//! Which runs: configuration × seed, in a fixed order, and what each claim needs of them.
