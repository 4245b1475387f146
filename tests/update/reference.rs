//! Random requests on random data: the quads that are left, and the counts, are those of a set of quads to which
//! `spareval` applies the same operations. `TRIPLESTORE_UPDATE_CASES` sets the number of requests.

use crate::random::Random;
use crate::{PROLOGUE, memory, quads};
use oxrdf::dataset::CanonicalizationAlgorithm;
use oxrdf::{Dataset, GraphName, NamedNode, NamedOrBlankNode, Quad, Term};
use spareval::{DeleteInsertQuad, QueryEvaluator};
use spargebra::algebra::GraphTarget;
use spargebra::{GraphUpdateOperation, SparqlParser};
use std::collections::BTreeSet;
use triplestore::control::Control;
use triplestore::database::{Database, UpdateOptions};
use triplestore::error::Code;

const TERMS: [&str; 6] = [
    ":s0",
    ":s1",
    ":s2",
    "1",
    "2",
    "'long text that is not inline'@en",
];
const SUBJECTS: [&str; 3] = [":s0", ":s1", ":s2"];
const PREDICATES: [&str; 3] = [":p0", ":p1", ":s0"];
const GRAPHS: [&str; 3] = [":g0", ":g1", ":s1"];
const VARS: [&str; 5] = ["?a", "?b", "?c", "?d", "?g"];

struct Texts<'r>(&'r mut Random);

impl Texts<'_> {
    fn graph_ref(&mut self) -> String {
        match self.0.below(3) {
            0 => "DEFAULT".to_owned(),
            _ => (*self.0.pick(&GRAPHS)).to_owned(),
        }
    }

    fn data(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..1 + self.0.below(6) {
            let (s, p, o) = (
                *self.0.pick(&SUBJECTS),
                *self.0.pick(&PREDICATES),
                *self.0.pick(&TERMS),
            );
            let triple = format!("{s} {p} {o} .");
            text += &match self.0.percent(40) {
                true => format!(" GRAPH {} {{ {triple} }}", self.0.pick(&GRAPHS)),
                false => format!(" {triple}"),
            };
        }
        text
    }

    fn slot(&mut self, constants: &[&str], variables: usize) -> String {
        match self.0.percent(variables) {
            true => (*self.0.pick(&VARS)).to_owned(),
            false => (*self.0.pick(constants)).to_owned(),
        }
    }

    fn triple(&mut self) -> String {
        format!(
            "{} {} {} .",
            self.slot(&SUBJECTS, 70),
            self.slot(&PREDICATES, 40),
            self.slot(&TERMS, 70)
        )
    }

    /// Quads of a template or of DELETE WHERE.
    fn quads(&mut self, blanks: bool) -> String {
        let mut text = String::new();
        for _ in 0..1 + self.0.below(3) {
            let mut triple = self.triple();
            if blanks && self.0.percent(15) {
                triple = format!(
                    "_:n {} {} .",
                    self.slot(&PREDICATES, 40),
                    self.slot(&TERMS, 70)
                );
            }
            text += &match self.0.percent(40) {
                true => format!(" GRAPH {} {{ {triple} }}", self.slot(&GRAPHS, 50)),
                false => format!(" {triple}"),
            };
        }
        text
    }

    fn pattern(&mut self) -> String {
        let mut text = self.triple();
        for _ in 0..self.0.below(3) {
            let triple = self.triple();
            text += &match self.0.below(6) {
                0 => format!(" OPTIONAL {{ {triple} }}"),
                1 => format!(" {{ {triple} }} UNION {{ {} }}", self.triple()),
                2 => format!(" GRAPH {} {{ {triple} }}", self.slot(&GRAPHS, 60)),
                3 => format!(" FILTER(?a != {})", self.0.pick(&TERMS)),
                _ => format!(" {triple}"),
            };
        }
        text
    }

    /// At most one graph for the default graph, and each named graph once: `spareval` gives the solutions of a triple
    /// that is in two graphs twice, where the default graph is a set (SPARQL 1.1 Query section 13.2.1).
    fn using(&mut self) -> String {
        let mut text = String::new();
        if self.0.percent(15) {
            text += &format!(" USING {}", self.0.pick(&GRAPHS));
        }
        for graph in GRAPHS {
            if self.0.percent(8) {
                text += &format!(" USING NAMED {graph}");
            }
        }
        text
    }

    fn operation(&mut self) -> String {
        let with = match self.0.percent(15) {
            true => format!("WITH {} ", self.0.pick(&GRAPHS)),
            false => String::new(),
        };
        match self.0.below(12) {
            0..3 => format!("INSERT DATA {{ {} }}", self.data()),
            3 => format!("DELETE DATA {{ {} }}", self.data()),
            4 => format!("DELETE WHERE {{ {} }}", self.quads(false)),
            5 => format!(
                "{with}DELETE {{ {} }}{} WHERE {{ {} }}",
                self.quads(false),
                self.using(),
                self.pattern()
            ),
            6 => format!(
                "{with}INSERT {{ {} }}{} WHERE {{ {} }}",
                self.quads(true),
                self.using(),
                self.pattern()
            ),
            7..10 => format!(
                "{with}DELETE {{ {} }} INSERT {{ {} }}{} WHERE {{ {} }}",
                self.quads(false),
                self.quads(true),
                self.using(),
                self.pattern()
            ),
            10 => {
                let target = match self.0.below(6) {
                    0 => "DEFAULT".to_owned(),
                    1 => "NAMED".to_owned(),
                    _ => format!("GRAPH {}", self.0.pick(&GRAPHS)),
                };
                format!("{} {target}", self.0.pick(&["CLEAR", "DROP"]))
            }
            _ => format!(
                "{} {} TO {}",
                *self.0.pick(&["COPY", "MOVE", "ADD"]),
                self.graph_ref(),
                self.graph_ref()
            ),
        }
    }
}

fn graph_name(name: &spargebra::term::GraphName) -> GraphName {
    match name {
        spargebra::term::GraphName::DefaultGraph => GraphName::DefaultGraph,
        spargebra::term::GraphName::NamedNode(node) => node.clone().into(),
    }
}

/// Applies an operation as SPARQL 1.1 Update defines it.
fn apply(dataset: &mut Dataset, operation: &GraphUpdateOperation) {
    match operation {
        GraphUpdateOperation::InsertData { data } => {
            for quad in data {
                dataset.insert(&Quad::new(
                    quad.subject.clone(),
                    quad.predicate.clone(),
                    quad.object.clone(),
                    graph_name(&quad.graph_name),
                ));
            }
        }
        GraphUpdateOperation::DeleteData { data } => {
            for quad in data {
                dataset.remove(&Quad::new(
                    NamedOrBlankNode::from(quad.subject.clone()),
                    quad.predicate.clone(),
                    Term::from(quad.object.clone()),
                    graph_name(&quad.graph_name),
                ));
            }
        }
        GraphUpdateOperation::DeleteInsert {
            delete,
            insert,
            using,
            pattern,
        } => {
            let evaluator = QueryEvaluator::new();
            let prepared = evaluator.prepare_delete_insert(
                delete.clone(),
                insert.clone(),
                None,
                using.clone(),
                pattern,
            );
            let before = dataset.clone();
            let made: Vec<DeleteInsertQuad> = prepared
                .execute(&before)
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            for quad in &made {
                if let DeleteInsertQuad::Delete(quad) = quad {
                    dataset.remove(quad);
                }
            }
            for quad in &made {
                if let DeleteInsertQuad::Insert(quad) = quad {
                    dataset.insert(quad);
                }
            }
        }
        GraphUpdateOperation::Clear { graph, .. } | GraphUpdateOperation::Drop { graph, .. } => {
            let is_cleared = |quad: &Quad| match graph {
                GraphTarget::AllGraphs => true,
                GraphTarget::NamedGraphs => quad.graph_name != GraphName::DefaultGraph,
                GraphTarget::DefaultGraph => quad.graph_name == GraphName::DefaultGraph,
                GraphTarget::NamedNode(node) => {
                    quad.graph_name == GraphName::from(NamedNode::clone(node))
                }
            };
            let gone: Vec<Quad> = dataset.iter().map(Quad::from).filter(is_cleared).collect();
            for quad in &gone {
                dataset.remove(quad);
            }
        }
        GraphUpdateOperation::Create { .. } | GraphUpdateOperation::Load { .. } => {}
    }
}

fn is_blank(quad: &Quad) -> bool {
    matches!(quad.subject, NamedOrBlankNode::BlankNode(_))
        || matches!(quad.object, Term::BlankNode(_))
}

/// Quads without blank nodes, and the others by a name that does not depend on labels.
fn canonical(quads: impl IntoIterator<Item = Quad>) -> BTreeSet<String> {
    let mut dataset: Dataset = quads.into_iter().collect();
    dataset.canonicalize(CanonicalizationAlgorithm::Unstable);
    dataset.iter().map(|quad| quad.to_string()).collect()
}

fn compare(database: &Database, dataset: &mut Dataset, operations: &str) -> bool {
    let text = format!("{PROLOGUE}{operations}");
    let before: BTreeSet<String> = quads(database).iter().map(Quad::to_string).collect();
    let committed = match database.update(&text, &UpdateOptions::default(), &Control::new()) {
        Ok(committed) => committed,
        Err(error) if error.code() == Code::QueryUnsupported => return false,
        Err(error) => panic!("{operations}: {error}"),
    };
    let parsed = SparqlParser::new().parse_update(&text).unwrap();
    for operation in &parsed.operations {
        apply(dataset, operation);
    }
    let found = quads(database);
    let after: BTreeSet<String> = found.iter().map(Quad::to_string).collect();
    let expected = dataset.iter().map(Quad::from);
    assert_eq!(
        canonical(found.iter().cloned()),
        canonical(expected),
        "{operations}"
    );
    assert_eq!(
        committed.inserted as usize,
        after.difference(&before).count(),
        "{operations}"
    );
    assert_eq!(
        committed.deleted as usize,
        before.difference(&after).count(),
        "{operations}"
    );
    true
}

#[test]
fn random_requests_leave_what_spareval_leaves() {
    let cases: u64 = std::env::var("TRIPLESTORE_UPDATE_CASES")
        .map_or(600, |text| text.parse().expect("a number"));
    let mut compared = 0;
    for seed in 0..cases.div_ceil(12) {
        let mut random = Random::new(seed);
        let database = memory();
        let mut dataset = Dataset::new();
        for _ in 0..12 {
            let count = 1 + random.below(3);
            let operations: Vec<String> =
                (0..count).map(|_| Texts(&mut random).operation()).collect();
            compared += u64::from(compare(&database, &mut dataset, &operations.join(" ; ")));
            // Few blank nodes, so that naming them stays cheap.
            let blank: Vec<Quad> = quads(&database).into_iter().filter(is_blank).collect();
            if blank.len() > 6 || dataset.len() > 300 {
                database
                    .update("CLEAR ALL", &UpdateOptions::default(), &Control::new())
                    .unwrap();
                dataset = Dataset::new();
            }
            match random.below(8) {
                0 => database.compact(&Control::new()).unwrap(),
                1 => database.quiesce(&Control::new()).unwrap(),
                _ => {}
            }
        }
    }
    assert!(
        compared > cases / 2,
        "only {compared} of {cases} could be compared"
    );
}
