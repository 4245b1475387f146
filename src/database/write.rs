//! Writing without SPARQL: typed quads in one transaction.

use super::terms::{intern, known};
use super::{Database, QuadPattern, Snapshot};
use crate::control::Control;
use crate::error::Result;
use crate::query::{QueryOptions, QueryResults};
use crate::store::{Committed, PinKind, Transaction};
use crate::term::Id;
use oxrdf::{GraphName, NamedOrBlankNode, Quad, Term};

/// A write transaction. There is one at a time; dropping it rolls back.
///
/// Its own readers see its changes: [`WriteTxn::snapshot`].
pub struct WriteTxn {
    pub(super) transaction: Transaction,
    pub(super) database: Database,
}

impl Database {
    /// Waits for the right to write (definition 23).
    /// Errors: `Busy`, `ReadOnly`, `ReopenRequired`, `Closed`, `Cancelled`, `QueryTimeout`.
    pub fn begin(&self, control: &Control) -> Result<WriteTxn> {
        let control = self.charged("transaction", control);
        Ok(WriteTxn {
            transaction: self.inner.store.begin(&control)?,
            database: self.clone(),
        })
    }

    /// Inserts quads in one transaction. Returns how many were not there before.
    /// Errors: as [`Database::begin`] and [`WriteTxn::commit`].
    pub fn insert<'q>(
        &self,
        quads: impl IntoIterator<Item = &'q Quad>,
        control: &Control,
    ) -> Result<Committed> {
        let mut transaction = self.begin(control)?;
        for quad in quads {
            transaction.insert(quad)?;
        }
        transaction.commit()
    }

    /// Deletes quads in one transaction. Returns how many were there.
    /// Errors: as [`Database::insert`].
    pub fn delete<'q>(
        &self,
        quads: impl IntoIterator<Item = &'q Quad>,
        control: &Control,
    ) -> Result<Committed> {
        let mut transaction = self.begin(control)?;
        for quad in quads {
            transaction.delete(quad)?;
        }
        transaction.commit()
    }
}

impl WriteTxn {
    /// Errors: `InvalidInput` for a blank node the store has not printed, `TermTooLarge`,
    /// `ResourceExhausted`, those of reading.
    pub fn insert(&mut self, quad: &Quad) -> Result<()> {
        let ids = self.interned(quad)?;
        self.transaction.insert(ids)
    }

    fn interned(&mut self, quad: &Quad) -> Result<[u64; 4]> {
        let transaction = &mut self.transaction;
        let ids = [
            intern(transaction, &subject(&quad.subject))?,
            intern(transaction, &Term::NamedNode(quad.predicate.clone()))?,
            intern(transaction, &quad.object)?,
            match graph(&quad.graph_name) {
                Some(graph) => intern(transaction, &graph)?,
                None => Id::DEFAULT_GRAPH,
            },
        ];
        Ok(ids.map(Id::raw))
    }

    /// Inserts quads, all or none. Errors: as [`WriteTxn::insert`], those of the quads.
    pub fn insert_all(&mut self, quads: impl IntoIterator<Item = Result<Quad>>) -> Result<()> {
        let ids: Vec<_> = quads
            .into_iter()
            .map(|quad| self.interned(&quad?))
            .collect::<Result<_>>()?;
        ids.into_iter()
            .try_for_each(|ids| self.transaction.insert(ids))
    }

    /// Deletes quads, all or none. Errors: as [`WriteTxn::delete`], those of the quads.
    pub fn delete_all(&mut self, quads: impl IntoIterator<Item = Result<Quad>>) -> Result<()> {
        let ids: Vec<_> = quads
            .into_iter()
            .map(|quad| self.known(&quad?))
            .collect::<Result<_>>()?;
        ids.into_iter()
            .flatten()
            .try_for_each(|ids| self.transaction.delete(ids))
    }

    /// A quad with a term the store does not know is not there, and nothing happens.
    /// Errors: `ResourceExhausted`, those of reading.
    pub fn delete(&mut self, quad: &Quad) -> Result<()> {
        match self.known(quad)? {
            Some(ids) => self.transaction.delete(ids),
            None => Ok(()),
        }
    }

    fn known(&mut self, quad: &Quad) -> Result<Option<[u64; 4]>> {
        let terms = [
            Some(subject(&quad.subject)),
            Some(Term::NamedNode(quad.predicate.clone())),
            Some(quad.object.clone()),
            graph(&quad.graph_name),
        ];
        let mut ids = [0; 4];
        for (id, term) in ids.iter_mut().zip(&terms) {
            if let Some(term) = term {
                match known(&mut self.transaction, term)? {
                    Some(found) => *id = found.raw(),
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(ids))
    }

    /// What the transaction sees now: the commits before it and its own changes. Later changes are not in it. It reads on
    /// after the commit; after a rollback it fails with `TransactionEnded`.
    /// Errors: those of reading; `ResourceExhausted`, `Cancelled`, `QueryTimeout`, `TransactionEnded`; `Io` if there are
    /// more changes than memory for them.
    pub fn snapshot(&mut self) -> Result<Snapshot> {
        let pinned = self.transaction.pinned_view(PinKind::Snapshot)?;
        Ok(self.database.snapshot_of(pinned))
    }

    /// Runs a query on what the transaction sees now. Errors: as [`WriteTxn::snapshot`] and [`Snapshot::query`].
    pub fn query(
        &mut self,
        text: &str,
        options: &QueryOptions,
        control: &Control,
    ) -> Result<QueryResults> {
        let control = self.database.limited(control);
        self.snapshot()?.query(text, options, &control)
    }

    /// The exact number of quads that match, changes of the transaction included.
    /// Errors: as [`WriteTxn::snapshot`] and [`Snapshot::count`].
    pub fn count(&mut self, pattern: &QuadPattern, control: &Control) -> Result<u64> {
        self.snapshot()?.count(pattern, control)
    }

    /// The controls of the transaction, which end with the store too.
    pub fn control(&self) -> &Control {
        self.transaction.control()
    }

    /// A blank node that is in no store yet, as a term.
    pub fn blank_node(&mut self) -> oxrdf::BlankNode {
        let mut label = Vec::new();
        crate::term::write_blank_label(self.transaction.fresh_blank().payload(), &mut label);
        oxrdf::BlankNode::new_unchecked(String::from_utf8_lossy(&label))
    }

    /// Makes the changes durable and visible. Counts are net over the transaction.
    /// Errors: those of reading before anything is written; then `CommitInDoubt`.
    pub fn commit(self) -> Result<Committed> {
        self.transaction.commit()
    }

    /// Gives the changes up; dropping does the same.
    pub fn rollback(self) {}
}

fn subject(subject: &NamedOrBlankNode) -> Term {
    match subject {
        NamedOrBlankNode::NamedNode(iri) => iri.clone().into(),
        NamedOrBlankNode::BlankNode(blank) => blank.clone().into(),
    }
}

fn graph(graph: &GraphName) -> Option<Term> {
    match graph {
        GraphName::DefaultGraph => None,
        GraphName::NamedNode(iri) => Some(iri.clone().into()),
        GraphName::BlankNode(blank) => Some(blank.clone().into()),
    }
}
