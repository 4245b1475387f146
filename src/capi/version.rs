//! Section "Version".

use super::guard;
use super::text::ts_text;

/// Counts incompatible changes of this header: the number behind the soname of the shared
/// library. A binding compares it with ts_abi_version() when it loads the library.
pub const TS_ABI_VERSION: u32 = 0;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// The version of the library that is running, such as "0.1.0".
///
/// Owner: static, never freed.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_version() -> ts_text {
    guard::value(ts_text::EMPTY, || ts_text {
        data: VERSION.as_ptr().cast(),
        len: VERSION.len() - 1,
    })
}

/// The version of the library that is running as a number: major * 1000000 + minor * 1000 +
/// patch. TS_VERSION_NUMBER is that of the header.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_version_number() -> u32 {
    guard::value(0, || {
        let part = |text: &str| text.parse::<u32>().unwrap_or(0);
        part(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
            + part(env!("CARGO_PKG_VERSION_MINOR")) * 1_000
            + part(env!("CARGO_PKG_VERSION_PATCH"))
    })
}

/// The ABI of the library that is running. It fits the header if it equals TS_ABI_VERSION.
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_abi_version() -> u32 {
    TS_ABI_VERSION
}
