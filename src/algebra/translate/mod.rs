//! From the parser's algebra to ours: variables and constants become numbers, nested scopes are
//! resolved, chains become lists.

mod aggregate;
mod expr;
mod path;
mod pattern;
mod service;
mod template;
mod triple;
mod update;

pub use update::translate_update;

use super::CustomFunctions;
use super::ir::{Constant, Dataset, Form, GraphSlot, Query, Var};
use super::place;
use super::scanner::position;
use super::star;
use crate::error::{Code, Error, Result};
use rustc_hash::FxHashMap;
use spargebra::term::{Term, Variable};

/// The most levels of a translated pattern or expression. Planning and operators recurse over them on the
/// caller's stack; lists (joins, unions, bindings, operators in a row) count as one level.
pub const LEVELS_MAX: usize = 256;

/// Translates a parsed query; `text` is searched for the place of what is not supported. `functions` are those that may
/// be called beside SPARQL's own.
/// Errors: `QueryUnsupported`, `QueryParse` for a wrong number of arguments, `NestingTooDeep`.
pub fn translate(
    parsed: &spargebra::Query,
    text: &str,
    functions: &CustomFunctions,
) -> Result<Query> {
    let mut translator = Translator::new(text, functions);
    let mut scope = Scope::default();
    let (form, pattern) = match parsed {
        spargebra::Query::Select { pattern, .. } => {
            let mut pattern = translator.pattern(pattern, &mut scope, At::TOP)?;
            star::order_columns(text, &mut pattern, |var| translator.name(var));
            let vars = star::projected(&mut pattern).cloned().unwrap_or_default();
            (Form::Select { vars }, pattern)
        }
        spargebra::Query::Ask { pattern, .. } => {
            (Form::Ask, translator.pattern(pattern, &mut scope, At::TOP)?)
        }
        spargebra::Query::Construct {
            template, pattern, ..
        } => {
            let pattern = translator.pattern(pattern, &mut scope, At::TOP)?;
            let template = translator.template(template, &mut scope)?;
            (Form::Construct { template }, pattern)
        }
        spargebra::Query::Describe { pattern, .. } => {
            let mut pattern = translator.pattern(pattern, &mut scope, At::TOP)?;
            let vars = star::projected(&mut pattern).cloned().unwrap_or_default();
            (Form::Describe { vars }, pattern)
        }
    };
    Ok(Query {
        form,
        pattern,
        variables: translator.variables,
        constants: translator.constants,
        dataset: parsed.dataset().map(dataset),
        base_iri: parsed.base_iri().map(|base| base.as_str().to_owned()),
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
        named: parsed.named.as_deref().map(distinct),
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
    functions: &'t CustomFunctions,
    variables: Vec<Option<String>>,
    constants: Vec<Term>,
    constant_numbers: FxHashMap<Term, Constant>,
}

/// Where in the query a pattern or expression stands.
#[derive(Clone, Copy)]
struct At {
    /// The graph its triples are looked for in.
    graph: GraphSlot,
    level: usize,
}

impl At {
    const TOP: Self = Self {
        graph: GraphSlot::Default,
        level: 0,
    };

    fn in_graph(self, graph: GraphSlot) -> Self {
        Self { graph, ..self }
    }

    /// The variable of the GRAPH around.
    fn graph_var(self) -> Option<Var> {
        match self.graph {
            GraphSlot::Named(slot) => slot.var(),
            GraphSlot::Default => None,
        }
    }

    /// One level down. Errors: `NestingTooDeep`.
    fn below(self) -> Result<Self> {
        let level = self.level + 1;
        if level > LEVELS_MAX {
            return Err(Error::new(
                Code::NestingTooDeep,
                format!(
                    "patterns and expressions of the query nest more than {LEVELS_MAX} levels deep"
                ),
            )
            .with_hint("operators in a row, as in a || b || c, are one level, each bracket within a bracket one more"));
        }
        Ok(Self { level, ..self })
    }
}

impl<'t> Translator<'t> {
    fn new(text: &'t str, functions: &'t CustomFunctions) -> Self {
        Self {
            text,
            functions,
            variables: Vec::new(),
            constants: Vec::new(),
            constant_numbers: FxHashMap::default(),
        }
    }
}

impl Translator<'_> {
    fn name(&self, var: Var) -> Option<&str> {
        self.variables.get(var.0 as usize)?.as_deref()
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

    fn fresh(&mut self, name: Option<&str>) -> Var {
        let var = Var(self.variables.len() as u32);
        self.variables.push(name.map(str::to_owned));
        var
    }

    /// Whether a variable is the parser's: of an aggregate, of what is grouped by, of an IRI that is described. It names them by 128
    /// random bits, so that two plans of one text would not look the same.
    fn is_made_up(&self, variable: &Variable) -> bool {
        let name = variable.as_str();
        let is_random = name.len() > 16 && name.bytes().all(|b| b.is_ascii_hexdigit());
        is_random && !self.text.contains(name)
    }

    fn var(&mut self, variable: &Variable, scope: &mut Scope) -> Var {
        match scope.names.get(variable.as_str()) {
            Some(var) => *var,
            None => {
                let var = self.fresh(Some(variable.as_str()));
                if self.is_made_up(variable) {
                    self.variables[var.0 as usize] = Some(var.made_up_name());
                }
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
