//! Text and bytes across the boundary: pointer and length in, borrowed `ts_text` out.

use super::status::invalid_argument;
use crate::error::{Code, Error, Result};
use safer_ffi::derive_ReprC;
use std::ffi::{OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

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

/// The path of an argument, in the bytes of the system. Errors: `InvalidArgument`, `InvalidPath`.
///
/// # Safety
/// As for [`bytes`].
pub(super) unsafe fn path<'a>(data: *const c_char, len: usize) -> Result<&'a Path> {
    // SAFETY: required of the caller.
    path_of(unsafe { bytes(data, len, "the path") }?)
}

/// The paths of a list. Errors: as [`path`].
///
/// # Safety
/// As for [`bytes`].
pub(super) unsafe fn paths<'a>(data: *const c_char, len: usize) -> Result<Vec<&'a Path>> {
    // SAFETY: required of the caller.
    let list = unsafe { bytes(data, len, "the list of paths") }?;
    items(list).map(path_of).collect()
}

fn path_of(path: &[u8]) -> Result<&Path> {
    if path.is_empty() {
        return Err(Error::new(Code::InvalidPath, "the path is empty"));
    }
    if path.contains(&0) {
        return Err(Error::new(
            Code::InvalidPath,
            "the path contains a zero byte",
        ));
    }
    Ok(Path::new(OsStr::from_bytes(path)))
}

/// The items of a list: texts with a zero byte between them, and perhaps after the last. No bytes
/// are no items.
pub(super) fn items(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ended = list.strip_suffix(&[0]).unwrap_or(list);
    let count = match list.is_empty() {
        true => 0,
        false => usize::MAX,
    };
    ended.split(|&byte| byte == 0).take(count)
}

/// Term indexes, four for each quad. Errors: `InvalidArgument`.
///
/// # Safety
/// `quads` is NULL or readable for `4 * count` indexes while the result is used.
pub(super) unsafe fn quads<'a>(quads: *const u32, count: usize) -> Result<&'a [[u32; 4]]> {
    if count == 0 {
        return Ok(&[]);
    }
    let sized = count
        .checked_mul(size_of::<[u32; 4]>())
        .is_some_and(|bytes| isize::try_from(bytes).is_ok());
    if quads.is_null() || !quads.is_aligned() || !sized {
        return Err(invalid_argument(format!(
            "quads is NULL or not aligned, or {count} is not their number"
        )));
    }
    // SAFETY: not NULL, aligned, and readable as the function requires.
    Ok(unsafe { std::slice::from_raw_parts(quads.cast(), count) })
}

impl ts_text {
    /// The text of a field that a program filled. Errors: as [`utf8`].
    ///
    /// # Safety
    /// As for [`bytes`].
    pub(super) unsafe fn read<'a>(self, name: &str) -> Result<&'a str> {
        // SAFETY: required of the caller.
        unsafe { utf8(self.data, self.len, name) }
    }
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
    fn a_list_has_zero_bytes_between_its_items() {
        let split = |list: &[u8]| -> Vec<String> {
            items(list)
                .map(|item| String::from_utf8(item.to_vec()).unwrap())
                .collect()
        };
        assert_eq!(split(b""), Vec::<String>::new());
        assert_eq!(split(b"a"), ["a"]);
        assert_eq!(split(b"a\0"), ["a"]);
        assert_eq!(split(b"a\0b\0"), ["a", "b"]);
        assert_eq!(split(b"\0b"), ["", "b"]);
        assert_eq!(split(b"a\0\0"), ["a", ""]);
    }

    #[test]
    fn owned_text_ends_with_a_zero_that_is_not_counted() {
        let owned = ZeroEnded::new("a\0b");
        assert_eq!(owned.as_text().len, 3);
        assert_eq!(owned.0.last(), Some(&0));
    }
}
