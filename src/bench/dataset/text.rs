//! Words for texts: 90,000 of them, of the length and number of the titles' dictionary of the original, the same for
//! every seed. They are kept in one string, so that a word of a text is a copy of some nine bytes.

use crate::bench::random::Random;
use std::collections::HashSet;
use std::fmt;
use std::sync::OnceLock;

const WORDS: u64 = 90_000;

const ONSETS: &[&str] = &[
    "", "", "", "", "", "", "b", "br", "c", "ch", "cl", "d", "dr", "f", "fl", "g", "gr", "h", "j",
    "l", "m", "n", "p", "pl", "pr", "qu", "r", "s", "sh", "sp", "st", "t", "th", "tr", "v", "w",
];
const RHYMES: &[&str] = &[
    "a", "ac", "al", "an", "ar", "as", "e", "ea", "el", "en", "er", "es", "i", "ic", "il", "in",
    "is", "o", "ol", "on", "or", "ou", "u", "ul", "um", "un",
];
const ENDINGS: &[&str] = &[
    "", "", "", "", "s", "ed", "ing", "er", "ers", "ly", "ness", "able", "ing", "ed",
];

struct Dictionary {
    text: String,
    /// The end of each word.
    ends: Vec<u32>,
}

impl Dictionary {
    fn get() -> &'static Self {
        static DICTIONARY: OnceLock<Dictionary> = OnceLock::new();
        DICTIONARY.get_or_init(Self::new)
    }

    fn new() -> Self {
        let mut random = Random::new(0, 0);
        let mut pick = |from: &[&'static str]| from[random.below(from.len() as u64) as usize];
        let mut known = HashSet::new();
        let mut dictionary = Self {
            text: String::new(),
            ends: Vec::new(),
        };
        while dictionary.ends.len() < WORDS as usize {
            // Two syllables, and every third word has a third.
            let mut word = String::new();
            let syllables = if dictionary.ends.len() % 3 < 2 { 2 } else { 3 };
            for _ in 0..syllables {
                word.push_str(pick(ONSETS));
                word.push_str(pick(RHYMES));
            }
            word.push_str(pick(ENDINGS));
            dictionary.text.push_str(&word);
            if known.insert(word) {
                dictionary.ends.push(dictionary.text.len() as u32);
            } else {
                let end = dictionary.ends.last().map_or(0, |&end| end as usize);
                dictionary.text.truncate(end);
            }
        }
        dictionary
    }

    fn word(&self, number: usize) -> &str {
        let start = match number {
            0 => 0,
            _ => self.ends[number - 1] as usize,
        };
        &self.text[start..self.ends[number] as usize]
    }
}

/// Words with spaces between, chosen while they are written.
#[derive(Clone, Copy)]
pub(super) struct Words {
    seed: u64,
    count: u64,
}

impl Words {
    /// From `low` to `high` words.
    pub fn between(low: u64, high: u64, random: &mut Random) -> Self {
        Self {
            count: random.between(low, high),
            seed: random.next(),
        }
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dictionary = Dictionary::get();
        let mut random = Random::new(self.seed, 0);
        // A number chooses two words.
        let mut half = 0;
        for index in 0..self.count {
            if index > 0 {
                f.write_str(" ")?;
            }
            half = if index % 2 == 0 {
                random.next()
            } else {
                half << 32
            };
            let number = ((half >> 32) * WORDS) >> 32;
            f.write_str(dictionary.word(number as usize))?;
        }
        Ok(())
    }
}

/// The name of a person: a given name, six times of seven joined with another.
#[derive(Clone, Copy)]
pub(super) struct Name {
    first: u64,
    second: Option<u64>,
}

impl Name {
    pub fn draw(random: &mut Random) -> Self {
        Self {
            first: random.below(WORDS),
            second: (!random.one_in(7)).then(|| random.below(WORDS)),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in [Some(self.first), self.second]
            .into_iter()
            .flatten()
            .enumerate()
        {
            let word = Dictionary::get().word(number as usize);
            let (initial, rest) = word.split_at(1);
            f.write_str(if index > 0 { "-" } else { "" })?;
            f.write_str(&initial.to_ascii_uppercase())?;
            f.write_str(rest)?;
        }
        Ok(())
    }
}
