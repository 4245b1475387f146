//! Order statistics of samples.

use crate::bench::quantile::quantile;

/// Samples in ascending order.
#[derive(Clone, Debug, Default)]
pub struct Sorted(Vec<u64>);

impl Sorted {
    pub fn new(mut samples: Vec<u64>) -> Self {
        samples.sort_unstable();
        Self(samples)
    }

    pub fn samples(&self) -> &[u64] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// See [`quantile`]; 0 without samples.
    pub fn quantile(&self, share: f64) -> f64 {
        quantile(&self.0, share, |sample| sample as f64).unwrap_or(0.0)
    }

    pub fn max(&self) -> u64 {
        self.0.last().copied().unwrap_or(0)
    }

    /// 0 without samples.
    pub fn mean(&self) -> f64 {
        self.sum() as f64 / self.0.len().max(1) as f64
    }

    pub fn sum(&self) -> u128 {
        self.0.iter().map(|&sample| u128::from(sample)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_known_samples() {
        let samples = Sorted::new((1..=100).rev().collect());
        assert_eq!(samples.quantile(0.5), 50.5);
        assert!((samples.quantile(0.95) - 95.05).abs() < 1e-9);
        assert!((samples.quantile(0.99) - 99.01).abs() < 1e-9);
        assert_eq!(samples.quantile(0.0), 1.0);
        assert_eq!(samples.quantile(1.0), 100.0);
        assert_eq!((samples.max(), samples.mean()), (100, 50.5));
    }

    #[test]
    fn a_median_is_the_middle_or_between_the_two_middle_ones() {
        assert_eq!(Sorted::new(vec![9, 1, 5]).quantile(0.5), 5.0);
        assert_eq!(Sorted::new(vec![9, 1]).quantile(0.5), 5.0);
        assert_eq!(Sorted::new(vec![7]).quantile(0.99), 7.0);
    }

    #[test]
    fn nothing_has_no_quantiles() {
        let none = Sorted::default();
        assert_eq!((none.quantile(0.5), none.max(), none.mean()), (0.0, 0, 0.0));
    }
}
