//! The ontology is the published one.

use super::*;
use oxrdf::Graph;
use oxrdf::graph::CanonicalizationAlgorithm;
use oxrdfxml::RdfXmlParser;

/// The ontology is what a document has more with it than without.
fn ours() -> Graph {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    lubm1(true).read_to_end(&mut with).unwrap();
    lubm1(false).read_to_end(&mut without).unwrap();
    let ontology = with.strip_suffix(&without[..]).unwrap();
    triples(ontology).collect()
}

#[test]
fn the_ontology_is_the_published_one_up_to_names_of_blank_nodes() {
    let Some(folder) = environment::test_data("data/lubm1") else {
        return;
    };
    let file = std::fs::read(folder.join("univ-bench.owl")).unwrap();
    let mut published: Graph = RdfXmlParser::new()
        .for_slice(&file)
        .map(|triple| triple.unwrap())
        .collect();
    let mut ours = ours();
    published.canonicalize(CanonicalizationAlgorithm::Unstable);
    ours.canonicalize(CanonicalizationAlgorithm::Unstable);
    let mut only = [(&published, &ours), (&ours, &published)]
        .map(|(one, other)| one.iter().filter(|&triple| !other.contains(triple)));
    let [theirs, extra] = only.each_mut().map(|triples| triples.next());
    assert!(theirs.is_none() && extra.is_none(), "{theirs:?} {extra:?}");
    assert!(ours.len() > 250, "{}", ours.len());
}
