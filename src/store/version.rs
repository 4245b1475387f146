//! A version: an immutable, consistent set of quads, and how it is read (definition 14 to 17).

use super::deltas::Deltas;
use super::dictionary::Dictionary;
use super::layer::Layer;
use super::source::{
    BATCH_ROWS, G, Graphs, Order, QuadScan, QuadSource, ScanBatch, ScanSpec, Spool, View,
};
use crate::control::Control;
use crate::error::{Code, Damage, Error, Result};
use crate::kv::Open;
use crate::run::{
    self, Chunk, Counts, DiskRun, Key, MemRun, PageCache, RunScan, Sort, Source, State, Visibility,
};
use crate::term::{Id, Tag, TermRef};
use crate::vocab::{Vocabulary, VocabularyScratch};
use std::sync::Arc;

/// The runs on disk, newest first, by sort.
pub type DiskRuns = [Vec<Arc<DiskRun>>; Sort::COUNT];

/// What a reader sees, as long as it holds it. Holding one costs memory and disk, never a lock.
#[derive(Clone)]
pub struct Version {
    /// The last commit in it.
    pub seq: u64,
    pub generation: u32,
    pub epoch: u32,
    /// Installs since the store was opened. A run that a later one replaced may still be read by this version.
    pub install: u64,
    /// What a transaction has changed, for its own readers; oldest first, newer than all runs. No published version
    /// has any.
    pub uncommitted: Vec<Layer>,
    /// Oldest first.
    pub memory: Vec<Arc<MemRun>>,
    pub disk: Arc<DiskRuns>,
    pub vocabulary: Arc<Vocabulary>,
    /// Quads of the whole version, and whether that is known: damage may hide it.
    pub counts: Counts,
    pub is_counted: bool,
    pub pages: Arc<PageCache>,
    /// What makes scans of several runs cheaper.
    pub deltas: Arc<Deltas>,
    /// Terms with ordinals below it exist.
    pub watermark: u64,
    /// Blank nodes and triple terms have numbers below it.
    pub next_number: u64,
}

impl Version {
    /// The runs of a sort, newest first.
    pub fn sources(&self, sort: Sort) -> Vec<Source> {
        let own = self.uncommitted.iter().rev();
        let own = own.filter_map(|layer| layer.source(sort));
        let memory = self
            .memory
            .iter()
            .rev()
            .filter(|run| !run.rows(sort).is_empty())
            .map(|run| Source::Memory {
                run: run.clone(),
                sort,
            });
        let disk = self.disk[sort.index()].iter().cloned().map(Source::Disk);
        own.chain(memory).chain(disk).collect()
    }

    /// Whether scans of a sort go by way of a delta.
    pub fn has_delta(&self, sort: Sort) -> bool {
        let sources = self.sources(sort);
        self.deltas.of(sort, &sources, self.epoch).is_some()
    }

    /// Quads in the view, of all graphs; too few if damage hides how many there are.
    pub fn quads(&self, view: View) -> u64 {
        let counts = self.counts;
        shown(
            counts.default_asserted + counts.named_asserted,
            counts.default_inferred + counts.named_inferred,
            view,
        )
    }

    /// Quads in the view, of named graphs.
    pub fn named_quads(&self, view: View) -> u64 {
        shown(self.counts.named_asserted, self.counts.named_inferred, view)
    }

    /// Whether there may be quads of named graphs.
    fn may_have_named(&self) -> bool {
        !self.is_counted || self.named_quads(View::Both) != 0
    }

    /// Bytes of the runs and new terms in memory.
    pub fn held_bytes(&self) -> usize {
        let runs: usize = self.memory.iter().map(|run| run.heap_bytes()).sum();
        runs + self.vocabulary.tail_bytes()
    }

    /// What of it is known to be damaged: runs by their sorts, and segments of terms.
    pub fn damage(&self) -> Vec<&Damage> {
        let runs = self.disk.iter().flatten().filter_map(|run| run.damage());
        let segments = self.vocabulary.segments().iter();
        runs.chain(segments.filter_map(|segment| segment.damage()))
            .collect()
    }

    /// The states of quads keyed (s, p, o, g) in ascending order.
    /// Errors: `Cancelled`, `QueryTimeout`, `CorruptBlock`.
    pub fn states(&self, quads: &[Key], states: &mut Vec<State>, control: &Control) -> Result<()> {
        run::probe(
            &self.sources(Sort::Spog),
            &self.pages,
            quads,
            self.epoch,
            states,
            control,
        )
    }

    /// The id of a term; `None` if it is not in the version. A triple term is found by the ids of its
    /// parts. Errors: `Corruption`, `CorruptBlock`, `Io`.
    pub fn id(&self, term: TermRef<'_>, control: &Control) -> Result<Option<Id>> {
        match term {
            TermRef::Triple(parts) => self.triple_term(parts, control),
            TermRef::Blank(number) if number >= self.next_number => Ok(None),
            _ => self.vocabulary.id(term, self.watermark, &mut Vec::new()),
        }
    }

    /// Whether there are triple terms at all.
    pub fn holds_triple_terms(&self) -> bool {
        !self.disk[Sort::SpoTerm.index()].is_empty()
            || self
                .memory
                .iter()
                .any(|run| !run.rows(Sort::SpoTerm).is_empty())
    }

    /// The id of the triple term with these parts.
    pub fn triple_term(&self, parts: [Id; 3], control: &Control) -> Result<Option<Id>> {
        let [s, p, o] = parts.map(Id::raw);
        let mut scan = self.scan_keys(Sort::SpoTerm, [s, p, o, 0], [s, p, o, u64::MAX], View::Both);
        let mut chunk = Chunk::default();
        scan.next([false, false, false, true], &mut chunk, control)?;
        Ok(chunk.columns[3].first().map(|&id| Id::from_raw(id)))
    }

    /// The parts of a triple term. Errors: `Corruption` if there is none with this id.
    pub fn triple_term_parts(&self, id: Id, control: &Control) -> Result<[Id; 3]> {
        let mut scan = self.scan_keys(
            Sort::TermSpo,
            [id.raw(), 0, 0, 0],
            [id.raw(), u64::MAX, u64::MAX, u64::MAX],
            View::Both,
        );
        let mut chunk = Chunk::default();
        scan.next([false, true, true, true], &mut chunk, control)?;
        match chunk.len {
            0 => Err(Error::new(
                Code::Corruption,
                format!("{id:?} is not in the store"),
            )),
            _ => Ok([1, 2, 3].map(|column| Id::from_raw(chunk.columns[column][0]))),
        }
    }

    /// A scan of an inclusive range of keys of any sort, triple terms included.
    pub fn scan_keys(&self, sort: Sort, low: Key, high: Key, view: View) -> RunScan {
        let (pages, sources) = (self.pages.clone(), self.sources(sort));
        let visibility = self.visibility(view);
        if sources.len() < 2 {
            return RunScan::new(pages, &sources, low, high, visibility);
        }
        match self.deltas.of(sort, &sources, self.epoch) {
            Some(delta) => RunScan::of_delta(pages, delta, low, high, visibility),
            None => RunScan::new(pages, &sources, low, high, visibility)
                .counted(self.deltas.demand(sort)),
        }
    }

    /// The rows of a scan before its graphs are filtered (see [`Graphs::holds`]). Owns what it reads.
    /// Errors: `Internal` for a malformed scan.
    pub fn scan_of(&self, spec: &ScanSpec) -> Result<RunScan> {
        let (low, high) = key_range(spec)?;
        Ok(self.scan_keys(spec.order.into(), low, high, spec.view))
    }

    fn visibility(&self, view: View) -> Visibility {
        Visibility {
            asserted: view != View::Inferred,
            inferred: view != View::Asserted,
            epoch: self.epoch,
        }
    }

    fn count_keys(&self, sort: Sort, low: &Key, high: &Key, control: &Control) -> Result<Counts> {
        run::count(
            &self.sources(sort),
            &self.pages,
            low,
            high,
            self.epoch,
            control,
        )
    }

    /// The named graphs of the view, ascending. Cost: a seek for each.
    pub fn named_graphs(&self, view: View, control: &Control) -> Result<Vec<u64>> {
        let mut scan = self.scan_keys(Sort::Gspo, [1, 0, 0, 0], [u64::MAX; 4], view);
        let mut chunk = Chunk::default();
        let mut graphs = Vec::new();
        loop {
            scan.next([true, false, false, false], &mut chunk, control)?;
            for &graph in &chunk.columns[0] {
                if graphs.last() != Some(&graph) {
                    graphs.push(graph);
                }
            }
            match chunk.columns[0].last().and_then(|last| last.checked_add(1)) {
                Some(next) => scan.seek(&[next, 0, 0, 0]),
                None => return Ok(graphs),
            }
        }
    }

    /// Calls `each` with every distinct value of the first column of a sort, ascending.
    /// Cost: a scan of that column, with a seek over values that fill a chunk.
    pub fn for_each_leading(
        &self,
        sort: Sort,
        view: View,
        control: &Control,
        mut each: impl FnMut(u64),
    ) -> Result<()> {
        let mut scan = self.scan_keys(sort, [0; 4], [u64::MAX; 4], view);
        let mut chunk = Chunk::default();
        let mut last = None;
        loop {
            scan.next([true, false, false, false], &mut chunk, control)?;
            let values = &chunk.columns[0];
            if values.is_empty() {
                return Ok(());
            }
            for &value in values {
                if last.replace(value) != Some(value) {
                    each(value);
                }
            }
            // A value that fills a chunk is skipped whole.
            if let (Some(&first), Some(&end)) = (values.first(), values.last())
                && first == end
                && let Some(next) = end.checked_add(1)
            {
                scan.seek(&[next, 0, 0, 0]);
            }
        }
    }

    fn count_by_scan(&self, spec: &ScanSpec, control: &Control) -> Result<u64> {
        let spec = ScanSpec {
            wanted: [false; 4],
            ..spec.clone()
        };
        let mut scan = self.scan(&spec, control)?;
        let mut batch = ScanBatch::default();
        let mut rows = 0;
        loop {
            scan.next(&mut batch)?;
            if batch.len == 0 {
                return Ok(rows);
            }
            rows += batch.len as u64;
        }
    }
}

fn shown(asserted: i64, inferred: i64, view: View) -> u64 {
    let rows = match view {
        View::Asserted => asserted,
        View::Inferred => inferred,
        View::Both => asserted + inferred,
    };
    u64::try_from(rows).unwrap_or(0)
}

/// The inclusive range of keys of a scan.
fn key_range(spec: &ScanSpec) -> Result<(Key, Key)> {
    let implied = match (&spec.graphs, spec.order) {
        (Graphs::One(graph), Order::Gspo) => Some(*graph),
        _ => None,
    };
    let bound: Vec<u64> = implied
        .into_iter()
        .chain(spec.prefix.iter().copied())
        .collect();
    if bound.len() + usize::from(spec.range.is_some()) > 4 {
        return Err(Error::new(
            Code::Internal,
            "a scan has more key values than columns",
        ));
    }
    let (mut low, mut high) = ([0; 4], [u64::MAX; 4]);
    low[..bound.len()].copy_from_slice(&bound);
    high[..bound.len()].copy_from_slice(&bound);
    if let Some((from, to)) = spec.range {
        low[bound.len()] = from;
        high[bound.len()] = to;
    }
    Ok((low, high))
}

impl QuadSource for Version {
    fn can_spool(&self) -> bool {
        self.pages.kv().mode() != Open::Memory
    }

    fn spool(&self) -> Result<Box<dyn Spool>> {
        if !self.can_spool() {
            return Err(Error::new(
                Code::ResourceExhausted,
                "a store in memory has no disk to spill to",
            ));
        }
        Ok(Box::new(self.pages.kv().spool()?))
    }

    fn scan(&self, spec: &ScanSpec, control: &Control) -> Result<Box<dyn QuadScan>> {
        Ok(Box::new(VersionScan::new(self, spec, control)?))
    }

    fn count(&self, spec: &ScanSpec, control: &Control) -> Result<u64> {
        let (low, high) = key_range(spec)?;
        let sort = Sort::from(spec.order);
        let view = spec.view;
        let (default, named) = match &spec.graphs {
            Graphs::Any => (true, true),
            Graphs::One(0) => (true, false),
            Graphs::Named => (false, true),
            Graphs::UnionAll if !self.may_have_named() => (true, false),
            Graphs::One(_) if spec.order == Order::Gspo => (false, true),
            _ => return self.count_by_scan(spec, control),
        };
        if low > high {
            return Ok(0);
        }
        let all = self.is_counted && low == [0; 4] && high == [u64::MAX; 4];
        let counts = if all && spec.order != Order::Gspo && !spec.order.is_of_terms() {
            self.counts
        } else {
            self.count_keys(sort, &low, &high, control)?
        };
        let mut rows = 0;
        if default {
            rows += shown(counts.default_asserted, counts.default_inferred, view);
        }
        if named {
            rows += shown(counts.named_asserted, counts.named_inferred, view);
        }
        Ok(rows)
    }

    fn ranges(&self, spec: &ScanSpec, parts: usize) -> Result<Vec<(u64, u64)>> {
        let (low, high) = key_range(spec)?;
        let column = low
            .iter()
            .zip(&high)
            .take_while(|(low, high)| low == high)
            .count();
        if column == 4 {
            return Ok(vec![(0, u64::MAX)]);
        }
        let largest = self.disk[Sort::from(spec.order).index()]
            .iter()
            .max_by_key(|run| run.rows_within(&low, &high));
        let mut starts = vec![low[column]];
        if let Some(run) = largest {
            let firsts = run.block_firsts(&self.pages, &low, &high)?;
            let step = firsts.len().div_ceil(parts.max(1)).max(1);
            starts.extend(firsts.iter().step_by(step).skip(1).map(|key| key[column]));
        }
        starts.dedup();
        let ends = starts
            .iter()
            .skip(1)
            .map(|start| start - 1)
            .chain([high[column]]);
        Ok(starts.iter().copied().zip(ends).collect())
    }
}

impl Dictionary for Version {
    fn is_sorted(&self, min: Id, max: Id) -> bool {
        self.vocabulary.is_sorted(min.payload(), max.payload())
    }

    fn id(&self, term: TermRef<'_>) -> Result<Option<Id>> {
        Version::id(self, term, &Control::new())
    }

    fn terms(
        &self,
        ids: &[Id],
        sink: &mut dyn FnMut(usize, TermRef<'_>) -> Result<()>,
    ) -> Result<()> {
        let control = Control::new();
        // Triple terms have a range of their own at most, so what is around them stays together.
        let start = ids.partition_point(|id| id.raw() < Id::new(Tag::Triple, 0).raw());
        let end = start + ids[start..].iter().take_while(|id| id.is_triple()).count();
        for (at, &id) in ids.iter().enumerate().take(end).skip(start) {
            sink(at, TermRef::Triple(self.triple_term_parts(id, &control)?))?;
        }
        let mut scratch = VocabularyScratch::default();
        for (first, part) in [(0, &ids[..start]), (end, &ids[end..])] {
            self.vocabulary
                .terms(part, &mut scratch, &control, &mut |at, term| {
                    sink(first + at, term)
                })?;
        }
        Ok(())
    }
}

/// Rows of a version as [`QuadScan`] delivers them.
struct VersionScan {
    scan: RunScan,
    control: Control,
    chunk: Chunk,
    columns: [usize; 4],
    /// Key columns decoded: those wanted, and those a filter needs.
    decoded: [bool; 4],
    wanted: [bool; 4],
    /// Key columns fixed by the scan, so that a seek key starts after them.
    bound: Vec<u64>,
    filter: GraphFilter,
    /// The triple delivered last, for unions.
    previous: Option<[u64; 3]>,
}

enum GraphFilter {
    None,
    One(u64),
    Named,
    Listed(Vec<u64>),
    /// Distinct triples, of the listed graphs or of all.
    Union(Option<Vec<u64>>),
}

impl VersionScan {
    fn new(version: &Version, spec: &ScanSpec, control: &Control) -> Result<Self> {
        let (low, high) = key_range(spec)?;
        let sort = Sort::from(spec.order);
        let named = version.may_have_named();
        let filter = match &spec.graphs {
            Graphs::Any => GraphFilter::None,
            Graphs::One(graph) if spec.order == Order::Gspo => {
                debug_assert_ne!(*graph, 0);
                GraphFilter::None
            }
            Graphs::One(0) | Graphs::UnionAll if !named => GraphFilter::None,
            Graphs::One(graph) => GraphFilter::One(*graph),
            Graphs::Named if spec.order == Order::Gspo => GraphFilter::None,
            Graphs::Named => GraphFilter::Named,
            Graphs::Listed(graphs) => GraphFilter::Listed(graphs.clone()),
            Graphs::UnionAll => GraphFilter::Union(None),
            Graphs::UnionListed(graphs) => GraphFilter::Union(Some(graphs.clone())),
        };
        if matches!(filter, GraphFilter::Union(_)) && spec.order == Order::Gspo {
            return Err(Error::new(
                Code::Internal,
                "a union of graphs is not sorted by graph",
            ));
        }
        let columns = sort.columns();
        let wanted = columns.map(|position| spec.wanted[position]);
        let mut decoded = wanted;
        match filter {
            GraphFilter::None => {}
            GraphFilter::Union(_) => decoded = [true; 4],
            _ => decoded[spec.order.key_column(G)] = true,
        }
        let bound_columns = spec.prefix.len()
            + usize::from(spec.order == Order::Gspo && matches!(spec.graphs, Graphs::One(_)));
        Ok(Self {
            scan: version.scan_keys(sort, low, high, spec.view),
            control: control.clone(),
            chunk: Chunk::default(),
            columns,
            decoded,
            wanted,
            bound: low[..bound_columns].to_vec(),
            filter,
            previous: None,
        })
    }

    /// Keeps the rows of the chunk that pass the graph filter.
    fn filter(&mut self) {
        let graph_column = self.columns.iter().position(|&position| position == G);
        let Some(graph_column) = graph_column else {
            return;
        };
        let columns = &self.chunk.columns;
        let graphs = &columns[graph_column];
        let keep: Vec<usize> = match &self.filter {
            GraphFilter::None => return,
            GraphFilter::One(graph) => rows_where(graphs, |g| g == *graph),
            GraphFilter::Named => rows_where(graphs, |g| g != 0),
            GraphFilter::Listed(listed) => rows_where(graphs, |g| listed.binary_search(&g).is_ok()),
            GraphFilter::Union(listed) => {
                let previous = &mut self.previous;
                (0..self.chunk.len)
                    .filter(|&row| {
                        let listed = listed
                            .as_ref()
                            .is_none_or(|listed| listed.binary_search(&graphs[row]).is_ok());
                        let triple = [0, 1, 2].map(|column| columns[column][row]);
                        listed && previous.replace(triple) != Some(triple)
                    })
                    .collect()
            }
        };
        if keep.len() == self.chunk.len {
            return;
        }
        for column in self
            .chunk
            .columns
            .iter_mut()
            .filter(|column| !column.is_empty())
        {
            for (to, &from) in keep.iter().enumerate() {
                column[to] = column[from];
            }
            column.truncate(keep.len());
        }
        self.chunk.len = keep.len();
    }
}

fn rows_where(graphs: &[u64], shown: impl Fn(u64) -> bool) -> Vec<usize> {
    (0..graphs.len())
        .filter(|&row| shown(graphs[row]))
        .collect()
}

impl QuadScan for VersionScan {
    fn next(&mut self, batch: &mut ScanBatch) -> Result<()> {
        loop {
            self.scan
                .next(self.decoded, &mut self.chunk, &self.control)?;
            batch.len = 0;
            if self.chunk.len == 0 {
                return Ok(());
            }
            self.filter();
            if self.chunk.len > 0 {
                break;
            }
        }
        debug_assert!(self.chunk.len <= BATCH_ROWS);
        batch.len = self.chunk.len;
        let union = matches!(self.filter, GraphFilter::Union(_));
        for (column, &position) in self.columns.iter().enumerate() {
            if self.wanted[column] {
                // The batch's old buffer is filled by the next chunk.
                std::mem::swap(
                    &mut batch.columns[position],
                    &mut self.chunk.columns[column],
                );
                if union && position == G {
                    batch.columns[position].fill(0);
                }
            }
        }
        Ok(())
    }

    fn seek(&mut self, key: &[u64]) -> Result<()> {
        let mut full = [0; 4];
        let bound = self.bound.len();
        if bound + key.len() > 4 {
            return Err(Error::new(
                Code::Internal,
                "a seek key has more values than columns",
            ));
        }
        full[..bound].copy_from_slice(&self.bound);
        full[bound..bound + key.len()].copy_from_slice(key);
        self.scan.seek(&full);
        Ok(())
    }
}
