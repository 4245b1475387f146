//! Pages against a vector of strings, and against damaged bytes.

use super::*;
use crate::codec::golden::golden;
use crate::error::Code;
use proptest::prelude::*;

type Strings = Vec<Option<Vec<u8>>>;

const ZSTD: Compression = Compression::Zstd {
    level: 3,
    min_saving_percent: 10,
};

fn build(strings: &Strings, compression: Compression) -> (Vec<u8>, PageStats) {
    let mut builder = PageBuilder::new(MAX_BODY_BYTES);
    for string in strings {
        match string {
            Some(string) => builder.push(string).unwrap(),
            None => builder.push_absent().unwrap(),
        }
    }
    let body_bytes = builder.body_bytes();
    let mut out = vec![0xEE];
    let stats = builder.finish(compression, &mut out).unwrap();
    assert_eq!((stats.slots, stats.bytes), (strings.len(), out.len() - 1));
    assert_eq!(stats.body_bytes, body_bytes);
    assert!(builder.is_empty());
    out.remove(0);
    (out, stats)
}

fn decode(bytes: &[u8]) -> Page {
    PageDecoder::new().decode(bytes).unwrap()
}

fn strings_of(page: &Page) -> Strings {
    let mut strings = vec![None; page.len()];
    let (mut scratch, mut before) = (Vec::new(), None);
    page.for_each(0..page.len(), &mut scratch, |slot, string| {
        assert!(before < Some(slot));
        before = Some(slot);
        strings[slot] = Some(string.to_vec());
    })
    .unwrap();
    strings
}

fn any_string() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => "(http://ex/(a|b)/){0,2}[a-c]{0,4}".prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 0..12),
        1 => (any::<u8>(), 0usize..300).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

fn any_strings() -> impl Strategy<Value = Strings> {
    let slot = prop_oneof![6 => any_string().prop_map(Some), 1 => Just(None)];
    prop_oneof![
        prop::collection::vec(slot, 0..120),
        prop::collection::vec(any_string().prop_map(Some), 0..120),
    ]
}

prop_compose! {
    /// Ascending, without repetition, some slots or whole runs absent.
    fn sorted_strings()(
        strings in prop::collection::btree_set(any_string(), 0..150),
        absent in prop::collection::vec(prop::bool::weighted(0.2), 150),
        absent_run in 0usize..12
    ) -> Strings {
        let keep = |(slot, string): (usize, Vec<u8>)| {
            (!absent[slot] && slot / RUN_SLOTS != absent_run).then_some(string)
        };
        strings.into_iter().enumerate().map(keep).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn strings_come_back_in_every_way_of_reading(
        strings in any_strings(), zstd: bool,
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..60), sort: bool,
        range: [prop::sample::Index; 2]
    ) {
        let compression = if zstd { ZSTD } else { Compression::Stored };
        let (bytes, stats) = build(&strings, compression);
        let page = decode(&bytes);
        prop_assert_eq!(page.len(), strings.len());
        prop_assert_eq!(page.heap_bytes(), stats.body_bytes);
        prop_assert_eq!(&strings_of(&page), &strings);

        let mut out = vec![1, 2, 3];
        for (slot, string) in strings.iter().enumerate() {
            prop_assert_eq!(page.get(slot, &mut out).unwrap(), string.is_some());
            prop_assert_eq!(&out[..], string.as_deref().unwrap_or_default());
        }

        let [one, other] = range.map(|index| index.index(strings.len() + 1));
        let range = one.min(other)..one.max(other);
        let mut seen = Vec::new();
        page.for_each(range.clone(), &mut out, |slot, string| {
            seen.push((slot, string.to_vec()));
        }).unwrap();
        let present = range.filter_map(|slot| Some((slot, strings[slot].clone()?)));
        prop_assert_eq!(seen, present.collect::<Vec<_>>());

        if !strings.is_empty() {
            let mut slots: Vec<u32> =
                picks.iter().map(|pick| pick.index(strings.len()) as u32).collect();
            if sort {
                slots.sort_unstable();
            }
            let mut seen = Vec::new();
            page.get_many(&slots, &mut out, |position, string| {
                seen.push((position, string.map(<[u8]>::to_vec)));
            }).unwrap();
            let expected = slots.iter().map(|&slot| strings[slot as usize].clone()).enumerate();
            prop_assert_eq!(seen, expected.collect::<Vec<_>>());
        }
    }

    #[test]
    fn find_in_a_sorted_page_equals_binary_search(
        strings in sorted_strings(), others in prop::collection::vec(any_string(), 20)
    ) {
        let page = decode(&build(&strings, Compression::Stored).0);
        for wanted in strings.iter().flatten().chain(&others) {
            match page.find(wanted) {
                Ok(slot) => prop_assert_eq!(strings[slot].as_ref(), Some(wanted)),
                Err(slot) => {
                    let (before, after) = strings.split_at(slot);
                    prop_assert!(before.iter().flatten().all(|string| string < wanted));
                    prop_assert!(after.iter().flatten().all(|string| string > wanted));
                }
            }
        }
    }

    #[test]
    fn damaged_pages_are_refused_or_read_without_panic(
        strings in any_strings(), zstd: bool,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        start_only: bool, cut in prop::option::of(any::<prop::sample::Index>())
    ) {
        let (mut bytes, _) = build(&strings, if zstd { ZSTD } else { Compression::Stored });
        let reach = if start_only { bytes.len().min(60) } else { bytes.len() };
        for (place, value) in damage {
            bytes[place.index(reach)] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        match PageDecoder::new().decode(&bytes) {
            Err(error) => prop_assert_eq!(error.code(), Code::Corruption),
            Ok(page) => {
                let strings = strings_of(&page);
                let mut out = Vec::new();
                for (slot, string) in strings.iter().enumerate() {
                    prop_assert_eq!(page.get(slot, &mut out).unwrap(), string.is_some());
                    let _ = page.find(&out);
                }
            }
        }
    }

    #[test]
    fn random_bodies_are_refused_or_read_without_panic(
        slots in 0u32..40, flags in 0u8..2, body in prop::collection::vec(0u8..40, 0..200)
    ) {
        let mut bytes = vec![FORMAT_VERSION, METHOD_STORED];
        bytes.extend((BODY_HEADER_BYTES as u32 + body.len() as u32).to_le_bytes());
        bytes.extend(slots.to_le_bytes());
        bytes.push(flags);
        bytes.extend(body);
        if let Ok(page) = PageDecoder::new().decode(&bytes) {
            strings_of(&page);
            let _ = page.find(b"x");
        }
    }
}

#[test]
fn the_longest_string_fits_and_a_longer_one_is_refused() {
    let longest = vec![b'x'; MAX_STRING_BYTES];
    let mut builder = PageBuilder::new(4096);
    builder.push(&longest).unwrap();
    builder.push(&longest).unwrap();
    let too_long = vec![b'x'; MAX_STRING_BYTES + 1];
    assert_eq!(
        builder.push(&too_long).unwrap_err().code(),
        Code::TermTooLarge
    );
    let mut bytes = Vec::new();
    builder.finish(Compression::Stored, &mut bytes).unwrap();
    // The second one shares all bytes with the first.
    assert!(bytes.len() < MAX_STRING_BYTES + 30);
    assert_eq!(
        strings_of(&decode(&bytes)),
        [Some(longest.clone()), Some(longest)]
    );
}

#[test]
fn a_page_is_full_at_its_target_and_cannot_outgrow_the_limits() {
    let mut builder = PageBuilder::new(100);
    assert!(!builder.is_full());
    builder.push(&[b'x'; 100]).unwrap();
    assert!(builder.is_full());

    let mut builder = PageBuilder::new(usize::MAX);
    for _ in 0..MAX_SLOTS {
        builder.push(b"").unwrap();
    }
    assert!(builder.is_full());
    assert_eq!(builder.push(b"").unwrap_err().code(), Code::Internal);
    let mut bytes = Vec::new();
    builder.finish(ZSTD, &mut bytes).unwrap();
    assert_eq!(decode(&bytes).len(), MAX_SLOTS);

    let mut unlike = [0; MAX_STRING_BYTES];
    let refused = (0u32..).find_map(|number| {
        unlike[..4].copy_from_slice(&number.to_be_bytes());
        unlike[0] = number as u8;
        builder.push(&unlike).err()
    });
    assert_eq!(refused.unwrap().code(), Code::Internal);
    assert!(builder.is_full() && builder.body_bytes() <= MAX_BODY_BYTES);
    builder.finish(Compression::Stored, &mut bytes).unwrap();
}

#[test]
fn compression_that_saves_too_little_is_dropped() {
    let noise: Strings = (0u64..32)
        .map(|n| {
            Some(
                (n + 1)
                    .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                    .to_le_bytes()
                    .to_vec(),
            )
        })
        .collect();
    assert!(!build(&noise, ZSTD).1.compressed);
    let text: Strings = (0..32)
        .map(|n| Some(format!("{n} the same words again and again").into_bytes()))
        .collect();
    let (bytes, stats) = build(&text, ZSTD);
    assert!(stats.compressed && bytes.len() < stats.body_bytes * 9 / 10);
}

#[test]
fn a_slot_outside_the_page_is_corruption() {
    let page = decode(&build(&vec![Some(b"a".to_vec())], Compression::Stored).0);
    let mut scratch = Vec::new();
    let errors = [
        page.get(1, &mut scratch).unwrap_err(),
        page.for_each(0..2, &mut scratch, |_, _| panic!("called"))
            .unwrap_err(),
        page.get_many(&[1], &mut scratch, |_, _| panic!("called"))
            .unwrap_err(),
    ];
    assert!(errors.iter().all(|error| error.code() == Code::Corruption));
}

fn golden_strings() -> Strings {
    let string = |slot: usize| match slot {
        5 | 32..48 => None,
        6 => Some(Vec::new()),
        7 => Some(vec![0, 0xFF, 0x80]),
        8 => Some(vec![b'l'; 200]),
        _ => Some(format!("http://example.org/building/{}/room{slot:03}", slot / 10).into_bytes()),
    };
    (0..75).map(string).collect()
}

#[test]
fn golden_pages_of_format_1_decode_and_encode_to_the_same_bytes() {
    let strings = golden_strings();
    let file = |name, compression| golden(name, || build(&strings, compression).0);
    let stored = file("page-v1-stored.bin", Compression::Stored);
    let zstd = file("page-v1-zstd.bin", ZSTD);
    assert_eq!(strings_of(&decode(&stored)), strings);
    assert!(build(&strings, Compression::Stored).0 == stored);
    // What the compressor makes may change with its version; what it made must stay readable.
    assert_eq!(zstd[1], METHOD_ZSTD);
    assert_eq!(strings_of(&decode(&zstd)), strings);
}
