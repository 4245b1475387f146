//! The facade: one type that opens a store and reaches everything it does.
//!
//! Terms here are those of `oxrdf`; ids stay inside. A [`Database`] is a handle that may be cloned and used
//! from any thread; the store is closed by [`Database::close`] or with the last clone.

mod aggregates;
mod buffer;
mod cursor;
mod dump;
mod functions;
mod load;
mod loader;
mod matches;
mod pattern;
mod read;
mod term_list;
mod terms;
mod update;
mod write;

pub use aggregates::{Accumulator, BatchAggregate};
pub use dump::DumpTarget;
use functions::Registry;
pub use functions::{Calls, FunctionOptions};
pub use load::{LoadOptions, LoadReport};
pub use loader::Loader;
pub use matches::QuadRows;
pub use pattern::{GraphPattern, QuadPattern};
pub use read::{Quads, Snapshot, Stats};
pub use term_list::{NO_TERM, Place, TermList, graph_name};
pub use update::UpdateOptions;
pub use write::WriteTxn;

use crate::config::{self, Config, Durability as Choice};
use crate::control::{Budget, Control, Signal};
use crate::error::{Code, Error, Result};
use crate::kv::{self, Open, RecoveryMode};
use crate::query::{DefaultGraph, Services};
use crate::store::{Durability, OpenOptions, PinLimits, Settings, Store};
use parking_lot::RwLock;

pub use crate::store::{Changed, CheckReport, Committed, PinInfo, PinKind};
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
    /// Temporary files of all queries.
    spool: Budget,
    /// Ends what runs on the store when it is closed.
    closing: Signal,
    /// What answers SERVICE.
    services: RwLock<Option<Arc<Services>>>,
    functions: Registry,
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
    /// Runs and segments of terms that are known to be damaged: requests that need them fail with `CorruptBlock`.
    pub damaged_parts: usize,
    /// Pages that were found damaged since the store was opened, up to a thousand.
    pub damaged_pages: usize,
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
                spool: Budget::disk("queries", usize_of(config.query_spool_bytes)),
                closing: Signal::new(Code::Closed, "the store is closed"),
                services: RwLock::new(None),
                functions: Registry::default(),
            }),
        })
    }

    /// Ends what runs on the store, closes the files and gives the directory free. Later calls fail with
    /// `Closed`, on clones and cursors too, and so do those under way. Closing again does nothing.
    /// Errors: those of writing what is left.
    pub fn close(&self) -> Result<()> {
        self.inner.closing.raise();
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

    /// Sets what answers SERVICE in queries that begin from now on, and which endpoints may be asked; `None` turns
    /// SERVICE off, as it is at first. The library itself opens no connection. Errors: `Closed`.
    pub fn set_services(&self, services: Option<Services>) -> Result<()> {
        self.inner.store.version()?;
        let before = {
            let mut current = self.inner.services.write();
            std::mem::replace(&mut *current, services.map(Arc::new))
        };
        // The handler before may be dropped here, and no lock is held while it is.
        drop(before);
        Ok(())
    }

    fn services(&self) -> Option<Arc<Services>> {
        self.inner.services.read().clone()
    }

    /// What the default graph of a request is: the configuration decides where the request does not.
    fn default_graph(&self, choice: DefaultGraph) -> DefaultGraph {
        match (choice, self.inner.config.default_graph) {
            (DefaultGraph::Configured, config::DefaultGraph::Store) => DefaultGraph::Default,
            (DefaultGraph::Configured, config::DefaultGraph::Union) => DefaultGraph::Union,
            (chosen, _) => chosen,
        }
    }

    /// The engine beneath, for the loader and the query engine.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// A control with the deadline and memory limit a query has unless it brings its own.
    pub fn query_control(&self) -> Control {
        self.limited(&Control::new())
    }

    /// `control` with the memory limit of a query, and its deadline if that is the earlier one.
    pub fn limited(&self, control: &Control) -> Control {
        let control = self.with_query_memory(control);
        match self.inner.config.query_timeout_ms {
            0 => control,
            ms => control.with_timeout(Duration::from_millis(ms)),
        }
    }

    /// `control` with the memory limit of a query, ending when the store is closed.
    fn with_query_memory(&self, control: &Control) -> Control {
        let limit = usize_of(self.inner.config.memory_shares().query);
        self.listening(control)
            .with_memory(self.inner.budget.child("query", limit))
            .with_spool(self.inner.spool.clone())
    }

    /// `control`, charging to the store's memory and ending when the store is closed.
    fn charged(&self, name: &'static str, control: &Control) -> Control {
        let limit = usize_of(self.inner.config.memory_shares().working);
        self.listening(control)
            .with_memory(self.inner.budget.child(name, limit))
    }

    /// `control`, ending when the store is closed.
    fn listening(&self, control: &Control) -> Control {
        control.clone().with_signal(&self.inner.closing)
    }

    /// Bytes of all files in the store's directory; 0 in memory. Cost: a system call for each file.
    /// Errors: `Closed`, `Io`.
    pub fn disk_bytes(&self) -> Result<u64> {
        self.inner.store.version()?;
        match self.path() {
            Some(path) => file_bytes(path).map_err(|error| Error::io("measuring", path, error)),
            None => Ok(0),
        }
    }

    /// Who keeps which version readable, oldest first: snapshots, cursors, transactions, bulk loads, checks.
    pub fn pins(&self) -> Vec<PinInfo> {
        self.inner.store.pins()
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
            damaged_parts: version.damage().len(),
            damaged_pages: store.kv().damaged_pages(),
            block_cache: version.pages.blocks().stats(),
            vocabulary_cache: store.vocabulary_pages().cache().stats(),
        })
    }

    /// Verifies every block, directory, count and term, and that all sorts hold the same quads. Damage is in
    /// the report. Errors: `Closed`, `Cancelled`, `QueryTimeout`, `Io`.
    pub fn check(&self, control: &Control) -> Result<CheckReport> {
        self.inner.store.check(&self.listening(control))
    }

    /// Spills what is in memory, merges all runs and gives freed space back.
    /// Errors: `Busy`, `ReadOnly`, `ReopenRequired`, `Closed`, `Cancelled`, `QueryTimeout`, `Io`.
    pub fn compact(&self, control: &Control) -> Result<()> {
        self.inner.store.compact(&self.listening(control))
    }

    /// Waits until background merges have caught up. Errors: as [`Database::compact`].
    pub fn quiesce(&self, control: &Control) -> Result<()> {
        let control = &self.listening(control);
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
        write_idle_ms: config.write_idle_ms,
        pins: PinLimits {
            age_max: (config.max_version_age_ms > 0)
                .then(|| Duration::from_millis(config.max_version_age_ms)),
            bytes_max: (config.max_pinned_bytes > 0).then_some(config.max_pinned_bytes),
        },
        spill_bytes: usize_of(shares.spill),
        merge_bytes_per_second: match config.merge_per_second_bytes {
            0 => None,
            bytes => Some(bytes),
        },
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
        read_back_bytes_max: config.memory_budget_bytes,
        ..kv::Options::default()
    }
}

/// Bytes of the files below a directory. Files that go while they are counted are not counted.
fn file_bytes(directory: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        bytes += match metadata.is_dir() {
            true => file_bytes(&entry.path())?,
            false => metadata.len(),
        };
    }
    Ok(bytes)
}

fn usize_of(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
