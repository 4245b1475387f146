//! Every setting of a store, with its default and the reason for it.
//!
//! A setting ("knob") is one entry of one table. The fields of [`Config`], reading it from text,
//! printing it, its checks, `docs/configuration.md` and the enumeration of the C ABI all derive
//! from that entry, so they cannot disagree. [`preset`] names sets of values, [`memory`] divides
//! the budget, [`rocksdb`] derives what the page store is told, [`path_root`] confines paths.
//!
//! Invariant: a `Config` that passed [`Config::validate`] can be opened with; nothing else in the
//! library interprets setting text.

mod docs;
mod kind;
mod machine;
pub mod memory;
pub mod path_root;
pub mod preset;
pub mod rocksdb;

pub use docs::configuration_markdown;
pub use kind::{DefaultGraph, Durability};
pub use memory::{MemoryShares, accountable_bytes};
pub use path_root::PathRoot;

use crate::error::{Code, Error, Result};
use kind::{Bytes, Count, DefaultGraphChoice, DurabilityChoice, Flag, Kind, Millis, OptionalPath};

pub(crate) const KIB: u64 = 1 << 10;
pub(crate) const MIB: u64 = 1 << 20;
pub(crate) const GIB: u64 = 1 << 30;

/// No byte setting is larger: it leaves room to add several without overflow.
const MAX_BYTES: u64 = 1 << 50;
/// Ten years; no time setting is longer.
const MAX_MILLIS: u64 = 10 * 366 * 24 * 3600 * 1000;

/// The smallest budget the engine works in: one spill, one write buffer and a query side by side.
pub const MIN_MEMORY_BUDGET_BYTES: u64 = 32 * MIB;

/// What the table says about one setting.
pub struct Knob {
    pub name: &'static str,
    /// Its doc comment; [`Knob::description`] is the same as one paragraph.
    doc: &'static str,
    /// Name of the kind of value: flag, bytes, milliseconds, count, path, choice.
    pub kind: &'static str,
    accepts: fn() -> String,
    default_text: fn() -> String,
    parse: fn(&mut Config, &str) -> bool,
    print: fn(&Config) -> String,
    in_range: fn(&Config) -> bool,
}

impl Knob {
    /// What the setting does and why its default is what it is, as one paragraph.
    pub fn description(&self) -> String {
        let words: Vec<&str> = self.doc.split_whitespace().collect();
        words.join(" ")
    }

    /// The values the setting takes, in words.
    pub fn accepts(&self) -> String {
        (self.accepts)()
    }

    /// The default as text; in words where it depends on the machine.
    pub fn default_text(&self) -> String {
        (self.default_text)()
    }

    fn refuse(&self, text: &str) -> Error {
        Error::new(
            Code::InvalidConfig,
            format!("{text:?} is not a value for {}", self.name),
        )
        .with_hint(format!("{} takes {}", self.name, self.accepts()))
    }
}

macro_rules! knobs {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident: $kind:ident $({ $($bounds:tt)* })? = $default:expr $(, shown as $shown:literal)?;
    )*) => {
        /// The settings of a store. Build one with `Config::default()` and set fields, or set by
        /// name with [`Config::set`].
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $name: <$kind as Kind>::Value,)*
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        /// Every setting, in the order of the documentation.
        pub const KNOBS: &[Knob] = &[$(
            Knob {
                name: stringify!($name),
                doc: concat!($($doc),+),
                kind: <$kind as Kind>::NAME,
                accepts: || ($kind $({ $($bounds)* })?).accepts(),
                default_text: || {
                    let shown: &[&str] = &[$($shown)?];
                    match shown.first() {
                        Some(shown) => (*shown).to_owned(),
                        None => ($kind $({ $($bounds)* })?).print(&$default),
                    }
                },
                parse: |config, text| match ($kind $({ $($bounds)* })?).parse(text) {
                    Some(value) => {
                        config.$name = value;
                        true
                    }
                    None => false,
                },
                print: |config| ($kind $({ $($bounds)* })?).print(&config.$name),
                in_range: |config| ($kind $({ $($bounds)* })?).in_range(&config.$name),
            },
        )*];
    };
}

knobs! {
    /// Creates the store when the directory is absent or empty. Turn it off where a wrong path must
    /// be an error.
    create_if_missing: Flag = true;

    /// Opens for reading only. Many read-only handles may share a directory; none may be open beside a
    /// writer.
    read_only: Flag = false;

    /// Directory under which every path given to the store must lie: the store itself, files to load, to
    /// dump to, to back up to. Relative paths are then taken from it; `..` and symbolic links are refused.
    /// Empty: paths are not confined.
    path_root: OptionalPath = None;

    /// All memory the store may use: caches, write buffers, memory runs, vocabulary, queries and loads
    /// are charged to it. A quarter, because the library is a guest in its host's process; the memory limit
    /// of a container counts as its physical memory.
    memory_budget_bytes: Bytes { zero: None, min: MIN_MEMORY_BUDGET_BYTES, max: MAX_BYTES }
        = machine::default_memory_budget_bytes(), shown as "a quarter of physical memory, at least 256 MiB";

    /// Memory for decompressed pages of the page store.
    block_cache_bytes: Bytes { zero: Some("a quarter of the budget"), min: MIB, max: MAX_BYTES } = 0;

    /// Memory for decoded pages of the vocabulary (ids to terms and back).
    vocabulary_cache_bytes: Bytes { zero: Some("an eighth of the budget"), min: MIB, max: MAX_BYTES } = 0;

    /// Committed changes are held in memory up to this size and then written as a sorted run. More makes
    /// fewer merges and a longer recovery after a crash. Never more than an eighth of the budget is used.
    spill_bytes: Bytes { zero: None, min: MIB, max: 64 * GIB } = 64 * MIB;

    /// What background merges of runs may write in a second. Lower it where merges take disk bandwidth from
    /// queries; too low, and readers go through more runs.
    merge_per_second_bytes: Bytes { zero: Some("no limit"), min: MIB, max: MAX_BYTES } = 0;

    /// What an acknowledged commit survives. `sync`: power loss. `interval`: a kill of the process, and
    /// power loss but for the last `durability_interval_ms`. `os_buffered`: a kill of the process.
    durability: DurabilityChoice = Durability::Sync;

    /// Time between two writes to the device with `durability` = `interval`.
    durability_interval_ms: Millis { zero: None, min: 1, max: 3_600_000 } = 100;

    /// How long a writer waits for another one to end before it fails with `busy`.
    write_wait_ms: Millis { zero: Some("do not wait"), min: 1, max: MAX_MILLIS } = 30_000;

    /// A write transaction that was not used for so long is rolled back, so that a lost handle does not
    /// stop all writers.
    write_idle_ms: Millis { zero: Some("never"), min: 1, max: MAX_MILLIS } = 300_000;

    /// The largest term, in bytes of its UTF-8 text. Longer ones are refused with `term_too_large`.
    max_term_bytes: Bytes { zero: None, min: KIB, max: GIB } = 64 * MIB;

    /// Threads that one load, merge or parallel query may use.
    threads: Count { zero: Some("as many as the machine runs at once"), min: 1, max: 1024 } = 0;

    /// What patterns outside GRAPH read where neither the request nor its options say it. `store`: the default
    /// graph. `union`: the distinct triples of all graphs.
    default_graph: DefaultGraphChoice = DefaultGraph::Store;

    /// Time limit of a query that does not bring its own.
    query_timeout_ms: Millis { zero: Some("no limit"), min: 1, max: MAX_MILLIS } = 0;

    /// Time limit of an update request that does not bring its own.
    update_timeout_ms: Millis { zero: Some("no limit"), min: 1, max: MAX_MILLIS } = 0;

    /// Memory one query may use. Sorts, joins, groups, DISTINCT and computed terms that need more go to temporary files in
    /// the store's directory; what cannot, or finds no room there, fails. A query never gives a shortened answer.
    query_memory_bytes: Bytes { zero: Some("a quarter of the budget"), min: MIB, max: MAX_BYTES } = 0;

    /// Temporary files that all queries together may have at a time. They have no name and go with the query, or with
    /// the process. A store in memory has none.
    query_spool_bytes: Bytes { zero: Some("no temporary files"), min: MIB, max: MAX_BYTES } = 64 * GIB;

    /// A reader that holds a version for longer is cancelled with `snapshot_too_old` once newer commits
    /// wait for its space.
    max_version_age_ms: Millis { zero: Some("no limit"), min: 1, max: MAX_MILLIS } = 0;

    /// Readers are cancelled, oldest first, when they keep more replaced data than this on disk.
    max_pinned_bytes: Bytes { zero: Some("no limit"), min: MIB, max: MAX_BYTES } = 0;

    /// Statements between two checkpoints of a load that keeps going after errors.
    load_batch_statements: Count { zero: None, min: 100, max: 100_000_000 } = 100_000;

    /// The largest file a load accepts, in bytes on disk. Larger ones are refused with
    /// `validation_file_too_large` before anything is read.
    max_file_size_bytes: Bytes { zero: Some("no limit"), min: 1, max: MAX_BYTES } = 0;
}

impl Config {
    /// The knob of this name. Errors: `InvalidConfig`, the hint lists all names.
    pub fn knob(name: &str) -> Result<&'static Knob> {
        KNOBS.iter().find(|knob| knob.name == name).ok_or_else(|| {
            let names: Vec<&str> = KNOBS.iter().map(|knob| knob.name).collect();
            Error::new(Code::InvalidConfig, format!("there is no setting {name:?}"))
                .with_hint(format!("the settings are {}", names.join(", ")))
        })
    }

    /// Sets one knob from text. Errors: `InvalidConfig` for an unknown name or a value out of
    /// range, then nothing has changed; the hint lists what is valid.
    pub fn set(&mut self, name: &str, text: &str) -> Result<()> {
        let knob = Self::knob(name)?;
        if (knob.parse)(self, text) {
            Ok(())
        } else {
            Err(knob.refuse(text))
        }
    }

    /// The value of one knob as text that [`Config::set`] takes back. Errors: `InvalidConfig` for
    /// an unknown name.
    pub fn get(&self, name: &str) -> Result<String> {
        Ok((Self::knob(name)?.print)(self))
    }

    /// Checks every value, and the values together. Errors: `InvalidConfig`.
    pub fn validate(&self) -> Result<()> {
        for knob in KNOBS {
            if !(knob.in_range)(self) {
                return Err(knob.refuse(&(knob.print)(self)));
            }
        }
        memory::check(self)?;
        Ok(())
    }

    /// Threads one piece of work may use, at least 1.
    pub fn worker_threads(&self) -> usize {
        match usize::try_from(self.threads) {
            Ok(0) | Err(_) => machine::parallelism(),
            Ok(threads) => threads,
        }
    }

    /// The door for paths under `path_root`.
    /// Errors: `InvalidPath` if the root is not a directory.
    pub fn paths(&self) -> Result<PathRoot> {
        PathRoot::new(self.path_root.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_default_is_valid() {
        Config::default().validate().unwrap();
    }

    #[test]
    fn every_knob_reads_back_what_it_prints() {
        let mut config = Config::default();
        for knob in KNOBS {
            let before = config.clone();
            let printed = config.get(knob.name).unwrap();
            config.set(knob.name, &printed).unwrap();
            assert_eq!(config, before, "{}", knob.name);
            assert!(!knob.description().is_empty() && !knob.accepts().is_empty());
        }
    }

    #[test]
    fn every_name_is_unique_and_its_unit_stands_last() {
        for (position, knob) in KNOBS.iter().enumerate() {
            assert!(
                KNOBS[..position]
                    .iter()
                    .all(|other| other.name != knob.name)
            );
            match knob.kind {
                "bytes" => assert!(knob.name.ends_with("_bytes"), "{}", knob.name),
                "milliseconds" => assert!(knob.name.ends_with("_ms"), "{}", knob.name),
                _ => {}
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_all_names() {
        let error = Config::default().set("cache", "1").unwrap_err();
        assert_eq!(error.code(), Code::InvalidConfig);
        let hint = error.hint().unwrap();
        assert!(KNOBS.iter().all(|knob| hint.contains(knob.name)));
    }

    #[test]
    fn a_bad_value_is_answered_with_the_valid_ones_and_changes_nothing() {
        let mut config = Config::default();
        let error = config.set("durability", "never").unwrap_err();
        assert_eq!(error.code(), Code::InvalidConfig);
        assert!(
            error
                .hint()
                .unwrap()
                .contains("sync, interval, os_buffered")
        );
        assert_eq!(config, Config::default());
    }

    #[test]
    fn a_field_set_out_of_range_fails_validation() {
        let config = Config {
            durability_interval_ms: 0,
            ..Config::default()
        };
        let error = config.validate().unwrap_err();
        assert_eq!(error.code(), Code::InvalidConfig);
        assert!(error.detail().contains("durability_interval_ms"));
    }

    #[test]
    fn threads_zero_means_at_least_one() {
        assert!(Config::default().worker_threads() >= 1);
    }

    proptest! {
        #[test]
        fn no_text_makes_a_setting_invalid(knob in 0..KNOBS.len(), text in "[0-9a-zA-Z%. /_-]{0,12}") {
            let mut config = Config::default();
            let _ = config.set(KNOBS[knob].name, &text);
            prop_assert!((KNOBS[knob].in_range)(&config));
        }
    }
}
