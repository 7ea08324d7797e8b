//! The parts of a figure: a linear axis with round marks, and coordinates as short text.
//!
//! Figures are drawn by these few functions and not by a plotting library, because they take their
//! colours from the page's light or dark theme and carry a title and a description for screen
//! readers; plotting libraries write fixed colours and nothing to read.

use super::super::number;

/// A range of values laid on a range of coordinates.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// The values from `low` to `high` laid on the coordinates from `from` to `to`.
    ///
    /// None where the values are not finite; equal values get a margin around them.
    pub fn new(low: f64, high: f64, from: f64, to: f64) -> Option<Self> {
        let room = if high > low {
            (high - low) * 0.06
        } else {
            (low.abs() * 0.01).max(1e-6)
        };
        let (low, high) = (low - room, high + room);
        (high > low && (high - low).is_finite()).then_some(Self {
            low,
            high,
            from,
            to,
        })
    }

    /// Where `value` lies, held within the axis.
    pub fn place(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + share * (self.to - self.from)
    }

    /// Whether `value` lies on the axis.
    pub fn shows(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Round values on the axis, about `count` of them, with their text.
    pub fn marks(&self, count: usize) -> Vec<(f64, String)> {
        let rough = (self.high - self.low) / count as f64;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * power)
            .find(|step| *step >= rough)
            .unwrap_or(10.0 * power);
        let decimals = (-step.log10().floor()).clamp(0.0, 8.0) as usize;
        let first = (self.low / step).ceil() as i64;
        (first..)
            .map(|multiple| multiple as f64 * step)
            .take_while(|value| *value <= self.high)
            .take(2 * count)
            .map(|value| (self.place(value), number::fixed(value, decimals)))
            .collect()
    }
}

/// A coordinate with one decimal.
pub fn at(coordinate: f64) -> String {
    number::fixed(coordinate, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_lie_on_the_axis() {
        let axis = Axis::new(81.2, 88.1, 0.0, 100.0).unwrap();
        let marks: Vec<String> = axis.marks(4).into_iter().map(|(_, text)| text).collect();
        assert_eq!(marks, ["82", "84", "86", "88"]);
        let axis = Axis::new(-0.011, 0.013, 0.0, 100.0).unwrap();
        let marks: Vec<String> = axis.marks(4).into_iter().map(|(_, text)| text).collect();
        assert_eq!(marks, ["-0.01", "0.00", "0.01"]);
    }

    #[test]
    fn equal_values_get_room_and_values_outside_stay_on_the_axis() {
        let axis = Axis::new(5.0, 5.0, 0.0, 100.0).unwrap();
        assert!((axis.place(5.0) - 50.0).abs() < 1e-9);
        assert_eq!(axis.place(9.0), 100.0);
        assert!(!axis.shows(9.0));
        assert!(Axis::new(f64::NAN, 1.0, 0.0, 1.0).is_none());
        assert!(Axis::new(-f64::MAX, f64::MAX, 0.0, 1.0).is_none());
    }
}
