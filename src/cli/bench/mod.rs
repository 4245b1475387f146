//! `triplestore bench`: measure, be measured, and make something of what was measured.

mod agree;
mod check;
mod columns;
mod compare;
mod engine;
mod records;
mod report;
mod run;

use super::exit::Outcome;
use clap::{Args, Subcommand};

/// Measure this and other engines; show, compare and check the records
#[derive(Args)]
pub struct Bench {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(Box<run::Run>),
    Engine(engine::Engine),
    Report(report::Report),
    Compare(compare::Compare),
    Agree(agree::Agree),
    Check(check::Check),
}

impl Bench {
    pub fn run(&self) -> Outcome {
        match &self.command {
            Command::Run(command) => command.run(),
            Command::Engine(command) => command.run(),
            Command::Report(command) => command.run(),
            Command::Compare(command) => command.run(),
            Command::Agree(command) => command.run(),
            Command::Check(command) => command.run(),
        }
    }
}
