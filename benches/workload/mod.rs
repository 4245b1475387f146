//! What `docs/performance.md` measures: stores and the work done on them, shared by the criterion benches and the
//! table.

pub mod counts;
pub mod reads;
mod scratch;
pub mod terms;
pub mod writes;

pub use scratch::Scratch;

use std::path::{Path, PathBuf};
use triplestore::config::{Config, Durability};
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};
use triplestore::run::{Chunk, Sort};
use triplestore::store::{Version, View};

/// Some work that can be done again and again.
pub struct Work {
    pub name: &'static str,
    /// What one call of `run` does this many of: rows, look-ups, terms, quads.
    pub units: u64,
    pub run: Box<dyn FnMut()>,
}

impl Work {
    pub fn new(name: &'static str, units: u64, run: impl FnMut() + 'static) -> Self {
        Self {
            name,
            units,
            run: Box::new(run),
        }
    }
}

/// Numbers that look random and are the same in every run (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        Self(88_172_645_463_325_252)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// A file of the test data (docs/testing.md).
pub fn data(name: &str) -> PathBuf {
    let root = std::env::var("TRIPLESTORE_TEST_DATA").unwrap_or_else(|_| "../shared".to_string());
    let path = Path::new(&root).join("data").join(name);
    assert!(
        path.is_file(),
        "{} is missing; set TRIPLESTORE_TEST_DATA",
        path.display()
    );
    path
}

pub fn lubm10() -> PathBuf {
    data("lubm10/lubm10.nt.gz")
}

/// Without fsync on commit: the device is not what is measured.
pub fn config() -> Config {
    Config {
        durability: Durability::OsBuffered,
        ..Config::default()
    }
}

/// A store of one file, everything merged.
pub fn load(directory: &Path, file: &Path) -> Database {
    let database = Database::open(directory, &config()).unwrap();
    database
        .load_files(&[file], &LoadOptions::default(), &Control::new())
        .unwrap();
    database.compact(&Control::new()).unwrap();
    database
}

/// Every quad (s, p, o, g) of a version, in the order of a sort.
pub fn quads(version: &Version, sort: Sort) -> Vec<[u64; 4]> {
    let mut scan = version.scan_keys(sort, [0; 4], [u64::MAX; 4], View::Both);
    let mut chunk = Chunk::default();
    let mut quads = Vec::new();
    loop {
        scan.next([true; 4], &mut chunk, &Control::new()).unwrap();
        if chunk.len == 0 {
            return quads;
        }
        let key = |row: usize| std::array::from_fn(|column| chunk.columns[column][row]);
        quads.extend((0..chunk.len).map(|row| sort.row(&key(row))));
    }
}
