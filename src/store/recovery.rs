//! Recovery: from what is on disk to a version that can be read.
//!
//! The state on disk is the root and the log records after `root.spilled` (definition 27). What no root names is deleted, runs and
//! segments are opened, and the log is replayed into one run in memory.

use super::Shared;
use super::directory;
use super::head::Head;
use super::open::OpenOptions;
use super::record::Record;
use super::root::Root;
use super::shared::{Durability, Settings};
use super::version::{DiskRuns, Version};
use crate::control::Control;
use crate::error::{Code, Damage, Error, Result};
use crate::kv::cache::Cache;
use crate::kv::{self, Kv, Open, Options, PageId, RecoveryMode};
use crate::run::{Counts, DiskRun, MemRun, PageCache, Row, RunPlace, Sort, by_key, combine};
use crate::term::IriPrefixes;
use crate::vocab::{self, Segment, SegmentMeta, Tail, Vocabulary};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

/// Opens the page store. A damaged log is cut at the damage without being asked only if the commits in it were
/// never promised to survive power loss (definition 27). Errors: those of [`Kv::open`].
pub fn open_kv(directory: &Path, options: &OpenOptions<'_>) -> Result<Kv> {
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
/// Errors: `Corruption`, `NotAStore`, `FormatTooNew`, `WalDamaged`, `Io`, `ResourceExhausted`.
pub fn recover(kv: Arc<Kv>, options: &OpenOptions<'_>, created: bool) -> Result<(Shared, bool)> {
    let settings = options.settings.clone();
    let mut root = match kv.root()? {
        Some(bytes) => Root::decode(&bytes)?,
        None if created => create(&kv, &settings)?,
        None => return Err(directory::lost(options.path)),
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
