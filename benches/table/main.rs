//! The table of `docs/performance.md`: every figure, the bar it is held against, and whether it is reached.
//!
//! `cargo bench --bench table` (or `make bench-table`) prints it as Markdown, in under ten minutes on two cores.
//! Words after `--` choose sections by name: `cargo bench --bench table -- reads open`. The soak of ten minutes runs
//! only when it is chosen.
//!
//! Environment: `TRIPLESTORE_TEST_DATA` (docs/testing.md), `TRIPLESTORE_BENCH_DIR` for the stores (4 GB),
//! `TRIPLESTORE_BENCH_UNIVERSITIES` for the size of the large store (76 of LUBM: 10 million triples),
//! `TRIPLESTORE_SOAK_SECONDS` (600), `TRIPLESTORE_BENCH_CPU_CLOCK` to time work of one thread by its processor time, for a
//! machine that is not quiet.

#[path = "../workload/mod.rs"]
mod workload;

mod cancel;
mod commits;
mod empty;
mod figure;
mod large;
mod open;
mod reads;
mod sizes;
mod soak;

use figure::Table;
use large::Large;
use std::path::Path;

/// What can be chosen, in the order it is measured. The large store is made once, if a section asks for it.
type Section = fn(&mut Table, &mut Large);

/// Takes longer than all others together.
const SOAK: &str = "soak";

const SECTIONS: &[(&str, Section)] = &[
    ("empty", empty::measure),
    ("reads", reads::measure),
    ("cancel", cancel::measure),
    ("commits", commits::measure),
    ("sizes", sizes::measure),
    ("large", large::measure),
    ("open", open::measure),
    (SOAK, soak::measure),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, directory, rows] = &arguments[..]
        && command == open::DIE
    {
        return open::write_and_die(Path::new(directory), rows);
    }
    // Cargo adds --bench.
    let chosen: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let mut table = Table::default();
    let mut large = Large::default();
    for (name, measure) in SECTIONS {
        if chosen.is_empty() && *name != SOAK
            || chosen.iter().any(|word| name.contains(word.as_str()))
        {
            measure(&mut table, &mut large);
        }
    }
    print!("{table}");
}
