//! The facade: one type that opens a store and reaches everything it does.
//!
//! Terms here are those of `oxrdf`; ids stay inside. A [`Database`] is a handle that may be cloned and used
//! from any thread; the store is closed by [`Database::close`] or with the last clone.

mod load;
mod pattern;
mod read;
mod terms;
mod write;

pub use load::{LoadOptions, LoadReport};
pub use pattern::{GraphPattern, QuadPattern};
pub use read::{Quads, Snapshot, Stats};
pub use write::WriteTxn;

use crate::config::{Config, Durability as Choice};
use crate::control::{Budget, Control};
use crate::error::Result;
use crate::kv::{self, Open, RecoveryMode};
use crate::store::{Durability, OpenOptions, Settings, Store};

pub use crate::store::CheckReport;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// An open store.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    config: Config,
    path: Option<PathBuf>,
    budget: Budget,
}

/// How a store is doing. Cheap to ask for.
#[derive(Clone, Debug)]
pub struct Health {
    /// Whether commits are taken: open for writing and no write has failed.
    pub writable: bool,
    /// The last published commit.
    pub seq: u64,
    pub quads: u64,
    pub durability: Durability,
    /// Bytes charged to the memory budget, and the most it hands out.
    pub memory_used_bytes: u64,
    pub memory_limit_bytes: u64,
    /// Bytes of committed changes that are not spilled yet.
    pub unspilled_bytes: u64,
    /// Bytes of live page files.
    pub page_file_bytes: u64,
    /// The most runs that any sort has on disk.
    pub runs_max: usize,
    pub block_cache: crate::kv::cache::CacheStats,
    pub vocabulary_cache: crate::kv::cache::CacheStats,
}

impl Database {
    /// Opens or creates the store in a directory.
    /// Errors: `InvalidConfig`, `InvalidPath`, `NotFound`, `NotAStore`, `FormatTooNew`, `StoreInUse`, `WalDamaged`,
    /// `Corruption`, `Io`, `ResourceExhausted`.
    pub fn open(path: impl AsRef<Path>, config: &Config) -> Result<Self> {
        let open = match config.read_only {
            true => Open::ReadOnly,
            false => Open::ReadWrite,
        };
        Self::start(Some(path.as_ref()), open, RecoveryMode::TornTail, config)
    }

    /// A store in memory: the same engine, nothing on disk. Errors: `InvalidConfig`, `ResourceExhausted`.
    pub fn memory(config: &Config) -> Result<Self> {
        Self::start(None, Open::Memory, RecoveryMode::TornTail, config)
    }

    /// Opens a store whose write-ahead log is damaged, keeping every commit before the damage.
    /// Errors: as [`Database::open`].
    pub fn recover(path: impl AsRef<Path>, config: &Config) -> Result<Self> {
        Self::start(
            Some(path.as_ref()),
            Open::ReadWrite,
            RecoveryMode::PointInTime,
            config,
        )
    }

    fn start(
        path: Option<&Path>,
        open: Open,
        recovery: RecoveryMode,
        config: &Config,
    ) -> Result<Self> {
        config.validate()?;
        let confined = match path {
            Some(path) => {
                // Only a directory that may be created is; the store itself decides whether it is one.
                let create = open == Open::ReadWrite
                    && config.create_if_missing
                    && config.path_root.is_some();
                Some(config.paths()?.directory(path, create)?)
            }
            None => None,
        };
        let budget = Budget::new(
            "store",
            usize_of(crate::config::accountable_bytes(config.memory_budget_bytes)),
        );
        let store = Store::open(OpenOptions {
            path: confined
                .as_ref()
                .map_or(Path::new("/memory"), |directory| directory.path()),
            open,
            create_if_missing: config.create_if_missing,
            recovery,
            settings: settings(config),
            kv: kv_options(config, open, recovery),
            budget: budget.clone(),
        })?;
        if let Some(confined) = &confined {
            confined.confirm()?;
        }
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                config: config.clone(),
                path: confined.map(|directory| directory.path().to_path_buf()),
                budget,
            }),
        })
    }

    /// Ends background work, closes the files and gives the directory free. Later calls fail with `Closed`,
    /// on clones and cursors too. Closing again does nothing. Errors: those of writing what is left.
    pub fn close(&self) -> Result<()> {
        self.inner.store.close()
    }

    pub fn is_open(&self) -> bool {
        self.inner.store.is_open()
    }

    /// The configuration it was opened with.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The store's directory; `None` in memory.
    pub fn path(&self) -> Option<&Path> {
        self.inner.path.as_deref()
    }

    /// The engine beneath, for the loader and the query engine.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// A control with the deadline and memory limit a query has unless it brings its own.
    pub fn query_control(&self) -> Control {
        let config = &self.inner.config;
        let limit = usize_of(config.memory_shares().query);
        let control = Control::new().with_memory(self.inner.budget.child("query", limit));
        match config.query_timeout_ms {
            0 => control,
            ms => control.with_timeout(Duration::from_millis(ms)),
        }
    }

    /// `control`, charging to the store's memory.
    fn charged(&self, name: &'static str, control: &Control) -> Control {
        let limit = usize_of(self.inner.config.memory_shares().working);
        control
            .clone()
            .with_memory(self.inner.budget.child(name, limit))
    }

    /// Errors: `Closed`.
    pub fn health(&self) -> Result<Health> {
        let store = &self.inner.store;
        let version = store.version()?;
        Ok(Health {
            writable: store.mode() != Open::ReadOnly && !store.is_poisoned(),
            seq: version.seq,
            quads: version.quads(crate::store::View::Both),
            durability: store.durability(),
            memory_used_bytes: self.inner.budget.used() as u64,
            memory_limit_bytes: self.inner.budget.limit() as u64,
            unspilled_bytes: version.held_bytes() as u64,
            page_file_bytes: store.kv().page_file_bytes(),
            runs_max: version.disk.iter().map(Vec::len).max().unwrap_or(0),
            block_cache: version.pages.blocks().stats(),
            vocabulary_cache: store.vocabulary_pages().cache().stats(),
        })
    }

    /// Verifies every block, directory, count and term, and that all sorts hold the same quads. Damage is in
    /// the report. Errors: `Closed`, `Cancelled`, `QueryTimeout`, `Io`.
    pub fn check(&self, control: &Control) -> Result<CheckReport> {
        self.inner.store.check(control)
    }

    /// Spills what is in memory, merges all runs and gives freed space back.
    /// Errors: `Busy`, `ReadOnly`, `ReopenRequired`, `Closed`, `Cancelled`, `QueryTimeout`, `Io`.
    pub fn compact(&self, control: &Control) -> Result<()> {
        self.inner.store.compact(control)
    }

    /// Waits until background merges have caught up. Errors: as [`Database::compact`].
    pub fn quiesce(&self, control: &Control) -> Result<()> {
        self.inner.store.spill(control)?;
        self.inner.store.quiesce(control)
    }

    /// Makes every commit so far survive power loss. Errors: `Closed`, `Io`.
    pub fn sync(&self) -> Result<()> {
        self.inner.store.sync()
    }
}

fn settings(config: &Config) -> Settings {
    let shares = config.memory_shares();
    Settings {
        durability: match config.durability {
            Choice::Sync => Durability::Sync,
            Choice::Interval => Durability::Interval,
            Choice::OsBuffered => Durability::OsBuffered,
        },
        durability_interval_ms: config.durability_interval_ms,
        write_wait_ms: config.write_wait_ms,
        spill_bytes: usize_of(shares.spill),
        block_cache_bytes: usize_of(shares.block_cache),
        vocabulary_cache_bytes: usize_of(shares.vocabulary_cache),
        max_term_bytes: usize_of(config.max_term_bytes),
    }
}

fn kv_options(config: &Config, open: Open, recovery: RecoveryMode) -> kv::Options {
    let tuning = config.page_store_tuning();
    kv::Options {
        open,
        recovery,
        write_buffer_bytes: tuning.write_buffer_total_bytes / 2,
        max_open_files: tuning.max_open_files,
        background_jobs: tuning.background_jobs,
        ..kv::Options::default()
    }
}

fn usize_of(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
