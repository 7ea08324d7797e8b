//! The equivalence margin: a tolerance as numbers around the reported value.

use super::interpretation::{Interpretation, NormaliseError};
use reprove_model::manifest::{Criterion, Tolerance};

/// Values that count as the same result, as differences from the printed value; an end may be
/// infinite. `low` ≤ 0 ≤ `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EquivalenceMargin {
    /// The largest shortfall, ≤ 0.
    pub low: f64,
    /// The largest excess, ≥ 0.
    pub high: f64,
}

/// The tolerance of a criterion as numbers around the interpretations' value.
///
/// # Errors
/// A tolerance that is not above zero, or that cannot be made a number for this value.
pub fn margin(
    criterion: &Criterion,
    interpretations: &[Interpretation],
) -> Result<EquivalenceMargin, NormaliseError> {
    let above = EquivalenceMargin {
        low: 0.0,
        high: f64::INFINITY,
    };
    let Criterion::Within(tolerance) = criterion else {
        return Ok(above);
    };
    let first = interpretations
        .first()
        .ok_or(NormaliseError::NothingReported)?;
    let width = match *tolerance {
        Tolerance::Absolute(v) | Tolerance::Below(v) | Tolerance::Above(v) => v,
        Tolerance::Relative(_) if first.value == 0.0 => return Err(NormaliseError::RelativeToZero),
        Tolerance::Relative(r) if r >= 1.0 => return Err(NormaliseError::RelativeOfWhole(r)),
        Tolerance::Relative(r) => r * first.value.abs(),
        Tolerance::Sd(k) => k * sd_of(interpretations)?,
        Tolerance::Digits if first.half_unit > 0.0 => first.half_unit,
        Tolerance::Digits => return Err(NormaliseError::NoDigits),
        Tolerance::Exact => {
            return Ok(EquivalenceMargin {
                low: 0.0,
                high: 0.0,
            });
        }
    };
    if !(width.is_finite() && width > 0.0) {
        return Err(NormaliseError::BadTolerance(width));
    }
    Ok(match tolerance {
        Tolerance::Below(_) => EquivalenceMargin {
            low: -width,
            high: f64::INFINITY,
        },
        Tolerance::Above(_) => EquivalenceMargin {
            low: f64::NEG_INFINITY,
            high: width,
        },
        Tolerance::Absolute(_)
        | Tolerance::Relative(_)
        | Tolerance::Sd(_)
        | Tolerance::Digits
        | Tolerance::Exact => EquivalenceMargin {
            low: -width,
            high: width,
        },
    })
}

/// The one standard deviation that was printed.
fn sd_of(interpretations: &[Interpretation]) -> Result<f64, NormaliseError> {
    let mut found = interpretations.iter().map(|r| r.printed_sd);
    let first = found.next().flatten().ok_or(NormaliseError::NoSd)?;
    if found.any(|sd| sd != Some(first)) {
        return Err(NormaliseError::AmbiguousSd);
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tolerances_become_numbers() {
        let interpretation = Interpretation::from_sd("", -50.0, 0.05, 2.0, 5);
        let width = |t| margin(&Criterion::Within(t), std::slice::from_ref(&interpretation));
        assert_eq!(
            width(Tolerance::Relative(0.02)).unwrap(),
            EquivalenceMargin {
                low: -1.0,
                high: 1.0
            }
        );
        assert_eq!(width(Tolerance::Sd(0.5)).unwrap().high, 1.0);
        assert_eq!(width(Tolerance::Below(1.0)).unwrap().high, f64::INFINITY);
        assert_eq!(width(Tolerance::Digits).unwrap().low, -0.05);
        assert!(width(Tolerance::Absolute(0.0)).is_err());
        let zero = Interpretation::exact(0.0);
        let relative = Criterion::Within(Tolerance::Relative(0.1));
        assert_eq!(
            margin(&relative, &[zero]),
            Err(NormaliseError::RelativeToZero)
        );
    }
}
