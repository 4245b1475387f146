//! Opening a store of 10 million triples: after a clean close, and after a kill with a log of 64 MB.

use crate::figure::{Bar, Table, cpu_seconds, middle};
use crate::large::Large;
use crate::workload::{self, Scratch};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use triplestore::bench::dataset::lubm::Lubm;
use triplestore::bench::dataset::{Dataset, Parameters, Syntax, part};
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions};
use triplestore::load::Format;

/// Argument that makes this program the one that is killed.
pub const DIE: &str = "--write-and-die";
const LOG_BYTES: u64 = 64 << 20;
const ROUNDS: usize = 5;
/// Lines of one commit.
const COMMIT_LINES: usize = 1000;

/// Nothing is spilled before the log is as long as it shall be.
fn config() -> Config {
    Config {
        memory_budget_bytes: 16 << 30,
        spill_bytes: 2 << 30,
        ..workload::config()
    }
}

pub fn measure(table: &mut Table, large: &mut Large) {
    let scratch = Scratch::new("open");
    let directory = scratch.path().join("store");
    copy_directory(&large.directory(), &directory);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let (database, time) = open(&directory);
        database.close().unwrap();
        times.push(time);
    }
    let time = middle(&mut times).as_secs_f64() * 1e3;
    table.add(
        "open, 10 M triples, after a clean close",
        Bar::AtMost(100.0),
        time,
        "ms",
    );

    let acknowledged = scratch.path().join("acknowledged");
    let status = Command::new(std::env::current_exe().unwrap())
        .args([
            DIE.as_ref(),
            directory.as_os_str(),
            acknowledged.as_os_str(),
        ])
        .status()
        .unwrap();
    assert!(!status.success(), "it was killed");
    let acknowledged = std::fs::read_to_string(&acknowledged).unwrap();
    let (quads, added) = acknowledged.split_once(' ').unwrap();
    let mut times = Vec::new();
    let mut cpu = 0.0;
    for round in 0..ROUNDS {
        let copy = scratch.path().join(format!("copy{round}"));
        copy_directory(&directory, &copy);
        let before = cpu_seconds();
        let (database, time) = open(&copy);
        cpu += cpu_seconds() - before;
        assert_eq!(database.health().unwrap().quads.to_string(), quads);
        times.push(time);
        drop(database);
        std::fs::remove_dir_all(&copy).unwrap();
    }
    let time = middle(&mut times).as_secs_f64() * 1e3;
    let name = format!("open, 10 M triples, after a kill with a log of 64 MB ({added} quads)");
    table.add(name, Bar::AtMost(500.0), time, "ms");
    let cpu = cpu * 1e3 / ROUNDS as f64;
    table.add("the same, CPU of all threads", Bar::None, cpu, "ms");
}

fn open(directory: &Path) -> (Database, Duration) {
    let start = Instant::now();
    let database = Database::open(directory, &config()).unwrap();
    (database, start.elapsed())
}

/// Commits new LUBM data until the log is long enough, notes how many quads were acknowledged, and kills itself.
pub fn write_and_die(directory: &Path, acknowledged: &str) {
    let database = Database::open(directory, &config()).unwrap();
    let before = database.health().unwrap().quads;
    let options = LoadOptions {
        format: Some(Format::NTriples),
        ..LoadOptions::default()
    };
    let lubm = Lubm::new(&Parameters {
        scale: 1000,
        seed: 2,
        ontology: false,
    });
    let mut log = LogFiles::default();
    // Universities that the store has not.
    'parts: for number in lubm.parts() / 2..lubm.parts() {
        let mut text = Vec::new();
        part(&lubm, Syntax::NTriples, number, &mut text);
        let lines: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
        for commit in lines.chunks(COMMIT_LINES) {
            database
                .load_bytes(&commit.concat(), &options, &Control::new())
                .unwrap();
            if log.bytes(&directory.join("data")) >= LOG_BYTES {
                break 'parts;
            }
        }
    }
    let quads = database.health().unwrap().quads;
    std::fs::write(acknowledged, format!("{quads} {}", quads - before)).unwrap();
    // SAFETY: ends this process; nothing runs after it.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
}

/// The greatest length each file of the write-ahead log has been seen with.
#[derive(Default)]
struct LogFiles {
    seen: HashMap<PathBuf, u64>,
}

impl LogFiles {
    fn bytes(&mut self, directory: &Path) -> u64 {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "log")
                && let Ok(metadata) = std::fs::metadata(&path)
            {
                self.seen.insert(path, metadata.len());
            }
        }
        self.seen.values().sum()
    }
}

fn copy_directory(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_directory(&entry.path(), &target),
            false => {
                std::fs::copy(entry.path(), &target).unwrap();
            }
        }
    }
}
