//! Handles: what a `ts_x *` points to, and the checks on the way in.
//!
//! Every handle starts with the same header, so a pointer to a freed or another kind of handle is
//! seen where the memory is still readable (a hint for the caller's bugs, not a promise). A handle
//! that a call uses exclusively is marked; a second call at the same time is an error instead of
//! a race. Handles over threads of the library (a store) do not survive `fork`.

use super::status::invalid_argument;
use crate::error::{Code, Error, Result};
use std::ops::{Deref, DerefMut};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// A type of the header whose objects are `Boxed<Self::State>`.
pub(super) trait Handle {
    type State;
    /// As in the header.
    const NAME: &'static str;
    /// Four letters that objects of this kind carry.
    const TAG: [u8; 4];
    /// Whether the object is plain memory, usable in a forked child.
    const SURVIVES_FORK: bool;
}

/// What every object starts with.
#[repr(C)]
struct Header {
    tag: AtomicU32,
    /// The fork count when it was made.
    forks: u32,
    /// Whether a call uses the object exclusively.
    in_use: AtomicBool,
}

/// The object behind a handle. `repr(C)`: the header is at the same place in every kind.
#[repr(C)]
struct Boxed<S> {
    header: Header,
    state: S,
}

const FREED: u32 = u32::from_le_bytes(*b"dead");

/// A state on its way to become a handle `H`.
pub(super) struct Owned<H: Handle>(pub(super) H::State);

/// Makes a handle; it is freed by [`free`].
pub(super) fn into_raw<H: Handle>(state: Owned<H>) -> *mut H {
    Box::into_raw(Box::new(Boxed {
        header: Header {
            tag: AtomicU32::new(u32::from_le_bytes(H::TAG)),
            forks: forks(),
            in_use: AtomicBool::new(false),
        },
        state: state.0,
    }))
    .cast()
}

/// The header of a handle of the right kind, made in this process if that matters.
/// Errors: `InvalidArgument`, `Forked`.
///
/// # Safety
/// `handle` is NULL, or points to readable memory of at least the size of a header for `'a`.
unsafe fn header<'a, H: Handle>(handle: *const H) -> Result<&'a Header> {
    if handle.is_null() {
        return Err(invalid_argument(format!("the {} is NULL", H::NAME)));
    }
    // SAFETY: readable as the function requires. The reference covers the header only, which is
    // never borrowed mutably.
    let header = unsafe { &*handle.cast::<Header>() };
    let tag = header.tag.load(Ordering::Relaxed);
    if tag != u32::from_le_bytes(H::TAG) {
        return Err(invalid_argument(match tag {
            FREED => format!("the {} was freed before", H::NAME),
            _ => format!("the pointer is not a {}", H::NAME),
        }));
    }
    if !H::SURVIVES_FORK && header.forks != forks() {
        return Err(Error::new(
            Code::Forked,
            format!(
                "this {} was made before fork(), in the parent process",
                H::NAME
            ),
        )
        .with_hint("open the store again in the child, or exec after fork"));
    }
    Ok(header)
}

fn in_use_elsewhere<H: Handle>() -> Error {
    invalid_argument(format!("the {} is being used by another call", H::NAME)).with_hint(
        "use it from one thread at a time, and not from within a callback of its own call",
    )
}

/// The address of the state; it keeps the provenance of the caller's pointer.
///
/// # Safety
/// [`header`] has accepted the handle.
unsafe fn state<H: Handle>(handle: *mut H) -> *mut H::State {
    let object: *mut Boxed<H::State> = handle.cast();
    // SAFETY: the tag says that `into_raw` made the object as this kind, so the field is in it.
    unsafe { &raw mut (*object).state }
}

/// For functions that take a `const` handle: many threads at once.
/// Errors: `InvalidArgument` (also if a call uses it exclusively), `Forked`.
///
/// # Safety
/// As for a handle in the header: NULL, or made by this library as this kind and not freed while
/// the result is used.
pub(super) unsafe fn shared<'a, H: Handle>(handle: *const H) -> Result<&'a H::State> {
    // SAFETY: required of the caller.
    let header = unsafe { header(handle) }?;
    if header.in_use.load(Ordering::Acquire) {
        return Err(in_use_elsewhere::<H>());
    }
    // SAFETY: accepted just now; nobody borrows the state mutably, or the mark would be set.
    Ok(unsafe { &*state(handle.cast_mut()) })
}

/// As [`shared`], for a signal handler: allocates nothing, and says nothing about what is wrong.
///
/// # Safety
/// As for [`shared`]; the state of this kind is never used exclusively.
pub(super) unsafe fn peek<'a, H: Handle>(handle: *const H) -> Option<&'a H::State> {
    if handle.is_null() {
        return None;
    }
    // SAFETY: not NULL, so readable as required; only the header is read.
    let tag = unsafe { &*handle.cast::<Header>() }
        .tag
        .load(Ordering::Relaxed);
    if tag != u32::from_le_bytes(H::TAG) {
        return None;
    }
    // SAFETY: the tag says that `into_raw` made the object as this kind.
    Some(unsafe { &*state(handle.cast_mut()) })
}

/// For functions that take a non-const handle: one call at a time.
/// Errors: `InvalidArgument` (also if another call is using it), `Forked`.
///
/// # Safety
/// As for [`shared`].
pub(super) unsafe fn exclusive<'a, H: Handle>(handle: *mut H) -> Result<Exclusive<'a, H>> {
    // SAFETY: required of the caller.
    let header = unsafe { header(handle.cast_const()) }?;
    if header.in_use.swap(true, Ordering::Acquire) {
        return Err(in_use_elsewhere::<H>());
    }
    Ok(Exclusive {
        in_use: &header.in_use,
        // SAFETY: accepted just now; the mark makes this the only access to the state.
        state: unsafe { &mut *state(handle) },
    })
}

/// A handle in exclusive use; dropping it releases the mark.
pub(super) struct Exclusive<'a, H: Handle> {
    in_use: &'a AtomicBool,
    state: &'a mut H::State,
}

impl<H: Handle> Deref for Exclusive<'_, H> {
    type Target = H::State;

    fn deref(&self) -> &H::State {
        self.state
    }
}

impl<H: Handle> DerefMut for Exclusive<'_, H> {
    fn deref_mut(&mut self) -> &mut H::State {
        self.state
    }
}

impl<H: Handle> Drop for Exclusive<'_, H> {
    fn drop(&mut self) {
        self.in_use.store(false, Ordering::Release);
    }
}

/// Frees a handle. NULL is ignored; a handle that is visibly freed, of another kind, in use by
/// another call or from before a fork is left alone, which leaks at worst.
/// Errors: `InvalidArgument`, `Forked`, for the log.
///
/// # Safety
/// As for [`shared`]; nobody uses the handle afterwards.
pub(super) unsafe fn free<H: Handle>(handle: *mut H) -> Result<()> {
    if handle.is_null() {
        return Ok(());
    }
    // SAFETY: required of the caller.
    let in_use = unsafe { exclusive(handle) }?;
    // The mark stays set: the object goes with it.
    std::mem::forget(in_use);
    // SAFETY: made by `into_raw`, checked just now, and in use by nobody.
    unsafe {
        let object = handle.cast::<Boxed<H::State>>();
        (*object).header.tag.store(FREED, Ordering::Relaxed);
        drop(Box::from_raw(object));
    }
    Ok(())
}

static FORKS: AtomicU32 = AtomicU32::new(0);

extern "C" fn count_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// How often this process was made by `fork` since the library was first used.
fn forks() -> u32 {
    static REGISTER: Once = Once::new();
    REGISTER.call_once(|| {
        // SAFETY: the function only adds to an atomic, which is allowed in a forked child. If the
        // registration fails (no memory) a fork goes unnoticed; nothing else depends on it.
        unsafe { libc::pthread_atfork(None, None, Some(count_fork)) };
    });
    FORKS.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    struct Plain;
    struct Other;
    struct OverThreads;

    impl Handle for Plain {
        type State = Arc<()>;
        const NAME: &'static str = "plain";
        const TAG: [u8; 4] = *b"plai";
        const SURVIVES_FORK: bool = true;
    }

    impl Handle for Other {
        type State = u8;
        const NAME: &'static str = "other";
        const TAG: [u8; 4] = *b"othe";
        const SURVIVES_FORK: bool = true;
    }

    impl Handle for OverThreads {
        type State = ();
        const NAME: &'static str = "over threads";
        const TAG: [u8; 4] = *b"over";
        const SURVIVES_FORK: bool = false;
    }

    fn code<T>(result: Result<T>) -> Code {
        result.err().map_or(Code::Internal, |error| error.code())
    }

    #[test]
    fn null_and_handles_of_another_kind_are_refused() {
        let other = into_raw::<Other>(Owned(1));
        // SAFETY: `other` is alive; a kind that does not fit is what is tested.
        unsafe {
            assert_eq!(
                code(shared::<Plain>(std::ptr::null())),
                Code::InvalidArgument
            );
            assert_eq!(code(shared::<Plain>(other.cast())), Code::InvalidArgument);
            assert_eq!(code(free::<Plain>(other.cast())), Code::InvalidArgument);
            free(std::ptr::null_mut::<Plain>()).unwrap();
            free(other).unwrap();
        }
    }

    #[test]
    fn a_second_use_at_the_same_time_is_refused_and_free_waits_its_turn() {
        let state = Arc::new(());
        let plain = into_raw::<Plain>(Owned(state.clone()));
        // SAFETY: `plain` is alive until the last line.
        unsafe {
            let used = exclusive(plain).unwrap();
            assert_eq!(code(exclusive(plain)), Code::InvalidArgument);
            assert_eq!(code(free(plain)), Code::InvalidArgument);
            drop(used);
            assert_eq!(Arc::strong_count(&state), 2);
            free(plain).unwrap();
        }
        assert_eq!(Arc::strong_count(&state), 1);
    }

    #[test]
    fn a_child_process_is_told_that_the_handle_is_its_parents() {
        let over = into_raw::<OverThreads>(Owned(()));
        let plain = into_raw::<Plain>(Owned(Arc::new(())));
        // SAFETY: the child only loads atomics and exits without running anything else.
        unsafe {
            let child = libc::fork();
            if child == 0 {
                let forked = code(shared(over.cast_const())) == Code::Forked;
                let usable = shared(plain.cast_const()).is_ok();
                libc::_exit(i32::from(!(forked && usable)));
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0);
            shared(over.cast_const()).unwrap();
            free(over).unwrap();
            free(plain).unwrap();
        }
    }
}
