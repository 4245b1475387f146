//! Words for texts: some 60,000, of the length English ones have, the same for every seed.

use super::random::Random;
use std::fmt;

const ONSETS: &[&str] = &[
    "b", "bl", "br", "c", "ch", "cl", "cr", "d", "dr", "f", "fl", "fr", "g", "gl", "gr", "h", "j",
    "l", "m", "n", "p", "ph", "pl", "pr", "qu", "r", "s", "sc", "sh", "sl", "sp", "st", "str", "t",
    "th", "tr", "v", "w",
];
const RHYMES: &[&str] = &[
    "a", "ab", "ac", "al", "an", "ar", "at", "e", "ea", "ed", "el", "en", "er", "et", "i", "ic",
    "il", "in", "io", "ir", "is", "it", "o", "oc", "ol", "om", "on", "or", "ou", "u", "ul", "um",
    "un", "ur",
];
const ENDINGS: &[&str] = &[
    "", "", "", "s", "ed", "ing", "er", "ers", "ly", "ness", "able", "ation", "ment", "ity",
];
/// How many different words there are at most.
const WORDS: u64 = 60_000;

/// A number of words with spaces between, made while they are written.
pub(super) struct Words {
    seed: u64,
    count: u64,
}

impl Words {
    /// From `low` to `high` words.
    pub fn between(random: &mut Random, low: u64, high: u64) -> Self {
        Self {
            count: random.between(low, high),
            seed: random.next(),
        }
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut random = Random::new(self.seed, 0);
        for index in 0..self.count {
            if index > 0 {
                f.write_str(" ")?;
            }
            word(random.below(WORDS), f)?;
        }
        Ok(())
    }
}

fn word(number: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut random = Random::new(number, u64::MAX);
    let mut pick = |from: &[&'static str]| from[random.below(from.len() as u64) as usize];
    // Two or three syllables, more often two.
    let syllables = if number.is_multiple_of(3) { 3 } else { 2 };
    for _ in 0..syllables {
        f.write_str(pick(ONSETS))?;
        f.write_str(pick(RHYMES))?;
    }
    f.write_str(pick(ENDINGS))
}
