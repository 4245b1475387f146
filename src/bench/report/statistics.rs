//! What rounds and samples amount to.

use crate::bench::quantile::quantile;
use crate::bench::record::{Better, COUNT, Figure};

/// The middle of some values and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Spread {
    /// Of the values that are numbers; none if there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        values.sort_unstable_by(f64::total_cmp);
        let (&low, &high) = (values.first()?, values.last()?);
        Some(Self {
            median: median(&values),
            low,
            high,
        })
    }
}

/// The median of ascending values; not a number if there are none.
pub fn median(ascending: &[f64]) -> f64 {
    quantile(ascending, 0.5, |value| value).unwrap_or(f64::NAN)
}

/// None if there are no values.
pub fn geometric_mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in values {
        sum += value.ln();
        count += 1;
    }
    (count > 0).then(|| (sum / f64::from(count)).exp())
}

/// The least ratio that is worth a word.
const LEAST_EFFECT: f64 = 1.02;

/// Whether ours is better than the peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    Ahead,
    /// Some rounds say one thing, some the other, or there is hardly a difference.
    Level,
    Behind,
}

/// How many times as good as the peer ours is: above 1 it is ahead, whatever the measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio(pub Spread);

impl Ratio {
    /// Of figures of the same thing. A single round does not say how far another one would lie apart, so that it makes no ratio,
    /// but for what is counted.
    pub fn between(ours: &Figure, peer: &Figure) -> Option<Self> {
        let rounds = ours.rounds.len().min(peer.rounds.len());
        match rounds > 1 || ours.unit == COUNT {
            true => Self::of(ours.better, &ours.rounds, &peer.rounds),
            false => None,
        }
    }

    /// Of rounds that were taken together; none where nothing can be divided.
    fn of(better: Better, ours: &[f64], peer: &[f64]) -> Option<Self> {
        let rounds = ours.iter().zip(peer);
        Spread::of(rounds.filter_map(|(&ours, &peer)| advantage(better, ours, peer))).map(Self)
    }

    pub fn standing(&self) -> Standing {
        let Spread { median, low, high } = self.0;
        match () {
            () if low > 1.0 && median >= LEAST_EFFECT => Standing::Ahead,
            () if high < 1.0 && median <= 1.0 / LEAST_EFFECT => Standing::Behind,
            () => Standing::Level,
        }
    }
}

/// How many times as good `ours` is as `peer`; none where nothing can be divided or nothing is better.
pub fn advantage(better: Better, ours: f64, peer: f64) -> Option<f64> {
    let ratio = match better {
        Better::Lower => peer / ours,
        Better::Higher => ours / peer,
        Better::Neither => return None,
    };
    (ratio > 0.0 && ratio.is_finite()).then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::super::results::OURS;
    use super::super::tests::figure;
    use super::*;
    use crate::bench::run::figures;

    #[test]
    fn a_spread_passes_over_what_is_no_number() {
        let spread = Spread::of([3.0, f64::NAN, 1.0, 2.0, 10.0, f64::INFINITY]);
        let expected = Spread {
            median: 2.5,
            low: 1.0,
            high: 10.0,
        };
        assert_eq!(spread, Some(expected));
        assert_eq!(Spread::of([f64::NAN]), None);
    }

    #[test]
    fn ratios_are_those_of_rounds_and_above_one_when_ours_is_better() {
        // The machine was half as fast in the second round: the ratio does not see it.
        let ratio = Ratio::of(Better::Lower, &[1.0, 2.0, 1.0], &[3.0, 6.0, 4.0]).unwrap();
        assert_eq!((ratio.0.median, ratio.0.high), (3.0, 4.0));
        assert_eq!(ratio.standing(), Standing::Ahead);
        let ratio = Ratio::of(Better::Higher, &[1.0, 2.0], &[3.0, 6.0]).unwrap();
        assert_eq!(ratio.standing(), Standing::Behind);
        let ratio = Ratio::of(Better::Lower, &[1.0, 2.0], &[2.0, 1.0]).unwrap();
        assert_eq!(ratio.standing(), Standing::Level);
        let ratio = Ratio::of(Better::Lower, &[1.0, 1.0], &[1.01, 1.015]).unwrap();
        assert_eq!(ratio.standing(), Standing::Level);
        assert_eq!(Ratio::of(Better::Neither, &[1.0], &[1.0]), None);
        assert_eq!(Ratio::of(Better::Lower, &[0.0], &[1.0]), None);
    }

    #[test]
    fn a_single_round_makes_no_ratio_but_of_what_is_counted() {
        let load = |rounds: usize| figure("lubm-1", "load", "to return", OURS, vec![1.0; rounds]);
        assert!(Ratio::between(&load(2), &load(2)).is_some());
        for (ours, peer) in [(1, 1), (1, 7), (7, 1)] {
            assert_eq!(Ratio::between(&load(ours), &load(peer)), None);
        }
        let counted = Figure {
            unit: COUNT.to_owned(),
            ..load(1)
        };
        assert!(Ratio::between(&counted, &counted).is_some());
        assert_eq!(figures::INSTRUCTIONS.unit, COUNT);
    }

    #[test]
    fn a_geometric_mean_is_that_of_the_factors() {
        let mean = geometric_mean([2.0, 8.0]).unwrap();
        assert!((mean - 4.0).abs() < 1e-12);
        assert_eq!(geometric_mean([]), None);
    }
}
