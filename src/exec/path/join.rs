//! Path join: for each input row, the solutions of a path between two ends, each bound by the row, constant or free.

use super::expand::{Graph, graphs_of, named_graphs};
use super::walk::Walk;
use crate::error::Result;
use crate::exec::batch::{Batch, gather};
use crate::exec::operator::{BoxOperator, Operator, Runtime, StateCharge};
use crate::plan::{PathEnd, PathGraph, PathSpec};
use crate::store::{BATCH_ROWS, Graphs};
use crate::term::Id;
use std::collections::VecDeque;
use std::sync::Arc;

/// Input rows worked at a time: one batch at first, so that a LIMIT above reads little, then more.
const CHUNK_ROWS_MAX: usize = 32 * BATCH_ROWS;

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
