//! Patterns within patterns: what they mean where examples of others go wrong, how much work they are, and how deep they
//! may nest.

#[path = "../chain/mod.rs"]
mod chain;
mod depth;
#[path = "../document/mod.rs"]
mod document;
mod meaning;
mod work;

use triplestore::config::Config;
use triplestore::control::Control;
use triplestore::database::Database;
use triplestore::error::Result;
use triplestore::load::Format;
use triplestore::query::{ParseOptions, Prepared, QueryOptions, ResultBatch};

fn load(document: &str, format: Format) -> Database {
    let database = Database::memory(&Config::default()).unwrap();
    document::load(&database, document, format);
    database
}

fn parse_options() -> ParseOptions {
    ParseOptions {
        prefixes: vec![(String::new(), "http://x/".to_owned())],
        ..ParseOptions::default()
    }
}

/// The solutions as sorted lines of `name=term`, and the plan with the rows of each operator.
fn run(database: &Database, query: &str) -> Result<(Vec<String>, String)> {
    let snapshot = database.snapshot()?.source();
    let prepared = Prepared::new(query, &parse_options())?;
    let mut rows = prepared.rows(&snapshot, &QueryOptions::default(), &Control::new())?;
    let names = rows.variables().to_vec();
    let (mut batch, mut lines) = (ResultBatch::new(), Vec::new());
    while rows.next(1000, &mut batch)? {
        for row in 0..batch.rows() {
            let mut line = String::new();
            for (column, name) in names.iter().enumerate() {
                if let Some(term) = batch.term(row, column) {
                    let mut text = Vec::new();
                    term.write_ntriples(&mut text, &mut |_, _| Ok(()))?;
                    let text = String::from_utf8_lossy(&text).replace("http://x/", "");
                    line.push_str(&format!("{name}={text} "));
                }
            }
            lines.push(line.trim_end().to_owned());
        }
    }
    lines.sort();
    Ok((lines, rows.explain().to_string()))
}

fn answer(database: &Database, query: &str) -> Vec<String> {
    run(database, query)
        .unwrap_or_else(|error| panic!("{query}: {error}"))
        .0
}

/// Rows that all operators of a query gave.
fn worked(plan: &str) -> u64 {
    let actual = plan.split("actual ").skip(1);
    let numbers = actual.map(|rest| {
        let end = rest
            .find(|other: char| !other.is_ascii_digit())
            .unwrap_or(rest.len());
        rest[..end].parse::<u64>().unwrap()
    });
    numbers.sum()
}

fn people() -> Database {
    load(
        "@prefix : <http://x/> .
         :ann :age 30 ; :knows :bob , :cid ; :likes :tea .
         :bob :age 20 ; :knows :cid .
         :cid :age 40 .
         :dan :likes :tea , :jam .",
        Format::Turtle,
    )
}
