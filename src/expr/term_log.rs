//! The terms that a query computes, as a log of records, and the chains of records by which a term is found.
//!
//! A record is a header of four numbers (the record before it in its chain, the hash, the bytes of the text, the kind with
//! the bytes of the suffix), the text, and the suffix: a datatype or a language tag. Records begin at multiples of 16 bytes;
//! that multiple is the place of a record, and is what an id holds.
//!
//! The newest records are in memory. When they have had their share of the query's memory all of them go to a temporary
//! file, behind those that went before, from where they are read one by one. The heads of the chains stay in memory: one for
//! each record as long as all records are there, and as many as their share allows from then on, so that chains grow
//! instead. Where a query keeps no term from one batch of its result to the next, records are forgotten between batches
//! ([`TermLog::forget`]) and nothing grows, on disk either.
//!
//! Invariants: no two records are of one term, so equal terms have one place; a place is given once, also if its record was
//! forgotten, so that an id of a forgotten term is an error and never another term.
//!
//! Cost: 20-24 bytes a term besides its text. Adding or finding a term hashes and copies its text; each record of its chain that
//! is on disk takes 0.5 us to look at, and there are as many as records for each head.

use crate::control::{Charge, Control, StateCharge};
use crate::error::{Code, Error, Result};
use crate::store::{QuadSource, Spool};
use crate::term::{Direction, Id, LiteralKind, LiteralRef, TermRef};
use rustc_hash::FxHasher;
use std::hash::Hasher;
use std::sync::Arc;

/// What the length of a record is a multiple of.
const UNIT: usize = 16;
/// Bytes of the header of a record.
const HEADER: usize = 16;
/// Bits of the last number of a header that are the length of the suffix.
const SUFFIX_BITS: u32 = 28;
/// Bytes read from the file at a time, unless a record has more.
const WINDOW_BYTES: usize = 1 << 10;
/// The part of the query's memory that the records in memory may take, and as much again the heads.
const SHARE: usize = 16;
/// Heads at first.
const HEADS_MIN: usize = 64;
/// Bytes for which room is made at first.
const TAIL_MIN: usize = 4 << 10;
/// Bytes of records that are worth forgetting.
const FORGET_BYTES: u64 = 256 << 10;

/// What a record is of.
#[derive(Clone, Copy)]
#[repr(u32)]
enum Kind {
    Iri,
    Blank,
    Triple,
    String,
    Language,
    LeftToRight,
    RightToLeft,
    Typed,
}

const KINDS: [Kind; 8] = [
    Kind::Iri,
    Kind::Blank,
    Kind::Triple,
    Kind::String,
    Kind::Language,
    Kind::LeftToRight,
    Kind::RightToLeft,
    Kind::Typed,
];

pub(super) struct TermLog {
    control: Control,
    /// Makes the file; `None` where there is none.
    source: Option<Arc<dyn QuadSource>>,
    file: Option<File>,
    /// The records behind those in the file, and perhaps one that is asked for.
    tail: Vec<u8>,
    /// Bytes of the tail that are records.
    end: usize,
    /// The newest record of each chain, counted from 1; 0 for none. A power of two, or none at all.
    heads: Vec<u32>,
    records: usize,
    memory: StateCharge,
    /// Bytes of the records that are never forgotten, from the first call of [`TermLog::forget`] on.
    kept: Option<u64>,
    /// Bytes of records that were forgotten.
    forgotten: u64,
    /// Bytes written to files.
    spooled: u64,
}

impl TermLog {
    /// What it holds in memory is charged to `control`.
    pub fn new(control: &Control) -> Self {
        Self {
            control: control.clone(),
            source: None,
            file: None,
            tail: Vec::new(),
            end: 0,
            heads: Vec::new(),
            records: 0,
            memory: StateCharge::new(control),
            kept: None,
            forgotten: 0,
            spooled: 0,
        }
    }

    /// Lets it go to a spool of `source`.
    pub fn spill_to(&mut self, source: Arc<dyn QuadSource>) {
        self.source = Some(source);
    }

    /// Bytes written to temporary files so far.
    pub fn spooled_bytes(&self) -> u64 {
        self.spooled
    }

    /// The place of a term. One that has none is what [`TermLog::add`] adds.
    /// Errors: `ResourceExhausted`, `TermTooLarge`, `Io`.
    pub fn find(&mut self, term: TermRef<'_>) -> Result<Option<u64>> {
        let hash = self.ask(term)?;
        let mut next = match self.heads.len() {
            0 => 0,
            heads => self.heads[hash as usize & (heads - 1)],
        };
        let (tail, asked) = self.tail.split_at(self.end);
        while let Some(place) = next.checked_sub(1) {
            let header = bytes_at(&mut self.file, tail, place, HEADER)?;
            let before = number(header, 0);
            if number(header, 1) == hash && record(&mut self.file, tail, place)?[4..] == asked[4..]
            {
                return Ok(Some(self.id_of(place)));
            }
            next = before;
        }
        Ok(None)
    }

    /// Adds the term that was asked for last and gives its place. Errors: `ResourceExhausted`.
    pub fn add(&mut self) -> Result<u64> {
        if self.records >= self.heads.len() && self.file.is_none() {
            self.grow_heads(self.heads.len() * 2)?;
        }
        let place = u32::try_from(self.len() / UNIT as u64).ok();
        let Some(next) = place.and_then(|place| place.checked_add(1)) else {
            return Err(Error::new(
                Code::ResourceExhausted,
                "a query computed more than 64 GiB of texts that it has to keep",
            )
            .with_hint("ask for less at a time"));
        };
        link(&mut self.heads, &mut self.tail[self.end..], next);
        self.tail.resize(self.tail.len().next_multiple_of(UNIT), 0);
        self.end = self.tail.len();
        self.records += 1;
        Ok(self.id_of(next - 1))
    }

    /// The term at a place; `None` if there is none, or not any more. Errors: `Io`.
    pub fn get(&mut self, place: u64) -> Result<Option<TermRef<'_>>> {
        let forgotten = self.forgotten / UNIT as u64;
        let kept = self.kept.unwrap_or(0) / UNIT as u64;
        let place = match place < kept {
            true => Some(place),
            false => place.checked_sub(forgotten).filter(|&place| place >= kept),
        };
        match place.and_then(|place| u32::try_from(place).ok()) {
            Some(place) if u64::from(place) * (UNIT as u64) < self.len() => {
                let record = record(&mut self.file, &self.tail[..self.end], place)?;
                Ok(term_of(record))
            }
            _ => Ok(None),
        }
    }

    /// Forgets what was added since the first call, unless it is little. Nobody may need it any more.
    /// Errors: `ResourceExhausted`, `Io`.
    pub fn forget(&mut self) -> Result<()> {
        let len = self.len();
        let kept = *self.kept.get_or_insert(len);
        let most = self.share() as u64;
        if len - kept < FORGET_BYTES.min(most / 2) || kept > most {
            return Ok(());
        }
        if let Some(file) = self.file.take() {
            let stored = kept.min(file.end) as usize;
            let mut tail = vec![0; stored];
            file.spool.read(0, &mut tail)?;
            tail.extend_from_slice(&self.tail[..kept as usize - stored]);
            self.tail = tail;
        }
        self.end = kept as usize;
        self.tail.truncate(self.end);
        self.forgotten += len - kept;
        self.link_all();
        self.memory
            .hold(self.tail.capacity() + size_of_val(&self.heads[..]))
    }

    /// Bytes of all records.
    fn len(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.end) + self.end as u64
    }

    /// What an id holds of a place of this log.
    fn id_of(&self, place: u32) -> u64 {
        let place = u64::from(place);
        match self.kept {
            Some(kept) if place * UNIT as u64 >= kept => place + self.forgotten / UNIT as u64,
            _ => place,
        }
    }

    /// Bytes of records that may be in memory, and of heads, where there is a file.
    fn share(&self) -> usize {
        match self.source {
            Some(_) => self.control.memory().limit() / SHARE,
            None => usize::MAX,
        }
    }

    /// Puts the record of a term behind the last one and gives its hash.
    fn ask(&mut self, term: TermRef<'_>) -> Result<u32> {
        let number: [u8; 8];
        let parts: [u8; 24];
        let (kind, text, suffix): (_, &[u8], &str) = match term {
            TermRef::Iri(iri) => (Kind::Iri, iri.as_bytes(), ""),
            TermRef::Blank(of) => {
                number = of.to_le_bytes();
                (Kind::Blank, &number, "")
            }
            TermRef::Triple(ids) => {
                let mut bytes = [0; 24];
                for (to, id) in bytes.chunks_exact_mut(8).zip(ids) {
                    to.copy_from_slice(&id.raw().to_le_bytes());
                }
                parts = bytes;
                (Kind::Triple, &parts, "")
            }
            TermRef::Literal(literal) => {
                let (kind, suffix) = match literal.kind {
                    LiteralKind::String => (Kind::String, ""),
                    LiteralKind::Typed(datatype) => (Kind::Typed, datatype),
                    LiteralKind::Language { tag, direction } => match direction {
                        None => (Kind::Language, tag),
                        Some(Direction::LeftToRight) => (Kind::LeftToRight, tag),
                        Some(Direction::RightToLeft) => (Kind::RightToLeft, tag),
                    },
                };
                (kind, literal.lexical.as_bytes(), suffix)
            }
        };
        let text_bytes = u32::try_from(text.len()).map_err(|_| too_large())?;
        let suffix_bytes = u32::try_from(suffix.len()).map_err(|_| too_large())?;
        if suffix_bytes >> SUFFIX_BITS != 0 {
            return Err(too_large());
        }
        let what = (kind as u32) << SUFFIX_BITS | suffix_bytes;
        let mut hasher = FxHasher::default();
        hasher.write(text);
        hasher.write(suffix.as_bytes());
        hasher.write_u32(what);
        let hash = hasher.finish();
        let hash = (hash ^ hash >> 32) as u32;

        self.make_room((HEADER + text.len() + suffix.len()).next_multiple_of(UNIT))?;
        for number in [0, hash, text_bytes, what] {
            self.tail.extend_from_slice(&number.to_le_bytes());
        }
        self.tail.extend_from_slice(text);
        self.tail.extend_from_slice(suffix.as_bytes());
        Ok(hash)
    }

    /// Makes room for a record behind the last one, and drops one that was asked for.
    fn make_room(&mut self, bytes: usize) -> Result<()> {
        self.tail.truncate(self.end);
        if self.end + bytes <= self.tail.capacity() {
            return Ok(());
        }
        let share = self.share();
        if self.end > 0 && self.end + bytes > share {
            self.spill()?;
        }
        match self.reserve(bytes, share) {
            // Others have the memory. An empty tail needs less.
            Err(error)
                if error.code() == Code::ResourceExhausted
                    && self.source.is_some()
                    && self.end > 0 =>
            {
                self.spill()?;
                self.reserve(bytes, share)
            }
            reserved => reserved,
        }
    }

    fn reserve(&mut self, bytes: usize, share: usize) -> Result<()> {
        let (now, wanted) = (self.tail.capacity(), self.end + bytes);
        if wanted <= now {
            return Ok(());
        }
        let heads = size_of_val(&self.heads[..]);
        let ample = (now * 2).clamp(TAIL_MIN, share.max(TAIL_MIN)).max(wanted);
        let capacity = match self.memory.hold(ample + heads) {
            Ok(()) => ample,
            Err(_) => {
                self.memory.hold(wanted + heads)?;
                wanted
            }
        };
        self.tail.reserve_exact(capacity - self.tail.len());
        Ok(())
    }

    /// Writes the records in memory behind those in the file.
    fn spill(&mut self) -> Result<()> {
        self.control.poll()?;
        if self.file.is_none() {
            let Some(source) = self.source.clone() else {
                return Ok(());
            };
            // From now on there are no more heads.
            self.grow_heads(self.share() / size_of::<u32>())?;
            self.file = Some(File {
                spool: source.spool()?,
                disk: self.control.spool().charge(0)?,
                end: 0,
                window: Vec::new(),
                window_at: 0,
            });
        }
        if let Some(file) = &mut self.file {
            file.write(&self.tail[..self.end])?;
            self.spooled += self.end as u64;
            self.tail.clear();
            self.end = 0;
            if self.tail.capacity() > self.share().max(TAIL_MIN) {
                // A long text had to be held; the next ones need less.
                self.tail = Vec::new();
                self.memory.release();
                self.memory.hold(size_of_val(&self.heads[..]))?;
            }
        }
        Ok(())
    }

    /// Makes about `count` heads, at most as many as their share allows, and fewer if there is no memory. All records are in
    /// memory.
    fn grow_heads(&mut self, count: usize) -> Result<()> {
        let most = (self.share() / size_of::<u32>()).max(HEADS_MIN);
        let mut count = 1 << count.clamp(HEADS_MIN, most).ilog2();
        while count > self.heads.len() {
            let bytes = self.tail.capacity() + count * size_of::<u32>();
            match self.memory.hold(bytes) {
                Ok(()) => {
                    self.heads = Vec::new();
                    self.heads.resize(count, 0);
                    self.link_all();
                    return Ok(());
                }
                Err(error) if self.heads.is_empty() && count <= HEADS_MIN => return Err(error),
                Err(_) => count /= 2,
            }
        }
        Ok(())
    }

    /// Makes the chains anew. All records are in memory.
    fn link_all(&mut self) {
        self.heads.fill(0);
        self.records = 0;
        let mut at = 0;
        while at < self.end {
            let record = &mut self.tail[at..self.end];
            link(&mut self.heads, record, (at / UNIT) as u32 + 1);
            at += record_bytes(record).next_multiple_of(UNIT);
            self.records += 1;
        }
    }
}

/// Records on disk. The file goes with this value.
struct File {
    spool: Box<dyn Spool>,
    disk: Charge,
    end: u64,
    /// A part of the file, and where it begins.
    window: Vec<u8>,
    window_at: u64,
}

impl File {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let disk = self.disk.bytes().saturating_add(bytes.len());
        self.disk.resize(disk)?;
        self.spool.write(bytes)?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// The bytes from `offset` on, at least `bytes`, or all there are.
    fn read(&mut self, offset: u64, bytes: usize) -> Result<&[u8]> {
        let left = usize::try_from(self.end - offset).unwrap_or(usize::MAX);
        let held = (offset.checked_sub(self.window_at))
            .and_then(|from| self.window.get(usize::try_from(from).ok()?..))
            .map_or(0, <[u8]>::len);
        if held < bytes.min(left) {
            let wanted = bytes.max(WINDOW_BYTES).min(left);
            if self.window.capacity() > wanted.max(WINDOW_BYTES) {
                // A long text is not held for longer than it is read.
                self.window = Vec::new();
            }
            self.window.resize(wanted, 0);
            self.window_at = offset;
            self.spool.read(offset, &mut self.window)?;
        }
        let from = (offset - self.window_at) as usize;
        Ok(&self.window[from..])
    }
}

/// At least so many bytes from a place on, of the file or of what is behind it, or all there are.
fn bytes_at<'r>(
    file: &'r mut Option<File>,
    tail: &'r [u8],
    place: u32,
    bytes: usize,
) -> Result<&'r [u8]> {
    let offset = u64::from(place) * UNIT as u64;
    let stored = file.as_ref().map_or(0, |file| file.end);
    if offset < stored
        && let Some(file) = file
    {
        return file.read(offset, bytes);
    }
    let from = usize::try_from(offset - stored).ok();
    from.and_then(|from| tail.get(from..)).ok_or_else(damaged)
}

/// The record at a place.
fn record<'r>(file: &'r mut Option<File>, tail: &'r [u8], place: u32) -> Result<&'r [u8]> {
    let bytes = record_bytes(bytes_at(file, tail, place, HEADER)?);
    let record = bytes_at(file, tail, place, bytes)?;
    record.get(..bytes).ok_or_else(damaged)
}

/// A number of the header of a record.
fn number(record: &[u8], index: usize) -> u32 {
    let bytes = record.get(index * 4..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// Bytes of a record, by its header.
fn record_bytes(record: &[u8]) -> usize {
    let suffix = number(record, 3) & ((1 << SUFFIX_BITS) - 1);
    HEADER + number(record, 2) as usize + suffix as usize
}

/// Puts a record, counted from 1, at the head of its chain.
fn link(heads: &mut [u32], record: &mut [u8], counted: u32) {
    let hash = number(record, 1) as usize;
    let head = &mut heads[hash & (heads.len() - 1)];
    record[..4].copy_from_slice(&head.to_le_bytes());
    *head = counted;
}

/// The term of a record; `None` if it is none.
fn term_of(record: &[u8]) -> Option<TermRef<'_>> {
    let (text, suffix) = record
        .get(HEADER..)?
        .split_at_checked(number(record, 2) as usize)?;
    let words = text.as_chunks::<8>().0.iter();
    let mut words = words.map(|word| u64::from_le_bytes(*word));
    let language = |direction| {
        Some(LiteralKind::Language {
            tag: std::str::from_utf8(suffix).ok()?,
            direction,
        })
    };
    let kind = match KINDS.get((number(record, 3) >> SUFFIX_BITS) as usize)? {
        Kind::Iri => return std::str::from_utf8(text).ok().map(TermRef::Iri),
        Kind::Blank => return words.next().map(TermRef::Blank),
        Kind::Triple => {
            let mut part = || words.next().map(Id::from_raw);
            return Some(TermRef::Triple([part()?, part()?, part()?]));
        }
        Kind::String => LiteralKind::String,
        Kind::Language => language(None)?,
        Kind::LeftToRight => language(Some(Direction::LeftToRight))?,
        Kind::RightToLeft => language(Some(Direction::RightToLeft))?,
        Kind::Typed => LiteralKind::Typed(std::str::from_utf8(suffix).ok()?),
    };
    Some(TermRef::Literal(LiteralRef {
        lexical: std::str::from_utf8(text).ok()?,
        kind,
    }))
}

#[cold]
fn too_large() -> Error {
    Error::new(Code::TermTooLarge, "a query computed a term of over 4 GiB")
}

#[cold]
fn damaged() -> Error {
    Error::new(Code::Internal, "a computed term of the query is cut off")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Budget;
    use crate::store::tests::Spools;
    use crate::term::TermBuf;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[derive(Clone, Debug)]
    enum Step {
        Term(usize, usize),
        Forget,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            60 => (0..400_usize, 0..3_usize).prop_map(|(number, long)| Step::Term(number, long)),
            1 => Just(Step::Forget),
        ];
        proptest::collection::vec(step, 0..600)
    }

    /// One of many terms, of all kinds.
    fn term(number: usize, long: usize) -> TermBuf {
        let text = "é".repeat([0, 20, 700][long]) + &(number / 8).to_string();
        let language = |direction| TermRef::Literal(LiteralRef::language(&text, "en", direction));
        TermBuf::from(match number % 8 {
            0 => TermRef::Iri(&text),
            1 => TermRef::Triple([1, 2, number as u64].map(Id::from_raw)),
            2 => TermRef::string(&text),
            3 => language(None),
            4 => language(Some(Direction::LeftToRight)),
            5 => language(Some(Direction::RightToLeft)),
            6 => TermRef::typed(&text, "http://x/type"),
            _ => TermRef::Blank(number as u64),
        })
    }

    fn log(memory: usize, spool: usize) -> TermLog {
        let control = Control::new()
            .with_memory(Budget::new("test", memory))
            .with_spool(Budget::disk("test", spool));
        let mut log = TermLog::new(&control);
        if spool > 0 {
            log.spill_to(Arc::new(Spools));
        }
        log
    }

    fn intern(log: &mut TermLog, term: &TermBuf) -> u64 {
        match log.find(term.as_ref()).unwrap() {
            Some(place) => place,
            None => log.add().unwrap(),
        }
    }

    proptest! {
        /// A map of terms is the reference. With little memory most of the log is on disk and chains are long.
        #[test]
        fn equal_terms_have_one_place_and_places_their_terms(
            constants in 0..40_usize,
            steps in steps(),
            memory in prop_oneof![Just(16 << 10), Just(64 << 10), Just(usize::MAX)],
        ) {
            let mut log = log(memory, usize::MAX);
            let mut places: HashMap<String, (TermBuf, u64)> = HashMap::new();
            for number in 0..constants {
                let constant = term(number, 1);
                let place = intern(&mut log, &constant);
                places.insert(format!("{constant:?}"), (constant, place));
            }
            log.forget().unwrap();
            let kept = places.clone();
            let mut highest = places.values().map(|(_, place)| *place).max();
            for step in steps {
                match step {
                    Step::Term(number, long) => {
                        let term = term(number, long);
                        let place = intern(&mut log, &term);
                        match places.get(&format!("{term:?}")) {
                            Some((_, known)) => prop_assert_eq!(place, *known),
                            None => {
                                // Neither that of another term nor one that was given before.
                                prop_assert!(Some(place) > highest);
                                highest = Some(place);
                                places.insert(format!("{term:?}"), (term, place));
                            }
                        }
                    }
                    Step::Forget => {
                        let before = log.len();
                        log.forget().unwrap();
                        if log.len() < before {
                            let forgotten = std::mem::replace(&mut places, kept.clone());
                            for (text, (_, place)) in forgotten {
                                if !kept.contains_key(&text) {
                                    prop_assert_eq!(log.get(place).unwrap(), None);
                                }
                            }
                        }
                    }
                }
            }
            for (term, place) in places.values() {
                prop_assert_eq!(log.get(*place).unwrap(), Some(term.as_ref()));
                prop_assert_eq!(log.find(term.as_ref()).unwrap(), Some(*place));
            }
        }
    }

    #[test]
    fn a_log_with_little_memory_holds_little_and_gives_its_disk_back() {
        let limit = 64 << 10;
        let mut log = log(limit, usize::MAX);
        let places: Vec<u64> = (0..20_000)
            .map(|n| intern(&mut log, &term(n * 8, 1)))
            .collect();
        assert!(log.control.memory().peak() <= limit / 4);
        assert!(log.spooled_bytes() > 10 * limit as u64);
        for (number, place) in places.into_iter().enumerate().step_by(17) {
            assert_eq!(log.get(place).unwrap(), Some(term(number * 8, 1).as_ref()));
        }
        let control = log.control.clone();
        drop(log);
        assert_eq!((control.memory().used(), control.spool().used()), (0, 0));
    }

    #[test]
    fn forgetting_keeps_a_log_in_memory_and_places_are_not_given_again() {
        let mut log = log(1 << 20, usize::MAX);
        let constant = intern(&mut log, &term(2, 1));
        let mut last = constant;
        for batch in 0..200 {
            log.forget().unwrap();
            for number in 0..100 {
                let place = intern(&mut log, &term(8 * (batch * 100 + number + 1), 1));
                assert!(place > last);
                last = place;
            }
        }
        assert_eq!(log.spooled_bytes(), 0);
        assert_eq!(log.get(constant).unwrap(), Some(term(2, 1).as_ref()));
        assert_eq!(intern(&mut log, &term(2, 1)), constant);
        assert_eq!(log.get(constant + 8).unwrap(), None);
    }

    #[test]
    fn a_log_that_may_not_spill_ends_with_a_code() {
        for spool in [0, 100 << 10] {
            let mut log = log(256 << 10, spool);
            let end = (0..20_000).find_map(|number| {
                let found = log.find(term(number * 8, 1).as_ref());
                found.and_then(|_| log.add()).err()
            });
            assert_eq!(end.unwrap().code(), Code::ResourceExhausted);
        }
    }
}
