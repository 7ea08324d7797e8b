//! What was seen, set against what was claimed.
