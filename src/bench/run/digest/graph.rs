//! Triples of a graph, with blank nodes named by what is said of them.
//!
//! All blank nodes begin with one colour. Each step makes the colour of a node the sum of the hashes of its triples,
//! with the colours of the nodes in them and a mark where the node itself stands, until no step tells more nodes apart.
//! Nodes that stay alike (of symmetric graphs) have one colour, so that isomorphic graphs have equal digests; that graphs
//! which are not isomorphic differ is not promised for those that colouring cannot tell apart, which data seldom has.
//! Source: Hogan, Canonical Forms for Isomorphic and Equivalent RDF Graphs (2017), algorithm 1.

use super::parts;
use oxrdf::{BlankNode, NamedOrBlankNode, Term, Triple};
use std::collections::{HashMap, HashSet};
use std::io;
use xxhash_rust::xxh3::xxh3_128;

type Colours = HashMap<BlankNode, u128>;

/// Calls `row` once for each distinct triple.
pub fn for_each_triple<E>(
    triples: impl Iterator<Item = Result<Triple, E>>,
    row: &mut dyn FnMut(&str),
) -> io::Result<()>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let mut seen = HashSet::new();
    let mut blank = HashSet::new();
    for triple in triples {
        let triple = triple.map_err(io::Error::other)?;
        if blank_nodes(&triple).is_empty() {
            let text = parts(&triple, &mut |_| String::new());
            if seen.insert(xxh3_128(text.as_bytes())) {
                row(&text);
            }
        } else {
            blank.insert(triple);
        }
    }
    let blank: Vec<Triple> = blank.into_iter().collect();
    let colours = coloured(&blank);
    for triple in &blank {
        row(&parts(triple, &mut |node| {
            format!("_:{:032x}", colours[node])
        }));
    }
    Ok(())
}

fn coloured(triples: &[Triple]) -> Colours {
    let nodes = triples.iter().flat_map(blank_nodes);
    let mut colours: Colours = nodes.map(|node| (node, 0)).collect();
    let mut distinct = 1;
    loop {
        let mut next: Colours = colours.keys().map(|node| (node.clone(), 0)).collect();
        for triple in triples {
            for node in blank_nodes(triple) {
                let text = parts(triple, &mut |other| match *other == node {
                    true => "_:".to_owned(),
                    false => format!("_:{:032x}", colours[other]),
                });
                if let Some(colour) = next.get_mut(&node) {
                    *colour = colour.wrapping_add(xxh3_128(text.as_bytes()));
                }
            }
        }
        colours = next;
        let now = colours.values().collect::<HashSet<_>>().len();
        if now <= distinct {
            return colours;
        }
        distinct = now;
    }
}

/// The distinct blank nodes of a triple, those of triple terms too.
fn blank_nodes(triple: &Triple) -> HashSet<BlankNode> {
    let mut nodes = HashSet::new();
    let mut triple = Some(triple);
    while let Some(Triple {
        subject, object, ..
    }) = triple
    {
        if let NamedOrBlankNode::BlankNode(node) = subject {
            nodes.insert(node.clone());
        }
        if let Term::BlankNode(node) = object {
            nodes.insert(node.clone());
        }
        triple = match object {
            Term::Triple(inner) => Some(inner),
            _ => None,
        };
    }
    nodes
}
