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
use super::source::QuadSource;
use super::version::{DiskRuns, Version};
use crate::control::{Budget, Control};
use crate::error::{Code, Damage, Error, Result};
use crate::kv::cache::Cache;
use crate::kv::{self, DirectoryLock, Kv, Open, Options, PageId, RecoveryMode, Sharing};
use crate::run::{Counts, DiskRun, MemRun, PageCache, Row, RunPlace, Sort, by_key, combine};
use crate::term::IriPrefixes;
use crate::vocab::{self, Segment, SegmentMeta, Tail, Vocabulary};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Names the directory as a store and says which format it has, for people and other programs. The last file
/// that creating a store writes, so that a store that has it and no data has lost them.
const MARKER: &str = "TRIPLESTORE";
const NEW_MARKER: &str = "TRIPLESTORE.new";
const MARKER_TEXT: &str = "triplestore format ";
const DATABASE: &str = "data";
/// How long closing waits for the writer before it leaves what is in memory to the log.
const CLOSING_WAIT: Duration = Duration::from_millis(200);

/// An open store. Closing it twice, or while others still read, is safe.
pub struct Store {
    shared: Arc<Shared>,
    running: Mutex<Option<Running>>,
    /// Held while closing, so that whoever closes it too returns when it is closed.
    closing: Mutex<()>,
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
        let directory = options.path.join(DATABASE);
        let (lock, created) = match options.open {
            Open::Memory => (None, true),
            _ => {
                let created = !is_store(&options)?;
                (Some(lock_directory(&options)?), created)
            }
        };
        if !created && !directory.is_dir() {
            return Err(lost(options.path));
        }
        let kv = Arc::new(open_kv(&directory, &options)?);
        let (shared, gap) = recover(kv, &options, created)?;
        let shared = Arc::new(shared);
        if gap && options.open == Open::ReadWrite {
            // Nothing of a log that cannot be read on is left to be met again.
            shared.spill_all(&Control::new())?;
            shared.kv.reset_log()?;
        }
        if lock.is_some() && created {
            write_marker(options.path)?;
        }
        let running = Running {
            background: Background::start(&shared)?,
            lock,
        };
        // What was replayed is sorted by now in one way only.
        shared.signal.wake();
        Ok(Self {
            shared,
            running: Mutex::new(Some(running)),
            closing: Mutex::new(()),
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
    /// Errors: `ReadOnly`, `ReopenRequired`, `Closed`, `Cancelled`, `QueryTimeout`, those of merging.
    pub fn quiesce(&self, control: &Control) -> Result<()> {
        self.check_open()?;
        self.shared.check_writable()?;
        while self.shared.merge_one(None, control)? || self.shared.merge_segments(control)? {
            control.poll()?;
        }
        self.shared.collect_garbage()
    }

    /// Reads everything the newest version holds and reports what is wrong.
    /// Errors: `Cancelled`, `QueryTimeout`, `Closed`, `Io`.
    pub fn check(&self, control: &Control) -> Result<CheckReport> {
        self.check_open()?;
        let pinned = self.shared.pin(PinKind::Check);
        let report = super::check::check(pinned.version(), &pinned.listening(control));
        // What is missing may have gone with the pin.
        pinned.check()?;
        report
    }

    /// Makes every commit so far survive power loss, whatever the durability.
    /// Errors: `Io`, then the store takes no more writes; `ReopenRequired`, `Closed`.
    pub fn sync(&self) -> Result<()> {
        self.check_open()?;
        self.shared.check_sound()?;
        self.shared.sync_log()
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

    #[cfg(test)]
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
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
        let _closing = self.closing.lock();
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
                // A transaction that someone left open keeps the gate: its commit will be told that the store is
                // closed, and the log has what a spill would write.
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

/// Whether the directory is a store; else it may become one.
/// Errors: `NotAStore`, `FormatTooNew`, `NotFound`, `Io`.
fn is_store(options: &OpenOptions<'_>) -> Result<bool> {
    let path = options.path;
    let marker = path.join(MARKER);
    match std::fs::read_to_string(&marker) {
        Ok(text) => return check_marker(path, &text).map(|()| true),
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) if e.kind() == ErrorKind::NotADirectory => {
            return Err(Error::new(
                Code::NotAStore,
                format!("{} is not a directory", path.display()),
            )
            .with_hint("give the directory of a store, or a path where one can be created"));
        }
        Err(e) => return Err(Error::io("reading", &marker, e)),
    }
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries
            .map(|entry| Ok(entry?.file_name()))
            .collect::<std::io::Result<Vec<_>>>()
            .map_err(|e| Error::io("listing", path, e))?,
        Err(e) if e.kind() == ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(Error::io("listing", path, e)),
    };
    // What is left when creating a store was interrupted: the lock is the first file.
    let is_ours = |name: &OsString| {
        [kv::LOCK_FILE, NEW_MARKER, DATABASE]
            .iter()
            .any(|ours| name == ours)
    };
    let interrupted =
        entries.iter().all(is_ours) && entries.iter().any(|name| name == kv::LOCK_FILE);
    if !entries.is_empty() && !interrupted {
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
    Ok(false)
}

/// Errors: `FormatTooNew`, `NotAStore`.
fn check_marker(path: &Path, text: &str) -> Result<()> {
    let format = text.strip_prefix(MARKER_TEXT).map(str::trim_end);
    match format.and_then(|format| format.parse::<u32>().ok()) {
        Some(format) => super::root::check_format(format),
        None => Err(Error::new(
            Code::NotAStore,
            format!("{} is not one of a store", path.join(MARKER).display()),
        )
        .with_hint("give an empty directory, or one that a store was created in")),
    }
}

fn lock_directory(options: &OpenOptions<'_>) -> Result<DirectoryLock> {
    let path = options.path;
    match options.open {
        Open::ReadOnly => DirectoryLock::acquire(path, Sharing::Shared),
        _ => {
            std::fs::create_dir_all(path).map_err(|e| Error::io("creating", path, e))?;
            DirectoryLock::acquire(path, Sharing::Exclusive)
        }
    }
}

/// Makes the directory a store, once everything in it is there, and everything that leads to it survive power
/// loss.
fn write_marker(path: &Path) -> Result<()> {
    let (new, marker) = (path.join(NEW_MARKER), path.join(MARKER));
    let text = format!("{MARKER_TEXT}{}\n", super::root::FORMAT);
    std::fs::write(&new, text).map_err(|e| Error::io("writing", &new, e))?;
    sync_path(&new)?;
    // So that what the marker vouches for is never younger than the marker.
    sync_path(path)?;
    std::fs::rename(&new, &marker).map_err(|e| Error::io("renaming", &new, e))?;
    sync_path(path)?;
    // The directory may be new, and those above it; some of them may not be readable, and are then old.
    let absolute = std::path::absolute(path).map_err(|e| Error::io("resolving", path, e))?;
    for above in absolute.ancestors().skip(1) {
        match std::fs::File::open(above) {
            Ok(directory) => directory
                .sync_all()
                .map_err(|e| Error::io("syncing", above, e))?,
            Err(_) => break,
        }
    }
    Ok(())
}

/// Syncs a file or directory.
fn sync_path(path: &Path) -> Result<()> {
    std::fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|e| Error::io("syncing", path, e))
}

#[cold]
fn lost(path: &Path) -> Error {
    Error::new(
        Code::Corruption,
        format!("the data of the store at {} are missing", path.display()),
    )
    .with_hint("restore the store from a backup; to begin anew, give another directory")
}

/// Opens the page store. A damaged log is cut at the damage without being asked only if the commits in it were
/// never promised to survive power loss (definition 27). Errors: those of [`Kv::open`].
fn open_kv(directory: &Path, options: &OpenOptions<'_>) -> Result<Kv> {
    let with = |open, recovery| {
        let options = Options {
            open,
            recovery,
            ..options.kv.clone()
        };
        Kv::open(directory, &options)
    };
    let refusal = match with(options.open, options.recovery) {
        Err(error) if error.code() == Code::WalDamaged => error,
        result => return result,
    };
    let recorded = with(Open::ReadOnly, RecoveryMode::PointInTime)
        .and_then(|kv| kv.root())
        .and_then(|root| root.map(|bytes| Root::decode(&bytes)).transpose());
    match recorded {
        Ok(Some(root)) if Durability::from_number(root.durability) != Durability::Sync => {
            tracing::warn!(target: "triplestore::store", "what was not synced is dropped: {refusal}");
            with(options.open, RecoveryMode::PointInTime)
        }
        _ => Err(refusal),
    }
}

/// The state of a store, and whether its log ends early.
fn recover(kv: Arc<Kv>, options: &OpenOptions<'_>, created: bool) -> Result<(Shared, bool)> {
    let settings = options.settings.clone();
    let mut root = match kv.root()? {
        Some(bytes) => Root::decode(&bytes)?,
        None if created => create(&kv, &settings)?,
        None => return Err(lost(options.path)),
    };
    let durability = Durability::from_number(root.durability);
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

    let mut disk = DiskRuns::default();
    for sort in Sort::ALL {
        for run in &root.runs[sort.index()] {
            let place = RunPlace {
                sort,
                epoch: run.epoch,
                first_seq: run.first_seq,
                last_seq: run.last_seq,
                extent: run.extent,
                pages: run.pages,
                meta_page: run.meta_page,
            };
            let run = Arc::new(DiskRun::open(place, &kv)?);
            tell_damage(run.damage());
            disk[sort.index()].push(run);
        }
    }
    let counted = counted(&disk, root.epoch);
    let mut segments = Vec::new();
    for segment in &root.segments {
        let (meta, _) = SegmentMeta::read(&segment.meta)
            .ok_or_else(|| Error::new(Code::Corruption, "the root names a damaged segment"))?;
        let segment = Segment::open(meta, words.clone(), &control)?;
        tell_damage(segment.damage());
        segments.push(Arc::new(segment));
    }
    let tail = Arc::new(Tail::new(
        root.next_ordinal,
        settings.max_term_bytes,
        &options.budget,
    )?);
    let replayed = replay(&kv, &root, &tail)?;
    if let Some(gap) = &replayed.gap {
        // Commits after a gap were never promised to survive power loss if none was; else an operator decides.
        if durability == Durability::Sync && options.recovery == RecoveryMode::TornTail {
            return Err(Error::new(Code::WalDamaged, gap.as_str()).with_hint(kv::RECOVER));
        }
        tracing::warn!(target: "triplestore::store", "commits after {} are dropped: {gap}", replayed.seq);
    }
    if kv.mode() != Open::ReadOnly && durability != settings.durability {
        // Before the first commit that is made this way.
        root.durability = settings.durability as u8;
        kv.flip(&root.encode(), root.spilled + 1)?;
    }
    let prefixes = Arc::new(prefixes(&root.prefixes)?);
    let watermark = tail.end();
    let mut version = Version {
        seq: replayed.seq,
        generation: root.generation,
        epoch: root.epoch,
        install: 0,
        uncommitted: Vec::new(),
        memory: Vec::new(),
        disk: Arc::new(disk),
        vocabulary: Arc::new(Vocabulary::new(segments, tail, prefixes)?),
        counts: counted.unwrap_or_default(),
        is_counted: counted.is_some(),
        pages: pages.clone(),
        deltas: Arc::default(),
        watermark,
        next_number: replayed.next_number,
    };
    if !replayed.quads.is_empty() || !replayed.triple_terms.is_empty() {
        let mut run = MemRun::unfinished(
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
        spill_terms: None,
        retired: Vec::new(),
    };
    let shared = Shared::new(kv, pages, words, settings, options.budget.clone(), head);
    Ok((shared, replayed.gap.is_some()))
}

/// The quads of all runs on disk, by a sort whose metadata are sound; `None` if there is none.
fn counted(disk: &DiskRuns, epoch: u32) -> Option<Counts> {
    let counts_of = |sort: Sort| {
        let mut counts = Counts::default();
        for run in &disk[sort.index()] {
            let meta = run.sound_meta()?;
            counts += match run.epoch == epoch {
                true => meta.counts,
                false => meta.counts.without_inferred(),
            };
        }
        Some(counts)
    };
    [Sort::Spog, Sort::Psog, Sort::Posg, Sort::Ospg]
        .into_iter()
        .find_map(counts_of)
}

fn tell_damage(damage: Option<&Damage>) {
    if let Some(damage) = damage {
        tracing::error!(target: "triplestore::store", "{}", damage.detail());
    }
}

/// The learned prefixes; a store that has learned none stores nothing.
fn prefixes(bytes: &[u8]) -> Result<IriPrefixes> {
    match bytes {
        [] => Ok(IriPrefixes::new()),
        bytes => IriPrefixes::deserialize(bytes),
    }
}

fn create(kv: &Kv, settings: &Settings) -> Result<Root> {
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

/// Deletes extents that were reserved and never installed, those after the last one the root knows of, and what
/// was freed. Nobody reads yet. Their numbers are not given again.
fn delete_garbage(kv: &Kv, root: &mut Root) -> Result<()> {
    let mut garbage: Vec<u64> = root.reserved.drain(..).collect();
    garbage.extend(root.free.drain(..).map(|free| free.extent));
    loop {
        match kv.first_page_from(PageId::new(root.next_extent, 0)) {
            Ok(None) => break,
            Ok(Some(page)) => {
                garbage.push(page.extent());
                root.next_extent = page.extent() + 1;
            }
            // Nobody reads it, and what is written there later is above it.
            Err(error) if error.code() == Code::Corruption => {
                tracing::warn!(target: "triplestore::store", "garbage is left: {error}");
                break;
            }
            Err(error) => return Err(error),
        }
    }
    let pages: Vec<_> = garbage.into_iter().map(PageId::all_of).collect();
    kv.drop_pages(&pages)
}

#[derive(Default)]
struct Replayed {
    seq: u64,
    next_number: u64,
    quads: Vec<Row>,
    triple_terms: Vec<Row>,
    /// What ends the log before its last record.
    gap: Option<String>,
}

/// Reads the log after the root, up to a gap or a damaged record.
/// Errors: `Corruption` for records that contradict each other.
fn replay(kv: &Kv, root: &Root, tail: &Tail) -> Result<Replayed> {
    let mut replayed = Replayed {
        seq: root.spilled,
        next_number: root.next_number,
        ..Replayed::default()
    };
    let mut quads: Vec<Row> = Vec::new();
    let mut writer = tail.writer();
    let mut gap = None;
    let read = kv.replay_log(root.spilled + 1, |seq, bytes| {
        if seq != replayed.seq + 1 {
            gap = Some(format!(
                "the log goes from commit {} to {seq}",
                replayed.seq
            ));
            return Ok(false);
        }
        let record = match Record::decode(bytes) {
            Ok(record) => record,
            Err(error) => {
                gap = Some(format!("commit {seq}: {}", error.detail()));
                return Ok(false);
            }
        };
        if record.generation != root.generation {
            return Err(Error::new(
                Code::Corruption,
                format!("commit {seq} has ids of another dictionary"),
            ));
        }
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
        replayed
            .triple_terms
            .extend_from_slice(&record.triple_terms);
        quads.extend_from_slice(&record.quads);
        Ok(true)
    });
    replayed.gap = read?.map(|damage| damage.detail().to_string()).or(gap);
    // Changes of one quad come together in the order of their commits.
    let order = by_key(quads.len(), |at| &quads[at].key);
    let mut rows = order.into_iter().map(|at| quads[at]).peekable();
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
