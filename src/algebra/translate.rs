//! From the parser's algebra to ours: variables and constants become numbers, nested scopes are
//! resolved, chains become lists.

use super::ir::{
    Aggregate, Comparison, Constant, Dataset, Expr, Form, GraphSlot, OrderKey, Pattern,
    QuadPattern, Query, Slot, TemplateSlot, TermFunction, TermTest, Var,
};
use super::place;
use super::scanner::position;
use crate::error::{Code, Error, Result};
use rustc_hash::FxHashMap;
use spargebra::algebra::{
    AggregateExpression, AggregateFunction, Expression, Function, GraphPattern, OrderExpression,
    PropertyPathExpression,
};
use spargebra::term::{
    GroundTerm, NamedNodePattern, Term, TermPattern, Triple, TriplePattern, Variable,
};

/// The most levels of a translated pattern or expression. Planning and operators recurse over them on the
/// caller's stack; lists (joins, unions, conjunctions, bindings) count as one level.
pub const LEVELS_MAX: usize = 256;

/// Translates a parsed query; `text` is searched for the place of what is not supported.
/// Errors: `QueryUnsupported`, `NestingTooDeep`.
pub fn translate(parsed: &spargebra::Query, text: &str) -> Result<Query> {
    let mut translator = Translator {
        text,
        variables: Vec::new(),
        constants: Vec::new(),
        constant_numbers: FxHashMap::default(),
    };
    let mut scope = Scope::default();
    let (form, pattern) = match parsed {
        spargebra::Query::Select { pattern, .. } => {
            let pattern = translator.pattern(pattern, &mut scope, GraphSlot::Default, 0)?;
            let vars = projected(&pattern).to_vec();
            (Form::Select { vars }, pattern)
        }
        spargebra::Query::Ask { pattern, .. } => (
            Form::Ask,
            translator.pattern(pattern, &mut scope, GraphSlot::Default, 0)?,
        ),
        spargebra::Query::Construct {
            template, pattern, ..
        } => {
            let pattern = translator.pattern(pattern, &mut scope, GraphSlot::Default, 0)?;
            let template = translator.template(template, &mut scope)?;
            (Form::Construct { template }, pattern)
        }
        spargebra::Query::Describe { .. } => {
            return Err(translator.unsupported("DESCRIBE", &["DESCRIBE"]));
        }
    };
    Ok(Query {
        form,
        pattern,
        variables: translator.variables,
        constants: translator.constants,
        dataset: parsed.dataset().map(dataset),
    })
}

fn dataset(parsed: &spargebra::algebra::QueryDataset) -> Dataset {
    let distinct = |iris: &[spargebra::term::NamedNode]| {
        let mut names: Vec<String> = Vec::new();
        for iri in iris {
            if !names.iter().any(|name| name == iri.as_str()) {
                names.push(iri.as_str().to_owned());
            }
        }
        names
    };
    Dataset {
        default: distinct(&parsed.default),
        named: distinct(parsed.named.as_deref().unwrap_or_default()),
    }
}

/// The variables a SELECT delivers: those of its outermost projection.
fn projected(pattern: &Pattern) -> &[Var] {
    match pattern {
        Pattern::Project { vars, .. } => vars,
        Pattern::Distinct(inner)
        | Pattern::Reduced(inner)
        | Pattern::Slice { inner, .. }
        | Pattern::OrderBy { inner, .. } => projected(inner),
        _ => &[],
    }
}

/// The variables of one SELECT, by name and by blank node label.
#[derive(Default)]
struct Scope {
    names: FxHashMap<String, Var>,
    blanks: FxHashMap<String, Var>,
}

struct Translator<'t> {
    text: &'t str,
    variables: Vec<Option<String>>,
    constants: Vec<Term>,
    constant_numbers: FxHashMap<Term, Constant>,
}

impl Translator<'_> {
    fn unsupported(&self, feature: &str, words: &[&str]) -> Error {
        self.unsupported_at(feature, place::word(self.text, words))
    }

    fn unsupported_at(&self, feature: &str, at: Option<usize>) -> Error {
        let error = Error::new(
            Code::QueryUnsupported,
            format!("{feature} is not supported"),
        );
        match at {
            Some(at) => error.at(position(self.text, at)),
            None => error,
        }
    }

    /// A function or aggregate by its name, which is an IRI in brackets if it is none of SPARQL's.
    fn unsupported_call(&self, kind: &str, name: &str) -> Error {
        let iri = name
            .strip_prefix('<')
            .and_then(|name| name.strip_suffix('>'));
        let at = match iri {
            Some(iri) => place::call(self.text, iri),
            None => place::word(self.text, &[name]),
        };
        self.unsupported_at(&format!("the {kind} {name}"), at)
    }

    fn unsupported_arithmetic(&self, operator: &str, is_binary: bool) -> Error {
        self.unsupported_at(
            &format!("arithmetic with {operator}"),
            place::arithmetic(self.text, operator, is_binary),
        )
    }

    fn fresh(&mut self, name: Option<&str>) -> Var {
        let var = Var(self.variables.len() as u32);
        self.variables.push(name.map(str::to_owned));
        var
    }

    fn var(&mut self, variable: &Variable, scope: &mut Scope) -> Var {
        match scope.names.get(variable.as_str()) {
            Some(var) => *var,
            None => {
                let var = self.fresh(Some(variable.as_str()));
                scope.names.insert(variable.as_str().to_owned(), var);
                var
            }
        }
    }

    fn constant(&mut self, term: impl Into<Term>) -> Constant {
        let term = term.into();
        if let Some(constant) = self.constant_numbers.get(&term) {
            return *constant;
        }
        let constant = Constant(self.constants.len() as u32);
        self.constants.push(term.clone());
        self.constant_numbers.insert(term, constant);
        constant
    }

    fn slot(&mut self, term: &TermPattern, scope: &mut Scope) -> Result<Slot> {
        Ok(match term {
            TermPattern::Variable(variable) => Slot::Var(self.var(variable, scope)),
            TermPattern::NamedNode(node) => Slot::Constant(self.constant(node.clone())),
            TermPattern::Literal(literal) => Slot::Constant(self.constant(literal.clone())),
            TermPattern::BlankNode(node) => {
                let label = node.as_str().to_owned();
                let known = scope.blanks.get(&label).copied();
                let var = known.unwrap_or_else(|| self.fresh(None));
                scope.blanks.insert(label, var);
                Slot::Var(var)
            }
            TermPattern::Triple(triple) => match ground_triple(triple) {
                Some(triple) => Slot::Constant(self.constant(triple)),
                None => {
                    return Err(self.unsupported_at(
                        "a triple term with variables or blank nodes",
                        place::open_triple(self.text),
                    ));
                }
            },
        })
    }

    fn name_slot(&mut self, name: &NamedNodePattern, scope: &mut Scope) -> Slot {
        match name {
            NamedNodePattern::Variable(variable) => Slot::Var(self.var(variable, scope)),
            NamedNodePattern::NamedNode(node) => Slot::Constant(self.constant(node.clone())),
        }
    }

    fn template(
        &mut self,
        template: &[TriplePattern],
        scope: &mut Scope,
    ) -> Result<Vec<[TemplateSlot; 3]>> {
        let mut blanks: FxHashMap<String, u32> = FxHashMap::default();
        template
            .iter()
            .map(|triple| {
                let mut term = |term: &TermPattern| -> Result<TemplateSlot> {
                    if let TermPattern::BlankNode(node) = term {
                        let next = blanks.len() as u32;
                        return Ok(TemplateSlot::Blank(
                            *blanks.entry(node.as_str().to_owned()).or_insert(next),
                        ));
                    }
                    Ok(match self.slot(term, scope)? {
                        Slot::Var(var) => TemplateSlot::Var(var),
                        Slot::Constant(constant) => TemplateSlot::Constant(constant),
                    })
                };
                let subject = term(&triple.subject)?;
                let object = term(&triple.object)?;
                let predicate = match self.name_slot(&triple.predicate, scope) {
                    Slot::Var(var) => TemplateSlot::Var(var),
                    Slot::Constant(constant) => TemplateSlot::Constant(constant),
                };
                Ok([subject, predicate, object])
            })
            .collect()
    }

    fn pattern(
        &mut self,
        pattern: &GraphPattern,
        scope: &mut Scope,
        graph: GraphSlot,
        level: usize,
    ) -> Result<Pattern> {
        check_level(level)?;
        let below = level + 1;
        Ok(match pattern {
            GraphPattern::Bgp { patterns } => self.basic(patterns, scope, graph)?,
            GraphPattern::Join { .. } => {
                let mut parts = Vec::new();
                for part in chain(pattern, |pattern| match pattern {
                    GraphPattern::Join { left, right } => Some((left, right)),
                    _ => None,
                }) {
                    match self.pattern(part, scope, graph, below)? {
                        Pattern::Join(inner) => parts.extend(inner),
                        other => parts.push(other),
                    }
                }
                Pattern::Join(parts)
            }
            GraphPattern::Union { .. } => {
                let mut branches = Vec::new();
                for branch in chain(pattern, |pattern| match pattern {
                    GraphPattern::Union { left, right } => Some((left, right)),
                    _ => None,
                }) {
                    match self.pattern(branch, scope, graph, below)? {
                        Pattern::Union(inner) => branches.extend(inner),
                        other => branches.push(other),
                    }
                }
                Pattern::Union(branches)
            }
            GraphPattern::LeftJoin {
                left,
                right,
                expression,
            } => Pattern::LeftJoin {
                left: Box::new(self.pattern(left, scope, graph, below)?),
                right: Box::new(self.pattern(right, scope, graph, below)?),
                filters: match expression {
                    Some(expression) => self.conjuncts(expression, scope, below)?,
                    None => Vec::new(),
                },
            },
            GraphPattern::Minus { .. } => return Err(self.unsupported("MINUS", &["MINUS"])),
            GraphPattern::Filter { expr, inner } => Pattern::Filter {
                inner: Box::new(self.pattern(inner, scope, graph, below)?),
                filters: self.conjuncts(expr, scope, below)?,
            },
            GraphPattern::Graph { name, inner } => {
                let slot = self.name_slot(name, scope);
                let inner = match name {
                    NamedNodePattern::Variable(variable) => {
                        self.graph_of_variable(variable, inner, scope, slot, below)?
                    }
                    NamedNodePattern::NamedNode(_) => {
                        self.pattern(inner, scope, GraphSlot::Named(slot), below)?
                    }
                };
                match graph {
                    // Within GRAPH, a solution is one of each graph of that name, which must exist.
                    GraphSlot::Named(outer) => Pattern::Join(vec![Pattern::Graphs(outer), inner]),
                    GraphSlot::Default => inner,
                }
            }
            GraphPattern::Extend { .. } => {
                let mut bindings = Vec::new();
                let mut inner = pattern;
                while let GraphPattern::Extend {
                    inner: next,
                    variable,
                    expression,
                } = inner
                {
                    bindings.push((variable, expression));
                    inner = next;
                }
                let inner = Box::new(self.pattern(inner, scope, graph, below)?);
                let bindings = bindings
                    .into_iter()
                    .rev()
                    .map(|(variable, expression)| {
                        let expr = self.expr(expression, scope, below)?;
                        Ok((self.var(variable, scope), expr))
                    })
                    .collect::<Result<_>>()?;
                Pattern::Extend { inner, bindings }
            }
            GraphPattern::Values {
                variables,
                bindings,
            } => {
                let vars = variables
                    .iter()
                    .map(|variable| self.var(variable, scope))
                    .collect();
                let rows = bindings
                    .iter()
                    .map(|row| {
                        row.iter()
                            .map(|term| term.as_ref().map(|term| self.ground(term)))
                            .collect()
                    })
                    .collect();
                in_graph(Pattern::Values { vars, rows }, graph)
            }
            GraphPattern::OrderBy { inner, expression } => Pattern::OrderBy {
                inner: Box::new(self.pattern(inner, scope, graph, below)?),
                keys: expression
                    .iter()
                    .map(|key| {
                        let (expr, descending) = match key {
                            OrderExpression::Asc(expr) => (expr, false),
                            OrderExpression::Desc(expr) => (expr, true),
                        };
                        let expr = self.expr(expr, scope, below)?;
                        Ok(OrderKey { expr, descending })
                    })
                    .collect::<Result<_>>()?,
            },
            GraphPattern::Project { inner, variables } => {
                let mut within = Scope::default();
                let mut vars = Vec::with_capacity(variables.len());
                for variable in variables {
                    let var = self.var(variable, scope);
                    within.names.insert(variable.as_str().to_owned(), var);
                    vars.push(var);
                }
                // At the outermost level the scope outside is empty; CONSTRUCT templates read it.
                let inner = Box::new(self.pattern(inner, &mut within, graph, below)?);
                if let GraphSlot::Named(Slot::Var(var)) = graph
                    && !vars.contains(&var)
                {
                    vars.push(var);
                }
                Pattern::Project { inner, vars }
            }
            GraphPattern::Distinct { inner } => {
                Pattern::Distinct(Box::new(self.pattern(inner, scope, graph, below)?))
            }
            GraphPattern::Reduced { inner } => {
                Pattern::Reduced(Box::new(self.pattern(inner, scope, graph, below)?))
            }
            GraphPattern::Slice {
                inner,
                start,
                length,
            } => {
                if let GraphSlot::Named(Slot::Var(_)) = graph {
                    return Err(self.unsupported(
                        "LIMIT or OFFSET within GRAPH with a variable",
                        &["LIMIT", "OFFSET"],
                    ));
                }
                Pattern::Slice {
                    inner: Box::new(self.pattern(inner, scope, graph, below)?),
                    offset: *start as u64,
                    limit: length.map(|length| length as u64),
                }
            }
            GraphPattern::Group {
                inner,
                variables,
                aggregates,
            } => {
                let mut inner = Box::new(self.pattern(inner, scope, graph, below)?);
                if aggregates.iter().any(|(_, aggregate)| {
                    matches!(
                        aggregate,
                        AggregateExpression::CountSolutions { distinct: true }
                    )
                }) {
                    inner = self.without_blanks(inner);
                }
                let mut keys: Vec<Var> = Vec::new();
                for variable in variables {
                    let var = self.var(variable, scope);
                    if !keys.contains(&var) {
                        keys.push(var);
                    }
                }
                if let GraphSlot::Named(Slot::Var(var)) = graph
                    && !keys.contains(&var)
                {
                    if keys.is_empty() {
                        return Err(self.unsupported(
                            "an aggregate without GROUP BY within GRAPH with a variable",
                            &["GRAPH"],
                        ));
                    }
                    keys.push(var);
                }
                let aggregates = aggregates
                    .iter()
                    .map(|(variable, aggregate)| {
                        let aggregate = self.aggregate(aggregate, scope, below)?;
                        Ok((self.var(variable, scope), aggregate))
                    })
                    .collect::<Result<_>>()?;
                Pattern::Group {
                    inner,
                    keys,
                    aggregates,
                }
            }
            GraphPattern::Path { path, .. } => {
                let operator = path_operator(path);
                return Err(self
                    .unsupported_at(
                        &format!("a property path with {operator}"),
                        place::path(self.text, operator),
                    )
                    .with_hint("a sequence a/b and an inverse ^a of plain predicates are"));
            }
            GraphPattern::Service { .. } => return Err(self.unsupported("SERVICE", &["SERVICE"])),
        })
    }

    /// The variable of GRAPH is not in scope inside (SPARQL 1.1 section 18.6): where the pattern has one of its name, that
    /// is another, and each solution is joined with its graph.
    fn graph_of_variable(
        &mut self,
        variable: &Variable,
        inner: &GraphPattern,
        scope: &mut Scope,
        slot: Slot,
        level: usize,
    ) -> Result<Pattern> {
        let outside = scope.names.remove(variable.as_str());
        let inner = self.pattern(inner, scope, GraphSlot::Named(slot), level)?;
        let inside = scope.names.remove(variable.as_str());
        if let Some(outside) = outside {
            scope.names.insert(variable.as_str().to_owned(), outside);
        }
        let (Some(inside), Some(outside)) = (inside, outside) else {
            return Ok(inner);
        };
        let graph = Pattern::Extend {
            inner: Box::new(Pattern::Graphs(slot)),
            bindings: vec![(inside, Expr::Var(outside))],
        };
        Ok(Pattern::Join(vec![inner, graph]))
    }

    fn basic(
        &mut self,
        patterns: &[TriplePattern],
        scope: &mut Scope,
        graph: GraphSlot,
    ) -> Result<Pattern> {
        if patterns.is_empty() {
            return Ok(in_graph(Pattern::unit(), graph));
        }
        let quads = patterns
            .iter()
            .map(|triple| {
                Ok(Pattern::Quad(QuadPattern {
                    triple: [
                        self.slot(&triple.subject, scope)?,
                        self.name_slot(&triple.predicate, scope),
                        self.slot(&triple.object, scope)?,
                    ],
                    graph,
                }))
            })
            .collect::<Result<_>>()?;
        Ok(Pattern::Join(quads))
    }

    /// Solutions without what blank nodes of patterns stand for, which solutions do not hold.
    fn without_blanks(&self, inner: Box<Pattern>) -> Box<Pattern> {
        let possible = super::bound(&inner).possible;
        let (named, blank): (Vec<Var>, Vec<Var>) = possible
            .into_iter()
            .partition(|var| self.variables[var.0 as usize].is_some());
        match blank.is_empty() {
            true => inner,
            false => Box::new(Pattern::Project { inner, vars: named }),
        }
    }

    fn ground(&mut self, term: &GroundTerm) -> Constant {
        self.constant(ground_term(term))
    }

    fn aggregate(
        &mut self,
        aggregate: &AggregateExpression,
        scope: &mut Scope,
        level: usize,
    ) -> Result<Aggregate> {
        match aggregate {
            AggregateExpression::CountSolutions { distinct } => Ok(Aggregate::CountRows {
                distinct: *distinct,
            }),
            AggregateExpression::FunctionCall {
                name: AggregateFunction::Count,
                expr,
                distinct,
            } => Ok(Aggregate::Count {
                expr: self.expr(expr, scope, level)?,
                distinct: *distinct,
            }),
            AggregateExpression::FunctionCall { name, .. } => {
                Err(self.unsupported_call("aggregate", &name.to_string()))
            }
        }
    }

    fn conjuncts(
        &mut self,
        expression: &Expression,
        scope: &mut Scope,
        level: usize,
    ) -> Result<Vec<Expr>> {
        Ok(match self.expr(expression, scope, level)? {
            Expr::And(parts) => parts,
            other => vec![other],
        })
    }

    fn expr(&mut self, expression: &Expression, scope: &mut Scope, level: usize) -> Result<Expr> {
        check_level(level)?;
        let below = level + 1;
        let compare = |this: &mut Self,
                       scope: &mut Scope,
                       comparison,
                       left: &Expression,
                       right: &Expression| {
            Ok(Expr::Compare(
                comparison,
                Box::new(this.expr(left, scope, below)?),
                Box::new(this.expr(right, scope, below)?),
            ))
        };
        match expression {
            Expression::NamedNode(node) => Ok(Expr::Constant(self.constant(node.clone()))),
            Expression::Literal(literal) => Ok(Expr::Constant(self.constant(literal.clone()))),
            Expression::Variable(variable) => Ok(Expr::Var(self.var(variable, scope))),
            Expression::And(..) => {
                let mut parts = Vec::new();
                for part in chain(expression, |expression| match expression {
                    Expression::And(left, right) => Some((left, right)),
                    _ => None,
                }) {
                    match self.expr(part, scope, below)? {
                        Expr::And(inner) => parts.extend(inner),
                        other => parts.push(other),
                    }
                }
                Ok(Expr::And(parts))
            }
            Expression::Or(..) => {
                let mut parts = Vec::new();
                for part in chain(expression, |expression| match expression {
                    Expression::Or(left, right) => Some((left, right)),
                    _ => None,
                }) {
                    match self.expr(part, scope, below)? {
                        Expr::Or(inner) => parts.extend(inner),
                        other => parts.push(other),
                    }
                }
                Ok(Expr::Or(parts))
            }
            Expression::Not(inner) => Ok(Expr::Not(Box::new(self.expr(inner, scope, below)?))),
            Expression::Equal(left, right) => compare(self, scope, Comparison::Equal, left, right),
            Expression::Less(left, right) => compare(self, scope, Comparison::Less, left, right),
            Expression::LessOrEqual(left, right) => {
                compare(self, scope, Comparison::LessOrEqual, left, right)
            }
            Expression::Greater(left, right) => {
                compare(self, scope, Comparison::Greater, left, right)
            }
            Expression::GreaterOrEqual(left, right) => {
                compare(self, scope, Comparison::GreaterOrEqual, left, right)
            }
            Expression::SameTerm(left, right) => Ok(Expr::SameTerm(
                Box::new(self.expr(left, scope, below)?),
                Box::new(self.expr(right, scope, below)?),
            )),
            Expression::In(needle, list) => Ok(Expr::In(
                Box::new(self.expr(needle, scope, below)?),
                list.iter()
                    .map(|item| self.expr(item, scope, below))
                    .collect::<Result<_>>()?,
            )),
            Expression::Bound(variable) => Ok(Expr::Bound(self.var(variable, scope))),
            Expression::FunctionCall(function, arguments) => {
                self.call(function, arguments, scope, below)
            }
            Expression::Exists(_) => Err(self.unsupported("EXISTS", &["EXISTS"])),
            Expression::If(..) => Err(self.unsupported("IF", &["IF"])),
            Expression::Coalesce(_) => Err(self.unsupported("COALESCE", &["COALESCE"])),
            Expression::Add(..) => Err(self.unsupported_arithmetic("+", true)),
            Expression::Subtract(..) => Err(self.unsupported_arithmetic("-", true)),
            Expression::Multiply(..) => Err(self.unsupported_arithmetic("*", true)),
            Expression::Divide(..) => Err(self.unsupported_arithmetic("/", true)),
            Expression::UnaryPlus(_) => Err(self.unsupported_arithmetic("+", false)),
            Expression::UnaryMinus(_) => Err(self.unsupported_arithmetic("-", false)),
        }
    }

    fn call(
        &mut self,
        function: &Function,
        arguments: &[Expression],
        scope: &mut Scope,
        level: usize,
    ) -> Result<Expr> {
        let test = match function {
            Function::IsIri => Some(TermTest::IsIri),
            Function::IsBlank => Some(TermTest::IsBlank),
            Function::IsLiteral => Some(TermTest::IsLiteral),
            Function::IsNumeric => Some(TermTest::IsNumeric),
            Function::IsTriple => Some(TermTest::IsTriple),
            _ => None,
        };
        let term_function = match function {
            Function::Str => Some(TermFunction::Str),
            Function::Lang => Some(TermFunction::Lang),
            Function::Datatype => Some(TermFunction::Datatype),
            _ => None,
        };
        if let [argument] = arguments {
            if let Some(test) = test {
                return Ok(Expr::Test(
                    test,
                    Box::new(self.expr(argument, scope, level)?),
                ));
            }
            if let Some(function) = term_function {
                return Ok(Expr::Function(
                    function,
                    Box::new(self.expr(argument, scope, level)?),
                ));
            }
        }
        Err(self.unsupported_call("function", &function.to_string()))
    }
}

/// The outermost operator of a path that is more than one predicate.
fn path_operator(path: &PropertyPathExpression) -> &'static str {
    match path {
        PropertyPathExpression::NamedNode(_) => "a predicate",
        PropertyPathExpression::Reverse(inner) => match **inner {
            PropertyPathExpression::NamedNode(_) => "^",
            _ => path_operator(inner),
        },
        PropertyPathExpression::Sequence(..) => "/",
        PropertyPathExpression::Alternative(..) => "|",
        PropertyPathExpression::ZeroOrMore(_) => "*",
        PropertyPathExpression::OneOrMore(_) => "+",
        PropertyPathExpression::ZeroOrOne(_) => "?",
        PropertyPathExpression::NegatedPropertySet(_) => "!",
    }
}

fn check_level(level: usize) -> Result<()> {
    if level > LEVELS_MAX {
        return Err(Error::new(
            Code::NestingTooDeep,
            format!(
                "patterns and expressions of the query nest more than {LEVELS_MAX} levels deep"
            ),
        ));
    }
    Ok(())
}

/// Under GRAPH with a variable, every leaf binds the graph.
fn in_graph(leaf: Pattern, graph: GraphSlot) -> Pattern {
    match graph {
        GraphSlot::Default => leaf,
        GraphSlot::Named(slot) => Pattern::Join(vec![Pattern::Graphs(slot), leaf]),
    }
}

/// The operands of a left-deep chain of one operator, in order. The chain may be longer than the stack.
fn chain<'p, T>(
    top: &'p T,
    split: impl Fn(&'p T) -> Option<(&'p Box<T>, &'p Box<T>)>,
) -> Vec<&'p T> {
    let mut parts = Vec::new();
    let mut current = top;
    while let Some((left, right)) = split(current) {
        parts.push(&**right);
        current = left;
    }
    parts.push(current);
    parts.reverse();
    parts
}

fn ground_term(term: &GroundTerm) -> Term {
    match term {
        GroundTerm::NamedNode(node) => node.clone().into(),
        GroundTerm::Literal(literal) => literal.clone().into(),
        GroundTerm::Triple(triple) => Triple::new(
            triple.subject.clone(),
            triple.predicate.clone(),
            ground_term(&triple.object),
        )
        .into(),
    }
}

fn ground_triple(triple: &TriplePattern) -> Option<Triple> {
    let subject = match &triple.subject {
        TermPattern::NamedNode(node) => node.clone(),
        _ => return None,
    };
    let predicate = match &triple.predicate {
        NamedNodePattern::NamedNode(node) => node.clone(),
        NamedNodePattern::Variable(_) => return None,
    };
    let object: Term = match &triple.object {
        TermPattern::NamedNode(node) => node.clone().into(),
        TermPattern::Literal(literal) => literal.clone().into(),
        TermPattern::Triple(inner) => ground_triple(inner)?.into(),
        _ => return None,
    };
    Some(Triple::new(subject, predicate, object))
}
