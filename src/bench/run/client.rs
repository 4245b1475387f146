//! The two loops that send work to an engine and take the time.
//!
//! Closed: a number of clients, each with one request under way and no time to think. Latencies are those that the
//! engine took around the work. Open: requests come at a fixed rate whether or not earlier ones are answered, and a
//! latency counts from when its request was due, so that waiting behind a slow one is part of it (no coordinated
//! omission).

use crate::bench::engine::process::{Arrival, Fault, Process};
use crate::bench::engine::protocol::Work;
use crate::bench::record::FailureKind;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// One execution: which, and what it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The number of its sequence, in the order they were begun, and its place there.
    pub sequence: usize,
    pub place: usize,
    pub nanoseconds: u64,
    /// By the clock of the runner, from sending to the reply.
    pub round_trip_ns: u64,
    pub rows: u64,
}

/// What a loop has taken.
#[derive(Debug)]
pub struct Taken {
    pub samples: Vec<Sample>,
    pub elapsed: Duration,
}

impl Taken {
    /// Seconds that `clients` of a closed loop were at work. What one of them waits for the runner between two executions
    /// is no work; what several wait for each other is.
    pub fn seconds(&self, clients: u32) -> f64 {
        match clients {
            1 => {
                let executions = self.samples.iter().map(|sample| sample.nanoseconds);
                executions.sum::<u64>() as f64 / 1e9
            }
            _ => self.elapsed.as_secs_f64(),
        }
    }
}

/// A request under way.
struct Pending {
    sequence: usize,
    place: usize,
    /// When it was sent, or due.
    since: Instant,
    rest: std::vec::IntoIter<Work>,
}

/// What a latency is.
#[derive(Clone, Copy)]
enum Latency {
    OfEngine,
    SinceDue,
}

/// Runs sequences of works, `clients` at a time, until there are no more; works of one sequence follow each other.
pub fn closed(
    process: &mut Process,
    clients: u32,
    limit: Duration,
    next: &mut dyn FnMut() -> Option<Vec<Work>>,
) -> Result<Taken, Fault> {
    let started = Instant::now();
    let (mut samples, mut sequences) = (Vec::new(), 0);
    // By id: the first one was sent first.
    let mut pending = BTreeMap::new();
    let mut begin = |process: &mut Process, pending: &mut BTreeMap<u64, Pending>| {
        while let Some(works) = next() {
            let mut rest = works.into_iter();
            let sequence = sequences;
            sequences += 1;
            if let Some(work) = rest.next() {
                let since = Instant::now();
                let id = process.send(&work)?;
                let place = 0;
                pending.insert(
                    id,
                    Pending {
                        sequence,
                        place,
                        since,
                        rest,
                    },
                );
                break;
            }
        }
        Ok::<_, Fault>(())
    };
    for _ in 0..clients {
        begin(process, &mut pending)?;
    }
    while let Some(oldest) = pending.first_entry() {
        let until = oldest.get().since + limit;
        let Some(arrival) = process.receive(until)? else {
            return Err(process.time_out(limit));
        };
        let Some(mut done) = pending.remove(&arrival.id) else {
            continue;
        };
        samples.push(sample(&arrival, &done, Latency::OfEngine)?);
        match done.rest.next() {
            Some(work) => {
                done.place += 1;
                done.since = Instant::now();
                pending.insert(process.send(&work)?, done);
            }
            None => begin(process, &mut pending)?,
        }
    }
    Ok(Taken {
        samples,
        elapsed: started.elapsed(),
    })
}

/// Sends works at a fixed rate, a second, for a time, and waits for the last reply.
pub fn open(
    process: &mut Process,
    rate: f64,
    duration: Duration,
    limit: Duration,
    next: &mut dyn FnMut() -> Option<Work>,
) -> Result<Taken, Fault> {
    let started = Instant::now();
    let arrivals = (rate * duration.as_secs_f64()).ceil() as usize;
    let due = |number: usize| started + Duration::from_secs_f64(number as f64 / rate);
    let (mut samples, mut sent) = (Vec::new(), 0);
    let mut pending = BTreeMap::<u64, Pending>::new();
    loop {
        while sent < arrivals && due(sent) <= Instant::now() {
            let Some(work) = next() else {
                sent = arrivals;
                break;
            };
            let request = Pending {
                sequence: sent,
                place: 0,
                since: due(sent),
                rest: Vec::new().into_iter(),
            };
            pending.insert(process.send(&work)?, request);
            sent += 1;
        }
        let given_up = pending
            .first_key_value()
            .map(|(_, oldest)| oldest.since + limit);
        let until = match (sent < arrivals, given_up) {
            (true, Some(given_up)) => given_up.min(due(sent)),
            (true, None) => due(sent),
            (false, Some(given_up)) => given_up,
            (false, None) => break,
        };
        match process.receive(until)? {
            Some(arrival) => {
                if let Some(done) = pending.remove(&arrival.id) {
                    samples.push(sample(&arrival, &done, Latency::SinceDue)?);
                }
            }
            None if given_up.is_some_and(|given_up| given_up <= Instant::now()) => {
                return Err(process.time_out(limit));
            }
            None => (),
        }
    }
    Ok(Taken {
        samples,
        elapsed: started.elapsed(),
    })
}

/// What a reply says. An engine cannot have taken longer than its reply.
fn sample(arrival: &Arrival, pending: &Pending, latency: Latency) -> Result<Sample, Fault> {
    let done = arrival.result.clone()?;
    let round_trip_ns = nanoseconds(arrival.at.saturating_duration_since(pending.since));
    if done.nanoseconds > round_trip_ns {
        let message = format!(
            "the engine says {} ns of work, which was answered after {round_trip_ns} ns",
            done.nanoseconds
        );
        return Err(Fault::new(FailureKind::Wrong, message));
    }
    Ok(Sample {
        sequence: pending.sequence,
        place: pending.place,
        nanoseconds: match latency {
            Latency::OfEngine => done.nanoseconds,
            Latency::SinceDue => round_trip_ns,
        },
        round_trip_ns,
        rows: done.rows,
    })
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::engine::process::tests::{says, scripted};

    const LIMIT: Duration = Duration::from_secs(20);

    /// Answers every request at once, ids from `first` on.
    fn echo(first: u64) -> String {
        let reply = says(7_777, 1).replace("7777", "$n");
        format!("n={first}; while read a; do {reply}; n=$((n+1)); done")
    }

    fn nothing(count: usize) -> impl FnMut() -> Option<Work> {
        let mut left = count;
        move || {
            left = left.checked_sub(1)?;
            Some(Work::Nothing)
        }
    }

    #[test]
    fn a_closed_loop_runs_every_sequence_in_order() {
        let mut process = scripted(&echo(1));
        let mut lengths = [2, 0, 1, 3].into_iter();
        let mut next = || Some(vec![Work::Nothing; lengths.next()?]);
        let taken = closed(&mut process, 2, LIMIT, &mut next).unwrap();
        let mut places: Vec<_> = taken
            .samples
            .iter()
            .map(|sample| (sample.sequence, sample.place))
            .collect();
        places.sort_unstable();
        assert_eq!(places, [(0, 0), (0, 1), (2, 0), (3, 0), (3, 1), (3, 2)]);
        assert!(taken.samples.iter().all(|sample| sample.rows == 1));
        // The engine says that its executions took no time; the runner waited for them.
        assert!(taken.seconds(1) == 0.0 && taken.seconds(2) > 0.0);
    }

    #[test]
    fn a_closed_loop_has_as_many_requests_under_way_as_clients() {
        // Answers pairs, the second one first.
        let (second, first) = (says(2, 2), says(1, 1));
        let script = format!("read a; read b; {second}; {first}; cat");
        let mut process = scripted(&script);
        let mut works = nothing(2);
        let mut next = || Some(vec![works()?]);
        let taken = closed(&mut process, 2, LIMIT, &mut next).unwrap();
        let order: Vec<usize> = taken.samples.iter().map(|sample| sample.sequence).collect();
        assert_eq!(order, [1, 0]);
    }

    /// Coordinated omission would show one slow request and many that took nothing.
    #[test]
    fn an_open_loop_counts_waiting() {
        let script = format!("read a; sleep 0.4; {}; {}", says(1, 1), echo(2));
        let mut process = scripted(&script);
        let duration = Duration::from_millis(400);
        let taken = open(&mut process, 50.0, duration, LIMIT, &mut nothing(100)).unwrap();
        assert_eq!(taken.samples.len(), 20);
        let waited = |least: u64| {
            let slow = taken.samples.iter();
            slow.filter(|sample| sample.nanoseconds >= least * 1_000_000)
                .count()
        };
        // Due every 20 ms, and all answered after 400 ms.
        assert!(waited(200) >= 8, "{:?}", taken.samples);
        assert!(waited(390) >= 1, "{:?}", taken.samples);
    }

    #[test]
    fn an_open_loop_is_not_held_by_an_engine_that_hangs() {
        let mut process = scripted("exec sleep 1000");
        let (duration, limit) = (Duration::from_millis(50), Duration::from_millis(200));
        let fault = open(&mut process, 100.0, duration, limit, &mut nothing(100)).unwrap_err();
        assert_eq!(fault.kind, FailureKind::TimedOut);
    }

    #[test]
    fn an_engine_cannot_have_worked_longer_than_its_reply_took() {
        let boast = says(1, 1).replace("nanoseconds\\\":0", "nanoseconds\\\":60000000000");
        let mut process = scripted(&format!("read a; {boast}; cat"));
        let mut works = nothing(1);
        let mut next = || Some(vec![works()?]);
        let fault = closed(&mut process, 1, LIMIT, &mut next).unwrap_err();
        assert_eq!(fault.kind, FailureKind::Wrong);
    }
}
