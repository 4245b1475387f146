//! Accounts of memory, and of temporary bytes on disk. A budget has a limit and may have a parent: a charge counts in
//! both, so the accounts of the requests of a store add up to the account of the store (definition 38).

use crate::error::{Code, Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An account of bytes with a limit. Clones are the same account.
#[derive(Clone)]
pub struct Budget(Arc<Account>);

struct Account {
    name: &'static str,
    /// What the bytes are.
    what: &'static str,
    hint: &'static str,
    limit: usize,
    used: AtomicUsize,
    peak: AtomicUsize,
    parent: Option<Budget>,
}

impl Budget {
    /// An account of memory.
    pub fn new(name: &'static str, limit: usize) -> Self {
        Self(Arc::new(Account {
            name,
            what: "memory",
            hint: "raise the limit, or ask for less at a time",
            limit,
            used: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            parent: None,
        }))
    }

    /// An account of temporary files.
    pub fn disk(name: &'static str, limit: usize) -> Self {
        Self(Arc::new(Account {
            name,
            what: "spool",
            hint: "raise query_spool_bytes, give queries more memory, or ask for less at a time",
            limit,
            used: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            parent: None,
        }))
    }

    pub fn unlimited() -> Self {
        Self::new("unlimited", usize::MAX)
    }

    /// An account within this one.
    pub fn child(&self, name: &'static str, limit: usize) -> Self {
        Self(Arc::new(Account {
            name,
            what: self.0.what,
            hint: self.0.hint,
            limit,
            used: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            parent: Some(self.clone()),
        }))
    }

    pub fn limit(&self) -> usize {
        self.0.limit
    }

    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    pub fn peak(&self) -> usize {
        self.0.peak.load(Ordering::Relaxed)
    }

    /// Charges `bytes` here and in every account above.
    /// Errors: `ResourceExhausted` naming the account that is full; then nothing is charged.
    pub fn charge(&self, bytes: usize) -> Result<Charge> {
        self.take(bytes)?;
        Ok(Charge {
            budget: self.clone(),
            bytes,
        })
    }

    fn take(&self, bytes: usize) -> Result<()> {
        let account = &*self.0;
        let before = account.used.fetch_add(bytes, Ordering::Relaxed);
        let after = before.saturating_add(bytes);
        if after > account.limit {
            account.used.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Error::new(
                Code::ResourceExhausted,
                format!(
                    "{bytes} bytes more would exceed the {} {} limit of {} bytes ({before} in use)",
                    account.name, account.what, account.limit
                ),
            )
            .with_hint(account.hint));
        }
        if let Some(parent) = &account.parent
            && let Err(error) = parent.take(bytes)
        {
            account.used.fetch_sub(bytes, Ordering::Relaxed);
            return Err(error);
        }
        account.peak.fetch_max(after, Ordering::Relaxed);
        Ok(())
    }

    fn give_back(&self, bytes: usize) {
        self.0.used.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(parent) = &self.0.parent {
            parent.give_back(bytes);
        }
    }
}

/// Bytes held in an account; given back on drop.
pub struct Charge {
    budget: Budget,
    bytes: usize,
}

impl Charge {
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Changes the charge to `bytes`. Errors: `ResourceExhausted`, the old charge stays.
    pub fn resize(&mut self, bytes: usize) -> Result<()> {
        if bytes > self.bytes {
            self.budget.take(bytes - self.bytes)?;
        } else {
            self.budget.give_back(self.bytes - bytes);
        }
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_charge_leaves_no_trace_in_either_account() {
        let store = Budget::new("store", 100);
        let query = store.child("query", 1000);
        let held = query.charge(60).unwrap();
        assert_eq!(
            query.charge(50).map(|_| ()).unwrap_err().code(),
            Code::ResourceExhausted
        );
        assert_eq!((store.used(), query.used()), (60, 60));
        drop(held);
        assert_eq!((store.used(), query.used()), (0, 0));
        assert_eq!(query.peak(), 60);
    }

    #[test]
    fn resize_moves_the_difference() {
        let budget = Budget::new("test", 100);
        let mut charge = budget.charge(10).unwrap();
        charge.resize(90).unwrap();
        assert!(charge.resize(101).is_err());
        assert_eq!(budget.used(), 90);
        charge.resize(5).unwrap();
        assert_eq!(budget.used(), 5);
    }
}
