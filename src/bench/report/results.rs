//! Figures as they are shown: those of one or several records, by workload and panel.
//!
//! A panel holds what is worth seeing together. Subjects that were executed often (queries) are the rows of one panel
//! for each of their measures; the measures of a subject that is done once (a load) are the rows of a panel of its
//! own. Of a figure that several records have, the last one's is shown.

use super::statistics::{Ratio, Spread, advantage, geometric_mean};
use crate::bench::record::{Answer, Better, Failure, FailureKind, Figure, Latencies, Record};
use std::collections::{BTreeMap, BTreeSet};

/// How ours is named; in records without it the first engine is in its place.
pub const OURS: &str = "triplestore";

/// The subject of what the runner costs: no engine is ahead in it.
const OVERHEAD: &str = "overhead";

/// A subject with this measure was executed often.
const MEASURE_OF_OFTEN: &str = "p50";

pub struct Results<'r> {
    pub records: &'r [Record],
    /// All there are, ours first. Elsewhere they are named by their place in it.
    pub engines: Vec<&'r str>,
    pub workloads: Vec<Workload<'r>>,
}

pub struct Workload<'r> {
    pub name: &'r str,
    pub panels: Vec<Panel<'r>>,
    pub latencies: Vec<Row<'r, Latencies>>,
    pub answers: Vec<Row<'r, Answer>>,
    pub failures: Vec<&'r Failure>,
}

pub struct Panel<'r> {
    pub kind: Kind<'r>,
    pub rows: Vec<Row<'r, Figure>>,
}

/// What the rows of a panel have in common, and so what their labels are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind<'r> {
    /// Rows are subjects, and have one unit.
    Measure { name: &'r str, unit: &'r str },
    /// Rows are measures.
    Subject(&'r str),
}

/// What each engine has in one place.
pub struct Row<'r, T> {
    pub label: &'r str,
    cells: Vec<Option<&'r T>>,
}

/// How ours stands to each engine in one place of a chart.
pub struct Standings {
    pub label: String,
    pub ratios: Vec<Option<Ratio>>,
    /// Of how many rows each ratio is.
    pub rows: Vec<usize>,
}

impl<'r> Results<'r> {
    pub fn new(records: &'r [Record]) -> Self {
        let engines = engines(records);
        let mut workloads = Workloads {
            engines: &engines,
            list: Vec::new(),
        };
        let often = executed_often(records);
        for record in records {
            for figure in &record.figures {
                let kind = match often.contains(&(figure.workload.as_str(), &figure.subject)) {
                    true => Kind::Measure {
                        name: &figure.measure,
                        unit: &figure.unit,
                    },
                    false => Kind::Subject(&figure.subject),
                };
                workloads.add(figure, kind);
            }
            for latencies in &record.latencies {
                let workload = workloads.workload(&latencies.workload);
                let row = row(&mut workload.latencies, &latencies.subject, engines.len());
                put(row, &engines, &latencies.engine, latencies);
            }
            for answer in &record.answers {
                let workload = workloads.workload(&answer.workload);
                let row = row(&mut workload.answers, &answer.subject, engines.len());
                put(row, &engines, &answer.engine, answer);
            }
            for failure in &record.failures {
                workloads.workload(&failure.workload).failures.push(failure);
            }
        }
        for workload in &mut workloads.list {
            workload.put_in_order();
        }
        Self {
            records,
            workloads: workloads.list,
            engines,
        }
    }

    /// What is worth knowing first: of each workload its first panel of subjects executed often, all rows together,
    /// and the first measure of each other subject.
    pub fn summary(&self) -> Vec<Standings> {
        let mut summary = Vec::new();
        for workload in &self.workloads {
            let mut seen = BTreeSet::new();
            for panel in &workload.panels {
                let (key, label, rows) = match panel.kind {
                    Kind::Measure { name, .. } => {
                        let label = format!("{}, {name}", workload.name);
                        ("", label, &panel.rows[..])
                    }
                    Kind::Subject(subject) => {
                        let rows = &panel.rows[..panel.rows.len().min(1)];
                        let measure = rows.first().map_or("", |row| row.label);
                        let label = format!("{}, {subject} {measure}", workload.name);
                        (subject, label, rows)
                    }
                };
                if !seen.contains(key)
                    && let Some(standings) = Standings::of(label, rows, self.engines.len())
                {
                    seen.insert(key);
                    summary.push(standings);
                }
            }
        }
        summary
    }
}

impl<'r> Panel<'r> {
    /// The engines that have a figure here.
    pub fn engines(&self) -> Vec<usize> {
        present(&self.rows)
    }

    /// What each row is called.
    pub fn labels(&self) -> Vec<String> {
        let label = |row: &Row<'_, Figure>| match self.kind {
            Kind::Measure { .. } => row.label.to_owned(),
            Kind::Subject(_) => format!("{}, {}", row.label, row.unit()),
        };
        self.rows.iter().map(label).collect()
    }

    pub fn standings(&self) -> Vec<Standings> {
        let engines = self.rows.first().map_or(0, |row| row.cells.len());
        let labelled = self.rows.iter().zip(self.labels());
        let of = |(row, label): (&Row<'r, Figure>, String)| Standings {
            label,
            ratios: (0..engines).map(|engine| row.ratio(engine)).collect(),
            rows: vec![1; engines],
        };
        labelled.map(of).collect()
    }

    /// All rows as one.
    pub fn standing(&self) -> Option<Standings> {
        let engines = self.rows.first()?.cells.len();
        Standings::of(String::new(), &self.rows, engines)
    }

    /// What is better in all rows, if it is the same.
    pub fn better(&self) -> Better {
        let mut all = self.rows.iter().filter_map(Row::better);
        match all.next() {
            Some(first) if all.all(|better| better == first) => first,
            _ => Better::Neither,
        }
    }
}

impl<'r, T> Row<'r, T> {
    pub fn cell(&self, engine: usize) -> Option<&'r T> {
        self.cells.get(engine).copied().flatten()
    }
}

impl<'r> Workload<'r> {
    /// Medians before all other panels of subjects executed often, queries by number, latencies and answers in the order
    /// of figures.
    fn put_in_order(&mut self) {
        let is_often = |panel: &Panel<'_>| matches!(panel.kind, Kind::Measure { .. });
        let is_median = |panel: &Panel<'_>| matches!(panel.kind, Kind::Measure { name, .. } if name == MEASURE_OF_OFTEN);
        let first = self.panels.iter().position(is_often);
        let median = self.panels.iter().position(is_median);
        if let (Some(first), Some(median)) = (first, median) {
            self.panels[first..=median].rotate_right(1);
        }
        for panel in self.panels.iter_mut().filter(|panel| is_often(panel)) {
            put_by_number(&mut panel.rows);
        }
        let subjects: Vec<&str> = match first {
            Some(first) => self.panels[first]
                .rows
                .iter()
                .map(|row| row.label)
                .collect(),
            None => Vec::new(),
        };
        let place = |label: &str| {
            let known = subjects.iter().position(|&subject| subject == label);
            known.unwrap_or(subjects.len())
        };
        self.latencies.sort_by_key(|row| place(row.label));
        self.answers.sort_by_key(|row| place(row.label));
    }

    /// Why an engine has no figure in a row of a panel.
    pub fn why_no_figure(
        &self,
        panel: &Panel<'_>,
        row: &Row<'_, Figure>,
        engine: &str,
    ) -> &'static str {
        let subject = match panel.kind {
            Kind::Measure { .. } => row.label,
            Kind::Subject(subject) => subject,
        };
        self.failure(subject, engine).unwrap_or("no figure")
    }

    /// How an engine failed in a subject, if it did.
    pub fn failure(&self, subject: &str, engine: &str) -> Option<&'static str> {
        let is_meant = |failure: &&&Failure| failure.subject == subject && failure.engine == engine;
        Some(word(self.failures.iter().find(is_meant)?.kind))
    }
}

/// A kind of failure as it is shown.
pub fn word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Unsupported => "unsupported",
        FailureKind::Refused => "refused",
        FailureKind::TimedOut => "timed out",
        FailureKind::Died => "died",
        FailureKind::Wrong => "wrong answer",
    }
}

impl<'r> Row<'r, Figure> {
    pub fn unit(&self) -> &'r str {
        self.cells
            .iter()
            .flatten()
            .next()
            .map_or("", |figure| &figure.unit)
    }

    pub fn better(&self) -> Option<Better> {
        self.cells
            .iter()
            .flatten()
            .map(|figure| figure.better)
            .next()
    }

    pub fn spread(&self, engine: usize) -> Option<Spread> {
        Spread::of(self.cell(engine)?.rounds.iter().copied())
    }

    /// How ours stands to an engine.
    pub fn ratio(&self, engine: usize) -> Option<Ratio> {
        let (ours, peer) = (self.cell(0)?, self.cell(engine)?);
        match engine {
            0 => None,
            _ if ours.subject == OVERHEAD => None,
            _ => Ratio::between(ours, peer),
        }
    }
}

impl Row<'_, Answer> {
    /// Whether all engines that answered gave the same; none if fewer than two did.
    pub fn agree(&self) -> Option<bool> {
        let mut answers = self.cells.iter().flatten();
        let first = answers.next()?;
        let same: Vec<bool> = answers
            .map(|answer| answer.digest == first.digest && answer.rows == first.rows)
            .collect();
        (!same.is_empty()).then(|| same.into_iter().all(|same| same))
    }
}

impl Standings {
    /// What the ratios of [`Results::summary`] are.
    pub const MEANING: &'static str = "How many times as good it is as each peer: the geometric mean over the queries of a \
        workload, or what a load took; the median over rounds, with the least and the greatest";

    /// The engines that any of them has a ratio to.
    pub fn peers(all: &[Self]) -> Vec<usize> {
        let engines = all.first().map_or(0, |row| row.ratios.len());
        (1..engines)
            .filter(|&engine| all.iter().any(|row| row.ratios[engine].is_some()))
            .collect()
    }

    /// The geometric mean of rows, taken in each round over the rows that both engines have. None without a peer.
    fn of(label: String, rows: &[Row<'_, Figure>], engines: usize) -> Option<Self> {
        let (mut ratios, mut counts) = (vec![None; engines], vec![0; engines]);
        for engine in 1..engines {
            let both: Vec<_> = rows
                .iter()
                .filter(|row| row.ratio(engine).is_some())
                .filter_map(|row| Some((row.cell(0)?, row.cell(engine)?)))
                .collect();
            let rounds = both
                .iter()
                .map(|(ours, peer)| ours.rounds.len().min(peer.rounds.len()));
            let mean = |round: usize| {
                geometric_mean(both.iter().filter_map(|(ours, peer)| {
                    advantage(ours.better, ours.rounds[round], peer.rounds[round])
                }))
            };
            ratios[engine] = Spread::of((0..rounds.min().unwrap_or(0)).filter_map(mean)).map(Ratio);
            counts[engine] = both.len();
        }
        ratios.iter().any(Option::is_some).then_some(Self {
            label,
            ratios,
            rows: counts,
        })
    }
}

/// Workloads while they are collected.
struct Workloads<'e, 'r> {
    engines: &'e [&'r str],
    list: Vec<Workload<'r>>,
}

impl<'r> Workloads<'_, 'r> {
    fn workload(&mut self, name: &'r str) -> &mut Workload<'r> {
        let new = || Workload {
            name,
            panels: Vec::new(),
            latencies: Vec::new(),
            answers: Vec::new(),
            failures: Vec::new(),
        };
        find(&mut self.list, |workload| workload.name == name, new)
    }

    fn add(&mut self, figure: &'r Figure, kind: Kind<'r>) {
        let engines = self.engines;
        let workload = self.workload(&figure.workload);
        let new = || Panel {
            kind,
            rows: Vec::new(),
        };
        let panel = find(&mut workload.panels, |panel| panel.kind == kind, new);
        let label = match kind {
            Kind::Measure { .. } => &figure.subject,
            Kind::Subject(_) => &figure.measure,
        };
        let row = row(&mut panel.rows, label, engines.len());
        put(row, engines, &figure.engine, figure);
    }
}

/// The engines of rows.
pub fn present<T>(rows: &[Row<'_, T>]) -> Vec<usize> {
    let engines = rows.first().map_or(0, |row| row.cells.len());
    (0..engines)
        .filter(|&engine| rows.iter().any(|row| row.cell(engine).is_some()))
        .collect()
}

fn row<'v, 'r, T>(
    rows: &'v mut Vec<Row<'r, T>>,
    label: &'r str,
    engines: usize,
) -> &'v mut Row<'r, T> {
    let new = || Row {
        label,
        cells: vec![None; engines],
    };
    find(rows, |row| row.label == label, new)
}

fn put<'r, T>(row: &mut Row<'r, T>, engines: &[&str], engine: &str, thing: &'r T) {
    if let Some(place) = engines.iter().position(|&known| known == engine) {
        row.cells[place] = Some(thing);
    }
}

/// Rows by the numbers at the ends of their labels, those without one last, if it is the numbers that tell them apart:
/// `Q2` before `Q10` before `mix`.
fn put_by_number<T>(rows: &mut [Row<'_, T>]) {
    let parts = |label: &str| {
        let name = label.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let number: Option<u64> = label[name..].parse().ok();
        number.map(|number| (label[..name].to_owned(), number))
    };
    let names: BTreeSet<String> = rows
        .iter()
        .filter_map(|row| Some(parts(row.label)?.0))
        .collect();
    if names.len() == 1 {
        rows.sort_by_key(|row| parts(row.label).map_or(u64::MAX, |(_, number)| number));
    }
}

/// The first for which `is` holds, which is added if there is none: lists keep the order of records.
fn find<T>(list: &mut Vec<T>, is: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> &mut T {
    let place = list.iter().position(is).unwrap_or_else(|| {
        list.push(new());
        list.len() - 1
    });
    &mut list[place]
}

/// Every engine that is described or has something, ours first.
fn engines(records: &[Record]) -> Vec<&str> {
    let described = records.iter().flat_map(|r| &r.engines).map(|e| &e.name);
    let measured = records.iter().flat_map(|r| &r.figures).map(|f| &f.engine);
    let sampled = records.iter().flat_map(|r| &r.latencies).map(|l| &l.engine);
    let answering = records.iter().flat_map(|r| &r.answers).map(|a| &a.engine);
    let mut engines: Vec<&str> = Vec::new();
    for engine in described.chain(measured).chain(sampled).chain(answering) {
        if !engines.contains(&engine.as_str()) {
            engines.push(engine);
        }
    }
    if let Some(ours) = engines.iter().position(|&engine| engine == OURS) {
        engines[..=ours].rotate_right(1);
    }
    engines
}

/// Workloads and subjects.
fn executed_often(records: &[Record]) -> BTreeSet<(&str, &str)> {
    let sampled = records.iter().flat_map(|record| &record.latencies);
    let measured = records.iter().flat_map(|record| &record.figures);
    let measured = measured.filter(|figure| figure.measure == MEASURE_OF_OFTEN);
    sampled
        .map(|latencies| (latencies.workload.as_str(), latencies.subject.as_str()))
        .chain(measured.map(|figure| (figure.workload.as_str(), figure.subject.as_str())))
        .collect()
}

/// Workloads that differ in one number, by that number: of data (`lubm-1`, `lubm-10`) or of clients.
pub struct Family<'v, 'r> {
    /// The name they have in common, with `N` for the number.
    pub name: String,
    pub members: BTreeMap<u64, &'v Workload<'r>>,
}

impl<'v, 'r> Family<'v, 'r> {
    pub fn all(workloads: &'v [Workload<'r>]) -> Vec<Self> {
        let mut families: Vec<Self> = Vec::new();
        for workload in workloads {
            for (name, number) in generalized(workload.name) {
                let new = || Family {
                    name: name.clone(),
                    members: BTreeMap::new(),
                };
                find(&mut families, |family| family.name == name, new)
                    .members
                    .insert(number, workload);
            }
        }
        families.retain(|family| family.members.len() > 1);
        families
    }
}

/// The name with each of its numbers taken out, and the number.
fn generalized(name: &str) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(start) = name[rest..].find(|c: char| c.is_ascii_digit()) {
        let start = rest + start;
        let digits = name[start..].bytes().take_while(u8::is_ascii_digit).count();
        let end = start + digits;
        if let Ok(number) = name[start..end].parse() {
            found.push((format!("{}N{}", &name[..start], &name[end..]), number));
        }
        rest = end;
    }
    // One client is not named.
    if !found.iter().any(|(general, _)| general.contains(" xN")) {
        found.push((format!("{name} xN"), 1));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::figure;
    use super::*;

    #[test]
    fn medians_come_first_queries_by_number_and_latencies_in_their_order() {
        let figure = |subject, measure| figure("w", subject, measure, "e", vec![1.0]);
        let latencies = |subject: &str| Latencies {
            workload: "w".to_owned(),
            subject: subject.to_owned(),
            engine: "e".to_owned(),
            nanoseconds: vec![1],
        };
        let records = [Record {
            figures: vec![
                figure("load", "to return"),
                figure("Q2", "throughput"),
                figure("mix", "p50"),
                figure("Q10", "p50"),
                figure("Q2", "p50"),
            ],
            latencies: ["Q10", "mix", "Q2", "Q3"].map(latencies).to_vec(),
            ..Record::default()
        }];
        let results = Results::new(&records);
        let workload = &results.workloads[0];
        let names = workload.panels.iter().map(|panel| match panel.kind {
            Kind::Measure { name, .. } | Kind::Subject(name) => name,
        });
        assert_eq!(names.collect::<Vec<_>>(), ["load", "p50", "throughput"]);
        let rows = workload.latencies.iter().map(|row| row.label);
        assert_eq!(rows.collect::<Vec<_>>(), ["Q2", "Q10", "mix", "Q3"]);
    }

    #[test]
    fn workloads_that_differ_in_one_number_are_a_family() {
        let workload = |name| Workload {
            name,
            panels: Vec::new(),
            latencies: Vec::new(),
            answers: Vec::new(),
            failures: Vec::new(),
        };
        let names = [
            "lubm-1",
            "lubm-10",
            "lubm-10 x4",
            "lubm-10 closed",
            "bsbm-10",
        ];
        let workloads = names.map(workload);
        let families = Family::all(&workloads);
        let found: Vec<(&str, Vec<u64>)> = families
            .iter()
            .map(|family| {
                (
                    family.name.as_str(),
                    family.members.keys().copied().collect(),
                )
            })
            .collect();
        let expected = [("lubm-N", vec![1, 10]), ("lubm-10 xN", vec![1, 4])];
        assert_eq!(found, expected);
    }
}
