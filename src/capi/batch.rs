//! Section "Batches": rows of a result in one block of memory.

use super::encode;
use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::sized::{Sized32, fill};
use super::status::{invalid_argument, ts_status};
use super::terms::{TS_UNBOUND, ts_direction, ts_term, ts_term_kind};
use super::text::ts_text;
use crate::control::{Charge, Control};
use crate::error::Result;
use crate::query::ResultBatch;
use safer_ffi::derive_ReprC;
use std::ffi::c_char;

/// Some rows of a result: a table of terms, and for each row and column the index of a term. May be
/// used from any number of threads.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_batch {
    _opaque: [u8; 0],
}

/// What the memory of a batch begins with: "TSBA" in little-endian byte order.
pub const TS_BATCH_MAGIC: u32 = 0x4142_5354;

/// The layout that ts_batch_header describes.
pub const TS_BATCH_VERSION: u32 = 1;

/// What the memory of a batch begins with. The whole is one block of `byte_len` bytes, aligned to 8,
/// without pointers, numbers in the byte order of the machine, so that a binding can hand it on as
/// it is:
///
///   offset 0         ts_batch_header
///   columns_offset   u32 index[columns][rows]: for each column the term of each row, or
///                    TS_UNBOUND; equal terms of a column have equal indexes
///   entries_offset   ts_batch_entry entry[terms]
///   text_offset      the bytes that entries point to
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_batch_header {
    /// TS_BATCH_MAGIC.
    pub magic: u32,
    /// TS_BATCH_VERSION; a program that finds another one does not know the layout.
    pub version: u32,
    pub rows: u32,
    pub columns: u32,
    pub terms: u32,
    /// Always 0.
    pub reserved: u32,
    /// Bytes from the start to each part, multiples of 8.
    pub columns_offset: u64,
    pub entries_offset: u64,
    pub text_offset: u64,
    pub byte_len: u64,
}

/// A term of a batch.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_batch_entry {
    /// A ts_term_kind.
    pub kind: u8,
    /// A ts_direction.
    pub direction: u8,
    /// Always 0.
    pub reserved: u16,
    /// Literals: the index of the entry of the datatype IRI, which may be behind those that rows
    /// name. Else TS_UNBOUND.
    pub datatype: u32,
    /// Bytes from the start of the block to the text: the IRI, the label of the blank node without
    /// "_:", or the lexical form. A zero byte follows it. For a triple term three u32: the indexes
    /// of subject, predicate and object, aligned to 4.
    pub offset: u64,
    /// Bytes of the text, without the zero byte; 12 for a triple term.
    pub length: u32,
    /// Bytes of the language tag, which follows the text after its zero byte and has one itself. 0:
    /// there is none.
    pub language_length: u32,
}

pub(super) struct State {
    /// The block; its words give it the alignment.
    words: Vec<u64>,
    header: ts_batch_header,
    _held: Charge,
}

impl Handle for ts_batch {
    type State = State;
    const NAME: &'static str = "ts_batch";
    const TAG: [u8; 4] = *b"batc";
    const SURVIVES_FORK: bool = true;
}

/// Makes a batch of rows, charged to the account of their query. Errors: `ResourceExhausted`.
pub(super) fn made(rows: &ResultBatch, control: &Control) -> Result<Owned<ts_batch>> {
    let encoded = encode::encode(rows, control)?;
    Ok(Owned(State {
        words: encoded.words,
        header: encoded.header,
        _held: encoded.charge,
    }))
}

impl State {
    fn bytes(&self) -> &[u8] {
        let bytes = self.words.as_ptr().cast::<u8>();
        // SAFETY: the words are initialised, and any bytes are bytes.
        unsafe { std::slice::from_raw_parts(bytes, self.words.len() * size_of::<u64>()) }
    }

    fn u32_at(&self, offset: usize) -> Option<u32> {
        let bytes = self.bytes().get(offset..offset.checked_add(4)?)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    }

    /// The index at a row and column. Errors: `InvalidArgument`.
    pub(super) fn index(&self, row: usize, column: usize) -> Result<u32> {
        let (rows, columns) = (self.header.rows as usize, self.header.columns as usize);
        let at = self.header.columns_offset as usize + 4 * (column.wrapping_mul(rows) + row);
        match (row < rows && column < columns).then(|| self.u32_at(at)) {
            Some(Some(index)) => Ok(index),
            _ => Err(invalid_argument(format!(
                "row {row}, column {column} is not in a batch of {rows} rows and {columns} columns"
            ))),
        }
    }

    fn entry(&self, index: u32) -> Result<ts_batch_entry> {
        if index >= self.header.terms {
            return Err(invalid_argument(format!(
                "{index} is not the index of a term, there are {}",
                self.header.terms
            )));
        }
        let at = self.header.entries_offset as usize + index as usize * size_of::<ts_batch_entry>();
        // SAFETY: the encoder has put `terms` entries at this offset, which is a multiple of 8 in
        // a block that is aligned to 8.
        Ok(unsafe {
            self.bytes()
                .as_ptr()
                .add(at)
                .cast::<ts_batch_entry>()
                .read()
        })
    }

    fn text(&self, offset: u64, length: u32) -> ts_text {
        match self.bytes().get(offset as usize..) {
            Some(text) if text.len() > length as usize => ts_text {
                data: text.as_ptr().cast::<c_char>(),
                len: length as usize,
            },
            _ => ts_text::EMPTY,
        }
    }

    /// The term at an index; that of TS_UNBOUND is unbound. Errors: `InvalidArgument`.
    pub(super) fn term(&self, index: u32) -> Result<ts_term> {
        let mut term = ts_term::unbound();
        if index == TS_UNBOUND {
            return Ok(term);
        }
        let entry = self.entry(index)?;
        term.index = index;
        term.kind = i32::from(entry.kind);
        term.direction = i32::from(entry.direction);
        if term.kind == ts_term_kind::Triple as i32 {
            let part = |part: usize| {
                self.u32_at(entry.offset as usize + 4 * part)
                    .unwrap_or(TS_UNBOUND)
            };
            (term.subject, term.predicate, term.object) = (part(0), part(1), part(2));
            return Ok(term);
        }
        term.value = self.text(entry.offset, entry.length);
        if entry.language_length > 0 {
            let offset = entry.offset + u64::from(entry.length) + 1;
            term.language = self.text(offset, entry.language_length);
        }
        if entry.datatype != TS_UNBOUND {
            let datatype = self.entry(entry.datatype)?;
            term.datatype = self.text(datatype.offset, datatype.length);
        }
        debug_assert!((0..=ts_direction::Rtl as i32).contains(&term.direction));
        Ok(term)
    }
}

/// What is read of a batch; `otherwise` if the argument is not valid.
///
/// # Safety
/// As for a handle in the header.
unsafe fn read<T: Copy>(
    batch: *const ts_batch,
    otherwise: T,
    field: impl FnOnce(&State) -> T,
) -> T {
    guard::value(otherwise, || {
        // SAFETY: required of the caller.
        unsafe { handle::shared(batch) }.map_or(otherwise, field)
    })
}

/// How many rows the batch has.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none; 0 if the argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_batch_rows(batch: *const ts_batch) -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(batch, 0, |batch| batch.header.rows as usize) }
}

/// How many columns the batch has.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none; 0 if the argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_batch_columns(batch: *const ts_batch) -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(batch, 0, |batch| batch.header.columns as usize) }
}

/// How many terms the batch has: those of its rows, the parts of triple terms, and the datatypes.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none; 0 if the argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_batch_terms(batch: *const ts_batch) -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(batch, 0, |batch| batch.header.terms as usize) }
}

/// The index of the term at a row and column; TS_UNBOUND if there is none.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none; TS_UNBOUND also if an argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_batch_index(batch: *const ts_batch, row: usize, column: usize) -> u32 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        read(batch, TS_UNBOUND, |batch| {
            batch.index(row, column).unwrap_or(TS_UNBOUND)
        })
    }
}

/// The term at a row and column, without a copy; its kind is TS_TERM_KIND_UNBOUND if there is none.
///
/// Owner: `term` is the caller's, its texts are borrowed from the batch.
/// Threads: any.
/// Cost: nanoseconds.
/// Errors: TS_STATUS_INVALID_ARGUMENT, also for a row or column that is not in the batch.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_batch_term(
    batch: *const ts_batch,
    row: usize,
    column: usize,
    term: *mut ts_term,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let batch = handle::shared(batch)?;
            fill(term, batch.term(batch.index(row, column)?)?)?;
            Ok(ts_status::Ok)
        })
    }
}

/// The term at an index, such as a part of a triple term.
///
/// Owner: `term` is the caller's, its texts are borrowed from the batch.
/// Threads: any.
/// Cost: nanoseconds.
/// Errors: TS_STATUS_INVALID_ARGUMENT, also for an index that is not in the batch.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_batch_term_at(
    batch: *const ts_batch,
    index: u32,
    term: *mut ts_term,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            fill(term, handle::shared(batch)?.term(index)?)?;
            Ok(ts_status::Ok)
        })
    }
}

/// The block of memory that the batch is; NULL if the argument is not valid. Its byte_len says how
/// long it is.
///
/// Owner: borrowed from the batch.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_batch_data(batch: *const ts_batch) -> *const ts_batch_header {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(batch, std::ptr::null(), |batch| batch.words.as_ptr().cast()) }
}

/// Frees a batch; NULL is ignored.
///
/// Owner: takes the batch.
/// Threads: any, once.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_batch_free(batch: *mut ts_batch) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(batch) }
}

impl Sized32 for ts_term {
    const NAME: &'static str = "ts_term";
    const FIRST_SIZE: usize = size_of::<ts_term>();
}
