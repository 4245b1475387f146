//! Commits without fsync, to return, and the processor time of all that follows.

use crate::figure::{Bar, Table, cpu_seconds};
use crate::large::Large;
use crate::workload::{self, Scratch, writes};
use std::time::Instant;
use triplestore::control::Control;

/// Quads written for the processor time: enough for some 20 spills.
const QUADS: usize = 8_000_000;
const COMMIT_QUADS: usize = 1000;

pub fn measure(table: &mut Table, _: &mut Large) {
    let scratch = Scratch::new("commits");
    let database = workload::load(&scratch.path().join("store"), &workload::lubm10());
    let mut work = writes::commits(&database, "1 quad", 1, 1000);
    table.add_time("commit of 1 quad, no fsync", Bar::AtMost(5.0), &mut work);
    let mut work = writes::commits(&database, "1,000 quads", COMMIT_QUADS, 1);
    table.add_time(
        "commit of 1,000 quads, no fsync, a quad",
        Bar::AtMost(0.6),
        &mut work,
    );

    let control = Control::new();
    database.compact(&control).unwrap();
    let mut new = writes::NewQuads::new(&database);
    let mut choosing = 0.0;
    let before = cpu_seconds();
    let start = Instant::now();
    for _ in 0..QUADS / COMMIT_QUADS {
        let begin = Instant::now();
        let quads = new.take(COMMIT_QUADS);
        choosing += begin.elapsed().as_secs_f64();
        writes::commit(&database, &quads, &control);
    }
    let returned = start.elapsed().as_secs_f64() - choosing;
    database.quiesce(&control).unwrap();
    let cpu = cpu_seconds() - before - choosing;
    let per_quad = |seconds: f64| seconds * 1e6 / QUADS as f64;
    table.add(
        "8 M quads in commits of 1,000, to return, a quad",
        Bar::None,
        per_quad(returned),
        "us",
    );
    table.add(
        "the same, all CPU until quiescence",
        Bar::AtMost(3.0),
        per_quad(cpu),
        "us",
    );
    database.close().unwrap();
}
