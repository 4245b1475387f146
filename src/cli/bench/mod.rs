//! `triplestore bench`: measure, and make something of what was measured.

mod check;
mod columns;
mod compare;
mod records;
mod report;

use super::exit::Outcome;
use clap::{Args, Subcommand};

/// Show, compare and check the records of benchmarks
#[derive(Args)]
pub struct Bench {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Report(report::Report),
    Compare(compare::Compare),
    Check(check::Check),
}

impl Bench {
    pub fn run(&self) -> Outcome {
        match &self.command {
            Command::Report(command) => command.run(),
            Command::Compare(command) => command.run(),
            Command::Check(command) => command.run(),
        }
    }
}
