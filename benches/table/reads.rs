//! Scans, joins, look-ups and terms of LUBM 10, and scans with deltas.

use crate::figure::{Bar, Table, first, median};
use crate::large::Large;
use crate::workload::{self, Scratch, reads, terms};
use std::time::{Duration, Instant};
use triplestore::run::Sort;
use triplestore::store::Version;

pub fn measure(table: &mut Table, _: &mut Large) {
    let scratch = Scratch::new("reads");
    let database = workload::load(&scratch.path().join("store"), &workload::lubm10());
    let snapshot = database.snapshot().unwrap();
    let version = snapshot.version();
    for mut work in reads::scans(version) {
        let bar = match work.name.starts_with('3') {
            true => Bar::AtLeast(250.0),
            false => Bar::AtLeast(450.0),
        };
        let name = format!("full scan, {}", work.name);
        table.add_rate(&name, bar, &mut work, "M rows/s");
    }
    for (name, left, right) in [
        ("merge join, name and emailAddress", "name", "emailAddress"),
        (
            "merge join, takesCourse and memberOf",
            "takesCourse",
            "memberOf",
        ),
    ] {
        let mut work = reads::merge_join(&snapshot, name, left, right);
        table.add_rate(name, Bar::AtLeast(120.0), &mut work, "M rows in/s");
    }
    let mut work = reads::look_ups(version);
    table.add_time(
        "look-up (p, s) -> o, random order",
        Bar::AtMost(3.0),
        &mut work,
    );
    let mut work = reads::probes(version);
    table.add_time(
        "states of sorted quads, 100 a block",
        Bar::AtMost(0.4),
        &mut work,
    );
    let mut work = reads::probe_join(&snapshot);
    table.add_time(
        "probe join (p, s) -> o, 100 a block",
        Bar::AtMost(0.4),
        &mut work,
    );
    let mut work = terms::terms(version, "warm", 100);
    let name = "ids to terms, sorted unique ids of batches, warm";
    table.add_rate(name, Bar::AtLeast(3.0), &mut work, "M terms/s");

    let mut clean: Vec<f64> = Vec::new();
    for mut work in reads::scans(version) {
        clean.push(median(&mut work).as_secs_f64());
    }
    drop(snapshot);
    reads::add_deltas(&database);
    let version = database.store().version().unwrap();
    let (disk, memory) = reads::delta_runs(&version);
    for (mut work, clean) in reads::scans(&version).into_iter().zip(&clean).take(4) {
        let part = 100.0 * clean / first(&mut work).as_secs_f64();
        let name = format!("scan with 5% delta, read for the first time, {}", work.name);
        table.add(&name, Bar::None, part, "% of clean");
    }
    wait_for_deltas(&version);
    for (mut work, clean) in reads::scans(&version).into_iter().zip(clean) {
        let name = format!(
            "scan with 5% delta, {disk} disk + {memory} memory runs, {}",
            work.name
        );
        let part = 100.0 * clean / median(&mut work).as_secs_f64();
        let bar = match work.name.starts_with('3') {
            true => Bar::AtLeast(45.0),
            false => Bar::None,
        };
        table.add(name, bar, part, "% of clean");
    }
    drop(version);
    database.close().unwrap();
}

/// Scans until every sort has its delta, as a store that is read again and again gets them by itself.
fn wait_for_deltas(version: &Version) {
    let until = Instant::now() + Duration::from_secs(60);
    for sort in [Sort::Psog, Sort::Posg, Sort::Spog, Sort::Ospg] {
        while !version.has_delta(sort) {
            assert!(Instant::now() < until, "no delta was built of {sort:?}");
            reads::scan(version, sort, [true; 4]);
        }
    }
}
