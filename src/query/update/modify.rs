//! DELETE and INSERT, with a pattern or with data (SPARQL 1.1 Update section 3.1.1 to 3.1.3).

use super::Request;
use super::resolve::{Computed, Unknown, constant, resolved};
use crate::algebra::{Data, Form, Modify, QuadTemplate, TemplateSlot, Var};
use crate::error::Result;
use crate::exec::Batch;
use crate::query::prepared::{Prepared, Snapshot};
use crate::query::results::Rows;
use crate::store::{BATCH_ROWS, PinKind, Transaction};
use crate::term::{Id, TermRef};
use spargebra::term::Term;
use std::sync::Arc;

impl Request<'_> {
    pub(super) fn data(&mut self, data: &Data) -> Result<()> {
        let mut deletes = Template::new(&data.delete, &[], &data.constants, Unknown::Skip);
        deletes.make(self.transaction, &[], 1)?;
        let mut inserts = Template::new(&data.insert, &[], &data.constants, Unknown::Insert);
        inserts.make(self.transaction, &[], 1)
    }

    pub(super) fn modify(&mut self, modify: &Modify) -> Result<()> {
        let Form::Select { vars } = &modify.query.form else {
            return Ok(());
        };
        // Pinned by itself: terms that outgrow memory move the transaction to another base.
        let view = Arc::new(self.transaction.reader(PinKind::Cursor)?);
        let snapshot = Snapshot {
            source: view.clone(),
            dictionary: view,
            version: None,
            services: self.options.services.clone(),
            functions: self.options.functions.clone(),
        };
        let query = Prepared::of(modify.query.clone());
        let mut rows = query.rows(&snapshot, &self.query_options(), &self.control)?;
        let constants = &modify.query.constants;
        let mut deletes = Template::new(&modify.delete, vars, constants, Unknown::Skip);
        let mut inserts = Template::new(&modify.insert, vars, constants, Unknown::Insert);
        let mut deleted = Computed::new(self.transaction, Unknown::Skip)?;
        let mut inserted = Computed::new(self.transaction, Unknown::Insert)?;
        let mut batch = Batch::new();
        while rows.next_ids(BATCH_ROWS, &mut batch)? {
            batch.compact();
            self.apply(&mut deletes, &mut deleted, &rows, &batch)?;
            self.apply(&mut inserts, &mut inserted, &rows, &batch)?;
            if vars.is_empty() && inserts.blanks.is_empty() {
                // Every solution makes the same quads.
                break;
            }
        }
        Ok(())
    }

    fn apply(
        &mut self,
        template: &mut Template<'_>,
        computed: &mut Computed,
        rows: &Rows,
        batch: &Batch,
    ) -> Result<()> {
        if template.quads.is_empty() {
            return Ok(());
        }
        let columns = batch
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| match template.reads[index] {
                true => computed.column(column, rows.terms(), self.transaction),
                false => Ok((&[][..]).into()),
            })
            .collect::<Result<Vec<_>>>()?;
        let columns: Vec<&[u64]> = columns.iter().map(|column| &**column).collect();
        template.make(self.transaction, &columns, batch.rows())
    }
}

/// Quads to be made of each row of columns.
struct Template<'u> {
    quads: &'u [QuadTemplate],
    vars: &'u [Var],
    constants: &'u [Term],
    /// Ids of constants, once they were asked for.
    known: Vec<Option<Id>>,
    /// Which columns the quads need.
    reads: Vec<bool>,
    /// The blank nodes of the row at hand.
    blanks: Vec<Option<Id>>,
    unknown: Unknown,
}

impl<'u> Template<'u> {
    fn new(
        quads: &'u [QuadTemplate],
        vars: &'u [Var],
        constants: &'u [Term],
        unknown: Unknown,
    ) -> Self {
        let mut reads = vec![false; vars.len()];
        let mut blanks = 0;
        for quad in quads {
            quad.visit_vars(&mut |var| {
                if let Some(column) = vars.iter().position(|&other| other == var) {
                    reads[column] = true;
                }
            });
            for term in &quad.triple {
                count_blanks(term, &mut blanks);
            }
        }
        Self {
            quads,
            vars,
            constants,
            known: vec![None; constants.len()],
            reads,
            blanks: vec![None; blanks],
            unknown,
        }
    }

    /// Deletes or inserts the quads of some rows that are quads: no literal or triple term as subject, an IRI as
    /// predicate, an IRI or blank node as graph, nothing unbound. Blank nodes are fresh for each row.
    fn make(
        &mut self,
        transaction: &mut Transaction,
        columns: &[&[u64]],
        rows: usize,
    ) -> Result<()> {
        let quads = self.quads;
        for row in 0..rows {
            self.blanks.fill(None);
            for template in quads {
                let [s, p, o] = &template.triple;
                let s = self.term(s, transaction, columns, row)?;
                if !(s.is_iri() || s.is_blank()) {
                    continue;
                }
                let p = self.term(p, transaction, columns, row)?;
                if !p.is_iri() {
                    continue;
                }
                let o = self.term(o, transaction, columns, row)?;
                if o.is_unbound() {
                    continue;
                }
                let g = match &template.graph {
                    None => Id::DEFAULT_GRAPH,
                    Some(graph) => {
                        let graph = self.term(graph, transaction, columns, row)?;
                        if !(graph.is_iri() || graph.is_blank()) {
                            continue;
                        }
                        graph
                    }
                };
                let quad = [s, p, o, g].map(Id::raw);
                match self.unknown {
                    Unknown::Insert => transaction.insert(quad)?,
                    Unknown::Skip => transaction.delete(quad)?,
                }
            }
        }
        Ok(())
    }

    /// The id of a position; unbound if there is none.
    fn term(
        &mut self,
        term: &TemplateSlot,
        transaction: &mut Transaction,
        columns: &[&[u64]],
        row: usize,
    ) -> Result<Id> {
        Ok(match term {
            TemplateSlot::Var(var) => {
                let column = self.vars.iter().position(|other| other == var);
                column.map_or(Id::UNBOUND, |column| Id::from_raw(columns[column][row]))
            }
            TemplateSlot::Constant(number) => {
                let number = number.0 as usize;
                match (
                    self.known.get(number).copied().flatten(),
                    self.constants.get(number),
                ) {
                    (Some(id), _) => id,
                    (None, Some(term)) => {
                        let id = constant(transaction, term, self.unknown)?;
                        self.known[number] = Some(id);
                        id
                    }
                    (None, None) => Id::UNBOUND,
                }
            }
            TemplateSlot::Blank(number) => match self.blanks.get_mut(*number as usize) {
                Some(blank) => *blank.get_or_insert_with(|| transaction.fresh_blank()),
                None => Id::UNBOUND,
            },
            TemplateSlot::Triple(parts) => {
                let mut ids = [Id::UNBOUND; 3];
                for (id, part) in ids.iter_mut().zip(&**parts) {
                    *id = self.term(part, transaction, columns, row)?;
                }
                let [s, p, o] = ids;
                match (s.is_iri() || s.is_blank()) && p.is_iri() && !o.is_unbound() {
                    true => resolved(transaction, TermRef::Triple(ids), self.unknown)?,
                    false => Id::UNBOUND,
                }
            }
        })
    }
}

/// Raises `blanks` to the number of blank nodes that a term needs.
fn count_blanks(term: &TemplateSlot, blanks: &mut usize) {
    match term {
        TemplateSlot::Blank(number) => *blanks = (*blanks).max(*number as usize + 1),
        TemplateSlot::Triple(parts) => parts.iter().for_each(|part| count_blanks(part, blanks)),
        TemplateSlot::Var(_) | TemplateSlot::Constant(_) => {}
    }
}
