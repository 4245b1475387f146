//! Section "Readers": who keeps which commit readable.

use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::sized::{Sized32, fill};
use super::status::{invalid_argument, ts_status};
use super::store::ts_store;
use crate::database::{PinInfo, PinKind};
use safer_ffi::derive_ReprC;

/// The readers of a store at one moment.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_pin_list {
    _opaque: [u8; 0],
}

impl Handle for ts_pin_list {
    type State = Vec<PinInfo>;
    const NAME: &'static str = "ts_pin_list";
    const TAG: [u8; 4] = *b"pins";
    const SURVIVES_FORK: bool = true;
}

/// What keeps a commit readable.
#[derive_ReprC]
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ts_pin_kind {
    /// A read transaction.
    Snapshot = 0,
    /// Rows of a query or match.
    Cursor = 1,
    /// A write transaction.
    Transaction = 2,
    /// A bulk load, which no limit ends.
    Load = 3,
    /// ts_check().
    Check = 4,
}

impl From<PinKind> for ts_pin_kind {
    fn from(kind: PinKind) -> Self {
        match kind {
            PinKind::Snapshot => Self::Snapshot,
            PinKind::Cursor => Self::Cursor,
            PinKind::Transaction => Self::Transaction,
            PinKind::Load => Self::Load,
            PinKind::Check => Self::Check,
        }
    }
}

/// A reader. Set struct_size to sizeof(ts_pin) before the call.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_pin {
    pub struct_size: u32,
    /// A ts_pin_kind.
    pub kind: i32,
    /// The last commit it sees.
    pub seq: u64,
    pub age_ms: u64,
    /// 1 if a limit has ended it and it was not freed yet.
    pub ended: i32,
    /// Always 0.
    pub reserved: u32,
}

impl Sized32 for ts_pin {
    const NAME: &'static str = "ts_pin";
    const FIRST_SIZE: usize = size_of::<ts_pin>();
}

impl From<PinInfo> for ts_pin {
    fn from(pin: PinInfo) -> Self {
        Self {
            struct_size: 0,
            kind: ts_pin_kind::from(pin.kind) as i32,
            seq: pin.seq,
            age_ms: u64::try_from(pin.age.as_millis()).unwrap_or(u64::MAX),
            ended: i32::from(pin.is_ended),
            reserved: 0,
        }
    }
}

/// Lists who reads the store now, oldest first: what keeps replaced data on disk.
///
/// Owner: borrows store. The list is the caller's, until ts_pin_list_free().
/// Threads: any.
/// Cost: a microsecond and some memory for each reader.
/// Errors: TS_STATUS_FORKED.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_pins(
    store: *const ts_store,
    pins: *mut *mut ts_pin_list,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let out = guard::out(pins, std::ptr::null_mut(), "pins")?;
            let listed = handle::shared(store)?.pins();
            *out = handle::into_raw(Owned::<ts_pin_list>(listed));
            Ok(ts_status::Ok)
        })
    }
}

/// How many readers a list has.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none; 0 if the argument is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_pin_list_count(pins: *const ts_pin_list) -> usize {
    guard::value(0, || {
        // SAFETY: the caller keeps the contract of the header.
        unsafe { handle::shared(pins) }.map_or(0, Vec::len)
    })
}

/// Describes a reader of a list, from 0.
///
/// Owner: borrows pins; `pin` is the caller's.
/// Threads: any.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT behind the last.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_pin_list_at(
    pins: *const ts_pin_list,
    index: usize,
    pin: *mut ts_pin,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let listed = handle::shared(pins)?;
            let found = listed.get(index).ok_or_else(|| {
                invalid_argument(format!("there is no reader {index} of {}", listed.len()))
            })?;
            fill(pin, (*found).into())?;
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
pub unsafe extern "C" fn ts_pin_list_free(pins: *mut ts_pin_list) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(pins) }
}
