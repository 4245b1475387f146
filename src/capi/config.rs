//! Section "Configuration": the settings a store is opened with, and the table of them.

use super::error::ts_error;
use super::guard;
use super::handle::{self, Handle, Owned};
use super::sized::{Sized32, fill};
use super::status::{invalid_argument, ts_status};
use super::text::{ZeroEnded, ts_text, utf8};
use crate::config::preset::PRESETS;
use crate::config::{Config, KNOBS};
use crate::error::Result;
use safer_ffi::derive_ReprC;
use std::ffi::c_char;
use std::sync::LazyLock;

/// The settings to open a store with. Made with the defaults, changed by name, copied when a store
/// is opened with it.
#[derive_ReprC]
#[repr(opaque)]
pub struct ts_config {
    _opaque: [u8; 0],
}

pub(super) struct State {
    config: Config,
    /// What ts_config_get() answered last.
    answer: ZeroEnded,
}

impl Handle for ts_config {
    type State = State;
    const NAME: &'static str = "ts_config";
    const TAG: [u8; 4] = *b"conf";
    const SURVIVES_FORK: bool = true;
}

/// The settings to open a store with; the defaults for NULL. Errors: those of a handle.
///
/// # Safety
/// As for a handle in the header.
pub(super) unsafe fn settings(config: *const ts_config) -> Result<Config> {
    match config.is_null() {
        true => Ok(Config::default()),
        // SAFETY: required of the caller.
        false => Ok(unsafe { handle::shared(config) }?.config.clone()),
    }
}

/// What there is to know about one setting. Set struct_size to sizeof(ts_knob) before the call;
/// the texts are static.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_knob {
    pub struct_size: u32,
    /// Always 0.
    pub reserved: u32,
    pub name: ts_text,
    /// flag, bytes, milliseconds, count, path or choice.
    pub kind: ts_text,
    /// The default as text; in words where it depends on the machine.
    pub default_value: ts_text,
    /// The values it takes, in words.
    pub accepts: ts_text,
    /// What it does, and why the default is what it is.
    pub description: ts_text,
}

impl Sized32 for ts_knob {
    const NAME: &'static str = "ts_knob";
    const FIRST_SIZE: usize = size_of::<ts_knob>();
}

/// What there is to know about one preset. Set struct_size to sizeof(ts_preset) before the call;
/// the texts are static.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ts_preset {
    pub struct_size: u32,
    /// Always 0.
    pub reserved: u32,
    pub name: ts_text,
    /// What it is for.
    pub description: ts_text,
    /// What it changes, as "name = value" separated by ", ".
    pub settings: ts_text,
}

impl Sized32 for ts_preset {
    const NAME: &'static str = "ts_preset";
    const FIRST_SIZE: usize = size_of::<ts_preset>();
}

struct KnobTexts {
    name: ZeroEnded,
    kind: ZeroEnded,
    default_value: ZeroEnded,
    accepts: ZeroEnded,
    description: ZeroEnded,
}

static KNOB_TEXTS: LazyLock<Vec<KnobTexts>> = LazyLock::new(|| {
    KNOBS
        .iter()
        .map(|knob| KnobTexts {
            name: ZeroEnded::new(knob.name),
            kind: ZeroEnded::new(knob.kind),
            default_value: ZeroEnded::new(&knob.default_text()),
            accepts: ZeroEnded::new(&knob.accepts()),
            description: ZeroEnded::new(&knob.description()),
        })
        .collect()
});

struct PresetTexts {
    name: ZeroEnded,
    description: ZeroEnded,
    settings: ZeroEnded,
}

static PRESET_TEXTS: LazyLock<Vec<PresetTexts>> = LazyLock::new(|| {
    PRESETS
        .iter()
        .map(|preset| PresetTexts {
            name: ZeroEnded::new(preset.name),
            description: ZeroEnded::new(preset.doc),
            settings: ZeroEnded::new(&preset.settings_text()),
        })
        .collect()
});

/// Makes a configuration with the defaults. NULL only if memory is exhausted.
///
/// Owner: the caller, until ts_config_free().
/// Threads: any.
/// Cost: reads a few small files of the kernel for defaults that depend on the machine.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_config_new() -> *mut ts_config {
    guard::value(std::ptr::null_mut(), || {
        handle::into_raw(Owned::<ts_config>(State {
            config: Config::default(),
            answer: ZeroEnded::new(""),
        }))
    })
}

/// Replaces all settings by those of a preset: "default", "tiny", "server", "bulk".
///
/// Owner: borrows config; the name is read during the call only.
/// Threads: exclusive use of config.
/// Cost: as ts_config_new().
/// Errors: TS_STATUS_INVALID_CONFIG (the hint lists the presets), TS_STATUS_INVALID_UTF8,
/// TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_config_preset(
    config: *mut ts_config,
    name: *const c_char,
    name_len: usize,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let mut config = handle::exclusive(config)?;
            config.config = Config::preset(utf8(name, name_len, "the name")?)?;
            Ok(ts_status::Ok)
        })
    }
}

/// Sets one setting from text, such as "memory_budget_bytes" to "2 GiB".
///
/// Owner: borrows config; name and value are read during the call only.
/// Threads: exclusive use of config.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_CONFIG for an unknown name or a value out of range, then nothing has
/// changed and the hint lists what is valid; TS_STATUS_INVALID_UTF8, TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_config_set(
    config: *mut ts_config,
    name: *const c_char,
    name_len: usize,
    value: *const c_char,
    value_len: usize,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let mut config = handle::exclusive(config)?;
            let name = utf8(name, name_len, "the name")?;
            config
                .config
                .set(name, utf8(value, value_len, "the value")?)?;
            Ok(ts_status::Ok)
        })
    }
}

/// Reads one setting as text that ts_config_set() takes back.
///
/// Owner: the value is borrowed from config until its next call.
/// Threads: exclusive use of config.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_CONFIG for an unknown name, TS_STATUS_INVALID_UTF8,
/// TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_config_get(
    config: *mut ts_config,
    name: *const c_char,
    name_len: usize,
    value: *mut ts_text,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let value = guard::out(value, ts_text::EMPTY, "value")?;
            let mut config = handle::exclusive(config)?;
            config.answer = ZeroEnded::new(&config.config.get(utf8(name, name_len, "the name")?)?);
            *value = config.answer.as_text();
            Ok(ts_status::Ok)
        })
    }
}

/// Checks all settings together, as opening a store with them does.
///
/// Owner: borrows config.
/// Threads: any; config is only read.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_CONFIG, TS_STATUS_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_config_check(
    config: *const ts_config,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            handle::shared(config)?.config.validate()?;
            Ok(ts_status::Ok)
        })
    }
}

/// How many settings there are, for ts_knob_at().
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_knob_count() -> usize {
    KNOBS.len()
}

/// What there is to know about the setting at an index from 0.
///
/// Owner: `knob` is the caller's, its texts are static.
/// Threads: any.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT, also for an index behind the last.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_knob_at(
    index: usize,
    knob: *mut ts_knob,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let texts = entry(&KNOB_TEXTS, index, "settings")?;
            let value = ts_knob {
                struct_size: 0,
                reserved: 0,
                name: texts.name.as_text(),
                kind: texts.kind.as_text(),
                default_value: texts.default_value.as_text(),
                accepts: texts.accepts.as_text(),
                description: texts.description.as_text(),
            };
            fill(knob, value)?;
            Ok(ts_status::Ok)
        })
    }
}

/// How many presets there are, for ts_preset_at().
///
/// Owner: a plain value.
/// Threads: any.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn ts_preset_count() -> usize {
    PRESETS.len()
}

/// What there is to know about the preset at an index from 0.
///
/// Owner: `preset` is the caller's, its texts are static.
/// Threads: any.
/// Cost: none.
/// Errors: TS_STATUS_INVALID_ARGUMENT, also for an index behind the last.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn ts_preset_at(
    index: usize,
    preset: *mut ts_preset,
    err: *mut *mut ts_error,
) -> ts_status {
    // SAFETY: the caller keeps the contract of the header.
    unsafe {
        guard::status(err, || {
            let texts = entry(&PRESET_TEXTS, index, "presets")?;
            let value = ts_preset {
                struct_size: 0,
                reserved: 0,
                name: texts.name.as_text(),
                description: texts.description.as_text(),
                settings: texts.settings.as_text(),
            };
            fill(preset, value)?;
            Ok(ts_status::Ok)
        })
    }
}

fn entry<'a, T>(table: &'a [T], index: usize, what: &str) -> Result<&'a T> {
    table.get(index).ok_or_else(|| {
        invalid_argument(format!(
            "the index is {index}, there are {} {what}",
            table.len()
        ))
    })
}

/// Frees a configuration; NULL is ignored.
///
/// Owner: takes config.
/// Threads: any, once, when no other call uses config.
/// Cost: none.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ts_config_free(config: *mut ts_config) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { guard::free(config) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_set_and_read_by_name() {
        // SAFETY: the handle is alive until it is freed; literals have the lengths given.
        unsafe {
            let config = ts_config_new();
            let mut err = std::ptr::null_mut();
            let set = |name: &str, value: &str, err| {
                ts_config_set(
                    config,
                    name.as_ptr().cast(),
                    name.len(),
                    value.as_ptr().cast(),
                    value.len(),
                    err,
                )
            };
            assert_eq!(set("threads", "3", &mut err), ts_status::Ok);
            let mut value = ts_text::EMPTY;
            let got = ts_config_get(config, c"threads".as_ptr(), 7, &mut value, &mut err);
            assert_eq!(got, ts_status::Ok);
            assert_eq!(utf8(value.data, value.len, "value").unwrap(), "3");
            assert_eq!(set("threads", "many", &mut err), ts_status::InvalidConfig);
            let hint = super::super::error::ts_error_hint(err);
            assert!(
                utf8(hint.data, hint.len, "hint")
                    .unwrap()
                    .contains("0 means")
            );
            super::super::error::ts_error_free(err);
            let preset = ts_config_preset(config, c"tiny".as_ptr(), 4, &mut err);
            assert_eq!(preset, ts_status::Ok);
            assert_eq!(ts_config_check(config, &mut err), ts_status::Ok);
            ts_config_free(config);
        }
    }

    #[test]
    fn settings_and_presets_are_enumerated() {
        let mut names = Vec::new();
        for index in 0..ts_knob_count() {
            let mut knob = std::mem::MaybeUninit::<ts_knob>::zeroed();
            // SAFETY: all-zero bytes are a ts_knob but for its text pointers, which are written
            // before they are read.
            unsafe {
                (*knob.as_mut_ptr()).struct_size = size_of::<ts_knob>() as u32;
                let status = ts_knob_at(index, knob.as_mut_ptr(), std::ptr::null_mut());
                assert_eq!(status, ts_status::Ok);
                let name = knob.assume_init().name;
                names.push(utf8(name.data, name.len, "name").unwrap().to_owned());
            }
        }
        assert!(
            names
                .iter()
                .map(String::as_str)
                .eq(KNOBS.iter().map(|knob| knob.name))
        );
        // SAFETY: the index is refused before anything is written.
        let behind = unsafe {
            ts_preset_at(
                ts_preset_count(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        };
        assert_eq!(behind, ts_status::InvalidArgument);
    }
}
