//! The forms in which papers print a result, each turned into value, spread and number of runs.
//!
//! Where a form can be read in more than one way there are several interpretations, and a verdict must
//! hold under all of them.

use super::interpretation::{Interpretation, NormaliseError, Uncertainty};
use reprove_model::manifest::{Reported, ReportedForm};
use reprove_stats::{Sample, students_t};

/// Degrees of freedom that stand for a spread that is known exactly.
const CERTAIN_DF: f64 = 1e8;

/// The two ways of interpretation a standard error over an unknown number of runs.
const UNKNOWN_RUNS_DF: [(&str, f64); 2] = [("3 runs", 2.0), ("very many runs", CERTAIN_DF)];

/// All interpretations of a printed result, at least one; the first is the one that is named first.
///
/// # Errors
/// Numbers that are not finite, a negative spread, no values.
pub fn interpret(reported: &Reported) -> Result<Vec<Interpretation>, NormaliseError> {
    let value = finite("value", reported.form.value())?;
    let form = Printed {
        value,
        half_unit: reported.half_unit(),
        decimals: reported.decimals,
    };
    Ok(match &reported.form {
        ReportedForm::Bare { runs, .. } => vec![form.bare("no spread was reported", *runs)],
        ReportedForm::Std {
            std, runs, ddof, ..
        } => vec![form.std(not_negative("standard deviation", *std)?, *runs, *ddof)],
        ReportedForm::Sem { sem, runs, .. } => {
            form.sem(not_negative("standard error", *sem)?, *runs)
        }
        ReportedForm::Ci95 {
            low, high, runs, ..
        } => form.ci95(finite("interval", *low)?, finite("interval", *high)?, *runs)?,
        ReportedForm::PlusMinus { spread, runs, .. } => {
            let spread = not_negative("spread", *spread)?;
            let mut all = vec![form.std(spread, *runs, None)];
            all.extend(form.sem(spread, *runs));
            all
        }
        ReportedForm::Values(values) => vec![form.list(values)?],
        ReportedForm::Best { .. } => vec![form.bare("the best of several runs", None)],
        ReportedForm::Median {
            quartiles, runs, ..
        } => vec![form.median(*quartiles, *runs)?],
        ReportedForm::Proportion { .. } => {
            vec![form.bare("one run on a test set", None)]
        }
    })
}

/// A printed value and its rounding; each method reads one form.
struct Printed {
    value: f64,
    half_unit: f64,
    decimals: Option<u32>,
}

impl Printed {
    fn bare(&self, label: &str, runs: Option<u32>) -> Interpretation {
        let runs = runs.unwrap_or(1).max(1);
        Interpretation::new(
            label,
            self.value,
            self.half_unit,
            Uncertainty::Unknown { runs, sd: None },
        )
    }

    /// A value with the standard deviation of one run, over an unknown number of runs.
    fn of_one_run(&self, label: &str, runs: Option<u32>, sd: f64) -> Interpretation {
        let spread = Uncertainty::Unknown {
            runs: runs.unwrap_or(1).max(1),
            sd: Some(sd),
        };
        Interpretation::new(label, self.value, self.half_unit, spread)
    }

    /// The upper rounding end of a spread that was printed to the same digits as the value.
    fn rounded_up(&self, spread: f64) -> f64 {
        let Some(decimals) = self.decimals else {
            return spread;
        };
        let units = spread * 10f64.powi(decimals as i32);
        let as_printed = (units - units.round()).abs() < 1e-6 * units.max(1.0);
        if as_printed {
            spread + self.half_unit
        } else {
            spread
        }
    }

    fn std(&self, std: f64, runs: Option<u32>, ddof: Option<u8>) -> Interpretation {
        let sd = self.rounded_up(std);
        match runs {
            Some(n) if n >= 2 => {
                let n_f = f64::from(n);
                let (label, factor) = match ddof {
                    Some(1) => ("standard deviation with divisor n - 1", 1.0),
                    Some(_) => (
                        "standard deviation with divisor n",
                        (n_f / (n_f - 1.0)).sqrt(),
                    ),
                    None => (
                        "standard deviation, divisor n assumed",
                        (n_f / (n_f - 1.0)).sqrt(),
                    ),
                };
                Interpretation::from_sd(label, self.value, self.half_unit, sd * factor, n)
                    .with_printed_sd(std)
            }
            Some(_) | None => self
                .of_one_run(
                    "standard deviation over an unknown number of runs",
                    runs,
                    sd,
                )
                .with_printed_sd(std),
        }
    }

    fn sem(&self, sem: f64, runs: Option<u32>) -> Vec<Interpretation> {
        let sem = self.rounded_up(sem);
        match runs {
            Some(n) if n >= 2 => {
                let sd = sem * f64::from(n).sqrt();
                vec![Interpretation::from_sd(
                    "standard error",
                    self.value,
                    self.half_unit,
                    sd,
                    n,
                )]
            }
            Some(_) | None => self.known_error("standard error", sem),
        }
    }

    /// A standard error over an unknown number of runs: few or many.
    fn known_error(&self, what: &str, standard_error: f64) -> Vec<Interpretation> {
        UNKNOWN_RUNS_DF
            .iter()
            .map(|(runs, df)| {
                let spread = Uncertainty::Known {
                    standard_error,
                    df: *df,
                    sd: None,
                    runs: None,
                };
                let label = format!("{what} over {runs}");
                Interpretation::new(&label, self.value, self.half_unit, spread)
            })
            .collect()
    }

    /// A 95 % interval, read as normal theory makes it: the larger standard deviation.
    fn ci95(
        &self,
        low: f64,
        high: f64,
        runs: Option<u32>,
    ) -> Result<Vec<Interpretation>, NormaliseError> {
        let half = (high - self.value).max(self.value - low);
        if low > high || half <= 0.0 {
            return Err(NormaliseError::BadNumber {
                what: "interval",
                value: half,
                expected: "low ≤ mean ≤ high with some width",
            });
        }
        let z = 1.959_963_984_540_054;
        let label = "95 % interval of normal theory";
        Ok(match runs {
            Some(n) if n >= 2 => {
                let sd = half * f64::from(n).sqrt() / z;
                vec![Interpretation::from_sd(
                    label,
                    self.value,
                    self.half_unit,
                    sd,
                    n,
                )]
            }
            Some(_) | None => self.known_error(label, half / z),
        })
    }

    fn list(&self, values: &[f64]) -> Result<Interpretation, NormaliseError> {
        let bad = |_| NormaliseError::BadNumber {
            what: "values",
            value: f64::NAN,
            expected: "finite numbers, at least one",
        };
        let sample = Sample::new(values).map_err(bad)?;
        let Some(sd) = sample.sd() else {
            return Ok(Interpretation {
                value: sample.mean(),
                ..self.bare("one value", Some(1))
            });
        };
        let runs = values.len() as u32;
        let interpretation =
            Interpretation::from_sd("values of single runs", sample.mean(), 0.0, sd, runs);
        Ok(Interpretation {
            values: Some(values.to_vec()),
            half_unit: self.half_unit,
            ..interpretation
        })
    }

    /// Median and quartiles, read as those of a normal distribution: sd = IQR / 1.349, and the
    /// median's standard error is sqrt(π/2) times that of a mean.
    fn median(
        &self,
        (q1, q3): (f64, f64),
        runs: Option<u32>,
    ) -> Result<Interpretation, NormaliseError> {
        let range = not_negative("interquartile range", finite("quartile", q3)? - q1)?;
        let sd = range / 1.348_979_500_392_163_5;
        let label = "median and quartiles of a normal distribution";
        Ok(match runs {
            Some(n) if n >= 2 => {
                let n_f = f64::from(n);
                let spread = Uncertainty::Known {
                    standard_error: sd * (std::f64::consts::FRAC_PI_2 / n_f).sqrt(),
                    df: n_f - 1.0,
                    sd: Some(sd),
                    runs: Some(n),
                };
                Interpretation::new(label, self.value, self.half_unit, spread).with_printed_sd(sd)
            }
            Some(_) | None => self.of_one_run(label, runs, sd).with_printed_sd(sd),
        })
    }
}

/// The standard deviation behind a 95 % interval that used Student's t.
///
/// # Errors
/// Fewer than two runs.
pub fn sd_of_t_interval(half_width: f64, runs: u32) -> reprove_stats::Result<f64> {
    let n = f64::from(runs);
    Ok(half_width * n.sqrt() / students_t::isf(0.025, n - 1.0)?)
}

fn finite(what: &'static str, value: f64) -> Result<f64, NormaliseError> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(NormaliseError::BadNumber {
        what,
        value,
        expected: "a finite number",
    })
}

fn not_negative(what: &'static str, value: f64) -> Result<f64, NormaliseError> {
    if finite(what, value)? >= 0.0 {
        return Ok(value);
    }
    Err(NormaliseError::BadNumber {
        what,
        value,
        expected: "a number of at least 0",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: ReportedForm, decimals: Option<u32>) -> Vec<Interpretation> {
        interpret(&Reported { form, decimals }).unwrap()
    }

    fn sd(interpretation: &Interpretation) -> f64 {
        match interpretation.spread {
            Uncertainty::Known { sd: Some(sd), .. } => sd,
            _ => f64::NAN,
        }
    }

    #[test]
    fn each_form_is_read_as_the_table_says() {
        let mean = 90.0;
        let std = |ddof, decimals| {
            let form = ReportedForm::Std {
                mean,
                std: 0.6,
                runs: Some(3),
                ddof,
            };
            sd(&read(form, decimals)[0])
        };
        assert_eq!(std(Some(1), None), 0.6);
        assert!((std(Some(0), None) / 0.6 - 1.5f64.sqrt()).abs() < 1e-15);
        assert_eq!(std(None, None), std(Some(0), None));
        assert!(
            (std(Some(1), Some(1)) - 0.65).abs() < 1e-12,
            "upper rounding end"
        );
        assert_eq!(
            std(Some(1), Some(0)),
            0.6,
            "printed to more digits than the mean"
        );

        let ci = ReportedForm::Ci95 {
            mean,
            low: 89.8,
            high: 90.1,
            runs: Some(10),
        };
        assert!((sd(&read(ci, None)[0]) - 0.2 * 10f64.sqrt() / 1.959963984540054).abs() < 1e-12);
        let sem = ReportedForm::Sem {
            mean,
            sem: 0.1,
            runs: Some(9),
        };
        assert!((sd(&read(sem, None)[0]) - 0.3).abs() < 1e-15);
    }

    #[test]
    fn ambiguity_gives_several_readings() {
        let mean = 90.0;
        let known = ReportedForm::PlusMinus {
            mean,
            spread: 0.6,
            runs: Some(10),
        };
        assert_eq!(read(known, None).len(), 2);
        let unknown = ReportedForm::PlusMinus {
            mean,
            spread: 0.6,
            runs: None,
        };
        let all = read(unknown, None);
        assert_eq!(all.len(), 3);
        assert_eq!(
            all[0].spread,
            Uncertainty::Unknown {
                runs: 1,
                sd: Some(0.6)
            }
        );
    }
}
