//! Two records, figure by figure: what got better, what got worse, and what is noise.
//!
//! The records were taken at different times, so their rounds are two samples, not pairs. Of all ratios of a round of
//! the one to a round of the other the median estimates how much changed, and the exact interval of Mann and Whitney
//! says between what the true ratio lies. A verdict needs both: the interval leaves out 1, and the estimate is further
//! from 1 than is worth talking about. Nothing is drawn at random, and no shape of the noise is assumed.
//!
//! What no statistics can see is how the machine differed between the two runs. Two records of one state show it.

use super::mann_whitney::interval_place;
use super::statistics::{geometric_mean, median};
use crate::bench::record::{Answer, Better, Figure, Record};
use serde::Serialize;
use std::collections::BTreeMap;

/// When a difference counts.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// With what probability the interval holds the true ratio. Of figures that did not change, so many get no
    /// verdict.
    pub confidence: f64,
    /// The least change worth a verdict, as a part of the figure.
    pub least_effect: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            confidence: 0.99,
            least_effect: 0.02,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Better,
    Worse,
    /// It differs, and neither more nor less of it is better.
    Changed,
    /// No difference that rounds can tell from noise, or none worth telling.
    Same,
    /// It seems to differ, but there are too few rounds to tell.
    Undecided,
}

/// What names a figure.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Name<'r> {
    pub engine: &'r str,
    pub workload: &'r str,
    pub subject: &'r str,
    pub measure: &'r str,
}

/// A figure that both records have.
#[derive(Clone, Debug, Serialize)]
pub struct Change<'r> {
    #[serde(flatten)]
    pub name: Name<'r>,
    pub unit: &'r str,
    /// Medians of the rounds.
    pub before: f64,
    pub after: f64,
    /// How many times as good the second record is; how many times as much where nothing is better.
    pub ratio: f64,
    /// Where the true ratio lies; none with too few rounds.
    pub interval: Option<[f64; 2]>,
    pub verdict: Verdict,
}

/// All subjects of one measure of a workload.
#[derive(Clone, Debug, Serialize)]
pub struct Summary<'r> {
    pub engine: &'r str,
    pub workload: &'r str,
    pub measure: &'r str,
    /// The geometric mean of their ratios.
    pub ratio: f64,
    pub better: usize,
    pub worse: usize,
    /// Figures that have a ratio.
    pub figures: usize,
}

#[derive(Clone, Debug, Serialize)]
pub struct Comparison<'r> {
    /// In the order of the first record.
    pub changes: Vec<Change<'r>>,
    pub summary: Vec<Summary<'r>>,
    /// Figures of the first record that the second lacks.
    pub missing: Vec<Name<'r>>,
    /// Figures of the second record that the first lacks.
    pub new: Vec<Name<'r>>,
    /// Queries whose rows or digest are not those of the first record: engine, workload, subject.
    pub other_answers: Vec<[&'r str; 3]>,
}

impl<'r> Comparison<'r> {
    pub fn new(before: &'r Record, after: &'r Record, options: Options) -> Self {
        let (old, new) = (by_name(before), by_name(after));
        let changes: Vec<Change<'r>> = before
            .figures
            .iter()
            .filter_map(|figure| {
                let name = name(figure);
                // Of a figure recorded twice, the last counts.
                let last = std::ptr::eq(*old.get(&name)?, figure);
                last.then(|| change(figure, new.get(&name)?, options))
                    .flatten()
            })
            .collect();
        let lacking = |these: &BTreeMap<Name<'r>, &'r Figure>,
                       those: &BTreeMap<Name<'r>, &'r Figure>| {
            let names = these.keys().filter(|name| !those.contains_key(name));
            names.cloned().collect()
        };
        Self {
            summary: summary(&changes),
            changes,
            missing: lacking(&old, &new),
            new: lacking(&new, &old),
            other_answers: other_answers(before, after),
        }
    }

    pub fn count(&self, verdict: Verdict) -> usize {
        self.changes
            .iter()
            .filter(|change| change.verdict == verdict)
            .count()
    }

    /// Whether anything is worse, or an answer is not what it was.
    pub fn is_worse(&self) -> bool {
        self.count(Verdict::Worse) > 0 || !self.other_answers.is_empty()
    }
}

fn name(figure: &Figure) -> Name<'_> {
    Name {
        engine: &figure.engine,
        workload: &figure.workload,
        subject: &figure.subject,
        measure: &figure.measure,
    }
}

/// Of a figure recorded twice, the last.
pub(super) fn by_name(record: &Record) -> BTreeMap<Name<'_>, &Figure> {
    record
        .figures
        .iter()
        .map(|figure| (name(figure), figure))
        .collect()
}

/// None if a figure has no rounds, or if the units differ so that there is nothing to divide.
fn change<'r>(before: &'r Figure, after: &'r Figure, options: Options) -> Option<Change<'r>> {
    if before.unit != after.unit {
        return None;
    }
    let [old, new] = [before, after].map(|figure| ascending(&figure.rounds));
    let mut ratios: Vec<f64> = Vec::with_capacity(old.len() * new.len());
    for &old in &old {
        ratios.extend(new.iter().map(|&new| match before.better {
            // Also nought and nought.
            _ if old == new => 1.0,
            Better::Lower => old / new,
            Better::Higher | Better::Neither => new / old,
        }));
    }
    if ratios.is_empty() {
        return None;
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let place = interval_place(old.len(), new.len(), options.confidence);
    let interval = place.map(|place| [ratios[place], ratios[ratios.len() - 1 - place]]);
    let ratio = median(&ratios);
    Some(Change {
        name: name(before),
        unit: &before.unit,
        before: median(&old),
        after: median(&new),
        ratio,
        interval,
        verdict: verdict(before.better, ratio, interval, options.least_effect),
    })
}

fn verdict(better: Better, ratio: f64, interval: Option<[f64; 2]>, least_effect: f64) -> Verdict {
    let least = 1.0 + least_effect;
    if ratio < least && ratio > 1.0 / least {
        return Verdict::Same;
    }
    match (interval, better) {
        (None, _) => Verdict::Undecided,
        (Some([low, high]), _) if low <= 1.0 && high >= 1.0 => Verdict::Same,
        (Some(_), Better::Neither) => Verdict::Changed,
        (Some(_), _) if ratio > 1.0 => Verdict::Better,
        (Some(_), _) => Verdict::Worse,
    }
}

fn ascending(rounds: &[f64]) -> Vec<f64> {
    let mut rounds: Vec<f64> = rounds
        .iter()
        .copied()
        .filter(|round| round.is_finite())
        .collect();
    rounds.sort_unstable_by(f64::total_cmp);
    rounds
}

fn summary<'r>(changes: &[Change<'r>]) -> Vec<Summary<'r>> {
    let mut groups: Vec<([&'r str; 3], Vec<&Change<'r>>)> = Vec::new();
    for change in changes {
        let key = [
            change.name.engine,
            change.name.workload,
            change.name.measure,
        ];
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(change),
            None => groups.push((key, vec![change])),
        }
    }
    let summed = |([engine, workload, measure], group): ([&'r str; 3], Vec<&Change<'r>>)| {
        let with_ratio = group
            .iter()
            .filter(|change| change.ratio > 0.0 && change.ratio.is_finite());
        let ratios: Vec<f64> = with_ratio.map(|change| change.ratio).collect();
        let count = |verdict| {
            group
                .iter()
                .filter(|change| change.verdict == verdict)
                .count()
        };
        Some(Summary {
            engine,
            workload,
            measure,
            figures: ratios.len(),
            ratio: geometric_mean(ratios)?,
            better: count(Verdict::Better),
            worse: count(Verdict::Worse),
        })
    };
    groups.into_iter().filter_map(summed).collect()
}

fn other_answers<'r>(before: &'r Record, after: &'r Record) -> Vec<[&'r str; 3]> {
    let name = |answer: &'r Answer| [answer.engine.as_str(), &answer.workload, &answer.subject];
    let new: BTreeMap<[&str; 3], &Answer> = after.answers.iter().map(|a| (name(a), a)).collect();
    before
        .answers
        .iter()
        .filter(|old| {
            let new = new.get(&name(old));
            new.is_some_and(|new| new.rows != old.rows || new.digest != old.digest)
        })
        .map(name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Noise, figure};
    use super::*;

    fn record(figures: Vec<Figure>) -> Record {
        Record {
            figures,
            ..Record::default()
        }
    }

    /// Seven rounds around a value; `noise` is a part of it.
    fn noisy(seed: u64, value: f64, noise: f64) -> Record {
        let mut random = Noise::new(seed);
        let rounds = (0..7).map(|_| value * (1.0 + noise * random.normal()));
        record(vec![figure(
            "lubm-1",
            "Q1",
            "p50",
            "triplestore",
            rounds.collect(),
        )])
    }

    fn verdict_of(before: &Record, after: &Record) -> Verdict {
        Comparison::new(before, after, Options::default()).changes[0].verdict
    }

    #[test]
    fn noise_is_no_difference() {
        let same = (0..100)
            .filter(|&seed| {
                let (before, after) = (noisy(seed, 10.0, 0.1), noisy(seed + 1000, 10.0, 0.1));
                verdict_of(&before, &after) == Verdict::Same
            })
            .count();
        assert!(same >= 95, "{same} of 100");
    }

    #[test]
    fn a_shift_of_five_noises_is_found_in_its_direction() {
        for seed in 0..100 {
            let (before, slower) = (noisy(seed, 10.0, 0.01), noisy(seed + 1000, 10.5, 0.01));
            assert_eq!(verdict_of(&before, &slower), Verdict::Worse, "{seed}");
            assert_eq!(verdict_of(&slower, &before), Verdict::Better, "{seed}");
        }
    }

    #[test]
    fn a_certain_change_below_the_least_effect_is_none() {
        let (before, after) = (noisy(1, 10.0, 1e-6), noisy(2, 10.1, 1e-6));
        assert_eq!(verdict_of(&before, &after), Verdict::Same);
        let strict = Options {
            least_effect: 0.001,
            ..Options::default()
        };
        let changes = Comparison::new(&before, &after, strict).changes;
        assert_eq!(changes[0].verdict, Verdict::Worse);
    }

    #[test]
    fn directions_follow_the_figure() {
        let rounds = |better, value: f64| {
            let mut figure = figure("w", "s", "m", "e", vec![value; 7]);
            figure.better = better;
            record(vec![figure])
        };
        let cases = [
            (Better::Lower, Verdict::Worse, 0.5),
            (Better::Higher, Verdict::Better, 2.0),
            (Better::Neither, Verdict::Changed, 2.0),
        ];
        for (better, verdict, ratio) in cases {
            let (before, after) = (rounds(better, 1.0), rounds(better, 2.0));
            let comparison = Comparison::new(&before, &after, Options::default());
            assert_eq!(comparison.changes[0].verdict, verdict);
            assert_eq!(comparison.changes[0].ratio, ratio);
            assert_eq!(comparison.is_worse(), verdict == Verdict::Worse);
        }
        let nought = rounds(Better::Lower, 0.0);
        assert_eq!(verdict_of(&nought, &nought), Verdict::Same);
        assert_eq!(
            verdict_of(&nought, &rounds(Better::Lower, 1.0)),
            Verdict::Worse
        );
    }

    #[test]
    fn one_round_decides_nothing_unless_it_is_the_same() {
        let once = |value| record(vec![figure("w", "s", "m", "e", vec![value])]);
        assert_eq!(verdict_of(&once(1.0), &once(1.5)), Verdict::Undecided);
        assert_eq!(verdict_of(&once(1.0), &once(1.001)), Verdict::Same);
    }

    #[test]
    fn what_one_record_lacks_is_named() {
        let two = |first: &str, second: &str| {
            let named = |subject: &str| figure("w", subject, "m", "e", vec![1.0; 7]);
            record(vec![named(first), named(second)])
        };
        let (before, after) = (two("kept", "gone"), two("come", "kept"));
        let comparison = Comparison::new(&before, &after, Options::default());
        let subjects = |names: &[Name<'_>]| {
            names
                .iter()
                .map(|name| name.subject.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(subjects(&comparison.missing), ["gone"]);
        assert_eq!(subjects(&comparison.new), ["come"]);
        assert_eq!(comparison.changes.len(), 1);
    }

    #[test]
    fn another_answer_is_worse_whatever_its_time() {
        let answering = |digest: &str| Record {
            answers: vec![Answer {
                workload: "w".to_owned(),
                subject: "Q1".to_owned(),
                engine: "e".to_owned(),
                rows: 3,
                digest: digest.to_owned(),
            }],
            ..Record::default()
        };
        let (before, after) = (answering("a"), answering("b"));
        let comparison = Comparison::new(&before, &after, Options::default());
        assert_eq!(comparison.other_answers, [["e", "w", "Q1"]]);
        assert!(comparison.is_worse());
        assert!(!Comparison::new(&before, &before, Options::default()).is_worse());
    }

    #[test]
    fn a_summary_is_the_geometric_mean_of_a_measure() {
        let two = |first, second| {
            let measured = |subject, value| figure("w", subject, "p50", "e", vec![value; 7]);
            record(vec![measured("Q1", first), measured("Q2", second)])
        };
        let (before, after) = (two(4.0, 1.0), two(1.0, 4.0));
        let comparison = Comparison::new(&before, &after, Options::default());
        let [summary] = &comparison.summary[..] else {
            panic!("{:?}", comparison.summary)
        };
        assert!((summary.ratio - 1.0).abs() < 1e-12);
        assert_eq!((summary.better, summary.worse, summary.figures), (1, 1, 2));
    }
}
