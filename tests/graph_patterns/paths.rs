//! Property paths against the definitions of SPARQL 1.1 section 18.4, taken word by word, and against `spareval`.

use crate::answer::{Random, Rows, Solution, answer, answer_under, iri, load, reference, store};
use oxrdf::{Dataset, GraphName, Literal, NamedNode, NamedOrBlankNode, Quad, Term, Triple};
use spargebra::algebra::PropertyPathExpression as Path;
use std::collections::{BTreeMap, BTreeSet};
use triplestore::config::Config;
use triplestore::control::{Budget, Control};
use triplestore::database::Database;
use triplestore::error::Code;

fn node(random: &mut Random) -> Term {
    match random.below(12) {
        0 => Literal::from(random.below(2) as i64).into(),
        _ => iri(&format!("n{}", random.below(7))).into(),
    }
}

fn predicate(random: &mut Random) -> NamedNode {
    iri(["p", "q", "r", "absent"][random.below(20).min(3) as usize % 4])
}

fn quads(random: &mut Random) -> Vec<Quad> {
    let count = 3 + random.below(25);
    let mut quads: Vec<Quad> = (0..count)
        .map(|_| {
            let subject: NamedOrBlankNode = iri(&format!("n{}", random.below(7))).into();
            let predicate = iri(["p", "q", "r"][random.below(3) as usize]);
            let graph: GraphName = match random.below(4) {
                0 => iri("g1").into(),
                1 => iri("g2").into(),
                _ => GraphName::DefaultGraph,
            };
            Quad::new(subject, predicate, node(random), graph)
        })
        .collect();
    quads.sort_by_key(ToString::to_string);
    quads.dedup();
    quads
}

fn path(random: &mut Random, depth: u32) -> Path {
    let inner = |random: &mut Random| Box::new(path(random, depth - 1));
    match if depth == 0 { 0 } else { random.below(9) } {
        0 | 1 => Path::NamedNode(predicate(random)),
        2 => Path::Reverse(inner(random)),
        3 => Path::Sequence(inner(random), inner(random)),
        4 => Path::Alternative(inner(random), inner(random)),
        5 => Path::ZeroOrMore(inner(random)),
        6 => Path::OneOrMore(inner(random)),
        7 => Path::ZeroOrOne(inner(random)),
        _ => {
            let mut set = vec![predicate(random)];
            if random.percent(50) {
                set.push(predicate(random));
            }
            Path::NegatedPropertySet(set)
        }
    }
}

/// The pairs of a path between ends that are terms or, as `None`, variables.
fn pairs(
    path: &Path,
    start: Option<&Term>,
    end: Option<&Term>,
    graph: &[Triple],
) -> Vec<(Term, Term)> {
    let is = |wanted: Option<&Term>, term: &Term| wanted.is_none_or(|wanted| wanted == term);
    let steps = |counts: &dyn Fn(&NamedNode) -> bool| {
        graph
            .iter()
            .filter(|triple| counts(&triple.predicate))
            .map(|triple| (Term::from(triple.subject.clone()), triple.object.clone()))
            .filter(|(from, to)| is(start, from) && is(end, to))
            .collect()
    };
    let distinct = |pairs: Vec<(Term, Term)>| {
        let mut seen = BTreeSet::new();
        let new = |pair: &(Term, Term)| seen.insert((pair.0.to_string(), pair.1.to_string()));
        pairs.into_iter().filter(new).collect::<Vec<_>>()
    };
    match path {
        Path::NamedNode(node) => steps(&|predicate| predicate == node),
        Path::NegatedPropertySet(set) => steps(&|predicate| !set.contains(predicate)),
        Path::Reverse(inner) => pairs(inner, end, start, graph)
            .into_iter()
            .map(|(from, to)| (to, from))
            .collect(),
        Path::Sequence(first, second) => {
            let second = pairs(second, None, end, graph);
            pairs(first, start, None, graph)
                .into_iter()
                .flat_map(|(from, middle)| {
                    second
                        .iter()
                        .filter(move |(other, _)| *other == middle)
                        .map(move |(_, to)| (from.clone(), to.clone()))
                        .collect::<Vec<_>>()
                })
                .collect()
        }
        Path::Alternative(first, second) => {
            let mut all = pairs(first, start, end, graph);
            all.extend(pairs(second, start, end, graph));
            all
        }
        Path::ZeroOrOne(inner) => {
            let mut all = zero_length(start, end, graph);
            all.extend(pairs(inner, start, end, graph));
            distinct(all)
        }
        Path::ZeroOrMore(inner) | Path::OneOrMore(inner) => {
            let is_plus = matches!(path, Path::OneOrMore(_));
            let from = |start: &Term, path: &Path, reach: &mut Vec<Term>| {
                if !is_plus {
                    reach.push(start.clone());
                }
                let mut open = vec![start.clone()];
                while let Some(node) = open.pop() {
                    for (_, next) in pairs(path, Some(&node), None, graph) {
                        if !reach.contains(&next) {
                            reach.push(next.clone());
                            open.push(next);
                        }
                    }
                }
            };
            let mut all = Vec::new();
            match (start, end) {
                (None, Some(end)) => {
                    let mut reach = Vec::new();
                    from(end, &Path::Reverse(inner.clone()), &mut reach);
                    all.extend(reach.into_iter().map(|node| (node, end.clone())));
                }
                _ => {
                    let starts = match start {
                        Some(start) => vec![start.clone()],
                        None => nodes(graph),
                    };
                    for start in starts {
                        let mut reach = Vec::new();
                        from(&start, inner, &mut reach);
                        let ends = reach.into_iter().filter(|node| is(end, node));
                        all.extend(ends.map(|node| (start.clone(), node)));
                    }
                }
            }
            all
        }
    }
}

fn nodes(graph: &[Triple]) -> Vec<Term> {
    let mut nodes: Vec<Term> = Vec::new();
    for triple in graph {
        for node in [Term::from(triple.subject.clone()), triple.object.clone()] {
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
    }
    nodes
}

fn zero_length(start: Option<&Term>, end: Option<&Term>, graph: &[Triple]) -> Vec<(Term, Term)> {
    match (start, end) {
        (Some(start), Some(end)) if start != end => Vec::new(),
        (Some(node), _) | (None, Some(node)) => vec![(node.clone(), node.clone())],
        (None, None) => nodes(graph)
            .into_iter()
            .map(|node| (node.clone(), node))
            .collect(),
    }
}

/// An end of a path: a variable or a term.
#[derive(Clone)]
enum End {
    Variable(&'static str),
    Term(Term),
}

impl End {
    fn random(random: &mut Random, variable: &'static str) -> Self {
        match random.below(10) {
            0..5 => Self::Variable(variable),
            5 => Self::Term(iri("nowhere").into()),
            _ => Self::Term(node(random)),
        }
    }

    fn term(&self) -> Option<&Term> {
        match self {
            Self::Variable(_) => None,
            Self::Term(term) => Some(term),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Variable(name) => format!("?{name}"),
            Self::Term(term) => term.to_string(),
        }
    }

    /// Whether the end may be `term`, which it then binds.
    fn bind(&self, term: &Term, solution: &mut Solution) -> bool {
        match self {
            Self::Term(own) => own == term,
            Self::Variable(name) => {
                let text = term.to_string();
                *solution
                    .entry((*name).to_owned())
                    .or_insert_with(|| text.clone())
                    == text
            }
        }
    }
}

fn graphs(quads: &[Quad]) -> BTreeMap<String, Vec<Triple>> {
    let mut graphs: BTreeMap<String, Vec<Triple>> = BTreeMap::new();
    graphs
        .entry(GraphName::DefaultGraph.to_string())
        .or_default();
    for quad in quads {
        let triple = Triple::new(
            quad.subject.clone(),
            quad.predicate.clone(),
            quad.object.clone(),
        );
        graphs
            .entry(quad.graph_name.to_string())
            .or_default()
            .push(triple);
    }
    graphs
}

/// Solutions of a path pattern in one graph.
fn naive(path: &Path, subject: &End, object: &End, graph: &[Triple], given: &Solution) -> Rows {
    // A subject that starts with a literal is no triple but may be a path.
    pairs(path, subject.term(), object.term(), graph)
        .into_iter()
        .filter_map(|(from, to)| {
            let mut solution = given.clone();
            let agrees = subject.bind(&from, &mut solution) && object.bind(&to, &mut solution);
            agrees.then_some(solution)
        })
        .collect()
}

const CASES: u64 = 600;

fn cases() -> u64 {
    std::env::var("TRIPLESTORE_DIFFERENTIAL_CASES").map_or(CASES, |text| text.parse().unwrap())
}

#[test]
fn random_paths_have_the_solutions_of_the_definitions() {
    let mut rows = 0;
    for seed in 0..cases() / 10 {
        let mut random = Random(seed);
        let random = &mut random;
        let quads = quads(random);
        let graphs = graphs(&quads);
        let database = store(&quads);
        if seed % 2 == 0 {
            database.compact(&Control::new()).unwrap();
        }
        for _ in 0..10 {
            let path = path(random, 3);
            let subject = End::random(random, "s");
            let other = if random.percent(15) { "s" } else { "o" };
            let object = End::random(random, other);
            let pattern = format!("{} {path} {}", subject.text(), object.text());
            // A list of rows that binds ends before the path is walked.
            let mut values = Vec::new();
            let mut clause = String::new();
            if random.percent(50) {
                let list = |random: &mut Random| {
                    let count = 1 + random.below(6);
                    (0..count)
                        .map(|_| End::random(random, "s"))
                        .filter_map(|end| match end {
                            End::Term(term) => Some(term),
                            End::Variable(_) => None,
                        })
                        .collect::<Vec<Term>>()
                };
                let (left, right) = (list(random), list(random));
                let both = random.percent(50);
                for left in &left {
                    match both {
                        true => values.extend(right.iter().map(|right| {
                            Solution::from([
                                ("s".to_owned(), left.to_string()),
                                ("o".to_owned(), right.to_string()),
                            ])
                        })),
                        false => values.push(Solution::from([("s".to_owned(), left.to_string())])),
                    }
                }
                let row = |row: &Solution| match both {
                    true => format!("({} {})", row["s"], row["o"]),
                    false => format!("({})", row["s"]),
                };
                let variables = if both { "?s ?o" } else { "?s" };
                let list: Vec<String> = values.iter().map(row).collect();
                clause = format!("VALUES ({variables}) {{ {} }} ", list.join(" "));
            } else {
                values.push(Solution::new());
            }
            let mut union: Vec<Triple> = Vec::new();
            for name in ["<http://x/g1>", "<http://x/g2>"] {
                for triple in graphs.get(name).into_iter().flatten() {
                    if !union.contains(triple) {
                        union.push(triple.clone());
                    }
                }
            }
            let only_first: Vec<Triple> = graphs.get("<http://x/g1>").cloned().unwrap_or_default();
            let (text, walked): (String, Vec<(Solution, &Vec<Triple>)>) = match random.below(7) {
                2 => (
                    format!(
                        "SELECT * FROM <http://x/g1> FROM <http://x/g2> WHERE {{ {clause} {pattern} }}"
                    ),
                    vec![(Solution::new(), &union)],
                ),
                3 => (
                    format!("SELECT * FROM <http://x/g1> WHERE {{ {clause} {pattern} }}"),
                    vec![(Solution::new(), &only_first)],
                ),
                4 => (
                    format!(
                        "SELECT * FROM NAMED <http://x/g1> WHERE {{ {clause} GRAPH ?g {{ {pattern} }} }}"
                    ),
                    graphs
                        .get_key_value("<http://x/g1>")
                        .map(|(name, triples)| {
                            (Solution::from([("g".to_owned(), name.clone())]), triples)
                        })
                        .into_iter()
                        .collect(),
                ),
                0 => (
                    format!("SELECT * WHERE {{ {clause} GRAPH ?g {{ {pattern} }} }}"),
                    graphs
                        .iter()
                        .filter(|(name, _)| *name != "DEFAULT")
                        .map(|(name, triples)| {
                            (Solution::from([("g".to_owned(), name.clone())]), triples)
                        })
                        .collect(),
                ),
                1 => (
                    format!("SELECT * WHERE {{ {clause} GRAPH <http://x/g1> {{ {pattern} }} }}"),
                    graphs
                        .get("<http://x/g1>")
                        .map(|triples| (Solution::new(), triples))
                        .into_iter()
                        .collect(),
                ),
                _ => (
                    format!("SELECT * WHERE {{ {clause} {pattern} }}"),
                    vec![(Solution::new(), &graphs["DEFAULT"])],
                ),
            };
            let mut expected = Rows::new();
            for (given, triples) in walked {
                for solution in naive(&path, &subject, &object, triples, &given) {
                    for value in &values {
                        let mut joined = solution.clone();
                        let agrees = value.iter().all(|(name, term)| {
                            joined.entry(name.clone()).or_insert_with(|| term.clone()) == term
                        });
                        if agrees {
                            expected.push(joined);
                        }
                    }
                }
            }
            expected.sort();
            rows += expected.len();
            assert_eq!(
                answer(&database, &text),
                expected,
                "seed {seed}: {text}\n{quads:#?}"
            );
        }
    }
    assert!(
        rows > cases() as usize / 2,
        "only {rows} solutions were compared"
    );
}

#[test]
fn paths_from_what_other_patterns_bind_stay_in_the_graph_that_they_bind() {
    let mut rows = 0;
    for seed in 0..30 {
        let mut random = Random(5000 + seed);
        let random = &mut random;
        let quads = quads(random);
        let dataset: Dataset = quads.iter().cloned().collect();
        let database = store(&quads);
        for _ in 0..6 {
            let path = path(random, 2);
            for pattern in [
                format!("GRAPH ?g {{ ?m <http://x/q> ?s . ?s {path} ?o }}"),
                format!("GRAPH ?g {{ ?s <http://x/q> ?o . ?s {path} ?o }}"),
                format!(
                    "GRAPH ?g {{ ?s <http://x/q> ?m }} GRAPH ?g {{ ?s {path} ?o . ?o {path} ?e }}"
                ),
                format!("?a <http://x/p> ?s OPTIONAL {{ ?s {path} ?o }}"),
                format!("?a <http://x/p> ?s FILTER EXISTS {{ ?s {path} ?a }}"),
            ] {
                // The other engine gives solutions of alternatives once.
                let text = format!("SELECT DISTINCT * WHERE {{ {pattern} }}");
                let expected = reference(&dataset, &text);
                rows += expected.len();
                assert_eq!(
                    answer(&database, &text),
                    expected,
                    "seed {seed}: {text}\n{quads:#?}"
                );
            }
        }
    }
    assert!(rows > 1000, "only {rows} solutions were compared");
}

/// Edges of one predicate between numbered nodes.
fn edges(pairs: impl IntoIterator<Item = (u64, u64)>) -> Vec<Quad> {
    let node = |number: u64| iri(&format!("n{number}"));
    pairs
        .into_iter()
        .map(|(from, to)| Quad::new(node(from), iri("p"), node(to), GraphName::DefaultGraph))
        .collect()
}

#[test]
fn closures_of_larger_graphs_are_those_of_another_engine() {
    for seed in 0..4 {
        let mut random = Random(1000 + seed);
        let nodes = 150;
        // Sparse and dense: chains and one large component.
        let count = [80, 140, 200, 600][seed as usize];
        let mut quads = edges((0..count).map(|_| (random.below(nodes), random.below(nodes))));
        for quad in &mut quads {
            quad.predicate = iri(["p", "q"][random.below(2) as usize]);
        }
        let dataset: Dataset = quads.iter().cloned().collect();
        let database = store(&quads);
        // The other engine has no solution for a constant that is no node.
        let (first, last) = (&quads[0].subject, &quads[1].object);
        for path in [
            "p+", "p*", "(p|q)+", "(p/q)+", "(p/^q)*", "(p|^q)*", "(p/q?)+",
        ] {
            let path = path
                .replace('p', "<http://x/p>")
                .replace('q', "<http://x/q>");
            for pattern in [
                format!("?s {path} ?o"),
                format!("?s {path} ?s"),
                format!("{first} {path} ?o"),
                format!("?s {path} {last}"),
                format!("?s <http://x/q> ?m . ?m {path} ?o"),
                format!("?s <http://x/q> ?o . ?s {path} ?o"),
            ] {
                let text = format!("SELECT * WHERE {{ {pattern} }}");
                assert_eq!(
                    answer(&database, &text),
                    reference(&dataset, &text),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn a_chain_longer_than_any_limit_is_walked_to_its_end() {
    let length = 30_000;
    let database = store(&edges((0..length).map(|node| (node, node + 1))));
    let reach = |start: &str, end: &str| {
        answer(
            &database,
            &format!("SELECT * WHERE {{ {start} <http://x/p>+ {end} }}"),
        )
        .len()
    };
    assert_eq!(reach("<http://x/n0>", "?o"), length as usize);
    assert_eq!(
        reach("?s", &format!("<http://x/n{length}>")),
        length as usize
    );
    assert_eq!(reach("<http://x/n0>", &format!("<http://x/n{length}>")), 1);
    assert_eq!(reach(&format!("<http://x/n{length}>"), "<http://x/n0>"), 0);
}

#[test]
fn a_limit_above_a_closure_is_met_and_no_row_is_given_twice() {
    let database = store(&edges(
        (0..200).flat_map(|from| (0..200).map(move |to| (from, to))),
    ));
    let all = answer(&database, "SELECT * WHERE { ?s <http://x/p>+ ?o }");
    assert_eq!(all.len(), 40_000);
    assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    let some = answer(
        &database,
        "SELECT * WHERE { ?s <http://x/p>+ ?o } LIMIT 5000",
    );
    assert_eq!(some.len(), 5000);
}

#[test]
fn what_one_start_reaches_beyond_its_memory_is_walked_on_disk_to_its_end() {
    let directory = std::env::temp_dir().join(format!("triplestore-paths-{}", std::process::id()));
    let mut random = Random(7);
    let nodes = 30_000;
    // A store in memory has no temporary files.
    let database = Database::open(&directory, &Config::default()).unwrap();
    load(
        &database,
        &edges(
            (0..nodes)
                .flat_map(|from| [random.below(nodes), random.below(nodes)].map(|to| (from, to))),
        ),
    );
    for path in [
        "<http://x/p>+",
        "(<http://x/p>/<http://x/p>?)+",
        "(<http://x/p>/^<http://x/p>)*",
    ] {
        let text = format!("SELECT ?o WHERE {{ <http://x/n0> {path} ?o }}");
        let control = |bytes| {
            database
                .query_control()
                .with_memory(Budget::new("test", bytes))
        };
        let whole = answer_under(&database, &text, &control(64 << 20)).unwrap();
        assert!(whole.len() > 10_000, "{path} reaches {}", whole.len());
        let little = answer_under(&database, &text, &control(600 << 10)).unwrap();
        assert!(
            whole == little,
            "{path}: {} and {}",
            whole.len(),
            little.len()
        );
        let pair = format!(
            "SELECT * WHERE {{ <http://x/n0> {path} {} }}",
            whole[5000]["o"]
        );
        let found = answer_under(&database, &pair, &control(600 << 10)).unwrap();
        assert_eq!(found.len(), 1, "{pair}");
    }
    database.close().unwrap();
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_closure_that_does_not_fit_in_memory_is_complete_or_an_error() {
    // Together the starts reach more than fits; each of them reaches little.
    let database =
        store(&edges((0..20_000).map(|node| {
            (node, if node % 10 == 9 { node } else { node + 1 })
        })));
    let text = "SELECT (COUNT(*) AS ?count) WHERE { ?s <http://x/p>+ ?o }";
    let control = |bytes| {
        database
            .query_control()
            .with_memory(Budget::new("test", bytes))
    };
    let whole = answer_under(&database, text, &control(64 << 20)).unwrap();
    let little = answer_under(&database, text, &control(1 << 20)).unwrap();
    assert_eq!(whole, little);
    let error = answer_under(&database, text, &control(64 << 10)).unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
}
