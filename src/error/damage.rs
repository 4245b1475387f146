//! Damage of something stored, found once and told to every request that needs it (definition 34).

use super::{Code, Error, Result};
use std::sync::Arc;

/// What is wrong, in words. Cheap to clone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Damage(Arc<str>);

impl Damage {
    /// The damage that made reading `what` fail. Errors: what it failed with, if that was something else.
    pub fn of(what: &str, error: Error) -> Result<Self> {
        match error.code() {
            Code::Corruption | Code::CorruptBlock => {
                Ok(Self(format!("{what}: {}", error.detail()).into()))
            }
            _ => Err(error),
        }
    }

    pub fn detail(&self) -> &str {
        &self.0
    }

    /// The error of a request that needs what is damaged.
    #[cold]
    pub fn error(&self) -> Error {
        Error::new(Code::CorruptBlock, &*self.0)
            .with_hint("`triplestore check` lists what is damaged; restore the store from a backup")
    }
}
