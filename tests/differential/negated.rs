//! Negated property sets as `spareval` has to be asked for them. Between two ends that are bound it gives one solution however
//! many triples match; by SPARQL 1.1 section 18.4 each of them is one. What 18.4 says of such a set, a triple pattern whose
//! predicate is none of it, is answered there as the specification says. Within `*`, `+` and `?` pairs are a set anyway.

use oxrdf::Variable;
use spargebra::algebra::{Expression, GraphPattern, PropertyPathExpression};
use spargebra::term::TriplePattern;

/// Makes a filtered triple pattern of each negated set that is a pattern of its own.
pub fn as_filters(pattern: &mut GraphPattern) {
    in_pattern(pattern, &mut 0);
}

fn in_pattern(pattern: &mut GraphPattern, made: &mut usize) {
    if let GraphPattern::Path {
        subject,
        path: PropertyPathExpression::NegatedPropertySet(predicates),
        object,
    } = pattern
    {
        *made += 1;
        let predicate = Variable::new_unchecked(format!("negated{made}"));
        let is_one = Expression::In(
            Box::new(predicate.clone().into()),
            predicates.drain(..).map(Expression::from).collect(),
        );
        *pattern = GraphPattern::Filter {
            inner: Box::new(GraphPattern::Bgp {
                patterns: vec![TriplePattern {
                    subject: subject.clone(),
                    predicate: predicate.into(),
                    object: object.clone(),
                }],
            }),
            expr: Expression::Not(Box::new(is_one)),
        };
        return;
    }
    match pattern {
        GraphPattern::Join { left, right }
        | GraphPattern::Union { left, right }
        | GraphPattern::Minus { left, right }
        | GraphPattern::Lateral { left, right } => {
            in_pattern(left, made);
            in_pattern(right, made);
        }
        GraphPattern::LeftJoin {
            left,
            right,
            expression,
        } => {
            in_pattern(left, made);
            in_pattern(right, made);
            expression
                .iter_mut()
                .for_each(|expression| in_expression(expression, made));
        }
        GraphPattern::Filter { expr, inner } => {
            in_pattern(inner, made);
            in_expression(expr, made);
        }
        GraphPattern::Extend {
            inner, expression, ..
        } => {
            in_pattern(inner, made);
            in_expression(expression, made);
        }
        GraphPattern::Graph { inner, .. }
        | GraphPattern::OrderBy { inner, .. }
        | GraphPattern::Project { inner, .. }
        | GraphPattern::Distinct { inner }
        | GraphPattern::Reduced { inner }
        | GraphPattern::Slice { inner, .. }
        | GraphPattern::Group { inner, .. } => in_pattern(inner, made),
        GraphPattern::Bgp { .. } | GraphPattern::Path { .. } | GraphPattern::Values { .. } => {}
        GraphPattern::Service { .. } => panic!("not generated: {pattern}"),
    }
}

fn in_expression(expression: &mut Expression, made: &mut usize) {
    match expression {
        Expression::Exists(pattern) => in_pattern(pattern, made),
        Expression::NamedNode(_)
        | Expression::Literal(_)
        | Expression::Variable(_)
        | Expression::Bound(_) => {}
        Expression::Or(left, right)
        | Expression::And(left, right)
        | Expression::Equal(left, right)
        | Expression::SameTerm(left, right)
        | Expression::Greater(left, right)
        | Expression::GreaterOrEqual(left, right)
        | Expression::Less(left, right)
        | Expression::LessOrEqual(left, right)
        | Expression::Add(left, right)
        | Expression::Subtract(left, right)
        | Expression::Multiply(left, right)
        | Expression::Divide(left, right) => {
            in_expression(left, made);
            in_expression(right, made);
        }
        Expression::UnaryPlus(inner) | Expression::UnaryMinus(inner) | Expression::Not(inner) => {
            in_expression(inner, made);
        }
        Expression::In(needle, items) => {
            in_expression(needle, made);
            items.iter_mut().for_each(|item| in_expression(item, made));
        }
        Expression::If(condition, yes, no) => {
            [condition, yes, no]
                .into_iter()
                .for_each(|part| in_expression(part, made));
        }
        Expression::Coalesce(parts) | Expression::FunctionCall(_, parts) => {
            parts.iter_mut().for_each(|part| in_expression(part, made));
        }
    }
}
