//! An empty store.

use crate::figure::{Bar, Table, directory_bytes, middle};
use crate::large::Large;
use crate::workload::{self, Scratch};
use std::time::Instant;
use triplestore::database::Database;

pub fn measure(table: &mut Table, _: &mut Large) {
    let scratch = Scratch::new("empty");
    let directory = scratch.path().join("store");
    let config = workload::config();
    Database::open(&directory, &config)
        .unwrap()
        .close()
        .unwrap();
    let bytes = directory_bytes(&directory) as f64;
    table.add("empty store on disk", Bar::AtMost(1.0), bytes / 1e6, "MB");
    let mut times: Vec<_> = (0..15)
        .map(|_| {
            let start = Instant::now();
            let database = Database::open(&directory, &config).unwrap();
            let time = start.elapsed();
            database.close().unwrap();
            time
        })
        .collect();
    let time = middle(&mut times).as_secs_f64() * 1e3;
    table.add("empty store, open", Bar::AtMost(20.0), time, "ms");
}
