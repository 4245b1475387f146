//! The caller's `user_data`: passed to its callbacks and dropped by its own function, once, after
//! the last call.

use std::ffi::c_void;

/// Called once when the library no longer needs `user_data`. May be NULL. It runs on the thread
/// that let go last.
pub type ts_drop_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// `user_data` with the function that drops it.
pub(super) struct UserData {
    pointer: *mut c_void,
    drop: ts_drop_fn,
}

// SAFETY: the header requires `user_data` of a callback to be usable from any thread, and its
// drop function as well.
unsafe impl Send for UserData {}
// SAFETY: as above; the pointer itself is only read.
unsafe impl Sync for UserData {}

impl UserData {
    pub(super) fn new(pointer: *mut c_void, drop: ts_drop_fn) -> Self {
        Self { pointer, drop }
    }

    pub(super) fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(drop) = self.drop {
            // SAFETY: the header promises one call with this pointer, and this is it.
            unsafe { drop(self.pointer) };
        }
    }
}
