//! `triplestore bench engine`.

use crate::cli::exit::{Exit, Outcome};
use clap::Args;
use std::io;
use triplestore::bench::engine::serve::serve;

/// Be an engine: take works from standard input and answer on standard output, a JSON object a line
#[derive(Args)]
pub struct Engine {}

impl Engine {
    pub fn run(&self) -> Outcome {
        serve(io::stdin().lock(), io::stdout())?;
        Ok(Exit::Ok)
    }
}
