//! Numbers with long tails. Only additions and multiplications of IEEE 754, so that they are the same on every machine.

use crate::bench::random::Random;

/// A rank from 1 to `limit`; rank n has a probability of about 1 / (n ln `limit`), which is Zipf's law.
pub(super) fn zipf(random: &mut Random, limit: u64) -> u64 {
    let octaves = u64::from(limit.ilog2()) + 1;
    loop {
        let octave = random.below(octaves) as u32;
        let rank = in_octave(random, octave);
        if rank <= limit {
            return rank;
        }
    }
}

/// A number from 1 to below 2^`octaves`; one of at least n has a probability of about 1 / n, which is Pareto's law.
pub(super) fn pareto(random: &mut Random, octaves: u32) -> u64 {
    let octave = random.next().trailing_zeros().min(octaves - 1);
    in_octave(random, octave)
}

/// A number from 2^`octave` to below its double; the probability of n falls as 1 / n.
fn in_octave(random: &mut Random, octave: u32) -> u64 {
    let u = (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
    // 2^u, to 3 in 1,000.
    let power = 1.0 + u * (0.6565 + u * 0.3435);
    (power * (1_u64 << octave) as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(mut draw: impl FnMut(&mut Random) -> u64) -> Vec<u64> {
        let mut random = Random::new(1, 1);
        (0..200_000).map(|_| draw(&mut random)).collect()
    }

    #[test]
    fn frequency_falls_as_the_rank_rises() {
        let ranks = drawn(|random| zipf(random, 5000));
        let mut counts = vec![0_u64; 5001];
        for rank in ranks {
            counts[rank as usize] += 1;
        }
        assert_eq!(counts[0], 0);
        // The first 13 octaves are alike, but for the last, which is cut off at 5,000: 12.3 of them.
        let octave = 200_000.0 / 12.3;
        for rank in [1, 2, 4, 10, 30] {
            let expected = octave * (1.0 + 1.0 / rank as f64).log2();
            let ratio = counts[rank] as f64 / expected;
            assert!((0.8..1.25).contains(&ratio), "rank {rank}: {ratio}");
        }
        let last: u64 = counts[2501..].iter().sum();
        assert!((0.8..1.25).contains(&(last as f64 / octave)));
    }

    #[test]
    fn half_as_many_are_twice_as_large() {
        let numbers = drawn(|random| pareto(random, 10));
        for bound in [1, 2, 8, 64, 256] {
            let count = numbers.iter().filter(|&&number| number >= bound).count();
            let ratio = count as f64 * bound as f64 / 200_000.0;
            assert!((0.85..1.15).contains(&ratio), "{bound}: {ratio}");
        }
        assert!(numbers.iter().all(|number| (1..1024).contains(number)));
    }
}
