//! SUM and AVG: `op:numeric-add` over the values (SPARQL 1.1 sections 18.5.1.3 and 18.5.1.4).
//!
//! Integers are added exactly in 128 bits, decimals exactly as `oxsdatatypes` has them, floats and doubles as soon as one
//! is met. A sum beyond 128 bits is an error, as overflow of an operator is.

use super::super::answer::{write_canonical_double, write_canonical_float};
use super::super::compare::with_terms;
use super::super::decimal::divide;
use super::super::terms::Terms;
use super::{Kernel, Scope};
use crate::error::Result;
use crate::term::value::{Number, Value};
use crate::term::{Datatype, Id, Tag, TermRef};
use oxsdatatypes::Decimal;
use std::ops::Range;

/// A sum so far.
#[derive(Clone, Copy, Debug)]
enum Total {
    Integer(i128),
    Decimal(Decimal),
    Float(f32),
    Double(f64),
    /// An operand was no number, or the sum is too large.
    Failed,
}

impl Total {
    fn add(self, number: Number<'_>) -> Self {
        let exact = |total: Option<Self>| total.unwrap_or(Self::Failed);
        match (self, number) {
            (Self::Failed, _) => Self::Failed,
            (_, Number::Double(value)) => Self::Double(self.to_f64() + value),
            (Self::Double(total), _) => Self::Double(total + number.to_f64()),
            (_, Number::Float(value)) => Self::Float(self.to_f32() + value),
            (Self::Float(total), _) => Self::Float(total + number.to_f32()),
            (Self::Integer(total), Number::Integer(value)) => {
                exact(total.checked_add(value.into()).map(Self::Integer))
            }
            (Self::Integer(total), Number::Decimal(value)) => exact(
                decimal(total)
                    .and_then(|total| total.checked_add(value))
                    .map(Self::Decimal),
            ),
            (Self::Decimal(total), Number::Integer(value)) => {
                exact(total.checked_add(value).map(Self::Decimal))
            }
            (Self::Decimal(total), Number::Decimal(value)) => {
                exact(total.checked_add(value).map(Self::Decimal))
            }
            (Self::Integer(total), Number::Large(text)) => exact(
                text.parse()
                    .ok()
                    .and_then(|value| total.checked_add(value))
                    .map(Self::Integer),
            ),
            // A decimal this large is beyond what a sum of decimals holds.
            (Self::Decimal(_), Number::Large(_)) => Self::Failed,
        }
    }

    fn to_f64(self) -> f64 {
        match self {
            Self::Integer(total) => total as f64,
            Self::Decimal(total) => Number::Decimal(total).to_f64(),
            Self::Float(total) => total.into(),
            Self::Double(total) => total,
            Self::Failed => f64::NAN,
        }
    }

    fn to_f32(self) -> f32 {
        match self {
            Self::Integer(total) => total as f32,
            Self::Decimal(total) => Number::Decimal(total).to_f32(),
            Self::Float(total) => total,
            Self::Double(total) => total as f32,
            Self::Failed => f32::NAN,
        }
    }

    /// `op:numeric-divide` by a count above 0: of integers a decimal.
    fn divide(self, count: u64) -> Self {
        let exact = |total: Decimal| {
            i64::try_from(count)
                .ok()
                .and_then(|count| divide(total, count.into()))
                .map_or(Self::Failed, Self::Decimal)
        };
        match self {
            Self::Integer(total) => decimal(total).map_or(Self::Failed, exact),
            Self::Decimal(total) => exact(total),
            Self::Float(total) => Self::Float(total / count as f32),
            Self::Double(total) => Self::Double(total / count as f64),
            Self::Failed => Self::Failed,
        }
    }

    fn id(self, terms: &Terms) -> Result<u64> {
        let mut lexical = String::new();
        let datatype = match self {
            Self::Integer(total) => {
                lexical = total.to_string();
                Datatype::Integer
            }
            Self::Decimal(total) => {
                lexical = total.to_string();
                Datatype::Decimal
            }
            // As operators write theirs.
            Self::Float(total) => {
                write_canonical_float(total, &mut lexical);
                Datatype::Float
            }
            Self::Double(total) => {
                write_canonical_double(total, &mut lexical);
                Datatype::Double
            }
            Self::Failed => return Ok(0),
        };
        Ok(terms
            .intern(TermRef::typed(&lexical, datatype.iri()))?
            .raw())
    }
}

fn decimal(integer: i128) -> Option<Decimal> {
    Decimal::new(integer, 0).ok()
}

/// Whether a term that may be a number must be read to know it.
fn is_stored_number(id: Id) -> bool {
    matches!(id.tag(), Some(Tag::DictionaryNumeric | Tag::LocalLiteral))
}

pub struct Sum {
    totals: Vec<Total>,
    /// For AVG how many values each group had.
    counts: Option<Vec<u64>>,
}

impl Sum {
    /// SUM.
    pub fn total() -> Self {
        Self {
            totals: Vec::new(),
            counts: None,
        }
    }

    /// AVG.
    pub fn mean() -> Self {
        Self {
            totals: Vec::new(),
            counts: Some(Vec::new()),
        }
    }
}

impl Kernel for Sum {
    fn open(&mut self, groups: usize) {
        self.totals.resize(groups, Total::Integer(0));
        if let Some(counts) = &mut self.counts {
            counts.resize(groups, 0);
        }
    }

    fn step(&mut self, groups: &[u32], values: &[u64], scope: &Scope<'_>) -> Result<()> {
        if let Some(counts) = &mut self.counts {
            groups.iter().for_each(|&group| counts[group as usize] += 1);
        }
        let mut has_stored = false;
        for (&group, &value) in groups.iter().zip(values) {
            let id = Id::from_raw(value);
            let total = &mut self.totals[group as usize];
            *total = match Number::of_inline(id) {
                Some(number) => total.add(number),
                None if is_stored_number(id) => {
                    has_stored = true;
                    continue;
                }
                None => Total::Failed,
            };
        }
        if !has_stored {
            return Ok(());
        }
        let totals = &mut self.totals;
        with_terms(values, is_stored_number, scope.terms, |row, term| {
            let total = &mut totals[groups[row] as usize];
            *total = match Value::of(term) {
                Value::Number(number) => total.add(number),
                _ => Total::Failed,
            };
            Ok(())
        })
    }

    fn finish(
        &mut self,
        groups: Range<usize>,
        scope: &Scope<'_>,
        results: &mut Vec<u64>,
    ) -> Result<()> {
        for group in groups {
            let total = self.totals[group];
            let result = match self.counts.as_ref().map(|counts| counts[group]) {
                None | Some(0) => total,
                Some(count) => total.divide(count),
            };
            results.push(result.id(scope.terms)?);
        }
        Ok(())
    }

    fn group_bytes(&self) -> usize {
        size_of::<Total>() + size_of::<u64>()
    }
}
