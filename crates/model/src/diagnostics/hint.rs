//! The suggested fix of an error.

/// An error that may suggest a fix.
///
/// ```
/// use reprove_model::diagnostics::Hint;
///
/// let error = "d41d8cd98f00b204e9800998ecf8427e"
///     .parse::<reprove_model::digest::Sha256Digest>()
///     .unwrap_err();
/// assert!(error.hint().unwrap().contains("MD5"));
/// ```
pub trait Hint {
    /// Suggested fix, if known.
    fn hint(&self) -> Option<String>;
}
