//! SPARQL 1.1 section 18 word by word, over lists of solutions. Slow, and as plain as possible.

use oxrdf::{GraphName, NamedOrBlankNode, Quad, Term, Triple};
use spargebra::Query;
use spargebra::algebra::{
    AggregateExpression, AggregateFunction, Expression, Function, GraphPattern, OrderExpression,
};
use spargebra::term::{GroundTerm, NamedNodePattern, TermPattern, TriplePattern};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use triplestore::term::value::{self, Value};
use triplestore::term::{SortKey, TermRef, parse_blank_label};

/// Variables by name; blank nodes of a pattern stand as `_:label`.
pub type Solution = BTreeMap<String, Term>;

/// More solutions than this are not worked.
const SOLUTIONS_MAX: usize = 20_000;

/// A pattern has more solutions than are worked.
#[derive(Debug)]
pub struct TooMany;

pub type Found = Result<Vec<Solution>, TooMany>;

pub struct Naive {
    default: Vec<Triple>,
    named: Vec<(NamedOrBlankNode, Vec<Triple>)>,
    /// The values that stand for variables of the pattern at hand: those of an outer solution.
    pub given: RefCell<Solution>,
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
    pub fn new(quads: &[Quad], query: &Query) -> Self {
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
        let default = match query.dataset() {
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
        if let Some(dataset) = query.dataset() {
            let listed = dataset.named.clone().unwrap_or_default();
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
            given: RefCell::default(),
        }
    }

    /// The solutions of a query's pattern.
    pub fn solutions(&self, pattern: &GraphPattern) -> Found {
        self.pattern(pattern, &self.default)
    }

    pub fn pattern(&self, pattern: &GraphPattern, graph: &[Triple]) -> Found {
        let found = match pattern {
            GraphPattern::Bgp { patterns } => {
                let mut solutions = vec![self.given()];
                for pattern in patterns {
                    let mut next = Vec::new();
                    for solution in &solutions {
                        next.extend(
                            graph
                                .iter()
                                .filter_map(|triple| matched(pattern, triple, solution)),
                        );
                    }
                    solutions = limited(next)?;
                }
                solutions
            }
            GraphPattern::Join { left, right } => {
                let (left, right) = (self.pattern(left, graph)?, self.pattern(right, graph)?);
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
                let (left, right) = (self.pattern(left, graph)?, self.pattern(right, graph)?);
                let mut joined = Vec::new();
                for left in left {
                    let before = joined.len();
                    for solution in right.iter().filter_map(|right| merged(&left, right)) {
                        let passes = match expression {
                            None => true,
                            Some(expression) => {
                                let expression = self.tested(expression, &solution, graph)?;
                                truth(&expression, &solution) == Some(true)
                            }
                        };
                        if passes {
                            joined.push(solution);
                        }
                    }
                    if joined.len() == before {
                        joined.push(left);
                    }
                    joined = limited(joined)?;
                }
                joined
            }
            GraphPattern::Union { left, right } => {
                let mut all = self.pattern(left, graph)?;
                all.extend(self.pattern(right, graph)?);
                all
            }
            GraphPattern::Filter { expr, inner } => {
                let mut kept = Vec::new();
                for solution in self.pattern(inner, graph)? {
                    if truth(&self.tested(expr, &solution, graph)?, &solution) == Some(true) {
                        kept.push(solution);
                    }
                }
                kept
            }
            GraphPattern::Extend {
                inner,
                variable,
                expression,
            } => {
                let mut solutions = self.pattern(inner, graph)?;
                for solution in &mut solutions {
                    let expression = self.tested(expression, solution, graph)?;
                    if let Some(term) = evaluate(&expression, solution) {
                        solution.insert(variable.as_str().to_owned(), term);
                    }
                }
                solutions
            }
            GraphPattern::Values {
                variables,
                bindings,
            } => {
                let rows = bindings.iter().map(|row| {
                    let values = variables.iter().zip(row);
                    values
                        .filter_map(|(variable, term)| {
                            let term = ground(term.as_ref()?);
                            Some((variable.as_str().to_owned(), term))
                        })
                        .collect()
                });
                self.and_given(rows.collect())
            }
            GraphPattern::Minus { left, right } => self.minus(left, right, graph)?,
            GraphPattern::Lateral { left, right } => self.lateral(left, right, graph)?,
            GraphPattern::Graph { name, inner } => self.graph(name, inner)?,
            GraphPattern::Project { inner, variables } => self.project(inner, variables, graph)?,
            GraphPattern::Distinct { inner } => {
                let mut seen = HashSet::new();
                let mut solutions = self.pattern(inner, graph)?;
                solutions.retain(|solution| seen.insert(solution.clone()));
                solutions
            }
            // What these leave out or order is judged by the caller.
            GraphPattern::Slice {
                inner,
                start,
                length,
            } => {
                let solutions = self.pattern(inner, graph)?.into_iter().skip(*start);
                solutions.take(length.unwrap_or(usize::MAX)).collect()
            }
            GraphPattern::Reduced { inner } | GraphPattern::OrderBy { inner, .. } => {
                self.pattern(inner, graph)?
            }
            GraphPattern::Group {
                inner,
                variables,
                aggregates,
            } => {
                let mut groups: Vec<(Solution, Vec<Solution>)> = Vec::new();
                if variables.is_empty() {
                    groups.push(Default::default());
                }
                for solution in self.pattern(inner, graph)? {
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
                            let count = count(aggregate, &members);
                            key.insert(
                                variable.as_str().to_owned(),
                                oxrdf::Literal::from(count as u64).into(),
                            );
                        }
                        key
                    })
                    .collect()
            }
            other => panic!("not generated: {other}"),
        };
        limited(found)
    }

    fn graph(&self, name: &NamedNodePattern, inner: &GraphPattern) -> Found {
        let mut solutions = Vec::new();
        for (graph, triples) in &self.named {
            let graph = match graph {
                NamedOrBlankNode::NamedNode(graph) => Term::from(graph.clone()),
                NamedOrBlankNode::BlankNode(graph) => graph.clone().into(),
            };
            match name {
                NamedNodePattern::NamedNode(name) => {
                    if graph == Term::from(name.clone()) {
                        solutions.extend(self.pattern(inner, triples)?);
                    }
                }
                NamedNodePattern::Variable(variable) => {
                    let of_graph = Solution::from([(variable.as_str().to_owned(), graph)]);
                    let within = self.pattern(inner, triples)?;
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

pub fn limited(solutions: Vec<Solution>) -> Found {
    match solutions.len() > SOLUTIONS_MAX {
        true => Err(TooMany),
        false => Ok(solutions),
    }
}

/// Two solutions as one, if they are compatible.
pub fn merged(left: &Solution, right: &Solution) -> Option<Solution> {
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

fn matched(pattern: &TriplePattern, triple: &Triple, solution: &Solution) -> Option<Solution> {
    let mut solution = solution.clone();
    let subject = match &triple.subject {
        NamedOrBlankNode::NamedNode(node) => Term::from(node.clone()),
        NamedOrBlankNode::BlankNode(node) => node.clone().into(),
    };
    let mut bind = |name: String, term: &Term| match solution.get(&name) {
        Some(other) => other == term,
        None => {
            solution.insert(name, term.clone());
            true
        }
    };
    let mut matches = |pattern: &TermPattern, term: &Term| match pattern {
        TermPattern::Variable(variable) => bind(variable.as_str().to_owned(), term),
        TermPattern::BlankNode(node) => bind(format!("_:{}", node.as_str()), term),
        TermPattern::NamedNode(node) => *term == Term::from(node.clone()),
        TermPattern::Literal(literal) => *term == Term::from(literal.clone()),
        TermPattern::Triple(triple) => *term == ground_triple(triple),
    };
    let predicate = Term::from(triple.predicate.clone());
    let is_match = matches(&pattern.subject, &subject)
        && match &pattern.predicate {
            NamedNodePattern::NamedNode(node) => Term::from(node.clone()) == predicate,
            NamedNodePattern::Variable(variable) => {
                matches(&TermPattern::Variable(variable.clone()), &predicate)
            }
        }
        && matches(&pattern.object, &triple.object);
    is_match.then_some(solution)
}

fn ground(term: &GroundTerm) -> Term {
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

/// A triple term of a pattern that has no variables.
pub fn ground_pattern(pattern: &TermPattern) -> Term {
    match pattern {
        TermPattern::Triple(triple) => ground_triple(triple),
        other => panic!("not generated: {other}"),
    }
}

/// Calls `visit` with each variable of a key of ORDER BY.
pub fn visit_variables(key: &OrderExpression, visit: &mut dyn FnMut(&str)) {
    let (OrderExpression::Asc(expression) | OrderExpression::Desc(expression)) = key;
    let mut open = vec![expression];
    while let Some(expression) = open.pop() {
        match expression {
            Expression::Variable(variable) | Expression::Bound(variable) => {
                visit(variable.as_str());
            }
            Expression::Not(inner) => open.push(inner),
            Expression::FunctionCall(_, arguments) => open.extend(arguments),
            other => panic!("not generated: {other}"),
        }
    }
}

fn ground_triple(pattern: &TriplePattern) -> Term {
    let (TermPattern::NamedNode(subject), NamedNodePattern::NamedNode(predicate)) =
        (&pattern.subject, &pattern.predicate)
    else {
        panic!("not generated: {pattern}");
    };
    let object = match &pattern.object {
        TermPattern::NamedNode(node) => node.clone().into(),
        TermPattern::Literal(literal) => literal.clone().into(),
        TermPattern::Triple(inner) => ground_triple(inner),
        other => panic!("not generated: {other}"),
    };
    Triple::new(subject.clone(), predicate.clone(), object).into()
}

fn count(aggregate: &AggregateExpression, members: &[Solution]) -> usize {
    match aggregate {
        AggregateExpression::CountSolutions { distinct: false } => members.len(),
        AggregateExpression::CountSolutions { distinct: true } => {
            let distinct: HashSet<Solution> = members
                .iter()
                .map(|solution| {
                    let mut solution = solution.clone();
                    solution.retain(|name, _| !name.starts_with("_:"));
                    solution
                })
                .collect();
            distinct.len()
        }
        AggregateExpression::FunctionCall {
            name: AggregateFunction::Count,
            expr,
            distinct,
        } => {
            let values: Vec<Term> = members
                .iter()
                .filter_map(|solution| evaluate(expr, solution))
                .collect();
            match distinct {
                true => values.into_iter().collect::<HashSet<_>>().len(),
                false => values.len(),
            }
        }
        other => panic!("not generated: {other}"),
    }
}

/// The effective boolean value of an expression (section 17.2.2).
fn truth(expression: &Expression, solution: &Solution) -> Option<bool> {
    let term = evaluate(expression, solution)?;
    let Term::Literal(literal) = &term else {
        return None;
    };
    match Value::of(TermRef::Literal(literal.as_ref().into())) {
        Value::Boolean(value) => Some(value),
        Value::Number(number) => Some(number.to_f64() != 0.0 && !number.to_f64().is_nan()),
        Value::String(text) => Some(!text.is_empty()),
        _ => None,
    }
}

fn boolean(value: Option<bool>) -> Option<Term> {
    Some(oxrdf::Literal::from(value?).into())
}

/// The value of an expression; `None` is an error, as is an unbound variable.
pub fn evaluate(expression: &Expression, solution: &Solution) -> Option<Term> {
    let term = |expression: &Expression| evaluate(expression, solution);
    let holds = |expression: &Expression| truth(expression, solution);
    match expression {
        Expression::NamedNode(node) => Some(node.clone().into()),
        Expression::Literal(literal) => Some(literal.clone().into()),
        Expression::Variable(variable) => solution.get(variable.as_str()).cloned(),
        Expression::And(left, right) => boolean(match (holds(left), holds(right)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }),
        Expression::Or(left, right) => boolean(match (holds(left), holds(right)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }),
        Expression::Not(inner) => boolean(holds(inner).map(|value| !value)),
        Expression::Equal(left, right) => boolean(equal(&term(left)?, &term(right)?)),
        Expression::Less(left, right) => {
            boolean(Some(compare(&term(left)?, &term(right)?)?.is_lt()))
        }
        Expression::LessOrEqual(left, right) => {
            boolean(Some(compare(&term(left)?, &term(right)?)?.is_le()))
        }
        Expression::Greater(left, right) => {
            boolean(Some(compare(&term(left)?, &term(right)?)?.is_gt()))
        }
        Expression::GreaterOrEqual(left, right) => {
            boolean(Some(compare(&term(left)?, &term(right)?)?.is_ge()))
        }
        Expression::SameTerm(left, right) => boolean(Some(term(left)? == term(right)?)),
        // (left = first) || (left = second) || ...
        Expression::In(needle, list) => {
            let mut outcome = Some(false);
            for item in list {
                let found = term(needle)
                    .zip(term(item))
                    .and_then(|(needle, item)| equal(&needle, &item));
                outcome = match (outcome, found) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
            }
            boolean(outcome)
        }
        Expression::Bound(variable) => boolean(Some(solution.contains_key(variable.as_str()))),
        Expression::FunctionCall(Function::Triple, arguments) => {
            let subject = match term(&arguments[0])? {
                Term::NamedNode(node) => NamedOrBlankNode::from(node),
                Term::BlankNode(node) => node.into(),
                _ => return None,
            };
            let Term::NamedNode(predicate) = term(&arguments[1])? else {
                return None;
            };
            Some(Triple::new(subject, predicate, term(&arguments[2])?).into())
        }
        Expression::FunctionCall(function, arguments) => call(function, &term(&arguments[0])?),
        other => panic!("not generated: {other}"),
    }
}

fn call(function: &Function, term: &Term) -> Option<Term> {
    let literal = match term {
        Term::Literal(literal) => Some(literal),
        _ => None,
    };
    match function {
        Function::IsIri => boolean(Some(matches!(term, Term::NamedNode(_)))),
        Function::IsBlank => boolean(Some(matches!(term, Term::BlankNode(_)))),
        Function::IsLiteral => boolean(Some(literal.is_some())),
        Function::IsTriple => boolean(Some(matches!(term, Term::Triple(_)))),
        Function::IsNumeric => boolean(Some(literal.is_some_and(|literal| {
            matches!(
                Value::of(TermRef::Literal(literal.as_ref().into())),
                Value::Number(_)
            )
        }))),
        Function::Str => match term {
            Term::NamedNode(node) => Some(oxrdf::Literal::from(node.as_str()).into()),
            Term::Literal(literal) => Some(oxrdf::Literal::from(literal.value()).into()),
            _ => None,
        },
        Function::Lang => Some(oxrdf::Literal::from(literal?.language().unwrap_or("")).into()),
        Function::Datatype => Some(literal?.datatype().into_owned().into()),
        other => panic!("not generated: {other}"),
    }
}

fn with_values<T>(
    left: &Term,
    right: &Term,
    then: impl FnOnce(&Value<'_>, &Value<'_>) -> Option<T>,
) -> Option<T> {
    fn of(term: &Term) -> TermRef<'_> {
        match term {
            Term::NamedNode(node) => TermRef::Iri(node.as_str()),
            Term::BlankNode(node) => TermRef::Blank(parse_blank_label(node.as_str()).unwrap()),
            Term::Literal(literal) => TermRef::Literal(literal.as_ref().into()),
            Term::Triple(_) => panic!("a triple term is compared by its parts"),
        }
    }
    then(&Value::of(of(left)), &Value::of(of(right)))
}

/// `=` of terms; triple terms by their parts.
fn equal(left: &Term, right: &Term) -> Option<bool> {
    match (left, right) {
        (Term::Triple(left), Term::Triple(right)) => {
            match left.subject == right.subject && left.predicate == right.predicate {
                true => equal(&left.object, &right.object),
                false => Some(false),
            }
        }
        (Term::Triple(_), _) | (_, Term::Triple(_)) => Some(false),
        _ => with_values(left, right, |left, right| {
            value::equal(left, right, &mut |_, _| None)
        }),
    }
}

/// `<` and its kin; triple terms by their objects.
fn compare(left: &Term, right: &Term) -> Option<value::Comparison> {
    match (left, right) {
        (Term::Triple(left), Term::Triple(right)) => {
            match left.subject == right.subject && left.predicate == right.predicate {
                true => compare(&left.object, &right.object),
                false => None,
            }
        }
        (Term::Triple(_), _) | (_, Term::Triple(_)) => None,
        _ => with_values(left, right, |left, right| {
            value::compare(left, right, &mut |_, _| None)
        }),
    }
}

/// The order of two solutions by the keys of ORDER BY: values decide, terms of one value are equal.
pub fn order(keys: &[OrderExpression], left: &Solution, right: &Solution) -> std::cmp::Ordering {
    for key in keys {
        let (expression, descending) = match key {
            OrderExpression::Asc(expression) => (expression, false),
            OrderExpression::Desc(expression) => (expression, true),
        };
        let order = order_terms(
            evaluate(expression, left).as_ref(),
            evaluate(expression, right).as_ref(),
        );
        let order = match descending {
            true => order.reverse(),
            false => order,
        };
        if order.is_ne() {
            return order;
        }
    }
    std::cmp::Ordering::Equal
}

fn order_terms(left: Option<&Term>, right: Option<&Term>) -> std::cmp::Ordering {
    fn class(term: Option<&Term>) -> u8 {
        match term {
            None => 0,
            Some(Term::BlankNode(_)) => 1,
            Some(Term::NamedNode(_)) => 2,
            Some(Term::Literal(_)) => 3,
            Some(Term::Triple(_)) => 4,
        }
    }
    match (left, right) {
        (Some(Term::BlankNode(left)), Some(Term::BlankNode(right))) => {
            parse_blank_label(left.as_str()).cmp(&parse_blank_label(right.as_str()))
        }
        (Some(Term::NamedNode(left)), Some(Term::NamedNode(right))) => {
            left.as_str().cmp(right.as_str())
        }
        (Some(Term::Literal(left)), Some(Term::Literal(right))) => {
            let (left, right) = (
                SortKey::new(Some(TermRef::Literal(left.as_ref().into()))),
                SortKey::new(Some(TermRef::Literal(right.as_ref().into()))),
            );
            left.compare_values(&right, &mut |_, _| unreachable!("a literal has no parts"))
        }
        (Some(Term::Triple(left)), Some(Term::Triple(right))) => {
            let subject = |triple: &Triple| -> Term { triple.subject.clone().into() };
            order_terms(Some(&subject(left)), Some(&subject(right)))
                .then_with(|| left.predicate.as_str().cmp(right.predicate.as_str()))
                .then_with(|| order_terms(Some(&left.object), Some(&right.object)))
        }
        _ => class(left).cmp(&class(right)),
    }
}
