//! SAMPLE: the first value that is no error.

use super::{Kernel, Scope};
use crate::error::Result;
use std::ops::Range;

#[derive(Default)]
pub struct Sample {
    values: Vec<u64>,
}

impl Kernel for Sample {
    fn open(&mut self, groups: usize) {
        self.values.resize(groups, 0);
    }

    fn step(&mut self, groups: &[u32], values: &[u64], _scope: &Scope<'_>) -> Result<()> {
        for (&group, &value) in groups.iter().zip(values) {
            let first = &mut self.values[group as usize];
            if *first == 0 {
                *first = value;
            }
        }
        Ok(())
    }

    fn finish(
        &mut self,
        groups: Range<usize>,
        _scope: &Scope<'_>,
        results: &mut Vec<u64>,
    ) -> Result<()> {
        results.extend_from_slice(&self.values[groups]);
        Ok(())
    }

    fn group_bytes(&self) -> usize {
        size_of::<u64>()
    }
}
