//! MIN and MAX: the first or last value in the order of ORDER BY (SPARQL 1.1 sections 15.1 and 18.5.1.5), which is total over
//! terms of all kinds. An error makes the group have no value.

use super::super::rank::ranks;
use super::{Kernel, Scope};
use crate::error::{Code, Result};
use crate::term::{Id, compare_ids};
use std::cmp::Ordering;
use std::ops::Range;

/// A group that met an error; no term has this id.
const FAILED: u64 = u64::MAX;

pub struct Extreme {
    /// How a value compares with one that it replaces.
    wanted: Ordering,
    /// For each group its value so far, 0 for none, or `FAILED`.
    best: Vec<u64>,
}

impl Extreme {
    pub fn least() -> Self {
        Self {
            wanted: Ordering::Less,
            best: Vec::new(),
        }
    }

    pub fn greatest() -> Self {
        Self {
            wanted: Ordering::Greater,
            best: Vec::new(),
        }
    }

    /// Works values whose order with their group's ids alone did not tell: all at once, or one half after the other where their
    /// terms are more than the query's memory holds.
    fn rank(&mut self, open: &[(u32, u64)], scope: &Scope<'_>) -> Result<()> {
        match self.rank_all(open, scope) {
            Err(error) if error.code() == Code::ResourceExhausted && open.len() > 1 => {
                let (first, second) = open.split_at(open.len() / 2);
                self.rank(first, scope)?;
                self.rank(second, scope)
            }
            ranked => ranked,
        }
    }

    fn rank_all(&mut self, open: &[(u32, u64)], scope: &Scope<'_>) -> Result<()> {
        let mut column: Vec<u64> = open.iter().map(|&(_, value)| value).collect();
        column.extend(open.iter().map(|&(group, _)| self.best[group as usize]));
        let places = ranks(&column, true, scope.terms, scope.control)?;
        let (values, bests) = places.split_at(open.len());
        // The rank of each group's value, which the first of its rows still knows.
        let mut order: Vec<u32> = (0..open.len() as u32).collect();
        order.sort_unstable_by_key(|&row| (open[row as usize].0, row));
        let mut at = 0;
        while at < order.len() {
            let group = open[order[at] as usize].0;
            let mut rank = bests[order[at] as usize];
            while at < order.len() && open[order[at] as usize].0 == group {
                let row = order[at] as usize;
                if values[row].cmp(&rank) == self.wanted {
                    rank = values[row];
                    self.best[group as usize] = open[row].1;
                }
                at += 1;
            }
        }
        Ok(())
    }
}

impl Kernel for Extreme {
    fn open(&mut self, groups: usize) {
        self.best.resize(groups, 0);
    }

    fn step(&mut self, groups: &[u32], values: &[u64], scope: &Scope<'_>) -> Result<()> {
        let mut open = Vec::new();
        for (&group, &value) in groups.iter().zip(values) {
            let best = &mut self.best[group as usize];
            if value == 0 || *best == FAILED {
                *best = FAILED;
            } else if *best == 0 {
                *best = value;
            } else {
                match compare_ids(Id::from_raw(value), Id::from_raw(*best)) {
                    Some(order) if order == self.wanted => *best = value,
                    Some(_) => {}
                    None => open.push((group, value)),
                }
            }
        }
        open.retain(|&(group, _)| self.best[group as usize] != FAILED);
        match open.is_empty() {
            true => Ok(()),
            false => self.rank(&open, scope),
        }
    }

    fn finish(
        &mut self,
        groups: Range<usize>,
        _scope: &Scope<'_>,
        results: &mut Vec<u64>,
    ) -> Result<()> {
        results.extend(
            self.best[groups]
                .iter()
                .map(|&best| if best == FAILED { 0 } else { best }),
        );
        Ok(())
    }

    fn group_bytes(&self) -> usize {
        size_of::<u64>()
    }
}
