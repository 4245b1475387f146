//! The table of workloads: which data, and what is done with them.

use crate::bench::dataset::bsbm::Bsbm;
use crate::bench::dataset::{Kind, kinds};
use crate::bench::queries::bsbm::Mixes;
use crate::bench::queries::shapes::{self, Expected};
use crate::bench::queries::{Query, analytics, lubm};

/// Queries that follow each other, by number.
pub type Sequences = Box<dyn Fn(u64) -> Vec<Query> + Sync>;

/// What is done.
pub enum Task {
    /// Each query on its own, of data at a scale.
    Queries(fn(u64) -> Vec<Query>),
    /// The same, where the data promise how many rows there are.
    Promised(fn(u64) -> Vec<Expected>),
    /// Mixes of queries of data at a scale and of a seed, each number with parameters of its own.
    Mixes(fn(u64, u64) -> Sequences),
    Load,
    Updates,
    Reason,
}

pub struct Workload {
    /// As it is asked for.
    pub name: &'static str,
    pub about: &'static str,
    /// The kind of its dataset.
    pub dataset: &'static str,
    /// Whether the data are given with all that follows from them.
    pub closed: bool,
    /// What figures say behind the name of the dataset; nothing where subjects say it.
    pub label: &'static str,
    pub task: Task,
}

/// A workload on data as generated: its name, what it is, its dataset, label and task.
const fn row(
    name: &'static str,
    about: &'static str,
    dataset: &'static str,
    label: &'static str,
    task: Task,
) -> Workload {
    Workload {
        name,
        about,
        dataset,
        closed: false,
        label,
        task,
    }
}

/// All workloads.
pub const WORKLOADS: &[Workload] = &[
    row(
        "lubm",
        "the 14 queries of LUBM, on data as generated",
        "lubm",
        "",
        Task::Queries(|_| lubm::queries(false)),
    ),
    Workload {
        closed: true,
        ..row(
            "lubm-closed",
            "the 14 queries of LUBM, on one file of given and derived triples",
            "lubm",
            "",
            Task::Queries(|_| lubm::queries(true)),
        )
    },
    row(
        "lubm-analytics",
        "aggregates, a closure, a triangle and text filters over all of LUBM",
        "lubm",
        "analytics",
        Task::Queries(|_| analytics::queries()),
    ),
    row(
        "lubm-load",
        "loading LUBM into an empty store, to return and to quiescence",
        "lubm",
        "",
        Task::Load,
    ),
    row(
        "lubm-export",
        "all triples of LUBM as N-Triples",
        "lubm",
        "",
        Task::Queries(|_| export()),
    ),
    row(
        "lubm-updates",
        "single and large updates, by value and by pattern, of a store of LUBM",
        "lubm",
        "updates",
        Task::Updates,
    ),
    row(
        "lubm-reason",
        "OWL 2 RL reasoning over LUBM with its ontology",
        "lubm",
        "",
        Task::Reason,
    ),
    row(
        "bsbm",
        "the explore mix of BSBM: a consumer looks for products",
        "bsbm",
        "explore",
        Task::Mixes(|products, seed| {
            let mixes = Mixes::new(Bsbm::new(products, seed), seed);
            Box::new(move |number| mixes.explore(number))
        }),
    ),
    row(
        "bsbm-bi",
        "the business intelligence mix of BSBM: aggregates over types of products",
        "bsbm",
        "business intelligence",
        Task::Mixes(|products, seed| {
            let mixes = Mixes::new(Bsbm::new(products, seed), seed);
            Box::new(move |number| mixes.business_intelligence(number))
        }),
    ),
    row(
        "bsbm-load",
        "loading BSBM into an empty store, to return and to quiescence",
        "bsbm",
        "",
        Task::Load,
    ),
    row(
        "bsbm-export",
        "all triples of BSBM as N-Triples",
        "bsbm",
        "",
        Task::Queries(|_| export()),
    ),
    row(
        "bsbm-updates",
        "single and large updates, by value and by pattern, of a store of BSBM",
        "bsbm",
        "updates",
        Task::Updates,
    ),
    row(
        "zipf",
        "queries that hurt on objects and predicates of skewed frequency",
        "zipf",
        "",
        Task::Promised(|scale| shape("zipf", scale)),
    ),
    row(
        "deep-classes",
        "queries that hurt on a deep hierarchy of classes",
        "deep-classes",
        "",
        Task::Promised(|scale| shape("deep-classes", scale)),
    ),
    row(
        "wide-classes",
        "queries that hurt on a wide hierarchy of classes",
        "wide-classes",
        "",
        Task::Promised(|scale| shape("wide-classes", scale)),
    ),
    row(
        "same-as",
        "queries that hurt on cliques of sameAs",
        "same-as",
        "",
        Task::Promised(|scale| shape("same-as", scale)),
    ),
    row(
        "chains",
        "queries that hurt on long chains of a transitive property",
        "chains",
        "",
        Task::Promised(|scale| shape("chains", scale)),
    ),
    row(
        "named-graphs",
        "queries that hurt on many named graphs",
        "named-graphs",
        "",
        Task::Promised(|scale| shape("named-graphs", scale)),
    ),
    row(
        "long-literals",
        "queries that hurt on long literals",
        "long-literals",
        "",
        Task::Promised(|scale| shape("long-literals", scale)),
    ),
    row(
        "triple-terms",
        "queries that hurt on triple terms",
        "triple-terms",
        "",
        Task::Promised(|scale| shape("triple-terms", scale)),
    ),
];

impl Workload {
    /// The kind of its dataset; there is one for every row of the table.
    pub fn kind(&self) -> Option<&'static Kind> {
        kinds().iter().find(|kind| kind.name == self.dataset)
    }
}

pub fn find(name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
}

fn shape(name: &str, scale: u64) -> Vec<Expected> {
    shapes::queries(name, scale).unwrap_or_default()
}

fn export() -> Vec<Query> {
    vec![Query {
        name: "export".to_owned(),
        text: "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }".to_owned(),
        ordered: false,
        never_empty: true,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_workload_has_a_dataset() {
        for workload in WORKLOADS {
            assert!(workload.kind().is_some(), "{}", workload.name);
        }
    }

    #[test]
    fn every_workload_of_queries_has_some() {
        for workload in WORKLOADS {
            let count = match workload.task {
                Task::Queries(queries) => queries(1000).len(),
                Task::Promised(queries) => queries(1000).len(),
                Task::Mixes(mixes) => mixes(200, 0)(0).len(),
                Task::Load | Task::Updates | Task::Reason => continue,
            };
            assert!(count > 0, "{}", workload.name);
        }
    }

    #[test]
    fn names_are_unique() {
        let names: HashSet<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
        assert_eq!(names.len(), WORKLOADS.len());
    }
}
