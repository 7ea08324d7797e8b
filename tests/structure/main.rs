//! Holds the sources to the invariants of `ARCHITECTURE.md` that the compiler does not check.
//!
//! Each rule has a list of its exceptions, `KNOWN_…`: what breaks the rule today. A finding that is
//! not on the list fails the test. Lists only shrink.

mod cycles;
mod known;
mod names;
mod rules;
mod scan;
mod workspace;
