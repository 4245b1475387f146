//! Walk: the pairs of ends of a path in one graph, for input rows that bind ends of it or leave them free.
//!
//! Rows are worked by their distinct starts. How is chosen once for all of them: single steps, where the path is no more;
//! a search from both sides of each pair, where few pairs are asked for; a search of one start; or one exploration that
//! all starts share, in place of which each start is searched, on disk if need be, where memory does not suffice.

use super::expand::{Edges, Graph};
use super::external::ExternalSearch;
use super::reach::{Reach, Walker};
use super::search::{Search, leads};
use crate::error::{Code, Error, Result};
use crate::exec::operator::StateCharge;
use crate::plan::{Automaton, Label, PathEnd, PathSpec};
use crate::store::BATCH_ROWS;
use std::sync::Arc;

/// Nodes worked at a time where both ends are free.
const NODES: usize = 32 * BATCH_ROWS;
/// Pairs of bound ends that are searched one by one, from both sides.
const PAIRS_SEARCHED_MAX: usize = 4;

/// The walks in one graph for some rows.
pub struct Walk {
    graph: Graph,
    /// 0 for a default graph.
    pub graph_id: u64,
    automaton: Arc<Automaton>,
    /// Whether walks start at the object.
    pub is_backward: bool,
    /// Rows by start, then by end where rows bind it.
    rows: Vec<u32>,
    /// Distinct starts, ascending, and for each where its rows begin; behind the last, where they end.
    pub starts: Vec<u64>,
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

impl Walk {
    /// In `graph` for `rows` of the chunk. Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`, those of the source.
    pub fn new(
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
    pub fn rows_of(&self, start: usize, end: u64, chunk: &[Vec<u64>]) -> &[u32] {
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

    /// Appends further pairs, the index of the start and the end; false at the end.
    /// Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`, `Io`, those of the source.
    pub fn next(&mut self, pairs: &mut Vec<(u32, u64)>, chunk: &[Vec<u64>]) -> Result<bool> {
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
