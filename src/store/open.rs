//! Opening, recovery and closing.
//!
//! The state on disk is the root and the log records after `root.spilled` (definition 27). Opening deletes
//! what no root names, opens runs and segments, and replays the log into one run in memory.

use super::Shared;
use super::background::Background;
use super::check::CheckReport;
use super::commit::Transaction;
use super::head::Head;
use super::install::BulkInstall;
use super::pinned::PinnedVersion;
use super::pins::{PinInfo, PinKind};
use super::record::Record;
use super::root::Root;
use super::shared::{Durability, Settings};
use super::version::Version;
use crate::control::{Budget, Control};
use crate::error::{Code, Error, Result};
use crate::kv::cache::Cache;
use crate::kv::{DirectoryLock, Kv, Open, Options, PageId, RecoveryMode, Sharing};
use crate::run::{Counts, DiskRun, MemRun, PageCache, Row, RunMeta, Sort, combine};
use crate::term::IriPrefixes;
use crate::vocab::{self, Segment, SegmentMeta, Tail, Vocabulary};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Names the directory as a store and says which format it has, for people and other programs.
const MARKER: &str = "TRIPLESTORE";
const DATABASE: &str = "data";
/// How long closing waits for the writer before it leaves what is in memory to the log.
const CLOSING_WAIT: Duration = Duration::from_millis(200);

/// An open store. Closing it twice, or while others still read, is safe.
pub struct Store {
    shared: Arc<Shared>,
    running: Mutex<Option<Running>>,
}

/// What ends with the store.
struct Running {
    background: Background,
    lock: Option<DirectoryLock>,
}

/// Where and how to open a store.
pub struct OpenOptions<'p> {
    /// The store's directory; ignored in memory.
    pub path: &'p Path,
    pub open: Open,
    pub create_if_missing: bool,
    pub recovery: RecoveryMode,
    pub settings: Settings,
    pub kv: Options,
    pub budget: Budget,
}

impl Store {
    /// Errors: `NotFound`, `NotAStore`, `FormatTooNew`, `StoreInUse`, `WalDamaged`, `Corruption`, `Io`,
    /// `ResourceExhausted`.
    pub fn open(options: OpenOptions<'_>) -> Result<Self> {
        let lock = match options.open {
            Open::Memory => None,
            _ => Some(lock_directory(&options)?),
        };
        let kv_options = Options {
            open: options.open,
            recovery: options.recovery,
            ..options.kv.clone()
        };
        let directory = options.path.join(DATABASE);
        let kv = Arc::new(Kv::open(&directory, &kv_options)?);
        let shared = Arc::new(recover(kv, &options)?);
        let running = Running {
            background: Background::start(&shared)?,
            lock,
        };
        Ok(Self {
            shared,
            running: Mutex::new(Some(running)),
        })
    }

    /// The newest published version, for short reads: no limit on pins knows of it. Errors: `Closed`.
    pub fn version(&self) -> Result<Arc<Version>> {
        self.check_open()?;
        Ok(self.shared.published.read().clone())
    }

    /// The newest published version, kept readable within the limits on pins (definition 31). Errors: `Closed`.
    pub fn pin(&self, kind: PinKind) -> Result<PinnedVersion> {
        self.check_open()?;
        Ok(self.shared.pin(kind))
    }

    /// Who holds which version, oldest first.
    pub fn pins(&self) -> Vec<PinInfo> {
        self.shared.pins.list()
    }

    /// Begins a write transaction, waiting for the one before. Errors: `Busy`, `ReadOnly`, `ReopenRequired`,
    /// `Closed`, `Cancelled`, `QueryTimeout`.
    pub fn begin(&self, control: &Control) -> Result<Transaction> {
        self.check_open()?;
        Transaction::begin(&self.shared, control)
    }

    /// Begins a bulk load; spills what is in memory first. Errors: as [`Store::begin`], those of writing.
    pub fn begin_bulk(&self, control: &Control) -> Result<BulkInstall> {
        self.check_open()?;
        BulkInstall::begin(&self.shared, control)
    }

    /// Spills what is in memory to disk. Errors: as [`Store::begin`], those of writing.
    pub fn spill(&self, control: &Control) -> Result<()> {
        self.check_open()?;
        self.shared.check_writable()?;
        let wait = Duration::from_millis(self.shared.settings.write_wait_ms);
        let _pass = self.shared.gate.enter(wait, control)?;
        self.shared.spill_all(control)
    }

    /// Spills, merges all runs, empties the slots of terms that nothing names any more and gives freed pages
    /// back. Slow; readers go on. Errors: as [`Store::spill`], `ResourceExhausted`.
    pub fn compact(&self, control: &Control) -> Result<()> {
        self.spill(control)?;
        self.shared.merge_all(control)?;
        self.shared.collect_terms(control)?;
        self.shared.collect_garbage()?;
        self.shared.kv.flush()
    }

    /// Waits until background work has caught up: nothing to spill or to merge.
    /// Errors: `Cancelled`, `QueryTimeout`, those of merging.
    pub fn quiesce(&self, control: &Control) -> Result<()> {
        self.check_open()?;
        while self.shared.merge_one(control)? {
            control.poll()?;
        }
        self.shared.collect_garbage()
    }

    /// Reads everything the newest version holds and reports what is wrong.
    /// Errors: `Cancelled`, `QueryTimeout`, `Closed`, `Io`.
    pub fn check(&self, control: &Control) -> Result<CheckReport> {
        self.check_open()?;
        let pinned = self.shared.pin(PinKind::Check);
        let report = super::check::check(pinned.version(), &pinned.pin().listening(control));
        // What is missing may have gone with the pin.
        pinned.pin().check()?;
        report
    }

    /// Makes every commit so far survive power loss, whatever the durability. Errors: `Io`, `Closed`.
    pub fn sync(&self) -> Result<()> {
        self.check_open()?;
        self.shared.kv.sync_log()
    }

    pub fn durability(&self) -> Durability {
        self.shared.settings.durability
    }

    pub fn mode(&self) -> Open {
        self.shared.kv.mode()
    }

    pub fn kv(&self) -> &Arc<Kv> {
        &self.shared.kv
    }

    pub fn vocabulary_pages(&self) -> &Arc<vocab::Pages> {
        &self.shared.words
    }

    /// Whether an error has closed the store for writing.
    pub fn is_poisoned(&self) -> bool {
        self.shared.is_poisoned()
    }

    pub fn is_open(&self) -> bool {
        self.running.lock().is_some()
    }

    /// The store's identity, as it was given when it was created.
    pub fn uuid(&self) -> [u8; 16] {
        self.shared.head.lock().root.uuid
    }

    fn check_open(&self) -> Result<()> {
        match self.is_open() {
            true => Ok(()),
            false => Err(Error::new(Code::Closed, "the store is closed")),
        }
    }

    /// Stops background work, closes the files and gives the directory free, so that it can be opened again
    /// at once. Later calls return `Closed`, and so do readers that need another page. Closing again does
    /// nothing.
    /// Errors: those of writing what is left; the store is closed all the same and the log has it.
    pub fn close(&self) -> Result<()> {
        let Some(running) = self.running.lock().take() else {
            return Ok(());
        };
        let shared = &self.shared;
        let mut result = Ok(());
        if shared.check_writable().is_ok() {
            let control = Control::new();
            let seq = shared.head.lock().staged.seq;
            result = shared.write_log(seq);
            // A short log is quicker to replay than to spill.
            let held = shared.published.read().held_bytes();
            if result.is_ok() && held > shared.settings.spill_bytes / 16 {
                // A transaction that someone left open keeps the gate; the log has what a spill would write.
                if let Ok(_pass) = shared.gate.enter(CLOSING_WAIT, &control) {
                    result = shared.spill_all(&control);
                }
            }
            result = result
                .and_then(|()| shared.collect_garbage())
                .and_then(|()| shared.kv.flush());
        }
        drop(running.background);
        shared.kv.close();
        drop(running.lock);
        result
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(target: "triplestore::store", "closing: {error}");
        }
    }
}

/// Checks that the directory is a store, or makes it one, and locks it.
fn lock_directory(options: &OpenOptions<'_>) -> Result<DirectoryLock> {
    let path = options.path;
    let marker = path.join(MARKER);
    let exists = path.is_dir() && marker.is_file();
    if !exists {
        if path.exists() && !path.is_dir() {
            return Err(Error::new(
                Code::NotAStore,
                format!("{} is not a directory", path.display()),
            ));
        }
        let has_entries = match std::fs::read_dir(path) {
            Ok(mut entries) => entries.next().is_some(),
            Err(_) => false,
        };
        if has_entries {
            return Err(Error::new(
                Code::NotAStore,
                format!("{} holds something other than a store", path.display()),
            )
            .with_hint("give an empty directory, or one that a store was created in"));
        }
        if options.open == Open::ReadOnly || !options.create_if_missing {
            return Err(Error::new(
                Code::NotFound,
                format!("there is no store at {}", path.display()),
            )
            .with_hint("check the path, or allow the store to be created (create_if_missing)"));
        }
        std::fs::create_dir_all(path).map_err(|e| Error::io("creating", path, e))?;
    }
    let sharing = match options.open {
        Open::ReadOnly => Sharing::Shared,
        _ => Sharing::Exclusive,
    };
    let lock = DirectoryLock::acquire(path, sharing)?;
    if !exists {
        let text = format!("triplestore format {}\n", super::root::FORMAT);
        std::fs::write(&marker, text).map_err(|e| Error::io("writing", &marker, e))?;
        sync_file(&marker)?;
        sync_file(path)?;
        if let Some(parent) = path.parent().filter(|parent| parent.is_dir()) {
            sync_file(parent)?;
        }
    }
    Ok(lock)
}

/// Syncs a file or directory.
fn sync_file(path: &Path) -> Result<()> {
    std::fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|e| Error::io("syncing", path, e))
}

fn recover(kv: Arc<Kv>, options: &OpenOptions<'_>) -> Result<Shared> {
    let settings = options.settings.clone();
    let mut root = match kv.root()? {
        Some(bytes) => Root::decode(&bytes)?,
        None => create(&kv, &settings)?,
    };
    if kv.mode() != Open::ReadOnly {
        delete_garbage(&kv, &mut root)?;
    }
    let pages = Arc::new(PageCache::new(
        kv.clone(),
        settings.block_cache_bytes,
        &options.budget,
    )?);
    let cache = Arc::new(Cache::new(
        settings.vocabulary_cache_bytes,
        &options.budget,
    )?);
    let words = Arc::new(vocab::Pages::new(kv.clone(), cache));
    let control = Control::new().with_memory(options.budget.clone());

    let mut disk: super::version::DiskRuns = Default::default();
    let mut counts = Counts::default();
    for sort in Sort::ALL {
        for run in &root.runs[sort.index()] {
            let meta = RunMeta::decode(&kv.page(run.meta_page)?)?;
            if sort == Sort::Spog {
                counts += match run.epoch == root.epoch {
                    true => meta.counts,
                    false => meta.counts.without_inferred(),
                };
            }
            disk[sort.index()].push(Arc::new(DiskRun {
                sort,
                epoch: run.epoch,
                first_seq: run.first_seq,
                last_seq: run.last_seq,
                extent: run.extent,
                pages: run.pages,
                meta_page: run.meta_page,
                meta,
            }));
        }
    }
    let mut segments = Vec::new();
    for segment in &root.segments {
        let (meta, _) = SegmentMeta::read(&segment.meta)
            .ok_or_else(|| Error::new(Code::Corruption, "the root names a damaged segment"))?;
        segments.push(Arc::new(Segment::open(meta, words.clone(), &control)?));
    }
    let tail = Arc::new(Tail::new(
        root.next_ordinal,
        settings.max_term_bytes,
        &options.budget,
    )?);
    let replayed = replay(&kv, &root, &tail)?;
    let prefixes = Arc::new(prefixes(&root.prefixes)?);
    let watermark = tail.end();
    let mut version = Version {
        seq: replayed.seq,
        generation: root.generation,
        epoch: root.epoch,
        install: 0,
        memory: Vec::new(),
        disk: Arc::new(disk),
        vocabulary: Arc::new(Vocabulary::new(segments, tail, prefixes)?),
        counts,
        pages: pages.clone(),
        watermark,
        next_number: replayed.next_number,
    };
    if !replayed.quads.is_empty() || !replayed.triple_terms.is_empty() {
        let mut run = MemRun::new(
            replayed.quads,
            replayed.triple_terms,
            replayed.seq,
            root.epoch,
        );
        run.first_seq = root.spilled + 1;
        version.counts += run.counts();
        version.memory.push(Arc::new(run));
    }
    let published = Arc::new(version);
    let head = Head {
        root,
        staged: published.clone(),
        published,
        queue: VecDeque::new(),
        spill_cut: None,
        spill_tail: None,
        retired: Vec::new(),
    };
    Ok(Shared::new(
        kv,
        pages,
        words,
        settings,
        options.budget.clone(),
        head,
    ))
}

/// The learned prefixes; a store that has learned none stores nothing.
fn prefixes(bytes: &[u8]) -> Result<IriPrefixes> {
    match bytes {
        [] => Ok(IriPrefixes::new()),
        bytes => IriPrefixes::deserialize(bytes),
    }
}

fn create(kv: &Kv, settings: &Settings) -> Result<Root> {
    if kv.mode() == Open::ReadOnly {
        return Err(Error::new(Code::Corruption, "the store has no root record"));
    }
    let root = Root {
        uuid: new_uuid()?,
        generation: 1,
        epoch: 1,
        next_extent: 1,
        durability: settings.durability as u8,
        ..Root::default()
    };
    kv.flip(&root.encode(), 0)?;
    Ok(root)
}

/// A random UUID (RFC 9562, version 4).
fn new_uuid() -> Result<[u8; 16]> {
    use std::io::Read;
    let path = Path::new("/dev/urandom");
    let mut uuid = [0; 16];
    std::fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut uuid))
        .map_err(|e| Error::io("reading", path, e))?;
    uuid[6] = uuid[6] & 0x0F | 0x40;
    uuid[8] = uuid[8] & 0x3F | 0x80;
    Ok(uuid)
}

/// Deletes extents that were reserved and never installed, everything after the last one reserved, and what was
/// freed. Nobody reads yet.
fn delete_garbage(kv: &Kv, root: &mut Root) -> Result<()> {
    let extent = |number: u64| PageId::new(number, 0)..PageId::new(number + 1, 0);
    let mut ranges: Vec<_> = root.reserved.drain(..).map(extent).collect();
    ranges.extend(root.free.drain(..).map(|free| extent(free.extent)));
    if kv.has_pages_from(PageId::new(root.next_extent, 0))? {
        ranges.push(PageId::new(root.next_extent, 0)..PageId(u64::MAX));
    }
    kv.drop_pages(&ranges)
}

#[derive(Default)]
struct Replayed {
    seq: u64,
    next_number: u64,
    quads: Vec<Row>,
    triple_terms: Vec<Row>,
}

/// Reads the log after the root. Errors: `Corruption` for a gap or a damaged record.
fn replay(kv: &Kv, root: &Root, tail: &Tail) -> Result<Replayed> {
    let mut replayed = Replayed {
        seq: root.spilled,
        next_number: root.next_number,
        ..Replayed::default()
    };
    // Rows with the number of their commit, so that one sort brings the changes of a quad together.
    let mut quads: Vec<(Row, u64)> = Vec::new();
    let mut writer = tail.writer();
    kv.replay_log(root.spilled + 1, |seq, bytes| {
        if seq != replayed.seq + 1 {
            return Err(Error::new(
                Code::Corruption,
                format!("the log goes from commit {} to {seq}", replayed.seq),
            ));
        }
        let record = Record::decode(bytes)?;
        if record.first_ordinal != tail.end() && !record.terms.is_empty() {
            return Err(Error::new(
                Code::Corruption,
                format!("the terms of commit {seq} do not follow"),
            ));
        }
        for key in &record.terms {
            let (_, added) = writer.insert(key, vocab::hash(key))?;
            if !added {
                return Err(Error::new(
                    Code::Corruption,
                    format!("commit {seq} adds a known term"),
                ));
            }
        }
        replayed.seq = seq;
        replayed.next_number = replayed.next_number.max(record.next_number);
        replayed.triple_terms.extend(record.triple_terms);
        quads.extend(record.quads.into_iter().map(|row| (row, seq)));
        Ok(())
    })?;
    quads.sort_unstable_by_key(|(row, seq)| (row.key, *seq));
    let mut rows = quads.into_iter().map(|(row, _)| row).peekable();
    while let Some(first) = rows.next() {
        let mut net = Some(first);
        while let Some(newer) = rows.next_if(|row| row.key == first.key) {
            net = match net {
                Some(older) => combine(older, newer),
                None => Some(newer),
            };
        }
        replayed.quads.extend(net);
    }
    replayed.triple_terms.sort_unstable_by_key(|row| row.key);
    Ok(replayed)
}
