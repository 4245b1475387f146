//! `QuadSource`: the only door from the executor to data.
//!
//! Columns are term ids (`u64`, see `term::Id`). A scan delivers rows sorted by the key columns
//! of its order, in batches; it can skip forward to a key without touching the blocks between.

use crate::control::Control;
use crate::error::{Code, Error, Result};

/// Positions of a quad: subject, predicate, object, graph.
pub const S: usize = 0;
pub const P: usize = 1;
pub const O: usize = 2;
pub const G: usize = 3;

/// The most rows a scan delivers at a time.
pub const BATCH_ROWS: usize = 2048;

/// A sort order of quads or of triple terms. The first four hold every quad, `Gspo` named-graph quads only. The last
/// four hold triple terms as rows of their parts, with the term itself at position [`G`] (definition 11); a scan of
/// them reads [`Graphs::Any`] and [`View::Both`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Order {
    Psog = 0,
    Posg = 1,
    Spog = 2,
    Ospg = 3,
    Gspo = 4,
    TermSpo = 5,
    SpoTerm = 6,
    PosTerm = 7,
    OspTerm = 8,
}

impl Order {
    /// The orders of triple terms.
    pub const TERMS: [Order; 4] = [
        Order::SpoTerm,
        Order::PosTerm,
        Order::OspTerm,
        Order::TermSpo,
    ];
    /// The orders of quads.
    pub const ALL: [Order; 5] = [
        Order::Psog,
        Order::Posg,
        Order::Spog,
        Order::Ospg,
        Order::Gspo,
    ];

    /// The quad position of each key column.
    pub const fn columns(self) -> [usize; 4] {
        match self {
            Order::Psog => [P, S, O, G],
            Order::Posg | Order::PosTerm => [P, O, S, G],
            Order::Spog | Order::SpoTerm => [S, P, O, G],
            Order::Ospg | Order::OspTerm => [O, S, P, G],
            Order::Gspo | Order::TermSpo => [G, S, P, O],
        }
    }

    /// Whether its rows are triple terms.
    pub const fn is_of_terms(self) -> bool {
        matches!(
            self,
            Order::TermSpo | Order::SpoTerm | Order::PosTerm | Order::OspTerm
        )
    }

    /// The key column that holds quad position `position`.
    pub fn key_column(self, position: usize) -> usize {
        let columns = self.columns();
        let mut column = 0;
        while columns[column] != position {
            column += 1;
        }
        column
    }

    /// The key of a quad in this order.
    #[inline]
    pub fn key(self, quad: &[u64; 4]) -> [u64; 4] {
        let columns = self.columns();
        [
            quad[columns[0]],
            quad[columns[1]],
            quad[columns[2]],
            quad[columns[3]],
        ]
    }

    /// The quad of a key of this order.
    #[inline]
    pub fn quad(self, key: &[u64; 4]) -> [u64; 4] {
        let columns = self.columns();
        let mut quad = [0; 4];
        for (column, position) in columns.into_iter().enumerate() {
            quad[position] = key[column];
        }
        quad
    }
}

/// Which states of a quad a request reads (definition 14).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum View {
    Asserted,
    Inferred,
    #[default]
    Both,
}

/// Which graphs a scan reads and how their triples are combined.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Graphs {
    /// Every quad of every graph, the graph column included (`Id 0` is the default graph).
    Any,
    /// Quads of one graph; 0 is the default graph.
    One(u64),
    /// Quads of all named graphs, the graph column included.
    Named,
    /// Quads of the listed graphs (ascending, no duplicates), the graph column included.
    Listed(Vec<u64>),
    /// The set of distinct triples of all graphs (definition 13). The graph column reads 0.
    UnionAll,
    /// The set of distinct triples of the listed graphs (ascending). The graph column reads 0.
    UnionListed(Vec<u64>),
}

impl Graphs {
    /// Whether quads of a graph (0 is the default graph) are read.
    pub fn holds(&self, graph: u64) -> bool {
        match self {
            Graphs::Any | Graphs::UnionAll => true,
            Graphs::One(one) => graph == *one,
            Graphs::Named => graph != 0,
            Graphs::Listed(listed) | Graphs::UnionListed(listed) => {
                listed.binary_search(&graph).is_ok()
            }
        }
    }
}

/// What a scan reads.
#[derive(Clone, Debug)]
pub struct ScanSpec {
    pub order: Order,
    /// Values of the leading key columns. In order `Gspo` with `Graphs::One` the graph is implied: prefix, range and
    /// seek keys then begin with the subject. Otherwise a graph is among them only with `Graphs::Any`.
    pub prefix: Vec<u64>,
    /// Inclusive bounds on the key column after the prefix.
    pub range: Option<(u64, u64)>,
    pub graphs: Graphs,
    pub view: View,
    /// Which quad positions the caller reads, by [`S`], [`P`], [`O`], [`G`]; the others may be left out
    /// of the batch.
    pub wanted: [bool; 4],
}

/// A batch of rows from a scan: one column per quad position, those wanted filled to `len`.
#[derive(Debug, Default)]
pub struct ScanBatch {
    pub len: usize,
    pub columns: [Vec<u64>; 4],
}

/// Rows of one scan in key order.
pub trait QuadScan: Send {
    /// Replaces the batch by the next rows, at most [`BATCH_ROWS`]; `len == 0` at the end.
    /// Errors: `Cancelled`, `QueryTimeout`, `CorruptBlock`, `SnapshotTooOld`.
    fn next(&mut self, batch: &mut ScanBatch) -> Result<()>;

    /// Skips to the first row whose key columns after the prefix are >= `key` (1 to 4 columns);
    /// never moves back. Cost: a directory search and one partial block decode.
    fn seek(&mut self, key: &[u64]) -> Result<()>;
}

/// A consistent set of quads: one version of a store, or a model of it in tests.
pub trait QuadSource: Send + Sync {
    /// A scan owns what it reads, so that a cursor may outlive the caller's borrow.
    /// Errors: those of [`QuadScan::next`].
    fn scan(&self, spec: &ScanSpec, control: &Control) -> Result<Box<dyn QuadScan>>;

    /// The exact number of rows a scan would deliver. Answered from the run directory wherever definition
    /// 16 allows, else by scanning.
    fn count(&self, spec: &ScanSpec, control: &Control) -> Result<u64>;

    /// Splits a scan into at most `parts` ranges of the key column after the prefix, of about
    /// equal numbers of rows: inclusive (lower, upper) pairs in ascending order that cover everything.
    fn ranges(&self, spec: &ScanSpec, parts: usize) -> Result<Vec<(u64, u64)>>;

    /// Whether [`QuadSource::spool`] gives spools.
    fn can_spool(&self) -> bool {
        false
    }

    /// An empty spool for what does not fit in memory.
    /// Errors: `Io`; `ResourceExhausted` where there is no disk, as for a store in memory.
    fn spool(&self) -> Result<Box<dyn Spool>> {
        Err(Error::new(
            Code::ResourceExhausted,
            "a store in memory has no disk to spill to",
        ))
    }

    /// `control`, which also ends when this source may not be read any longer (definition 31).
    fn listening(&self, control: &Control) -> Control {
        control.clone()
    }
}

/// Temporary bytes of one operator, outside memory. They have no name and go when it is dropped, or with the process.
pub trait Spool: Send + Sync {
    /// Puts bytes behind those written so far. Errors: `Io`, `ResourceExhausted` if the disk is full.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;

    /// Fills `out` with what was written from `offset` on. Errors: `Io`.
    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()>;
}

impl Spool for crate::kv::Spool {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.append(bytes)?;
        self.flush()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.read_at(offset, out)
    }
}
