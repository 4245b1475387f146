//! The bytes of a page to strings.

use super::*;
use crate::error::{Code, Error, Result};
use std::cmp::Ordering;
use std::ops::Range;
use zstd::bulk::Decompressor;

/// Decodes pages. Keeps the state of the decompressor, which is costly to make, between pages.
#[derive(Default)]
pub struct PageDecoder {
    decompressor: Option<Decompressor<'static>>,
}

impl PageDecoder {
    pub fn new() -> Self {
        Self::default()
    }

    /// The page in `bytes`, checked from end to end. It owns its memory.
    ///
    /// Errors: `Corruption`.
    pub fn decode(&mut self, bytes: &[u8]) -> Result<Page> {
        let corrupt = || {
            Error::new(
                Code::Corruption,
                format!("{} bytes are not a string page of format 1", bytes.len()),
            )
        };
        let (header, stored) = bytes
            .split_first_chunk::<HEADER_BYTES>()
            .ok_or_else(corrupt)?;
        let [version, method, body_bytes @ ..] = *header;
        let body_bytes = u32::from_le_bytes(body_bytes) as usize;
        if version != FORMAT_VERSION || body_bytes > MAX_BODY_BYTES {
            return Err(corrupt());
        }
        let body = match method {
            METHOD_STORED => stored.to_vec(),
            METHOD_ZSTD => self
                .decompress(stored, body_bytes)
                .map_err(|error| corrupt().because(error))?,
            _ => return Err(corrupt()),
        };
        if body.len() != body_bytes {
            return Err(corrupt());
        }
        Page::parse(body.into_boxed_slice()).ok_or_else(corrupt)
    }

    fn decompress(&mut self, stored: &[u8], body_bytes: usize) -> std::io::Result<Vec<u8>> {
        let decompressor = match &mut self.decompressor {
            Some(decompressor) => decompressor,
            none => none.insert(Decompressor::new()?),
        };
        decompressor.decompress(stored, body_bytes)
    }
}

/// A decoded page. Slots are counted from 0.
pub struct Page {
    body: Box<[u8]>,
    slots: usize,
    /// Where the bitmap of absent slots starts, if there is one.
    absent: Option<usize>,
    /// Where the strings start.
    data: usize,
}

impl Page {
    fn parse(body: Box<[u8]>) -> Option<Self> {
        let [slots @ .., flags] = *body.first_chunk::<BODY_HEADER_BYTES>()?;
        let slots = u32::from_le_bytes(slots) as usize;
        if slots > MAX_SLOTS || flags & !HAS_ABSENT != 0 {
            return None;
        }
        let after_runs = BODY_HEADER_BYTES + 4 * slots.div_ceil(RUN_SLOTS);
        let absent = (flags == HAS_ABSENT).then_some(after_runs);
        let bitmap_bytes = absent.map_or(0, |_| slots.div_ceil(8));
        let data = after_runs + bitmap_bytes;
        if data > body.len() {
            return None;
        }
        let page = Self {
            body,
            slots,
            absent,
            data,
        };
        page.is_sound().then_some(page)
    }

    /// Whether the runs fill the data without a gap and each string can be put together.
    fn is_sound(&self) -> bool {
        let mut at = self.data;
        for run in 0..self.runs() {
            if self.run_start(run) != at {
                return false;
            }
            let mut entries = self.entries(run);
            let mut len = 0;
            for slot in self.slots_of(run) {
                if self.is_absent(slot) {
                    continue;
                }
                match entries.next() {
                    Some((shared, suffix))
                        if shared <= len && shared + suffix.len() <= MAX_STRING_BYTES =>
                    {
                        len = shared + suffix.len();
                    }
                    _ => return false,
                }
            }
            at = entries.at;
        }
        at == self.body.len()
    }

    /// Number of slots, absent ones included.
    pub fn len(&self) -> usize {
        self.slots
    }

    pub fn is_empty(&self) -> bool {
        self.slots == 0
    }

    /// Bytes this page holds on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.body.len()
    }

    /// Replaces `out` by the string in a slot; false, and `out` empty, if it is absent.
    ///
    /// Errors: `Corruption` if the page has no such slot, as an id of another store would say.
    /// Cost: half a run on average, some 60 ns.
    pub fn get(&self, slot: usize, out: &mut Vec<u8>) -> Result<bool> {
        self.check(slot)?;
        let present = Walk::new(self, out).seek(slot).is_some();
        if !present {
            out.clear();
        }
        Ok(present)
    }

    /// Calls `f` with the slot and string of each present slot of a range, in order. `scratch`
    /// holds the string in the meantime.
    ///
    /// Errors: `Corruption` if the range leaves the page; `f` is not called then.
    pub fn for_each(
        &self,
        slots: Range<usize>,
        scratch: &mut Vec<u8>,
        mut f: impl FnMut(usize, &[u8]),
    ) -> Result<()> {
        if let Some(last) = slots.end.checked_sub(1).filter(|_| !slots.is_empty()) {
            self.check(last)?;
        }
        let mut walk = Walk::new(self, scratch);
        for slot in slots {
            if let Some(string) = walk.seek(slot) {
                f(slot, string);
            }
        }
        Ok(())
    }

    /// Calls `f` once for each of `slots`, in order, with the position in `slots` and the string,
    /// or `None` if the slot is absent. With ascending slots, repetitions allowed, each run is
    /// read at most once; any other order is as right but slower.
    ///
    /// Errors: `Corruption` at the first slot the page does not have.
    pub fn get_many(
        &self,
        slots: &[u32],
        scratch: &mut Vec<u8>,
        mut f: impl FnMut(usize, Option<&[u8]>),
    ) -> Result<()> {
        let mut walk = Walk::new(self, scratch);
        for (position, &slot) in slots.iter().enumerate() {
            self.check(slot as usize)?;
            f(position, walk.seek(slot as usize));
        }
        Ok(())
    }

    /// The slot that holds `string`, or else a slot that all smaller strings come before and all
    /// larger ones do not. For pages whose strings ascend in byte order; on others any answer.
    ///
    /// Cost: a binary search over the runs, then one run without copying; some 0.2 us.
    pub fn find(&self, string: &[u8]) -> std::result::Result<usize, usize> {
        // Runs below `low` start at or before the string, runs from `high` on after it or are
        // wholly absent and followed by such.
        let (mut low, mut high) = (0, self.runs());
        let mut found = None;
        while low < high {
            let middle = low.midpoint(high);
            let present = (middle..high).find_map(|run| Some((run, self.first_of(run)?)));
            match present {
                Some((run, first)) if first <= string => {
                    found = Some(run);
                    low = run + 1;
                }
                _ => high = middle,
            }
        }
        match found {
            Some(run) => self.find_in_run(run, string),
            None => Err(0),
        }
    }

    /// As [`Self::find`], in a run whose first string is not above `string`.
    fn find_in_run(&self, run: usize, string: &[u8]) -> std::result::Result<usize, usize> {
        let slots = self.slots_of(run);
        let end = slots.end;
        let mut entries = self.entries(run);
        // Every string so far is below the wanted one; the last shares `matched` bytes with it.
        let mut matched = 0;
        for slot in slots.filter(|&slot| !self.is_absent(slot)) {
            let Some((shared, suffix)) = entries.next() else {
                break;
            };
            match shared.cmp(&matched) {
                // Differs from the wanted string where its predecessor does.
                Ordering::Greater => {}
                // Rises above its predecessor where that still equals the wanted string.
                Ordering::Less => return Err(slot),
                Ordering::Equal => {
                    let wanted = string.get(matched..).unwrap_or_default();
                    let equal = shared_prefix(suffix, wanted);
                    match suffix[equal..].first().cmp(&wanted[equal..].first()) {
                        Ordering::Equal => return Ok(slot),
                        Ordering::Greater => return Err(slot),
                        Ordering::Less => matched += equal,
                    }
                }
            }
        }
        Err(end)
    }

    fn check(&self, slot: usize) -> Result<()> {
        if slot < self.slots {
            return Ok(());
        }
        Err(Error::new(
            Code::Corruption,
            format!("slot {slot} of a page with {} slots", self.slots),
        ))
    }

    fn runs(&self) -> usize {
        self.slots.div_ceil(RUN_SLOTS)
    }

    fn slots_of(&self, run: usize) -> Range<usize> {
        run * RUN_SLOTS..((run + 1) * RUN_SLOTS).min(self.slots)
    }

    /// Where a run starts in the body; at its end if a damaged table says beyond.
    fn run_start(&self, run: usize) -> usize {
        let at = BODY_HEADER_BYTES + 4 * run;
        let start = self.body.get(at..).and_then(|bytes| bytes.first_chunk());
        let start = start.map_or(u32::MAX, |bytes| u32::from_le_bytes(*bytes)) as usize;
        self.data.saturating_add(start).min(self.body.len())
    }

    #[inline]
    fn is_absent(&self, slot: usize) -> bool {
        let Some(bitmap) = self.absent else {
            return false;
        };
        let byte = self.body.get(bitmap + slot / 8);
        byte.is_none_or(|byte| byte >> (slot % 8) & 1 == 1)
    }

    fn entries(&self, run: usize) -> Entries<'_> {
        Entries {
            body: &self.body,
            at: self.run_start(run),
            is_first: true,
        }
    }

    /// The first present string of a run, which is stored in full.
    fn first_of(&self, run: usize) -> Option<&[u8]> {
        if self.absent.is_some() && self.slots_of(run).all(|slot| self.is_absent(slot)) {
            return None;
        }
        self.entries(run).next().map(|(_, string)| string)
    }
}

/// Reads the present strings of a run one after the other: shared bytes and the rest.
struct Entries<'a> {
    body: &'a [u8],
    at: usize,
    is_first: bool,
}

impl<'a> Entries<'a> {
    /// `None` if the bytes end. The caller stops at the end of the run.
    #[inline]
    fn next(&mut self) -> Option<(usize, &'a [u8])> {
        let shared = if self.is_first { 0 } else { self.varint()? };
        self.is_first = false;
        let len = self.varint()?;
        let suffix = self.body.get(self.at..self.at + len)?;
        self.at += len;
        Some((shared, suffix))
    }

    /// At most three bytes, so at most 2^21 - 1.
    #[inline]
    fn varint(&mut self) -> Option<usize> {
        let mut value = 0;
        for shift in [0, 7, 14] {
            let byte = *self.body.get(self.at)?;
            self.at += 1;
            value |= usize::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

/// Puts strings together, going forward through runs.
struct Walk<'p, 's> {
    page: &'p Page,
    entries: Entries<'p>,
    /// The slots of the current run that have not been read.
    ahead: Range<usize>,
    /// The slot whose string `string` is.
    present: Option<usize>,
    string: &'s mut Vec<u8>,
}

impl<'p, 's> Walk<'p, 's> {
    fn new(page: &'p Page, string: &'s mut Vec<u8>) -> Self {
        Self {
            page,
            entries: page.entries(0),
            ahead: page.slots_of(0),
            present: None,
            string,
        }
    }

    /// The string of a slot of the page, or `None` if it is absent.
    #[inline]
    fn seek(&mut self, slot: usize) -> Option<&[u8]> {
        if slot >= self.ahead.end || slot < self.ahead.start {
            if self.present == Some(slot) {
                return Some(self.string);
            }
            let run = slot / RUN_SLOTS;
            self.entries = self.page.entries(run);
            self.ahead = self.page.slots_of(run);
        }
        while self.ahead.start <= slot {
            let next = self.ahead.start;
            self.ahead.start += 1;
            if self.page.is_absent(next) {
                continue;
            }
            let (shared, suffix) = self.entries.next()?;
            self.string.truncate(shared);
            self.string.extend_from_slice(suffix);
            self.present = Some(next);
        }
        (self.present == Some(slot)).then_some(self.string.as_slice())
    }
}
