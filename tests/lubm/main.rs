//! The LUBM generator against the benchmark's own: its ontology, the numbers in its output, and the answers of its
//! queries. Needs the test data (see docs/testing.md).

#[path = "../environment/mod.rs"]
mod environment;

mod answers;
mod ontology;
mod profile;

use oxrdf::Triple;
use oxttl::NTriplesParser;
use std::io::Read;
use std::sync::Arc;
use triplestore::bench::dataset::lubm::Lubm;
use triplestore::bench::dataset::{Document, Parameters, Syntax};

const UB: &str = "http://www.lehigh.edu/~zhp2/2004/0401/univ-bench.owl#";
const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

/// One university, seed 0.
fn lubm1(ontology: bool) -> Document {
    let lubm = Lubm::new(&Parameters {
        scale: 1,
        seed: 0,
        ontology,
    });
    Document::new(Arc::new(lubm), Syntax::NTriples, 1).unwrap()
}

fn triples(document: impl Read) -> impl Iterator<Item = Triple> {
    NTriplesParser::new()
        .for_reader(document)
        .map(|triple| triple.unwrap())
}
