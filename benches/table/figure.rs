//! Figures and how they are taken and printed.

use crate::workload::Work;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a figure must be.
#[derive(Clone, Copy)]
pub enum Bar {
    AtLeast(f64),
    AtMost(f64),
    /// Told beside another figure.
    None,
}

pub struct Figure {
    pub work: String,
    pub unit: &'static str,
    pub bar: Bar,
    pub seen: f64,
}

impl Figure {
    fn reached(&self) -> &'static str {
        let reached = match self.bar {
            Bar::AtLeast(bar) => self.seen >= bar,
            Bar::AtMost(bar) => self.seen <= bar,
            Bar::None => return "",
        };
        if reached { "yes" } else { "**no**" }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (work, unit) = (&self.work, self.unit);
        let bar = match self.bar {
            Bar::AtLeast(bar) => format!(">= {bar} {unit}"),
            Bar::AtMost(bar) => format!("<= {bar} {unit}"),
            Bar::None => String::new(),
        };
        let digits = match self.seen {
            seen if seen >= 100.0 => 0,
            seen if seen >= 10.0 => 1,
            seen if seen >= 0.1 => 2,
            _ => 4,
        };
        let reached = self.reached();
        write!(
            f,
            "| {work} | {bar} | {:.digits$} {unit} | {reached} |",
            self.seen
        )
    }
}

#[derive(Default)]
pub struct Table {
    figures: Vec<Figure>,
}

impl Table {
    pub fn add(&mut self, work: impl Into<String>, bar: Bar, seen: f64, unit: &'static str) {
        let figure = Figure {
            work: work.into(),
            unit,
            bar,
            seen,
        };
        eprintln!("{figure}");
        self.figures.push(figure);
    }

    /// Units of work done in a second, in millions.
    pub fn add_rate(&mut self, name: &str, bar: Bar, work: &mut Work, unit: &'static str) -> f64 {
        let rate = work.units as f64 / median(work).as_secs_f64() / 1e6;
        self.add(name, bar, rate, unit);
        rate
    }

    /// Microseconds for a unit of work.
    pub fn add_time(&mut self, name: &str, bar: Bar, work: &mut Work) {
        let time = median(work).as_secs_f64() * 1e6 / work.units as f64;
        self.add(name, bar, time, "us");
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| Work | Bar | Seen | Reached |")?;
        writeln!(f, "|---|---|---|---|")?;
        self.figures
            .iter()
            .try_for_each(|figure| writeln!(f, "{figure}"))
    }
}

/// The median time of a run, after one that warms the caches: of 15 runs or of two seconds, whichever is more.
pub fn median(work: &mut Work) -> Duration {
    const RUNS_MIN: usize = 15;
    const RUNS_MAX: usize = 20_000;
    const ENOUGH: Duration = Duration::from_secs(2);
    (work.run)();
    let begin = Instant::now();
    let mut times = Vec::new();
    let clock = clock();
    while times.len() < RUNS_MIN || (begin.elapsed() < ENOUGH && times.len() < RUNS_MAX) {
        let start = clock();
        (work.run)();
        times.push(clock() - start);
    }
    middle(&mut times)
}

/// The shorter of two runs, of work that is done otherwise after some more.
pub fn first(work: &mut Work) -> Duration {
    let clock = clock();
    let mut run = || {
        let start = clock();
        (work.run)();
        clock() - start
    };
    run().min(run())
}

/// On a machine that does other work the time on the processor is nearer to the truth.
fn clock() -> fn() -> Duration {
    match std::env::var_os("TRIPLESTORE_BENCH_CPU_CLOCK") {
        Some(_) => thread_time,
        None => wall_time,
    }
}

pub fn middle<T: Ord + Copy>(values: &mut [T]) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}

/// What `du -sb` says: the length of every file and directory.
pub fn directory_bytes(path: &Path) -> u64 {
    let own = std::fs::metadata(path).unwrap().len();
    let Ok(entries) = std::fs::read_dir(path) else {
        return own;
    };
    own + entries
        .map(|entry| directory_bytes(&entry.unwrap().path()))
        .sum::<u64>()
}

fn wall_time() -> Duration {
    clock_time(libc::CLOCK_MONOTONIC)
}

/// Processor time of this thread.
fn thread_time() -> Duration {
    clock_time(libc::CLOCK_THREAD_CPUTIME_ID)
}

fn clock_time(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes the one timespec it is given.
    let result = unsafe { libc::clock_gettime(clock, &mut time) };
    assert_eq!(result, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Processor time of this process, all threads, user and system.
pub fn cpu_seconds() -> f64 {
    // SAFETY: an all-zero rusage is valid, and getrusage writes nothing else.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
