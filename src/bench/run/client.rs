//! The two loops that send work to an engine and take the time.
//!
//! Closed: a number of clients, each with one execution under way and no time to think. Latencies are those that the
//! engine took around the work. Executions that are short for a request of their own are sent several at once, to be run
//! one after the other. Open: requests come at a fixed rate whether or not earlier ones are answered, and a latency
//! counts from when its request was due, so that waiting behind a slow one is part of it (no coordinated omission).

use crate::bench::engine::process::{Fault, Process};
use crate::bench::engine::protocol::{Done, Encoded};
use crate::bench::record::FailureKind;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// A request should last so long: what the runner does for it, some 20 us and to be woken, is little then.
const REQUEST_TIME: Duration = Duration::from_millis(20);
/// The most executions of a request.
const REQUEST_WORKS_MAX: usize = 1024;

/// One execution: which, and what it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The number of its sequence, in the order they were begun, and its place there.
    pub sequence: usize,
    pub place: usize,
    pub nanoseconds: u64,
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

/// An execution before it is sent.
struct Execution {
    sequence: usize,
    place: usize,
    work: Encoded,
}

/// One of the clients of a closed loop.
struct Client {
    /// The rest of the sequences it has begun.
    waiting: VecDeque<Execution>,
    /// How many executions its next request has.
    size: usize,
}

/// A request of a client.
struct Sent {
    client: Client,
    since: Instant,
    /// The sequence and place of each execution.
    executions: Vec<(usize, usize)>,
}

/// Runs sequences of works, `clients` at a time, until there are no more; works of one sequence follow each other. `size` is
/// how many executions a request has at first, and then what it should be for more of the same.
pub fn closed(
    process: &mut Process,
    clients: u32,
    size: &mut usize,
    limit: Duration,
    next: &mut dyn FnMut() -> Option<Vec<Encoded>>,
) -> Result<Taken, Fault> {
    let started = Instant::now();
    let (mut samples, mut sequences) = (Vec::new(), 0);
    let mut refill = |client: &mut Client| {
        while client.waiting.len() < client.size
            && let Some(works) = next()
        {
            let sequence = sequences;
            sequences += 1;
            let executions = works.into_iter().enumerate();
            client
                .waiting
                .extend(executions.map(|(place, work)| Execution {
                    sequence,
                    place,
                    work,
                }));
        }
    };
    // By id: the first one was sent first.
    let mut pending = BTreeMap::new();
    for _ in 0..clients {
        let mut client = Client {
            waiting: VecDeque::new(),
            size: *size,
        };
        refill(&mut client);
        pending.extend(client.send(process));
    }
    while let Some(oldest) = pending.first_entry() {
        let until = oldest.get().since + limit;
        let Some(arrival) = process.receive(until)? else {
            return Err(process.time_out(limit));
        };
        let Some(sent) = pending.remove(&arrival.id) else {
            continue;
        };
        let waited = arrival.at.saturating_duration_since(sent.since);
        let done = checked(arrival.result?, waited)?;
        let mut client = sent.client;
        client.resize(waited);
        *size = client.size;
        samples.extend(executed(sent.executions, &done)?);
        refill(&mut client);
        pending.extend(client.send(process));
    }
    Ok(Taken {
        samples,
        elapsed: started.elapsed(),
    })
}

impl Client {
    /// Makes the next request as large as it should be after one that took `waited`.
    fn resize(&mut self, waited: Duration) {
        self.size = match () {
            () if waited < REQUEST_TIME / 2 => (self.size * 2).min(REQUEST_WORKS_MAX),
            () if waited > REQUEST_TIME * 2 => (self.size / 2).max(1),
            () => self.size,
        };
    }

    /// Sends the next request, under its id; none if the client has nothing to do.
    fn send(mut self, process: &mut Process) -> Option<(u64, Sent)> {
        let size = self.size.min(self.waiting.len());
        let (executions, works): (Vec<_>, Vec<_>) = self
            .waiting
            .drain(..size)
            .map(|execution| ((execution.sequence, execution.place), execution.work))
            .unzip();
        if works.is_empty() {
            return None;
        }
        let since = Instant::now();
        let id = process.send_all(&works);
        let sent = Sent {
            client: self,
            since,
            executions,
        };
        Some((id, sent))
    }
}

/// The samples of a request that is done.
fn executed(executions: Vec<(usize, usize)>, done: &Done) -> Result<Vec<Sample>, Fault> {
    let each = match executions.len() {
        1 => std::slice::from_ref(done),
        _ => &done.each,
    };
    if each.len() != executions.len() {
        let message = format!(
            "the engine was sent {} works and speaks of {}",
            executions.len(),
            each.len()
        );
        return Err(Fault::new(FailureKind::Wrong, message));
    }
    let samples = executions.into_iter().zip(each);
    Ok(samples
        .map(|((sequence, place), done)| Sample {
            sequence,
            place,
            nanoseconds: done.nanoseconds,
            rows: done.rows,
        })
        .collect())
}

/// An engine cannot have worked longer than its reply took.
fn checked(done: Done, waited: Duration) -> Result<Done, Fault> {
    let worked = match done.each.is_empty() {
        true => done.nanoseconds,
        false => done.each.iter().map(|done| done.nanoseconds).sum(),
    };
    if Duration::from_nanos(worked) <= waited {
        return Ok(done);
    }
    let waited = waited.as_nanos();
    let message =
        format!("the engine says {worked} ns of work, which was answered after {waited} ns");
    Err(Fault::new(FailureKind::Wrong, message))
}

/// Requests that arrive in an open loop.
pub fn arrivals(rate: f64, duration: Duration) -> usize {
    (rate * duration.as_secs_f64()).ceil() as usize
}

/// Sends works at a fixed rate, a second, for a time, and waits for the last reply.
pub fn open(
    process: &mut Process,
    rate: f64,
    duration: Duration,
    limit: Duration,
    next: &mut dyn FnMut() -> Option<Encoded>,
) -> Result<Taken, Fault> {
    let started = Instant::now();
    let arrivals = arrivals(rate, duration);
    let due = |number: usize| started + Duration::from_secs_f64(number as f64 / rate);
    let (mut samples, mut sent) = (Vec::new(), 0);
    // The number and the time each request was due, by its id.
    let mut pending = BTreeMap::<u64, (usize, Instant)>::new();
    loop {
        while sent < arrivals && due(sent) <= Instant::now() {
            let Some(work) = next() else {
                sent = arrivals;
                break;
            };
            pending.insert(process.send_all(&[work]), (sent, due(sent)));
            sent += 1;
        }
        let given_up = pending.first_key_value().map(|(_, (_, due))| *due + limit);
        let until = match (sent < arrivals, given_up) {
            (true, Some(given_up)) => given_up.min(due(sent)),
            (true, None) => due(sent),
            (false, Some(given_up)) => given_up,
            (false, None) => break,
        };
        match process.receive(until)? {
            Some(arrival) => {
                if let Some((sequence, due)) = pending.remove(&arrival.id) {
                    let waited = arrival.at.saturating_duration_since(due);
                    let done = checked(arrival.result?, waited)?;
                    samples.push(Sample {
                        sequence,
                        place: 0,
                        nanoseconds: u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX),
                        rows: done.rows,
                    });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::engine::process::tests::{says, scripted};
    use crate::bench::engine::protocol::Work;

    const LIMIT: Duration = Duration::from_secs(20);

    /// Answers every request after some seconds, ids from `first` on.
    fn echo(first: u64, seconds: f64) -> String {
        let reply = says(7_777, 1).replace("7777", "$n");
        format!("n={first}; while read a; do sleep {seconds}; {reply}; n=$((n+1)); done")
    }

    fn nothing(count: usize) -> impl FnMut() -> Option<Encoded> {
        let mut works = vec![Encoded::new(&Work::Nothing).unwrap(); count];
        move || works.pop()
    }

    #[test]
    fn a_closed_loop_runs_every_sequence_in_order() {
        let mut process = scripted(&echo(1, 0.02));
        let mut lengths = [2, 0, 1, 3].into_iter();
        let work = Encoded::new(&Work::Nothing).unwrap();
        let mut next = || Some(vec![work.clone(); lengths.next()?]);
        let taken = closed(&mut process, 2, &mut 1, LIMIT, &mut next).unwrap();
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
        let taken = closed(&mut process, 2, &mut 1, LIMIT, &mut next).unwrap();
        let order: Vec<usize> = taken.samples.iter().map(|sample| sample.sequence).collect();
        assert_eq!(order, [1, 0]);
    }

    /// Coordinated omission would show one slow request and many that took nothing.
    #[test]
    fn an_open_loop_counts_waiting() {
        let script = format!("read a; sleep 0.4; {}; {}", says(1, 1), echo(2, 0.0));
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
    fn a_request_grows_until_it_is_worth_its_cost() {
        let mut client = Client {
            waiting: VecDeque::new(),
            size: 1,
        };
        let mut after = |micros| {
            client.resize(Duration::from_micros(micros));
            client.size
        };
        assert_eq!(
            [30, 60, 110, 10_500, 41_000].map(&mut after),
            [2, 4, 8, 8, 4]
        );
        assert_eq!([1_000_000; 3].map(&mut after), [2, 1, 1]);
        assert!(
            (0..20)
                .map(|_| after(1))
                .all(|size| size <= REQUEST_WORKS_MAX)
        );
    }

    #[test]
    fn a_reply_to_several_works_speaks_of_each() {
        let one = |nanoseconds, rows| Done {
            nanoseconds,
            rows,
            ..Done::default()
        };
        let all = |each| Done {
            nanoseconds: 100,
            each,
            ..Done::default()
        };
        let samples = executed(vec![(3, 1), (4, 0)], &all(vec![one(10, 1), one(20, 2)])).unwrap();
        let expected =
            [(3, 1, 10, 1), (4, 0, 20, 2)].map(|(sequence, place, nanoseconds, rows)| Sample {
                sequence,
                place,
                nanoseconds,
                rows,
            });
        assert_eq!(samples, expected);
        let short = executed(vec![(3, 1), (4, 0)], &all(vec![one(10, 1)]));
        assert_eq!(short.unwrap_err().kind, FailureKind::Wrong);
        let boast = all(vec![one(600, 0), one(500, 0)]);
        let waited = Duration::from_nanos(1_000);
        assert_eq!(checked(boast, waited).unwrap_err().kind, FailureKind::Wrong);
    }

    #[test]
    fn an_engine_cannot_have_worked_longer_than_its_reply_took() {
        let boast = says(1, 1).replace("nanoseconds\\\":0", "nanoseconds\\\":60000000000");
        let mut process = scripted(&format!("read a; {boast}; cat"));
        let mut works = nothing(1);
        let mut next = || Some(vec![works()?]);
        let fault = closed(&mut process, 1, &mut 1, LIMIT, &mut next).unwrap_err();
        assert_eq!(fault.kind, FailureKind::Wrong);
    }
}
