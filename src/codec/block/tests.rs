//! Blocks against a decoder written from the format document, and against damaged bytes.

use super::*;
use crate::codec::golden::golden;
use crate::error::Code;
use proptest::prelude::*;

type Rows = Vec<[u64; COLUMNS]>;

fn id(tag: u64, ordinal: u64) -> u64 {
    (tag << 56) | ordinal
}

fn encode(rows: &Rows, states: &[u8]) -> (Vec<u8>, BlockStats) {
    let columns: [Vec<u64>; COLUMNS] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column]).collect());
    let mut out = vec![0xEE; 3];
    let columns = [&columns[0][..], &columns[1], &columns[2], &columns[3]];
    let stats = encode_block(columns, states, &mut out).unwrap();
    assert_eq!(out.drain(..3).as_slice(), [0xEE; 3]);
    assert_eq!(out.len(), stats.bytes);
    (out, stats)
}

fn decode(bytes: &[u8]) -> (Rows, Vec<u8>) {
    let block = BlockReader::open(bytes).unwrap();
    let columns: [Vec<u64>; COLUMNS] = std::array::from_fn(|column| {
        let mut out = vec![0; block.rows()];
        block.column(column, 0..block.rows(), &mut out);
        out
    });
    let mut states = vec![0; block.rows()];
    block.states(0..block.rows(), &mut states);
    let row = |row: usize| std::array::from_fn(|column| columns[column][row]);
    ((0..block.rows()).map(row).collect(), states)
}

/// The format document as code: slow, bit by bit, without checks.
mod document {
    use super::Rows;

    fn number(bytes: &[u8], at: usize, len: usize) -> u64 {
        (0..len).fold(0, |value, byte| {
            value | u64::from(bytes[at + byte]) << (8 * byte)
        })
    }

    fn bits(bytes: &[u8], at: usize, bit: usize, len: usize) -> u64 {
        (0..len).fold(0, |value, index| {
            let position = bit + index;
            value | u64::from(bytes[at + position / 8] >> (position % 8) & 1) << index
        })
    }

    fn columns_of(block: &[u8]) -> [(usize, usize); 4] {
        let end = |column: usize| number(block, 4 + 4 * column, 4) as usize;
        let start = |column: usize| if column == 0 { 20 } else { end(column - 1) };
        std::array::from_fn(|column| (start(column), end(column)))
    }

    fn rows_of(block: &[u8]) -> usize {
        number(block, 2, 2) as usize
    }

    /// The kinds of the groups of a column, none for a constant one.
    pub(super) fn kinds(block: &[u8], column: usize) -> Vec<u8> {
        let (start, _) = columns_of(block)[column];
        let anchors = usize::from(block[start]);
        let groups = if anchors == 0 {
            0
        } else {
            rows_of(block).div_ceil(128)
        };
        let heads = start + 1 + 8 * anchors;
        block[heads..heads + groups]
            .iter()
            .map(|head| head >> 6)
            .collect()
    }

    fn column(block: &[u8], start: usize) -> Vec<u64> {
        let rows = rows_of(block);
        let anchors = usize::from(block[start]);
        if anchors == 0 {
            return vec![number(block, start + 1, 8); rows];
        }
        let anchor = |index: u64| number(block, start + 1 + 8 * index as usize, 8);
        let groups = rows.div_ceil(128);
        let directory = start + 1 + 8 * anchors;
        let mut values = Vec::new();
        for group in 0..groups {
            let head = block[directory + group];
            let detail = u64::from(block[directory + groups + group]);
            let offset = number(block, directory + 2 * groups + 2 * group, 2) as usize;
            let at = start + offset;
            let width = if head & 63 == 57 {
                64
            } else {
                usize::from(head & 63)
            };
            let (low, len) = (detail & 15, (detail >> 4) as usize);
            let group_rows = (rows - group * 128).min(128);
            match head >> 6 {
                0 => {
                    let base = anchor(low) + number(block, at, len);
                    let word = |row: usize| bits(block, at + len, row * width, width);
                    values.extend((0..group_rows).map(|row| base + word(row)));
                }
                1 => {
                    let step = u64::from(block[at]);
                    let mut value = anchor(low) + number(block, at + 1, len);
                    values.push(value);
                    for row in 1..group_rows {
                        value += step + bits(block, at + 1 + len, row * width, width);
                        values.push(value);
                    }
                }
                2 => {
                    let count = low as usize + 1;
                    let offsets = at + count.div_ceil(2);
                    let words = offsets + count * len;
                    let index_bits = (1..).find(|&bits| 1 << bits >= count).unwrap();
                    for row in 0..group_rows {
                        let word = bits(block, words, row * width, width);
                        let index = word as usize & ((1 << index_bits) - 1);
                        let base = anchor(bits(block, at, 4 * index, 4))
                            + number(block, offsets + index * len, len);
                        values.push(base + (word >> index_bits));
                    }
                }
                kind => panic!("kind {kind}"),
            }
        }
        values
    }

    pub(super) fn decode(block: &[u8]) -> (Rows, Vec<u8>) {
        assert_eq!(block[0], 1);
        let places = columns_of(block);
        let columns = places.map(|(start, _)| column(block, start));
        let state_bits = usize::from(block[1]);
        let table = places[3].1;
        let codes = table + (1 << state_bits);
        let state =
            |row: usize| block[table + bits(block, codes, row * state_bits, state_bits) as usize];
        let rows = 0..rows_of(block);
        let row = |row: usize| std::array::from_fn(|column| columns[column][row]);
        (rows.clone().map(row).collect(), rows.map(state).collect())
    }
}

/// One column's way to make ids out of random numbers.
fn shaped(shape: u8, raw: u64) -> u64 {
    match shape {
        0 => id(0x10, 7),
        1 => id(0x10, raw % 5000),
        2 => id(
            [0x10, 0x20, 0x31][(raw % 3) as usize],
            (raw >> 8) % (1 << 20),
        ),
        3 => id(0x10, raw % 5 * 1_000_003),
        4 => raw,
        5 => id(raw % 40, (raw >> 8) % 100),
        _ => id(0x10, raw >> 20),
    }
}

prop_compose! {
    fn any_rows()(
        shapes: [u8; COLUMNS],
        raw in prop_oneof![
            4 => prop::collection::vec(any::<[u64; COLUMNS]>(), 1..=400),
            1 => prop::collection::vec(any::<[u64; COLUMNS]>(), BLOCK_ROWS - 130..=BLOCK_ROWS),
        ]
    ) -> Rows {
        let shape = |row: &[u64; COLUMNS]| {
            std::array::from_fn(|column| shaped(shapes[column] % 7, row[column]))
        };
        let mut rows: Rows = raw.iter().map(shape).collect();
        rows.sort_unstable();
        rows
    }
}

fn states_for(rows: usize, kinds: usize, seed: u64) -> Vec<u8> {
    const STATES: [u8; 9] = [1, 2, 4, 0, 5, 6, 8, 9, 10];
    let pick = |row: u64| (row.wrapping_mul(seed | 1) >> 7) as usize % kinds;
    (0..rows as u64).map(|row| STATES[pick(row)]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rows_and_states_come_back_through_the_reader_and_through_the_document(
        rows in any_rows(), kinds in 1usize..=9, seed: u64
    ) {
        let states = states_for(rows.len(), kinds, seed);
        let (bytes, stats) = encode(&rows, &states);
        prop_assert_eq!(&decode(&bytes), &(rows.clone(), states.clone()));
        prop_assert_eq!(&document::decode(&bytes), &(rows.clone(), states.clone()));

        prop_assert_eq!(stats.rows, rows.len());
        prop_assert_eq!(stats.first, rows[0]);
        prop_assert_eq!(stats.last, rows[rows.len() - 1]);
        for column in 0..COLUMNS {
            let values = || rows.iter().map(|row| row[column]);
            prop_assert_eq!(Some(stats.min[column]), values().min());
            prop_assert_eq!(Some(stats.max[column]), values().max());
            let constant = (stats.min[column] == stats.max[column]).then_some(rows[0][column]);
            prop_assert_eq!(BlockReader::open(&bytes).unwrap().constant(column), constant);
        }
        let constant_state = states.iter().all(|&state| state == states[0]).then_some(states[0]);
        prop_assert_eq!(stats.constant_state, constant_state);
        prop_assert_eq!(BlockReader::open(&bytes).unwrap().constant_state(), constant_state);
    }

    #[test]
    fn any_range_of_rows_equals_that_part_of_the_column(
        rows in any_rows(), cuts in prop::collection::vec(any::<[prop::sample::Index; 2]>(), 8)
    ) {
        let states = states_for(rows.len(), 5, 99);
        let (bytes, _) = encode(&rows, &states);
        let block = BlockReader::open(&bytes).unwrap();
        for [one, other] in cuts {
            let (one, other) = (one.index(rows.len() + 1), other.index(rows.len() + 1));
            let range = one.min(other)..one.max(other);
            let mut out = vec![0; range.len()];
            let mut out_states = vec![0; range.len()];
            block.states(range.clone(), &mut out_states);
            prop_assert_eq!(&out_states, &states[range.clone()]);
            for column in 0..COLUMNS {
                block.column(column, range.clone(), &mut out);
                let expected: Vec<u64> = rows[range.clone()].iter().map(|row| row[column]).collect();
                prop_assert_eq!(&out, &expected);
                if let Some(row) = range.clone().next() {
                    prop_assert_eq!(block.value(row, column), rows[row][column]);
                }
            }
        }
    }

    #[test]
    fn bounds_equal_those_of_a_sorted_vector(
        rows in any_rows(),
        probes in prop::collection::vec(
            (any::<prop::sample::Index>(), 1usize..=COLUMNS, -1i64..=1, any::<prop::sample::Index>()),
            40
        )
    ) {
        let (bytes, _) = encode(&rows, &vec![1; rows.len()]);
        let block = BlockReader::open(&bytes).unwrap();
        for (row, len, nudge, from) in probes {
            let mut key = rows[row.index(rows.len())];
            key[len - 1] = key[len - 1].wrapping_add_signed(nudge);
            let key = &key[..len];
            let lower = rows.partition_point(|row| &row[..len] < key);
            let upper = rows.partition_point(|row| &row[..len] <= key);
            let from_lower = from.index(lower + 1);
            for from in [0, from_lower] {
                prop_assert_eq!(block.lower_bound(key, from), lower);
                prop_assert_eq!(block.upper_bound(key, from), upper);
                prop_assert_eq!(block.equal_range(key, from), lower..upper);
            }
            prop_assert_eq!(block.upper_bound(key, from.index(upper + 1)), upper);
        }
    }

    #[test]
    fn damaged_bytes_are_refused_or_read_without_panic(
        rows in any_rows(), kinds in 1usize..=9,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        header_only: bool, cut in prop::option::of(any::<prop::sample::Index>())
    ) {
        let (mut bytes, _) = encode(&rows, &states_for(rows.len(), kinds, 5));
        let reach = if header_only { bytes.len().min(200) } else { bytes.len() };
        for (place, value) in damage {
            bytes[place.index(reach)] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        match BlockReader::open(&bytes) {
            Err(error) => prop_assert_eq!(error.code(), Code::CorruptBlock),
            Ok(block) => {
                let (_, states) = decode(&bytes);
                prop_assert!(states.iter().all(|&state| layout::is_state(state)));
                for row in [0, block.rows() / 2, block.rows() - 1] {
                    let key: [u64; COLUMNS] = std::array::from_fn(|column| block.value(row, column));
                    for len in 1..=COLUMNS {
                        for from in [0, row] {
                            let range = block.equal_range(&key[..len], from);
                            prop_assert!(range.start <= range.end && range.end <= block.rows());
                            prop_assert!(block.lower_bound(&key[..len], from) <= block.rows());
                            prop_assert!(block.upper_bound(&key[..len], from) <= block.rows());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn random_bytes_are_never_read_out_of_bounds(mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let [version, bits, rows_low, rows_high, ..] = &mut bytes[..] {
            (*version, *bits, *rows_high) = (1, *bits % 5, *rows_high % 2);
            *rows_low = (*rows_low).max(1);
        }
        if BlockReader::open(&bytes).is_ok() {
            decode(&bytes);
        }
    }
}

fn column_b(values: impl Iterator<Item = u64>) -> Rows {
    values.map(|value| [1, value, 3, 4]).collect()
}

#[test]
fn a_base_block_with_one_column_that_varies_costs_only_that_column() {
    let rows = column_b((0..BLOCK_ROWS as u64).map(|row| id(0x10, row * 40 + row % 7)));
    let (bytes, _) = encode(&rows, &[1; BLOCK_ROWS]);
    assert_eq!(document::kinds(&bytes, 1), [layout::KIND_DELTAS; 32]);
    // Steps are 34 or 41: three bits above the smallest, with a base of at most three bytes.
    let varying = 1 + 8 + 32 * (4 + 1 + 3) + BLOCK_ROWS * 3 / 8;
    let others = layout::HEADER_BYTES + 3 * 9 + 1 + crate::codec::unpack::SLACK_BYTES;
    assert!(bytes.len() <= others + varying);
}

#[test]
fn a_constant_step_costs_no_bits() {
    let rows = column_b((0..256).map(|row| 1000 + 3 * row));
    let (bytes, _) = encode(&rows, &[1; 256]);
    assert_eq!(bytes.len(), 20 + 3 * 9 + (1 + 8 + 2 * 4 + 2 + 2) + 1 + 16);
}

#[test]
fn ids_of_several_tags_are_packed_with_a_base_for_each() {
    let tagged = |row: u64| id([0x10, 0x20, 0x31][(row % 3) as usize], row * 7919 % 1024);
    let rows: Rows = (0..128).map(|row| [row, tagged(row), 0, 0]).collect();
    let (bytes, _) = encode(&rows, &[1; 128]);
    assert_eq!(document::kinds(&bytes, 1), [layout::KIND_BASES]);
    // Ten bits of delta and two of index, instead of 64.
    let column = 1 + 3 * 8 + 4 + 2 + 128 * 12 / 8;
    assert!(bytes.len() <= 20 + 2 * 9 + (1 + 8 + 4 + 1) + column + 1 + 16);
}

#[test]
fn the_ends_of_the_number_range_come_back() {
    let ends = [0, 1, u64::MAX - 1, u64::MAX];
    let rows: Rows = ends
        .iter()
        .flat_map(|&a| ends.map(|b| [a, b, u64::MAX, u64::MAX - b]))
        .collect();
    let (bytes, _) = encode(&rows, &[10; 16]);
    assert_eq!(decode(&bytes), (rows.clone(), vec![10; 16]));
    assert_eq!(document::decode(&bytes).0, rows);
}

#[test]
fn few_distinct_values_become_a_group_dictionary() {
    let rows: Rows = (0..128)
        .map(|row| [row, id(0x10, row * 31 % 3 * 999_983), 0, 0])
        .collect();
    let (bytes, _) = encode(&rows, &[1; 128]);
    assert_eq!(document::kinds(&bytes, 1), [layout::KIND_BASES]);
    let column = 1 + 8 + 4 + (2 + 3 * 3) + 128 * 2 / 8;
    assert_eq!(bytes.len(), 20 + 2 * 9 + (1 + 8 + 4 + 1) + column + 1 + 16);
}

#[test]
fn the_largest_block_fits_its_offsets() {
    let mut seed = 1u64;
    let mut wild = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        seed ^ seed >> 29
    };
    let mut rows: Rows = (0..BLOCK_ROWS)
        .map(|_| std::array::from_fn(|_| wild()))
        .collect();
    rows.sort_unstable();
    let states = states_for(BLOCK_ROWS, 9, 3);
    let (bytes, _) = encode(&rows, &states);
    assert_eq!(decode(&bytes), (rows, states));
}

#[test]
fn input_that_is_no_block_is_refused_and_leaves_no_bytes() {
    let mut out = vec![9];
    let mut refused = |columns: [&[u64]; 4], states: &[u8]| {
        let error = encode_block(columns, states, &mut out).unwrap_err();
        assert_eq!((error.code(), &out[..]), (Code::Internal, &[9][..]));
    };
    refused([&[], &[], &[], &[]], &[]);
    refused([&[1, 2], &[1], &[1, 2], &[1, 2]], &[1, 1]);
    refused([&[1], &[1], &[1], &[1]], &[3]);
    refused([&[1], &[1], &[1], &[1]], &[12]);
    refused([&[1, 1], &[2, 1], &[1, 2], &[1, 2]], &[1, 1]);
    let long = vec![0; BLOCK_ROWS + 1];
    refused([&long, &long, &long, &long], &vec![1; BLOCK_ROWS + 1]);
}

#[test]
fn any_truncated_block_is_refused() {
    let rows = column_b((0..300).map(|row| row * row));
    let (bytes, _) = encode(&rows, &states_for(300, 3, 1));
    for len in 0..bytes.len() {
        let error = BlockReader::open(&bytes[..len]).err().unwrap();
        assert_eq!(error.code(), Code::CorruptBlock);
    }
}

/// Rows of the golden files: every encoding, a short last group, several tags.
fn golden_rows() -> Rows {
    let row = |row: u64| {
        let subject = id(0x10, row * row / 40 + row);
        let object = match row % 5 {
            _ if row >= 640 => id(0x10, row * 104_729 % 65_536),
            0 => id(0x20, row * 7919 % 4096),
            1 => id(0x31, row % 100),
            _ => id(0x10, row * 104_729 % 65_536),
        };
        [
            id(0x10, 42),
            subject,
            object,
            [0, id(0x10, 9_000_000)][(row / 64 % 2) as usize],
        ]
    };
    let rows: Rows = (0..1000).map(row).collect();
    assert!(rows.is_sorted());
    rows
}

fn golden_states(len: usize) -> [(&'static str, Vec<u8>); 2] {
    [
        ("block-v1-base.bin", vec![1; len]),
        ("block-v1-delta.bin", states_for(len, 4, 77)),
    ]
}

#[test]
fn golden_blocks_of_format_1_decode_and_encode_to_the_same_bytes() {
    let rows = golden_rows();
    let mut kinds: Vec<u8> = Vec::new();
    for (name, states) in golden_states(rows.len()) {
        let file = golden(name, || encode(&rows, &states).0);
        assert!(decode(&file) == (rows.clone(), states.clone()), "{name}");
        assert!(encode(&rows, &states).0 == file, "{name}");
        if kinds.is_empty() {
            kinds.extend((0..COLUMNS).flat_map(|column| document::kinds(&file, column)));
        }
    }
    for kind in [
        layout::KIND_OFFSETS,
        layout::KIND_DELTAS,
        layout::KIND_BASES,
    ] {
        assert!(kinds.contains(&kind), "no golden group of kind {kind}");
    }
}
