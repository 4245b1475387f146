//! Structures that grow: the first field is the size the caller knows.
//!
//! The library writes `min(caller's size, own size)` bytes, so old programs work with new
//! libraries. A newer program finds the fields an old library does not know zero. For structures
//! read by the library, bytes behind the known size must be zero, else the caller asks for
//! something this library does not have.

use super::status::invalid_argument;
use crate::error::{Code, Error, Result};
use std::mem::MaybeUninit;

/// A `repr(C)` structure whose first field is `struct_size: u32`, valid for any bytes or, where it
/// holds references or enumerations, only written.
pub(super) trait Sized32: Copy {
    /// As in the header.
    const NAME: &'static str;
    /// Its size when it was first published: callers cannot know less.
    const FIRST_SIZE: usize;
}

/// Sizes above are not structures but garbage in an uninitialised field.
const MAX_SIZE: usize = 4096;

/// A structure that programs fill and the library reads.
///
/// # Safety
/// Any bytes are a valid value: integers, pointers, nullable functions of the caller and structures
/// of such.
pub(super) unsafe trait Input: Sized32 {}

fn size_of_caller<T: Sized32>(out: *const T) -> Result<usize> {
    if out.is_null() {
        return Err(invalid_argument(format!("the {} is NULL", T::NAME)));
    }
    // SAFETY: not NULL; the header requires `struct_size` to be readable before the call.
    let size = unsafe { out.cast::<u32>().read_unaligned() } as usize;
    if !(T::FIRST_SIZE..=MAX_SIZE).contains(&size) {
        return Err(invalid_argument(format!(
            "struct_size of the {} is {size}, it must be sizeof({})",
            T::NAME,
            T::NAME
        ))
        .with_hint("initialise it with {.struct_size = sizeof x} before the call"));
    }
    Ok(size)
}

/// Fills the caller's structure with `value`, as far as the caller knows it; `struct_size` stays.
/// Errors: `InvalidArgument`.
///
/// # Safety
/// `out` is NULL, or its `struct_size` is readable and that many bytes are writable.
pub(super) unsafe fn fill<T: Sized32>(out: *mut T, value: T) -> Result<()> {
    let size = size_of_caller(out.cast_const())?;
    let known = size.min(size_of::<T>());
    let from = (&raw const value).cast::<u8>();
    let to = out.cast::<u8>();
    let field = size_of::<u32>();
    // SAFETY: `known` bytes are readable in `value` and writable in `out`, and the rest up to
    // `size` is writable; the two do not overlap, `value` is our own copy.
    unsafe {
        to.add(field)
            .copy_from_nonoverlapping(from.add(field), known - field);
        to.add(known).write_bytes(0, size - known);
    }
    Ok(())
}

/// Whether [`fill`] will take `out`, for calls that must not fail after their work; NULL is fine
/// where the caller does not want the answer. Errors: `InvalidArgument`.
///
/// # Safety
/// As for [`fill`].
pub(super) unsafe fn check_wanted<T: Sized32>(out: *const T) -> Result<()> {
    match out.is_null() {
        true => Ok(()),
        false => size_of_caller(out).map(|_| ()),
    }
}

/// As [`fill`], unless `out` is NULL.
///
/// # Safety
/// As for [`fill`].
pub(super) unsafe fn fill_wanted<T: Sized32>(out: *mut T, value: T) -> Result<()> {
    match out.is_null() {
        true => Ok(()),
        // SAFETY: required of the caller.
        false => unsafe { fill(out, value) },
    }
}

/// Reads the caller's structure: what it does not know is zero, and so is all of it for NULL.
/// Errors: `InvalidArgument`; `NotImplemented` if it sets something this library does not know.
///
/// # Safety
/// `input` is NULL, or its `struct_size` is readable and so are that many bytes.
pub(super) unsafe fn read<T: Input>(input: *const T) -> Result<T> {
    let mut value = MaybeUninit::<T>::zeroed();
    if !input.is_null() {
        let size = size_of_caller(input)?;
        let known = size.min(size_of::<T>());
        let from = input.cast::<u8>();
        // SAFETY: `size` bytes are readable, `known` of them writable in our own copy.
        let unknown = unsafe {
            from.copy_to_nonoverlapping(value.as_mut_ptr().cast(), known);
            std::slice::from_raw_parts(from.add(known), size - known)
        };
        if unknown.iter().any(|&byte| byte != 0) {
            return Err(Error::new(
                Code::NotImplemented,
                format!(
                    "the {} sets a field that this library does not have",
                    T::NAME
                ),
            )
            .with_hint("the program was compiled with the header of a newer library"));
        }
    }
    // SAFETY: any bytes are a value of `T`, and all are initialised.
    Ok(unsafe { value.assume_init() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    #[repr(C)]
    struct Report {
        struct_size: u32,
        a: u32,
        b: u64,
    }

    impl Sized32 for Report {
        const NAME: &'static str = "report";
        const FIRST_SIZE: usize = 8;
    }

    const VALUE: Report = Report {
        struct_size: 0,
        a: 1,
        b: 2,
    };

    #[test]
    fn an_older_caller_gets_what_it_knows() {
        let mut report = Report {
            struct_size: 8,
            a: 9,
            b: 9,
        };
        // SAFETY: 8 bytes are writable.
        unsafe { fill(&mut report, VALUE) }.unwrap();
        assert_eq!((report.struct_size, report.a, report.b), (8, 1, 9));
    }

    #[test]
    fn a_newer_caller_finds_zeros_behind() {
        let mut newer = [u64::MAX; 4];
        newer[0] = 32;
        // SAFETY: 32 bytes are writable.
        unsafe { fill(newer.as_mut_ptr().cast(), VALUE) }.unwrap();
        assert_eq!(newer, [32 | 1 << 32, 2, 0, 0]);
    }

    // SAFETY: a structure of integers.
    unsafe impl Input for Report {}

    #[test]
    fn an_older_program_leaves_the_rest_zero_and_null_all_of_it() {
        let report = Report {
            struct_size: 8,
            a: 1,
            b: 9,
        };
        // SAFETY: 8 bytes are readable; NULL is allowed.
        let (older, none) = unsafe { (read(&report).unwrap(), read::<Report>(std::ptr::null())) };
        assert_eq!((older.a, older.b), (1, 0));
        assert_eq!(none.unwrap(), Report::default());
    }

    #[test]
    fn a_newer_program_is_refused_only_if_it_sets_what_is_not_known() {
        let mut newer = [0_u64; 3];
        newer[0] = 24;
        newer[1] = 7;
        // SAFETY: 24 bytes are readable.
        let read = |newer: &[u64; 3]| unsafe { read(newer.as_ptr().cast::<Report>()) };
        assert_eq!(read(&newer).unwrap().b, 7);
        newer[2] = 1;
        assert_eq!(read(&newer).unwrap_err().code(), Code::NotImplemented);
    }

    #[test]
    fn an_uninitialised_size_is_refused() {
        for struct_size in [0, 7, 0xdead_beef] {
            let mut report = Report {
                struct_size,
                ..Report::default()
            };
            // SAFETY: the size is refused before anything is written.
            let error = unsafe { fill(&mut report, VALUE) }.unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
        }
    }
}
