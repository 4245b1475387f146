//! Random numbers that are the same everywhere and for ever.

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
pub(super) struct Random(u64);

impl Random {
    /// A sequence for each part of each seed.
    pub fn new(seed: u64, part: u64) -> Self {
        let mut random = Self(seed);
        random.0 = random.next() ^ part.wrapping_mul(0xD134_2543_DE82_EF95);
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// A number of a range, both ends included.
    pub fn within(&mut self, (low, high): (u64, u64)) -> u64 {
        self.between(low, high)
    }

    pub fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// Adds numbers below `limit` to `chosen`, in no order, until there are `count` different ones; all that there are
    /// if these are not so many. Cost: quadratic in `count`.
    pub fn draw(&mut self, chosen: &mut Vec<u64>, count: u64, limit: u64) {
        while (chosen.len() as u64) < count.min(limit) {
            let number = self.below(limit);
            if !chosen.contains(&number) {
                chosen.push(number);
            }
        }
    }

    /// `count` different numbers below `limit`, in no order; all of them if there are not so many.
    pub fn distinct(&mut self, count: u64, limit: u64) -> Vec<u64> {
        let mut chosen = Vec::new();
        self.draw(&mut chosen, count, limit);
        chosen
    }
}
