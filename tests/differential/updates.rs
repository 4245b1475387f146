//! Updates: random requests, and what SPARQL 1.1 Update section 4 makes of a set of quads, word by word.

use crate::data::{GRAPHS, Terms};
use crate::expressions::was_judged;
use crate::naive::{Naive, Solution, ground};
use crate::queries::Queries;
use crate::random::Random;
use oxrdf::{GraphName, NamedOrBlankNode, Quad, Term, Triple};
use spargebra::algebra::GraphTarget;
use spargebra::term::{
    GraphNamePattern, GroundQuad, GroundQuadPattern, GroundTermPattern, NamedNodePattern,
    QuadPattern, TermPattern,
};
use spargebra::{GraphUpdateOperation, Update};
use std::collections::HashSet;

pub type State = HashSet<Quad>;

/// The quads after a request; `None` if a pattern was not judged.
pub fn after(state: &State, update: &Update) -> Option<State> {
    let mut state = state.clone();
    for operation in &update.operations {
        apply(&mut state, operation)?;
    }
    Some(state)
}

fn apply(state: &mut State, operation: &GraphUpdateOperation) -> Option<()> {
    match operation {
        GraphUpdateOperation::InsertData { data } => {
            state.extend(data.iter().map(|quad| {
                Quad::new(
                    quad.subject.clone(),
                    quad.predicate.clone(),
                    quad.object.clone(),
                    graph_name(&quad.graph_name),
                )
            }));
        }
        GraphUpdateOperation::DeleteData { data } => {
            for quad in data {
                state.remove(&ground_quad(quad));
            }
        }
        GraphUpdateOperation::DeleteInsert {
            delete,
            insert,
            using,
            pattern,
        } => {
            let quads: Vec<Quad> = state.iter().cloned().collect();
            was_judged();
            let solutions = Naive::new(&quads, using.as_ref()).solutions(pattern);
            let solutions = solutions.ok().filter(|_| was_judged())?;
            // All deletions come before all insertions.
            for solution in &solutions {
                for quad in delete.iter().filter_map(|quad| deleted(quad, solution)) {
                    state.remove(&quad);
                }
            }
            for solution in &solutions {
                state.extend(insert.iter().filter_map(|quad| inserted(quad, solution)));
            }
        }
        GraphUpdateOperation::Clear { graph, .. } | GraphUpdateOperation::Drop { graph, .. } => {
            state.retain(|quad| match (graph, &quad.graph_name) {
                (GraphTarget::AllGraphs, _)
                | (GraphTarget::DefaultGraph, GraphName::DefaultGraph) => false,
                (GraphTarget::NamedGraphs, name) => *name == GraphName::DefaultGraph,
                (GraphTarget::NamedNode(name), GraphName::NamedNode(other)) => name != other,
                _ => true,
            });
        }
        // Empty graphs are not there (definition 12).
        GraphUpdateOperation::Create { .. } => {}
        GraphUpdateOperation::Load { .. } => panic!("not generated: LOAD"),
    }
    Some(())
}

fn graph_name(name: &spargebra::term::GraphName) -> GraphName {
    match name {
        spargebra::term::GraphName::NamedNode(name) => name.clone().into(),
        spargebra::term::GraphName::DefaultGraph => GraphName::DefaultGraph,
    }
}

fn ground_quad(quad: &GroundQuad) -> Quad {
    Quad::new(
        quad.subject.clone(),
        quad.predicate.clone(),
        ground(&quad.object),
        graph_name(&quad.graph_name),
    )
}

/// A quad of a solution's terms, if it is one.
fn quad(
    subject: Option<Term>,
    predicate: Option<Term>,
    object: Option<Term>,
    graph: Option<GraphName>,
) -> Option<Quad> {
    let subject = match subject? {
        Term::NamedNode(subject) => NamedOrBlankNode::from(subject),
        Term::BlankNode(subject) => subject.into(),
        Term::Literal(_) | Term::Triple(_) => return None,
    };
    let Term::NamedNode(predicate) = predicate? else {
        return None;
    };
    Some(Quad::new(subject, predicate, object?, graph?))
}

fn deleted(pattern: &GroundQuadPattern, solution: &Solution) -> Option<Quad> {
    fn term(pattern: &GroundTermPattern, solution: &Solution) -> Option<Term> {
        match pattern {
            GroundTermPattern::NamedNode(node) => Some(node.clone().into()),
            GroundTermPattern::Literal(literal) => Some(literal.clone().into()),
            GroundTermPattern::Variable(variable) => solution.get(variable.as_str()).cloned(),
            GroundTermPattern::Triple(triple) => {
                let parts = quad(
                    term(&triple.subject, solution),
                    name(&triple.predicate, solution),
                    term(&triple.object, solution),
                    Some(GraphName::DefaultGraph),
                )?;
                Some(Triple::from(parts).into())
            }
        }
    }
    quad(
        term(&pattern.subject, solution),
        name(&pattern.predicate, solution),
        term(&pattern.object, solution),
        graph(&pattern.graph_name, solution),
    )
}

fn inserted(pattern: &QuadPattern, solution: &Solution) -> Option<Quad> {
    fn term(pattern: &TermPattern, solution: &Solution) -> Option<Term> {
        match pattern {
            TermPattern::NamedNode(node) => Some(node.clone().into()),
            TermPattern::Literal(literal) => Some(literal.clone().into()),
            TermPattern::Variable(variable) => solution.get(variable.as_str()).cloned(),
            TermPattern::BlankNode(node) => panic!("not generated: {node}"),
            TermPattern::Triple(triple) => {
                let parts = quad(
                    term(&triple.subject, solution),
                    name(&triple.predicate, solution),
                    term(&triple.object, solution),
                    Some(GraphName::DefaultGraph),
                )?;
                Some(Triple::from(parts).into())
            }
        }
    }
    quad(
        term(&pattern.subject, solution),
        name(&pattern.predicate, solution),
        term(&pattern.object, solution),
        graph(&pattern.graph_name, solution),
    )
}

fn name(pattern: &NamedNodePattern, solution: &Solution) -> Option<Term> {
    match pattern {
        NamedNodePattern::NamedNode(node) => Some(node.clone().into()),
        NamedNodePattern::Variable(variable) => solution.get(variable.as_str()).cloned(),
    }
}

fn graph(pattern: &GraphNamePattern, solution: &Solution) -> Option<GraphName> {
    match pattern {
        GraphNamePattern::NamedNode(name) => Some(name.clone().into()),
        GraphNamePattern::DefaultGraph => Some(GraphName::DefaultGraph),
        GraphNamePattern::Variable(variable) => match solution.get(variable.as_str())? {
            Term::NamedNode(name) => Some(name.clone().into()),
            Term::BlankNode(name) => Some(name.clone().into()),
            Term::Literal(_) | Term::Triple(_) => None,
        },
    }
}

/// A random request of one to three operations. It makes no blank nodes, so that states can be compared as they are.
pub fn request(random: &mut Random, terms: &Terms) -> String {
    let operations: Vec<String> = (0..1 + random.below(3))
        .map(|_| operation(random, terms))
        .collect();
    operations.join(" ; ")
}

fn operation(random: &mut Random, terms: &Terms) -> String {
    match random.below(10) {
        0 | 1 => format!("INSERT DATA {{ {} }}", data(random, terms)),
        2 => format!("DELETE DATA {{ {} }}", data(random, terms)),
        3 => {
            let template = template(random, terms);
            format!("DELETE WHERE {{ {template} }}")
        }
        4 => {
            let silent = *random.pick(&["", "SILENT "]);
            let verb = *random.pick(&["CLEAR", "DROP"]);
            let graph = format!("GRAPH {}", random.pick(&GRAPHS));
            let target = *random.pick(&["DEFAULT", "NAMED", &graph, &graph, &graph]);
            format!("{verb} {silent}{target}")
        }
        5 => {
            let verb = *random.pick(&["COPY", "MOVE", "ADD"]);
            let end = |random: &mut Random| match random.below(4) {
                0 => "DEFAULT",
                _ => *random.pick(&GRAPHS),
            };
            let from = end(random);
            // SILENT: the graph may be empty, which is an error of the request.
            format!("{verb} SILENT {from} TO {}", end(random))
        }
        _ => modify(random, terms),
    }
}

fn modify(random: &mut Random, terms: &Terms) -> String {
    let mut text = String::new();
    if random.percent(25) {
        text += &format!("WITH {} ", random.pick(&GRAPHS));
    }
    let (has_delete, has_insert) = match random.below(3) {
        0 => (true, false),
        1 => (false, true),
        _ => (true, true),
    };
    if has_delete {
        text += &format!("DELETE {{ {} }} ", template(random, terms));
    }
    if has_insert {
        text += &format!("INSERT {{ {} }} ", template(random, terms));
    }
    if random.percent(20) {
        for _ in 0..1 + random.below(2) {
            text += &format!("USING {} ", random.pick(&GRAPHS));
        }
        if random.percent(50) {
            text += &format!("USING NAMED {} ", random.pick(&GRAPHS));
        }
    }
    text += &format!("WHERE {{ {} }}", Queries::new(random, terms).pattern());
    text
}

fn data(random: &mut Random, terms: &Terms) -> String {
    let mut data = String::new();
    for _ in 0..1 + random.below(3) {
        let triple = format!(
            "{} {} {} . ",
            random.pick(&terms.subjects),
            random.pick(&terms.predicates),
            random.pick(&terms.objects)
        );
        data += &match random.percent(50) {
            true => triple,
            false => format!("GRAPH {} {{ {triple} }} ", random.pick(&GRAPHS)),
        };
    }
    data
}

fn template(random: &mut Random, terms: &Terms) -> String {
    let mut template = String::new();
    for _ in 0..1 + random.below(2) {
        let mut variable = || (*random.pick(&["?a", "?b", "?c", "?d"])).to_owned();
        let (subject, predicate, object, graph) = (variable(), variable(), variable(), variable());
        let subject = match random.below(3) {
            0 => random.pick(&terms.subjects).clone(),
            _ => subject,
        };
        let predicate = match random.below(3) {
            0 => predicate,
            _ => random.pick(&terms.predicates).clone(),
        };
        let object = match random.below(4) {
            0 => random.pick(&terms.objects).clone(),
            1 => format!("<<( {subject} {predicate} {object} )>>"),
            _ => object,
        };
        let triple = format!("{subject} {predicate} {object} . ");
        template += &match random.below(4) {
            0 => format!("GRAPH {} {{ {triple} }} ", random.pick(&GRAPHS)),
            1 => format!("GRAPH {graph} {{ {triple} }} "),
            _ => triple,
        };
    }
    template
}
