//! `kill -9` at random moments: during commits, spills, merges, loads, opening, creating and closing.
//! Reopened, the store is sound, every acknowledged commit is there whole, and none is there in part.
//!
//! TRIPLESTORE_CRASH_ROUNDS (default 40) and TRIPLESTORE_CRASH_SEED (default random, printed) repeat or
//! extend a run.

mod environment;
mod subprocess;
mod workload;

use environment::Scratch;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};
use triplestore::config::Durability;
use triplestore::control::Control;
use triplestore::database::Database;
use triplestore::error::Code;
use workload::{Numbers, Workload, config};

const TEST: &str = "a_killed_process_loses_no_acknowledged_commit_and_leaves_none_half_done";
/// A store is left after so many rounds, and a new one begun.
const ROUNDS_PER_STORE: u64 = 8;
const DURABILITIES: [Durability; 3] = [
    Durability::Sync,
    Durability::Interval,
    Durability::OsBuffered,
];

/// What a child is to do.
#[derive(Clone, Debug)]
struct Task {
    directory: PathBuf,
    seed: u64,
    durability: usize,
    /// How many commits each stream has already; one thread for each stream.
    done: Vec<u64>,
}

impl Task {
    fn workload(&self) -> Workload {
        Workload {
            seed: self.seed,
            huge_every: 40,
            load_every: 12,
        }
    }

    fn store(&self) -> PathBuf {
        self.directory.join("store")
    }

    fn to_text(&self) -> String {
        let done: Vec<String> = self.done.iter().map(u64::to_string).collect();
        format!(
            "{} {} {} {}",
            self.directory.display(),
            self.seed,
            self.durability,
            done.join(" ")
        )
    }

    fn from_text(text: &str) -> Self {
        let mut parts = text.split(' ');
        let directory = PathBuf::from(parts.next().unwrap());
        let mut number = || parts.next().map(|part| part.parse::<u64>().unwrap());
        Self {
            directory,
            seed: number().unwrap(),
            durability: number().unwrap() as usize,
            done: std::iter::from_fn(number).collect(),
        }
    }

    fn open(&self) -> Database {
        Database::open(self.store(), &config(DURABILITIES[self.durability])).unwrap()
    }

    /// Writes until it is killed.
    fn run(&self) -> ! {
        subprocess::say("running");
        let database = self.open();
        if let [done] = self.done[..] {
            self.run_alone(database, done);
        }
        std::thread::scope(|scope| {
            for (stream, &done) in self.done.iter().enumerate() {
                let database = &database;
                scope.spawn(move || {
                    for number in done + 1.. {
                        self.commit(database, stream as u64, number);
                        if stream == 0 && number % 16 == 0 {
                            database.compact(&Control::new()).unwrap();
                        }
                    }
                });
            }
        });
        unreachable!("the threads end with the process");
    }

    /// One stream: the store is closed and opened again now and then.
    fn run_alone(&self, mut database: Database, done: u64) -> ! {
        let mut numbers = Numbers(self.seed ^ done);
        for number in done + 1.. {
            self.commit(&database, 0, number);
            match numbers.below(12) {
                0 | 1 => {
                    database.close().unwrap();
                    database = self.open();
                }
                2 => database.compact(&Control::new()).unwrap(),
                3 => database.quiesce(&Control::new()).unwrap(),
                _ => {}
            }
        }
        unreachable!("there is always another commit");
    }

    fn commit(&self, database: &Database, stream: u64, number: u64) {
        let workload = self.workload();
        let started = Instant::now();
        while let Err(error) = workload.apply(database, stream, number, &self.directory) {
            // The store is as small as it can be, and large commits of several threads may fill its memory.
            assert_eq!(error.code(), Code::ResourceExhausted, "{error:?}");
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "memory stays full: {error:?}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        subprocess::say(&format!("{stream} {number}"));
    }
}

#[test]
fn a_killed_process_loses_no_acknowledged_commit_and_leaves_none_half_done() {
    if let Some(task) = subprocess::task() {
        Task::from_text(&task).run();
    }
    let rounds = subprocess::setting("TRIPLESTORE_CRASH_ROUNDS", 40);
    let random = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let seed = subprocess::setting("TRIPLESTORE_CRASH_SEED", random.as_nanos() as u64 >> 10);
    println!("TRIPLESTORE_CRASH_SEED={seed} TRIPLESTORE_CRASH_ROUNDS={rounds}");
    let mut numbers = Numbers(seed);
    let mut totals = Totals::default();
    let mut round = 0;
    while round < rounds {
        let scratch = Scratch::new("crash");
        let mut task = Task {
            directory: scratch.path().to_path_buf(),
            seed: numbers.next() >> 8,
            durability: 0,
            done: vec![0; if numbers.below(2) == 0 { 1 } else { 3 }],
        };
        for _ in 0..ROUNDS_PER_STORE.min(rounds - round) {
            task.durability = numbers.below(3) as usize;
            kill_once(&mut task, &mut numbers, &mut totals, round);
            round += 1;
        }
    }
    println!("{rounds} kills: {totals:?}");
    assert!(
        totals.commits > rounds,
        "hardly anything was committed: {totals:?}"
    );
}

#[derive(Debug, Default)]
struct Totals {
    commits: u64,
    /// Children killed before they had opened the store.
    while_opening: u64,
    in_flight_kept: u64,
    in_flight_lost: u64,
}

/// Runs a child, kills it, and verifies what it leaves.
fn kill_once(task: &mut Task, numbers: &mut Numbers, totals: &mut Totals, round: u64) {
    // Some die while they create or open the store, some after a while.
    let is_new = task.done.iter().all(|&count| count == 0);
    let longest_ms = match is_new && numbers.below(2) == 0 {
        true => [5, 15, 40, 300],
        false => [15, 100, 500, 1500],
    }[numbers.below(4) as usize];
    let time = Duration::from_micros(numbers.below(longest_ms * 1000));
    let child = subprocess::command(TEST, &task.to_text()).spawn().unwrap();
    let ended = subprocess::kill_after(child, time);
    let told = format!("round {round}, {task:?}, killed after {time:?}");
    assert!(
        !ended.errors.contains("panicked"),
        "{told}: {}",
        ended.errors
    );
    let mut acknowledged = task.done.clone();
    for line in ended.lines.iter().filter(|line| *line != "running") {
        let (stream, number) = line.split_once(' ').unwrap();
        let last = &mut acknowledged[stream.parse::<usize>().unwrap()];
        let number: u64 = number.parse().unwrap();
        assert_eq!(number, *last + 1, "{told}");
        *last = number;
    }
    totals.while_opening += u64::from(acknowledged == task.done);
    totals.commits += acknowledged.iter().sum::<u64>() - task.done.iter().sum::<u64>();
    // One commit of each stream may have been on its way.
    let most: Vec<u64> = acknowledged.iter().map(|number| number + 1).collect();
    if numbers.below(4) == 0 {
        verify_read_only(task, &acknowledged, &most, &told);
    }
    let database = match Database::open(
        task.store(),
        &config(DURABILITIES[numbers.below(3) as usize]),
    ) {
        Ok(database) => database,
        Err(error) => keep(task, &format!("{told}: {error:?}")),
    };
    match task.workload().verify(&database, &acknowledged, &most) {
        Ok(counts) => {
            for (count, acknowledged) in counts.iter().zip(&acknowledged) {
                match count == acknowledged {
                    true => totals.in_flight_lost += 1,
                    false => totals.in_flight_kept += 1,
                }
            }
            task.done = counts;
        }
        Err(problem) => keep(task, &format!("{told}: {problem}")),
    }
    database.close().unwrap();
}

/// A store that was killed can be read without writing to it.
fn verify_read_only(task: &Task, least: &[u64], most: &[u64], told: &str) {
    let mut config = config(Durability::Sync);
    config.read_only = true;
    match Database::open(task.store(), &config) {
        Ok(database) => {
            if let Err(problem) = task.workload().verify(&database, least, most) {
                keep(task, &format!("read only: {told}: {problem}"));
            }
        }
        // Killed before the store was there at all.
        Err(error) if error.code() == Code::NotFound && least.iter().all(|&count| count == 0) => {}
        Err(error) => keep(task, &format!("read only: {told}: {error:?}")),
    }
}

/// Fails, and leaves the store where it can be looked at.
fn keep(task: &Task, problem: &str) -> ! {
    let kept = std::env::temp_dir().join(format!("triplestore-crash-kept-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&kept);
    let moved = std::fs::rename(&task.directory, &kept);
    panic!("{problem}\nthe store is in {} ({moved:?})", kept.display());
}
