//! External search: what one node reaches where the nodes reached do not fit in memory.
//!
//! Sets are sorted runs of temporary files. A level is expanded into candidates; what is new among them, the merged
//! candidates without the merged runs of earlier levels, is the run of the next level. Cost: a pass over all that was
//! reached for each level.

use super::expand::{Edges, Graph};
use crate::control::Charge;
use crate::error::Result;
use crate::exec::batch::Batch;
use crate::exec::spool::{Part, PartReader, PartWriter, RowSpool};
use crate::plan::Automaton;
use crate::store::BATCH_ROWS;
use std::sync::Arc;

/// A node and what is said of it: the class of walks that come to it, or behind the classes that walks end at it.
type Item = (u64, u64);
const ITEM_BYTES: usize = size_of::<Item>();

/// Runs of about one size that are merged into one.
const FAN_IN: usize = 8;
/// The least and the most bytes of the buffer of candidates, and its part of the query's memory.
const BUFFER_BYTES_MIN: usize = 32 << 10;
const BUFFER_BYTES_MAX: usize = 4 << 20;
const BUFFER_PART: usize = 16;
/// Bytes of a chunk that is written and read at a time.
const CHUNK_BYTES: usize = 4 << 10;

/// Items in ascending order, each once.
#[derive(Clone)]
struct Run {
    spool: Arc<RowSpool>,
    part: Part,
}

impl Run {
    fn reader(&self) -> RunReader {
        RunReader {
            reader: PartReader::new(&self.spool, self.part.clone(), 2),
            batch: Batch::new(),
            at: 0,
        }
    }
}

struct RunReader {
    reader: PartReader,
    batch: Batch,
    at: usize,
}

impl RunReader {
    fn peek(&mut self) -> Result<Option<Item>> {
        if self.at == self.batch.rows() {
            self.at = 0;
            if !self.reader.next_chunk(&mut self.batch)? {
                self.batch.reset(0);
                return Ok(None);
            }
        }
        let columns = &self.batch.columns;
        Ok(Some((columns[0][self.at], columns[1][self.at])))
    }
}

/// Runs as one, each item once.
struct Merge {
    readers: Vec<RunReader>,
}

impl Merge {
    fn new(runs: &[Run]) -> Self {
        Self {
            readers: runs.iter().map(Run::reader).collect(),
        }
    }

    fn peek(&mut self) -> Result<Option<Item>> {
        let mut least = None;
        for reader in &mut self.readers {
            if let Some(item) = reader.peek()? {
                least = Some(least.map_or(item, |other: Item| other.min(item)));
            }
        }
        Ok(least)
    }

    fn next(&mut self) -> Result<Option<Item>> {
        let least = self.peek()?;
        if let Some(item) = least {
            self.pass(item)?;
        }
        Ok(least)
    }

    /// Moves behind an item that is the least.
    fn pass(&mut self, item: Item) -> Result<()> {
        for reader in &mut self.readers {
            if reader.peek()? == Some(item) {
                reader.at += 1;
            }
        }
        Ok(())
    }

    /// Whether the merge has an item that is behind all it was asked for before.
    fn has(&mut self, wanted: Item) -> Result<bool> {
        for reader in &mut self.readers {
            while reader.peek()?.is_some_and(|item| item < wanted) {
                reader.at += 1;
            }
        }
        Ok(self.peek()? == Some(wanted))
    }
}

/// Runs by how often they were merged, so that a run is as often merged as there are powers of [`FAN_IN`] in their number.
#[derive(Default)]
struct Runs {
    generations: Vec<Vec<Run>>,
}

impl Runs {
    fn all(&self) -> Vec<Run> {
        self.generations.iter().flatten().cloned().collect()
    }

    fn add(&mut self, run: Run, graph: &Graph) -> Result<()> {
        let mut run = run;
        for generation in 0.. {
            if self.generations.len() == generation {
                self.generations.push(Vec::new());
            }
            let runs = &mut self.generations[generation];
            runs.push(run);
            if runs.len() < FAN_IN {
                break;
            }
            run = merged(&std::mem::take(runs), &[], graph)?;
        }
        Ok(())
    }
}

/// The items of `runs` that are in none of `without`, as a run.
fn merged(runs: &[Run], without: &[Run], graph: &Graph) -> Result<Run> {
    let (mut items, mut known) = (Merge::new(runs), Merge::new(without));
    let mut out = RunWriter::new(graph)?;
    while let Some(item) = items.next()? {
        if !known.has(item)? {
            out.push(item)?;
        }
    }
    out.finish()
}

struct RunWriter {
    spool: RowSpool,
    writer: PartWriter,
}

impl RunWriter {
    fn new(graph: &Graph) -> Result<Self> {
        Ok(Self {
            spool: RowSpool::new(graph.runtime())?,
            writer: PartWriter::new(2, CHUNK_BYTES),
        })
    }

    fn push(&mut self, item: Item) -> Result<()> {
        self.writer.push([item.0, item.1], &mut self.spool)
    }

    fn finish(mut self) -> Result<Run> {
        let part = self.writer.finish(&mut self.spool)?;
        Ok(Run {
            spool: Arc::new(self.spool),
            part,
        })
    }
}

/// See the module. Gives each end once.
pub struct ExternalSearch {
    graph: Graph,
    automaton: Arc<Automaton>,
    /// What earlier levels reached, and ends that were given before.
    seen: Runs,
    candidates: Runs,
    buffer: Vec<Item>,
    buffer_items: usize,
    /// The level being expanded.
    level: RunReader,
    /// The nodes being expanded, their class, the next of its steps and the edges at hand.
    nodes: Vec<u64>,
    class: usize,
    step: usize,
    edges: Option<Edges>,
    read: Vec<(u32, u64)>,
    /// Ends of the newest level that are not given yet.
    ends: Option<RunReader>,
    _charge: Charge,
}

impl ExternalSearch {
    /// From `start`; `given` are ends that were given already, in any order.
    /// Errors: `ResourceExhausted` if there are no temporary files or too little memory for their buffers; `Io`.
    pub fn new(
        graph: &Graph,
        automaton: &Arc<Automaton>,
        start: u64,
        mut given: Vec<u64>,
    ) -> Result<Self> {
        let control = graph.control();
        let bytes =
            (control.memory().limit() / BUFFER_PART).clamp(BUFFER_BYTES_MIN, BUFFER_BYTES_MAX);
        let tag = automaton.classes.len() as u64;
        given.sort_unstable();
        given.dedup();
        let mut out = RunWriter::new(graph)?;
        for node in given {
            out.push((tag, node))?;
        }
        let mut seen = Runs::default();
        seen.add(out.finish()?, graph)?;
        let mut first = RunWriter::new(graph)?;
        first.push((0, start))?;
        let first = first.finish()?;
        seen.add(first.clone(), graph)?;
        // The buffer and the nodes made of it, and the chunks of what is merged.
        let chunks = 4 * FAN_IN * CHUNK_BYTES;
        Ok(Self {
            graph: graph.clone(),
            automaton: automaton.clone(),
            seen,
            candidates: Runs::default(),
            buffer: Vec::new(),
            buffer_items: bytes / ITEM_BYTES,
            level: first.reader(),
            nodes: Vec::new(),
            class: 0,
            step: 0,
            edges: None,
            read: Vec::new(),
            ends: None,
            _charge: control.charge(2 * bytes + chunks)?,
        })
    }

    /// Appends further ends, at most a batch; false at the end.
    /// Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted` for the limit of temporary files, those of the source.
    pub fn next(&mut self, out: &mut Vec<u64>) -> Result<bool> {
        let full = out.len() + BATCH_ROWS;
        loop {
            if let Some(ends) = &mut self.ends {
                let tag = self.automaton.classes.len() as u64;
                while let Some(item) = ends.peek()? {
                    ends.at += 1;
                    if item.0 == tag {
                        out.push(item.1);
                        if out.len() == full {
                            return Ok(true);
                        }
                    }
                }
                self.ends = None;
            }
            if !self.expand()? && !self.next_level()? {
                return Ok(out.len() + BATCH_ROWS > full);
            }
        }
    }

    /// Expands some nodes of the level; false if there are none left.
    fn expand(&mut self) -> Result<bool> {
        self.graph.control().poll()?;
        let Some(edges) = &mut self.edges else {
            return self.next_edges();
        };
        if !edges.next(&mut self.read)? {
            self.edges = None;
            return Ok(true);
        }
        let step = self.automaton.classes[self.class][self.step - 1];
        let tag = self.automaton.classes.len() as u64;
        for at in 0..self.read.len() {
            let node = self.read[at].1;
            if step.accepts {
                self.add((tag, node))?;
            }
            if !self.automaton.classes[step.class].is_empty() {
                self.add((step.class as u64, node))?;
            }
        }
        Ok(true)
    }

    /// Opens the edges of the next step from the nodes at hand, or from the next ones.
    fn next_edges(&mut self) -> Result<bool> {
        if self.nodes.is_empty() || self.step == self.automaton.classes[self.class].len() {
            self.nodes.clear();
            self.step = 0;
            while let Some((class, node)) = self.level.peek()? {
                let is_other = !self.nodes.is_empty() && class != self.class as u64;
                // Ends come last and are not walked from.
                if is_other
                    || class == self.automaton.classes.len() as u64
                    || self.nodes.len() == self.buffer_items
                {
                    break;
                }
                self.class = class as usize;
                self.nodes.push(node);
                self.level.at += 1;
            }
            if self.nodes.is_empty() {
                return Ok(false);
            }
        }
        let step = self.automaton.classes[self.class][self.step];
        self.step += 1;
        let label = &self.automaton.labels[step.label];
        self.edges = Some(self.graph.edges(label, self.nodes.clone()));
        Ok(true)
    }

    fn add(&mut self, item: Item) -> Result<()> {
        self.buffer.push(item);
        match self.buffer.len() >= self.buffer_items {
            true => self.spill(),
            false => Ok(()),
        }
    }

    fn spill(&mut self) -> Result<()> {
        self.buffer.sort_unstable();
        self.buffer.dedup();
        let mut out = RunWriter::new(&self.graph)?;
        for &item in &self.buffer {
            out.push(item)?;
        }
        self.buffer.clear();
        self.candidates.add(out.finish()?, &self.graph)
    }

    /// Makes what is new among the candidates the level; false if nothing is.
    fn next_level(&mut self) -> Result<bool> {
        if !self.buffer.is_empty() {
            self.spill()?;
        }
        let candidates = std::mem::take(&mut self.candidates).all();
        let new = merged(&candidates, &self.seen.all(), &self.graph)?;
        if new.part.rows() == 0 {
            return Ok(false);
        }
        self.level = new.reader();
        self.ends = Some(new.reader());
        self.nodes.clear();
        self.seen.add(new, &self.graph)?;
        Ok(true)
    }
}
