//! Queries of LUBM and BSBM over their data. The LUBM answers in the data set hold
//! after reasoning, so what is asked here is compared with `spareval`; BSBM has row counts.
//! Needs the test data (see docs/testing.md).

mod environment;

use oxrdf::{Dataset, Term};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::{Database, LoadOptions, QuadPattern};
use triplestore::error::Result;
use triplestore::query::{QueryOptions, QueryResults, ResultBatch, Rows};

struct Asked {
    id: String,
    query: String,
    rows: u64,
}

/// The value of a field of a flat JSON object with strings and numbers.
fn field(line: &str, name: &str) -> String {
    let start = line.find(&format!("\"{name}\": ")).expect("the field") + name.len() + 4;
    let rest = &line[start..];
    let Some(text) = rest.strip_prefix('"') else {
        return rest.split([',', '}']).next().unwrap().to_owned();
    };
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.push(match chars.next().expect("an escape") {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => {
                    assert!("\"\\/".contains(other), "\\{other}");
                    other
                }
            }),
            c => value.push(c),
        }
    }
    value
}

fn queries(folder: &std::path::Path) -> Vec<Asked> {
    std::fs::read_to_string(folder.join("queries.jsonl"))
        .unwrap()
        .lines()
        .map(|line| Asked {
            id: field(line, "id"),
            query: field(line, "query"),
            rows: field(line, "rows").parse().unwrap(),
        })
        .collect()
}

fn load(file: PathBuf) -> Database {
    let database = Database::memory(&Config::default()).unwrap();
    database
        .load_files(&[file], &LoadOptions::default(), &Control::new())
        .unwrap();
    database
}

fn answer(database: &Database, query: &str) -> Result<QueryResults> {
    database
        .snapshot()?
        .query(query, &QueryOptions::default(), &Control::new())
}

/// Calls `visit` with the terms of each row.
fn each_row(rows: &mut Rows, mut visit: impl FnMut(Vec<Option<Term>>)) {
    let columns = rows.variables().len();
    let mut batch = ResultBatch::new();
    while rows.next(2048, &mut batch).unwrap() {
        for row in 0..batch.rows() {
            visit(
                (0..columns)
                    .map(|column| {
                        batch
                            .term(row, column)
                            .map(|term| term.to_oxrdf(&mut |_| unreachable!()).unwrap())
                    })
                    .collect(),
            );
        }
    }
}

#[test]
fn bsbm_queries_give_the_rows_that_another_system_counted() {
    let Some(folder) = environment::test_data("data/bsbm1000") else {
        return;
    };
    let database = load(folder.join("bsbm1000.nt.gz"));
    let dataset = dataset(&database);
    let (mut counted, mut described) = (0, 0);
    for asked in queries(&folder) {
        let results = answer(&database, &asked.query)
            .unwrap_or_else(|error| panic!("{error}\n{}", asked.query));
        let mut rows = results.rows().expect("rows");
        if asked.query.contains("DESCRIBE ?x") {
            // What a description is was for that system to choose.
            let mut found = Vec::new();
            each_row(&mut rows, |row| found.push(row));
            let expected = descriptions(&database, &dataset, &asked.query);
            assert_eq!(found.len(), expected.len(), "{}\n{}", asked.id, asked.query);
            let found: HashSet<Vec<Term>> = found
                .into_iter()
                .map(|row| row.into_iter().map(|term| term.expect("a term")).collect())
                .collect();
            assert!(found == expected, "{}\n{}", asked.id, asked.query);
            assert!(!found.is_empty(), "{}\n{}", asked.id, asked.query);
            described += 1;
        } else {
            let mut found = 0;
            each_row(&mut rows, |_| found += 1);
            assert_eq!(found, asked.rows, "{}\n{}", asked.id, asked.query);
            counted += 1;
        }
    }
    assert!(
        counted > 100 && described > 10,
        "{counted} counted, {described} described"
    );
}

/// The concise bounded descriptions of what `DESCRIBE ?x` selects: the triples of each resource, and those of the blank
/// nodes that are their objects.
fn descriptions(database: &Database, dataset: &Dataset, query: &str) -> HashSet<Vec<Term>> {
    let select = query.replace("DESCRIBE ?x", "SELECT ?x");
    let mut rows = answer(database, &select).unwrap().rows().unwrap();
    let mut next = Vec::new();
    each_row(&mut rows, |row| next.extend(row.into_iter().flatten()));
    let mut seen: HashSet<Term> = next.iter().cloned().collect();
    let mut found = HashSet::new();
    while let Some(resource) = next.pop() {
        for quad in dataset {
            if Term::from(quad.subject.into_owned()) != resource {
                continue;
            }
            let object = quad.object.into_owned();
            if object.is_blank_node() && seen.insert(object.clone()) {
                next.push(object.clone());
            }
            found.insert(vec![
                resource.clone(),
                quad.predicate.into_owned().into(),
                object,
            ]);
        }
    }
    found
}

/// All quads of a store.
fn dataset(database: &Database) -> Dataset {
    let snapshot = database.snapshot().unwrap();
    let quads = snapshot
        .quads(&QuadPattern::default(), &Control::new())
        .unwrap();
    quads.map(|quad| quad.unwrap()).collect()
}

#[test]
fn lubm_queries_over_the_plain_data_have_the_answers_of_another_engine() {
    let Some(folder) = environment::test_data("data/lubm1") else {
        return;
    };
    let database = load(folder.join("lubm1.nt.gz"));
    let dataset = dataset(&database);
    assert_eq!(dataset.len(), 100_543);
    // The queries ask for inferred types; their patterns without types find something in the plain data.
    let mut all: Vec<(String, String)> = Vec::new();
    for asked in queries(&folder) {
        let untyped = without_types(&asked.query);
        all.push((format!("{} untyped", asked.id), untyped));
        all.push((asked.id, asked.query));
    }
    let mut found = 0;
    for (id, query) in all {
        let mut ours: HashMap<Vec<Option<Term>>, u64> = HashMap::new();
        let mut rows = answer(&database, &query).unwrap().rows().unwrap();
        let variables = rows.variables().to_vec();
        each_row(&mut rows, |row| {
            *ours.entry(row).or_default() += 1;
            found += 1;
        });
        let parsed = spargebra::SparqlParser::new().parse_query(&query).unwrap();
        let evaluator = spareval::QueryEvaluator::new();
        let spareval::QueryResults::Solutions(solutions) =
            evaluator.prepare(&parsed).execute(&dataset).unwrap()
        else {
            panic!("{id} is a SELECT");
        };
        let mut theirs: HashMap<Vec<Option<Term>>, u64> = HashMap::new();
        for solution in solutions {
            let solution = solution.unwrap();
            let row = variables
                .iter()
                .map(|variable| solution.get(variable.as_str()).cloned())
                .collect();
            *theirs.entry(row).or_default() += 1;
        }
        assert!(
            ours == theirs,
            "{id}: {} and {} rows",
            ours.len(),
            theirs.len()
        );
    }
    assert!(found > 10_000, "{found}");
}

/// The query without its rdf:type patterns, unless nothing would be left.
fn without_types(query: &str) -> String {
    let (head, pattern) = query.split_once('{').unwrap();
    let triples: Vec<&str> = pattern
        .trim_end_matches('}')
        .split(" . ")
        .filter(|triple| !triple.contains("rdf:type"))
        .collect();
    match triples.is_empty() {
        true => query.to_owned(),
        false => format!(
            "{} {{ {} }}",
            head.replace("SELECT", "SELECT DISTINCT"),
            triples.join(" . ")
        ),
    }
}
