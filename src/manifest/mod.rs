//! The manifest: what was claimed, of which code, data, seeds and hardware, and within which tolerance.

mod claim;

pub use claim::{
    Basis, Better, Claim, Criterion, Decision, FailureThreshold, Looks, Method, Pairing, Quantity,
    Reported, ReportedForm, Tolerance, Unit,
};
