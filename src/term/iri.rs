//! Encoded IRIs: a learned prefix and decimal digits (definition 7).
//!
//! Payload: prefix number (15 bits), then 41 bits that number all digit strings of up to 12 digits by
//! (length, value), so that IRIs that count up have ids that count up. That is not the order of strings.

use super::id::{Id, Tag};
use crate::codec::bytes::{Bytes, put_bytes, put_varint};
use crate::error::Result;
use rustc_hash::FxHashMap;
use std::fmt::Write;
use std::sync::Arc;

const CODE_BITS: u32 = 41;
const DIGITS_MAX: usize = 12;
/// The most prefixes a store learns.
pub const PREFIXES_MAX: usize = 1 << 15;

/// How many digit strings are shorter than `length` digits.
const fn shorter(length: usize) -> u64 {
    let mut count = 0;
    let mut power = 1;
    let mut digits = 1;
    while digits < length {
        power *= 10;
        count += power;
        digits += 1;
    }
    count
}

/// The learned prefixes of a store. Prefixes are added, never changed or removed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct IriPrefixes {
    prefixes: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, u16>,
}

/// Splits an IRI into prefix and digits, if it ends in 1 to 12 of them.
fn split(iri: &str) -> Option<(&str, &str)> {
    let bytes = iri.as_bytes();
    let digits = bytes
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit())
        .count();
    (1..=DIGITS_MAX)
        .contains(&digits)
        .then(|| iri.split_at(bytes.len() - digits))
}

impl IriPrefixes {
    pub fn len(&self) -> usize {
        self.prefixes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.prefixes.is_empty()
    }

    /// The prefixes in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.prefixes.iter().map(|prefix| &**prefix)
    }

    /// Adds a prefix; returns false if it is known or the table is full. The caller has shown that no dictionary
    /// IRI has this form.
    pub fn add(&mut self, prefix: &str) -> bool {
        if self.prefixes.len() == PREFIXES_MAX || self.numbers.contains_key(prefix) {
            return false;
        }
        let prefix: Arc<str> = prefix.into();
        self.numbers
            .insert(prefix.clone(), self.prefixes.len() as u16);
        self.prefixes.push(prefix);
        true
    }

    /// The id of an IRI of this form.
    #[inline]
    pub fn encode(&self, iri: &str) -> Option<Id> {
        if self.prefixes.is_empty() {
            return None;
        }
        let (prefix, digits) = split(iri)?;
        let number = *self.numbers.get(prefix)?;
        let value = digits
            .bytes()
            .fold(0, |value, b| value * 10 + u64::from(b - b'0'));
        let code = shorter(digits.len()) + value;
        Some(Id::new(
            Tag::IriEncoded,
            u64::from(number) << CODE_BITS | code,
        ))
    }

    /// Appends the IRI of an id; `None` if its prefix is not known.
    pub fn decode(&self, id: Id, out: &mut String) -> Option<()> {
        let prefix = self.prefixes.get((id.payload() >> CODE_BITS) as usize)?;
        let code = id.payload() & ((1 << CODE_BITS) - 1);
        let length = (1..=DIGITS_MAX)
            .rev()
            .find(|&length| shorter(length) <= code)?;
        out.push_str(prefix);
        // Writing to a String cannot fail.
        let _ = write!(out, "{:0length$}", code - shorter(length));
        Some(())
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_varint(&mut out, self.prefixes.len() as u64);
        for prefix in &self.prefixes {
            put_bytes(&mut out, prefix.as_bytes());
        }
        out
    }

    /// Errors: `Corruption`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut input = Bytes::new("the table of IRI prefixes", bytes);
        let mut table = Self::default();
        if input.is_empty() {
            return Ok(table);
        }
        for _ in 0..input.count()? {
            let prefix = str::from_utf8(input.bytes()?).map_err(|_| input.corrupt())?;
            if !table.add(prefix) {
                return Err(input.corrupt());
            }
        }
        match input.is_empty() {
            true => Ok(table),
            false => Err(input.corrupt()),
        }
    }
}

/// Counts prefixes in a sample of distinct IRIs, in bounded memory.
pub struct PrefixLearner {
    counts: FxHashMap<Box<str>, u32>,
    bytes: usize,
    bytes_max: usize,
}

impl PrefixLearner {
    pub fn new(bytes_max: usize) -> Self {
        Self {
            counts: FxHashMap::default(),
            bytes: 0,
            bytes_max,
        }
    }

    /// Counts a distinct IRI. Prefixes first seen when the memory is used up are not counted.
    pub fn observe(&mut self, iri: &str) {
        let Some((prefix, _)) = split(iri) else {
            return;
        };
        if let Some(count) = self.counts.get_mut(prefix) {
            *count += 1;
        } else if self.bytes + prefix.len() + 48 <= self.bytes_max {
            self.bytes += prefix.len() + 48;
            self.counts.insert(prefix.into(), 1);
        }
    }

    /// Prefixes seen with at least `iris_min` IRIs, the most frequent first, at most `prefixes_max`.
    pub fn proposals(&self, iris_min: u32, prefixes_max: usize) -> Vec<&str> {
        let mut found: Vec<(&str, u32)> = self
            .counts
            .iter()
            .filter(|&(_, &count)| count >= iris_min)
            .map(|(prefix, &count)| (&**prefix, count))
            .collect();
        found.sort_unstable_by_key(|&(prefix, count)| (std::cmp::Reverse(count), prefix));
        found.truncate(prefixes_max);
        found.into_iter().map(|(prefix, _)| prefix).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table() -> IriPrefixes {
        let mut table = IriPrefixes::default();
        assert!(table.add("http://example.org/Q"));
        assert!(table.add("http://example.org/Q12/P"));
        assert!(!table.add("http://example.org/Q"));
        table
    }

    proptest! {
        #[test]
        fn every_digit_string_up_to_twelve_digits_comes_back(digits in "[0-9]{1,14}") {
            for prefix in ["http://example.org/Q", "http://example.org/Q12/P"] {
                let iri = format!("{prefix}{digits}");
                match table().encode(&iri) {
                    Some(id) => {
                        let mut back = String::new();
                        table().decode(id, &mut back).unwrap();
                        prop_assert_eq!(back, iri);
                    }
                    None => prop_assert!(digits.len() > DIGITS_MAX),
                }
            }
        }
    }

    #[test]
    fn iris_that_count_up_have_ids_that_count_up() {
        let id = |n: u64| {
            table()
                .encode(&format!("http://example.org/Q{n}"))
                .unwrap()
                .0
        };
        for n in [0, 8, 9, 10, 98, 99, 100, 999_999_999_998] {
            assert_eq!(id(n) + 1, id(n + 1), "{n}");
        }
    }

    #[test]
    fn the_table_round_trips() {
        assert_eq!(
            IriPrefixes::from_bytes(&table().to_bytes()).unwrap(),
            table()
        );
        assert_eq!(
            IriPrefixes::from_bytes(&[]).unwrap(),
            IriPrefixes::default()
        );
        assert!(IriPrefixes::from_bytes(&[1, 5, b'a']).is_err());
    }

    #[test]
    fn a_learner_proposes_what_is_frequent() {
        let mut learner = PrefixLearner::new(1 << 16);
        for n in 0..100 {
            learner.observe(&format!("http://a/{n}"));
            learner.observe(&format!("http://b/{n}/x"));
        }
        learner.observe("http://c/1");
        assert_eq!(learner.proposals(50, 10), ["http://a/"]);
    }
}
