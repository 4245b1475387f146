//! Queries and query mixes: checked, warmed up, then timed in rounds in which the engines take turns.

use super::check::{Asked, Kind, check};
use super::client::{self, Taken};
use super::contender::Contender;
use super::figures::{self, Place, milliseconds};
use super::findings::Findings;
use super::overhead::{self, Cost, Costs};
use super::source::{MIX, Source};
use super::turns;
use super::{Options, Pace};
use crate::bench::engine::process::{Fault, Process, encode};
use crate::bench::engine::protocol::{Encoded, Work};
use crate::bench::engine::usage::{self, Usage};
use crate::bench::queries::Query;
use crate::bench::record::FailureKind;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::{Duration, Instant};

/// The queries of a workload in one of the ways they are asked.
pub struct Pass<'p> {
    pub workload: &'p str,
    pub options: &'p Options,
    pub prepared: bool,
    /// How often they were measured before: mixes are new ones each time.
    pub number: u64,
}

/// A source that is measured.
struct Queries<'q> {
    pass: &'q Pass<'q>,
    source: &'q Source,
    /// Executions of a request, by engine, for what is timed.
    sizes: Vec<usize>,
    rows: Rows,
}

/// How many sequences are run: as many as begin within a time, within bounds.
#[derive(Clone, Copy)]
struct Extent {
    least: usize,
    most: usize,
    time: Duration,
}

impl Extent {
    fn exactly(sequences: usize) -> Self {
        Self {
            least: sequences,
            most: sequences,
            time: Duration::ZERO,
        }
    }
}

/// What was asked in a round, and what came.
struct Round {
    asked: Vec<Vec<Query>>,
    taken: Taken,
    used: Usage,
    /// Processor time of the runner.
    runner_ns: u64,
}

/// Rows by text, with the engine that gave them first.
type Rows = HashMap<String, (u64, String)>;

/// Measures all queries of a workload. Rounds go through all of them, so that what goes on in an engine or on the machine for a while
/// is in a round of each, not in all rounds of one; for the same reason no round is taken before all are warm.
pub fn measure(
    pass: &Pass<'_>,
    sources: &[Source],
    contenders: &mut [Contender<'_>],
    findings: &mut Findings<'_>,
) {
    let workload = pass.workload;
    let queries = |source| Queries::new(pass, source);
    let mut all: Vec<Queries<'_>> = sources.iter().map(queries).collect();
    let mut costs = Costs::new();
    for queries in &all {
        findings.tell(&format!("{workload} {}", queries.source.name()));
        queries.check(contenders, findings);
    }
    findings.tell(&format!("{workload}, warm-up"));
    for (engine, contender) in contenders.iter_mut().enumerate() {
        warm_up(&mut all, engine, contender, findings);
    }
    for round in 0..pass.options.rounds {
        findings.tell(&format!("{workload}, round {}", round + 1));
        let engines = contenders.iter_mut().enumerate();
        for (engine, contender) in engines.filter(|(_, c)| c.command.fresh && round > 0) {
            // The next process is started when it is asked something. How one ends that has done its round is of no matter.
            let _ = contender.close();
            warm_up(&mut all, engine, contender, findings);
        }
        for queries in &mut all {
            findings.cache.measure();
            for engine in turns::order(round, contenders.len()) {
                let cost = queries.time(round, engine, &mut contenders[engine], findings);
                costs.entry((engine, round)).or_default().add(cost);
            }
        }
    }
    overhead::note(workload, contenders, &costs, findings);
}

fn warm_up(
    all: &mut [Queries<'_>],
    engine: usize,
    contender: &mut Contender<'_>,
    findings: &mut Findings<'_>,
) {
    for queries in all {
        queries.warm_up(engine, contender, findings);
    }
}

impl<'q> Queries<'q> {
    fn new(pass: &'q Pass<'q>, source: &'q Source) -> Self {
        Self {
            pass,
            source,
            sizes: vec![1; pass.options.engines.len()],
            rows: Rows::new(),
        }
    }

    /// Of so many mixes, the sequences there are: one text is repeated.
    fn sequences(&self, mixes: impl Into<u64>) -> u64 {
        match self.source.is_mix {
            true => mixes.into(),
            false => 1,
        }
    }

    /// Sequences whose answers are compared; those of later ones are counted.
    fn checked(&self) -> u64 {
        self.sequences(self.pass.options.checked_mixes)
    }

    fn warm_up_mixes(&self) -> u64 {
        self.sequences(self.pass.options.warm_up_mixes)
    }

    /// Mixes of a round. An open loop takes no more than its time has arrivals.
    fn round_mixes(&self) -> u64 {
        let options = self.pass.options;
        match options.pace {
            Pace::Closed => self.sequences(options.mixes),
            Pace::Open { rate } => self.sequences(client::arrivals(rate, options.duration) as u64),
        }
    }

    /// The number of the first sequence that is not for checking answers.
    fn first(&self) -> u64 {
        let pass = self.warm_up_mixes() + u64::from(self.pass.options.rounds) * self.round_mixes();
        self.checked() + self.pass.number * pass
    }

    /// Runs whole mixes, then each query again and again: in mixes alone those that are short would stay cold for compilers at run
    /// time, which wait for thousands of executions.
    fn warm_up(
        &mut self,
        engine: usize,
        contender: &mut Contender<'_>,
        findings: &mut Findings<'_>,
    ) {
        let numbers = self.first()..self.first() + self.warm_up_mixes();
        let asked = self.usable(numbers, contender.name(), findings);
        let mut by_name = BTreeMap::<String, Vec<Vec<Query>>>::new();
        for query in asked.iter().flatten() {
            let texts = by_name.entry(query.name.clone()).or_default();
            texts.push(vec![query.clone()]);
        }
        if self.source.is_mix {
            let extent = Extent::exactly(asked.len());
            self.run(engine, contender, asked, extent, false, findings);
        }
        let options = self.pass.options;
        let processes = match contender.command.fresh {
            true => options.rounds.max(1),
            false => 1,
        };
        let extent = Extent {
            least: 1,
            most: usize::MAX,
            // All processes of an engine together take as long as the one of another.
            time: options.warm_up / processes,
        };
        let size = self.sizes[engine];
        for (name, texts) in by_name {
            if !findings.has_failed(&self.at(&name, contender.name())) {
                self.run(engine, contender, texts, extent, false, findings);
            }
        }
        if self.source.is_mix {
            // That of mixes is another one.
            self.sizes[engine] = size;
        }
    }

    /// Takes the time of a round of an engine, if its answers are right.
    fn time(
        &mut self,
        round: u32,
        engine: usize,
        contender: &mut Contender<'_>,
        findings: &mut Findings<'_>,
    ) -> Cost {
        let mixes = self.round_mixes();
        let begin = self.first() + self.warm_up_mixes() + u64::from(round) * mixes;
        let asked = self.usable(begin..begin + mixes, contender.name(), findings);
        let options = self.pass.options;
        let extent = match (self.source.is_mix, options.pace) {
            (true, Pace::Closed) => Extent {
                least: asked.len(),
                most: usize::MAX,
                time: options.mix_duration,
            },
            (false, Pace::Closed) => Extent {
                least: 1,
                most: options.iterations as usize,
                time: options.duration,
            },
            (_, Pace::Open { rate }) => Extent::exactly(client::arrivals(rate, options.duration)),
        };
        let Some(taken) = self.run(engine, contender, asked, extent, true, findings) else {
            return Cost::default();
        };
        self.note(&taken, contender.name(), findings);
        let samples = taken.taken.samples.iter();
        Cost {
            runner_ns: taken.runner_ns,
            executions_ns: samples.map(|sample| sample.nanoseconds).sum(),
        }
    }

    fn check(&self, contenders: &mut [Contender<'_>], findings: &mut Findings<'_>) {
        for number in 0..self.checked() {
            // Once in both ways: they must give the same.
            let ways = match number == 0 && self.pass.number == 0 {
                true => &[false, true][..],
                false => &[self.pass.prepared],
            };
            for (place, query) in (self.source.sequence)(number).iter().enumerate() {
                let answer = match self.source.is_mix {
                    true => format!("{} ({}.{})", query.name, number + 1, place + 1),
                    false => query.name.clone(),
                };
                let asked = Asked {
                    workload: self.pass.workload,
                    query,
                    answer: &answer,
                    rows: self.source.rows,
                    prepared: ways,
                };
                check(&asked, contenders, self.pass.options, findings);
            }
        }
        if self.source.is_mix {
            for contender in contenders {
                let whole = self.at(MIX, contender.name());
                let asked = (self.source.sequence)(0);
                let failed = asked
                    .iter()
                    .find(|query| findings.has_failed(&self.at(&query.name, contender.name())));
                if let Some(query) = failed {
                    let message = format!("without {} a mix is not whole", query.name);
                    findings.fail(&whole, &Fault::new(FailureKind::Refused, message));
                }
            }
        }
    }

    fn at(&self, subject: &str, engine: &str) -> Place {
        Place::new(self.pass.workload, subject, engine)
    }

    /// Runs sequences, and again from the first one, as far as the extent goes. `None` without any, or after a failure, which is
    /// noted.
    fn run(
        &mut self,
        engine: usize,
        contender: &mut Contender<'_>,
        asked: Vec<Vec<Query>>,
        extent: Extent,
        timed: bool,
        findings: &mut Findings<'_>,
    ) -> Option<Round> {
        if asked.iter().all(Vec::is_empty) {
            return None;
        }
        let name = contender.name().to_owned();
        // All texts are there before the time begins: parameters of a mix take a while to draw.
        let works = asked.iter();
        let works = works.map(|sequence| sequence.iter().map(|query| self.work(query)).collect());
        let works = works.collect::<Result<Vec<Vec<Encoded>>, Fault>>();
        let mut size = self.sizes[engine];
        let result = contender.with(|process| {
            let works = works?;
            let mut works = works.iter().cycle().cloned().enumerate();
            let over = Instant::now() + extent.time;
            let mut next = || {
                let (number, sequence) = works.next()?;
                let in_time = number < extent.most && Instant::now() < over;
                (number < extent.least || in_time).then_some(sequence)
            };
            process.forget_peak();
            let before = process.usage();
            let runner_before = usage::processor_ns(std::process::id());
            let taken = self.drive(process, &mut size, timed, &mut next)?;
            let runner_ns = usage::processor_ns(std::process::id()) - runner_before;
            Ok((taken, process.usage() - before, runner_ns))
        });
        self.sizes[engine] = size;
        match result {
            Ok((taken, used, runner_ns)) => Some(Round {
                asked,
                taken,
                used,
                runner_ns,
            }),
            Err(fault) => {
                // All of it fails: which of the texts under way was at fault is not known.
                findings.fail(&self.at(&self.source.name(), &name), &fault);
                for query in asked.iter().flatten() {
                    findings.fail(&self.at(&query.name, &name), &fault);
                }
                None
            }
        }
    }

    /// Sequences of these numbers, without queries that an engine has failed at.
    fn usable(
        &self,
        numbers: Range<u64>,
        engine: &str,
        findings: &Findings<'_>,
    ) -> Vec<Vec<Query>> {
        let usable = |query: &Query| !findings.has_failed(&self.at(&query.name, engine));
        numbers
            .map(|number| {
                let mut sequence = (self.source.sequence)(number);
                sequence.retain(usable);
                sequence
            })
            .collect()
    }

    /// Sends sequences one after the other or, when they are timed in an open loop, their works as they are due.
    fn drive(
        &self,
        process: &mut Process,
        size: &mut usize,
        timed: bool,
        next: &mut dyn FnMut() -> Option<Vec<Encoded>>,
    ) -> Result<Taken, Fault> {
        let options = self.pass.options;
        let limit = options.time_limit;
        match options.pace {
            Pace::Open { rate } if timed => {
                let mut waiting = Vec::new().into_iter();
                let mut one = || {
                    if waiting.len() == 0 {
                        waiting = next()?.into_iter();
                    }
                    waiting.next()
                };
                client::open(process, rate, options.duration, limit, &mut one)
            }
            Pace::Open { .. } | Pace::Closed => {
                client::closed(process, options.concurrency, size, limit, next)
            }
        }
    }

    fn work(&self, query: &Query) -> Result<Encoded, Fault> {
        let work = Work::Query {
            text: query.text.clone(),
            prepared: self.pass.prepared,
            file: None,
        };
        encode(&work)
    }

    /// Turns a round into figures, if its answers had the rows they should.
    fn note(&mut self, round: &Round, engine: &str, findings: &mut Findings<'_>) {
        let open = matches!(self.pass.options.pace, Pace::Open { .. });
        // In an open loop works are numbered one by one.
        let flat: Vec<&Query> = round.asked.iter().flatten().collect();
        let mut by_subject: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for sample in &round.taken.samples {
            let query = match (self.source.is_mix, open) {
                (false, _) => flat[0],
                (true, true) => flat[sample.sequence],
                (true, false) => &round.asked[sample.sequence % round.asked.len()][sample.place],
            };
            by_subject
                .entry(&query.name)
                .or_default()
                .push(sample.nanoseconds);
            if let Err(fault) = same_rows(query, engine, sample.rows, &mut self.rows) {
                findings.fail(&self.at(&query.name, engine), &fault);
            }
        }
        let executions = round.taken.samples.len() as f64;
        for (subject, latencies) in by_subject {
            let at = self.at(subject, engine);
            if !findings.has_failed(&at) {
                findings.add_round(&at, latencies);
            }
        }
        let whole = self.at(&self.source.name(), engine);
        if findings.has_failed(&whole) {
            return;
        }
        let seconds = match self.pass.options.pace {
            Pace::Closed => round.taken.seconds(self.pass.options.concurrency),
            Pace::Open { .. } => round.taken.elapsed.as_secs_f64(),
        };
        if self.source.is_mix && !open {
            let mut mixes = BTreeMap::new();
            for sample in &round.taken.samples {
                *mixes.entry(sample.sequence).or_insert(0) += sample.nanoseconds;
            }
            findings.add(
                &whole,
                &figures::PER_HOUR,
                mixes.len() as f64 / seconds * 3600.0,
            );
            findings.add_round(&whole, mixes.into_values().collect());
        }
        for (measure, value) in [
            (&figures::THROUGHPUT, executions / seconds),
            (
                &figures::PROCESSOR,
                milliseconds(round.used.processor_ns as f64) / executions,
            ),
            (&figures::READ, round.used.read_bytes as f64 / executions),
            (
                &figures::WRITTEN,
                round.used.written_bytes as f64 / executions,
            ),
            (&figures::PEAK, round.used.peak_bytes as f64 / 1e6),
        ] {
            findings.add(&whole, measure, value);
        }
    }
}

/// Whether an execution gave as many rows as the first one of the same text, by any engine.
fn same_rows(query: &Query, engine: &str, given: u64, rows: &mut Rows) -> Result<(), Fault> {
    let first = rows
        .entry(query.text.clone())
        .or_insert_with(|| (given, engine.to_owned()));
    if first.0 == given || (first.1 != engine && !Kind::of(query).comparable) {
        return Ok(());
    }
    let message = format!(
        "{given} rows, where {} gave {}: {}",
        first.1, first.0, query.text
    );
    Err(Fault::new(FailureKind::Wrong, message))
}
