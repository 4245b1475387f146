//! Structures that grow: the first field is the size the caller knows.
//!
//! The library writes `min(caller's size, own size)` bytes, so old programs work with new
//! libraries. A newer program finds the fields an old library does not know zero. For structures
//! read by the library, bytes behind the known size must be zero, else the caller asks for
//! something this library does not have.

use super::status::invalid_argument;
use crate::error::Result;

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
        .with_hint("initialise it with { sizeof x } before the call"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

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
