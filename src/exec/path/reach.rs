//! Reach: what each of many nodes reaches, from one exploration of the part of the graph they reach together.
//!
//! Edges are read once, level by level, and kept; strongly connected nodes reach the same and become one component; then
//! what a node reaches is a walk over components in memory. Memory: 72 bytes a node and 20 an edge explored.

use super::expand::{Edges, Graph};
use crate::control::Control;
use crate::error::{Code, Error, Result};
use crate::exec::operator::StateCharge;
use crate::exec::set::hash;
use crate::plan::{Automaton, Step};
use hashbrown::HashTable;

/// Nodes or edges worked between two polls.
const POLL_STEPS: usize = 1 << 14;
/// Set in the target of an edge after which a walk may end.
const ACCEPTS: u32 = 1 << 31;

/// Nodes with the class of the walks that come to them, numbered in order of arrival.
struct Vertices {
    nodes: Vec<u64>,
    classes: Vec<u32>,
    index: HashTable<u32>,
}

impl Vertices {
    fn find(&self, class: usize, node: u64) -> Option<u32> {
        let (nodes, classes) = (&self.nodes, &self.classes);
        self.index
            .find(hash_of(class as u32, node), |&vertex| {
                nodes[vertex as usize] == node && classes[vertex as usize] == class as u32
            })
            .copied()
    }

    /// The number of a vertex, and whether it is new.
    fn add(&mut self, class: usize, node: u64) -> Result<(u32, bool)> {
        if let Some(vertex) = self.find(class, node) {
            return Ok((vertex, false));
        }
        let vertex = self.nodes.len() as u32;
        if vertex >= ACCEPTS {
            return Err(Error::new(
                Code::ResourceExhausted,
                "a property path explores more than 2^31 nodes",
            ));
        }
        let (nodes, classes) = (&self.nodes, &self.classes);
        self.index
            .insert_unique(hash_of(class as u32, node), vertex, |&vertex| {
                hash_of(classes[vertex as usize], nodes[vertex as usize])
            });
        self.nodes.push(node);
        self.classes.push(class as u32);
        Ok((vertex, true))
    }
}

fn hash_of(class: u32, node: u64) -> u64 {
    hash(node ^ u64::from(class).rotate_right(8))
}

/// Lists of numbers in one buffer.
#[derive(Default)]
struct Lists {
    starts: Vec<usize>,
    items: Vec<u32>,
}

impl Lists {
    fn of(&self, list: u32) -> &[u32] {
        let list = list as usize;
        &self.items[self.starts[list]..self.starts[list + 1]]
    }

    /// From pairs (list, item), in any order.
    fn from_pairs(lists: usize, pairs: &[(u32, u32)], control: &Control) -> Result<Self> {
        let mut starts = vec![0; lists + 1];
        for pairs in pairs.chunks(POLL_STEPS) {
            control.poll()?;
            for &(list, _) in pairs {
                starts[list as usize + 1] += 1;
            }
        }
        for list in 0..lists {
            starts[list + 1] += starts[list];
        }
        let mut next = starts.clone();
        let mut items = vec![0; pairs.len()];
        for pairs in pairs.chunks(POLL_STEPS) {
            control.poll()?;
            for &(list, item) in pairs {
                items[next[list as usize]] = item;
                next[list as usize] += 1;
            }
        }
        Ok(Self { starts, items })
    }

    /// As [`Lists::from_pairs`], each item of a list once, ascending.
    fn from_distinct(lists: usize, pairs: &[(u32, u32)], control: &Control) -> Result<Self> {
        let mut all = Self::from_pairs(lists, pairs, control)?;
        let (mut kept, mut worked) = (0, 0);
        for list in 0..lists {
            let range = all.starts[list]..all.starts[list + 1];
            worked += range.len() + 1;
            if worked > POLL_STEPS {
                worked = 0;
                control.poll()?;
            }
            all.starts[list] = kept;
            all.items[range.clone()].sort_unstable();
            for at in range {
                if kept == all.starts[list] || all.items[kept - 1] != all.items[at] {
                    all.items[kept] = all.items[at];
                    kept += 1;
                }
            }
        }
        all.starts[lists] = kept;
        all.items.truncate(kept);
        Ok(all)
    }
}

/// See the module.
pub struct Reach {
    vertices: Vertices,
    /// The component of each vertex. A component has a lower number than those that lead to it.
    component: Vec<u32>,
    /// Components that each component leads to, without itself.
    leads: Lists,
    /// Numbers of the nodes at which walks end after a step out of each component.
    ends: Lists,
    /// The number of the node of each vertex; numbers are those of vertices where there is one class.
    end_of: Option<Vec<u32>>,
    /// How many numbers there are.
    end_count: usize,
    /// A vertex of each number, where numbers are not those of vertices.
    end_vertices: Vec<u32>,
    _state: StateCharge,
}

/// The part of the graph explored so far.
struct Explorer<'a> {
    graph: &'a Graph,
    automaton: &'a Automaton,
    vertices: Vertices,
    edges: Vec<(u32, u32)>,
    /// Nodes of each class whose edges were not asked for yet.
    level: Vec<Vec<u64>>,
    /// Whether all edges of class 0 have been read.
    is_first_complete: bool,
    state: StateCharge,
}

impl Explorer<'_> {
    fn hold(&mut self) -> Result<()> {
        self.state
            .hold(self.vertices.nodes.len() * 30 + self.edges.len() * 20)
    }

    fn add(&mut self, class: usize, node: u64) -> Result<u32> {
        let (vertex, is_new) = self.vertices.add(class, node)?;
        let is_complete = class == 0 && self.is_first_complete;
        if is_new && !is_complete && !self.automaton.classes[class].is_empty() {
            self.level[class].push(node);
        }
        Ok(vertex)
    }

    fn take(
        &mut self,
        class: usize,
        step: Step,
        from: impl Fn(u32) -> u64,
        read: &[(u32, u64)],
    ) -> Result<()> {
        for &(index, to) in read {
            let from = self.vertices.add(class, from(index))?.0;
            let to = self.add(step.class, to)?;
            let accepts = if step.accepts { ACCEPTS } else { 0 };
            self.edges.push((from, to | accepts));
        }
        self.hold()
    }

    /// Reads all edges of walks that begin.
    fn read_first(&mut self) -> Result<()> {
        self.is_first_complete = true;
        let mut read = Vec::new();
        for &step in &self.automaton.classes[0] {
            let mut edges = self.graph.all_edges(&self.automaton.labels[step.label]);
            while edges.next(&mut read)? {
                let sources = std::mem::take(&mut edges.sources);
                self.take(0, step, |index| sources[index as usize], &read)?;
            }
        }
        Ok(())
    }

    fn explore(&mut self) -> Result<()> {
        let mut read = Vec::new();
        loop {
            let empty = vec![Vec::new(); self.level.len()];
            let level = std::mem::replace(&mut self.level, empty);
            if level.iter().all(Vec::is_empty) {
                return Ok(());
            }
            for (class, mut nodes) in level.into_iter().enumerate() {
                if nodes.is_empty() {
                    continue;
                }
                nodes.sort_unstable();
                for &step in &self.automaton.classes[class] {
                    let label = &self.automaton.labels[step.label];
                    let mut edges: Edges = self.graph.edges(label, nodes.clone());
                    while edges.next(&mut read)? {
                        self.take(class, step, |index| nodes[index as usize], &read)?;
                    }
                }
            }
        }
    }
}

impl Reach {
    /// Explores what `starts` reach; `None` explores the whole graph.
    /// Errors: `ResourceExhausted` if it does not fit in memory; `Cancelled`, `QueryTimeout`, those of the source.
    pub fn explore(graph: &Graph, automaton: &Automaton, starts: Option<&[u64]>) -> Result<Self> {
        let control = graph.control();
        let mut explorer = Explorer {
            graph,
            automaton,
            vertices: Vertices {
                nodes: Vec::new(),
                classes: Vec::new(),
                index: HashTable::new(),
            },
            edges: Vec::new(),
            level: vec![Vec::new(); automaton.classes.len()],
            is_first_complete: false,
            state: StateCharge::new(control),
        };
        match starts {
            Some(starts) => {
                for &start in starts {
                    explorer.add(0, start)?;
                }
                explorer.hold()?;
            }
            None => explorer.read_first()?,
        }
        explorer.explore()?;
        let Explorer {
            vertices,
            edges,
            mut state,
            ..
        } = explorer;
        let count = vertices.nodes.len();
        state.hold(count * 72 + edges.len() * 20)?;
        let out = Lists::from_pairs(count, &edges, control)?;
        drop(edges);
        let component = components(&out, count, control)?;
        let (end_of, end_vertices) = match automaton.classes.len() {
            1 => (None, Vec::new()),
            _ => number_nodes(&vertices, control).map(|(of, vertices)| (Some(of), vertices))?,
        };
        let number = |vertex: u32| end_of.as_ref().map_or(vertex, |of| of[vertex as usize]);
        let components = component.iter().max().map_or(0, |&last| last as usize + 1);
        let (mut leads, mut ends) = (Vec::new(), Vec::new());
        for from in 0..count as u32 {
            if (from as usize).is_multiple_of(POLL_STEPS) {
                control.poll()?;
            }
            let mine = component[from as usize];
            for &to in out.of(from) {
                if to & ACCEPTS != 0 {
                    ends.push((mine, number(to & !ACCEPTS)));
                }
                let theirs = component[(to & !ACCEPTS) as usize];
                if theirs != mine {
                    leads.push((mine, theirs));
                }
            }
        }
        drop(out);
        Ok(Self {
            component,
            leads: Lists::from_distinct(components, &leads, control)?,
            ends: Lists::from_distinct(components, &ends, control)?,
            end_count: match &end_of {
                Some(_) => end_vertices.len(),
                None => count,
            },
            end_of,
            end_vertices,
            vertices,
            _state: state,
        })
    }

    /// Whether a walk of at least one step from a node ends there, if the automaton is plain: then it does not leave
    /// the node's component.
    pub fn returns_to(&self, node: u64) -> bool {
        let Some(vertex) = self.vertices.find(0, node) else {
            return false;
        };
        let component = self.component[vertex as usize];
        let end = self.end_of(vertex);
        self.ends.of(component).binary_search(&end).is_ok()
    }

    fn end_of(&self, vertex: u32) -> u32 {
        match &self.end_of {
            Some(of) => of[vertex as usize],
            None => vertex,
        }
    }

    fn end_node(&self, end: u32) -> u64 {
        let vertex = self.end_vertices.get(end as usize).copied();
        self.vertices.nodes[vertex.unwrap_or(end) as usize]
    }

    /// A walker over what single nodes reach. Memory: 8 bytes for each node explored.
    /// Errors: `ResourceExhausted`.
    pub fn walker(&self, control: &Control) -> Result<Walker> {
        let mut state = StateCharge::new(control);
        state.hold((self.end_count + self.leads.starts.len()) * 4)?;
        Ok(Walker {
            round: 0,
            seen: vec![0; self.leads.starts.len().saturating_sub(1)],
            given: vec![0; self.end_count],
            stack: Vec::new(),
            at: 0,
            steps: 0,
            control: control.clone(),
            _state: state,
        })
    }
}

/// Walks over the components of a [`Reach`], one start after the other.
pub struct Walker {
    /// Numbers the starts; marks of an earlier one do not count.
    round: u32,
    seen: Vec<u32>,
    given: Vec<u32>,
    /// Components whose ends are to be given, the one at hand last.
    stack: Vec<u32>,
    /// The end to give next of the component at hand.
    at: usize,
    steps: usize,
    control: Control,
    _state: StateCharge,
}

impl Walker {
    /// Begins at a node. With `ends_at_start` the walk of no step counts and its end is written to `out`.
    pub fn start(&mut self, reach: &Reach, node: u64, ends_at_start: bool, out: &mut Vec<u64>) {
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.seen.fill(0);
            self.given.fill(0);
            self.round = 1;
        }
        self.stack.clear();
        self.at = 0;
        if ends_at_start {
            out.push(node);
        }
        if let Some(vertex) = reach.vertices.find(0, node) {
            let component = reach.component[vertex as usize];
            self.seen[component as usize] = self.round;
            self.stack.push(component);
            if ends_at_start {
                self.given[reach.end_of(vertex) as usize] = self.round;
            }
        }
    }

    /// Appends further ends, at most `ends_max`; false at the end.
    /// Errors: `Cancelled`, `QueryTimeout`.
    pub fn next(&mut self, reach: &Reach, ends_max: usize, out: &mut Vec<u64>) -> Result<bool> {
        let full = out.len() + ends_max;
        while let Some(&component) = self.stack.last() {
            let ends = reach.ends.of(component);
            while let Some(&end) = ends.get(self.at) {
                if out.len() == full {
                    return Ok(true);
                }
                self.at += 1;
                self.step()?;
                let given = &mut self.given[end as usize];
                if *given != self.round {
                    *given = self.round;
                    out.push(reach.end_node(end));
                }
            }
            self.at = 0;
            self.stack.pop();
            for &next in reach.leads.of(component) {
                self.step()?;
                if self.seen[next as usize] != self.round {
                    self.seen[next as usize] = self.round;
                    self.stack.push(next);
                }
            }
        }
        Ok(false)
    }

    fn step(&mut self) -> Result<()> {
        self.steps += 1;
        match self.steps.is_multiple_of(POLL_STEPS) {
            true => self.control.poll(),
            false => Ok(()),
        }
    }
}

/// A number for each distinct node: that of each vertex, and a vertex of each number.
fn number_nodes(vertices: &Vertices, control: &Control) -> Result<(Vec<u32>, Vec<u32>)> {
    let mut index: HashTable<u32> = HashTable::new();
    let mut numbers = Vec::with_capacity(vertices.nodes.len());
    let mut first: Vec<u32> = Vec::new();
    for (vertex, &node) in vertices.nodes.iter().enumerate() {
        if vertex.is_multiple_of(POLL_STEPS) {
            control.poll()?;
        }
        let node_of = |number: u32| vertices.nodes[first[number as usize] as usize];
        let known = index.find(hash(node), |&number| node_of(number) == node);
        let number = match known {
            Some(&number) => number,
            None => {
                let number = first.len() as u32;
                index.insert_unique(hash(node), number, |&number| hash(node_of(number)));
                first.push(vertex as u32);
                number
            }
        };
        numbers.push(number);
    }
    Ok((numbers, first))
}

/// The strongly connected component of each vertex, numbered so that edges lead to components of the same or a lower
/// number (Tarjan, without recursion).
fn components(out: &Lists, count: usize, control: &Control) -> Result<Vec<u32>> {
    const NONE: u32 = u32::MAX;
    let mut component = vec![NONE; count];
    let mut index = vec![NONE; count];
    let mut low = vec![0; count];
    let mut open: Vec<u32> = Vec::new();
    // A vertex and the next of its edges.
    let mut path: Vec<(u32, usize)> = Vec::new();
    let (mut indexes, mut components, mut steps) = (0, 0, 0_usize);
    for root in 0..count as u32 {
        if index[root as usize] != NONE {
            continue;
        }
        path.push((root, 0));
        while let Some(&mut (vertex, ref mut next)) = path.last_mut() {
            steps += 1;
            if steps.is_multiple_of(POLL_STEPS) {
                control.poll()?;
            }
            let at = vertex as usize;
            if *next == 0 && index[at] == NONE {
                index[at] = indexes;
                low[at] = indexes;
                indexes += 1;
                open.push(vertex);
            }
            let target = out.of(vertex).get(*next).map(|to| to & !ACCEPTS);
            *next += 1;
            match target {
                Some(to) if index[to as usize] == NONE => path.push((to, 0)),
                Some(to) if component[to as usize] == NONE => {
                    low[at] = low[at].min(index[to as usize]);
                }
                Some(_) => {}
                None => {
                    if low[at] == index[at] {
                        while let Some(member) = open.pop() {
                            component[member as usize] = components;
                            if member == vertex {
                                break;
                            }
                        }
                        components += 1;
                    }
                    path.pop();
                    if let Some(&(above, _)) = path.last() {
                        low[above as usize] = low[above as usize].min(low[at]);
                    }
                }
            }
        }
    }
    Ok(component)
}
