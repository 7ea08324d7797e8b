//! bootstrap
pub const GROUPS: &[&str] = &[];
