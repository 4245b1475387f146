//! Path join: for each input row, the solutions of a path between two ends, each bound by the row, constant or free.

use super::expand::{Edges, Graph, graphs_of, named_graphs};
use super::external::ExternalSearch;
use super::reach::{Reach, Walker};
use super::search::{Search, leads};
use crate::error::{Code, Error, Result};
use crate::exec::batch::{Batch, gather};
use crate::exec::operator::{BoxOperator, Operator, Runtime, StateCharge};
use crate::plan::{Automaton, Label, PathEnd, PathGraph, PathSpec};
use crate::store::{BATCH_ROWS, Graphs};
use crate::term::Id;
use std::collections::VecDeque;
use std::sync::Arc;

/// Input rows worked at a time: one batch at first, so that a LIMIT above reads little, then more.
const CHUNK_ROWS_MAX: usize = 32 * BATCH_ROWS;
/// Nodes worked at a time where both ends are free.
const NODES: usize = 32 * BATCH_ROWS;
/// Pairs of bound ends that are searched one by one, from both sides.
const PAIRS_SEARCHED_MAX: usize = 4;

/// See the module.
pub struct PathJoin {
    runtime: Arc<Runtime>,
    input: BoxOperator,
    ended: bool,
    spec: PathSpec,
    chunk_rows: usize,
    width: usize,
    /// Input rows at hand.
    chunk: Vec<Vec<u64>>,
    rows: u32,
    /// Rows of the chunk with the graph to walk in; the graph at hand is taken.
    tasks: VecDeque<(Graphs, Vec<u32>)>,
    walk: Option<Walk>,
    /// Pairs found, as the index of the start and the end, and the next pair and row to give.
    pairs: Vec<(u32, u64)>,
    pair: usize,
    row: usize,
    /// Rows given: input row, start, end.
    input_rows: Vec<u32>,
    starts: Vec<u64>,
    ends: Vec<u64>,
    state: StateCharge,
}

/// The walks in one graph for some rows.
struct Walk {
    graph: Graph,
    graph_id: u64,
    automaton: Arc<Automaton>,
    /// Whether walks start at the object.
    is_backward: bool,
    /// Rows by start, then by end where rows bind it.
    rows: Vec<u32>,
    /// Distinct starts, ascending, and for each where its rows begin; behind the last, where they end.
    starts: Vec<u64>,
    row_starts: Vec<usize>,
    /// Whether starts are free: then each has all rows, and there may be further ones behind the last.
    is_free: bool,
    /// Whether only walks that end where they start are wanted.
    is_same: bool,
    /// Whether the walk of no step counts, for each start.
    ends_at_start: Vec<bool>,
    end: PathEnd,
    method: Method,
    /// The start at hand.
    start: usize,
    /// Whether the start at hand has begun.
    begun: bool,
    found: Vec<u64>,
    state: StateCharge,
}

enum Method {
    /// Single steps, one solution for each triple.
    Steps {
        step: usize,
        edges: Option<Box<Edges>>,
    },
    /// A search for each start.
    Search(Option<Box<Search>>),
    /// A search on disk for the start at hand.
    External(Box<ExternalSearch>),
    /// A search from both sides for each pair.
    Pairs,
    Reach(Box<(Reach, Walker)>),
}

impl PathJoin {
    /// `width` is the number of columns of the input.
    pub fn new(runtime: &Arc<Runtime>, input: BoxOperator, spec: PathSpec, width: usize) -> Self {
        Self {
            runtime: runtime.clone(),
            input,
            ended: false,
            spec,
            chunk_rows: BATCH_ROWS,
            width,
            chunk: Vec::new(),
            rows: 0,
            tasks: VecDeque::new(),
            walk: None,
            pairs: Vec::new(),
            pair: 0,
            row: 0,
            input_rows: Vec::with_capacity(BATCH_ROWS),
            starts: Vec::with_capacity(BATCH_ROWS),
            ends: Vec::with_capacity(BATCH_ROWS),
            state: StateCharge::new(&runtime.control),
        }
    }

    /// Collects the next input rows and the graphs to walk in; false at the end.
    fn load_chunk(&mut self) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.chunk.clear();
        self.chunk.resize_with(self.width, Vec::new);
        let mut batch = Batch::new();
        let mut rows = 0;
        let row_bytes = self.width * 8 + 32;
        let wanted = self.runtime.chunk_rows(row_bytes, self.chunk_rows);
        while rows < wanted {
            if !self.input.next(&mut batch)? {
                self.ended = true;
                break;
            }
            batch.compact();
            rows += batch.rows();
            self.state.hold(rows * row_bytes)?;
            for (to, from) in self.chunk.iter_mut().zip(&batch.columns) {
                to.extend_from_slice(from);
            }
        }
        self.chunk_rows = (self.chunk_rows * 4).min(CHUNK_ROWS_MAX);
        self.rows = rows as u32;
        if rows == 0 {
            return Ok(false);
        }
        let all: Vec<u32> = (0..self.rows).collect();
        match &self.spec.graph {
            PathGraph::Default(graphs) => self.tasks.push_back((graphs.clone(), all)),
            PathGraph::Named(graph) => self.tasks.push_back((Graphs::One(*graph), all)),
            PathGraph::Column { column, named } => {
                let graphs = &self.chunk[*column];
                let mut rows = all;
                rows.retain(|&row| {
                    let graph = graphs[row as usize];
                    let is_allowed = named
                        .as_ref()
                        .is_none_or(|named| named.binary_search(&graph).is_ok());
                    is_allowed && !Id::from_raw(graph).is_local()
                });
                rows.sort_by_key(|&row| graphs[row as usize]);
                let same =
                    |&left: &u32, &right: &u32| graphs[left as usize] == graphs[right as usize];
                for rows in rows.chunk_by(same) {
                    let graph = graphs[rows[0] as usize];
                    self.tasks.push_back((Graphs::One(graph), rows.to_vec()));
                }
            }
            PathGraph::Free { named } => {
                let named = named.as_deref();
                self.tasks = match self.bound_nodes() {
                    None => named_graphs(&self.runtime, named)?
                        .into_iter()
                        .map(|graph| (Graphs::One(graph), all.clone()))
                        .collect(),
                    Some(rows) => self.graphs_of_rows(named, rows)?,
                };
            }
        }
        Ok(true)
    }

    /// The rows by the node that one end has in each, if solutions have that end in their graph.
    fn bound_nodes(&self) -> Option<Vec<(u64, u32)>> {
        let ends = [&self.spec.subject, &self.spec.object];
        let is_constant = ends.iter().any(|end| matches!(end, PathEnd::Constant(_)));
        if is_constant && self.spec.forward.is_nullable_off_graph {
            return None;
        }
        let rows = 0..self.rows;
        ends.into_iter().find_map(|end| match end {
            PathEnd::Free => None,
            PathEnd::Constant(id) => Some(rows.clone().map(|row| (*id, row)).collect()),
            PathEnd::Column(column) => {
                let values = &self.chunk[*column];
                Some(
                    rows.clone()
                        .map(|row| (values[row as usize], row))
                        .collect(),
                )
            }
        })
    }

    fn graphs_of_rows(
        &self,
        named: Option<&[u64]>,
        mut rows: Vec<(u64, u32)>,
    ) -> Result<VecDeque<(Graphs, Vec<u32>)>> {
        rows.sort_unstable();
        let by_node: Vec<&[(u64, u32)]> = rows.chunk_by(|left, right| left.0 == right.0).collect();
        let nodes: Vec<u64> = by_node.iter().map(|rows| rows[0].0).collect();
        let mut state = StateCharge::new(&self.runtime.control);
        let found = graphs_of(&self.runtime, named, &nodes, &mut state)?;
        Ok(found
            .chunk_by(|left, right| left.0 == right.0)
            .map(|found| {
                let nodes = found.iter().map(|&(_, node)| by_node[node as usize]);
                let rows = nodes.flatten().map(|&(_, row)| row).collect();
                (Graphs::One(found[0].0), rows)
            })
            .collect())
    }

    /// Begins the next walk; false at the end of the input.
    fn next_walk(&mut self) -> Result<bool> {
        loop {
            self.runtime.control.poll()?;
            let Some((graphs, rows)) = self.tasks.pop_front() else {
                if !self.load_chunk()? {
                    return Ok(false);
                }
                continue;
            };
            let graph_id = match graphs {
                Graphs::One(graph) => graph,
                _ => 0,
            };
            let graph = Graph::new(&self.runtime, graphs)?;
            let may_be_empty = matches!(self.spec.graph, PathGraph::Default(_));
            if may_be_empty || !graph.is_absent() {
                self.walk = Some(Walk::new(&self.spec, &self.chunk, graph, graph_id, rows)?);
                return Ok(true);
            }
        }
    }

    /// Gives rows for the pairs found; true if the output is full.
    fn emit(&mut self, walk: &Walk) -> bool {
        while let Some(&(index, end)) = self.pairs.get(self.pair) {
            let start = walk.starts[index as usize];
            if !(self.spec.is_same && start != end) {
                let rows = walk.rows_of(index as usize, end, &self.chunk);
                while let Some(&row) = rows.get(self.row) {
                    if self.input_rows.len() == BATCH_ROWS {
                        return true;
                    }
                    self.row += 1;
                    self.input_rows.push(row);
                    self.starts.push(start);
                    self.ends.push(end);
                }
            }
            self.pair += 1;
            self.row = 0;
        }
        false
    }

    /// Moves the rows gathered to the output. They are of one walk.
    fn flush(&mut self, walk: &Walk, out: &mut Batch) {
        let rows = self.input_rows.len();
        let (subjects, objects) = match walk.is_backward {
            false => (&self.starts, &self.ends),
            true => (&self.ends, &self.starts),
        };
        for (from, to) in self.chunk.iter().zip(&mut out.columns) {
            gather(from, &self.input_rows, to);
        }
        let mut column = self.width;
        if self.spec.subject == PathEnd::Free {
            out.columns[column].extend_from_slice(subjects);
            column += 1;
        }
        if self.spec.object == PathEnd::Free && !self.spec.is_same {
            out.columns[column].extend_from_slice(objects);
            column += 1;
        }
        if matches!(self.spec.graph, PathGraph::Free { .. }) {
            out.columns[column].resize(rows, walk.graph_id);
        }
        out.set_rows(rows);
        self.input_rows.clear();
        self.starts.clear();
        self.ends.clear();
    }
}

impl Operator for PathJoin {
    fn next(&mut self, out: &mut Batch) -> Result<bool> {
        out.reset(self.spec.width(self.width));
        loop {
            let Some(mut walk) = self.walk.take() else {
                if !self.next_walk()? {
                    return Ok(false);
                }
                continue;
            };
            let mut ended = false;
            while !self.emit(&walk) {
                self.pairs.clear();
                (self.pair, self.row) = (0, 0);
                self.runtime.control.poll()?;
                if !walk.next(&mut self.pairs, &self.chunk)? {
                    ended = true;
                    break;
                }
            }
            let given = !self.input_rows.is_empty();
            if given {
                self.flush(&walk, out);
            }
            if !ended {
                self.walk = Some(walk);
            }
            if given {
                return Ok(true);
            }
        }
    }
}

impl Walk {
    fn new(
        spec: &PathSpec,
        chunk: &[Vec<u64>],
        graph: Graph,
        graph_id: u64,
        mut rows: Vec<u32>,
    ) -> Result<Self> {
        let distinct = |end: &PathEnd| match end {
            PathEnd::Free => usize::MAX,
            PathEnd::Constant(_) => 1,
            PathEnd::Column(column) => {
                let mut values: Vec<u64> = rows
                    .iter()
                    .map(|&row| chunk[*column][row as usize])
                    .collect();
                values.sort_unstable();
                values.dedup();
                values.len()
            }
        };
        let is_backward = match (&spec.subject, &spec.object) {
            (_, PathEnd::Free) => false,
            (PathEnd::Free, _) => true,
            (subject, object) => distinct(object) < distinct(subject),
        };
        let (start, end, automaton) = match is_backward {
            false => (&spec.subject, &spec.object, &spec.forward),
            true => (&spec.object, &spec.subject, &spec.backward),
        };
        let value = |end: &PathEnd, row: u32| match end {
            PathEnd::Column(column) => chunk[*column][row as usize],
            PathEnd::Constant(id) => *id,
            PathEnd::Free => 0,
        };
        rows.sort_by_key(|&row| (value(start, row), value(end, row)));
        let is_free = *start == PathEnd::Free;
        let mut starts: Vec<u64> = Vec::new();
        let mut row_starts = Vec::new();
        if !is_free {
            for (at, &row) in rows.iter().enumerate() {
                let node = value(start, row);
                if starts.last() != Some(&node) {
                    starts.push(node);
                    row_starts.push(at);
                }
            }
            row_starts.push(rows.len());
        }
        let mut state = StateCharge::new(graph.control());
        state.hold(rows.len() * 40)?;
        let mut walk = Self {
            graph,
            graph_id,
            automaton: automaton.clone(),
            is_backward,
            rows,
            starts,
            row_starts,
            is_free,
            is_same: spec.is_same,
            ends_at_start: Vec::new(),
            end: end.clone(),
            method: Method::Search(None),
            start: 0,
            begun: false,
            found: Vec::new(),
            state,
        };
        if is_free && !spec.is_bag {
            walk.next_nodes()?;
        } else {
            let is_constant = [start, end]
                .iter()
                .any(|end| matches!(end, PathEnd::Constant(_)));
            walk.ends_at_start = match (&walk.automaton.is_nullable, is_constant) {
                (false, _) => vec![false; walk.starts.len()],
                (true, true) if walk.automaton.is_nullable_off_graph => {
                    vec![true; walk.starts.len()]
                }
                _ => walk.graph.are_nodes(&walk.starts)?,
            };
        }
        walk.method = walk.choose(spec, chunk)?;
        Ok(walk)
    }

    fn choose(&self, spec: &PathSpec, chunk: &[Vec<u64>]) -> Result<Method> {
        if spec.is_bag {
            return Ok(Method::Steps {
                step: 0,
                edges: None,
            });
        }
        if !self.is_free && self.end != PathEnd::Free {
            let mut pairs = 0;
            let mut last = None;
            for &row in &self.rows {
                let pair = (
                    self.value_of_start(row, spec, chunk),
                    self.end_value(row, chunk),
                );
                pairs += usize::from(last.replace(pair) != Some(pair));
            }
            if pairs <= PAIRS_SEARCHED_MAX {
                return Ok(Method::Pairs);
            }
        }
        if self.starts.len() == 1 && !self.is_free {
            return Ok(Method::Search(None));
        }
        let starts = (!self.is_free).then_some(&self.starts[..]);
        let reach = Reach::explore(&self.graph, &self.automaton, starts).and_then(|reach| {
            let walker = reach.walker(self.graph.control())?;
            Ok((reach, walker))
        });
        match reach {
            Ok(reach) => Ok(Method::Reach(Box::new(reach))),
            // What all starts reach together does not fit; what each of them reaches may.
            Err(error) if error.code() == Code::ResourceExhausted => Ok(Method::Search(None)),
            Err(error) => Err(error),
        }
    }

    fn value_of_start(&self, row: u32, spec: &PathSpec, chunk: &[Vec<u64>]) -> u64 {
        let start = match self.is_backward {
            false => &spec.subject,
            true => &spec.object,
        };
        match start {
            PathEnd::Column(column) => chunk[*column][row as usize],
            PathEnd::Constant(id) => *id,
            PathEnd::Free => 0,
        }
    }

    fn end_value(&self, row: u32, chunk: &[Vec<u64>]) -> u64 {
        match &self.end {
            PathEnd::Column(column) => chunk[*column][row as usize],
            PathEnd::Constant(id) => *id,
            PathEnd::Free => 0,
        }
    }

    /// The rows of a start.
    fn rows_from(&self, start: usize) -> &[u32] {
        match self.is_free {
            true => &self.rows,
            false => &self.rows[self.row_starts[start]..self.row_starts[start + 1]],
        }
    }

    /// The rows that a pair answers.
    fn rows_of(&self, start: usize, end: u64, chunk: &[Vec<u64>]) -> &[u32] {
        let rows = self.rows_from(start);
        match &self.end {
            PathEnd::Free => rows,
            PathEnd::Constant(id) if *id == end => rows,
            PathEnd::Constant(_) => &[],
            PathEnd::Column(column) => {
                let value = |row: &u32| chunk[*column][*row as usize];
                let from = rows.partition_point(|row| value(row) < end);
                let to = from + rows[from..].partition_point(|row| value(row) == end);
                &rows[from..to]
            }
        }
    }

    /// Makes the next nodes of the graph the starts; false if there are none.
    fn next_nodes(&mut self) -> Result<bool> {
        let after = self.starts.last().copied().unwrap_or(0);
        let automaton = self.automaton.clone();
        let first = automaton.classes[0].iter();
        let labels: Vec<&Label> = first.map(|step| &automaton.labels[step.label]).collect();
        // A walk of no step begins anywhere.
        let labels = (!automaton.is_nullable).then_some(&labels[..]);
        self.graph
            .nodes_after(labels, after, NODES, &mut self.starts)?;
        self.state
            .hold(self.rows.len() * 40 + self.starts.len() * 9)?;
        self.ends_at_start = vec![self.automaton.is_nullable; self.starts.len()];
        self.start = 0;
        Ok(!self.starts.is_empty())
    }

    /// Appends further pairs; false at the end.
    fn next(&mut self, pairs: &mut Vec<(u32, u64)>, chunk: &[Vec<u64>]) -> Result<bool> {
        if let Method::Steps { .. } = self.method {
            return self.next_steps(pairs);
        }
        loop {
            if self.start == self.starts.len() && !(self.is_free && self.next_nodes()?) {
                return Ok(false);
            }
            if !self.next_ends(chunk)? {
                self.start += 1;
                self.begun = false;
            }
            let start = self.start - usize::from(!self.begun);
            let found = self.found.drain(..);
            pairs.extend(found.map(|end| (start as u32, end)));
            if pairs.len() >= BATCH_ROWS {
                return Ok(true);
            }
            if !pairs.is_empty() && self.start == self.starts.len() {
                // The starts are replaced next.
                return Ok(true);
            }
        }
    }

    /// Appends further ends of the start at hand to `found`; false if there are no more.
    fn next_ends(&mut self, chunk: &[Vec<u64>]) -> Result<bool> {
        let (node, ends_at_start) = (self.starts[self.start], self.ends_at_start[self.start]);
        let is_first = !std::mem::replace(&mut self.begun, true);
        if is_first && matches!(self.method, Method::External(_)) {
            self.method = Method::Search(None);
        }
        match &mut self.method {
            Method::Steps { .. } => Ok(false),
            Method::Search(search) => {
                let search = match search {
                    Some(search) if !is_first => search,
                    search => search.insert(Box::new(Search::new(
                        &self.graph,
                        &self.automaton,
                        node,
                        ends_at_start,
                    )?)),
                };
                match search.next(&mut self.found) {
                    Err(error) if error.code() == Code::ResourceExhausted => self.go_to_disk(error),
                    found => found,
                }
            }
            Method::External(search) => search.next(&mut self.found),
            Method::Reach(reach) => {
                let (reach, walker) = &mut **reach;
                if self.is_same && self.automaton.is_plain() {
                    if ends_at_start || reach.returns_to(node) {
                        self.found.push(node);
                    }
                    return Ok(false);
                }
                if is_first {
                    walker.start(reach, node, ends_at_start, &mut self.found);
                }
                walker.next(reach, BATCH_ROWS, &mut self.found)
            }
            Method::Pairs => {
                let mut ends: Vec<u64> = self
                    .rows_from(self.start)
                    .iter()
                    .map(|&row| self.end_value(row, chunk))
                    .collect();
                ends.dedup();
                for end in ends {
                    if node == end && ends_at_start {
                        self.found.push(end);
                        continue;
                    }
                    match leads(&self.graph, &self.automaton, node, end) {
                        Ok(true) => self.found.push(end),
                        Ok(false) => {}
                        // One search of all that the start reaches can go on on disk.
                        Err(error) if error.code() == Code::ResourceExhausted => {
                            self.found.clear();
                            self.method = Method::Search(None);
                            self.begun = false;
                            return self.next_ends(chunk);
                        }
                        Err(error) => return Err(error),
                    }
                }
                Ok(false)
            }
        }
    }

    /// Goes on with the search at hand on disk, where there is one.
    fn go_to_disk(&mut self, error: Error) -> Result<bool> {
        let Method::Search(search) = &mut self.method else {
            return Err(error);
        };
        let Some(search) = search.take() else {
            return Err(error);
        };
        self.method = Method::External(Box::new(search.into_external()?));
        Ok(true)
    }

    /// Single steps: one pair for each triple.
    fn next_steps(&mut self, pairs: &mut Vec<(u32, u64)>) -> Result<bool> {
        let Method::Steps { step, edges } = &mut self.method else {
            return Ok(false);
        };
        let steps = &self.automaton.classes[0];
        loop {
            let Some(reading) = edges else {
                let Some(at) = steps.get(*step) else {
                    return Ok(false);
                };
                *step += 1;
                let label = &self.automaton.labels[at.label];
                *edges = Some(Box::new(match self.is_free {
                    true => self.graph.all_edges(label),
                    false => self.graph.edges(label, self.starts.clone()),
                }));
                continue;
            };
            if reading.next(pairs)? {
                if self.is_free {
                    self.starts = std::mem::take(&mut reading.sources);
                }
                return Ok(true);
            }
            *edges = None;
        }
    }
}
