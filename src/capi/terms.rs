//! Section "Terms": typed terms, read from batches and built for writing and matching.

use super::batch::ts_batch;
use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::status::{invalid_argument, ts_status};
use super::text::{ZeroEnded, ts_text, utf8};
use crate::database::TermList;
use crate::error::{Code, Error, Result};
use crate::load::MAX_NESTING;
use crate::term::Direction;
use safer_ffi::derive_ReprC;
use std::ffi::c_char;

/// The index of no term: unbound in a row, the default graph in a quad.
pub const TS_UNBOUND: u32 = 0xFFFF_FFFF;

/// What a term is.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_term_kind {
    /// There is no term.
    Unbound = 0,
    Iri = 1,
    Blank = 2,
    Literal = 3,
    Triple = 4,
}

/// The base direction of a literal.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_direction {
    None = 0,
    Ltr = 1,
    Rtl = 2,
}

/// A term. Set struct_size to sizeof(ts_term) before the call. Texts are never NULL; those that a
/// kind does not have are empty.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_term {
    pub struct_size: u32,
    /// A ts_term_kind.
    pub kind: i32,
    /// The IRI, the label of the blank node without "_:", or the lexical form of the literal.
    pub value: ts_text,
    /// The datatype IRI of a literal.
    pub datatype: ts_text,
    /// The language tag of a literal, in lower case.
    pub language: ts_text,
    /// A ts_direction, of a literal with a language.
    pub direction: i32,
    /// The index of the term in its batch; TS_UNBOUND for none.
    pub index: u32,
    /// The indexes of the parts of a triple term, for ts_batch_term_at(); else TS_UNBOUND.
    pub subject: u32,
    pub predicate: u32,
    pub object: u32,
    /// Always 0.
    pub reserved: u32,
}

impl ts_term {
    pub(super) const fn unbound() -> Self {
        Self {
            struct_size: 0,
            kind: ts_term_kind::Unbound as i32,
            value: ts_text::EMPTY,
            datatype: ts_text::EMPTY,
            language: ts_text::EMPTY,
            direction: ts_direction::None as i32,
            index: TS_UNBOUND,
            subject: TS_UNBOUND,
            predicate: TS_UNBOUND,
            object: TS_UNBOUND,
            reserved: 0,
        }
    }
}

/// A list of terms that a program builds. A term is named by its index in the list, from 0 in the
/// order they are added: a quad is four indexes, a triple term three.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_terms {
    _opaque: [u8; 0],
}

#[derive(Default)]
pub(super) struct State {
    pub(super) list: TermList,
    /// Labels of blank nodes that were handed out.
    labels: Vec<ZeroEnded>,
}

impl State {
    /// Adds a blank node and hands out its label.
    pub(super) fn add_blank(&mut self, label: &str) -> Result<(u32, ts_text)> {
        let index = self.list.blank(label)?;
        let label = ZeroEnded::new(label);
        let text = label.as_text();
        self.labels.push(label);
        Ok((index, text))
    }
}

impl Handle for ts_terms {
    type State = State;
    const NAME: &'static str = "ts_terms";
    const TAG: [u8; 4] = *b"term";
    const SURVIVES_FORK: bool = true;
}

/// Adds a term to a list.
///
/// # Safety
/// As for [`guard::status`]; `index` is NULL or writable.
unsafe fn add(
    terms: *mut ts_terms,
    index: *mut u32,
    err: *mut *mut ts_error,
    add: impl FnOnce(&mut TermList) -> Result<u32>,
) -> ts_status {
    // SAFETY: required of the caller.
    unsafe {
        guard::status(err, || {
            let index = guard::out(index, TS_UNBOUND, "index")?;
            let mut terms = handle::exclusive(terms)?;
            *index = add(&mut terms.list)?;
            Ok(ts_status::Ok)
        })
    }
}

/// Makes an empty list. NULL only if memory is exhausted.
///
/// Owner: the caller, until ts_terms_free().
/// Threads: any.
/// Cost: one allocation.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_terms_new() -> *mut ts_terms {
    guard::value(std::ptr::null_mut(), || {
        handle::into_raw(Owned::<ts_terms>(State::default()))
    })
}

/// Adds an absolute IRI, without angle brackets.
///
/// Owner: borrows terms; the text is copied.
/// Threads: exclusive use of terms.
/// Cost: a copy.
/// Errors: TS_STATUS_INVALID_IRI, TS_STATUS_INVALID_UTF8.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_terms_iri(
    terms: *mut ts_terms,
    iri: *const c_char,
    iri_len: usize,
    index: *mut u32,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        add(terms, index, err, |list| {
            list.iri(utf8(iri, iri_len, "the IRI")?)
        })
    }
}

/// Adds a blank node by its label, without "_:". A label that this store printed means that node;
/// ts_txn_blank_node() makes a new one.
///
/// Owner: borrows terms; the text is copied.
/// Threads: exclusive use of terms.
/// Cost: a copy.
/// Errors: TS_STATUS_INVALID_INPUT for text that is no label, TS_STATUS_INVALID_UTF8.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_terms_blank(
    terms: *mut ts_terms,
    label: *const c_char,
    label_len: usize,
    index: *mut u32,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        add(terms, index, err, |list| {
            list.blank(utf8(label, label_len, "the label")?)
        })
    }
}

/// Adds a literal. An empty datatype is xsd:string, or that of language-tagged strings if there is
/// a language; direction is a ts_direction.
///
/// Owner: borrows terms; the texts are copied.
/// Threads: exclusive use of terms.
/// Cost: a copy.
/// Errors: TS_STATUS_INVALID_IRI for the datatype, TS_STATUS_INVALID_INPUT for a language tag that
/// is not one or does not go with the datatype, TS_STATUS_INVALID_UTF8.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_terms_literal(
    terms: *mut ts_terms,
    lexical: *const c_char,
    lexical_len: usize,
    datatype: *const c_char,
    datatype_len: usize,
    language: *const c_char,
    language_len: usize,
    direction: i32,
    index: *mut u32,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        add(terms, index, err, |list| {
            list.literal(
                utf8(lexical, lexical_len, "the lexical form")?,
                given(utf8(datatype, datatype_len, "the datatype")?),
                given(utf8(language, language_len, "the language")?),
                self::direction(direction)?,
            )
        })
    }
}

/// An empty text is none.
fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn direction(number: i32) -> Result<Option<Direction>> {
    const NONE: i32 = ts_direction::None as i32;
    const LTR: i32 = ts_direction::Ltr as i32;
    const RTL: i32 = ts_direction::Rtl as i32;
    match number {
        NONE => Ok(None),
        LTR => Ok(Some(Direction::LeftToRight)),
        RTL => Ok(Some(Direction::RightToLeft)),
        _ => Err(invalid_argument(format!("{number} is not a ts_direction"))),
    }
}

/// Adds a triple term of three terms of the list.
///
/// Owner: borrows terms.
/// Threads: exclusive use of terms.
/// Cost: a copy of the three.
/// Errors: TS_STATUS_INVALID_ARGUMENT for an index that is not in the list, TS_STATUS_INVALID_INPUT
/// for a term that cannot stand where it does, TS_STATUS_NESTING_TOO_DEEP.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_terms_triple(
    terms: *mut ts_terms,
    subject: u32,
    predicate: u32,
    object: u32,
    index: *mut u32,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        add(terms, index, err, |list| {
            list.triple(subject, predicate, object)
        })
    }
}

/// Adds a copy of a term of a batch, with the parts it has.
///
/// Owner: borrows terms and batch.
/// Threads: exclusive use of terms.
/// Cost: a copy.
/// Errors: TS_STATUS_INVALID_ARGUMENT for an index that is not in the batch.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_terms_copy(
    terms: *mut ts_terms,
    batch: *const ts_batch,
    batch_index: u32,
    index: *mut u32,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header; texts of the batch are alive as long
    // as it is.
    unsafe {
        add(terms, index, err, |list| {
            copy(list, handle::shared(batch)?, batch_index, MAX_NESTING)
        })
    }
}

/// Copies a term and its parts, which are nested at most `depth` deep.
///
/// # Safety
/// The batch is alive.
unsafe fn copy(
    list: &mut TermList,
    batch: &super::batch::State,
    index: u32,
    depth: usize,
) -> Result<u32> {
    let term = batch.term(index)?;
    // SAFETY: the texts are those of the batch.
    unsafe {
        match term.kind {
            kind if kind == ts_term_kind::Iri as i32 => list.iri(term.value.read("the IRI")?),
            kind if kind == ts_term_kind::Blank as i32 => list.blank(term.value.read("the label")?),
            kind if kind == ts_term_kind::Literal as i32 => list.literal(
                term.value.read("the lexical form")?,
                given(term.datatype.read("the datatype")?),
                given(term.language.read("the language")?),
                direction(term.direction)?,
            ),
            kind if kind == ts_term_kind::Triple as i32 => {
                let depth = depth.checked_sub(1).ok_or_else(|| {
                    Error::new(Code::NestingTooDeep, "the triple term is nested too deep")
                })?;
                let s = copy(list, batch, term.subject, depth)?;
                let p = copy(list, batch, term.predicate, depth)?;
                let o = copy(list, batch, term.object, depth)?;
                list.triple(s, p, o)
            }
            _ => Err(invalid_argument("there is no term to copy")),
        }
    }
}

/// How many terms the list has.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none; 0 if the argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_terms_count(terms: *const ts_terms) -> usize {
    guard::value(0, || {
        // SAFETY: the caller keeps the contract of the header.
        unsafe { handle::shared(terms) }.map_or(0, |terms| terms.list.len())
    })
}

/// Empties the list, to be filled again.
///
/// Owner: borrows terms; labels borrowed from it are gone.
/// Threads: exclusive use of terms.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_terms_clear(
    terms: *mut ts_terms,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let mut terms = handle::exclusive(terms)?;
            terms.list.clear();
            terms.labels.clear();
            Ok(ts_status::Ok)
        })
    }
}

/// Frees a list; NULL is ignored.
///
/// Owner: takes the list.
/// Threads: any, once.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_terms_free(terms: *mut ts_terms) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(terms) }
}
