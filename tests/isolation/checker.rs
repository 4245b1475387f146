//! Finds anomalies in a history, by the dependency graph of Adya, Liskov and O'Neil ("Generalized Isolation Level
//! Definitions", 2000).
//!
//! The order of the versions of a key is not asked of the store: it follows from what each write replaced. Writers are
//! serialisable and readers see one commit, so the graph of all committed transactions, in real time too, has no cycle.

use crate::history::{Operation, Outcome, Transaction, Version};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Anomaly {
    /// A transaction did not read what it had written, or read one key twice with two answers.
    Internal,
    /// G0: writes of two transactions are interleaved.
    DirtyWrite,
    /// G1a.
    AbortedRead,
    /// G1b.
    IntermediateRead,
    /// G1c: information flowed in a circle.
    CircularInformation,
    /// Two transactions replaced one version.
    LostUpdate,
    /// G-single: one anti-dependency in a cycle, as in read skew.
    SingleAntiDependency,
    /// G2: a cycle with more of them, as in write skew.
    WriteSkew,
    /// A transaction did not see what was acknowledged before it began.
    StaleRead,
    /// A version that nobody wrote.
    UnknownVersion,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Edge {
    /// The next version of a key.
    WriteWrite,
    WriteRead,
    /// The version after the one that was read.
    ReadWrite,
    RealTime,
}

struct Graph {
    /// By transaction: those that come after it, and why.
    after: Vec<BTreeSet<(usize, Edge)>>,
}

impl Graph {
    /// Whether a path of edges that `allowed` lets through leads from one to another.
    fn leads(&self, from: usize, to: usize, allowed: &dyn Fn(Edge) -> bool) -> bool {
        let mut seen = vec![false; self.after.len()];
        let mut open = vec![from];
        while let Some(next) = open.pop() {
            for &(other, edge) in &self.after[next] {
                if !allowed(edge) {
                    continue;
                }
                if other == to {
                    return true;
                }
                if !std::mem::replace(&mut seen[other], true) {
                    open.push(other);
                }
            }
        }
        false
    }

    /// Whether there is a cycle of edges that `allowed` lets through.
    fn has_cycle(&self, allowed: &dyn Fn(Edge) -> bool) -> bool {
        // Transactions without anything before them are taken away until none is left.
        let mut before = vec![0usize; self.after.len()];
        for edges in &self.after {
            for &(to, edge) in edges {
                before[to] += usize::from(allowed(edge));
            }
        }
        let mut free: Vec<usize> = (0..before.len()).filter(|&at| before[at] == 0).collect();
        let mut left = before.len();
        while let Some(next) = free.pop() {
            left -= 1;
            for &(to, edge) in &self.after[next] {
                if allowed(edge) {
                    before[to] -= 1;
                    if before[to] == 0 {
                        free.push(to);
                    }
                }
            }
        }
        left > 0
    }
}

/// All kinds of anomalies of a history.
pub fn anomalies(history: &[Transaction]) -> BTreeSet<Anomaly> {
    let mut found = BTreeSet::new();
    history
        .iter()
        .for_each(|transaction| internal(transaction, &mut found));
    // Who wrote each version, and the last ones that transactions wrote.
    let mut writer: BTreeMap<(usize, Version), usize> = BTreeMap::new();
    let mut last: BTreeSet<(usize, Version)> = BTreeSet::new();
    for (number, transaction) in history.iter().enumerate() {
        let mut own: BTreeMap<usize, Version> = BTreeMap::new();
        for operation in &transaction.operations {
            if let Operation::Write { key, version, .. } = *operation {
                writer.insert((key, version), number);
                own.insert(key, version);
            }
        }
        last.extend(own);
    }
    let is_committed = |number: usize| history[number].outcome == Outcome::Committed;
    // The version that came after each, among those that were committed and stayed.
    let mut next: BTreeMap<(usize, Version), Version> = BTreeMap::new();
    for (number, transaction) in history.iter().enumerate() {
        let mut first: BTreeMap<usize, Version> = BTreeMap::new();
        for operation in &transaction.operations {
            let Operation::Write {
                key,
                version,
                replaced,
            } = *operation
            else {
                continue;
            };
            let replaced = *first.entry(key).or_insert(replaced);
            if is_committed(number)
                && last.contains(&(key, version))
                && next.insert((key, replaced), version).is_some()
            {
                found.insert(Anomaly::LostUpdate);
            }
        }
    }
    let mut graph = Graph {
        after: vec![BTreeSet::new(); history.len()],
    };
    let mut add = |from: usize, to: usize, edge: Edge| {
        if from != to {
            graph.after[from].insert((to, edge));
        }
    };
    for (&(key, version), &newer) in &next {
        if let (Some(&from), Some(&to)) = (writer.get(&(key, version)), writer.get(&(key, newer))) {
            add(from, to, Edge::WriteWrite);
        }
    }
    for (number, transaction) in history.iter().enumerate() {
        for (key, version) in reads_of_others(transaction) {
            match writer.get(&(key, version)) {
                None if version == 0 => {}
                None => {
                    found.insert(Anomaly::UnknownVersion);
                }
                Some(&from) if !is_committed(from) => {
                    found.insert(Anomaly::AbortedRead);
                }
                Some(_) if !last.contains(&(key, version)) => {
                    found.insert(Anomaly::IntermediateRead);
                }
                Some(&from) => {
                    if is_committed(number) {
                        add(from, number, Edge::WriteRead);
                    }
                }
            }
            if let Some(newer) = next.get(&(key, version))
                && let Some(&to) = writer.get(&(key, *newer))
                && is_committed(number)
            {
                add(number, to, Edge::ReadWrite);
            }
        }
    }
    for (from, earlier) in history.iter().enumerate() {
        for (to, later) in history.iter().enumerate() {
            if is_committed(from) && is_committed(to) && earlier.ended < later.begun {
                add(from, to, Edge::RealTime);
            }
        }
    }
    cycles(&graph, &mut found);
    found
}

/// What a transaction read that it had not written itself.
fn reads_of_others(transaction: &Transaction) -> Vec<(usize, Version)> {
    let mut own: BTreeSet<usize> = BTreeSet::new();
    let mut reads = Vec::new();
    for operation in &transaction.operations {
        match *operation {
            Operation::Read { key, version } if !own.contains(&key) => reads.push((key, version)),
            Operation::Read { .. } => {}
            Operation::Write { key, replaced, .. } => {
                if own.insert(key) {
                    reads.push((key, replaced));
                }
            }
        }
    }
    reads
}

fn internal(transaction: &Transaction, found: &mut BTreeSet<Anomaly>) {
    let mut known: BTreeMap<usize, Version> = BTreeMap::new();
    for operation in &transaction.operations {
        let (key, seen, now) = match *operation {
            Operation::Read { key, version } => (key, version, version),
            Operation::Write {
                key,
                version,
                replaced,
            } => (key, replaced, version),
        };
        if known.insert(key, now).is_some_and(|before| before != seen) {
            found.insert(Anomaly::Internal);
        }
    }
}

fn cycles(graph: &Graph, found: &mut BTreeSet<Anomaly>) {
    use Edge::{ReadWrite, RealTime, WriteRead, WriteWrite};
    if !graph.has_cycle(&|_| true) {
        return;
    }
    if graph.has_cycle(&|edge| edge == WriteWrite) {
        found.insert(Anomaly::DirtyWrite);
    } else if graph.has_cycle(&|edge| matches!(edge, WriteWrite | WriteRead)) {
        found.insert(Anomaly::CircularInformation);
    } else if graph.has_cycle(&|edge| edge != RealTime) {
        let flows = |edge: Edge| matches!(edge, WriteWrite | WriteRead);
        let single = graph.after.iter().enumerate().any(|(from, edges)| {
            edges
                .iter()
                .any(|&(to, edge)| edge == ReadWrite && graph.leads(to, from, &flows))
        });
        found.insert(match single {
            true => Anomaly::SingleAntiDependency,
            false => Anomaly::WriteSkew,
        });
    } else {
        found.insert(Anomaly::StaleRead);
    }
}
