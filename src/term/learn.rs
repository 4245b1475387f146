//! Learning the prefixes of encoded IRIs from a sample.

use super::iri::{PREFIX_BYTES_MAX, split};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use xxhash_rust::xxh3::xxh3_64;

/// Distinct digit strings of a prefix that are counted exactly, by 32-bit hashes.
const EXACT_MAX: usize = 64;
/// Bits of the bitmap that estimates beyond that (linear counting); it is good to some 10,000.
const BITMAP_BITS: usize = 2048;
/// Bytes of a candidate besides its prefix and its counter.
const ENTRY_BYTES: usize = 64;

/// How many distinct digit strings a prefix was seen with.
enum Distinct {
    Exact(Vec<u32>),
    Estimated(Box<[u64; BITMAP_BITS / 64]>),
}

impl Distinct {
    /// Counts a digit string; returns by how many bytes the counter grew.
    fn add(&mut self, hash: u64) -> usize {
        match self {
            Distinct::Exact(hashes) => {
                let hash = hash as u32;
                if hashes.contains(&hash) {
                    return 0;
                }
                if hashes.len() < EXACT_MAX {
                    hashes.push(hash);
                    return size_of::<u32>();
                }
                let mut bits = Box::new([0; BITMAP_BITS / 64]);
                for &hash in hashes.iter().chain([&hash]) {
                    set(&mut bits, hash);
                }
                *self = Distinct::Estimated(bits);
                BITMAP_BITS / 8 - EXACT_MAX * size_of::<u32>()
            }
            Distinct::Estimated(bits) => {
                set(bits, hash as u32);
                0
            }
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Distinct::Exact(hashes) => hashes.len() * size_of::<u32>(),
            Distinct::Estimated(_) => BITMAP_BITS / 8,
        }
    }

    fn count(&self) -> usize {
        match self {
            Distinct::Exact(hashes) => hashes.len(),
            Distinct::Estimated(bits) => {
                let zeros = bits
                    .iter()
                    .map(|word| word.count_zeros())
                    .sum::<u32>()
                    .max(1);
                let total = BITMAP_BITS as f64;
                (-total * (f64::from(zeros) / total).ln()) as usize
            }
        }
    }
}

fn set(bits: &mut [u64; BITMAP_BITS / 64], hash: u32) {
    let bit = hash as usize % BITMAP_BITS;
    bits[bit / 64] |= 1 << (bit % 64);
}

/// Counts, over a sample of IRIs, the prefixes that stand before 1 to 12 trailing digits, in bounded
/// memory: when the budget is reached, the prefixes with the fewest distinct digit strings are forgotten.
/// The result depends only on the sample and its order.
pub struct PrefixLearner {
    prefixes: HashMap<Box<str>, Distinct, FxBuildHasher>,
    bytes: usize,
    bytes_max: usize,
}

impl PrefixLearner {
    /// A learner that uses about `bytes_max` bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self {
            prefixes: HashMap::default(),
            bytes: 0,
            bytes_max,
        }
    }

    /// Counts an IRI of the sample. 20-60 ns; nothing for one that does not end with digits.
    pub fn add(&mut self, iri: &str) {
        let Some((prefix, digits)) = split(iri) else {
            return;
        };
        if prefix.is_empty() || prefix.len() > PREFIX_BYTES_MAX {
            return;
        }
        let hash = xxh3_64(digits.as_bytes());
        self.bytes += match self.prefixes.get_mut(prefix) {
            Some(distinct) => distinct.add(hash),
            None => {
                let mut distinct = Distinct::Exact(Vec::new());
                let bytes = ENTRY_BYTES + prefix.len() + distinct.add(hash);
                self.prefixes.insert(prefix.into(), distinct);
                bytes
            }
        };
        if self.bytes > self.bytes_max {
            self.forget();
        }
    }

    /// Forgets the weakest prefixes until half the budget is free.
    fn forget(&mut self) {
        let mut floor = 1;
        while self.bytes > self.bytes_max / 2 && !self.prefixes.is_empty() {
            let mut bytes = 0;
            self.prefixes.retain(|prefix, distinct| {
                let keep = distinct.count() > floor;
                if keep {
                    bytes += ENTRY_BYTES + prefix.len() + distinct.bytes();
                }
                keep
            });
            self.bytes = bytes;
            floor *= 2;
        }
    }

    /// The prefixes seen with at least `distinct_min` distinct digit strings, those with most first, at most
    /// `prefixes_max`. Above 64 the number is an estimate.
    pub fn propose(&self, distinct_min: usize, prefixes_max: usize) -> Vec<&str> {
        let mut proposed: Vec<(usize, &str)> = self
            .prefixes
            .iter()
            .map(|(prefix, distinct)| (distinct.count(), &**prefix))
            .filter(|&(count, _)| count >= distinct_min)
            .collect();
        proposed.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        proposed.truncate(prefixes_max);
        proposed.into_iter().map(|(_, prefix)| prefix).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_with_enough_distinct_digits_are_proposed_best_first() {
        let mut learner = PrefixLearner::new(1 << 20);
        for round in 0..3 {
            for number in 0..500 {
                learner.add(&format!("http://example.com/product{number}"));
                if number < 40 {
                    learner.add(&format!("http://example.com/vendor{number}"));
                }
            }
            learner.add("http://example.com/version2");
            learner.add("http://example.com/about");
            learner.add(&format!("http://example.com/{round}234567890123"));
        }
        assert_eq!(
            learner.propose(40, 10),
            ["http://example.com/product", "http://example.com/vendor"]
        );
        assert_eq!(learner.propose(41, 10), ["http://example.com/product"]);
        assert_eq!(learner.propose(1, 1), ["http://example.com/product"]);
    }

    #[test]
    fn estimates_are_close() {
        let mut learner = PrefixLearner::new(1 << 20);
        for number in 0..4000 {
            learner.add(&format!("urn:{number}"));
        }
        assert!(learner.propose(3600, 1).len() == 1);
        assert!(learner.propose(4400, 1).is_empty());
    }

    #[test]
    fn memory_is_bounded_and_strong_prefixes_survive() {
        let mut learner = PrefixLearner::new(20_000);
        for number in 0..5000 {
            learner.add(&format!("http://example.com/strong{}", number % 100));
            learner.add(&format!("http://example.com/weak/{number}/part1"));
            assert!(learner.bytes <= 20_000 + 100);
        }
        assert_eq!(learner.propose(50, 10), ["http://example.com/strong"]);
    }
}
