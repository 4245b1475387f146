//! Search: what one node reaches, level by level, with nothing kept but what was visited.

use super::expand::{Edges, Graph};
use super::external::ExternalSearch;
use crate::control::Control;
use crate::error::Result;
use crate::exec::set::IdSet;
use crate::plan::{Automaton, Backwards};
use std::sync::Arc;

/// Gives the ends of the walks of an automaton from one node, each once, nearest first. Memory: 10-20 bytes for each
/// node reached.
pub struct Search {
    graph: Graph,
    automaton: Arc<Automaton>,
    start: u64,
    is_plain: bool,
    /// Ends that were given. Where the automaton is plain, also the nodes whose edges were asked for.
    found: IdSet,
    /// Nodes that walks of each class have come to.
    visited: Vec<IdSet>,
    /// The nodes of each class to go on from, and those of the next level.
    level: Vec<Vec<u64>>,
    next: Vec<Vec<u64>>,
    /// The step at hand: a class and an index into its steps.
    class: usize,
    step: usize,
    edges: Option<Edges>,
    read: Vec<(u32, u64)>,
    ready: Vec<u64>,
}

impl Search {
    /// From `start`; with `ends_at_start` the walk of no step counts.
    /// Errors: `ResourceExhausted`.
    pub fn new(
        graph: &Graph,
        automaton: &Arc<Automaton>,
        start: u64,
        ends_at_start: bool,
    ) -> Result<Self> {
        let control = graph.control();
        let classes = automaton.classes.len();
        let mut search = Self {
            graph: graph.clone(),
            automaton: automaton.clone(),
            start,
            is_plain: automaton.is_plain(),
            found: IdSet::new(control),
            visited: (0..classes).map(|_| IdSet::new(control)).collect(),
            level: vec![Vec::new(); classes],
            next: vec![Vec::new(); classes],
            class: 0,
            step: 0,
            edges: None,
            read: Vec::new(),
            ready: Vec::new(),
        };
        search.level[0].push(start);
        search.visited[0].insert(start)?;
        if ends_at_start {
            search.found.insert(start)?;
            search.ready.push(start);
        }
        Ok(search)
    }

    /// Appends further ends to `out`; false at the end.
    /// Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`, those of the source.
    pub fn next(&mut self, out: &mut Vec<u64>) -> Result<bool> {
        let before = out.len();
        out.append(&mut self.ready);
        while out.len() == before {
            if self.edges.is_none() && !self.next_step() {
                return Ok(false);
            }
            let Some(mut edges) = self.edges.take() else {
                return Ok(false);
            };
            if !edges.next(&mut self.read)? {
                self.step += 1;
                continue;
            }
            self.edges = Some(edges);
            self.take(out)?;
        }
        Ok(true)
    }

    /// The same search on disk, after an error for want of memory. It gives the ends that were not given.
    /// Errors: those of [`ExternalSearch::new`].
    pub fn into_external(self) -> Result<ExternalSearch> {
        let Self {
            graph,
            automaton,
            start,
            found,
            visited,
            ..
        } = self;
        // Their memory is needed for the buffers.
        drop(visited);
        ExternalSearch::new(&graph, &automaton, start, found.into_ids())
    }

    fn take(&mut self, out: &mut Vec<u64>) -> Result<()> {
        let step = self.automaton.classes[self.class][self.step];
        for &(_, node) in &self.read {
            if self.is_plain {
                if self.found.insert(node)? {
                    out.push(node);
                    self.next[0].push(node);
                }
                continue;
            }
            if step.accepts && self.found.insert(node)? {
                out.push(node);
            }
            if !self.automaton.classes[step.class].is_empty()
                && self.visited[step.class].insert(node)?
            {
                self.next[step.class].push(node);
            }
        }
        Ok(())
    }

    /// Opens the edges of the next step of this level or the next; false if there is nowhere to go.
    fn next_step(&mut self) -> bool {
        loop {
            if self.class == self.level.len() {
                self.level.iter_mut().for_each(Vec::clear);
                std::mem::swap(&mut self.level, &mut self.next);
                if self.level.iter().all(Vec::is_empty) {
                    return false;
                }
                self.level
                    .iter_mut()
                    .for_each(|nodes| nodes.sort_unstable());
                self.class = 0;
                self.step = 0;
            }
            let steps = &self.automaton.classes[self.class];
            match steps.get(self.step) {
                Some(step) if !self.level[self.class].is_empty() => {
                    let label = &self.automaton.labels[step.label];
                    let nodes = match self.step + 1 == steps.len() {
                        true => std::mem::take(&mut self.level[self.class]),
                        false => self.level[self.class].clone(),
                    };
                    self.edges = Some(self.graph.edges(label, nodes));
                    return true;
                }
                _ => {
                    self.class += 1;
                    self.step = 0;
                }
            }
        }
    }
}

/// Whether a walk of an automaton leads from one node to another: a search from both sides that goes on where fewer
/// nodes are. A walk of no step is not looked at.
/// Errors: `Cancelled`, `QueryTimeout`, `ResourceExhausted`, those of the source.
pub fn leads(graph: &Graph, automaton: &Automaton, start: u64, end: u64) -> Result<bool> {
    let Backwards { into, ends } = automaton.backwards();
    let mut ahead = Side::new(automaton, graph.control());
    let mut behind = Side::new(automaton, graph.control());
    ahead.add(0, start)?;
    // Where walks that end at `end` stand before their last step.
    for &(class, label) in &ends {
        let mut edges = graph.edges(&automaton.labels[label].reversed(), vec![end]);
        let mut read = Vec::new();
        while edges.next(&mut read)? {
            for &(_, node) in &read {
                behind.add(class, node)?;
            }
        }
    }
    if ahead.meets(&behind) {
        return Ok(true);
    }
    loop {
        let (ahead_size, behind_size) = (ahead.size(), behind.size());
        if ahead_size == 0 || behind_size == 0 {
            return Ok(false);
        }
        let forwards = ahead_size <= behind_size;
        let (side, other) = match forwards {
            true => (&mut ahead, &behind),
            false => (&mut behind, &ahead),
        };
        let mut level = side.take_level();
        for (class, nodes) in level.iter_mut().enumerate() {
            if nodes.is_empty() {
                continue;
            }
            nodes.sort_unstable();
            let steps: Vec<(usize, usize)> = match forwards {
                true => automaton.classes[class]
                    .iter()
                    .map(|step| (step.class, step.label))
                    .collect(),
                false => into[class].clone(),
            };
            for (to, label) in steps {
                let label = &automaton.labels[label];
                let mut edges = match forwards {
                    true => graph.edges(label, nodes.clone()),
                    false => graph.edges(&label.reversed(), nodes.clone()),
                };
                let mut read = Vec::new();
                while edges.next(&mut read)? {
                    for &(_, node) in &read {
                        if side.add(to, node)? && other.visited[to].contains(node) {
                            return Ok(true);
                        }
                    }
                }
            }
        }
    }
}

/// One side of a search from both.
struct Side {
    visited: Vec<IdSet>,
    level: Vec<Vec<u64>>,
}

impl Side {
    fn new(automaton: &Automaton, control: &Control) -> Self {
        let classes = automaton.classes.len();
        Self {
            visited: (0..classes).map(|_| IdSet::new(control)).collect(),
            level: vec![Vec::new(); classes],
        }
    }

    /// Whether the node is new in the class.
    fn add(&mut self, class: usize, node: u64) -> Result<bool> {
        let is_new = self.visited[class].insert(node)?;
        if is_new {
            self.level[class].push(node);
        }
        Ok(is_new)
    }

    fn size(&self) -> usize {
        self.level.iter().map(Vec::len).sum()
    }

    fn take_level(&mut self) -> Vec<Vec<u64>> {
        let empty = vec![Vec::new(); self.level.len()];
        std::mem::replace(&mut self.level, empty)
    }

    /// Whether a node that is new here is known over there.
    fn meets(&self, other: &Self) -> bool {
        self.level
            .iter()
            .zip(&other.visited)
            .any(|(nodes, visited)| nodes.iter().any(|&node| visited.contains(node)))
    }
}
