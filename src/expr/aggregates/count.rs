//! COUNT: values that are no errors.

use super::{Kernel, Scope};
use crate::error::Result;
use crate::term::{Datatype, TermRef};
use std::ops::Range;

#[derive(Default)]
pub struct Count {
    totals: Vec<u64>,
}

impl Kernel for Count {
    fn open(&mut self, groups: usize) {
        self.totals.resize(groups, 0);
    }

    fn step(&mut self, groups: &[u32], values: &[u64], _scope: &Scope<'_>) -> Result<()> {
        for (&group, &value) in groups.iter().zip(values) {
            self.totals[group as usize] += u64::from(value != 0);
        }
        Ok(())
    }

    fn finish(
        &mut self,
        groups: Range<usize>,
        scope: &Scope<'_>,
        results: &mut Vec<u64>,
    ) -> Result<()> {
        for total in &self.totals[groups] {
            let lexical = total.to_string();
            let term = TermRef::typed(&lexical, Datatype::Integer.iri());
            results.push(scope.terms.intern(term)?.raw());
        }
        Ok(())
    }

    fn group_bytes(&self) -> usize {
        size_of::<u64>()
    }
}
