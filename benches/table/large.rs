//! A store of 10 million triples of LUBM: counts, and terms with little cache.

use crate::figure::{Bar, Table, median};
use crate::workload::{self, Scratch, counts, terms};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use triplestore::bench::dataset::lubm::Lubm;
use triplestore::bench::dataset::{Document, Parameters, Syntax};
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};
use triplestore::load::Format;
use triplestore::vocab::Vocabulary;

/// They have 10 million different triples.
const UNIVERSITIES: u64 = 76;

/// Where the large store is, once it is made.
#[derive(Default)]
pub struct Large {
    made: Option<Scratch>,
}

impl Large {
    pub fn directory(&mut self) -> PathBuf {
        let scratch = self.made.get_or_insert_with(|| {
            let scratch = Scratch::new("large");
            build(&scratch.path().join("store"));
            scratch
        });
        scratch.path().join("store")
    }
}

pub fn measure(table: &mut Table, large: &mut Large) {
    let directory = large.directory();
    let database = Database::open(&directory, &workload::config()).unwrap();
    let snapshot = database.snapshot().unwrap();
    for mut work in counts::queries(&snapshot) {
        let name = format!(
            "{} as a query, {} M triples",
            work.name,
            millions(&database)
        );
        let time = median(&mut work).as_secs_f64() * 1e3;
        table.add(name, Bar::AtMost(1.0), time, "ms");
    }
    let mut work = counts::directory(snapshot.version());
    table.add_time("COUNT(*) beneath the query", Bar::None, &mut work);
    let pages = dictionary_page_bytes(&database, &snapshot.version().vocabulary);
    drop(snapshot);
    database.close().unwrap();

    let config = Config {
        vocabulary_cache_bytes: pages / 10,
        ..workload::config()
    };
    let database = Database::open(&directory, &config).unwrap();
    let version = database.store().version().unwrap();
    let mut work = terms::terms(&version, "little cache", 1000);
    let name = format!(
        "ids to terms, vocabulary cache of 10% ({} of {} MB)",
        pages / 10_000_000,
        pages / 1_000_000
    );
    table.add_rate(&name, Bar::AtLeast(0.5), &mut work, "M terms/s");
    drop((work, version));
    database.close().unwrap();
}

fn millions(database: &Database) -> u64 {
    database.health().unwrap().quads / 1_000_000
}

/// Loads a store, waits until it is quiet, and closes it.
fn build(directory: &Path) {
    let universities = std::env::var("TRIPLESTORE_BENCH_UNIVERSITIES")
        .map_or(UNIVERSITIES, |universities| universities.parse().unwrap());
    let config = Config {
        memory_budget_bytes: 8 << 30,
        ..workload::config()
    };
    let options = LoadOptions {
        format: Some(Format::NTriples),
        ..LoadOptions::default()
    };
    let start = Instant::now();
    let database = Database::open(directory, &config).unwrap();
    let lubm = Lubm::new(&Parameters {
        scale: universities,
        seed: 1,
        ontology: false,
    });
    let document = Document::new(Arc::new(lubm), Syntax::NTriples, 1).unwrap();
    database
        .load_reader(document, &options, &Control::new())
        .unwrap();
    database.quiesce(&Control::new()).unwrap();
    eprintln!(
        "{} triples loaded in {:.1} s",
        database.health().unwrap().quads,
        start.elapsed().as_secs_f64()
    );
    database.close().unwrap();
}

/// Bytes of all pages of keys as the cache holds them.
fn dictionary_page_bytes(database: &Database, vocabulary: &Vocabulary) -> u64 {
    for segment in vocabulary.segments() {
        segment
            .scan(segment.first()..segment.end(), &Control::new(), |_, _| {
                Ok(())
            })
            .unwrap();
    }
    let cache = database.store().vocabulary_pages().cache().stats();
    assert!(cache.evictions == 0, "the cache holds the whole dictionary");
    cache.bytes
}
