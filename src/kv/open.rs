//! Opening the key-value store, its root record and its log.

use super::error::error;
use super::pages::PageId;
use super::restore;
use super::wal::{self, Verdict};
use crate::error::{Code, Error, Result};
use parking_lot::{MappedRwLockReadGuard, Mutex, RwLock, RwLockReadGuard};
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType,
    DBRecoveryMode, Env, LogLevel, ReadOptions, WriteBatch, WriteOptions,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(super) const LOG: &str = "log";
pub(super) const PAGES: &str = "pages";
const ROOT: &[u8] = b"root";
/// What to do about damage that no recovery mode gets around.
pub const RESTORE: &str =
    "restore the store from a backup; a copy of the directory may help to find the cause";
/// What to do about a damaged log.
pub const RECOVER: &str =
    "`triplestore recover` keeps every commit before the damage; copy the directory first";
/// Damaged pages that are remembered.
const DAMAGED_MAX: usize = 1000;
/// A write stall that lasts longer is reported as an error.
const STALL_MS_MAX: u32 = 60_000;

/// How a store is opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Open {
    /// For reading and writing, created when missing.
    ReadWrite,
    /// For reading; nothing on disk is changed.
    ReadOnly,
    /// Everything in memory, nothing on disk.
    Memory,
}

/// What to do with a write-ahead log whose end is damaged (definition 27).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecoveryMode {
    /// A torn record at the very end is dropped, damage before it refuses to open.
    TornTail,
    /// Everything up to the first damage is kept; for `triplestore recover` only.
    PointInTime,
}

/// Settings of the layer, chosen by `config`.
#[derive(Clone, Debug)]
pub struct Options {
    pub open: Open,
    pub recovery: RecoveryMode,
    /// Bytes of one memtable of the log; two may exist at a time.
    pub write_buffer_bytes: usize,
    /// RocksDB's own cache: index blocks and log blocks only, pages bypass it.
    pub block_cache_bytes: usize,
    pub max_open_files: i32,
    pub background_jobs: i32,
    /// The most bytes of an extent that is read into the page cache again when it is written: what is larger than memory would
    /// push out what is in use.
    pub read_back_bytes_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            open: Open::ReadWrite,
            recovery: RecoveryMode::TornTail,
            write_buffer_bytes: 64 << 20,
            block_cache_bytes: 8 << 20,
            max_open_files: 512,
            background_jobs: 2,
            read_back_bytes_max: 256 << 20,
        }
    }
}

/// An open key-value store.
pub struct Kv {
    // Declared before the environment it uses, so that it is dropped first. Taken out by `close`.
    db: RwLock<Option<DB>>,
    pub(super) page_options: rocksdb::Options,
    log_options: rocksdb::Options,
    pub(super) directory: PathBuf,
    pub(super) read_back_bytes_max: u64,
    unsynced: WriteOptions,
    synced: WriteOptions,
    page_reads: ReadOptions,
    open: Open,
    /// Pages whose checksums were found wrong, as many as are kept.
    damaged: Mutex<BTreeSet<PageId>>,
    _environment: Option<Env>,
}

impl Kv {
    /// Opens or creates the store in `directory` (for `Memory` only a name).
    /// Errors: `OpenFailed`, `WalDamaged`, `Corruption`, `Io`.
    pub fn open(directory: &Path, options: &Options) -> Result<Self> {
        let environment = match options.open {
            Open::Memory => Some(Env::mem_env().map_err(|e| error("creating a memory store", e))?),
            _ => None,
        };
        let database = database_options(options, environment.as_ref());
        let page_options = page_options(options, environment.as_ref());
        let families = || {
            vec![
                ColumnFamilyDescriptor::new("default", meta_options(options)),
                ColumnFamilyDescriptor::new(LOG, log_options(options)),
                ColumnFamilyDescriptor::new(PAGES, page_options.clone()),
            ]
        };
        let open = |database: &rocksdb::Options| match options.open {
            Open::ReadOnly => {
                DB::open_cf_descriptors_read_only(database, directory, families(), false)
            }
            Open::ReadWrite | Open::Memory => {
                DB::open_cf_descriptors(database, directory, families())
            }
        };
        let staging = directory.join("staging");
        if options.open == Open::ReadWrite {
            // RocksDB may notice that a file is missing only when it reads it.
            restore::restore(directory, &staging)?;
        }
        let db = open(&database).or_else(|refusal| match judge(directory, options, &refusal)? {
            // What is damaged was never synced, so nothing that was acknowledged is in it.
            Verdict::TornTail => {
                let mut database = database_options(options, environment.as_ref());
                database.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
                open(&database).map_err(|e| open_error(directory, e))
            }
            Verdict::Damaged => Err(wal_damaged(directory, refusal)),
            Verdict::Sound => Err(open_error(directory, refusal)),
        })?;
        if options.open == Open::ReadWrite {
            // SST files that were never ingested.
            match std::fs::remove_dir_all(&staging) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("removing", &staging, e));
                }
                _ => {}
            }
            std::fs::create_dir(&staging).map_err(|e| Error::io("creating", &staging, e))?;
        }
        let mut unsynced = WriteOptions::default();
        unsynced.set_no_slowdown(true);
        let mut synced = WriteOptions::default();
        synced.set_no_slowdown(true);
        synced.set_sync(options.open == Open::ReadWrite);
        let mut page_reads = ReadOptions::default();
        page_reads.fill_cache(false);
        Ok(Self {
            db: RwLock::new(Some(db)),
            page_options,
            log_options: log_options(options),
            directory: match options.open {
                Open::Memory => directory.to_path_buf(),
                _ => staging,
            },
            read_back_bytes_max: options.read_back_bytes_max,
            unsynced,
            synced,
            page_reads,
            open: options.open,
            damaged: Mutex::default(),
            _environment: environment,
        })
    }

    pub fn mode(&self) -> Open {
        self.open
    }

    pub(super) fn synced(&self) -> &WriteOptions {
        &self.synced
    }

    /// The database, as long as the guard is held. Errors: `Closed`.
    pub(super) fn db(&self) -> Result<MappedRwLockReadGuard<'_, DB>> {
        RwLockReadGuard::try_map(self.db.read(), Option::as_ref).map_err(|_| closed())
    }

    /// Waits for calls under way and closes the files; later calls fail with `Closed`.
    pub fn close(&self) {
        if let Some(db) = self.db.write().take() {
            db.cancel_all_background_work(true);
        }
    }

    /// The root record, absent in a store that was just created.
    pub fn root(&self) -> Result<Option<Vec<u8>>> {
        self.db()?
            .get(ROOT)
            .map_err(|e| error("reading the root", e).with_hint(RESTORE))
    }

    /// Drops every log record, readable or not. What they say must be in the pages.
    pub fn reset_log(&self) -> Result<()> {
        let mut db = self.db.write();
        let Some(db) = &mut *db else {
            return Err(closed());
        };
        // If the process dies in between, opening creates the family.
        db.drop_cf(LOG)
            .and_then(|()| db.create_cf(LOG, &self.log_options))
            .map_err(|e| error("replacing the log", e))
    }

    /// Replaces the root and trims the log below `keep_from`, in one synced write.
    pub fn flip(&self, root: &[u8], keep_from: u64) -> Result<()> {
        let db = self.db()?;
        let log = family(&db, LOG)?;
        write(&db, &self.synced, || {
            let mut batch = WriteBatch::default();
            batch.put(ROOT, root);
            batch.delete_range_cf(log, 0u64.to_be_bytes(), keep_from.to_be_bytes());
            batch
        })
    }

    /// Appends log records with ascending sequence numbers in one write. With `sync` they survive
    /// power loss once this returns.
    pub fn append_log<'r>(
        &self,
        records: impl Iterator<Item = (u64, &'r [u8])> + Clone,
        sync: bool,
    ) -> Result<()> {
        let db = self.db()?;
        let log = family(&db, LOG)?;
        let options = if sync { &self.synced } else { &self.unsynced };
        write(&db, options, || {
            let mut batch = WriteBatch::default();
            for (seq, record) in records.clone() {
                batch.put_cf(log, seq.to_be_bytes(), record);
            }
            batch
        })
    }

    /// Makes every earlier write survive power loss.
    pub fn sync_log(&self) -> Result<()> {
        match self.open {
            Open::ReadWrite => self
                .db()?
                .flush_wal(true)
                .map_err(|e| error("syncing the log", e)),
            _ => Ok(()),
        }
    }

    /// Calls `record` for each log record from `from` on, in ascending order of sequence number, as long as it
    /// returns true. Returns what cannot be read and so ends the log early. Errors: `Io`, those of `record`.
    pub fn replay_log(
        &self,
        from: u64,
        mut record: impl FnMut(u64, &[u8]) -> Result<bool>,
    ) -> Result<Option<Error>> {
        let mut options = ReadOptions::default();
        options.set_verify_checksums(true);
        options.fill_cache(false);
        let db = self.db()?;
        let mut entries = db.raw_iterator_cf_opt(family(&db, LOG)?, options);
        entries.seek(from.to_be_bytes());
        while let Some((key, value)) = entries.item() {
            let seq = <[u8; 8]>::try_from(key)
                .map(u64::from_be_bytes)
                .map_err(|_| Error::new(Code::Corruption, "a log key has a bad length"))?;
            if !record(seq, value)? {
                return Ok(None);
            }
            entries.next();
        }
        match entries.status().map_err(|e| error("reading the log", e)) {
            Err(damage) if damage.code() == Code::Corruption => Ok(Some(damage)),
            status => status.map(|()| None),
        }
    }

    /// Writes what RocksDB holds in memory to its files, so that the write-ahead log shrinks.
    pub fn flush(&self) -> Result<()> {
        if self.open != Open::ReadWrite {
            return Ok(());
        }
        let db = self.db()?;
        for name in [LOG, PAGES, "default"] {
            db.flush_cf(family(&db, name)?)
                .map_err(|e| error("flushing", e))?;
        }
        Ok(())
    }

    /// Bytes of RocksDB's memtables, for the memory account.
    pub fn memtable_bytes(&self) -> u64 {
        [LOG, PAGES, "default"]
            .into_iter()
            .map(|name| self.property(name, rocksdb::properties::SIZE_ALL_MEM_TABLES))
            .sum()
    }

    /// A number RocksDB keeps of a family; 0 once the store is closed.
    fn property(&self, name: &'static str, property: &rocksdb::properties::PropName) -> u64 {
        let Ok(db) = self.db() else {
            return 0;
        };
        db.cf_handle(name)
            .and_then(|family| db.property_int_value_cf(family, property).ok()?)
            .unwrap_or(0)
    }

    /// Bytes of the live files of the page family.
    pub fn page_file_bytes(&self) -> u64 {
        self.property(PAGES, rocksdb::properties::LIVE_SST_FILES_SIZE)
    }

    /// Reads one page. Errors: `CorruptBlock` when its checksum is wrong or it is missing.
    pub fn page(&self, page: PageId) -> Result<Vec<u8>> {
        self.with_page(page, |bytes| Ok(bytes.to_vec()))
    }

    /// What `use_page` makes of the bytes of a page, which are borrowed from RocksDB; it must not ask the store for more.
    /// Errors: those of [`page`](Self::page) and of `use_page`.
    pub fn with_page<T>(
        &self,
        page: PageId,
        use_page: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<T> {
        let db = self.db()?;
        let pages = family(&db, PAGES)?;
        match db.get_pinned_cf_opt(pages, page.0.to_be_bytes(), &self.page_reads) {
            Ok(Some(bytes)) => use_page(&bytes),
            Ok(None) => Err(corrupt_page(format!("{page} is missing"))),
            Err(e) if e.kind() == rocksdb::ErrorKind::Corruption => {
                let mut damaged = self.damaged.lock();
                if damaged.len() < DAMAGED_MAX && damaged.insert(page) {
                    tracing::error!(target: "triplestore::kv", "{page} is damaged: {e}");
                }
                Err(corrupt_page(format!("{page}: {e}")).because(e))
            }
            Err(e) => Err(error("reading a page", e)),
        }
    }

    /// Pages that were found damaged since the store was opened; after a thousand they are not counted.
    pub fn damaged_pages(&self) -> usize {
        self.damaged.lock().len()
    }
}

#[cold]
fn corrupt_page(detail: String) -> Error {
    Error::new(Code::CorruptBlock, detail)
        .with_hint("`triplestore check` lists what is damaged; restore the store from a backup")
}

#[cold]
fn closed() -> Error {
    Error::new(Code::Closed, "the store is closed")
}

impl Drop for Kv {
    fn drop(&mut self) {
        self.close();
    }
}

pub(super) fn family<'d>(db: &'d DB, name: &'static str) -> Result<&'d ColumnFamily> {
    db.cf_handle(name)
        .ok_or_else(|| Error::new(Code::Corruption, format!("column family {name} is missing")))
}

pub(super) fn write(db: &DB, options: &WriteOptions, batch: impl Fn() -> WriteBatch) -> Result<()> {
    // With no_slowdown a stalled write fails at once; stalls end when a flush does, so wait here
    // in small steps. A flush takes well under a minute unless the disk is stuck.
    let mut waited_ms = 0;
    loop {
        match db.write_opt(batch(), options) {
            Err(e) if e.kind() == rocksdb::ErrorKind::Incomplete && waited_ms < STALL_MS_MAX => {
                std::thread::sleep(std::time::Duration::from_millis(1));
                waited_ms += 1;
            }
            result => return result.map_err(|e| error("writing", e)),
        }
    }
}

/// What the write-ahead log of a store that was refused looks like.
fn judge(directory: &Path, options: &Options, refusal: &rocksdb::Error) -> Result<Verdict> {
    let corrupt = refusal.kind() == rocksdb::ErrorKind::Corruption;
    match options.recovery {
        RecoveryMode::TornTail if corrupt && options.open != Open::Memory => wal::judge(directory),
        _ => Ok(Verdict::Sound),
    }
}

#[cold]
fn open_error(directory: &Path, e: rocksdb::Error) -> Error {
    let text = e.to_string();
    // Its messages contain paths, so only what stands before the directory is looked at.
    let what = text.split(&*directory.to_string_lossy()).next();
    let locked = what.is_some_and(|what| what.contains("lock file") || what.contains("lock hold"));
    let (code, hint) = match e.kind() {
        rocksdb::ErrorKind::Corruption => (Code::Corruption, Some(RESTORE)),
        rocksdb::ErrorKind::IOError if locked => (
            Code::StoreInUse,
            Some("another program has the RocksDB files open; close it"),
        ),
        rocksdb::ErrorKind::IOError => (Code::Io, None),
        _ => (Code::OpenFailed, None),
    };
    let error = Error::new(code, format!("opening {}: {text}", directory.display())).because(e);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

#[cold]
fn wal_damaged(directory: &Path, e: rocksdb::Error) -> Error {
    Error::new(
        Code::WalDamaged,
        format!("the log of {} is damaged: {e}", directory.display()),
    )
    .because(e)
    .with_hint(RECOVER)
}

fn database_options(options: &Options, environment: Option<&Env>) -> rocksdb::Options {
    let mut database = rocksdb::Options::default();
    if let Some(environment) = environment {
        database.set_env(environment);
    }
    database.create_if_missing(options.open != Open::ReadOnly);
    database.create_missing_column_families(true);
    database.set_paranoid_checks(true);
    database.set_wal_recovery_mode(match options.recovery {
        RecoveryMode::TornTail => DBRecoveryMode::TolerateCorruptedTailRecords,
        RecoveryMode::PointInTime => DBRecoveryMode::PointInTime,
    });
    database.set_track_and_verify_wals_in_manifest(true);
    database.set_max_open_files(options.max_open_files);
    // Each thread is started once for each family, whatever there is to open; files are few and large.
    database.set_max_file_opening_threads(1);
    database.set_max_background_jobs(options.background_jobs);
    // Two memtables of log; beyond that the oldest is flushed so that the log file can go.
    database.set_max_total_wal_size(3 * options.write_buffer_bytes as u64);
    database.set_max_manifest_file_size(4 << 20);
    database.set_manifest_preallocation_size(64 << 10);
    // Its own information log stays small; events of ours go through `tracing`.
    database.set_log_level(LogLevel::Warn);
    database.set_keep_log_file_num(2);
    database.set_max_log_file_size(1 << 20);
    database.set_stats_dump_period_sec(0);
    database.set_stats_persist_period_sec(0);
    database.set_skip_stats_update_on_db_open(true);
    database
}

fn meta_options(options: &Options) -> rocksdb::Options {
    let mut family = rocksdb::Options::default();
    family.set_write_buffer_size(options.write_buffer_bytes.min(4 << 20));
    family.set_block_based_table_factory(&table_options(options, 4 << 10));
    family
}

fn log_options(options: &Options) -> rocksdb::Options {
    let mut family = rocksdb::Options::default();
    family.set_write_buffer_size(options.write_buffer_bytes);
    family.set_max_write_buffer_number(4);
    // A record lives until the next spill and is packed already.
    family.set_compression_type(DBCompressionType::None);
    family.set_block_based_table_factory(&table_options(options, 32 << 10));
    family
}

fn page_options(options: &Options, environment: Option<&Env>) -> rocksdb::Options {
    let mut family = rocksdb::Options::default();
    if let Some(environment) = environment {
        family.set_env(environment);
    }
    family.create_if_missing(true);
    family.set_write_buffer_size(1 << 20);
    // Pages are packed already; each is larger than a table block and so has a block of its own.
    family.set_compression_type(DBCompressionType::None);
    family.set_block_based_table_factory(&table_options(options, 4 << 10));
    family.set_target_file_size_base(256 << 20);
    family
}

fn table_options(options: &Options, block_bytes: usize) -> BlockBasedOptions {
    let mut table = BlockBasedOptions::default();
    table.set_block_size(block_bytes);
    table.set_block_cache(&Cache::new_lru_cache(options.block_cache_bytes));
    table.set_format_version(5);
    table
}
