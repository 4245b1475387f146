//! Which store, and how it is opened.

use super::exit::Failure;
use clap::Args;
use std::path::{Path, PathBuf};
use triplestore::config::Config;
use triplestore::database::Database;
use triplestore::error::{Code, Error, Result};

/// Arguments of every subcommand.
#[derive(Args)]
pub struct StoreArguments {
    /// Directory of the store
    #[arg(
        help_heading = "Store",
        long,
        global = true,
        env = "TRIPLESTORE_STORE",
        value_name = "DIR"
    )]
    store: Option<PathBuf>,
    /// A setting of the store, for this run; may be repeated
    #[arg(help_heading = "Store", long, global = true, value_name = "KEY=VALUE")]
    config: Vec<String>,
    /// A named set of settings to start from: default, tiny, server, bulk
    #[arg(help_heading = "Store", long, global = true, value_name = "NAME")]
    preset: Option<String>,
    /// No progress and no summary, only what was asked for and errors
    #[arg(help_heading = "Store", long, short, global = true)]
    pub quiet: bool,
}

/// What a subcommand does with the store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Many may read at once; nothing is written.
    Read,
    /// Changes a store that is there.
    Change,
    /// Changes a store, which is made if it is absent.
    Create,
}

impl StoreArguments {
    /// Opens the store. Errors: usage without a directory; those of [`Database::open`].
    pub fn open(&self, access: Access) -> Result<Database, Failure> {
        let config = self.config(access)?;
        Ok(Database::open(self.directory()?, &config)?)
    }

    /// The directory. Errors: usage.
    pub fn directory(&self) -> Result<&Path, Failure> {
        self.store.as_deref().ok_or_else(|| {
            Failure::Usage(
                clap::error::ErrorKind::MissingRequiredArgument,
                "which store? give --store DIR or set TRIPLESTORE_STORE".to_owned(),
            )
        })
    }

    /// The preset, then what the subcommand needs, then the settings given. Errors: `InvalidConfig`.
    pub fn config(&self, access: Access) -> Result<Config> {
        let mut config = match &self.preset {
            Some(name) => Config::preset(name)?,
            None => Config::default(),
        };
        config.read_only = access == Access::Read;
        config.create_if_missing = access == Access::Create;
        for setting in &self.config {
            let (name, value) = setting.split_once('=').ok_or_else(|| {
                Error::new(Code::InvalidConfig, format!("{setting:?} is not KEY=VALUE"))
                    .with_hint("for example --config memory_budget_bytes=\"2 GiB\"")
            })?;
            config.set(name.trim(), value.trim())?;
        }
        Ok(config)
    }
}
