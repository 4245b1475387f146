//! Text and bytes across the boundary: pointer and length in, borrowed `ts_text` out.

use super::status::invalid_argument;
use crate::error::{Code, Error, Result};
use safer_ffi::derive_ReprC;
use std::ffi::c_char;

/// Borrowed UTF-8 text. `data` is never NULL and is followed by a zero byte that `len` does not
/// count, so it can be printed with "%s"; terms may contain zero bytes, so `len` is what counts.
/// It lives as long as the documentation of the function it came from says.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_text {
    pub data: *const c_char,
    pub len: usize,
}

/// Owned text with the zero byte that [`ts_text`] promises.
#[derive(Clone, Debug)]
pub(super) struct ZeroEnded(Box<[u8]>);

impl ZeroEnded {
    pub(super) fn new(text: &str) -> Self {
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
        Self(bytes.into_boxed_slice())
    }

    /// Borrowed from `self`; the caller ties it to a named owner.
    pub(super) fn as_text(&self) -> ts_text {
        ts_text {
            data: self.0.as_ptr().cast(),
            len: self.0.len() - 1,
        }
    }
}

impl ts_text {
    pub(super) const EMPTY: ts_text = ts_text {
        data: c"".as_ptr(),
        len: 0,
    };
}

/// The bytes of an argument. A length of 0 is empty whatever the pointer is.
/// Errors: `InvalidArgument` for NULL with a length, or a length no object can have.
///
/// # Safety
/// `data` is NULL or readable for `len` bytes while the result is used.
pub(super) unsafe fn bytes<'a>(data: *const c_char, len: usize, name: &str) -> Result<&'a [u8]> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(invalid_argument(format!(
            "{name} is NULL, its length is {len}"
        )));
    }
    if isize::try_from(len).is_err() {
        return Err(invalid_argument(format!(
            "the length of {name} is {len}: no object is that large (was a negative number given?)"
        )));
    }
    // SAFETY: not NULL, and readable for `len` bytes as the function requires.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), len) })
}

/// The UTF-8 text of an argument. Errors: `InvalidArgument`, `InvalidUtf8` with the byte offset.
///
/// # Safety
/// As for [`bytes`].
pub(super) unsafe fn utf8<'a>(data: *const c_char, len: usize, name: &str) -> Result<&'a str> {
    // SAFETY: required of the caller.
    let bytes = unsafe { bytes(data, len, name) }?;
    std::str::from_utf8(bytes).map_err(|error| {
        Error::new(
            Code::InvalidUtf8,
            format!("{name} is not UTF-8 at byte {}", error.valid_up_to()),
        )
        .with_hint("text is passed as UTF-8 with its length in bytes, without the ending zero")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_text_may_be_null() {
        // SAFETY: nothing is read for length 0; NULL is allowed.
        unsafe {
            assert_eq!(utf8(std::ptr::null(), 0, "x").unwrap(), "");
            assert_eq!(
                utf8(std::ptr::null(), 1, "x").unwrap_err().code(),
                Code::InvalidArgument
            );
        }
    }

    #[test]
    fn a_negative_length_is_seen() {
        // SAFETY: the length is refused before anything is read.
        let error = unsafe { bytes(c"x".as_ptr(), usize::MAX, "x") }.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
    }

    #[test]
    fn bad_utf8_is_located() {
        // SAFETY: the literal has three bytes.
        let error = unsafe { utf8(c"ab\xff".as_ptr(), 3, "query") }.unwrap_err();
        assert_eq!(error.code(), Code::InvalidUtf8);
        assert!(error.detail().contains("query") && error.detail().contains("byte 2"));
    }

    #[test]
    fn owned_text_ends_with_a_zero_that_is_not_counted() {
        let owned = ZeroEnded::new("a\0b");
        assert_eq!(owned.as_text().len, 3);
        assert_eq!(owned.0.last(), Some(&0));
    }
}
