//! The manifest: what was claimed, of which code, data, seeds and hardware, and within which tolerance.
