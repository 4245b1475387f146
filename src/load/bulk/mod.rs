//! Documents into a store: the one door for every load.
//!
//! Parsing threads collect statements in batches with terms of their own ([`sink`], [`batch`]); nothing of the
//! store is touched, so other writers go on. When everything is read, a small load is an ordinary transaction
//! ([`small`]); a large one takes the gate, merges the keys of all batches into a sorted segment ([`vocabulary`]),
//! turns the rows into sorted pieces ([`pieces`]) and their merge into the runs of every order, and flips them in
//! with one install ([`large`]). Either way it is all or nothing, except that a load with checkpoints commits part
//! after part.
//!
//! Invariants: memory stays within the account of the control, whatever the size of the documents (batches and
//! pieces go to spools, triple terms to runs); equal statements count once; a blank node label means one node of its
//! document.
//!
//! Cost on two cores: 0.4 us a triple to parse and intern, 0.3 us to merge, sort and write.

mod batch;
mod distinct;
mod keys;
mod large;
mod pieces;
mod sink;
mod small;
mod terms;
mod vocabulary;

use super::Input;
use super::chunk::CHUNK_BYTES;
use super::options::{OnCheckpoint, ParseOptions};
use super::parse::{Parsed, parse};
use super::report::BadStatements;
use super::statement::ChunkEnd;
use crate::control::{Charge, Control, Phase, joined};
use crate::error::Result;
use crate::kv::Spool;
use crate::store::Store;
use batch::{Batch, Sealed};
use parking_lot::Mutex;
use sink::{BatchSink, SinkOptions};
use std::collections::VecDeque;
use std::thread;
use vocabulary::BlankIds;

/// Below this a load costs less as an ordinary transaction, and leaves no run of its own to be merged.
pub const LARGE_STATEMENTS: usize = 50_000;

/// Parts of the account: batches while parsing; then sorted pieces, and the rows of the runs being written.
/// Batches are gone when runs are written.
const BATCH_SHARE: (usize, usize) = (1, 3);
const PIECE_SHARE: (usize, usize) = (1, 4);
const RUN_SHARE: (usize, usize) = (1, 2);
/// Triple terms beyond this are written as runs.
const TRIPLE_SHARE: (usize, usize) = (1, 8);
/// The most that the filter of the new segment takes.
const FILTER_SHARE: (usize, usize) = (1, 16);
/// Memory that a parsing thread needs for chunks of text and a batch worth making.
const THREAD_BYTES_MIN: usize = 12 << 20;

fn share(bytes: usize, (part, of): (usize, usize)) -> usize {
    bytes / of * part
}

/// The graph that statements without one go to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Target {
    #[default]
    DefaultGraph,
    Iri(String),
    /// The number of a blank node of the store.
    Blank(u64),
}

/// How documents are loaded into a store.
#[derive(Clone, Default)]
pub struct LoadSettings {
    pub target: Target,
    /// Commits whenever so many statements have been read, instead of all or nothing.
    pub checkpoint_statements: Option<u64>,
    /// Called after each of these commits, for documents that have chunks.
    pub on_checkpoint: Option<OnCheckpoint>,
    /// A load with fewer statements is an ordinary transaction.
    pub large_statements: usize,
    /// Threads that parse, at least 1.
    pub threads: usize,
    pub max_term_bytes: usize,
}

/// A document and how it is parsed.
pub struct Document<'i> {
    pub input: Input<'i>,
    pub options: ParseOptions,
    /// Its size where known; a small one is not worth a second thread.
    pub bytes: Option<u64>,
}

/// What a load did.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Statements read; a repeated one counts each time.
    pub statements: u64,
    /// Quads that were not there before.
    pub inserted: u64,
    /// The last commit of the load, 0 if it changed nothing.
    pub seq: u64,
    pub bad: BadStatements,
    /// Where a load with checkpoints can be resumed: everything before is in the store.
    pub checkpoint: Option<ChunkEnd>,
}

/// What a commit of batches did.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    inserted: u64,
    seq: u64,
}

/// Commits the batches of one thread, one after the other.
struct Checkpoint<'l> {
    store: &'l Store,
    control: Control,
    settings: &'l LoadSettings,
    statements: u64,
    /// The document has chunks, and commits are made at their ends.
    at_chunks: bool,
    blanks: BlankIds,
    done: &'l Mutex<Loaded>,
}

impl Checkpoint<'_> {
    fn commit(&mut self, batch: Batch, end: Option<ChunkEnd>) -> Result<()> {
        if !batch.rows.is_empty() {
            let batches = vec![batch.seal()];
            let parts = Parts {
                batches,
                spools: Vec::new(),
                charges: Vec::new(),
            };
            let mut commit = Commit {
                store: self.store,
                settings: self.settings,
                blanks: &mut self.blanks,
                is_continued: true,
                control: &self.control,
            };
            let outcome = commit.commit(parts)?;
            let mut done = self.done.lock();
            done.inserted += outcome.inserted;
            if outcome.inserted > 0 {
                done.seq = outcome.seq;
            }
        }
        if let Some(end) = end {
            self.done.lock().checkpoint = Some(end);
            if let Some(tell) = &self.settings.on_checkpoint {
                tell(end)?;
            }
        }
        self.control.set_phase(Phase::Parse);
        Ok(())
    }
}

/// Everything that was parsed, before it has ids.
struct Parts {
    batches: Vec<Sealed>,
    spools: Vec<Spool>,
    /// What the batches in memory are charged.
    charges: Vec<Charge>,
}

/// How parts become a commit.
struct Commit<'c> {
    store: &'c Store,
    settings: &'c LoadSettings,
    blanks: &'c mut BlankIds,
    /// More of the same load comes after it.
    is_continued: bool,
    control: &'c Control,
}

impl Commit<'_> {
    fn commit(&mut self, parts: Parts) -> Result<Outcome> {
        let statements: Option<usize> = parts
            .batches
            .iter()
            .map(|batch| match batch {
                Sealed::Memory(batch) => Some(batch.rows.len()),
                Sealed::Spooled(_) => None,
            })
            .sum();
        match statements {
            Some(0) => Ok(Outcome::default()),
            Some(statements) if statements < self.settings.large_statements => {
                self.commit_small(&parts.batches)
            }
            _ => self.commit_large(parts),
        }
    }
}

/// Loads documents. Line-based ones are parsed by all threads together, one after the other; the others by a
/// thread each.
/// Errors: those of [`parse`]; those of a transaction; `ResourceExhausted` if not even small batches find memory.
pub fn load(
    store: &Store,
    documents: Vec<Document<'_>>,
    settings: &LoadSettings,
    control: &Control,
) -> Result<Loaded> {
    control.set_phase(Phase::Parse);
    let threads = match settings.checkpoint_statements {
        Some(_) => 1,
        None => threads_for(&documents, settings.threads)
            .min(control.memory().limit() / THREAD_BYTES_MIN)
            .max(1),
    };
    let done = Mutex::new(Loaded::default());
    let at_chunks = documents
        .iter()
        .all(|document| document.options.format.is_line_based());
    let mut sinks = (0..threads)
        .map(|number| {
            let checkpoint = settings.checkpoint_statements.map(|statements| Checkpoint {
                store,
                control: control.clone(),
                settings,
                statements,
                at_chunks,
                blanks: BlankIds::default(),
                done: &done,
            });
            BatchSink::new(
                SinkOptions {
                    kv: store.kv(),
                    target: &settings.target,
                    key_bytes_max: settings.max_term_bytes,
                    batch_bytes_max: share(control.memory().limit(), BATCH_SHARE) / threads,
                    number,
                    checkpoint,
                },
                control,
            )
        })
        .collect::<Result<Vec<_>>>()?;
    let parsed = parse_all(documents, control, &mut sinks)?;
    let outcome = match settings.checkpoint_statements {
        Some(_) => {
            for sink in sinks {
                sink.finish(false)?;
            }
            Outcome::default()
        }
        None => Commit {
            store,
            settings,
            blanks: &mut BlankIds::default(),
            is_continued: false,
            control,
        }
        .commit(seal(sinks)?)?,
    };
    control.set_phase(Phase::Done);
    let mut loaded = done.into_inner();
    loaded.statements = parsed.statements;
    loaded.bad = parsed.bad;
    loaded.inserted += outcome.inserted;
    if outcome.inserted > 0 {
        loaded.seq = outcome.seq;
    }
    Ok(loaded)
}

/// Threads that are worth it.
fn threads_for(documents: &[Document<'_>], threads: usize) -> usize {
    let lines = |document: &&Document<'_>| document.options.format.is_line_based();
    let is_large = |document: &Document<'_>| {
        document
            .bytes
            .is_none_or(|bytes| bytes > 2 * CHUNK_BYTES as u64)
    };
    let useful = match documents.iter().filter(lines).any(is_large) {
        true => threads,
        false => documents
            .iter()
            .filter(|document| is_large(document))
            .count(),
    };
    threads.min(useful)
}

/// Parses every document into the sinks.
fn parse_all(
    documents: Vec<Document<'_>>,
    control: &Control,
    sinks: &mut [BatchSink<'_>],
) -> Result<Parsed> {
    let mut parsed = Parsed::default();
    let mut add = |part: Parsed, keep: usize| {
        parsed.statements += part.statements;
        parsed.bad.merge(part.bad, keep);
    };
    let (lines, nested): (Vec<_>, Vec<_>) = documents
        .into_iter()
        .enumerate()
        .partition(|(_, document)| document.options.format.is_line_based());
    for (number, document) in lines {
        for sink in &mut *sinks {
            sink.document = number as u32;
            sink.trusted = document.options.trusted;
        }
        let keep = document.options.on_error.keep();
        add(
            parse(document.input, &document.options, control, sinks)?,
            keep,
        );
    }
    let queue = Mutex::new(VecDeque::from(nested));
    let work = |sink: &mut BatchSink<'_>| -> Result<Vec<(Parsed, usize)>> {
        let mut parts = Vec::new();
        loop {
            let Some((number, document)) = queue.lock().pop_front() else {
                return Ok(parts);
            };
            sink.document = number as u32;
            sink.trusted = document.options.trusted;
            let keep = document.options.on_error.keep();
            let sink = std::slice::from_mut(sink);
            match parse(document.input, &document.options, control, sink) {
                Ok(part) => parts.push((part, keep)),
                Err(error) => {
                    // All or nothing: the other threads need not begin another document.
                    queue.lock().clear();
                    return Err(error);
                }
            }
        }
    };
    let outcomes: Vec<Result<Vec<(Parsed, usize)>>> = match sinks {
        [sink] => vec![work(sink)],
        sinks => thread::scope(|scope| {
            let threads: Vec<_> = sinks
                .iter_mut()
                .map(|sink| scope.spawn(|| work(sink)))
                .collect();
            threads.into_iter().map(|t| joined(t.join())).collect()
        }),
    };
    for outcome in outcomes {
        for (part, keep) in outcome? {
            add(part, keep);
        }
    }
    Ok(parsed)
}

/// Seals what the sinks hold, each on a thread of its own: sorting the keys is most of the work.
fn seal(sinks: Vec<BatchSink<'_>>) -> Result<Parts> {
    let spill = sinks.iter().any(BatchSink::has_spooled);
    let sealed: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = sinks
            .into_iter()
            .map(|sink| scope.spawn(move || sink.finish(spill)))
            .collect();
        threads.into_iter().map(|t| joined(t.join())).collect()
    });
    let mut parts = Parts {
        batches: Vec::new(),
        spools: Vec::new(),
        charges: Vec::new(),
    };
    for sealed in sealed {
        let (batches, spool, charge) = sealed?;
        let number = parts.spools.len();
        parts.batches.extend(batches.into_iter().map(|mut batch| {
            if let Sealed::Spooled(batch) = &mut batch {
                batch.spool = number;
            }
            batch
        }));
        parts.spools.extend(spool);
        parts.charges.push(charge);
    }
    Ok(parts)
}
