//! The standard normal distribution.

use statrs::distribution::{ContinuousCDF, Normal};

use super::super::error::{Result, probability};

const FRAC_1_SQRT_2PI: f64 = 0.398_942_280_401_432_7;

/// Density at `x`.
#[must_use]
pub fn pdf(x: f64) -> f64 {
    FRAC_1_SQRT_2PI * (-0.5 * x * x).exp()
}

/// P(Z <= x); NaN only for NaN. Relative error below 1e-14 in either tail.
#[must_use]
pub fn cdf(x: f64) -> f64 {
    if x.abs() <= CENTRAL {
        return 0.5 + central(x);
    }
    if x > 0.0 { 1.0 - tail(x) } else { tail(-x) }
}

/// P(Z > x) = `cdf(-x)`.
#[must_use]
pub fn sf(x: f64) -> f64 {
    cdf(-x)
}

/// P(a < Z < b) without cancellation when both lie in one tail; negative if `b < a`.
#[must_use]
pub fn between(a: f64, b: f64) -> f64 {
    if a > 0.0 && b > 0.0 {
        sf(a) - sf(b)
    } else {
        cdf(b) - cdf(a)
    }
}

/// Where the rational approximations change, as in Cody (1969).
const CENTRAL: f64 = 0.674_489_75;

fn ratio(x: f64, numerator: &[f64], denominator: &[f64]) -> f64 {
    let horner = |c: &[f64]| c.iter().fold(0.0, |sum, c| sum * x + c);
    horner(numerator) / horner(denominator)
}

/// P(0 < Z < x) for |x| <= 0.6745: W. J. Cody (1969), Rational Chebyshev approximations for the
/// error function, Mathematics of Computation 23.
fn central(x: f64) -> f64 {
    const P: [f64; 5] = [
        0.065_682_337_918_207_45,
        2.235_252_035_460_684,
        161.028_231_068_555_88,
        1_067.689_485_460_371,
        18_154.981_253_343_56,
    ];
    const Q: [f64; 5] = [
        1.0,
        47.202_581_904_688_245,
        976.098_551_737_776_7,
        10_260.932_208_618_979,
        45_507.789_335_026_73,
    ];
    x * ratio(x * x, &P, &Q)
}

/// P(Z > x) for x >= 0.6745, same source.
fn tail(x: f64) -> f64 {
    const P: [f64; 9] = [
        1.076_557_677_372_019_2e-8,
        0.398_941_512_088_138_1,
        8.883_149_794_388_377,
        93.506_656_132_177_85,
        597.270_276_394_800_3,
        2_494.537_585_290_372_6,
        6_848.190_450_536_283,
        11_602.651_437_647_35,
        9_842.714_838_383_978,
    ];
    const Q: [f64; 9] = [
        1.0,
        22.266_688_044_328_117,
        235.387_901_782_625,
        1_519.377_599_407_554_7,
        6_485.558_298_266_761,
        18_615.571_640_885_097,
        34_900.952_721_145_98,
        38_912.003_286_093_27,
        19_685.429_676_859_992,
    ];
    const FAR_P: [f64; 6] = [
        0.023_073_441_764_940_174,
        0.215_898_534_057_957,
        0.127_401_161_160_247_36,
        0.022_235_277_870_649_807,
        0.001_421_619_193_227_893_4,
        2.911_287_495_116_879_3e-5,
    ];
    const FAR_Q: [f64; 6] = [
        1.0,
        1.284_260_096_144_911,
        0.468_238_212_480_865_1,
        0.065_988_137_868_928_56,
        0.003_782_396_332_027_582_4,
        7.297_515_550_839_662e-5,
    ];
    if x > 39.0 {
        return 0.0;
    }
    // exp(-x²/2) with the square split, so that its rounding is not magnified by x².
    let coarse = (x * 16.0).trunc() / 16.0;
    let gauss = (-0.5 * coarse * coarse).exp() * (-0.5 * (x - coarse) * (x + coarse)).exp();
    if x < 32.0_f64.sqrt() {
        return gauss * ratio(x, &P, &Q);
    }
    let inverse = 1.0 / (x * x);
    gauss * (FRAC_1_SQRT_2PI - inverse * ratio(inverse, &FAR_P, &FAR_Q)) / x
}

/// The point with probability `p` below it: minus infinity at 0, infinity at 1.
///
/// Relative error below 1e-15 (statrs; the table in the crate's documentation has the measurement).
///
/// # Errors
/// `p` is not a probability.
pub fn quantile(p: f64) -> Result<f64> {
    probability("p", p)?;
    Ok(Normal::standard().inverse_cdf(p))
}

/// The point with probability `q` above it: `-quantile(q)`, exact for tiny `q`.
///
/// # Errors
/// `q` is not a probability.
pub fn isf(q: f64) -> Result<f64> {
    Ok(-quantile(q)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ends_of_the_line() {
        assert_eq!(cdf(f64::NEG_INFINITY), 0.0);
        assert_eq!(cdf(f64::INFINITY), 1.0);
        assert_eq!(cdf(0.0), 0.5);
        assert!(cdf(f64::NAN).is_nan());
        assert_eq!(quantile(0.0).unwrap(), f64::NEG_INFINITY);
        assert_eq!(quantile(1.0).unwrap(), f64::INFINITY);
        assert!(quantile(f64::NAN).is_err() && quantile(1.1).is_err());
    }

    #[test]
    fn pieces_of_the_approximation_meet() {
        for edge in [CENTRAL, 32.0_f64.sqrt()] {
            let (below, above) = (sf(edge - 1e-12), sf(edge + 1e-12));
            assert!((below / above - 1.0).abs() < 2e-11);
        }
    }

    proptest! {
        #[test]
        fn quantile_undoes_cdf(z in -37.0..8.0f64) {
            let p = cdf(z);
            let back = quantile(p).unwrap();
            // An ulp of p moves the point by ulp/pdf.
            let blur = 4.0 * p * f64::EPSILON / pdf(z);
            prop_assert!((back - z).abs() <= 1e-13 * z.abs() + blur, "{z} {back}");
        }

        #[test]
        fn tails_mirror(z in -40.0..40.0f64) {
            prop_assert_eq!(sf(z), cdf(-z));
            prop_assert!((cdf(z) + sf(z) - 1.0).abs() < 1e-15);
        }
    }
}
