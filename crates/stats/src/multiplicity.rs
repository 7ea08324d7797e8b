//! Many tests at once: Holm's step-down procedure.

use super::error::{Result, probability};

/// Adjusted p-values that control the chance of any false rejection (Holm 1979).
///
/// In the order given: reject those at or below the level.
///
/// # Errors
/// A value that is not a probability.
pub fn holm(p: &[f64]) -> Result<Vec<f64>> {
    let order = ascending(p)?;
    let count = p.len();
    let mut adjusted = vec![0.0; count];
    let mut floor = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        floor = floor.max((count - rank) as f64 * p[index]).min(1.0);
        adjusted[index] = floor;
    }
    Ok(adjusted)
}

fn ascending(p: &[f64]) -> Result<Vec<usize>> {
    for &value in p {
        probability("p", value)?;
    }
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_and_nonsense() {
        assert_eq!(holm(&[]).unwrap(), Vec::<f64>::new());
        assert!(holm(&[0.1, f64::NAN]).is_err() && holm(&[1.1]).is_err());
    }

    proptest! {
        #[test]
        fn holm_raises_p_values_and_keeps_their_order(p in prop::collection::vec(0.0..=1.0f64, 1..12)) {
            let h = holm(&p).unwrap();
            for i in 0..p.len() {
                prop_assert!(p[i] <= h[i] && h[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || h[i] <= h[j]);
                }
            }
        }
    }
}
