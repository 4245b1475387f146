//! A small load: an ordinary transaction.

use super::batch::{MemoryBatch, Sealed};
use super::terms::{Kind, Local, is_blank};
use super::vocabulary::BlankIds;
use super::{Commit, Outcome};
use crate::error::Result;
use crate::store::Transaction;
use crate::term::{Id, TermBuf, TermRef};
use crate::vocab::parse_key;

impl Commit<'_> {
    /// Errors: as for a transaction.
    pub(super) fn commit_small(&mut self, batches: &[Sealed]) -> Result<Outcome> {
        let mut transaction = self.store.begin(self.control)?;
        for batch in batches {
            if let Sealed::Memory(batch) = batch {
                add(batch, &mut transaction, self.blanks)?;
            }
        }
        let committed = transaction.commit()?;
        Ok(Outcome {
            inserted: committed.inserted,
            seq: committed.seq,
        })
    }
}

fn add(batch: &MemoryBatch, transaction: &mut Transaction, blanks: &mut BlankIds) -> Result<()> {
    let terms = &batch.terms;
    let mut term = TermBuf::new();
    let mut keys = Vec::with_capacity(terms.keys());
    for number in 0..terms.keys() as u32 {
        let key = terms.key(number);
        keys.push(match is_blank(key) {
            true => match blanks.get(key) {
                Some(&id) => id,
                None => {
                    let id = transaction.fresh_blank();
                    blanks.insert(key.into(), id);
                    id
                }
            },
            false => {
                parse_key(key, &mut term)?;
                transaction.intern(term.as_ref())?
            }
        });
    }
    let mut triples: Vec<Id> = Vec::with_capacity(terms.triples.len());
    let id = |local: Local, triples: &[Id]| match local.kind() {
        Kind::Key(number) => keys[number as usize],
        Kind::Inline(number) => terms.inline[number as usize],
        Kind::Triple(number) => triples[number as usize],
        Kind::None => Id::DEFAULT_GRAPH,
    };
    for parts in &terms.triples {
        let parts = parts.map(|part| id(part, &triples));
        triples.push(transaction.intern(TermRef::Triple(parts))?);
    }
    for row in &batch.rows {
        transaction.insert(row.map(|local| id(local, &triples).raw()))?;
    }
    Ok(())
}
