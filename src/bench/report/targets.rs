//! Targets: what figures must reach, in a file that says so in JSON.
//!
//! ```json
//! {"targets": [{"name": "simple pattern", "workload": "lubm-10", "subjects": ["Q3", "Q14"],
//!               "measure": "p95", "below": 10, "unit": "ms"}]}
//! ```
//!
//! A target holds for each of its subjects. A record that lacks a figure does not meet its target: what was not
//! measured is not known to be fast.

use super::results::OURS;
use super::statistics::Spread;
use crate::bench::record::{Figure, Record};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    pub targets: Vec<Target>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Target {
    /// What people call it.
    pub name: String,
    pub workload: String,
    pub subjects: Vec<String>,
    pub measure: String,
    /// Whose figure it is; ours if it is not said.
    #[serde(default = "ours")]
    pub engine: String,
    #[serde(flatten)]
    pub limit: Limit,
    /// Of the limit. Figures in another unit of time are converted.
    pub unit: String,
}

/// What the median of the rounds must be.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Limit {
    Below(f64),
    Above(f64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// With what was seen, in the unit of the target.
    Met(f64),
    Missed(f64),
    /// There is no such figure, or none in a unit that can be compared.
    Absent,
}

/// One target for one of its subjects.
#[derive(Clone, Debug)]
pub struct Check<'t> {
    pub target: &'t Target,
    pub subject: &'t str,
    pub outcome: Outcome,
}

impl Targets {
    /// Every target with each of its subjects, in their order.
    pub fn check<'t>(&'t self, record: &Record) -> Vec<Check<'t>> {
        let each = |target: &'t Target| {
            let subjects = target.subjects.iter();
            subjects.map(move |subject| (target, subject.as_str()))
        };
        self.targets
            .iter()
            .flat_map(each)
            .map(|(target, subject)| Check {
                target,
                subject,
                outcome: target.outcome(subject, record),
            })
            .collect()
    }
}

impl Target {
    fn outcome(&self, subject: &str, record: &Record) -> Outcome {
        let is_meant = |figure: &&Figure| {
            figure.workload == self.workload
                && figure.subject == subject
                && figure.measure == self.measure
                && figure.engine == self.engine
        };
        // Of a figure recorded twice, the last counts.
        let seen = record.figures.iter().rfind(is_meant).and_then(|figure| {
            let median = Spread::of(figure.rounds.iter().copied())?.median;
            Some(median * factor(&figure.unit, &self.unit)?)
        });
        let reached = |seen| match self.limit {
            Limit::Below(limit) => seen < limit,
            Limit::Above(limit) => seen > limit,
        };
        match seen {
            Some(seen) if reached(seen) => Outcome::Met(seen),
            Some(seen) => Outcome::Missed(seen),
            None => Outcome::Absent,
        }
    }
}

fn ours() -> String {
    OURS.to_owned()
}

/// What a number in one unit is multiplied with to be one in another.
fn factor(from: &str, to: &str) -> Option<f64> {
    const SECONDS: [(&str, f64); 4] = [("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0)];
    if from == to {
        return Some(1.0);
    }
    let seconds = |unit: &str| {
        SECONDS
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, seconds)| seconds)
    };
    Some(seconds(from)? / seconds(to)?)
}

#[cfg(test)]
mod tests {
    use super::super::tests::figure;
    use super::*;

    const SHIPPED: &str = include_str!("../../../benches/targets.json");

    fn record() -> Record {
        let mut in_microseconds = figure("lubm-10", "Q14", "p95", "triplestore", vec![9_000.0]);
        in_microseconds.unit = "us".to_owned();
        Record {
            figures: vec![
                figure("lubm-10", "Q3", "p95", "triplestore", vec![11.0, 9.0, 12.0]),
                in_microseconds,
                figure("lubm-10", "Q2", "p95", "peer", vec![1.0]),
            ],
            ..Record::default()
        }
    }

    #[test]
    fn a_target_is_met_missed_or_absent_for_each_subject() {
        let targets: Targets = serde_json::from_str(
            r#"{"targets": [
                {"name": "simple", "workload": "lubm-10", "subjects": ["Q3", "Q14", "Q2"], "measure": "p95",
                 "below": 10, "unit": "ms"},
                {"name": "peer", "workload": "lubm-10", "subjects": ["Q2"], "measure": "p95", "engine": "peer",
                 "above": 0.5, "unit": "ms"},
                {"name": "bytes", "workload": "lubm-10", "subjects": ["Q3"], "measure": "p95",
                 "below": 10, "unit": "MB"}]}"#,
        )
        .unwrap();
        let outcomes: Vec<Outcome> = targets
            .check(&record())
            .iter()
            .map(|check| check.outcome)
            .collect();
        let expected = [
            Outcome::Missed(11.0),
            Outcome::Met(9.0),
            Outcome::Absent,
            Outcome::Met(1.0),
            Outcome::Absent,
        ];
        assert_eq!(outcomes, expected);
    }

    #[test]
    fn a_limit_itself_is_missed() {
        let target = Target {
            name: String::new(),
            workload: "lubm-10".to_owned(),
            subjects: vec!["Q3".to_owned()],
            measure: "p95".to_owned(),
            engine: ours(),
            limit: Limit::Below(11.0),
            unit: "ms".to_owned(),
        };
        assert_eq!(target.outcome("Q3", &record()), Outcome::Missed(11.0));
    }

    #[test]
    fn a_target_without_a_limit_is_refused() {
        let unlimited = r#"{"targets": [{"name": "", "workload": "", "subjects": [], "measure": "", "unit": ""}]}"#;
        assert!(serde_json::from_str::<Targets>(unlimited).is_err());
    }

    #[test]
    fn the_shipped_targets_are_the_four_that_were_promised() {
        let targets: Targets = serde_json::from_str(SHIPPED).unwrap();
        let limits: Vec<(&str, Limit)> = targets
            .targets
            .iter()
            .map(|t| (t.name.as_str(), t.limit))
            .collect();
        let promised = [
            ("simple pattern", Limit::Below(10.0)),
            ("complex join", Limit::Below(100.0)),
            ("bulk load", Limit::Above(100_000.0)),
            ("BSBM mix", Limit::Below(50.0)),
        ];
        assert_eq!(limits, promised);
    }
}
