//! Waiting for compactions. Oxigraph has no call for it, so the processor time of RocksDB's own threads, which it names,
//! tells when they rest. Requests that are answered meanwhile do not count.

use engine::protocol::Done;
use std::fs;
use std::io;
use std::time::{Duration, Instant};

/// How long the threads must use no tick (10 ms) of processor time to count as resting.
const REST: Duration = Duration::from_millis(50);
const SAMPLE: Duration = Duration::from_millis(5);
/// What the names of RocksDB's threads begin with.
const THREADS: &str = "rocksdb:";

/// Waits until RocksDB rests. The time is that from `start` to the last tick that was used.
pub fn quiesce(start: Instant) -> io::Result<Done> {
    let mut ticks = ticks()?;
    let mut done = engine::since(start);
    let mut used = Instant::now();
    while used.elapsed() < REST {
        std::thread::sleep(SAMPLE);
        let now = self::ticks()?;
        if now != ticks {
            ticks = now;
            done = engine::since(start);
            used = Instant::now();
        }
    }
    Ok(done)
}

/// Processor time of RocksDB's threads, in user and kernel mode: fields 14 and 15 of their `stat`, counted after the
/// name, which may have blanks.
fn ticks() -> io::Result<u64> {
    let mut ticks = 0;
    for thread in fs::read_dir("/proc/self/task")? {
        // A thread may end meanwhile.
        let stat = fs::read_to_string(thread?.path().join("stat")).unwrap_or_default();
        let named = stat
            .split_once('(')
            .and_then(|(_, rest)| rest.rsplit_once(')'));
        if let Some((_, fields)) = named.filter(|(name, _)| name.starts_with(THREADS)) {
            let times = fields.split_whitespace().skip(11).take(2);
            ticks += times
                .filter_map(|field| field.parse::<u64>().ok())
                .sum::<u64>();
        }
    }
    Ok(ticks)
}
