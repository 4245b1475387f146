//! Property paths (SPARQL 1.1 section 18.4) over a list of triples: all pairs a path joins.

use crate::naive::{Solution, TooMany, bind, constant};
use oxrdf::{Term, Triple};
use spargebra::algebra::PropertyPathExpression as Path;
use spargebra::term::TermPattern;
use std::collections::HashSet;

type Pairs = Vec<(Term, Term)>;

/// More pairs than this are not worked.
const PAIRS_MAX: usize = 20_000;

fn limited(pairs: Pairs) -> Result<Pairs, TooMany> {
    match pairs.len() > PAIRS_MAX {
        true => Err(TooMany),
        false => Ok(pairs),
    }
}

/// Every subject and object (`nodes(G)` of the specification), and the constants at the ends of the pattern: a path of
/// length zero also joins a term that is in no triple with itself.
fn nodes(graph: &[Triple], ends: &[Term]) -> Vec<Term> {
    let mut seen = HashSet::new();
    graph
        .iter()
        .flat_map(|triple| [triple.subject.clone().into(), triple.object.clone()])
        .chain(ends.iter().cloned())
        .filter(|node: &Term| seen.insert(node.clone()))
        .collect()
}

fn distinct(pairs: Pairs) -> Pairs {
    let mut seen = HashSet::new();
    pairs
        .into_iter()
        .filter(|pair| seen.insert(pair.clone()))
        .collect()
}

/// The pairs a path joins; more than once where the specification counts them.
fn pairs(path: &Path, graph: &[Triple], ends: &[Term]) -> Result<Pairs, TooMany> {
    let found = match path {
        Path::NamedNode(predicate) => graph
            .iter()
            .filter(|triple| triple.predicate == *predicate)
            .map(|triple| (triple.subject.clone().into(), triple.object.clone()))
            .collect(),
        Path::NegatedPropertySet(predicates) => graph
            .iter()
            .filter(|triple| !predicates.contains(&triple.predicate))
            .map(|triple| (triple.subject.clone().into(), triple.object.clone()))
            .collect(),
        Path::Reverse(inner) => pairs(inner, graph, ends)?
            .into_iter()
            .map(|(from, to)| (to, from))
            .collect(),
        Path::Sequence(first, second) => {
            let second = pairs(second, graph, ends)?;
            let mut joined = Vec::new();
            for (from, middle) in pairs(first, graph, ends)? {
                let ends = second.iter().filter(|(start, _)| *start == middle);
                joined.extend(ends.map(|(_, to)| (from.clone(), to.clone())));
                joined = limited(joined)?;
            }
            joined
        }
        Path::Alternative(first, second) => {
            let mut all = pairs(first, graph, ends)?;
            all.extend(pairs(second, graph, ends)?);
            all
        }
        Path::ZeroOrOne(inner) => {
            let mut all: Pairs = itself(graph, ends);
            all.extend(pairs(inner, graph, ends)?);
            distinct(all)
        }
        Path::OneOrMore(inner) => closure(&pairs(inner, graph, ends)?)?,
        Path::ZeroOrMore(inner) => {
            let mut all: Pairs = itself(graph, ends);
            all.extend(closure(&pairs(inner, graph, ends)?)?);
            distinct(all)
        }
    };
    limited(found)
}

fn itself(graph: &[Triple], ends: &[Term]) -> Pairs {
    nodes(graph, ends)
        .into_iter()
        .map(|node| (node.clone(), node))
        .collect()
}

/// The transitive closure, each pair once.
fn closure(steps: &Pairs) -> Result<Pairs, TooMany> {
    let mut all = distinct(steps.clone());
    loop {
        let mut next = all.clone();
        for (from, middle) in &all {
            let ends = steps.iter().filter(|(start, _)| start == middle);
            next.extend(ends.map(|(_, to)| (from.clone(), to.clone())));
        }
        let next = limited(distinct(next))?;
        if next.len() == all.len() {
            return Ok(all);
        }
        all = next;
    }
}

/// The solutions of a path pattern.
pub fn solutions(
    subject: &TermPattern,
    path: &Path,
    object: &TermPattern,
    graph: &[Triple],
) -> Result<Vec<Solution>, TooMany> {
    let constants: Vec<Term> = [subject, object].into_iter().filter_map(constant).collect();
    let mut solutions = Vec::new();
    for (from, to) in pairs(path, graph, &constants)? {
        let mut solution = Solution::new();
        let is_match = [(subject, from), (object, to)]
            .into_iter()
            .all(|(pattern, term)| match constant(pattern) {
                Some(constant) => constant == term,
                None => bind(pattern, &term, &mut solution),
            });
        if is_match {
            solutions.push(solution);
        }
    }
    Ok(solutions)
}
