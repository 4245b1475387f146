//! Queries that hurt on the shapes of [`dataset::shapes`](crate::bench::dataset::shapes), a few for each.
//!
//! Most of them have a number of rows that follows from how the shape is made, at any scale and for any seed.

use super::Query;
use crate::bench::dataset::shapes::{
    Chains, DeepClasses, Items, LongLiterals, NamedGraphs, SameAs, TripleTerms, WideClasses, Zipf,
};

/// A query on a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    pub query: Query,
    /// How many rows it has, 1 for ASK, where the shape says it.
    pub rows: Option<u64>,
}

/// The queries of a shape at a scale; none if there is no shape of this name.
pub fn queries(shape: &str, scale: u64) -> Option<Vec<Expected>> {
    let (_, queries) = WORKLOADS.iter().find(|(name, _)| *name == shape)?;
    Some(queries(scale))
}

/// A shape with the function that makes its queries.
macro_rules! workload {
    ($shape:ty, $queries:ident) => {
        (<$shape>::NAME, |scale| {
            with_prefixes::<$shape>($queries(&<$shape>::of_scale(scale)))
        })
    };
}

type Workload = (&'static str, fn(u64) -> Vec<Expected>);

const WORKLOADS: &[Workload] = &[
    workload!(Zipf, zipf),
    workload!(DeepClasses, deep_classes),
    workload!(WideClasses, wide_classes),
    workload!(SameAs, same_as),
    workload!(Chains, chains),
    workload!(NamedGraphs, named_graphs),
    workload!(LongLiterals, long_literals),
    workload!(TripleTerms, triple_terms),
];

/// Puts the prefixes of the shape before each text.
fn with_prefixes<T: Items>(mut queries: Vec<Expected>) -> Vec<Expected> {
    let prologue: String = T::PREFIXES
        .iter()
        .map(|(name, namespace)| format!("PREFIX {name}: <{namespace}>\n"))
        .collect();
    for Expected { query, .. } in &mut queries {
        query.text.insert_str(0, &prologue);
    }
    queries
}

/// A query with as many rows.
fn rows(name: &str, rows: u64, text: impl Into<String>) -> Expected {
    Expected {
        query: Query {
            name: name.to_owned(),
            text: text.into(),
            ordered: false,
            never_empty: rows > 0,
        },
        rows: Some(rows),
    }
}

/// The same, for a query that orders all of them.
fn ordered_rows(name: &str, count: u64, text: impl Into<String>) -> Expected {
    let mut expected = rows(name, count, text);
    expected.query.ordered = true;
    expected
}

/// A query with rows, how many is up to the seed.
fn some_rows(name: &str, text: impl Into<String>) -> Expected {
    Expected {
        rows: None,
        ..rows(name, 1, text)
    }
}

fn zipf(shape: &Zipf) -> Vec<Expected> {
    const MOST_USED: u64 = 20;
    vec![
        rows(
            "members of the largest class",
            shape.instances(0),
            "SELECT ?s { ?s :instanceOf :Class0 }",
        ),
        rows(
            "rarest joined with a frequent predicate",
            1,
            "SELECT ?s ?class ?label { ?s rdfs:label ?label ; :instanceOf ?class ; :once ?o }",
        ),
        rows(
            "from one row to half the entities",
            shape.instances(0),
            "SELECT ?other { ?other :instanceOf ?class . ?s :instanceOf ?class ; :once ?o }",
        ),
        some_rows(
            "links to the most frequent object",
            "SELECT ?s ?p { ?s ?p :Q0 }",
        ),
        rows(
            "distinct predicates",
            shape.predicates(),
            "SELECT DISTINCT ?p { ?s ?p ?o }",
        ),
        ordered_rows(
            "most used predicates",
            shape.predicates().min(MOST_USED),
            format!(
                "SELECT ?p (COUNT(*) AS ?n) {{ ?s ?p ?o }} GROUP BY ?p ORDER BY DESC(?n) ?p LIMIT {MOST_USED}"
            ),
        ),
        ordered_rows(
            "classes by size",
            shape.classes(),
            "SELECT ?class (COUNT(?s) AS ?n) { ?s :instanceOf ?class } GROUP BY ?class ORDER BY DESC(?n) ?class",
        ),
        rows(
            "labels in a rare language",
            shape.labels("cy"),
            "SELECT ?s ?label { ?s rdfs:label ?label FILTER(LANG(?label) = \"cy\") }",
        ),
    ]
}

fn deep_classes(shape: &DeepClasses) -> Vec<Expected> {
    let DeepClasses { classes, instances } = *shape;
    let (deepest, middle) = (classes - 1, classes / 2);
    vec![
        rows(
            "instances of the root",
            classes * instances,
            "SELECT ?x { ?x a/rdfs:subClassOf* :Class0 }",
        ),
        rows(
            "superclasses of the deepest class",
            classes - 1,
            format!("SELECT ?c {{ :Class{deepest} rdfs:subClassOf+ ?c }}"),
        ),
        rows(
            "classes between two",
            deepest - middle - 1,
            format!(
                "SELECT ?c {{ :Class{deepest} rdfs:subClassOf+ ?c . ?c rdfs:subClassOf+ :Class{middle} }}"
            ),
        ),
        rows(
            "all pairs of classes",
            classes * (classes - 1) / 2,
            "SELECT ?a ?b { ?a rdfs:subClassOf+ ?b }",
        ),
        // The classes themselves are instances of owl:Class.
        rows(
            "instances of each class",
            classes + 1,
            "SELECT ?c (COUNT(?x) AS ?n) { ?x a/rdfs:subClassOf* ?c } GROUP BY ?c",
        ),
    ]
}

fn wide_classes(shape: &WideClasses) -> Vec<Expected> {
    const MOST: u64 = 10;
    const TYPES: u64 = WideClasses::INSTANCES;
    let classes = shape.classes;
    vec![
        rows(
            "instances of the root",
            classes * WideClasses::INSTANCES,
            "SELECT DISTINCT ?x { ?x a/rdfs:subClassOf :Root }",
        ),
        // Those of the first class but one, of the class before it but two, ...
        rows(
            "instances of two classes",
            TYPES * (TYPES - 1) / 2,
            format!(
                "SELECT ?x {{ ?x a :Class0, :Class{} }}",
                WideClasses::TYPE_STEP
            ),
        ),
        rows(
            "classes that have instances in common",
            classes * 2 * (TYPES - 1),
            "SELECT ?a ?b (COUNT(?x) AS ?n) { ?x a ?a, ?b FILTER(?a != ?b) } GROUP BY ?a ?b",
        ),
        ordered_rows(
            "largest classes",
            MOST,
            format!(
                "SELECT ?c (COUNT(?x) AS ?n) {{ ?c rdfs:subClassOf :Root . ?x a ?c }} \
                 GROUP BY ?c ORDER BY DESC(?n) ?c LIMIT {MOST}"
            ),
        ),
        rows(
            "siblings of a class",
            classes,
            "SELECT ?c { :Class0 rdfs:subClassOf/^rdfs:subClassOf ?c }",
        ),
        rows(
            "classes without subclasses",
            classes,
            "SELECT ?c { ?c a owl:Class FILTER NOT EXISTS { ?d rdfs:subClassOf ?c } }",
        ),
    ]
}

fn same_as(shape: &SameAs) -> Vec<Expected> {
    const SAME: &str = "(owl:sameAs|^owl:sameAs)";
    let cliques = 0..shape.cliques;
    let largest = shape.largest();
    let members = SameAs::members(largest);
    let next = SameAs::members((largest + 1) % shape.cliques);
    vec![
        rows(
            "names of a resource",
            members,
            format!("SELECT ?y {{ :Name{largest}_0 {SAME}* ?y }}"),
        ),
        rows(
            "a facet under any name",
            SameAs::facets(largest, 5),
            format!("SELECT ?value {{ :Name{largest}_0 {SAME}*/:facet5 ?value }}"),
        ),
        rows(
            "facets of different names",
            cliques
                .clone()
                .map(|clique| SameAs::facets(clique, 0) * SameAs::facets(clique, 1))
                .sum(),
            format!("SELECT ?a ?b {{ ?x :facet0 ?a . ?x {SAME}+ ?y . ?y :facet1 ?b }}"),
        ),
        rows(
            "links between resources",
            members * next,
            format!("SELECT ?y {{ :Name{largest}_0 {SAME}*/:link/{SAME}* ?y }}"),
        ),
        rows(
            "all pairs of names",
            cliques.map(|clique| SameAs::members(clique).pow(2)).sum(),
            format!("SELECT ?x ?y {{ ?x {SAME}+ ?y }}"),
        ),
    ]
}

fn chains(shape: &Chains) -> Vec<Expected> {
    const STEPS: u64 = Chains::STEPS;
    const CELLS: u64 = Chains::SIDE * Chains::SIDE;
    // A cell reaches those that lie neither left of it nor above it.
    const SPANS: u64 = Chains::SIDE * (Chains::SIDE + 1) / 2;
    vec![
        rows(
            "chain from its start",
            STEPS,
            "SELECT ?x { :Link0_0 :next+ ?x }",
        ),
        rows(
            "chain from its end",
            STEPS,
            format!("SELECT ?x {{ ?x :next+ :Link0_{STEPS} }}"),
        ),
        rows(
            "chains, both ends free",
            shape.groups * STEPS * (STEPS + 1) / 2,
            "SELECT ?a ?b { ?a :next+ ?b }",
        ),
        rows(
            "nodes below the root",
            Chains::TREE_NODES - 1,
            "SELECT ?x { ?x :parent+ :Node0_1 }",
        ),
        rows(
            "trees, both ends free",
            shape.groups
                * (1..=Chains::TREE_NODES)
                    .map(|node| u64::from(node.ilog2()))
                    .sum::<u64>(),
            "SELECT ?a ?b { ?a :parent+ ?b }",
        ),
        rows(
            "cells from a corner",
            CELLS - 1,
            "SELECT ?x { :Cell0_0 :edge+ ?x }",
        ),
        rows(
            "cells from a corner, two steps at a time",
            CELLS / 2 - 1,
            "SELECT ?x { :Cell0_0 (:edge/:edge)+ ?x }",
        ),
        rows(
            "corner to corner",
            1,
            format!("ASK {{ :Cell0_0 :edge+ :Cell0_{} }}", CELLS - 1),
        ),
        rows(
            "grids, both ends free",
            shape.groups * (SPANS * SPANS - CELLS),
            "SELECT ?a ?b { ?a :edge+ ?b }",
        ),
    ]
}

fn named_graphs(shape: &NamedGraphs) -> Vec<Expected> {
    const SHARED: u64 = NamedGraphs::SHARED;
    const SOURCE: u64 = 3;
    let (items, graphs) = (shape.items, shape.graphs());
    let from: String = (0..SHARED)
        .flat_map(|turn| [turn * items, turn * items + 1])
        .map(|graph| format!("FROM :Graph{graph} "))
        .collect();
    vec![
        rows(
            "names of all graphs",
            graphs,
            "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }",
        ),
        rows(
            "an item in all graphs",
            SHARED * (NamedGraphs::VALUES + 1),
            "SELECT ?g ?p ?o { GRAPH ?g { :Item0 ?p ?o } }",
        ),
        rows(
            "a join within each graph",
            graphs,
            "SELECT ?g ?s ?v { GRAPH ?g { ?s a :Thing ; :value0 ?v } }",
        ),
        rows(
            "graphs of a source",
            (graphs - SOURCE).div_ceil(NamedGraphs::SOURCES) * 2,
            format!("SELECT ?s ?v {{ ?g :source :Source{SOURCE} . GRAPH ?g {{ ?s :value1 ?v }} }}"),
        ),
        rows(
            "graphs with a triple in common",
            items * SHARED * (SHARED - 1),
            "SELECT ?a ?b { GRAPH ?a { ?s a :Thing } GRAPH ?b { ?s a :Thing } FILTER(?a != ?b) }",
        ),
        rows(
            "graphs of each item",
            items,
            "SELECT ?s (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?s",
        ),
        rows(
            "graphs merged into one",
            2,
            format!("SELECT ?s {from}{{ ?s a :Thing }}"),
        ),
    ]
}

fn long_literals(shape: &LongLiterals) -> Vec<Expected> {
    const FIRST: u64 = 10;
    const TEXTS: u64 = LongLiterals::TEXTS;
    let rare = LongLiterals::RARE;
    let documents = shape.documents;
    let longest = shape.longest();
    vec![
        rows(
            "texts with a word",
            shape.rare() * TEXTS,
            format!("SELECT ?d ?t {{ ?d :text ?t FILTER(CONTAINS(?t, \"{rare}\")) }}"),
        ),
        // All but one of the texts end so.
        rows(
            "texts that match",
            shape.rare() * (TEXTS - 1),
            format!("SELECT ?d {{ ?d :text ?t FILTER(REGEX(?t, \"{rare} [a-z ]*1$\", \"i\")) }}"),
        ),
        rows(
            "longest texts",
            shape.documents_of(longest) * TEXTS,
            format!("SELECT ?d {{ ?d :text ?t FILTER(STRLEN(?t) > {longest}) }}"),
        ),
        rows(
            "texts of a document",
            TEXTS - 1,
            "SELECT ?d { ?d :text ?t FILTER(STRSTARTS(?t, \"0 \")) }",
        ),
        rows(
            "equal texts in two languages",
            documents,
            "SELECT ?d { ?d :text ?a, ?b FILTER(STR(?a) = STR(?b) && LANG(?a) < LANG(?b)) }",
        ),
        rows(
            "number of different texts",
            1,
            "SELECT (COUNT(DISTINCT STR(?t)) AS ?n) { ?d :text ?t }",
        ),
        ordered_rows(
            "first texts in order",
            FIRST.min(documents * 2),
            format!(
                "SELECT ?d {{ ?d :text ?t FILTER(LANG(?t) = \"en\") }} ORDER BY STR(?t) LIMIT {FIRST}"
            ),
        ),
    ]
}

fn triple_terms(shape: &TripleTerms) -> Vec<Expected> {
    let claims = shape.claims;
    let one_in = |count: u64| claims / count;
    let metas = one_in(TripleTerms::META_ONE_IN);
    let rumours = one_in(TripleTerms::RUMOUR_ONE_IN);
    // Of eight confidences three are above a half, and the claims of one are denied.
    let asserted_and_confident = 2 * one_in(TripleTerms::CONFIDENCES);
    vec![
        rows(
            "claims about a person",
            2,
            "SELECT ?r ?source { ?r rdf:reifies <<( :Person0 :knows ?o )>> ; :source ?source }",
        ),
        rows(
            "all that is reified",
            claims + one_in(TripleTerms::SECOND_ONE_IN) + metas + rumours,
            "SELECT ?r ?s ?p ?o { ?r rdf:reifies <<( ?s ?p ?o )>> }",
        ),
        rows(
            "asserted with an annotation",
            asserted_and_confident,
            "SELECT ?s ?o ?c { ?s :knows ?o {| :confidence ?c |} FILTER(?c > 0.5) }",
        ),
        rows(
            "reified and not asserted",
            one_in(TripleTerms::DENIED_ONE_IN),
            "SELECT ?r { ?r rdf:reifies <<( ?s :knows ?o )>> FILTER NOT EXISTS { ?s :knows ?o } }",
        ),
        rows(
            "claims about claims",
            metas,
            "SELECT ?r ?s { ?r rdf:reifies <<( ?c rdf:reifies <<( ?s :knows ?o )>> )>> }",
        ),
        rows(
            "nested four deep",
            rumours,
            "SELECT ?r ?s { ?r rdf:reifies \
             <<( ?a :says <<( ?b :says <<( ?c :says <<( ?s :knows ?o )>> )>> )>> )>> }",
        ),
        rows(
            "by functions on triple terms",
            metas,
            "SELECT ?r { ?r rdf:reifies ?t FILTER(isTRIPLE(?t) && PREDICATE(?t) = rdf:reifies) }",
        ),
        rows(
            "sources of what is asserted",
            TripleTerms::SOURCES - TripleTerms::SOURCES / TripleTerms::DENIED_ONE_IN,
            "SELECT ?source (COUNT(*) AS ?n) { ?s :knows ?o {| :source ?source |} } GROUP BY ?source",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::dataset::{Document, Parameters, Syntax, shapes::KINDS};
    use crate::config::Config;
    use crate::control::Control;
    use crate::database::{Database, LoadOptions};
    use crate::load::Format;
    use crate::query::{ParseOptions, Prepared, QueryOptions, ResultBatch};

    const SCALE: u64 = 5_000;

    /// The document of a shape in a store of its own.
    fn loaded(shape: &str, syntax: Syntax, format: Format) -> (Database, u64) {
        let kind = KINDS.iter().find(|kind| kind.name == shape).unwrap();
        let dataset = (kind.make)(&Parameters {
            scale: SCALE,
            seed: 7,
            ontology: kind.ontology,
        });
        let database = Database::memory(&Config::default()).unwrap();
        let options = LoadOptions {
            format: Some(format),
            ..LoadOptions::default()
        };
        let document = Document::new(dataset, syntax, 1).unwrap();
        let report = database
            .load_reader(document, &options, &Control::new())
            .unwrap();
        assert!(report.statements > SCALE / 2);
        (database, report.inserted)
    }

    fn count(database: &Database, query: &Query) -> u64 {
        let prepared = Prepared::new(&query.text, &ParseOptions::default())
            .unwrap_or_else(|error| panic!("{}: {error}", query.text));
        let snapshot = database.snapshot().unwrap().source();
        let mut rows = prepared
            .rows(&snapshot, &QueryOptions::default(), &Control::new())
            .unwrap();
        let (mut batch, mut count) = (ResultBatch::new(), 0);
        while rows.next(2048, &mut batch).unwrap() {
            count += batch.rows() as u64;
        }
        count
    }

    #[test]
    fn every_shape_has_queries_with_different_names() {
        assert_eq!(WORKLOADS.len(), KINDS.len());
        for kind in KINDS {
            let queries = queries(kind.name, SCALE).unwrap();
            let mut names: Vec<_> = queries.iter().map(|known| &known.query.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), queries.len(), "{}", kind.name);
            assert!((5..10).contains(&queries.len()));
        }
        assert_eq!(queries("cube", SCALE), None);
    }

    #[test]
    fn every_query_has_the_rows_that_the_shape_promises() {
        for kind in KINDS {
            let (database, _) = loaded(kind.name, Syntax::NQuads, Format::NQuads);
            for Expected { query, rows } in queries(kind.name, SCALE).unwrap() {
                let count = count(&database, &query);
                assert!(query.never_empty && count > 0, "{}", query.text);
                assert!(
                    rows.is_none_or(|rows| rows == count),
                    "{count}, {rows:?}: {}",
                    query.text
                );
            }
        }
    }

    #[test]
    fn the_shapes_are_the_same_in_turtle() {
        for kind in KINDS.iter().filter(|kind| kind.name != NamedGraphs::NAME) {
            let (_, lines) = loaded(kind.name, Syntax::NTriples, Format::NTriples);
            let (_, turtle) = loaded(kind.name, Syntax::Turtle, Format::Turtle);
            assert_eq!(lines, turtle, "{}", kind.name);
        }
    }
}
