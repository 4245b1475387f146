//! Segments against a sorted map: look-ups both ways, ranks, absent slots, large keys, damaged pages.

use super::*;
use crate::control::{Budget, Control};
use crate::error::Result;
use crate::kv::cache::Cache;
use parking_lot::RwLock;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pages in memory. Ids have gaps, as those of a shared extent do.
#[derive(Default)]
pub(super) struct MemoryPages(RwLock<Vec<Vec<u8>>>);

impl PageStore for MemoryPages {
    fn read(&self, page: u64, use_page: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let pages = self.0.read();
        match pages.get(page as usize / 3) {
            Some(bytes) if page.is_multiple_of(3) => use_page(bytes),
            _ => Err(Error::new(Code::CorruptBlock, format!("no page {page}"))),
        }
    }
}

impl PageSink for &MemoryPages {
    fn write(&mut self, bytes: &[u8]) -> Result<u64> {
        let mut pages = self.0.write();
        pages.push(bytes.to_vec());
        Ok((pages.len() as u64 - 1) * 3)
    }
}

pub(super) struct Fixture {
    pub store: Arc<MemoryPages>,
    pub pages: Arc<Pages>,
}

impl Fixture {
    pub(super) fn new(cache_bytes: usize) -> Self {
        let store = Arc::new(MemoryPages::default());
        let cache = Cache::new(cache_bytes, &Budget::unlimited()).unwrap();
        let pages = Arc::new(Pages::new(store.clone(), Arc::new(cache)));
        Self { store, pages }
    }

    pub(super) fn build(&self, options: SegmentOptions, keys: &[Option<Vec<u8>>]) -> Arc<Segment> {
        let mut sink = &*self.store;
        let mut builder = SegmentBuilder::new(options, &mut sink, &Control::new()).unwrap();
        for key in keys {
            let next = builder.next_ordinal();
            let ordinal = match key {
                Some(key) => builder.push(key).unwrap(),
                None => builder.push_absent().unwrap(),
            };
            assert_eq!(ordinal, next);
        }
        let meta = builder.finish().unwrap();
        let mut bytes = Vec::new();
        meta.write(&mut bytes);
        bytes.push(0xEE);
        let (read, rest) = SegmentMeta::read(&bytes).unwrap();
        assert_eq!((&read, rest), (&meta, &[0xEE][..]));
        Arc::new(Segment::open(read, self.pages.clone(), &Control::new()).unwrap())
    }
}

fn options(kind: SegmentKind, first: u64, count: usize) -> SegmentOptions {
    SegmentOptions {
        page_bytes: 200,
        press_threads: count % 3,
        ..SegmentOptions::new(kind, first, count as u64)
    }
}

/// Keys with a tag, many of them alike, some longer than a page may hold and alike for longer.
pub(super) fn any_key() -> impl Strategy<Value = Vec<u8>> {
    let tail = prop::collection::vec(0u8..3, 0..8);
    let body = prop_oneof![
        30 => "(http://ex/(a|b)/){0,2}[a-c]{0,4}".prop_map(String::into_bytes),
        20 => prop::collection::vec(any::<u8>(), 0..12),
        1 => (0usize..300).prop_map(|length| vec![0; length]),
        2 => (0usize..20, tail).prop_map(|(length, tail)| {
            let mut key = vec![b'L'; LARGE_KEY_BYTES - 10 + length];
            key.extend(tail);
            key
        }),
    ];
    (1u8..4, body).prop_map(|(tag, mut key)| {
        key.insert(0, tag);
        key
    })
}

/// Every way of reading a segment gives what the slots say.
fn check(segment: &Segment, slots: &[Option<Vec<u8>>], others: &[Vec<u8>]) {
    let control = Control::new();
    let first = segment.first();
    assert_eq!(segment.end(), first + slots.len() as u64);
    let mut model: BTreeMap<&[u8], u64> = BTreeMap::new();
    let mut out = Vec::new();
    for (slot, key) in slots.iter().enumerate() {
        let ordinal = first + slot as u64;
        assert_eq!(segment.key(ordinal, &mut out).unwrap(), key.is_some());
        if let Some(key) = key {
            assert_eq!(&out, key);
            model.insert(key, ordinal);
        }
    }
    for key in slots.iter().flatten().chain(others) {
        let expected = model.get(key.as_slice()).copied();
        assert_eq!(segment.find(key, hash(key)).unwrap(), expected);
    }
    for outside in [first.wrapping_sub(1), segment.end()] {
        assert_eq!(
            segment.key(outside, &mut out).unwrap_err().code(),
            Code::Corruption
        );
    }

    let mut keys: Vec<&[u8]> = slots
        .iter()
        .flatten()
        .chain(others)
        .map(|k| k.as_slice())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let hashes: Vec<u64> = keys.iter().map(|key| hash(key)).collect();
    for step in [1, 2, 17] {
        let positions: Vec<u32> = (0..keys.len() as u32).step_by(step).collect();
        let mut found = BTreeMap::new();
        segment
            .find_many(&keys, &hashes, &positions, &control, |position, ordinal| {
                assert!(found.insert(position, ordinal).is_none());
            })
            .unwrap();
        for position in positions {
            let expected = model.get(keys[position as usize]);
            assert_eq!(found.get(&position), expected);
        }

        let ordinals: Vec<u64> = (first..segment.end()).step_by(step).collect();
        let mut scratch = SegmentScratch::default();
        let mut seen = 0;
        segment
            .keys(&ordinals, &mut scratch, &control, |position, key| {
                assert_eq!(position, seen);
                seen += 1;
                assert_eq!(key, slots[(ordinals[position] - first) as usize].as_deref());
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, ordinals.len());
    }
    let mut scanned = Vec::new();
    segment
        .scan(first..segment.end(), &control, |ordinal, key| {
            scanned.push((ordinal, key.to_vec()));
            Ok(())
        })
        .unwrap();
    let present = slots.iter().enumerate();
    let present = present.filter_map(|(slot, key)| Some((first + slot as u64, key.clone()?)));
    assert_eq!(scanned, present.collect::<Vec<_>>());
}

fn rank(base: &[Option<Vec<u8>>], key: &[u8]) -> usize {
    base.iter()
        .rposition(|other| other.as_deref().is_some_and(|other| other < key))
        .map_or(0, |slot| slot + 1)
}

/// Whether a rank parts the keys below from those above; absent slots leave it some choice.
fn is_rank(base: &[Option<Vec<u8>>], key: &[u8], rank: u64) -> bool {
    let Some((below, above)) = base.split_at_checked(rank as usize) else {
        return false;
    };
    below.iter().flatten().all(|other| other.as_slice() < key)
        && above.iter().flatten().all(|other| other.as_slice() >= key)
}

prop_compose! {
    fn slots()(
        keys in prop::collection::btree_set(any_key(), 0..300),
        absent in prop::collection::vec(prop::bool::weighted(0.1), 300),
        none_absent: bool,
    ) -> Vec<Option<Vec<u8>>> {
        let keep = |(slot, key): (usize, Vec<u8>)| (none_absent || !absent[slot]).then_some(key);
        keys.into_iter().enumerate().map(keep).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sorted_segments_agree_with_a_map(
        slots in slots(), others in prop::collection::vec(any_key(), 0..60), first in 0u64..1 << 40,
    ) {
        let fixture = Fixture::new(20_000);
        let segment = fixture.build(options(SegmentKind::Sorted, first, slots.len()), &slots);
        check(&segment, &slots, &others);
        for tag in 0..5 {
            let range = segment.ordinals_of_tag(tag).unwrap();
            for (slot, key) in slots.iter().enumerate() {
                if let Some(key) = key {
                    prop_assert_eq!(range.contains(&(first + slot as u64)), key[0] == tag);
                }
            }
        }
        let mut others: Vec<&[u8]> = others.iter().map(|key| key.as_slice()).collect();
        others.sort_unstable();
        segment.ranks_of(&others, &Control::new(), |position, rank| {
            assert!(is_rank(&slots, others[position], rank));
        }).unwrap();
    }

    #[test]
    fn arrival_order_segments_agree_with_a_map_and_store_their_ranks(
        slots in slots(), base in slots(), others in prop::collection::vec(any_key(), 0..60),
        seed: u64,
    ) {
        let fixture = Fixture::new(20_000);
        let mut arrived = slots.clone();
        arrived.sort_by_key(|key| hash(key.as_deref().unwrap_or_default()) ^ seed);
        let base_segment = fixture.build(options(SegmentKind::Sorted, 7, base.len()), &base);
        let options = SegmentOptions {
            rank_base: Some(base_segment),
            ..options(SegmentKind::Arrival, 1000, slots.len())
        };
        let segment = fixture.build(options, &arrived);
        check(&segment, &arrived, &others);
        prop_assert_eq!(segment.rank_base(), Some(7));
        let ordinals: Vec<u64> = (1000..segment.end()).collect();
        segment.stored_ranks(&ordinals, |position, rank| {
            if let Some(key) = &arrived[position] {
                assert!(is_rank(&base, key, rank));
            }
        }).unwrap();
    }

    #[test]
    fn damaged_pages_are_errors_or_read_without_panic(
        slots in slots(), sorted: bool,
        damage in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())),
    ) {
        let fixture = Fixture::new(0);
        let kind = if sorted { SegmentKind::Sorted } else { SegmentKind::Arrival };
        let segment = fixture.build(options(kind, 5, slots.len()), &slots);
        let meta = segment.meta().clone();
        {
            let mut pages = fixture.store.0.write();
            let count = pages.len();
            for (page, at, value) in damage {
                let page = &mut pages[page.index(count)];
                let length = page.len();
                page[at.index(length)] = value;
            }
            if let Some((page, at)) = cut {
                let page = &mut pages[page.index(count)];
                page.truncate(at.index(page.len()));
            }
        }
        let control = Control::new();
        let reopened = Segment::open(meta, fixture.pages.clone(), &control);
        for segment in [Some(&*segment), reopened.as_ref().ok()].into_iter().flatten() {
            let mut out = Vec::new();
            for (slot, key) in slots.iter().enumerate() {
                let _ = segment.key(5 + slot as u64, &mut out);
                if let Some(key) = key {
                    let _ = segment.find(key, hash(key));
                }
            }
            let keys: Vec<&[u8]> = slots.iter().flatten().map(|key| key.as_slice()).collect();
            let hashes: Vec<u64> = keys.iter().map(|key| hash(key)).collect();
            let all: Vec<u32> = (0..keys.len() as u32).collect();
            let _ = segment.find_many(&keys, &hashes, &all, &control, |_, _| ());
            let _ = segment.scan(5..segment.end(), &control, |_, _| Ok(()));
            let _ = segment.ranks_of(&keys, &control, |_, _| ());
        }
    }

    #[test]
    fn any_bytes_of_a_record_are_refused_or_read_without_panic(bytes: Vec<u8>) {
        let _ = SegmentMeta::read(&bytes);
    }
}

#[test]
fn large_keys_that_start_alike_keep_their_order_and_ranks() {
    let fixture = Fixture::new(1 << 20);
    let large = |length: usize, end: &[u8]| {
        let mut key = vec![b'L'; length];
        key[0] = 1;
        key.extend(end);
        key
    };
    let mut keys = vec![
        large(LARGE_KEY_BYTES, b""),
        large(LARGE_KEY_BYTES, b"\0"),
        large(LARGE_KEY_BYTES, b"b"),
        large(3 << 20, b"a"),
        large(3 << 20, b"b"),
        large(100, b"M"),
        large(2000, b"Ma"),
        large(2 << 20, b"Z"),
        b"\x02x".to_vec(),
    ];
    keys.sort();
    let slots: Vec<_> = keys.iter().cloned().map(Some).collect();
    let segment = fixture.build(options(SegmentKind::Sorted, 0, keys.len()), &slots);
    check(
        &segment,
        &slots,
        &[large(3 << 20, b""), large(50, b""), large(100, b"N")],
    );
    let mut others = [
        large(3 << 20, b""),
        large(3 << 20, b"aa"),
        large(LARGE_KEY_BYTES, b"a"),
        large(150, b""),
        large(1 << 20, b""),
        large(2001, b"M"),
    ];
    others.sort();
    let others: Vec<&[u8]> = others.iter().map(|key| key.as_slice()).collect();
    segment
        .ranks_of(&others, &Control::new(), |position, found| {
            assert_eq!(found as usize, rank(&slots, others[position]));
        })
        .unwrap();
}

#[test]
fn many_absent_slots_fill_pages_and_do_not_hide_their_neighbours() {
    let fixture = Fixture::new(1 << 20);
    let mut slots = vec![Some(b"\x01a".to_vec())];
    slots.resize(200_000, None);
    slots.push(Some(b"\x01b".to_vec()));
    let segment = fixture.build(options(SegmentKind::Sorted, 0, 10), &slots);
    for (ordinal, key) in [(0, b"\x01a"), (200_000, b"\x01b")] {
        assert_eq!(segment.find(key, hash(key)).unwrap(), Some(ordinal));
    }
    assert!(!segment.key(100_000, &mut Vec::new()).unwrap());
}

#[test]
fn a_builder_refuses_keys_out_of_order_or_too_long_and_stops_when_cancelled() {
    let fixture = Fixture::new(0);
    let mut sink = &*fixture.store;
    let control = Control::new();
    let options = SegmentOptions {
        key_bytes_max: 100,
        ..options(SegmentKind::Sorted, 0, 10)
    };
    let mut builder = SegmentBuilder::new(options, &mut sink, &control).unwrap();
    builder.push(b"\x01b").unwrap();
    for (key, code) in [
        (&b"\x01a"[..], Code::Internal),
        (b"\x01b", Code::Internal),
        (b"", Code::Internal),
        (&[1; 101], Code::TermTooLarge),
    ] {
        assert_eq!(builder.push(key).unwrap_err().code(), code);
    }
    assert_eq!(builder.push(b"\x01c").unwrap(), 1);
    control.cancel_token().cancel();
    let error = (0..1000u16).find_map(|i| {
        let [high, low] = i.to_be_bytes();
        builder.push(&[2, high, low]).err()
    });
    assert_eq!(error.unwrap().code(), Code::Cancelled);
}

#[test]
fn memory_of_a_builder_does_not_grow_with_its_keys() {
    let fixture = Fixture::new(0);
    let budget = Budget::new("test", 400 << 10);
    let control = Control::new().with_memory(budget.clone());
    let mut sink = &*fixture.store;
    let options = SegmentOptions {
        filter_bytes_max: 100 << 10,
        ..SegmentOptions::new(SegmentKind::Sorted, 0, 1 << 40)
    };
    let mut builder = SegmentBuilder::new(options, &mut sink, &control).unwrap();
    for i in 0..200_000u32 {
        builder
            .push(format!("\x01http://example.org/{i:09}/of/some/length").as_bytes())
            .unwrap();
    }
    let meta = builder.finish().unwrap();
    assert!(meta.key_bytes > 8 << 20);
    assert_eq!(budget.used(), 0);
}
