//! Whether two records of one state agree on how ours stands to each peer.
//!
//! Where [`comparison`](super::comparison) asks what changed, this asks how far a figure can be trusted: the machine may
//! have been slower the second time, but ratios, of engines that took turns, should be what they were.
//!
//! Cost: a look-up for each figure of the records.

use super::comparison::{Name, by_name};
use super::results::OURS;
use super::statistics::Ratio;
use crate::bench::record::{Figure, Record};
use serde::Serialize;
use std::collections::BTreeMap;

/// How ours stands to the engine of the name, in two records.
#[derive(Clone, Debug, Serialize)]
pub struct Agreement<'r> {
    #[serde(flatten)]
    pub name: Name<'r>,
    /// How many times as good ours is: the median over the rounds.
    pub before: f64,
    pub after: f64,
    /// By what part the greater ratio exceeds the other one.
    pub apart: f64,
}

/// All ratios that both records have, those that differ most first.
pub fn agreements<'r>(before: &'r Record, after: &'r Record) -> Vec<Agreement<'r>> {
    let (old, new) = (by_name(before), by_name(after));
    let mut agreements: Vec<Agreement<'r>> = old
        .iter()
        .filter_map(|(name, figure)| {
            let before = ratio(&old, name, figure)?;
            let after = ratio(&new, name, new.get(name)?)?;
            Some(Agreement {
                name: name.clone(),
                before,
                after,
                apart: (before / after).max(after / before) - 1.0,
            })
        })
        .collect();
    agreements.sort_by(|a, b| b.apart.total_cmp(&a.apart));
    agreements
}

/// None for our own figures, and where nothing can be divided.
fn ratio(figures: &BTreeMap<Name<'_>, &Figure>, name: &Name<'_>, peer: &Figure) -> Option<f64> {
    let ours = Name {
        engine: OURS,
        ..name.clone()
    };
    if *name == ours {
        return None;
    }
    let ours = figures.get(&ours)?;
    Ratio::between(ours, peer).map(|Ratio(spread)| spread.median)
}

#[cfg(test)]
mod tests {
    use super::super::tests::figure;
    use super::*;

    fn record(ours: [f64; 3], peer: [f64; 3]) -> Record {
        let p50 = |engine, rounds: [f64; 3]| figure("lubm-1", "Q1", "p50", engine, rounds.to_vec());
        Record {
            figures: vec![p50("oxigraph", peer), p50(OURS, ours)],
            ..Record::default()
        }
    }

    #[test]
    fn a_machine_that_is_slower_for_all_changes_no_ratio() {
        let before = record([1.0, 1.5, 2.0], [2.0, 3.0, 4.0]);
        let after = record([2.0, 3.0, 4.0], [4.0, 6.0, 8.0]);
        let agreements = agreements(&before, &after);
        assert_eq!(agreements.len(), 1);
        let Agreement {
            name,
            before,
            after,
            apart,
        } = &agreements[0];
        assert_eq!((name.engine, *before, *after), ("oxigraph", 2.0, 2.0));
        assert_eq!(*apart, 0.0);
    }

    #[test]
    fn a_ratio_is_as_far_apart_either_way() {
        let slow = record([1.0; 3], [2.0; 3]);
        let quick = record([1.0; 3], [3.0; 3]);
        for (before, after) in [(&slow, &quick), (&quick, &slow)] {
            assert_eq!(agreements(before, after)[0].apart, 0.5);
        }
    }
}
