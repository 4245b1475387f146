//! Expand: the edges of a set of nodes, read in batches through [`QuadSource`](crate::store::QuadSource).
//!
//! Nodes come sorted, so each predicate is one forward pass over its rows that seeks from node to node. Where the graph
//! is small against the nodes asked for, it is read whole. Cost: 0.3 us a node where nodes lie apart, 2 ns a row.

use crate::control::Control;
use crate::error::Result;
use crate::exec::operator::{Runtime, StateCharge};
use crate::plan::{Label, Predicates, cost};
use crate::store::source::{G, O, P, S};
use crate::store::{Graphs, Order, QuadScan, ScanBatch, ScanSpec};
use crate::term::Id;
use std::sync::Arc;

/// With more predicates than this, all triples of a node are read and their predicates looked up.
const PREDICATES_PROBED_MAX: usize = 16;

/// A set of triples that paths walk on: one graph or a union.
#[derive(Clone)]
pub struct Graph {
    runtime: Arc<Runtime>,
    graphs: Graphs,
    /// Triples of a named graph that is read alone.
    triples: Option<f64>,
}

/// One pass over rows of the source.
struct Pass {
    spec: ScanSpec,
    /// Positions of the node left and of the one reached.
    from: usize,
    to: usize,
    /// Predicates that count, or with `false` those that do not; ascending.
    filter: Option<(bool, Vec<u64>)>,
    /// Whether rows come in the order of the nodes they leave.
    is_sorted: bool,
}

impl Graph {
    /// Errors: those of [`QuadSource::count`](crate::store::QuadSource::count).
    pub fn new(runtime: &Arc<Runtime>, graphs: Graphs) -> Result<Self> {
        let mut graph = Self {
            runtime: runtime.clone(),
            graphs,
            triples: None,
        };
        if graph.is_named() {
            let spec = graph.spec(Order::Gspo, Vec::new(), &[]);
            let triples = runtime.source.count(&spec, &runtime.control)?;
            graph.triples = Some(triples as f64);
        }
        Ok(graph)
    }

    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    pub fn control(&self) -> &Control {
        &self.runtime.control
    }

    /// Whether it is a named graph without triples, which does not exist (definition 12).
    pub fn is_absent(&self) -> bool {
        self.triples == Some(0.0)
    }

    fn is_named(&self) -> bool {
        matches!(self.graphs, Graphs::One(graph) if graph != 0)
    }

    fn spec(&self, order: Order, prefix: Vec<u64>, wanted: &[usize]) -> ScanSpec {
        let mut columns = [false; 4];
        wanted.iter().for_each(|&position| columns[position] = true);
        ScanSpec {
            order,
            prefix,
            range: None,
            graphs: self.graphs.clone(),
            view: self.runtime.view,
            wanted: columns,
        }
    }

    /// The passes that find the edges of `nodes` nodes; without a number, those of all nodes.
    fn passes(&self, label: &Label, nodes: Option<usize>) -> Vec<Pass> {
        let (from, to) = match label.inverse {
            false => (S, O),
            true => (O, S),
        };
        let (is_in, predicates) = match &label.predicates {
            Predicates::Any(predicates) => (true, predicates),
            Predicates::NoneOf(predicates) => (false, predicates),
        };
        if predicates.is_empty() && is_in {
            return Vec::new();
        }
        let filtered = |order| Pass {
            spec: self.spec(order, Vec::new(), &[S, P, O]),
            from,
            to,
            filter: Some((is_in, predicates.clone())),
            is_sorted: (order == Order::Ospg) == label.inverse,
        };
        if let Some(triples) = self.triples {
            let apart = nodes.map_or(f64::MAX, |nodes| nodes as f64 * cost::PROBE_KEY);
            if triples * cost::SCAN_ROW < apart {
                return vec![filtered(Order::Gspo)];
            }
        }
        if is_in && predicates.len() <= PREDICATES_PROBED_MAX {
            let order = match label.inverse {
                false => Order::Psog,
                true => Order::Posg,
            };
            let pass = |&predicate: &u64| Pass {
                spec: self.spec(order, vec![predicate], &[from, to]),
                from,
                to,
                filter: None,
                is_sorted: true,
            };
            return predicates.iter().map(pass).collect();
        }
        vec![filtered(match label.inverse {
            true => Order::Ospg,
            false if self.is_named() => Order::Gspo,
            false => Order::Spog,
        })]
    }

    /// The edges with `label` that leave `nodes` (ascending, no duplicates), in any order.
    pub fn edges(&self, label: &Label, nodes: Vec<u64>) -> Edges {
        let has_edges = |&node: &u64| {
            let id = Id::from_raw(node);
            !id.is_local() && (label.inverse || !id.is_literal())
        };
        let passes = match nodes.iter().any(has_edges) {
            true => self.passes(label, Some(nodes.len())),
            false => Vec::new(),
        };
        Edges::new(self, passes, Some(nodes))
    }

    /// All edges with `label`.
    pub fn all_edges(&self, label: &Label) -> Edges {
        Edges::new(self, self.passes(label, None), None)
    }

    /// Which of `nodes` (ascending, no duplicates) are a subject or an object of the graph.
    /// Errors: those of the source.
    pub fn are_nodes(&self, nodes: &[u64]) -> Result<Vec<bool>> {
        let mut found = vec![false; nodes.len()];
        for inverse in [false, true] {
            let missing: Vec<usize> = (0..nodes.len()).filter(|&index| !found[index]).collect();
            let any = Label {
                predicates: Predicates::NoneOf(Vec::new()),
                inverse,
            };
            let mut edges = self.edges(&any, missing.iter().map(|&index| nodes[index]).collect());
            edges.one_each = true;
            let mut batch = Vec::new();
            while edges.next(&mut batch)? {
                for &(index, _) in &batch {
                    found[missing[index as usize]] = true;
                }
            }
        }
        Ok(found)
    }

    /// Replaces `nodes` by the nodes of the graph behind `after` that an edge with one of `labels` leaves, or by all without
    /// labels; ascending, at most `nodes_max`, and none at the end. Where labels have many predicates, there may be others.
    /// Errors: those of the source.
    pub fn nodes_after(
        &self,
        labels: Option<&[&Label]>,
        after: u64,
        nodes_max: usize,
        nodes: &mut Vec<u64>,
    ) -> Result<()> {
        nodes.clear();
        let Some(first) = after.checked_add(1) else {
            return Ok(());
        };
        let columns = labels.and_then(leaving).unwrap_or_else(|| {
            let subjects = match self.is_named() {
                true => Order::Gspo,
                false => Order::Spog,
            };
            vec![(subjects, Vec::new(), S), (Order::Ospg, Vec::new(), O)]
        });
        for (order, prefix, position) in columns {
            let mut spec = self.spec(order, prefix, &[position]);
            spec.range = Some((first, u64::MAX));
            let mut scan = self.runtime.source.scan(&spec, self.control())?;
            take_distinct(&mut *scan, position, nodes_max, nodes)?;
        }
        nodes.sort_unstable();
        nodes.dedup();
        nodes.truncate(nodes_max);
        Ok(())
    }
}

/// Where the nodes are that edges with one of `labels` leave: orders with their prefixes, and the position that is sorted
/// behind them. `None` if those are too many.
fn leaving(labels: &[&Label]) -> Option<Vec<(Order, Vec<u64>, usize)>> {
    let mut columns = Vec::new();
    for label in labels {
        let Predicates::Any(predicates) = &label.predicates else {
            return None;
        };
        let (order, position) = match label.inverse {
            false => (Order::Psog, S),
            true => (Order::Posg, O),
        };
        columns.extend(
            predicates
                .iter()
                .map(|&predicate| (order, vec![predicate], position)),
        );
    }
    columns.dedup();
    (columns.len() <= PREDICATES_PROBED_MAX).then_some(columns)
}

/// The named graphs among `allowed` (`None`: all) that each of `nodes` (ascending, no duplicates) is a node of, as pairs
/// (graph, index of the node), ascending. Charged to `state`. Errors: `ResourceExhausted`, those of the source.
pub fn graphs_of(
    runtime: &Arc<Runtime>,
    allowed: Option<&[u64]>,
    nodes: &[u64],
    state: &mut StateCharge,
) -> Result<Vec<(u64, u32)>> {
    let graph = Graph {
        runtime: runtime.clone(),
        graphs: named(allowed),
        triples: None,
    };
    let mut found = Vec::new();
    for (order, from) in [(Order::Spog, S), (Order::Ospg, O)] {
        let pass = Pass {
            spec: graph.spec(order, Vec::new(), &[from, G]),
            from,
            to: G,
            filter: None,
            is_sorted: true,
        };
        let mut edges = Edges::new(&graph, vec![pass], Some(nodes.to_vec()));
        let mut batch = Vec::new();
        while edges.next(&mut batch)? {
            batch.dedup();
            found.extend(batch.iter().map(|&(node, graph)| (graph, node)));
            if found.len() * size_of::<(u64, u32)>() > state.bytes() {
                found.sort_unstable();
                found.dedup();
                state.hold(2 * found.len() * size_of::<(u64, u32)>())?;
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Appends at most `values_max` distinct values of the first free key column of a scan.
fn take_distinct(
    scan: &mut dyn QuadScan,
    position: usize,
    values_max: usize,
    values: &mut Vec<u64>,
) -> Result<()> {
    let mut batch = ScanBatch::default();
    let (mut taken, mut last) = (0, None);
    loop {
        scan.next(&mut batch)?;
        let column = &batch.columns[position][..batch.len];
        let (Some(&first), Some(&end)) = (column.first(), column.last()) else {
            return Ok(());
        };
        for &value in column {
            if last.replace(value) != Some(value) {
                if taken == values_max {
                    return Ok(());
                }
                values.push(value);
                taken += 1;
            }
        }
        // A value that fills a batch is skipped.
        if first == end {
            match end.checked_add(1) {
                Some(next) => scan.seek(&[next])?,
                None => return Ok(()),
            }
        }
    }
}

fn named(allowed: Option<&[u64]>) -> Graphs {
    match allowed {
        None => Graphs::Named,
        Some(allowed) => Graphs::Listed(allowed.to_vec()),
    }
}

/// The named graphs among `allowed` (`None`: all) that exist, ascending. Errors: those of the source.
pub fn named_graphs(runtime: &Runtime, allowed: Option<&[u64]>) -> Result<Vec<u64>> {
    let mut wanted = [false; 4];
    wanted[G] = true;
    let spec = ScanSpec {
        order: Order::Gspo,
        prefix: Vec::new(),
        range: None,
        graphs: named(allowed),
        view: runtime.view,
        wanted,
    };
    let mut scan = runtime.source.scan(&spec, &runtime.control)?;
    let mut graphs = Vec::new();
    take_distinct(&mut *scan, G, usize::MAX, &mut graphs)?;
    Ok(graphs)
}

/// Edges, a batch at a time.
pub struct Edges {
    graph: Graph,
    passes: std::vec::IntoIter<Pass>,
    pass: Option<(Pass, Box<dyn QuadScan>)>,
    /// The nodes asked for; `None` is all.
    nodes: Option<Vec<u64>>,
    /// The node at hand.
    node: usize,
    read: ScanBatch,
    /// Whether one edge of each node is enough.
    one_each: bool,
    /// Where all nodes are asked for: the node that each edge of the last batch leaves.
    pub sources: Vec<u64>,
}

impl Edges {
    fn new(graph: &Graph, passes: Vec<Pass>, nodes: Option<Vec<u64>>) -> Self {
        Self {
            graph: graph.clone(),
            passes: passes.into_iter(),
            pass: None,
            nodes,
            node: 0,
            read: ScanBatch::default(),
            one_each: false,
            sources: Vec::new(),
        }
    }

    /// Replaces `out` by further edges, at most as many as a scan gives at a time: the index of the node left, which
    /// where all nodes are asked for is one into [`Edges::sources`], and the node reached. False at the end.
    /// Errors: those of the source.
    pub fn next(&mut self, out: &mut Vec<(u32, u64)>) -> Result<bool> {
        out.clear();
        self.sources.clear();
        while out.is_empty() {
            self.graph.control().poll()?;
            let (pass, mut scan) = match self.pass.take() {
                Some(pass) => pass,
                None => {
                    let Some(mut pass) = self.passes.next() else {
                        return Ok(false);
                    };
                    self.node = 0;
                    self.read.len = 0;
                    if let (true, Some(nodes)) = (pass.is_sorted, &self.nodes) {
                        pass.spec.range = nodes.first().copied().zip(nodes.last().copied());
                    }
                    let runtime = &self.graph.runtime;
                    let scan = runtime.source.scan(&pass.spec, &runtime.control)?;
                    (pass, scan)
                }
            };
            let more = match &self.nodes {
                Some(_) if pass.is_sorted => self.probe(&pass, &mut *scan, out)?,
                _ => self.filter(&pass, &mut *scan, out)?,
            };
            if more {
                self.pass = Some((pass, scan));
            }
        }
        Ok(true)
    }

    /// Reads a batch of all rows.
    fn filter(
        &mut self,
        pass: &Pass,
        scan: &mut dyn QuadScan,
        out: &mut Vec<(u32, u64)>,
    ) -> Result<bool> {
        scan.next(&mut self.read)?;
        for row in (0..self.read.len).filter(|&row| pass.counts(&self.read, row)) {
            let (from, to) = pass.edge(&self.read, row);
            match &self.nodes {
                None => {
                    out.push((self.sources.len() as u32, to));
                    self.sources.push(from);
                }
                Some(nodes) => {
                    if let Ok(node) = nodes.binary_search(&from) {
                        out.push((node as u32, to));
                    }
                }
            }
        }
        Ok(self.read.len > 0)
    }

    /// Reads a batch of rows from the node at hand on; seeks if that lies behind the last batch.
    fn probe(
        &mut self,
        pass: &Pass,
        scan: &mut dyn QuadScan,
        out: &mut Vec<(u32, u64)>,
    ) -> Result<bool> {
        let nodes = self.nodes.as_deref().unwrap_or_default();
        let Some(&node) = nodes.get(self.node) else {
            return Ok(false);
        };
        let before = self.read.len.checked_sub(1);
        // The rows of a node that ended the last batch may go on; they follow by themselves.
        if before.is_some_and(|last| self.read.columns[pass.from][last] < node) {
            scan.seek(&[node])?;
        }
        scan.next(&mut self.read)?;
        let froms = &self.read.columns[pass.from][..self.read.len];
        let Some(&last) = froms.last() else {
            return Ok(false);
        };
        let mut at = 0;
        while let Some(&node) = nodes.get(self.node) {
            if node > last {
                break;
            }
            at += gallop(&froms[at..], node);
            let rows = froms[at..].iter().take_while(|&&from| from == node).count();
            for row in (at..at + rows).filter(|&row| pass.counts(&self.read, row)) {
                out.push((self.node as u32, self.read.columns[pass.to][row]));
                if self.one_each {
                    break;
                }
            }
            at += rows;
            if node == last && !self.one_each {
                return Ok(true);
            }
            self.node += 1;
        }
        Ok(self.node < nodes.len())
    }
}

impl Pass {
    fn counts(&self, read: &ScanBatch, row: usize) -> bool {
        match &self.filter {
            None => true,
            Some((is_in, predicates)) => {
                predicates.binary_search(&read.columns[P][row]).is_ok() == *is_in
            }
        }
    }

    fn edge(&self, read: &ScanBatch, row: usize) -> (u64, u64) {
        (read.columns[self.from][row], read.columns[self.to][row])
    }
}

/// The number of leading values below `value` in an ascending column.
fn gallop(column: &[u64], value: u64) -> usize {
    let mut step = 1;
    while step < column.len() && column[step] < value {
        step *= 2;
    }
    let from = step / 2;
    let to = step.min(column.len());
    from + column[from..to].partition_point(|&other| other < value)
}
