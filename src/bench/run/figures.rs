//! What is measured: the table of measures, and the figures of a run as they come.

use super::statistics::Sorted;
use crate::bench::record::{Better, Figure};

/// What of a subject is measured, in which unit.
#[derive(Debug)]
pub struct Measure {
    pub name: &'static str,
    pub unit: &'static str,
    pub better: Better,
    /// What it means, for the documentation.
    pub meaning: &'static str,
}

macro_rules! measures {
    ($($constant:ident $name:literal $unit:literal $better:ident $meaning:literal;)*) => {
        $(pub const $constant: Measure = Measure {
            name: $name,
            unit: $unit,
            better: Better::$better,
            meaning: $meaning,
        };)*
        /// Every measure.
        pub const MEASURES: &[&Measure] = &[$(&$constant),*];
    };
}

measures! {
    P50 "p50" "ms" Lower "median time of the executions of a round";
    P95 "p95" "ms" Lower "95 of 100 executions of a round took less";
    P99 "p99" "ms" Lower "99 of 100 executions of a round took less";
    MAX "max" "ms" Lower "the slowest execution of a round";
    MEAN "mean" "ms" Lower "mean time of the executions of a round";
    THROUGHPUT "throughput" "1/s" Higher "executions a second: of one client by the time of its executions, of several by the clock of the runner; of a load, triples";
    PER_HOUR "mixes per hour" "1/h" Higher "query mixes an hour, all clients together: of one by the time of its executions, of several by the clock of the runner";
    PROCESSOR "cpu" "ms" Lower "processor time of the engine's process an execution, all threads";
    READ "bytes read" "bytes" Lower "from the device, an execution";
    WRITTEN "bytes written" "bytes" Lower "to the device, an execution";
    PEAK "peak memory" "MB" Lower "most resident memory of the engine's process while the subject was measured";
    COLD "cold" "ms" Lower "first execution of a fresh process, no file of the store in the page cache";
    OPEN "open" "ms" Lower "opening the store in a fresh process, no file of it in the page cache";
    COLD_READ "cold bytes read" "bytes" Lower "from the device, for opening the store and the first execution";
    INSTRUCTIONS "instructions" "count" Lower "instructions an execution, all threads, under valgrind";
    RETURNED "to return" "s" Lower "until the engine said that it is done";
    QUIESCED "to quiescence" "s" Lower "until nothing was left to do in the background and all was written";
    PROBE_P50 "probe p50" "ms" Lower "median time of a probe query between return and quiescence";
    PROBE_MAX "probe max" "ms" Lower "slowest probe query between return and quiescence";
    STATEMENTS "statements" "count" Neither "how many a load or reasoning added, as the engine says";
    DISK "bytes per triple" "bytes" Lower "files of the store after quiescence and flush, by distinct triples";
    REQUEST "request" "us" Lower "from sending work that is nothing until its reply is there";
    RUNNER_PROCESSOR "runner cpu" "us" Lower "processor time of the runner for a request";
    SHARE "share" "%" Lower "processor time of the runner for a workload, by the time of its executions";
}

/// The figures of a run.
#[derive(Default)]
pub struct Figures(Vec<Figure>);

impl Figures {
    /// Adds the value of one more round.
    pub fn add(&mut self, at: &Place, measure: &Measure, value: f64) {
        let known = self.0.iter_mut().rev().find(|figure| {
            figure.measure == measure.name
                && figure.engine == at.engine
                && figure.subject == at.subject
                && figure.workload == at.workload
        });
        match known {
            Some(figure) => figure.rounds.push(value),
            None => self.0.push(Figure {
                workload: at.workload.clone(),
                subject: at.subject.clone(),
                measure: measure.name.to_owned(),
                engine: at.engine.clone(),
                unit: measure.unit.to_owned(),
                better: measure.better,
                rounds: vec![value],
            }),
        }
    }

    /// Adds what follows from the latencies of a round.
    pub fn add_latencies(&mut self, at: &Place, latencies: &Sorted) {
        for (measure, nanoseconds) in [
            (&P50, latencies.quantile(0.5)),
            (&P95, latencies.quantile(0.95)),
            (&P99, latencies.quantile(0.99)),
            (&MAX, latencies.max() as f64),
            (&MEAN, latencies.mean()),
        ] {
            self.add(at, measure, milliseconds(nanoseconds));
        }
    }

    pub fn into_inner(self) -> Vec<Figure> {
        self.0
    }
}

/// What a figure is of.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Place {
    pub workload: String,
    pub subject: String,
    pub engine: String,
}

impl Place {
    pub fn new(workload: &str, subject: &str, engine: &str) -> Self {
        Self {
            workload: workload.to_owned(),
            subject: subject.to_owned(),
            engine: engine.to_owned(),
        }
    }
}

pub fn milliseconds(nanoseconds: f64) -> f64 {
    nanoseconds / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_is_documented() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/benchmarks.md");
        let text = std::fs::read_to_string(file).unwrap();
        for measure in MEASURES {
            let Measure {
                name,
                unit,
                meaning,
                ..
            } = measure;
            let line = format!("| {name}, {unit} | {meaning} |");
            assert!(text.contains(&line), "{line}");
        }
    }

    #[test]
    fn rounds_of_one_figure_come_together() {
        let mut figures = Figures::default();
        let at = |engine| Place::new("w", "Q1", engine);
        for value in [1.0, 2.0] {
            for engine in ["a", "b"] {
                figures.add(&at(engine), &P50, value);
            }
        }
        let figures = figures.into_inner();
        assert_eq!(figures.len(), 2);
        assert!(figures.iter().all(|figure| figure.rounds == [1.0, 2.0]));
    }
}
