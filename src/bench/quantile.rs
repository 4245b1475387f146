//! Quantiles, defined once: figures of a record and what a report says of its samples agree.

/// The value below which a share of ascending samples lies, between the two nearest in proportion; none without samples.
/// `value` tells what a sample is worth. Source: Hyndman and Fan, Sample Quantiles in Statistical Packages (1996),
/// definition 7.
pub fn quantile<T: Copy>(ascending: &[T], share: f64, value: impl Fn(T) -> f64) -> Option<f64> {
    let last = ascending.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let (low, high) = (
        value(ascending[below]),
        value(ascending[last.min(below + 1)]),
    );
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_between_the_nearest_samples() {
        let samples: Vec<u32> = (1..=101).collect();
        let found = [-1.0, 0.0, 0.5, 0.955, 1.0].map(|share| quantile(&samples, share, f64::from));
        assert_eq!(found, [1.0, 1.0, 51.0, 96.5, 101.0].map(Some));
        assert_eq!(quantile(&[9_u32], 0.99, f64::from), Some(9.0));
        assert_eq!(quantile(&[0_u32; 0], 0.5, f64::from), None);
    }
}
