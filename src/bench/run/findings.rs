//! What a run has found so far.

use super::cache_probe::CacheProbe;
use super::figures::{Figures, Measure, Place};
use super::load;
use super::statistics::Sorted;
use crate::bench::engine::process::Fault;
use crate::bench::record::{Answer, Engine, Failure, FailureKind, Latencies};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Figures, latencies, answers and failures, and who is told about progress.
pub struct Findings<'p> {
    pub figures: Figures,
    pub answers: Vec<Answer>,
    pub failures: Vec<Failure>,
    /// By name, as they were opened last.
    pub engines: BTreeMap<String, Engine>,
    pub cache: CacheProbe,
    latencies: HashMap<Place, Vec<u64>>,
    failed: HashSet<Place>,
    progress: &'p mut dyn FnMut(&str),
}

impl<'p> Findings<'p> {
    pub fn new(progress: &'p mut dyn FnMut(&str)) -> Self {
        Self {
            figures: Figures::default(),
            answers: Vec::new(),
            failures: Vec::new(),
            engines: BTreeMap::new(),
            cache: CacheProbe::new(),
            latencies: HashMap::new(),
            failed: HashSet::new(),
            progress,
        }
    }

    /// Says what is being done.
    pub fn tell(&mut self, what: &str) {
        (self.progress)(what);
    }

    pub fn add(&mut self, at: &Place, measure: &Measure, value: f64) {
        self.figures.add(at, measure, value);
    }

    /// Adds the executions of one round.
    pub fn add_round(&mut self, at: &Place, nanoseconds: Vec<u64>) {
        if nanoseconds.is_empty() {
            return;
        }
        let round = Sorted::new(nanoseconds);
        self.figures.add_latencies(at, &round);
        let all = self.latencies.entry(at.clone()).or_default();
        all.extend_from_slice(round.samples());
    }

    /// The median of all executions so far, in nanoseconds; 0 without any.
    pub fn median(&self, at: &Place) -> f64 {
        let all = self.latencies.get(at).cloned().unwrap_or_default();
        Sorted::new(all).quantile(0.5)
    }

    /// Notes why there are no figures, or no more; a place fails once.
    pub fn fail(&mut self, at: &Place, fault: &Fault) {
        if !self.failed.insert(at.clone()) {
            return;
        }
        let Place {
            workload,
            subject,
            engine,
        } = at.clone();
        self.tell(&format!("{workload} {subject}: {engine}: {fault}"));
        self.failures.push(Failure {
            workload,
            subject,
            engine,
            kind: fault.kind,
            message: fault.message.clone(),
        });
    }

    pub fn has_failed(&self, at: &Place) -> bool {
        self.failed.contains(at)
    }

    /// What a work gave, if it did.
    pub fn done<T>(&mut self, at: &Place, result: Result<T, Fault>) -> Option<T> {
        match result {
            Ok(done) => Some(done),
            Err(fault) => {
                self.fail(at, &fault);
                None
            }
        }
    }

    /// Whether an answer was wrong, an engine ended by itself, or refused its data.
    pub fn is_broken(&self) -> bool {
        self.failures.iter().any(|failure| match failure.kind {
            FailureKind::Wrong | FailureKind::Died => true,
            FailureKind::Refused | FailureKind::TimedOut => failure.subject == load::SUBJECT,
            FailureKind::Unsupported => false,
        })
    }

    /// In the order of their places.
    pub fn latencies(&mut self) -> Vec<Latencies> {
        let mut all: Vec<Latencies> = std::mem::take(&mut self.latencies)
            .into_iter()
            .map(|(at, nanoseconds)| Latencies {
                workload: at.workload,
                subject: at.subject,
                engine: at.engine,
                nanoseconds: Sorted::new(nanoseconds).samples().to_vec(),
            })
            .collect();
        all.sort_by(|a, b| {
            let key = |of: &Latencies| (of.workload.clone(), of.subject.clone(), of.engine.clone());
            key(a).cmp(&key(b))
        });
        all
    }
}
