//! SPARQL 1.1 section 17 word by word: the values of expressions over one solution.

use crate::functions;
use crate::naive::Solution;
use crate::numbers::Numeric;
use oxrdf::{Term, Triple};
use spargebra::algebra::{Expression, Function, GraphPattern, OrderExpression};
use std::cell::Cell;
use triplestore::term::value::{self, Value};
use triplestore::term::{SortKey, TermRef, parse_blank_label};

thread_local! {
    static IS_JUDGED: Cell<bool> = const { Cell::new(true) };
}

/// The value of what is not judged here: the specification leaves it open, or it is left to the other evaluator. The
/// answer it is a part of is not compared.
pub fn unjudged<T>() -> Option<T> {
    IS_JUDGED.set(false);
    None
}

/// Whether everything since the last call was judged.
pub fn was_judged() -> bool {
    IS_JUDGED.replace(true)
}

/// Whether a pattern has a solution for the one at hand.
pub type Exists<'e> = &'e dyn Fn(&GraphPattern, &Solution) -> bool;

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

/// The effective boolean value of an expression (section 17.2.2).
pub fn truth(expression: &Expression, solution: &Solution, exists: Exists<'_>) -> Option<bool> {
    let term = evaluate(expression, solution, exists)?;
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
pub fn evaluate(expression: &Expression, solution: &Solution, exists: Exists<'_>) -> Option<Term> {
    let term = |expression: &Expression| evaluate(expression, solution, exists);
    let holds = |expression: &Expression| truth(expression, solution, exists);
    let number = |expression: &Expression| {
        let term = term(expression)?;
        match Numeric::of(&term) {
            Some(number) => Some(number),
            // Dates and durations can be added too.
            None if matches!(&term, Term::Literal(literal) if crate::functions::plain(&term).is_none()
                && literal.language().is_none()) =>
            {
                unjudged()
            }
            None => None,
        }
    };
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
        Expression::Add(left, right) => Some(number(left)?.add(number(right)?)?.term()),
        Expression::Subtract(left, right) => Some(number(left)?.subtract(number(right)?)?.term()),
        Expression::Multiply(left, right) => Some(number(left)?.multiply(number(right)?)?.term()),
        Expression::Divide(left, right) => Some(number(left)?.divide(number(right)?)?.term()),
        Expression::UnaryMinus(inner) => Some(number(inner)?.negate()?.term()),
        Expression::UnaryPlus(inner) => Some(number(inner)?.term()),
        Expression::If(condition, yes, no) => term(if holds(condition)? { yes } else { no }),
        Expression::Coalesce(list) => list.iter().find_map(term),
        Expression::Exists(pattern) => boolean(Some(exists(pattern, solution))),
        Expression::FunctionCall(function, arguments) => {
            let arguments: Option<Vec<Term>> = arguments.iter().map(term).collect();
            call(function, &arguments?)
        }
    }
}

fn call(function: &Function, arguments: &[Term]) -> Option<Term> {
    let term = arguments.first()?;
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
        _ => functions::call(function, arguments),
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
        let none: Exists<'_> = &|_, _| panic!("not generated: EXISTS in ORDER BY");
        let order = order_terms(
            evaluate(expression, left, none).as_ref(),
            evaluate(expression, right, none).as_ref(),
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

/// The order of two values; equal ones may be different terms.
pub fn order_terms(left: Option<&Term>, right: Option<&Term>) -> std::cmp::Ordering {
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
