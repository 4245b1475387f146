//! What a loader tells the runner, one line each: the same code measures every engine.

use std::path::Path;
use std::time::Instant;

pub struct Report {
    start: Instant,
}

impl Report {
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// The load has returned: what was loaded can be read.
    pub fn returned(&self) {
        println!("returned_s {}", self.start.elapsed().as_secs_f64());
    }

    /// Nothing is left to do in the background. Tells processor time and peak memory up to here.
    pub fn quiescent(&self) {
        println!("quiescent_s {}", self.start.elapsed().as_secs_f64());
        let usage = usage();
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
        println!(
            "cpu_s {}",
            seconds(usage.ru_utime) + seconds(usage.ru_stime)
        );
        println!("peak_bytes {}", usage.ru_maxrss * 1024);
    }

    /// The store is closed.
    pub fn closed(&self, directory: &Path, triples: u64) {
        println!("triples {triples}");
        println!("disk_bytes {}", bytes(directory));
    }
}

fn usage() -> libc::rusage {
    // SAFETY: an all-zero rusage is valid, and getrusage writes nothing else.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    }
}

/// As `du -sb`: the length of every file and directory.
fn bytes(path: &Path) -> u64 {
    let own = path.metadata().map_or(0, |metadata| metadata.len());
    let Ok(entries) = path.read_dir() else {
        return own;
    };
    own + entries
        .flatten()
        .map(|entry| bytes(&entry.path()))
        .sum::<u64>()
}
