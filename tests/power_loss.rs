//! Power loss. `kill -9` says nothing about fsync, so a run under the shim is recorded, and at any place of
//! the record the files are made again as a power cut there could leave them.
//!
//! With durability `sync` every acknowledged commit is there. With `interval` and `os_buffered` the store
//! opens, is sound, and holds the first commits. Either way what was half written does not stop it.
//!
//! TRIPLESTORE_POWER_CUTS (default 8) is the number of places for each durability;
//! TRIPLESTORE_POWER_SEED repeats a run.

mod environment;
mod shim;
mod subprocess;
mod workload;

use environment::Scratch;
use shim::journal::{Disk, Operation, Survival, operations};
use std::path::Path;
use std::time::SystemTime;
use triplestore::config::Durability;
use triplestore::control::Control;
use triplestore::database::Database;
use workload::{Numbers, Workload, config};

const COMMITS: u64 = 40;
const STREAMS: u64 = 2;

fn workload(seed: u64) -> Workload {
    Workload {
        seed,
        huge_every: 40,
        load_every: 15,
    }
}

/// In the child: a whole life of a store, from its creation to its closing and a second opening.
/// The acknowledgements are written below the directory that is recorded, so that they stand in the record.
fn live(task: &str) {
    let (directory, seed) = task.split_once(' ').unwrap();
    let directory = Path::new(directory);
    let (seed, durability) = seed.split_once(' ').unwrap();
    let workload = workload(seed.parse().unwrap());
    let config = config(durability_of(durability));
    let scratch = directory.parent().unwrap();
    let acknowledge = |stream: u64, number: u64| {
        std::fs::write(directory.join("acknowledged"), format!("{stream} {number}")).unwrap();
    };
    for half in 0..2 {
        // The store's own directory is two levels down, so that what leads to it has to last as well.
        let database = Database::open(directory.join("deep/store"), &config).unwrap();
        std::thread::scope(|scope| {
            for stream in 0..STREAMS {
                let (database, acknowledge) = (&database, &acknowledge);
                scope.spawn(move || {
                    for number in half * COMMITS / 2 + 1..=(half + 1) * COMMITS / 2 {
                        workload.apply(database, stream, number, scratch).unwrap();
                        acknowledge(stream, number);
                        if stream == 0 && number % 13 == 0 {
                            database.compact(&Control::new()).unwrap();
                        }
                    }
                });
            }
        });
        database.close().unwrap();
    }
}

fn durability_of(name: &str) -> Durability {
    match name {
        "sync" => Durability::Sync,
        "interval" => Durability::Interval,
        _ => Durability::OsBuffered,
    }
}

fn cut_power(test: &str, durability: &str) {
    if let Some(task) = subprocess::task() {
        return live(&task);
    }
    let scratch = Scratch::new(test);
    let Some(library) = shim::build(scratch.path()) else {
        return;
    };
    let random = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let seed = subprocess::setting("TRIPLESTORE_POWER_SEED", random.as_nanos() as u64 >> 10);
    let cuts = subprocess::setting("TRIPLESTORE_POWER_CUTS", 8);
    println!("TRIPLESTORE_POWER_SEED={seed} TRIPLESTORE_POWER_CUTS={cuts} ({durability})");
    let mut numbers = Numbers(seed);
    let workload = workload(numbers.next() >> 8);
    let recorded = scratch.join("recorded");
    std::fs::create_dir(&recorded).unwrap();
    let task = format!("{} {} {durability}", recorded.display(), workload.seed);
    let child = subprocess::command(test, &task)
        .env("LD_PRELOAD", &library)
        .env("TS_SHIM_ROOT", &recorded)
        .env("TS_SHIM_JOURNAL", scratch.join("journal"))
        .spawn()
        .unwrap();
    let ended = subprocess::wait(child);
    assert!(ended.success, "the recorded run failed: {}", ended.errors);

    let journal = std::fs::read(scratch.join("journal")).unwrap();
    let operations = operations(&journal);
    // Half of the places are right after an acknowledgement: what it promised has to hold from there on.
    let mut none = vec![0; STREAMS as usize];
    let acknowledgements: Vec<usize> = (1..=operations.len())
        .filter(|&place| note_acknowledgement(&operations[place - 1], &mut none))
        .collect();
    assert_eq!(acknowledgements.len() as u64, STREAMS * COMMITS);
    let mut places: Vec<usize> = (0..cuts)
        .map(|cut| match cut % 2 {
            0 => acknowledgements[numbers.below(acknowledgements.len() as u64) as usize],
            _ => numbers.below(operations.len() as u64 + 1) as usize,
        })
        .collect();
    places.push(operations.len());
    places.sort_unstable();
    places.dedup();
    let mut disk = Disk::new(&recorded);
    let mut done = 0;
    let mut acknowledged = vec![0; STREAMS as usize];
    let mut found = Found::default();
    for place in places {
        for operation in &operations[done..place] {
            disk.apply(operation);
            note_acknowledgement(operation, &mut acknowledged);
        }
        done = place;
        for survival in Survival::ALL {
            let told = format!(
                "TRIPLESTORE_POWER_SEED={seed}, {durability}, {survival:?} after {place} of {} operations ({:?})",
                operations.len(),
                brief(&operations[place.saturating_sub(3)..place]),
            );
            let left = scratch.join("left");
            let _ = std::fs::remove_dir_all(&left);
            disk.after_power_cut(&left, survival, &mut |bound| numbers.below(bound));
            let kept = verify(&left, workload, durability, survival, &acknowledged, &told);
            found.add(kept, &acknowledged);
        }
    }
    println!("{} operations: {found:?}", operations.len());
    assert!(found.commits > 0, "no cut came after a commit");
}

#[derive(Debug, Default)]
struct Found {
    states: u64,
    commits: u64,
    /// Acknowledged, and not there.
    lost: u64,
}

impl Found {
    fn add(&mut self, kept: Vec<u64>, acknowledged: &[u64]) {
        self.states += 1;
        self.commits += kept.iter().sum::<u64>();
        for (kept, acknowledged) in kept.iter().zip(acknowledged) {
            self.lost += acknowledged.saturating_sub(*kept);
        }
    }
}

/// Opens what is left and returns how many commits of each stream it holds.
fn verify(
    left: &Path,
    workload: Workload,
    durability: &str,
    survival: Survival,
    acknowledged: &[u64],
    told: &str,
) -> Vec<u64> {
    // A killed process loses nothing in any mode.
    let all = durability == "sync" || survival == Survival::Everything;
    let least = match all {
        true => acknowledged.to_vec(),
        false => vec![0; acknowledged.len()],
    };
    let most: Vec<u64> = acknowledged.iter().map(|number| number + 1).collect();
    let store = left.join("deep/store");
    let database = Database::open(&store, &config(durability_of(durability)))
        .unwrap_or_else(|error| panic!("{told}: {error:?}"));
    let counts = workload
        .verify(&database, &least, &most)
        .unwrap_or_else(|problem| panic!("{told}: {problem}"));
    // It takes commits again, and keeps them.
    workload
        .apply(&database, STREAMS, 1, left)
        .unwrap_or_else(|error| panic!("{told}: {error:?}"));
    database
        .close()
        .unwrap_or_else(|error| panic!("{told}: {error:?}"));
    let database = Database::open(&store, &config(durability_of(durability)))
        .unwrap_or_else(|error| panic!("{told}: again: {error:?}"));
    let with_one_more: Vec<u64> = counts.iter().copied().chain([1]).collect();
    workload
        .verify(&database, &with_one_more, &with_one_more)
        .unwrap_or_else(|problem| panic!("{told}: again: {problem}"));
    counts
}

/// The number of a commit stands in the one write to the file of acknowledgements. Returns whether it was one.
fn note_acknowledgement(operation: &Operation<'_>, acknowledged: &mut [u64]) -> bool {
    if let Operation::Write { bytes, .. } = operation
        && bytes.len() < 20
        && let Ok(text) = std::str::from_utf8(bytes)
        && let Some((stream, number)) = text.split_once(' ')
        && let (Ok(stream), Ok(number)) = (stream.parse::<usize>(), number.parse())
    {
        acknowledged[stream] = number;
        return true;
    }
    false
}

fn brief(operations: &[Operation<'_>]) -> Vec<String> {
    operations
        .iter()
        .map(|operation| match operation {
            Operation::Write { id, offset, bytes } => {
                format!("write of {} bytes to file {id} at {offset}", bytes.len())
            }
            other => format!("{other:?}"),
        })
        .collect()
}

/// The model of a disk itself: without this the tests below could not fail.
#[test]
fn a_power_cut_keeps_what_was_synced_and_loses_the_rest() {
    let scratch = Scratch::new("power-model");
    let root = Path::new("/root");
    let path = |name: &str| root.join(name);
    let (file, renamed, other) = (path("d/file"), path("d/renamed"), path("d/other"));
    let (directory, created, opened) = (path("d"), 1, 0);
    let open = |id, how, path| Operation::Open { id, how, path };
    let write = |id, offset, bytes| Operation::Write { id, offset, bytes };
    let mut disk = Disk::new(root);
    let left = |disk: &Disk, survival| {
        let to = scratch.join("left");
        let _ = std::fs::remove_dir_all(&to);
        disk.after_power_cut(&to, survival, &mut |_| 0);
        let mut found: Vec<(String, String)> = std::fs::read_dir(to.join("d"))
            .map(|entries| {
                entries
                    .map(|entry| entry.unwrap().path())
                    .map(|path| {
                        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                        (name, std::fs::read_to_string(&path).unwrap())
                    })
                    .collect()
            })
            .unwrap_or_default();
        found.sort();
        found
    };
    let of = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let owned = pairs
            .iter()
            .map(|(name, text)| (name.to_string(), text.to_string()));
        owned.collect()
    };
    for operation in [
        Operation::MakeDirectory { path: &directory },
        open(1, created, &file),
        write(1, 0, b"one"),
        Operation::Sync { id: 1 },
    ] {
        disk.apply(&operation);
    }
    // The file is synced, the names that lead to it are not.
    assert_eq!(left(&disk, Survival::Nothing), of(&[]));
    assert_eq!(left(&disk, Survival::Everything), of(&[("file", "one")]));
    for operation in [
        open(2, opened, root),
        Operation::Sync { id: 2 },
        open(3, opened, &directory),
        Operation::Sync { id: 3 },
        write(1, 3, b"two"),
        Operation::Rename {
            from: &file,
            to: &renamed,
        },
        Operation::Link {
            from: &renamed,
            to: &other,
        },
    ] {
        disk.apply(&operation);
    }
    assert_eq!(left(&disk, Survival::Nothing), of(&[("file", "one")]));
    assert_eq!(left(&disk, Survival::Prefix), of(&[("file", "one")]));
    let zeros = of(&[("other", "one\0\0\0"), ("renamed", "one\0\0\0")]);
    assert_eq!(left(&disk, Survival::Names), zeros);
    disk.apply(&Operation::Sync { id: 1 });
    disk.apply(&Operation::Sync { id: 3 });
    let all = of(&[("other", "onetwo"), ("renamed", "onetwo")]);
    for survival in Survival::ALL {
        assert_eq!(left(&disk, survival), all, "{survival:?}");
    }
    disk.apply(&Operation::Unlink { path: &other });
    assert_eq!(left(&disk, Survival::Nothing), all);
    assert_eq!(left(&disk, Survival::Everything), all[1..]);
}

#[test]
fn with_sync_every_acknowledged_commit_survives_power_loss() {
    cut_power(
        "with_sync_every_acknowledged_commit_survives_power_loss",
        "sync",
    );
}

#[test]
fn with_interval_the_first_commits_survive_power_loss() {
    cut_power(
        "with_interval_the_first_commits_survive_power_loss",
        "interval",
    );
}

#[test]
fn with_os_buffered_the_first_commits_survive_power_loss() {
    cut_power(
        "with_os_buffered_the_first_commits_survive_power_loss",
        "os_buffered",
    );
}
