//! Items in a row and their owners: each owner has the items after those of the owner before.

use super::normal::Normal;
use crate::bench::random::Random;
use std::ops::Range;

/// Which items each owner has. Cost: 8 bytes an owner; the owner of an item by binary search.
pub(in crate::bench) struct Allocation {
    start: u64,
    /// The first item after those of each owner.
    ends: Vec<u64>,
}

impl Allocation {
    /// Gives `items` to owners, `average` to each with a third of it as deviation, at least one, the last the rest.
    /// `sizes` is distributed so around the middle of its range.
    pub(super) fn new(
        items: Range<u64>,
        average: u64,
        sizes: &Normal,
        random: &mut Random,
    ) -> Self {
        let mut ends = Vec::new();
        let mut end = items.start;
        while end < items.end {
            let size = sizes.below(2 * average + 1, random).max(1);
            end = items.end.min(end + size);
            ends.push(end);
        }
        Self {
            start: items.start,
            ends,
        }
    }

    /// One allocation after the other.
    pub(super) fn joined(allocations: Vec<Allocation>) -> Self {
        Self {
            start: allocations.first().map_or(0, |first| first.start),
            ends: allocations.into_iter().flat_map(|one| one.ends).collect(),
        }
    }

    pub fn owners(&self) -> u64 {
        self.ends.len() as u64
    }

    pub fn owner(&self, item: u64) -> u64 {
        self.ends.partition_point(|&end| end <= item) as u64
    }

    pub fn items(&self, owner: u64) -> Range<u64> {
        let owner = owner as usize;
        let start = match owner {
            0 => self.start,
            _ => self.ends[owner - 1],
        };
        start..self.ends[owner]
    }
}
