//! SPARQL 1.1 section 18 word by word, over lists of solutions. Slow, and as plain as possible.

use crate::aggregates;
use crate::expressions::{Exists, evaluate, truth, unjudged};
use crate::paths;
use oxrdf::{GraphName, NamedOrBlankNode, Quad, Term, Triple};
use spargebra::algebra::{Expression, GraphPattern, QueryDataset};
use spargebra::term::{GroundTerm, NamedNodePattern, TermPattern, TriplePattern};
use std::collections::{BTreeMap, HashSet};

/// Variables by name; blank nodes of a pattern stand as `_:label`.
pub type Solution = BTreeMap<String, Term>;

/// No name of a text: stands for what a sub-SELECT hides of an outer solution.
const HIDDEN: &str = " hidden";

/// More solutions than this are not worked.
const SOLUTIONS_MAX: usize = 20_000;

/// A pattern has more solutions than are worked.
#[derive(Debug)]
pub struct TooMany;

type Found = Result<Vec<Solution>, TooMany>;

pub struct Naive {
    default: Vec<Triple>,
    named: Vec<(NamedOrBlankNode, Vec<Triple>)>,
}

fn triple(quad: &Quad) -> Triple {
    Triple::new(
        quad.subject.clone(),
        quad.predicate.clone(),
        quad.object.clone(),
    )
}

fn graph_triples<'q>(quads: &'q [Quad], graph: &'q GraphName) -> impl Iterator<Item = Triple> + 'q {
    quads
        .iter()
        .filter(move |quad| quad.graph_name == *graph)
        .map(triple)
}

impl Naive {
    /// The data set a query reads: that of its FROM clauses, or all.
    pub fn new(quads: &[Quad], dataset: Option<&QueryDataset>) -> Self {
        let mut names: Vec<NamedOrBlankNode> = Vec::new();
        for quad in quads {
            let name = match &quad.graph_name {
                GraphName::DefaultGraph => continue,
                GraphName::NamedNode(name) => name.clone().into(),
                GraphName::BlankNode(name) => name.clone().into(),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let default = match dataset {
            None => graph_triples(quads, &GraphName::DefaultGraph).collect(),
            Some(dataset) => {
                let mut seen = HashSet::new();
                dataset
                    .default
                    .iter()
                    .flat_map(|name| graph_triples(quads, &name.clone().into()).collect::<Vec<_>>())
                    .filter(|triple| seen.insert(triple.clone()))
                    .collect()
            }
        };
        // WITH, which lists none, leaves the named graphs as they are (SPARQL 1.1 Update section 3.1.3).
        if let Some(listed) = dataset.and_then(|dataset| dataset.named.as_ref()) {
            names.retain(
                |name| matches!(name, NamedOrBlankNode::NamedNode(name) if listed.contains(name)),
            );
        }
        Self {
            default,
            named: names
                .into_iter()
                .map(|name| {
                    let triples = graph_triples(quads, &name.clone().into()).collect();
                    (name, triples)
                })
                .collect(),
        }
    }

    /// The solutions of a query's pattern.
    pub fn solutions(&self, pattern: &GraphPattern) -> Found {
        self.pattern(pattern, &self.default, &Solution::new())
    }

    /// Whether a pattern has a solution that goes with one. What cannot be worked is not judged.
    fn exists(&self, pattern: &GraphPattern, graph: &[Triple], outer: &Solution) -> bool {
        match self.pattern(pattern, graph, outer) {
            Ok(solutions) => solutions.iter().any(|found| merged(outer, found).is_some()),
            Err(TooMany) => unjudged::<bool>().unwrap_or(false),
        }
    }

    /// The solutions of a pattern in a graph. `outer` is the solution for which EXISTS or LATERAL works it, with which every
    /// group within begins (SPARQL 1.2, ContextSolution): wherever a pattern mentions one of its variables, it has that
    /// value, and all solutions have them in common.
    fn pattern(&self, pattern: &GraphPattern, graph: &[Triple], outer: &Solution) -> Found {
        let with_outer = |solution: &Solution| {
            let mut all = outer.clone();
            all.extend(solution.clone());
            all
        };
        let exists: Exists<'_> = &|pattern, solution| self.exists(pattern, graph, solution);
        let holds = |expression: &Expression, solution: &Solution| {
            truth(expression, &with_outer(solution), exists) == Some(true)
        };
        let inside = |inner: &GraphPattern| self.pattern(inner, graph, outer);
        let found = match pattern {
            GraphPattern::Bgp { patterns } => {
                let mut solutions = vec![Solution::new()];
                for pattern in patterns {
                    let mut next = Vec::new();
                    for solution in &solutions {
                        next.extend(
                            graph
                                .iter()
                                .filter_map(|triple| matched(pattern, triple, solution))
                                .filter(|solution| merged(solution, outer).is_some()),
                        );
                    }
                    solutions = limited(next)?;
                }
                solutions
            }
            GraphPattern::Path {
                subject,
                path,
                object,
            } => {
                let mut solutions = paths::solutions(subject, path, object, graph)?;
                solutions.retain(|solution| merged(solution, outer).is_some());
                solutions
            }
            GraphPattern::Join { left, right } => {
                let (left, right) = (inside(left)?, inside(right)?);
                let mut joined = Vec::new();
                for left in &left {
                    joined.extend(right.iter().filter_map(|right| merged(left, right)));
                    joined = limited(joined)?;
                }
                joined
            }
            GraphPattern::LeftJoin {
                left,
                right,
                expression,
            } => {
                let (left, right) = (inside(left)?, inside(right)?);
                let mut joined = Vec::new();
                for left in left {
                    let before = joined.len();
                    joined.extend(
                        right
                            .iter()
                            .filter_map(|right| merged(&left, right))
                            .filter(|solution| {
                                expression
                                    .as_ref()
                                    .is_none_or(|expression| holds(expression, solution))
                            }),
                    );
                    if joined.len() == before {
                        joined.push(left);
                    }
                    joined = limited(joined)?;
                }
                joined
            }
            GraphPattern::Lateral { left, right } => {
                let mut joined = Vec::new();
                for left in inside(left)? {
                    let right = self.pattern(right, graph, &with_outer(&left))?;
                    joined.extend(right.iter().filter_map(|right| merged(&left, right)));
                    joined = limited(joined)?;
                }
                joined
            }
            GraphPattern::Minus { left, right } => {
                let right: Vec<Solution> = inside(right)?.iter().map(with_outer).collect();
                let mut solutions = inside(left)?;
                solutions.retain(|left| {
                    let left = with_outer(left);
                    !right.iter().any(|right| {
                        // A blank node of a pattern is none of its solution's.
                        let mut names = right.keys().filter(|name| !name.starts_with("_:"));
                        names.any(|name| left.contains_key(name)) && merged(&left, right).is_some()
                    })
                });
                solutions
            }
            GraphPattern::Union { left, right } => {
                let mut all = inside(left)?;
                all.extend(inside(right)?);
                all
            }
            GraphPattern::Filter { expr, inner } => {
                let mut solutions = inside(inner)?;
                solutions.retain(|solution| holds(expr, solution));
                solutions
            }
            GraphPattern::Extend {
                inner,
                variable,
                expression,
            } => {
                let mut solutions = inside(inner)?;
                for solution in &mut solutions {
                    if let Some(term) = evaluate(expression, &with_outer(solution), exists) {
                        solution.insert(variable.as_str().to_owned(), term);
                    }
                }
                solutions
            }
            GraphPattern::Values {
                variables,
                bindings,
            } => bindings
                .iter()
                .map(|row| {
                    variables
                        .iter()
                        .zip(row)
                        .filter_map(|(variable, term)| {
                            let term = ground(term.as_ref()?);
                            Some((variable.as_str().to_owned(), term))
                        })
                        .collect()
                })
                .filter(|row| merged(row, outer).is_some())
                .collect(),
            GraphPattern::Graph { name, inner } => self.graph(name, inner, outer)?,
            GraphPattern::Project { inner, variables } => {
                let keep = |solution: &Solution| -> Solution {
                    let kept = solution
                        .iter()
                        .filter(|(name, _)| variables.iter().any(|other| other.as_str() == *name));
                    kept.map(|(name, term)| (name.clone(), term.clone()))
                        .collect()
                };
                // A variable that is not projected is another one outside, whose value is there under another name.
                let mut within = keep(outer);
                let mut hidden = outer.iter().filter(|(name, _)| !name.starts_with("_:"));
                within.extend(
                    hidden
                        .next()
                        .map(|(_, term)| (HIDDEN.to_owned(), term.clone())),
                );
                let solutions = self.pattern(inner, graph, &within)?;
                solutions.iter().map(keep).collect()
            }
            GraphPattern::Distinct { inner } => {
                let mut seen = HashSet::new();
                let mut solutions = inside(inner)?;
                solutions.retain(|solution| seen.insert(solution.clone()));
                solutions
            }
            // Only slices of equal solutions are generated within a query; those of the query, and its order, are judged by
            // the caller.
            GraphPattern::Slice {
                inner,
                start,
                length,
            } => {
                let solutions = inside(inner)?.into_iter().skip(*start);
                solutions.take(length.unwrap_or(usize::MAX)).collect()
            }
            GraphPattern::Reduced { inner } | GraphPattern::OrderBy { inner, .. } => inside(inner)?,
            GraphPattern::Group {
                inner,
                variables,
                aggregates,
            } => {
                let mut groups: Vec<(Solution, Vec<Solution>)> = Vec::new();
                if variables.is_empty() {
                    groups.push(Default::default());
                }
                for solution in inside(inner)? {
                    let key: Solution = variables
                        .iter()
                        .filter_map(|variable| {
                            let name = variable.as_str();
                            Some((name.to_owned(), solution.get(name)?.clone()))
                        })
                        .collect();
                    match groups.iter_mut().find(|(other, _)| *other == key) {
                        Some((_, members)) => members.push(solution),
                        None => groups.push((key, vec![solution])),
                    }
                }
                groups
                    .into_iter()
                    .map(|(mut key, members)| {
                        for (variable, aggregate) in aggregates {
                            let value =
                                aggregates::value(aggregate, &members, |expression, member| {
                                    evaluate(expression, &with_outer(member), exists)
                                });
                            if let Some(value) = value {
                                key.insert(variable.as_str().to_owned(), value);
                            }
                        }
                        key
                    })
                    .collect()
            }
            other => panic!("not generated: {other}"),
        };
        limited(found)
    }

    fn graph(&self, name: &NamedNodePattern, inner: &GraphPattern, outer: &Solution) -> Found {
        let mut solutions = Vec::new();
        for (graph, triples) in &self.named {
            let graph = match graph {
                NamedOrBlankNode::NamedNode(graph) => Term::from(graph.clone()),
                NamedOrBlankNode::BlankNode(graph) => graph.clone().into(),
            };
            match name {
                NamedNodePattern::NamedNode(name) => {
                    if graph == Term::from(name.clone()) {
                        solutions.extend(self.pattern(inner, triples, outer)?);
                    }
                }
                NamedNodePattern::Variable(variable) => {
                    let of_graph = Solution::from([(variable.as_str().to_owned(), graph)]);
                    if merged(&of_graph, outer).is_none() {
                        continue;
                    }
                    let within = self.pattern(inner, triples, outer)?;
                    solutions.extend(
                        within
                            .iter()
                            .filter_map(|solution| merged(solution, &of_graph)),
                    );
                }
            }
        }
        Ok(solutions)
    }
}

fn limited(solutions: Vec<Solution>) -> Found {
    match solutions.len() > SOLUTIONS_MAX {
        true => Err(TooMany),
        false => Ok(solutions),
    }
}

/// Two solutions as one, if they are compatible.
fn merged(left: &Solution, right: &Solution) -> Option<Solution> {
    let compatible = right
        .iter()
        .all(|(name, term)| left.get(name).is_none_or(|other| other == term));
    compatible.then(|| {
        let mut merged = left.clone();
        merged.extend(
            right
                .iter()
                .map(|(name, term)| (name.clone(), term.clone())),
        );
        merged
    })
}

/// Adds to a solution what makes a pattern this term; false if nothing does.
pub fn bind(pattern: &TermPattern, term: &Term, solution: &mut Solution) -> bool {
    let mut known = |name: String| match solution.get(&name) {
        Some(other) => other == term,
        None => {
            solution.insert(name, term.clone());
            true
        }
    };
    match (pattern, term) {
        (TermPattern::Variable(variable), _) => known(variable.as_str().to_owned()),
        (TermPattern::BlankNode(node), _) => known(format!("_:{}", node.as_str())),
        (TermPattern::NamedNode(node), _) => *term == Term::from(node.clone()),
        (TermPattern::Literal(literal), _) => *term == Term::from(literal.clone()),
        (TermPattern::Triple(pattern), Term::Triple(triple)) => {
            bind_triple(pattern, triple, solution)
        }
        (TermPattern::Triple(_), _) => false,
    }
}

fn bind_triple(pattern: &TriplePattern, triple: &Triple, solution: &mut Solution) -> bool {
    let predicate = match &pattern.predicate {
        NamedNodePattern::NamedNode(node) => TermPattern::NamedNode(node.clone()),
        NamedNodePattern::Variable(variable) => TermPattern::Variable(variable.clone()),
    };
    bind(&pattern.subject, &triple.subject.clone().into(), solution)
        && bind(&predicate, &triple.predicate.clone().into(), solution)
        && bind(&pattern.object, &triple.object, solution)
}

fn matched(pattern: &TriplePattern, triple: &Triple, solution: &Solution) -> Option<Solution> {
    let mut solution = solution.clone();
    bind_triple(pattern, triple, &mut solution).then_some(solution)
}

/// The term of a pattern without variables.
pub fn constant(pattern: &TermPattern) -> Option<Term> {
    match pattern {
        TermPattern::NamedNode(node) => Some(node.clone().into()),
        TermPattern::Literal(literal) => Some(literal.clone().into()),
        TermPattern::Variable(_) | TermPattern::BlankNode(_) => None,
        TermPattern::Triple(triple) => {
            let NamedNodePattern::NamedNode(predicate) = &triple.predicate else {
                return None;
            };
            let object = constant(&triple.object)?;
            match constant(&triple.subject)? {
                Term::NamedNode(subject) => {
                    Some(Triple::new(subject, predicate.clone(), object).into())
                }
                _ => None,
            }
        }
    }
}

pub fn ground(term: &GroundTerm) -> Term {
    match term {
        GroundTerm::NamedNode(node) => node.clone().into(),
        GroundTerm::Literal(literal) => literal.clone().into(),
        GroundTerm::Triple(triple) => Triple::new(
            triple.subject.clone(),
            triple.predicate.clone(),
            ground(&triple.object),
        )
        .into(),
    }
}
