//! Statements of a parser into the batch of one thread.

use super::batch::{Batch, MemoryBatch, Sealed, SpooledBatch};
use super::terms::{Local, blank_key};
use super::{Checkpoint, Target};
use crate::control::{Charge, Control};
use crate::error::{Code, Result};
use crate::kv::{Kv, Spool};
use crate::load::statement::{ChunkEnd, InvalidTerm, RawTerm, Refusal, StatementSink, check_iri};
use crate::term::{Id, LiteralRef, Tag, TermRef, inline_literal};
use crate::vocab::dictionary_key;

/// Statements between two looks at the memory.
const ACCOUNT_STATEMENTS: usize = 1024;
/// Predicates that are remembered by their length.
const REMEMBERED: usize = 16;

/// An IRI seen shortly before. Subjects come in groups, predicates in turns.
#[derive(Default)]
struct Remembered {
    iri: String,
    local: Option<Local>,
}

impl Remembered {
    #[inline]
    fn local_of(&self, term: &RawTerm<'_>) -> Option<Local> {
        match term {
            RawTerm::Iri(iri) if *iri == self.iri => self.local,
            _ => None,
        }
    }

    fn set(&mut self, term: &RawTerm<'_>, local: Local) {
        if let RawTerm::Iri(iri) = term {
            self.iri.clear();
            self.iri.push_str(iri);
            self.local = Some(local);
        }
    }
}

/// Collects the statements of one thread. A full batch is sealed and spooled.
pub(super) struct BatchSink<'l> {
    kv: &'l Kv,
    control: Control,
    target: &'l Target,
    /// Whether IRIs go unchecked.
    pub trusted: bool,
    key_bytes_max: usize,
    batch_bytes_max: usize,
    /// Number of the spool of this sink.
    number: usize,
    /// The document the statements are of: labels of blank nodes are its own (definition 10).
    pub document: u32,
    batch: Batch,
    graph: Option<Local>,
    subject: Remembered,
    predicates: [Remembered; REMEMBERED],
    key: Vec<u8>,
    charge: Charge,
    spool: Option<Spool>,
    spooled: Vec<SpooledBatch>,
    checkpoint: Option<Checkpoint<'l>>,
}

/// What a sink is made with.
pub(super) struct SinkOptions<'l> {
    pub kv: &'l Kv,
    pub target: &'l Target,
    pub key_bytes_max: usize,
    pub batch_bytes_max: usize,
    pub number: usize,
    pub checkpoint: Option<Checkpoint<'l>>,
}

impl<'l> BatchSink<'l> {
    pub fn new(options: SinkOptions<'l>, control: &Control) -> Result<Self> {
        Ok(Self {
            kv: options.kv,
            target: options.target,
            trusted: false,
            key_bytes_max: options.key_bytes_max,
            batch_bytes_max: options.batch_bytes_max,
            number: options.number,
            checkpoint: options.checkpoint,
            document: 0,
            batch: Batch::default(),
            graph: None,
            subject: Remembered::default(),
            predicates: Default::default(),
            key: Vec::new(),
            charge: control.charge(0)?,
            spool: None,
            spooled: Vec::new(),
            control: control.clone(),
        })
    }

    /// Takes the batch out and starts an empty one.
    fn take_batch(&mut self) -> Batch {
        self.graph = None;
        self.subject.local = None;
        for remembered in &mut self.predicates {
            remembered.local = None;
        }
        std::mem::take(&mut self.batch)
    }

    /// Charges what the batch holds, and spools it if that is too much.
    fn account(&mut self) -> Result<()> {
        let bytes = self.batch.heap_bytes();
        let is_due = self.checkpoint.as_ref().is_some_and(|checkpoint| {
            !checkpoint.at_chunks && self.batch.rows.len() as u64 >= checkpoint.statements
        });
        if bytes <= self.batch_bytes_max && !self.batch.terms.is_full() && !is_due {
            match self.charge.resize(bytes) {
                // Others have the memory: go on with less.
                Err(error) if error.code() == Code::ResourceExhausted => {}
                other => return other,
            }
        }
        match self.checkpoint.is_some() {
            true => self.commit(None)?,
            false => self.spill()?,
        }
        self.charge.resize(0)
    }

    /// Commits the batch; everything before `end` is in the store then.
    fn commit(&mut self, end: Option<ChunkEnd>) -> Result<()> {
        let batch = self.take_batch();
        match &mut self.checkpoint {
            Some(checkpoint) => checkpoint.commit(batch, end),
            None => Ok(()),
        }
    }

    /// Writes the batch to the spool. Errors: `Io`, `Cancelled`, `QueryTimeout`.
    fn spill(&mut self) -> Result<()> {
        if let Sealed::Memory(batch) = self.take_batch().seal() {
            self.spill_sealed(batch)?;
        }
        Ok(())
    }

    fn spill_sealed(&mut self, batch: MemoryBatch) -> Result<()> {
        let spool = match &mut self.spool {
            Some(spool) => spool,
            none => none.insert(self.kv.spool()?),
        };
        self.spooled
            .push(batch.spill(spool, self.number, &self.control)?);
        Ok(())
    }

    pub fn has_spooled(&self) -> bool {
        !self.spooled.is_empty()
    }

    /// Seals what is left. `spill` sends it to the spool, for loads of which other parts are there.
    /// Returns the batches, their spool, and what the one in memory is charged.
    pub fn finish(mut self, spill: bool) -> Result<(Vec<Sealed>, Option<Spool>, Charge)> {
        if self.checkpoint.is_some() {
            self.commit(None)?;
        }
        let mut batches = Vec::new();
        if !self.batch.rows.is_empty() {
            match self.take_batch().seal() {
                Sealed::Memory(batch) if spill => {
                    self.spill_sealed(batch)?;
                    self.charge.resize(0)?;
                }
                batch => batches.push(batch),
            }
        }
        if let Some(spool) = &mut self.spool {
            spool.flush()?;
        }
        batches.extend(self.spooled.into_iter().map(Sealed::Spooled));
        Ok((batches, self.spool, self.charge))
    }

    #[inline]
    fn subject(&mut self, term: RawTerm<'_>) -> Result<Local, Refusal> {
        if let Some(local) = self.subject.local_of(&term) {
            return Ok(local);
        }
        let local = self.local(term)?;
        self.subject.set(&term, local);
        Ok(local)
    }

    #[inline]
    fn predicate(&mut self, term: RawTerm<'_>) -> Result<Local, Refusal> {
        let RawTerm::Iri(iri) = term else {
            return self.local(term);
        };
        let slot = iri.len() % REMEMBERED;
        if let Some(local) = self.predicates[slot].local_of(&term) {
            return Ok(local);
        }
        let local = self.local(term)?;
        self.predicates[slot].set(&term, local);
        Ok(local)
    }

    fn target_graph(&mut self) -> Result<Local, Refusal> {
        if let Some(graph) = self.graph {
            return Ok(graph);
        }
        let target = self.target;
        let graph = match target {
            Target::DefaultGraph => Local::DEFAULT_GRAPH,
            Target::Iri(iri) => self.local(RawTerm::Iri(iri))?,
            Target::Blank(number) => self.batch.terms.inline(Id::new(Tag::Blank, *number)),
        };
        self.graph = Some(graph);
        Ok(graph)
    }

    #[inline]
    fn local(&mut self, term: RawTerm<'_>) -> Result<Local, Refusal> {
        match term {
            RawTerm::Iri(iri) => {
                self.key.clear();
                self.key.push(Tag::IriDictionary.byte());
                self.key.extend_from_slice(iri.as_bytes());
                let trusted = self.trusted;
                self.keyed(|| match trusted {
                    true => Ok(()),
                    false => check_iri(iri),
                })
            }
            RawTerm::Blank(label) => {
                blank_key(self.document, label, &mut self.key);
                self.keyed(|| Ok(()))
            }
            RawTerm::Literal(literal) => {
                let literal = LiteralRef::from(literal);
                if let Some(id) = inline_literal(literal) {
                    return Ok(self.batch.terms.inline(id));
                }
                dictionary_key(TermRef::Literal(literal), &mut self.key);
                self.keyed(|| Ok(()))
            }
            RawTerm::Triple([s, p, o]) => {
                let parts = [self.local(*s)?, self.local(*p)?, self.local(*o)?];
                Ok(self.batch.terms.triple(parts))
            }
        }
    }

    /// The term whose key is in `self.key`.
    #[inline]
    fn keyed(&mut self, check: impl FnOnce() -> Result<(), InvalidTerm>) -> Result<Local, Refusal> {
        let (key, limit) = (&self.key, self.key_bytes_max);
        let checked = || match key.len() > limit {
            true => Err(InvalidTerm::new(
                Code::TermTooLarge,
                format!("a term has {} bytes; the limit is {limit}", key.len()),
            )),
            false => check(),
        };
        Ok(self.batch.terms.intern(key, checked)?)
    }
}

impl StatementSink for BatchSink<'_> {
    #[inline]
    fn statement(
        &mut self,
        subject: RawTerm<'_>,
        predicate: RawTerm<'_>,
        object: RawTerm<'_>,
        graph: Option<RawTerm<'_>>,
    ) -> Result<(), Refusal> {
        let row = [
            self.subject(subject)?,
            self.predicate(predicate)?,
            self.local(object)?,
            match graph {
                Some(graph) => self.local(graph)?,
                None => self.target_graph()?,
            },
        ];
        self.batch.rows.push(row);
        if self.batch.rows.len().is_multiple_of(ACCOUNT_STATEMENTS) {
            self.account()?;
        }
        Ok(())
    }

    fn end_of_chunk(&mut self, end: ChunkEnd) -> Result<()> {
        let rows = self.batch.rows.len() as u64;
        match &self.checkpoint {
            Some(checkpoint) if rows >= checkpoint.statements => {
                self.commit(Some(end))?;
                self.charge.resize(0)
            }
            _ => Ok(()),
        }
    }
}
