//! From values to places along an axis, and the marks of the axis.

/// Ranges that a linear scale would press into a corner.
const LOGARITHMIC_FROM: f64 = 20.0;
/// So much of a logarithmic scale lies below the least value, so that its bar is seen.
const BELOW_LEAST: f64 = 0.08;
const MARKS_MAX: usize = 6;
/// Of the axis, between two marks of a logarithmic one: its figures must not touch where the page is narrow.
const MARKS_APART: f64 = 0.17;
/// A scale of ratios goes at least so far to both sides of 1.
const RATIO_LEAST: f64 = 1.5;

/// Marks within a decade, from dense to sparse.
const DECADES: [&[f64]; 5] = [
    &[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0],
    &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
    &[1.0, 2.0, 5.0],
    &[1.0, 3.0],
    &[1.0],
];

/// An axis from `low` to `high`, which differ.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    low: f64,
    high: f64,
    pub logarithmic: bool,
}

impl Scale {
    /// For bars: from nought, unless that would hide the small ones.
    pub fn bars(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (least, most) = range(values);
        if least > 0.0 && most / least > LOGARITHMIC_FROM {
            let low = least / (most / least).powf(BELOW_LEAST);
            return Self::logarithmic(low, most);
        }
        Self {
            low: least.min(0.0),
            high: if most > 0.0 { most } else { 1.0 },
            logarithmic: false,
        }
    }

    /// For values above nought, wherever they lie.
    pub fn positive(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (least, most) = range(values.filter(|&value| value > 0.0));
        let margin = (most / least).powf(0.04).max(1.05);
        Self::logarithmic(least / margin, most * margin)
    }

    /// For ratios, with 1 on it.
    pub fn ratios(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (least, most) = range(values.filter(|&value| value > 0.0));
        Self::logarithmic(least.min(1.0 / RATIO_LEAST), most.max(RATIO_LEAST))
    }

    fn logarithmic(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            logarithmic: true,
        }
    }

    /// Where a value is, from 0 at the beginning of the axis to 1 at its end.
    pub fn place(&self, value: f64) -> f64 {
        let part = match self.logarithmic {
            true => (value / self.low).ln() / (self.high / self.low).ln(),
            false => (value - self.low) / (self.high - self.low),
        };
        part.clamp(0.0, 1.0)
    }

    /// Round values on the axis, ascending and few.
    pub fn marks(&self) -> Vec<f64> {
        match self.logarithmic {
            true => self.logarithmic_marks(),
            false => self.linear_marks(),
        }
    }

    fn linear_marks(&self) -> Vec<f64> {
        let range = self.high - self.low;
        let decade = 10f64.powf((range / MARKS_MAX as f64).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * decade);
        let fits = |step: &f64| range / step < MARKS_MAX as f64;
        let step = steps.into_iter().find(fits).unwrap_or(range);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step * (1.0 + 1e-9)).floor() as i64;
        (first..=last).map(|count| count as f64 * step).collect()
    }

    fn logarithmic_marks(&self) -> Vec<f64> {
        let dense = DECADES.iter().map(|&decade| (decade, 1));
        let sparse = (2..).map(|step| (DECADES[4], step));
        dense
            .chain(sparse)
            .map(|(decade, step)| self.decades(decade, step))
            .find(|marks| self.are_apart(marks))
            .unwrap_or_default()
    }

    fn are_apart(&self, marks: &[f64]) -> bool {
        let apart = |pair: &[f64]| self.place(pair[1]) - self.place(pair[0]) >= MARKS_APART;
        marks.windows(2).all(apart)
    }

    /// The marks of every `step`th decade that are on the axis.
    fn decades(&self, decade: &[f64], step: usize) -> Vec<f64> {
        let first = self.low.log10().floor() as i32;
        let last = self.high.log10().floor() as i32;
        let on_axis = (self.low * (1.0 - 1e-9))..=(self.high * (1.0 + 1e-9));
        (first..=last)
            .filter(|exponent| exponent.rem_euclid(step as i32) == 0)
            .flat_map(|exponent| decade.iter().map(move |mark| mark * 10f64.powi(exponent)))
            .filter(|mark| on_axis.contains(mark))
            .collect()
    }
}

/// From 1 to 2 if there are no values.
fn range(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let most = values.fold(f64::NEG_INFINITY, f64::max);
    match least <= most {
        true => (least, most),
        false => (1.0, 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(values: &[f64]) -> Scale {
        Scale::bars(values.iter().copied())
    }

    #[test]
    fn a_scale_is_logarithmic_only_where_small_values_would_vanish() {
        let narrow = bars(&[2.0, 30.0]);
        assert!(!narrow.logarithmic);
        assert_eq!((narrow.place(0.0), narrow.place(15.0)), (0.0, 0.5));
        let wide = bars(&[0.1, 1000.0]);
        assert!(wide.logarithmic);
        assert!(wide.place(0.1) > 0.05 && wide.place(1000.0) == 1.0);
        assert!(!bars(&[0.0, 1000.0]).logarithmic, "nought has no logarithm");
        assert_eq!(bars(&[]).place(1.0), 0.5);
        assert_eq!(bars(&[0.0]).place(0.0), 0.0);
    }

    #[test]
    fn marks_are_round_few_and_enough() {
        assert_eq!(bars(&[7.0]).marks(), [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(bars(&[0.1, 1000.0]).marks().len(), 5);
        let ratios = Scale::ratios([0.9, 1.1].into_iter()).marks();
        assert_eq!(ratios, [0.8, 1.0, 1.2, 1.5]);
        let wide = Scale::ratios([1e-9, 1e9].into_iter()).marks();
        assert!(wide.contains(&1.0) && wide.len() <= MARKS_MAX);
        for exponent in 0..12 {
            for low in [1.0, 1.7, 3.0, 9.9] {
                let high = low * 10f64.powi(exponent) * 1.3;
                let marks = Scale::ratios([1.0 / low, high].into_iter()).marks();
                assert!(marks.len() >= 2, "{low} {high} {marks:?}");
            }
        }
    }
}
