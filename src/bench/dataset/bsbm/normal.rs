//! Normal distributions that are the same on every machine: only additions, multiplications and divisions are used,
//! whose results IEEE 754 fixes, and no functions of a mathematical library.

use crate::bench::random::Random;

/// How many pieces the distribution is cut into, each as likely as the others; values within a piece are uniform.
const PIECES: usize = 4096;
/// The density is summed at the middles of steps of 1/STEPS of the deviation.
const STEPS: f64 = 256.0;
/// exp(-1 / STEPS^2): what the ratio of neighbouring densities falls by, and the first of these ratios.
const FALL: f64 = 0.999_984_741_327_352_3;
/// Values further from the mean than so many deviations are left out: less than one in 100,000.
const FAR: f64 = 4.5;

/// A normal distribution of deviation 1 whose values below 0 and above a limit are drawn again.
pub(super) struct Normal {
    /// Borders of the pieces, as shares of the limit.
    borders: Vec<f64>,
}

impl Normal {
    /// Means are whole.
    pub fn truncated(mean: f64, limit: f64) -> Self {
        let densities = densities();
        // How much of the distribution is below the end of each step.
        let steps = (limit.min(mean + FAR) * STEPS) as usize;
        let middle = (mean * STEPS) as usize;
        let mut below = vec![0.0];
        let mut sum = 0.0;
        for step in 0..steps {
            let away = if step < middle {
                middle - 1 - step
            } else {
                step - middle
            };
            sum += densities[away];
            below.push(sum);
        }
        let mut step = 0;
        let borders = (0..=PIECES)
            .map(|piece| {
                let wanted = sum * piece as f64 / PIECES as f64;
                while step + 1 < steps && below[step + 1] < wanted {
                    step += 1;
                }
                let within = (wanted - below[step]) / (below[step + 1] - below[step]);
                (step as f64 + within) / STEPS / limit
            })
            .collect();
        Self { borders }
    }

    /// A value from 0 to the limit, as a share of the limit.
    fn share(&self, random: &mut Random) -> f64 {
        let bits = random.next();
        let piece = (bits >> 52) as usize;
        let within = (bits & ((1 << 52) - 1)) as f64 / (1_u64 << 52) as f64;
        self.borders[piece] + (self.borders[piece + 1] - self.borders[piece]) * within
    }

    /// A number below `count`, which stands for the limit.
    pub fn below(&self, count: u64, random: &mut Random) -> u64 {
        ((self.share(random) * count as f64) as u64).min(count - 1)
    }
}

/// exp(-x^2 / 2) at the middles of steps from the mean on, in parts of the first.
fn densities() -> Vec<f64> {
    let (mut density, mut ratio) = (1.0, FALL);
    (0..=(FAR * STEPS) as usize)
        .map(|_| {
            let this = density;
            density *= ratio;
            ratio *= FALL;
            this
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shares of a million values below 1, 2 and 3 of 4, by the error function.
    #[test]
    fn values_are_as_frequent_as_the_distribution_says() {
        let normal = Normal::truncated(2.0, 4.0);
        let mut random = Random::new(1, 0);
        let mut counts = [0_u32; 4];
        for _ in 0..1_000_000 {
            counts[normal.below(4, &mut random) as usize] += 1;
        }
        // (erf(2/sqrt 2) - erf(1/sqrt 2)) / 2 and erf(1/sqrt 2) / 2, of erf(2/sqrt 2).
        for (count, share) in counts.iter().zip([0.142_38, 0.357_62, 0.357_62, 0.142_38]) {
            let found = f64::from(*count) / 1e6;
            assert!((found - share).abs() < 0.002, "{counts:?}");
        }
    }
}
