//! The distribution of Mann and Whitney's U, exact: of two samples of one population, how many of all pairs have the
//! greater value in the first.

/// Of `first * second` ascending ratios of pairs, the place of the lower end of the interval that holds the true ratio
/// with `confidence`; the upper end has the same place from above (Hodges and Lehmann). None if the samples are too
/// small for it. Cost: the square of the number of pairs.
pub fn interval_place(first: usize, second: usize, confidence: f64) -> Option<usize> {
    let outside = (1.0 - confidence) / 2.0;
    let mut sum = 0.0;
    let within = distribution(first, second)
        .iter()
        .take_while(|&&probability| {
            sum += probability;
            sum <= outside
        })
        .count();
    within.checked_sub(1)
}

/// The probability of each U from 0 to `first * second`. The greatest of all values is in the first sample as often
/// as that has values, and then counts against all of the second: this is the recurrence.
fn distribution(first: usize, second: usize) -> Vec<f64> {
    let mut row: Vec<Vec<f64>> = vec![vec![1.0]; second + 1];
    for n in 1..=first {
        for m in 1..=second {
            let mut next = vec![0.0; n * m + 1];
            let total = (n + m) as f64;
            for (u, probability) in row[m].iter().enumerate() {
                next[u + m] += probability * n as f64 / total;
            }
            for (u, probability) in row[m - 1].iter().enumerate() {
                next[u] += probability * m as f64 / total;
            }
            row[m] = next;
        }
    }
    row.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_is_that_of_all_orders() {
        // Two of four places: 6 choices with U = 0, 1, 2, 2, 3, 4.
        let found = distribution(2, 2);
        let expected = [1.0, 1.0, 2.0, 1.0, 1.0].map(|count| count / 6.0);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
        let sum: f64 = distribution(7, 9).iter().sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }

    /// Places are one less than the critical values of the published tables, which count the values outside.
    #[test]
    fn intervals_have_the_places_of_published_tables() {
        assert_eq!(interval_place(7, 7, 0.95), Some(8));
        assert_eq!(interval_place(7, 7, 0.99), Some(4));
        assert_eq!(interval_place(10, 10, 0.95), Some(23));
        assert_eq!(interval_place(4, 4, 0.95), Some(0));
        assert_eq!(interval_place(3, 3, 0.95), None);
        assert_eq!(interval_place(1, 7, 0.95), None);
        assert_eq!(interval_place(0, 7, 0.95), None);
    }
}
