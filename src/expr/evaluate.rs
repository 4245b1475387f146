//! Expressions bound to columns, and how they are worked.

use super::compare::{compare, with_terms};
use super::function;
use super::subplan::SubPlan;
use super::terms::Terms;
use super::truth::{self, Truth};
use crate::algebra::{Comparison, Constant, Expr, TermFunction, TermTest, Var};
use crate::error::{Code, Error, Result};
use crate::term::{Datatype, Id, TermRef};
use std::sync::Arc;

/// An expression whose variables are columns. A variable that is no column is unbound.
#[derive(Clone, Debug)]
pub enum Evaluator {
    Column(usize),
    Constant(Id),
    Unbound,
    And(Vec<Evaluator>),
    Or(Vec<Evaluator>),
    Not(Box<Evaluator>),
    Compare(Comparison, Box<Evaluator>, Box<Evaluator>),
    SameTerm(Box<Evaluator>, Box<Evaluator>),
    In(Box<Evaluator>, Vec<Evaluator>),
    Bound(Option<usize>),
    Test(TermTest, Box<Evaluator>),
    Function(TermFunction, Box<Evaluator>),
    Exists(Arc<dyn SubPlan>),
}

impl Evaluator {
    /// Binds an expression: `column` tells where a variable stands, `constants` are the ids of
    /// [`Query::constants`](crate::algebra::Query::constants), `subplan` makes what works a pattern.
    /// Errors: those of `subplan`; `Internal` for a pattern that is not planned.
    pub fn new(
        expr: &Expr,
        column: &dyn Fn(Var) -> Option<usize>,
        constants: &[Id],
        subplan: &dyn Fn(usize) -> Result<Arc<dyn SubPlan>>,
    ) -> Result<Self> {
        let bind = |expr: &Expr| Self::new(expr, column, constants, subplan).map(Box::new);
        let bind_all = |parts: &[Expr]| {
            parts
                .iter()
                .map(|part| Self::new(part, column, constants, subplan))
                .collect::<Result<_>>()
        };
        Ok(match expr {
            Expr::Var(var) => column(*var).map_or(Self::Unbound, Self::Column),
            Expr::Constant(Constant(index)) => constants
                .get(*index as usize)
                .map_or(Self::Unbound, |id| Self::Constant(*id)),
            Expr::And(parts) => Self::And(bind_all(parts)?),
            Expr::Or(parts) => Self::Or(bind_all(parts)?),
            Expr::Not(inner) => Self::Not(bind(inner)?),
            Expr::Compare(comparison, left, right) => {
                Self::Compare(*comparison, bind(left)?, bind(right)?)
            }
            Expr::SameTerm(left, right) => Self::SameTerm(bind(left)?, bind(right)?),
            Expr::In(needle, list) => Self::In(bind(needle)?, bind_all(list)?),
            Expr::Bound(var) => Self::Bound(column(*var)),
            Expr::Test(test, inner) => Self::Test(*test, bind(inner)?),
            Expr::Function(function, inner) => Self::Function(*function, bind(inner)?),
            Expr::SubPlan(index) => Self::Exists(subplan(*index)?),
            Expr::Exists(_) => {
                return Err(Error::new(
                    Code::Internal,
                    "an expression has a pattern that is not planned",
                ));
            }
        })
    }

    /// The value of each of `rows`: an id, or 0 for none. Errors: those of [`Terms`].
    pub fn ids(&self, columns: &[Vec<u64>], rows: &[u32], terms: &Terms) -> Result<Vec<u64>> {
        Ok(match self {
            Self::Column(column) => rows
                .iter()
                .map(|&row| columns[*column][row as usize])
                .collect(),
            Self::Constant(id) => vec![id.raw(); rows.len()],
            Self::Unbound => vec![0; rows.len()],
            Self::Function(function, inner) => {
                function::apply(*function, &inner.ids(columns, rows, terms)?, terms)?
            }
            _ => {
                let boolean =
                    |lexical| terms.intern(TermRef::typed(lexical, Datatype::Boolean.iri()));
                let (yes, no) = (boolean("true")?.raw(), boolean("false")?.raw());
                let truths = self.truths(columns, rows, terms)?;
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

    /// The effective boolean value of each of `rows`. Errors: those of [`Terms`].
    pub fn truths(&self, columns: &[Vec<u64>], rows: &[u32], terms: &Terms) -> Result<Vec<Truth>> {
        Ok(match self {
            Self::And(parts) => fold(parts, Truth::False, columns, rows, terms)?,
            Self::Or(parts) => fold(parts, Truth::True, columns, rows, terms)?,
            Self::Not(inner) => {
                let mut truths = inner.truths(columns, rows, terms)?;
                truths.iter_mut().for_each(|truth| *truth = !*truth);
                truths
            }
            Self::Compare(comparison, left, right) => compare(
                *comparison,
                &left.ids(columns, rows, terms)?,
                &right.ids(columns, rows, terms)?,
                terms,
            )?,
            Self::SameTerm(left, right) => {
                let (left, right) = (
                    left.ids(columns, rows, terms)?,
                    right.ids(columns, rows, terms)?,
                );
                left.into_iter()
                    .zip(right)
                    .map(|(left, right)| match (left, right) {
                        (0, _) | (_, 0) => Truth::Error,
                        _ => Truth::from(left == right),
                    })
                    .collect()
            }
            Self::In(needle, list) => {
                let needle = needle.ids(columns, rows, terms)?;
                let mut truths = vec![Truth::False; rows.len()];
                for item in list {
                    let found = compare(
                        Comparison::Equal,
                        &needle,
                        &item.ids(columns, rows, terms)?,
                        terms,
                    )?;
                    for (truth, found) in truths.iter_mut().zip(found) {
                        if *truth != Truth::True && found != Truth::False {
                            *truth = found;
                        }
                    }
                }
                truths
            }
            Self::Bound(column) => match column {
                Some(column) => rows
                    .iter()
                    .map(|&row| Truth::from(columns[*column][row as usize] != 0))
                    .collect(),
                None => vec![Truth::False; rows.len()],
            },
            Self::Exists(plan) => {
                let found = plan.exists(columns, rows)?;
                found.into_iter().map(Truth::from).collect()
            }
            Self::Test(test, inner) => {
                function::test(*test, &inner.ids(columns, rows, terms)?, terms)?
            }
            _ => boolean_values(&self.ids(columns, rows, terms)?, terms)?,
        })
    }
}

/// Works the parts of a conjunction (`decisive` false) or disjunction (`decisive` true), each on the rows that
/// the ones before left open.
fn fold(
    parts: &[Evaluator],
    decisive: Truth,
    columns: &[Vec<u64>],
    rows: &[u32],
    terms: &Terms,
) -> Result<Vec<Truth>> {
    let mut truths = vec![!decisive; rows.len()];
    let mut open: Vec<usize> = (0..rows.len()).collect();
    let mut open_rows: Vec<u32> = rows.to_vec();
    for part in parts {
        if open.is_empty() {
            break;
        }
        let found = part.truths(columns, &open_rows, terms)?;
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

fn boolean_values(ids: &[u64], terms: &Terms) -> Result<Vec<Truth>> {
    let mut truths: Vec<Truth> = ids
        .iter()
        .map(|&raw| truth::of_id(Id::from_raw(raw)).unwrap_or(Truth::Error))
        .collect();
    with_terms(
        ids,
        |id| truth::of_id(id).is_none(),
        terms,
        |row, term| {
            truths[row] = truth::of_term(term);
            Ok(())
        },
    )?;
    Ok(truths)
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

    /// Keeps the rows that pass. Errors: those of [`Terms`].
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
