//! A steady stream of commits: 50,000 quads a second for ten minutes, and how long each commit took.
//!
//! The store is one of LUBM 10; the stream is readings of sensors, five quads and one new term each, 20 readings
//! a commit. Commits have set times. Latency counts from that time, so that a commit that waits for a slow one
//! before it counts its wait.

use crate::figure::{Bar, Table, cpu_seconds};
use crate::large::Large;
use crate::workload::{self, Scratch};
use std::time::{Duration, Instant};
use triplestore::control::Control;
use triplestore::database::Database;
use triplestore::term::{LiteralKind, LiteralRef, TermRef};

const QUADS_A_SECOND: u64 = 50_000;
const READINGS_A_COMMIT: u64 = 20;
const QUADS_A_READING: u64 = 5;
const SENSORS: u64 = 2_000;

pub fn measure(table: &mut Table, _: &mut Large) {
    let seconds =
        std::env::var("TRIPLESTORE_SOAK_SECONDS").map_or(600, |seconds| seconds.parse().unwrap());
    let scratch = Scratch::new("soak");
    let directory = scratch.path().join("store");
    let database = workload::load(&directory, &workload::lubm10());
    let before = database.health().unwrap().quads;
    let commits = seconds * QUADS_A_SECOND / (READINGS_A_COMMIT * QUADS_A_READING);
    let interval = Duration::from_secs(seconds) / commits as u32;
    let mut latencies = Vec::with_capacity(commits as usize);
    let mut runs_max = 0;
    let cpu = cpu_seconds();
    let start = Instant::now();
    for number in 0..commits {
        let due = start + interval * number as u32;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        commit(&database, number * READINGS_A_COMMIT);
        latencies.push(due.elapsed());
        if number % 500 == 0 {
            runs_max = runs_max.max(database.health().unwrap().runs_max);
        }
    }
    let took = start.elapsed().as_secs_f64();
    let cpu = cpu_seconds() - cpu;
    let quads = database.health().unwrap().quads - before;
    assert_eq!(quads, commits * READINGS_A_COMMIT * QUADS_A_READING);
    latencies.sort_unstable();
    let name = format!("soak of {took:.0} s, commits of 100 quads");
    table.add(
        format!("{name}, rate"),
        Bar::AtLeast(49_900.0),
        quads as f64 / took,
        "quads/s",
    );
    for (part_name, part) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)] {
        let latency = latencies[((latencies.len() - 1) as f64 * part) as usize];
        table.add(
            format!("{name}, {part_name}"),
            Bar::None,
            latency.as_secs_f64() * 1e3,
            "ms",
        );
    }
    table.add(
        format!("{name}, CPU a quad"),
        Bar::None,
        cpu * 1e6 / quads as f64,
        "us",
    );
    table.add(
        format!("{name}, most runs of a sort"),
        Bar::None,
        runs_max as f64,
        "runs",
    );
    let report = database.check(&Control::new()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    database.close().unwrap();
}

/// Readings from `first` on, each a term of its own.
fn commit(database: &Database, first: u64) {
    let mut transaction = database.store().begin(&Control::new()).unwrap();
    let mut id = |term: TermRef<'_>| transaction.intern(term).unwrap().raw();
    let mut quads = Vec::new();
    let property = |name: &str| format!("http://example.org/building#{name}");
    let [kind, class, by, at, value, quality] =
        ["kind", "Reading", "madeBy", "at", "value", "quality"]
            .map(|name| id(TermRef::Iri(&property(name))));
    for number in first..first + READINGS_A_COMMIT {
        let reading = id(TermRef::Iri(&format!(
            "http://example.org/building/reading/{number}"
        )));
        let sensor = number * 7919 % SENSORS;
        let sensor = id(TermRef::Iri(&format!(
            "http://example.org/building/sensor/{sensor}"
        )));
        let mut typed = |lexical: &str, datatype: &str| {
            id(TermRef::Literal(LiteralRef {
                lexical,
                kind: LiteralKind::Typed(&format!("http://www.w3.org/2001/XMLSchema#{datatype}")),
            }))
        };
        let (hours, minutes, seconds) = (number / 3600 % 24, number / 60 % 60, number % 60);
        let day = 1 + number / 86_400 % 28;
        let time = format!("2026-01-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z");
        let time = typed(&time, "dateTime");
        let reads = typed(&format!("{}.{}", 15 + number % 13, number % 10), "decimal");
        let good = typed(&(number % 100).to_string(), "integer");
        quads.extend([
            [reading, kind, class, 0],
            [reading, by, sensor, 0],
            [reading, at, time, 0],
            [reading, value, reads, 0],
            [reading, quality, good, 0],
        ]);
    }
    for quad in quads {
        transaction.insert(quad).unwrap();
    }
    transaction.commit().unwrap();
}
