//! The command line tool `triplestore`: the facade for people at a terminal and for scripts.
//!
//! A subcommand is one file with its arguments and a function that runs it: it opens the store, works under a control
//! that Ctrl-C cancels, and writes its answer to standard output. Everything else (progress, errors, hints) goes to
//! standard error, so that output can be piped. What went wrong decides the exit code, by one table.
//!
//! Invariants: rows and quads stream, none are collected; a file named with `--output` appears whole or not at all; a
//! reader that closes the pipe ends the tool quietly.

mod arguments;
mod bench;
mod check;
mod compact;
mod diagnostic;
mod dump;
mod exit;
mod explain;
mod figures;
mod generate;
mod interrupt;
mod load;
mod output;
mod progress;
mod prologue;
mod query;
mod recover;
mod report;
mod request;
mod results;
mod source;
mod standard_input;
mod stats;
mod store;
mod table;
mod update;

use clap::{CommandFactory, Parser, Subcommand};
use exit::{Exit, Failure};
use std::process::ExitCode;
use store::StoreArguments;

/// The RDF database in a directory: load, query, dump, verify.
#[derive(Parser)]
#[command(name = "triplestore", version, after_help = exit::help(), max_term_width = 110)]
struct Arguments {
    #[command(flatten)]
    store: StoreArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Load(load::Load),
    Query(query::Query),
    Explain(explain::Explain),
    Update(update::Update),
    Dump(dump::Dump),
    Stats(stats::Stats),
    Check(check::Check),
    Compact(compact::Compact),
    Recover(recover::Recover),
    Generate(generate::Generate),
    Bench(bench::Bench),
}

/// Runs the tool with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(usage) => return exit::usage(&usage),
    };
    let store = &arguments.store;
    let done = match &arguments.command {
        Command::Load(command) => command.run(store),
        Command::Query(command) => command.run(store),
        Command::Explain(command) => command.run(store),
        Command::Update(command) => command.run(store),
        Command::Dump(command) => command.run(store),
        Command::Stats(command) => command.run(store),
        Command::Check(command) => command.run(store),
        Command::Compact(command) => command.run(store),
        Command::Recover(command) => command.run(store),
        Command::Generate(command) => command.run(store),
        Command::Bench(command) => command.run(),
    };
    let exit = match done {
        Ok(exit) => exit,
        Err(Failure::Usage(kind, message)) => {
            return exit::usage(&Arguments::command().error(kind, message));
        }
        Err(Failure::Refused(error, text)) if !exit::is_broken_pipe(&error) => {
            diagnostic::print(&error, text.as_ref());
            Exit::of(&error)
        }
        Err(Failure::Refused(..)) => Exit::Ok,
    };
    exit.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
