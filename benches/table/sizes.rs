//! Bytes a triple on disk.

use crate::figure::{Bar, Table, directory_bytes};
use crate::large::Large;
use crate::workload::{self, Scratch};
use std::path::Path;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};

pub fn measure(table: &mut Table, _: &mut Large) {
    for (name, file, bar) in [
        ("LUBM 10", workload::lubm10(), 24.0),
        (
            "BSBM 1,000",
            workload::data("bsbm1000/bsbm1000.nt.gz"),
            44.0,
        ),
    ] {
        let scratch = Scratch::new("sizes");
        let bytes = bytes_a_triple(&scratch.path().join("store"), &file);
        let name = format!("bytes a triple on disk, {name}");
        table.add(name, Bar::AtMost(bar), bytes, "B");
    }
}

/// Of the closed store after quiescence, with nothing asked to compact it.
fn bytes_a_triple(directory: &Path, file: &Path) -> f64 {
    let database = Database::open(directory, &workload::config()).unwrap();
    database
        .load_files(&[file], &LoadOptions::default(), &Control::new())
        .unwrap();
    database.quiesce(&Control::new()).unwrap();
    let quads = database.health().unwrap().quads;
    database.close().unwrap();
    directory_bytes(directory) as f64 / quads as f64
}
