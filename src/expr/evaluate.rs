//! Expressions bound to columns, and how they are worked.

use super::compare::compare;
use super::context::Context;
use super::custom::Registered;
use super::frame::{Frame, Solutions};
use super::functions::call;
use super::subplan::SubPlan;
use super::terms::Terms;
use super::truth::{self, Truth};
use crate::algebra::{Comparison, Constant, Expr, Function, Stability, Var};
use crate::error::{Code, Error, Result};
use crate::term::{Id, boolean_id};
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt;
use std::sync::Arc;

/// What an expression is bound to.
#[derive(Clone, Copy)]
pub struct Binding<'b> {
    /// The ids of [`Query::constants`](crate::algebra::Query::constants).
    pub constants: &'b [Id],
    pub terms: &'b Terms,
    pub context: &'b Arc<Context>,
    /// Makes what works a pattern of the expression, by its number in the plan.
    pub subplan: &'b dyn Fn(usize) -> Result<Arc<dyn SubPlan>>,
}

/// An expression whose variables are columns. Clones are cheap enough for a plan, not for a row.
#[derive(Clone)]
pub struct Evaluator {
    root: Node,
    context: Arc<Context>,
}

impl fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl Evaluator {
    /// Binds an expression: `column` tells where a variable stands; one that is no column is unbound. What depends on
    /// constants only is worked here, once.
    /// Errors: those of [`Evaluator::ids`] and of `subplan`; `QueryUnsupported` for a function that is not registered any
    /// more; `Internal` for a pattern that is not planned.
    pub fn new(
        expr: &Expr,
        column: &dyn Fn(Var) -> Option<usize>,
        binding: Binding<'_>,
    ) -> Result<Self> {
        Ok(Self {
            root: Node::bind(expr, column, binding)?,
            context: binding.context.clone(),
        })
    }

    /// The value of each of `rows`: an id, or 0 for none.
    /// Errors: those of [`Terms`], `TermTooLarge`, `Cancelled`, `QueryTimeout`, those of registered functions.
    pub fn ids(&self, columns: &[Vec<u64>], rows: &[u32], terms: &Terms) -> Result<Vec<u64>> {
        self.ids_of(columns, rows, terms, &mut Solutions::default())
    }

    /// As [`Evaluator::ids`], where the rows are solutions that other expressions have been worked on with the same
    /// `solutions`.
    pub fn ids_of(
        &self,
        columns: &[Vec<u64>],
        rows: &[u32],
        terms: &Terms,
        solutions: &mut Solutions,
    ) -> Result<Vec<u64>> {
        in_parts(rows, &mut |rows| {
            let mut frame = Frame::new(columns, terms, &self.context, solutions);
            let mut ids = self.root.ids(&mut frame, rows)?;
            frame.settle(&mut ids)?;
            Ok(ids)
        })
    }

    /// The effective boolean value of each of `rows`. Errors: those of [`Evaluator::ids`].
    pub fn truths(&self, columns: &[Vec<u64>], rows: &[u32], terms: &Terms) -> Result<Vec<Truth>> {
        let mut solutions = Solutions::default();
        in_parts(rows, &mut |rows| {
            let mut frame = Frame::new(columns, terms, &self.context, &mut solutions);
            self.root.truths(&mut frame, rows)
        })
    }
}

/// Works all rows at once, or half of them after the other where their texts are more than the query's memory holds. Halves are
/// halved at most as often as a batch has rows to halve.
fn in_parts<T>(rows: &[u32], work: &mut dyn FnMut(&[u32]) -> Result<Vec<T>>) -> Result<Vec<T>> {
    match work(rows) {
        Err(error) if error.code() == Code::ResourceExhausted && rows.len() > 1 => {
            let (first, second) = rows.split_at(rows.len() / 2);
            let mut values = in_parts(first, work)?;
            values.append(&mut in_parts(second, work)?);
            Ok(values)
        }
        done => done,
    }
}

#[derive(Clone, Debug)]
enum Node {
    Column(usize),
    Constant(Id),
    /// No value: a variable that is nowhere bound, or an error.
    Unbound,
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    In(Box<Node>, List),
    Bound(usize),
    If(Box<[Node; 3]>),
    Coalesce(Vec<Node>),
    Call(Function, Vec<Node>),
    Chain(Vec<Function>, Vec<Node>),
    Custom(Registered, Vec<Node>),
    Exists(Arc<dyn SubPlan>),
}

/// What `IN` compares with.
#[derive(Clone, Debug)]
struct List {
    /// Constants that are equal to nothing but themselves and are comparable with everything.
    named: FxHashSet<u64>,
    others: Vec<Node>,
}

impl Node {
    fn bind(
        expr: &Expr,
        column: &dyn Fn(Var) -> Option<usize>,
        binding: Binding<'_>,
    ) -> Result<Self> {
        let bind = |expr: &Expr| Self::bind(expr, column, binding);
        let boxed = |expr: &Expr| bind(expr).map(Box::new);
        let all = |parts: &[Expr]| parts.iter().map(bind).collect::<Result<Vec<_>>>();
        let node = match expr {
            Expr::Var(var) => return Ok(column(*var).map_or(Self::Unbound, Self::Column)),
            Expr::Constant(Constant(index)) => {
                let id = binding.constants.get(*index as usize);
                return Ok(id.map_or(Self::Unbound, |id| Self::Constant(*id)));
            }
            Expr::Bound(var) => match column(*var) {
                Some(column) => return Ok(Self::Bound(column)),
                None => return Ok(Self::Constant(boolean_id(false))),
            },
            Expr::And(parts) => Self::And(all(parts)?),
            Expr::Or(parts) => Self::Or(all(parts)?),
            Expr::Not(inner) => Self::Not(boxed(inner)?),
            Expr::Compare(comparison, left, right) => {
                Self::Compare(*comparison, boxed(left)?, boxed(right)?)
            }
            Expr::In(needle, list) => Self::In(boxed(needle)?, List::of(all(list)?)),
            Expr::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                Self::If(Box::new([bind(condition)?, bind(then)?, bind(otherwise)?]))
            }
            Expr::Coalesce(parts) => Self::Coalesce(all(parts)?),
            Expr::Call(function, arguments) => Self::Call(*function, all(arguments)?),
            Expr::Chain(functions, operands) => Self::Chain(functions.clone(), all(operands)?),
            Expr::Custom { iri, arguments, .. } => {
                let registered = binding.context.functions.get(iri).ok_or_else(|| {
                    Error::new(
                        Code::QueryUnsupported,
                        format!("the function <{iri}> is not registered any more"),
                    )
                })?;
                Self::Custom(registered.clone(), all(arguments)?)
            }
            Expr::SubPlan(index) => Self::Exists((binding.subplan)(*index)?),
            Expr::Exists(_) => {
                return Err(Error::new(
                    Code::Internal,
                    "an expression has a pattern that is not planned",
                ));
            }
        };
        match node.is_constant() {
            true => node.folded(binding),
            false => Ok(node),
        }
    }

    /// Whether it gives the same for every row of this run. Its parts are folded already.
    fn is_constant(&self) -> bool {
        let constant = |node: &Self| matches!(node, Self::Constant(_) | Self::Unbound);
        match self {
            Self::Constant(_) | Self::Unbound => true,
            Self::Column(_) | Self::Bound(_) | Self::Exists(_) => false,
            Self::And(parts) | Self::Or(parts) | Self::Coalesce(parts) | Self::Chain(_, parts) => {
                parts.iter().all(constant)
            }
            Self::Not(inner) => constant(inner),
            Self::Compare(_, left, right) => constant(left) && constant(right),
            Self::In(needle, list) => constant(needle) && list.others.iter().all(constant),
            Self::If(parts) => parts.iter().all(constant),
            Self::Call(function, arguments) => {
                matches!(function.stability(), Stability::Always | Stability::Run)
                    && arguments.iter().all(constant)
            }
            Self::Custom(registered, arguments) => {
                registered.deterministic && arguments.iter().all(constant)
            }
        }
    }

    fn folded(self, binding: Binding<'_>) -> Result<Self> {
        let mut solutions = Solutions::default();
        let mut frame = Frame::new(&[], binding.terms, binding.context, &mut solutions);
        let mut ids = self.ids(&mut frame, &[0])?;
        frame.settle(&mut ids)?;
        Ok(match ids.first() {
            Some(&id) if id != 0 => Self::Constant(Id::from_raw(id)),
            _ => Self::Unbound,
        })
    }

    /// The value of each of `rows`: an id, which may be pending, or 0 for none.
    fn ids(&self, frame: &mut Frame<'_>, rows: &[u32]) -> Result<Vec<u64>> {
        Ok(match self {
            Self::Column(column) => {
                let column = &frame.columns[*column];
                rows.iter().map(|&row| column[row as usize]).collect()
            }
            Self::Constant(id) => vec![id.raw(); rows.len()],
            Self::Unbound => vec![0; rows.len()],
            Self::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let truths = condition.truths(frame, rows)?;
                let mut ids = vec![0; rows.len()];
                for (branch, wanted) in [(then, Truth::True), (otherwise, Truth::False)] {
                    branch.ids_where(frame, rows, &mut ids, |place, _| truths[place] == wanted)?;
                }
                ids
            }
            Self::Coalesce(parts) => {
                let mut ids = vec![0; rows.len()];
                for part in parts {
                    part.ids_where(frame, rows, &mut ids, |_, id| id == 0)?;
                }
                ids
            }
            Self::Call(function, arguments) => {
                let arguments = Self::all_ids(arguments, frame, rows)?;
                call::function(*function, arguments, frame, rows)?
            }
            Self::Chain(functions, operands) => {
                let Some((first, rest)) = operands.split_first() else {
                    return Ok(vec![0; rows.len()]);
                };
                let mut ids = first.ids(frame, rows)?;
                for (function, operand) in functions.iter().zip(rest) {
                    frame.context.control.poll()?;
                    let arguments = vec![ids, operand.ids(frame, rows)?];
                    ids = call::function(*function, arguments, frame, rows)?;
                }
                ids
            }
            Self::Custom(registered, arguments) => {
                let arguments = Self::all_ids(arguments, frame, rows)?;
                call::custom(registered, arguments, frame, rows.len())?
            }
            _ => {
                let (yes, no) = (boolean_id(true).raw(), boolean_id(false).raw());
                let truths = self.truths(frame, rows)?;
                truths
                    .into_iter()
                    .map(|truth| match truth {
                        Truth::True => yes,
                        Truth::False => no,
                        Truth::Error => 0,
                    })
                    .collect()
            }
        })
    }

    fn all_ids(parts: &[Self], frame: &mut Frame<'_>, rows: &[u32]) -> Result<Vec<Vec<u64>>> {
        parts.iter().map(|part| part.ids(frame, rows)).collect()
    }

    /// Works only the rows that `wanted` says, by their place and id so far, and sets their ids.
    fn ids_where(
        &self,
        frame: &mut Frame<'_>,
        rows: &[u32],
        ids: &mut [u64],
        wanted: impl Fn(usize, u64) -> bool,
    ) -> Result<()> {
        let places: Vec<usize> = (0..rows.len())
            .filter(|&place| wanted(place, ids[place]))
            .collect();
        if places.is_empty() {
            return Ok(());
        }
        let some: Vec<u32> = places.iter().map(|&place| rows[place]).collect();
        for (place, id) in places.into_iter().zip(self.ids(frame, &some)?) {
            ids[place] = id;
        }
        Ok(())
    }

    /// The effective boolean value of each of `rows`.
    fn truths(&self, frame: &mut Frame<'_>, rows: &[u32]) -> Result<Vec<Truth>> {
        Ok(match self {
            Self::And(parts) => fold(parts, Truth::False, frame, rows)?,
            Self::Or(parts) => fold(parts, Truth::True, frame, rows)?,
            Self::Not(inner) => {
                let mut truths = inner.truths(frame, rows)?;
                truths.iter_mut().for_each(|truth| *truth = !*truth);
                truths
            }
            Self::Compare(comparison, left, right) => {
                let (left, right) = (left.ids(frame, rows)?, right.ids(frame, rows)?);
                compare(*comparison, &left, &right, frame)?
            }
            Self::In(needle, list) => list.truths(needle.ids(frame, rows)?, frame, rows)?,
            Self::Bound(column) => {
                let column = &frame.columns[*column];
                rows.iter()
                    .map(|&row| Truth::from(column[row as usize] != 0))
                    .collect()
            }
            Self::Exists(plan) => {
                let found = plan.exists(frame.columns, rows)?;
                found.into_iter().map(Truth::from).collect()
            }
            _ => boolean_values(&self.ids(frame, rows)?, frame)?,
        })
    }
}

impl List {
    fn of(items: Vec<Node>) -> Self {
        let mut list = Self {
            named: FxHashSet::default(),
            others: Vec::new(),
        };
        for item in items {
            match item {
                Node::Constant(id) if id.is_iri() => {
                    list.named.insert(id.raw());
                }
                other => list.others.push(other),
            }
        }
        list
    }

    /// Whether an item equals the needle (SPARQL 1.1 section 17.4.1.9): true if one does, else an error if comparing with one
    /// was an error.
    fn truths(
        &self,
        mut needle: Vec<u64>,
        frame: &mut Frame<'_>,
        rows: &[u32],
    ) -> Result<Vec<Truth>> {
        if !self.named.is_empty() {
            // Named ids are settled ones.
            frame.settle(&mut needle)?;
        }
        let mut truths: Vec<Truth> = needle
            .iter()
            .map(|id| match id {
                // Without items the needle is not looked at.
                0 if !self.named.is_empty() => Truth::Error,
                id => Truth::from(self.named.contains(id)),
            })
            .collect();
        for item in &self.others {
            let open: Vec<usize> = (0..rows.len())
                .filter(|&place| truths[place] != Truth::True)
                .collect();
            if open.is_empty() {
                break;
            }
            let open_rows: Vec<u32> = open.iter().map(|&place| rows[place]).collect();
            let open_needle: Vec<u64> = open.iter().map(|&place| needle[place]).collect();
            let items = item.ids(frame, &open_rows)?;
            let found = compare(Comparison::Equal, &open_needle, &items, frame)?;
            for (place, found) in open.into_iter().zip(found) {
                if found != Truth::False {
                    truths[place] = found;
                }
            }
        }
        Ok(truths)
    }
}

/// Works the parts of a conjunction (`decisive` false) or disjunction (`decisive` true), each on the rows that
/// the ones before left open.
fn fold(
    parts: &[Node],
    decisive: Truth,
    frame: &mut Frame<'_>,
    rows: &[u32],
) -> Result<Vec<Truth>> {
    let mut truths = vec![!decisive; rows.len()];
    let mut open: Vec<usize> = (0..rows.len()).collect();
    let mut open_rows: Vec<u32> = rows.to_vec();
    for part in parts {
        if open.is_empty() {
            break;
        }
        frame.context.control.poll()?;
        let found = part.truths(frame, &open_rows)?;
        for (&place, &found) in open.iter().zip(&found) {
            if found == decisive || found == Truth::Error {
                truths[place] = found;
            }
        }
        if found.contains(&decisive) {
            open.retain(|&place| truths[place] != decisive);
            open_rows.clear();
            open_rows.extend(open.iter().map(|&place| rows[place]));
        }
    }
    Ok(truths)
}

fn boolean_values(ids: &[u64], frame: &Frame<'_>) -> Result<Vec<Truth>> {
    // What conditions mostly are.
    if let Some(truths) = ids.iter().map(|&raw| of_boolean(raw)).collect() {
        return Ok(truths);
    }
    let mut fetched: FxHashMap<u64, Truth> = FxHashMap::default();
    let needed = |id: Id| truth::of_id(id).is_none();
    frame.with_terms(ids, needed, |id, term| {
        fetched.insert(id, truth::of_term(term));
    })?;
    Ok(ids
        .iter()
        .map(|raw| {
            truth::of_id(Id::from_raw(*raw))
                .or_else(|| fetched.get(raw).copied())
                .unwrap_or(Truth::Error)
        })
        .collect())
}

/// What an id of a boolean says, or that there is no value.
#[inline]
fn of_boolean(raw: u64) -> Option<Truth> {
    match raw {
        0 => Some(Truth::Error),
        _ if raw == boolean_id(true).raw() => Some(Truth::True),
        _ if raw == boolean_id(false).raw() => Some(Truth::False),
        _ => None,
    }
}

/// A conjunction of conditions; a row passes if all are true.
#[derive(Clone, Debug, Default)]
pub struct Predicate {
    conjuncts: Vec<Evaluator>,
}

impl Predicate {
    pub fn new(conjuncts: Vec<Evaluator>) -> Self {
        Self { conjuncts }
    }

    /// Keeps the rows that pass. Errors: those of [`Evaluator::ids`].
    pub fn select(&self, columns: &[Vec<u64>], rows: &mut Vec<u32>, terms: &Terms) -> Result<()> {
        for conjunct in &self.conjuncts {
            if rows.is_empty() {
                return Ok(());
            }
            let truths = conjunct.truths(columns, rows, terms)?;
            let mut truths = truths.into_iter();
            rows.retain(|_| truths.next() == Some(Truth::True));
        }
        Ok(())
    }
}
