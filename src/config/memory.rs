//! How the memory budget is divided (definition 38).
//!
//! Accounts hand out at most three quarters of the budget; the rest is slack for the allocator
//! and for what the page store does not account. Fixed shares are caches, the memory runs before
//! a spill and write buffers; what they leave is for queries and loads.

use super::{Config, MIB};
use crate::error::{Code, Error, Result};

/// Bytes of each share. `fixed()` plus `working` is three quarters of the budget.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MemoryShares {
    pub block_cache: u64,
    pub vocabulary_cache: u64,
    /// Memory runs are spilled at this size.
    pub spill: u64,
    /// Write buffers of the page store, all families together.
    pub write_buffers: u64,
    /// What queries and loads share.
    pub working: u64,
    /// The most one query may take of `working`.
    pub query: u64,
}

impl MemoryShares {
    /// What is spoken for before any query or load.
    pub fn fixed(&self) -> u64 {
        self.block_cache + self.vocabulary_cache + self.spill + self.write_buffers
    }
}

/// The part of the budget that accounts may hand out.
pub fn accountable_bytes(budget: u64) -> u64 {
    budget / 4 * 3
}

/// The least `working` memory: one load buffer and one small query.
const MIN_WORKING_BYTES: u64 = 2 * MIB;

impl Config {
    /// The shares of this configuration. Meaningful after [`Config::validate`].
    pub fn memory_shares(&self) -> MemoryShares {
        let budget = self.memory_budget_bytes;
        let or_share = |set: u64, share: u64| if set == 0 { share } else { set };
        let mut shares = MemoryShares {
            block_cache: or_share(self.block_cache_bytes, budget / 4),
            vocabulary_cache: or_share(self.vocabulary_cache_bytes, budget / 8),
            spill: self.spill_bytes.min(budget / 8),
            write_buffers: (budget / 16).clamp(2 * MIB, 64 * MIB),
            working: 0,
            query: 0,
        };
        shares.working = accountable_bytes(budget).saturating_sub(shares.fixed());
        shares.query = or_share(self.query_memory_bytes, budget / 4).min(shares.working);
        shares
    }
}

/// Errors: `InvalidConfig` if the caches leave no room to work in.
pub(super) fn check(config: &Config) -> Result<()> {
    let shares = config.memory_shares();
    if shares.working < MIN_WORKING_BYTES {
        return Err(Error::new(
            Code::InvalidConfig,
            format!(
                "caches and buffers of {} bytes leave no memory to work in: the budget is {} bytes, of which three quarters can be given out",
                shares.fixed(),
                config.memory_budget_bytes
            ),
        )
        .with_hint("raise memory_budget_bytes, or lower block_cache_bytes or vocabulary_cache_bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{GIB, MIN_MEMORY_BUDGET_BYTES};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn caches_that_fill_the_budget_are_refused() {
        let config = Config {
            memory_budget_bytes: GIB,
            block_cache_bytes: GIB,
            ..Config::default()
        };
        let error = config.validate().unwrap_err();
        assert_eq!(error.code(), Code::InvalidConfig);
        assert!(error.hint().unwrap().contains("memory_budget_bytes"));
    }

    proptest! {
        #[test]
        fn shares_of_any_budget_add_up_to_three_quarters(budget in MIN_MEMORY_BUDGET_BYTES..1 << 45) {
            let config = Config { memory_budget_bytes: budget, ..Config::default() };
            config.validate().unwrap();
            let shares = config.memory_shares();
            prop_assert_eq!(shares.fixed() + shares.working, accountable_bytes(budget));
            prop_assert!(shares.query <= shares.working);
        }
    }
}
