//! The commit record: what one commit changed, complete enough to be replayed without a parser, a look-up
//! or a reasoner (definition 25).

use crate::codec::bytes::{Bytes, put_bytes, put_id, put_varint};
use crate::error::Result;
use crate::run::{Row, States};
use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_64;

const VERSION: u8 = 1;

/// A commit record. A decoded one borrows the keys of new terms from the bytes.
#[derive(Debug, Default)]
pub struct Record<'a> {
    pub generation: u32,
    pub epoch: u32,
    /// Microseconds since 1970-01-01T00:00:00Z when it was written.
    pub time_us: u64,
    pub next_number: u64,
    /// Ordinal of the first new term; the others follow.
    pub first_ordinal: u64,
    /// Dictionary keys of the new terms, tag byte first.
    pub terms: Vec<&'a [u8]>,
    /// New triple terms: (s, p, o, t), sorted.
    pub triple_terms: Cow<'a, [Row]>,
    /// Changed quads: (s, p, o, g), sorted.
    pub quads: Cow<'a, [Row]>,
}

impl<'a> Record<'a> {
    /// Layout: version, fields as varints, terms, rows, XXH3-64 of all before it.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        for number in [
            u64::from(self.generation),
            u64::from(self.epoch),
            self.time_us,
            self.next_number,
            self.first_ordinal,
        ] {
            put_varint(out, number);
        }
        put_varint(out, self.terms.len() as u64);
        for key in &self.terms {
            put_bytes(out, key);
        }
        put_rows(out, &self.triple_terms);
        put_rows(out, &self.quads);
        let checksum = xxh3_64(out);
        out.extend_from_slice(&checksum.to_le_bytes());
    }

    /// Errors: `Corruption`.
    pub fn decode(bytes: &'a [u8]) -> Result<Self> {
        let damaged = || Bytes::new("a commit record", &[]).corrupt();
        let (content, checksum) = bytes.split_last_chunk().ok_or_else(damaged)?;
        if xxh3_64(content) != u64::from_le_bytes(*checksum) {
            return Err(damaged());
        }
        let mut input = Bytes::new("a commit record", content);
        if input.byte()? != VERSION {
            return Err(damaged());
        }
        let mut record = Self {
            generation: input.u32()?,
            epoch: input.u32()?,
            time_us: input.varint()?,
            next_number: input.varint()?,
            first_ordinal: input.varint()?,
            ..Self::default()
        };
        for _ in 0..input.count()? {
            record.terms.push(input.bytes()?);
        }
        record.triple_terms = rows(&mut input)?.into();
        record.quads = rows(&mut input)?.into();
        match input.is_empty() {
            true => Ok(record),
            false => Err(damaged()),
        }
    }
}

/// Rows are sorted, so that the first column is a difference and a repeated one costs a byte.
fn put_rows(out: &mut Vec<u8>, rows: &[Row]) {
    put_varint(out, rows.len() as u64);
    let mut previous = 0;
    for row in rows {
        put_varint(out, row.key[0] - previous);
        previous = row.key[0];
        for &id in &row.key[1..] {
            put_id(out, id);
        }
        out.push(row.states.0);
    }
}

fn rows(input: &mut Bytes<'_>) -> Result<Vec<Row>> {
    let count = input.count()?;
    let mut rows: Vec<Row> = Vec::with_capacity(count);
    let mut previous = 0u64;
    for _ in 0..count {
        previous = previous.wrapping_add(input.varint()?);
        let row = Row {
            key: [previous, input.id()?, input.id()?, input.id()?],
            states: States(input.byte()?),
        };
        let in_order = rows.last().is_none_or(|last| last.key < row.key);
        if !in_order || row.states.before() > 2 || row.states.after() > 2 {
            return Err(input.corrupt());
        }
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::State;
    use proptest::prelude::*;

    fn sorted_rows(mut keys: Vec<[u64; 4]>) -> Vec<Row> {
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter()
            .map(|key| Row {
                key,
                states: States::new(State::Absent, State::Asserted),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn records_round_trip_and_damage_is_noticed(
            terms in any::<Vec<Vec<u8>>>(),
            quads in any::<Vec<[u64; 4]>>(),
            triple_terms in any::<Vec<[u64; 4]>>(),
            numbers in any::<(u32, u32, u64, u64, u64)>(),
            damage in any::<(prop::sample::Index, u8)>(),
        ) {
            let record = Record {
                generation: numbers.0,
                epoch: numbers.1,
                time_us: numbers.2,
                next_number: numbers.3,
                first_ordinal: numbers.4,
                terms: terms.iter().map(|key| &key[..]).collect(),
                triple_terms: sorted_rows(triple_terms).into(),
                quads: sorted_rows(quads).into(),
            };
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            let back = Record::decode(&bytes).unwrap();
            prop_assert_eq!(format!("{back:?}"), format!("{record:?}"));
            let at = damage.0.index(bytes.len());
            bytes[at] ^= damage.1 | 1;
            prop_assert!(Record::decode(&bytes).is_err());
        }
    }
}
