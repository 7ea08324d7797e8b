//! What a test needs and this machine lacks.

use std::env;

/// Reports that a test cannot run here, because the machine does not offer `feature`.
///
/// # Panics
/// In CI (`CI` is `true`), unless `REPROVE_TEST_ABSENT` names the feature: a test is never left out
/// there in silence. The variable has names separated by commas.
pub fn not_tested(feature: &str, reason: &str) {
    let absent = env::var("REPROVE_TEST_ABSENT").unwrap_or_default();
    let is_named = absent.split(',').any(|name| name.trim() == feature);
    let is_ci = env::var("CI").is_ok_and(|value| value == "true" || value == "1");
    assert!(
        is_named || !is_ci,
        "`{feature}` is not available on this machine ({reason}); where that is so, \
         REPROVE_TEST_ABSENT names it"
    );
    eprintln!("NOT TESTED: `{feature}` is not available: {reason}");
}
