//! The facade against a set of quads with terms of every kind: whatever is inserted, deleted, cleared, rolled
//! back, spilled, merged and reopened, patterns find exactly the quads of the set, counts are exact, and a
//! snapshot keeps what it had.

mod environment;

use environment::Scratch;
use oxrdf::{BaseDirection, GraphName, Literal, NamedNode, NamedOrBlankNode, Quad, Term, Triple};
use proptest::prelude::*;
use std::collections::BTreeSet;
use triplestore::config::{Config, Durability};
use triplestore::control::Control;
use triplestore::database::{Database, GraphPattern, QuadPattern, Snapshot};

fn config() -> Config {
    let mut config = Config::preset("tiny").unwrap();
    config.set("spill_bytes", "1 MiB").unwrap();
    config.durability = Durability::OsBuffered;
    config
}

/// Quads in an order of their own; the text form tells terms apart.
type Model = BTreeSet<String>;

#[derive(Clone, Debug)]
enum Step {
    /// One transaction: quads inserted and deleted, in order; and whether it is rolled back.
    Commit(Vec<(bool, Quad)>, bool),
    /// Deletes every quad of a graph in one transaction, as a snapshot lists them.
    Clear(GraphName),
    /// Keeps a snapshot to the end.
    Hold,
    Compact,
    Quiesce,
    Reopen,
}

fn iri(name: impl std::fmt::Display) -> NamedNode {
    NamedNode::new_unchecked(format!("http://example.org/{name}"))
}

fn xsd(name: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("http://www.w3.org/2001/XMLSchema#{name}"))
}

fn subject() -> impl Strategy<Value = NamedOrBlankNode> {
    // Prefix and number is the form that is encoded into ids once it is learned.
    (0u8..8).prop_map(|n| match n {
        0..6 => iri(format!("s/{n}")).into(),
        _ => NamedNode::new_unchecked(format!("urn:x:{}", "y".repeat(usize::from(n) * 20))).into(),
    })
}

fn predicate() -> impl Strategy<Value = NamedNode> {
    (0u8..3).prop_map(|n| iri(format!("p{n}")))
}

/// Lexical forms that look alike and are different terms, some inline and some not.
fn literal() -> impl Strategy<Value = Literal> {
    let typed = |forms: &'static [(&'static str, &'static str)]| {
        proptest::sample::select(forms)
            .prop_map(|(text, datatype)| Literal::new_typed_literal(text, xsd(datatype)))
    };
    prop_oneof![
        typed(&[
            ("1", "integer"),
            ("01", "integer"),
            ("+1", "integer"),
            ("1", "long"),
            ("1", "string"),
            ("1.0", "decimal"),
            ("1.00", "decimal"),
            ("1", "double"),
            ("1.0E0", "double"),
            ("NaN", "double"),
            ("-0", "float"),
            ("true", "boolean"),
            ("1", "boolean"),
            ("abc", "integer"),
            ("9223372036854775807", "integer"),
            ("9223372036854775808", "integer"),
            ("1234567890123456789012345678901234567890", "integer"),
            ("2024-02-29T23:59:59.999Z", "dateTime"),
            ("2024-02-29T23:59:59.999", "dateTime"),
            ("2024-02-30", "date"),
            ("--02-29", "gMonthDay"),
            ("P1Y", "duration"),
        ]),
        proptest::sample::select(
            &[
                "",
                "a",
                "seven b",
                "eight by",
                "ä€😀",
                "\u{0}",
                "line\n\"quote\"\\"
            ][..]
        )
        .prop_map(Literal::from),
        (0usize..3).prop_map(|n| Literal::from("long ".repeat([20, 2000, 20_000][n]))),
        proptest::sample::select(&["en", "de", "de-at"][..])
            .prop_map(|tag| Literal::new_language_tagged_literal_unchecked("text", tag)),
        prop::bool::ANY.prop_map(|left| {
            let direction = if left {
                BaseDirection::Ltr
            } else {
                BaseDirection::Rtl
            };
            Literal::new_directional_language_tagged_literal_unchecked("text", "he", direction)
        }),
        (0u8..3).prop_map(|n| Literal::new_typed_literal(format!("value {n}"), iri("datatype"))),
        any::<i64>().prop_map(|n| Literal::from(n % 5)),
    ]
}

fn object() -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![
        2 => subject().prop_map(Term::from),
        5 => literal().prop_map(Term::from),
    ];
    leaf.prop_recursive(3, 4, 1, |inner| {
        (subject(), predicate(), inner).prop_map(|(s, p, o)| Triple::new(s, p, o).into())
    })
}

fn graph() -> impl Strategy<Value = GraphName> {
    (0u8..4).prop_map(|n| match n {
        0 | 1 => GraphName::DefaultGraph,
        n => iri(format!("g{n}")).into(),
    })
}

fn quad() -> impl Strategy<Value = Quad> {
    (subject(), predicate(), object(), graph()).prop_map(|(s, p, o, g)| Quad::new(s, p, o, g))
}

fn step() -> impl Strategy<Value = Step> {
    let change = (prop::bool::weighted(0.65), quad());
    let rolled_back = prop::bool::weighted(0.15);
    prop_oneof![
        10 => (prop::collection::vec(change, 0..40), rolled_back)
            .prop_map(|(changes, rolled_back)| Step::Commit(changes, rolled_back)),
        2 => graph().prop_map(Step::Clear),
        1 => Just(Step::Hold),
        2 => Just(Step::Compact),
        1 => Just(Step::Quiesce),
        2 => Just(Step::Reopen),
    ]
}

fn read(snapshot: &Snapshot, pattern: &QuadPattern) -> Vec<Quad> {
    let found = snapshot.quads(pattern, &Control::new()).unwrap();
    found.map(Result::unwrap).collect()
}

/// Every pattern that a quad gives, and all graphs, against the model.
fn compare(snapshot: &Snapshot, model: &Model, quads: &[Quad]) {
    let all = read(snapshot, &QuadPattern::default());
    let texts: Model = all.iter().map(Quad::to_string).collect();
    assert_eq!(texts.len(), all.len(), "a quad twice");
    assert_eq!(&texts, model);
    for quad in quads {
        for mask in 0..8 {
            for graph in [
                GraphPattern::Any,
                GraphPattern::Named,
                GraphPattern::Default,
                match &quad.graph_name {
                    GraphName::NamedNode(graph) => GraphPattern::One(graph.clone().into()),
                    _ => GraphPattern::Default,
                },
            ] {
                let pattern = QuadPattern {
                    subject: (mask & 1 != 0).then(|| quad.subject.clone().into()),
                    predicate: (mask & 2 != 0).then(|| quad.predicate.clone().into()),
                    object: (mask & 4 != 0).then(|| quad.object.clone()),
                    graph,
                    ..QuadPattern::default()
                };
                let expected: Model = all
                    .iter()
                    .filter(|other| matches(&pattern, quad, other, mask))
                    .map(Quad::to_string)
                    .collect();
                let found = read(snapshot, &pattern);
                let count = snapshot.count(&pattern, &Control::new()).unwrap();
                assert_eq!(count, expected.len() as u64, "{pattern:?}");
                assert_eq!(found.len(), expected.len(), "{pattern:?}");
                let found: Model = found.iter().map(Quad::to_string).collect();
                assert_eq!(found, expected, "{pattern:?}");
            }
        }
    }
}

fn matches(pattern: &QuadPattern, quad: &Quad, other: &Quad, mask: u8) -> bool {
    let graph = match &pattern.graph {
        GraphPattern::Any => true,
        GraphPattern::Default => other.graph_name == GraphName::DefaultGraph,
        GraphPattern::Named => other.graph_name != GraphName::DefaultGraph,
        GraphPattern::One(_) => other.graph_name == quad.graph_name,
    };
    graph
        && (mask & 1 == 0 || other.subject == quad.subject)
        && (mask & 2 == 0 || other.predicate == quad.predicate)
        && (mask & 4 == 0 || other.object == quad.object)
}

fn open(scratch: Option<&Scratch>) -> Database {
    match scratch {
        Some(scratch) => Database::open(scratch.join("store"), &config()).unwrap(),
        None => Database::memory(&config()).unwrap(),
    }
}

fn run(steps: &[Step], scratch: Option<&Scratch>) {
    let mut database = open(scratch);
    let control = Control::new();
    let mut model = Model::new();
    let mut held: Vec<(Snapshot, Model)> = Vec::new();
    let mut sample: Vec<Quad> = Vec::new();
    for step in steps {
        match step {
            Step::Commit(changes, rolled_back) => {
                let mut transaction = database.begin(&control).unwrap();
                let mut after = model.clone();
                for (insert, quad) in changes {
                    match insert {
                        true => {
                            transaction.insert(quad).unwrap();
                            after.insert(quad.to_string());
                        }
                        false => {
                            transaction.delete(quad).unwrap();
                            after.remove(&quad.to_string());
                        }
                    }
                }
                sample = changes
                    .iter()
                    .take(2)
                    .map(|(_, quad)| quad.clone())
                    .collect();
                if *rolled_back {
                    transaction.rollback();
                } else {
                    let committed = transaction.commit().unwrap();
                    let added = after.difference(&model).count() as u64;
                    let removed = model.difference(&after).count() as u64;
                    assert_eq!((committed.inserted, committed.deleted), (added, removed));
                    model = after;
                }
            }
            Step::Clear(graph) => {
                let snapshot = database.snapshot().unwrap();
                let pattern = QuadPattern {
                    graph: match graph {
                        GraphName::NamedNode(graph) => GraphPattern::One(graph.clone().into()),
                        _ => GraphPattern::Default,
                    },
                    ..QuadPattern::default()
                };
                let quads = read(&snapshot, &pattern);
                let committed = database.delete(&quads, &control).unwrap();
                assert_eq!(committed.deleted, quads.len() as u64);
                for quad in &quads {
                    assert!(model.remove(&quad.to_string()), "{quad} was not there");
                }
                assert_eq!(
                    database
                        .snapshot()
                        .unwrap()
                        .count(&pattern, &control)
                        .unwrap(),
                    0
                );
            }
            Step::Hold => held.push((database.snapshot().unwrap(), model.clone())),
            Step::Compact => database.compact(&control).unwrap(),
            Step::Quiesce => database.quiesce(&control).unwrap(),
            Step::Reopen if scratch.is_some() => {
                held.clear();
                database.close().unwrap();
                database = open(scratch);
            }
            Step::Reopen => {}
        }
        compare(&database.snapshot().unwrap(), &model, &sample);
        for (snapshot, then) in &held {
            compare(snapshot, then, &[]);
        }
    }
    let report = database.check(&control).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    let stats = database.snapshot().unwrap().stats(&control).unwrap();
    let named = model
        .iter()
        .filter(|quad| quad.contains("http://example.org/g"))
        .count();
    assert_eq!(stats.quads as usize, model.len());
    assert_eq!(stats.named_graph_quads as usize, named);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_database_on_disk_is_a_set_of_quads(steps in prop::collection::vec(step(), 1..20)) {
        run(&steps, Some(&Scratch::new("model")));
    }

    #[test]
    fn a_database_in_memory_is_a_set_of_quads(steps in prop::collection::vec(step(), 1..20)) {
        run(&steps, None);
    }
}
