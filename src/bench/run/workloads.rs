//! The table of workloads: which data, and what is done with them.

use crate::bench::dataset::bsbm::Bsbm;
use crate::bench::queries::bsbm::Mixes;
use crate::bench::queries::{Query, analytics, lubm};

/// Queries that follow each other, by number.
pub type Sequences = Box<dyn Fn(u64) -> Vec<Query>>;

/// What is done.
pub enum Task {
    /// Each query on its own, of data at a scale.
    Queries(fn(u64) -> Vec<Query>),
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
    /// The scale if none is given.
    pub scale: u64,
    /// Whether the data are given with all that follows from them.
    pub closed: bool,
    /// What figures say behind the name of the dataset; nothing for what is a subject of its own.
    pub label: &'static str,
    pub task: Task,
}

/// All workloads.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "lubm",
        about: "the 14 queries of LUBM, on data as generated",
        dataset: "lubm",
        scale: 1,
        closed: false,
        label: "",
        task: Task::Queries(|_| lubm::queries(false)),
    },
    Workload {
        name: "lubm-closed",
        about: "the 14 queries of LUBM, on one file of given and derived triples",
        dataset: "lubm",
        scale: 1,
        closed: true,
        label: "",
        task: Task::Queries(|_| lubm::queries(true)),
    },
    Workload {
        name: "lubm-analytics",
        about: "aggregates, a closure, a triangle and text filters over all of LUBM",
        dataset: "lubm",
        scale: 1,
        closed: false,
        label: "analytics",
        task: Task::Queries(|_| analytics::queries()),
    },
    Workload {
        name: "lubm-load",
        about: "loading LUBM into an empty store, to return and to quiescence",
        dataset: "lubm",
        scale: 1,
        closed: false,
        label: "",
        task: Task::Load,
    },
    Workload {
        name: "lubm-export",
        about: "all triples of LUBM as N-Triples",
        dataset: "lubm",
        scale: 1,
        closed: false,
        label: "",
        task: Task::Queries(|_| export()),
    },
    Workload {
        name: "lubm-updates",
        about: "single and large updates, by value and by pattern, of a store of LUBM",
        dataset: "lubm",
        scale: 1,
        closed: false,
        label: "updates",
        task: Task::Updates,
    },
    Workload {
        name: "lubm-reason",
        about: "OWL 2 RL reasoning over LUBM with its ontology",
        dataset: "lubm",
        scale: 1,
        closed: false,
        label: "",
        task: Task::Reason,
    },
    Workload {
        name: "bsbm",
        about: "the explore mix of BSBM: a consumer looks for products",
        dataset: "bsbm",
        scale: 1000,
        closed: false,
        label: "explore",
        task: Task::Mixes(|products, seed| {
            let mixes = Mixes::new(Bsbm::new(products, seed), seed);
            Box::new(move |number| mixes.explore(number))
        }),
    },
    Workload {
        name: "bsbm-bi",
        about: "the business intelligence mix of BSBM: aggregates over types of products",
        dataset: "bsbm",
        scale: 1000,
        closed: false,
        label: "business intelligence",
        task: Task::Mixes(|products, seed| {
            let mixes = Mixes::new(Bsbm::new(products, seed), seed);
            Box::new(move |number| mixes.business_intelligence(number))
        }),
    },
    Workload {
        name: "bsbm-load",
        about: "loading BSBM into an empty store, to return and to quiescence",
        dataset: "bsbm",
        scale: 1000,
        closed: false,
        label: "",
        task: Task::Load,
    },
];

pub fn find(name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
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
    fn names_are_unique() {
        let names: HashSet<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
        assert_eq!(names.len(), WORKLOADS.len());
    }
}
