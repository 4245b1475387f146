//! Section "Errors": the object behind a failed call.

use super::guard;
use super::handle::{self, Handle, Owned};
use super::sized::{Sized32, fill};
use super::status::{describe, ts_category, ts_status};
use super::text::{ZeroEnded, ts_text};
use crate::error::{Error, Position};
use safer_ffi::derive_ReprC;

/// Why a call failed. Made by the library, owned by the caller, independent of every other handle.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_error {
    _opaque: [u8; 0],
}

/// The texts are made when the error is handed out, so that reading them takes no memory.
pub(super) struct State {
    status: ts_status,
    retriable: bool,
    category: ts_category,
    detail: ZeroEnded,
    hint: ZeroEnded,
    text: ZeroEnded,
    position: Option<(Position, ZeroEnded)>,
}

impl Handle for ts_error {
    type State = State;
    const NAME: &'static str = "ts_error";
    const TAG: [u8; 4] = *b"erro";
    const SURVIVES_FORK: bool = true;
}

impl From<Error> for Owned<ts_error> {
    fn from(error: Error) -> Self {
        let position = error.position().map(|position| {
            let file = ZeroEnded::new(position.file.as_deref().unwrap_or(""));
            (position.clone(), file)
        });
        Owned(State {
            status: error.code().into(),
            retriable: error.retriable(),
            category: error.category().into(),
            detail: ZeroEnded::new(error.detail()),
            hint: ZeroEnded::new(error.hint().unwrap_or("")),
            text: ZeroEnded::new(&error.to_string()),
            position,
        })
    }
}

/// Where in a text an error was found. Set struct_size to sizeof(ts_position) before the call.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_position {
    pub struct_size: u32,
    /// Always 0.
    pub reserved: u32,
    /// Bytes from the start, counted from 0.
    pub offset: u64,
    /// Counted from 1.
    pub line: u64,
    /// Counted from 1, in Unicode code points.
    pub column: u64,
    /// The file or document, empty where there is none. Lives as long as the error.
    pub file: ts_text,
}

impl Sized32 for ts_position {
    const NAME: &'static str = "ts_position";
    const FIRST_SIZE: usize = size_of::<ts_position>();
}

/// What reading an error answers; `otherwise` for NULL.
///
/// # Safety
/// As for a handle in the header.
unsafe fn read<T: Copy>(
    error: *const ts_error,
    otherwise: T,
    field: impl FnOnce(&State) -> T,
) -> T {
    guard::value(otherwise, || {
        // SAFETY: required of the caller.
        unsafe { handle::shared(error) }.map_or(otherwise, field)
    })
}

/// The status of the call that failed; TS_STATUS_OK for NULL.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_error_status(error: *const ts_error) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(error, ts_status::Ok, |error| error.status) }
}

/// The category of the status; TS_CATEGORY_NONE for NULL.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_error_category(error: *const ts_error) -> ts_category {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(error, ts_category::None, |error| error.category) }
}

/// The name of the status, such as "query_parse_error"; empty for NULL.
///
/// Owner: static, never freed.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_error_name(error: *const ts_error) -> ts_text {
    let name = |error: &State| {
        describe(error.status as i32).map_or(ts_text::EMPTY, |status| status.name.as_text())
    };
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(error, ts_text::EMPTY, name) }
}

/// A sentence without data, paths or query text, fit to be shown to anyone; empty for NULL.
///
/// Owner: static, never freed.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_error_message(error: *const ts_error) -> ts_text {
    let message = |error: &State| {
        describe(error.status as i32).map_or(ts_text::EMPTY, |status| status.message.as_text())
    };
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(error, ts_text::EMPTY, message) }
}

/// What happened, for the operator: may name files and quote data. Empty for NULL.
///
/// Owner: borrowed from the error.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_error_detail(error: *const ts_error) -> ts_text {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(error, ts_text::EMPTY, |error| error.detail.as_text()) }
}

/// What can be done about it; empty where nothing is known, and for NULL.
///
/// Owner: borrowed from the error.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_error_hint(error: *const ts_error) -> ts_text {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(error, ts_text::EMPTY, |error| error.hint.as_text()) }
}

/// Number, position, detail and hint in one line, for a log or a terminal; empty for NULL.
///
/// Owner: borrowed from the error.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_error_text(error: *const ts_error) -> ts_text {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(error, ts_text::EMPTY, |error| error.text.as_text()) }
}

/// Whether the same call may succeed later without any change.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_error_retriable(error: *const ts_error) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { read(error, false, |error| error.retriable) }
}

/// Where in the query or document the error was found. Answers false, and leaves `position`
/// alone, if the error has no position or an argument is not valid.
///
/// Owner: `position` is the caller's; its file is borrowed from the error.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_error_position(
    error: *const ts_error,
    position: *mut ts_position,
) -> bool {
    guard::value(false, || {
        // SAFETY: the caller keeps the contract of the header.
        let Ok(State {
            position: Some((found, file)),
            ..
        }) = (unsafe { handle::shared(error) })
        else {
            return false;
        };
        let value = ts_position {
            struct_size: 0,
            reserved: 0,
            offset: found.offset,
            line: found.line,
            column: found.column,
            file: file.as_text(),
        };
        // SAFETY: the caller keeps the contract of the header.
        unsafe { fill(position, value) }.is_ok()
    })
}

/// Frees an error; NULL is ignored. Texts borrowed from it are gone afterwards.
///
/// Owner: takes the error.
/// Threads: any, once.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_error_free(error: *mut ts_error) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(error) }
}

#[cfg(test)]
mod tests {
    use super::super::text::utf8;
    use super::*;
    use crate::error::Code;

    #[test]
    fn every_part_of_an_error_is_readable() {
        let error = Error::new(Code::QueryParse, "no brace")
            .with_hint("add one")
            .at(Position {
                offset: 7,
                line: 2,
                column: 3,
                file: Some("q.rq".to_owned()),
            });
        // SAFETY: the handle is alive until it is freed; texts are read before.
        unsafe {
            let error = handle::into_raw(Owned::<ts_error>::from(error));
            let text = |text: ts_text| utf8(text.data, text.len, "text").unwrap().to_owned();
            assert_eq!(ts_error_status(error), ts_status::QueryParse);
            assert_eq!(ts_error_category(error), ts_category::Query);
            assert_eq!(text(ts_error_name(error)), "query_parse_error");
            assert_eq!(
                text(ts_error_message(error)),
                "The query is not valid SPARQL."
            );
            assert_eq!(text(ts_error_detail(error)), "no brace");
            assert_eq!(text(ts_error_hint(error)), "add one");
            assert_eq!(
                text(ts_error_text(error)),
                "[1001] q.rq:2:3: no brace (add one)"
            );
            assert!(!ts_error_retriable(error));
            let mut position = ts_position {
                struct_size: size_of::<ts_position>() as u32,
                reserved: 1,
                offset: 0,
                line: 0,
                column: 0,
                file: ts_text::EMPTY,
            };
            assert!(ts_error_position(error, &mut position));
            assert_eq!((position.offset, position.line, position.column), (7, 2, 3));
            assert_eq!(text(position.file), "q.rq");
            ts_error_free(error);
        }
    }

    #[test]
    fn a_null_error_reads_as_no_error() {
        // SAFETY: NULL is allowed.
        unsafe {
            assert_eq!(ts_error_status(std::ptr::null()), ts_status::Ok);
            assert_eq!(ts_error_text(std::ptr::null()).len, 0);
            assert!(!ts_error_position(std::ptr::null(), std::ptr::null_mut()));
            ts_error_free(std::ptr::null_mut());
        }
    }
}
