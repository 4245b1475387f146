//! Ids to terms.

use super::{Random, Work, quads};
use std::hint::black_box;
use std::sync::Arc;
use triplestore::control::Control;
use triplestore::run::Sort;
use triplestore::store::{BATCH_ROWS, Version};
use triplestore::term::Id;
use triplestore::vocab::VocabularyScratch;

/// Sorted unique ids of subjects and objects of batches of rows, as results ask for them. The batches lie apart,
/// in no order.
fn batches(version: &Version, count: usize) -> Vec<Vec<Id>> {
    let all = quads(version, Sort::Psog);
    let mut random = Random::new();
    (0..count)
        .map(|_| {
            let start = random.below(all.len() - BATCH_ROWS);
            let mut ids: Vec<Id> = all[start..start + BATCH_ROWS]
                .iter()
                .flat_map(|quad| [quad[0], quad[2]])
                .map(Id::from_raw)
                .collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        })
        .collect()
}

pub fn terms(version: &Arc<Version>, name: &'static str, batch_count: usize) -> Work {
    let batches = batches(version, batch_count);
    let count: usize = batches.iter().map(Vec::len).sum();
    let version = version.clone();
    let control = Control::new();
    let mut scratch = VocabularyScratch::default();
    Work::new(name, count as u64, move || {
        for ids in &batches {
            version
                .vocabulary
                .terms(ids, &mut scratch, &control, &mut |_, term| {
                    black_box(term);
                    Ok(())
                })
                .unwrap();
        }
    })
}
